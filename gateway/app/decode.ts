/** `sidgate decode`: SID-keyed CBOR explained, with paths, types and deltas. */
import { homedir } from "node:os";
import { join } from "node:path";
import { type DecodeOptions, EXIT, printableLines } from "../admin/cli/index.ts";
import { fromHex, SILENT, UsageError } from "../base/index.ts";
import { annotate, builtInModels, loadModels, type Schema } from "../yang/index.ts";

/** The built-in models and those of further folders; compiled once per user. */
export const schemaForPeople = (models: readonly string[]): Promise<Schema> =>
  loadModels({
    folder: builtInModels(),
    extraFolders: models,
    cacheFolder: join(homedir(), ".cache", "sidgate"),
    log: SILENT,
  });

/**
 * Throws UsageError `cli.usage` when it is not hex. What is wrong with the bytes is part of the
 * explanation, and of the exit code.
 */
export async function decode({ hex, format, models }: DecodeOptions, print: (text: string) => void): Promise<number> {
  const bytes = fromHex(hex);
  if (bytes === undefined)
    throw new UsageError("cli.usage", { what: "the argument is not an even number of hex digits" });
  const schema = await schemaForPeople(models);
  const { text, broken } = annotate(bytes, schema, format);
  print(printableLines(text));
  return broken === undefined ? EXIT.ok : EXIT.failed;
}
