/** The abstract machine beyond single commands: limits, dependencies, what it tells, and devices that take their time. */
import { expect, test } from "@jest/globals";
import { isCoded } from "../../../../gateway/base/index.ts";
import {
  finish,
  finishNow,
  type Outcome,
  PROCEDURES,
  PROCESSOR_LIMITS,
  type ProcessorLimits,
  type Program,
  placeText,
  reportOf,
  run,
} from "../../../../gateway/service/trust/processor/index.ts";
import { programOf } from "../../../../gateway/service/trust/processor/program.ts";
import {
  COMMAND,
  type Command,
  encodeEnvelope,
  encodeReport,
  type NewCommand,
  PARAMETER,
  REPORTING,
  readReport,
  SEVERABLE,
  sever,
} from "../../../../gateway/wire/suit/index.ts";
import { type Making, MemoryDevice, slowly } from "./memory-device.ts";
import {
  at,
  bytes,
  envelopeOf,
  id,
  installing,
  override,
  plain,
  program,
  raw,
  runSequence,
  setUnset,
  tryEach,
} from "./workshop.ts";

const FW = id("fw");
const making: Making = { components: [[FW, bytes("old")]], network: { "coap://a/fw": bytes("new") } };
const ending = (outcome: Outcome): string => (outcome.result === "done" ? outcome.reason : outcome.error.code);
const go = (of: Program, limits: ProcessorLimits = PROCESSOR_LIMITS, device = new MemoryDevice(making)): Outcome =>
  finishNow(run(of, ["install"], device, limits));

const UPDATE = [
  override({ digest: "new", size: 3, uri: "coap://a/fw" }),
  plain("fetch", REPORTING.recordFailure),
  plain("imageMatch", 15),
];

/** 200 sequences, each in the one before: more than any reader takes. */
const deep = (kind: "sequence" | "try-each"): Command[] => {
  let commands: Command[] = [{ offset: 0, code: COMMAND.abort, argument: { kind: "policy", policy: 0 } }];
  for (let depth = 0; depth < 200; depth++) {
    const sequence = { bytes: new Uint8Array(), commands };
    const argument = kind === "sequence" ? { kind, sequence } : { kind, arms: [sequence, sequence] };
    const code = kind === "sequence" ? COMMAND.runSequence : COMMAND.tryEach;
    commands = [{ offset: 0, code, argument }];
  }
  return commands;
};

test.each(["sequence", "try-each"] as const)(
  "dossier 2.6 rule 14: recursion of 200 through %s is refused with its code",
  (kind) => {
    const outcome = go(raw(deep(kind)));
    expect(outcome).toMatchObject({ result: "failed", reason: "operation-failed" });
    expect(ending(outcome)).toBe("processor.limit");
  },
);

test("dossier 2.6 rule 14: neither does the reader take it", () => {
  const nested = (depth: number): NewCommand => (depth === 0 ? plain("abort") : runSequence(nested(depth - 1)));
  const codeOf = (make: () => unknown): string => {
    try {
      make();
    } catch (error) {
      if (isCoded(error)) return error.code;
    }
    return "none";
  };
  expect(codeOf(() => installing(nested(200)))).toBe("suit.limit");
});

test("SU-M12: steps have a limit, whatever they are", () => {
  const many = raw(
    Array.from({ length: 100 }, (_, offset) => ({ offset, code: 12, argument: { kind: "index", index: 0 } }) as const),
  );
  expect(ending(go(many, { ...PROCESSOR_LIMITS, steps: 99 }))).toBe("processor.limit");
  expect(ending(go(many, { ...PROCESSOR_LIMITS, steps: 100 }))).toBe("ok");
});

test.each([
  ["a command", { offset: 1, code: 12, argument: { kind: "index", index: 1 } }],
  ["a list", { offset: 1, code: 12, argument: { kind: "index", index: [0, 7] } }],
  ["override-multiple", { offset: 1, code: 34, argument: { kind: "multiple", byIndex: new Map([[9, new Map()]]) } }],
  ["copy-params", { offset: 1, code: 35, argument: { kind: "copy-params", bySource: new Map([[4, [3]]]) } }],
] satisfies ReadonlyArray<readonly [string, Command]>)("component index out of range in %s", (_where, command) => {
  const outcome = go(raw([command]));
  expect(ending(outcome)).toBe("processor.index");
  expect(outcome).toMatchObject({ reason: "component-unsupported", at: { offset: 1, section: 20 } });
});

test("a source component out of range", () => {
  const parameters = new Map([[PARAMETER.sourceComponent, { form: "uint", value: 2n ** 60n } as const]]);
  const set: Command = { offset: 1, code: 20, argument: { kind: "parameters", parameters } };
  const copy: Command = { offset: 9, code: 22, argument: { kind: "policy", policy: 0 } };
  expect(ending(go(raw([set, copy])))).toBe("processor.index");
});

