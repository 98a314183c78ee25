/** docs/mqtt.md, "Commands" — those of a cloud to the whole site: images and releases by URL, one node's update, how much is logged. */
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { campaignHandlers } from "../../gateway/app/campaign/commands.ts";
import { commandHandlers } from "../../gateway/app/inbox/inventory-commands.ts";
import { handlerNamed, SITE_WAITS, siteHandlers } from "../../gateway/app/inbox/site-commands.ts";
import { adjustable } from "../../gateway/app/log-levels.ts";
import { awaitedOf, isFinal, openUpstream } from "../../gateway/app/upstream.ts";
import {
  type CodedError,
  Lifecycle,
  millis,
  type NodeId,
  SILENT,
  seconds,
  TrustError,
  UsageError,
  WireError,
} from "../../gateway/base/index.ts";
import type { Awaited } from "../../gateway/service/commands/index.ts";
import { Credentials } from "../../gateway/service/credentials/index.ts";
import { type Command, type CommandHandler, openFileImages } from "../../gateway/store/index.ts";
import { AuthorAddresses } from "../../gateway/upstream/index.ts";
import { fetchSmall } from "../../gateway/upstream/small.ts";
import type { OpenSource } from "../../gateway/upstream/source.ts";
import { parseUri } from "../../gateway/wire/coap/index.ts";
import type { Json } from "../../gateway/yang/index.ts";
import { type CloudSite, openCloudSite } from "../support/cloud-site.ts";
import { tells } from "../support/suit-node.ts";
import { settled, VirtualClock } from "../support/virtual-clock.ts";

const BYTES = new TextEncoder().encode("an image of a valve");
const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const DIGEST = digestOf(BYTES);
const ENVELOPE = new TextEncoder().encode("what a release is made of");
const URL_OF = { image: "https://fw.example/trv-2.bin", release: "https://fw.example/trv-2.suit" };
const IMAGE = {
  url: URL_OF.image,
  digest: `sha256:${DIGEST.toUpperCase()}`,
  size: BYTES.length,
  model: "trv",
  version: "2",
};

let folder: string;
let site: CloudSite;
let author: { answer: () => Promise<Uint8Array>; refusal: Error | undefined };
let added: Array<Parameters<CommandHandler>[0]>;
let levels: object[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-site-commands-"));
  author = { answer: async () => ENVELOPE, refusal: undefined };
  added = [];
  levels = [];
  const credentials = new Credentials(SILENT);
  await credentials.unlock(join(folder, "site.key"));
  site = await openCloudSite({
    images: await openFileImages({ folder, cacheBytes: 1 << 20 }),
    waiting: SITE_WAITS,
    handlers: (services) => {
      const given = {
        ...services,
        credentials,
        models: { of: () => services.schema, has: () => false, list: () => [] },
        defaults: { stopAtPct: 15, silentAfter: 3, attempts: 1, download: [], apply: [] },
        zone: "UTC",
        fetching: () => ({ state: "awaited" as const }),
        trust: { stands: () => true },
      };
      const others = new Map<string, CommandHandler>([
        ...commandHandlers(given),
        ...campaignHandlers(given),
        [
          "release.add",
          async (args) => {
            added.push(args);
            return { release: "ab12" };
          },
        ],
      ]);
      const authors = {
        check: async () => {
          if (author.refusal !== undefined) throw author.refusal;
        },
        small: () => author.answer(),
      };
      const backups = {
        keep: async (label: string | undefined) => ({
          file: `backups/${label ?? "s"}.tar.gz`,
          size: 9,
          digest: DIGEST,
          last: 3,
        }),
      };
      const log = { ...SILENT, adjust: (change: object) => void levels.push(change) };
      const own = siteHandlers(others, { authors, backups, clock: services.clock, log });
      return { handlers: new Map([...others, ...own]), install: handlerNamed("campaign.install", others) };
    },
  });
});
afterEach(() => rm(folder, { recursive: true }));

const take = async (op: string, args: Record<string, Json>, more: Partial<Command> = {}) =>
  (await site.take({ op, args, ...more })).outcome;
const ended = async (id: string): Promise<unknown> => {
  await settled();
  const done = (await site.facts("command.done")).find((fact) => fact.id === id);
  return done && JSON.parse(done.answer);
};

async function* stream(): AsyncGenerator<Uint8Array> {
  yield BYTES;
}

