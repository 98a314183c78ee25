/** What the gateway keeps of one node, and its form on disk. */
import { type Millis, millis, type NodeId } from "../../base/index.ts";
import { decodePlain, encodePlain, REACHABILITIES, type Reachability } from "../../store/index.ts";
import { EMPTY_TREE, encodeTree, type Schema, type Tree } from "../../yang/index.ts";
import type { Reach } from "./reachability.ts";

/** The answer to the last report, kept so that a repeat gets the same bytes. */
export interface ReplySlot {
  readonly report: number;
  readonly request: number;
  readonly reply: Uint8Array;
}

export interface NodeRecord {
  readonly id: NodeId;
  readonly endpoint: string;
  readonly name: string;
  readonly joined: Millis;
  readonly reach: Reach;
  readonly slot: ReplySlot | undefined;
  /** The node's datastore: what it reported and what it should become. */
  readonly tree: Tree;
}

interface StoredNode {
  readonly id: string;
  readonly endpoint: string;
  readonly name: string;
  readonly joined: number;
  readonly reach: readonly [state: string, lastSeen: number, nextWake: number, interval: number, missedWakes: number];
  readonly slot: readonly [report: number, request: number, reply: Uint8Array] | null;
  readonly tree: Uint8Array;
}

export function encodeNodeRecord(node: NodeRecord, schema: Schema): Uint8Array {
  const { reach, slot } = node;
  const stored: StoredNode = {
    id: node.id,
    endpoint: node.endpoint,
    name: node.name,
    joined: node.joined,
    reach: [reach.state, reach.lastSeen ?? 0, reach.nextWake ?? 0, reach.interval, reach.missedWakes],
    slot: slot === undefined ? null : [slot.report, slot.request, slot.reply],
    tree: encodeTree(node.tree, schema),
  };
  return encodePlain(stored);
}

/** Our own bytes: written by `encodeNodeRecord` and committed with a checksum by the store. */
export function decodeNodeRecord(bytes: Uint8Array, decode: (tree: Uint8Array) => Tree): NodeRecord {
  const stored = decodePlain(bytes) as StoredNode;
  const [state, lastSeen, nextWake, interval, missedWakes] = stored.reach;
  return {
    id: stored.id as NodeId,
    endpoint: stored.endpoint,
    name: stored.name,
    joined: millis(stored.joined),
    reach: {
      state: REACHABILITIES.find((known) => known === state) ?? ("unknown" satisfies Reachability),
      lastSeen: lastSeen === 0 ? undefined : millis(lastSeen),
      nextWake: nextWake === 0 ? undefined : millis(nextWake),
      interval: millis(interval),
      missedWakes,
    },
    slot: stored.slot === null ? undefined : { report: stored.slot[0], request: stored.slot[1], reply: stored.slot[2] },
    tree: stored.tree.length === 0 ? EMPTY_TREE : decode(stored.tree),
  };
}
