/**
 * draft-ietf-suit-manifest-09 as RIOT's `sys/suit` reads it — the same plan for such nodes: one component, perhaps with an image
 * for each slot of flash, fetched from a URI and compared. In the order and with the reporting policies of RIOT's own tools, so
 * that the bytes are theirs too.
 */
import { toHex, UsageError } from "../../../base/index.ts";
import { type CoseKey, createSign1 } from "../../../wire/cose/index.ts";
import {
  addBlock,
  createRiot09,
  type Envelope,
  encodeEnvelope,
  type NewCommand,
  type NewSequence,
  type ParameterValue,
  RIOT09,
  RIOT09_LIMITS,
  RIOT09_SET_PARAMETERS,
} from "../../../wire/suit/index.ts";
import { shortId } from "../../images/index.ts";
import { classId, vendorId } from "./identity.ts";
import { imagesOf, type PlannedImage, type ReleasePlan } from "./plan.ts";
import { identifier, sha256, text, uint } from "./sequence-builder.ts";
import type { Measured, MeasuredImages } from "./template.ts";

/** What is reported of which command; RIOT reads the numbers and reports nothing. */
const POLICY = { check: 15, offset: 5, fetch: 2 } as const;
const COMMAND = { vendor: 1, class: 2, imageMatch: 3, offset: 5, tryEach: 15, override: 20, fetch: 21 } as const;

/** An unsigned envelope. Throws UsageErrors `riot.*`. */
export function createForRiot(plan: ReleasePlan, measured: MeasuredImages, sequenceNumber: bigint): Envelope {
  checkPlan(plan, sequenceNumber);
  const [component] = plan.components;
  const images = plan.components.flatMap(imagesOf).map((image) => located({ ...image, ...measured.get(image.file)! }));
  for (const { uri } of images) checkUri(uri);
  const envelope = createRiot09({
    sequenceNumber,
    component: component!.id,
    common: commonOf(plan, images),
    install: installOf(images),
    validate: { commands: [run(COMMAND.imageMatch, POLICY.check)] },
  });
  checkSize(envelope, 1);
  return envelope;
}

type Image = PlannedImage & Measured;

/** The image's id on gateways is made of its digest, so it can be said before any has it. */
const IMAGE_ID = "{id}";
const located = (image: Image): Image => ({
  ...image,
  uri: image.uri?.replaceAll(IMAGE_ID, shortId(toHex(image.digest))),
});

/** Is this node meant, and what is the image of the slot that is free? */
function commonOf(plan: ReleasePlan, images: readonly Image[]): NewSequence {
  const { parameter } = RIOT09;
  const vendor = plan["vendor-id"] ?? vendorId(plan.vendor);
  const named = plan["class-id"] ?? classId(vendor, plan.class ?? plan.model ?? "");
  const whom = [
    [parameter.vendorIdentifier, identifier(vendor)],
    [parameter.classIdentifier, identifier(named)],
  ] as const;
  const ofImage = ({ digest, size }: Image) =>
    [
      [parameter.imageDigest, sha256(digest)],
      [parameter.imageSize, uint(BigInt(size))],
    ] as const;
  const [only] = images;
  const setting =
    images.length === 1 && only !== undefined
      ? [set(COMMAND.override, [...whom, ...ofImage(only)])]
      : [set(COMMAND.override, whom), eachSlot(COMMAND.override, images, ofImage)];
  const checks = [run(COMMAND.vendor, POLICY.check), run(COMMAND.class, POLICY.check)];
  return { commands: [...setting, ...checks] };
}

function installOf(images: readonly Image[]): NewSequence {
  const from = ({ uri = "" }: Image) => [[RIOT09.parameter.uri, text(uri)]] as const;
  const [only] = images;
  const setting =
    images.length === 1 && only !== undefined
      ? set(RIOT09_SET_PARAMETERS, from(only))
      : eachSlot(RIOT09_SET_PARAMETERS, images, from);
  return { commands: [setting, run(COMMAND.fetch, POLICY.fetch), run(COMMAND.imageMatch, POLICY.check)] };
}

type Setting = ReadonlyArray<readonly [key: number, value: ParameterValue]>;

const run = (code: number, policy: number): NewCommand => ({ code, argument: { kind: "policy", policy } });
const set = (code: number, parameters: Setting): NewCommand => ({
  code,
  argument: { kind: "parameters", parameters: new Map(parameters) },
});

