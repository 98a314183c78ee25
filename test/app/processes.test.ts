/** Several processes of one site, in one: what they tell of themselves, what a store that is away means, and mirrored models. */
import { describe, expect, test } from "@jest/globals";
import { MirroredSets } from "../../cloud-bridge/app/index.ts";
import { changesOf, gatewayAmong, type OtherProcess } from "../../cloud-bridge/mqtt/others.ts";
import { otherStatus } from "../../cloud-bridge/mqtt/render/site.ts";
import { readConfig } from "../../gateway/app/config/index.ts";
import { openShared, Processes, type ProcessRow } from "../../gateway/app/home/index.ts";
import { mirrorTo } from "../../gateway/app/models/index.ts";
import { puttingOff } from "../../gateway/app/store/putting-off.ts";
import { StoreWatch } from "../../gateway/app/store/store-watch.ts";
import {
  type Millis,
  millis,
  SILENT,
  StoreError,
  seconds,
  seededRandom,
  systemClock,
} from "../../gateway/base/index.ts";
import type { Request, Response } from "../../gateway/coap/index.ts";
import type { BoardRow, RedisBoard, SharedFile, SharedFiles } from "../../gateway/store/index.ts";
import { compileImage, type SetName } from "../../gateway/yang/index.ts";
import { hasRedis, startRedis } from "../store/redis-server.ts";
import { temporaryFolders } from "../store/temporary-folder.ts";
import { ANYBODY, request } from "../support/services.ts";
import { settled, VirtualClock } from "../support/virtual-clock.ts";

const temporaryFolder = temporaryFolders();
const AWAY = new StoreError("store.away", { what: "Redis", seconds: 1, reason: "gone" });

describe("the board", () => {
  const boardOf = (rows: Map<string, BoardRow["told"]>, process: string): RedisBoard => ({
    post: async (told) => void rows.set(process, told),
    rows: async () => [...rows].map(([name, told]) => ({ process: name, told })),
    onChange: () => () => undefined,
  });
  const rowOf = (process: string, more: Partial<ProcessRow> = {}): Omit<ProcessRow, "beat" | "state"> => ({
    process,
    roles: process === "bridge" ? ["bridge"] : ["gateway"],
    boot: "01",
    since: "2026-11-22T07:00:00Z",
    version: "0.1.0",
    figures: { "uptime-s": 1, "rss-mib": 100 },
    ...more,
  });
  const open = (clock: VirtualClock, rows: Map<string, BoardRow["told"]>, own: Omit<ProcessRow, "beat" | "state">) =>
    new Processes({ board: boardOf(rows, own.process), own: () => own, clock, log: SILENT });
  const onlineOf = (processes: Processes, name: string): unknown =>
    processes.others.find(({ process }) => process === name)?.online;

  test("a process is there while it beats, gone when it is silent, and gone at once when it says so", async () => {
    const clock = new VirtualClock();
    const rows = new Map<string, BoardRow["told"]>();
    const gateway = open(clock, rows, rowOf("gw-1", { words: { mode: "secured" } }));
    const bridge = open(clock, rows, rowOf("bridge"));
    await clock.advance(seconds(5));
    expect([onlineOf(bridge, "gw-1"), onlineOf(gateway, "bridge")]).toEqual([true, true]);
    expect(gatewayAmong(bridge.others)?.words).toEqual({ mode: "secured" });

    const killed = rows.get("gw-1");
    await gateway.close();
    rows.set("gw-1", killed ?? {}); // as if it had not said goodbye
    await clock.advance(seconds(8));
    expect(onlineOf(bridge, "gw-1")).toBe(true);
    await clock.advance(seconds(3));
    expect(onlineOf(bridge, "gw-1")).toBe(false);

    await bridge.close();
    const successor = open(clock, rows, rowOf("gw-1", { boot: "02" }));
    await clock.advance(seconds(3));
    expect(onlineOf(successor, "bridge")).toBe(false);
    await successor.close();
  });

  test("of a row that was there before us it is not known at first whether anybody stands behind it", async () => {
    const clock = new VirtualClock();
    const rows = new Map<string, BoardRow["told"]>();
    await open(clock, rows, rowOf("gw-1")).close();
    rows.set("gw-1", { ...rows.get("gw-1"), state: "running" });
    const bridge = open(clock, rows, rowOf("bridge"));
    await clock.advance(seconds(1));
    expect([onlineOf(bridge, "gw-1"), bridge.settled]).toEqual([undefined, false]);
    await clock.advance(seconds(12));
    expect([onlineOf(bridge, "gw-1"), bridge.settled]).toEqual([false, true]);
    await bridge.close();
  });

  test("a row that another version wrote is left aside", async () => {
    const clock = new VirtualClock();
    const bridge = open(clock, new Map([["gw-9", { roles: "all" }]]), rowOf("bridge"));
    await clock.advance(seconds(3));
    expect(bridge.others).toEqual([]);
    await bridge.close();
  });
});

