/** A file for a secret: nobody but its owner may read it, at no moment. */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, lstatSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { UsageError } from "../../base/index.ts";
import { makeFolder } from "../../store/folder/durable-file.ts";

interface Secret<T> {
  readonly text: string;
  readonly result: T;
}

/**
 * Writes what `make` gives, under its name only when it is whole. Whether the file can be made is found out before `make`
 * does anything. Throws UsageError `cli.file-exists`, `cli.file-write`.
 */
export async function intoSecretFile<T>(path: string, force: boolean, make: () => Promise<Secret<T>>): Promise<T> {
  const former = lstatSync(path, { throwIfNoEntry: false });
  if (former !== undefined && !force) throw new UsageError("cli.file-exists", { path });
  if (former !== undefined && !former.isFile()) throw failed(path, "it is not a regular file");
  const draft = `${path}.${randomBytes(4).toString("hex")}.new`;
  await makeFolder(dirname(path)).catch((error: unknown) => {
    throw failed(path, codeOf(error), error);
  });
  const file = writing(path, () => openSync(draft, "wx", 0o600));
  try {
    const { text, result } = await make();
    writing(path, () => {
      writeSync(file, `${text}\n`);
      fsyncSync(file);
      renameSync(draft, path);
    });
    return result;
  } finally {
    closeSync(file);
    rmSync(draft, { force: true });
  }
}

function writing<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw failed(path, codeOf(error), error);
  }
}

/** node:fs throws nothing else. */
const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

const failed = (path: string, reason: string, cause?: unknown): UsageError =>
  new UsageError("cli.file-write", { path, reason }, { cause });
