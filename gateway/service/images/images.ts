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

export class Images implements Projection {
  readonly name = "images";
  readonly #options: ImagesOptions;
  readonly #byDigest = new Map<Digest, ImageInfo>();
  readonly #byId = new Map<string, ImageInfo>();
  readonly #dirty = new Set<Digest>();

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
    const { store, trust, maxBytes } = this.#options;
    const received = await store.receive(source, { name: claim.name, maxBytes });
    try {
      const id = this.#check(received, claim);
      const { digest, size } = received;
      const verified = await trust.accept({
        name: claim.name,
        model: claim.model,
        version: claim.version,
        digest,
        size,
      });
      this.#check(received, claim); // another import may have ended meanwhile
      await received.keep();
      const { name, model, version } = claim;
      await recorder.record("image.added", { digest, id, size, model, version, name, verified, actor });
      if (verified === "lab") this.#options.log.warn("image.unsigned-accepted", { name, digest });
      return this.get(digest);
    } catch (error) {
      await received.discard();
      throw error;
    }
  }

  #check(received: Received, claim: ImageClaim): string {
    const { digest } = received;
    if (claim.digest !== undefined && claim.digest.toLowerCase() !== digest) {
      throw new TrustError("image.digest", { name: claim.name, actual: digest, expected: claim.digest });
    }
    const same = this.#byDigest.get(digest);
    if (same !== undefined) throw new UsageError("image.exists", { model: same.model, version: same.version });
    const id = (this.#options.shortIdOf ?? shortId)(digest);
    if (this.#byId.has(id)) throw new UsageError("image.short-id", { id });
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
