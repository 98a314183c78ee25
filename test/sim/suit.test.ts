/** The manifest recipient of a simulated node: what it believes, what it installs, what it reports, and that nothing gets lost. */
import { hkdfSync } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { millis, SILENT } from "../../gateway/base/index.ts";
import { programOf, replay } from "../../gateway/service/trust/processor/index.ts";
import { examineImage } from "../../gateway/sim/node/image.ts";
import { NodeFlash } from "../../gateway/sim/node-flash.ts";
import {
  ABILITIES,
  gatewayMacKey,
  identityOf,
  MAIN,
  type Memory,
  mainImage,
  newMemory,
  type Recipient,
  type Size,
  type Surroundings,
  start,
  update,
  withEnvelope,
  withPayload,
} from "../../gateway/sim/suit/index.ts";
import { algorithmById, createMac0, newSecret } from "../../gateway/wire/cose/index.ts";
import { makePatch } from "../../gateway/wire/delta/index.ts";
import {
  addBlock,
  COMMAND,
  createEnvelope,
  digestRow,
  encodeCapabilities,
  encodeEnvelope,
  encryptPayload,
  integrate,
  type NewManifest,
  PARAMETER,
  readCapabilities,
  readEnvelope,
  readReport,
  reasonNamed,
  SEVERABLE,
} from "../../gateway/wire/suit/index.ts";
import {
  IMAGE,
  newSigner,
  override,
  plain,
  plannedEnvelope,
  plannedManifest,
  publicHalf,
  type ReleasePlan,
  release,
  releaseWithImage,
  signed,
  URI,
  uint,
  words,
} from "../support/signed-release.ts";
import { CLASS, VENDOR } from "../support/suit-raw.ts";

const AUTHOR = newSigner();
const STRANGER = newSigner();
const OLD = new Uint8Array(Buffer.from("what runs at first"));
const MASTER = new Uint8Array(16).fill(7);
const SOUND: Surroundings = { time: 1_790_000_000n, battery: 5000n, defects: {} };

const recipientOf = (size: Size = "full", some: Partial<Recipient> = {}): Recipient => ({
  identity: { vendor: new Uint8Array(VENDOR), class: new Uint8Array(CLASS), device: new Uint8Array(16) },
  abilities: ABILITIES[size],
  anchors: [publicHalf(AUTHOR), gatewayMacKey(MASTER)],
  keys: [],
  capacity: 4096,
  versionOf: () => [1, 0, 0],
  ...some,
});

/** With an invoke, so that there is something to be pending. */
const PLAN: ReleasePlan = { sequence: 5 };
function startable(plan: ReleasePlan = PLAN) {
  const manifest = plannedManifest(plan);
  const sequences: NewManifest["sequences"] = new Map([
    ...manifest.sequences,
    ["invoke", { here: { commands: [plain(COMMAND.invoke)] } }],
  ]);
  return createEnvelope({ ...manifest, sequences });
}
const ENVELOPE = encodeEnvelope(signed(startable(), AUTHOR));
const received = (envelope: Uint8Array, memory = newMemory(OLD)): Memory => withEnvelope(memory, envelope);
const reportIn = (told: Uint8Array | undefined) => {
  if (told === undefined) throw new RangeError("it reports nothing");
  return readReport(told);
};
const reasonIn = (told: Uint8Array | undefined): string | undefined => {
  const { result } = reportIn(told);
  return result === true ? "ok" : reasonNamed(result.reason);
};

