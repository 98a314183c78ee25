/**
 * draft-ietf-suit-manifest-09 as RIOT's `sys/suit` reads it: every number of the dialect in one place. What the draft has and
 * RIOT refuses (text, payload-fetch, load, run, dependencies, severing, compression) has no row, and is refused here as well.
 */
import { COMMAND } from "../labels.ts";

export const RIOT09 = {
  /** §8.2: a map without tag 107. */
  envelope: { authentication: 2, manifest: 3 },
  /** §8.4. Install is 9 and validate 10 here; today these numbers are invoke and nobody's. */
  manifest: { version: 1, sequenceNumber: 2, common: 3, install: 9, validate: 10 },
  /** §8.4.5 */
  common: { components: 2, sequence: 4 },
  /** §8.4.8. Component-offset is the place of a slot in flash, in bytes; today the number is component-slot. */
  parameter: {
    vendorIdentifier: 1,
    classIdentifier: 2,
    imageDigest: 3,
    componentOffset: 5,
    imageSize: 14,
    uri: 21,
  },
  /** §8.1: numbers of SUIT's own, before COSE had some for hashes. RIOT compares with 2 and knows no other. */
  sha256: 2,
  /** EdDSA; RIOT's COSE library does not know the -19 of RFC 9864. */
  eddsa: -8,
} as const;

type Argument = "policy" | "index" | "parameters" | "try-each" | "sequence";
interface CommandRow {
  readonly name: string;
  readonly argument: Argument;
  /** The command of draft -37 that does the same. */
  readonly modern: number;
}

/** §8.4.9, §8.4.10. */
// biome-ignore format: a table, one row a line
export const RIOT09_COMMANDS: ReadonlyMap<number, CommandRow> = new Map([
  [1, { name: "condition-vendor-identifier", argument: "policy", modern: COMMAND.vendorIdentifier }],
  [2, { name: "condition-class-identifier", argument: "policy", modern: COMMAND.classIdentifier }],
  [3, { name: "condition-image-match", argument: "policy", modern: COMMAND.imageMatch }],
  [5, { name: "condition-component-offset", argument: "policy", modern: COMMAND.componentSlot }],
  [12, { name: "directive-set-component-index", argument: "index", modern: COMMAND.setComponentIndex }],
  [15, { name: "directive-try-each", argument: "try-each", modern: COMMAND.tryEach }],
  // RIOT has one handler for both: what is set first does not stay, as the draft has it for 19.
  [19, { name: "directive-set-parameters", argument: "parameters", modern: COMMAND.overrideParameters }],
  [20, { name: "directive-override-parameters", argument: "parameters", modern: COMMAND.overrideParameters }],
  [21, { name: "directive-fetch", argument: "policy", modern: COMMAND.fetch }],
  [30, { name: "directive-run-sequence", argument: "sequence", modern: COMMAND.runSequence }],
] as const);
export const RIOT09_SET_PARAMETERS = 19;

export const RIOT09_LIMITS = {
  /** Bytes of an envelope that are read at all; nodes may be built with a larger buffer than the usual one. */
  envelope: 4096,
  /** Bytes of RIOT's buffer, SUIT_MANIFEST_BUFSIZE: what authors keep to. */
  manifestBuffer: 640,
  /** Bytes of a URI, of a payload or in a trigger: CONFIG_SOCK_URLPATH_MAXLEN is 64 with the zero at its end. */
  uri: 63,
  /** Sequence numbers, sizes and offsets. */
  uint32: 0xffff_ffff,
} as const;
