/** The inventory: which nodes there are, what they reported, whether they can be reached. A fold of facts. */
import {
  isCoded,
  isNodeId,
  type Logger,
  type Millis,
  type NodeId,
  type Peer,
  RecentMap,
  seconds,
  UsageError,
} from "../../base/index.ts";
import {
  type Fact,
  moved,
  type Projection,
  pagesOf,
  type Reachability,
  type Shift,
  type StateChange,
  type StateStore,
  shiftOf,
} from "../../store/index.ts";
import {
  configurationOf,
  decodeInstances,
  EMPTY_TREE,
  edit,
  encodeKept,
  goneIn,
  type KeptTree,
  laidOver,
  merge,
  NOTHING_KEPT,
  NOTHING_LEFT,
  readKept,
  type Salvaged,
  type Schema,
  type SchemaSource,
  type SetName,
  type Tree,
  withoutInstances,
} from "../../yang/index.ts";
import { type HouseModels, houseModels, houseNode } from "./house-models.ts";
import type { NodeRecord } from "./node-record.ts";
import { NodeStore } from "./node-store.ts";
import { type Reach, step, unheard } from "./reachability.ts";
import { Roster } from "./roster.ts";

const TABLE = "node";
/** The gateway's own configuration leaves stand beside the nodes. */
const GATEWAY_KEY = "gateway";
const GATEWAY_TABLE = "datastore";
/** Nodes heard last, and places where they ask from: those that are awake at one time are far fewer. */
const HEARD = 8192;
/** Messages of one wake come closer together than this. */
const PAUSE = seconds(5);

export interface RegistryOptions {
  readonly schemas: SchemaSource;
  /** How long a node sleeps when nothing else is known of it. */
  readonly wakeInterval: Millis;
  readonly log: Logger;
}

/** What a report brings, decoded. */
export interface ReportedTrees {
  readonly data: Tree | undefined;
  /** Oldest first; none that was taken before the node's previous report. */
  readonly samples: ReadonlyArray<{ readonly data: Tree }>;
}

/** A node whose reach time has changed. */
export interface Overdue {
  readonly node: NodeRecord;
  readonly reach: Reach;
}

/** The inventory with the datastore of each node; a projection of the journal. */
export class Registry implements Projection {
  readonly name = "registry";
  readonly #schemas: SchemaSource;
  readonly #wakeInterval: Millis;
  readonly #log: Logger;
  readonly #models: HouseModels;
  readonly #nodes: NodeStore;
  readonly #dirty = new Set<NodeId>();
  /** When nodes gave a sign of life besides reports. */
  readonly #heard = new RecentMap<NodeId, { at: Millis }>(HEARD);
  readonly #byPath = new RecentMap<string, NodeId>(HEARD);
  readonly #pathOf = new RecentMap<NodeId, string>(HEARD);
  #gatewayTree: Tree = EMPTY_TREE;
  #gatewayDirty = false;
  #roster: Roster | undefined;
  #previewed: { readonly mark: object; readonly tree: Tree } | undefined;

  constructor(options: RegistryOptions) {
    this.#schemas = options.schemas;
    this.#wakeInterval = options.wakeInterval;
    this.#log = options.log;
    this.#models = houseModels(this.schema);
    this.#nodes = new NodeStore(options.schemas, options.log);
  }

  /** Today's schema of the default set: that of the gateway's own datastore. */
  get schema(): Schema {
    return this.#schemas.of(undefined);
  }

  /** The schema that a node's tree goes by. */
  schemaOf({ set }: Pick<NodeRecord, "set">): Schema {
    return this.#schemas.of(set);
  }

  setOf(node: NodeId): SetName {
    return this.#nodes.setOf(node);
  }

  /** Named sets that nodes belong to, with their number. */
  countBySet(): ReadonlyMap<string, number> {
    return this.#nodes.countBySet();
  }

