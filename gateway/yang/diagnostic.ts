/**
 * YANG-CBOR explained: diagnostic notation (RFC 8949 §8), one line per entry, with path, SID, delta or name, and type as
 * comment, and the rule that is violated where the bytes do not fit the schema. For people who hold a capture in their
 * hands.
 */
import { type CodedError, explain, isCoded } from "../base/index.ts";
import { ANYTHING, type CborItem, CborReader, CORECONF, formatItem, readItem, YANG_TAG } from "../wire/cbor/index.ts";
import { decodeIdentifiers, decodeInstances, decodeTree } from "./codec/codec.ts";
import { DataError } from "./codec/fault.ts";
import type { Form } from "./codec/form.ts";
import { formatId, readId } from "./codec/instance-id.ts";
import { memberNamed } from "./codec/names.ts";
import { planOf } from "./codec/plan.ts";
import { leafIn, type Plan, type PlanNode } from "./codec/plan-node.ts";
import { isLocal, type LeafType, type Schema, type Sid } from "./schema.ts";
import type { LeafValue } from "./tree.ts";

/** Content formats: a tree by SIDs, by either, by names; a sequence of identifiers, of instances. */
const FORM_OF = { 140: "sid", 340: "any", 341: "name", 141: "sid", 142: "sid" } as const satisfies Record<number, Form>;
export type AnnotatedForm = keyof typeof FORM_OF;

const INDENT = "  ";
/** Comments start here, or one blank after a longer line. */
const COMMENT_COLUMN = 40;

interface Line {
  readonly text: string;
  readonly comment: string;
  /** Bytes at which an error can point to this line: those of its key and of its value. */
  readonly starts: readonly number[];
}

interface Page {
  readonly plan: Plan;
  readonly bytes: Uint8Array;
  readonly lines: Line[];
}

export interface Annotation {
  readonly text: string;
  /** The rule that the bytes break first, which the text names too. */
  readonly broken: CodedError["code"] | undefined;
}

/** Never throws for what is in the bytes: that is part of the explanation. */
export function annotate(bytes: Uint8Array, schema: Schema, format: AnnotatedForm): Annotation {
  const plan = planOf(schema, FORM_OF[format]);
  const page: Page = { plan, bytes, lines: [] };
  const finding = findFault(bytes, schema, format);
  // Anything well-formed is shown; what does not belong is said beside it.
  const reader = new CborReader(bytes, ANYTHING);
  try {
    while (!reader.done) showDocument(readItem(reader), format, page);
  } catch (error) {
    if (!isCoded(error)) throw error;
    // The finding says the same, or more.
  }
  const shown = page.lines.map((line) => layOut(line, finding));
  if (bytes.length === 0 && (format === 141 || format === 142)) shown.push("# the empty sequence");
  if (finding !== undefined) shown.push(`# ${ruleOf(finding)}: ${explain(finding)}`);
  return { text: shown.join("\n"), broken: finding?.code };
}

function showDocument(item: CborItem, format: AnnotatedForm, page: Page): void {
  const starts = [item.start];
  if (format === 141) page.lines.push({ text: formatItem(item), comment: identifierOf(item, page), starts });
  else if (format === 142) showInstances(item, page);
  else showMembers({ item, node: page.plan.root, reference: 0, depth: 0, lead: "", comment: "", starts }, page);
}

function findFault(bytes: Uint8Array, schema: Schema, format: AnnotatedForm): CodedError | undefined {
  try {
    if (format === 141) decodeIdentifiers(bytes, schema);
    else if (format === 142) decodeEither(bytes, schema);
    else decodeTree(bytes, schema, FORM_OF[format]);
    return undefined;
  } catch (error) {
    if (isCoded(error)) return error;
    throw error;
  }
}

/** Nothing in the bytes says whether an rpc is asked or answered. */
function decodeEither(bytes: Uint8Array, schema: Schema): void {
  try {
    decodeInstances(bytes, schema, "input");
  } catch (asked) {
    try {
      decodeInstances(bytes, schema, "output");
    } catch {
      throw asked;
    }
  }
}

