/** The machine on manifests of every shape: it ends, within its limits, and what the dry run promises comes true. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  dryRun,
  finishNow,
  keyOf,
  lint,
  type NodeView,
  PROCEDURES,
  PROCESSOR_LIMITS,
  type Program,
  programOf,
  replay,
  reportOf,
  run,
} from "../../../../gateway/service/trust/processor/index.ts";
import {
  COMMAND,
  COMMANDS,
  type ComponentId,
  createEnvelope,
  digestOf,
  type NewCommand,
} from "../../../../gateway/wire/suit/index.ts";
import { manifests } from "../../../support/arbitrary-manifest.ts";
import { inDrill } from "../../../support/drill.ts";
import { type Making, MemoryDevice } from "./memory-device.ts";
import {
  at,
  bytes,
  id,
  override,
  overrideMultiple,
  plain,
  program,
  runSequence,
  type Setting,
  setUnset,
  tryEach,
  uuid,
} from "./workshop.ts";

const NAMES = [...PROCEDURES.update, ...PROCEDURES.invocation];
const everything: NodeView = {};

test("SU-M12: property: on any manifest the machine ends within its limits, and so do dry run, lint and replay", () => {
  fc.assert(
    fc.property(manifests, fc.boolean(), (manifest, failing) => {
      const envelope = createEnvelope(manifest);
      const of = programOf(envelope);
      const device = new MemoryDevice({
        components: of.manifest.common.components.map((component) => [component, bytes("x")]),
        ...(failing ? {} : { fails: { fetch: "done", copy: "done", swap: "done" } }),
      });
      const limits = { ...PROCESSOR_LIMITS, steps: 64, records: 16 };
      const outcome = finishNow(run(of, NAMES, device, limits));
      expect(outcome.trail.length).toBeLessThanOrEqual(limits.steps + limits.depth + 1);
      expect(outcome.records.length).toBeLessThanOrEqual(limits.records);
      const { courses } = dryRun(of, everything, { limits });
      expect(courses.length).toBeGreaterThan(0);
      lint(of, envelope);
      expect(replay(reportOf(outcome, of), of).doubts).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

const COMPONENTS: readonly ComponentId[] = [id("a"), id("b")];
const TEXTS = ["x", "y", "old"] as const;
const NETWORK = Object.fromEntries(TEXTS.map((text) => [`coap://${text}`, bytes(text)]));

const sets: fc.Arbitrary<Setting> = fc.oneof(
  fc.constantFrom(...TEXTS).map((text): Setting => ({ digest: text, content: text, uri: `coap://${text}` })),
  fc.constantFrom(...TEXTS, "none").map((text): Setting => ({ uri: `coap://${text}` })),
  fc.constantFrom(...TEXTS).map((text): Setting => ({ digest: text, size: text.length })),
  fc.nat({ max: 1 }).map((source): Setting => ({ source })),
  fc.constantFrom("acme", "evil").map((vendor): Setting => ({ vendor })),
  fc.nat({ max: 1 }).map((slot): Setting => ({ slot })),
  fc.constantFrom(400, 600).map((battery): Setting => ({ battery })),
  fc.boolean().map((strict): Setting => ({ strict })),
);
const PLAIN = [
  "imageMatch",
  "imageNotMatch",
  "checkContent",
  "fetch",
  "copy",
  "write",
  "swap",
  "vendorIdentifier",
  "componentSlot",
  "minimumBattery",
  "abort",
] as const;
const { command } = fc.letrec<{ command: NewCommand; list: NewCommand[] }>((tie) => ({
  command: fc.oneof(
    { weight: 5, arbitrary: sets.map(override) },
    { weight: 1, arbitrary: sets.map(setUnset) },
    { weight: 6, arbitrary: fc.constantFrom(...PLAIN).map((name) => plain(name)) },
    { weight: 2, arbitrary: fc.oneof(fc.nat({ max: 1 }), fc.constant(true as const), fc.constant([1, 0])).map(at) },
    { weight: 1, arbitrary: sets.map((set) => overrideMultiple({ 0: set, 1: set })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(tie("list"), tie("list"), fc.boolean())
        .map(([a, b, nil]) => (nil ? tryEach(a, b, undefined) : tryEach(a, b))),
    },
    { weight: 1, arbitrary: tie("list").map((list) => runSequence(...list)) },
  ),
  list: fc.array(tie("command"), { minLength: 1, maxLength: 4, depthIdentifier: "nesting" }),
}));
const programs: fc.Arbitrary<Program> = fc
  .array(command, { minLength: 1, maxLength: 8 })
  .map((install) => program({ components: COMPONENTS, sequences: { install: [at(0), ...install] } }));
const makings: fc.Arbitrary<Making> = fc
  .tuple(fc.constantFrom(...TEXTS, undefined), fc.constantFrom(...TEXTS, undefined), fc.constantFrom(0n, 1n))
  .map(([a, b, slot]) => ({
    components: COMPONENTS.map((one, index) => [
      one,
      [a, b].map((text) => (text === undefined ? undefined : bytes(text)))[index],
    ]),
    network: NETWORK,
    slot,
  }));

/** All that there is to know of such a device, or some of it. */
function viewOf(
  { components = [], slot }: Making,
  knows: { readonly images: boolean; readonly facts: boolean },
): NodeView {
  return {
    components: components.map(([one, content]) => ({
      id: one,
      ...(knows.facts && typeof slot === "bigint" ? { slot } : {}),
      ...(knows.images
        ? {
            image:
              content === undefined ? ("empty" as const) : { digest: digestOf(content), size: BigInt(content.length) },
          }
        : {}),
    })),
    ...(knows.facts
      ? { battery: 500n, identifiers: { vendor: [{ form: "identifier", bytes: uuid("acme"), tagged: false }] } }
      : {}),
    imageAt: (uri) => {
      const found = NETWORK[uri];
      return found && { size: BigInt(found.length), digest: digestOf(found), bytes: found };
    },
  };
}

