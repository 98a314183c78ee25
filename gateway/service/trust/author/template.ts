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
  type SuitDigest,
} from "../../../wire/suit/index.ts";
import { classId, vendorId } from "./identity.ts";
import { imagesOf, type PlannedComponent, type PlannedImage, type ReleasePlan } from "./plan.ts";
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

/** An image as it travels: encrypted (fe). */
export interface SealedImage extends Measured {
  /** SUIT_Encryption_Info. */
  readonly info: Uint8Array;
}

/** td: a dependency as the manifest above it names it. */
export interface NamedManifest {
  readonly id: ComponentId;
  readonly prefix: ComponentId | undefined;
  readonly uri: string;
  readonly digest: SuitDigest;
  /** What it does something in. */
  readonly sequences: ReadonlySet<SequenceName>;
}

/** What a plan names by files, ready to be put into a manifest. */
export interface Ingredients {
  readonly images: MeasuredImages;
  /** By index of the component. */
  readonly sealed?: ReadonlyMap<number, SealedImage>;
  readonly dependencies?: readonly NamedManifest[];
}

/** A component of the plan and where the manifest has it, its storage and its memory. */
interface Placed {
  readonly plan: PlannedComponent;
  readonly images: ReadonlyArray<PlannedImage & Measured>;
  readonly sealed: SealedImage | undefined;
  readonly index: number;
  readonly stage: number | undefined;
  readonly load: number | undefined;
}

export function manifestOf(plan: ReleasePlan, ingredients: Ingredients, sequenceNumber: bigint): NewManifest {
  const { ids, placed, below } = place(plan, ingredients);
  const build = (write: (sequence: SequenceBuilder) => void): NewSequence => {
    // td: with a dependency there is a choice, even when it is the only component.
    const sequence = new SequenceBuilder(ids.length + below.length);
    write(sequence);
    return sequence.done();
  };
  const staged = placed.some(({ stage }) => stage !== undefined);
  const first = below.length > 0 ? "dependencyResolution" : staged ? "payloadFetch" : "install";
  const section = (name: SequenceName, write: (sequence: SequenceBuilder) => void) =>
    [
      name,
      build((sequence) => {
        if (name === first) writePreconditions(sequence, plan);
        writeProcess(sequence, name, below);
        write(sequence);
      }),
    ] as const;
  const parts: ReadonlyArray<readonly [SequenceName, NewSequence]> = [
    section("dependencyResolution", () => undefined),
    section("candidateVerification", () => undefined),
    section("validate", (sequence) => writeValidate(sequence, placed)),
    section("load", (sequence) => writeLoad(sequence, placed)),
    section("invoke", (sequence) => writeInvoke(sequence, plan, placed)),
    section("payloadFetch", (sequence) => writePayloadFetch(sequence, placed)),
    section("install", (sequence) => writeInstall(sequence, placed)),
  ];
  const words = releaseText(plan);
  return {
    sequenceNumber,
    common: {
      components: ids,
      dependencies: new Map(below.map(({ index, prefix }) => [index, { prefix }])),
      shared: build((sequence) => writeShared(sequence, plan, placed, below)),
    },
    referenceUri: plan["reference-uri"],
    componentId: plan["manifest-id"],
    setVersion: plan.version?.numbers,
    sequences: new Map(parts.flatMap(([name, here]) => (here.commands.length === 0 ? [] : [[name, { here }]]))),
    text: words === undefined ? undefined : { here: words },
    coswid: undefined,
  };
}

/** The components of the plan first, then storage and memory, each once; then the places of dependencies. */
function place(
  { components }: ReleasePlan,
  { images, sealed, dependencies = [] }: Ingredients,
): { readonly ids: readonly ComponentId[]; readonly placed: readonly Placed[]; readonly below: readonly Below[] } {
  const ids = components.map(({ id }) => id);
  const indexOf = (id: ComponentId | undefined): number | undefined => {
    if (id === undefined) return undefined;
    const known = ids.findIndex((one) => String(one) === String(id));
    return known >= 0 ? known : ids.push(id) - 1;
  };
  const placed = components.map((plan, index) => ({
    plan,
    images: imagesOf(plan).map((image) => ({ ...image, ...images.get(image.file)! })),
    sealed: sealed?.get(index),
    index,
    stage: indexOf(plan["staged-in"]),
    load: indexOf(plan["load-into"]),
  }));
  const below = dependencies.map((named) => ({ ...named, index: ids.push(named.id) - 1 }));
  return { ids, placed, below };
}

interface Below extends NamedManifest {
  readonly index: number;
}

/** td: fetched before anything else. Whatever it does in a sequence, it does in ours of that name, and is checked each time. */
function writeProcess(sequence: SequenceBuilder, name: SequenceName, below: readonly Below[]): void {
  for (const { index, uri, sequences } of below) {
    const isFetched = name === "dependencyResolution";
    if (isFetched) {
      sequence
        .at(index)
        .set([PARAMETER.uri, text(uri)])
        .run(COMMAND.fetch, "action");
    }
    if (isFetched || sequences.has(name)) sequence.at(index).run(COMMAND.dependencyIntegrity, "check");
    if (sequences.has(name)) sequence.run(COMMAND.processDependency, "action");
  }
}

/** §7.1: is this node meant, and what is the image of each of its components? */
function writeShared(
  sequence: SequenceBuilder,
  plan: ReleasePlan,
  placed: readonly Placed[],
  below: readonly Below[],
): void {
  const vendor = plan["vendor-id"] ?? vendorId(plan.vendor);
  const named = plan["class-id"] ?? classId(vendor, plan.class ?? plan.model ?? "");
  for (const { digest, index } of below) {
    sequence.at(index).set([PARAMETER.imageDigest, { form: "digest", digest }]);
  }
  for (const { images, index } of [...placed, ...(placed.length === 0 ? below.slice(0, 1).map(withoutImages) : [])]) {
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

const withoutImages = ({ index }: Below) => ({ images: [], index });

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
function writePayloadFetch(sequence: SequenceBuilder, placed: readonly Placed[]): void {
  for (const { stage, images, sealed } of placed) {
    const [image] = images;
    if (stage === undefined || image?.uri === undefined) continue;
    // fe: what is fetched is the ciphertext, and it is checked before it is decrypted.
    sequence
      .at(stage)
      .set(...imageParameters(sealed ?? image), [PARAMETER.uri, text(image.uri)])
      .run(COMMAND.fetch, "action")
      .run(COMMAND.imageMatch, "check");
  }
}

/** §7.3 and, with slots, §7.7 */
function writeInstall(sequence: SequenceBuilder, placed: readonly Placed[]): void {
  for (const { index, stage, images, sealed } of placed) {
    const [image] = images;
    if (image?.uri === undefined) continue;
    sequence.at(index);
    if (stage !== undefined) {
      const info = sealed && ({ form: "bytes", bytes: sealed.info } as const);
      sequence
        .set([PARAMETER.encryptionInfo, info], [PARAMETER.sourceComponent, uint(BigInt(stage))])
        .run(COMMAND.copy, "action");
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
