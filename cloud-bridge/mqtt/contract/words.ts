/** docs/mqtt.md, "Every member" — the values that members are made of (RFC 7951, RFC 3339). */
import type { Json, JsonObject } from "../../../gateway/yang/api.ts";
import { either, plain, type Shape } from "./shape.ts";

export const TEXT: Shape<string> = plain({ type: "string" }, "string", "text");
export const NUMBER: Shape<number> = plain({ type: "number" }, "number", "number");
export const INTEGER: Shape<number> = plain({ type: "integer" }, "number", "integer");
export const COUNT: Shape<number> = plain({ type: "integer", minimum: 0 }, "number", "count");
export const BOOLEAN: Shape<boolean> = plain({ type: "boolean" }, "boolean", "true or false");
export const TRUE: Shape<true> = plain({ const: true }, "true", "`true`");
export const NULL: Shape<null> = plain({ type: "null" }, "null", "null");
export const TIME: Shape<string> = plain({ type: "string", format: "date-time" }, "string", "time");

/** RFC 7951 §6.1: JSON numbers end at 2^53. */
export const NUMBER64: Shape<string> = plain(
  { type: "string", pattern: "^(0|[1-9][0-9]{0,19})$" },
  "string",
  "64-bit number as text",
);
export const SHA256: Shape<string> = plain(
  { type: "string", pattern: "^sha256:[0-9a-f]{64}$" },
  "string",
  "`sha256:` and 64 hex digits",
);
export const HEX: Shape<string> = plain({ type: "string", pattern: "^([0-9a-f]{2})+$" }, "string", "hex");
export const ULID: Shape<string> = plain({ type: "string", pattern: "^[0-9A-HJKMNP-TV-Z]{26}$" }, "string", "ULID");
export const ID: Shape<string> = plain({ type: "string", pattern: "^[a-z0-9-]{3,64}$" }, "string", "id");
export const PERCENT: Shape<number> = plain({ type: "number", minimum: 0, maximum: 100 }, "number", "per cent");

export const JSON_VALUE: Shape<Json> = plain({}, "unknown", "any JSON");
export const JSON_OBJECT: Shape<JsonObject> = plain(
  { type: "object" },
  "{ readonly [member: string]: unknown }",
  "object",
);

export const orNull = <T>(shape: Shape<T>): Shape<T | null> => either(shape, NULL);
export const MQTT_VERSION: Shape<4 | 5> = plain({ enum: [4, 5] }, "4 | 5", "4 or 5");
