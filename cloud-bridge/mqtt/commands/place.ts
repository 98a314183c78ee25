/** docs/mqtt.md, "Commands" — what the topic of a message says: which op, of which node, and perhaps by whom. */
import { COMMAND_TOPICS } from "../outbox/topics.ts";

export interface Place {
  readonly op: string;
  readonly level: "site" | "node";
  readonly node?: string;
  /** Said by the topic, so the broker has checked it. */
  readonly client?: string;
}

/** All that lies where commands belong, so that a misspelt topic gets an answer and not silence. */
export const commandFilters = (site: string): readonly string[] => [
  `sidgate/1/${site}/cmd/#`,
  `sidgate/1/${site}/n/+/cmd/#`,
  `sidgate/1/${site}/by/#`,
];

type Row = readonly [level: Place["level"], levels: readonly string[]];
const ROWS: readonly Row[] = [
  ["site", COMMAND_TOPICS.siteCommand.split("/")],
  ["node", COMMAND_TOPICS.nodeCommand.split("/")],
  ["site", COMMAND_TOPICS.siteCommandBy.split("/")],
  ["node", COMMAND_TOPICS.nodeCommandBy.split("/")],
];

/** Undefined for a topic that no command has. */
export function placeOf(topic: string, site: string): Place | undefined {
  const levels = topic.split("/");
  for (const [level, pattern] of ROWS) {
    const parts = partsOf(levels, pattern);
    if (parts?.["site"] !== site || parts["op"] === undefined) continue;
    const { op, node, client } = parts;
    return { op, level, ...(node === undefined ? {} : { node }), ...(client === undefined ? {} : { client }) };
  }
  return undefined;
}

function partsOf(levels: readonly string[], pattern: readonly string[]): Readonly<Record<string, string>> | undefined {
  if (levels.length !== pattern.length) return undefined;
  const parts: Record<string, string> = {};
  for (const [index, wanted] of pattern.entries()) {
    const level = levels[index] ?? "";
    const name = /^\{(\w+)\}$/.exec(wanted)?.[1];
    if (name === undefined ? level !== wanted : level === "") return undefined;
    if (name !== undefined) parts[name] = level;
  }
  return parts;
}

/** Who gives a message below `by/`, even if its topic is no command's. */
export function clientOf(topic: string, site: string): string | undefined {
  const start = `sidgate/1/${site}/by/`;
  return topic.startsWith(start) ? topic.slice(start.length).split("/")[0] : undefined;
}