test("image.add by URL is completed when the bytes are here and fit", async () => {
  expect(await take("image.add", IMAGE, { id: "i" })).toEqual({ status: "accepted" });
  const { images, ledger } = site.services;
  const [named] = images.awaited();
  expect(named).toMatchObject({ uri: URL_OF.image, digest: DIGEST });
  expect(await ended("i")).toBeUndefined();
  if (named !== undefined) await images.fetched(stream(), named, ledger);
  expect(await ended("i")).toEqual({ status: "completed", result: { digest: DIGEST } });
  // What is here already is as good.
  await take("image.add", IMAGE, { id: "again" });
  expect(await ended("again")).toMatchObject({ status: "completed" });
});

test("image.add by URL: what the releases that name it say need not be said, and no size must be", async () => {
  const { images, ledger } = site.services;
  const wish = { url: URL_OF.image, digest: DIGEST };
  const named = () => images.awaited().map(({ model, version, size }) => ({ model, version, size }));
  const release = (letter: string, said: object, size?: number) =>
    ledger.record("release.accepted", {
      release: letter.repeat(64),
      envelope: new Uint8Array(),
      sequence: "1",
      signers: [],
      vendors: [],
      classes: [],
      components: [],
      payloads: [{ digest: DIGEST, ...(size === undefined ? {} : { size }) }],
      actor: "test",
      ...said,
    });
  const missing = (path: string) => ({ error: { code: "command.missing", tag: "missing-element", path } });
  expect(await take("image.add", wish)).toMatchObject(missing("/model"));
  expect(await take("image.add", { ...wish, model: "trv" })).toMatchObject(missing("/version"));
  await take("image.add", { ...wish, model: "trv", version: "2" });
  expect(named()).toEqual([{ model: "trv", version: "2", size: undefined }]);
  await release("a", { model: "trv", version: "3" });
  await take("image.add", wish);
  expect(named()).toEqual([{ model: "trv", version: "3", size: undefined }]);
  await release("b", { model: "trv", version: "4" }, BYTES.length);
  // Two releases that contradict each other leave it to whoever asks.
  expect(await take("image.add", wish)).toMatchObject(missing("/version"));
  await take("image.add", { ...wish, version: "4" }, { id: "i" });
  expect(named()).toEqual([{ model: "trv", version: "4", size: BYTES.length }]);
  const [awaited] = images.awaited();
  if (awaited !== undefined) await images.fetched(stream(), awaited, ledger);
  expect(await ended("i")).toMatchObject({ status: "completed" });
  // Of what is here everything is known.
  expect(await take("image.add", wish)).toEqual({ status: "accepted" });
});

const WRONG = new TrustError("image.digest", { name: "x", actual: "1", expected: "2" });
const BUSY = new WireError("upstream.answer", { uri: "x", answer: "503" });
const asked = (why: CodedError, failures = 1, isFinal = false): Awaited => ({ why, failures, isFinal });

test("an image that is removed while it is awaited, or whose author gives something else, ends its command", async () => {
  await take("image.add", IMAGE, { id: "i" });
  await site.services.images.remove(DIGEST, "cli:me", site.services.ledger);
  expect(await ended("i")).toMatchObject({ error: { code: "command.image-gone" } });
  await take("image.add", IMAGE, { id: "j" });
  site.failures.set(URL_OF.image, asked(WRONG, 1, true));
  site.waits.imageFailed(DIGEST);
  expect(await ended("j")).toMatchObject({ error: { code: "image.digest" } });
  // Its author may be faster than our disk: then it has failed before the command is known to wait.
  await take("image.add", IMAGE, { id: "k" });
  expect(await ended("k")).toMatchObject({ error: { code: "image.digest" } });
  const refused = new WireError("upstream.refused", { uri: "x", answer: "404" });
  expect([WRONG, refused, BUSY, new RangeError("x")].map(isFinal)).toEqual([true, true, false, false]);
});

const OTHER_URL = "https://mirror.example/trv-2.bin";
const uris = (): readonly string[] => site.services.images.sources().map(({ uri }) => uri);

test("image.add by URL expires with what its author did last, and is awaited no longer, after a restart neither", async () => {
  const deadline = millis(site.clock.now() + 5000);
  await take("image.add", IMAGE, { id: "i", deadline });
  await take(
    "image.add",
    { ...IMAGE, url: OTHER_URL },
    { id: "j", actor: "mqtt:bms-2", deadline: millis(deadline + 9000) },
  );
  site.failures.set(URL_OF.image, asked(BUSY, 20));
  site.waits.imageFailed(DIGEST);
  expect(await ended("i")).toBeUndefined();
  site.clock.advance(5000);
  expect(await ended("i")).toMatchObject({ status: "expired", error: { code: "upstream.answer" } });
  expect(uris()).toEqual([OTHER_URL]);
  await site.services.ledger.checkpoint();
  const { clock, services } = await site.restart();
  expect(services.images.sources().map(({ uri }) => uri)).toEqual([OTHER_URL]);
  clock.advance(9000);
  await settled();
  expect(services.images.sources()).toEqual([]);
});

