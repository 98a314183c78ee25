/**
 * Instance-identifiers: RFC 9254 §6.13.1 (a SID, or [SID, keys…] from the outermost list inwards) and §6.13.2 = RFC 7951
 * §6.11 (text with names).
 */
import { UsageError } from "../../base/index.ts";
import { type CborItem, type CborReader, type CborWriter, MAJOR, readItem } from "../../wire/cbor/index.ts";
import { isLocal } from "../schema.ts";
import type { InstanceId, LeafValue } from "../tree.ts";
import { DataError, Fault } from "./fault.ts";
import { wrongType } from "./leaf.ts";
import { qualifiedName } from "./names.ts";
import { leafIn, type Plan, type PlanNode } from "./plan-node.ts";

/**
 * Reads an identifier of a node that the schema knows, its keys by their types. A list without its own keys is the list
 * itself, and a node without any keys is meant wherever it is; with some of its keys it is nothing.
 */
export function readId(reader: CborReader, plan: Plan): InstanceId {
  const major = reader.major();
  if (major === MAJOR.text && plan.form !== "sid") return readPath(reader, plan);
  if (plan.form === "name") throw wrongType("a path");
  if (major === MAJOR.uint) {
    const sid = Number(reader.integer());
    if (!plan.nodes.has(sid)) throw unknownSid(sid);
    return { sid, keys: [] };
  }
  if (major !== MAJOR.array) throw wrongType("a SID or [SID, keys…]");
  let left = reader.next(reader.array());
  if (left < 0 || reader.major() !== MAJOR.uint) throw wrongType("a SID first in [SID, keys…]");
  const sid = Number(reader.integer());
  const node = plan.nodes.get(sid);
  if (node === undefined) throw unknownSid(sid);
  const keys: LeafValue[] = [];
  for (left = reader.next(left); left >= 0; left = reader.next(left)) {
    const key = node.idKeys[keys.length];
    if (key?.leaf === undefined)
      throw new Fault("yang.unknown-element", "more keys than the lists on the way have", sid);
    try {
      keys.push(leafIn(key, plan).read(reader));
    } catch (error) {
      throw error instanceof Fault ? error.place(key.sid) : error;
    }
  }
  const missing = node.idKeys.length - keys.length;
  if (keys.length > 0 && missing > 0 && missing !== node.keys.length) throw keyMissing(sid);
  return { sid, keys };
}

/** A number above 2^53 can be read, but names no node, also in the answer. */
const unknownSid = (sid: number): Fault =>
  new Fault("yang.unknown-element", `no node has the SID ${sid}`, Number.isSafeInteger(sid) ? sid : undefined);

const keyMissing = (sid: number): Fault => new Fault("yang.missing-key", "a key of a list on the way is missing", sid);

/** RFC 7950 §9.13: as the value of a leaf an identifier leads to one instance, so it has all keys. */
export function checkIdValue(id: InstanceId, plan: Plan): InstanceId {
  if ((plan.nodes.get(id.sid)?.idKeys.length ?? 0) > id.keys.length) {
    throw new Fault("yang.invalid-datatype", "an instance-identifier without all keys of the lists on the way");
  }
  return id;
}

/**
 * Reads an identifier whose node may be unknown: a FETCH answers null for it (draft-ietf-core-comi-21 §3.1.3), so only
 * a malformed one is an error.
 */
export function readForeignId(reader: CborReader, plan: Plan): InstanceId {
  // A name that is not known cannot be given back as a number.
  if (plan.form === "name" || reader.major() === MAJOR.text) return readId(reader, plan);
  const { offset } = reader;
  const { depth } = reader;
  try {
    return readId(reader, plan);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    // A key of the wrong type is the asker's mistake about a node that we do know.
    if (error.code !== "yang.unknown-element" && error.sid !== undefined) throw error.place(undefined, offset);
    reader.offset = offset;
    reader.depth = depth;
    const item = readItem(reader);
    const parts = item.kind === "array" ? item.items : [item];
    const [sid, ...keys] = parts.map(looseKey);
    if (typeof sid !== "number" || sid < 1 || keys.includes(undefined)) {
      throw new Fault("yang.malformed-message", "expected a SID or [SID, keys…]").place(undefined, offset);
    }
    return { sid, keys: keys.filter((key) => key !== undefined) };
  }
}

