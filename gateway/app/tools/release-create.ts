/** `sidgate release create`: an unsigned envelope of a plan and the images that it names. */
import { basename, dirname, join, resolve } from "node:path";
import { EXIT, printable, printableJson, type ReleaseCreateOptions } from "../../admin/cli/index.ts";
import { type CodedError, type ErrorCode, explanation, TrustError, toHex, UsageError } from "../../base/index.ts";
import { isMcuboot, readMcuboot } from "../../service/images/index.ts";
import {
  type Ciphertext,
  createRelease,
  imagesOf,
  type Release,
  type ReleasePlan,
  readPlan,
  riotbootVersion,
  sizesOf,
} from "../../service/trust/author/index.ts";
import { findingText, type LintFinding } from "../../service/trust/processor/index.ts";
import { type CoseKey, hasPrivateHalf, readKeyFile } from "../../wire/cose/index.ts";
import { asText, readFileBytes } from "./input.ts";
import { byteCount, checkOutput, MAX_IMAGE, nowInSeconds, say, writeEnvelopeFile } from "./release-files.ts";
import { writeWhole } from "./sid-files.ts";
import type { ToolIo } from "./tool-io.ts";

/** Throws UsageError `cli.*`, `release.plan`, `release.lint`, and WireError `image.mcuboot`, `suit.*`. */
export async function releaseCreate(options: ReleaseCreateOptions, io: ToolIo): Promise<number> {
  const { plan: path, json } = options;
  await checkOutput(options);
  const written = readPlan(asText(await readFileBytes(path), path), path);
  const plan = { ...written, dialect: options.dialect ?? written.dialect };
  const folder = dirname(path);
  const { images, told, remarks } = await readImages(plan, folder);
  const named = { recipients: await readRecipients(plan, folder), dependencies: await readDependencies(plan, folder) };
  // §8.4.2: a later release has a later number; so nobody has to keep count.
  const sequence = plan.sequence ?? nowInSeconds();
  const release = createRelease(plan, images, sequence, named);
  const ciphertexts = beside(release, options.out);
  for (const { path: out } of ciphertexts) await checkOutput({ ...options, out });
  const ofRiot = plan.dialect === "riot-09" ? otherNumbers(images, sequence) : [];
  const findings = [...remarks, ...ofRiot, ...release.findings.map(remarkOf)];
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    io.note(findings.map(shown).join("\n"));
    throw new UsageError("release.lint", { count: errors.length });
  }
  for (const { path: out, bytes } of ciphertexts) await writeWhole(out, bytes);
  await writeEnvelopeFile(options, release.bytes, io);
  if (json) {
    const files = ciphertexts.map(({ path: out, uri }) => ({ out, uri }));
    say(options, io, [printableJson({ ...rowOf(release, options.out), ciphertexts: files, findings })]);
    return EXIT.ok;
  }
  const sealed = ciphertexts.map(
    ({ path: out, file, uri, bytes }) =>
      `Wrote ${out}: ${byteCount(bytes.length)}, ${file} encrypted. That is what nodes fetch from ${uri}.`,
  );
  say(options, io, [...told, ...findings.map(shown), ...sealed, ...wordsOf(release, options.out)].map(printable));
  return EXIT.ok;
}

/** Ciphertexts that do not travel in the envelope stand next to it. */
function beside({ ciphertexts }: Release, out: string): ReadonlyArray<Ciphertext & { readonly path: string }> {
  const used = new Map<string, number>();
  return ciphertexts.flatMap((one) => {
    if (one.integrated) return [];
    const name = basename(one.file);
    const before = used.get(name) ?? 0;
    used.set(name, before + 1);
    return [{ ...one, path: join(dirname(out), `${name}${before === 0 ? "" : `.${before + 1}`}.enc`) }];
  });
}

/** Keys of nodes, by the names that the plan gives them. Throws UsageErrors `cli.file`, `cose.key-file`. */
async function readRecipients(plan: ReleasePlan, folder: string): Promise<ReadonlyMap<string, CoseKey>> {
  const keys = new Map<string, CoseKey>();
  for (const name of plan.components.flatMap(({ "encrypt-for": names = [] }) => names)) {
    const key = readKeyFile(await readFileBytes(resolve(folder, name)), name);
    if (key.kty !== "Symmetric" && hasPrivateHalf(key)) {
      const reason = `${name} holds a private half, which belongs to the node alone`;
      throw new UsageError("cose.key-file", { reason });
    }
    keys.set(name, key);
  }
  return keys;
}

async function readDependencies(
  { dependencies }: ReleasePlan,
  folder: string,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const envelopes = new Map<string, Uint8Array>();
  for (const { file } of dependencies) envelopes.set(file, await readFileBytes(resolve(folder, file), MAX_IMAGE));
  return envelopes;
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
    // As the gateway does it, so that nobody signs what no gateway takes in.
    const found =
      format === "mcuboot" || (format === undefined && isMcuboot(bytes)) ? readMcuboot(bytes, file) : undefined;
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