test("without a deadline image.add fails after eight attempts", async () => {
  const { inbox, waits } = site;
  const wish = { op: "image.add", args: IMAGE, actor: "mqtt:bms-1" };
  await inbox.take({ ...wish, id: "i" });
  site.failures.set(URL_OF.image, asked(BUSY, 7));
  waits.imageFailed(DIGEST);
  expect(await ended("i")).toBeUndefined();
  site.failures.set(URL_OF.image, asked(BUSY, 8));
  waits.imageFailed(DIGEST);
  expect(await ended("i")).toMatchObject({ status: "failed", error: { code: "upstream.answer" } });
  expect(uris()).toEqual([]);
});

test("each image.add of one digest has its own author's refusal, or the bytes of any", async () => {
  const { images, ledger } = site.services;
  await take("image.add", IMAGE, { id: "good" });
  await take("image.add", IMAGE, { id: "same", actor: "mqtt:bms-3" });
  await take("image.add", { ...IMAGE, url: OTHER_URL }, { id: "bad", actor: "mqtt:bms-2" });
  site.failures.set(OTHER_URL, asked(WRONG, 1, true));
  site.waits.imageFailed(DIGEST);
  expect(await ended("bad")).toMatchObject({ error: { code: "image.digest" } });
  expect(await ended("good")).toBeUndefined();
  expect(uris()).toEqual([URL_OF.image]);
  const [named] = images.awaited();
  if (named !== undefined) await images.fetched(stream(), named, ledger);
  expect(await ended("good")).toMatchObject({ status: "completed" });
  expect(await ended("same")).toMatchObject({ status: "completed" });
});

test("a URI at which another image was named meanwhile ends the command, and what a person named outlives it", async () => {
  await take("image.add", IMAGE, { id: "i" });
  await take("image.add", { ...IMAGE, digest: "ab".repeat(32) }, { id: "j" });
  expect(await ended("i")).toMatchObject({ error: { code: "command.image-gone" } });
  expect(uris()).toEqual([URL_OF.image]);
  const { url: uri, ...rest } = IMAGE;
  await take("image.announce", { ...rest, digest: "ab".repeat(32), uri });
  site.clock.advance(60_000);
  expect(await ended("j")).toMatchObject({ status: "expired" });
  expect(uris()).toEqual([URL_OF.image]);
});

test("the fetch for a command ends with it", async () => {
  const lifecycle = new Lifecycle();
  const { images, ledger } = site.services;
  const upstream = { allowPrivate: "off", ca: undefined } as const;
  const config = { upstream, images: { maxBytes: 1 << 20, cacheBytes: 0, delta: "off", deltaCacheBytes: 0 } as const };
  const ports = { random: { next: () => 0 }, log: SILENT };
  const resolve = () => new Promise<never>(() => undefined);
  const fetcher = openUpstream(config, ports, { images, ledger, network: site.clock }, lifecycle, { resolve });
  await take("image.add", IMAGE, { id: "i" });
  const [named] = images.awaited();
  if (named === undefined) throw new RangeError("nothing is awaited");
  expect(awaitedOf(named, fetcher)).toMatchObject({ why: { code: "image.awaited" }, failures: 0, isFinal: false });
  expect(fetcher.state(URL_OF.image).state).toBe("fetching");
  site.clock.advance(60_000);
  expect(await ended("i")).toMatchObject({ status: "expired" });
  await settled();
  expect(fetcher.state(URL_OF.image).state).toBe("awaited"); // and it does not begin again
  await lifecycle.close();
});

const PRIVATE = new TrustError("upstream.private", { host: "fw.example", address: "10.0.0.1" });
const REFUSED: ReadonlyArray<
  readonly [name: string, op: string, args: Record<string, Json>, refusal: Error | undefined, code: string]