const ruleOf = (finding: CodedError): string =>
  finding instanceof DataError ? `violates ${finding.rule}` : "violates RFC 8949 as YANG-CBOR uses it";

function layOut({ text, comment, starts }: Line, finding: CodedError | undefined): string {
  const { offset } = finding?.facts ?? {};
  const guilty = finding !== undefined && starts.some((start) => start === offset) ? `  <== ${finding.code}` : "";
  const words = `${comment}${guilty}`;
  return words === "" ? text : `${text.padEnd(COMMENT_COLUMN)} # ${words}`;
}

/** An item that belongs to a node, and how its line begins. */
interface Shown {
  readonly item: CborItem;
  readonly node: PlanNode;
  /** Deltas in a map right below count from here. */
  readonly reference: Sid;
  readonly depth: number;
  readonly lead: string;
  readonly comment: string;
  readonly starts: readonly number[];
}

const ending = (depth: number): string => (depth === 0 ? "" : ",");
const closing = (text: string, depth: number): Line => ({
  text: `${INDENT.repeat(depth)}${text}${ending(depth)}`,
  comment: "",
  starts: [],
});

function showLine({ item, depth, lead, comment, starts }: Shown, page: Page): void {
  const text = `${INDENT.repeat(depth)}${lead}${formatItem(item)}${ending(depth)}`;
  page.lines.push({ text, comment, starts });
}

/** A map of children; whatever stands in its place is shown as it is. */
function showMembers(shown: Shown, page: Page): void {
  const { item, depth, lead, comment, starts } = shown;
  if (item.kind !== "map") {
    showLine(shown, page);
    return;
  }
  page.lines.push({ text: `${INDENT.repeat(depth)}${lead}{`, comment, starts });
  for (const [key, value] of item.entries) showMember(key, value, shown, page);
  page.lines.push(closing("}", depth));
}

function showMember(key: CborItem, item: CborItem, around: Shown, page: Page): void {
  const named = key.kind === "text";
  const line = {
    item,
    depth: around.depth + 1,
    lead: `${formatItem(key)}: `,
    starts: [key.start, item.start],
  };
  const node = childOf(key, around, page);
  if (node === undefined) {
    showLine({ ...around, ...line, comment: strangerText(key, around.reference) }, page);
    return;
  }
  const way = named ? "by name" : key.kind === "tag" ? "absolute" : `delta ${node.sid - around.reference}`;
  const path = formatId({ sid: node.sid, keys: [] }, page.plan);
  const comment = `${path} (${isLocal(node.sid) ? "no SID" : `SID ${node.sid}`}, ${way})`;
  showValue({ ...line, node, reference: named ? 0 : node.reference, comment }, page);
}

function childOf(key: CborItem, { node, reference }: Shown, { plan }: Page): PlanNode | undefined {
  if (key.kind === "text") return memberNamed(node, key.value, plan);
  const sid = sidOf(key, reference);
  return sid === undefined || isLocal(sid) ? undefined : plan.nodes.get(sid);
}

function strangerText(key: CborItem, reference: Sid): string {
  if (key.kind === "text") return "nobody has this name here";
  const sid = sidOf(key, reference);
  return sid === undefined ? "no SID" : `SID ${sid} is unknown here`;
}

function sidOf(key: CborItem, reference: Sid): Sid | undefined {
  if (key.kind === "integer") return reference + Number(key.value);
  if (key.kind !== "tag" || key.tag !== YANG_TAG.absoluteSid || key.item.kind !== "integer") return undefined;
  return Number(key.item.value);
}

/** With the type in its comment, and with what a value means. */
function showValue(shown: Shown, page: Page): void {
  const { node, item } = shown;
  const comment = `${shown.comment} ${typeName(node)}`;
  const typed = { ...shown, comment };
  if (node.kind === "leaf") showLine({ ...typed, comment: `${comment}${meaning([item], node, page)}` }, page);
  else if (node.kind === "leaf-list" && item.kind === "array") {
    showLine({ ...typed, comment: `${comment}${meaning(item.items, node, page)}` }, page);
  } else if (node.kind === "list" && item.kind === "array") showEntries(item.items, typed, page);
  else if (node.kind === "anyxml" || node.kind === "leaf-list") showLine(typed, page);
  else showMembers(typed, page);
}

