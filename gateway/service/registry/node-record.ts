/** What the gateway keeps of one node, and its form as bytes: in memory while the node sleeps, and on disk. */
import { type Millis, millis, type NodeId } from "../../base/index.ts";
import { decodePlain, isOff, moved, type Shift } from "../../store/index.ts";
import { CborReader, type CborWriter, ENVELOPE, MAJOR } from "../../wire/cbor/index.ts";
import { encodeKept, type KeptTree, type Schema, type SetName } from "../../yang/index.ts";
import { type Reach, restoreReach, shifted, storeReach } from "./reachability.ts";

/** The answer to the last report, kept so that a repeat gets the same bytes. */
export interface ReplySlot {
  readonly report: number;
  readonly request: number;
  readonly reply: Uint8Array;
  /** When it came; older records do not say. */
  readonly at: Millis | undefined;
}

export interface NodeRecord extends KeptTree {
  readonly id: NodeId;
  readonly endpoint: string;
  readonly name: string;
  readonly joined: Millis;
  readonly reach: Reach;
  readonly slot: ReplySlot | undefined;
  /** The module set that it works with; `tree`, what it reported and what it should become, goes by that set's schema. */
  readonly set: SetName;
}

type StoredReach = readonly [state: string, ...numbers: number[]];
type StoredSlot = readonly [report: number, request: number, reply: Uint8Array, at?: number] | null;
/** By position, since every node pays for it; the id is the key beside it. `tree` is what `encodeKept` makes of it. */
type StoredNode = readonly [
  endpoint: string,
  name: string,
  joined: number,
  reach: StoredReach,
  slot: StoredSlot,
  tree: Uint8Array,
  /** Absent in the default set. */
  set?: string,
];
const TREE = 5;
/** How version 0.1 wrote it: a map, and the id in it. */
interface NamedNode {
  readonly endpoint: string;
  readonly name: string;
  readonly joined: number;
  readonly reach: StoredReach;
  readonly slot: StoredSlot;
  readonly tree: Uint8Array;
}

/** The bytes are a part of the writer's memory. */
export const encodeNodeRecord = (node: NodeRecord, schema: Schema, writer: CborWriter): Uint8Array =>
  writeRecord(node, encodeKept(node, schema), writer);

type Head = Omit<NodeRecord, "id" | keyof KeptTree>;

function writeRecord(node: Head, tree: Uint8Array, writer: CborWriter): Uint8Array {
  const { reach, slot, set } = node;
  writer.array(set === undefined ? 6 : 7);
  writer.text(node.endpoint);
  writer.text(node.name);
  writer.float(node.joined);
  const [state, ...numbers] = storeReach(reach);
  writer.array(1 + numbers.length);
  writer.text(state);
  for (const value of numbers) writeNumber(writer, value);
  if (slot === undefined) writer.null();
  else {
    writer.array(slot.at === undefined ? 3 : 4);
    writer.integer(slot.report);
    writer.integer(slot.request);
    writer.byteString(slot.reply);
    if (slot.at !== undefined) writer.float(slot.at);
  }
  writer.byteString(tree);
  if (set !== undefined) writer.text(set);
  return writer.cut();
}

/** Undefined when nothing in it was recorded by a clock that was wrong. */
export function shiftedRecord<Node extends Head>(node: Node, shift: Shift): Node | undefined {
  const { slot, joined } = node;
  const reach = shifted(node.reach, shift);
  if (reach === node.reach && !isOff(slot?.at, shift) && !isOff(joined, shift)) return undefined;
  return {
    ...node,
    joined: moved(joined, shift),
    reach,
    slot: slot?.at === undefined ? slot : { ...slot, at: moved(slot.at, shift) },
  };
}

/** The same of a record as bytes: its tree is not read. */
export function shiftedBytes(
  bytes: Uint8Array,
  shift: Shift,
  writer: CborWriter,
): { readonly bytes: Uint8Array; readonly reach: Reach } | undefined {
  const stored = readStored(bytes);
  const node = shiftedRecord(headOf(stored), shift);
  return node && { bytes: writeRecord(node, stored[TREE], writer), reach: node.reach };
}

const TWO_32 = 0x1_0000_0000;

/** cbor-x reads an integer of eight bytes as a bigint; a double holds each one that is safe. */
function writeNumber(writer: CborWriter, value: number): void {
  if (Number.isInteger(value) && Math.abs(value) < TWO_32) writer.integer(value);
  else writer.float(value);
}

/** Our own bytes: written by `encodeNodeRecord` and committed with a checksum by the store. */
export function decodeNodeRecord(
  id: NodeId,
  bytes: Uint8Array,
  decode: (tree: Uint8Array, set: SetName) => KeptTree,
): NodeRecord {
  const stored = readStored(bytes);
  const { endpoint, name, joined, reach, slot, set } = headOf(stored);
  const { tree, left } = decode(stored[TREE], set);
  return { id, endpoint, name, joined, reach, slot, set, tree, left };
}

const headOf = ([endpoint, name, joined, reach, slot, _tree, set]: StoredNode): Head => ({
  endpoint,
  name,
  joined: millis(joined),
  reach: restoreReach(reach),
  slot: slot === null ? undefined : readSlot(slot),
  set,
});

const readSlot = ([report, request, reply, at]: NonNullable<StoredSlot>): ReplySlot => ({
  report,
  request,
  reply,
  at: at === undefined ? undefined : millis(at),
});

function readStored(bytes: Uint8Array): StoredNode {
  const stored = decodePlain(bytes) as StoredNode | NamedNode;
  if ("endpoint" in stored) {
    return [stored.endpoint, stored.name, stored.joined, stored.reach, stored.slot, stored.tree];
  }
  return stored;
}

/** The name alone. */
export function nameIn(bytes: Uint8Array): string {
  const reader = new CborReader(bytes, ENVELOPE);
  if (reader.major() !== MAJOR.array) return readStored(bytes)[1];
  reader.array();
  reader.text(); // the endpoint
  return reader.text();
}
