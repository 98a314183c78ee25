/**
 * docs/mqtt.md, "Presence" — processes of the site that have no connection to the broker of their own, e.g. a gateway beside
 * this bridge: we tell of them, and say what only they know.
 */
import type { JsonObject } from "../../gateway/yang/api.ts";
import type { ProcessFigures, SubscriptionRow } from "./contract/site.ts";
import type { Mode, Role } from "./render/site.ts";

/** What a process tells of itself. */
export interface OtherProcess {
  readonly process: string;
  readonly roles: readonly Role[];
  /** Names its start. */
  readonly boot: string;
  /** RFC 3339. */
  readonly since: string;
  /** Undefined until that can be known. */
  readonly online: boolean | undefined;
  readonly state: "running" | "leaving";
  readonly figures: ProcessFigures;
  /** Of a gateway: sections of `health`, and what the site's birth says. */
  readonly sections?: JsonObject | undefined;
  readonly words?: SiteWords | undefined;
}

export interface SiteWords {
  /** Name of the site for people. */
  readonly name?: string | undefined;
  /** "lab" is told in every status, with its reasons in the site's birth. */
  readonly mode?: Mode | undefined;
  /** The reasons, a sentence each. */
  readonly warnings?: readonly string[] | undefined;
  /** Configured pushes. */
  readonly subscriptions?: readonly SubscriptionRow[] | undefined;
  /** Checksum of its YANG library, hex. */
  readonly library?: string | undefined;
}

export interface OtherProcesses {
  readonly others: readonly OtherProcess[];
  /** Called from time to time; returns the way to stop. */
  onLook(listener: (others: readonly OtherProcess[]) => void): () => void;
}

/** Those that we speak for: a process with a bridge speaks for itself. */
export const spokenFor = (others: readonly OtherProcess[]): readonly OtherProcess[] =>
  others.filter(({ roles }) => !roles.includes("bridge"));

/** The last gateway that was heard of: also one that is away for a moment says what its site is. */
export const gatewayAmong = (others: readonly OtherProcess[]): OtherProcess | undefined =>
  [...spokenFor(others)].sort((a, b) => Number(b.online ?? 0.5) - Number(a.online ?? 0.5))[0];

/** Calls `tell` for each process that came, went, or was started anew; returns what is called with each look. */
export function changesOf(tell: (process: OtherProcess) => void): (others: readonly OtherProcess[]) => void {
  const told = new Map<string, string>();
  return (others) => {
    for (const other of spokenFor(others)) {
      const what = `${other.online} ${other.boot}`;
      if (other.online === undefined || told.get(other.process) === what) continue;
      told.set(other.process, what);
      tell(other);
    }
  };
}
