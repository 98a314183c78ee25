/** docs/mqtt.md, "Data" — a node's report as retained data messages, one per YANG module that it touched. */
import { isCoded, type Millis, type NodeId, rfc3339 } from "../../../gateway/base/index.ts";
import type { Fact } from "../../../gateway/store/facts.ts";
import type { Tree } from "../../../gateway/yang/tree.ts";
import { type Message, messageOf } from "../outbox/message.ts";
import type { RenderContext } from "./context.ts";
import type { ModuleMark, NodeView } from "./view.ts";

type Reported = Extract<Fact, { type: "node.reported" }>;

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
  for (const step of steps) {
    const fragment = decodeFragment(step.data, context);
    if (typeof fragment === "string") {
      skipped.push(fragment);
      continue;
    }
    const fresh = dropStale(fragment, after, step.at, context);
    after = apply(after, fresh, { seq: fact.seq, observed: step.at }, context);
    for (const module of context.trees.modulesOf(fresh)) messages.push(dataMessage(after, module, context));
  }
  return { node: after, messages, skipped };
}

/** The store accepted this data under the schema of its day; a module taken away since must not stop the stream. */
function decodeFragment(bytes: Uint8Array, context: RenderContext): Tree | string {
  try {
    return context.trees.decode(bytes);
  } catch (error) {
    if (isCoded(error) && error.blame === "wire") return error.code;
    throw error;
  }
}

/** Facts from before `past` was told: a sample older than what is known of its module is no news. */
const dropStale = (fragment: Tree, node: NodeView, at: Millis, { trees }: RenderContext): Tree => {
  const stale = new Set(trees.modulesOf(fragment).filter((module) => (node.modules[module]?.observed ?? at) > at));
  if (stale.size === 0) return fragment;
  return new Map([...fragment].filter(([sid, value]) => !stale.has(trees.modulesOf(new Map([[sid, value]]))[0] ?? "")));
};

function apply(node: NodeView, fragment: Tree, mark: ModuleMark, { trees }: RenderContext): NodeView {
  const modules = trees.modulesOf(fragment);
  if (modules.length === 0) return node;
  return {
    ...node,
    tree: trees.merge(node.tree, fragment),
    modules: { ...node.modules, ...Object.fromEntries(modules.map((module) => [module, mark])) },
  };
}

/** The highest (epoch, seq) wins; of several with the same seq the later `observed` does. */
export function dataMessage(node: NodeView, module: string, context: RenderContext): Message {
  const mark = node.modules[module];
  const parts: { site: string; node: NodeId; module: string } = { site: context.site, node: node.id, module };
  return messageOf("nodeData", parts, mark?.seq ?? 0, {
    ...context.trees.moduleJson(node.tree, module),
    "sidgate-mqtt:meta": {
      seq: String(mark?.seq ?? 0),
      epoch: context.epoch,
      observed: mark === undefined ? undefined : rfc3339(mark.observed),
    },
  });
}
