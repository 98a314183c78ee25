/** Which form of an image a node is offered, what is made for it and when, what is kept, and what happens when something fails. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "@jest/globals";
import {
  equalBytes,
  isCoded,
  type Millis,
  millis,
  type NodeId,
  SILENT,
  StoreError,
  seconds,
} from "../../../gateway/base/index.ts";
import {
  chooseForm,
  Deltas,
  type DeltasParts,
  type Form,
  type FormJob,
  type FormMaker,
  type Lengths,
  type MadeForm,
  makeForm,
  type Taken,
  Workshop,
  type WorkshopOptions,
} from "../../../gateway/service/delta/index.ts";
import type { ImageInfo, Images } from "../../../gateway/service/images/index.ts";
import type { Registry, ReportedFirmware } from "../../../gateway/service/registry/index.ts";
import { imageLane } from "../../../gateway/southbound/firmware/index.ts";
import { type FormStore, openFileForms } from "../../../gateway/store/index.ts";
import { applyPatch, ChainReader } from "../../../gateway/wire/delta/index.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const EMPTY = new Uint8Array(0);
const folders: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "sidgate-forms-"));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Bytes as of no program: they compress by a bit only. */
const noise = (size: number, seed: number): Uint8Array => {
  let state = seed;
  return Uint8Array.from({ length: size }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 16) & 0x7f;
  });
};
const OLD = noise(6000, 1);
const NEW = Uint8Array.from([...OLD.subarray(0, 3000), 1, 2, 3, ...OLD.subarray(3000)]);
const OTHER = noise(6000, 99);
const FLAT = new Uint8Array(6000).fill(0xff);
const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const NODE = "n1" as NodeId;
const TREE = new Map();

interface Shop {
  readonly deltas: Deltas;
  readonly jobs: FormJob[];
  readonly stored: Map<string, Uint8Array>;
  taken: Taken;
  firmware: ReportedFirmware;
  now: Millis;
  ask(image: Uint8Array, node?: NodeId): Form | "wait" | undefined;
  /** Asks until it has not to wait. */
  told(image: Uint8Array, node?: NodeId): Promise<Form | undefined>;
  bytesAt(form: Form | undefined): Uint8Array;
}

const ALL: Taken = { patch: true, compressed: true, chained: false };
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const inline: FormMaker["make"] = async (job) => makeForm(job());

async function shop(
  options: Partial<DeltasParts> & { readonly forms?: FormStore; readonly taken?: Taken } = {},
): Promise<Shop> {
  const stored = new Map([OLD, NEW, OTHER, FLAT].map((bytes) => [digestOf(bytes), bytes]));
  const jobs: FormJob[] = [];
  const infoOf = (digest: string): ImageInfo | undefined => {
    const bytes = stored.get(digest);
    return bytes && ({ digest, size: bytes.length } as ImageInfo);
  };
  const make = options.maker?.make ?? inline;
  const deltas = new Deltas({
    images: {
      stored: infoOf,
      open: ({ digest, size }) => ({
        digest,
        size,
        slice: (at, length) => (stored.get(digest) ?? EMPTY).subarray(at, at + length),
      }),
    },
    forms: options.forms ?? (await openFileForms({ folder: newFolder(), maxBytes: 1_000_000 })),
    takenBy: () => self.taken,
    firmwareOf: () => self.firmware,
    isEncrypted: () => false,
    clock: { now: () => self.now },
    log: SILENT,
    ...options,
    maker: {
      make: (job) =>
        make(() => {
          jobs.push(job());
          return job();
        }),
    },
  });
  const self: Shop = {
    deltas,
    jobs,
    stored,
    taken: options.taken ?? ALL,
    firmware: { running: digestOf(OLD) },
    now: millis(0),
    ask: (image, node = NODE) => deltas.formFor(node, TREE, digestOf(image)),
    async told(image, node = NODE) {
      for (;;) {
        const form = self.ask(image, node);
        if (form !== "wait") return form;
        await settled();
      }
    },
    bytesAt(form) {
      const source = form && deltas.find(form.id);
      return source?.slice(0, source.size) ?? EMPTY;
    },
  };
  return self;
}

