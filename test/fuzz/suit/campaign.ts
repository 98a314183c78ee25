/** Throws mutated envelopes, manifests, sequences, texts and reports at their readers, and says what came of it. */
import fc from "fast-check";
import { isCoded, toHex } from "../../../gateway/base/index.ts";
import {
  addBlock,
  checkBelonging,
  checkManifestDigest,
  createEnvelope,
  describeEnvelope,
  dialectOf,
  encodeCapabilities,
  encodeEnvelope,
  encodeManifest,
  encodeReport,
  encodeSequence,
  encodeText,
  inLanguage,
  lintManifest,
  readCapabilities,
  readEnvelope,
  readManifest,
  readReport,
  readSequence,
  readText,
  reasonOf,
  reasonOfError,
  SEVERABLE,
  shownText,
} from "../../../gateway/wire/suit/index.ts";
import { capabilityReports, manifests, reports, sequences, suitTexts } from "../../support/arbitrary-manifest.ts";
import { Dice } from "../dice.ts";
import { mutateBytes } from "../yang/mutations.ts";

export interface SuitCampaignOptions {
  readonly count: number;
  readonly seed: number;
  /** Called at the start of the second tenth, when everything has run once, and at the end. */
  readonly atRest?: (when: "warm" | "end") => void;
}

export interface SuitFindings {
  /** How many of each kind were read, and how many refused. */
  readonly read: ReadonlyMap<string, number>;
  readonly refused: ReadonlyMap<string, number>;
  readonly broken: readonly string[];
  readonly slow: readonly string[];
}

interface Kind {
  readonly name: string;
  readonly samples: (seed: number) => readonly Uint8Array[];
  /** Reads all there is of it; what it gives is the input once more, when there is one encoding only. */
  readonly read: (bytes: Uint8Array) => Uint8Array | undefined;
}

const SAMPLES = 24;
const sample = <T>(arbitrary: fc.Arbitrary<T>, seed: number, encode: (value: T) => Uint8Array): Uint8Array[] =>
  fc.sample(arbitrary, { numRuns: SAMPLES, seed }).map(encode);

const COMPONENTS = 3;
const RULES = { where: "it", components: COMPONENTS };
const PAYLOAD = new Uint8Array(12).fill(0x42);

const KINDS: readonly Kind[] = [
  { name: "envelope", samples: (seed) => sample(manifests, seed, envelopeOf), read: readWholeEnvelope },
  {
    name: "manifest",
    samples: (seed) => sample(manifests, seed, encodeManifest),
    read: (bytes) => {
      const manifest = readManifest(bytes);
      // In an envelope of its own it comes as far as people.
      readWholeEnvelope(encodeEnvelope(addBlock(createEnvelope(manifest), PAYLOAD)));
      return encodeManifest(manifest);
    },
  },
  {
    name: "sequence",
    samples: (seed) => sample(sequences(COMPONENTS), seed, encodeSequence),
    read: (bytes) => encodeSequence(readSequence(bytes, RULES)),
  },
  {
    name: "text",
    samples: (seed) => sample(suitTexts, seed, encodeText),
    read: (bytes) => {
      const text = readText(bytes);
      for (const [, { manifest }] of text) for (const words of manifest.values()) shownText(words);
      inLanguage(text, "en");
      return encodeText(text);
    },
  },
  {
    name: "report",
    samples: (seed) => sample(reports, seed, encodeReport),
    read: (bytes) => {
      const report = readReport(bytes);
      reasonOf(report);
      const again = encodeReport(report);
      return toHex(encodeReport(readReport(again))) === toHex(again) ? undefined : again;
    },
  },
  {
    name: "capabilities",
    samples: (seed) => sample(capabilityReports, seed, encodeCapabilities),
    read: (bytes) => {
      const again = encodeCapabilities(readCapabilities(bytes));
      return toHex(encodeCapabilities(readCapabilities(again))) === toHex(again) ? undefined : again;
    },
  },
];

function envelopeOf(manifest: Parameters<typeof createEnvelope>[0]): Uint8Array {
  const severable = manifest.sequences.get("install")?.here === undefined ? [] : [SEVERABLE.install];
  return encodeEnvelope(addBlock(createEnvelope(manifest, { severable }), PAYLOAD));
}

function readWholeEnvelope(bytes: Uint8Array): Uint8Array {
  dialectOf(bytes);
  const envelope = readEnvelope(bytes, { untagged: true });
  describeEnvelope(envelope);
  const again = encodeEnvelope(envelope);
  // Whoever holds a key may sign anything: the rest is tried whether or not the digest is right.
  orCode(() => checkManifestDigest(envelope));
  orCode(() => {
    const manifest = readManifest(envelope.manifest.content);
    const whole = checkBelonging(envelope, manifest);
    lintManifest(manifest, whole);
    describeEnvelope(envelope, manifest, whole);
  });
  return again;
}

function orCode(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!isCoded(error)) throw error;
  }
}

const MAX_MS = 50;
/** A pause of the collector, or a neighbour on this machine, strikes once. */
const RETRIES = 4;
const SHOWN = 10;

export function runSuitCampaign({ count, seed, atRest }: SuitCampaignOptions): SuitFindings {
  const dice = new Dice(seed);
  const subjects = KINDS.map((kind) => ({ kind, samples: kind.samples(seed) }));
  const read = new Map<string, number>();
  const refused = new Map<string, number>();
  const broken: string[] = [];
  const slow: string[] = [];
  for (let i = 0; i < count; i++) {
    const { kind, samples } = subjects[i % subjects.length]!;
    const bytes = mutateBytes(dice, dice.pick(samples), dice.pick(samples));
    const start = performance.now();
    const words = outcomeOf(kind, bytes);
    if (performance.now() - start > MAX_MS && slow.length < SHOWN && isSlow(kind, bytes))
      slow.push(`${kind.name}: ${toHex(bytes)}`);
    if (words === undefined || words === REFUSED) {
      const counts = words === REFUSED ? refused : read;
      counts.set(kind.name, (counts.get(kind.name) ?? 0) + 1);
    } else if (broken.length < SHOWN) broken.push(`${kind.name}: ${words}\n  ${toHex(bytes).slice(0, 2_000)}`);
    if (i + 1 === Math.ceil(count / 10)) atRest?.("warm");
  }
  atRest?.("end");
  return { read, refused, broken, slow };
}

const REFUSED = "refused";

/** undefined = read; words that are not `REFUSED` are a broken promise. */
function outcomeOf(kind: Kind, bytes: Uint8Array): string | undefined {
  const before = toHex(bytes);
  try {
    const again = kind.read(bytes);
    if (toHex(bytes) !== before) return "the input was changed";
    return again === undefined || toHex(again) === before ? undefined : `what was read is written as ${toHex(again)}`;
  } catch (error) {
    if (!isCoded(error)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (error.blame !== "wire" && error.blame !== "trust") return `it is blamed on ${error.blame}: ${error.message}`;
    return reasonOfError(error.code) === undefined ? `${error.code} has no reason` : REFUSED;
  }
}

/** Every time, and by the clock that counts this process alone. */
function isSlow(kind: Kind, bytes: Uint8Array): boolean {
  for (let i = 0; i < RETRIES; i++) {
    const start = process.cpuUsage();
    outcomeOf(kind, bytes);
    const { user, system } = process.cpuUsage(start);
    if ((user + system) / 1000 <= MAX_MS) return false;
  }
  return true;
}
