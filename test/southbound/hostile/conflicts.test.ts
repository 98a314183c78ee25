/**
 * Hostile managers, all at the same time: whatever is edited in parallel, each answer is right, the datastore is what some
 * order of the edits makes of it, and nobody ever sees half of one.
 */
import { expect, test } from "@jest/globals";
import type { Response } from "../../../gateway/coap/index.ts";
import { decodeFact } from "../../../gateway/store/fact-codec.ts";
import { type Fact, type Journal, memoryState } from "../../../gateway/store/index.ts";
import { GroupCommitJournal } from "../../../gateway/store/journal/group-commit.ts";
import { decodeInstances, decodeTree, edit, encodeTree, type Tree, type Value } from "../../../gateway/yang/index.ts";
import { Dice } from "../../fuzz/dice.ts";
import { con, type Line, stage } from "../../support/lockstep.ts";
import { bytes, hex, openServices, StandingClock } from "../../support/services.ts";
import { MODE, minute, openSite, PERIOD, periodEdit, ROOM, SET_POINT, type Site } from "./site.ts";

/** One state of the room in which all values belong together: `k` degrees everywhere. */
const wholeRoom = (k: number): Uint8Array => {
  const entries = Array.from({ length: 1 + (k % 3) }, (_, i) => {
    const start = hex(Buffer.from(minute(60 * i + k)));
    return `a2 01 65 ${start} 02 ${degrees(k)}`;
  });
  return bytes(`a1 19eb29 a3 03 ${degrees(k)} 08 0${k % 2} 09 8${entries.length} ${entries.join("")}`);
};
const degrees = (k: number): string => `c4 82 21 19 ${(100 * k).toString(16).padStart(4, "0")}`;

/** 10 to 29: what set-points may be. */
const someDegrees = (dice: Dice): number => 10 + dice.below(20);

/** Throws where a GET shows values that do not belong together. */
function expectWhole({ code, payload = new Uint8Array() }: Response, site: Site): void {
  expect(code).toBe("2.05");
  const { schema } = site.services;
  const room = decodeTree(payload, schema).get(ROOM);
  const value = (sid: number): Value | undefined => (room instanceof Map ? room.get(sid) : undefined);
  const periods = value(PERIOD) as readonly Tree[] | undefined;
  if (periods === undefined) {
    expect([value(SET_POINT), value(MODE)]).toEqual([2000n, 2]); // nothing is configured: the defaults
    return;
  }
  const k = Number(value(SET_POINT)) / 100;
  expect(value(MODE)).toBe(k % 2);
  expect(periods.map((period) => [...period.values()].at(-1))).toEqual(
    Array.from({ length: 1 + (k % 3) }, () => BigInt(100 * k)),
  );
}

/** The same room as edits of its parts. */
const parts = (k: number): Uint8Array =>
  Buffer.concat([
    bytes(`a1 19eb2c ${degrees(k)} a1 19eb31 0${k % 2} a1 19eb32 f6`),
    ...Array.from({ length: 1 + (k % 3) }, (_, i) => periodEdit(minute(60 * i + k), 100 * k)),
  ]);

const editsOf = (facts: readonly Fact[]): ReadonlyArray<Extract<Fact, { type: "datastore.edited" }>> =>
  facts.filter((fact) => fact.type === "datastore.edited");

test("CC-I4: a hostile manager: eight managers edit one datastore in parallel, whole or in parts, and no GET sees half of it", async () => {
  const site = await openSite();
  const { services, node } = site;
  await site.patch(parts(10));
  const dice = new Dice(4);
  const rounds = 12;
  const managers = Array.from({ length: 8 }, (_, at) => `m${at}`);
  const codes = new Set<string>();
  const lives = managers.map(async (name) => {
    for (let round = 0; round < rounds; round++) {
      const k = someDegrees(dice);
      const what = dice.below(10);
      const answer =
        what < 5
          ? site.patch(parts(k), {}, name)
          : what < 8
            ? site.ask("PUT", { contentFormat: 140, payload: wholeRoom(k) }, site.path, name)
            : what < 9
              ? site.ask("DELETE", {}, site.path, name)
              : // Right in all parts but the last.
                site.patch(Buffer.concat([parts(k), bytes("a1 19eb2b 1832")]), {}, name);
      expectWhole(await site.ask("GET", { query: ["c=c", "d=a"] }), site);
      codes.add((await answer).code);
    }
  });
  await Promise.all(lives);
  expectWhole(await site.ask("GET", { query: ["c=c", "d=a"] }), site);
  expect([...codes].sort()).toEqual(["2.02", "2.04", "4.05"]);

  // Some order: that of the journal, one fact for each request that changed something.
  let tree: Tree = new Map();
  const facts = await services.journal.read(1, 10_000);
  for (const fact of facts) {
    if (fact.type === "node.reported" && fact.data !== undefined) tree = decodeTree(fact.data, services.schema, "any");
    if (fact.type !== "datastore.edited") continue;
    tree = edit(tree, decodeInstances(fact.patch, services.schema, "input", "any"), services.schema);
  }
  expect(hex(encodeTree(tree, services.schema))).toBe(site.state()[0]);
  expect(new Set(editsOf(facts).map(({ actor }) => actor)).size).toBe(9);
  expect(services.registry.find(node)).toBeDefined();
});

