/**
 * Shorter forms of images, made on demand for exactly the pair of what a node runs and what it is to run. Whatever goes wrong, the
 * image travels as it is: a form is only another way to the same bytes, whose digest stands in the offer.
 */
import {
  type Clock,
  EMPTY,
  explain,
  fromHex,
  type Logger,
  type Millis,
  type NodeId,
  RecentMap,
  StoreError,
  seconds,
  shortIdOf,
  toHex,
} from "../../base/index.ts";
import type { Digest, FormBytes, FormName, FormStore, KeptForm } from "../../store/index.ts";
import { chainedLength, chainedSlice } from "../../wire/delta/index.ts";
import type { Tree } from "../../yang/index.ts";
import type { ImageInfo, Images } from "../images/index.ts";
import type { ReportedFirmware } from "../registry/index.ts";
import { chooseForm } from "./choose.ts";
import type { FormKind } from "./job.ts";
import type { FormMaker } from "./workshop.ts";

/** Six characters are an image's id, seven an envelope's. */
const ID_LENGTH = 8;
/** Memory for a patch is some 20 times the images; nodes that take patches have smaller ones. */
const LARGEST = 4 * 1024 * 1024;
/** Questions of one wake: a node that may be offered something later than now waits for one wake only. */
const ONE_WAKE = seconds(5);
/** Nodes whose offers are remembered. */
const NODES = 65_536;
/** Pairs that could not be made, and are not tried again until the gateway starts anew. */
const FAILED = 4096;
/** Forms that are being fetched. */
const SOURCES = 1024;
const ETAG_BYTES = 4;

/** What a node told of the forms that it takes. */
export interface Taken {
  readonly patch: boolean;
  readonly compressed: boolean;
  readonly chained: boolean;
}

export interface Form {
  readonly id: string;
  readonly encoding: FormKind;
  /** Bytes on the wire. */
  readonly length: number;
  /** SHA-256 of the first group of chained blocks; undefined = they are not chained. */
  readonly chain?: Uint8Array;
}

/** Bytes for the block lane. */
export interface FormSource {
  readonly size: number;
  readonly etag: Uint8Array;
  slice(offset: number, length: number): Uint8Array;
}

export interface DeltasParts {
  readonly images: Pick<Images, "stored" | "open">;
  readonly forms: FormStore;
  readonly maker: FormMaker;
  readonly takenBy: (tree: Tree) => Taken;
  readonly firmwareOf: (tree: Tree) => ReportedFirmware;
  /** What is encrypted for somebody has nothing in common with what a node runs. */
  readonly isEncrypted: (image: Digest) => boolean;
  /** Runs evenly. */
  readonly clock: Pick<Clock, "now">;
  readonly log: Logger;
}

/** What a node was told last: it goes on with that, as another form would mean to begin anew. */
interface Offered {
  readonly image: Digest;
  readonly running: Digest | undefined;
  readonly form: Form | undefined;
}

interface Waited {
  readonly image: Digest;
  readonly since: Millis;
}

type Candidate = KeptForm | "making" | undefined;

export class Deltas {
  readonly #parts: DeltasParts;
  readonly #making = new Set<string>();
  readonly #failed = new RecentMap<string, true>(FAILED);
  readonly #offered = new RecentMap<NodeId, Offered>(NODES);
  readonly #waited = new RecentMap<NodeId, Waited>(NODES);
  readonly #sources = new RecentMap<string, FormSource>(SOURCES);
  readonly #byId = new Map<string, { readonly kept: KeptForm; readonly isChained: boolean }>();

  constructor(parts: DeltasParts) {
    this.#parts = parts;
    for (const kept of parts.forms.list()) this.#know(kept);
  }

