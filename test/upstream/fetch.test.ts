/** What is awaited is fetched: in the background, again after a failure, after a restart; never more than was named. */
import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { hours, millis, minutes, SILENT, seconds } from "../../gateway/base/index.ts";
import type { NamedClaim, NamedImage } from "../../gateway/service/images/index.ts";
import { suitTrust } from "../../gateway/service/trust/index.ts";
import { openFileImages } from "../../gateway/store/index.ts";
import { AuthorAddresses } from "../../gateway/upstream/addresses.ts";
import { authorUri, Fetcher } from "../../gateway/upstream/fetch.ts";
import type { OpenSource } from "../../gateway/upstream/source.ts";
import { openServices, type Services } from "../support/services.ts";
import { settled, VirtualClock } from "../support/virtual-clock.ts";

const IMAGE = Buffer.alloc(3000, 0x5a);
const MOST = 4096;
const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const claim = (change: Partial<NamedClaim> = {}): NamedClaim => ({
  uri: "coap://fw.example/trv.bin",
  digest: digestOf(IMAGE),
  size: IMAGE.length,
  model: "trv",
  version: "2",
  name: "trv.bin",
  ...change,
});

let folder: string;
let services: Services;
let clock: VirtualClock;
const fetchers: Array<Fetcher<NamedImage>> = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-fetch-"));
  services = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }) });
  clock = new VirtualClock();
});
afterEach(async () => {
  for (const fetcher of fetchers.splice(0)) await fetcher.close();
  await rm(folder, { recursive: true });
});

const files = async (): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

const sends = (...parts: readonly Uint8Array[]): OpenSource =>
  async function* () {
    yield* parts;
  };
/** Sends a little and then nothing until it is told to end. */
const stalls: OpenSource = async function* ({ signal }) {
  yield IMAGE.subarray(0, 100);
  signal.throwIfAborted();
  await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
};
const PUBLIC = new AuthorAddresses(false, async () => [{ address: "93.184.216.34", family: 4 }]);

function fetcherOf(source: OpenSource, on: Services = services, addresses = PUBLIC, log = SILENT): Fetcher<NamedImage> {
  const { images, ledger } = on;
  const made = new Fetcher<NamedImage>({
    images: { awaited: () => images.sources(), take: (bytes, named) => images.fetched(bytes, named, ledger) },
    maxBytes: MOST,
    addresses,
    sources: { coap: source, https: source },
    clock,
    random: { next: () => 0 },
    log,
  });
  fetchers.push(made);
  return made;
}
const name = (change: Partial<NamedClaim> = {}, on: Services = services): Promise<NamedImage> =>
  on.images.announce(claim(change), "test", on.ledger).then(({ named }) => named);
