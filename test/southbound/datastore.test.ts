/** CORECONF on /c, /n/{node}/c, /s and /.well-known/core by its bytes. Rows carry the numbers of the checklist. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { NodeId } from "../../gateway/base/index.ts";
import type { Request, Response } from "../../gateway/coap/index.ts";
import { openFileImages } from "../../gateway/store/index.ts";
import { ANYBODY, bytes, hex, openServices, request, type Services } from "../support/services.ts";

let folder: string;
let services: Services;
let node: NodeId;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-datastore-"));
  services = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }) });
  node = await services.join("room-1");
  await services.checkIn.answer(
    ANYBODY,
    // model "trv", temperature 21.50, humidity 45
    request("POST", "c", {
      query: ["ep=room-1"],
      contentFormat: 142,
      payload: bytes("a1 19ea61 a2 02 01 05 a2 18 18 a1 01 63747276 18c3 a2 01 c482211908 66 02 182d"),
    }),
  );
});
afterEach(() => rm(folder, { recursive: true }));

const ask = async (method: Request["method"], path: string, more: Partial<Request> = {}): Promise<Response> =>
  services.handler(ANYBODY, request(method, path, more));
const fetch = (path: string, ids: string, query: readonly string[] = []): Promise<Response> =>
  ask("FETCH", path, { contentFormat: 141, payload: bytes(ids), query });
const ipatch = (path: string, payload: string): Promise<Response> =>
  ask("iPATCH", path, { contentFormat: 142, payload: bytes(payload) });

test("CC-F1 CC-F2 CC-M2 CC-M3: FETCH answers one map per identifier in the order asked, and null for what is not there", async () => {
  // humidity, temperature, valve, an unknown SID
  const answer = await fetch(`n/${node}/c`, "19eb2b 19eb2a 19eb2d 1a000f4240");
  expect(answer).toMatchObject({ code: "2.05", contentFormat: 142 });
  expect(hex(answer.payload)).toBe(hex(bytes("a119eb2b182d a119eb2ac48221190866 a119eb2df6 a11a000f4240f6")));
});

test("CC-F6: d=t hides the default of a set-point inside its container, a leaf asked for by itself shows it", async () => {
  expect(hex((await fetch(`n/${node}/c`, "19eb2c")).payload)).toBe(hex(bytes("a1 19eb2c c482211907d0")));
  expect(hex((await fetch(`n/${node}/c`, "19eb29")).payload)).toBe(hex(bytes("a1 19eb29 a2 01 c48221190866 02 182d")));
  expect(hex((await fetch(`n/${node}/c`, "19eb29", ["d=a"])).payload)).toBe(
    hex(bytes("a1 19eb29 a4 01 c48221190866 02 182d 03 c482211907d0 08 02")),
  );
});

test("CC-F5: c=c gives configuration only", async () => {
  expect((await ipatch(`n/${node}/c`, "a1 19eb31 01")).code).toBe("2.04");
  expect(hex((await fetch(`n/${node}/c`, "19eb29", ["c=c"])).payload)).toBe(hex(bytes("a1 19eb29 a1 08 01")));
});

test("CC-I2 CC-I3 CC-F4 CC-K8: list entries are added, replaced and deleted by key; an entry is one map, a list without its keys is all of them", async () => {
  const path = `n/${node}/c`;
  // period {start "06:00", set-point 21.00} as sid: map; [period,"22:00"]: {set-point 16.00}
  expect((await ipatch(path, "a1 19eb32 a2 01 65 30363a3030 02 c48221190834")).code).toBe("2.04");
  expect((await ipatch(path, "a1 82 19eb32 65 32323a3030 a2 01 65 32323a3030 02 c48221190640")).code).toBe("2.04");
  expect(hex((await fetch(path, "82 19eb32 65 32323a3030")).payload)).toBe(
    hex(bytes("a1 19eb32 a2 01 6532323a3030 02 c48221190640")),
  );
  expect((await ipatch(path, "a1 82 19eb32 65 30363a3030 f6")).code).toBe("2.04");
  expect(hex((await fetch(path, "19eb32")).payload)).toBe(
    hex(bytes("a1 19eb32 81 a2 01 6532323a3030 02 c48221190640")),
  );
  expect((await ipatch(path, "a1 82 19eb32 65 30363a3030 f6")).code).toBe("2.04"); // CC-I2: deleting it again
});

test("an entry that the node reported half does not stand in the way of other edits, only of one that leaves it so", async () => {
  const path = `n/${node}/c`;
  const report = await services.checkIn.answer(
    ANYBODY,
    // period {start "06:00"}, without its set-point
    request("POST", "c", {
      query: ["ep=room-1"],
      contentFormat: 142,
      payload: bytes("a1 19ea61 a2 02 02 05 a1 18c3 a1 09 81 a1 01 65 30363a3030"),
    }),
  );
  expect(report?.code).toBe("2.04");
  expect((await ipatch(path, "a1 19eb31 01")).code).toBe("2.04");
  expect((await ipatch(path, "a1 82 19eb32 65 30363a3030 a1 01 65 30363a3030")).code).toBe("4.00");
  expect((await ipatch(path, "a1 82 19eb34 65 30363a3030 c48221190834")).code).toBe("2.04");
});

const REFUSED: ReadonlyArray<readonly [name: string, payload: string, code: string, tag: number]> = [
  ["CC-I4: a good edit before a bad one is not kept", "a1 19eb31 01 a1 19eb2c c482211a000f4240", "4.00", 1011],
  ["an edit of read-only data", "a1 19eb2b 10", "4.05", 1005],
  ["an unknown SID", "a1 1a000f4240 01", "4.00", 1023],
  ["a list entry without its key", "a1 19eb32 a1 02 c48221190834", "4.00", 1014],
  ["a wrong type", "a1 19eb31 6161", "4.00", 1011],
  ["a key that does not fit its pattern", "a1 82 19eb32 65 39393a3939 a1 02 c48221190834", "4.00", 1011],
  ["malformed CBOR", "a1 19eb31", "4.00", 1019],
];

test.each(REFUSED)("%s", async (_name, payload, code, tag) => {
  const facts = services.journal.last;
  const before = services.registry.get(node).tree;
  const answer = await ipatch(`n/${node}/c`, payload);
  expect(answer).toMatchObject({ code, contentFormat: 140 });
  expect(hex(answer.payload)).toContain(`0419${tag.toString(16).padStart(4, "0")}`);
  expect(services.journal.last).toBe(facts);
  expect(services.registry.get(node).tree).toBe(before);
});

const WRONG: ReadonlyArray<
  readonly [name: string, method: Request["method"], path: string, more: Partial<Request>, code: string]
> = [
  ["CC-F5: c on an iPATCH", "iPATCH", "c", { query: ["c=a"], contentFormat: 142 }, "4.02"],
  ["an unknown query", "GET", "c", { query: ["k=1"] }, "4.02"],
  ["CC-M8: FETCH with another content format", "FETCH", "c", { contentFormat: 142 }, "4.15"],
  ["CC-M9: FETCH without a content format", "FETCH", "c", {}, "4.15"],
  ["CC-I5: a precondition of what has no versions", "GET", "s", { ifNoneMatch: true }, "4.02"],
  ["CC-F5: c on the stream", "GET", "s", { query: ["c=a"] }, "4.02"],
  ["CC-F5: c twice", "GET", "c", { query: ["c=a", "c=c"] }, "4.02"],
  ["CC-F6: d on a PUT", "PUT", "c", { query: ["d=a"], contentFormat: 140 }, "4.02"],
  ["a resource that is not there", "GET", "d", {}, "4.04"],
  ["the datastore of a node that is not there", "GET", "n/n-none/c", {}, "4.04"],
  ["PATCH (RFC 8132 §3.1) on a datastore", "PATCH", "c", { contentFormat: 142 }, "4.05"],
  ["CC-A5: a call of what is data", "POST", "c", { contentFormat: 142, payload: bytes("a1 19eb29 f6") }, "4.05"],
  ["POST with another content format", "POST", "c", { contentFormat: 60 }, "4.15"],
];

test.each(WRONG)("%s", async (_name, method, path, more, code) => {
  expect((await ask(method, path, more)).code).toBe(code);
});

test("a root takes no data of another kind, and nothing that could never reach the node", async () => {
  expect((await ipatch("c", "a1 19eb31 01")).code).toBe("4.04"); // a room's mode on the gateway
  expect((await ipatch(`n/${node}/c`, "a1 19eb8e 61 78")).code).toBe("4.04"); // the gateway's name on a node
  const clock = (i: number): string => `${String(i >> 2).padStart(2, "0")}:${String(15 * (i & 3)).padStart(2, "0")}`;
  const periods = Array.from({ length: 96 }, (_, i) => `a2 01 65 ${hex(Buffer.from(clock(i)))} 02 c48221190834`);
  expect((await ipatch(`n/${node}/c`, `a1 19eb32 98 60 ${periods.join("")}`)).code).toBe("4.22");
  expect(services.mailbox.pending(node)).toBe(0);
});

test("Accept is kept, and one FETCH has its limit", async () => {
  expect((await ask("GET", "c", { accept: 0 })).code).toBe("4.06");
  expect((await ask("GET", "c", { accept: 140 })).code).toBe("2.05");
  expect((await ask("GET", ".well-known/core", { accept: 60 })).code).toBe("4.06");
  expect((await fetch("c", "19eb8e".repeat(257))).code).toBe("4.00");
});

test("a node asks for its own root, a manager for the gateway's", async () => {
  const own = await ask("GET", "c", { query: ["ep=room-1"] });
  expect(own).toMatchObject({ code: "2.05", contentFormat: 140 });
  expect(hex(own.payload)).toBe(hex(bytes("a2 19ea7e a1 01 63747276 19eb29 a2 01 c48221190866 02 182d")));
  const gateway = await ask("GET", "c");
  expect(hex(gateway.payload)).toContain(hex(new TextEncoder().encode(node)));
  expect(hex(gateway.payload)).not.toContain("c48221190866");
});

test("a manager names the gateway and a node, and changes nothing else there", async () => {
  const name = hex(new TextEncoder().encode("Boiler"));
  const id = `66${hex(new TextEncoder().encode(node))}`;
  expect((await ipatch("c", `a1 19eb8e 66 ${name}`)).code).toBe("2.04");
  expect((await ipatch("c", `a1 82 19eb96 ${id} a2 01 ${id} 02 66 ${name}`)).code).toBe("2.04");
  expect(services.registry.get(node).name).toBe("Boiler");
  expect(hex((await fetch("c", "19eb8e")).payload)).toBe(hex(bytes(`a1 19eb8e 66 ${name}`)));
  expect((await ipatch("c", `a1 82 19eb96 ${id} f6`)).code).toBe("4.05");
  expect((await ipatch("c", `a1 82 19eb98 ${id} f6`)).code).toBe("4.05"); // a node has a name
  expect(services.registry.size).toBe(1);
});

test("CC-M7 CC-R1 CC-R2 CC-R4: discovery names the datastores and the streams", async () => {
  const text = async (query: readonly string[]): Promise<string> =>
    Buffer.from((await ask("GET", ".well-known/core", { query })).payload ?? []).toString();
  expect(await text([])).toBe(
    `</c>;rt="core.c.ds core.c.yl";ds=1029;ct=140,</s>;rt="core.c.es core.c.ev";ct=142;obs,</n/${node}/c>;rt="core.c.ds core.c.yl";ds=1029;ct=140,</n/${node}/s>;rt="core.c.es core.c.ev";ct=142;obs`,
  );
  expect(await text(["rt=core.c.es", "href=/s"])).toBe('</s>;rt="core.c.es core.c.ev";ct=142;obs');
  expect(await text(["ep=room-1"])).toBe('</c>;rt="core.c.ds";ds=1029');
});

test("who asks a whole group learns nothing of the nodes, and is none of them", async () => {
  services.clock.advance(10_000);
  const anybody = async (query: readonly string[]): Promise<string> =>
    Buffer.from((await ask("GET", ".well-known/core", { query, group: true })).payload ?? []).toString();
  for (const query of [[], ["ep=room-1"], ["ep=nobody"]]) {
    expect(await anybody(query)).toBe('</c>;rt="core.c.ds";ds=1029');
  }
  expect((await ask("GET", "c", { group: true })).code).toBe("4.04");
  const heard = () => services.registry.overdueAmong(services.clock.now(), { from: 0, limit: 9 }).changed.length;
  expect(heard()).toBe(0);
  await ask("GET", ".well-known/core", { query: ["ep=room-1"] });
  expect(heard()).toBe(1);
});

test("CC-E2 CC-E6: the stream is newest first, and can be filtered", async () => {
  const other = await services.join("room-2");
  await services.ledger.record("node.reachability", { node, from: "asleep", to: "overdue", missedWakes: 1 });
  const all = await ask("GET", "s");
  expect(all).toMatchObject({ code: "2.05", contentFormat: 142, observable: "s" });
  const text = Buffer.from(all.payload ?? []).toString("latin1");
  expect(text.indexOf(node)).toBeLessThan(text.indexOf(other));
  const joined = Buffer.from((await fetch("s", "19ebc8")).payload ?? []).toString("latin1");
  expect(joined).toContain(other);
  expect(hex((await fetch("s", "19eadc")).payload)).toBe(""); // CC-E4: nothing of that kind
});