test("SU-M5: §8.4.5.1: more components than the device takes", () => {
  const components = Array.from({ length: 9 }, (_, index) => id(String(index)));
  expect(ending(go(program({ components, sequences: { install: [at(0), plain("abort")] } })))).toBe(
    "processor.components",
  );
});

test("SU-E13: §8.6: a severed sequence that is not here cannot be run; the others can", () => {
  const envelope = envelopeOf({
    sequences: { install: UPDATE, validate: [override({ digest: "old" }), plain("imageMatch")] },
    severable: [SEVERABLE.install],
  });
  const whole = programOf(envelope);
  const severed = programOf(sever(envelope, [SEVERABLE.install]));
  expect(ending(go(whole))).toBe("ok");
  expect(go(severed)).toMatchObject({
    result: "failed",
    reason: "severing-unsupported",
    at: { section: 20, offset: 0 },
  });
  expect(ending(finishNow(run(severed, PROCEDURES.invocation, new MemoryDevice(making))))).toBe("ok");
});

test("a device that answers later is led through the same steps", async () => {
  const of = installing(
    at(0),
    tryEach([override({ slot: 1 }), plain("componentSlot")], UPDATE),
    override({ vendor: "x" }),
    plain("vendorIdentifier", 15),
  );
  const [now, later] = [new MemoryDevice(making), new MemoryDevice(making)];
  const outcome = await finish(run(of, ["install"], slowly(later)));
  expect(outcome).toEqual(finishNow(run(of, ["install"], now)));
  expect(later.did).toEqual(now.did);
});

test("a run is given up between two answers", async () => {
  const device = new MemoryDevice(making);
  const giveUp = AbortSignal.abort(new Error("enough"));
  await expect(finish(run(installing(...UPDATE), ["install"], slowly(device)), giveUp)).rejects.toThrow("enough");
  expect(device.did).toEqual(["fetch coap://a/fw"]);
});

test("SU-M7: §8.4.7: records and claims follow the reporting policy, with what was measured", () => {
  const of = installing(
    override({ digest: "new", slot: 0 }),
    plain("componentSlot", REPORTING.recordFailure),
    plain("componentSlot", REPORTING.recordSuccess),
    plain("imageNotMatch", REPORTING.sysinfoSuccess),
    plain("imageMatch", REPORTING.recordFailure | REPORTING.sysinfoSuccess),
  );
  const outcome = go(of);
  expect(ending(outcome)).toBe("processor.mismatch");
  expect(outcome.records.map(({ kind }) => kind)).toEqual(["record", "claim", "record"]);
  const report = readReport(encodeReport(reportOf(outcome, of, bytes("nonce"))));
  expect(report).toMatchObject({ reference: { digest: of.digest }, result: { reason: 10, record: { section: 20 } } });
  const failing = report.result === true ? undefined : report.result.record.parameters.get(PARAMETER.imageDigest);
  expect(failing).toMatchObject({ form: "digest" });
});

test("SU-M7: §8.4.7: with several components there is one record for each, in their order", () => {
  const components = [FW, id("b"), id("c")];
  const device = new MemoryDevice({ components: components.map((one) => [one, bytes("x")]) });
  const install = [at([2, 0]), override({ digest: "x" }), plain("imageMatch", REPORTING.recordSuccess)];
  const outcome = finishNow(run(program({ components, sequences: { install } }), ["install"], device));
  expect(outcome.records).toMatchObject([{ componentIndex: 2 }, { componentIndex: 0 }]);
});

test("SU-R1: suit-report: results of a run that is done, that starts anew, that nobody can finish", () => {
  const of = installing(plain("invoke"));
  const result = (more: Partial<Making>) => {
    const outcome = go(of, PROCESSOR_LIMITS, new MemoryDevice({ ...making, ...more }));
    return reportOf(outcome, of).result;
  };
  expect(result({})).toBe(true);
  expect(result({ fails: { invoke: "pending" } })).toMatchObject({ reason: 12, record: { offset: 1 } });
  expect(result({ fails: { invoke: "unknown" } })).toMatchObject({ reason: 10 });
});

// suit-trust-domains: a manifest whose second component is another manifest.
const CHILD = id("child.suit");
const RADIO = id("radio");
const PREFIX = new Map([[1, { prefix: id("wifi") }]]);
const child = (install: readonly NewCommand[], more: Parameters<typeof envelopeOf>[0] = {}) =>
  envelopeOf({ components: [RADIO], sequences: { install }, ...more });