  /** undefined = the image as it is; `wait` = a form is being made, and the node has not waited for it yet. */
  formFor(node: NodeId, tree: Tree, image: Digest): Form | "wait" | undefined {
    const info = this.#parts.images.stored(image);
    if (info === undefined) return undefined;
    const firmware = this.#parts.firmwareOf(tree);
    const taken = this.#parts.takenBy(tree);
    const hasFailed = failedWith(firmware, image);
    const before = this.#offered.get(node);
    const isSame = before?.image === image && before.running === firmware.running;
    if (isSame && !hasFailed && this.#stands(before.form, taken)) return before.form;
    const form = hasFailed ? undefined : this.#choose(info, firmware.running, taken);
    if (form === "wait" && this.#mayWait(node, image)) return "wait";
    const told = form === "wait" ? undefined : form;
    this.#offered.set(node, { image, running: firmware.running, form: told });
    this.#waited.delete(node);
    return told;
  }

  /** Begins to make what nodes like this one will ask for. */
  warm(tree: Tree, image: Digest): void {
    const info = this.#parts.images.stored(image);
    if (info !== undefined) this.#choose(info, this.#parts.firmwareOf(tree).running, this.#parts.takenBy(tree));
  }

  /** Bytes that a node like this one would fetch now; what is still to be made counts as it is, and is made meanwhile. */
  lengthFor(tree: Tree, image: Digest): number | undefined {
    const info = this.#parts.images.stored(image);
    if (info === undefined) return undefined;
    const form = this.#choose(info, this.#parts.firmwareOf(tree).running, this.#parts.takenBy(tree));
    return form === undefined || form === "wait" ? info.size : form.length;
  }

  /** undefined = there is no such form, or not any more, or its image may be served no more. */
  find(id: string): FormSource | undefined {
    if (id.length !== ID_LENGTH) return undefined;
    const known = this.#byId.get(id);
    if (known === undefined || this.#parts.images.stored(known.kept.to) === undefined) return undefined;
    if (this.#parts.forms.find(known.kept)?.chain !== known.kept.chain) {
      this.#byId.delete(id);
      this.#sources.delete(id);
      return undefined;
    }
    const source = this.#sources.get(id) ?? this.#sourceOf(known.kept, known.isChained);
    this.#sources.set(id, source);
    return source;
  }

  #choose(info: ImageInfo, running: Digest | undefined, taken: Taken): Form | "wait" | undefined {
    const { digest: to, size } = info;
    const mayChange = size <= LARGEST && !this.#parts.isEncrypted(to);
    const from = taken.patch && mayChange && running !== to ? this.#patchable(running) : undefined;
    const patch = from === undefined ? undefined : this.#candidate({ kind: "patch", from, to });
    const compressed = taken.compressed && mayChange ? this.#candidate({ kind: "compressed", to }) : undefined;
    const plain = taken.chained ? this.#candidate({ kind: "plain", to }) : undefined;
    if (patch === "making" || compressed === "making" || plain === "making") return "wait";
    const chosen = { patch, compressed, plain }[
      chooseForm({ plain: size, compressed: compressed?.length, patch: patch?.length })
    ];
    if (chosen === undefined) return undefined;
    // What the disk has lost is known to the store from now on, and made again.
    if (this.#parts.forms.read(chosen) === undefined) return this.#choose(info, running, taken);
    return formOf(chosen, taken.chained, size);
  }

  #patchable(running: Digest | undefined): Digest | undefined {
    const old = running === undefined ? undefined : this.#parts.images.stored(running);
    return old === undefined || old.size > LARGEST ? undefined : running;
  }

  #candidate(name: FormName & { readonly kind: FormKind }): Candidate {
    const { forms } = this.#parts;
    const key = `${name.kind} ${name.to} ${name.from}`;
    if (this.#making.has(key)) return "making";
    const kept = forms.find(name);
    if (kept !== undefined || this.#failed.get(key)) return kept;
    this.#making.add(key);
    this.#make(name)
      .then(() => {
        if (forms.find(name) === undefined) this.#failed.set(key, true); // larger than all the room
      })
      .catch((error: unknown) => {
        this.#failed.set(key, true);
        this.#parts.log.warn("delta.failed", { kind: name.kind, image: name.to, reason: explain(error) });
      })
      .finally(() => this.#making.delete(key));
    return "making";
  }

  async #make(name: FormName & { readonly kind: FormKind }): Promise<void> {
    const { maker, forms, log, clock } = this.#parts;
    const begun = clock.now();
    const { bytes, digests, chain } = await maker.make(() => ({
      kind: name.kind,
      from: name.from === undefined ? EMPTY : this.#bytesOf(name.from),
      to: this.#bytesOf(name.to),
    }));
    const kept = { ...name, length: bytes.length, chain: toHex(chain) };
    await forms.keep(kept, { bytes, digests });
    this.#know(kept);
    const from = name.from === undefined ? {} : { from: name.from };
    log.info("delta.made", { kind: name.kind, image: name.to, ...from, length: bytes.length, ms: clock.now() - begun });
  }

  /** Throws StoreError `store.image-missing`. */
  #bytesOf(digest: Digest): Uint8Array {
    const { images } = this.#parts;
    const info = images.stored(digest);
    if (info === undefined) throw new StoreError("store.image-missing", { digest });
    return images.open(info).slice(0, info.size);
  }

  #know(kept: KeptForm): void {
    for (const isChained of [false, true]) {
      const id = idOf(kept, isChained);
      // With 40 bits nobody will see it: of two with one id the first is served, the second never offered.
      if (!this.#byId.has(id)) this.#byId.set(id, { kept, isChained });
    }
  }

  /** Can what was offered be had still, and used? */
  #stands(form: Form | undefined, taken: Taken): boolean {
    if (form === undefined) return true;
    const isTaken = (form.encoding === "plain" || taken[form.encoding]) && (form.chain === undefined || taken.chained);
    return isTaken && this.find(form.id) !== undefined;
  }

  #mayWait(node: NodeId, image: Digest): boolean {
    const now = this.#parts.clock.now();
    const waited = this.#waited.get(node);
    if (waited?.image === image) return now - waited.since < ONE_WAKE;
    this.#waited.set(node, { image, since: now });
    return true;
  }

