/** The image library: which images nodes may fetch. Bytes lie in the image store, by digest; visible = accepted. */
import { BugError, type Logger, type Millis, StoreError, TrustError, UsageError } from "../../base/index.ts";
import {
  type Digest,
  decodePlain,
  encodePlain,
  type Fact,
  type ImageStore,
  isOff,
  keyOf,
  moved,
  type Projection,
  type Received,
  type Recorder,
  type Shift,
  type StateChange,
  type StateStore,
  type StoredImage,
  shiftOf,
} from "../../store/index.ts";
import type { Candidate, TrustService, Verdict } from "../trust/index.ts";
import { FormatCheck, type FoundFormat, type ImageFormat, remarksOn } from "./format.ts";
import { shortId } from "./short-id.ts";

const TABLE = "image";
const URI_TABLE = "image-uri";

export interface ImageInfo extends FoundFormat {
  readonly digest: Digest;
  readonly id: string;
  readonly size: number;
  readonly model: string;
  readonly version: string;
  readonly name: string;
  readonly verified: Verdict;
  readonly added: Millis;
}

/** What the one who brings an image says about it. */
export interface ImageClaim {
  readonly name: string;
  readonly model: string;
  readonly version: string;
  /** Announced SHA-256, hex; checked when given. */
  readonly digest?: Digest;
  /** Announced length in bytes; checked when given. */
  readonly size?: number;
  /** Found out by its first bytes when not given. */
  readonly format?: ImageFormat;
}

/** An image whose bytes are still to be had from its author, or were. */
export interface NamedImage {
  /** In its normal form. */
  readonly uri: string;
  readonly digest: Digest;
  /** Where nobody said it, it is what arrives, up to the largest that is taken. */
  readonly size?: number;
  readonly model: string;
  readonly version: string;
  readonly name: string;
  readonly verified: Verdict;
  readonly actor: string;
  readonly named: Millis;
  readonly format?: ImageFormat;
  /** The commands, by their keys, for whose sake alone it is awaited; absent: it was named for good. */
  readonly commands?: readonly string[];
}

/** `replaced`: what was named at the same URI before, and is fetched from there no longer. */
export interface Announced {
  readonly named: NamedImage;
  readonly replaced: NamedImage | undefined;
}

/** What a release says about an image that is to be fetched. */
export type NamedClaim = Pick<NamedImage, "uri" | "digest" | "size" | "model" | "version" | "name" | "format">;

export type RemovedImage = Pick<ImageInfo, "digest" | "id" | "model" | "version">;

export interface ImagesOptions {
  readonly store: ImageStore;
  readonly trust: TrustService;
  readonly maxBytes: number;
  readonly log: Logger;
  readonly shortIdOf?: (digest: Digest) => string;
}

/** Who brings the bytes, and who says that they may be believed. */
interface Bringer {
  readonly actor: string;
  accept(candidate: Candidate): Promise<Verdict>;
  /** Asked again before the image is made visible. Throws when nobody wants it any more. */
  check?(): void;
}

interface Arrival {
  readonly received: Received;
  readonly format: FormatCheck;
  readonly claim: ImageClaim;
  readonly id: string;
}

/** `removed`: its bytes are gone; campaigns that are over still name it. */
type Kept = ImageInfo & { readonly removed?: Millis };

/** The accepted images; a projection of the journal over the image store. */
export class Images implements Projection {
  readonly name = "images";
  readonly #options: ImagesOptions;
  readonly #byDigest = new Map<Digest, ImageInfo>();
  readonly #byId = new Map<string, ImageInfo>();
  readonly #removed = new Map<Digest, Kept>();
  readonly #byUri = new Map<string, NamedImage>();
  readonly #dirty = new Set<Digest>();
  readonly #dirtyUris = new Set<string>();
  /** Digests and short ids of imports and removals under way: of two equal ones only the first may succeed. */
  readonly #arriving = new Map<Digest, string>();

  constructor(options: ImagesOptions) {
    this.#options = options;
  }

  list(): readonly ImageInfo[] {
    return [...this.#byDigest.values()];
  }

  /** By digest, the start of a digest (8 digits or more), or short id. Throws UsageError `image.unknown`. */
  get(reference: string): ImageInfo {
    const wanted = reference.toLowerCase();
    const image = this.#byDigest.get(wanted) ?? this.#byId.get(wanted) ?? this.#byPrefix(wanted);
    if (image === undefined) throw new UsageError("image.unknown", { image: reference });
    return image;
  }

  #byPrefix(prefix: string): ImageInfo | undefined {
    if (prefix.length < 8) return undefined;
    const matches = this.list().filter((image) => image.digest.startsWith(prefix));
    return matches.length === 1 ? matches[0] : undefined;
  }

