/** `sidgate release inspect`: every element of an envelope, then every command. Nothing of it is verified. */
import { EXIT, formatTable, printableJson, printableLines, type ReleaseInspectOptions } from "../../admin/cli/index.ts";
import { isCoded } from "../../base/index.ts";
import { type Below, type ElementRow, elementsOf, openBelow, sizesOf } from "../../service/trust/author/index.ts";
import {
  checkBelonging,
  type DescribedLine,
  describeEnvelope,
  type Envelope,
  type Manifest,
  readAnyEnvelope,
  readAnyManifest,
  shownText,
  type Whole,
} from "../../wire/suit/index.ts";
import { readEnvelopeFile } from "./release-files.ts";
import type { ToolIo } from "./tool-io.ts";

/** Throws UsageError `cli.*`, WireError `suit.*` for what is no envelope. */
export async function releaseInspect({ envelope: path, json }: ReleaseInspectOptions, io: ToolIo): Promise<number> {
  const envelope = readAnyEnvelope(await readEnvelopeFile(path, io));
  const manifest = readAnyManifest(envelope);
  const { whole, finding } = belonging(envelope, manifest);
  const elements = elementsOf(envelope, manifest);
  const lines = describeEnvelope(envelope, manifest, whole);
  const sizes = sizesOf(envelope);
  const { below } = openBelow(envelope, manifest);
  if (json) {
    const fault = finding === undefined ? {} : { finding: { code: finding.code, text: finding.message } };
    const inside = below.length === 0 ? {} : { below: below.map(rowOfBelow) };
    io.print(printableJson({ elements, sizes, ...fault, lines, ...inside }, 2));
    return EXIT.ok;
  }
  const { asItIs, withoutText, severed, bare } = sizes;
  const payloads = envelope.integrated.size === 0 ? "" : `, ${bare} without its payloads too`;
  const weights = `${asItIs} bytes, ${withoutText} without its text, ${severed} with nothing severable left${payloads}.`;
  const fault = finding === undefined ? [] : [`NOT whole: ${finding.message} [${finding.code}]`];
  const told = [...lines.map(shownLine), ...below.flatMap((one) => ["", ...linesOfBelow(one)])];
  io.print(printableLines([elementTable(elements), "", weights, ...fault, "", ...told].join("\n")));
  return EXIT.ok;
}

/** td: what came along below it, and below that. */
const linesOfBelow = ({ uri, envelope, manifest, whole, below }: Below): readonly string[] => [
  `below, as ${shownText(uri, 60)}`,
  ...describeEnvelope(envelope, manifest, whole).map(shownLine),
  ...below.flatMap((one) => ["", ...linesOfBelow(one)]),
];

const rowOfBelow = ({ uri, release, envelope, manifest, whole, below }: Below): object => ({
  uri,
  digest: release,
  lines: describeEnvelope(envelope, manifest, whole),
  below: below.map(rowOfBelow),
});

/** What does not belong is told; an author wants to see the rest nevertheless. */
function belonging(envelope: Envelope, manifest: Manifest) {
  try {
    return { whole: checkBelonging(envelope, manifest) satisfies Whole, finding: undefined };
  } catch (error) {
    if (!isCoded(error)) throw error;
    return { whole: undefined, finding: error };
  }
}

const elementTable = (rows: readonly ElementRow[]): string =>
  formatTable(
    [
      { title: "element", cell: ({ name }) => shownText(name, 60) },
      { title: "label", cell: ({ label }) => String(label ?? ""), align: "right" },
      { title: "in", cell: ({ place }) => place },
      { title: "offset", cell: ({ offset }) => String(offset ?? ""), align: "right" },
      { title: "bytes", cell: ({ bytes }) => String(bytes ?? ""), align: "right" },
      { title: "digest", cell: ({ digest }) => digest ?? "" },
    ],
    rows,
    "",
  );

/** Offsets are where reports point: in the envelope for elements, in their section for commands. */
const shownLine = ({ depth, offset, name, value }: DescribedLine): string => {
  const place = offset === undefined ? "" : `@${offset}`;
  return `${place.padStart(5)} ${"  ".repeat(depth)}${name}${value === "" ? "" : `: ${value}`}`.trimEnd();
};
