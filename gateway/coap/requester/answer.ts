/** RFC 7252 §5.2, §5.4 — from a response message to what the caller gets, and to what the block rules need of it. */
import { EMPTY, WireError } from "../../base/index.ts";
import {
  type BlockOption,
  decodeBlockOption,
  decodeUint,
  dottedCode,
  isCritical,
  OPTION,
  optionRow,
} from "../../wire/coap/index.ts";
import type { Meant } from "./question.ts";

export interface Answer {
  /** Dotted, e.g. "2.05"; also codes that this gateway has no name for. */
  readonly code: string;
  /** Whole, also when it came in blocks. */
  readonly payload: Uint8Array;
  readonly contentFormat: number | undefined;
  readonly etag: Uint8Array | undefined;
  /** Seconds. */
  readonly maxAge: number | undefined;
  readonly locationPath: readonly string[];
  readonly locationQuery: readonly string[];
  /** Sequence number of a notification, or of the first answer to a registration. */
  readonly observe: number | undefined;
  /** What a gateway says is waiting for whoever asked (option 65020); 0 = nothing. */
  readonly pending: number | undefined;
}

export interface ReadAnswer extends Answer {
  /** The security context has put it in order among the notifications (RFC 8613 §4.1.3.5.2): `observe` says nothing. */
  readonly ordered: boolean;
  readonly block1: BlockOption | undefined;
  readonly block2: BlockOption | undefined;
  readonly size1: number | undefined;
  readonly size2: number | undefined;
  readonly echo: Uint8Array | undefined;
}

/** §5.4.1: a response with a critical option that is not understood is rejected. */
const CRITICAL_IN_ANSWERS: ReadonlySet<number> = new Set([OPTION.block1, OPTION.block2]);

/** Throws WireError `request.answer` for a response that must be rejected. */
export function readAnswer({ code, options, payload }: Meant, ordered = false): ReadAnswer {
  const values = new Map<number, Uint8Array>();
  const locationPath: string[] = [];
  const locationQuery: string[] = [];
  for (const { number, value } of options) {
    const row = optionRow(number);
    const understood =
      row !== undefined &&
      (!isCritical(number) || CRITICAL_IN_ANSWERS.has(number)) &&
      value.length >= row.minLength &&
      value.length <= row.maxLength &&
      (row.repeatable || !values.has(number));
    if (!understood) {
      if (isCritical(number)) throw new WireError("request.answer", { what: `critical option ${number}` });
      continue; // §5.4.1: an elective option that is not understood is ignored
    }
    if (number === OPTION.locationPath) locationPath.push(decodeText(value));
    else if (number === OPTION.locationQuery) locationQuery.push(decodeText(value));
    else if (!values.has(number)) values.set(number, value);
  }
  const uint = (number: number): number | undefined => mapped(values.get(number), decodeUint);
  const block = (number: number): BlockOption | undefined => mapped(values.get(number), decodeBlockOption);
  return {
    ordered,
    code: dottedCode(code),
    payload: payload.length === 0 ? EMPTY : payload,
    contentFormat: uint(OPTION.contentFormat),
    etag: values.get(OPTION.etag),
    maxAge: uint(OPTION.maxAge),
    locationPath,
    locationQuery,
    observe: uint(OPTION.observe),
    pending: uint(OPTION.pending),
    block1: block(OPTION.block1),
    block2: block(OPTION.block2),
    size1: uint(OPTION.size1),
    size2: uint(OPTION.size2),
    echo: values.get(OPTION.echo),
  };
}

/** Without what only the block rules need. */
export function plainAnswer(read: ReadAnswer, payload: Uint8Array): Answer {
  const { code, contentFormat, etag, maxAge, locationPath, locationQuery, observe, pending } = read;
  return { code, payload, contentFormat, etag, maxAge, locationPath, locationQuery, observe, pending };
}

export const isSuccess = (code: string): boolean => code.startsWith("2.");

const mapped = <T>(value: Uint8Array | undefined, decode: (bytes: Uint8Array) => T): T | undefined =>
  value === undefined ? undefined : decode(value);

/** A location is a name that the peer made up: shown, sent back, never trusted; bad UTF-8 must not lose the answer. */
const decodeText = (bytes: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
