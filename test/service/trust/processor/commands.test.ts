/** Every command of suit-manifest-37 and its extensions, by table: it succeeds, fails, or nobody here knows. */
import { expect, test } from "@jest/globals";
import { finishNow, type Outcome, run } from "../../../../gateway/service/trust/processor/index.ts";
import { COMPARISON, type NewCommand, type SequenceName } from "../../../../gateway/wire/suit/index.ts";
import { type Making, MemoryDevice } from "./memory-device.ts";
import {
  at,
  bytes,
  copyParams,
  id,
  installing,
  override,
  overrideMultiple,
  plain,
  priv,
  program,
  runSequence,
  setUnset,
  tryEach,
} from "./workshop.ts";

const FW = id("fw");
const NEXT = id("next");
const one = (making: Making = {}): Making => ({
  components: [[FW, bytes("old")]],
  network: { "coap://a/fw": bytes("new") },
  ...making,
});
const two = (making: Making = {}): Making =>
  one({
    components: [
      [FW, bytes("old")],
      [NEXT, bytes("spare")],
    ],
    ...making,
  });

/** `done`, or the code of the error. */
const ending = (outcome: Outcome): string => (outcome.result === "done" ? outcome.reason : outcome.error.code);
const install = (commands: readonly NewCommand[], making: Making = one()): Outcome =>
  finishNow(run(installing(...commands), ["install"], new MemoryDevice(making)));

const MISS = "processor.mismatch";
const UNSET = "processor.parameter-missing";
const UNKNOWN = "processor.unknown";

const CONDITIONS: ReadonlyArray<
  readonly [title: string, commands: readonly NewCommand[], making: Making, end: string]
