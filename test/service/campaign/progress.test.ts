/** Phases of one node's update: who may move what, and what only the node's own report can do. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type FirmwareReport, isEnded } from "../../../gateway/service/campaign/index.ts";
import {
  aboutImage,
  isError,
  type Progress,
  type ProgressEvent,
  START,
  step,
} from "../../../gateway/service/campaign/progress.ts";
import { PHASES } from "../../../gateway/store/index.ts";

const TARGET = "aa".repeat(32);
const OLD = "bb".repeat(32);
const reported = (report: FirmwareReport): ProgressEvent => ({ type: "reported", report });
const at = (phase: Progress["phase"], more: Partial<Progress> = {}): Progress => ({ ...START, phase, ...more });

const ROWS: ReadonlyArray<readonly [name: string, from: Progress, event: ProgressEvent, to: Partial<Progress>]> = [
  ["an offer reaches a node that waited", START, { type: "offered" }, { phase: "offered" }],
  ["a repeated offer changes nothing", at("offered"), { type: "offered" }, { phase: "offered" }],
  [
    "the node says that it downloads",
    at("offered"),
    reported({ phase: "downloading", wanted: TARGET, received: 64 }),
    { phase: "downloading", received: 64 },
  ],
  ["progress within a phase", at("downloading"), reported({ received: 128 }), { phase: "downloading", received: 128 }],
  [
    "a node that is still busy with an older offer",
    at("offered"),
    reported({ phase: "downloading", wanted: OLD }),
    { phase: "offered" },
  ],
  [
    "a node that lost its download is offered it again",
    at("downloading", { received: 640 }),
    reported({ phase: "idle" }),
    { phase: "waiting-wake", received: 0 },
  ],
  ["only the wanted digest is success", at("rebooting"), reported({ running: TARGET }), { phase: "done" }],
  [
    "another digest after the boot is a roll-back",
    at("rebooting"),
    reported({ running: OLD }),
    { phase: "rolled-back", reason: "other-digest" },
  ],
  [
    "another digest before the boot says nothing",
    at("downloading"),
    reported({ running: OLD }),
    { phase: "downloading" },
  ],
  [
    "a failure keeps the node's reason",
    at("downloading"),
    reported({ phase: "failed", reason: "no-space" }),
    { phase: "failed", reason: "no-space" },
  ],
  [
    "a failure of an earlier campaign that the node still tells of is none of this one",
    START,
    reported({ phase: "failed", wanted: OLD, reason: "refused" }),
    { phase: "waiting-wake" },
  ],
  [
    "nor with the same image, before it was offered",
    START,
    reported({ phase: "failed", wanted: TARGET, reason: "no-space" }),
    { phase: "waiting-wake" },
  ],
  [
    "nor the roll-back from another image, in the wake that brought the offer",
    at("offered"),
    reported({ phase: "rolled-back", wanted: OLD }),
    { phase: "offered" },
  ],
  [
    "a new image that has to hear an answer is not done yet",
    at("rebooting"),
    reported({ phase: "confirming", running: TARGET, wanted: TARGET }),
    { phase: "confirming" },
  ],
  ["its next report shows that it heard one", at("confirming"), reported({}), { phase: "done" }],
  ["or says so", at("confirming"), reported({ phase: "done", wanted: TARGET }), { phase: "done" }],
  [
    "it says the same from a new series",
    at("confirming"),
    reported({ phase: "confirming", running: TARGET }),
    { phase: "confirming" },
  ],
  [
    "it heard none, and went back",
    at("confirming"),
    reported({ phase: "rolled-back", running: OLD, wanted: TARGET, reason: "boot-failed" }),
    { phase: "rolled-back", reason: "boot-failed" },
  ],
  [
    "nobody confirms what he does not say that he runs",
    at("rebooting"),
    reported({ phase: "confirming", wanted: TARGET }),
    { phase: "rebooting" },
  ],
  [
    "a failed node that runs the image after all is done",
    at("failed"),
    reported({ running: TARGET }),
    { phase: "done" },
  ],
  [
    "a failed node stays failed whatever else it says",
    at("failed"),
    reported({ phase: "downloading" }),
    { phase: "failed" },
  ],
  ["silence is no phase", at("downloading"), { type: "silent" }, { phase: "downloading", silent: true }],
  [
    "a word ends the silence",
    at("downloading", { silent: true }),
    reported({}),
    { phase: "downloading", silent: false },
  ],
  ["a node that is done cannot fall silent", at("done"), { type: "silent" }, { phase: "done", silent: false }],
];

test.each(ROWS)("%s", (_name, from, event, to) => {
  expect(step(from, event, { image: TARGET })).toMatchObject(to);
});

const anyPhase = fc.constantFrom(...PHASES);
const anyEvent: fc.Arbitrary<ProgressEvent> = fc.oneof(
  fc.constant<ProgressEvent>({ type: "offered" }),
  fc.constant<ProgressEvent>({ type: "silent" }),
  fc
    .record(
      { running: fc.constantFrom(OLD), phase: anyPhase, wanted: fc.constantFrom(TARGET, OLD), received: fc.nat() },
      { requiredKeys: [] },
    )
    .map(reported),
);

test("UX-R4: without the node's report of the wanted digest nothing leads to done", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
      const end = events.reduce((progress, event) => step(progress, event, { image: TARGET }), START);
      expect(end.phase).not.toBe("done");
    }),
  );
});

test("UX-R17: the report of the wanted digest leads to done from everywhere, and done is final", () => {
  fc.assert(
    fc.property(anyPhase, fc.array(anyEvent, { maxLength: 10 }), (phase, events) => {
      const done = step(at(phase), reported({ running: TARGET }), { image: TARGET });
      const later = events.reduce((progress, event) => step(progress, event, { image: TARGET }), done);
      expect(later.phase).toBe("done");
      expect(isEnded(later)).toBe(true);
      expect(isError(later)).toBe(false);
    }),
  );
});

test("suit-firmware-encryption: of an encrypted image the plaintext is what leads to done, and the ciphertext what is wanted", () => {
  const target = { image: TARGET, becomes: OLD };
  const from = at("confirming");
  expect(step(from, reported({ running: OLD }), target).phase).toBe("done");
  expect(step(from, reported({ running: TARGET }), target).phase).toBe("rolled-back");
  expect(step(at("offered"), reported({ phase: "downloading", wanted: TARGET }), target).phase).toBe("downloading");
  expect(step(at("offered"), reported({ phase: "downloading", wanted: OLD }), target).phase).toBe("offered");
});

const ABOUT: ReadonlyArray<
  readonly [title: string, report: FirmwareReport, known: FirmwareReport, wanted: string | undefined]
> = [
  ["what it names", { phase: "failed", wanted: TARGET }, { wanted: OLD }, TARGET],
  ["the one that it named last", { phase: "failed" }, { wanted: OLD, running: TARGET }, OLD],
  ["nobody knows which", { received: 64 }, { running: OLD }, undefined],
  ["not the one that it runs", { phase: "downloading" }, { wanted: OLD, running: OLD }, undefined],
  ["none, when it tells of no update", { running: OLD }, { wanted: TARGET }, undefined],
];
test.each(ABOUT)("UX-R17: a report is about %s", (_title, report, known, wanted) => {
  expect(aboutImage(report, () => known)).toEqual(wanted === undefined ? report : { ...report, wanted });
});
