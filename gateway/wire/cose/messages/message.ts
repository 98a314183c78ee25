/** RFC 9052 §2, §4.1, §4.2, §5.1, §5.2, §6.1, §6.2 — the six messages, from and to bytes. */
import type { WireError } from "../../../base/index.ts";
import { CborReader, CborWriter, MAJOR, NULL } from "../../cbor/index.ts";
import { COSE, type Label, malformed } from "../label-map.ts";
import { type Headers, readHeaders, type WrittenHeaders, writeHeaders } from "./headers.ts";

/** Table 1: their tags; then the items of each array, and what it ends with. */
export const MESSAGES = [
  { kind: "sign1", name: "COSE_Sign1", tag: 18, items: 4, proof: true, parties: false },
  { kind: "sign", name: "COSE_Sign", tag: 98, items: 4, proof: false, parties: true },
  { kind: "mac0", name: "COSE_Mac0", tag: 17, items: 4, proof: true, parties: false },
  { kind: "mac", name: "COSE_Mac", tag: 97, items: 5, proof: true, parties: true },
  { kind: "encrypt0", name: "COSE_Encrypt0", tag: 16, items: 3, proof: false, parties: false },
  { kind: "encrypt", name: "COSE_Encrypt", tag: 96, items: 4, proof: false, parties: true },
] as const;
export type MessageKind = (typeof MESSAGES)[number]["kind"];

/** A signer (§4.1) or a recipient (§5.1) of several. */
export interface Party {
  readonly headers: Headers;
  /** Signature or encrypted key; undefined for a nil. */
  readonly bytes: Uint8Array | undefined;
}

export interface CoseMessage<K extends MessageKind> {
  readonly kind: K;
  readonly headers: Headers;
  /** Payload or ciphertext; undefined when it is detached. */
  readonly content: Uint8Array | undefined;
  /** Signature of a COSE_Sign1, tag of a MAC; else of no bytes. */
  readonly proof: Uint8Array;
  readonly parties: readonly Party[];
}

/** To be told apart by `kind`. */
export type AnyMessage = { readonly [K in MessageKind]: CoseMessage<K> }[MessageKind];

/** Signers or recipients of one message: more work than this for one message is nobody's need. */
export const MAX_PARTIES = 16;

export interface DecodeOptions {
  /** What a message without a tag is; otherwise the tag is a must. */
  readonly untagged?: MessageKind;
  /** Header labels beyond RFC 9052 §3.1 that the caller heeds, so that `crit` may name them. */
  readonly understood?: readonly Label[];
}

/** A message whole, with nothing believed yet. */
export function decodeMessage(bytes: Uint8Array, { untagged, understood = [] }: DecodeOptions = {}): AnyMessage {
  const reader = new CborReader(bytes, COSE);
  const row = readRow(reader, untagged);
  const close = openArray(reader, row.items, row.name);
  const headers = readHeaders(reader, understood);
  const content = bytesOrNil(reader);
  const proof = row.proof ? reader.byteString() : new Uint8Array(0);
  const parties = row.parties ? readParties(reader, row.kind, understood) : [];
  close();
  reader.finish();
  return { kind: row.kind, headers, content, proof, parties };
}

/** The message, when it is of this kind. */
export function asKind<K extends MessageKind>(message: AnyMessage, kind: K): Extract<AnyMessage, CoseMessage<K>> {
  if (!isKind(message, kind)) throw malformed(`a ${message.kind} message stands where ${kind} belongs`);
  return message;
}

const isKind = <K extends MessageKind>(message: AnyMessage, kind: K): message is Extract<AnyMessage, CoseMessage<K>> =>
  message.kind === kind;

function readRow(reader: CborReader, untagged: MessageKind | undefined): (typeof MESSAGES)[number] {
  const isTagged = reader.major() === MAJOR.tag;
  const tag = isTagged ? reader.tag() : undefined;
  const row = MESSAGES.find((one) => (isTagged ? one.tag === tag : one.kind === untagged));
  if (row !== undefined) return row;
  throw malformed(isTagged ? `tag ${tag} is not that of a COSE message` : "it has no tag");
}

/** Opens an array of exactly this many items; call what comes back after the last. */
function openArray(reader: CborReader, items: number, name: string): () => void {
  const count = reader.array();
  if (count !== items) throw malformed(`${name} has ${count} items, not ${items}`);
  return () => {
    reader.next(0);
  };
}

function bytesOrNil(reader: CborReader): Uint8Array | undefined {
  if (reader.peek() !== NULL) return reader.byteString();
  reader.simple();
  return undefined;
}

function readParties(reader: CborReader, kind: MessageKind, understood: readonly Label[]): readonly Party[] {
  const count = reader.array();
  if (count === 0 || count > MAX_PARTIES) throw partiesOutOfRange(count);
  const parties: Party[] = [];
  for (let left = reader.next(count); left >= 0; left = reader.next(left)) {
    // §5.1 allows recipients of a recipient's key; no algorithm that we speak needs a second layer.
    const close = openArray(reader, 3, kind === "sign" ? "a COSE_Signature" : "a COSE_recipient");
    const headers = readHeaders(reader, understood);
    parties.push({ headers, bytes: kind === "sign" ? reader.byteString() : bytesOrNil(reader) });
    close();
  }
  return parties;
}

const partiesOutOfRange = (count: number): WireError =>
  malformed(`it has ${count} signers or recipients; 1 to ${MAX_PARTIES} are read`);

export interface WrittenParty {
  readonly headers: WrittenHeaders;
  readonly bytes: Uint8Array;
}
export interface WrittenMessage {
  readonly headers: WrittenHeaders;
  /** undefined = detached: nil is written. */
  readonly content: Uint8Array | undefined;
  readonly proof?: Uint8Array;
  readonly parties?: readonly WrittenParty[];
  /** Without the tag, for those who say elsewhere what it is. */
  readonly untagged?: boolean | undefined;
}

/** The message as bytes. */
export function encodeMessage(kind: MessageKind, message: WrittenMessage): Uint8Array {
  const row = MESSAGES.find((one) => one.kind === kind)!;
  const writer = new CborWriter();
  if (message.untagged !== true) writer.tag(row.tag);
  writer.array(row.items);
  writeHeaders(writer, message.headers);
  if (message.content === undefined) writer.null();
  else writer.byteString(message.content);
  if (message.proof !== undefined) writer.byteString(message.proof);
  if (message.parties !== undefined) {
    const { length } = message.parties;
    if (length === 0 || length > MAX_PARTIES) throw partiesOutOfRange(length);
    writer.array(length);
    for (const { headers, bytes } of message.parties) {
      writer.array(3);
      writeHeaders(writer, headers);
      writer.byteString(bytes);
    }
  }
  return writer.finish();
}