describe("§2.8: the bridge speaks for a process without a connection of its own", () => {
  const other = (more: Partial<OtherProcess>): OtherProcess => ({
    process: "gw-1",
    roles: ["gateway"],
    boot: "01A",
    since: "2026-11-22T07:00:00Z",
    online: true,
    state: "running",
    figures: { "uptime-s": 1, "rss-mib": 100 },
    words: { mode: "secured" },
    ...more,
  });
  const run = {
    info: { site: "s-1", epoch: 3, process: "bridge" },
    roles: ["bridge"],
    broker: "configured",
    boot: "01B",
  } as const;
  const at = millis(1_790_000_000_000);
  const STATUS: ReadonlyArray<readonly [string, Partial<OtherProcess>, string]> = [
    [
      "online",
      {},
      '{"state":"online","roles":["gateway"],"epoch":3,"boot":"01A","conn":1,"since":"2026-11-22T07:00:00Z","reason":"start","broker":"configured","next-seq":"8","mode":"secured"}',
    ],
    [
      "lost",
      { online: false },
      '{"state":"offline","epoch":3,"boot":"01A","conn":1,"since":"2026-09-21T14:13:20Z","mode":"secured"}',
    ],
    [
      "shut down",
      { online: false, state: "leaving" },
      '{"state":"offline","epoch":3,"boot":"01A","conn":1,"since":"2026-09-21T14:13:20Z","reason":"shutdown","mode":"secured"}',
    ],
  ];
  test.each(STATUS)("%s", (_name, more, payload) => {
    const message = otherStatus(run, other(more), at, 8);
    expect([message.topic, Buffer.from(message.payload).toString()]).toEqual(["sidgate/1/s-1/g/gw-1/status", payload]);
  });

  test("once for each change; a process with a bridge, or of which nothing is known, is not spoken for", () => {
    const told: unknown[] = [];
    const look = changesOf(({ process, online, boot }) => told.push([process, online, boot]));
    look([other({}), other({ process: "bridge", roles: ["bridge"] }), other({ process: "gw-2", online: undefined })]);
    look([other({})]);
    look([other({ online: false })]);
    look([other({ boot: "01C" })]);
    expect(told).toEqual([
      ["gw-1", true, "01A"],
      ["gw-1", false, "01A"],
      ["gw-1", true, "01C"],
    ]);
  });
});