describe("a release that is believed", () => {
  test("SU-P2: suit-manifest-37 §6.4: what is not there is wanted, then stored, then started, and reported", () => {
    const memory = received(ENVELOPE);
    const first = update(recipientOf(), memory, SOUND);
    expect(first).toMatchObject({ state: "wants", want: { uri: URI, size: IMAGE.length } });
    const ready = update(recipientOf(), withPayload(memory, URI, IMAGE), SOUND);
    if (ready.state !== "ready") throw new RangeError(ready.state);
    expect(Buffer.from(mainImage(ready.memory))).toEqual(Buffer.from(OLD)); // beside what runs
    expect(reasonIn(ready.report)).toBe("invoke-pending");
    const started = start(recipientOf(), ready.memory, SOUND);
    if (started.state !== "started") throw new RangeError(started.why);
    expect(Buffer.from(mainImage(started.memory))).toEqual(Buffer.from(IMAGE));
    expect(started.memory).toMatchObject({ installed: { sequence: 5n }, slot: 1, envelope: undefined });
    expect(reasonIn(started.report)).toBe("ok");
  });

  test("SU-E12: suit-manifest-37 §7.5: an integrated payload needs no fetch", () => {
    const envelope = releaseWithImage(PLAN, IMAGE, AUTHOR);
    expect(update(recipientOf(), received(envelope), SOUND)).toMatchObject({ state: "ready" });
  });

  test("SU-E13: suit-manifest-37 §8.6: what stands beside the manifest is taken for what stood in it", () => {
    const envelope = encodeEnvelope(plannedEnvelope({ ...PLAN, severable: [SEVERABLE.install] }, AUTHOR));
    expect(update(recipientOf(), received(envelope), SOUND)).toMatchObject({ state: "wants" });
  });

  test("SU-T8: suit-manifest-37 Appendix C.1: a node that knows no signature believes the MAC of its gateway", () => {
    const bare = startable();
    const mac = createMac0(bare.authentication.signed, gatewayMacKey(MASTER), { detached: true });
    const both = encodeEnvelope(addBlock(signed(bare, AUTHOR), mac));
    expect(update(recipientOf("small"), received(both), SOUND).state).toBe("wants");
    expect(update(recipientOf("small"), received(ENVELOPE), SOUND)).toMatchObject({
      state: "failed",
      trouble: "refused",
    });
  });

  test("suit-manifest-37 §8.4.8.8: of two slots the one that does not run is written", () => {
    const toSlot = (slot: number) => [override([PARAMETER.componentSlot, uint(slot)]), plain(COMMAND.componentSlot)];
    const install = [
      ...toSlot(1),
      override([PARAMETER.uri, words(URI)]),
      plain(COMMAND.fetch),
      plain(COMMAND.imageMatch),
    ];
    const memory = received(release({ ...PLAN, install }, AUTHOR));
    expect(update(recipientOf(), memory, SOUND).state).toBe("wants");
    expect(update(recipientOf(), { ...memory, slot: 1 }, SOUND)).toMatchObject({ state: "failed" });
  });

  test("SU-F4 SU-F5: suit-firmware-encryption §6: an encrypted payload is stored in the clear", () => {
    const secret = { ...newSecret(16), algorithm: algorithmById(-3) };
    const { info, ciphertext } = encryptPayload(IMAGE, [secret]);
    const install = [
      override([PARAMETER.encryptionInfo, { form: "bytes", bytes: info }], [PARAMETER.uri, words(URI)]),
      plain(COMMAND.fetch),
      plain(COMMAND.imageMatch),
    ];
    const memory = withPayload(received(release({ ...PLAN, install }, AUTHOR)), URI, ciphertext);
    expect(update(recipientOf("full", { keys: [secret] }), memory, SOUND).state).toBe("ready");
    const other = { ...newSecret(16), algorithm: algorithmById(-3) };
    expect(update(recipientOf("full", { keys: [other] }), memory, SOUND)).toMatchObject({ state: "failed" });
  });

  test("SU-T6: suit-trust-domains: an integrated dependency is authenticated and processed", () => {
    const dependency = (author: typeof AUTHOR) => encodeEnvelope(signed(startable({ sequence: 4 }), author));
    const root = (inner: Uint8Array) => {
      const [storage, main] = [[Uint8Array.of(2)], MAIN];
      const digest = readEnvelope(inner).authentication.digest;
      const choose = (index: number) =>
        ({ code: COMMAND.setComponentIndex, argument: { kind: "index", index } }) as const;
      const check = [override([PARAMETER.imageDigest, { form: "digest", digest }]), plain(COMMAND.dependencyIntegrity)];
      const commands = [choose(0), override([PARAMETER.uri, words("#dep")]), plain(COMMAND.fetch)];
      const process = [choose(0), ...check, plain(COMMAND.processDependency)];
      const manifest = plannedManifest({ sequence: 9 });
      const envelope = createEnvelope({
        ...manifest,
        common: {
          components: [storage, main],
          dependencies: new Map([[0, { prefix: undefined }]]),
          shared: { commands: [choose(0), override([PARAMETER.uri, words("#dep")])] },
        },
        sequences: new Map([
          ["dependencyResolution", { here: { commands: [...commands] } }],
          ["install", { here: { commands: process } }],
          ["validate", { here: { commands: process } }],
          ["invoke", { here: { commands: process } }],
        ]),
      });
      return encodeEnvelope(integrate(signed(envelope, AUTHOR), "#dep", inner));
    };
    const memory = withPayload(received(root(dependency(AUTHOR))), URI, IMAGE);
    const ready = update(recipientOf(), memory, SOUND);
    expect(ready).toMatchObject({ state: "ready" });
    if (ready.state !== "ready") throw new RangeError(ready.state);
    expect(start(recipientOf(), ready.memory, SOUND).state).toBe("started");
    const foreign = withPayload(received(root(dependency(STRANGER))), URI, IMAGE);
    expect(update(recipientOf(), foreign, SOUND)).toMatchObject({ state: "failed", trouble: "refused" });
  });
});

