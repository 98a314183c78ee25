/** The blocks of docs/mqtt.md that are tables in the code. */

import { COMMON_MEMBERS, RIGHTS } from "../commands/ops.ts";
import { COMMAND_TOPICS, TOPICS, type TopicName } from "../outbox/topics.ts";
import { EVENT_CHAIN, EVENT_HEAD, EVENTS } from "./events.ts";
import { COMMAND_MESSAGES } from "./json-schema.ts";
import { REPLY_MESSAGES, SINGLE_TOPICS, TOPIC_TEXTS } from "./messages.ts";
import { METRICS } from "./metrics.ts";
import { type MemberRows, object, type Shape } from "./shape.ts";

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("\n", " ");
const row = (...cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const table = (titles: readonly string[], rows: readonly string[]): string =>
  [row(...titles), row(...titles.map(() => "---")), ...rows].join("\n");

function wordOf({ form }: Shape): string {
  switch (form.kind) {
    case "plain":
      return form.word;
    case "list":
      return form.length === undefined ? `list of ${wordOf(form.of)}` : `${form.length} × ${wordOf(form.of)}`;
    case "either":
      return form.of.map(wordOf).join(" or ");
    case "object":
      return "object";
  }
}

/** Members inside members stand below them, with a dot; `[]` is a list, braces are names that are data. */
function* memberRows(shape: Shape, before = ""): Generator<string> {
  const { form } = shape;
  if (form.kind === "list") yield* memberRows(form.of, `${before}[]`);
  if (form.kind === "either") for (const each of form.of) yield* memberRows(each, before);
  if (form.kind !== "object") return;
  const dot = before === "" ? "" : ".";
  for (const [name, { shape: inner, always, text }] of Object.entries(form.members)) {
    const path = `${before}${dot}${name}`;
    yield row(`\`${path}\`${always ? "" : " ?"}`, cell(wordOf(inner)), cell(text));
    yield* memberRows(inner, path);
  }
  if (form.others === undefined) return;
  const path = `${before}${dot}{${form.others.name}}`;
  yield row(`\`${path}\``, cell(wordOf(form.others.shape)), cell(form.others.text));
  yield* memberRows(form.others.shape, path);
}

const members = (shape: Shape): string => table(["Member", "Is", "Says"], [...memberRows(shape)]);
const names = (rows: MemberRows): string =>
  Object.entries(rows)
    .map(([name, { always }]) => `\`${name}\`${always ? "" : " ?"}`)
    .join(", ");

function topics(): string {
  const out = (Object.keys(TOPICS) as TopicName[]).map((name) =>
    row(`\`${TOPICS[name].pattern}\``, TOPICS[name].class, cell(TOPIC_TEXTS[name].text)),
  );
  return table(["Topic", "Class", "Content"], out);
}

const events = (): string =>
  table(
    ["Type", "What happened", "Members"],
    Object.entries(EVENTS).map(([type, { text, members: rows }]) => row(`\`${type}\``, cell(text), names(rows))),
  );

function commands(): string {
  const rows = COMMAND_MESSAGES.map(({ op, text, row: { level, gateway, right, arguments: args } }) =>
    row(
      `\`${op}\``,
      gateway === undefined ? level : `${level}, or gateway (\`${gateway}\`)`,
      right,
      cell(text),
      names(args),
    ),
  );
  const rights = Object.entries(RIGHTS).map(([right, text]) => row(`\`${right}\``, text));
  return [
    table(["Command", "To", "Right", "What it does", "Arguments"], rows),
    table(["Right", "Lets a client"], rights),
  ].join("\n\n");
}

const commandTopics = (): string =>
  Object.values(COMMAND_TOPICS)
    .map((pattern) => `- \`${pattern}\``)
    .join("\n");

const metrics = (): string =>
  table(
    ["Metric", "Is", "Says"],
    Object.entries(METRICS).map(([name, { kind, labels, text }]) =>
      row(`\`${name}${labels.length === 0 ? "" : `{${labels.join(",")}}`}\``, kind, cell(text)),
    ),
  );

/** docs/mqtt/members.md: each message with all of its members. */
export function memberTables(): string {
  const messages = SINGLE_TOPICS.flatMap(([topic, { name, shape }]) => [
    `### \`${name}\`: ${TOPICS[topic].pattern.replace("sidgate/1/", "…/")}`,
    members(shape),
  ]);
  const types = Object.entries(EVENTS).flatMap(([type, { members: rows }]) => [
    `#### \`${type}\``,
    members(object(rows)),
  ]);
  const replies = REPLY_MESSAGES.flatMap(({ name, shape }) => [`#### \`${name}\``, members(shape)]);
  const ops = COMMAND_MESSAGES.filter(({ row: { arguments: args } }) => Object.keys(args).length > 0).flatMap(
    ({ op, row: { arguments: args } }) => [`#### \`${op}\``, members(object(args))],
  );
  return [
    ...messages,
    "### `event`: …/{site}/event",
    "What every event has; the members of its type stand before `hash`.",
    members(object({ ...EVENT_HEAD, ...EVENT_CHAIN })),
    ...types,
    "### Replies: …/{site}/rsp/{client}",
    ...replies,
    "### Commands",
    "What every command may have:",
    members(object(COMMON_MEMBERS)),
    ...ops,
  ].join("\n\n");
}

/** By the name in their marker. `settings` are the gateway's, and come from its table. */
export const CONTRACT_BLOCKS: Readonly<Record<string, () => string>> = {
  topics,
  events,
  "command-topics": commandTopics,
  commands,
  metrics,
};

/** `<!-- NAME: … -->` up to `<!-- end -->`, with what lies between written anew. */
export const fillBlocks = (page: string, blocks: Readonly<Record<string, () => string>>): string =>
  page.replace(
    /(<!-- ([a-z-]+): [^\n]* -->\n)[\s\S]*?(<!-- end -->)/g,
    (whole, from: string, name: string, to: string) => {
      const make = blocks[name];
      return make === undefined ? whole : `${from}\n${make()}\n\n${to}`;
    },
  );
