/**
 * SID-CBOR explained: diagnostic notation (RFC 8949 §8), one line per entry, with path, SID, delta and type as comment,
 * and the rule that is violated where the bytes do not fit the schema. For people who hold a capture in their hands.
 */
import { type CodedError, explain, isCoded } from "../base/index.ts";
import { type CborItem, type CborPolicy, CborReader, CORECONF, formatItem, readItem } from "../wire/cbor/index.ts";
import { decodeIdentifiers, decodeInstances, decodeTree } from "./codec/codec.ts";
import { DataError } from "./codec/fault.ts";
import { formatId, readId } from "./codec/instance-id.ts";
import { planOf } from "./codec/plan.ts";
import type { Plan, PlanNode } from "./codec/plan-node.ts";
import type { LeafType, Schema, Sid } from "./schema.ts";

/** Content formats: a tree, a sequence of identifiers, a sequence of instances. */
export type AnnotatedForm = 140 | 141 | 142;

/** Anything well-formed is shown; what does not belong is said beside it. */
const SHOW_ALL: CborPolicy = { ...CORECONF, tags: undefined };
const ABSOLUTE_SID = 47;
const INDENT = "  ";
/** Comments start here, or one blank after a longer line. */
const COMMENT_COLUMN = 40;

interface Line {
  readonly text: string;
  readonly comment: string;
  readonly start: number;
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
export function annotate(bytes: Uint8Array, schema: Schema, form: AnnotatedForm): Annotation {
  const plan = planOf(schema);
  const page: Page = { plan, bytes, lines: [] };
  const finding = findFault(bytes, schema, form);
  const reader = new CborReader(bytes, SHOW_ALL);
  try {
    while (!reader.done) {
      const item = readItem(reader);
      if (form === 140) showMembers(item, plan.root.reference, 0, "", "", page);
      else if (form === 141)
        page.lines.push({ text: formatItem(item), comment: identifierOf(item, page), start: item.start });
      else showInstances(item, page);
    }
  } catch (error) {
    if (!isCoded(error)) throw error;
    // The finding says the same, or more.
  }
  const shown = page.lines.map((line) => layOut(line, finding));
  if (bytes.length === 0 && form !== 140) shown.push("# the empty sequence");
  if (finding !== undefined) shown.push(`# ${ruleOf(finding)}: ${explain(finding)}`);
  return { text: shown.join("\n"), broken: finding?.code };
}

function findFault(bytes: Uint8Array, schema: Schema, form: AnnotatedForm): CodedError | undefined {
  try {
    if (form === 140) decodeTree(bytes, schema);
    else if (form === 141) decodeIdentifiers(bytes, schema);
    else decodeEither(bytes, schema);
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

function layOut({ text, comment, start }: Line, finding: CodedError | undefined): string {
  const { offset } = finding?.facts ?? {};
  const guilty = finding !== undefined && offset === start ? `  <== ${finding.code}` : "";
  const words = `${comment}${guilty}`;
  return words === "" ? text : `${text.padEnd(COMMENT_COLUMN)} # ${words}`;
}

/** A map of children, or the value of a leaf when there is no map. */
function showMembers(item: CborItem, reference: Sid, depth: number, lead: string, comment: string, page: Page): void {
  const indent = INDENT.repeat(depth);
  if (item.kind !== "map") {
    page.lines.push({ text: `${indent}${lead}${formatItem(item)}${comma(depth)}`, comment, start: item.start });
    return;
  }
  page.lines.push({ text: `${indent}${lead}{`, comment, start: item.start });
  for (const [key, value] of item.entries) showMember(key, value, reference, depth + 1, page);
  page.lines.push({ text: `${indent}}${comma(depth)}`, comment: "", start: -1 });
}

const comma = (depth: number): string => (depth === 0 ? "" : ",");

function showMember(key: CborItem, value: CborItem, reference: Sid, depth: number, page: Page): void {
  const sid = sidOf(key, reference);
  const lead = `${formatItem(key)}: `;
  const node = sid === undefined ? undefined : page.plan.nodes.get(sid);
  if (sid === undefined || node === undefined) {
    const comment = sid === undefined ? "no SID" : `SID ${sid} is unknown here`;
    const text = `${INDENT.repeat(depth)}${lead}${formatItem(value)},`;
    page.lines.push({ text, comment, start: key.start });
    return;
  }
  const delta = key.kind === "tag" ? "absolute" : `delta ${sid - reference}`;
  const path = formatId({ sid, keys: [] }, page.plan);
  showValue(value, node, depth, lead, `${path} (SID ${sid}, ${delta}) ${typeName(node)}`, page);
}

function sidOf(key: CborItem, reference: Sid): Sid | undefined {
  if (key.kind === "integer") return reference + Number(key.value);
  if (key.kind !== "tag" || key.tag !== ABSOLUTE_SID || key.item.kind !== "integer") return undefined;
  return Number(key.item.value);
}

function showValue(value: CborItem, node: PlanNode, depth: number, lead: string, comment: string, page: Page): void {
  const indent = INDENT.repeat(depth);
  if (node.kind === "leaf") {
    const text = `${indent}${lead}${formatItem(value)}${comma(depth)}`;
    page.lines.push({ text, comment: `${comment}${meaning(value, node, page)}`, start: value.start });
  } else if (node.kind === "list" && value.kind === "array") {
    page.lines.push({ text: `${indent}${lead}[`, comment, start: value.start });
    for (const entry of value.items) showMembers(entry, node.reference, depth + 1, "", "", page);
    page.lines.push({ text: `${indent}]${comma(depth)}`, comment: "", start: -1 });
  } else if (node.kind === "anyxml" || node.kind === "leaf-list") {
    page.lines.push({ text: `${indent}${lead}${formatItem(value)}${comma(depth)}`, comment, start: value.start });
  } else {
    showMembers(value, node.reference, depth, lead, comment, page);
  }
}

function showInstances(item: CborItem, page: Page): void {
  if (item.kind !== "map") {
    page.lines.push({ text: formatItem(item), comment: "not a map", start: item.start });
    return;
  }
  page.lines.push({ text: "{", comment: "", start: item.start });
  for (const [key, value] of item.entries) {
    const sid = key.kind === "array" ? sidOf(key.items[0] ?? key, 0) : sidOf(key, 0);
    const node = sid === undefined ? undefined : page.plan.nodes.get(sid);
    const lead = `${formatItem(key)}: `;
    const path = identifierOf(key, page);
    if (node === undefined || (value.kind === "simple" && value.value === null)) {
      const comment = node === undefined ? path : `${path} (SID ${sid}) deleted or absent`;
      page.lines.push({ text: `${INDENT}${lead}${formatItem(value)}`, comment, start: key.start });
    } else showValue(value, node, 1, lead, `${path} (SID ${sid}) ${typeName(node)}`, page);
  }
  page.lines.push({ text: "}", comment: "", start: -1 });
}

function identifierOf(item: CborItem, { plan, bytes }: Page): string {
  try {
    return formatId(readId(new CborReader(bytes, CORECONF, item.start, item.end), plan), plan);
  } catch {
    const sid = item.kind === "array" ? sidOf(item.items[0] ?? item, 0) : sidOf(item, 0);
    if (sid === undefined) return "not an instance-identifier";
    return plan.nodes.has(sid) ? `keys do not fit ${formatId({ sid, keys: [] }, plan)}` : `SID ${sid} is unknown here`;
  }
}

/** What a value says, when its bytes do not say it already. */
function meaning(item: CborItem, { leaf, schema }: PlanNode, { bytes }: Page): string {
  if (leaf === undefined) return "";
  try {
    const text = leaf.format(leaf.read(new CborReader(bytes, CORECONF, item.start, item.end)));
    const units = schema.units === undefined ? "" : ` ${schema.units}`;
    const plain =
      item.kind === "bytes" || text === "" || text === formatItem(item) || JSON.stringify(text) === formatItem(item);
    return plain ? units : ` = ${text}${units}`;
  } catch {
    return ""; // The finding tells what is wrong with it.
  }
}

const typeName = ({ kind, schema: { type } }: PlanNode): string => {
  if (type === undefined) return kind;
  const name = typeText(type);
  return kind === "leaf" ? name : `${kind} of ${name}`;
};

const typeText = (type: LeafType): string => type.typedef ?? type.base;
