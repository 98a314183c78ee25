/** docs/mqtt.md, "Data" — a node's tree as retained data messages, one per YANG module, whenever it changes. */
import { isCoded, type Millis, type NodeId, rfc3339 } from "../../../gateway/base/index.ts";
import type { Fact } from "../../../gateway/store/facts.ts";
import type { JsonObject } from "../../../gateway/yang/api.ts";
import { EMPTY_TREE, type Tree } from "../../../gateway/yang/tree.ts";
import { type Message, messageOf, removalOf } from "../outbox/message.ts";
import { topicOf } from "../outbox/topics.ts";
import type { RenderContext } from "./context.ts";
import type { Trees } from "./trees.ts";
import type { ModuleMark, NodeView } from "./view.ts";

type Reported = Extract<Fact, { type: "node.reported" }>;
type Moved = Extract<Fact, { type: "node.models" }>;

export interface RenderedData {
  readonly node: NodeView;
  readonly messages: readonly Message[];
  /** Why a part of the report was left out. */
  readonly skipped: readonly string[];
}

/**
 * Samples first, oldest first, each as the tree was at its time and with its own `observed`; then the report itself.
 * A connected consumer sees every step; the retained value that stays is the last.
 */
export function renderReport(node: NodeView, fact: Reported, context: RenderContext): RenderedData {
  const news = (fact.samples ?? []).filter(({ past }) => past !== true);
  const steps = [...news, ...(fact.data === undefined ? [] : [{ at: fact.at, data: fact.data }])];
  let after = node;
  const messages: Message[] = [];
  const skipped: string[] = [];
  const trees = context.trees(node.set);
  for (const step of steps) {
    const fragment = decodeFragment(step.data, trees);
    if (typeof fragment === "string") {
      skipped.push(fragment);
      continue;
    }
    const fresh = dropStale(fragment, after, step.at, trees);
    after = apply(after, fresh, { seq: fact.seq, observed: step.at }, trees);
    for (const module of trees.modulesOf(fresh)) messages.push(dataMessage(after, module, context));
  }
  return { node: after, messages, skipped };
}

/** What the gateway read from the node; a module of which something went is told again as well. */
export function renderReading(
  node: NodeView,
  fact: Extract<Fact, { type: "node.read" }>,
  context: RenderContext,
): RenderedData {
  const trees = context.trees(node.set);
  const fragment = fact.data === undefined ? EMPTY_TREE : decodeFragment(fact.data, trees);
  if (typeof fragment === "string") return { node, messages: [], skipped: [fragment] };
  const gone = fact.gone === undefined ? [] : trees.identifiers(fact.gone);
  const modules = [...new Set([...trees.modulesAt(gone), ...trees.modulesOf(fragment)])];
  const marks = modules.map((module) => [module, { seq: fact.seq, observed: fact.at }] as const);
  const after: NodeView = {
    ...node,
    tree: trees.merge(trees.without(node.tree, gone), fragment),
    modules: { ...node.modules, ...Object.fromEntries(marks) },
  };
  return { node: after, messages: modules.map((module) => dataMessage(after, module, context)), skipped: [] };
}

/** The node works with another module set: what its data looks like in that set's revisions, where it looks otherwise. */
export function renderMove(node: NodeView, fact: Moved, context: RenderContext): RenderedData {
  const { set: _former, ...rest } = node;
  const [before, after] = [context.trees(node.set), context.trees(fact.set)];
  const moved: NodeView = {
    ...rest,
    ...(fact.set === undefined ? {} : { set: fact.set }),
    ...(before === after ? {} : after.read(before.write(node))),
  };
  if (before === after) return { node: moved, messages: [], skipped: [] };
  return retold(node, moved, fact, context);
}

/** Another device takes the node's place: what the former one measured is no news of it. */
export function renderReplacement(
  node: NodeView,
  fact: Extract<Fact, { type: "node.replaced" }>,
  context: RenderContext,
): RenderedData {
  return retold(node, { ...node, tree: context.trees(node.set).configuration(node.tree) }, fact, context);
}

/** The data of `moved` where it looks otherwise than that of `node`. */
function retold(node: NodeView, moved: NodeView, fact: Fact, context: RenderContext): RenderedData {
  const [before, after] = [context.trees(node.set), context.trees(moved.set)];
  const modules = new Set([...Object.keys(node.modules), ...after.modulesOf(moved.tree)]);
  const changed = [...modules].filter(
    (module) => !sameJson(before.moduleJson(node.tree, module), after.moduleJson(moved.tree, module)),
  );
  const observed = (module: string): Millis => node.modules[module]?.observed ?? node.lastSeen ?? fact.at;
  const marks = changed.map((module) => [module, { seq: fact.seq, observed: observed(module) }] as const);
  const marked: NodeView = { ...moved, modules: { ...moved.modules, ...Object.fromEntries(marks) } };
  return { node: marked, messages: changed.map((module) => dataMessage(marked, module, context)), skipped: [] };
}

const sameJson = (a: JsonObject, b: JsonObject): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The store accepted this data under the schema of its day; a module taken away since must not stop the stream. */
function decodeFragment(bytes: Uint8Array, trees: Trees): Tree | string {
  try {
    return trees.decode(bytes);
  } catch (error) {
    if (isCoded(error) && error.blame === "wire") return error.code;
    throw error;
  }
}

/** Facts from before `past` was told: a sample older than what is known of its module is no news. */
const dropStale = (fragment: Tree, node: NodeView, at: Millis, trees: Trees): Tree => {
  const stale = new Set(trees.modulesOf(fragment).filter((module) => (node.modules[module]?.observed ?? at) > at));
  if (stale.size === 0) return fragment;
  return new Map([...fragment].filter(([sid, value]) => !stale.has(trees.modulesOf(new Map([[sid, value]]))[0] ?? "")));
};

function apply(node: NodeView, fragment: Tree, mark: ModuleMark, trees: Trees): NodeView {
  const modules = trees.modulesOf(fragment);
  if (modules.length === 0) return node;
  return {
    ...node,
    tree: trees.merge(node.tree, fragment),
    modules: { ...node.modules, ...Object.fromEntries(modules.map((module) => [module, mark])) },
  };
}

/**
 * The highest (epoch, seq) wins; of several with the same seq the later `observed` does. A module of which nothing is left
 * in the node's set is taken from the broker.
 */
export function dataMessage(node: NodeView, module: string, context: RenderContext): Message {
  const mark = node.modules[module];
  const parts: { site: string; node: NodeId; module: string } = { site: context.site, node: node.id, module };
  const data = context.trees(node.set).moduleJson(node.tree, module);
  if (Object.keys(data).length === 0) return removalOf("nodeData", topicOf("nodeData", parts), mark?.seq ?? 0);
  return messageOf("nodeData", parts, mark?.seq ?? 0, {
    ...data,
    "sidgate-mqtt:meta": {
      seq: String(mark?.seq ?? 0),
      epoch: context.epoch,
      observed: mark === undefined ? undefined : rfc3339(mark.observed),
    },
  });
}