> = [
  ["§8.4.9.1 vendor-identifier: holds", [override({ vendor: "acme" }), plain("vendorIdentifier")], one(), "ok"],
  [
    "§8.4.9.1 vendor-identifier: another vendor",
    [override({ vendor: "evil" }), plain("vendorIdentifier")],
    one(),
    MISS,
  ],
  ["§8.4.9.1 vendor-identifier: not set", [plain("vendorIdentifier")], one(), UNSET],
  [
    "§8.4.9.1 vendor-identifier: unknown",
    [override({ vendor: "acme" }), plain("vendorIdentifier")],
    one({ forgets: ["vendor"] }),
    UNKNOWN,
  ],
  ["§8.4.9.1 class-identifier: holds", [override({ class: "lamp" }), plain("classIdentifier")], one(), "ok"],
  [
    "§8.4.9.1 class-identifier: a vendor's is none",
    [override({ class: "acme" }), plain("classIdentifier")],
    one(),
    MISS,
  ],
  ["§8.4.9.1 device-identifier: holds", [override({ device: "this" }), plain("deviceIdentifier")], one(), "ok"],
  [
    "§8.4.9.1 device-identifier: another device",
    [override({ device: "that" }), plain("deviceIdentifier")],
    one(),
    MISS,
  ],
  ["§8.4.9.2 image-match: holds", [override({ digest: "old" }), plain("imageMatch")], one(), "ok"],
  [
    "§8.4.9.2 image-match: and so does the size",
    [override({ digest: "old", size: 3 }), plain("imageMatch")],
    one(),
    "ok",
  ],
  ["§8.4.9.2 image-match: another size", [override({ digest: "old", size: 4 }), plain("imageMatch")], one(), MISS],
  ["§8.4.9.2 image-match: another image", [override({ digest: "new" }), plain("imageMatch")], one(), MISS],
  [
    "§8.4.9.2 image-match: nothing there",
    [override({ digest: "new" }), plain("imageMatch")],
    one({ components: [[FW]] }),
    MISS,
  ],
  ["§8.4.9.2 image-match: no digest", [override({ size: 3 }), plain("imageMatch")], one(), UNSET],
  [
    "§8.4.9.2 image-match: unknown",
    [override({ digest: "old" }), plain("imageMatch")],
    one({ forgets: ["image"] }),
    UNKNOWN,
  ],
  [
    "§8.4.9.2 image-match: an algorithm that the node has not",
    [override({ digest: "old" }), plain("imageMatch")],
    one({ unsupported: { algorithms: [-16] } }),
    "processor.algorithm-unsupported",
  ],
  ["§8.4.9.3 check-content: holds", [override({ content: "old" }), plain("checkContent")], one(), "ok"],
  ["§8.4.9.3 check-content: other bytes", [override({ content: "new" }), plain("checkContent")], one(), MISS],
  ["§8.4.9.3 check-content: the component goes on", [override({ content: "ol" }), plain("checkContent")], one(), MISS],
  [
    "§8.4.9.3 check-content: the component is shorter",
    [override({ content: "older" }), plain("checkContent")],
    one(),
    MISS,
  ],
  [
    "§8.4.9.3 check-content: nothing there",
    [override({ content: "" }), plain("checkContent")],
    one({ components: [[FW]] }),
    MISS,
  ],
  [
    "§8.4.9.3 check-content: unknown",
    [override({ content: "old" }), plain("checkContent")],
    one({ forgets: ["content"] }),
    UNKNOWN,
  ],
  ["§8.4.9.4 component-slot: holds", [override({ slot: 0 }), plain("componentSlot")], one(), "ok"],
  ["§8.4.9.4 component-slot: another", [override({ slot: 1 }), plain("componentSlot")], one(), MISS],
  [
    "§8.4.9.4 component-slot: unknown",
    [override({ slot: 1 }), plain("componentSlot")],
    one({ slot: "unknown" }),
    UNKNOWN,
  ],
  ["§8.4.9.5 abort", [plain("abort")], one(), "processor.abort"],
  ["update-management use-before: in time", [override({ before: 1_001 }), plain("useBefore")], one(), "ok"],
  [
    "update-management use-before: the very second is too late",
    [override({ before: 1_000 }), plain("useBefore")],
    one(),
    MISS,
  ],
  ["update-management use-before: beyond 32 bits", [override({ before: 2 ** 40 }), plain("useBefore")], one(), "ok"],
  [
    "update-management use-before: no clock",
    [override({ before: 1 }), plain("useBefore")],
    one({ time: "unknown" }),
    UNKNOWN,
  ],
  ["update-management image-not-match: holds", [override({ digest: "new" }), plain("imageNotMatch")], one(), "ok"],
  [
    "update-management image-not-match: nothing matches nothing",
    [override({ digest: "new" }), plain("imageNotMatch")],
    one({ components: [[FW]] }),
    "ok",
  ],
  ["update-management image-not-match: it is that", [override({ digest: "old" }), plain("imageNotMatch")], one(), MISS],
  ["update-management image-not-match: no digest", [plain("imageNotMatch")], one(), UNSET],
  [
    "update-management minimum-battery: just enough",
    [override({ battery: 500 }), plain("minimumBattery")],
    one(),
    "ok",
  ],
  ["update-management minimum-battery: too low", [override({ battery: 501 }), plain("minimumBattery")], one(), MISS],
  [
    "update-management minimum-battery: not measured",
    [override({ battery: 1 }), plain("minimumBattery")],
    one({ battery: "unknown" }),
    UNKNOWN,
  ],
  [
    "update-management update-authorized: urgent enough",
    [override({ priority: -1 }), plain("updateAuthorized")],
    one(),
    "ok",
  ],
  ["update-management update-authorized: no", [override({ priority: 7 }), plain("updateAuthorized")], one(), MISS],
  [
    "update-management update-authorized: nobody to ask",
    [override({ priority: 7 }), plain("updateAuthorized")],
    one({ leave: "unknown" }),
    UNKNOWN,
  ],
  [
    "update-management version: holds",
    [override({ version: [COMPARISON.greaterEqual, [1, 4]] }), plain("version")],
    one(),
    "ok",
  ],
  [
    "update-management version: too old",
    [override({ version: [COMPARISON.greater, [1, 4]] }), plain("version")],
    one(),
    MISS,
  ],
  [
    "update-management version: unknown",
    [override({ version: [COMPARISON.equal, [1]] }), plain("version")],
    one({ version: "unknown" }),
    UNKNOWN,
  ],
  ["suit-trust-domains is-dependency: a component is none", [plain("isDependency")], one(), MISS],
];
test.each(CONDITIONS)("SU-P3: suit-manifest-37 §8.4.9: %s", (_title, commands, making, end) => {
  expect(ending(install(commands, making))).toBe(end);
});

const VERSIONS: ReadonlyArray<
  readonly [found: number[], comparison: keyof typeof COMPARISON, wanted: number[], holds: boolean]
