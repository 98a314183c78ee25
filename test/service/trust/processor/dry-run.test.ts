/** A manifest tried on what the gateway knows of a node, before any radio time. */
import { expect, test } from "@jest/globals";
import {
  dryRun,
  MAX_COURSES,
  MAX_STEPS,
  type NodeView,
  PROCESSOR_LIMITS,
  type Program,
} from "../../../../gateway/service/trust/processor/index.ts";
import {
  type Capabilities,
  digestOf,
  encodeEnvelope,
  encodeParameter,
  type NewCommand,
  WAIT,
} from "../../../../gateway/wire/suit/index.ts";
import {
  at,
  bytes,
  envelopeOf,
  id,
  installing,
  override,
  plain,
  priv,
  program,
  sha,
  tryEach,
  uuid,
} from "./workshop.ts";

const FW = id("fw");
const URI = "coap://author/fw";
const own = (name: string) => [{ form: "identifier", bytes: uuid(name), tagged: false }] as const;
const KNOWN: NodeView = {
  identifiers: { vendor: own("acme"), class: own("lamp"), device: own("this") },
  components: [{ id: FW, slot: 0n, version: [1, 4], image: { digest: sha("old"), size: 3n }, capacity: 1000n }],
  battery: 500n,
  time: 1000n,
  authorises: (priority) => priority <= 0n,
};
const update = (...before: readonly NewCommand[]): Program =>
  installing(...before, override({ digest: "new", size: 300, uri: URI }), plain("fetch"), plain("imageMatch"));
const NEW_TEXT = /SHA-256 11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437/;

const VERDICTS: ReadonlyArray<
  readonly [title: string, program: Program, view: NodeView, verdict: string, sentence: RegExp]
> = [
  [
    "what holds, and what is promised",
    update(),
    KNOWN,
    "applies",
    /^applies: fetches coap:\/\/author\/fw \(300 bytes\); fw ends as SHA-256 11507a/,
  ],
  [
    "nothing to fetch",
    installing(override({ digest: "old" }), plain("imageMatch")),
    KNOWN,
    "applies",
    /^applies: nothing to fetch$/,
  ],
  [
    "another vendor",
    update(override({ vendor: "evil" }), plain("vendorIdentifier")),
    KNOWN,
    "fails",
    /^will fail at install, step 2: condition-vendor-identifier failed: expected .*, node has /,
  ],
  [
    "too little battery",
    update(override({ battery: 501 }), plain("minimumBattery")),
    KNOWN,
    "fails",
    /expected 501 mWh at least, node has 500$/,
  ],
  [
    "expired: the gateway's clock serves a node without one",
    update(override({ before: 999 }), plain("useBefore")),
    KNOWN,
    "fails",
    /expected a time before 999, node has 1000/,
  ],
  [
    "too large",
    update(),
    { ...KNOWN, components: [{ id: FW, capacity: 299n }] },
    "fails",
    /step 2: directive-fetch failed: 300 bytes are more than the 299 that fw takes/,
  ],
  [
    "not to be written",
    update(),
    { ...KNOWN, components: [{ id: FW, writable: false }] },
    "fails",
    /fw may not be written/,
  ],
  [
    "the image under the URI is another one",
    update(),
    { ...KNOWN, imageAt: () => ({ size: 300n, digest: sha("evil") }) },
    "fails",
    /step 3: condition-image-match failed/,
  ],
  [
    "no node ever told its vendor",
    update(override({ vendor: "acme" }), plain("vendorIdentifier")),
    {},
    "depends",
    /^depends on what only the node knows: condition-vendor-identifier of fw: .*At best it applies|at best it applies/,
  ],
  [
    "already in place",
    update(),
    { ...KNOWN, components: [{ id: FW, image: { digest: sha("new"), size: 300n } }] },
    "applies",
    /though all of it is already in place/,
  ],
  [
    "a size that nobody says",
    installing(override({ digest: "new", uri: URI }), plain("fetch")),
    KNOWN,
    "applies",
    /unknown bytes/,
  ],
  ["a private command", installing(priv(-300)), KNOWN, "depends", /private command -300 of fw/],
  [
    "nothing to start",
    installing(plain("invoke")),
    { components: [{ id: FW, image: "empty" }] },
    "fails",
    /there is nothing in fw/,
  ],
];
test.each(VERDICTS)("dry run: %s", (_title, of, view, verdict, sentence) => {
  const prognosis = dryRun(of, view);
  expect(prognosis.sentence).toMatch(sentence);
  expect(prognosis.verdict).toBe(verdict);
});

