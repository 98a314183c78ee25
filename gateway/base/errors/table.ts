/**
 * The one error table: every error that a user, a peer or a caller can meet has a code, a sentence and a hint here.
 * `{name}` in a sentence or hint is a fact; the type of the facts is derived from the text, so the two cannot drift.
 * docs/errors.md is compared with this table by a test.
 */
import { ACCESS_ERRORS } from "./access.ts";
import { BACKUP_ERRORS } from "./backup.ts";
import { BRIDGE_ERRORS } from "./bridge.ts";
import { COMMAND_ERRORS } from "./commands.ts";
import { CONFIG_ERRORS } from "./config.ts";
import { COSE_ERRORS } from "./cose.ts";
import { DELTA_ERRORS } from "./delta.ts";
import { DIRECTORY_ERRORS } from "./directory.ts";
import { DOCTOR_ERRORS } from "./doctor.ts";
import { MODELS_ERRORS } from "./models.ts";
import { PROCESSOR_ERRORS } from "./processor.ts";
import { RIOT_ERRORS } from "./riot.ts";
import { SECURITY_ERRORS } from "./security.ts";
import { SERVED_ERRORS } from "./served.ts";
import { SERVICE_ERRORS } from "./service.ts";
import { STORE_ERRORS } from "./store.ts";
import { SUIT_ERRORS } from "./suit.ts";
import { TRUST_ERRORS } from "./trust.ts";
import { UPSTREAM_ERRORS } from "./upstream.ts";
import { WIRE_ERRORS } from "./wire.ts";
import { YANG_ERRORS } from "./yang.ts";

/**
 * Who is to blame: `wire` the peer's bytes, `trust` what is not believed, `store` our backing, `usage` the caller or
 * the configuration, `bug` us.
 */
export type Blame = "wire" | "trust" | "store" | "usage" | "bug";

export interface ErrorRow {
  readonly blame: Blame;
  readonly text: string;
  readonly hint: string;
}

export const ERRORS = {
  ...WIRE_ERRORS,
  ...YANG_ERRORS,
  ...MODELS_ERRORS,
  ...STORE_ERRORS,
  ...BACKUP_ERRORS,
  ...SECURITY_ERRORS,
  ...COSE_ERRORS,
  ...SUIT_ERRORS,
  ...DELTA_ERRORS,
  ...RIOT_ERRORS,
  ...PROCESSOR_ERRORS,
  ...TRUST_ERRORS,
  ...SERVICE_ERRORS,
  ...COMMAND_ERRORS,
  ...SERVED_ERRORS,
  ...ACCESS_ERRORS,
  ...CONFIG_ERRORS,
  ...BRIDGE_ERRORS,
  ...DIRECTORY_ERRORS,
  ...UPSTREAM_ERRORS,
  ...DOCTOR_ERRORS,
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;
type CodesOf<B extends Blame> = { [C in ErrorCode]: (typeof ERRORS)[C]["blame"] extends B ? C : never }[ErrorCode];
export type WireCode = CodesOf<"wire">;
export type TrustCode = CodesOf<"trust">;
export type StoreCode = CodesOf<"store">;
export type UsageCode = CodesOf<"usage">;
export type BugCode = CodesOf<"bug">;

type Names<S extends string> = S extends `${string}{${infer N}}${infer Rest}` ? N | Names<Rest> : never;
/** The facts that the sentence and the hint of a code need. */
export type Facts<C extends ErrorCode> = Readonly<
  Record<Names<(typeof ERRORS)[C]["text"]> | Names<(typeof ERRORS)[C]["hint"]>, string | number>
>;
