/** What a gateway says about a refusal: draft-ietf-core-comi-21 §6 as CBOR, or RFC 7252 §5.5.2 as text. */
import { decodeCbor, isMap } from "./cbor.ts";

const ERROR_CONTAINER = 1024;
const MESSAGE = 3;

/** Empty when it says nothing that can be read. */
export function refusalText(payload: Uint8Array): string {
  if (payload.length === 0) return "";
  return messageOf(payload) ?? new TextDecoder().decode(payload);
}

function messageOf(payload: Uint8Array): string | undefined {
  try {
    const body = decodeCbor(payload);
    const container = isMap(body) ? body.get(ERROR_CONTAINER) : undefined;
    const message = isMap(container) ? container.get(MESSAGE) : undefined;
    return typeof message === "string" ? message : undefined;
  } catch {
    return undefined; // no CBOR: text then
  }
}
