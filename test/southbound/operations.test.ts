/** POST of calls (draft-ietf-core-comi-21 §3.5): rpcs and actions on the gateway's own root, and the check-in however it is spelled. */
import { beforeEach, expect, test } from "@jest/globals";
import { type NodeId, UsageError } from "../../gateway/base/index.ts";
import type { Request, Response } from "../../gateway/coap/index.ts";
import { type Cbor, encodeCbor } from "../../gateway/sim/speech/cbor.ts";
import { type Call, gatewayOperations, type Operation } from "../../gateway/southbound/coreconf/index.ts";
import type { Command, Inbox } from "../../gateway/store/index.ts";
import { fixedSchema } from "../../gateway/yang/index.ts";
import { ANYBODY, bytes, hex, openServices, request, type Services } from "../support/services.ts";
import { sidIn, workshopSchema } from "../support/workshop.ts";

const schema = await workshopSchema();
const sid = (path: string): number => sidIn(schema, path);
const PING = "/sidgate-gateway:gateway/node/test-workshop:ping";

let services: Services;
let node: NodeId;
let ran: Array<readonly [string, Call]>;
let broken: boolean;

const operation = (path: string, output: (call: Call) => Awaited<ReturnType<Operation["run"]>>): Operation => ({
  path,
  run: async (call) => {
    ran.push([path, call]);
    if (broken) throw new UsageError("edit.too-large", { path, length: 1, limit: 1 });
    return output(call);
  },
});

beforeEach(async () => {
  ran = [];
  broken = false;
  const operations = [
    operation(
      "/test-workshop:ring",
      ({ input }) => new Map([[sid("ring/output/rung"), input.get(sid("ring/input/times"))!]]),
    ),
    operation("/test-workshop:rest", () => undefined),
    operation(PING, ({ keys }) => new Map([[sid(`${PING}/output/answer`), String(keys[0])]])),
  ];
  services = await openServices({ schemas: fixedSchema(schema), operations });
  node = await services.join("room-1");
});

const post = async (payload: Uint8Array, more: Partial<Request> = {}, path = "c"): Promise<Response> =>
  services.handler(ANYBODY, request("POST", path, { contentFormat: 142, payload, ...more }));
const call = (key: Cbor, input: Cbor): Uint8Array => encodeCbor(new Map([[key, input]]));
const ring = (times: number): Uint8Array =>
  call(sid("ring"), new Map([[sid("ring/input/times") - sid("ring"), times]]));
const rest = (): Uint8Array => call(sid("rest"), null);
const ping = (of: string, hops?: number): Uint8Array =>
  call([sid(PING), of], new Map(hops === undefined ? [] : [[sid(`${PING}/input/hops`) - sid(PING), hops]]));

test("CC-A1 CC-A3: an rpc, its input and output keyed from the rpc itself", async () => {
  const answer = await post(ring(2));
  expect(answer).toMatchObject({ code: "2.04", contentFormat: 142 });
  const rung = sid("ring/output/rung") - sid("ring");
  expect(hex(answer.payload)).toBe(hex(encodeCbor(new Map([[sid("ring"), new Map([[rung, 2]])]]))));
});

test("CC-A1: an rpc without output answers null, and takes null as no input", async () => {
  const expected = hex(rest());
  expect(hex((await post(rest())).payload)).toBe(expected);
  expect(hex((await post(call(sid("rest"), new Map()))).payload)).toBe(expected);
});

test("CC-A2: an action names its list entry, and so does the answer", async () => {
  const answer = await post(ping(node, 3));
  const said = sid(`${PING}/output/answer`) - sid(PING);
  expect(hex(answer.payload)).toBe(hex(encodeCbor(new Map([[[sid(PING), node], new Map([[said, node]])]]))));
  expect(ran.map(([, { keys }]) => keys)).toEqual([[node]]);
});

test("CC-A4: several calls run in their order, and are answered in it", async () => {
  const answer = await post(Buffer.concat([ring(1), rest(), ring(3)]));
  expect(answer.code).toBe("2.04");
  expect(ran.map(([path]) => path.split(":")[1])).toEqual(["ring", "rest", "ring"]);
  expect(hex(answer.payload)).toContain(hex(rest()));
});

test("CC-A4: no call runs unless all of them are right", async () => {
  for (const wrong of [ring(9), call(sid("nobody-does"), null), ping("n-none"), bytes("a1")]) {
    expect((await post(Buffer.concat([rest(), wrong]))).code).toMatch(/^4/);
  }
  expect(ran).toEqual([]);
});

test("CC-A4: the first that fails ends the request; the answer has its kind and says what was done", async () => {
  services = await openServices({
    schemas: fixedSchema(schema),
    operations: [
      operation("/test-workshop:rest", () => undefined),
      operation("/test-workshop:ring", () => {
        throw new UsageError("edit.too-large", { path: "/x", length: 1, limit: 1 });
      }),
    ],
  });
  const answer = await post(Buffer.concat([rest(), ring(1), rest()]));
  expect(answer).toMatchObject({ code: "4.22", contentFormat: 140 });
  expect(Buffer.from(answer.payload ?? []).toString("latin1")).toContain("after 1 of 3 calls");
  expect(ran).toHaveLength(2);
});