> = [
  [[1, 9, 9], "equal", [1], true],
  [[1, 0], "greaterEqual", [1, 0], true],
  [[1, 10], "lesser", [1, 10], false],
  [[2, 0, -1, 1], "lesser", [2, 0, 0], true],
  [[2, 0, -2], "lesser", [2, 0, -1], true],
  [[2, 0], "greater", [2, 0, -1], true],
  [[1, 2], "lesserEqual", [1, 2, 0], true],
  [[3], "greater", [2, 9, 9], true],
];
test.each(VERSIONS)("SU-U2: update-management: version %j is %s %j: %j", (found, comparison, wanted, holds) => {
  const commands = [override({ version: [COMPARISON[comparison], wanted] }), plain("version")];
  expect(ending(install(commands, one({ version: found })))).toBe(holds ? "ok" : MISS);
});

const FETCH = [override({ uri: "coap://a/fw" }), plain("fetch")];
const DIRECTIVES: ReadonlyArray<
  readonly [title: string, commands: readonly NewCommand[], making: Making, end: string, did: readonly string[]]
> = [
  ["§8.4.10.4 fetch", FETCH, one(), "ok", ["fetch coap://a/fw"]],
  [
    "§8.4.10.4 fetch with arguments",
    [override({ uri: "coap://a/fw", args: "x" }), plain("fetch")],
    one(),
    "ok",
    ["fetch coap://a/fw with x"],
  ],
  ["§8.4.10.4 fetch: no URI", [plain("fetch")], one(), UNSET, []],
  [
    "§8.4.10.4 fetch: nobody has it",
    [override({ uri: "coap://b" }), plain("fetch")],
    one(),
    "processor.operation",
    ["fetch coap://b"],
  ],
  ["§8.4.10.4 fetch: not known here", FETCH, one({ fails: { fetch: "unknown" } }), UNKNOWN, ["fetch coap://a/fw"]],
  ["§8.4.10.6 write", [override({ content: "x" }), plain("write")], one(), "ok", ["write"]],
  ["§8.4.10.6 write: no content", [plain("write")], one(), UNSET, []],
  [
    "§8.4.10.6 write: fails",
    [override({ content: "x" }), plain("write")],
    one({ fails: { write: { failed: "worn out" } } }),
    "processor.operation",
    ["write"],
  ],
  ["§8.4.10.7 invoke", [plain("invoke")], one(), "ok", ["invoke"]],
  ["§8.4.10.7 invoke with arguments", [override({ invokeArgs: "-v" }), plain("invoke")], one(), "ok", ["invoke -v"]],
  [
    "§8.4.10.7 invoke: goes on after a restart",
    [plain("invoke"), plain("abort")],
    one({ fails: { invoke: "pending" } }),
    "invoke-pending",
    ["invoke"],
  ],
  ["§8.4.10.5 copy: no source", [plain("copy")], one(), UNSET, []],
  [
    "update-management wait",
    [override({ wait: new Map([[5, new Uint8Array([1])]]) }), plain("wait")],
    one(),
    "ok",
    ["wait 5"],
  ],
  ["update-management wait: for nothing", [plain("wait")], one(), UNSET, []],
  ["suit-trust-domains unlink", [plain("unlink")], one(), "ok", ["unlink"]],
  [
    "§8.4.11 a private condition that does not hold",
    [tryEach([priv(-259)], [override({ content: "x" }), plain("write")])],
    one(),
    "ok",
    ["custom -259", "write"],
  ],
  ["§8.4.11 a private command", [priv(-257)], one(), "ok", ["custom -257"]],
  ["§8.4.11 a private command that fails", [priv(-258)], one(), "processor.operation", ["custom -258"]],
  [
    "§6.4 a command that the node has not",
    [override({ content: "x" }), plain("write")],
    one({ unsupported: { commands: [18] } }),
    "processor.command-unsupported",
    [],
  ],
  [
    "§8.4.8 a parameter that the node has not",
    [override({ content: "x" })],
    one({ unsupported: { parameters: [18] } }),
    "processor.parameter-unsupported",
    [],
  ],
  [
    "§8.4.5.1 a component that the node has not",
    FETCH,
    one({ components: [[NEXT]] }),
    "processor.component-unsupported",
    [],
  ],
];
test.each(DIRECTIVES)("SU-P4: suit-manifest-37 §8.4.10: %s", (_title, commands, making, end, did) => {
  const device = new MemoryDevice(making);
  expect(ending(finishNow(run(installing(...commands), ["install"], device)))).toBe(end);
  expect(device.did).toEqual(did);
});

