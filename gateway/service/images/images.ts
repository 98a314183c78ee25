/** The image library: which images nodes may fetch. Bytes lie in the image store, by digest; visible = accepted. */
import { type Logger, type Millis, StoreError, TrustError, UsageError } from "../../base/index.ts";
import {
  type Digest,
  decodePlain,
  encodePlain,
  type Fact,
  type ImageStore,
  type Projection,
  type Received,
  type Recorder,
  type StateChange,
  type StateStore,
  type StoredImage,
} from "../../store/index.ts";
import type { TrustService, Verdict } from "../trust/index.ts";
import { shortId } from "./short-id.ts";

const TABLE = "image";

export interface ImageInfo {
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
}

export interface ImagesOptions {
  readonly store: ImageStore;
  readonly trust: TrustService;
  readonly maxBytes: number;
  readonly log: Logger;
  readonly shortIdOf?: (digest: Digest) => string;
}

/** The accepted images; a projection of the journal over the image store. */
export class Images implements Projection {
  readonly name = "images";
  readonly #options: ImagesOptions;
  readonly #byDigest = new Map<Digest, ImageInfo>();
  readonly #byId = new Map<string, ImageInfo>();
  readonly #dirty = new Set<Digest>();
  /** Digests and short ids of imports under way: of two equal ones only the first may succeed. */
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
   * `image.digest` or `image.unsigned`; nothing is left behind then.
   */
  async add(
    source: AsyncIterable<Uint8Array>,
    claim: ImageClaim,
    actor: string,
    recorder: Recorder,
  ): Promise<ImageInfo> {
    const { store, maxBytes } = this.#options;
    const received = await store.receive(source, { name: claim.name, maxBytes });
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
      const image = await this.#accept(received, claim, id, actor, recorder);
      if (image.verified === "lab") this.#options.log.warn("image.unsigned-accepted", { name: claim.name, digest });
      return image;
    } catch (error) {
      await received.discard();
      throw error;
    } finally {
      if (reserved) this.#arriving.delete(digest);
    }
  }

  async #accept(
    received: Received,
    { name, model, version }: ImageClaim,
    id: string,
    actor: string,
    recorder: Recorder,
  ): Promise<ImageInfo> {
    const { digest, size } = received;
    const verified = await this.#options.trust.accept({ name, model, version, digest, size });
    await received.keep();
    try {
      await recorder.record("image.added", { digest, id, size, model, version, name, verified, actor });
    } catch (error) {
      await this.#options.store.remove(digest); // nobody would ever ask for it
      throw error;
    }
    return this.get(digest);
  }

  #checkDigest({ digest }: Received, { name, digest: announced }: ImageClaim): void {
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
    for (const [, bytes] of await state.entries(TABLE)) this.#put(decodePlain(bytes) as ImageInfo);
  }

  apply(fact: Fact): void {
    if (fact.type !== "image.added") return;
    const { digest, id, size, model, version, name, verified } = fact;
    this.#put({ digest, id, size, model, version, name, verified, added: fact.at });
    this.#dirty.add(digest);
  }

  #put(image: ImageInfo): void {
    this.#byDigest.set(image.digest, image);
    this.#byId.set(image.id, image);
  }

  drain(): readonly StateChange[] {
    const changes = [...this.#dirty].map((digest) => {
      const image = this.#byDigest.get(digest);
      return { table: TABLE, key: digest, value: image && encodePlain(image) };
    });
    this.#dirty.clear();
    return changes;
  }
}
