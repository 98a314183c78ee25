/**
 * draft-ietf-suit-manifest-09 §8.2, §8.3 — the envelope as RIOT reads it: COSE_Sign1 messages whose payload, the digest, is
 * attached, and the manifest. RIOT's tool writes one encoding (shortest heads, definite lengths, keys in order), so only that
 * one is read: but for digest, signature and manifest every byte is what it must be.
 */
import { equalBytes, WireError } from "../../../base/index.ts";
import { CborReader, ENVELOPE as ENVELOPE_POLICY, keysOf } from "../../cbor/index.ts";
import { asKind, decodeMessage } from "../../cose/index.ts";
import { digestOf, SHA_256 } from "../digest.ts";
import { checkLimit } from "../limits.ts";
import { encode, malformed, readSmall, readWhole, readWrapped, wrap, writeInside, writeLabelled } from "../strict.ts";
import type { Envelope, Wrapped } from "../types.ts";
import { RIOT09, RIOT09_LIMITS } from "./labels.ts";
import { encodeRiot09Manifest, type NewRiot09Manifest } from "./manifest.ts";
import { readRiot09Digest } from "./sequence.ts";

const WHERE = "the envelope";
const SIGNATURE_LENGTH = 64;

export function readRiot09(bytes: Uint8Array): Envelope {
  const { envelope: limit } = RIOT09_LIMITS;
  if (bytes.length > limit) throw new WireError("suit.limit", { what: "envelope", found: bytes.length, limit });
  const reader = new CborReader(bytes, ENVELOPE_POLICY);
  let blocks: readonly Uint8Array[] | undefined;
  let manifest: Wrapped | undefined;
  for (const label of keysOf(reader, readSmall)) {
    if (label === RIOT09.envelope.authentication) blocks = readWhole(reader.byteString(), readBlocks);
    else if (label === RIOT09.envelope.manifest) manifest = readWrapped(reader);
    else throw new WireError("suit.element", { where: WHERE, label });
  }
  reader.finish();
  if (blocks === undefined) throw new WireError("suit.missing", { where: WHERE, element: "authentication wrapper" });
  if (manifest === undefined) throw new WireError("suit.missing", { where: WHERE, element: "manifest" });
  return envelopeOf(manifest, blocks);
}

function readBlocks(reader: CborReader): readonly Uint8Array[] {
  const blocks: Uint8Array[] = [];
  for (let left = reader.next(reader.array()); left >= 0; left = reader.next(left)) {
    checkLimit("blocks", blocks.length + 1);
    blocks.push(reader.byteString());
  }
  return blocks;
}

/** What the blocks sign; before there is one, what they will sign. */
function envelopeOf(manifest: Wrapped, blocks: readonly Uint8Array[]): Envelope {
  const [first, ...others] = blocks.map(readBlock);
  if (others.some((payload) => first === undefined || !equalBytes(payload, first))) {
    throw malformed(WHERE, "its signatures are over different digests");
  }
  const signed = first ?? digestPayload(manifest);
  const bytes = readWhole(signed, (reader) => readRiot09Digest(reader, WHERE));
  return {
    dialect: "riot-09",
    tagged: false,
    authentication: { signed, digest: { algorithm: SHA_256, bytes }, blocks },
    manifest,
    severable: new Map(),
    integrated: new Map(),
  };
}

const SIGN1_TAG = 18;
const ALGORITHM = 1;
const EDDSA = encode((writer) => writeLabelled(writer, [[ALGORITHM, (inner) => inner.integer(RIOT09.eddsa)]]));

/** The payload of a COSE_Sign1, when the rest is what RIOT's tools write. Headers that no signature covers have no place here. */
function readBlock(block: Uint8Array): Uint8Array {
  const where = "an authentication block";
  const { headers, content, proof } = asKind(decodeMessage(block), "sign1");
  if (headers.unprotected.size > 0) throw malformed(where, "it has an unprotected header");
  if (!equalBytes(headers.protectedBytes, EDDSA)) throw malformed(where, "its protected header is not {1: -8}, EdDSA");
  if (content === undefined) throw malformed(where, "the digest is not attached");
  if (proof.length !== SIGNATURE_LENGTH) throw malformed(where, `its signature has ${proof.length} bytes, not 64`);
  // COSE messages are read leniently; this one has a single encoding.
  const only = encode((writer) => {
    writer.tag(SIGN1_TAG);
    writer.array(4);
    writer.byteString(EDDSA);
    writer.map(0);
    writer.byteString(content);
    writer.byteString(proof);
  });
  if (!equalBytes(block, only)) throw malformed(where, "it is not encoded as RIOT's tools do");
  return content;
}

/** §8.3: the digest covers the byte string with its head, as it does today. */
const digestPayload = ({ item }: Wrapped): Uint8Array =>
  encode((writer) => {
    writer.array(2);
    writer.integer(RIOT09.sha256);
    writer.byteString(digestOf(item).bytes);
  });

/** Without blocks: sign `authentication.signed`, attached, then `addBlock`. */
export const createRiot09 = (manifest: NewRiot09Manifest): Envelope =>
  envelopeOf(wrap(encodeRiot09Manifest(manifest)), []);

/** What was read gives the same bytes again. */
export const encodeRiot09 = ({ authentication: { blocks }, manifest }: Envelope): Uint8Array =>
  encode((writer) =>
    writeLabelled(writer, [
      [
        RIOT09.envelope.authentication,
        (inner) =>
          writeInside(inner, (list) => {
            list.array(blocks.length);
            for (const block of blocks) list.byteString(block);
          }),
      ],
      [RIOT09.envelope.manifest, (inner) => inner.raw(manifest.item)],
    ]),
  );