test.each<readonly [what: string, lengths: Lengths, form: string]>([
  ["nothing else is there", { plain: 1000 }, "plain"],
  ["a compressed image that is hardly shorter does not pay", { plain: 1000, compressed: 960 }, "plain"],
  ["a compressed image", { plain: 1000, compressed: 900 }, "compressed"],
  ["a small patch", { plain: 1000, compressed: 900, patch: 100 }, "patch"],
  [
    "a patch that is hardly shorter than the compressed image",
    { plain: 1000, compressed: 900, patch: 730 },
    "compressed",
  ],
  ["a patch of unrelated images", { plain: 1000, compressed: 990, patch: 995 }, "plain"],
  ["a patch for a node that takes nothing compressed", { plain: 1000, patch: 790 }, "patch"],
])("%s", (_what, lengths, form) => {
  expect(chooseForm(lengths)).toBe(form);
});

test("a patch is made for exactly the pair, and gives the image", async () => {
  const site = await shop();
  expect(site.ask(NEW)).toBe("wait");
  const form = await site.told(NEW);
  expect(form).toMatchObject({ encoding: "patch", id: expect.stringMatching(/^[0-9a-z]{8}$/) });
  const patch = site.bytesAt(form);
  expect(patch).toHaveLength(form?.length ?? 0);
  expect(patch.length).toBeLessThan(300);
  expect(equalBytes(applyPatch(OLD, patch), NEW)).toBe(true);
  // Another node with the same pair has it at once, and nothing is made anew.
  expect(site.ask(NEW, "n2" as NodeId)).toEqual(form);
  expect(site.jobs.map(({ kind }) => kind)).toEqual(["patch", "compressed"]);
});

test.each<
  readonly [what: string, taken: Taken, running: Uint8Array | undefined, to: Uint8Array, encoding: string | undefined]
>([
  ["that told no forms", { patch: false, compressed: false, chained: false }, OLD, NEW, undefined],
  ["whose image is not here", ALL, noise(10, 5), NEW, undefined],
  ["that did not say what it runs", ALL, undefined, NEW, undefined],
  ["that runs an unrelated image", ALL, OTHER, NEW, undefined],
  ["that runs another one, for an image of equal bytes", ALL, OTHER, FLAT, "compressed"],
  ["that takes patches alone", { ...ALL, compressed: false }, OLD, NEW, "patch"],
  ["that runs the very image", ALL, NEW, NEW, undefined],
])("UX-R19: a node %s gets what is best for it", async (_what, taken, running, to, encoding) => {
  const site = await shop({ taken });
  site.firmware = running === undefined ? {} : { running: digestOf(running) };
  expect((await site.told(to))?.encoding).toBe(encoding);
});

test("an encrypted image is not patched", async () => {
  const site = await shop({ isEncrypted: () => true });
  expect(await site.told(NEW)).toBeUndefined();
  expect(site.jobs).toEqual([]);
});

test("a node waits for one wake, and then gets the image as it is; it goes on with what it was told", async () => {
  let go = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const site = await shop({ maker: { make: (job) => gate.then(() => makeForm(job())) } });
  expect(site.ask(NEW)).toBe("wait");
  site.now = seconds(1);
  expect(site.ask(NEW)).toBe("wait"); // asked twice in one wake
  site.now = seconds(60);
  expect(site.ask(NEW)).toBeUndefined();
  go();
  // Who comes now has the patch.
  expect(await site.told(NEW, "n2" as NodeId)).toMatchObject({ encoding: "patch" });
  expect(site.ask(NEW)).toBeUndefined();
});

test("UX-R19: a node that failed with a patch gets the image as it is", async () => {
  const site = await shop();
  expect(await site.told(NEW)).toMatchObject({ encoding: "patch" });
  const running = digestOf(OLD);
  site.firmware = { running, phase: "failed", wanted: digestOf(NEW), reason: "digest-mismatch" };
  expect(site.ask(NEW)).toBeUndefined();
  site.firmware = { running, phase: "downloading", wanted: digestOf(NEW) };
  expect(site.ask(NEW)).toBeUndefined();
});

