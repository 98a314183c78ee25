/** Releases that we sign ourselves, with keys made for the test: any manifest, any signers. */
import { createHash } from "node:crypto";
import { type CoseKey, createSign1, decodeKey, encodeKey, generateKey } from "../../gateway/wire/cose/index.ts";
import {
  addBlock,
  COMMAND,
  type CreateOptions,
  createEnvelope,
  type Envelope,
  encodeEnvelope,
  integrate,
  type NewCommand,
  type NewManifest,
  PARAMETER,
  type ParameterValue,
  type SequenceName,
} from "../../gateway/wire/suit/index.ts";
import { CLASS, VENDOR } from "./suit-raw.ts";

/** ESP256 unless said otherwise. */
export const newSigner = (algorithm = -9): CoseKey => generateKey(algorithm);
/** As its owner gives it away. */
export const publicHalf = (key: CoseKey): CoseKey => decodeKey(encodeKey(key, "public"));

export const IMAGE = new Uint8Array(Buffer.from("the bytes of an image ".repeat(20)));
export const digestHex = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export const identifier = (bytes: Uint8Array): ParameterValue => ({
  form: "identifier",
  bytes: new Uint8Array(bytes),
  tagged: false,
});
export const uint = (value: number | bigint): ParameterValue => ({ form: "uint", value: BigInt(value) });
export const words = (text: string): ParameterValue => ({ form: "text", text });
export const digestOfImage = (bytes: Uint8Array): ParameterValue => ({
  form: "digest",
  digest: { algorithm: -16, bytes: new Uint8Array(createHash("sha256").update(bytes).digest()) },
});

export const override = (...entries: ReadonlyArray<readonly [number, ParameterValue]>): NewCommand => ({
  code: COMMAND.overrideParameters,
  argument: { kind: "parameters", parameters: new Map([...entries].sort(([a], [b]) => a - b)) },
});
export const plain = (code: number): NewCommand => ({ code, argument: { kind: "policy", policy: 15 } });

export interface ReleasePlan {
  readonly sequence?: number | bigint;
  readonly vendor?: Uint8Array;
  readonly class?: Uint8Array;
  readonly component?: readonly Uint8Array[];
  readonly image?: Uint8Array;
  /** Instead of the true one. */
  readonly size?: number;
  readonly uri?: string;
  /** The conditions of the shared sequence; those on vendor and class unless said otherwise. */
  readonly asks?: readonly NewCommand[];
  /** More of the shared sequence. */
  readonly shared?: readonly NewCommand[];
  /** Instead of fetch and image-match. */
  readonly install?: readonly NewCommand[];
  readonly setVersion?: readonly number[];
  readonly severable?: CreateOptions["severable"];
}

export const URI = "#image";

/** One component, checked, fetched and matched, as example 1 of the draft does it. */
export function plannedManifest(plan: ReleasePlan = {}): NewManifest {
  const image = plan.image ?? IMAGE;
  const shared = [
    override(
      [PARAMETER.vendorIdentifier, identifier(plan.vendor ?? VENDOR)],
      [PARAMETER.classIdentifier, identifier(plan.class ?? CLASS)],
      [PARAMETER.imageDigest, digestOfImage(image)],
      [PARAMETER.imageSize, uint(plan.size ?? image.length)],
    ),
    ...(plan.asks ?? [plain(COMMAND.vendorIdentifier), plain(COMMAND.classIdentifier)]),
    ...(plan.shared ?? []),
  ];
  const install = plan.install ?? [
    override([PARAMETER.uri, words(plan.uri ?? URI)]),
    plain(COMMAND.fetch),
    plain(COMMAND.imageMatch),
  ];
  const sequences = new Map<SequenceName, { readonly here: { readonly commands: readonly NewCommand[] } }>([
    ["install", { here: { commands: install } }],
    ["validate", { here: { commands: [plain(COMMAND.imageMatch)] } }],
  ]);
  return {
    sequenceNumber: BigInt(plan.sequence ?? 1),
    common: {
      components: [plan.component ?? [Uint8Array.of(0)]],
      dependencies: new Map(),
      shared: { commands: shared },
    },
    referenceUri: undefined,
    componentId: undefined,
    setVersion: plan.setVersion,
    sequences,
    text: undefined,
    coswid: undefined,
  };
}

export const signed = (
  envelope: Envelope,
  key: CoseKey,
  options: NonNullable<Parameters<typeof createSign1>[2]> = {},
): Envelope => addBlock(envelope, createSign1(envelope.authentication.signed, key, { detached: true, ...options }));

export const plannedEnvelope = (plan: ReleasePlan, ...keys: readonly CoseKey[]): Envelope =>
  keys.reduce<Envelope>(
    (envelope, key) => signed(envelope, key),
    createEnvelope(plannedManifest(plan), plan.severable === undefined ? {} : { severable: plan.severable }),
  );

export const release = (plan: ReleasePlan, ...keys: readonly CoseKey[]): Uint8Array =>
  encodeEnvelope(plannedEnvelope(plan, ...keys));

/** With the image under its URI. */
export const releaseWithImage = (plan: ReleasePlan, bytes: Uint8Array, ...keys: readonly CoseKey[]): Uint8Array =>
  encodeEnvelope(integrate(plannedEnvelope(plan, ...keys), plan.uri ?? URI, bytes));
