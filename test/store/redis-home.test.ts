import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { type Closable, millis, SILENT, seconds, seededRandom, systemClock } from "../../gateway/base/index.ts";
import {
  type Command,
  type CommandPort,
  type Journal,
  openRedisHome,
  type RedisHome,
  type RedisHomeOptions,
  type Taken,
} from "../../gateway/store/index.ts";
import { commandsContract } from "../contract/commands-contract.ts";
import { imagesContract } from "../contract/images-contract.ts";
import { sequenceContract } from "../contract/sequence-contract.ts";
import { inDrill } from "../support/drill.ts";
import { numbered } from "../support/numbered-fact.ts";
import { DURABLE, hasRedis, type RedisServer, startRedis } from "./redis-server.ts";
import { temporaryFolders } from "./temporary-folder.ts";

const folders = temporaryFolders();
const clock = systemClock();
const random = seededRandom(8);
let sites = 0;
const newSite = (): string => `s-home${++sites}`;

async function* bytesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Resolves as soon as it holds; the test's own limit ends the waiting. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resume) => setTimeout(resume, 10));
}

const done = (command: Command): Taken => ({
  outcome: { status: "completed", result: { id: command.id } },
  recorded: true,
});
const portOf = (take: CommandPort["take"], refuse: CommandPort["refuse"] = () => undefined): CommandPort => ({
  take,
  refuse,
});
const command = (id: string, more: Partial<Command> = {}): Command => ({
  id,
  op: "node.add",
  args: { name: "ö" },
  actor: "mqtt:x",
  ...more,
});

