/** `sidgate release sign`: one more authentication block for each key. */
import { EXIT, type ReleaseSignOptions } from "../../admin/cli/index.ts";
import { toHex, UsageError } from "../../base/index.ts";
import { openEnvelope, signEnvelope } from "../../service/trust/author/index.ts";
import { hasPrivateHalf, thumbprint } from "../../wire/cose/index.ts";
import { encodeEnvelope } from "../../wire/suit/index.ts";
import { byteCount, checkOutput, readEnvelopeFile, readKeys, say, writeEnvelopeFile } from "./release-files.ts";
import type { ToolIo } from "./tool-io.ts";

/** Throws UsageError `cli.*`, `cose.*`, `release.signed`, and what is wrong with the envelope. */
export async function releaseSign(options: ReleaseSignOptions, io: ToolIo): Promise<number> {
  const { envelope: path, key: paths, legacy, out, kid: given } = options;
  const kid = given === true ? "own" : given === undefined ? undefined : new Uint8Array(Buffer.from(given));
  await checkOutput(options);
  const { keys, mlDsa } = await readKeys(paths);
  for (const { name, key } of keys) {
    if (hasPrivateHalf(key)) continue;
    throw new UsageError("cose.key-file", { reason: `${name} holds a public half, which cannot sign` });
  }
  // §8.3: the digest that was checked is the one that is signed, from the same reading of the file.
  const { envelope, manifest } = openEnvelope(await readEnvelopeFile(path, io));
  const signed = keys.reduce((one, key) => signEnvelope(one, key, { legacy, mlDsa, kid }), envelope);
  const bytes = encodeEnvelope(signed);
  await writeEnvelopeFile(options, bytes, io);
  const { blocks, digest } = signed.authentication;
  say(options, io, [
    `Checked: the manifest has the digest SHA-256 ${toHex(digest.bytes)}, sequence number ${manifest.sequenceNumber}.`,
    ...keys.map(({ name, key }) => `Signed with ${name}, key ${toHex(thumbprint(key)).slice(0, 16)}.`),
    `Wrote ${out}: ${byteCount(bytes.length)}, ${blocks.length} authentication ${blocks.length === 1 ? "block" : "blocks"}.`,
  ]);
  return EXIT.ok;
}