/** One byte of the last block's signature. */
const tampered = (): Uint8Array => {
  const bytes = new Uint8Array(ENVELOPE);
  const at = Buffer.from(bytes).lastIndexOf(Buffer.from(readEnvelope(bytes).manifest.content)) - 10;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
};
const INSTALLED = { sequence: 6n, digest: new Uint8Array(32) };

describe("what is not installed", () => {
  const REFUSED: ReadonlyArray<
    readonly [name: string, memory: Memory, trouble: string, reason: string, some?: Partial<Recipient>]
  > = [
    ["§6.2: signed by somebody else", received(release(PLAN, STRANGER)), "refused", "unauthorised"],
    ["§6.2: not signed", received(release(PLAN)), "refused", "unauthorised"],
    ["§6.2: a signature that was changed", received(tampered()), "refused", "unauthorised"],
    ["§8.4.2: a lower sequence number", received(ENVELOPE, { ...newMemory(OLD), installed: INSTALLED }), "refused", "unauthorised"], // biome-ignore format: a row
    ["§8.4.2: the same number, of another", received(ENVELOPE, { ...newMemory(OLD), installed: { ...INSTALLED, sequence: 5n } }), "refused", "unauthorised"], // biome-ignore format: a row
    ["§8.4.9.1: another class", received(release({ ...PLAN, class: new Uint8Array(16) }, AUTHOR)), "wrong-model", "condition-failed"], // biome-ignore format: a row
    ["§8.4.9.1: another vendor", received(release({ ...PLAN, vendor: new Uint8Array(16) }, AUTHOR)), "wrong-model", "condition-failed"], // biome-ignore format: a row
    ["§8.4.9.2: other bytes than announced", withPayload(received(ENVELOPE), URI, OLD), "digest-mismatch", "condition-failed"], // biome-ignore format: a row
    ["§6.2: a component that it has not", received(release({ ...PLAN, component: [Uint8Array.of(9)] }, AUTHOR)), "refused", "component-unsupported"], // biome-ignore format: a row
    ["§8.4.10.4: more than fits", received(ENVELOPE), "no-space", "operation-failed", { capacity: 10 }],
  ];
  test.each(REFUSED)("suit-manifest-37 %s", (_name, memory, trouble, reason, some = {}) => {
    const done = update(recipientOf("full", some), memory, SOUND);
    expect(done).toMatchObject({ state: "failed", trouble });
    if (done.state !== "failed") throw new RangeError(done.state);
    expect(reasonIn(done.report)).toBe(reason);
    expect(Buffer.from(mainImage(done.memory))).toEqual(Buffer.from(OLD));
    expect(done.memory).toMatchObject({ envelope: undefined, candidate: undefined });
  });

  test("suit-manifest-37 §8.2: cut off at any byte it is refused, and nothing is reported of what cannot be read", () => {
    for (let end = 0; end < ENVELOPE.length; end += 13) {
      const done = update(recipientOf(), received(ENVELOPE.subarray(0, end)), SOUND);
      expect(done).toMatchObject({ state: "failed", trouble: "refused", report: undefined });
    }
  });

  test("SU-M2: suit-manifest-37 §8.4.2: the same manifest again is no step back", () => {
    const { digest } = readEnvelope(ENVELOPE).authentication;
    const memory = { ...newMemory(OLD), installed: { sequence: 5n, digest: digest.bytes } };
    expect(update(recipientOf(), received(ENVELOPE, memory), SOUND).state).toBe("wants");
  });

  const battery = [override([PARAMETER.minimumBattery, uint(4000)]), plain(COMMAND.minimumBattery)];
  const deadline = [override([PARAMETER.useBefore, uint(1_700_000_000)]), plain(COMMAND.useBefore)];
  const WEAK: ReadonlyArray<
    readonly [name: string, plan: ReleasePlan, around: Partial<Surroundings>, trouble: string]
  > = [
    ["minimum-battery", { ...PLAN, shared: battery }, { battery: 10n }, "battery-low"],
    ["use-before, too late", { ...PLAN, shared: deadline }, {}, "refused"],
    ["use-before, nobody knows the time", { ...PLAN, shared: deadline }, { time: undefined }, "refused"],
  ];
  test.each(WEAK)("SU-U1 SU-U3: suit-update-management: %s", (_name, plan, around, trouble) => {
    const done = update(recipientOf(), received(release(plan, AUTHOR)), { ...SOUND, ...around });
    expect(done).toMatchObject({ state: "failed", trouble });
  });

  test("SU-U4: suit-update-management: a time that has not come ends the run, and the next one goes on", () => {
    const wait = [
      override([PARAMETER.waitInfo, { form: "wait", events: new Map([[5, Uint8Array.of(0x1a, 0x6b, 0, 0, 0)]]) }]),
      plain(COMMAND.wait),
    ];
    const memory = received(release({ ...PLAN, install: wait }, AUTHOR));
    const around = (time: bigint): Surroundings => ({ ...SOUND, time });
    expect(update(recipientOf(), memory, around(0x6affffffn)).state).toBe("waits");
    expect(update(recipientOf(), memory, around(0x6b000000n)).state).not.toBe("waits");
  });
});

