/** What stands around a payload: CoAP as each protocol has it, a token of 2 bytes, no security, paths as short as the protocol lets them be. */
import { EMPTY } from "../../../gateway/base/index.ts";
import {
  codeOf,
  type DottedCode,
  encodeMessage,
  encodeUint,
  type MessageType,
  type MethodName,
  OPTION,
  type OptionValue,
  sortOptions,
} from "../../../gateway/wire/coap/index.ts";

export interface Sent {
  readonly type: MessageType;
  readonly code: MethodName | DottedCode;
  readonly path?: string;
  /** Observe: what is sent of one's own accord to somebody who asked once. */
  readonly observed?: boolean;
  readonly format?: number;
  readonly payload: Uint8Array;
}

const TOKEN = Uint8Array.of(0x5a, 0x01);

export function datagramOf({ type, code, path = "", observed = false, format, payload }: Sent): Uint8Array {
  const segments = path.split("/").filter((part) => part !== "");
  const options: OptionValue[] = segments.map((part) => ({
    number: OPTION.uriPath,
    value: new TextEncoder().encode(part),
  }));
  if (observed) options.push({ number: OPTION.observe, value: encodeUint(12) });
  if (format !== undefined) options.push({ number: OPTION.contentFormat, value: encodeUint(format) });
  const message = { type, code: codeOf(code), messageId: 1, token: TOKEN, options: sortOptions(options), payload };
  return encodeMessage(payload.length > 0 ? message : { ...message, payload: EMPTY });
}
