/** What a release vouches for: exactly the bytes that its author planned, whichever device runs it. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { toHex } from "../../../gateway/base/index.ts";
import { createRelease, imagesOf, readPlan } from "../../../gateway/service/trust/author/index.ts";
import { surveyManifest } from "../../../gateway/service/trust/index.ts";
import type { ReleasePayload } from "../../../gateway/store/index.ts";
import {
  COMMAND,
  checkBelonging,
  createEnvelope,
  encodeEnvelope,
  type NewCommand,
  type NewManifest,
  PARAMETER,
  readEnvelope,
  readManifest,
  type Whole,
} from "../../../gateway/wire/suit/index.ts";
import { inDrill } from "../../support/drill.ts";
import {
  digestHex,
  digestOfImage,
  override,
  plain,
  plannedManifest,
  uint,
  words,
} from "../../support/signed-release.ts";

const survey = (manifest: NewManifest) => {
  const envelope = readEnvelope(encodeEnvelope(createEnvelope(manifest)));
  const read = readManifest(envelope.manifest.content);
  const whole: Whole = checkBelonging(envelope, read);
  return surveyManifest({ release: toHex(envelope.authentication.digest.bytes), manifest: read, whole });
};
const bytesOf = (name: string): Uint8Array => new Uint8Array(Buffer.from(`image ${name}`));
const named = (name: string, uri?: string): ReleasePayload => ({
  digest: digestHex(bytesOf(name)),
  size: bytesOf(name).length,
  ...(uri === undefined ? {} : { uri }),
});
const sorted = (payloads: readonly ReleasePayload[]): readonly string[] =>
  payloads.map(({ digest, size, uri = "" }) => `${digest} ${size} ${uri}`).sort();

/** One component of a plan: its files and URIs are its own, or shared with others. */
const file = fc.constantFrom("one", "two", "three", "four");
const uri = fc.constantFrom("coap://a/1", "coap://a/2", "coap://a/3");
const slots = fc
  .record({
    count: fc.integer({ min: 2, max: 3 }),
    files: fc.array(file, { minLength: 3, maxLength: 3 }),
    uri: fc.option(uri),
  })
  .map(({ count, files, uri: at }) => ({
    slots: files.slice(0, count).map((name, slot) => ({
      slot: String(slot),
      file: name,
      ...(at === null ? {} : { uri: `${at}/${slot}` }),
    })),
  }));
const single = fc.record(
  { file, uri, "load-into": fc.constant("ram"), "staged-in": fc.constant("flash") },
  { requiredKeys: ["file"] },
);
const components = fc
  .array(fc.oneof(single, slots), { minLength: 1, maxLength: 9 })
  .map((list) => list.map((one, index) => ownNames({ id: `c${index}`, ...one })));
type Component = Record<string, unknown>;
/** What is staged needs something to stage, and storage of its own. */
function ownNames(one: Component): Component {
  const { "staged-in": stage, "load-into": load, ...rest } = one;
  const id = String(one["id"]);
  return {
    ...rest,
    ...(stage === undefined || rest["uri"] === undefined ? {} : { "staged-in": `${id}/flash` }),
    ...(load === undefined ? {} : { "load-into": `${id}/ram` }),
  };
}

test("SU-M10: suit-manifest-37 §8.4.8: of an authored plan exactly its digests, sizes and URIs are vouched for", () => {
  fc.assert(
    fc.property(components, (list) => {
      const plan = readPlan(
        JSON.stringify({ vendor: "acme.example", model: "valve-2", components: list }),
        "plan.yaml",
      );
      const images = new Map(["one", "two", "three", "four"].map((name) => [name, bytesOf(name)]));
      const { manifest, whole } = createRelease(plan, images, 1n);
      const planned = plan.components.flatMap(imagesOf).map((image) => named(image.file, image.uri));
      const fetched = new Set(planned.flatMap(({ digest, uri: from }) => (from === undefined ? [] : [digest])));
      const expected = planned.filter(({ digest, uri: from }) => from !== undefined || !fetched.has(digest));
      const found = surveyManifest({ release: "", manifest, whole }).payloads;
      expect(sorted(found)).toEqual([...new Set(sorted(expected))]);
    }),
    { seed: 20261122, numRuns: inDrill(60, 5000) },
  );
});