function family(inner: ReturnType<typeof child>, install: readonly NewCommand[], device: Partial<Making> = {}) {
  const parent = program({ components: [FW, CHILD], dependencies: PREFIX, sequences: { install } });
  const node = new MemoryDevice({
    components: [
      [FW, bytes("old")],
      [CHILD, encodeEnvelope(inner)],
      [[...id("wifi"), ...RADIO], bytes("r")],
    ],
    ...device,
  });
  return { node, outcome: finishNow(run(parent, ["install"], node)) };
}
const WRITE = child([override({ content: "child" }), plain("write")]);
const DIGEST = { digest: WRITE.authentication.digest };
const CHECKED = [at(1), override(DIGEST), plain("dependencyIntegrity")];

test("SU-T1 SU-T2: suit-trust-domains: a dependency is checked, then processed below its prefix", () => {
  const { node, outcome } = family(WRITE, [...CHECKED, plain("isDependency"), plain("processDependency")]);
  expect(ending(outcome)).toBe("ok");
  expect([...node.stored.values()].map((content) => Buffer.from(content ?? []).toString()).at(-1)).toBe("child");
  expect(outcome.trail.find(({ code }) => code === COMMAND.write)).toMatchObject({ manifestId: [1] });
});

const HOPELESS = tryEach([at(1), override({ digest: "other" }), plain("dependencyIntegrity")], [at(0)]);
const FAMILY: ReadonlyArray<readonly [title: string, install: readonly NewCommand[], end: string]> = [
  ["not checked first", [at(1), override(DIGEST), plain("processDependency")], "processor.dependency"],
  [
    "forgotten when it is stored anew",
    [...CHECKED, override({ content: "x" }), plain("write"), plain("processDependency")],
    "processor.dependency",
  ],
  ["no dependency at all", [at(0), plain("processDependency")], "processor.dependency"],
  ["another manifest: alternatives do not help", [at(0), HOPELESS], "processor.dependency"],
  ["checked and left out", [...CHECKED], "processor.dependency"],
  ["true means every dependency and nothing else", [...CHECKED, at(true), plain("processDependency")], "ok"],
  ["image-match looks at its manifest alone", [at(1), override(DIGEST), plain("imageMatch")], "ok"],
];
test.each(FAMILY)("SU-T1: suit-trust-domains: %s", (_title, install, end) => {
  expect(ending(family(WRITE, install).outcome)).toBe(end);
});

test("SU-T3: suit-trust-domains: what the dependent sets its dependency can keep, or override", () => {
  const kept = child([setUnset({ content: "mine" }), plain("write")]);
  const overriding = child([override({ content: "mine" }), plain("write")]);
  const outcomes = [kept, overriding].map((inner) => {
    const digest = { digest: inner.authentication.digest };
    // Component 2 of the dependent is the dependency's own, named in full.
    const parent = program({
      components: [FW, CHILD, [...id("wifi"), ...RADIO]],
      dependencies: PREFIX,
      sequences: {
        install: [
          at(2),
          override({ content: "theirs" }),
          at(1),
          override(digest),
          plain("dependencyIntegrity"),
          plain("processDependency"),
        ],
      },
    });
    const node = new MemoryDevice({
      components: [[FW], [CHILD, encodeEnvelope(inner)], [[...id("wifi"), ...RADIO], bytes("r")]],
    });
    finishNow(run(parent, ["install"], node));
    return Buffer.from([...node.stored.values()].at(-1) ?? []).toString();
  });
  expect(outcomes).toEqual(["theirs", "mine"]);
});

test("SU-T4: suit-trust-domains: what nobody else uses is uninstalled with its manifest", () => {
  const inner = child([plain("isDependency")], {
    sequences: { uninstall: [plain("unlink")] },
  });
  const { node, outcome } = family(inner, [
    at(1),
    override({ digest: inner.authentication.digest }),
    plain("dependencyIntegrity"),
    plain("unlink"),
  ]);
  expect(ending(outcome)).toBe("ok");
  expect(node.did).toEqual(["unlink", "unlink"]);
});

test("SU-T7: suit-trust-domains: a failure in a dependency says where it stands", () => {
  const inner = child([override({ digest: "x" }), plain("imageMatch")]);
  const { outcome } = family(inner, [
    at(1),
    override({ digest: inner.authentication.digest }),
    plain("dependencyIntegrity"),
    plain("processDependency"),
  ]);
  const where = outcome.result === "failed" ? outcome.at : undefined;
  expect(where && placeText(where.program, where.manifestId, where.section, where.offset)).toBe(
    "dependency 1, install, step 2",
  );
});

test("SU-T6: suit-trust-domains: a dependency that nobody here has", () => {
  expect(family(WRITE, CHECKED, { forgets: ["dependency"] }).outcome.result).toBe("unknown");
  expect(ending(family(WRITE, CHECKED, { components: [[FW], [CHILD]] }).outcome)).toBe("processor.dependency");
});