describe("what is offered in fewer blocks", () => {
  const flash = () =>
    new NodeFlash(OLD, {
      endpoint: "n",
      suit: { recipient: recipientOf(), defects: {} },
      clock: { now: () => millis(1_790_000_000_000), after: () => ({ cancel: () => undefined }) },
      log: SILENT,
    });
  const source = { uri: URI, proxied: false, size: 0, exact: false };
  /** The envelope, then the image as this patch. */
  const fetched = (node: NodeFlash, patch: Uint8Array) => {
    node.erase(0);
    node.store(0, ENVELOPE);
    expect(node.process({ ...source, what: "envelope", name: "" }, 3000).state).toBe("wants");
    node.erase(IMAGE.length, "patch");
    for (let at = 0; at < patch.length; at += 16) node.store(at, patch.subarray(at, at + 16));
    return node.process({ ...source, what: "image", name: URI }, 3000);
  };
  const runs = (node: NodeFlash, bank: "old" | "new" | "former"): string => node.boot(bank, 3000).image.digest;

  test("suit-manifest-37 §8.4.9.2: a payload may come as a patch; image-match decides what it became", () => {
    const node = flash();
    const before = runs(node, "old");
    expect(fetched(node, makePatch(OLD, IMAGE)).state).toBe("ready");
    expect(runs(node, "new")).toBe(examineImage(IMAGE).digest);
    expect(node.installed).toBe(5n);
    // Nobody heard the new image: what was installed before counts again, its sequence number too.
    expect([runs(node, "former"), node.installed]).toEqual([before, undefined]);
  });

  test("suit-manifest-37 §8.4.9.2: no patch that became something else is installed", () => {
    const patch = makePatch(OLD, IMAGE);
    for (let at = 0; at < patch.length; at++) {
      const wrong = new Uint8Array(patch);
      wrong[at] = (patch[at] ?? 0) ^ 0x20;
      const node = flash();
      const done = fetched(node, wrong);
      if (done.state === "ready")
        expect(runs(node, "new")).toBe(examineImage(IMAGE).digest); // bits that mean nothing
      else expect(done).toMatchObject({ state: "failed", reason: "digest-mismatch" });
    }
  });
});