const SEQUENCES: ReadonlyArray<
  readonly [title: string, commands: readonly NewCommand[], end: string, fw: string, spare: string]
> = [
  ["§8.4.10.5 copy", [at(0), override({ source: 1 }), plain("copy")], "ok", "spare", "spare"],
  ["§8.4.10.9 swap", [at(0), override({ source: 1 }), plain("swap")], "ok", "spare", "old"],
  [
    "§6.2 several components and no index",
    [override({ source: 1 }), plain("swap")],
    "processor.no-index",
    "old",
    "spare",
  ],
  ["§6.5 all of them", [at(true), override({ content: "x" }), plain("write")], "ok", "x", "x"],
  [
    "§6.5 some of them, in the order that is given",
    [at([1, 0]), override({ content: "x" }), plain("write"), at(0), override({ digest: "x" }), plain("imageMatch")],
    "ok",
    "x",
    "x",
  ],
  [
    "§6.5 a nested sequence runs once for each",
    [at(true), runSequence(override({ content: "y" }), plain("write"))],
    "ok",
    "y",
    "y",
  ],
  [
    "§6.5 try-each chooses for each",
    [
      at(true),
      tryEach(
        [override({ content: "old" }), plain("checkContent"), override({ content: "A" }), plain("write")],
        [override({ content: "B" }), plain("write")],
      ),
    ],
    "ok",
    "A",
    "B",
  ],
  [
    "§8.4.8 parameters belong to one component",
    [at(0), override({ content: "x" }), at(1), plain("write")],
    UNSET,
    "old",
    "spare",
  ],
  [
    "§8.4.10.2 an alternative whose condition fails leads to the next",
    [at(0), tryEach([plain("abort")], [override({ content: "z" }), plain("write")])],
    "ok",
    "z",
    "spare",
  ],
  [
    "§8.4.10.2 none is an alternative too",
    [at(0), tryEach([plain("abort")], [plain("abort")], undefined)],
    "ok",
    "old",
    "spare",
  ],
  [
    "§8.4.10.2 no alternative holds",
    [at(0), tryEach([plain("abort")], [plain("abort")])],
    "processor.no-arm",
    "old",
    "spare",
  ],
  [
    "§6.4 a directive that fails ends everything, alternatives or not",
    [at(0), tryEach([override({ uri: "coap://none" }), plain("fetch")], [override({ content: "z" }), plain("write")])],
    "processor.operation",
    "old",
    "spare",
  ],
  [
    "§8.4.8.15 soft-failure false in an alternative",
    [at(0), tryEach([override({ soft: false }), plain("abort")], [override({ content: "z" }), plain("write")])],
    "processor.abort",
    "old",
    "spare",
  ],
  [
    "§8.4.8.15 soft-failure is not inherited",
    [
      at(0),
      tryEach(
        [runSequence(plain("abort")), override({ content: "no" }), plain("write")],
        [override({ content: "z" }), plain("write")],
      ),
    ],
    "ok",
    "z",
    "spare",
  ],
  [
    "§8.4.8.15 run-sequence is hard by itself",
    [at(0), runSequence(plain("abort")), override({ content: "z" }), plain("write")],
    "processor.abort",
    "old",
    "spare",
  ],
  [
    "§8.4.8.15 run-sequence made soft",
    [at(0), runSequence(override({ soft: true }), plain("abort")), override({ content: "z" }), plain("write")],
    "ok",
    "z",
    "spare",
  ],
  [
    "§8.4.8.15 a directive is never soft",
    [at(0), runSequence(override({ soft: true }), override({ uri: "coap://none" }), plain("fetch"))],
    "processor.operation",
    "old",
    "spare",
  ],
  [
    "§8.4.8.15 soft-failure outside of nested sequences",
    [at(0), override({ soft: true })],
    "processor.soft-failure",
    "old",
    "spare",
  ],
  [
    "decision: after a nested sequence the component is the one before it",
    [at(0), runSequence(at(1), override({ content: "x" }), plain("write")), override({ content: "y" }), plain("write")],
    "ok",
    "y",
    "x",
  ],
  [
    "decision: what a failed alternative has set stays set",
    [at(0), tryEach([override({ content: "kept" }), plain("abort")], [plain("write")])],
    "ok",
    "kept",
    "spare",
  ],
  [
    "§6.6 a component is source and target while the order is not strict",
    [at(0), override({ strict: false, source: 1 }), plain("copy"), at(1), override({ content: "x" }), plain("write")],
    "processor.order",
    "spare",
    "spare",
  ],
  [
    "§6.6 strict again, and it may be",
    [
      at(0),
      override({ strict: false, source: 1 }),
      plain("copy"),
      override({ strict: true }),
      at(1),
      override({ content: "x" }),
      plain("write"),
    ],
    "ok",
    "spare",
    "x",
  ],
  [
    "§6.6 a parallel sequence that does not choose first",
    [at(0), override({ strict: false }), runSequence(override({ content: "x" }))],
    "processor.no-index",
    "old",
    "spare",
  ],
  [
    "§6.6 a parallel sequence that chooses first",
    [at(0), override({ strict: false }), runSequence(at(1), override({ content: "x" }), plain("write"))],
    "ok",
    "old",
    "x",
  ],
  [
    "§6.6 a parallel sequence that chooses again",
    [at(0), override({ strict: false }), runSequence(at(1), at(0))],
    "processor.index",
    "old",
    "spare",
  ],
  [
    "§6.6 a parallel sequence for each may not choose",
    [at(true), override({ strict: false }), runSequence(at(1))],
    "processor.index",
    "old",
    "spare",
  ],
  [
    "§6.6 nor may an alternative in it",
    [at(true), override({ strict: false }), runSequence(tryEach([at(1)], [plain("abort")]))],
    "processor.index",
    "old",
    "spare",
  ],
  [
    "suit-trust-domains set-parameters keeps what is set",
    [at(0), override({ content: "x" }), setUnset({ content: "y" }), plain("write")],
    "ok",
    "x",
    "spare",
  ],
  [
    "suit-trust-domains set-parameters sets what is not",
    [at(0), setUnset({ content: "y" }), plain("write")],
    "ok",
    "y",
    "spare",
  ],
  [
    "§8.4.10.3 override-parameters overrides",
    [at(0), setUnset({ content: "y" }), override({ content: "x" }), plain("write")],
    "ok",
    "x",
    "spare",
  ],
  [
    "update-management override-multiple sets many and chooses the last",
    [overrideMultiple({ 0: { content: "a" }, 1: { content: "b" } }), plain("write"), at(0), plain("write")],
    "ok",
    "a",
    "b",
  ],
  [
    "update-management copy-params",
    [at(0), override({ content: "a", uri: "x" }), at(1), copyParams({ 0: [18, 3] }), plain("write")],
    "ok",
    "old",
    "a",
  ],
];
test.each(SEQUENCES)(
  "SU-P5 SU-P8 SU-U5: suit-manifest-37 §8.4.10.2, §8.4.10.8: %s",
  (_title, commands, end, fw, spare) => {
    const device = new MemoryDevice(two());
    const of = program({ components: [FW, NEXT], sequences: { install: commands } });
    expect(ending(finishNow(run(of, ["install"], device)))).toBe(end);
    expect([...device.stored.values()].map((content) => Buffer.from(content ?? []).toString())).toEqual([fw, spare]);
  },
);