  /** A schema was exchanged: to be told at once, before anything else asks for a tree. */
  exchanged(set: SetName, before: Schema): void {
    this.#previewed = undefined;
    this.#nodes.exchanged();
    if (set !== undefined) return;
    const kept = readKept(encodeKept({ tree: this.#gatewayTree, left: NOTHING_LEFT }, before), this.schema);
    this.#tell("gateway", kept.dropped);
    this.#gatewayTree = kept.tree;
  }

  /** The gateway's own leaves that managers have set. */
  get gatewayTree(): Tree {
    return this.#gatewayTree;
  }

  /** All of them, each decoded when it is its turn: for what a person asks now and then. */
  nodes(): Iterable<NodeRecord> {
    return this.#nodes.values();
  }

  /** A number that stands for which nodes there are and what they are called: counted once, then kept. */
  get roster(): number {
    this.#roster ??= new Roster(this.#nodes.names());
    return this.#roster.sum;
  }

  ids(): Iterable<NodeId> {
    return this.#nodes.ids();
  }

  countByState(): Readonly<Record<Reachability, number>> {
    return this.#nodes.countByState();
  }

  get size(): number {
    return this.#nodes.size;
  }

  find(id: string): NodeRecord | undefined {
    return isNodeId(id) ? this.#nodes.get(id) : undefined;
  }

  /** Throws UsageError `node.unknown`. */
  get(id: string): NodeRecord {
    const node = this.find(id);
    if (node === undefined) throw new UsageError("node.unknown", { node: id });
    return node;
  }

  byEndpoint(endpoint: string): NodeRecord | undefined {
    return this.#nodes.byEndpoint(endpoint);
  }

  /** As people name a node: by its id, or else by its endpoint. Throws UsageError `node.unknown`. */
  named(reference: string): NodeRecord {
    return this.find(reference) ?? this.byEndpoint(reference) ?? this.get(reference);
  }

  async load(state: StateStore): Promise<void> {
    for await (const entries of pagesOf(state, TABLE)) {
      for (const [id, bytes] of entries) this.#nodes.restore(id as NodeId, bytes);
    }
    const gateway = await state.get(GATEWAY_TABLE, GATEWAY_KEY);
    if (gateway !== undefined) {
      const { tree, dropped } = readKept(gateway, this.schema);
      this.#tell("gateway", dropped);
      this.#gatewayTree = tree;
    }
  }

  apply(fact: Fact): void {
    switch (fact.type) {
      case "node.joined":
        this.#roster?.move(fact.node, this.#nodes.get(fact.node)?.name, fact.name);
        this.#put({
          id: fact.node,
          endpoint: fact.endpoint,
          name: fact.name,
          joined: fact.at,
          reach: unheard(this.#wakeInterval),
          slot: undefined,
          set: undefined,
          ...NOTHING_KEPT,
        });
        return;
      case "gateway.started":
      case "store.returned":
        this.#returned(fact.at);
        return;
      case "node.renamed":
        this.#change(fact.node, (node) => {
          this.#roster?.move(fact.node, node.name, fact.name);
          return { ...node, name: fact.name };
        });
        return;
      case "node.models":
        this.#change(fact.node, (node) => this.#moved(node, fact.set));
        return;
      case "edit.state":
        // Configuration that will never be in force goes back to what the node has.
        if (fact.undo !== undefined) this.#edited({ root: fact.node, patch: fact.undo });
        return;
      case "node.replaced":
        this.#change(fact.node, (node) => this.#replaced(node, fact.endpoint));
        return;
      case "node.removed":
        this.#remove(fact.node);
        return;
      case "node.reported":
        this.#reported(fact);
        return;
      case "node.read":
        this.#read(fact);
        return;
      case "node.reachability":
        this.#noticed(fact);
        return;
      case "directory.registered":
      case "directory.renewed":
        this.#registered(fact, (fact.at + seconds(fact.lifetime)) as Millis);
        return;
      case "directory.removed":
        if (fact.reason === "deleted") this.#registered(fact, undefined);
        return;
      case "datastore.edited":
        this.#edited(fact);
        return;
      case "clock.state":
        this.#shift(shiftOf(fact));
        return;
      default:
        return;
    }
  }