describe("hardware that fails", () => {
  const fetched = withPayload(received(ENVELOPE), URI, IMAGE);
  const sentence = (told: Uint8Array | undefined): string =>
    replay(reportIn(told), programOf(readEnvelope(ENVELOPE))).sentence;

  test("suit-report: worn flash is an operation that failed", () => {
    const done = update(recipientOf(), fetched, { ...SOUND, defects: { wornFlash: true } });
    if (done.state !== "failed") throw new RangeError(done.state);
    expect([done.trouble, reasonIn(done.report)]).toEqual(["flash-error", "operation-failed"]);
    expect(sentence(done.report)).toContain("install, step 2, directive-fetch failed");
  });

  test("suit-report: a bad block is a condition that does not hold, with what was found", () => {
    const done = update(recipientOf(), fetched, { ...SOUND, defects: { badBlock: true } });
    if (done.state !== "failed") throw new RangeError(done.state);
    expect([done.trouble, reasonIn(done.report)]).toEqual(["digest-mismatch", "condition-failed"]);
    expect(sentence(done.report)).toMatch(/condition-image-match failed: .*expected .*node has/);
  });

  test("SU-P7: suit-manifest-37 §6.5: an image that does not come up leaves the old one running", () => {
    const ready = update(recipientOf(), fetched, SOUND);
    if (ready.state !== "ready") throw new RangeError(ready.state);
    const done = start(recipientOf(), ready.memory, { ...SOUND, defects: { bootFails: true } });
    if (done.state !== "failed") throw new RangeError(done.state);
    expect([done.trouble, reasonIn(done.report)]).toEqual(["boot-failed", "operation-failed"]);
    expect(Buffer.from(mainImage(done.memory))).toEqual(Buffer.from(OLD));
    expect(sentence(done.report)).toContain("invoke, step 1, directive-invoke failed");
  });

  test("SU-P7: suit-manifest-37 §6.5: a candidate that was spoilt after its installation does not start", () => {
    const ready = update(recipientOf(), fetched, SOUND);
    if (ready.state !== "ready") throw new RangeError(ready.state);
    const spoilt = new Map([...(ready.memory.candidate ?? [])].map(([name]) => [name, { id: MAIN, bytes: OLD }]));
    const done = start(recipientOf(), { ...ready.memory, candidate: spoilt }, SOUND);
    expect(done).toMatchObject({ state: "failed", trouble: "digest-mismatch" });
  });
});

test("SU-P9: suit-manifest-37 §6.4: begun anew from any state of the flash, an update comes to the same end", () => {
  const states: Memory[] = [newMemory(OLD)];
  const last = (): Memory => states.at(-1) ?? newMemory(OLD);
  states.push(received(ENVELOPE, last()));
  states.push(withPayload(last(), URI, IMAGE));
  const ready = update(recipientOf(), last(), SOUND);
  if (ready.state === "ready") states.push(ready.memory);
  const finish = (memory: Memory): string => {
    const whole = withPayload(memory.envelope === undefined ? received(ENVELOPE, memory) : memory, URI, IMAGE);
    // A run that power cut short left no trace: so it is made, thrown away, and made again.
    update(recipientOf(), whole, SOUND);
    const again = update(recipientOf(), whole, SOUND);
    if (again.state !== "ready") return again.state;
    start(recipientOf(), again.memory, SOUND);
    const started = start(recipientOf(), again.memory, SOUND);
    return started.state === "started" ? Buffer.from(mainImage(started.memory)).toString("hex") : started.state;
  };
  expect(states).toHaveLength(4);
  expect(states.map(finish)).toEqual(Array(4).fill(Buffer.from(IMAGE).toString("hex")));
});

describe("what it says of itself", () => {
  test.each(["full", "small"] as const)(
    "suit-report: the capability report of a %s node can be read and is true",
    (size) => {
      const { capabilities } = ABILITIES[size];
      const bytes = encodeCapabilities(capabilities);
      expect(bytes.length).toBeLessThanOrEqual(200);
      expect(readCapabilities(bytes)).toEqual(capabilities);
      for (const id of capabilities.cryptoAlgorithms) if (digestRow(id) === undefined) algorithmById(id);
    },
  );

  test("SU-M8: suit-manifest-37 §8.4.8.2: its identifiers are those that an author makes of the same names", () => {
    const { vendor } = identityOf("arm.com", "x", "n");
    expect(Buffer.from(vendor).toString("hex")).toBe("fa6b4a53d5ad5fdfbe9de663e4d41ffe");
  });

  test("SU-T8: the key of its gateway's MAC is HKDF of its master secret", () => {
    const key = gatewayMacKey(MASTER);
    const known = hkdfSync("sha256", MASTER, "", "Sidgate SUIT MAC", 32);
    expect(key.kty === "Symmetric" && key.secret.export()).toEqual(Buffer.from(known));
  });
});
