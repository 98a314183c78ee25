/** The inventory: which nodes there are, what they reported, whether they can be reached. A fold of facts. */
import { isCoded, isNodeId, type Logger, type Millis, type NodeId, type Peer, UsageError } from "../../base/index.ts";
import type { Fact, Projection, StateChange, StateStore } from "../../store/index.ts";
import {
  decodeInstances,
  EMPTY_TREE,
  edit,
  encodeTree,
  merge,
  type Schema,
  salvageTree,
  type Tree,
} from "../../yang/index.ts";
import { decodeNodeRecord, encodeNodeRecord, type NodeRecord } from "./node-record.ts";
import { type Reach, step, unheard } from "./reachability.ts";

const TABLE = "node";
/** The gateway's own configuration leaves stand beside the nodes. */
const GATEWAY_KEY = "gateway";
const GATEWAY_TABLE = "datastore";

export interface RegistryOptions {
  readonly schema: Schema;
  /** How long a node sleeps when nothing else is known of it. */
  readonly wakeInterval: Millis;
  readonly log: Logger;
}

/** What a report brings, decoded. */
export interface ReportedTrees {
  readonly data: Tree | undefined;
  /** Oldest first. */
  readonly samples: ReadonlyArray<{ readonly data: Tree }>;
}

/** The inventory with the datastore of each node; a projection of the journal. */
export class Registry implements Projection {
  readonly name = "registry";
  readonly #schema: Schema;
  readonly #wakeInterval: Millis;
  readonly #log: Logger;
  readonly #nodes = new Map<NodeId, NodeRecord>();
  readonly #byEndpoint = new Map<string, NodeId>();
  readonly #dirty = new Set<NodeId>();
  readonly #byPath = new Map<string, NodeId>();
  readonly #heard = new Map<NodeId, Millis>();
  #gatewayTree: Tree = EMPTY_TREE;
  #gatewayDirty = false;
  #previewed: { readonly mark: object; readonly tree: Tree } | undefined;

  constructor(options: RegistryOptions) {
    this.#schema = options.schema;
    this.#wakeInterval = options.wakeInterval;
    this.#log = options.log;
  }

  get schema(): Schema {
    return this.#schema;
  }

  /** The gateway's own leaves that managers have set. */
  get gatewayTree(): Tree {
    return this.#gatewayTree;
  }

  nodes(): Iterable<NodeRecord> {
    return this.#nodes.values();
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
    const id = this.#byEndpoint.get(endpoint);
    return id === undefined ? undefined : this.#nodes.get(id);
  }

  async load(state: StateStore): Promise<void> {
    for (const [id, bytes] of await state.entries(TABLE)) {
      this.#put(decodeNodeRecord(bytes, (tree) => this.#salvage(id, tree)));
    }
    const gateway = await state.get(GATEWAY_TABLE, GATEWAY_KEY);
    if (gateway !== undefined) this.#gatewayTree = this.#salvage("gateway", gateway);
    this.#dirty.clear();
  }