test("SU-P10: dry run: says what will be fetched, from where, into what, and what stands there in the end", () => {
  const { courses, bytes: sum } = dryRun(update(), KNOWN);
  expect(sum).toEqual({ least: 300n, most: 300n });
  expect(courses).toHaveLength(1);
  expect(courses[0]?.fetches).toEqual([{ uri: URI, component: FW, bytes: 300n, integrated: false, inPlace: false }]);
  expect(courses[0]?.components).toEqual([{ component: FW, digest: sha("new"), inPlace: false }]);
  expect(courses[0]?.promises).toEqual([expect.stringMatching(NEW_TEXT)]);
});

const ARMS = tryEach(
  [override({ digest: "new" }), plain("imageMatch")],
  [override({ digest: "new", size: 300, uri: URI }), plain("fetch"), plain("imageMatch")],
);
test("dry run: nothing is fetched when an alternative finds it in place, and which one it was is said", () => {
  const inPlace = dryRun(installing(ARMS), { components: [{ id: FW, image: { digest: sha("new") } }] });
  expect(inPlace.courses[0]).toMatchObject({ fetches: [], alternatives: [{ place: "install, step 1", arm: 1 }] });
  const needed = dryRun(installing(ARMS), KNOWN);
  expect(needed.courses[0]).toMatchObject({ fetches: [{ uri: URI }], alternatives: [{ arm: 2 }] });
});

test("dry run: what a node holds and nobody knows is asked once, and copies share the answer", () => {
  const components = [FW, id("spare")];
  const of = program({
    components,
    sequences: {
      install: [
        at([0, 1]),
        override({ digest: "x", source: 0 }),
        at(0),
        plain("imageMatch"),
        plain("imageMatch"),
        at(1),
        plain("copy"),
        plain("imageMatch"),
      ],
      validate: [at(1), override({ digest: "y" }), plain("imageMatch")],
    },
  });
  const { courses, verdict } = dryRun(of, {});
  expect(courses.map(({ supposed }) => supposed.length)).toEqual([1, 1]);
  expect(verdict).toBe("fails");
});

test("dry run: more courses than are tried make no promise", () => {
  const many = Array.from({ length: 8 }, (_, index) =>
    tryEach([override({ battery: index }), plain("minimumBattery")], [override({ slot: index + 100 })]),
  );
  const prognosis = dryRun(installing(...many), {});
  expect(prognosis).toMatchObject({ verdict: "depends", complete: false });
  expect(prognosis.courses).toHaveLength(MAX_COURSES);
});

test("dry run: long and branching manifests together have an end, and large payloads are looked at once", () => {
  const branches = Array.from({ length: 8 }, (_, index) =>
    tryEach([override({ battery: index }), plain("minimumBattery")], [override({ slot: index + 100 })]),
  );
  const long = Array.from({ length: 40 }, () => [plain("fetch"), plain("imageNotMatch")]).flat();
  const components = Array.from({ length: 32 }, (_, index) => id(String(index)));
  const install = [at(0), ...branches, at(true), override({ uri: "#big", digest: "no" }), ...long];
  const of = program({ components, sequences: { install }, integrated: { "#big": new Uint8Array(1 << 18) } });
  const { complete, courses } = dryRun(of, {});
  const steps = courses.reduce((sum, { outcome }) => sum + outcome.trail.length, 0);
  expect(complete).toBe(false);
  expect(steps).toBeLessThan(MAX_STEPS + 2 * PROCESSOR_LIMITS.steps);
});

test("dry run: a dependency that is no envelope is none", () => {
  const of = program({
    components: [FW, id("child")],
    dependencies: new Map([[1, { prefix: undefined }]]),
    sequences: { install: [at(1), override({ uri: "#child", digest: "x" }), plain("fetch"), plain("imageMatch")] },
    integrated: { "#child": bytes("no envelope") },
  });
  expect(dryRun(of, {}).sentence).toMatch(/condition-image-match failed: .*node has nothing$/);
});