test("an operation that breaks is no business of the caller", async () => {
  services = await openServices({
    schemas: fixedSchema(schema),
    operations: [
      operation("/test-workshop:rest", () => {
        throw new RangeError("broken");
      }),
    ],
  });
  await expect(post(rest())).rejects.toBeInstanceOf(RangeError);
});

const REFUSED: ReadonlyArray<
  readonly [title: string, payload: () => Uint8Array, code: string, tag: number, appTag?: number]
> = [
  ["CC-A6: missing input", () => call(sid("ring"), null), "4.00", 1014, 1015],
  [
    "CC-A6: input of the wrong type",
    () => call(sid("ring"), new Map([[sid("ring/input/times") - sid("ring"), "x"]])),
    "4.00",
    1011,
    1009,
  ],
  ["an input whose condition does not hold", () => ping(node, 9), "4.00", 1019, 1017],
  ["an rpc of no module", () => call(1_000_000, null), "4.04", 1023],
  ["an action of an entry that is not there", () => ping("n-none"), "4.04", 1002, 1008],
  ["an action without the keys of its entry", () => call(sid(PING), new Map()), "4.00", 1014, 1016],
  ["an rpc that nobody runs", () => call(sid("nobody-does"), null), "4.05", 1023],
  ["CC-A5: a call of a container", () => call(sid("shop"), new Map()), "4.05", 1005],
  ["CC-A5: a call of a notification", () => call(sid("noise"), new Map()), "4.05", 1005],
  ["a sequence that is none", () => bytes("80"), "4.00", 1019, 1012],
];

test.each(REFUSED)("%s", async (_title, payload, code, tag, appTag = 0) => {
  const answer = await post(payload());
  expect(answer).toMatchObject({ code, contentFormat: 140 });
  const body = hex(answer.payload);
  expect(body).toContain(`0419${tag.toString(16).padStart(4, "0")}`);
  if (appTag !== 0) expect(body).toContain(`0119${appTag.toString(16).padStart(4, "0")}`);
  expect(ran).toEqual([]);
});

test("a call has no conditions and no queries, and its answer one content format", async () => {
  expect((await post(rest(), { ifNoneMatch: true })).code).toBe("4.02");
  expect((await post(rest(), { ifMatch: [new Uint8Array()] })).code).toBe("4.02");
  expect((await post(rest(), { query: ["c=a"] })).code).toBe("4.02");
  expect((await post(rest(), { accept: 140 })).code).toBe("4.06");
  expect(ran).toEqual([]);
});

test("the root of a node runs nothing for a manager", async () => {
  expect((await post(rest(), {}, `n/${node}/c`)).code).toBe("4.05");
});

test("CC-V18: a check-in is one in any spelling; beside other calls it is none", async () => {
  // The map of the rpc with indefinite length, then its key in four bytes.
  const spellings = ["bf 19ea61 a1 02 01 ff", "a1 1a0000ea61 a1 02 02", "bf 1a0000ea61 bf 02 03 ff ff"];
  for (const spelling of spellings) {
    const answer = await post(bytes(spelling), { query: ["ep=room-1"] });
    expect(answer).toMatchObject({ code: "2.04", contentFormat: 142 });
    expect(hex(answer.payload)).toMatch(/^a119ea61a/);
  }
  expect(services.registry.get(node).slot?.report).toBe(3);
  const twice = await post(bytes("a1 19ea61 a1 02 04 a1 19ea61 a1 02 05"), { query: ["ep=room-1"] });
  expect(twice.code).toBe("4.05");
  expect((await post(bytes("a1 19ea61 a1 02 04"), { query: ["ep=room-1"], ifNoneMatch: true })).code).toBe("4.02");
  expect(services.registry.get(node).slot?.report).toBe(3);
});

test("CC-A2: a node is removed as the command line does it, and what goes wrong there is said", async () => {
  const commands: Command[] = [];
  const inbox: Inbox = {
    submit: async (command) => {
      commands.push(command);
      if (commands.length === 1) return { status: "completed", result: {} };
      return { status: "failed", error: { code: "node.unknown", text: "it is gone", hint: "" } };
    },
  };
  services = await openServices({
    schemas: fixedSchema(schema),
    operations: gatewayOperations(inbox),
  });
  node = await services.join("room-1");
  const remove = call([sid("/sidgate-gateway:gateway/node/remove"), node], null);
  expect(hex((await post(remove)).payload)).toBe(hex(remove));
  expect(commands[0]).toMatchObject({ op: "node.remove", args: { node }, actor: "manager:lab" });
  expect(await post(remove)).toMatchObject({ code: "4.09", contentFormat: 140 });
  expect(commands[0]?.id).not.toBe(commands[1]?.id);
});
