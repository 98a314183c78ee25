/** Large reads and edits of a datastore through the engine: blocks from one state, and validation by ETag. */
import { beforeEach, expect, test } from "@jest/globals";
import type { NodeId } from "../../gateway/base/index.ts";
import { dottedCode, type Message, OPTION } from "../../gateway/wire/coap/index.ts";
import { encodeInstances, encodeTree, fromJson, type Instance, parsePath } from "../../gateway/yang/index.ts";
import { con, type Line, type Stage, stage } from "../support/lockstep.ts";
import { bytes, hex, openServices, type Services } from "../support/services.ts";

let services: Services;
let node: NodeId;
let path: string;
beforeEach(async () => {
  services = await openServices();
  node = await services.join("room-1");
  path = `n/${node}/c`;
});

const ROOM = bytes("19eb29");
const periods = (setPoint: string): Uint8Array =>
  encodeTree(
    fromJson(
      {
        "sidgate-building:room": {
          period: Array.from({ length: 20 }, (_, hour) => ({
            start: `${String(hour).padStart(2, "0")}:00`,
            "set-point": setPoint,
          })),
        },
      },
      services.schema,
    ),
    services.schema,
  );

async function inOneStage<T>(run: (script: Stage) => Promise<T>): Promise<T> {
  const script = await stage({ handler: services.handler });
  try {
    return await run(script);
  } finally {
    await script.engine.close();
  }
}

async function answerTo({ node: peer }: Stage, line: Line): Promise<Message> {
  await peer.sends(line);
  return peer.receives();
}

const codeOf = ({ code }: Message): string => dottedCode(code);
const etagOf = ({ options }: Message): string => hex(options.find(({ number }) => number === OPTION.etag)?.value);

/** PUT in blocks of 64 bytes. */
async function put(script: Stage, body: Uint8Array): Promise<Message> {
  for (let num = 0; ; num += 1) {
    const more = (num + 1) * 64 < body.length ? 1 : 0;
    const part = body.subarray(num * 64, (num + 1) * 64);
    const answer = await answerTo(script, con("PUT", path).contentFormat(140).block1(num, more, 64).payload(part));
    if (more === 0) return answer;
    expect(codeOf(answer)).toBe("2.31");
  }
}

const edit = async (script: Stage, at: string, value: Instance["value"]): Promise<void> => {
  const payload = encodeInstances([{ id: parsePath(at, services.schema), value }], services.schema);
  expect(codeOf(await answerTo(script, con("iPATCH", path).contentFormat(142).payload(payload)))).toBe("2.04");
};

const FETCH = (num: number): Line => con("FETCH", path).contentFormat(141).block2(num, 0, 64).payload(ROOM);

test("CC-B1: a PUT comes in blocks and counts with the last one; a lost one in between is 4.08", () =>
  inOneStage(async (script) => {
    const body = periods("19.0");
    expect(body.length).toBeGreaterThan(200);
    const first = con("PUT", path).contentFormat(140);
    expect(codeOf(await answerTo(script, first.block1(0, 1, 64).payload(body.subarray(0, 64))))).toBe("2.31");
    expect(services.registry.get(node).tree.size).toBe(0);
    const third = con("PUT", path).contentFormat(140).block1(2, 1, 64).payload(body.subarray(128, 192));
    expect(codeOf(await answerTo(script, third))).toBe("4.08");
    expect(services.registry.get(node).tree.size).toBe(0);
    expect(codeOf(await put(script, body))).toBe("2.04");
    expect(hex(encodeTree(services.registry.get(node).tree, services.schema))).toBe(hex(body));
  }));

test.each(["GET", "FETCH"] as const)(
  "CC-B2: all blocks of a %s come from one state, whatever is edited meanwhile",
  (method) =>
    inOneStage(async (script) => {
      await put(script, periods("19.0"));
      const line = (num: number): Line => (method === "FETCH" ? FETCH(num) : con("GET", path).block2(num, 0, 64));
      const before = await services.handler(
        { identity: undefined, nodeId: undefined, path: "x", validated: true },
        {
          method,
          path: path.split("/"),
          query: [],
          contentFormat: method === "FETCH" ? 141 : undefined,
          accept: undefined,
          etags: [],
          ifMatch: [],
          ifNoneMatch: false,
          payload: method === "FETCH" ? ROOM : new Uint8Array(),
          observe: undefined,
        },
      );
      const parts: Uint8Array[] = [];
      const etags = new Set<string>();
      for (let num = 0; num * 64 < (before.payload?.length ?? 0); num += 1) {
        const answer = await answerTo(script, line(num));
        expect(codeOf(answer)).toBe("2.05");
        parts.push(answer.payload);
        etags.add(etagOf(answer));
        if (num === 1) await edit(script, "/sidgate-building:room/period", undefined);
      }
      expect(hex(Buffer.concat(parts))).toBe(hex(before.payload));
      expect([...etags]).toEqual([hex(before.etag)]);
      const after = await answerTo(script, line(0));
      expect(etags.has(etagOf(after))).toBe(false);
    }),
);

test("CC-B4: an ETag that is shown again is answered by 2.03, until something is edited", () =>
  inOneStage(async (script) => {
    await put(script, periods("19.0"));
    const ask = (etag: Uint8Array): Line => con("FETCH", path).contentFormat(141).payload(bytes("19eb31")).etag(etag);
    const etag = bytes(etagOf(await answerTo(script, ask(bytes("00")))));
    const valid = await answerTo(script, ask(etag));
    expect([codeOf(valid), valid.payload.length, etagOf(valid)]).toEqual(["2.03", 0, hex(etag)]);
    // Another payload is another thing to be cached, and so is a GET.
    const other = con("FETCH", path).contentFormat(141).payload(bytes("19eb2c")).etag(etag);
    expect(codeOf(await answerTo(script, other))).toBe("2.05");
    expect(codeOf(await answerTo(script, con("GET", path).etag(etag)))).toBe("2.05");
    await edit(script, "/sidgate-building:room/mode", 1);
    expect(codeOf(await answerTo(script, ask(etag)))).toBe("2.05");
  }));

test("CC-B3: a body of indefinite lengths is read like any other", () =>
  inOneStage(async (script) => {
    const line = con("iPATCH", path)
      .contentFormat(142)
      .payload(bytes("bf 19eb32 9f bf 01 7f 62 3036 63 3a3030 ff 02 c48221190834 ff ff ff"));
    expect(codeOf(await answerTo(script, line))).toBe("2.04");
    expect(services.mailbox.pending(node)).toBe(1);
  }));

test("CC-B2 CC-E7: blocks asked for without the payload are of the newest answer, whatever was fetched like that before", () =>
  inOneStage(async (script) => {
    await put(script, periods("19.0"));
    const rest = con("FETCH", path).contentFormat(141).block2(1, 0, 64);
    const fetched: string[] = [];
    for (const setPoint of ["20.0", "21.0", "22.0"]) {
      await put(script, periods(setPoint));
      const first = await answerTo(script, FETCH(0));
      const second = await answerTo(script, rest);
      expect([codeOf(second), etagOf(second)]).toEqual(["2.05", etagOf(first)]);
      fetched.push(etagOf(first));
    }
    expect(new Set(fetched).size).toBe(3);
  }));