/** Files take their time. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await settled();
}
const failed = (fetcher: Fetcher<NamedImage>, uri = claim().uri) => until(() => fetcher.state(uri).state === "failed");

test("a named image is fetched, stored under its digest, and nobody awaits it any more", async () => {
  await name();
  expect(services.images.list()).toEqual([]);
  const fetcher = fetcherOf(sends(IMAGE.subarray(0, 1000), IMAGE.subarray(1000)));
  expect(fetcher.state(claim().uri)).toEqual({ state: "awaited" });
  fetcher.look();
  expect(fetcher.state(claim().uri)).toEqual({ state: "fetching", received: 0 });
  await until(() => services.images.list().length === 1);
  const [image] = services.images.list();
  expect(image).toMatchObject({ digest: digestOf(IMAGE), size: 3000, model: "trv", version: "2", verified: "lab" });
  expect(services.images.open(image!).slice(0, 3000)).toEqual(new Uint8Array(IMAGE));
  expect(services.images.awaited()).toEqual([]);
});

const LIES: ReadonlyArray<readonly [name: string, source: OpenSource, code: string]> = [
  ["other bytes of the same length", sends(Buffer.alloc(3000, 1)), "image.digest"],
  ["a byte too few", sends(IMAGE.subarray(1)), "upstream.size"],
  ["a byte too many", sends(IMAGE, Buffer.of(0)), "upstream.size"],
  ["nothing", sends(), "upstream.size"],
  [
    "an error of ours",
    () => {
      throw new TypeError("oops");
    },
    "service.bug",
  ],
];
test.each(LIES)("%s: nothing is visible, nothing is left, the reason is told", async (_name, source, code) => {
  await name();
  const fetcher = fetcherOf(source);
  fetcher.look();
  await failed(fetcher);
  expect(fetcher.state(claim().uri)).toMatchObject({ state: "failed", code, again: clock.now() + seconds(10) });
  expect(services.images.list()).toEqual([]);
  expect(await readdir(join(folder, ".incoming"))).toEqual([]);
  expect(services.images.byUri(claim().uri)).toBeDefined();
});

test("after a failure it is tried again, with pauses that double up to an hour", async () => {
  await name();
  let tries = 0;
  const fetcher = fetcherOf((asked) => {
    tries += 1;
    return sends(tries <= 12 ? Buffer.of(1) : IMAGE)(asked);
  });
  fetcher.look();
  const pauses: number[] = [];
  for (let i = 1; i <= 12; i++) {
    await failed(fetcher);
    const state = fetcher.state(claim().uri);
    const pause = state.state === "failed" ? state.again - clock.now() : 0;
    pauses.push(pause / 1000);
    await clock.advance(millis(pause - 1));
    expect(tries).toBe(i);
    await clock.advance(millis(1));
  }
  expect(pauses).toEqual([10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]);
  await until(() => services.images.list().length === 1);
});

test("an image that was named and not fetched is fetched after a restart", async () => {
  await name();
  const restarted = await openServices({
    images: await openFileImages({ folder, cacheBytes: 1 << 20 }),
    on: services,
  });
  expect(restarted.images.awaited()).toMatchObject([claim()]);
  await restarted.ledger.checkpoint();
  const again = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }), on: restarted });
  expect(again.images.awaited()).toMatchObject([claim()]);
  fetcherOf(sends(IMAGE), again).look();
  await until(() => again.images.list().length === 1);
});

test("an image whose author is slower than it may be is given up", async () => {
  await name();
  const fetcher = fetcherOf(stalls);
  fetcher.look();
  await until(() => JSON.stringify(fetcher.state(claim().uri)).includes("100"));
  await clock.advance(minutes(3));
  await failed(fetcher);
  expect(fetcher.state(claim().uri)).toMatchObject({ code: "upstream.slow" });
});

const SIZELESS: ReadonlyArray<readonly [name: string, source: OpenSource, code: string | undefined]> = [
  ["all of it", sends(IMAGE.subarray(0, 1000), IMAGE.subarray(1000)), undefined],
  ["other bytes", sends(Buffer.of(1)), "image.digest"],
  ["more than is taken", sends(Buffer.alloc(MOST), Buffer.of(0)), "upstream.size"],
  ["nothing", sends(), "upstream.size"],
];
test.each(SIZELESS)("of an image without a size comes %s", async (_name, source, code) => {
  const { size: _size, ...unsaid } = claim();
  await services.images.announce(unsaid, "test", services.ledger);
  const asked: object[] = [];
  const fetcher = fetcherOf((question) => {
    asked.push({ size: question.size, atMost: question.atMost });
    return source(question);
  });
  fetcher.look();
  const { images } = services;
  if (code === undefined) await until(() => images.list().length === 1);
  else await failed(fetcher);
  expect(asked).toEqual([{ size: MOST, atMost: true }]);
  expect(fetcher.state(claim().uri)).toMatchObject(code === undefined ? {} : { code });
  expect(images.list().map(({ size }) => size)).toEqual(code === undefined ? [IMAGE.length] : []);
});

test("of an image without a size, what has come gives the rest more time", async () => {
  const { size: _size, ...unsaid } = claim();
  await services.images.announce(unsaid, "test", services.ledger);
  const fetcher = fetcherOf(async function* (asked) {
    yield Buffer.alloc(256 * 8);
    yield* stalls(asked);
  });
  fetcher.look();
  await until(() => JSON.stringify(fetcher.state(claim().uri)).includes(String(256 * 8 + 100)));
  await clock.advance(seconds(128));
  expect(fetcher.state(claim().uri).state).toBe("fetching");
  await clock.advance(seconds(1));
  await failed(fetcher);
  expect(fetcher.state(claim().uri)).toMatchObject({ code: "upstream.slow" });
});

test("an image without a size is judged again when it is here", async () => {
  const images = await openFileImages({ folder, cacheBytes: 1 << 20 });
  const naming = [{ digest: digestOf(IMAGE), size: IMAGE.length }];
  const strict = await openServices({ images, trust: suitTrust({ naming: () => naming }) });
  const { size: _size, ...unsaid } = claim();
  expect((await strict.images.announce(unsaid, "test", strict.ledger)).named.verified).toBe("manifest");
  naming.splice(0, 1, { digest: digestOf(IMAGE), size: 1 }); // the same bytes cannot have another length
  const fetcher = fetcherOf(sends(IMAGE), strict);
  fetcher.look();
  await failed(fetcher);
  expect(fetcher.state(claim().uri)).toMatchObject({ code: "image.size" });
  expect(strict.images.list()).toEqual([]);
});

test("two are fetched at once, the others wait; closing ends them", async () => {
  for (const n of [1, 2, 3]) await name({ uri: `coap://fw.example/${n}`, digest: digestOf(Buffer.of(n)) });
  const fetcher = fetcherOf(stalls);
  fetcher.look();
  expect([1, 2, 3].map((n) => fetcher.state(`coap://fw.example/${n}`).state)).toEqual([
    "fetching",
    "fetching",
    "awaited",
  ]);
  await fetcher.close();
  await clock.advance(hours(2));
  expect(fetcher.state("coap://fw.example/1").state).toBe("awaited");
});

describe("one image by several URIs", () => {
  const [here, there] = [claim().uri, "https://fw.example/trv.bin"];
  const nameBoth = async (): Promise<void> => {
    for (const uri of [here, there, here]) {
      services.clock.advance(1);
      await name({ uri });
    }
  };

  test("it is one image, from where it was named first, however often that is said", async () => {
    await nameBoth();
    expect(services.images.awaited()).toMatchObject([{ uri: here }]);
    expect(services.images.sources()).toMatchObject([{ uri: here }, { uri: there }]);
  });

  test("it is fetched once: a URI that is named later ends nothing that has begun", async () => {
    const asked: string[] = [];
    await name({ uri: here });
    const fetcher = fetcherOf((wish) => {
      asked.push(wish.uri.shown);
      return stalls(wish);
    });
    fetcher.look();
    await nameBoth();
    fetcher.named(there);
    await until(() => JSON.stringify(fetcher.state(here)).includes("100"));
    expect(fetcher.state(there)).toEqual({ state: "awaited" });
    expect(asked).toEqual([here]);
  });

  test("after a failure the next is asked, and each has a failure of its own", async () => {
    await nameBoth();
    let bytes: Uint8Array = IMAGE.subarray(1);
    const good: OpenSource = async function* (asked) {
      if (asked.uri.shown === here) yield* sends(Buffer.of(1))(asked);
      else yield* bytes === IMAGE ? sends(IMAGE)(asked) : stalls(asked);
    };
    const fetcher = fetcherOf(good);
    fetcher.look();
    await until(() => JSON.stringify(fetcher.state(here)).includes('"received":100'));
    expect([fetcher.failure(here), fetcher.failure(there)]).toEqual([
      expect.objectContaining({ error: expect.objectContaining({ code: "upstream.size" }), failures: 1 }),
      undefined,
    ]);
    await clock.advance(minutes(3));
    await failed(fetcher, there);
    bytes = IMAGE;
    fetcher.named(there);
    await until(() => services.images.list().length === 1);
    expect(services.images.sources()).toEqual([]);
  });
});

test("who names the same URI at the same moment is told of its own image", async () => {
  const digests = [digestOf(IMAGE), digestOf(Buffer.of(1))];
  const named = await Promise.all(digests.map((digest) => name({ digest })));
  expect(named.map(({ digest }) => digest)).toEqual(digests);
});

test("an image that is named again after a failure is fetched at once", async () => {
  await name();
  let source: OpenSource = sends(Buffer.alloc(3000, 1));
  const fetcher = fetcherOf((asked) => source(asked));
  fetcher.look();
  await failed(fetcher);
  source = sends(IMAGE);
  fetcher.look();
  expect(fetcher.state(claim().uri).state).toBe("failed");
  fetcher.named((await name()).uri);
  await until(() => services.images.list().length === 1);
});

const NAMING: ReadonlyArray<readonly [name: string, change: Partial<NamedClaim>, code: string]> = [
  ["larger than the gateway takes", { size: (1 << 20) + 1 }, "image.too-large"],
];
test.each(NAMING)("not even named: %s", async (_name, change, code) => {
  await expect(name(change)).rejects.toMatchObject({ code });
  expect(services.images.awaited()).toEqual([]);
});

test("what the trust service does not believe is not named, and so never fetched", async () => {
  const images = await openFileImages({ folder, cacheBytes: 1 << 20 });
  const strict = await openServices({ images, trust: suitTrust({ naming: () => [] }) });
  await expect(name({}, strict)).rejects.toMatchObject({ code: "image.unsigned" });
  expect(strict.images.awaited()).toEqual([]);
});

const HOSTS: ReadonlyArray<
  readonly [name: string, addresses: readonly string[], allowPrivate: boolean, found: string]
> = [
  ["a public address", ["93.184.216.34"], false, "93.184.216.34"],
  ["a public IPv6 address", ["2606:2800:220:1::1"], false, "2606:2800:220:1::1"],
  ["the public one of several", ["10.0.0.7", "93.184.216.34"], false, "93.184.216.34"],
  ["loopback", ["127.0.0.1"], false, "upstream.private"],
  ["IPv6 loopback", ["::1"], false, "upstream.private"],
  ["a private network", ["192.168.1.1", "10.1.2.3", "172.31.0.1"], false, "upstream.private"],
  ["link-local", ["169.254.169.254"], false, "upstream.private"],
  ["IPv6 link-local", ["fe80::1"], false, "upstream.private"],
  ["unique local", ["fd12::1"], false, "upstream.private"],
  ["an IPv4 address in IPv6 clothes", ["::ffff:127.0.0.1"], false, "upstream.private"],
  ["the same through NAT64", ["64:ff9b::7f00:1"], false, "upstream.private"],
  ["multicast", ["224.0.1.187", "ff02::fd"], false, "upstream.private"],
  ["an address with its link", ["fe80::1%eth0"], false, "upstream.private"],
  ["documentation and segments", ["3fff::1", "5f00::1"], false, "upstream.private"],
  ["this host", ["0.0.0.0", "::"], false, "upstream.private"],
  ["broadcast", ["255.255.255.255"], false, "upstream.private"],
  ["a private network that is allowed", ["192.168.1.1"], true, "192.168.1.1"],
  ["no address at all", [], true, "upstream.unknown-host"],
];
test.each(HOSTS)("the author is at %s", async (_name, addresses, allowPrivate, found) => {
  const resolve = async () => addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }) as const);
  const answer = new AuthorAddresses(allowPrivate, resolve).of("fw.example");
  expect(
    await answer.then(
      ({ address }) => address,
      ({ code }: { code: string }) => code,
    ),
  ).toBe(found);
});

test("a name that cannot be resolved is a failure like others", async () => {
  await name();
  const addresses = new AuthorAddresses(false, () => Promise.reject(new Error("ENOTFOUND")));
  const fetcher = fetcherOf(sends(IMAGE), services, addresses);
  fetcher.look();
  await failed(fetcher);
  expect(fetcher.state(claim().uri)).toMatchObject({ code: "upstream.unknown-host" });
});

test("the longest URI fits the state store", async () => {
  const uri = `coap://fw.example/${"a/".repeat(500)}`.slice(0, 1000);
  await name({ uri: authorUri(uri).text });
  await services.ledger.checkpoint();
  const restarted = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }), on: services });
  expect(restarted.images.byUri(uri)).toMatchObject({ uri });
});

test("closing does not wait for a resolver that is silent", async () => {
  await name();
  const fetcher = fetcherOf(sends(IMAGE), services, new AuthorAddresses(false, () => new Promise(() => undefined)));
  fetcher.look();
  await fetcher.close();
  expect(services.images.list()).toEqual([]);
});

test.each([
  "http://fw.example/a",
  "coaps://fw.example/a",
  "file:///etc/passwd",
  "fw.example/a",
  "coap://me@fw.example/a",
  "coap://fw.example/a#b",
  `coap://fw.example/${"a".repeat(256)}`,
  `coap://fw.example/${"a/".repeat(500)}`,
  "coap://fw.example/%FF",
])("no image comes from %s", (uri) => {
  expect(() => authorUri(uri)).toThrow(expect.objectContaining({ code: "upstream.uri" }));
});

test("a query may be a secret: no log line and no state tells it", async () => {
  const told: unknown[] = [];
  const note = (...words: readonly unknown[]) => void told.push(words);
  const uri = "https://fw.example/trv.bin?token=s3cret";
  await name({ uri });
  const fetcher = fetcherOf(stalls, services, PUBLIC, { ...SILENT, info: note, warn: note });
  fetcher.look();
  await until(() => fetcher.state(uri).state === "fetching");
  await clock.advance(hours(1));
  await failed(fetcher, uri);
  expect(JSON.stringify([told, fetcher.state(uri)])).toContain("https://fw.example/trv.bin?…");
  expect(JSON.stringify([told, fetcher.state(uri)])).not.toContain("s3cret");
});

test("what is removed is fetched no longer, and leaves nothing behind", async () => {
  const named = await name();
  const fetcher = fetcherOf(stalls);
  services.ledger.onFact((fact) => fact.type === "image.removed" && fetcher.removed());
  fetcher.look();
  await until(() => fetcher.state(named.uri).state === "fetching");
  expect(await services.images.remove(named.digest.slice(0, 8), "test", services.ledger)).toMatchObject({
    digest: named.digest,
    version: "2",
  });
  await until(() => fetcher.state(named.uri).state === "awaited"); // and it does not begin again
  expect(services.images.awaited()).toEqual([]);
  expect(services.images.byUri(named.uri)).toBeUndefined();
  expect(await files()).toEqual([]);
  const again = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }), on: services });
  expect(again.images.awaited()).toEqual([]);
});

test("bytes that come in while their image is removed are not kept", async () => {
  const named = await name();
  const slow: OpenSource = async function* () {
    yield IMAGE.subarray(0, 100);
    await services.images.remove(named.digest, "test", services.ledger);
    yield IMAGE.subarray(100);
  };
  const fetcher = fetcherOf(slow);
  fetcher.look();
  await failed(fetcher);
  expect(fetcher.state(named.uri)).toMatchObject({ code: "image.unwanted", failures: 1 });
  expect(services.images.list()).toEqual([]);
  expect(await files()).toEqual([]);
});

test("a URI that is named again tells what it named before", async () => {
  const first = await services.images.announce(claim(), "test", services.ledger);
  const same = await services.images.announce(claim(), "test", services.ledger);
  const other = await services.images.announce(claim({ digest: "ab".repeat(32) }), "test", services.ledger);
  expect([first.replaced, same.replaced, other.replaced?.digest]).toEqual([undefined, undefined, digestOf(IMAGE)]);
});
