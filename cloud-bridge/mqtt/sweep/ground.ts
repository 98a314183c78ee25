/** docs/mqtt.md, "After a backup" — where a site's retained topics lie: what to subscribe to, and which of what comes may be of its making. */
import { isTopicPart, TOPICS, type TopicName } from "../outbox/topics.ts";

/** Topics of one kind. */
export interface Ground {
  readonly kind: TopicName;
  readonly filter: string;
  /** Has a topic the form of ours? Where the form does not name the site, others may tell there, too. */
  owns(topic: string): boolean;
}

/** `known` are the placeholders that have one value here. */
export const groundOf = (kind: TopicName, known: Readonly<Record<string, string>>): Ground =>
  groundAt(kind, TOPICS[kind].pattern, known);

/** The same with a pattern that has other placeholders than the table's. */
export function groundAt(kind: TopicName, pattern: string, known: Readonly<Record<string, string>>): Ground {
  const filled = pattern.replace(PLACEHOLDER, (whole, name: string) => known[name] ?? whole);
  const names = [...filled.matchAll(PLACEHOLDER)].map(([, name = ""]) => name);
  const form = new RegExp(`^${filled.split(PLACEHOLDER).map(formOf).join("")}$`, "u");
  return {
    kind,
    // MQTT 5.0 §4.7.1.3: a wildcard stands for a whole level.
    filter: filled
      .split("/")
      .map((level) => (level.includes("{") ? "+" : level))
      .join("/"),
    owns: (topic) => form.exec(topic)?.every((part, at) => at === 0 || mayBe(names[at - 1] ?? "", part)) ?? false,
  };
}

/** Those of the contract that come and go: what is always told cannot be left over. */
export const siteGrounds = (site: string): readonly Ground[] =>
  (["status", "nodeBirth", "nodeState", "nodeOta", "nodeData", "campaign"] as const).map((kind) =>
    groundOf(kind, { site }),
  );

const PLACEHOLDER = /\{(\w+)\}/g;
/** Text and names of placeholders by turns. */
const formOf = (piece: string, at: number): string =>
  at % 2 === 0 ? piece.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&") : "([^/]+)";

/** What fills an alias may be any text (views/alias-template.ts). */
const STRICT: ReadonlySet<string> = new Set(["process", "node", "campaign", "module"]);
const mayBe = (name: string, part: string): boolean => !STRICT.has(name) || isTopicPart(name, part);
