/**
 * What waits for each node: edits that managers made while it slept, merged per instance (last write wins), each
 * with the revision that the node reaches by applying it. Delivered edits stay until the node says it applied them.
 */
import type { NodeId } from "../../base/index.ts";
import {
  decodePlain,
  encodePlain,
  type Fact,
  type Projection,
  type StateChange,
  type StateStore,
} from "../../store/index.ts";
import { decodeInstances, encodeInstances, formatInstanceId, type Instance, type Schema } from "../../yang/index.ts";

const TABLE = "mailbox";

interface Waiting {
  readonly revision: number;
  /** Instance path: what merges with what. */
  readonly path: string;
  /** One instance as an iPATCH payload. */
  readonly patch: Uint8Array;
}

export interface Box {
  /** Revision of the newest edit ever queued for this node. */
  readonly revision: number;
  /** Revision that the node says it has applied. */
  readonly applied: number;
  /** In order of revision. */
  readonly waiting: readonly Waiting[];
}

export interface Delivery {
  readonly revision: number;
  /** An iPATCH payload (content format 142). */
  readonly edits: Uint8Array;
}

const EMPTY_BOX: Box = { revision: 0, applied: 0, waiting: [] };

/** Adds edits: each takes the next revision and replaces what waited for the same instance or below it. */
export function post(box: Box, instances: readonly Instance[], schema: Schema): Box {
  let { revision, waiting } = box;
  for (const instance of instances) {
    const path = formatInstanceId(instance.id, schema);
    revision += 1;
    const untouched = waiting.filter((other) => !covers(path, other.path));
    waiting = [...untouched, { revision, path, patch: encodeInstances([instance], schema) }];
  }
  return { ...box, revision, waiting };
}

const covers = (path: string, other: string): boolean =>
  other === path || (other.startsWith(path) && (other[path.length] === "/" || other[path.length] === "["));

/** The node has applied everything up to `revision`; a smaller number than before means that it lost its memory. */
export function confirm(box: Box, revision: number): Box {
  return { ...box, applied: revision, waiting: box.waiting.filter((edit) => edit.revision > revision) };
}

/** As many edits as fit into `budget` bytes, oldest first; undefined when nothing waits or the first does not fit. */
export function nextDelivery(
  box: Box,
  budget: number,
): { readonly delivery: Delivery | undefined; readonly more: boolean } {
  let size = 0;
  let count = 0;
  for (const { patch } of box.waiting) {
    if (size + patch.length > budget) break;
    size += patch.length;
    count += 1;
  }
  const fitting = box.waiting.slice(0, count);
  const last = fitting.at(-1);
  const more = count < box.waiting.length;
  if (last === undefined) return { delivery: undefined, more };
  return { delivery: { revision: last.revision, edits: Buffer.concat(fitting.map((edit) => edit.patch)) }, more };
}

export class Mailbox implements Projection {
  readonly name = "mailbox";
  readonly #schema: Schema;
  readonly #boxes = new Map<NodeId, Box>();
  readonly #dirty = new Set<NodeId>();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  box(node: NodeId): Box {
    return this.#boxes.get(node) ?? EMPTY_BOX;
  }

  pending(node: NodeId): number {
    return this.box(node).waiting.length;
  }

  async load(state: StateStore): Promise<void> {
    for (const [key, bytes] of await state.entries(TABLE)) this.#boxes.set(key as NodeId, decodePlain(bytes) as Box);
  }

  apply(fact: Fact): void {
    switch (fact.type) {
      case "datastore.edited":
        if (fact.root === "gateway" || fact.revision === undefined) return;
        this.#set(fact.root, post(this.box(fact.root), decodeInstances(fact.patch, this.#schema), this.#schema));
        return;
      case "node.reported": {
        const box = this.#boxes.get(fact.node);
        if (box === undefined || fact.applied === undefined || fact.applied === box.applied) return;
        this.#set(fact.node, confirm(box, fact.applied));
        return;
      }
      case "node.removed":
        this.#boxes.delete(fact.node);
        this.#dirty.add(fact.node);
        return;
      default:
        return;
    }
  }

  #set(node: NodeId, box: Box): void {
    this.#boxes.set(node, box);
    this.#dirty.add(node);
  }

  drain(): readonly StateChange[] {
    const changes = [...this.#dirty].map((node) => {
      const box = this.#boxes.get(node);
      return { table: TABLE, key: node, value: box && encodePlain(box) };
    });
    this.#dirty.clear();
    return changes;
  }
}
