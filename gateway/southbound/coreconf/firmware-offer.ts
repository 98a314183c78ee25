/**
 * The firmware offer of a wake: what the campaigns want of the node, joined with where the bytes lie and in which form. The
 * check-in's answer and the datastore of a node without the check-in say the same.
 */
import { EMPTY, fromHex, type Logger, type Millis, type NodeId } from "../../base/index.ts";
import type { Offer } from "../../service/campaign/index.ts";
import type { Images } from "../../service/images/index.ts";
import { houseNode } from "../../service/registry/index.ts";
import type { EnvelopeSource } from "../../service/trust/index.ts";
import type { Schema, Sid, Tree, Value } from "../../yang/index.ts";
import { type OfferServices, offeredNow } from "./offered.ts";

export interface FirmwareOffer {
  /** SHA-256 and length of the image, in whatever form it travels. */
  readonly digest: Uint8Array;
  readonly size: number;
  /** Path on this gateway of what is to be fetched. */
  readonly uri: string;
  readonly envelope?: string | undefined;
  /** In seconds; `FOREVER` = nobody can say when. */
  readonly applyIn?: number | undefined;
  readonly confirmWithin?: number | undefined;
  /** What lies at `uri`, when it is not the image. */
  readonly encoded?: Encoded | undefined;
}

export interface Encoded {
  readonly encoding: "plain" | "patch" | "compressed";
  readonly length: number;
  /** SHA-256 of the first group of chained blocks. */
  readonly chain?: Uint8Array;
}

export interface FirmwareOfferServices extends OfferServices {
  readonly images: Images;
  /** The SUIT envelopes that go with images; without it offers name none. */
  readonly envelopes?: EnvelopeSource;
  /** Shorter forms of an image; without it every image travels as it is. */
  readonly encodings?: EncodingSource;
  /** Path of what has this id on this gateway. */
  readonly imageUri: (id: string) => string;
  readonly clock: { now(): Millis };
  readonly log?: Logger;
}

/** How an image is to travel to a node. */
export interface EncodingSource {
  /** undefined = as it is. `wait`: a shorter form is being made and worth a wake. */
  formFor(node: NodeId, tree: Tree, image: string): (Encoded & { readonly id: string }) | "wait" | undefined;
}

/** What lies at its URI is not the image. */
export const isEncoded = (offer: FirmwareOffer | undefined): boolean =>
  offer?.encoded !== undefined && offer.encoded.encoding !== "plain";

/** `applyIn`: nobody can say when. */
export const FOREVER = 0xffff_ffff;

/** undefined = nothing, in this wake. `tree`: the node's datastore with what it has just told. */
export function firmwareOffer(
  node: NodeId,
  tree: Tree,
  services: FirmwareOfferServices,
): { readonly offer: FirmwareOffer; readonly by: Offer } | undefined {
  const { images, envelopes, encodings, imageUri, clock, log } = services;
  const by = offeredNow(node, tree, services);
  if (by === undefined) return undefined;
  const image = images.get(by.image);
  if (!images.isAvailable(image)) {
    log?.error("check-in.image-missing", { node, digest: image.digest });
    return undefined;
  }
  const form = encodings?.formFor(node, tree, image.digest);
  if (form === "wait") return undefined;
  const suit = envelopes?.offerFor(node, tree, image.digest);
  const offer = {
    digest: fromHex(image.digest) ?? EMPTY,
    size: image.size,
    uri: imageUri(form?.id ?? image.id),
    envelope: suit && imageUri(suit.id),
    applyIn: applyIn(by, clock.now()),
    confirmWithin: by.confirmWithin,
    encoded: form,
  };
  return { offer, by };
}

function applyIn({ applyAt }: Offer, now: Millis): number | undefined {
  if (applyAt === undefined) return undefined;
  return applyAt === "closed" ? FOREVER : Math.min(FOREVER, Math.max(1, Math.ceil((applyAt - now) / 1000)));
}

const ENCODINGS = { plain: 0, patch: 1, compressed: 2 } as const;

/** Writes an offer as the container at `path`: that of the check-in's answer, or that of `pending`. */
export function offerWriter(house: Schema, path: string): (offer: FirmwareOffer) => Tree {
  const at = (leaf: string): Sid => houseNode(house, `${path}/${leaf}`).sid;
  const digest = at("digest");
  const size = at("size");
  const uri = at("uri");
  const envelope = at("envelope");
  const encoding = at("encoding");
  const length = at("length");
  const chain = at("chain");
  const applyInAt = at("apply-in");
  const confirmWithin = at("confirm-within");
  return (offer) => {
    const tree = new Map<Sid, Value>([
      [digest, offer.digest],
      [size, offer.size],
      [uri, offer.uri],
    ]);
    if (offer.envelope !== undefined) tree.set(envelope, offer.envelope);
    if (offer.applyIn !== undefined) tree.set(applyInAt, offer.applyIn);
    if (offer.confirmWithin !== undefined) tree.set(confirmWithin, offer.confirmWithin);
    if (offer.encoded !== undefined) {
      if (offer.encoded.encoding !== "plain") tree.set(encoding, ENCODINGS[offer.encoded.encoding]);
      if (offer.encoded.length !== offer.size) tree.set(length, offer.encoded.length);
      if (offer.encoded.chain !== undefined) tree.set(chain, offer.encoded.chain);
    }
    return tree;
  };
}