  /** Of a campaign: those that were removed since are told, too. Throws UsageError `image.unknown`. */
  of(digest: Digest): ImageInfo {
    return this.#byDigest.get(digest) ?? this.#removed.get(digest) ?? this.get(digest);
  }

  /** Named and not here, by short id, digest, or the start of a digest. */
  awaitedBy(reference: string): NamedImage | undefined {
    const wanted = reference.toLowerCase();
    const matches = this.awaited().filter(
      ({ digest }) => shortId(digest) === wanted || (wanted.length >= 8 && digest.startsWith(wanted)),
    );
    return matches.length === 1 ? matches[0] : undefined;
  }

  /**
   * Forgets an image and its bytes, or that it was named. Whether a campaign needs it is for the caller to know. Throws
   * UsageError `image.unknown`.
   */
  async remove(reference: string, actor: string, recorder: Recorder): Promise<RemovedImage> {
    const { digest, model, version } = this.awaitedBy(reference) ?? this.get(reference);
    const removed = { digest, id: shortId(digest), model, version };
    this.#arriving.set(digest, removed.id);
    try {
      await recorder.record("image.removed", { digest, actor });
      await this.#options.store.remove(digest);
      return removed;
    } finally {
      this.#arriving.delete(digest);
    }
  }

  byId(id: string): ImageInfo | undefined {
    return this.#byId.get(id);
  }

  /** The bytes of an accepted image. Throws StoreError `store.image-missing` when its file is gone. */
  open(image: ImageInfo): StoredImage {
    const stored = this.#options.store.open(image.digest);
    if (stored === undefined) throw new StoreError("store.image-missing", { digest: image.digest });
    return stored;
  }

  /** Are the bytes there? What has lost its file is not offered. */
  isAvailable(image: ImageInfo): boolean {
    return this.#options.store.open(image.digest) !== undefined;
  }

  /**
   * Streams an image in once and makes it visible when it is believed. Throws UsageError `image.*`, TrustError
   * `image.digest`, `image.unsigned` or `image.mcuboot-hash`, WireError
   * `image.mcuboot`; nothing is left behind then.
   */
  add(source: AsyncIterable<Uint8Array>, claim: ImageClaim, actor: string, recorder: Recorder): Promise<ImageInfo> {
    const { trust } = this.#options;
    return this.#takeIn(source, claim, { actor, accept: (candidate) => trust.accept(candidate) }, recorder);
  }

