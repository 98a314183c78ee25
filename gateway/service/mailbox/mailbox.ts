/** What waits for each node: the boxes of all of them, a fold of the journal. A box is bytes while its node sleeps. */
import { isCoded, type Logger, type Millis, type NodeId, RecentMap, RecordMap } from "../../base/index.ts";
import {
  type Fact,
  type Projection,
  type Shift,
  type StateChange,
  type StateStore,
  shiftOf,
} from "../../store/index.ts";
import {
  decodeInstances,
  EMPTY_TREE,
  edit,
  type Schema,
  type SchemaSource,
  type SetName,
  select,
} from "../../yang/index.ts";
import {
  type Box,
  confirm,
  delivered,
  EMPTY_BOX,
  fitting,
  move,
  post,
  shifted,
  waiting,
  withoutTrial,
  wokeWell,
} from "./box.ts";
import { decodeBox, encodeBox } from "./box-record.ts";
import type { EditEvent } from "./edit-state.ts";

const TABLE = "mailbox";
/** Boxes kept decoded: those of nodes at work. */
const HOT = 256;
/** Where a node without the check-in says which revision it has applied. */
const APPLIED = "/sidgate-node:pending/applied";

/** The revision that a node's own edit says it has applied. */
export function appliedIn(patch: Uint8Array, schema: Schema): number | undefined {
  const sid = schema.byPath(APPLIED)?.sid;
  if (sid === undefined) return undefined;
  try {
    const said = edit(EMPTY_TREE, decodeInstances(patch, schema, "input", "any"), schema);
    const applied = select(said, { sid, keys: [] }, schema);
    return typeof applied === "number" ? applied : undefined;
  } catch (error) {
    if (isCoded(error)) return undefined; // data of a module that is no longer loaded, met again in the journal
    throw error;
  }
}

export interface MailboxOptions {
  readonly schemas: SchemaSource;
  /** The module set that a node works with. */
  readonly setOf: (node: NodeId) => SetName;
  /** How long an edit may wait when nobody says; undefined = for ever. */
  readonly expireAfter?: Millis;
  readonly log: Logger;
}

/** The box of each node; a projection of the journal. */
export class Mailbox implements Projection {
  readonly name = "mailbox";
  readonly #options: MailboxOptions;
  readonly #records = new RecordMap();
  readonly #hot = new RecentMap<NodeId, Box>(HOT);
  /** When the first edit of a node that waits expires. */
  readonly #deadlines = new Map<NodeId, Millis>();
  readonly #onTrial = new Set<NodeId>();
  readonly #dirty = new Set<NodeId>();

  constructor(options: MailboxOptions) {
    this.#options = options;
  }

  get expireAfter(): Millis | undefined {
    return this.#options.expireAfter;
  }

