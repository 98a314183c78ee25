/** Sparkplug 3.0.0 §4.2.3 — what a host application says of itself on spBv1.0/STATE/{host}: JSON, the one payload that is. */
import { WireError } from "../../../gateway/base/index.ts";

export interface HostState {
  readonly online: boolean;
  readonly timestamp: number;
}

/** Throws WireError sparkplug.state. */
export function hostState(payload: Uint8Array): HostState {
  const said = parsed(payload);
  if (typeof said !== "object" || said === null || !("online" in said) || !("timestamp" in said)) throw bad();
  const { online, timestamp } = said;
  if (typeof online !== "boolean" || typeof timestamp !== "number") throw bad();
  return { online, timestamp };
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    throw bad();
  }
}

const bad = (): WireError => new WireError("sparkplug.state", {});
