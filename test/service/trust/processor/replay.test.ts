/** Reports of nodes in plain language, and reports that cannot be true. */
import { expect, test } from "@jest/globals";
import { toHex } from "../../../../gateway/base/index.ts";
import { finishNow, type Program, replay, reportOf, run } from "../../../../gateway/service/trust/processor/index.ts";
import {
  encodeReport,
  type Reason,
  type Report,
  type ReportRecord,
  readReport,
  reasonNumber,
} from "../../../../gateway/wire/suit/index.ts";
import { type Making, MemoryDevice } from "./memory-device.ts";
import { at, bytes, id, installing, override, plain, program, setUnset, sha, tryEach } from "./workshop.ts";

const FW = id("fw");
const OF = installing(
  override({ digest: "new", size: 3, uri: "coap://a/fw" }),
  plain("fetch", 15),
  plain("componentSlot"),
  plain("imageMatch", 15),
);
const making: Making = { components: [[FW, bytes("old")]], network: { "coap://a/fw": bytes("evl") } };
const reportFrom = (of: Program, more: Partial<Making> = {}): Report =>
  readReport(encodeReport(reportOf(finishNow(run(of, ["install"], new MemoryDevice({ ...making, ...more }))), of)));
const hex = (text: string): string => toHex(sha(text).bytes);

test("SU-R1: replay: the failing command in plain language", () => {
  const of = installing(
    override({ digest: "new", slot: 0, uri: "coap://a/fw" }),
    plain("fetch"),
    plain("componentSlot"),
    plain("imageMatch", 15),
  );
  const told = replay(reportFrom(of), of);
  expect(told).toMatchObject({ result: "failed", reason: "condition-failed", doubts: [] });
  expect(told.sentence).toBe(
    `install, step 4, condition-image-match failed: image-digest expected ${hex("new")}, node has ${hex("evl")}; image-size node has 3`,
  );
});

test("replay: success, a restart, an operation that failed", () => {
  const of = installing(override({ uri: "coap://a/fw" }), plain("fetch", 1), plain("invoke"));
  expect(replay(reportFrom(of), of)).toEqual({
    result: "succeeded",
    sentence: "it was carried out",
    reason: "ok",
    records: ["install, step 2, directive-fetch"],
    doubts: [],
  });
  expect(replay(reportFrom(of, { fails: { invoke: "pending" } }), of)).toMatchObject({
    result: "pending",
    sentence: "install, step 3, directive-invoke: the node starts anew",
  });
  expect(replay(reportFrom(of, { network: {} }), of).sentence).toBe(
    "install, step 2, directive-fetch failed: operation-failed",
  );
});

test("replay: what alternatives set is told as far as the report says which one it was", () => {
  const arms = tryEach(
    [override({ slot: 0 }), plain("componentSlot"), override({ digest: "a" })],
    [override({ slot: 1 }), plain("componentSlot"), override({ digest: "b" })],
  );
  const of = installing(arms, plain("imageMatch"));
  expect(replay(reportFrom(of), of).sentence).toContain(`expected ${hex("a")} or ${hex("b")}, node has ${hex("old")}`);
  const sure = installing(
    tryEach([override({ slot: 0, soft: false }), plain("abort")], [override({ slot: 7 })]),
    override({ slot: 3 }),
    plain("componentSlot"),
  );
  expect(replay(reportFrom(sure, { slot: 9n }), sure).sentence).toBe(
    "install, step 1, alternative 1, step 2, condition-abort failed: condition-failed",
  );
});

test("replay: the shared sequence has a place of its own", () => {
  const of = program({
    shared: [override({ vendor: "evil" }), plain("vendorIdentifier", 15)],
    sequences: { install: [plain("fetch")] },
  });
  expect(replay(reportFrom(of), of).sentence).toMatch(
    /^the shared sequence, step 2, condition-vendor-identifier failed: expected .*, node has /,
  );
});

test("replay: a dependency at hand is read, another is named", () => {
  const record: ReportRecord = {
    kind: "record",
    manifestId: [1],
    section: 20,
    offset: 13,
    componentIndex: 0,
    parameters: new Map(),
  };
  const parent = program({
    components: [FW, id("child")],
    dependencies: new Map([[1, { prefix: undefined }]]),
    sequences: { install: [at(1), setUnset({ uri: "x" })] },
  });
  const child = installing(override({ uri: "coap://a" }), plain("fetch"));
  const report: Report = { ...reportFrom(parent), result: { code: 11n, record, reason: 11 } };
  expect(replay(report, parent, () => child).sentence).toBe(
    "dependency 1, install, step 2, directive-fetch failed: operation-failed",
  );
  expect(replay(report, parent)).toMatchObject({
    sentence: "dependency 1, install, byte 13 failed: operation-failed",
    doubts: [],
  });
  const stranger = { ...record, manifestId: [0] };
  expect(replay({ ...report, records: [stranger] }, parent).doubts).toEqual(["the manifest has no dependency 0"]);
});

/** Where directive-fetch stands in it. */
const FETCH = OF.sequences.get("install")?.commands[1]?.offset ?? 0;
const AT_FETCH: ReportRecord = {
  kind: "record",
  manifestId: [],
  section: 20,
  offset: FETCH,
  componentIndex: 0,
  parameters: new Map(),
};
const failing = (record: Partial<ReportRecord>, reason: Reason | number = "operation-failed"): Report => {
  const number = typeof reason === "number" ? reason : reasonNumber(reason);
  return {
    reference: { uri: OF.manifest.referenceUri, digest: OF.digest },
    nonce: undefined,
    records: [],
    result: { code: BigInt(number), record: { ...AT_FETCH, ...record }, reason: number },
    capabilities: undefined,
  };
};
const DOUBTS: ReadonlyArray<readonly [title: string, report: Report, doubts: readonly string[]]> = [
  ["a place without a command", failing({ offset: FETCH + 1 }), [`no command stands at install, byte ${FETCH + 1}`]],
  ["a section that the manifest has not", failing({ section: 8 }), [`no command stands at load, byte ${FETCH}`]],
  ["a component that the manifest has not", failing({ componentIndex: 3 }), ["the manifest has no component 3"]],
  ["ok as a reason to fail", failing({}, "ok"), ["0 is no reason to fail"]],
  ["a reason that nobody knows", failing({}, 99), ["99 is no reason to fail"]],
  [
    "another manifest",
    { ...failing({}), reference: { uri: undefined, digest: sha("another") } },
    ["it is about another manifest: the digests differ"],
  ],
  [
    "another URI",
    { ...failing({}), reference: { uri: "https://evil", digest: OF.digest } },
    ["its reference is https://evil, the manifest's https://example.com/fw.suit"],
  ],
];
test.each(DOUBTS)("SU-R6: suit-report: a report with %s is doubted", (_title, report, doubts) => {
  expect(replay(report, OF).doubts).toEqual(doubts);
});

test("SU-R1: suit-report: an empty reference and none say the same of a manifest without a reference-uri", () => {
  const of: Program = { ...OF, manifest: { ...OF.manifest, referenceUri: undefined } };
  const doubtsOf = (uri: string | undefined) =>
    replay({ ...failing({}), reference: { uri, digest: OF.digest } }, of).doubts;
  expect(["", undefined, "coap://a"].map(doubtsOf)).toEqual([
    [],
    [],
    ["its reference is coap://a, the manifest's none"],
  ]);
});

test("replay: the node's own code is told where it says more", () => {
  const report = failing({});
  expect(
    report.result === true ? "" : replay({ ...report, result: { ...report.result, code: -7n } }, OF).sentence,
  ).toMatch(/\(the node's own code: -7\)$/);
});