  #schemaOf(node: NodeId): Schema {
    const { schemas, setOf } = this.#options;
    return schemas.of(setOf(node));
  }

  /** The schema of a set was exchanged: edits of its nodes that it does not take any more will never reach them. */
  exchanged(set: SetName): void {
    for (const node of [...this.#records.keys()] as NodeId[]) {
      if (this.#options.setOf(node) === set) this.#sort(node, set);
    }
  }

  #sort(node: NodeId, set: SetName): void {
    const { schemas } = this.#options;
    // A set that is not there now may come back, and its edits are as good as before.
    if (set !== undefined && !schemas.has(set)) return;
    const { box, misfits } = fitting(this.box(node), schemas.of(set));
    if (misfits.length === 0) return;
    this.#set(node, box);
    for (const { path, revision, code } of misfits) {
      this.#options.log.warn("mailbox.edit-dropped", { node, path, revision, code });
    }
  }

  box(node: NodeId): Box {
    const hot = this.#hot.get(node);
    if (hot !== undefined) return hot;
    const bytes = this.#records.get(node);
    if (bytes === undefined) return EMPTY_BOX;
    const box = decodeBox(bytes);
    this.#hot.set(node, box);
    return box;
  }

  pending(node: NodeId): number {
    return waiting(this.box(node)).length;
  }

  /** Nodes of which an edit has waited for too long. */
  overdue(now: Millis): readonly NodeId[] {
    return [...this.#deadlines].flatMap(([node, deadline]) => (deadline <= now ? [node] : []));
  }

  /** Nodes of which edits are on trial. */
  get onTrial(): ReadonlySet<NodeId> {
    return this.#onTrial;
  }

  /** Memory of boxes at rest. */
  get bytes(): number {
    return this.#records.bytes;
  }

  async load(state: StateStore): Promise<void> {
    for (const [key, bytes] of await state.entries(TABLE)) this.#take(key as NodeId, decodeBox(bytes));
  }

  apply(fact: Fact): void {
    switch (fact.type) {
      case "datastore.edited":
        if (fact.root === "gateway") return;
        if (fact.revision === undefined) this.#said(fact.root, fact.patch, fact.at);
        else this.#edited(fact.root, fact, fact.revision);
        return;
      case "node.reported":
        this.#change(fact.node, (box) => {
          const woken = fact.state === "asleep" ? wokeWell(box) : box;
          const said = fact.applied === undefined ? woken : confirm(woken, fact.applied, fact.at);
          return fact.delivered === undefined ? said : delivered(said, fact.delivered, fact.at);
        });
        return;
      case "node.read":
        if (fact.visit) this.#change(fact.node, wokeWell);
        return;
      case "edit.trial":
        this.#change(fact.node, (box) => withoutTrial(box, fact.revision));
        return;
      case "edit.state":
        this.#moved(fact);
        return;
      case "node.models":
        this.#sort(fact.node, fact.set);
        return;
      case "node.replaced":
        // Revisions go on; what the former device had says nothing of the new one, which gets all of it by edits that follow.
        this.#change(fact.node, ({ revision }) => ({ revision, applied: 0, edits: [] }));
        return;
      case "node.removed":
        this.#onTrial.delete(fact.node);
        this.#records.delete(fact.node);
        this.#hot.delete(fact.node);
        this.#deadlines.delete(fact.node);
        this.#dirty.add(fact.node);
        return;
      case "clock.state":
        this.#shift(shiftOf(fact));
        return;
      default:
        return;
    }
  }

  #change(node: NodeId, change: (box: Box) => Box): void {
    const box = this.box(node);
    const changed = change(box);
    if (changed !== box) this.#set(node, changed);
  }

  #shift(shift: Shift | undefined): void {
    if (shift === undefined) return;
    for (const node of [...this.#records.keys()] as NodeId[]) this.#change(node, (box) => shifted(box, shift));
  }

  /** A node's own edit: one without the check-in says in it what it has applied. */
  #said(node: NodeId, patch: Uint8Array, at: Millis): void {
    const applied = appliedIn(patch, this.#schemaOf(node));
    if (applied !== undefined) this.#change(node, (box) => confirm(box, applied, at));
  }

  #moved({ node, to, edits, reason = "", at }: Extract<Fact, { type: "edit.state" }>): void {
    const event: EditEvent = to === "rejected" ? { type: to, at, reason } : { type: to, at };
    const moved = new Set(edits.map(({ revision }) => revision));
    this.#change(node, (box) => move(box, ({ revision }) => (moved.has(revision) ? event : undefined)));
  }

  #edited(node: NodeId, fact: Extract<Fact, { type: "datastore.edited" }>, revision: number): void {
    const { patch, at, actor, parts, expireAfter, confirm } = fact;
    const box = this.box(node);
    const schema = this.#schemaOf(node);
    const expires = expireAfter === undefined ? undefined : ((at + expireAfter) as Millis);
    try {
      const instances = decodeInstances(patch, schema, "input", "any");
      this.#set(node, post(box, instances, schema, { at, actor, expires, parts, wakes: confirm?.wakes }));
    } catch (error) {
      // An edit of a module that is no longer loaded, met again in the journal: nobody can apply it any more. Its
      // revision is taken all the same: the node may have seen it.
      if (!isCoded(error)) throw error;
      this.#options.log.warn("mailbox.edit-unreadable", { node, code: error.code });
      this.#set(node, { ...box, revision: Math.max(box.revision, revision) });
    }
  }

  #set(node: NodeId, box: Box): void {
    this.#take(node, box);
    this.#hot.set(node, box);
    this.#dirty.add(node);
  }

  #take(node: NodeId, box: Box): void {
    this.#records.set(node, encodeBox(box));
    if (box.trials === undefined) this.#onTrial.delete(node);
    else this.#onTrial.add(node);
    const deadlines = box.edits.flatMap(({ status, expires }) =>
      status.state === "waiting" && expires !== undefined ? [expires] : [],
    );
    if (deadlines.length === 0) this.#deadlines.delete(node);
    else this.#deadlines.set(node, Math.min(...deadlines) as Millis);
  }

  drain(limit = Number.POSITIVE_INFINITY): readonly StateChange[] {
    const changes: StateChange[] = [];
    for (const node of this.#dirty) {
      if (changes.length >= limit) break;
      this.#dirty.delete(node);
      const bytes = this.#records.get(node);
      // A copy: the view is good only until the next box is written.
      changes.push({ table: TABLE, key: node, value: bytes && new Uint8Array(bytes) });
    }
    return changes;
  }
}
