/** Reports of nodes on releases: from the bytes of a check-in to the fact, the trace, MQTT and the event stream; hostile ones. */
import { beforeEach, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ViewStore } from "../../../cloud-bridge/mqtt/outbox/view-store.ts";
import { render } from "../../../cloud-bridge/mqtt/render/render.ts";
import { treesFrom } from "../../../cloud-bridge/mqtt/render/trees.ts";
import { keysOf } from "../../../cloud-bridge/mqtt/render/view.ts";
import { Trace } from "../../../gateway/app/status/trace.ts";
import { releaseRows } from "../../../gateway/app/trust/view.ts";
import { type NodeId, toHex } from "../../../gateway/base/index.ts";
import { Anchors, judgeReport } from "../../../gateway/service/trust/index.ts";
import { programOf } from "../../../gateway/service/trust/processor/index.ts";
import { type Fact, memoryState } from "../../../gateway/store/index.ts";
import { encodeReport, REASONS, type Report, type ReportRecord } from "../../../gateway/wire/suit/index.ts";
import { decodeInstances, fixedSchema, instanceToJson } from "../../../gateway/yang/index.ts";
import { ANYBODY, openServices, request, type Services } from "../../support/services.ts";
import { digestHex, digestOfImage, IMAGE, plannedEnvelope } from "../../support/signed-release.ts";
import { acceptedFact, tells } from "../../support/suit-node.ts";

const ENVELOPE = plannedEnvelope({ sequence: 7 });
const RELEASE = toHex(ENVELOPE.authentication.digest.bytes);
const SHORT = RELEASE.slice(0, 8);
const PROGRAM = programOf(ENVELOPE);
const EVIL = new Uint8Array(Buffer.from("another image"));
const INSTALL = 20;
/** Of image-match in the install sequence, its third command. */
const MATCH = PROGRAM.sequences.get("install")?.commands[2]?.offset ?? 0;

const record = (more: Partial<ReportRecord> = {}): ReportRecord => ({
  kind: "record",
  manifestId: [],
  section: INSTALL,
  offset: MATCH,
  componentIndex: 0,
  parameters: new Map([[3, digestOfImage(EVIL)]]),
  ...more,
});
const reportOf = (result: Report["result"], more: Partial<Report> = {}): Uint8Array =>
  encodeReport({
    reference: { uri: undefined, digest: PROGRAM.digest },
    nonce: undefined,
    records: [],
    result,
    capabilities: undefined,
    ...more,
  });
const failure = (more: Partial<ReportRecord> = {}, reason = 10): Report["result"] => ({
  code: BigInt(reason),
  record: record(more),
  reason,
});
const FAILED = reportOf(failure());
const FAILED_TEXT = `install, step 3, condition-image-match failed: expected ${digestHex(IMAGE)}, node has ${digestHex(EVIL)}`;

let services: Services;
let node: NodeId;
let facts: Fact[];
let number: number;
beforeEach(async () => {
  services = await openServices();
  facts = [];
  services.ledger.onFact((fact) => facts.push(fact));
  number = 0;
  node = await services.join("room-1");
  await services.ledger.record("release.accepted", await acceptedFact(ENVELOPE));
});
const reported = () => facts.filter((fact) => fact.type === "release.reported");
const tell = (report: Uint8Array, on = services) => {
  number += 1;
  return tells("room-1", number, { report }, on);
};

test("UX-R18: suit-report: a failed step is one fact, one line of the trace, one MQTT event, one notification", async () => {
  expect((await tell(FAILED)).code).toBe("2.04");
  const place = "install, step 3";
  const told = { node, release: RELEASE, result: "failed", reason: "condition-failed", place, text: FAILED_TEXT };
  expect(reported()).toMatchObject([told]);
  // Before the check-in that brought it: a node whose answer is lost says both again.
  expect(facts.map(({ type }) => type).slice(-2)).toEqual(["release.reported", "node.reported"]);

  const trace = new Trace(() => services.schema);
  for (const fact of facts) trace.take(fact);
  expect(trace.of(node).map(({ text }) => text)).toContain(`release ${SHORT}: failed, ${FAILED_TEXT}`);

  const trees = treesFrom(fixedSchema(services.schema));
  const view = await ViewStore.load(memoryState(), trees);
  const events = reported().flatMap((fact) =>
    render(view.slice(keysOf(fact)), fact, { site: "s-5kq2", epoch: 1, trees }).messages.map(
      ({ payload }) => JSON.parse(Buffer.from(payload).toString()) as unknown,
    ),
  );
  expect(events).toMatchObject([{ type: "release.reported", actor: `node:${node}`, ...told }]);

  const { payload } = await services.handler(ANYBODY, request("GET", "s"));
  const [newest] = decodeInstances(payload ?? new Uint8Array(), services.schema);
  expect(instanceToJson(newest!, services.schema)).toMatchObject({
    "sidgate-suit:manifest-processed": { node, result: "failed", reason: "condition-failed", place, text: FAILED_TEXT },
  });
});

