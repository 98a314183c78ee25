/** `sidgate release create`: an unsigned envelope of a plan and the images that it names. */
import { dirname, resolve } from "node:path";
import { EXIT, printable, printableJson, type ReleaseCreateOptions } from "../../admin/cli/index.ts";
import { type CodedError, type ErrorCode, explanation, TrustError, toHex, UsageError } from "../../base/index.ts";
import { readMcuboot } from "../../service/images/index.ts";
import {
  createRelease,
  imagesOf,
  type Release,
  type ReleasePlan,
  readPlan,
  riotbootVersion,
  sizesOf,
} from "../../service/trust/author/index.ts";
import { findingText, type LintFinding } from "../../service/trust/processor/index.ts";
import { asText, readFileBytes } from "./input.ts";
import { byteCount, checkOutput, MAX_IMAGE, nowInSeconds, say, writeEnvelopeFile } from "./release-files.ts";
import type { ToolIo } from "./tool-io.ts";

/** Throws UsageError `cli.*`, `release.plan`, `release.lint`, and WireError `image.mcuboot`, `suit.*`. */
export async function releaseCreate(options: ReleaseCreateOptions, io: ToolIo): Promise<number> {
  const { plan: path, json } = options;
  await checkOutput(options);
  const written = readPlan(asText(await readFileBytes(path), path), path);
  const plan = { ...written, dialect: options.dialect ?? written.dialect };
  const { images, told, remarks } = await readImages(plan, dirname(path));
  // §8.4.2: a later release has a later number; so nobody has to keep count.
  const sequence = plan.sequence ?? nowInSeconds();
  const release = createRelease(plan, images, sequence);
  const ofRiot = plan.dialect === "riot-09" ? otherNumbers(images, sequence) : [];
  const findings = [...remarks, ...ofRiot, ...release.findings.map(remarkOf)];
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    io.note(findings.map(shown).join("\n"));
    throw new UsageError("release.lint", { count: errors.length });
  }
  await writeEnvelopeFile(options, release.bytes, io);
  if (json) say(options, io, [printableJson({ ...rowOf(release, options.out), findings })]);
  else say(options, io, [...told, ...findings.map(shown), ...wordsOf(release, options.out)].map(printable));
  return EXIT.ok;
}

interface Remark {
  readonly severity: LintFinding["severity"];
  readonly code: ErrorCode;
  readonly text: string;
  readonly hint: string;
}

const remarkOf = (finding: LintFinding): Remark => {
  const { severity, error } = finding;
  return { severity, code: error.code, text: findingText(finding), hint: error.hint };
};
const shown = ({ code, text, hint }: Remark): string => explanation({ code, message: text, hint });

interface ReadImages {
  readonly images: ReadonlyMap<string, Uint8Array>;
  readonly told: readonly string[];
  readonly remarks: readonly Remark[];
}

async function readImages(plan: ReleasePlan, folder: string): Promise<ReadImages> {
  const images = new Map<string, Uint8Array>();
  const told: string[] = [];
  const remarks: Remark[] = [];
  for (const { file, format } of plan.components.flatMap(imagesOf)) {
    const bytes = await readFileBytes(resolve(folder, file), MAX_IMAGE);
    if (bytes.length === 0) throw new UsageError("image.empty", { name: file });
    const found = format === "mcuboot" ? readMcuboot(bytes, file) : undefined;
    if (found !== undefined) remarks.push(...otherVersion(plan.version, file, found.version));
    if (found?.isEncrypted === true) remarks.push(warningOf(new TrustError("image.encrypted", { name: file })));
    told.push(`Image ${file}: ${found === undefined ? "" : `MCUboot ${found.version}, `}${byteCount(bytes.length)}.`);
    images.set(file, bytes);
  }
  return { images, told: [...new Set(told)], remarks };
}

/** MCUboot has major, minor and revision, and a build number that is nobody's business. */
function otherVersion(version: ReleasePlan["version"], file: string, found: string): readonly Remark[] {
  if (version === undefined) return [];
  const wanted = [0, 1, 2].map((place) => Math.max(version.numbers[place] ?? 0, 0)).join(".");
  if (found.startsWith(`${wanted}+`)) return [];
  return [warningOf(new UsageError("release.version", { version: version.text, file, found }))];
}

const warningOf = ({ code, message, hint }: CodedError): Remark => ({
  severity: "warning",
  code,
  text: `warning: ${message}`,
  hint,
});

/** RIOT compares a manifest's number with those in the headers of its slots (riotboot): an image has to say the same. */
function otherNumbers(images: ReadonlyMap<string, Uint8Array>, sequence: bigint): readonly Remark[] {
  return [...images].flatMap(([file, bytes]) => {
    const found = riotbootVersion(bytes);
    if (found === undefined || BigInt(found) === sequence) return [];
    return [warningOf(new UsageError("riot.version", { file, found, sequence: String(sequence) }))];
  });
}

function wordsOf({ envelope, manifest }: Release, out: string): readonly string[] {
  const { asItIs, severed } = sizesOf(envelope);
  return [
    `Wrote ${out}: ${byteCount(asItIs)}, ${severed} when severed, sequence number ${manifest.sequenceNumber}.`,
    `Manifest digest SHA-256 ${toHex(envelope.authentication.digest.bytes)}. It is not signed yet.`,
  ];
}

const rowOf = ({ envelope, manifest }: Release, out: string) => ({
  out,
  digest: toHex(envelope.authentication.digest.bytes),
  sequenceNumber: String(manifest.sequenceNumber),
  sizes: sizesOf(envelope),
});
