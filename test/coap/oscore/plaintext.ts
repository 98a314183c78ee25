/** RFC 8613 §5.3: plaintexts as bytes of their own; the engine reads and writes them where they stand. */
import {
  PLAINTEXT_OFFSET,
  type Plaintext,
  plaintextLength,
  readPlaintext,
  writePlaintext,
} from "../../../gateway/coap/oscore/codec/message.ts";

export function encodePlaintext(plaintext: Plaintext): Uint8Array {
  const bytes = new Uint8Array(PLAINTEXT_OFFSET + plaintextLength(plaintext));
  writePlaintext(plaintext, bytes);
  return bytes.subarray(PLAINTEXT_OFFSET);
}

export function decodePlaintext(plaintext: Uint8Array): Plaintext {
  const bytes = new Uint8Array(PLAINTEXT_OFFSET + plaintext.length);
  bytes.set(plaintext, PLAINTEXT_OFFSET);
  return readPlaintext(bytes);
}
