/** The bridge's projection in memory and as rows: loaded once, then every batch writes the rows it touched. */
import type { NodeId } from "../../../gateway/base/index.ts";
import type { StateChange, StateStore } from "../../../gateway/store/ports.ts";
import { NOTHING_KEPT } from "../../../gateway/yang/index.ts";
import type { SetName } from "../../../gateway/yang/schema-source.ts";
import type { Tree } from "../../../gateway/yang/tree.ts";
import type { Trees, TreesOf } from "../render/trees.ts";
import {
  type CampaignView,
  EMPTY_SITE,
  type ImageView,
  type NodeView,
  type SiteView,
  type Slice,
  type SliceKeys,
} from "../render/view.ts";

const TABLE = "mqtt.view";
/** A node's tree: YANG-CBOR, in a row of its own because JSON cannot hold it. */
const TREES = "mqtt.tree";

interface Rows {
  readonly site: SiteView;
  readonly node: NodeView;
  readonly image: ImageView;
  readonly campaign: CampaignView;
}
type RowKind = keyof Rows;

export class ViewStore {
  readonly #trees: TreesOf;
  readonly #nodes = new Map<string, NodeView>();
  readonly #images = new Map<string, ImageView>();
  readonly #campaigns = new Map<string, CampaignView>();
  #site: SiteView = EMPTY_SITE;
  /** Nodes whose tree goes by a former schema still, with the trees of that. */
  readonly #former = new Map<string, Trees>();
  /** Each name of a module set once, however many nodes bear it. */
  readonly #sets = new Map<string, string>();
  /** Rows touched since the last commit, by kind and key. */
  readonly #touched = new Map<string, { readonly kind: RowKind; readonly key: string; treeToo: boolean }>();

  private constructor(trees: TreesOf) {
    this.#trees = trees;
  }

  static async load(state: StateStore, trees: TreesOf): Promise<ViewStore> {
    const view = new ViewStore(trees);
    const treeRows = new Map(await state.entries(TREES));
    for (const [row, bytes] of await state.entries(TABLE)) {
      const slash = row.indexOf("/");
      view.#take(row.slice(0, slash), row.slice(slash + 1), Buffer.from(bytes).toString(), treeRows);
    }
    return view;
  }

