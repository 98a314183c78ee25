/** The fields of a node that have a name of their own. Light to load: the configuration asks for them too. */
import { REACHABILITIES } from "../../../store/facts.ts";
import type { FieldKind } from "./kinds.ts";

const TEXT: FieldKind = { type: "text" };
const NUMBER: FieldKind = { type: "number" };

/** In the order in which people are told of them. */
export const NODE_FIELDS: ReadonlyMap<string, FieldKind> = new Map<string, FieldKind>([
  ["name", TEXT],
  ["endpoint", TEXT],
  ["id", TEXT],
  ["model", TEXT],
  ["hardware", TEXT],
  ["version", { type: "version" }],
  ["state", { type: "words", words: REACHABILITIES }],
  /** Name of its module set. */
  ["models", TEXT],
  /** In millivolts. */
  ["battery", NUMBER],
  ["missed-wakes", NUMBER],
  /** In seconds. */
  ["wake-interval", NUMBER],
  ["security", { type: "words", words: ["oscore", "none"] }],
  /** Ids of campaigns that it is or was in, and of those that it ended in so. */
  ["campaign", TEXT],
  ["done-in", TEXT],
  ["failed-in", TEXT],
]);
