/** Commands that were accepted and have not ended, by who gave them and their id; they outlive the process. */
import type { Millis } from "../base/index.ts";
import { decodePlain, encodePlain } from "./cbor-x.ts";
import type { FactBodies } from "./facts.ts";
import { moved, type Shift } from "./shift.ts";

export type OpenCommand = FactBodies["command.accepted"] & {
  /** When it was accepted. */
  readonly since: Millis;
};

/** One client can neither take the id of another nor ask for its answer. A name holds no line break, so no two keys are alike. */
export const keyOf = ({ actor, id }: { readonly actor: string; readonly id: string }): string => `${actor}\n${id}`;

export const encodeOpen = (open: OpenCommand): Uint8Array => encodePlain(open);

/** Of bytes that this gateway wrote itself. */
export const decodeOpen = (bytes: Uint8Array): OpenCommand => decodePlain(bytes) as OpenCommand;

/** The deadline is the client's, and stays; what the gateway's own clock said moves with it. */
export function shifted(open: OpenCommand, shift: Shift): OpenCommand {
  const since = moved(open.since, shift);
  if (since === open.since) return open;
  const { willRunAt } = open;
  return { ...open, since, ...(willRunAt === undefined ? {} : { willRunAt: (willRunAt + shift.step) as Millis }) };
}
