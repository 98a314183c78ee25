/** `sidgate release keygen`: an author's key. The private half is for its owner alone and never meets a gateway. */
import { EXIT, intoSecretFile, type ReleaseKeygenOptions } from "../../admin/cli/index.ts";
import { toHex } from "../../base/index.ts";
import { ALGORITHMS, generateKey, loadMlDsa, thumbprint, writePem } from "../../wire/cose/index.ts";
import { checkFree, writeWhole } from "./sid-files.ts";
import type { ToolIo } from "./tool-io.ts";

/** Throws UsageError `cli.file-exists`, `cli.file-write`. */
export async function releaseKeygen({ algorithm, out, force }: ReleaseKeygenOptions, io: ToolIo): Promise<number> {
  const files = { secret: `${out}.pem`, open: `${out}.pub` };
  if (!force) await checkFree(files.open);
  const row = ALGORITHMS.find(({ name }) => name.toLowerCase() === algorithm)!;
  const mlDsa = row.kind === "ml-dsa" ? await loadMlDsa() : undefined;
  const key = await intoSecretFile(files.secret, force, async () => {
    const made = generateKey(row.id, mlDsa);
    return { text: writePem(made, "private").trimEnd(), result: made };
  });
  await writeWhole(files.open, writePem(key, "public"));
  io.print(
    [
      `Wrote ${files.secret}: the private key (${row.name}). Whoever has it signs in your name; keep it off gateways.`,
      `Wrote ${files.open}: the public key, thumbprint ${toHex(thumbprint(key))}.`,
    ].join("\n"),
  );
  return EXIT.ok;
}
