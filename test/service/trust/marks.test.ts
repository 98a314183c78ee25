/** suit-manifest-37 §8.4.2 — a mark never sinks: whatever crashes, and whichever of its two copies is lost. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Logger, SILENT } from "../../../gateway/base/index.ts";
import type { Mark } from "../../../gateway/service/trust/index.ts";
import {
  type Marks,
  type MarksCopy,
  readMarks,
  SequenceMarks,
  writeMarks,
} from "../../../gateway/service/trust/index.ts";
import { inDrill } from "../../support/drill.ts";
import { memoryFile } from "../../support/trust-site.ts";

const RELEASE = "ab".repeat(32);
const mark = (sequence: number | bigint, release = RELEASE): Mark => ({ sequence: BigInt(sequence), release });

test("marks are written as lines and read again; whatever else is no marks", () => {
  const marks: Marks = new Map([
    ["c1/00.01/a", mark(2n ** 64n - 1n)],
    ["/00/b", mark(0)],
  ]);
  const text = writeMarks(marks);
  expect(new Map(readMarks(text))).toEqual(new Map(marks));
  expect(readMarks(writeMarks(new Map()))).toEqual(new Map());
  for (const damaged of ["", "{}", text.slice(0, -1), text.replace("18446744073709551615", "1"), `${text}\n`]) {
    expect(readMarks(damaged)).toBeUndefined();
  }
});

/** What happens to the two copies: a release is accepted, or dies half way; one copy is lost or is an old one. */
type Step =
  | { readonly do: "accept"; readonly name: string; readonly sequence: number; readonly dies: Death }
  | { readonly do: "restart"; readonly loses: "neither" | "file" | "journal" | "damaged file" };
type Death = "no" | "before the file" | "after the file, unseen" | "after the file" | "before the rename";

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant("accept" as const),
      name: fc.constantFrom("c/00/a", "c/00/b", "/01/a"),
      sequence: fc.integer({ min: 0, max: 9 }),
      dies: fc.constantFrom<Death>(
        "no",
        "no",
        "no",
        "before the file",
        "before the rename",
        "after the file, unseen",
        "after the file",
      ),
    }),
    fc.record({
      do: fc.constant("restart" as const),
      loses: fc.constantFrom("neither" as const, "file" as const, "journal" as const, "damaged file" as const),
    }),
  ),
  { maxLength: 30 },
);

class Disk implements MarksCopy {
  readonly where = "sequence-marks";
  text: string | undefined;
  next: "works" | "fails before" | "fails after" = "works";
  async read(): Promise<string | undefined> {
    return this.text;
  }
  async write(text: string): Promise<void> {
    const how = this.next;
    this.next = "works";
    if (how === "fails before") throw new Error("no space left");
    this.text = text;
    if (how === "fails after") throw new Error("the folder could not be synced");
  }
}

test("SU-M2: no interleaving of acceptance, crash and the loss of one copy lets a mark sink below what was accepted", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const disk = new Disk();
      let journal = new Map<string, Mark>();
      const accepted = new Map<string, bigint>();
      let marks = await SequenceMarks.open(disk, journal, SILENT);
      for (const step of all) {
        if (step.do === "restart") {
          if (step.loses === "file") disk.text = undefined;
          if (step.loses === "damaged file") disk.text = disk.text?.slice(0, -2);
          if (step.loses === "journal") journal = new Map();
          marks = await SequenceMarks.open(disk, journal, SILENT);
          // As the desk does at its beginning.
          for (const [name, missing] of marks.missing) journal.set(name, missing);
        } else {
          const now = marks.of(step.name)?.sequence ?? -1n;
          if (now > BigInt(step.sequence)) continue;
          disk.next =
            step.dies === "before the rename"
              ? "fails before"
              : step.dies === "after the file, unseen"
                ? "fails after"
                : "works";
          const isDead = step.dies === "before the file";
          const raised = isDead
            ? false
            : await marks.raise([step.name], mark(step.sequence)).then(
                () => true,
                () => false,
              );
          if (raised && step.dies === "no") {
            journal.set(step.name, mark(step.sequence));
            accepted.set(step.name, BigInt(step.sequence));
          } else if (isDead || step.dies === "after the file") marks = await SequenceMarks.open(disk, journal, SILENT);
        }
        for (const [name, sequence] of accepted)
          expect(marks.of(name)?.sequence ?? -1n).toBeGreaterThanOrEqual(sequence);
      }
    }),
    { numRuns: inDrill(100, 300) },
  );
});

test("a copy that is lost is told loudly, and made whole from the other one", async () => {
  const told: string[] = [];
  const log: Logger = { ...SILENT, warn: (event) => told.push(event), error: (event) => told.push(event) };
  const journal: Marks = new Map([["c/00/a", mark(5)]]);
  const file = memoryFile();
  await SequenceMarks.open(file, new Map(), log);
  expect(told).toEqual([]);
  await SequenceMarks.open(file, journal, log);
  expect(told.splice(0)).toEqual(["marks.file-behind"]);
  expect(readMarks(file.text ?? "")).toEqual(journal);
  file.text = "damaged";
  await SequenceMarks.open(file, journal, log);
  expect(told.splice(0)).toEqual(["marks.file-damaged"]);
  expect(readMarks(file.text)).toEqual(journal);
  const marks = await SequenceMarks.open(file, new Map(), log);
  expect(told.splice(0)).toEqual(["marks.journal-behind"]);
  expect(marks.of("c/00/a")).toEqual(mark(5));
});