  #sourceOf(kept: KeptForm, isChained: boolean): FormSource {
    const chain = fromHex(kept.chain) ?? new Uint8Array(ETAG_BYTES * 2);
    const bodySize = kept.kind === "plain" ? (this.#parts.images.stored(kept.to)?.size ?? 0) : kept.length;
    const body = { size: bodySize, slice: (at: number, length: number) => this.#bodySlice(kept, at, length) };
    if (!isChained) return { ...body, etag: chain.subarray(0, ETAG_BYTES) };
    return {
      size: chainedLength(bodySize),
      etag: chain.subarray(ETAG_BYTES, 2 * ETAG_BYTES),
      slice: (offset, length) => chainedSlice(body, this.#read(kept).digests, { offset, length }),
    };
  }

  #read(kept: KeptForm): FormBytes {
    const content = this.#parts.forms.read(kept);
    if (content === undefined) throw new StoreError("store.damaged", { file: `${kept.kind} of ${kept.to}`, offset: 0 });
    return content;
  }

  #bodySlice(kept: KeptForm, at: number, length: number): Uint8Array {
    if (kept.kind !== "plain") return this.#read(kept).bytes.subarray(at, at + length);
    const { images } = this.#parts;
    const info = images.stored(kept.to);
    if (info === undefined) throw new StoreError("store.image-missing", { digest: kept.to });
    return images.open(info).slice(at, length);
  }
}

/** The chain's first digest says all bytes, so that both ids are made of it: of the form as it is, and of its chained blocks. */
const idOf = ({ chain }: KeptForm, isChained: boolean): string =>
  shortIdOf(chain, ID_LENGTH, isChained ? ID_LENGTH : 0);

function formOf(kept: KeptForm, isChained: boolean, imageSize: number): Form {
  const encoding = kept.kind as FormKind; // those of `#choose`
  const length = encoding === "plain" ? imageSize : kept.length;
  const id = idOf(kept, isChained);
  if (!isChained) return { id, encoding, length };
  return { id, encoding, length: chainedLength(length), chain: fromHex(kept.chain) ?? EMPTY };
}

/** Whatever it was: the image as it is needs nothing of the node but room. */
const failedWith = ({ phase, wanted }: ReportedFirmware, image: Digest): boolean =>
  phase === "failed" && wanted === image;