> = [
  ["an image at a private address", "image.add", IMAGE, PRIVATE, "upstream.private"],
  ["a release at a private address", "release.add", { url: URL_OF.release }, PRIVATE, "upstream.private"],
  ["a scheme that is not spoken", "image.add", { ...IMAGE, url: "http://fw.example/a" }, undefined, "upstream.uri"],
  [
    "a scheme that is not spoken, of a release",
    "release.add",
    { url: "ftp://fw.example/a" },
    undefined,
    "upstream.uri",
  ],
  ["a URL with a password", "image.add", { ...IMAGE, url: "https://me:pw@fw.example/a" }, undefined, "upstream.uri"],
  ["no digest", "image.add", { ...IMAGE, digest: "" }, undefined, "command.argument"],
  ["half a digest", "release.add", { url: URL_OF.release, digest: "ab" }, undefined, "command.argument"],
  ["a release both ways", "release.add", { url: URL_OF.release, envelope: "AA==" }, undefined, "command.argument"],
  ["an image of no bytes", "image.add", { ...IMAGE, size: 0 }, undefined, "command.argument"],
  ["a level that there is not", "log-level", { level: "loud" }, undefined, "command.argument"],
  ["a level for longer than a day", "log-level", { level: "debug", forS: 90_000 }, undefined, "command.argument"],
  ["a node that is there", "node.join", { endpoint: "room-1" }, undefined, "node.exists"],
  ["an update of an unknown node", "install", { node: "room-9", image: DIGEST }, undefined, "node.unknown"],
];
test.each(REFUSED)("%s is refused at once", async (_name, op, args, refusal, code) => {
  await site.services.join("room-1");
  author.refusal = refusal;
  expect(await take(op, args)).toMatchObject({ status: "failed", error: { code } });
  expect([...site.inbox.open()]).toEqual([]);
  expect(site.services.images.awaited()).toEqual([]);
});

test("release.add by URL: fetched, held against its digest, and judged like one that is brought", async () => {
  const args = { url: URL_OF.release, digest: digestOf(ENVELOPE), model: "trv" };
  expect(await take("release.add", args, { id: "r" })).toEqual({ status: "accepted" });
  expect(await ended("r")).toEqual({ status: "completed", result: { release: "ab12" } });
  expect(added).toEqual([{ model: "trv", envelope: Buffer.from(ENVELOPE).toString("base64") }]);
  await take("release.add", { ...args, digest: DIGEST }, { id: "s" });
  expect(await ended("s")).toMatchObject({ status: "failed", error: { code: "image.digest" } });
  author.answer = () => Promise.reject(new WireError("upstream.answer", { uri: "x", answer: "404" }));
  await take("release.add", args, { id: "t" });
  expect(await ended("t")).toMatchObject({ status: "failed", error: { code: "upstream.answer" } });
  expect(added).toHaveLength(1);
});

test("install: one campaign of this node, the same while it is under way, over with the command's deadline", async () => {
  const { images, ledger, campaigns } = site.services;
  await images.add(stream(), { name: "fw", model: "trv", version: "2" }, "test", ledger);
  const node = await site.services.join("room-1");
  await tells("room-1", 1, { model: "trv" }, site.services);
  const wish = { node, image: DIGEST };
  expect(await take("install", wish, { id: "a" })).toMatchObject({ status: "accepted", position: 1 });
  expect(await take("install", wish, { id: "b" })).toMatchObject({ status: "accepted", position: 2 });
  const [campaign] = campaigns.list();
  expect(campaigns.list()).toHaveLength(1);
  expect(campaign?.plan).toMatchObject({ deadline: site.clock.now() + 60_000 });
  await tells("room-1", 2, { model: "trv", running: DIGEST }, site.services);
  const result = { node, campaign: campaign?.id };
  for (const id of ["a", "b"]) expect(await ended(id)).toEqual({ status: "completed", result });
  expect(await take("install", wish)).toMatchObject({ status: "failed", error: { code: "campaign.no-targets" } });
});

test("an update by force waits for a second person, and is completed once that one agreed and the node runs it", async () => {
  const { images, ledger, campaigns, offers } = site.services;
  await images.add(stream(), { name: "fw", model: "trv", version: "2" }, "test", ledger);
  const node = await site.services.join("room-1");
  await tells("room-1", 1, { model: "trv" }, site.services);
  const wish = { node, image: DIGEST, again: true, approval: true };
  expect(await take("install", wish, { id: "a" })).toEqual({ status: "accepted", position: 1 });
  const id = campaigns.list()[0]?.id ?? "";
  expect(offers.offerFor(node)).toBeUndefined();
  await campaigns.decide(id, "approve", "cli:tom", ledger);
  expect(offers.offerFor(node)).toMatchObject({ campaign: id });
  expect(await ended("a")).toBeUndefined();
  await tells("room-1", 2, { model: "trv", running: DIGEST }, site.services);
  expect(await ended("a")).toEqual({ status: "completed", result: { node, campaign: id } });
});

