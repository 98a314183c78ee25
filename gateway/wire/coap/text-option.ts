/** RFC 7252 §3.2 — string options are UTF-8. */
import { WireError } from "../../base/index.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Throws WireError `coap.utf8`. */
export function decodeText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    if (byte >= 0x80) return decodeUtf8(bytes);
    text += String.fromCharCode(byte);
  }
  return text;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new WireError("coap.utf8", {}, { cause });
  }
}
