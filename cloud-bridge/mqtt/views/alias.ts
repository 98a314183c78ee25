/**
 * docs/mqtt.md, "Alias" — a node's state and data once more, under a topic that says where it belongs: the same bytes, retained. It
 * takes nothing in. A node that gets another name moves: its former topics are taken from the broker.
 */
import type { Logger } from "../../../gateway/base/index.ts";
import { type Message, removalOf } from "../outbox/message.ts";
import { MAX_TOPIC, TOPICS, topicOf } from "../outbox/topics.ts";
import type { RenderContext } from "../render/context.ts";
import { nodeBirth } from "../render/node.ts";
import { renderRow } from "../render/render.ts";
import type { NodeView } from "../render/view.ts";
import { groundAt } from "../sweep/ground.ts";
import { parseAlias } from "./alias-template.ts";
import type { RenderedView } from "./view.ts";

export interface AliasOptions {
  /** `mqtt.alias`. */
  readonly template: string;
  readonly context: RenderContext;
  readonly log: Logger;
}

/** Throws UsageError `mqtt.alias`. */
export function aliasView({ template, context, log }: AliasOptions): RenderedView {
  const fill = parseAlias(template);
  const { site, epoch, trees } = context;
  // A node as one fact leaves it is what the next one finds.
  const aliases = new WeakMap<NodeView, string>();
  const aliasOf = (node: NodeView): string => {
    const known = aliases.get(node);
    if (known !== undefined) return known;
    const { name, endpoint, models, model, hw } = nodeBirth(node, trees);
    const alias = fill({ site, node: node.id, name, endpoint, models, model, hw });
    aliases.set(node, alias);
    return alias;
  };
  const warned = new Set<string>();
  const moved = (messages: readonly Message[], alias: string): readonly Message[] =>
    messages.flatMap((message) => {
      const row = rowOf(message);
      if (row === undefined) return [];
      const topic = topicAt(row, alias);
      if (topic !== undefined) return [{ ...message, kind: row.kind, topic }];
      if (!warned.has(message.topic)) log.warn("mqtt.alias-too-long", { topic: message.topic, max: MAX_TOPIC });
      warned.add(message.topic);
      return [];
    });
  const all = (node: NodeView, seq: number): readonly Message[] =>
    moved(renderRow({ node }, seq, context), aliasOf(node));
  return {
    // What they say has the epoch in it.
    form: JSON.stringify(["alias", template, epoch]),
    grounds: (["aliasState", "aliasData"] as const).map((kind) =>
      groundAt(kind, TOPICS[kind].pattern.replace("{alias}", template), { site }),
    ),
    whole: (nodes, seq) => [...nodes].flatMap((node) => all(node, seq)),
    fact: ({ seq }, before, after, told) => {
      const node = after ?? before;
      if (node === undefined) return [];
      const alias = aliasOf(node);
      if (before === undefined || after === undefined || aliasOf(before) === alias) return moved(told, alias);
      const former = all(before, seq).map(({ kind, topic }) => removalOf(kind, topic, seq));
      return [...former, ...all(after, seq)];
    },
  };
}

type Row = { readonly kind: "aliasState" } | { readonly kind: "aliasData"; readonly module: string };

/** Which of a node's own messages are told here, too. */
function rowOf({ kind, topic }: Message): Row | undefined {
  if (kind === "nodeState") return { kind: "aliasState" };
  return kind === "nodeData" ? { kind: "aliasData", module: topic.slice(topic.lastIndexOf("/") + 1) } : undefined;
}

/** Undefined when it would be too long: its node's text is anybody's, and must not keep the rest from being told. */
function topicAt(row: Row, alias: string): string | undefined {
  const below = row.kind === "aliasState" ? "/state" : `/data/${row.module}`;
  if (Buffer.byteLength(alias + below) > MAX_TOPIC) return undefined;
  return row.kind === "aliasState"
    ? topicOf("aliasState", { alias })
    : topicOf("aliasData", { alias, module: row.module });
}
