/**
 * suit-manifest-37 §8.2, §8.3 — SUIT_Envelope from bytes: what is needed to check who made it, and not one byte more. The
 * manifest stays a byte string until its signature was verified (§6.2).
 */
import { WireError } from "../../../base/index.ts";
import { CborReader, ENVELOPE as ENVELOPE_POLICY, keysOf, MAJOR } from "../../cbor/index.ts";
import { readDigest } from "../digest.ts";
import { ENVELOPE, SEVERABLE, TAG } from "../labels.ts";
import { checkLimit } from "../limits.ts";
import { malformed, readSmall, readWhole, readWrapped } from "../strict.ts";
import type { Envelope, Wrapped } from "../types.ts";
import { DIALECTS, dialectOf } from "./dialect.ts";

export interface ReadEnvelopeOptions {
  /** Envelopes without tag 107 are taken too: TEEP and integrated dependencies carry them so. */
  readonly untagged?: boolean;
}

export function readEnvelope(bytes: Uint8Array, options: ReadEnvelopeOptions = {}): Envelope {
  try {
    return readStrictly(bytes, options);
  } catch (error) {
    const dialect = error instanceof WireError ? dialectOf(bytes) : undefined;
    if (dialect === undefined) throw error;
    throw new WireError("suit.dialect", { dialect: DIALECTS[dialect] }, { cause: error });
  }
}

function readStrictly(bytes: Uint8Array, { untagged = false }: ReadEnvelopeOptions): Envelope {
  const reader = new CborReader(bytes, ENVELOPE_POLICY);
  const tagged = readTag(reader, untagged);
  const members: Members = { severable: new Map(), integrated: new Map() };
  for (const key of keysOf(reader, readKey)) {
    if (typeof key === "string") readPayload(reader, key, members);
    else readMember(reader, key, members);
  }
  reader.finish();
  const { authentication, manifest, severable, integrated } = members;
  if (authentication === undefined) throw missing("authentication wrapper");
  if (manifest === undefined) throw missing("manifest");
  const payloads = [...integrated.values()].reduce((sum, { length }) => sum + length, 0);
  checkLimit("envelope", bytes.length - payloads);
  return { tagged, authentication, manifest, severable, integrated };
}

interface Members {
  authentication?: Envelope["authentication"];
  manifest?: Wrapped;
  readonly severable: Map<number, Wrapped>;
  readonly integrated: Map<string, Uint8Array>;
}

const WHERE = "the envelope";
const SEVERABLE_LABELS: ReadonlySet<number> = new Set(Object.values(SEVERABLE));
const missing = (element: string): WireError => new WireError("suit.missing", { where: WHERE, element });

/** §11: tag 107 and no other, and only here. */
function readTag(reader: CborReader, untagged: boolean): boolean {
  if (reader.major() !== MAJOR.tag) {
    if (!untagged) throw new WireError("suit.tag", { found: "no tag" });
    return false;
  }
  const tag = reader.tag();
  if (tag !== TAG.envelope) throw new WireError("suit.tag", { found: `tag ${tag}` });
  return true;
}

const readKey = (reader: CborReader): number | string =>
  reader.major() === MAJOR.text ? reader.text() : readSmall(reader);

function readMember(reader: CborReader, label: number, members: Members): void {
  if (label === ENVELOPE.delegation) throw new WireError("suit.delegation", {});
  if (label === ENVELOPE.authentication) {
    members.authentication = readWhole(reader.byteString(), readAuthentication);
  } else if (label === ENVELOPE.manifest) members.manifest = readWrapped(reader);
  else if (SEVERABLE_LABELS.has(label)) members.severable.set(label, readWrapped(reader));
  else throw new WireError("suit.element", { where: WHERE, label });
}

/** §7.5: the key is the URI. */
function readPayload(reader: CborReader, uri: string, { integrated }: Members): void {
  if (uri === "") throw malformed(WHERE, "an integrated payload has no URI");
  checkLimit("integrated", integrated.size + 1);
  integrated.set(uri, reader.byteString());
}

/** §8.3: the digest, then the blocks that sign it. A wrapper of none is well-formed and proves nothing. */
function readAuthentication(reader: CborReader): Envelope["authentication"] {
  const count = reader.array();
  if (count === 0) throw missing("digest of its manifest");
  checkLimit("blocks", count - 1);
  const signed = reader.byteString();
  const blocks: Uint8Array[] = [];
  for (let left = reader.next(reader.next(count)); left >= 0; left = reader.next(left))
    blocks.push(reader.byteString());
  return { signed, digest: readWhole(signed, (inner) => readDigest(inner, WHERE)), blocks };
}

/** §6.2: a recipient needs at least one block to believe anything. */
export function checkAuthenticated({ authentication: { blocks } }: Envelope): void {
  if (blocks.length === 0) throw new WireError("suit.no-authentication", {});
}
