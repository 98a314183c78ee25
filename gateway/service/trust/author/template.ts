/**
 * suit-manifest-37 §7 — the templates of the draft, put together from a plan: compatibility check, secure boot, download,
 * A/B slots, external storage, loading, several images. With the same values they give the bytes of its examples.
 */
import {
  COMMAND,
  type ComponentId,
  type NewManifest,
  type NewSequence,
  PARAMETER,
  type SequenceName,
} from "../../../wire/suit/index.ts";
import { classId, vendorId } from "./identity.ts";
import { fetches, imagesOf, type PlannedComponent, type PlannedImage, type ReleasePlan } from "./plan.ts";
import { identifier, SequenceBuilder, sha256, text, uint } from "./sequence-builder.ts";
import { releaseText } from "./text.ts";

/** What a manifest says of an image. */
export interface Measured {
  /** SHA-256. */
  readonly digest: Uint8Array;
  readonly size: number;
}

/** By the name that the plan gives to its file. */
export type MeasuredImages = ReadonlyMap<string, Measured>;

/** A component of the plan and where the manifest has it, its storage and its memory. */
interface Placed {
  readonly plan: PlannedComponent;
  readonly images: ReadonlyArray<PlannedImage & Measured>;
  readonly index: number;
  readonly stage: number | undefined;
  readonly load: number | undefined;
}

export function manifestOf(plan: ReleasePlan, measured: MeasuredImages, sequenceNumber: bigint): NewManifest {
  const { ids, placed } = place(plan, measured);
  const build = (write: (sequence: SequenceBuilder) => void): NewSequence => {
    const sequence = new SequenceBuilder(ids.length);
    write(sequence);
    return sequence.done();
  };
  const staged = placed.some(({ stage }) => stage !== undefined);
  const parts: ReadonlyArray<readonly [SequenceName, NewSequence]> = [
    ["validate", build((sequence) => writeValidate(sequence, placed))],
    ["load", build((sequence) => writeLoad(sequence, placed))],
    ["invoke", build((sequence) => writeInvoke(sequence, plan, placed))],
    ["payloadFetch", build((sequence) => staged && writePayloadFetch(sequence, plan, placed))],
    ["install", build((sequence) => fetches(plan) && writeInstall(sequence, plan, placed))],
  ];
  const words = releaseText(plan);
  return {
    sequenceNumber,
    common: {
      components: ids,
      dependencies: new Map(),
      shared: build((sequence) => writeShared(sequence, plan, placed)),
    },
    referenceUri: plan["reference-uri"],
    componentId: undefined,
    setVersion: plan.version?.numbers,
    sequences: new Map(parts.flatMap(([name, here]) => (here.commands.length === 0 ? [] : [[name, { here }]]))),
    text: words === undefined ? undefined : { here: words },
    coswid: undefined,
  };
}

/** The components of the plan first, then storage and memory, each once. */
function place(
  { components }: ReleasePlan,
  measured: MeasuredImages,
): { readonly ids: readonly ComponentId[]; readonly placed: readonly Placed[] } {
  const ids = components.map(({ id }) => id);
  const indexOf = (id: ComponentId | undefined): number | undefined => {
    if (id === undefined) return undefined;
    const known = ids.findIndex((one) => String(one) === String(id));
    return known >= 0 ? known : ids.push(id) - 1;
  };
  const placed = components.map((plan, index) => ({
    plan,
    images: imagesOf(plan).map((image) => ({ ...image, ...measured.get(image.file)! })),
    index,
    stage: indexOf(plan["staged-in"]),
    load: indexOf(plan["load-into"]),
  }));
  return { ids, placed };
}

/** §7.1: is this node meant, and what is the image of each of its components? */
function writeShared(sequence: SequenceBuilder, plan: ReleasePlan, placed: readonly Placed[]): void {
  const vendor = plan["vendor-id"] ?? vendorId(plan.vendor);
  const named = plan["class-id"] ?? classId(vendor, plan.class ?? plan.model ?? "");
  for (const { images, index } of placed) {
    const [only] = images;
    const isFirst = index === 0;
    sequence
      .at(index)
      .set(
        [PARAMETER.vendorIdentifier, isFirst ? identifier(vendor) : undefined],
        [PARAMETER.classIdentifier, isFirst ? identifier(named) : undefined],
        ...(images.length === 1 && only !== undefined ? imageParameters(only) : []),
      );
    if (images.length > 1) {
      sequence.tryEach(images, (arm, image) => {
        chooseSlot(arm, image).set(...imageParameters(image));
      });
    }
    if (isFirst) sequence.run(COMMAND.vendorIdentifier, "check").run(COMMAND.classIdentifier, "check");
  }
}

