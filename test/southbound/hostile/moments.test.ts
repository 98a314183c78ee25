/** Hostile moments: what is edited, read or called goes away, is replaced, or speaks other modules at the same time. */
import { describe, expect, test } from "@jest/globals";
import { UsageError } from "../../../gateway/base/index.ts";
import type { Response } from "../../../gateway/coap/index.ts";
import { MOST_WAITING } from "../../../gateway/service/mailbox/index.ts";
import { encodeCbor } from "../../../gateway/sim/speech/cbor.ts";
import { MOST } from "../../../gateway/southbound/coreconf/limits.ts";
import { fixedSchema, type Schema, type SchemaSource } from "../../../gateway/yang/index.ts";
import { bytes, request } from "../../support/services.ts";
import { sidIn, workshopSchema } from "../../support/workshop.ts";
import { manager, minute, openSite, periodEdit, type Site, textOf } from "./site.ts";

const SET_POINT = bytes("a1 19eb2c c482211908 66");

/** Each is asked before `happens`, and once more after it, in the same turn of the event loop. */
async function around(site: Site, happens: () => Promise<unknown>): Promise<readonly string[]> {
  const ask = (): ReadonlyArray<Promise<Response>> => [
    site.patch(SET_POINT),
    site.ask("GET"),
    site.fetch(bytes("19eb29")),
    site.ask("PUT", { contentFormat: 140, payload: bytes("a1 19eb29 a1 08 00") }),
    site.ask("DELETE"),
    site.ask("GET", {}, "c"),
    site.ask("GET", {}, "s"),
    site.ask("GET", {}, ".well-known/core"),
  ];
  const answers = await Promise.all([...ask(), happens(), ...ask()]);
  return answers.flatMap((answer) =>
    answer !== null && typeof answer === "object" && "code" in answer ? [answer.code as string] : [],
  );
}

describe("a hostile manager at a node", () => {
  test("that is removed at the same moment: what came before is done, what comes after is 4.04", async () => {
    const site = await openSite();
    const { services, node } = site;
    const codes = await around(site, () => services.ledger.record("node.removed", { node, actor: "test" }));
    expect(codes.slice(0, 8)).toEqual(["2.04", "2.05", "2.05", "2.04", "2.02", "2.05", "2.05", "2.05"]);
    expect(codes.slice(8)).toEqual(["4.04", "4.04", "4.04", "4.04", "4.04", "2.05", "2.05", "2.05"]);
    expect(services.registry.size).toBe(0);
  });

  test("that is replaced at the same moment: edits of before and after are the new device's", async () => {
    const site = await openSite();
    const { services, node } = site;
    const codes = await around(site, () =>
      services.ledger.record("node.replaced", { node, endpoint: "room-1b", former: "room-1", actor: "test" }),
    );
    expect(codes.every((code) => code.startsWith("2."))).toBe(true);
    expect((await site.patch(SET_POINT)).code).toBe("2.04");
    expect(services.mailbox.pending(node)).toBeGreaterThan(0);
  });
});

test("a hostile manager at a node that moves to another set of modules at the same moment: every answer is by one of them", async () => {
  const site = await openSite();
  const { services, node } = site;
  const codes = await around(site, () =>
    services.ledger.record("node.models", { node, set: "rooms-2", actor: "test" }),
  );
  expect(codes.every((code) => code.startsWith("2."))).toBe(true);
  expect(services.registry.get(node).set).toBe("rooms-2");
});

/** Two schemas of the same modules; in one of them a feature is on. */
const [plain, richer] = await Promise.all([workshopSchema(), workshopSchema(["extra"])]);

test("a hostile manager: modules are exchanged under parallel edits: each answer is by the numbers of its moment, and nothing of before is lost", async () => {
  let now: Schema = plain;
  const schemas: SchemaSource = { ...fixedSchema(plain), of: () => now };
  const site = await openSite({ schemas });
  const { registry, mailbox } = site.services;
  const gone = encodeCbor(new Map([[sidIn(richer, "shop/gone"), "x"]]));
  const exchange = (to: Schema): void => {
    const before = now;
    now = to;
    registry.exchanged(undefined, before);
    mailbox.exchanged(undefined);
  };
  for (let round = 0; round < 6; round++) {
    const early = [site.patch(gone), site.patch(SET_POINT), site.fetch(bytes("19eb29"))];
    exchange(round % 2 === 0 ? richer : plain);
    const late = [site.patch(gone), site.patch(SET_POINT), site.fetch(bytes("19eb29")), site.ask("GET")];
    const codes = (await Promise.all([...early, ...late])).map(({ code }) => code);
    const known = round % 2 === 0 ? ["4.00", "2.04"] : ["2.04", "4.00"];
    expect(codes).toEqual([known[0], "2.04", "2.05", known[1], "2.04", "2.05", "2.05"]);
  }
  expect(registry.get(site.node).set).toBeUndefined();
});