test("CC-I5: a hostile manager: PUT, iPATCH and DELETE with one ETag at the same moment: exactly one wins", async () => {
  const site = await openSite();
  for (let round = 0; round < 10; round++) {
    const { etag } = await site.ask("GET");
    const more = { ifMatch: [etag ?? new Uint8Array()] };
    const contest = [
      () => site.ask("PUT", { contentFormat: 140, payload: wholeRoom(11 + round), ...more }),
      () => site.patch(bytes(`a1 19eb2c ${degrees(12 + round)}`), more),
      () => site.patch(periodEdit(minute(round), 2000), more),
      () => site.ask("DELETE", more),
      () => site.ask("PUT", { contentFormat: 140, payload: wholeRoom(25), ...more }),
    ];
    const order = contest.map((_, at) => contest[(at + round) % contest.length]!);
    const codes = (await Promise.all(order.map((run) => run()))).map(({ code }) => code);
    expect(codes.map((code) => code[0])).toEqual(["2", "4", "4", "4", "4"]);
    expect(codes.slice(1)).toEqual(["4.12", "4.12", "4.12", "4.12"]);
    await site.patch(bytes(`a1 19eb2c ${degrees(10)}`)); // there is something again to contend for
  }
});

test("a hostile manager: bodies of eight managers come in blocks, each by the other's; each counts when it is whole", async () => {
  const site = await openSite();
  const script = await stage({ handler: site.services.handler });
  const peers = await Promise.all(
    Array.from({ length: 8 }, (_, at) => script.another({ address: "192.0.2.9", port: 2000 + at })),
  );
  const bodies = peers.map((_, at) => parts(13 + at));
  const line = (body: Uint8Array, num: number): Line =>
    con("iPATCH", site.path)
      .contentFormat(142)
      .block1(num, 16 * (num + 1) < body.length ? 1 : 0, 16)
      .payload(body.subarray(16 * num, 16 * (num + 1)));
  const blocks = bodies.map(({ length }) => Math.ceil(length / 16));
  const [shortest, longest] = [Math.min(...blocks) - 1, Math.max(...blocks)];
  const before = site.state();
  for (let num = 0; num < longest; num++) {
    for (const [at, peer] of peers.entries()) {
      const body = bodies[at] ?? new Uint8Array();
      if (16 * num < body.length) await peer.sends(line(body, num));
    }
    const seen = await site.ask("GET", { query: ["c=c", "d=a"] });
    if (num >= shortest) expectWhole(seen, site);
    else expect(site.state()).toEqual(before); // none of them is whole yet
  }
  await script.engine.close();
});

/** A journal in memory whose disk fills up. */
function fillingDisk(): { full: boolean; open(): Journal } {
  const payloads: Uint8Array[] = [];
  const disk = {
    full: false,
    open: (): Journal =>
      new GroupCommitJournal({
        name: "a small disk",
        first: 1,
        last: payloads.length,
        write: async (batch) => {
          if (disk.full) throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
          payloads.push(...batch.payloads);
        },
        read: async (from, to) =>
          payloads.slice(from - 1, to).flatMap((payload, at) => decodeFact(from + at, payload) ?? []),
        size: async () => payloads.length,
        trim: async () => undefined,
        close: () => undefined,
      }),
  };
  return disk;
}

test("CC-I4: a hostile manager: the disk fills while many edit: each answer is 5.03, and a restart has what was answered before", async () => {
  const disk = fillingDisk();
  const site = await openSite({ on: { journal: disk.open(), state: memoryState(), clock: new StandingClock() } });
  await site.patch(parts(14));
  const [answered] = site.state();
  disk.full = true;
  const lost = await Promise.all(Array.from({ length: 20 }, (_, k) => site.patch(parts(10 + k))));
  expect(new Set(lost.map(({ code }) => code))).toEqual(new Set(["5.03"]));
  disk.full = false; // who knows what it holds: only opening it again finds out
  const later = site.state();
  expect((await site.patch(parts(15))).code).toBe("5.03");
  expect((await site.ask("DELETE")).code).toBe("5.03");
  expect(site.state()).toEqual(later);

  const { node } = site;
  const again = await openServices({
    on: { journal: disk.open(), state: memoryState(), clock: new StandingClock() },
  });
  expect(hex(encodeTree(again.registry.get(node).tree, again.schema, "any"))).toBe(answered);
});