const looseKey = (item: CborItem): LeafValue | undefined => {
  switch (item.kind) {
    case "integer":
    case "text":
    case "bytes":
    case "simple":
      return item.value;
    case "tag":
      return looseKey(item.item);
    default:
      return undefined;
  }
};

/**
 * Keys by their types; what has no type here (a node that the schema does not know, in the place of an error) by its
 * look, so that an error can always be told.
 */
export function writeId(writer: CborWriter, id: InstanceId, plan: Plan): void {
  if (goesByName(id, plan)) {
    writer.text(formatId(id, plan));
    return;
  }
  if (isLocal(id.sid)) throw new Fault("yang.sid-unassigned", `${formatId(id, plan)} has no SID`, id.sid);
  if (id.keys.length === 0) {
    writer.integer(id.sid);
    return;
  }
  const typed = plan.nodes.get(id.sid)?.idKeys ?? [];
  writer.array(1 + id.keys.length);
  writer.integer(id.sid);
  for (const [index, key] of id.keys.entries()) {
    const leaf = id.keys.length > typed.length ? undefined : typed[index]?.leaf;
    if (leaf === undefined) writeLoose(writer, key, plan);
    else leafIn(typed[index]!, plan).write(writer, key);
  }
}

/** Is the identifier written as text in this form (RFC 9254 §6.13.2)? */
export const goesByName = ({ sid }: InstanceId, { form }: Plan): boolean =>
  form === "name" || (form === "any" && isLocal(sid));

function writeLoose(writer: CborWriter, key: LeafValue, plan: Plan): void {
  if (typeof key === "number" || typeof key === "bigint") writer.integer(key);
  else if (typeof key === "string") writer.text(key);
  else if (typeof key === "boolean") writer.boolean(key);
  else if (key === null) writer.null();
  else if (key instanceof Uint8Array) writer.byteString(key);
  else if ("member" in key) writeLoose(writer, key.value, plan);
  else writeId(writer, key, plan);
}

/** From the top-level node down to `node`. */
export const lineage = (node: PlanNode): readonly PlanNode[] => node.line;

/** /sidgate-building:room/period[start='06:00']/set-point; lists whose keys are not given stay bare. */
export function formatId(id: InstanceId, plan: Plan): string {
  const node = plan.nodes.get(id.sid);
  if (node === undefined) return id.sid === 0 ? "/" : `SID ${id.sid}`;
  let text = "";
  let module = "";
  let used = 0;
  for (const step of lineage(node)) {
    if (step.kind === "input" || step.kind === "output") continue;
    text += `/${qualify(step, module)}`;
    module = step.schema.module;
    for (const key of step.keys) {
      const value = id.keys[used++];
      if (value === undefined || key.leaf === undefined) continue;
      text += `[${qualify(key, module)}=${quote(key.leaf.format(value))}]`;
    }
  }
  return text;
}

/** RFC 8040 §3.5.3, as the target of an edit in a YANG patch (RFC 8072 §2.4) has it: /sidgate-building:room/period=06%3A00/set-point. */
export function formatResource(id: InstanceId, plan: Plan): string {
  const node = plan.nodes.get(id.sid);
  if (node === undefined) return "/";
  let text = "";
  let module = "";
  let used = 0;
  for (const step of lineage(node)) {
    text += `/${qualify(step, module)}`;
    module = step.schema.module;
    const keys = step.keys.flatMap((key) => {
      const value = id.keys[used++];
      return value === undefined || key.leaf === undefined ? [] : [percentEncoded(key.leaf.format(value))];
    });
    if (keys.length > 0) text += `=${keys.join(",")}`;
  }
  return text;
}

/** RFC 3986 §2.2: all that is reserved; encodeURIComponent leaves some of it. */
const percentEncoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** Keys of the identifier of an instance that also hold for a guilty node inside; the fault has the others. */
export function outerKeys(id: InstanceId, fault: Fault, plan: Plan): readonly LeafValue[] {
  const wanted = plan.nodes.get(fault.sid ?? id.sid)?.idKeys.length ?? id.keys.length;
  return id.keys.slice(0, Math.max(0, wanted - fault.keys.length));
}

