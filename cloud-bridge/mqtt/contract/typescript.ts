/** sidgate-mqtt.d.ts — the messages as TypeScript types for who writes a consumer, made of the contract's table. */
import { TOPICS, type TopicName } from "../outbox/topics.ts";
import { EVENT_CHAIN, EVENT_HEAD, EVENTS, type EventType } from "./events.ts";
import { COMMAND_MESSAGES, type CommandRow, GATEWAY_MESSAGES } from "./json-schema.ts";
import { REPLY_MESSAGES, SINGLE_TOPICS } from "./messages.ts";
import { type MemberRows, object, type Shape } from "./shape.ts";

const INDENT = "  ";
const pascal = (name: string): string =>
  name.replace(/(^|[-.])([a-z0-9])/g, (_whole, _mark: string, letter: string) => letter.toUpperCase());
const sentence = (text: string): string => text.replaceAll("*/", "* /");
const key = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name));

function typeOf({ form }: Shape, depth: number): string {
  switch (form.kind) {
    case "plain":
      return form.typescript;
    case "list": {
      const item = typeOf(form.of, depth);
      if (form.length !== undefined) return `readonly [${Array.from({ length: form.length }, () => item).join(", ")}]`;
      return `readonly ${/[|&]/.test(item) && !item.startsWith("{") ? `(${item})` : item}[]`;
    }
    case "either":
      return form.of.map((shape) => typeOf(shape, depth)).join(" | ");
    case "object":
      return bodyOf(form.members, depth, form.others);
  }
}

function bodyOf(
  members: MemberRows,
  depth: number,
  others?: { readonly name: string; readonly shape: Shape; readonly text: string },
): string {
  const pad = INDENT.repeat(depth + 1);
  const lines = Object.entries(members).flatMap(([name, { shape, always, text }]) => [
    `${pad}/** ${sentence(text)} */`,
    `${pad}readonly ${key(name)}${always ? "" : "?"}: ${typeOf(shape, depth + 1)};`,
  ]);
  if (others !== undefined) {
    // Beside named members an index signature has to allow their types as well.
    const value = Object.keys(members).length === 0 ? typeOf(others.shape, depth + 1) : "unknown";
    lines.push(`${pad}/** ${sentence(others.text)} */`, `${pad}readonly [${camel(others.name)}: string]: ${value};`);
  }
  return `{\n${lines.join("\n")}\n${INDENT.repeat(depth)}}`;
}

const camel = (name: string): string =>
  name.replace(/[^A-Za-z0-9]+([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());

const interfaceOf = (name: string, text: string, shape: Shape, base = ""): string =>
  `/** ${sentence(text.replaceAll("**", ""))} */\nexport interface ${name}${base} ${typeOf(shape, 0)}\n`;

const union = (name: string, text: string, of: readonly string[]): string =>
  `/** ${text} */\nexport type ${name} =\n${of.map((each) => `  | ${each}`).join("\n")};\n`;

const TYPE_NAMES: Readonly<Partial<Record<TopicName, string>>> = { siteBirth: "SiteBirth" };

const eventTypeName = (type: string): string => `${pascal(type)}Event`;

const inScope = (level: string): readonly CommandRow[] => COMMAND_MESSAGES.filter(({ row }) => row.level === level);

const byOp = (name: string, topic: string, rows: readonly CommandRow[]): string =>
  `/** By the last level of their topic: \`${topic}\`. */\nexport interface ${name} {\n${rows
    .map((row) => `  readonly ${key(row.op)}: ${pascal(row.name)};`)
    .join("\n")}\n}\n`;

export function typeDeclarations(): string {
  const types = Object.keys(EVENTS) as EventType[];
  const parts = [
    "// Written by scripts/docs.ts from the tables in the code. Every message of version 1 of the MQTT contract (docs/mqtt.md).",
    "// Numbers of 64 bits are text; times are RFC 3339 in UTC. A later Sidgate may add members, events and words.\n",
    ...SINGLE_TOPICS.map(([topic, { name, text, shape }]) =>
      interfaceOf(TYPE_NAMES[topic] ?? pascal(name), `\`${TOPICS[topic].pattern}\`: ${text}`, shape),
    ),
    interfaceOf("EventBase", "What every event has.", object({ ...EVENT_HEAD, ...EVENT_CHAIN })),
    ...types.map((type) => {
      const { text, members } = EVENTS[type];
      const body = bodyOf(members, 0).replace("{\n", `{\n  readonly type: ${JSON.stringify(type)};\n`);
      return `/** ${sentence(text)} */\nexport interface ${eventTypeName(type)} extends EventBase ${body}\n`;
    }),
    union(
      "SidgateEvent",
      "`sidgate/1/{site}/event`: told apart by `type`. Ignore types that are not known.",
      types.map(eventTypeName),
    ),
    ...REPLY_MESSAGES.map(({ name, text, shape }) => interfaceOf(pascal(name), text, shape)),
    union(
      "Reply",
      "`sidgate/1/{site}/rsp/{client}`: told apart by `status`.",
      REPLY_MESSAGES.map(({ name }) => pascal(name)),
    ),
    ...[...COMMAND_MESSAGES, ...GATEWAY_MESSAGES].map(({ name, text, shape }) =>
      interfaceOf(pascal(name), text, shape),
    ),
    byOp("NodeCommands", "sidgate/1/{site}/n/{node}/cmd/{op}", inScope("node")),
    byOp("SiteCommands", "sidgate/1/{site}/cmd/{op}", [...inScope("site"), ...GATEWAY_MESSAGES]),
  ];
  return parts.join("\n");
}
