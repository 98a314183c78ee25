/** An answer for people, its content explained, and the same for programs. */
import { isUtf8 } from "node:buffer";
import { printable, printableLines } from "../../admin/cli/index.ts";
import { toHex } from "../../base/index.ts";
import type { Answer } from "../../coap/index.ts";
import { HINTS } from "../../southbound/coreconf/index.ts";
import { CONTENT_FORMAT, CONTENT_FORMATS, encodeUriPart, RESPONSE_CODES } from "../../wire/coap/index.ts";
import { annotate, type Schema } from "../../yang/index.ts";
import { errorText } from "./error-view.ts";

/** Formats whose bytes are text. */
const TEXT: ReadonlySet<number> = new Set([0, 40, 50, 110]);
/** What text has none of; line breaks and tabs are text. */
const CONTROLS = /(?![\n\r\t])\p{Cc}/u;

export function answerText(answer: Answer, schema: Schema): string {
  const { code, etag, maxAge, observe, locationPath, pending, payload } = answer;
  const options = [
    formatName(answer.contentFormat),
    etag === undefined ? "" : `ETag ${toHex(etag)}`,
    maxAge === undefined ? "" : `Max-Age ${maxAge}`,
    observe === undefined ? "" : `Observe ${observe}`,
    locationPath.length === 0 ? "" : `Location /${locationPath.map((part) => encodeUriPart(part, /[/?]/)).join("/")}`,
    pending === undefined ? "" : waiting(pending),
    payload.length === 0 ? "" : `${payload.length} bytes`,
  ].filter((option) => option !== "");
  const name = RESPONSE_CODES.find(({ dotted }) => dotted === code)?.name;
  const head = [name === undefined ? code : `${code} ${name}`, ...options].join(", ");
  return payload.length === 0 ? head : `${head}\n${content(answer, schema)}`;
}

/** docs/check-in.md, "Without the check-in". */
function waiting(pending: number): string {
  const what = Object.entries(HINTS).flatMap(([name, bit]) => ((pending & bit) === 0 ? [] : [name]));
  return what.length === 0 ? "nothing waits" : `waiting: ${what.join(" and ")}`;
}

function content({ code, contentFormat, payload }: Answer, schema: Schema): string {
  const isError = code.startsWith("4.") || code.startsWith("5.");
  const error = isError && contentFormat === CONTENT_FORMAT.yangDataSid ? errorText(payload, schema) : undefined;
  if (error !== undefined) return printableLines(error);
  if (contentFormat === 140 || contentFormat === 141 || contentFormat === 142) {
    return printableLines(annotate(payload, schema, contentFormat).text);
  }
  if (contentFormat !== undefined && TEXT.has(contentFormat)) return printableLines(Buffer.from(payload).toString());
  // RFC 7252 §5.5.2: what has no content format is a message for people, in an error at least.
  return (contentFormat === undefined && textOf(payload)) || toHex(payload);
}

/** Undefined when the bytes are no text. */
function textOf(payload: Uint8Array): string | undefined {
  const text = Buffer.from(payload).toString();
  return isUtf8(payload) && !CONTROLS.test(text) ? printableLines(text) : undefined;
}

const formatName = (format: number | undefined): string => {
  if (format === undefined) return "";
  const row = CONTENT_FORMATS.find(({ number }) => number === format);
  return printable(row === undefined ? `format ${format}` : `${format} ${row.mediaType}`);
};

/** Bytes as hex. */
export const answerJson = ({ payload, etag, ...answer }: Answer): object => ({
  ...answer,
  ...(etag === undefined ? {} : { etag: toHex(etag) }),
  payload: toHex(payload),
});
