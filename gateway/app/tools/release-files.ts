/** What the tools of releases read and write: keys of any form, envelopes. */
import type { NamedKey } from "../../service/trust/author/index.ts";
import { loadMlDsa, type MlDsa, readKeyFile } from "../../wire/cose/index.ts";
import { readBytes, readFileBytes } from "./input.ts";
import { checkFree, isStdout, writeWhole } from "./sid-files.ts";
import type { ToolIo } from "./tool-io.ts";

/** Above what any constrained node takes; the gateway has its own limit, images.max-bytes. */
export const MAX_IMAGE = 64 * 1024 * 1024;

/** Payloads may have come along. Throws UsageError `cli.*`. */
export const readEnvelopeFile = (path: string, io: Pick<ToolIo, "stdin">): Promise<Uint8Array> => readBytes(path, io);

export interface Keys {
  readonly keys: readonly NamedKey[];
  readonly mlDsa: MlDsa;
}

/** Throws UsageError `cli.file`, `cose.key-file`. */
export async function readKeys(paths: readonly string[]): Promise<Keys> {
  // Which key is one of ML-DSA is known only when it is read; loading takes a few milliseconds.
  const mlDsa = await loadMlDsa();
  const keys = await Promise.all(
    paths.map(async (name) => ({ name, key: readKeyFile(await readFileBytes(name), name, mlDsa) })),
  );
  return { keys, mlDsa };
}

export interface Output {
  readonly out: string;
  readonly force: boolean;
}

/** Throws UsageError `cli.file-exists`: before the work, so that a wrong name costs nothing. */
export const checkOutput = async ({ out, force }: Output): Promise<void> => (force ? undefined : checkFree(out));

export async function writeEnvelopeFile({ out }: Output, bytes: Uint8Array, io: ToolIo): Promise<void> {
  if (isStdout(out)) io.write(bytes);
  else await writeWhole(out, bytes);
}

/** Sentences for people go where they do not mix with the bytes. */
export const say = ({ out }: Output, io: ToolIo, lines: readonly string[]): void =>
  (isStdout(out) ? io.note : io.print)(lines.join("\n"));

export const byteCount = (count: number): string => `${count} ${count === 1 ? "byte" : "bytes"}`;

export const nowInSeconds = (): bigint => BigInt(Math.floor(Date.now() / 1000));
