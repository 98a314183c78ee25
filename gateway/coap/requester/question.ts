/** RFC 7252 §5.10 — from what a caller asks to the code and options of the message. */
import { EMPTY } from "../../base/index.ts";
import { codeOf, encodeUint, OPTION, type OptionValue, sortOptions } from "../../wire/coap/index.ts";
import type { Method } from "../request-port.ts";

export interface Question {
  readonly method: Method;
  readonly path: readonly string[];
  readonly query?: readonly string[];
  readonly payload?: Uint8Array;
  readonly contentFormat?: number;
  readonly accept?: number;
  /** Of stored answers: the peer may say 2.03 (RFC 7252 §5.10.6.2). */
  readonly etags?: readonly Uint8Array[];
  readonly ifMatch?: readonly Uint8Array[];
  readonly ifNoneMatch?: boolean;
}

/** A message as meant, before it gets type, id and token, and before it is protected. */
export interface Meant {
  readonly code: number;
  /** Ascending. */
  readonly options: readonly OptionValue[];
  readonly payload: Uint8Array;
}

/** The question with further options, in one message. */
export function meantOf(question: Question, further: readonly OptionValue[], payload: Uint8Array | undefined): Meant {
  return {
    code: codeOf(question.method),
    options: sortOptions([...questionOptions(question), ...further]),
    payload: payload ?? EMPTY,
  };
}

function questionOptions(question: Question): OptionValue[] {
  const { path, query = [], payload = EMPTY, contentFormat, accept, etags = [], ifMatch = [], ifNoneMatch } = question;
  const options: OptionValue[] = [];
  const put = (number: number, value: Uint8Array): void => {
    options.push({ number, value });
  };
  for (const value of ifMatch) put(OPTION.ifMatch, value);
  for (const value of etags) put(OPTION.etag, value);
  if (ifNoneMatch === true) put(OPTION.ifNoneMatch, EMPTY);
  for (const segment of path) put(OPTION.uriPath, utf8(segment));
  // Part of the cache key (RFC 7252 §5.4.2): the messages of one transfer all carry it, with a part of the body or without.
  if (contentFormat !== undefined && payload.length > 0) put(OPTION.contentFormat, encodeUint(contentFormat));
  for (const item of query) put(OPTION.uriQuery, utf8(item));
  if (accept !== undefined) put(OPTION.accept, encodeUint(accept));
  return options;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
