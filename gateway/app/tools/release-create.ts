/** `sidgate release create`: an unsigned envelope of a plan and the images that it names. */
import { dirname, resolve } from "node:path";
import { EXIT, printable, printableJson, type ReleaseCreateOptions } from "../../admin/cli/index.ts";
import { explanation, toHex, UsageError } from "../../base/index.ts";
import { readMcuboot } from "../../service/images/index.ts";
import { createRelease, imagesOf, type Release, readPlan, sizesOf } from "../../service/trust/author/index.ts";
import { findingText, type LintFinding } from "../../service/trust/processor/index.ts";
import { asText, readFileBytes } from "./input.ts";
import { byteCount, checkOutput, MAX_IMAGE, nowInSeconds, say, writeEnvelopeFile } from "./release-files.ts";
import type { ToolIo } from "./tool-io.ts";

/** Throws UsageError `cli.*`, `release.plan`, `release.lint`, and WireError `image.mcuboot`, `suit.*`. */
export async function releaseCreate(options: ReleaseCreateOptions, io: ToolIo): Promise<number> {
  const { plan: path, json } = options;
  await checkOutput(options);
  const plan = readPlan(asText(await readFileBytes(path), path), path);
  const folder = dirname(path);
  const images = new Map<string, Uint8Array>();
  const told: string[] = [];
  for (const { file, format } of plan.components.flatMap(imagesOf)) {
    const bytes = await readFileBytes(resolve(folder, file), MAX_IMAGE);
    if (bytes.length === 0) throw new UsageError("image.empty", { name: file });
    const kind = format === "mcuboot" ? `MCUboot ${readMcuboot(bytes, file).version}, ` : "";
    if (!images.has(file)) told.push(`Image ${file}: ${kind}${byteCount(bytes.length)}.`);
    images.set(file, bytes);
  }
  // §8.4.2: a later release has a later number; so nobody has to keep count.
  const release = createRelease(plan, images, plan.sequence ?? nowInSeconds());
  const errors = release.findings.filter(({ severity }) => severity === "error");
  const findings = release.findings.map(shownFinding);
  if (errors.length > 0) {
    io.note(findings.join("\n"));
    throw new UsageError("release.lint", { count: errors.length });
  }
  await writeEnvelopeFile(options, release.bytes, io);
  if (json) say(options, io, [printableJson(rowOf(release, options.out))]);
  else say(options, io, [...told, ...findings, ...wordsOf(release, options.out)].map(printable));
  return EXIT.ok;
}

const shownFinding = (finding: LintFinding): string =>
  explanation({ message: findingText(finding), hint: finding.error.hint, code: finding.error.code });

function wordsOf({ envelope, manifest }: Release, out: string): readonly string[] {
  const { asItIs, severed } = sizesOf(envelope);
  return [
    `Wrote ${out}: ${byteCount(asItIs)}, ${severed} when severed, sequence number ${manifest.sequenceNumber}.`,
    `Manifest digest SHA-256 ${toHex(envelope.authentication.digest.bytes)}. It is not signed yet.`,
  ];
}

const rowOf = ({ envelope, manifest, findings }: Release, out: string) => ({
  out,
  digest: toHex(envelope.authentication.digest.bytes),
  sequenceNumber: String(manifest.sequenceNumber),
  sizes: sizesOf(envelope),
  findings: findings.map(({ severity, error }) => ({
    severity,
    code: error.code,
    text: error.message,
    hint: error.hint,
  })),
});