test("SU-R8: a report is a fact once, after a restart too; another one, or the same of another device, is another fact", async () => {
  await tell(FAILED);
  await tell(FAILED);
  expect(reported()).toHaveLength(1);
  const restarted = await openServices({ on: services });
  restarted.ledger.onFact((fact) => facts.push(fact));
  await tell(FAILED, restarted);
  expect(reported()).toHaveLength(1);
  expect(restarted.reports.of(node)).toMatchObject({ result: "failed", text: FAILED_TEXT });
  await tell(reportOf(true), restarted);
  expect(reported()).toMatchObject([{ result: "failed" }, { result: "success", text: "it was carried out" }]);
  await restarted.ledger.record("node.replaced", { node, endpoint: "room-1", former: "room-1", actor: "test" });
  await tell(reportOf(true), restarted);
  expect(reported()).toHaveLength(3);
});

test("nodes on which a release failed are counted once, until they report its success", async () => {
  const rows = () => releaseRows({ ...services, anchors: new Anchors() });
  await tell(FAILED);
  expect(rows()).toMatchObject([{ release: RELEASE, failed: 1 }]);
  const restarted = await openServices({ on: services });
  expect([...restarted.reports.failedOn(RELEASE)]).toEqual([node]);
  await tell(reportOf(failure({ componentIndex: 0, parameters: new Map() })));
  expect(rows()).toMatchObject([{ failed: 1 }]);
  await tell(reportOf(true));
  expect(rows()).toMatchObject([{ failed: 0 }]);
});

test("of a withdrawn release the commands are not kept: the report is told as it stands", async () => {
  await services.ledger.record("release.withdrawn", { release: RELEASE, reason: "quarantined", actor: "test" });
  await tell(FAILED);
  const note = "the commands of that release are not kept any more";
  expect(reported()).toMatchObject([
    { release: RELEASE, result: "failed", text: `install, byte ${MATCH} failed: condition-failed; ${note}` },
  ]);
  await tell(reportOf(failure({}, 12)));
  await tell(reportOf(failure({}, 0)));
  await tell(reportOf(true));
  expect(reported().map(({ result }) => result)).toEqual(["failed", "pending", "doubtful", "success"]);
});

const find = (release: string) => (release === RELEASE ? PROGRAM : undefined);
const OTHER = plannedEnvelope({ sequence: 8 }).authentication.digest;
const DOUBTFUL: ReadonlyArray<readonly [title: string, report: Uint8Array, why: string]> = [
  ["random bytes", Uint8Array.of(0xff, 0, 1), "it cannot be read: "],
  ["nothing but a map", Uint8Array.of(0xa0), "it cannot be read: "],
  [
    "a report on a manifest that nobody here knows",
    reportOf(true, { reference: { uri: undefined, digest: OTHER } }),
    `it is about SHA-256 ${toHex(OTHER.bytes)}, and no such manifest is known here`,
  ],
  [
    "the reference of another manifest",
    reportOf(true, { reference: { uri: "coap://evil\u001b[2J", digest: PROGRAM.digest } }),
    "it cannot be true: its reference is coap://evil\\u{1b}[2J, the manifest's none. It says: it was carried out",
  ],
  [
    "a place without a command",
    reportOf(failure({ offset: MATCH + 1 })),
    `it cannot be true: no command stands at install, byte ${MATCH + 1}. It says: `,
  ],
  ["a reason that nobody knows", reportOf(failure({}, 99)), "it cannot be true: 99 is no reason to fail. It says: "],
  [
    "lies without end",
    reportOf(true, {
      records: Array.from({ length: 40 }, (_, at) => record({ offset: 1000 + at, parameters: new Map() })),
    }),
    "; and 37 more. It says: it was carried out",
  ],
];
test.each(DOUBTFUL)("SU-R6: suit-report: %s is doubtful, and is told why", (_title, report, why) => {
  const { result, text } = judgeReport(report, find);
  expect(result).toBe("doubtful");
  expect(text).toContain(why);
});

test("SU-R5: each reason of suit-report is one that sidgate-suit has", () => {
  const known = services.schema.byPath("/sidgate-suit:manifest-processed/reason")?.type?.enums?.map(({ name }) => name);
  const told = REASONS.flatMap((_, reason) => judgeReport(reportOf(failure({}, reason)), find).reason ?? []);
  expect(told).toHaveLength(REASONS.length - 1);
  expect(known).toEqual(expect.arrayContaining(told));
});

test("a report that is longer than the module allows refuses the check-in, and nothing is kept", async () => {
  const before = facts.length;
  expect((await tell(new Uint8Array(1025))).code).toBe("4.00");
  expect(facts).toHaveLength(before);
  expect((await tell(new Uint8Array(1024))).code).toBe("2.04");
  expect(reported()).toMatchObject([{ result: "doubtful" }]);
});

const run = { seed: 37, numRuns: 300 };
test("any bytes, and any byte of a report changed, give a short sentence and no crash", () => {
  const isSentence = (bytes: Uint8Array): void => {
    const { text, place = "", result } = judgeReport(bytes, find);
    expect(text.length).toBeGreaterThan(0);
    expect(text.length + place.length).toBeLessThan(2000);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(text).not.toMatch(/[\u0000-\u001f\u007f]/);
    expect(["success", "pending", "failed", "doubtful"]).toContain(result);
  };
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 1024 }), isSentence), run);
  fc.assert(
    fc.property(fc.nat(FAILED.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      isSentence(FAILED.map((byte, index) => (index === at ? byte ^ by : byte)));
    }),
    run,
  );
});