/** The first arm whose slot is the free one: its offset in flash, in bytes. */
const eachSlot = (code: number, images: readonly Image[], values: (image: Image) => Setting): NewCommand => ({
  code: COMMAND.tryEach,
  argument: {
    kind: "try-each",
    arms: images.map((image) => ({
      commands: [
        set(code, [[RIOT09.parameter.componentOffset, uint(image.slot ?? 0n)]]),
        run(COMMAND.offset, POLICY.offset),
        set(code, values(image)),
      ],
    })),
  },
});

/** Keys of a plan that the dialect has no words for, each with what it would take. */
const UNSAYABLE = ["reference-uri", "update-priority", "use-before", "minimum-battery", "severable", "text"] as const;

/** What RIOT would stop at, or read wrongly, nobody gets to sign. */
function checkPlan(plan: ReleasePlan, sequenceNumber: bigint): void {
  for (const key of UNSAYABLE) {
    if (plan[key] !== undefined)
      throw new UsageError("riot.plan", { key, reason: "RIOT refuses manifests that say it" });
  }
  if (plan.dependencies.length > 0) {
    throw new UsageError("riot.plan", { key: "dependencies", reason: "RIOT processes one manifest" });
  }
  if (plan.components.length !== 1) {
    throw new UsageError("riot.plan", {
      key: "components",
      reason: `they are ${plan.components.length}, RIOT takes one`,
    });
  }
  if (sequenceNumber === 0n || sequenceNumber > RIOT09_LIMITS.uint32) {
    throw new UsageError("riot.plan", { key: "sequence", reason: "RIOT takes numbers from 1 to 4294967295" });
  }
  const [component] = plan.components;
  for (const key of ["staged-in", "load-into"] as const) {
    if (component?.[key] === undefined) continue;
    throw new UsageError("riot.plan", { key, reason: "RIOT does not know copying" });
  }
  for (const { uri, integrated, slot } of imagesOf(component!)) {
    if (integrated) throw new UsageError("riot.plan", { key: "integrated", reason: "RIOT fetches every image" });
    if ((slot ?? 0n) > RIOT09_LIMITS.uint32) {
      throw new UsageError("riot.plan", { key: "slot", reason: "it is the offset of the slot in flash, of 32 bits" });
    }
    if (uri === undefined) throw new UsageError("riot.plan", { key: "uri", reason: "RIOT fetches every image" });
  }
}

/** RIOT copies it into a buffer without looking at its length. */
function checkUri(uri = ""): void {
  const limit = RIOT09_LIMITS.uri;
  if (uri.length > limit)
    throw new UsageError("riot.uri", { uri, reason: `it has ${uri.length} bytes, at most ${limit} fit` });
  if (!uri.startsWith("coap://")) throw new UsageError("riot.uri", { uri, reason: "it does not begin with coap://" });
}

/** Bytes that one more signature takes, with its COSE_Sign1 around it. */
const SIGNATURE_BYTES = 113;

/** `more` signatures are still to come. */
function checkSize(envelope: Envelope, more: number): void {
  const limit = RIOT09_LIMITS.manifestBuffer;
  const found = encodeEnvelope(envelope).length + more * SIGNATURE_BYTES;
  if (found > limit) throw new UsageError("riot.size", { found, limit });
}

/** §8.3: the digest attached, EdDSA (-8) in the protected header, nothing beside it. Throws UsageErrors `riot.*`. */
export function signForRiot(
  envelope: Envelope,
  { name, key }: { readonly name: string; readonly key: CoseKey },
): Envelope {
  if (!("curve" in key) || key.curve !== "Ed25519") throw new UsageError("riot.key", { key: name });
  const block = createSign1(envelope.authentication.signed, key, { algorithm: RIOT09.eddsa });
  const signed = addBlock(envelope, block);
  checkSize(signed, 0);
  return signed;
}

const RIOTBOOT_MAGIC = "RIOT";
const RIOTBOOT_VERSION_AT = 4;

/** Of an image with the header of RIOT's bootloader: magic, then the version, little end first. */
export function riotbootVersion(image: Uint8Array): number | undefined {
  const bytes = Buffer.from(image.buffer, image.byteOffset, image.length);
  if (bytes.length < 2 * RIOTBOOT_VERSION_AT || bytes.toString("latin1", 0, 4) !== RIOTBOOT_MAGIC) return undefined;
  return bytes.readUInt32LE(RIOTBOOT_VERSION_AT);
}
