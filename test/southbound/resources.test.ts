/** What resources there are and what they do not do: rows of the checklist that no method has to itself. */
import { beforeEach, expect, test } from "@jest/globals";
import type { NodeId } from "../../gateway/base/index.ts";
import type { Request, Response } from "../../gateway/coap/index.ts";
import { dottedCode } from "../../gateway/wire/coap/index.ts";
import { Line, stage } from "../support/lockstep.ts";
import { ANYBODY, bytes, hex, openServices, request, type Services } from "../support/services.ts";

let services: Services;
let node: NodeId;
beforeEach(async () => {
  services = await openServices();
  node = await services.join("room-1");
});

const ask = async (method: Request["method"], path: string, more: Partial<Request> = {}): Promise<Response> =>
  services.handler(ANYBODY, request(method, path, more));
const fetch = (ids: string, more: Partial<Request> = {}): Promise<Response> =>
  ask("FETCH", `n/${node}/c`, { contentFormat: 141, payload: bytes(ids), ...more });
const patch = (edits: string, more: Partial<Request> = {}): Promise<Response> =>
  ask("iPATCH", `n/${node}/c`, { contentFormat: 142, payload: bytes(edits), ...more });

test("CC-R9: configuration and state are one datastore, and an edit shows in it at once", async () => {
  const report = bytes("a1 19ea61 a2 02 01 05 a1 18c3 a1 02 182d");
  await services.checkIn.answer(
    ANYBODY,
    request("POST", "c", { query: ["ep=room-1"], contentFormat: 142, payload: report }),
  );
  expect((await patch("a1 19eb31 01")).code).toBe("2.04");
  expect(hex((await fetch("19eb29")).payload)).toBe(hex(bytes("a1 19eb29 a2 02 182d 08 01")));
});

test.each(["insert=first", "point=1", "start-time=0", "stop-time=0", "k=1", "depth=1"])(
  "CC-R10: the RESTCONF query %s is not one of CORECONF",
  async (query) => {
    expect((await patch("a1 19eb31 01", { query: [query] })).code).toBe("4.02");
    expect((await fetch("19eb29", { query: [query] })).code).toBe("4.02");
    expect((await ask("GET", "s", { query: [query] })).code).toBe("4.02");
    expect(services.mailbox.pending(node)).toBe(0);
  },
);

test("CC-R10: there are no other methods, such as HEAD and OPTIONS of HTTP", async () => {
  const script = await stage({ handler: services.handler });
  for (const code of [0x08, 0x1f]) {
    await script.node.sends(new Line("CON", code).path("c"));
    expect(dottedCode((await script.node.receives()).code)).toBe("4.05");
  }
  await script.engine.close();
});

test("CC-M6: .sid files are read by tools, and not served over CoAP", async () => {
  expect((await ask("GET", "c", { accept: 260 })).code).toBe("4.06");
});

test("CC-D2: the queries c and d are those of the datastore resource", async () => {
  await patch("a1 19eb31 01");
  for (const query of ["c=c", "c=n", "c=a", "d=a", "d=t"]) {
    expect((await ask("GET", `n/${node}/c`, { query: [query] })).code).toBe("2.05");
    expect((await fetch("19eb31", { query: [query] })).code).toBe("2.05");
  }
});

test.each(["c/a6", "c/kv", "c/19eb29"])("CC-D3: /%s, a path of an older draft, names nothing", async (path) => {
  expect((await ask("GET", path)).code).toBe("4.04");
});

test("CC-D6: the stream is read by GET and by FETCH", async () => {
  const whole = await ask("GET", "s");
  const joined = await ask("FETCH", "s", { contentFormat: 141, payload: bytes("19ebc8") });
  expect([whole.code, joined.code]).toEqual(["2.05", "2.05"]);
  expect(hex(joined.payload)).toBe(hex(whole.payload));
  expect((await ask("iPATCH", "s", { contentFormat: 142 })).code).toBe("4.05");
});

test("CC-D13: defaults in containers show with d=a and hide with d=t, in a FETCH as in a GET", async () => {
  await patch("a1 19eb31 01");
  const room = hex((await fetch("19eb29", { query: ["d=a"] })).payload).slice("a119eb29".length);
  expect(room).toBe(hex(bytes("a2 03 c482211907d0 08 01")));
  expect(hex((await ask("GET", `n/${node}/c`, { query: ["d=a"] })).payload)).toContain(room);
  expect(hex((await fetch("19eb29", { query: ["d=t"] })).payload)).toBe("a119eb29a10801");
});

test("CC-B3 CC-D10: one unknown identifier among others is null, and no error", async () => {
  await patch("a1 19eb31 01");
  // An entry that is not there, a leaf with keys too many, a number of no module, and a leaf that is there.
  const asked = "82 19eb32 65 30363a3030 82 19eb31 01 1a000f4240 19eb31";
  expect(hex((await fetch(asked)).payload)).toBe(hex(bytes("a119eb32f6 a119eb31f6 a11a000f4240f6 a119eb3101")));
});

test.each<readonly [title: string, method: Request["method"], format: number, item: string, most: number]>([
  ["FETCH", "FETCH", 141, "19eb31", 256],
  ["iPATCH", "iPATCH", 142, "a119eb3101", 256],
  ["calls", "POST", 142, "a119ea61a10201", 32],
])("a hostile manager: one request has its limit: %s", async (_title, method, format, item, most) => {
  const ask = (count: number): Promise<Response> =>
    Promise.resolve(
      services.handler(
        ANYBODY,
        request(method, `n/${node}/c`, { contentFormat: format, payload: bytes(item.repeat(count)) }),
      ),
    );
  const { code } = await ask(most);
  expect(code).toBe({ FETCH: "2.05", iPATCH: "2.04", POST: "4.05" }[method as "FETCH"]);
  const answer = await ask(most + 1);
  expect(answer.code).toBe("4.00");
  expect(Buffer.from(answer.payload ?? []).toString("latin1")).toContain(`at most ${most}`);
});

test("a hostile manager: nesting beyond what a datastore has is refused before it is built", async () => {
  for (const open of ["81", "a101", "d82f", "9f"]) {
    for (const method of ["FETCH", "iPATCH", "POST", "PUT"] as const) {
      const contentFormat = { FETCH: 141, iPATCH: 142, POST: 142, PUT: 140 }[method];
      const payload = bytes(open.repeat(20_000));
      expect((await ask(method, `n/${node}/c`, { contentFormat, payload })).code).toBe("4.00");
    }
  }
});

test("a hostile manager: patches that contradict each other in parallel are applied one after the other, each whole", async () => {
  const both = (mode: number, humid: string): string => `a1 19eb31 0${mode} a1 19eb2c c4822119${humid}`;
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) => patch(both(index % 2, index % 2 === 0 ? "0834" : "0640"))),
  );
  expect(new Set(answers.map(({ code }) => code))).toEqual(new Set(["2.04"]));
  expect(hex((await fetch("19eb31 19eb2c")).payload)).toBe(hex(bytes("a119eb3101 a119eb2cc48221190640")));
});
