/** What a simulated node is and knows: who it is, what it is doing, where its update stands. */
import type { Millis } from "../../base/index.ts";
import type { Report } from "../speech/check-in.ts";
import type { ExtraLeaf } from "../speech/extra.ts";
import type { Leaves, Reason } from "../speech/leaves.ts";
import type { Download, Szx } from "./download.ts";
import type { ImageFacts } from "./image.ts";
import type { Settings } from "./settings.ts";

/**
 * How an update of this node goes wrong; `silent` = it is never heard again once an image is offered, `bad-block` = what it
 * stores reads back as something else (only a node that processes manifests looks again).
 */
export type Fault = "none" | "boot-failed" | "no-space" | "flash-error" | "bad-block" | "silent";

export interface Profile {
  readonly endpoint: string;
  readonly model: string;
  readonly hardware: string;
  readonly wakeInterval: Millis;
  readonly szx: Szx;
  readonly blocksPerWake: number;
  /** Regular wakes that a reboot takes; from the second on the gateway sees a missed wake. */
  readonly rebootWakes: number;
  /** Bytes of the update bank. */
  readonly capacity: number;
  readonly fault: Fault;
  /** What it says of its manifest processor; undefined = it has none, and takes what it is offered. */
  readonly recipient: Leaves | undefined;
  /** Told with the first report of a series. */
  readonly extra: readonly ExtraLeaf[];
  /** Forms of an image that it takes besides the plain one: bits of `ENCODINGS`. */
  readonly encodings: number;
}

export type Activity =
  | { readonly state: "asleep"; readonly until: Millis }
  | { readonly state: "rebooting"; readonly until: Millis }
  | { readonly state: "reporting"; readonly round: number }
  | { readonly state: "fetching"; readonly left: number }
  | { readonly state: "verifying"; readonly left: number }
  | { readonly state: "silent" };

export type Update =
  | { readonly phase: "idle"; readonly download: Download | undefined }
  | {
      readonly phase: "downloading" | "verifying" | "applying" | "rebooting" | "done";
      readonly download: Download;
    }
  | {
      readonly phase: "waiting-window";
      readonly download: Download;
      /** What its manifest waits for, or the moment from which on it may apply what is all there. */
      readonly waitsFor: "event" | "time";
    }
  | {
      /** The new image runs, and has to hear an answer. */
      readonly phase: "confirming";
      readonly download: Download;
      readonly until: Millis;
    }
  | { readonly phase: "failed" | "rolled-back"; readonly download: Download; readonly reason: Reason };

export interface Node {
  readonly profile: Profile;
  readonly activity: Activity;
  readonly update: Update;
  /** When this wake began, and when the next one should. */
  readonly wokeAt: Millis;
  readonly wakeAt: Millis;
  readonly bootCount: number;
  readonly running: ImageFacts;
  /** What its manifest processor installed and reported last. */
  readonly processed: Leaves;
  readonly settings: Settings;
  readonly room: Leaves;
  /** Revision of the last edits applied, and the one that the gateway knows of. */
  readonly applied: number;
  readonly appliedTold: number | undefined;
  readonly nextReport: number;
  /** Sent and not answered: repeated unchanged until it is. */
  readonly pending: Report | undefined;
  /** What the gateway has acknowledged. */
  readonly told: Leaves;
  /** Readings of wakes that could only repeat a report, oldest first. */
  readonly samples: readonly { readonly at: Millis; readonly leaves: Leaves }[];
  readonly updatesDone: number;
  /** From when on what is offered may be applied, by its own count of seconds; undefined = from now on. */
  readonly applyFrom: Millis | undefined;
  /** Digest of an image that came out wrong in a shorter form: its plain form is asked for. */
  readonly plainOf: string | undefined;
}

/** A node that is switched on at `firstWake`. */
export const newNode = (profile: Profile, image: ImageFacts, firstWake: Millis): Node => ({
  profile,
  activity: { state: "rebooting", until: firstWake },
  update: { phase: "idle", download: undefined },
  wokeAt: firstWake,
  wakeAt: firstWake,
  bootCount: 0,
  running: image,
  processed: {},
  settings: new Map(),
  room: {},
  applied: 0,
  appliedTold: undefined,
  nextReport: 0,
  pending: undefined,
  told: {},
  samples: [],
  updatesDone: 0,
  applyFrom: undefined,
  plainOf: undefined,
});