/** A Fault becomes an error with its path; anything else passes. */
export function located(error: unknown, plan: Plan): unknown {
  if (!(error instanceof Fault)) return error;
  return new DataError(error, formatId({ sid: error.sid ?? 0, keys: error.keys }, plan));
}

const qualify = (node: PlanNode, module: string): string =>
  node.schema.module === module ? node.schema.name : qualifiedName(node);

/** RFC 7950 §9.13: either quote; XPath literals have no escapes. */
const quote = (text: string): string => (text.includes("'") ? `"${text}"` : `'${text}'`);

const STEP = /\/([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)/y;
const PREDICATE = /\[\s*([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)\s*=\s*(?:'([^']*)'|"([^"]*)")\s*\]/y;

/** The reverse of `formatId`; keys may come in any order, and the last list may stay bare. */
export function parseId(text: string, plan: Plan): InstanceId {
  const { node, keys } = parseSteps(text, plan, true);
  return { sid: node.sid, keys: keys.flatMap((own) => own ?? []) };
}

/** A path with the keys of each list on its way, or undefined for a bare one, which `keyed` allows in the last place only. */
export function parseSteps(
  text: string,
  plan: Plan,
  keyed: boolean,
): { readonly node: PlanNode; readonly keys: ReadonlyArray<readonly LeafValue[] | undefined> } {
  const fail = (at: number, what: string) => new UsageError("yang.path", { path: text, at, what });
  let node = plan.root;
  let at = 0;
  const keys: Array<readonly LeafValue[] | undefined> = [];
  do {
    const isBare = node.kind === "list" && node.keys.length > 0 && keys.at(-1) === undefined;
    if (keyed && isBare) throw fail(at, `the keys of ${node.schema.name} are missing`);
    STEP.lastIndex = at;
    const step = STEP.exec(text);
    if (step === null) throw fail(at, "expected /name or /module:name");
    const next = memberOf(node, step[1]!);
    if (next === undefined) throw fail(at + 1, `there is no '${step[1]}' here`);
    node = next;
    at = STEP.lastIndex;
    const given = new Map<PlanNode, LeafValue>();
    for (;;) {
      PREDICATE.lastIndex = at;
      const match = PREDICATE.exec(text);
      if (match === null) break;
      const key = node.members.get(match[1]!);
      if (key?.leaf === undefined || !node.keys.includes(key)) throw fail(at, `'${match[1]}' is no key here`);
      if (given.has(key)) throw fail(at, `'${match[1]}' is given twice`);
      try {
        given.set(key, key.leaf.parse(match[2] ?? match[3] ?? ""));
      } catch (error) {
        throw error instanceof Fault ? fail(at, error.what) : error;
      }
      at = PREDICATE.lastIndex;
    }
    if (given.size !== 0 && given.size !== node.keys.length) throw fail(at, "the list has more keys");
    if (node.kind === "list") keys.push(given.size === 0 ? undefined : node.keys.map((key) => given.get(key)!));
  } while (at < text.length);
  return { node, keys };
}

/** RFC 9254 §6.13.2. */
function readPath(reader: CborReader, plan: Plan): InstanceId {
  const text = reader.text();
  try {
    return parseId(text, plan);
  } catch (error) {
    throw asFault(error);
  }
}

/** A bad one is the fault of the data, not of a caller. */
const asFault = (error: unknown): unknown =>
  error instanceof UsageError ? new Fault("yang.invalid-datatype", error.message) : error;

/** An identifier as the value of a leaf. */
export function parseIdValue(text: string, plan: Plan): InstanceId {
  try {
    return checkIdValue(parseId(text, plan), plan);
  } catch (error) {
    throw asFault(error);
  }
}

/** Input and output have no name in paths: their children follow the rpc directly. */
function memberOf(node: PlanNode, name: string): PlanNode | undefined {
  if (node.parent === undefined) return node.children.find((child) => qualifiedName(child) === name);
  if (node.input === undefined && node.output === undefined) return node.members.get(name);
  return node.input?.members.get(name) ?? node.output?.members.get(name);
}
