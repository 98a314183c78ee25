/** The gateway's own datastore, as its managers see it: itself, its nodes, its images (sidgate-gateway, sidgate-firmware). */
import { type Clock, type Millis, type NodeId, rfc3339, UsageError } from "../../base/index.ts";
import { ACCESS_PATH, type Access } from "../../service/access/index.ts";
import type { Campaigns } from "../../service/campaign/index.ts";
import type { Images } from "../../service/images/index.ts";
import { type Box, type Mailbox, waiting, wakesLeft } from "../../service/mailbox/index.ts";
import {
  enumValue,
  type HouseModels,
  houseModels,
  houseNode,
  type NodeRecord,
  periodConfidence,
  type Reach,
  type Registry,
  wakeWindow,
} from "../../service/registry/index.ts";
import { CERTAIN, isCertain, type TimeQuality } from "../../service/timekeeping/index.ts";
import type { Phase, Recorder, SiteInfo } from "../../store/index.ts";
import {
  configurationOf,
  edit,
  encodeInstances,
  type Instance,
  isTree,
  type MutableTree,
  type Schema,
  type Sid,
  type Tree,
  type Value,
  validateEdit,
} from "../../yang/index.ts";
import type { Operation } from "./operations/operation.ts";
import { checkPlace, type DatastoreRoot } from "./root.ts";

export interface GatewayRootOptions {
  readonly registry: Registry;
  readonly mailbox: Mailbox;
  readonly images: Images;
  readonly campaigns: Campaigns;
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** Whether that clock is right; without it, it is. */
  readonly quality?: TimeQuality;
  readonly site: SiteInfo;
  readonly version: string;
  readonly mode: "lab" | "secured";
  /** Who may what: data of this datastore too. */
  readonly access?: Pick<Access, "tree">;
  /** URI of the datastore that a node serves itself. */
  readonly serves?: (node: NodeId) => string | undefined;
  /** What managers can call. */
  readonly operations?: readonly Operation[];
}

/** The root for managers at `/c`: computed from the services at each read; edits change names and own leaves only. */
export function gatewayRoot(options: GatewayRootOptions): DatastoreRoot {
  const { registry, recorder } = options;
  const view = new GatewayView(options, registry.schema);
  return {
    get schema() {
      return registry.schema;
    },
    replaceable: true,
    operations: options.operations ?? [],
    tree: () => view.tree(),
    edit: async (instances, actor) => {
      const { schema } = registry;
      checkPlace("gateway", instances, schema);
      const before = view.tree();
      const after = edit(before, instances, schema);
      validateEdit(before, after, instances, schema);
      const changes = view.changes(before, after);
      const facts = changes.names.map(({ node, name }) =>
        recorder.record("node.renamed", { node: node.id, name, actor }),
      );
      if (changes.own.length > 0) {
        const patch = encodeInstances(changes.own, schema);
        facts.push(recorder.record("datastore.edited", { root: "gateway", patch, actor }));
      }
      await Promise.all(facts);
    },
  };
}

/** What an entry says besides what the record of its node does. */
interface Beside {
  readonly box: Box;
  readonly phase: Phase;
  /** Of the datastore that the node serves. */
  readonly uri: string | undefined;
  /** Times from then on are left out. */
  readonly doubtfulSince: Millis | undefined;
}

const isSame = (a: Beside, b: Beside): boolean =>
  a.box === b.box && a.phase === b.phase && a.uri === b.uri && a.doubtfulSince === b.doubtfulSince;

class GatewayView {
  readonly #options: GatewayRootOptions;
  readonly #models: HouseModels;
  readonly #sid: (path: string) => Sid;
  readonly #enum: (path: string, name: string) => number;
  /** A memo: an entry says what the record and what stands beside it say, and these are not changed in place. */
  readonly #entries = new WeakMap<NodeRecord, Beside & { readonly entry: Tree }>();

