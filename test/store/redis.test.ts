import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { SILENT } from "../../gateway/base/index.ts";
import { openRedisJournal, openRedisState } from "../../gateway/store/index.ts";
import { journalContract } from "../contract/journal-contract.ts";
import { stateContract } from "../contract/state-contract.ts";
import { numbered } from "../support/numbered-fact.ts";
import { hasRedis, type RedisServer, startRedis } from "./redis-server.ts";
import { temporaryFolders } from "./temporary-folder.ts";

const folders = temporaryFolders();
let server: RedisServer | undefined;
let sites = 0;
const running = (): RedisServer => {
  if (server === undefined) throw new Error("Redis does not run");
  return server;
};
const newSite = () => ({ url: running().url, site: `s-test${++sites}`, log: SILENT });

(hasRedis ? describe : describe.skip)("with /usr/bin/redis-server", () => {
  beforeAll(async () => {
    server = await startRedis(folders());
  });
  afterAll(() => server?.stop());

  journalContract("journal in Redis", async () => {
    const options = newSite();
    return {
      create: () => openRedisJournal(options),
      reopen: async (journal) => {
        await journal.close();
        return openRedisJournal(options);
      },
    };
  });

  stateContract("state in Redis", async () => {
    const options = newSite();
    return {
      create: () => openRedisState(options),
      reopen: async (state) => {
        await state.close();
        return openRedisState(options);
      },
    };
  });

  test("a connection that breaks again and again loses no fact and doubles none", async () => {
    const options = newSite();
    const journal = await openRedisJournal(options);
    const other = running().client();
    const durable: Promise<void>[] = [];
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 40; i++) durable.push(journal.append(numbered(journal.last + 1)).durable);
      await other.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    }
    await Promise.all(durable);
    await journal.close();
    const again = await openRedisJournal(options);
    expect((await again.read(1, 1000)).map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    await again.close();
  });

  test("a Redis that wants a password is told by what it says", async () => {
    const guarded = await startRedis(folders(), "--requirepass", "secret");
    await expect(openRedisJournal({ url: guarded.url, site: "s-x", log: SILENT })).rejects.toMatchObject({
      code: "store.redis",
      facts: { reason: expect.stringContaining("NOAUTH") },
    });
    await guarded.stop();
  });

  test("a key that is no journal is refused", async () => {
    const options = newSite();
    await running().client().set(`sidgate:{${options.site}}:journal`, "text");
    await expect(openRedisJournal(options)).rejects.toMatchObject({
      code: "store.redis",
      facts: { reason: expect.stringContaining("WRONGTYPE") },
    });
  });

  test("a second writer of the same site is refused and the first one notices nothing", async () => {
    const options = newSite();
    const [one, two] = [await openRedisJournal(options), await openRedisJournal(options)];
    await one.append(numbered(1)).durable;
    await expect(two.append(numbered(2)).durable).rejects.toMatchObject({ code: "store.write-failed" });
    expect(() => two.append(numbered(3))).toThrow(expect.objectContaining({ code: "store.write-failed" }));
    await one.append(numbered(2)).durable;
    expect(one.lastDurable).toBe(2);
    await Promise.all([one.close(), two.close()]);
  });
});

test("a Redis that is not there is named without its password", async () => {
  const url = join(folders(), "nobody.sock");
  await expect(openRedisState({ url, site: "s-x", log: SILENT })).rejects.toMatchObject({
    code: "store.redis",
    facts: { url },
  });
  await expect(
    openRedisState({ url: "redis://user:secret@127.0.0.1:1/0", site: "s-x", log: SILENT }),
  ).rejects.toMatchObject({ code: "store.redis", facts: { url: "redis://127.0.0.1:1/0" } });
});