test("CC-A4: a hostile manager: calls while what they are about is removed, by themselves or by others, end in a code", async () => {
  const site: Site = await openSite({
    schemas: fixedSchema(plain),
    operations: [
      {
        path: "/sidgate-gateway:gateway/node/remove",
        run: async ({ keys }) => {
          const { registry, ledger } = site.services;
          const node = registry.find(String(keys[0]));
          if (node === undefined) throw new UsageError("operation.failed", { path: "remove", what: "it is not there" });
          await ledger.record("node.removed", { node: node.id, actor: "test" });
          return undefined;
        },
      },
    ],
  });
  const remove = encodeCbor(new Map([[[sidIn(plain, "/sidgate-gateway:gateway/node/remove"), site.node], null]]));
  const calls = (count: number): Promise<Response> =>
    site.ask("POST", { contentFormat: 142, payload: Buffer.concat(Array.from({ length: count }, () => remove)) }, "c");
  expect((await calls(MOST.calls + 1)).code).toBe("4.00");
  expect(site.services.registry.size).toBe(1);
  const answers = await Promise.all([calls(3), calls(1), site.patch(SET_POINT), site.ask("GET", {}, "c")]);
  expect(answers.map(({ code }) => code)).toEqual(["4.09", "4.04", "4.04", "2.05"]);
  expect(textOf(answers[0]!)).toContain("operation.stopped");
  expect(site.services.registry.size).toBe(0);
});

test("a hostile manager: a node's box takes so many edits, what takes their place always, and more when there is room", async () => {
  const site = await openSite();
  const { services, node } = site;
  const edits = (from: number, count: number, centi = 2100): Uint8Array =>
    Buffer.concat(Array.from({ length: count }, (_, n) => periodEdit(minute(from + n), centi)));
  expect((await site.patch(edits(0, MOST_WAITING - 1))).code).toBe("2.04");
  expect(services.mailbox.pending(node)).toBe(MOST_WAITING);
  const full = site.state();
  expect((await site.patch(edits(1000, 1))).code).toBe("5.03");
  expect((await site.patch(Buffer.concat([edits(0, 1, 2300), edits(1000, 1)]))).code).toBe("5.03");
  expect(site.state()).toEqual(full);
  expect((await site.patch(edits(7, 1, 2200))).code).toBe("2.04");
  expect((await site.patch(bytes("a1 19eb32 f6"))).code).toBe("2.04"); // in the place of them all
  expect(services.mailbox.pending(node)).toBe(1);
  expect((await site.patch(edits(1000, 100))).code).toBe("2.04");
});

test("a hostile manager: conditions by the hundred, and one that is right among them", async () => {
  const site = await openSite();
  const { etag = new Uint8Array() } = await site.ask("GET");
  const others = Array.from({ length: 100 }, (_, at) => Uint8Array.of(at, 1, 2, 3, 4, 5, 6, 7));
  expect((await site.patch(SET_POINT, { ifMatch: others })).code).toBe("4.12");
  expect((await site.patch(SET_POINT, { ifMatch: [...others, etag] })).code).toBe("2.04");
});

test("CC-code-4.06: what a node asks for in a format that cannot be had is not delivered", async () => {
  const { services, node } = await openSite();
  const waiting = services.mailbox.box(node).edits.map(({ status }) => status.state);
  const own = async (accept: number): Promise<string> =>
    (await services.handler(manager(undefined), request("GET", "c", { query: ["ep=room-1"], accept }))).code;
  expect(waiting).toEqual(["waiting"]);
  expect(await own(60)).toBe("4.06");
  expect(services.mailbox.box(node).edits.map(({ status }) => status.state)).toEqual(["waiting"]);
  expect(await own(140)).toBe("2.05");
  expect(services.mailbox.box(node).edits.map(({ status }) => status.state)).toEqual(["delivered"]);
});

const GUEST = "guest";
const TRICKS: ReadonlyArray<readonly [path: readonly string[], query: readonly string[]]> = [
  [["n", "", "c"], []],
  [["n", "..", "c"], []],
  [["n", "%2e%2e", "c"], []],
  [["n", ".", "c"], []],
  [["", "c"], []],
  [["c", ""], []],
  [["C"], []],
  [["c%00"], []],
  [["c", "\u0000"], []],
  [["n"], []],
  [["n", "constructor", "c"], []],
  [["n", "__proto__", "c"], []],
  [["n", "n-0001/c"], []],
  [["n", "n-0001", "c", "c"], []],
  [["n", "N-0001", "c"], []],
  [["n", "n-0001", "c%3f"], []],
  [["n", "x".repeat(255), "c"], []],
  [["s", ""], []],
  [["\ud800"], []],
];

test("CC-S1: a hostile manager: paths with tricks in them name nothing, and another's endpoint makes nobody a node", async () => {
  const site = await openSite({ managers: ["boss"] });
  const ask = async (path: readonly string[], query: readonly string[], name?: string): Promise<Response> =>
    site.services.handler(manager(name), {
      method: "GET",
      path,
      query,
      contentFormat: undefined,
      accept: undefined,
      etags: [],
      ifMatch: [],
      ifNoneMatch: false,
      payload: new Uint8Array(),
      observe: undefined,
    });
  for (const [path, query] of TRICKS) {
    const answer = await ask(path, query);
    expect([path, answer.code]).toEqual([path, "4.04"]);
    expect(answer.payload?.length).toBeLessThan(600);
  }
  // Under a security context `ep` is nothing: the manager reads its own `/c`, the gateway's.
  const gateway = await ask(["c"], [], GUEST);
  const asNode = await ask(["c"], ["ep=room-1"], GUEST);
  expect([asNode.code, asNode.payload?.length]).toEqual([gateway.code, gateway.payload?.length]);
  // In lab mode, who names several is the first.
  expect((await ask(["c"], ["ep=nobody", "ep=room-1"])).code).toBe("4.01");
  expect((await ask(["c"], ["ep="])).code).toBe("4.01");
});
