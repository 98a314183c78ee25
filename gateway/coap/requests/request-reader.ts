/** RFC 7252 §5.4, §5.8 — options and method of a request: what must be refused, and what the handlers get. */
import { createHash } from "node:crypto";
import { EMPTY, isCoded, toHex } from "../../base/index.ts";
import {
  type BlockOption,
  codeOf,
  type DottedCode,
  decodeBlockOption,
  decodeText,
  decodeUint,
  isCritical,
  isNoCacheKey,
  type Message,
  methodName,
  OPTION,
  type OptionValue,
  optionRow,
} from "../../wire/coap/index.ts";
import type { Request } from "../request-port.ts";

export interface ReadRequest {
  readonly request: Request;
  readonly block1: BlockOption | undefined;
  readonly block2: BlockOption | undefined;
  /** RFC 9177: in the order of the message; empty = an ordinary request. */
  readonly qBlock2: readonly BlockOption[];
  /** RFC 9175 §2. */
  readonly echo: Uint8Array | undefined;
  readonly size1: number | undefined;
  /** RFC 7967: bit 1 = not interested in 2.xx, bit 3 = 4.xx, bit 4 = 5.xx. */
  readonly noResponse: number;
  readonly code: number;
  /** Those that the engine understands. */
  readonly options: readonly OptionValue[];
}

export type Verdict =
  | { readonly kind: "request"; readonly read: ReadRequest }
  | { readonly kind: "refused"; readonly code: DottedCode };

const refused = (code: DottedCode): Verdict => ({ kind: "refused", code });

/** Critical, known, and answered by a code of their own where there is no proxy for them (RFC 7252 §5.7.2). */
const PROXY_OPTIONS: ReadonlySet<number> = new Set([OPTION.proxyUri, OPTION.proxyScheme]);
/** In the table, and not understood here: OSCORE is opened before, and large bodies come by Block1 (RFC 9177 §4.1). */
const NOT_UNDERSTOOD: ReadonlySet<number> = new Set([OPTION.oscore, OPTION.qBlock1]);
/** Differ between the blocks of one transfer although they are part of the cache key (RFC 7959 §2.3, RFC 7641 §2). */
const NOT_IN_TRANSFER_KEY: ReadonlySet<number> = new Set([
  OPTION.block1,
  OPTION.block2,
  OPTION.qBlock2,
  OPTION.size2,
  OPTION.observe,
  OPTION.oscore,
  OPTION.noResponse,
  OPTION.etag, // validates, does not select
  OPTION.hopLimit, // counts proxies, and the next block may come by another way (RFC 8768)
]);

export function readRequest(message: Message): Verdict {
  const accepted: OptionValue[] = [];
  let previous = -1;
  for (const option of message.options) {
    const { number, value } = option;
    if (PROXY_OPTIONS.has(number)) return refused("5.05");
    const row = optionRow(number);
    // §5.4.3, §5.4.5: a value of a wrong length or one too many is treated like an option that is not known
    const understood =
      row !== undefined &&
      !NOT_UNDERSTOOD.has(number) &&
      value.length >= row.minLength &&
      value.length <= row.maxLength &&
      (row.repeatable || number !== previous);
    previous = number;
    if (understood) accepted.push(option);
    else if (isCritical(number)) return refused("4.02");
  }
  const method = methodName(message.code);
  if (method === undefined) return refused("4.05");
  try {
    const read = collect(message, method, accepted);
    // RFC 9177 §4.1: the two kinds of blocks do not go together
    if (read.qBlock2.length > 0 && (read.block1 ?? read.block2) !== undefined) return refused("4.02");
    return { kind: "request", read };
  } catch (error) {
    if (isCoded(error) && error.blame === "wire") return refused("4.00"); // szx 7, a path that is not UTF-8
    throw error;
  }
}

function collect(message: Message, method: Request["method"], options: readonly OptionValue[]): ReadRequest {
  const path: string[] = [];
  const query: string[] = [];
  const etags: Uint8Array[] = [];
  const ifMatch: Uint8Array[] = [];
  let ifNoneMatch = false;
  let contentFormat: number | undefined;
  let accept: number | undefined;
  let observe: number | undefined;
  let block1: BlockOption | undefined;
  let block2: BlockOption | undefined;
  const qBlock2: BlockOption[] = [];
  let echo: Uint8Array | undefined;
  let size1: number | undefined;
  let noResponse = 0;
  for (const { number, value } of options) {
    switch (number) {
      case OPTION.uriPath:
        path.push(decodeText(value));
        break;
      case OPTION.uriQuery:
        query.push(decodeText(value));
        break;
      case OPTION.etag:
        etags.push(value);
        break;
      case OPTION.ifMatch:
        ifMatch.push(value);
        break;
      case OPTION.ifNoneMatch:
        ifNoneMatch = true;
        break;
      case OPTION.contentFormat:
        contentFormat = decodeUint(value);
        break;
      case OPTION.accept:
        accept = decodeUint(value);
        break;
      case OPTION.observe:
        observe = decodeUint(value);
        break;
      case OPTION.block1:
        block1 = decodeBlockOption(value);
        break;
      case OPTION.block2:
        block2 = decodeBlockOption(value);
        break;
      case OPTION.qBlock2:
        qBlock2.push(decodeBlockOption(value));
        break;
      case OPTION.echo:
        echo = value;
        break;
      case OPTION.size1:
        size1 = decodeUint(value);
        break;
      case OPTION.noResponse:
        noResponse = decodeUint(value);
        break;
    }
  }
  const payload = message.payload.length === 0 ? EMPTY : message.payload;
  const request = { method, path, query, contentFormat, accept, etags, ifMatch, ifNoneMatch, payload, observe };
  return { request, block1, block2, qBlock2, echo, size1, noResponse, code: message.code, options };
}

/** OSCORE is between two (RFC 8613 §1): turned to a group, a request of one peer would be answered in the clear. */
const NOT_FOR_GROUPS: ReadonlySet<number> = new Set([OPTION.oscore, ...PROXY_OPTIONS]);

/** RFC 6690 §4: who is there and what is to be had, the one question that may be put to a whole group. */
export function isDiscovery({ type, code, options }: Message): boolean {
  if (options.some(({ number }) => NOT_FOR_GROUPS.has(number))) return false;
  const path = options.filter(({ number }) => number === OPTION.uriPath).map(({ value }) => decodeText(value));
  return type === "NON" && code === codeOf("GET") && path.join("/") === ".well-known/core";
}

/** A longer name is kept as its digest: the tables count their entries, not the bytes of the names. */
const LONGEST_NAME = 512;

/** Code and options that name the same request: the blocks of one body, or of one response, share it. */
export function transferKey({ code, options }: Pick<ReadRequest, "code" | "options">): string {
  let key = String(code);
  for (const { number, value } of options) {
    if (!isNoCacheKey(number) && !NOT_IN_TRANSFER_KEY.has(number)) key += ` ${number}:${toHex(value)}`;
  }
  return key.length <= LONGEST_NAME ? key : createHash("sha256").update(key).digest("base64");
}