test("SU-P10: property: where the dry run says applies the run succeeds, and where it says fails the run fails", () => {
  const knowledge = fc.record({ images: fc.boolean(), facts: fc.boolean() });
  const seen = { applies: 0, fails: 0, depends: 0 };
  fc.assert(
    fc.property(programs, makings, knowledge, (of, making, knows) => {
      const { verdict, courses, complete } = dryRun(of, viewOf(making, knows));
      const device = new MemoryDevice(making);
      const outcome = finishNow(run(of, ["install"], device));
      seen[verdict]++;
      // An URI that nobody has is promised by its author all the same.
      const hopeful = courses.some(({ fetches }) => fetches.some(({ uri }) => NETWORK[uri] === undefined));
      if (verdict === "applies" && !hopeful) {
        expect(outcome.result).toBe("done");
        if (courses.length === 1) {
          for (const { component, digest } of courses[0]?.components ?? []) {
            const stored = device.stored.get(keyOf(component));
            expect(stored && digest && digestOf(stored)).toEqual(digest);
          }
        }
      }
      if (verdict === "fails") expect(outcome.result).toBe("failed");
      // Whatever it was, one of the courses foresaw it to the last fetch.
      const asked = device.did.filter((note) => note.startsWith("fetch ")).map((note) => note.slice(6));
      const foreseen = courses.some(
        (course) =>
          course.outcome.result === outcome.result &&
          JSON.stringify(course.fetches.map(({ uri }) => uri)) === JSON.stringify(asked),
      );
      if (complete && !hopeful) expect(foreseen).toBe(true);
    }),
    { numRuns: 250, ...inDrill({ seed: 20_261_122 }, {}) },
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(3);
});

test("SU-P6: property: after a directive has failed nothing more is done", () => {
  const operations = new Set<number>([COMMAND.fetch, COMMAND.copy, COMMAND.write, COMMAND.swap]);
  fc.assert(
    fc.property(programs, makings, (of, making) => {
      const { trail, result } = finishNow(run(of, ["install"], new MemoryDevice(making)));
      const first = trail.findIndex(({ code, result: how }) => operations.has(code ?? 0) && how === "failed");
      if (first < 0) return;
      expect(result).toBe("failed");
      // What follows are the sequences that it stood in, each ended by it.
      const rest = trail.slice(first + 1);
      expect(
        rest.every(
          ({ code, result: how }) =>
            how === "failed" && ["try-each", "sequence"].includes(COMMANDS.get(code ?? 0)?.argument ?? ""),
        ),
      ).toBe(true);
    }),
    { numRuns: 100 },
  );
});
