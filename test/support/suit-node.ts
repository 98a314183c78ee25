/** A node with a manifest processor, as the gateway hears of it, byte by byte; and releases as the desk records them. */
import { millis } from "../../gateway/base/index.ts";
import type { Response } from "../../gateway/coap/index.ts";
import { authenticateRelease, type TrustSet } from "../../gateway/service/trust/index.ts";
import { type FactBodies, PHASES, type Phase } from "../../gateway/store/index.ts";
import { type Envelope, encodeEnvelope, takePayloads } from "../../gateway/wire/suit/index.ts";
import { ANYBODY, request, type Services } from "./services.ts";
import { newSigner, publicHalf, signed } from "./signed-release.ts";
import { CLASS, mapOf, type Raw, raw, VENDOR } from "./suit-raw.ts";

const AUTHOR = newSigner();
const TRUST: TrustSet = {
  version: 1,
  list: () => [{ id: "0a".repeat(32), name: "acme", key: publicHalf(AUTHOR), rights: {}, added: millis(0) }],
  needed: () => 1,
};

export async function acceptedFact(
  envelope: Envelope,
  names: { readonly model?: string; readonly version?: string } = {},
): Promise<FactBodies["release.accepted"]> {
  const authentic = await authenticateRelease(encodeEnvelope(signed(envelope, AUTHOR)), TRUST);
  const { release, sequence, signers, vendors, classes, components, payloads, images } = authentic;
  return {
    release,
    envelope: encodeEnvelope(takePayloads(authentic.envelope, images.keys())),
    sequence: String(sequence),
    signers: signers.map(({ id }) => id),
    vendors,
    classes,
    components,
    payloads,
    ...names,
    actor: "test",
  };
}

/** The enumeration of the module sidgate-firmware, in its order. */
const FAILURES = [
  "digest-mismatch",
  "no-space",
  "wrong-model",
  "battery-low",
  "flash-error",
  "boot-failed",
  "refused",
] as const;

export interface Told {
  readonly model?: string;
  readonly hardware?: string;
  /** In millivolts. */
  readonly battery?: number;
  /** What it runs and works on, as the module of firmware has it. */
  readonly running?: string;
  readonly version?: string;
  readonly phase?: Phase;
  readonly wanted?: string;
  readonly received?: number;
  readonly failure?: (typeof FAILURES)[number];
  readonly report?: Uint8Array;
  readonly sequence?: number;
  readonly vendor?: Uint8Array;
  readonly class?: Uint8Array;
  readonly capabilities?: Uint8Array;
  readonly components?: ReadonlyArray<{
    readonly digest?: string;
    readonly size?: number;
    readonly slot?: number;
    readonly version?: string;
    readonly capacity?: number;
    readonly id?: Uint8Array;
  }>;
}
export const MINE: Told = { vendor: VENDOR, class: CLASS };

const some = (key: number, value: Raw | undefined): ReadonlyArray<readonly [Raw, Raw]> =>
  value === undefined ? [] : [[key, value]];
const digest = (hex: string | undefined): Uint8Array | undefined =>
  hex === undefined ? undefined : new Uint8Array(Buffer.from(hex, "hex"));

/** `{60001: {2: NUMBER, 5: {24: {1: MODEL}, 503: {…}}}}`: sidgate-suit is 60509, 503 beyond `data`. */
export function checkInBytes(number: number, told: Told): Uint8Array {
  const components = told.components?.map((component, index) =>
    mapOf(
      ...some(1, component.capacity),
      ...some(2, digest(component.digest)),
      ...some(3, component.id),
      [4, index],
      ...some(5, component.size),
      ...some(6, component.slot),
      ...some(7, component.version),
    ),
  );
  const suit = [
    ...some(1, told.capabilities),
    ...some(2, told.class),
    ...some(3, components),
    ...some(12, told.report),
    ...some(13, told.sequence),
    ...some(14, told.vendor),
  ];
  const node = [...some(1, told.model), ...some(2, told.hardware)];
  const firmware = [
    ...some(1, digest(told.running)),
    ...some(2, told.version),
    ...some(3, told.phase && PHASES.indexOf(told.phase)),
    ...some(4, digest(told.wanted)),
    ...some(5, told.received),
    ...some(6, told.failure && FAILURES.indexOf(told.failure)),
  ];
  const data = [
    ...(node.length === 0 ? [] : [[24, mapOf(...node)] as const]),
    ...(firmware.length === 0 ? [] : [[95, mapOf(...firmware)] as const]),
    ...(told.battery === undefined ? [] : [[195, mapOf([6, told.battery])] as const]),
    ...(suit.length === 0 ? [] : [[503, mapOf(...suit)] as const]),
  ];
  return raw(mapOf([60001, mapOf([2, number], ...(data.length === 0 ? [] : [[5, mapOf(...data)] as const]))]));
}

export async function tells(
  endpoint: string,
  number: number,
  told: Told,
  on: Pick<Services, "checkIn">,
): Promise<Response> {
  const asked = { query: [`ep=${endpoint}`], contentFormat: 142, payload: checkInBytes(number, told) };
  return (await on.checkIn.answer(ANYBODY, request("POST", "c", asked))) ?? { code: "5.00" };
}
