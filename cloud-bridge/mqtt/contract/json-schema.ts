/** JSON Schema 2020-12 of each message, made of the contract's table. */
import type { Json, JsonObject } from "../../../gateway/yang/api.ts";
import { COMMAND_OPS, COMMON_MEMBERS, type CommandOp } from "../commands/ops.ts";
import { EVENT_CHAIN, EVENT_HEAD, EVENTS } from "./events.ts";
import { EVENT_MESSAGES, type MessageRow, REPLY_MESSAGES, TOPIC_TEXTS } from "./messages.ts";
import { type MemberRows, may, must, object, type Shape } from "./shape.ts";
import { TEXT } from "./words.ts";

/** Identifies a schema; nothing need answer there. */
const schemaId = (name: string): string => `https://sidgate.dev/mqtt/1/${name}.json`;

/**
 * `open`: members that are not named may be there, as a later version within the contract may have them; what consumers are
 * told. `closed`: nothing else may be there; what our own messages are held to, and what commands must keep to.
 */
export type Strictness = "open" | "closed";

export function schemaOf({ form }: Shape, strictness: Strictness = "open"): JsonObject {
  switch (form.kind) {
    case "plain":
      return form.schema;
    case "list": {
      const { length } = form;
      const bounds = length === undefined ? {} : { minItems: length, maxItems: length };
      return { type: "array", items: schemaOf(form.of, strictness), ...bounds };
    }
    case "either":
      return { anyOf: form.of.map((shape) => schemaOf(shape, strictness)) };
    case "object": {
      const { members, others } = form;
      const rest =
        others === undefined ? undefined : { ...schemaOf(others.shape, strictness), description: others.text };
      const closed = strictness === "closed" ? { additionalProperties: false } : {};
      return {
        type: "object",
        ...membersSchema(members, strictness),
        ...(rest === undefined ? closed : { additionalProperties: rest }),
      };
    }
  }
}

function membersSchema(members: MemberRows, strictness: Strictness): JsonObject {
  const rows = Object.entries(members);
  const required = rows.filter(([, { always }]) => always).map(([name]) => name);
  return {
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(
      rows.map(([name, { shape, text }]) => [name, { ...schemaOf(shape, strictness), description: text }]),
    ),
  };
}

const named = (name: string, text: string, schema: JsonObject): JsonObject => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: schemaId(name),
  title: name,
  description: text,
  ...schema,
});

/** Types that are not known are events nevertheless; those that are known have their members. */
function eventSchema(): JsonObject {
  const common = { ...EVENT_HEAD, type: must(TEXT, "What happened; unknown types are to be ignored."), ...EVENT_CHAIN };
  const types = Object.entries(EVENTS).map(
    ([type, { text, members }]): Json => ({
      if: { properties: { type: { const: type } }, required: ["type"] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { title: type, description: text, ...membersSchema(members, "open") },
    }),
  );
  return { ...schemaOf(object(common)), allOf: types };
}

/** The members of a command: those that all have, then its own. */
function commandShape(op: CommandOp): Shape {
  const { id, client, deadline } = COMMON_MEMBERS;
  return object({
    id: op.id === "needed" ? id : may(id.shape, id.text),
    client,
    deadline: op.deadline === "needed" ? must(deadline.shape, deadline.text) : deadline,
    ...op.arguments,
  });
}

export interface CommandRow extends MessageRow {
  readonly op: string;
  readonly row: CommandOp;
}

export const COMMAND_MESSAGES: readonly CommandRow[] = Object.entries(COMMAND_OPS).map(
  ([op, row]: readonly [string, CommandOp]) => ({
    op,
    row,
    name: `command-${op.replace(".", "-")}`,
    text: row.text,
    shape: commandShape(row),
  }),
);

/** Those that the gateway's own datastore takes as well: it answers at once, so nobody need say until when. */
export const GATEWAY_MESSAGES: readonly CommandRow[] = COMMAND_MESSAGES.filter(
  ({ row }) => row.gateway !== undefined,
).map(({ op, row, name }) => ({
  op,
  row,
  name: `${name}-gateway`,
  text: `As \`${name}\`, of the gateway's own datastore; answered at once.`,
  shape: commandShape({ ...row, deadline: "possible" }),
}));

/** By name: one per topic, one per answer and one per command. */
export function schemas(): ReadonlyMap<string, JsonObject> {
  const topics = Object.values(TOPIC_TEXTS)
    .flatMap(({ messages }) => messages)
    .filter((message) => !EVENT_MESSAGES.some(({ name }) => name === message.name));
  const rows = [...new Set([...topics, ...REPLY_MESSAGES])].map(
    ({ name, text, shape }) => [name, named(name, text, schemaOf(shape))] as const,
  );
  const commands = [...COMMAND_MESSAGES, ...GATEWAY_MESSAGES].map(
    ({ name, text, shape }) => [name, named(name, text, schemaOf(shape, "closed"))] as const,
  );
  return new Map([
    ["event", named("event", TOPIC_TEXTS.event.text.replaceAll("*", ""), eventSchema())],
    ...rows,
    ...commands,
  ]);
}