  async #takeIn(
    source: AsyncIterable<Uint8Array>,
    claim: ImageClaim,
    by: Bringer,
    recorder: Recorder,
  ): Promise<ImageInfo> {
    const { store, maxBytes } = this.#options;
    const { name } = claim;
    const format = new FormatCheck(name, claim.format);
    const received = await store.receive(source, { name, maxBytes, beginning: format.beginning });
    const { digest } = received;
    let reserved = false;
    try {
      this.#checkDigest(received, claim);
      const known = this.#byDigest.get(digest);
      if (known !== undefined && !this.isAvailable(known)) {
        await received.keep(); // its file was lost; these are the bytes that were accepted
        return known;
      }
      const id = this.#freeId(digest);
      this.#arriving.set(digest, id);
      reserved = true;
      const image = await this.#accept({ received, format, claim, id }, by, recorder);
      this.#tell(image, format);
      return image;
    } catch (error) {
      await received.discard();
      throw error;
    } finally {
      if (reserved) this.#arriving.delete(digest);
    }
  }

  /**
   * Says where an image is to be had: the trust service judges the claim before a byte is fetched, and only what was
   * named here is ever fetched. `command`: the actor's, where it is awaited for the sake of that only. Throws UsageError
   * `image.too-large`, `image.short-id`, TrustError `image.unsigned`.
   */
  async announce(claim: NamedClaim, actor: string, recorder: Recorder, command?: string): Promise<Announced> {
    const { uri, digest, size, model, version, name } = claim;
    const { maxBytes, trust } = this.#options;
    const format = claim.format === undefined ? {} : { format: claim.format };
    if (size !== undefined && size > maxBytes) throw new UsageError("image.too-large", { name, limit: maxBytes });
    if (!this.#byDigest.has(digest)) this.#freeId(digest);
    const verified = await trust.accept({ name, model, version, digest, size });
    const former = this.#byUri.get(uri);
    const durable = recorder.record("image.named", {
      uri,
      digest,
      ...(size === undefined ? {} : { size }),
      model,
      version,
      name,
      verified,
      ...format,
      actor,
      ...(command === undefined ? {} : { command }),
    });
    const named = this.#byUri.get(uri); // now: somebody else may name the same URI before this is durable
    await durable;
    if (named === undefined) throw new BugError("service.bug", { what: "an image that was named is not there" });
    return { named, replaced: former?.digest === digest ? undefined : former };
  }

  /** Those that were named and are not stored; of several URIs of one image the one named first. */
  awaited(): readonly NamedImage[] {
    const lastFirst = this.sources().toReversed();
    return [...new Map(lastFirst.map((named) => [named.digest, named])).values()].reverse();
  }

  /** Where those that are not stored are to be had: by all their URIs, the one named first first. */
  sources(): readonly NamedImage[] {
    const missing = [...this.#byUri.values()].filter(({ digest }) => this.stored(digest) === undefined);
    return missing.sort((a, b) => a.named - b.named);
  }

  /** By the normal form of its URI. */
  byUri(uri: string): NamedImage | undefined {
    return this.#byUri.get(uri);
  }

  /** The image with these bytes, once they are here and may be served. */
  stored(digest: Digest): ImageInfo | undefined {
    const image = this.#byDigest.get(digest);
    return image !== undefined && this.isAvailable(image) ? image : undefined;
  }

  /** Takes in the bytes of a named image. Throws TrustError `image.digest`, `image.size`; nothing is left behind then. */
  fetched(source: AsyncIterable<Uint8Array>, named: NamedImage, recorder: Recorder): Promise<ImageInfo> {
    // The claim that was accepted has digest and size in it: these bytes are what was judged, or they are refused. Without a
    // size it is judged again, now that there is one.
    const { actor, verified, name, size } = named;
    const { trust } = this.#options;
    const accept: Bringer["accept"] =
      size === undefined ? (candidate) => trust.accept(candidate) : async () => verified;
    const check = (): void => {
      if (this.#byUri.get(named.uri)?.digest !== named.digest) throw new UsageError("image.unwanted", { name });
    };
    return this.#takeIn(source, named, { actor, accept, check }, recorder);
  }

  async #accept({ received, format, claim, id }: Arrival, by: Bringer, recorder: Recorder): Promise<ImageInfo> {
    const { name, model, version } = claim;
    const { digest, size } = received;
    const verified = await by.accept({ name, model, version, digest, size });
    const found = await format.check(received);
    await received.keep();
    try {
      by.check?.();
    } catch (error) {
      await this.#options.store.remove(digest); // nobody would ever ask for it
      throw error;
    }
    // When this fails nobody knows whether the fact is on the disk: the next start does, and sweeps.
    await recorder.record("image.added", {
      digest,
      id,
      size,
      model,
      version,
      name,
      verified,
      ...found,
      actor: by.actor,
    });
    return this.get(digest);
  }

  #tell(image: ImageInfo, { isOverruled }: FormatCheck): void {
    const { log } = this.#options;
    const { name, digest } = image;
    if (image.verified === "lab") log.warn("image.unsigned-accepted", { name, digest });
    if (isOverruled) log.warn("image.format-overruled", { name, digest });
    for (const { code } of remarksOn(image)) log.warn("image.remark", { name, digest, code });
  }

  /**
   * At a start, before anything comes in: removes the bytes that no fact names, since the gateway died between the two, or
   * between the fact of a removal and the removal. Says how many.
   */
  async sweep(stored: readonly Digest[]): Promise<number> {
    const unknown = stored.filter((digest) => !this.#byDigest.has(digest));
    for (const digest of unknown) await this.#options.store.remove(digest);
    if (unknown.length > 0) this.#options.log.warn("images.swept", { images: unknown.length });
    return unknown.length;
  }

  #checkDigest({ digest, size }: Received, { name, digest: announced, size: expected }: ImageClaim): void {
    if (expected !== undefined && expected !== size)
      throw new TrustError("image.size", { name, actual: size, expected });
    if (announced === undefined || announced.toLowerCase() === digest) return;
    throw new TrustError("image.digest", { name, actual: digest, expected: announced });
  }

  /** Throws UsageError `image.exists`, `image.short-id`; what is on its way in counts as here. */
  #freeId(digest: Digest): string {
    const same = this.#byDigest.get(digest);
    if (same !== undefined) throw new UsageError("image.exists", { model: same.model, version: same.version });
    if (this.#arriving.has(digest)) throw new UsageError("image.exists", { model: "this", version: "one, just now" });
    const id = (this.#options.shortIdOf ?? shortId)(digest);
    const taken = this.#byId.has(id) || [...this.#arriving.values()].includes(id);
    if (taken) throw new UsageError("image.short-id", { id });
    return id;
  }

  async load(state: StateStore): Promise<void> {
    for (const [digest, bytes] of await state.entries(TABLE)) {
      const image = decodePlain(bytes) as Kept;
      if (image.removed === undefined) this.#put(image);
      else {
        this.#removed.set(digest, image);
        await this.#options.store.remove(digest); // a crash may have come between the fact and this
      }
    }
    for (const [uri, bytes] of await state.entries(URI_TABLE)) this.#byUri.set(uri, decodePlain(bytes) as NamedImage);
  }

  apply(fact: Fact): void {
    if (fact.type === "image.named") {
      const { uri, digest, size, model, version, name, verified, actor, at } = fact;
      const more = {
        ...(size === undefined ? {} : { size }),
        ...(fact.format === undefined ? {} : { format: fact.format }),
        ...this.#forWhom(fact),
      };
      const former = this.#byUri.get(uri);
      const named = former?.digest === digest ? former.named : at; // to say it again is not to stand behind others
      this.#byUri.set(uri, { uri, digest, model, version, name, verified, actor, named, ...more });
      this.#dirtyUris.add(uri);
    }
    if (fact.type === "image.removed") this.#forget(fact);
    if (fact.type === "command.done" && fact.outcome !== "completed") this.#endWaiting(keyOf(fact));
    if (fact.type === "clock.state") this.#shift(shiftOf(fact));
    if (fact.type !== "image.added") return;
    const { digest, id, size, model, version, name, verified } = fact;
    this.#put({ digest, id, size, model, version, name, verified, ...formatOf(fact), added: fact.at });
    this.#dirty.add(digest);
    this.#keepNames(digest);
  }

  /** Who names for good what a command waits for, or has named it so before, wants it whatever becomes of the command. */
  #forWhom(fact: Extract<Fact, { type: "image.named" }>): Pick<NamedImage, "commands"> {
    const { uri, digest, actor, command: id } = fact;
    const former = this.#byUri.get(uri);
    const known = former?.digest === digest ? former.commands : [];
    if (id === undefined || known === undefined || this.#byDigest.has(digest)) return {};
    return { commands: [...known, keyOf({ actor, id })] };
  }

  #endWaiting(command: string): void {
    for (const named of this.#byUri.values()) {
      if (!named.commands?.includes(command)) continue;
      const commands = named.commands.filter((each) => each !== command);
      if (commands.length === 0) this.#byUri.delete(named.uri);
      else this.#byUri.set(named.uri, { ...named, commands });
      this.#dirtyUris.add(named.uri);
    }
  }

  /** Its bytes are here: under all its URIs nodes may have it from now on. */
  #keepNames(digest: Digest): void {
    for (const { commands, ...named } of this.#byUri.values()) {
      if (named.digest !== digest || commands === undefined) continue;
      this.#byUri.set(named.uri, named);
      this.#dirtyUris.add(named.uri);
    }
  }

  #shift(shift: Shift | undefined): void {
    if (shift === undefined) return;
    for (const image of this.#byDigest.values()) {
      if (!isOff(image.added, shift)) continue;
      this.#put({ ...image, added: moved(image.added, shift) });
      this.#dirty.add(image.digest);
    }
    for (const [uri, image] of this.#byUri) {
      if (!isOff(image.named, shift)) continue;
      this.#byUri.set(uri, { ...image, named: moved(image.named, shift) });
      this.#dirtyUris.add(uri);
    }
  }

  #forget({ digest, at }: Extract<Fact, { type: "image.removed" }>): void {
    for (const { uri } of [...this.#byUri.values()].filter((named) => named.digest === digest)) {
      this.#byUri.delete(uri);
      this.#dirtyUris.add(uri);
    }
    const image = this.#byDigest.get(digest);
    if (image === undefined) return;
    this.#byDigest.delete(digest);
    this.#byId.delete(image.id);
    this.#removed.set(digest, { ...image, removed: at });
    this.#dirty.add(digest);
  }

  #put(image: ImageInfo): void {
    this.#removed.delete(image.digest);
    this.#byDigest.set(image.digest, image);
    this.#byId.set(image.id, image);
  }

  drain(): readonly StateChange[] {
    const changes = [...this.#dirty].map((digest) => {
      const image = this.#byDigest.get(digest) ?? this.#removed.get(digest);
      return { table: TABLE, key: digest, value: image && encodePlain(image) };
    });
    for (const uri of this.#dirtyUris) {
      const named = this.#byUri.get(uri);
      changes.push({ table: URI_TABLE, key: uri, value: named && encodePlain(named) });
    }
    this.#dirty.clear();
    this.#dirtyUris.clear();
    return changes;
  }
}

const formatOf = ({ format, built, encrypted }: FoundFormat): FoundFormat => ({
  ...(format === undefined ? {} : { format }),
  ...(built === undefined ? {} : { built }),
  ...(encrypted === undefined ? {} : { encrypted }),
});