test("an update that is called off, or fails, fails its command", async () => {
  const { images, ledger, campaigns } = site.services;
  await images.add(stream(), { name: "fw", model: "trv", version: "2" }, "test", ledger);
  const node: NodeId = await site.services.join("room-1");
  await tells("room-1", 1, { model: "trv" }, site.services);
  await take("install", { node, image: DIGEST }, { id: "a" });
  await campaigns.decide(campaigns.list()[0]?.id ?? "", "abort", "cli:me", ledger);
  expect(await ended("a")).toMatchObject({ status: "failed", error: { code: "command.update-ended" } });
});

test("node.join makes a node with a key of its own, and no answer holds it", async () => {
  const outcome = await take("node.join", { endpoint: "room-2" });
  expect(await site.facts("credential.added")).toMatchObject([{ name: "room-2" }]);
  expect(outcome).toEqual({ status: "completed", result: { node: expect.any(String), endpoint: "room-2" } });
});

test("log-level: more is logged for a while, of a part or of everything", async () => {
  expect(await take("log-level", { namespace: "node", level: "debug", forS: 60 })).toEqual({
    status: "completed",
    result: { namespace: "node", level: "debug", "for-s": 60 },
  });
  expect(levels).toEqual([{ namespace: "node", level: "debug", lasts: seconds(60) }]);
  const clock = new VirtualClock();
  const lines: string[] = [];
  const write = (event: string): void => void lines.push(event);
  const { log, adjust } = adjustable({ debug: write, info: write, warn: write, error: write }, "warn");
  const say = (): readonly string[] => {
    lines.length = 0;
    for (const event of ["node.a", "mqtt.b", "c"]) log.debug(event);
    log.error("d");
    return [...lines];
  };
  expect(say()).toEqual(["d"]);
  adjust({ namespace: "node", level: "debug", lasts: seconds(9) }, clock);
  expect(say()).toEqual(["node.a", "d"]);
  adjust({ level: "debug", lasts: seconds(5) }, clock);
  expect(say()).toEqual(["node.a", "mqtt.b", "c", "d"]);
  await clock.advance(seconds(5));
  adjust({ namespace: "node", level: "error", lasts: seconds(1) }, clock);
  expect(say()).toEqual(["d"]);
  await clock.advance(seconds(9));
  expect(say()).toEqual(["d"]);
});

/** What an author may send, how much of it is taken, and what is thrown. */
const SMALL: ReadonlyArray<readonly [name: string, parts: readonly number[], code: string | undefined]> = [
  ["a file", [3, 4], undefined],
  ["one of the largest size", [10], undefined],
  ["one byte more", [8, 3], "upstream.size"],
  ["nothing", [], "upstream.size"],
];
test.each(SMALL)("a small file of an author: %s", async (_name, parts, code) => {
  const source: OpenSource = async function* ({ size, atMost }) {
    expect([size, atMost]).toEqual([10, true]);
    for (const length of parts) yield new Uint8Array(length);
  };
  const uri = parseUri(URL_OF.release);
  if (uri === undefined) throw new RangeError("no URI");
  const addresses = new AuthorAddresses(false, async () => [{ address: "8.8.8.8", family: 4 }]);
  const fetched = fetchSmall(
    uri,
    10,
    { addresses, sources: { coap: source, https: source } },
    new AbortController().signal,
  );
  const outcome = await fetched.then(
    ({ length }) => length,
    (error: { readonly code: string }) => error.code,
  );
  expect(outcome).toBe(code ?? parts.reduce((sum, length) => sum + length, 0));
});

test("a small file comes from no private address", async () => {
  const uri = parseUri(URL_OF.release);
  if (uri === undefined) throw new RangeError("no URI");
  const addresses = new AuthorAddresses(false, async () => [{ address: "192.168.1.1", family: 4 }]);
  const never: OpenSource = () => {
    throw new UsageError("node.unknown", { node: "nobody is asked" });
  };
  const fetched = fetchSmall(
    uri,
    10,
    { addresses, sources: { coap: never, https: never } },
    new AbortController().signal,
  );
  await expect(fetched).rejects.toMatchObject({ code: "upstream.private" });
});

test("whoever calls what is not there is refused", async () => {
  await expect(handlerNamed("what", new Map())({}, "x")).rejects.toMatchObject({ code: "command.unknown" });
});

test("backup is taken at once, and completed with what was written", async () => {
  expect(await take("backup", { label: "before-the-move" }, { id: "b" })).toEqual({ status: "accepted" });
  const result = { file: "backups/before-the-move.tar.gz", size: 9, digest: DIGEST, last: "3" };
  expect(await ended("b")).toEqual({ status: "completed", result });
  expect(await take("backup", { label: "" })).toMatchObject({ status: "failed", error: { code: "command.argument" } });
  expect(await take("backup", { keys: true })).toMatchObject({ status: "failed", error: { code: "command.argument" } });
});