  /** `house`: any schema that has our modules; in all of them they have the same numbers. */
  constructor(options: GatewayRootOptions, house: Schema) {
    this.#options = options;
    this.#models = houseModels(house);
    this.#sid = (path) => houseNode(house, path).sid;
    this.#enum = (path, name) => enumValue(house, path, name);
  }

  tree(): Tree {
    const { registry, site, version, mode, clock, quality = CERTAIN } = this.#options;
    const at = (leaf: string): Sid => this.#sid(`/sidgate-gateway:gateway/${leaf}`);
    const own = registry.gatewayTree.get(this.#sid("/sidgate-gateway:gateway"));
    const gateway: MutableTree = new Map(isTree(own) ? own : []);
    gateway.set(at("site"), site.site);
    gateway.set(at("version"), version);
    gateway.set(at("mode"), this.#enum("/sidgate-gateway:gateway/mode", mode));
    if (quality.synchronised) gateway.set(at("current-datetime"), rfc3339(clock.now()));
    gateway.set(at("clock-synchronised"), quality.synchronised);
    gateway.set(
      at("node"),
      [...registry.nodes()].map((node) => this.#node(node)),
    );
    return present([
      [this.#sid("/sidgate-gateway:gateway"), gateway],
      [this.#sid("/sidgate-firmware:images"), this.#images()],
      [this.#sid(ACCESS_PATH), this.#options.access?.tree()],
    ]);
  }

  #node(node: NodeRecord): Tree {
    const { mailbox, campaigns, serves, quality = CERTAIN } = this.#options;
    const { doubtfulSince } = quality;
    const box = mailbox.box(node.id);
    const phase = campaigns.phaseOf(node.id);
    const uri = serves?.(node.id);
    const known = this.#entries.get(node);
    const beside: Beside = { box, phase, uri, doubtfulSince };
    if (known !== undefined && isSame(known, beside)) return known.entry;
    const entry = this.#entryOf(node, beside);
    this.#entries.set(node, { ...beside, entry });
    return entry;
  }

  #entryOf(node: NodeRecord, { box, phase, uri }: Beside): Tree {
    const { reach, tree } = node;
    const at = (leaf: string): Sid => this.#sid(`/sidgate-gateway:gateway/node/${leaf}`);
    return present([
      [at("id"), node.id],
      [at("name"), node.name],
      [at("endpoint"), node.endpoint],
      [at("model"), this.#models.model(tree)],
      [at("state"), this.#enum("/sidgate-gateway:gateway/node/state", reach.state)],
      [at("last-seen"), this.#moment(reach.lastSeen)],
      [at("next-wake"), this.#moment(reach.nextWake, reach.lastSeen)],
      [at("missed-wakes"), reach.missedWakes],
      [at("pending"), waiting(box).length],
      [at("serves"), uri],
      [at("phase"), this.#enum("/sidgate-gateway:gateway/node/phase", phase)],
      [at("version"), this.#models.firmware(tree).version],
      ...this.#expected(reach),
      [at("edit"), this.#edits(box)],
    ]);
  }

  #edits(box: Box): readonly Tree[] | undefined {
    if (box.edits.length === 0) return undefined;
    const at = (leaf: string): Sid => this.#sid(`/sidgate-gateway:gateway/node/edit/${leaf}`);
    return box.edits.map((edit) => {
      const { revision, path, status, actor, expires } = edit;
      return present([
        [at("revision"), revision],
        [at("path"), path],
        [at("state"), this.#enum("/sidgate-gateway:gateway/node/edit/state", status.state)],
        [at("since"), this.#moment(status.since)],
        [at("by"), actor],
        [at("expires"), status.state === "waiting" ? this.#moment(expires, status.since) : undefined],
        [at("reason"), status.reason],
        [at("trial"), wakesLeft(box, edit)],
      ]);
    });
  }

  /** What was learnt of a node's wakes, and the time within which the next one should come. */
  #expected(reach: Reach): Array<[Sid, Value | undefined]> {
    const at = (leaf: string): Sid => this.#sid(`/sidgate-gateway:gateway/node/${leaf}`);
    const window = wakeWindow(reach);
    const learnt = reach.observed > 0;
    return [
      [at("learnt-period"), learnt ? Math.max(1, Math.round(reach.period / 1000)) : undefined],
      [at("period-confidence"), learnt ? Math.round(100 * periodConfidence(reach)) : undefined],
      [at("wake-from"), this.#moment(window?.from, reach.lastSeen)],
      [at("wake-until"), this.#moment(window?.until, reach.lastSeen)],
    ];
  }

  /** Left out when it was recorded, or follows from what was, by a clock that may be years off. */
  #moment(at: Millis | undefined, recorded = at): string | undefined {
    return at === undefined || !isCertain(recorded, this.#options.quality) ? undefined : rfc3339(at);
  }

  #images(): Tree {
    const at = (leaf: string): Sid => this.#sid(`/sidgate-firmware:images/image/${leaf}`);
    const rows = this.#options.images.list().map((image) =>
      present([
        [at("id"), image.id],
        [at("digest"), new Uint8Array(Buffer.from(image.digest, "hex"))],
        [at("size"), image.size],
        [at("model"), image.model],
        [at("version"), image.version],
        [at("verified"), this.#enum("/sidgate-firmware:images/image/verified", image.verified)],
        [at("added"), this.#moment(image.added)],
      ]),
    );
    return new Map([[this.#sid("/sidgate-firmware:images/image"), rows]]);
  }

  /** What an edit changed, as what can be changed here: names and the gateway's own leaves. */
  changes(before: Tree, after: Tree): { names: Array<{ node: NodeRecord; name: string }>; own: Instance[] } {
    const container = this.#sid("/sidgate-gateway:gateway");
    const now = after.get(container);
    if (!isTree(now)) throw new UsageError("gateway.fixed", { what: "the gateway as a whole" });
    const own: Instance[] = [];
    for (const leaf of ["name", "location"]) {
      const sid = this.#sid(`/sidgate-gateway:gateway/${leaf}`);
      const old = before.get(container);
      const value = now.get(sid);
      if (isTree(old) && old.get(sid) !== value) own.push({ id: { sid, keys: [] }, value });
    }
    return {
      own: [...own, ...this.#rules(before, after)],
      names: this.#names(now.get(this.#sid("/sidgate-gateway:gateway/node"))),
    };
  }

  /**
   * Rules of access change as one: what is in force before anybody has made rules becomes data with the first edit. They
   * cannot be deleted, since who has deleted them would have said nothing.
   */
  #rules(before: Tree, after: Tree): readonly Instance[] {
    const sid = this.#sid(ACCESS_PATH);
    if (before.get(sid) === after.get(sid)) return [];
    const value = configurationOf(after, this.#options.registry.schema).get(sid);
    if (value === undefined) throw new UsageError("gateway.fixed", { what: "the rules of access as a whole" });
    return [{ id: { sid, keys: [] }, value }];
  }

  #names(list: Value | undefined): Array<{ node: NodeRecord; name: string }> {
    const { registry } = this.#options;
    const entries = Array.isArray(list) ? list.filter(isTree) : [];
    if (entries.length !== registry.size) throw new UsageError("gateway.fixed", { what: "which nodes there are" });
    const names: Array<{ node: NodeRecord; name: string }> = [];
    for (const entry of entries) {
      const node = registry.find(String(entry.get(this.#sid("/sidgate-gateway:gateway/node/id"))));
      if (node === undefined) throw new UsageError("gateway.fixed", { what: "which nodes there are" });
      const name = entry.get(this.#sid("/sidgate-gateway:gateway/node/name"));
      if (typeof name !== "string") throw new UsageError("gateway.fixed", { what: "that a node has a name" });
      if (name !== node.name) names.push({ node, name });
    }
    return names;
  }
}

const present = (entries: ReadonlyArray<readonly [Sid, Value | undefined]>): Tree =>
  new Map(entries.filter((entry): entry is [Sid, Value] => entry[1] !== undefined));