  drain(limit = Number.POSITIVE_INFINITY): readonly StateChange[] {
    const changes: StateChange[] = [];
    if (this.#gatewayDirty) {
      const value = encodeKept({ tree: this.#gatewayTree, left: NOTHING_LEFT }, this.schema);
      changes.push({ table: GATEWAY_TABLE, key: GATEWAY_KEY, value });
      this.#gatewayDirty = false;
    }
    for (const id of this.#dirty) {
      if (changes.length >= limit) break;
      this.#dirty.delete(id);
      changes.push({ table: TABLE, key: id, value: this.#nodes.bytes(id) });
    }
    return changes;
  }

  #noticed({ node, to: state, missedWakes, heard }: Extract<Fact, { type: "node.reachability" }>): void {
    this.#change(node, (record) => {
      const { reach } = record;
      return {
        ...record,
        reach:
          heard === undefined
            ? { ...reach, state, missedWakes }
            : step(reach, { type: "noticed", state, missedWakes, heard }),
      };
    });
  }

  /** A node that the gateway could not hear is not late for it: a campaign would take a whole fleet for silent. */
  #returned(at: Millis): void {
    const late: NodeRecord[] = [];
    this.#nodes.lookAtDue(at, { from: 0, limit: Number.POSITIVE_INFINITY }, (node) => {
      const reach = step(node.reach, { type: "returned", at });
      if (reach === node.reach) return true; // whoever was counted before stays due for the next look
      late.push({ ...node, reach });
      return true;
    });
    for (const node of late) this.#put(node);
  }

  /** The node that spoke is awake, and bound to speak again before `until`. */
  #registered({ node, at }: { readonly node?: NodeId; readonly at: Millis }, until: Millis | undefined): void {
    if (node === undefined) return;
    this.#change(node, (record) => ({ ...record, reach: step(record.reach, { type: "registered", at, until }) }));
  }

  #shift(shift: Shift | undefined): void {
    if (shift === undefined) return;
    for (const sign of this.#heard.values()) sign.at = moved(sign.at, shift);
    for (const id of this.#nodes.shift(shift)) this.#dirty.add(id);
  }

  #put(node: NodeRecord): void {
    this.#nodes.set(node);
    this.#dirty.add(node.id);
  }

  #remove(id: NodeId): void {
    this.#roster?.move(id, this.#nodes.get(id)?.name, undefined);
    if (!this.#nodes.delete(id)) return;
    this.#heard.delete(id);
    this.#dirty.add(id);
  }

  #change(id: NodeId, change: (node: NodeRecord) => NodeRecord): void {
    const node = this.#nodes.get(id);
    if (node !== undefined) this.#put(change(node));
  }

  /**
   * The node's tree with a report merged in: samples, oldest first, then what is so now. Throws `yang.*` when it does not
   * fit. `mark`: the `data` or, without any, the `samples` of the fact that will be recorded; then folding it needs no
   * second merge.
   */
  preview(node: NodeRecord, report: ReportedTrees, mark: object): Tree {
    const schema = this.schemaOf(node);
    let tree = node.tree;
    for (const { data } of report.samples) tree = merge(tree, data, schema);
    if (report.data !== undefined) tree = merge(tree, report.data, schema);
    this.#previewed = { mark, tree };
    return tree;
  }

  #merged(node: NodeRecord, { data, samples }: Extract<Fact, { type: "node.reported" }>): KeptTree {
    const mark = data ?? samples;
    if (mark === undefined) return node;
    if (this.#previewed?.mark === mark) return { tree: this.#previewed.tree, left: node.left };
    const parts = [
      ...(samples ?? []).flatMap((sample) => (sample.past ? [] : [sample.data])),
      ...(data === undefined ? [] : [data]),
    ];
    const schema = this.schemaOf(node);
    let kept: KeptTree = node;
    for (const part of parts) {
      const { dropped, ...next } = laidOver(kept, part, schema);
      this.#tell(node.id, dropped);
      kept = next;
    }
    return kept;
  }

  /** What was measured, and which edits were applied, was so of the former device; what managers want stays. */
  #replaced(node: NodeRecord, endpoint: string): NodeRecord {
    const schema = this.schemaOf(node);
    const configured = new Map(configurationOf(node.tree, schema));
    configured.delete(houseNode(schema, "/sidgate-node:pending").sid);
    this.#heard.delete(node.id);
    return { ...node, endpoint, reach: unheard(this.#wakeInterval), slot: undefined, tree: configured };
  }

  #moved(node: NodeRecord, set: SetName): NodeRecord {
    const [before, after] = [this.schemaOf(node), this.#schemas.of(set)];
    if (before === after) return { ...node, set };
    const { tree, left, dropped } = readKept(encodeKept(node, before), after);
    this.#tell(node.id, dropped);
    return { ...node, set, tree, left };
  }

  /** Stored data of modules that are no longer loaded, or changed since, is left out: the rest must still start. */
  #tell(owner: string, dropped: Salvaged["dropped"]): void {
    for (const { sid, reason } of dropped) this.#log.warn("registry.data-left-out", { owner, sid, reason });
  }

  /** The same for a whole step of the fold; only facts from before a change of the modules can fail here. */
  #despite<T>(owner: string, before: T, fold: () => T): T {
    try {
      return fold();
    } catch (error) {
      if (!isCoded(error)) throw error;
      this.#log.warn("registry.fact-left-out", { owner, code: error.code });
      return before;
    }
  }

  #reported(fact: Extract<Fact, { type: "node.reported" }>): void {
    const { at, nextWake, state } = fact;
    this.#change(fact.node, (node) => {
      const { tree, left } = this.#merged(node, fact);
      const awakeTime = fact.data === undefined ? undefined : this.#models.awakeTime(tree);
      // Member by member: a spread whose members are then replaced costs ten times as much, at every check-in.
      return {
        id: node.id,
        endpoint: node.endpoint,
        name: node.name,
        joined: node.joined,
        reach: step(node.reach, { type: "heard", at, awake: state === "awake", nextWake, awakeTime }),
        slot: { report: fact.report, request: fact.request, reply: fact.reply, at },
        set: node.set,
        tree,
        left,
      };
    });
  }

  /** What was read is the whole truth of what it names; and the node has answered. */
  #read({ node, data, gone, at }: Extract<Fact, { type: "node.read" }>): void {
    this.#change(node, (record) => {
      const schema = this.schemaOf(record);
      const tree = gone === undefined ? record.tree : withoutInstances(record.tree, goneIn(gone, schema), schema);
      const { dropped = [], ...kept } =
        data === undefined ? { tree, left: record.left } : laidOver({ tree, left: record.left }, data, schema);
      this.#tell(node, dropped);
      const awakeTime = this.#models.awakeTime(kept.tree) ?? record.reach.awakeTime;
      return { ...record, ...kept, reach: step({ ...record.reach, awakeTime }, { type: "uplink", at }) };
    });
  }

  #edited(fact: Pick<Extract<Fact, { type: "datastore.edited" }>, "root" | "patch">): void {
    const edited = (tree: Tree, schema: Schema): Tree =>
      this.#despite(fact.root, tree, () => edit(tree, decodeInstances(fact.patch, schema, "input", "any"), schema));
    if (fact.root === "gateway") {
      this.#gatewayTree = edited(this.#gatewayTree, this.schema);
      this.#gatewayDirty = true;
      return;
    }
    this.#change(fact.root, (node) => ({ ...node, tree: edited(node.tree, this.schemaOf(node)) }));
  }

  /** A node asks from here now. Serves `heard` alone: a path is a hint of life, never proof of who it is. */
  seenAt(node: NodeId, path: string): void {
    if (this.#byPath.get(path) === node && this.#pathOf.get(node) === path) return;
    this.#byPath.set(path, node);
    this.#pathOf.set(node, path);
  }

  /** Where the node was last seen, as far as that is remembered: which nodes share a link, never who they are. */
  pathOf(node: NodeId): string | undefined {
    return this.#pathOf.get(node);
  }

  /** A sign of life other than a report: whoever fetches blocks for an hour is not silent. Not kept over a restart. Whose it was. */
  heard(peer: Peer, at: Millis): NodeId | undefined {
    const node = peer.nodeId ?? this.#byPath.get(peer.path);
    if (node === undefined) return undefined;
    const sign = this.#heard.get(node);
    if (sign !== undefined) {
      // A word after a pause may begin a wake that nothing else tells.
      if (at - sign.at >= PAUSE) this.#nodes.lookSoon(node);
      sign.at = at;
    } else if (this.#nodes.has(node)) {
      this.#heard.set(node, { at });
      this.#nodes.lookSoon(node);
    }
    return node;
  }

  /** The reach of every node as time has made it; only those that changed. */
  overdue(now: Millis): readonly Overdue[] {
    return this.overdueAmong(now, { from: 0, limit: Number.POSITIVE_INFINITY }).changed;
  }

  /**
   * The same for so many nodes, from a place on: a whole fleet that falls silent at once must stop nobody. `isAwaited`:
   * somebody counts its missed wakes, also when it is lost. `isHeld`: the clock is not to be believed, so nobody is late.
   */
  overdueAmong(
    now: Millis,
    part: {
      readonly from: number;
      readonly limit: number;
      readonly isAwaited?: (node: NodeId) => boolean;
      readonly isHeld?: boolean;
    },
  ): { readonly changed: readonly Overdue[]; readonly next: number | undefined } {
    const changed: Overdue[] = [];
    const next = this.#nodes.lookAtDue(now, part, (node) => {
      const reach = step(node.reach, { type: "time", at: now, heard: this.#heard.get(node.id)?.at });
      // One more missed wake of a lost node is news only to whoever waits for it: nothing else would end such facts.
      const stillLost = reach.state === "lost" && node.reach.state === "lost" && reach.lastSeen === node.reach.lastSeen;
      const isLate = part.isHeld === true && reach.missedWakes > 0;
      const isNews = reach !== node.reach && !isLate && !(stillLost && part.isAwaited?.(node.id) === false);
      if (isNews) changed.push({ node, reach });
      return isNews;
    });
    return { changed, next };
  }
}
