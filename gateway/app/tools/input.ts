/** What a tool is given to read: a file, standard input or hex digits, and never more than fits. */
import { createReadStream } from "node:fs";
import { fromHex, UsageError } from "../../base/index.ts";
import type { ToolIo } from "./tool-io.ts";

/** Far above any datastore of a constrained network; a gateway takes less in one message. */
export const MAX_INPUT = 16 * 1024 * 1024;
const STDIN = "-";
const HEX = /^[\s0-9a-fA-F]+$/;
/** A mark of byte order is passed over. */
const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true });

/** Name for people. */
export const nameOf = (input: string): string => (input === STDIN ? "standard input" : input);

/** Of a file, or of standard input for `-`. Throws UsageError `cli.file`, `cli.too-large`. */
export const readBytes = (input: string, { stdin }: Pick<ToolIo, "stdin">): Promise<Uint8Array> =>
  input === STDIN ? readAll(stdin, nameOf(input)) : readFileBytes(input);

/** Throws UsageError `cli.file`, `cli.too-large`. */
export const readFileBytes = (path: string, limit?: number): Promise<Uint8Array> =>
  readAll(createReadStream(path), path, limit);

async function readAll(
  source: AsyncIterable<Uint8Array>,
  path: string,
  limit: number = MAX_INPUT,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of source) {
      length += part.length;
      if (length > limit) throw new UsageError("cli.too-large", { path, limit });
      parts.push(part);
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const reason = (error as NodeJS.ErrnoException).code ?? String(error); // node:fs throws nothing else
    throw new UsageError("cli.file", { path, reason }, { cause: error });
  }
  return Buffer.concat(parts);
}

/** CBOR: hex digits on the command line, or what a file or standard input holds. Throws UsageError `cli.*`. */
export async function readCbor(input: string, io: Pick<ToolIo, "stdin">): Promise<Uint8Array> {
  return input !== STDIN && HEX.test(input) ? hexBytes(input) : hexOrBytes(await readBytes(input, io));
}

/** JSON begins with a brace or bracket; as CBOR they would begin a text or be a number. */
export const looksLikeJson = (bytes: Uint8Array): boolean => {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 256)).toString("latin1");
  return /^(\xef\xbb\xbf)?[ \t\r\n]*[{[]/.test(start);
};

/** No CBOR that is read here consists of hex digits alone, so what does is taken as such. Throws UsageError `cli.usage`. */
export function hexOrBytes(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  return HEX.test(text) && text.trim() !== "" ? hexBytes(text) : bytes;
}

function hexBytes(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new UsageError("cli.usage", { what: "the number of hex digits is not even" });
  return bytes;
}

/** Throws UsageError `cli.not-text`. */
export function asText(bytes: Uint8Array, name: string): string {
  try {
    return STRICT_UTF8.decode(bytes);
  } catch {
    throw new UsageError("cli.not-text", { path: name });
  }
}