describe("a store that is away", () => {
  const open = () => {
    const clock = new VirtualClock();
    const journal: { away: StoreError | undefined; failure: StoreError | undefined } = {
      away: undefined,
      failure: undefined,
    };
    const facts: unknown[] = [];
    const recorder = {
      record: async (type: string, body: object) => void facts.push([type, body]),
      flush: async () => undefined,
    };
    const store = new StoreWatch({ journal, recorder, clock, log: SILENT });
    return { clock, journal, facts, recorder, store, later: puttingOff(store, seededRandom(1)) };
  };
  const answer = { code: "2.04" } as const;

  test("nobody is late for it until a fact has said how long it took", async () => {
    const { clock, journal, facts, store } = open();
    journal.away = AWAY;
    expect(store.away).toBe(AWAY);
    await clock.advance(seconds(60));
    journal.away = undefined;
    expect(store.away).toBe(AWAY); // the fact comes first
    await clock.advance(seconds(1));
    expect(store.away).toBeUndefined();
    expect(facts).toEqual([["store.returned", { away: 60_100 }]]);
    store.close();
  });

  test("an outage between two looks is told, when somebody was put off for it", async () => {
    const { clock, journal, facts, store, later } = open();
    journal.away = AWAY;
    expect((await later.requests(() => answer)(ANYBODY, request("POST", "c"))).code).toBe("5.03");
    journal.away = undefined;
    await clock.advance(seconds(1));
    expect(facts).toEqual([["store.returned", { away: 100 }]]);
    store.close();
  });

  test("a journal that takes nothing more is told once, so that the process ends", async () => {
    const { clock, journal, store } = open();
    const failures: unknown[] = [];
    store.onFailure((error) => failures.push(error));
    await clock.advance(seconds(1));
    journal.failure = new StoreError("store.write-failed", { what: "the journal", reason: "OOM" });
    await clock.advance(seconds(1));
    expect(failures).toEqual([journal.failure]);
    store.close();
  });

  test("while the disk is full the process stays, to serve what it can and to say why", async () => {
    const { clock, journal, recorder } = open();
    let room = false;
    const store = new StoreWatch({ journal, recorder, clock, log: SILENT, mayGoOn: async () => room });
    const failures: unknown[] = [];
    store.onFailure((error) => failures.push(error));
    journal.failure = new StoreError("store.write-failed", { what: "the journal", reason: "ENOSPC" });
    await clock.advance(seconds(1));
    expect(failures).toEqual([]);
    room = true;
    await clock.advance(seconds(1));
    expect(failures).toEqual([journal.failure]);
    store.close();
  });

  const METHODS: ReadonlyArray<readonly [Request["method"], code: string]> = [
    ["GET", "2.04"],
    ["FETCH", "2.04"],
    ["POST", "5.03"],
    ["PUT", "5.03"],
    ["DELETE", "5.03"],
    ["PATCH", "5.03"],
    ["iPATCH", "5.03"],
  ];
  test.each(METHODS)("%s is answered with %s", async (method, code) => {
    const { journal, later } = open();
    journal.away = AWAY;
    let asked = 0;
    const port = later.requests(() => {
      asked += 1;
      return answer;
    });
    const response = await port(ANYBODY, request(method, "c"));
    expect([response.code, asked]).toEqual([code, code === "5.03" ? 0 : 1]);
  });

  test("RFC 7252 §5.9.3.4: Max-Age says when to come again, not to all the same", async () => {
    const { journal, later } = open();
    journal.away = AWAY;
    const port = later.requests(() => answer);
    const ages = await Promise.all(Array.from({ length: 50 }, () => port(ANYBODY, request("POST", "c"))));
    const all = ages.map(({ maxAge = 0 }) => maxAge);
    expect([Math.min(...all) >= 10, Math.max(...all) < 30, new Set(all).size > 10]).toEqual([true, true, true]);
  });

  test("what is under way when it goes is put off too; what was answered before is not", async () => {
    const { clock, journal, later } = open();
    let finish: (response: Response) => void = () => undefined;
    const slow = new Promise<Response>((resolve) => {
      finish = resolve;
    });
    const lane = later.checkIns({ answer: (_peer, { payload }) => (payload.length > 0 ? answer : slow) });
    expect(lane.answer(ANYBODY, request("POST", "c", { payload: Uint8Array.of(1) }))).toBe(answer);
    const waiting = lane.answer(ANYBODY, request("POST", "c"));
    const command = later.commands(() => slow)();
    const refused = expect(command).rejects.toMatchObject({ code: "store.away" });
    journal.away = AWAY;
    await clock.advance(millis(200));
    expect((await waiting)?.code).toBe("5.03");
    await refused;
    finish(answer);
    expect(lane.answer(ANYBODY, request("POST", "c"))).toBeUndefined(); // the request port says the same
    await expect(later.commands(async () => answer)()).rejects.toMatchObject({ code: "store.away" });
  });
});

