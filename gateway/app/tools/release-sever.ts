/** `sidgate release sever`: a smaller envelope with the same manifest, digest and signatures. */
import { EXIT, type ReleaseSeverOptions, type SeverableName } from "../../admin/cli/index.ts";
import { toHex } from "../../base/index.ts";
import { openEnvelope } from "../../service/trust/author/index.ts";
import { elementName, encodeEnvelope, SEVERABLE, sever } from "../../wire/suit/index.ts";
import { byteCount, checkOutput, readEnvelopeFile, say, writeEnvelopeFile } from "./release-files.ts";
import type { ToolIo } from "./tool-io.ts";

const LABELS: Readonly<Record<SeverableName, number>> = {
  text: SEVERABLE.text,
  install: SEVERABLE.install,
  "payload-fetch": SEVERABLE.payloadFetch,
  "candidate-verification": SEVERABLE.candidateVerification,
  "dependency-resolution": SEVERABLE.dependencyResolution,
  coswid: SEVERABLE.coswid,
};

/** Throws UsageError `cli.*`, and what is wrong with the envelope. */
export async function releaseSever(options: ReleaseSeverOptions, io: ToolIo): Promise<number> {
  await checkOutput(options);
  const before = await readEnvelopeFile(options.envelope, io);
  const { envelope } = openEnvelope(before);
  const kept = new Set(options.keep.map((name) => LABELS[name]));
  const gone = [...envelope.severable.keys()].filter((label) => !kept.has(label));
  const bytes = encodeEnvelope(sever(envelope, gone));
  await writeEnvelopeFile(options, bytes, io);
  const what = gone.length === 0 ? "Nothing was there to sever." : `Severed ${gone.map(elementName).join(", ")}.`;
  say(options, io, [
    what,
    `Wrote ${options.out}: ${byteCount(bytes.length)} instead of ${before.length}, the digest is still SHA-256 ${toHex(envelope.authentication.digest.bytes)}.`,
  ]);
  return EXIT.ok;
}
