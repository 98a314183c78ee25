/**
 * docs/mqtt.md, "Sparkplug B" — a node as the metrics of a Sparkplug device: what the gateway knows of it, then each leaf of
 * its data by its path. Data types follow the leaves' YANG types (RFC 7950 §4.2.4).
 */
import type { Millis } from "../../../gateway/base/index.ts";
import type { BuiltIn, LeafType } from "../../../gateway/yang/schema.ts";
import type { LeafValue } from "../../../gateway/yang/tree.ts";
import type { LeafAt } from "../render/leaves.ts";
import { nodeLeaf, nodeOta } from "../render/node.ts";
import type { Trees, TreesOf } from "../render/trees.ts";
import type { NodeView } from "../render/view.ts";
import type { DataType, Metric, MetricValue } from "./payload.ts";

/** Types that are not here are told as text, as RFC 7951 writes them. */
const TYPES: Readonly<Partial<Record<BuiltIn, DataType>>> = {
  int8: "Int8",
  int16: "Int16",
  int32: "Int32",
  int64: "Int64",
  uint8: "UInt8",
  uint16: "UInt16",
  uint32: "UInt32",
  uint64: "UInt64",
  decimal64: "Double",
  boolean: "Boolean",
  binary: "Bytes",
  empty: "Boolean",
};

/** A device is there from its first report on, until it is lost. */
export const isAlive = (node: NodeView): boolean => node.lastSeen !== undefined && node.state !== "lost";

/** Every metric that the node has now; `at`: when it was last heard. */
export function metricsOf(node: NodeView, treesOf: TreesOf): readonly Metric[] {
  const trees = treesOf(node.set);
  return [...known(node, treesOf), ...trees.leaves(node.tree).map((leaf) => leafMetric(leaf, node, trees))];
}

function known(node: NodeView, treesOf: TreesOf): readonly Metric[] {
  const timestamp = node.lastSeen ?? 0;
  const metric = (name: string, type: DataType, value: MetricValue | null | undefined): Metric => ({
    name,
    timestamp,
    type,
    value: value ?? null,
  });
  const ota = node.ota === undefined ? undefined : nodeOta(node, node.ota, treesOf);
  const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
  const percentage = ota?.update_percentage;
  return [
    metric("Properties/Name", "String", node.name),
    metric("Properties/Hardware Model", "String", text(nodeLeaf(node, "model", treesOf))),
    metric("Properties/Hardware Version", "String", text(nodeLeaf(node, "hardware", treesOf))),
    metric("Properties/FW", "String", text(nodeLeaf(node, "version", treesOf))),
    metric("Node/State", "String", node.state),
    metric("Node/Next Wake", "DateTime", node.nextWake),
    metric("Node/Pending", "UInt32", node.pending),
    metric("Update/Phase", "String", node.ota?.phase),
    metric("Update/Installed Version", "String", text(ota?.installed_version)),
    metric("Update/Latest Version", "String", text(ota?.latest_version)),
    metric("Update/Percentage", "Double", typeof percentage === "number" ? percentage : null),
  ];
}

function leafMetric(leaf: LeafAt, node: NodeView, trees: Trees): Metric {
  const observed: Millis | undefined = node.modules[leaf.module]?.observed ?? node.lastSeen;
  const type = leaf.node.kind === "leaf-list" ? "String" : (TYPES[targetOf(leaf.type).base] ?? "String");
  return {
    name: leaf.path,
    timestamp: observed ?? 0,
    type,
    value: metricValue(leaf, type, trees),
    unit: leaf.node.units,
  };
}

/** A leafref is of the type of the leaf it leads to (RFC 7950 §9.9). */
const targetOf = (type: LeafType): LeafType =>
  type.base === "leafref" && type.target !== undefined ? targetOf(type.target) : type;

function metricValue(leaf: LeafAt, type: DataType, trees: Trees): MetricValue {
  const [value = null]: readonly LeafValue[] = leaf.values;
  const { base, fractionDigits = 0 } = targetOf(leaf.type);
  if (type === "Double" && typeof value === "bigint") return Number(value) / 10 ** fractionDigits;
  if (base === "empty") return true;
  if (type !== "String" && (typeof value !== "object" || value instanceof Uint8Array)) return value;
  const json = trees.leafJson(leaf);
  return typeof json === "string" ? json : JSON.stringify(json);
}
