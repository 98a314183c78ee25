/**
 * The gateway's own datastore as data, made from the services at each read: all of it, or as much as some identifiers can
 * mean. A fleet is large and a manager asks for one leaf of one node; so the list of nodes holds those that are named.
 */
import { type Clock, type Millis, type NodeId, rfc3339 } from "../../../base/index.ts";
import type { Access } from "../../../service/access/index.ts";
import type { Campaigns } from "../../../service/campaign/index.ts";
import type { Images } from "../../../service/images/index.ts";
import { type Box, type Mailbox, waiting, wakesLeft } from "../../../service/mailbox/index.ts";
import {
  type HouseModels,
  houseModels,
  type NodeRecord,
  periodConfidence,
  type Registry,
  wakeWindow,
} from "../../../service/registry/index.ts";
import { CERTAIN, isCertain, type TimeQuality } from "../../../service/timekeeping/index.ts";
import type { SiteInfo } from "../../../store/index.ts";
import {
  type InstanceId,
  isTree,
  type MutableTree,
  type Schema,
  type SchemaNode,
  type Sid,
  type Tree,
  type Value,
} from "../../../yang/index.ts";
import { gatewayNumbers } from "./numbers.ts";

export interface GatewayServices {
  readonly registry: Registry;
  readonly mailbox: Mailbox;
  readonly images: Images;
  readonly campaigns: Campaigns;
  readonly clock: Clock;
  /** Whether that clock is right; without it, it is. */
  readonly quality?: TimeQuality;
  readonly site: SiteInfo;
  readonly version: string;
  readonly mode: "lab" | "secured";
  /** Who may what: data of this datastore too. */
  readonly access?: Pick<Access, "tree" | "configuration">;
  /** URI of the datastore that a node serves itself. */
  readonly serves?: (node: NodeId) => string | undefined;
}

export class GatewayView {
  readonly #services: GatewayServices;
  readonly #models: HouseModels;
  readonly #at: ReturnType<typeof gatewayNumbers>;

  /** `house`: any schema that has our modules; in all of them they have the same numbers. */
  constructor(services: GatewayServices, house: Schema) {
    this.#services = services;
    this.#models = houseModels(house);
    this.#at = gatewayNumbers(house);
  }

  tree(): Tree {
    const { images, access } = this.#at;
    return this.#tree(this.#services.registry.nodes(), [images, access]);
  }

  /** `ids` find in it what they find in the whole tree. */
  part(ids: readonly InstanceId[], schema: Schema): Tree {
    const { registry } = this.#services;
    const { gateway, nodes } = this.#at;
    const tops: Sid[] = [];
    const named = new Map<string, NodeRecord>();
    let all = false;
    for (const { sid, keys } of ids) {
      const [top, second] = upperTwo(sid, schema);
      if (top !== undefined) tops.push(top);
      const [id] = keys;
      all ||= sid === gateway || (sid === nodes && id === undefined);
      const node = second === nodes && typeof id === "string" ? registry.find(id) : undefined;
      if (node !== undefined) named.set(node.id, node);
    }
    return this.#tree(all ? registry.nodes() : named.values(), tops);
  }