const arm = (...commands: readonly NewCommand[]) => ({ commands });
const tryEach = (...arms: ReadonlyArray<ReturnType<typeof arm> | undefined>): NewCommand => ({
  code: COMMAND.tryEach,
  argument: { kind: "try-each", arms },
});
const at = (index: number | true): NewCommand => ({
  code: COMMAND.setComponentIndex,
  argument: { kind: "index", index },
});
const slot = (value: number): readonly NewCommand[] => [
  override([PARAMETER.componentSlot, uint(value)]),
  plain(COMMAND.componentSlot),
];
const VENDOR_ASKED = plain(COMMAND.vendorIdentifier);
const CLASS_ASKED = plain(COMMAND.classIdentifier);
const soft = override([PARAMETER.softFailure, { form: "bool", value: true }]);
const sequence = (...commands: readonly NewCommand[]): NewCommand => ({
  code: COMMAND.runSequence,
  argument: { kind: "sequence", sequence: { commands } },
});
test.each<[string, readonly NewCommand[], readonly string[]]>([
  ["both conditions", [VENDOR_ASKED, CLASS_ASKED], []],
  ["parameters and no condition", [], ["vendor", "class"]],
  ["the vendor alone", [VENDOR_ASKED], ["class"]],
  ["one that may fail in an alternative", [tryEach(arm(VENDOR_ASKED), arm(CLASS_ASKED))], ["vendor", "class"]],
  ["one in every alternative", [tryEach(arm(VENDOR_ASKED), arm(soft, VENDOR_ASKED)), CLASS_ASKED], []],
  ["one with nothing behind it", [tryEach(arm(VENDOR_ASKED), arm(...slot(1)), undefined), CLASS_ASKED], ["vendor"]],
  ["an alternative that never ends well", [tryEach(arm(VENDOR_ASKED), arm(plain(COMMAND.abort))), CLASS_ASKED], []],
  ["one that fails softly", [sequence(soft, VENDOR_ASKED), CLASS_ASKED], ["vendor"]],
  ["one that does not", [sequence(VENDOR_ASKED, soft, CLASS_ASKED)], ["class"]],
  [
    "one before the alternatives",
    [VENDOR_ASKED, tryEach(arm(...slot(0)), arm(...slot(1)), undefined), sequence(CLASS_ASKED)],
    [],
  ],
])("SU-M9: suit-manifest-37 §8.4.9.1: whom a release asks: %s", (_name, asks, unasked) => {
  expect(survey(plannedManifest({ asks })).unasked).toEqual(unasked);
});

test("SU-M9: suit-manifest-37 §8.4.9.1: a question after the first directive comes too late", () => {
  const fetch = [override([PARAMETER.uri, words("#image")]), plain(COMMAND.fetch)];
  const late = plannedManifest({ asks: [CLASS_ASKED], install: [...fetch, VENDOR_ASKED] });
  expect(survey(late).unasked).toEqual(["vendor"]);
});

const is = (name: string): NewCommand =>
  override([PARAMETER.imageDigest, digestOfImage(bytesOf(name))], [PARAMETER.imageSize, uint(bytesOf(name).length)]);
const from = (name: string): NewCommand => override([PARAMETER.uri, words(name)]);
const FETCH = [plain(COMMAND.fetch), plain(COMMAND.imageMatch)];
const two = (install: readonly NewCommand[], shared: readonly NewCommand[] = []): NewManifest => {
  const made = plannedManifest({ install });
  return {
    ...made,
    common: { ...made.common, components: [[Uint8Array.of(0)], [Uint8Array.of(1)]], shared: { commands: shared } },
    sequences: new Map([["install", { here: { commands: install } }]]),
  };
};
const BY_SLOT = tryEach(arm(...slot(0), is("one")), arm(...slot(1), is("two")));

const WAYS: ReadonlyArray<readonly [name: string, manifest: NewManifest, payloads: readonly ReleasePayload[]]> = [
  [
    "what the slot decided in the shared sequence it decides in install",
    two([at(0), tryEach(arm(...slot(0), from("#1")), arm(...slot(1), from("#2"))), ...FETCH], [at(0), BY_SLOT]),
    [named("one", "#1"), named("two", "#2")],
  ],
  [
    "an arm sets what belongs together in two components",
    two([
      at(0),
      tryEach(
        arm(...slot(0), is("one"), from("#1"), at(1), is("two"), from("#2")),
        arm(...slot(1), is("three"), from("#3"), at(1), is("four"), from("#4")),
      ),
      at(true),
      ...FETCH,
    ]),
    [named("one", "#1"), named("two", "#2"), named("three", "#3"), named("four", "#4")],
  ],
  [
    "one URI for both slots",
    two([at(0), from("#1"), ...FETCH], [at(0), BY_SLOT]),
    [named("one", "#1"), named("two", "#1")],
  ],
  [
    "the arm for everybody else comes after the others",
    two([at(0), tryEach(arm(...slot(0), is("one"), from("#1")), arm(is("two"), from("#2"))), ...FETCH]),
    [named("one", "#1"), named("two", "#2")],
  ],
  [
    "an alternative that is never reached vouches for nothing",
    two([at(0), tryEach(arm(is("one"), from("#1")), arm(is("two"), from("#2"))), ...FETCH]),
    [named("one", "#1")],
  ],
  [
    "what is fetched and never checked is what it was said to be",
    two([at(0), is("one"), from("#1"), plain(COMMAND.fetch)]),
    [named("one", "#1")],
  ],
  [
    "a copy is what was fetched before it",
    two([
      at(0),
      is("one"),
      from("#1"),
      ...FETCH,
      at(1),
      is("one"),
      override([PARAMETER.sourceComponent, uint(0)]),
      plain(COMMAND.copy),
      plain(COMMAND.imageMatch),
    ]),
    [named("one", "#1")],
  ],
];
test.each(WAYS)("SU-M10: suit-manifest-37 §8.4.10.2: %s", (_name, manifest, payloads) => {
  expect(sorted(survey(manifest).payloads)).toEqual(sorted(payloads));
});