  get site(): SiteView {
    return this.#site;
  }
  get nodes(): Iterable<NodeView> {
    return [...this.#nodes.keys()].flatMap((key) => this.#node(key) ?? []);
  }
  get campaigns(): Iterable<CampaignView> {
    return this.#campaigns.values();
  }

  slice(keys: SliceKeys): Slice {
    return {
      site: this.#site,
      node: keys.node === undefined ? undefined : this.#node(keys.node),
      image: keys.image === undefined ? undefined : this.#images.get(keys.image),
      campaign: keys.campaign === undefined ? undefined : this.#campaigns.get(keys.campaign),
    };
  }

  /** A schema was exchanged. Each tree follows when its node is looked at: a whole fleet at once would stop everybody. */
  exchanged(set: SetName, before: Trees): void {
    for (const [key, node] of this.#nodes) {
      if (node.set === set && !this.#former.has(key)) this.#former.set(key, before);
    }
  }

  #node(key: string): NodeView | undefined {
    const node = this.#nodes.get(key);
    const former = this.#former.get(key);
    if (node === undefined || former === undefined) return node;
    this.#former.delete(key);
    const current: NodeView = { ...node, ...this.#trees(node.set).read(former.write(node)) };
    this.#nodes.set(key, current);
    return current;
  }

  /** Takes up what a fact made of its slice. */
  put(keys: SliceKeys, after: Slice): void {
    if (after.site !== this.#site) {
      this.#site = after.site;
      this.#touch("site", "");
    }
    if (keys.node !== undefined) this.#replace(this.#nodes, "node", keys.node, after.node);
    if (keys.image !== undefined) this.#replace(this.#images, "image", keys.image, after.image);
    if (keys.campaign !== undefined) this.#replace(this.#campaigns, "campaign", keys.campaign, after.campaign);
  }

  /** A new epoch starts the chains of events and pushes anew (docs/mqtt.md, "Events": only (epoch, seq) is ordered). */
  startChain(): void {
    this.#site = { ...this.#site, lastEvent: EMPTY_SITE.lastEvent };
    this.#touch("site", "");
    for (const [key, { lastPush, ...node }] of this.#nodes) {
      if (lastPush !== undefined) this.#replace(this.#nodes, "node", key, node);
    }
  }

  /** The changes since the last call. */
  drain(): readonly StateChange[] {
    const changes = [...this.#touched.values()].flatMap(({ kind, key, treeToo }) => this.#rowOf(kind, key, treeToo));
    this.#touched.clear();
    return changes;
  }

  #replace<V extends Rows[RowKind]>(rows: Map<string, V>, kind: RowKind, key: string, value: V | undefined): void {
    const former = rows.get(key);
    if (former === value) return;
    if (value === undefined) rows.delete(key);
    else rows.set(key, value);
    this.#touch(kind, key, treeOf(former) !== treeOf(value));
  }

  #touch(kind: RowKind, key: string, treeToo = false): void {
    const row = `${kind}/${key}`;
    const touched = this.#touched.get(row);
    if (touched === undefined) this.#touched.set(row, { kind, key, treeToo });
    else touched.treeToo ||= treeToo;
  }

  #rowOf(kind: RowKind, key: string, treeToo: boolean): readonly StateChange[] {
    const row = (value: unknown): StateChange => ({
      table: TABLE,
      key: `${kind}/${key}`,
      value: value === undefined ? undefined : Buffer.from(JSON.stringify(value)),
    });
    switch (kind) {
      case "site":
        return [row(this.#site)];
      case "image":
        return [row(this.#images.get(key))];
      case "campaign":
        return [row(this.#campaigns.get(key))];
      case "node": {
        const node = this.#nodes.get(key);
        if (node === undefined) return [row(undefined), { table: TREES, key, value: undefined }];
        const { tree, left, ...rest } = node;
        if (!treeToo) return [row(rest)];
        const trees = this.#former.get(key) ?? this.#trees(node.set);
        return [row(rest), { table: TREES, key, value: trees.write({ tree, left }) }];
      }
    }
  }

  #interned(name: string): string {
    const known = this.#sets.get(name);
    if (known === undefined) this.#sets.set(name, name);
    return known ?? name;
  }

  // Rows are of our own making, written in the same transaction as the number of the fact they follow from: their
  // shape is what `#rowOf` wrote. A release that changes a shape renders anew under another projection name.
  #take(kind: string, key: string, json: string, treeRows: ReadonlyMap<string, Uint8Array>): void {
    switch (kind) {
      case "site":
        this.#site = parseRow<"site">(json);
        return;
      case "image":
        this.#images.set(key, parseRow<"image">(json));
        return;
      case "campaign":
        this.#campaigns.set(key, parseRow<"campaign">(json));
        return;
      case "node": {
        const bytes = treeRows.get(key);
        const { set: name, ...row } = parseRow<"node">(json);
        const set = name === undefined ? undefined : this.#interned(name);
        const kept = bytes === undefined ? NOTHING_KEPT : this.#trees(set).read(bytes);
        this.#nodes.set(key, { ...row, ...(set === undefined ? {} : { set }), id: key as NodeId, ...kept });
        return;
      }
    }
  }
}

/** Most facts leave a node's tree as it was, and its row with it. */
const treeOf = (value: Rows[RowKind] | undefined): Tree | undefined =>
  value !== undefined && "tree" in value ? value.tree : undefined;

const parseRow = <K extends RowKind>(json: string): Rows[K] => JSON.parse(json);
