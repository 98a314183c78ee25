/** `module-set.json` in the folder of a module set: which features of its modules are on (RFC 7950 §7.20). */
import { readFile, stat } from "node:fs/promises";
import { z } from "zod";
import { explain, UsageError } from "../../base/index.ts";

export const SET_FILE = "module-set.json";

/** By module: the features that are on. Of a module that is not named all are. */
export type SetFeatures = Readonly<Record<string, readonly string[]>>;

/** RFC 7950 §6.2. */
const identifier = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/, "is no identifier");
const KIND = z.strictObject({ features: z.record(identifier, z.array(identifier)).default({}) });

/** Nothing when there is no such file. Throws UsageError `models.set-file`. */
export async function readSetFile(file: string): Promise<SetFeatures> {
  const text = await readText(file);
  if (text === undefined) return {};
  const read = KIND.safeParse(parsed(text, file));
  if (read.success) return read.data.features;
  const what = read.error.issues.map(({ path, message }) => `${path.join(".") || "the whole"}: ${message}`).join("; ");
  throw new UsageError("models.set-file", { file, what });
}

async function readText(file: string): Promise<string | undefined> {
  try {
    // A pipe would never end.
    if (!(await stat(file)).isFile()) throw new UsageError("models.set-file", { file, what: "it is no regular file" });
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new UsageError("models.set-file", { file, what: explain(error) }, { cause: error });
  }
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError("models.set-file", { file, what: explain(error) }, { cause: error });
  }
}
