/** What a simulated node reports: the leaves by name, their place in the YANG models and their encoding (RFC 9254 §6). */
import { EMPTY, fromHex } from "../../base/index.ts";
import type { ComponentFacts } from "../suit/index.ts";
import { type Cbor, decimal2 } from "./cbor.ts";

/** Enumeration values count from 0 in the order of the YANG `enum` statements (RFC 7950 §9.6.4.2). */
export const PHASES = [
  "idle",
  "available",
  "queued",
  "waiting-wake",
  "offered",
  "downloading",
  "downloaded",
  "verifying",
  "ready",
  "waiting-window",
  "applying",
  "rebooting",
  "confirming",
  "done",
  "rolled-back",
  "failed",
  "blocked",
  "skipped",
] as const;
export const REASONS = [
  "digest-mismatch",
  "no-space",
  "wrong-model",
  "battery-low",
  "flash-error",
  "boot-failed",
  "refused",
] as const;

export type Phase = (typeof PHASES)[number];
export type Reason = (typeof REASONS)[number];

/** In which forms besides the plain one a node takes an image: bits in the order of the YANG `bit` statements. */
export const ENCODINGS = { patch: 1, compressed: 2, chained: 4 } as const;
export type Encoding = keyof typeof ENCODINGS;

/** In memory → on the wire, by type. Bytes are hex in memory, temperatures hundredths, alarms a bit mask. */
const ENCODERS = {
  text: (value: string): Cbor => value,
  uint: (value: number): Cbor => value,
  boolean: (value: boolean): Cbor => value,
  hex: (value: string): Cbor => fromHex(value) ?? EMPTY,
  // cbor-x makes a double of a number above 32 bits.
  uint64: (value: bigint): Cbor => (value <= 0xffff_ffffn ? Number(value) : value),
  empty: (_value: true): Cbor => null,
  celsius: (value: number): Cbor => decimal2(value),
  phase: (value: Phase): Cbor => PHASES.indexOf(value),
  reason: (value: Reason): Cbor => REASONS.indexOf(value),
  // RFC 9254 §6.7: bit 0 is the lowest of the first byte, trailing zero bytes are left out.
  bits: (value: number): Cbor => (value === 0 ? new Uint8Array(0) : Uint8Array.of(value)),
} as const;
type LeafType = keyof typeof ENCODERS | "components";
/** A list has more SIDs than its own: check-in.ts writes it. */
type InMemory<T extends LeafType> = T extends keyof typeof ENCODERS
  ? Parameters<(typeof ENCODERS)[T]>[0]
  : readonly ComponentFacts[];

export const LEAVES = {
  model: { path: "/sidgate-node:node/model", type: "text" },
  hardware: { path: "/sidgate-node:node/hardware", type: "text" },
  wakeInterval: { path: "/sidgate-node:node/wake-interval", type: "uint" },
  bootCount: { path: "/sidgate-node:node/boot-count", type: "uint" },
  runningDigest: { path: "/sidgate-firmware:firmware/running-digest", type: "hex" },
  runningVersion: { path: "/sidgate-firmware:firmware/running-version", type: "text" },
  phase: { path: "/sidgate-firmware:firmware/phase", type: "phase" },
  wantedDigest: { path: "/sidgate-firmware:firmware/wanted-digest", type: "hex" },
  received: { path: "/sidgate-firmware:firmware/received", type: "uint" },
  reason: { path: "/sidgate-firmware:firmware/reason", type: "reason" },
  encodings: { path: "/sidgate-firmware:firmware/encodings", type: "bits" },
  temperature: { path: "/sidgate-building:room/temperature", type: "celsius" },
  humidity: { path: "/sidgate-building:room/humidity", type: "uint" },
  valve: { path: "/sidgate-building:room/valve", type: "uint" },
  occupancy: { path: "/sidgate-building:room/occupancy", type: "boolean" },
  battery: { path: "/sidgate-building:room/battery", type: "uint" },
  alarm: { path: "/sidgate-building:room/alarm", type: "bits" },
  vendorIdentifier: { path: "/sidgate-suit:suit/vendor-identifier", type: "hex" },
  classIdentifier: { path: "/sidgate-suit:suit/class-identifier", type: "hex" },
  sequenceNumber: { path: "/sidgate-suit:suit/sequence-number", type: "uint64" },
  gatewayMac: { path: "/sidgate-suit:suit/gateway-mac", type: "empty" },
  capabilities: { path: "/sidgate-suit:suit/capabilities", type: "hex" },
  report: { path: "/sidgate-suit:suit/report", type: "hex" },
  components: { path: "/sidgate-suit:suit/component", type: "components" },
} as const satisfies Record<string, { readonly path: string; readonly type: LeafType }>;

export type LeafName = keyof typeof LEAVES;
export const LEAF_NAMES = Object.keys(LEAVES) as readonly LeafName[];
export type Leaves = { readonly [L in LeafName]?: InMemory<(typeof LEAVES)[L]["type"]> | undefined };

type SingleLeaf = Exclude<LeafName, "components">;

export function encodeLeaf<L extends SingleLeaf>(name: L, value: NonNullable<Leaves[L]>): Cbor {
  // The table ties name and value together; TypeScript cannot follow a union through an indexed call.
  const encode = ENCODERS[LEAVES[name].type] as (value: NonNullable<Leaves[L]>) => Cbor;
  return encode(value);
}

/** The leaves of `now` that `told` does not have yet. */
export function changed(told: Leaves, now: Leaves): Leaves {
  const entries = LEAF_NAMES.filter((name) => now[name] !== undefined && now[name] !== told[name]);
  return Object.fromEntries(entries.map((name) => [name, now[name]]));
}