(hasRedis ? describe : describe.skip)("with /usr/bin/redis-server", () => {
  let server: RedisServer;
  const open: Closable[] = [];
  beforeAll(async () => {
    server = await startRedis(folders(), ...DURABLE);
  });
  afterEach(async () => {
    await server.start(); // where a test failed in the middle
    for (const each of open.splice(0).reverse()) await each.close();
  });
  afterAll(() => server.stop());

  const home = async (site: string, process: string, more: Partial<RedisHomeOptions> = {}): Promise<RedisHome> => {
    const made = await openRedisHome({ url: server.url, site, process, log: SILENT, clock, random, ...more });
    open.push(made);
    return made;
  };
  const gateway = async (
    site: string,
    more: Partial<RedisHomeOptions> = {},
  ): Promise<{ home: RedisHome; journal: Journal }> => {
    const made = await home(site, "gw-1", more);
    await made.claim("gateway");
    const journal = await made.journal();
    return { home: made, journal };
  };

  imagesContract("images in Redis", () => {
    const site = newSite();
    const folder = folders();
    let owner: RedisHome;
    const images = () => owner.images({ folder, cacheBytes: 2000 });
    return {
      create: async () => {
        owner = await home(site, "gw-1");
        await owner.claim("gateway");
        return images();
      },
      reopen: async (before) => {
        await before.close();
        return images();
      },
      leftovers: () =>
        [...readdirSync(folder), ...readdirSync(join(folder, ".incoming"))].filter((n) => n !== ".incoming"),
    };
  });

  sequenceContract("sequence numbers in Redis", async () => {
    const { home: made } = await gateway(newSite());
    const file = join(folders(), "sequence.json");
    return {
      create: () => made.sequence({ file, use: { credentials: 0 } }),
      reopen: () => made.sequence({ file, use: { credentials: 1 } }),
    };
  });

  commandsContract("commands over Redis", async () => {
    const site = newSite();
    const { home: made } = await gateway(site);
    const bridge = await home(site, "br-1");
    return async (inbox) => {
      await made.commands.serve(inbox);
      return bridge.commands.port();
    };
  });

  describe("journal and reader", () => {
    test("a reader in another process hears of each fact, and reads on over a Redis that is killed under load", async () => {
      const site = newSite();
      const { journal } = await gateway(site);
      const bridge = await home(site, "br-1");
      const reader = await bridge.reader();
      open.push(reader);
      const seen: number[] = [];
      let reading = Promise.resolve();
      reader.onDurable(() => {
        reading = reading.then(async () => {
          for (const { seq } of await reader.read((seen.at(-1) ?? 0) + 1, 10_000)) seen.push(seq);
        });
      });
      const durable: Promise<void>[] = [];
      const append = (count: number): void => {
        for (let i = 0; i < count; i++) durable.push(journal.append(numbered(journal.last + 1, 40)).durable);
      };
      const kills = inDrill(1, 25);
      for (let round = 0; round < kills; round++) {
        append(300);
        await durable.at(-300);
        append(300);
        await server.kill();
        append(300);
        await until(() => journal.away !== undefined);
        expect(journal.away).toMatchObject({ code: "store.away" });
        expect(journal.failure).toBeUndefined();
        await server.start();
        await Promise.all(durable);
      }
      append(100);
      await journal.flush();
      const all = kills * 900 + 100;
      expect(journal.away).toBeUndefined();
      await until(() => seen.length >= all);
      await reading;
      expect(seen).toEqual(Array.from({ length: all }, (_, i) => i + 1));
      expect([reader.first, reader.last, reader.lastDurable]).toEqual([1, all, all]);
      expect((await reader.read(1, 2)).map(({ seq }) => seq)).toEqual([1, 2]); // long out of its memory
    }, 120_000);

    test("a Redis that hangs is away, and what was asked of it is answered once it goes on", async () => {
      const { journal } = await gateway(newSite());
      server.freeze(true);
      const { durable } = journal.append(numbered(1));
      await until(() => journal.away !== undefined);
      server.freeze(false);
      await durable;
      expect([journal.away, journal.lastDurable]).toEqual([undefined, 1]);
    });

    test("a reader sees what was trimmed, and reads on at the oldest that is left", async () => {
      const site = newSite();
      const { journal } = await gateway(site);
      const bridge = await home(site, "br-1");
      for (let n = 1; n <= 1500; n++) journal.append(numbered(n));
      await journal.flush();
      const reader = await bridge.reader();
      open.push(reader);
      expect([reader.first, reader.last]).toEqual([1, 1500]);
      await journal.trim(1200);
      expect((await reader.read(1, 2)).map(({ seq }) => seq)).toEqual([1200, 1201]);
      expect(reader.first).toBe(1200);
      await journal.append(numbered(1501)).durable;
      await until(() => reader.last === 1501);
    });

    test("who closes while Redis is away ends soon, and says of each fact that it is not known to be there", async () => {
      const { home: made, journal } = await gateway(newSite());
      await server.kill();
      await until(() => journal.away !== undefined);
      const { durable } = journal.append(numbered(1));
      made.leave(millis(50));
      await expect(durable).rejects.toMatchObject({ code: "store.away" });
      await journal.close();
      await made.close();
      await server.start();
    });
  });

  describe("a Redis that lost data", () => {
    test("comes back empty: the journal renumbers nothing, the process is told, and so is the next one", async () => {
      const own = await startRedis(folders(), "--appendonly", "no");
      const witness = join(folders(), "redis.json");
      const site = newSite();
      const { home: made, journal } = await gateway(site, { url: own.url, witness });
      for (let n = 1; n <= 20; n++) journal.append(numbered(n));
      await journal.flush();
      const failed = new Promise((resolve) => made.onFailure(resolve));
      expect(made.warnings).toEqual([expect.stringContaining("appendonly yes")]);
      await own.kill();
      await own.start();
      await expect(journal.append(numbered(21)).durable).rejects.toMatchObject({ code: "store.other-site" });
      expect(await failed).toMatchObject({ code: "store.other-site" });
      expect([made.failure?.code, journal.failure?.code]).toEqual(["store.other-site", "store.other-site"]);
      await made.close();
      const again = { url: own.url, witness };
      await expect(home(site, "gw-1", again)).rejects.toMatchObject({ code: "store.other-site" });
      await expect(openRedisHome({ ...again, process: "gw-1", log: SILENT, clock, random })).rejects.toMatchObject({
        code: "store.other-site",
        facts: { site, epoch: 1 },
      });
      // The operator says: go on with what there is.
      const { home: next, journal: anew } = await gateway(site, { ...again, restored: clock.now() });
      expect(next.site.site).toBe(site);
      expect(next.site.epoch).toBeGreaterThan(1_000_000);
      expect(anew.last).toBe(0);
      await next.close();
      await own.stop();
    });

    test("and the gateway with it, where it may lose: nobody knows which facts came last, and the epoch rises", async () => {
      const own = await startRedis(folders(), "--appendonly", "yes", "--appendfsync", "everysec");
      const witness = join(folders(), "redis.json");
      const more = { url: own.url, witness, site: newSite() };
      const { home: made, journal } = await gateway(more.site, more);
      await journal.append(numbered(1)).durable;
      const unclean = readFileSync(witness);
      await made.close();
      const begun = async (): Promise<readonly number[]> => {
        const { home: next, journal: its } = await gateway(more.site, more);
        await next.close();
        return [next.site.epoch, its.last];
      };
      expect(await begun()).toEqual([1, 1]);
      writeFileSync(witness, unclean); // as if it had been killed
      expect(await begun()).toEqual([1, 1]); // Redis went on
      await own.kill();
      await own.start();
      expect(await begun()).toEqual([1, 1]); // Redis alone was killed: the gateway knows how far it was
      writeFileSync(witness, unclean);
      const bridge = await home(more.site, "br-1", { url: own.url });
      await bridge.claim("bridge");
      expect(await begun()).toEqual([2, 1]);
      await expect((await bridge.state()).commit("outbox", 1, [])).rejects.toMatchObject({ code: "store.fenced" });
      await own.stop();
    });

    test.each([
      ["the running gateway", false],
      ["one that is started after it", true],
    ] as const)("comes back older: %s notices by the numbers", async (_, restarted) => {
      const site = newSite();
      const witness = join(folders(), "redis.json");
      const { home: made, journal } = await gateway(site, { witness });
      for (let n = 1; n <= 20; n++) journal.append(numbered(n));
      await journal.flush();
      if (restarted) await made.close();
      const meddler = server.client();
      await meddler.xtrim(`sidgate:{${site}}:journal`, "MAXLEN", 20);
      for (let n = 15; n <= 20; n++) await meddler.xdel(`sidgate:{${site}}:journal`, `${n}-0`);
      const lost = { code: "store.lost", facts: { last: 14, acknowledged: 20 } };
      if (restarted) await expect(gateway(site, { witness })).rejects.toMatchObject(lost);
      else await expect(journal.append(numbered(21)).durable).rejects.toMatchObject(lost);
    });
  });

  describe("site and claims", () => {
    test("two processes that make a site together make one, and several sites must be named", async () => {
      const own = await startRedis(folders());
      const common = { url: own.url, log: SILENT, clock, random };
      const both = await Promise.all(["gw-1", "br-1"].map((process) => openRedisHome({ ...common, process })));
      expect(both[0]?.site.site).toMatch(/^s-[a-z2-7]{6}$/);
      expect(both.map(({ site }) => site)).toEqual([
        { site: both[0]?.site.site, epoch: 1, process: "gw-1" },
        { site: both[0]?.site.site, epoch: 1, process: "br-1" },
      ]);
      await (await openRedisHome({ ...common, site: "s-second", process: "gw-2" })).close();
      await expect(openRedisHome({ ...common, process: "x-1" })).rejects.toMatchObject({ code: "store.sites" });
      await expect(openRedisHome({ ...common, site: "s-third", make: false, process: "x-1" })).rejects.toMatchObject({
        code: "store.sites",
      });
      await Promise.all(both.map((each) => each.close()));
      await own.stop();
    });

    test("one gateway at a time: a second one waits, is told who runs, and takes over who let go", async () => {
      const site = newSite();
      const lease = seconds(2);
      const first = await home(site, "gw-1", { lease });
      const claim = await first.claim("gateway");
      const second = await home(site, "gw-2", { lease });
      await expect(second.claim("gateway")).rejects.toMatchObject({
        code: "store.claimed",
        facts: { holder: expect.stringContaining("gw-1") },
      });
      await second.claim("bridge");
      await claim.close();
      expect((await second.claim("gateway")).token).toBe(claim.token + 1);
    });

    test("one that stood still for too long writes nothing any more: no fact, no state, no image, no number", async () => {
      const site = newSite();
      const { home: old, journal } = await gateway(site);
      const state = await old.state();
      await state.commit("p", 1, [{ table: "t", key: "k", value: Uint8Array.of(1) }]);
      await journal.append(numbered(1)).durable;
      await server.client().del(`sidgate:{${site}}:lease:gateway:gateway`); // as if its lease had run out
      const next = await home(site, "gw-2");
      await next.claim("gateway");
      await expect(journal.append(numbered(2)).durable).rejects.toMatchObject({ code: "store.fenced" });
      await expect(state.commit("p", 2, [])).rejects.toMatchObject({ code: "store.fenced" });
      expect(await (await next.state()).applied("p")).toBe(1);
      expect((await next.journal()).last).toBe(1);
      expect(old.failure).toMatchObject({ code: "store.fenced" });
    });

    test("of one that was killed on this machine it is taken over at once", async () => {
      const site = newSite();
      const lease = seconds(600);
      const first = await home(site, "gw-1", { lease });
      await first.claim("gateway");
      const key = `sidgate:{${site}}:claim:gateway:gateway`;
      const ended = spawn(process.execPath, ["--version"], { stdio: "ignore" });
      await once(ended, "exit");
      const client = server.client();
      const holder = JSON.parse((await client.hget(key, "holder")) ?? "");
      await client.hset(key, "holder", JSON.stringify({ ...holder, pid: ended.pid }));
      const second = await home(site, "gw-2", { lease });
      const began = performance.now();
      expect((await second.claim("gateway")).token).toBe(2);
      expect(performance.now() - began).toBeLessThan(lease / 10);
    });

    test("a copy that was put back has an epoch of its own, and who ran before it notices", async () => {
      const site = newSite();
      const before = await home(site, "br-1");
      const at = millis(2_000_000_000_000);
      const restored = await home(site, "gw-1", { restored: at });
      expect(restored.site.epoch).toBe(2_000_000_000);
      expect((await home(site, "gw-1", { restored: at })).site.epoch).toBe(2_000_000_001);
      const failed = new Promise((resolve) => before.onFailure(resolve));
      await server.client().call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
      expect(await failed).toMatchObject({ code: "store.other-site" });
    });
  });

  describe("a Redis that refuses", () => {
    test("full: the journal ends and keeps to its numbers, a commit of state is tried again, an image is not kept", async () => {
      const own = await startRedis(folders(), ...DURABLE);
      const { home: made, journal } = await gateway(newSite(), { url: own.url });
      const [state, images] = [await made.state(), await made.images({ folder: folders(), cacheBytes: 1 << 20 })];
      await journal.append(numbered(1)).durable;
      await own.client().config("SET", "maxmemory", "1");
      const full = { code: "store.write-failed", facts: { reason: expect.stringContaining("OOM") } };
      const change = { table: "t", key: "k", value: Uint8Array.of(1) };
      await expect(state.commit("p", 1, [change])).rejects.toMatchObject(full);
      const received = await images.receive(bytesOf(new Uint8Array(9)), { name: "x", maxBytes: 9 });
      await expect(received.keep()).rejects.toMatchObject(full);
      expect(images.open(received.digest)).toBeUndefined();
      await expect(journal.append(numbered(2)).durable).rejects.toMatchObject(full);
      expect(journal.failure).toMatchObject(full);
      await own.client().config("SET", "maxmemory", "0");
      await state.commit("p", 1, [change]);
      await received.keep();
      expect(images.open(received.digest)?.size).toBe(9);
      expect((await made.journal()).last).toBe(1);
      await images.close();
      await made.close();
      await own.stop();
    });

    test("killed in the middle of everything: what was acknowledged is there, once, and hash and index agree", async () => {
      const site = newSite();
      const { home: made, journal } = await gateway(site);
      const [state, images] = [await made.state(), await made.images({ folder: folders(), cacheBytes: 1 << 22 })];
      const large = new Uint8Array(3_000_000).map((_, i) => i >> 8);
      const received = await images.receive(bytesOf(large), { name: "x", maxBytes: 1 << 22 });
      const kept = received.keep();
      const commits: Promise<void>[] = [];
      for (let seq = 1; seq <= 40; seq++) {
        journal.append(numbered(seq));
        const changes = Array.from({ length: 30 }, (_, i) => ({
          table: "t",
          key: `k${(seq * 7 + i) % 50}`,
          value: i % 3 === 0 ? undefined : Uint8Array.of(seq, i),
        }));
        commits.push(state.commit("p", seq, changes));
        if (seq === 20) await server.kill();
        if (seq === 30) await server.start();
      }
      await Promise.all([journal.flush(), kept, ...commits]);
      expect((await journal.read(1, 100)).map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
      const client = server.client();
      const [hash, index] = [`sidgate:{${site}}:state:t`, `sidgate:{${site}}:state-index:t`];
      expect((await client.hkeys(hash)).toSorted()).toEqual((await client.zrange(index, "0", "-1")).toSorted());
      expect(await client.hlen(`sidgate:{${site}}:image:${received.digest}`)).toBe(Math.ceil(3_000_000 / (256 * 1024)));
      expect(await client.pttl(`sidgate:{${site}}:image:${received.digest}`)).toBe(-1);
      expect(images.open(received.digest)?.size).toBe(3_000_000);
      await images.close();
    });
  });

  describe("contexts", () => {
    test("RFC 8613 Appendix B.1.1: the higher of Redis and this machine's file counts, whichever lost", async () => {
      const site = newSite();
      const { home: made } = await gateway(site);
      const file = join(folders(), "sequence.json");
      const use = { credentials: 1 };
      expect((await made.sequence({ file, use: { credentials: 0 } }).load()).ceiling).toBe(0);
      await made.sequence({ file, use: { credentials: 0 } }).reserve(5000);
      // Another machine knows it from Redis.
      expect((await made.sequence({ file: join(folders(), "s.json"), use }).load()).ceiling).toBe(5000);
      await made.sequence({ file, use }).reserve(4000);
      expect((await made.sequence({ file, use }).load()).ceiling).toBe(5000);
      // Redis lost it, or has an older one.
      const key = `sidgate:{${site}}:sequence`;
      await server.client().hset(key, "ceiling", 100);
      expect((await made.sequence({ file, use }).load()).ceiling).toBe(5000);
      await server.client().del(key);
      expect((await made.sequence({ file, use }).load()).ceiling).toBe(5000);
      await made.sequence({ file, use }).reserve(6000);
      expect(await server.client().hget(key, "ceiling")).toBe("6000");
      // Neither knows.
      await server.client().del(key);
      await expect(made.sequence({ file: join(folders(), "s.json"), use }).load()).rejects.toMatchObject({
        code: "sequence.missing",
      });
      writeFileSync(file, "torn");
      await expect(made.sequence({ file, use }).load()).rejects.toMatchObject({ code: "sequence.damaged" });
    });
  });

  describe("images of several processes", () => {
    test("what one takes in the others have, what it puts away they lose, also while they were not there", async () => {
      const site = newSite();
      const [one, two] = [(await gateway(site)).home, await home(site, "gw-2")];
      const [folder, other] = [folders(), folders()];
      const images = await one.images({ folder, cacheBytes: 1 << 20 });
      const copy = await two.images({ folder: other, cacheBytes: 1 << 20 });
      const bytes = new Uint8Array(700_000).map((_, i) => i % 251);
      const received = await images.receive(bytesOf(bytes), { name: "x", maxBytes: 1 << 20 });
      await received.keep();
      const { digest } = received;
      await until(() => copy.open(digest) !== undefined);
      expect(Buffer.from(copy.open(digest)?.slice(0, 700_000) ?? []).equals(bytes)).toBe(true);
      await copy.close();
      await images.remove(digest);
      const again = await two.images({ folder: other, cacheBytes: 1 << 20 });
      expect(again.digests()).toEqual([]);
      expect(await server.client().exists(`sidgate:{${site}}:image:${digest}`)).toBe(0);
      // The same image may come again.
      await (await images.receive(bytesOf(bytes), { name: "x", maxBytes: 1 << 20 })).keep();
      await until(() => again.open(digest) !== undefined);
      await again.close();
      await images.close();
    });

    test("a copy that Redis lost is sent again; blocks come from the folder while Redis is away", async () => {
      const site = newSite();
      const { home: made } = await gateway(site);
      const folder = folders();
      const images = await made.images({ folder, cacheBytes: 1 << 20 });
      const received = await images.receive(bytesOf(new Uint8Array(1000).fill(7)), { name: "x", maxBytes: 1000 });
      await received.keep();
      const { digest } = received;
      const keys = [`sidgate:{${site}}:images`, `sidgate:{${site}}:image:${digest}`];
      await images.close();
      await server.client().del(keys);
      const again = await made.images({ folder, cacheBytes: 1 << 20 });
      expect(await server.client().exists(keys)).toBe(2);
      await server.kill();
      expect(again.open(digest)?.slice(10, 3)).toEqual(Buffer.from([7, 7, 7]));
      await server.start();
      await again.close();
    });
  });

  describe("commands", () => {
    test("a command is carried out by the gateway and answered to who asked; refusals arrive", async () => {
      const site = newSite();
      const { home: made } = await gateway(site);
      const [one, two] = [await home(site, "br-1"), await home(site, "br-2")];
      const heard: string[] = [];
      await made.commands.serve(
        portOf(
          async (each) => {
            heard.push(`${each.op} ${each.args["name"]}`);
            return done(each);
          },
          ({ code }) => void heard.push(code),
        ),
      );
      const ports = [await one.commands.port(), await two.commands.port()];
      const answers = await Promise.all(ports.map((port, index) => port.take(command(`c-${index}`))));
      expect(answers).toEqual([done(command("c-0")), done(command("c-1"))]);
      ports[0]?.refuse({ code: "command.retained", text: "t", actor: "mqtt:x" });
      await until(() => heard.length === 3);
      expect(heard.toSorted()).toEqual(["command.retained", "node.add ö", "node.add ö"]);
      await until(async () => (await server.client().xlen(`sidgate:{${site}}:commands`)) === 0);
    });

    test("a gateway that ended in the middle finds the command again; Redis may be killed while it waits", async () => {
      const site = newSite();
      const bridge = await home(site, "br-1");
      const port = await bridge.commands.port();
      const { home: first } = await gateway(site);
      let begun = false;
      const serving = await first.commands.serve(
        portOf(() => {
          begun = true;
          return new Promise<Taken>(() => undefined);
        }),
      );
      const answer = port.take(command("c-1"));
      await until(() => begun);
      await server.kill();
      await server.start();
      await serving.close();
      await first.close();
      const { home: second } = await gateway(site);
      await second.commands.serve(portOf(async (each) => done(each)));
      expect(await answer).toEqual(done(command("c-1")));
    });

    test("while no gateway runs a command waits until its deadline, and is not carried out later", async () => {
      const site = newSite();
      const bridge = await home(site, "br-1");
      const port = await bridge.commands.port();
      const expired: Taken = { outcome: { status: "expired" }, recorded: false };
      expect(await port.take(command("c-1", { deadline: millis(clock.now() + 20) }))).toEqual(expired);
      const waiting = port.take(command("c-2"));
      const { home: made } = await gateway(site);
      const heard: string[] = [];
      await made.commands.serve(
        portOf(async (each) => {
          heard.push(each.id);
          return done(each);
        }),
      );
      expect(await waiting).toEqual(done(command("c-2")));
      expect(heard).toEqual(["c-2"]);
    });

    test("no more than a thousand wait", async () => {
      const site = newSite();
      const bridge = await home(site, "br-1");
      const port = await bridge.commands.port();
      const waiting = Array.from({ length: 1001 }, (_, i) => port.take(command(`c-${i}`)));
      await expect(Promise.race(waiting)).rejects.toMatchObject({ code: "command.crowded" });
      await port.close();
      const ends = await Promise.allSettled(waiting);
      expect(ends.filter(({ status }) => status === "fulfilled")).toEqual([]);
    });
  });

  describe("board and files", () => {
    test("rows are seen by all, tell of changes only, and go when they are not told again", async () => {
      const site = newSite();
      const [one, two] = [await home(site, "gw-1"), await home(site, "br-1")];
      let changes = 0;
      two.board.onChange(() => {
        changes += 1;
      });
      await one.board.post({ state: "up", nodes: 3 }, millis(60_000));
      await until(() => changes === 1);
      await one.board.post({ state: "up", nodes: 3 }, millis(60_000));
      await two.board.post({ broker: "x" }, millis(60_000));
      await until(() => changes === 2);
      expect(await one.board.rows()).toEqual([
        { process: "br-1", told: { broker: "x" } },
        { process: "gw-1", told: { state: "up", nodes: 3 } },
      ]);
      await two.board.post({ broker: "x" }, millis(1));
      await until(async () => (await one.board.rows()).length === 1);
    });

    test("a file has a version that rises with its bytes, and never comes twice", async () => {
      const site = newSite();
      const [one, two] = [(await gateway(site)).home, await home(site, "br-1")];
      const changed: string[] = [];
      two.files.onChange((name) => changed.push(name));
      expect(await two.files.read("models/a.yang")).toBeUndefined();
      expect(await one.files.write("models/a.yang", Uint8Array.of(1, 255))).toBe(1);
      expect(await one.files.write("models/a.yang", Uint8Array.of(1, 255))).toBe(1);
      expect(await one.files.write("other", Uint8Array.of(2))).toBe(2);
      await until(() => changed.length === 2);
      const found = await two.files.read("models/a.yang");
      expect([found?.version, [...(found?.bytes ?? [])]]).toEqual([1, [1, 255]]);
      expect(await two.files.list("models/")).toEqual([{ name: "models/a.yang", version: 1 }]);
      await one.files.write("models/a.yang", undefined);
      expect(await two.files.list()).toEqual([{ name: "other", version: 2 }]);
      expect(await one.files.write("models/a.yang", Uint8Array.of(1, 255))).toBe(3);
      await until(() => changed.length === 4);
    });
  });
});