test("SU-P2: suit-manifest-37 §6.4: the shared sequence runs before each sequence, and parameters stay through a procedure", () => {
  const device = new MemoryDevice(one());
  const names: readonly SequenceName[] = ["payloadFetch", "install"];
  const of = program({
    shared: [override({ digest: "new" }), override({ vendor: "acme" }), plain("vendorIdentifier")],
    sequences: {
      payloadFetch: [override({ uri: "coap://a/fw", digest: "old" }), plain("imageMatch")],
      install: [plain("fetch"), plain("imageMatch")],
    },
  });
  const outcome = finishNow(run(of, names, device));
  expect(ending(outcome)).toBe("ok");
  expect(outcome.trail.filter(({ section }) => section === 3)).toHaveLength(6);
});

test.each([
  ["what a condition lacks", [plain("imageMatch")], "condition-failed"],
  ["what a directive lacks", [plain("fetch")], "operation-failed"],
  ["a condition", [plain("abort")], "condition-failed"],
  ["a command", [priv(-258)], "operation-failed"],
] satisfies ReadonlyArray<readonly [string, readonly NewCommand[], string]>)(
  "suit-report: the reason for %s",
  (_title, commands, reason) => {
    expect(install(commands)).toMatchObject({ result: "failed", reason });
  },
);