function showEntries(entries: readonly CborItem[], list: Shown, page: Page): void {
  const { depth, lead, comment, starts } = list;
  page.lines.push({ text: `${INDENT.repeat(depth)}${lead}[`, comment, starts });
  for (const item of entries) {
    showMembers({ ...list, item, depth: depth + 1, lead: "", comment: "", starts: [item.start] }, page);
  }
  page.lines.push(closing("]", depth));
}

function showInstances(item: CborItem, page: Page): void {
  if (item.kind !== "map") {
    page.lines.push({ text: formatItem(item), comment: "not a map", starts: [item.start] });
    return;
  }
  page.lines.push({ text: "{", comment: "", starts: [item.start] });
  for (const [key, value] of item.entries) {
    const sid = sidOf(key.kind === "array" ? (key.items[0] ?? key) : key, 0);
    const node = sid === undefined ? undefined : page.plan.nodes.get(sid);
    const lead = `${formatItem(key)}: `;
    const path = identifierOf(key, page);
    const starts = [key.start, value.start];
    if (node === undefined || (value.kind === "simple" && value.value === null)) {
      const comment = node === undefined ? path : `${path} (SID ${sid}) deleted or absent`;
      page.lines.push({ text: `${INDENT}${lead}${formatItem(value)}`, comment, starts });
    } else {
      const comment = `${path} (SID ${sid})`;
      showValue({ item: value, node, reference: node.reference, depth: 1, lead, comment, starts }, page);
    }
  }
  page.lines.push({ text: "}", comment: "", starts: [] });
}

function identifierOf(item: CborItem, { plan, bytes }: Page): string {
  try {
    return formatId(readId(new CborReader(bytes, CORECONF, item.start, item.end), plan), plan);
  } catch {
    const sid = sidOf(item.kind === "array" ? (item.items[0] ?? item) : item, 0);
    if (sid === undefined) return "not an instance-identifier";
    return plan.nodes.has(sid) ? `keys do not fit ${formatId({ sid, keys: [] }, plan)}` : `SID ${sid} is unknown here`;
  }
}

/** What the value of a leaf, or those of a leaf-list, say when their bytes do not say it already. */
function meaning(items: readonly CborItem[], node: PlanNode, { plan, bytes }: Page): string {
  const leaf = leafIn(node, plan);
  try {
    const values = items.map((item) => leaf.read(new CborReader(bytes, CORECONF, item.start, item.end)));
    const texts = values.map((value) => leaf.format(value));
    const members = new Set(values.flatMap((value) => memberType(value, node.schema.type) ?? []));
    const taken = members.size === 0 ? "" : ` (${[...members].join(", ")})`;
    const said = items.every((item, index) => saysItself(item, texts[index]!)) ? "" : ` = ${texts.join(", ")}`;
    return `${taken}${said}${node.schema.units === undefined ? "" : ` ${node.schema.units}`}`;
  } catch {
    return ""; // The finding tells what is wrong with it.
  }
}

function saysItself(item: CborItem, text: string): boolean {
  const shown = formatItem(item.kind === "tag" ? item.item : item);
  return item.kind === "bytes" || text === "" || text === shown || JSON.stringify(text) === shown;
}

/** RFC 9254 §6.12: the member of a union that took the value. */
function memberType(value: LeafValue, type: LeafType | undefined): string | undefined {
  if (type?.base === "leafref") return memberType(value, type.target);
  if (type?.base !== "union" || typeof value !== "object" || value === null || !("member" in value)) return undefined;
  const member = type.members?.[value.member];
  return member && (memberType(value.value, member) ?? typeText(member));
}

const typeName = ({ kind, schema: { type } }: PlanNode): string => {
  if (type === undefined) return kind;
  const name = typeText(type);
  return kind === "leaf" ? name : `${kind} of ${name}`;
};

const typeText = (type: LeafType): string => type.typedef ?? type.base;
