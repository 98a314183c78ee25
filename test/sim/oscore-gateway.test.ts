/** Simulated nodes against the gateway's own engine, both ends under OSCORE, and neither knows the other's code. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Credential, type NodeId, SILENT, seededRandom, systemClock, toHex } from "../../gateway/base/index.ts";
import { Engine, type Request, UdpTransport } from "../../gateway/coap/index.ts";
import { Oscore } from "../../gateway/coap/oscore/index.ts";
import { countingSequence, type NodeCredential } from "../../gateway/sim/index.ts";
import { OscoreClient } from "../../gateway/sim/speech/oscore.ts";
import { parseGateway, Transport } from "../../gateway/sim/speech/transport.ts";

const NODE = "n-1" as NodeId;
const LABEL: NodeCredential = {
  masterSecret: Buffer.alloc(16, 7),
  masterSalt: Buffer.alloc(8, 9),
  senderId: Uint8Array.of(1),
  recipientId: Uint8Array.of(0),
};
const CREDENTIAL: Credential = {
  ...LABEL,
  id: "k-1",
  nodeId: NODE,
  name: "room-1",
  algorithm: 10,
  senderId: LABEL.recipientId,
  recipientId: LABEL.senderId,
  idContext: undefined,
};
const IMAGE = Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 251));
const REPORT = Buffer.from("a119ea61a10207", "hex");
const REPLY = Buffer.from("a119ea61a113f6", "hex");

let engine: Engine;
let address: string;
let asked: Array<{ readonly node: NodeId | undefined; readonly request: Request }>;
let transports: Transport[];

/** A gateway as after a start: it knows the credentials and no replay window. */
async function startEngine(port = 0): Promise<void> {
  const transport = new UdpTransport({ address: "127.0.0.1", port });
  const clock = systemClock();
  let number = 1000;
  const oscore = new Oscore({
    credentials: {
      byKid: (kid) => (toHex(kid) === "01" ? [CREDENTIAL] : []),
      ofNode: () => CREDENTIAL,
    },
    clock,
    numbers: { next: () => number++ },
  });
  engine = new Engine({
    transports: [transport],
    clock,
    random: seededRandom(1),
    log: SILENT,
    security: oscore,
    unprotected: () => false,
    handler: (peer, request) => {
      asked.push({ node: peer.nodeId, request });
      return { code: "2.04", payload: REPLY, contentFormat: 142 };
    },
    lanes: {
      block: {
        prefix: "f",
        find: (id) =>
          id === "ABC"
            ? {
                size: IMAGE.length,
                etag: Uint8Array.of(1, 2, 3, 4),
                slice: (at, size) => IMAGE.subarray(at, at + size),
              }
            : undefined,
      },
    },
  });
  await engine.start();
  address = `coap://${transport.local}`;
}

beforeEach(async () => {
  asked = [];
  transports = [];
  await startEngine();
});
afterEach(async () => {
  for (const transport of transports) await transport.close();
  await engine.close();
});

const open = (security: OscoreClient | undefined): Transport => {
  const transport = new Transport(parseGateway(address), { share: 0, random: seededRandom(1) }, security);
  transports.push(transport);
  return transport;
};
const node = (label = LABEL, sequence = 0): Transport => open(new OscoreClient(label, countingSequence(sequence)));

test("a check-in arrives whole and from whom the context names, after the one Echo of a new start", async () => {
  const speaking = node();
  expect(await speaking.checkIn("room-1", REPORT)).toMatchObject({ kind: "answer", code: "2.04", payload: REPLY });
  expect(speaking.counts?.sent).toBe(2);
  expect(asked).toHaveLength(1);
  expect(asked[0]?.node).toBe(NODE);
  expect(asked[0]?.request).toMatchObject({ method: "POST", path: ["c"], query: [], contentFormat: 142 });
  expect(toHex(asked[0]?.request.payload ?? new Uint8Array())).toBe(toHex(REPORT));
  await speaking.checkIn("room-1", REPORT);
  expect(speaking.counts?.sent).toBe(3);
});

test("an image comes block by block, each under protection", async () => {
  const speaking = node();
  const blocks: Uint8Array[] = [];
  for (let num = 0; num < 16; num++) {
    const answer = await speaking.block("f/ABC", num, 2);
    if (answer.kind !== "answer" || answer.block === undefined) throw new Error(`no block ${num}`);
    expect(answer).toMatchObject({ code: "2.05", block: { num, szx: 2, more: num < 15, etag: "01020304" } });
    blocks.push(answer.block.bytes);
  }
  expect(Buffer.concat(blocks)).toEqual(IMAGE);
  expect(await speaking.block("f/XYZ", 0, 2)).toMatchObject({ kind: "answer", code: "4.04" });
});

test("a gateway that was started anew is believed, and believes, after one more Echo", async () => {
  const speaking = node();
  await speaking.checkIn("room-1", REPORT);
  await engine.close();
  await startEngine(Number(new URL(address).port));
  expect(await speaking.checkIn("room-1", REPORT)).toMatchObject({ kind: "answer", code: "2.04" });
  expect(speaking.counts?.sent).toBe(4);
});

describe("what does not open is not believed", () => {
  test.each([
    ["another secret", { ...LABEL, masterSecret: Buffer.alloc(16, 8) }],
    ["a kid that nobody has", { ...LABEL, senderId: Uint8Array.of(9) }],
    ["an id of the gateway that it has not", { ...LABEL, recipientId: Uint8Array.of(5) }],
  ])("a node with %s", async (_what, label) => {
    expect(await node(label).checkIn("room-1", REPORT)).toMatchObject({ kind: "unbelieved" });
    expect(asked).toEqual([]);
  });

  test("a node whose numbers start again", async () => {
    const speaking = node();
    for (let count = 0; count < 5; count++) await speaking.checkIn("room-1", REPORT);
    const reset = node(LABEL, 2);
    expect(await reset.checkIn("room-1", REPORT)).toEqual({ kind: "unbelieved", code: "4.01" });
  });

  test("a node without a context", async () => {
    expect(await open(undefined).checkIn("room-1", REPORT)).toMatchObject({ kind: "answer", code: "4.01" });
    expect(asked).toEqual([]);
  });
});