test("a node that takes patches no more is offered none any more", async () => {
  const site = await shop();
  expect(await site.told(NEW)).toMatchObject({ encoding: "patch" });
  site.taken = { patch: false, compressed: false, chained: false };
  expect(site.ask(NEW)).toBeUndefined();
});

test("the block lane serves a form under its id, as it does an image", async () => {
  const { deltas, ...site } = await shop();
  const form = await site.told(NEW);
  const nothing = { byId: () => undefined } as unknown as Images;
  const lane = imageLane(nothing, {} as Registry, new VirtualClock(), { forms: deltas });
  const source = lane.find(form?.id ?? "");
  expect(source?.size).toBe(form?.length);
  expect(source?.etag).toHaveLength(4);
  expect(equalBytes(applyPatch(OLD, source?.slice(0, source.size) ?? EMPTY), NEW)).toBe(true);
  expect(lane.find("00000000")).toBeUndefined();
});

test.each<readonly [what: string, make: () => Promise<MadeForm>]>([
  ["fails,", () => Promise.reject(new StoreError("delta.too-costly", { seconds: 1 }))],
  ["throws what nobody thought of,", () => Promise.reject(new Error("?"))],
])("when making %s the image travels as it is, and it is not tried again", async (_what, make) => {
  let tries = 0;
  const site = await shop({
    maker: {
      make: () => {
        tries++;
        return make();
      },
    },
  });
  expect(await site.told(NEW)).toBeUndefined();
  expect(await site.told(NEW, "n2" as NodeId)).toBeUndefined();
  expect(tries).toBe(2); // one patch, one compressed image
});

test("chained blocks: for nodes that take them, of whatever lies there", async () => {
  const site = await shop({ taken: { ...ALL, chained: true } });
  for (const [image, encoding] of [
    [NEW, "patch"],
    [OTHER, "plain"],
    [FLAT, "compressed"],
  ] as const) {
    const form = await site.told(image);
    expect(form?.encoding).toBe(encoding);
    const wire = site.bytesAt(form);
    expect(wire).toHaveLength(form?.length ?? 0);
    const body = new ChainReader(form?.chain ?? EMPTY, wire.length).push(wire);
    const base = encoding === "patch" ? OLD : EMPTY;
    expect(equalBytes(encoding === "plain" ? body : applyPatch(base, body), image)).toBe(true);
  }
  // Any block of it, wherever it begins: the same bytes.
  const form = await site.told(OTHER);
  const source = form && site.deltas.find(form.id);
  const wire = site.bytesAt(form);
  for (const at of [0, 64, 1020, 1024, 1055, 1056, 2100]) {
    expect(equalBytes(source?.slice(at, 64) ?? EMPTY, wire.subarray(at, at + 64))).toBe(true);
  }
});

test("after a restart the same ids are served, and nothing is made again", async () => {
  const folder = newFolder();
  const forms = await openFileForms({ folder, maxBytes: 1_000_000 });
  const before = await shop({ forms, taken: { ...ALL, chained: true } });
  const form = await before.told(NEW);
  const wire = before.bytesAt(form);
  writeFileSync(join(folder, "cut-off.new"), "x");
  const after = await shop({ forms: await openFileForms({ folder, maxBytes: 1_000_000 }), taken: before.taken });
  expect(equalBytes(after.bytesAt(form), wire)).toBe(true);
  expect(after.ask(NEW)).toEqual(form);
  expect(after.jobs).toEqual([]);
  expect(readdirSync(folder)).not.toContain("cut-off.new");
  // The image is gone: so are its other forms.
  after.stored.delete(digestOf(NEW));
  expect(after.bytesAt(form)).toHaveLength(0);
});