  apply(fact: Fact): void {
    switch (fact.type) {
      case "node.joined":
        this.#put({
          id: fact.node,
          endpoint: fact.endpoint,
          name: fact.name,
          joined: fact.at,
          reach: unheard(this.#wakeInterval),
          slot: undefined,
          tree: EMPTY_TREE,
        });
        return;
      case "node.renamed":
        this.#change(fact.node, (node) => ({ ...node, name: fact.name }));
        return;
      case "node.removed":
        this.#remove(fact.node);
        return;
      case "node.reported":
        this.#reported(fact);
        return;
      case "node.reachability":
        this.#change(fact.node, (node) => ({
          ...node,
          reach: { ...node.reach, state: fact.to, missedWakes: fact.missedWakes },
        }));
        return;
      case "datastore.edited":
        this.#edited(fact);
        return;
      default:
        return;
    }
  }

  drain(): readonly StateChange[] {
    const changes: StateChange[] = [];
    for (const id of this.#dirty) {
      const node = this.#nodes.get(id);
      changes.push({ table: TABLE, key: id, value: node && encodeNodeRecord(node, this.#schema) });
    }
    this.#dirty.clear();
    if (this.#gatewayDirty) {
      const value = encodeTree(this.#gatewayTree, this.#schema);
      changes.push({ table: GATEWAY_TABLE, key: GATEWAY_KEY, value });
      this.#gatewayDirty = false;
    }
    return changes;
  }

  #put(node: NodeRecord): void {
    this.#nodes.set(node.id, node);
    this.#byEndpoint.set(node.endpoint, node.id);
    this.#dirty.add(node.id);
  }

  #remove(id: NodeId): void {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    this.#nodes.delete(id);
    this.#byEndpoint.delete(node.endpoint);
    this.#heard.delete(id);
    this.#dirty.add(id);
  }

  #change(id: NodeId, change: (node: NodeRecord) => NodeRecord): void {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    this.#nodes.set(id, change(node));
    this.#dirty.add(id);
  }

  /**
   * The node's tree with a report merged in: samples, oldest first, then what is so now. Throws `yang.*` when it does not
   * fit. `mark`: the `data` or, without any, the `samples` of the fact that will be recorded; then folding it needs no
   * second merge.
   */
  preview(node: NodeRecord, report: ReportedTrees, mark: object): Tree {
    let tree = node.tree;
    for (const { data } of report.samples) tree = merge(tree, data, this.#schema);
    if (report.data !== undefined) tree = merge(tree, report.data, this.#schema);
    this.#previewed = { mark, tree };
    return tree;
  }

  #merged(node: NodeRecord, { data, samples }: Extract<Fact, { type: "node.reported" }>): Tree {
    const mark = data ?? samples;
    if (mark === undefined) return node.tree;
    if (this.#previewed?.mark === mark) return this.#previewed.tree;
    const parts = [...(samples ?? []).map((sample) => sample.data), ...(data === undefined ? [] : [data])];
    return this.#despite(node.id, node.tree, () =>
      parts.reduce((tree, part) => merge(tree, this.#salvage(node.id, part), this.#schema), node.tree),
    );
  }

  /** Stored data of modules that are no longer loaded, or changed since, is left out: the rest must still start. */
  #salvage(owner: string, bytes: Uint8Array): Tree {
    const { tree, dropped } = salvageTree(bytes, this.#schema);
    for (const { sid, reason } of dropped) this.#log.warn("registry.data-left-out", { owner, sid, reason });
    return tree;
  }

  /** The same for a whole step of the fold; only facts from before a change of the modules can fail here. */
  #despite(owner: string, before: Tree, fold: () => Tree): Tree {
    try {
      return fold();
    } catch (error) {
      if (!isCoded(error)) throw error;
      this.#log.warn("registry.fact-left-out", { owner, code: error.code });
      return before;
    }
  }

  #reported(fact: Extract<Fact, { type: "node.reported" }>): void {
    this.#change(fact.node, (node) => ({
      // Member by member: a spread whose members are then replaced costs ten times as much, at every check-in.
      id: node.id,
      endpoint: node.endpoint,
      name: node.name,
      joined: node.joined,
      reach: step(node.reach, { type: "heard", at: fact.at, awake: fact.state === "awake", nextWake: fact.nextWake }),
      slot: { report: fact.report, request: fact.request, reply: fact.reply },
      tree: this.#merged(node, fact),
    }));
  }

  #edited(fact: Extract<Fact, { type: "datastore.edited" }>): void {
    const edited = (tree: Tree): Tree =>
      this.#despite(fact.root, tree, () => edit(tree, decodeInstances(fact.patch, this.#schema), this.#schema));
    if (fact.root === "gateway") {
      this.#gatewayTree = edited(this.#gatewayTree);
      this.#gatewayDirty = true;
      return;
    }
    this.#change(fact.root, (node) => ({ ...node, tree: edited(node.tree) }));
  }

  /** A node asks from here now. Serves `heard` alone: a path is a hint of life, never proof of who it is. */
  seenAt(node: NodeId, path: string): void {
    if (this.#byPath.get(path) === node) return;
    this.#byPath.delete(path);
    this.#byPath.set(path, node);
    // Ports change and are given out again: the oldest places are dropped before they could mislead or pile up.
    if (this.#byPath.size > 4 * this.#nodes.size + 16) this.#byPath.delete(this.#byPath.keys().next().value ?? path);
  }

  /** A sign of life other than a report: whoever fetches blocks for an hour is not silent. Not kept over a restart. */
  heard(peer: Peer, at: Millis): void {
    const node = peer.nodeId ?? this.#byPath.get(peer.path);
    if (node !== undefined && this.#nodes.has(node)) this.#heard.set(node, at);
  }

  /** The reach of every node as time has made it; only those that changed. */
  overdue(now: Millis): Array<{ readonly node: NodeRecord; readonly reach: Reach }> {
    const changed: Array<{ readonly node: NodeRecord; readonly reach: Reach }> = [];
    for (const node of this.#nodes.values()) {
      const reach = step(node.reach, { type: "time", at: now, heard: this.#heard.get(node.id) });
      if (reach !== node.reach) changed.push({ node, reach });
    }
    return changed;
  }
}
