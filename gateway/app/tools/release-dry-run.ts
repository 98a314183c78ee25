/** `sidgate release dry-run`: what a release will do to a node, before anybody spends radio time on it. */
import { dirname, resolve } from "node:path";
import { EXIT, printable, printableJson, type ReleaseDryRunOptions } from "../../admin/cli/index.ts";
import { readNodeFile, viewOf } from "../../service/trust/author/index.ts";
import { type Course, dryRun, failureText, type NodeView, programOf } from "../../service/trust/processor/index.ts";
import { componentText, digestText, readAnyEnvelope } from "../../wire/suit/index.ts";
import { asText, readFileBytes } from "./input.ts";
import { MAX_IMAGE, nowInSeconds, readEnvelopeFile } from "./release-files.ts";
import type { ToolIo } from "./tool-io.ts";

/** Exit code 1 when it will fail. Throws UsageError `cli.*`, `release.plan`, and what is wrong with the envelope. */
export async function releaseDryRun({ envelope, node, json }: ReleaseDryRunOptions, io: ToolIo): Promise<number> {
  const view = node === undefined ? { time: nowInSeconds() } : await readView(node);
  const prognosis = dryRun(programOf(readAnyEnvelope(await readEnvelopeFile(envelope, io))), view);
  const { verdict, sentence, courses, complete, questions, bytes } = prognosis;
  if (json) {
    const range = bytes === undefined ? {} : { bytes: { least: String(bytes.least), most: String(bytes.most) } };
    const row = { verdict, sentence, questions, complete, ...range, courses: courses.map(rowOf) };
    io.print(printableJson(row, 2));
  } else io.print([sentence, ...courses.flatMap(linesOf)].map(printable).join("\n"));
  return verdict === "fails" ? EXIT.failed : EXIT.ok;
}

async function readView(path: string): Promise<NodeView> {
  const node = readNodeFile(asText(await readFileBytes(path), path), path);
  const files = node.components.flatMap(({ file }) => file ?? []);
  const images = new Map<string, Uint8Array>();
  for (const file of files) images.set(file, await readFileBytes(resolve(dirname(path), file), MAX_IMAGE));
  return viewOf(node, images, nowInSeconds());
}

const endingOf = ({ outcome }: Course): string =>
  outcome.result === "failed" ? `fails at ${failureText(outcome)}` : outcome.result === "done" ? "applies" : "unknown";

/** Where nothing had to be supposed the sentence says it all. */
const linesOf = (course: Course, index: number): readonly string[] =>
  course.supposed.length === 0
    ? []
    : [
        `course ${index + 1}: ${endingOf(course)}, if`,
        ...course.supposed.map(({ question, answer }) => `  ${answer ? "yes" : "no "} ${question}`),
      ];

const rowOf = (course: Course) => ({
  ending: endingOf(course),
  supposed: course.supposed,
  fetches: course.fetches.map(({ uri, component, bytes, integrated, inPlace }) => ({
    uri,
    component: componentText(component),
    ...(bytes === undefined ? {} : { bytes: String(bytes) }),
    integrated,
    inPlace,
  })),
  components: course.components.map(({ component, digest }) => ({
    component: componentText(component),
    ...(digest === undefined ? {} : { digest: digestText(digest) }),
  })),
});