describe("module sets of a site, mirrored", () => {
  /** As Redis has them: versions rise, the same bytes again are no change. */
  class Files implements SharedFiles {
    readonly #files = new Map<string, SharedFile & { readonly bytes: Uint8Array }>();
    readonly #listeners = new Set<(name: string) => void>();
    #version = 0;
    list = async (prefix = "") => [...this.#files.values()].filter(({ name }) => name.startsWith(prefix));
    read = async (name: string) => this.#files.get(name);
    onChange = (listener: (name: string) => void) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    };
    write = async (name: string, bytes: Uint8Array | undefined) => {
      const before = this.#files.get(name);
      if (bytes === undefined) this.#files.delete(name);
      else if (before === undefined || !Buffer.from(before.bytes).equals(bytes))
        this.#files.set(name, { name, version: ++this.#version, bytes });
      for (const listener of this.#listeners) listener(name);
      return this.#version;
    };
  }
  const moduleText = (leaf: string): string =>
    `module acme { yang-version 1.1; namespace "urn:acme"; prefix a; revision 2026-11-22; leaf ${leaf} { type string; } }`;
  const sources = (set: SetName, leaf: string) => ({
    set,
    ours: [],
    shared: [],
    own: [{ path: `/somewhere/acme@2026-11-22.yang`, text: moduleText(leaf) }],
    file: "",
    features: {},
    digest: leaf,
    fault: undefined,
  });
  const open = (files: SharedFiles, cacheFolder: string) =>
    MirroredSets.open({
      files,
      cacheFolder,
      log: SILENT,
      // What comes with Sidgate is the same for both, and takes a second.
      compile: ({ pinned = [] }, log) => compileImage({ files: [], pinned }, log),
    });
  const leaves = (sets: MirroredSets, set: SetName): readonly string[] => sets.of(set).roots.map(({ name }) => name);

  test("are compiled from what the gateway has in force, and exchanged before the fact that says so is rendered", async () => {
    const folder = temporaryFolder();
    const files = new Files();
    const mirror = mirrorTo(files);
    await mirror.put(sources(undefined, "first"));
    await mirror.put(sources("old", "former"));
    const sets = await open(files, folder);
    expect([leaves(sets, undefined), leaves(sets, "old"), sets.names()]).toEqual([["first"], ["former"], ["old"]]);
    expect([leaves(sets, "unheard"), sets.has("unheard")]).toEqual([["first"], false]);

    const exchanged: unknown[] = [];
    sets.onChange((set, before, after) => exchanged.push([set, before.roots[0]?.name, after.roots[0]?.name]));
    const fact = { seq: 1, at: 0 as Millis, type: "models.changed", checksum: new Uint8Array(8) } as const;
    const reader = sets.reading({
      read: async () => [fact],
      onDurable: () => () => undefined,
      first: 1,
      last: 1,
      lastDurable: 1,
      close: () => undefined,
    });
    await mirror.put(sources(undefined, "second"));
    expect(await reader.read(1, 10)).toEqual([fact]);
    expect(leaves(sets, undefined)).toEqual(["second"]);
    await mirror.keep([undefined]);
    await sets.refresh();
    expect(exchanged).toEqual([
      [undefined, "first", "second"],
      ["old", "former", "second"],
    ]);
    expect([sets.has("old"), await files.list()]).toMatchObject([false, [{ name: "models/@default" }]]);
    sets.close();
  });

  test("one that cannot be compiled here stays as it was, and is not tried again and again", async () => {
    const files = new Files();
    const sets = await open(files, temporaryFolder());
    await mirrorTo(files).put(sources(undefined, "good"));
    await sets.refresh();
    await mirrorTo(files).put(sources(undefined, "{ broken"));
    await sets.refresh();
    await sets.refresh();
    expect(leaves(sets, undefined)).toEqual(["good"]);
    await mirrorTo(files).put(sources(undefined, "again"));
    await sets.refresh();
    expect(leaves(sets, undefined)).toEqual(["again"]);
    sets.close();
    await settled();
  });
});

(hasRedis ? describe : describe.skip)("the start over Redis (skipped without redis-server)", () => {
  const shared = async (folder: string, url: string | undefined, more: { site?: string; make?: boolean } = {}) => {
    const env = { ...(url && { SIDGATE_STORE__REDIS: url }), ...(more.site && { SIDGATE_STORE__SITE: more.site }) };
    const notes: string[] = [];
    const opened = openShared(readConfig({ path: undefined, env }), "bridge", {
      process: "bridge",
      make: more.make ?? true,
      folder,
      clock: systemClock(),
      random: seededRandom(5),
      log: SILENT,
      note: (sentence) => void notes.push(sentence.split(":", 1)[0] ?? ""),
    });
    return { opened, notes };
  };

  test("a password that is wrong, and no Redis in the configuration, are said at once", async () => {
    const folder = temporaryFolder();
    const redis = await startRedis(folder, "--requirepass", "secret");
    const { opened } = await shared(folder, redis.url);
    await expect(opened).rejects.toMatchObject({ code: "store.redis" });
    await expect((await shared(folder, undefined)).opened).rejects.toMatchObject({ code: "store.redis-needed" });
    await redis.stop();
  });

  test("who makes no site waits for one who does, and both wait for Redis", async () => {
    const folder = temporaryFolder();
    const redis = await startRedis(folder);
    await redis.kill();
    const bridge = await shared(folder, redis.url, { make: false });
    await expect(Promise.race([bridge.opened, settled().then(() => "waits")])).resolves.toBe("waits");
    await redis.start();
    const gateway = await (await shared(temporaryFolder(), redis.url)).opened;
    const joined = await bridge.opened;
    expect(joined.site.site).toBe(gateway.site.site);
    expect(bridge.notes[0]).toBe("Waiting for Redis");
    await joined.close();
    await gateway.close();
    await redis.stop();
  });
});