describe("SU-F5: suit-firmware-encryption: what is decrypted is told with what it was", () => {
  const info = override([PARAMETER.encryptionInfo, { form: "bytes", bytes: Uint8Array.of(1) }]);
  test("by a copy from where it was fetched to", () => {
    const install = [
      at(1),
      is("sealed"),
      from("#1"),
      ...FETCH,
      at(0),
      info,
      override([PARAMETER.sourceComponent, uint(1)]),
      plain(COMMAND.copy),
      is("one"),
      plain(COMMAND.imageMatch),
    ];
    expect(survey(two(install)).payloads).toEqual([{ ...named("sealed", "#1"), becomes: digestHex(bytesOf("one")) }]);
  });

  test("on its way, when both digests are said", () => {
    const install = [at(0), is("sealed"), from("#1"), info, plain(COMMAND.fetch), is("one"), plain(COMMAND.imageMatch)];
    expect(survey(two(install)).payloads).toEqual([{ ...named("sealed", "#1"), becomes: digestHex(bytesOf("one")) }]);
  });

  test("on its way, when only the plaintext has a digest: nobody but the node can tell the ciphertext", () => {
    const install = [at(0), is("one"), from("#1"), info, ...FETCH];
    expect(survey(two(install)).payloads).toEqual([named("one")]);
  });
});

describe("SU-M12: suit-manifest-37 §9: what a survey does not do without end", () => {
  /** So many images for one component, each in an arm for a slot of its own. */
  const choice = (count: number, prefix: string): NewCommand =>
    tryEach(...Array.from({ length: count }, (_, index) => arm(...slot(index), from(`#${prefix}${index}`))));

  test("seven components with two slots each are no more ways than one", () => {
    const install = Array.from({ length: 7 }, (_, index) => [
      at(index),
      is(`${index}`),
      choice(2, `${index}-`),
      ...FETCH,
    ]);
    const made = two(install.flat());
    const ids = Array.from({ length: 7 }, (_, index) => [Uint8Array.of(index)]);
    expect(survey({ ...made, common: { ...made.common, components: ids } }).payloads).toHaveLength(14);
  });

  const battery = (least: number, ...then: readonly NewCommand[]) =>
    arm(override([PARAMETER.minimumBattery, uint(least)]), plain(COMMAND.minimumBattery), ...then);

  test("what cannot be told apart any more is one way", () => {
    const asked = Array.from({ length: 9 }, (_, index) =>
      tryEach(battery(2 * index + 1), battery(2 * index), undefined),
    );
    expect(survey(two([at(0), ...asked, is("one"), from("#1"), ...FETCH])).payloads).toEqual([named("one", "#1")]);
  });

  test("all of ten components at every depth cost no more than is allowed", () => {
    const nested = Array.from({ length: 7 }).reduce<NewCommand>(
      (inner) => tryEach(arm(at(true), inner), arm(plain(COMMAND.abort))),
      from("#1"),
    );
    const made = two([at(true), nested]);
    const ids = Array.from({ length: 10 }, (_, index) => [Uint8Array.of(index)]);
    const wide = { ...made, common: { ...made.common, components: ids } };
    expect(() => survey(wide)).toThrow(expect.objectContaining({ code: "release.limit" }));
  });

  test("more than 64 ways that can be told apart are refused", () => {
    const digest = (index: number): NewCommand => override([PARAMETER.imageDigest, digestOfImage(bytesOf(`${index}`))]);
    const size = (index: number): NewCommand => override([PARAMETER.imageSize, uint(index)]);
    const choose = (first: number, what: (index: number) => NewCommand): NewCommand =>
      tryEach(...Array.from({ length: 9 }, (_, index) => battery(first + index, what(index))));
    const refused = two([at(0), choose(0, digest), choose(100, size), from("#1"), ...FETCH]);
    expect(() => survey(refused)).toThrow(expect.objectContaining({ code: "release.limit" }));
    expect(survey(two([at(0), choose(0, digest), from("#1"), ...FETCH])).payloads).toHaveLength(9);
  });
});