test("a damaged file is not served, and made again", async () => {
  const folder = newFolder();
  const first = await shop({ forms: await openFileForms({ folder, maxBytes: 1_000_000 }) });
  await first.told(NEW);
  for (const name of readdirSync(folder)) writeFileSync(join(folder, name), "damaged");
  const site = await shop({ forms: await openFileForms({ folder, maxBytes: 1_000_000 }) });
  const form = await site.told(NEW);
  expect(form?.encoding).toBe("patch");
  expect(equalBytes(applyPatch(OLD, site.bytesAt(form)), NEW)).toBe(true);
});

test("a form that is larger than all the room is made once, and not offered", async () => {
  const site = await shop({ forms: await openFileForms({ folder: newFolder(), maxBytes: 50 }) });
  expect(await site.told(NEW)).toBeUndefined();
  expect(await site.told(NEW, "n2" as NodeId)).toBeUndefined();
  expect(site.jobs).toHaveLength(2);
});

test("when there is no room, what was not asked for longest goes", async () => {
  const folder = newFolder();
  const forms = await openFileForms({ folder, maxBytes: 300 });
  const form = (to: string, size: number) => ({ kind: "patch", to: to.repeat(64), chain: to.repeat(64), length: size });
  const content = (size: number) => ({ bytes: new Uint8Array(size), digests: EMPTY });
  const [a, b, c, huge] = [form("a", 100), form("b", 100), form("c", 100), form("d", 300)];
  await forms.keep(a, content(100));
  await forms.keep(b, content(100));
  forms.read(a);
  await forms.keep(c, content(100));
  await forms.keep(huge, content(300));
  expect(forms.list()).toEqual([a, c]);
  expect(forms.read(b)).toBeUndefined();
  expect(readdirSync(folder)).toHaveLength(2);
});

test("an id that nobody was offered leads nowhere", async () => {
  const site = await shop();
  for (const id of ["", "abc123", "abc1234", "abc12345", "../../ab"]) expect(site.deltas.find(id)).toBeUndefined();
});

let workshop: Workshop | undefined;
afterEach(() => workshop?.close());
/** A thread that does this for each job. */
function running(does: string, options: Partial<WorkshopOptions> = {}): Workshop {
  const code = `import { parentPort } from "node:worker_threads";
    parentPort.on("message", (job) => { ${does} });`;
  const script = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  workshop = new Workshop({ clock: new VirtualClock(), script, ...options });
  return workshop;
}
const codeOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => "nothing was refused",
    (error: unknown) => (isCoded(error) ? error.code : error),
  );
const JOB = (): FormJob => ({ kind: "patch", from: EMPTY, to: OLD });

test("the thread says what it made, and one that died is replaced", async () => {
  const made = "{ bytes: job.to, digests: job.from, chain: job.from }";
  const busy = running(`job.kind === "plain" ? process.exit(3) : parentPort.postMessage({ made: ${made} })`);
  expect((await busy.make(JOB)).bytes).toHaveLength(OLD.length);
  expect(await codeOf(busy.make(() => ({ ...JOB(), kind: "plain" })))).toBe("delta.failed");
  expect((await busy.make(JOB)).bytes).toHaveLength(OLD.length);
});

test.each([
  ["a fault", 'parentPort.postMessage({ fault: "delta.not-the-image" })', "delta.failed"],
  ["an error that nobody thought of", 'throw new Error("?")', "delta.failed"],
])("%s of the thread is told by its code", async (_what, does, code) => {
  expect(await codeOf(running(does).make(JOB))).toBe(code);
});

test("what takes too long is ended; too many are refused; closing ends what is under way", async () => {
  const clock = new VirtualClock();
  const slow = running("for (;;);", { clock, longest: millis(50) });
  const late = codeOf(slow.make(JOB));
  await new Promise((turn) => setImmediate(turn)); // it has begun
  await clock.advance(millis(50));
  expect(await late).toBe("delta.too-costly");
  const waiting = Array.from({ length: 256 }, () => codeOf(slow.make(JOB)));
  expect(await codeOf(slow.make(JOB))).toBe("delta.too-many");
  await slow.close();
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(["delta.failed"]));
});