const imageParameters = ({ digest, size }: Measured) =>
  [
    [PARAMETER.imageDigest, sha256(digest)],
    [PARAMETER.imageSize, uint(BigInt(size))],
  ] as const;

const chooseSlot = (arm: SequenceBuilder, { slot = 0n }: PlannedImage): SequenceBuilder =>
  arm.set([PARAMETER.componentSlot, uint(slot)]).run(COMMAND.componentSlot, "choice");

/** §7.2 */
function writeValidate(sequence: SequenceBuilder, placed: readonly Placed[]): void {
  for (const { index } of placed) sequence.at(index).run(COMMAND.imageMatch, "check");
}

/** §7.6: from where it is kept into the memory where it runs. */
function writeLoad(sequence: SequenceBuilder, placed: readonly Placed[]): void {
  for (const { index, load, images } of placed) {
    const [image] = images;
    if (load === undefined || image === undefined) continue;
    sequence
      .at(load)
      .set(...imageParameters(image), [PARAMETER.sourceComponent, uint(BigInt(index))])
      .run(COMMAND.copy, "action")
      .run(COMMAND.imageMatch, "check");
  }
}

function writeInvoke(sequence: SequenceBuilder, { invoke }: ReleasePlan, [first]: readonly Placed[]): void {
  if (invoke && first !== undefined) sequence.at(first.load ?? first.index).run(COMMAND.invoke, "action");
}

/** §7.5, Appendix B, example 4: into the storage, before anything that runs is touched. */
function writePayloadFetch(sequence: SequenceBuilder, plan: ReleasePlan, placed: readonly Placed[]): void {
  writePreconditions(sequence, plan);
  for (const { stage, images } of placed) {
    const [image] = images;
    if (stage === undefined || image?.uri === undefined) continue;
    sequence
      .at(stage)
      .set(...imageParameters(image), [PARAMETER.uri, text(image.uri)])
      .run(COMMAND.fetch, "action")
      .run(COMMAND.imageMatch, "check");
  }
}

/** §7.3 and, with slots, §7.7 */
function writeInstall(sequence: SequenceBuilder, plan: ReleasePlan, placed: readonly Placed[]): void {
  if (placed.every(({ stage }) => stage === undefined)) writePreconditions(sequence, plan);
  for (const { index, stage, images } of placed) {
    const [image] = images;
    if (image?.uri === undefined) continue;
    sequence.at(index);
    if (stage !== undefined) {
      sequence.set([PARAMETER.sourceComponent, uint(BigInt(stage))]).run(COMMAND.copy, "action");
    } else {
      if (images.length === 1) sequence.set([PARAMETER.uri, text(image.uri)]);
      else sequence.tryEach(images, (arm, one) => void chooseSlot(arm, one).set([PARAMETER.uri, text(one.uri ?? "")]));
      sequence.run(COMMAND.fetch, "action");
    }
    sequence.run(COMMAND.imageMatch, "check");
  }
}

/** update-management: what must hold before the first byte is fetched. */
function writePreconditions(sequence: SequenceBuilder, plan: ReleasePlan): void {
  const rows = [
    [PARAMETER.useBefore, plan["use-before"], COMMAND.useBefore, "uint"],
    [PARAMETER.minimumBattery, plan["minimum-battery"], COMMAND.minimumBattery, "uint"],
    [PARAMETER.updatePriority, plan["update-priority"], COMMAND.updateAuthorized, "int"],
  ] as const;
  const given = rows.flatMap(([key, value, command, form]) =>
    value === undefined ? [] : [{ key, value, command, form }],
  );
  if (given.length === 0) return;
  sequence.at(0).set(...given.map(({ key, value, form }) => [key, { form, value }] as const));
  for (const { command } of given) sequence.run(command, "check");
}
