/** What the nodes of a trial run, and what they are to run. */
import { makeImage } from "../../sim/index.ts";

export const MODEL = "room-sensor";
export const BEFORE = "1.0.0";
export const WANTED = "1.1.0";
const SIZE = 64 * 1024;

export interface TrialImages {
  /** undefined = the nodes' own first image, which nobody keeps. */
  readonly before: Uint8Array | undefined;
  readonly wanted: Uint8Array;
}

/** `related`: the second is a small change of the first, as most versions are. */
export function trialImages(seed: number, related: boolean): TrialImages {
  const wanted = makeImage(MODEL, WANTED, SIZE, seed);
  return related ? { before: forerunner(wanted), wanted } : { before: undefined, wanted };
}

/** Words that differ, and a function that was not there yet: what follows it lies elsewhere. */
const CHANGED = [0.2, 0.4, 0.45, 0.7];
const ADDED = { at: 0.6, bytes: 256 };

function forerunner(wanted: Uint8Array): Uint8Array {
  const before = Buffer.from(wanted);
  before.write(BEFORE, before.indexOf(WANTED), "latin1");
  for (const part of CHANGED) {
    const at = Math.floor(part * before.length);
    before.writeUInt32LE((before.readUInt32LE(at) ^ 0x5a5a5a5a) >>> 0, at);
  }
  const at = Math.floor(ADDED.at * before.length);
  return Buffer.concat([before.subarray(0, at), before.subarray(at + ADDED.bytes)]);
}
