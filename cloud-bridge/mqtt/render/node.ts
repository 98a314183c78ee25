/** docs/mqtt.md, "Topics" — what the retained topics of one node say. */
import { rfc3339, toHex } from "../../../gateway/base/index.ts";
import type { LeafValue } from "../../../gateway/yang/tree.ts";
import type { Payload } from "../contract/payloads.ts";
import type { TreesOf } from "./trees.ts";
import { isActive, isUnderWay, type NodeOta, type NodeView } from "./view.ts";

/** Leaves of our own modules that a node's birth, state and ota repeat, so that no consumer needs the module for them. */
const LEAVES = {
  model: "/sidgate-node:node/model",
  hardware: "/sidgate-node:node/hardware",
  wakeInterval: "/sidgate-node:node/wake-interval",
  awakeTime: "/sidgate-node:node/awake-time",
  version: "/sidgate-firmware:firmware/running-version",
  digest: "/sidgate-firmware:firmware/running-digest",
  received: "/sidgate-firmware:firmware/received",
  battery: "/sidgate-building:room/battery",
} as const;

/** Text or number of a leaf; of the other types only the digest occurs among LEAVES. */
export function nodeLeaf(node: NodeView, name: keyof typeof LEAVES, trees: TreesOf): string | number | undefined {
  const value: LeafValue | undefined = trees(node.set).leaf(node.tree, LEAVES[name]);
  return typeof value === "string" || typeof value === "number" ? value : undefined;
}

function nodeText(node: NodeView, name: keyof typeof LEAVES, trees: TreesOf): string | undefined {
  const value = nodeLeaf(node, name, trees);
  return typeof value === "string" ? value : undefined;
}

function nodeNumber(node: NodeView, name: keyof typeof LEAVES, trees: TreesOf): number | undefined {
  const value = nodeLeaf(node, name, trees);
  return typeof value === "number" ? value : undefined;
}

export function nodeBirth(node: NodeView, trees: TreesOf): Payload<"nodeBirth"> {
  const version = installedVersion(node, trees);
  const interval = nodeNumber(node, "wakeInterval", trees);
  const listens = nodeNumber(node, "awakeTime", trees);
  return {
    name: node.name,
    endpoint: node.endpoint,
    models: node.set,
    model: nodeText(node, "model", trees),
    hw: nodeText(node, "hardware", trees),
    sw: version === null ? undefined : { app: version },
    transport: "coreconf",
    security: (node.credentials ?? []).length > 0 ? "oscore" : "none",
    sleepy: interval === undefined ? undefined : { "interval-s": interval, "listen-ms": listens && 1000 * listens },
  };
}

export function nodeState(node: NodeView, trees: TreesOf): Payload<"nodeState"> {
  return {
    state: node.state,
    "last-seen": node.lastSeen === undefined ? undefined : rfc3339(node.lastSeen),
    "next-wake": node.nextWake === undefined ? undefined : rfc3339(node.nextWake),
    "missed-wakes": node.missedWakes,
    "battery-mv": nodeNumber(node, "battery", trees),
    pending: node.pending,
  };
}

/** Everything before `detail` is what Home Assistant's update entity reads. */
export function nodeOta(node: NodeView, ota: NodeOta, trees: TreesOf): Payload<"nodeOta"> {
  const size = ota.image?.size;
  const underWay = isUnderWay(ota.phase);
  return {
    installed_version: installedVersion(node, trees),
    latest_version: ota.image?.version ?? null,
    title: ota.image?.model ?? nodeText(node, "model", trees) ?? null,
    in_progress: isActive(ota.phase),
    update_percentage: percentage(ota),
    detail: {
      campaign: ota.campaign,
      group: (ota.group ?? 0) + 1,
      phase: ota.phase,
      attempt: ota.attempt,
      bytes: !underWay || ota.received === undefined || size === undefined ? undefined : [ota.received, size],
      // A finished update does not change with every wake that follows.
      "next-wake": !underWay || node.nextWake === undefined ? undefined : rfc3339(node.nextWake),
      verified: ota.image?.verified,
      silent: ota.silent ? true : undefined,
      reason: ota.reason ?? null,
    },
  };
}

/**
 * Done means that the node runs these very bytes, whatever name it has for them; else Home Assistant would offer them for ever. A
 * device that took its place since then says what it runs itself, and it is unknown until it does.
 */
function installedVersion(node: NodeView, trees: TreesOf): string | null {
  const version = nodeText(node, "version", trees);
  const digest = trees(node.set).leaf(node.tree, LEAVES.digest);
  if (version === undefined && digest === undefined) return null;
  const { phase, image } = node.ota ?? {};
  const runs = phase === "done" && (!(digest instanceof Uint8Array) || toHex(digest) === image?.digest);
  return (runs ? image?.version : undefined) ?? version ?? null;
}

/** One decimal; null outside a download, where Home Assistant then shows no number. */
function percentage(ota: NodeOta): number | null {
  const size = ota.image?.size;
  if (!isActive(ota.phase) || ota.received === undefined || size === undefined || size === 0) return null;
  return Math.round(Math.min(1, ota.received / size) * 1000) / 10;
}
