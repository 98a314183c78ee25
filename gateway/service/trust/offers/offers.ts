/**
 * The envelopes that go with firmware offers: each is the author's, tailored to one node, and known by its own bytes. Nothing of
 * them is kept on disk: after a restart they are made again, from the same release and what the same node told.
 */
import { createHash } from "node:crypto";
import { BugError, isCoded, type Logger, type NodeId, RecentMap, shortIdOf } from "../../../base/index.ts";
import type { Digest } from "../../../store/index.ts";
import type { Tree } from "../../../yang/index.ts";
import type { Credentials } from "../../credentials/index.ts";
import type { ReportedSuit } from "../../registry/index.ts";
import type { ReleaseInfo, Releases } from "../releases.ts";
import {
  NODE_MAC_BYTES,
  NODE_MAC_INFO,
  type Recipient,
  recipientOf,
  TAILOR_LIMITS,
  type Tailored,
  type TailorOptions,
  tailor,
  withMacOf,
} from "../tailor/index.ts";
import { chooseRelease } from "./choose.ts";

/** Envelopes in memory; those of more nodes are made again when they are asked for. */
const KEPT = 512;
/** Kinds of nodes: releases times sorts of hardware. */
const KINDS = 64;
/** In place of the one that each node has. */
const NOBODYS_KEY = new Uint8Array(NODE_MAC_BYTES);
/** Nodes whose envelopes are known by their ids. */
const HOLDERS = 65_536;
/** Nodes that one question may go through; a block request asks twice, and with a MAC for each node that takes some 0.1 s. */
const LOOKS = 256;
/** Unreadable reports that were told of. */
const TOLD = 1024;
/** `f/ID` has nine characters, one more than that of an image: neither can be taken for the other. */
const ID_LENGTH = 7;
/** So often its characters can be taken from further behind in a digest of 256 bits. */
const ID_PLACES = 7;

export interface EnvelopeOffer {
  readonly id: string;
  readonly bytes: Uint8Array;
  /** SHA-256, hex. */
  readonly digest: Digest;
  /** Digest of the manifest, hex. */
  readonly release: string;
}

/** What faces ask: an envelope for this node, the envelope with this id. */
export interface EnvelopeSource {
  /** `tree`: what the node told. undefined = it told no capabilities, or no standing release names the image. */
  offerFor(node: NodeId, tree: Tree, image: Digest): EnvelopeOffer | undefined;
  /** undefined = nobody was offered it, or its release does not stand any more. */
  find(id: string): EnvelopeOffer | undefined;
}

export interface EnvelopeOffersParts {
  readonly releases: Pick<Releases, "of" | "find">;
  readonly credentials: Pick<Credentials, "deriveKey" | "idsOfNode">;
  readonly suitOf: (tree: Tree) => ReportedSuit | undefined;
  /** undefined = there is no such node any more. */
  readonly treeOf: (node: NodeId) => Tree | undefined;
  /** Who may have been offered what before the restart: the nodes that are in campaigns. */
  readonly underWay: () => Iterable<readonly [node: NodeId, image: Digest]>;
  /** The bytes of an image that is here and not longer than this. */
  readonly smallImage: (digest: Digest, longest: number) => Uint8Array | undefined;
  readonly nodeMac: "never" | "when-needed";
  readonly log: Logger;
  /** From a digest; place counts the ids that others had already. */
  readonly idOf?: (digest: Digest, place: number) => string;
}

type Capable = ReportedSuit & { readonly capabilities: Uint8Array };

/** Nodes that told the same of a release's envelope. */
interface Kind {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly hasMac: boolean;
}

interface Holder {
  readonly node: NodeId;
  readonly image: Digest;
  /** Of the envelope. */
  readonly digest: Digest;
}

export class EnvelopeOffers implements EnvelopeSource {
  readonly #parts: EnvelopeOffersParts;
  readonly #kinds = new RecentMap<string, Kind>(KINDS);
  /** By all that went into them. */
  readonly #made = new RecentMap<string, EnvelopeOffer>(KEPT);
  readonly #byId = new RecentMap<string, EnvelopeOffer>(KEPT);
  readonly #holders = new RecentMap<string, Holder>(HOLDERS);
  readonly #told = new RecentMap<string, true>(TOLD);
  /** Signatures and elements of one release add up, so that its id says too little. */
  readonly #versions = new WeakMap<ReleaseInfo, Digest>();
  #former: Iterator<readonly [NodeId, Digest]> | undefined;

  constructor(parts: EnvelopeOffersParts) {
    this.#parts = parts;
  }

  offerFor(node: NodeId, tree: Tree, image: Digest): EnvelopeOffer | undefined {
    const { releases, suitOf } = this.#parts;
    const told = suitOf(tree);
    if (told?.capabilities === undefined) return undefined;
    const release = chooseRelease(releases.of(image), told);
    if (release === undefined) return undefined;
    const offer = this.#offer(node, release, { ...told, capabilities: told.capabilities });
    this.#byId.set(offer.id, offer);
    this.#holders.set(offer.id, { node, image, digest: offer.digest });
    return offer;
  }

  find(id: string): EnvelopeOffer | undefined {
    if (id.length !== ID_LENGTH) return undefined;
    const offer = this.#byId.get(id) ?? this.#again(id);
    if (offer === undefined) return undefined;
    const release = this.#parts.releases.find(offer.release);
    return release === undefined || release.withdrawn !== undefined ? undefined : offer;
  }