  #tree(nodes: Iterable<NodeRecord>, tops: readonly Sid[]): Tree {
    const { registry, site, version, mode, clock, quality = CERTAIN, access } = this.#services;
    const at = this.#at;
    const own = registry.gatewayTree.get(at.gateway);
    const gateway: MutableTree = new Map(isTree(own) ? own : []);
    gateway.set(at.site, site.site);
    gateway.set(at.version, version);
    put(gateway, at.mode, at.modes.get(mode));
    if (quality.synchronised) gateway.set(at.now, rfc3339(clock.now()));
    gateway.set(at.synchronised, quality.synchronised);
    gateway.set(
      at.nodes,
      Array.from(nodes, (node) => this.#node(node)),
    );
    const tree: MutableTree = new Map([[at.gateway, gateway]]);
    if (tops.includes(at.images)) tree.set(at.images, this.#images());
    if (tops.includes(at.access)) put(tree, at.access, access?.tree());
    return tree;
  }

  /** Made at each look: most nodes are at rest, and their records are read for it and let go of. */
  #node(node: NodeRecord): Tree {
    const { mailbox, campaigns, serves } = this.#services;
    const box = mailbox.box(node.id);
    const phase = campaigns.phaseOf(node.id);
    const { reach, tree } = node;
    const at = this.#at.node;
    const entry: MutableTree = new Map();
    entry.set(at.id, node.id);
    entry.set(at.name, node.name);
    entry.set(at.endpoint, node.endpoint);
    put(entry, at.model, this.#models.model(tree));
    put(entry, at.state, at.states.get(reach.state));
    put(entry, at.lastSeen, this.#moment(reach.lastSeen));
    put(entry, at.nextWake, this.#moment(reach.nextWake, reach.lastSeen));
    entry.set(at.missedWakes, reach.missedWakes);
    entry.set(at.pending, waiting(box).length);
    put(entry, at.serves, serves?.(node.id));
    put(entry, at.phase, at.phases.get(phase));
    put(entry, at.version, this.#models.firmware(tree).version);
    // What was learnt of a node's wakes, and the time within which the next one should come.
    if (reach.observed > 0) {
      entry.set(at.learntPeriod, Math.max(1, Math.round(reach.period / 1000)));
      entry.set(at.periodConfidence, Math.round(100 * periodConfidence(reach)));
    }
    const window = wakeWindow(reach);
    put(entry, at.wakeFrom, this.#moment(window?.from, reach.lastSeen));
    put(entry, at.wakeUntil, this.#moment(window?.until, reach.lastSeen));
    if (box.edits.length > 0) entry.set(at.edits, this.#edits(box));
    return entry;
  }

  #edits(box: Box): readonly Tree[] {
    const at = this.#at.edit;
    return box.edits.map((edit) => {
      const { revision, path, status, actor, expires } = edit;
      const entry: MutableTree = new Map();
      entry.set(at.revision, revision);
      entry.set(at.path, path);
      put(entry, at.state, at.states.get(status.state));
      put(entry, at.since, this.#moment(status.since));
      put(entry, at.by, actor);
      put(entry, at.expires, status.state === "waiting" ? this.#moment(expires, status.since) : undefined);
      put(entry, at.reason, status.reason);
      put(entry, at.trial, wakesLeft(box, edit));
      return entry;
    });
  }

  /** Left out when it was recorded, or follows from what was, by a clock that may be years off. */
  #moment(at: Millis | undefined, recorded = at): string | undefined {
    return at === undefined || !isCertain(recorded, this.#services.quality) ? undefined : rfc3339(at);
  }

  #images(): Tree {
    const at = this.#at.image;
    const rows = this.#services.images.list().map((image) => {
      const entry: MutableTree = new Map();
      entry.set(at.id, image.id);
      entry.set(at.digest, new Uint8Array(Buffer.from(image.digest, "hex")));
      entry.set(at.size, image.size);
      put(entry, at.model, image.model);
      put(entry, at.version, image.version);
      entry.set(at.verified, at.verdict(image.verified));
      put(entry, at.added, this.#moment(image.added));
      return entry;
    });
    return new Map([[at.list, rows]]);
  }
}

/** The top-level node above a node, or it itself, and the one of the next level on the way; undefined for what is not known. */
function upperTwo(sid: Sid, schema: Schema): readonly [top: Sid | undefined, second: Sid | undefined] {
  let second: SchemaNode | undefined;
  let top = schema.bySid(sid);
  while (top?.parent !== undefined) [second, top] = [top, top.parent];
  return [top?.sid, second?.sid];
}

function put(tree: MutableTree, sid: Sid, value: Value | undefined): void {
  if (value !== undefined) tree.set(sid, value);
}