const ALL: Capabilities = {
  components: [{ id: FW, wildcard: false }],
  commands: [3, 12, 20, 21],
  parameters: [3, 14, 21],
  cryptoAlgorithms: [-16],
  envelope: [],
  manifest: [],
  common: [],
  text: [],
  textComponent: [],
  dependency: [],
};
const CAPABLE: ReadonlyArray<readonly [title: string, change: Partial<Capabilities>, code: string | undefined]> = [
  ["just enough", {}, undefined],
  ["no fetch", { commands: [3, 12, 20] }, "processor.command-unsupported"],
  ["no image-size", { parameters: [3, 21] }, "processor.parameter-unsupported"],
  ["SHA-256 goes without saying", { cryptoAlgorithms: [] }, undefined],
  ["another component", { components: [{ id: id("fx"), wildcard: false }] }, "processor.component-unsupported"],
  ["every component", { components: [{ id: [], wildcard: true }] }, undefined],
];
test.each(CAPABLE)("SU-R4: dry run: capability report with %s", (_title, change, code) => {
  const { courses } = dryRun(update(), { capabilities: { ...ALL, ...change } });
  const outcome = courses[0]?.outcome;
  expect(outcome?.result === "failed" ? outcome.error.code : undefined).toBe(code);
});

test("dry run: a payload that came along costs no radio time, and is looked at", () => {
  const recipe = {
    sequences: { install: [override({ digest: "new", uri: "#fw" }), plain("fetch"), plain("imageMatch")] },
  };
  const good = dryRun(program({ ...recipe, integrated: { "#fw": bytes("new") } }), KNOWN);
  expect(good).toMatchObject({ verdict: "applies", bytes: { least: 0n, most: 0n } });
  expect(good.courses[0]?.promises).toEqual([]);
  expect(dryRun(program({ ...recipe, integrated: { "#fw": bytes("evil") } }), KNOWN).verdict).toBe("fails");
});

test("SU-T6: dry run: an integrated dependency is run too", () => {
  const child = envelopeOf({
    components: [id("radio")],
    sequences: { install: [override({ uri: "coap://radio" }), plain("fetch")] },
  });
  const of = program({
    components: [FW, id("child")],
    dependencies: new Map([[1, { prefix: undefined }]]),
    sequences: {
      dependencyResolution: [
        at(1),
        override({ uri: "#child", digest: child.authentication.digest }),
        plain("fetch"),
        plain("dependencyIntegrity"),
      ],
      install: [
        at(1),
        override({ digest: child.authentication.digest }),
        plain("dependencyIntegrity"),
        plain("processDependency"),
      ],
    },
    integrated: { "#child": encodeEnvelope(child) },
  });
  const { verdict, courses } = dryRun(of, {});
  expect(verdict).toBe("applies");
  expect(courses[0]?.fetches.map(({ uri }) => uri)).toEqual(["#child", "coap://radio"]);
});

test("dry run: what must be decrypted nobody here has seen", () => {
  const of = installing(
    override({ digest: "plain", size: 5, uri: URI, encryption: "cose" }),
    plain("fetch"),
    plain("imageMatch"),
  );
  const { verdict, courses } = dryRun(of, { ...KNOWN, imageAt: () => ({ size: 21n, digest: sha("cipher") }) });
  expect(verdict).toBe("applies");
  expect(courses[0]).toMatchObject({ fetches: [{ bytes: 21n }], components: [{ digest: digestOf(bytes("plain")) }] });
});

test("SU-U4: dry run: says what the node will wait for", () => {
  const uint = (value: number) => encodeParameter({ form: "uint", value: BigInt(value) });
  const wait = new Map([
    [WAIT.power, uint(1)],
    [WAIT.time, uint(2000)],
  ]);
  const { verdict, courses } = dryRun(installing(override({ wait }), plain("wait")), KNOWN);
  expect(verdict).toBe("applies");
  expect(courses[0]?.waits).toEqual(["power 1", "time 2000"]);
  const past = dryRun(installing(override({ wait: new Map([[WAIT.time, uint(1000)]]) }), plain("wait")), KNOWN);
  expect(past.courses[0]?.waits).toEqual([]);
});
