/** Throws mutated patches and chained bodies at their readers, whole and in pieces, and says what came of it. */
import { equalBytes, isCoded, toHex } from "../../../gateway/base/index.ts";
import { applyPatch, ChainReader, chainBlocks, makePatch, PatchReader } from "../../../gateway/wire/delta/index.ts";
import { Dice } from "../dice.ts";
import { mutateBytes } from "../yang/mutations.ts";

export interface DeltaCampaignOptions {
  readonly count: number;
  readonly seed: number;
  /** Called at the start of the second tenth, when everything has run once, and at the end. */
  readonly atRest?: (when: "warm" | "end") => void;
}

export interface DeltaFindings {
  /** By kind: inputs that gave an image, and inputs that were refused. */
  readonly read: ReadonlyMap<string, number>;
  readonly refused: ReadonlyMap<string, number>;
  readonly broken: readonly string[];
  readonly slow: readonly string[];
}

interface Pair {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly patch: Uint8Array;
}

const PAIRS = 24;
const MAX_MS = 50;
const SHOWN = 10;
/** What a patch may say of its own without anybody having offered it: so much is made room for. */
const LARGEST = 1 << 20;

export function runDeltaCampaign({ count, seed, atRest }: DeltaCampaignOptions): DeltaFindings {
  const dice = new Dice(seed);
  const pairs = Array.from({ length: PAIRS }, () => pairOf(dice));
  const read = new Map<string, number>();
  const refused = new Map<string, number>();
  const broken: string[] = [];
  const slow: string[] = [];
  const note = (map: Map<string, number>, kind: string): unknown => map.set(kind, (map.get(kind) ?? 0) + 1);
  for (let i = 0; i < count; i++) {
    const pair = dice.pick(pairs);
    const kind = i % 4 === 0 ? "chain" : "patch";
    const input = kind === "chain" ? chainBlocks(pair.to).bytes : pair.patch;
    const bytes = mutateBytes(dice, input, dice.pick(pairs).patch);
    const attempt = kind === "chain" ? () => readChain(pair, bytes) : () => readPatch(pair, bytes, dice.below(70) + 1);
    const { user, system } = process.cpuUsage();
    try {
      const words = attempt();
      if (words === undefined) note(read, kind);
      else if (broken.length < SHOWN) broken.push(`${kind}: ${words}\n  ${toHex(bytes)}`);
    } catch (error) {
      if (isCoded(error) && error.blame === "wire") note(refused, kind);
      else if (broken.length < SHOWN) broken.push(`${kind}: ${String(error)}\n  ${toHex(bytes)}`);
    }
    const used = process.cpuUsage();
    if ((used.user + used.system - user - system) / 1000 > MAX_MS && slow.length < SHOWN)
      slow.push(`${kind}: ${toHex(bytes)}`);
    if (i + 1 === Math.ceil(count / 10)) atRest?.("warm");
  }
  atRest?.("end");
  return { read, refused, broken, slow };
}

function pairOf(dice: Dice): Pair {
  const from = dice.chance(0.2) ? new Uint8Array(dice.below(3000)).fill(dice.below(256)) : dice.bytes(3000);
  const parts: Uint8Array[] = [dice.bytes(4), Uint8Array.of(1)];
  for (let pieces = dice.below(8); pieces > 0; pieces--) {
    const at = dice.below(3000);
    parts.push(from.subarray(at, at + dice.below(900)), dice.bytes(30));
  }
  const to = new Uint8Array(Buffer.concat(parts));
  return { from, to, patch: makePatch(from, to) };
}

/** Whole and in pieces it must end the same way, and write no byte more than was offered. undefined = it did. */
function readPatch({ from, to }: Pair, patch: Uint8Array, step: number): string | undefined {
  let written = 0;
  const parts: Uint8Array[] = [];
  const reader = new PatchReader({
    from: { size: from.length, read: (offset, length) => readWithin(from, offset, length) },
    size: to.length,
    write: (bytes) => {
      written += bytes.length;
      if (written > to.length) throw new Error("more bytes were written than the image has");
      parts.push(bytes.slice());
    },
  });
  let whole: Uint8Array | undefined;
  let refusal: unknown;
  try {
    whole = applyPatch(from, patch, to.length);
  } catch (error) {
    refusal = error;
  }
  ownSize(from, patch);
  try {
    for (let at = 0; at < patch.length; at += step) reader.push(patch.subarray(at, at + step));
    reader.end();
  } catch (error) {
    if (whole !== undefined) return `in pieces of ${step} it is refused, whole it is not: ${String(error)}`;
    throw error;
  }
  if (whole === undefined) return `whole it is refused, in pieces of ${step} it is not: ${String(refusal)}`;
  return equalBytes(whole, Buffer.concat(parts)) ? undefined : "another image comes of pieces";
}

/** A size that nobody offered, while it is not too much. */
function ownSize(from: Uint8Array, patch: Uint8Array): void {
  try {
    const said = ((patch[1] ?? 0) & 0x3f) | (((patch[2] ?? 0) & 0x7f) << 6) | (((patch[3] ?? 0) & 0x7f) << 13);
    if (said <= LARGEST && ((patch[3] ?? 0) & 0x80) === 0) applyPatch(from, patch);
  } catch (error) {
    if (!isCoded(error) || error.blame !== "wire") throw error;
  }
}

function readWithin(from: Uint8Array, offset: number, length: number): Uint8Array {
  if (offset < 0 || length <= 0 || offset + length > from.length) throw new Error("a read outside of the old image");
  return from.subarray(offset, offset + length);
}

/** What is believed is the beginning of the body, always. undefined = it is. */
function readChain({ to }: Pair, wire: Uint8Array): string | undefined {
  const { bytes, chain } = chainBlocks(to);
  const reader = new ChainReader(chain, bytes.length);
  let believed = 0;
  for (let at = 0; at < wire.length; at += 64) {
    const got = reader.push(wire.subarray(at, at + 64));
    if (!equalBytes(got, to.subarray(believed, believed + got.length))) return "wrong bytes were believed";
    believed += got.length;
  }
  return reader.isComplete === (believed === to.length) ? undefined : "it is complete without being so";
}