  /**
   * Forgotten, or offered before a restart: then the nodes under way are gone through, once, and some for each question. Whoever
   * asks before its own turn gets a 4.04, and the same id at its next wake.
   */
  #again(id: string): EnvelopeOffer | undefined {
    const holder = this.#holders.get(id);
    if (holder !== undefined) {
      const same = this.#sameAgain(id, holder.node, holder.image);
      if (same !== undefined) return same;
      // That node gets another one today; a second one may still fetch this.
      this.#holders.delete(id);
      this.#former = undefined;
    }
    this.#former ??= this.#parts.underWay()[Symbol.iterator]();
    for (let looked = 0; looked < LOOKS; looked++) {
      const next = this.#former.next();
      if (next.done === true) return undefined;
      const found = this.#sameAgain(id, ...next.value);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #sameAgain(id: string, node: NodeId, image: Digest): EnvelopeOffer | undefined {
    const tree = this.#parts.treeOf(node);
    const offer = tree && this.offerFor(node, tree, image);
    return offer?.id === id ? offer : undefined;
  }

  #offer(node: NodeId, release: ReleaseInfo, told: Capable): EnvelopeOffer {
    const { credentials, nodeMac } = this.#parts;
    const keys = nodeMac === "when-needed" && told.gatewayMac ? credentials.idsOfNode(node) : [];
    const kind = this.#kindOf(node, release, told, keys.length > 0);
    if (!kind.hasMac) return this.#known(kind.key, () => kind.bytes, release);
    const own = `${kind.key} ${keys.join(" ")}`;
    return this.#known(own, () => this.#withMac(kind, node) ?? this.#kindOf(node, release, told, false).bytes, release);
  }

  #known(key: string, make: () => Uint8Array, release: ReleaseInfo): EnvelopeOffer {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const bytes = make();
    const digest = sha256(bytes);
    const offer = { id: this.#freeId(digest), bytes, digest, release: release.id };
    this.#made.set(key, offer);
    return offer;
  }

  /** undefined = its credential cannot be opened, which is told where that was tried. */
  #withMac({ bytes }: Kind, node: NodeId): Uint8Array | undefined {
    const key = this.#parts.credentials.deriveKey(node, NODE_MAC_INFO, NODE_MAC_BYTES);
    return key && withMacOf(bytes, key);
  }

  /** What all nodes that tell the same get; with a MAC of nobody where each of them gets one of its own. */
  #kindOf(node: NodeId, release: ReleaseInfo, told: Capable, mayHaveMac: boolean): Kind {
    const payloads = this.#smallPayloads(release);
    const version = this.#versionOf(release);
    const key = sha256(`${version} ${mayHaveMac} ${[...payloads.keys()].join(" ")}\n`, told.capabilities);
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    const { recipient, fault } = recipientOf(told);
    if (fault !== undefined) this.#tell(node, told.capabilities, fault.code);
    const macKey = (): Uint8Array | undefined => (mayHaveMac ? NOBODYS_KEY : undefined);
    const { bytes, added } = this.#tailored(release, recipient, { payloads, macKey });
    const kind = { key, bytes, hasMac: added > 0 };
    this.#kinds.set(key, kind);
    return kind;
  }

  #tailored(
    { id, envelope }: ReleaseInfo,
    recipient: Recipient,
    options: TailorOptions,
  ): Pick<Tailored, "bytes" | "added"> {
    try {
      return tailor(envelope, recipient, options);
    } catch (error) {
      if (!isCoded(error)) throw error;
      // A fault of ours: as its author made it, the envelope is longer and no less right.
      this.#parts.log.error("envelope.not-tailored", { release: id, code: error.code });
      return { bytes: envelope, added: 0 };
    }
  }

  /** §7.5: what may come along in its envelope, when it is here. */
  #smallPayloads({ payloads }: ReleaseInfo): ReadonlyMap<string, Uint8Array> {
    const found = new Map<string, Uint8Array>();
    for (const { uri, digest, size = 0 } of payloads) {
      if (uri === undefined || size > TAILOR_LIMITS.payload) continue;
      const bytes = this.#parts.smallImage(digest, TAILOR_LIMITS.payload);
      if (bytes !== undefined) found.set(uri, bytes);
    }
    return found;
  }

  /** Once for each report: a node says the same at every wake. */
  #tell(node: NodeId, capabilities: Uint8Array, code: string): void {
    const key = `${node} ${sha256(capabilities)}`;
    if (this.#told.get(key) !== undefined) return;
    this.#told.set(key, true);
    this.#parts.log.warn("envelope.capabilities-unreadable", { node, code });
  }

  #versionOf(release: ReleaseInfo): Digest {
    const known = this.#versions.get(release);
    if (known !== undefined) return known;
    const version = sha256(release.envelope);
    this.#versions.set(release, version);
    return version;
  }

  /** Two envelopes with one id would be taken for each other: the later one takes its id from further behind in its digest. */
  #freeId(digest: Digest): string {
    const { idOf = usualId } = this.#parts;
    for (let place = 0; place < ID_PLACES; place++) {
      const id = idOf(digest, place);
      const taken = this.#holders.get(id);
      if (taken === undefined || taken.digest === digest) return id;
    }
    throw new BugError("service.bug", { what: "every id of an envelope is taken" });
  }
}

const usualId = (digest: Digest, place: number): string => shortIdOf(digest, ID_LENGTH, place * ID_LENGTH);

function sha256(...parts: ReadonlyArray<Uint8Array | string>): Digest {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
