/**
 * Thirty defects of node-coap 1.5.0 (shared dossier "CoAP", section 3.1), each a trap that this engine must not have; the
 * number is the row. Rows 27 to 29 are about a client, here the gateway's requester.
 */
import { expect, test } from "@jest/globals";
import { fromHex, millis, seconds } from "../../gateway/base/index.ts";
import type { Answer, Request, Response } from "../../gateway/coap/index.ts";
import { OPTION } from "../../gateway/wire/coap/index.ts";
import { ask, expectRequest, GET, PEER, to } from "../support/asking.ts";
import { ack, con, GATEWAY, NODE, non, ping, rst, stage } from "../support/lockstep.ts";
import { ETAG, imageOf, laneOf, sourceOf } from "../support/lockstep-images.ts";
import { MemoryNetwork } from "../support/lossy.ts";
import { introduce, OscoreNode } from "../support/oscore-node.ts";
import { credentialOf, oscoreOf } from "../support/oscore-party.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0);

function recorder(response: Response = { code: "2.05" }) {
  const calls: Request[] = [];
  const handler = (_peer: unknown, request: Request): Response => {
    calls.push(request);
    return response;
  };
  return { calls, handler };
}

const DEFECTS: ReadonlyArray<readonly [row: number, trap: string, run: () => Promise<void>]> = [
  [
    1,
    "a datagram from source port 0 kills the process",
    async () => {
      const { calls, handler } = recorder();
      const { node, another, engine } = await stage({ handler });
      const nobody = await another({ ...NODE, port: 0 });
      await nobody.sendsBytes(hex("40"));
      await nobody.sends(con("GET", "c"));
      await nobody.expectsSilence();
      expect(calls).toHaveLength(0);
      expect(engine.stats().portZero).toBe(2);
      await node.sends(con("GET", "c"));
      await node.expects(ack("2.05"));
    },
  ],
  [
    2,
    "a long token (RFC 8974) kills the process",
    async () => {
      const { node } = await stage({ handler: () => Promise.resolve({ code: "2.05", payload: new Uint8Array(1000) }) });
      await node.sendsBytes(Uint8Array.from([0x4e, 0x01, 0x12, 0x34, 0x01, 0x00, ...new Uint8Array(700)]));
      await node.expects(rst().mid(0x1234));
    },
  ],
  [
    3,
    "one malformed byte is answered with an error text",
    async () => {
      const { node } = await stage();
      await node.sendsBytes(hex("40"));
      await node.sendsBytes(hex("50010001ff"));
      await node.expectsSilence();
    },
  ],
  [
    4,
    "a handler's exception is sent to the peer, then an empty ACK",
    async () => {
      const { node, clock } = await stage({
        handler: () => {
          throw new Error("/var/lib/sidgate/secret");
        },
      });
      await node.sends(con("GET", "c"));
      await node.expects(ack("5.00"));
      await clock.advance(seconds(300));
      await node.expectsSilence();
    },
  ],
  [
    5,
    "Block1 is keyed on the token",
    async () => {
      const { calls, handler } = recorder({ code: "2.04" });
      const { node } = await stage({ handler });
      for (const [num, token] of ["", "01", "02"].entries()) {
        await node.sends(
          con("PUT", "c")
            .block1(num, num < 2 ? 1 : 0, 16)
            .token(token)
            .payload(new Uint8Array(16).fill(num)),
        );
        await node.receives();
      }
      expect(calls.map(({ payload }) => payload.length)).toEqual([48]);
    },
  ],
  [
    6,
    "a repeat runs the handler again while it is busy, and after an empty ACK",
    async () => {
      let calls = 0;
      const never = (): Promise<Response> => {
        calls += 1;
        return new Promise(() => undefined);
      };
      const { node, clock } = await stage({ handler: never });
      await node.sends(con("POST", "c"));
      await node.repeats();
      await clock.advance(seconds(3));
      await node.repeats();
      expect(calls).toBe(1);
    },
  ],
  [
    7,
    "each exchange is kept for minutes, without a count",
    async () => {
      const { engine, another } = await stage({ handler: recorder().handler, limits: { dedupTotal: 1000 } });
      const nodes = await Promise.all(Array.from({ length: 50 }, (_, i) => another({ ...NODE, port: 1000 + i })));
      for (const node of nodes) for (let i = 0; i < 100; i++) void node.sends(con("GET", "c"));
      expect(engine.stats()).toMatchObject({ requests: 5000, kept: { dedup: 1000 } });
    },
  ],
  [
    8,
    "single Block1 blocks with fresh tokens fill the memory",
    async () => {
      const { engine, another } = await stage();
      const nodes = await Promise.all(Array.from({ length: 100 }, (_, i) => another({ ...NODE, port: 1000 + i })));
      for (const node of nodes) {
        for (let i = 0; i < 20; i++) void node.sends(con("PUT", `c${i}`).block1(0, 1, 16).payload(new Uint8Array(16)));
      }
      expect(engine.stats().kept.bodies).toBe(64);
    },
  ],
  [
    9,
    "Block1 NUM 1048575 reserves gigabytes; szx 7 is accepted",
    async () => {
      const { node } = await stage();
      await node.sends(con("PUT", "c").block1(0xfffff, 0, 1024).payload("x"));
      await node.expects(ack("4.13").block1(0xfffff, 0, 1024).size1(1_048_576));
      await node.sends(con("PUT", "c").block1(0xfff, 0, 16).payload("x"));
      await node.expects(ack("4.08").block1(0, 1, 16));
      await node.sends(con("PUT", "c").option(27, hex("0f")).payload("x"));
      await node.expects(ack("4.00"));
    },
  ],
  [
    10,
    "Block2 keeps the body once per token",
    async () => {
      const { node, engine } = await stage({ handler: () => ({ code: "2.05", payload: imageOf(5000) }) });
      for (let num = 0; num < 20; num++) {
        await node.sends(con("GET", "c").block2(num, 0, 256));
        await node.receives();
      }
      expect(engine.stats().kept.snapshots).toBe(1);
    },
  ],
  [
    11,
    "a two-byte XOR takes the place of our ETag; 2.03 is never sent",
    async () => {
      const { node } = await stage({ lanes: { block: laneOf({ x: sourceOf(imageOf(3000)) }) } });
      await node.sends(con("GET", "f/x").block2(1, 0, 1024));
      await node.expects(ack("2.05").etag(ETAG).block2(1, 1, 1024).payload(imageOf(3000).subarray(1024, 2048)));
      await node.sends(con("GET", "f/x").etag(ETAG));
      await node.expects(ack("2.03").etag(ETAG));
    },
  ],
  [
    12,
    "unknown critical options are accepted, OSCORE is taken for plaintext",
    async () => {
      const { calls, handler } = recorder();
      const { node } = await stage({ handler });
      for (const number of [65_001, 9, 19]) {
        await node.sends(con("POST", "c").option(number, hex("01")));
        await node.expects(ack("4.02"));
      }
      await node.sends(con("GET", "c").option(35, new TextEncoder().encode("coap://h/")));
      await node.expects(ack("5.05"));
      await node.sends(con("GET", "c").option(1, hex("aa")));
      await node.expects(ack("2.05"));
      expect(calls.map(({ ifMatch }) => ifMatch)).toEqual([[hex("aa")]]); // If-Match is known, and the handler's to judge
    },
  ],
  [
    13,
    "a ping runs the application",
    async () => {
      const { calls, handler } = recorder();
      const { node } = await stage({ handler });
      await node.sends(ping());
      await node.expects(rst());
      await node.sends(non(0));
      await node.expectsSilence();
      expect(calls).toHaveLength(0);
    },
  ],
  [
    14,
    "unknown methods reach the application",
    async () => {
      const { calls, handler } = recorder();
      const { node } = await stage({ handler });
      await node.sends(con(0x09, "c"));
      await node.expects(ack("4.05"));
      expect(calls).toHaveLength(0);
    },
  ],
  [
    15,
    "tokens and options that are cut short, and a lone payload marker, are accepted",
    async () => {
      const { calls, handler } = recorder();
      const { node } = await stage({ handler });
      for (const bytes of ["4801000f0102", "4001000fb461", "4001000fff"]) {
        await node.sendsBytes(hex(bytes));
        await node.expects(rst().mid(0x0f));
      }
      expect(calls).toHaveLength(0);
    },
  ],
  [
    16,
    "notifications for a NON registration go out as ACK",
    async () => {
      const { node, engine } = await stage({ handler: () => ({ code: "2.05", observable: "t" }) });
      await node.sends(non("GET", "s").observe(0));
      await node.expects(non("2.05").observe());
      engine.changed("t");
      await node.expects(non("2.05").observe());
    },
  ],
  [
    17,
    "no deregistration; registering twice doubles the stream",
    async () => {
      const { node, engine } = await stage({ handler: () => ({ code: "2.05", observable: "t" }) });
      for (const observe of [0, 0, 1]) {
        await node.sends(non("GET", "s").observe(observe).token("aa"));
        await node.receives();
        expect(engine.stats().kept.observations).toBe(1 - observe);
      }
    },
  ],
  [
    18,
    "large notifications are lost",
    async () => {
      const { node, engine } = await stage({
        handler: () => ({ code: "2.05", payload: imageOf(3000), observable: "t" }),
      });
      await node.sends(non("GET", "s").observe(0));
      await node.receives();
      engine.changed("t");
      await node.expects(
        non("2.05").observe().etag().block2(0, 1, 1024).size2(3000).payload(imageOf(3000).subarray(0, 1024)),
      );
    },
  ],
  [
    19,
    "a NON observation never meets a CON, an unacknowledged CON stream grows without end",
    async () => {
      const { node, engine } = await stage({
        handler: () => ({ code: "2.05", observable: "t" }),
        limits: { confirmEvery: 2 },
      });
      await node.sends(non("GET", "s").observe(0));
      await node.receives();
      engine.changed("t");
      await node.expects(non("2.05").observe());
      for (let i = 0; i < 50; i++) {
        engine.changed("t");
        await Promise.resolve();
      }
      await node.expects(con("2.05").observe());
      await node.expectsSilence();
      expect(engine.stats().kept.confirmables).toBe(1);
    },
  ],
  [
    20,
    "path segments are joined, so that a segment can hold slashes and dots",
    async () => {
      const { calls, handler } = recorder();
      const { node } = await stage({ handler });
      const segment = new TextEncoder().encode("a/../b");
      await node.sends(con("GET").option(11, segment).path("c"));
      await node.expects(ack("2.05"));
      expect(calls[0]?.path).toEqual(["a/../b", "c"]);
    },
  ],
  [
    21,
    "of several ETags only the last is kept",
    async () => {
      const { calls, handler } = recorder();
      const { node } = await stage({ handler });
      await node.sends(con("GET", "c").etag(hex("01")).etag(hex("ff02")));
      await node.receives();
      expect(calls[0]?.etags).toEqual([hex("01"), hex("ff02")]);
    },
  ],
  [
    22,
    "a Block1 option of no length is an error",
    async () => {
      const { node } = await stage({ handler: () => ({ code: "2.04" }) });
      await node.sends(con("PUT", "c").option(27, new Uint8Array(0)).payload("x"));
      await node.expects(ack("2.04").block1(0, 0, 16));
    },
  ],
  [
    23,
    "the last answer of an upload lacks Block1; 4.08, 4.13 and Size1 are unknown",
    async () => {
      const { node } = await stage({ handler: () => ({ code: "2.04" }), limits: { bodyBytes: 64 } });
      await node.sends(con("PUT", "c").block1(0, 1, 32).payload(new Uint8Array(32)));
      await node.expects(ack("2.31").block1(0, 1, 32));
      await node.sends(con("PUT", "c").block1(1, 0, 32).payload("x"));
      await node.expects(ack("2.04").block1(1, 0, 32));
      await node.sends(con("PUT", "c").block1(1, 0, 32).payload("x"));
      await node.expects(ack("4.08").block1(0, 1, 32));
      await node.sends(con("PUT", "c").block1(0, 1, 32).size1(65).payload(new Uint8Array(32)));
      await node.expects(ack("4.13").block1(0, 0, 32).size1(64));
    },
  ],
  [
    24,
    "NON requests stay without a response",
    async () => {
      const { node } = await stage({ handler: recorder().handler });
      await node.sends(non("GET", "c"));
      await node.expects(non("2.05"));
    },
  ],
  [
    25,
    "questions to a group are answered at once, and errors too",
    async () => {
      const clock = new VirtualClock();
      const network = new MemoryNetwork(clock);
      const group = Object.assign(network.endpoint(GATEWAY), { group: true });
      const handler = (_peer: unknown, { query }: Request): Response =>
        query.length > 0 ? { code: "4.00" } : { code: "2.05", payload: hex("61") };
      const { node } = await stage({ clock, transports: [group], handler }, network);
      await node.sends(non("GET", ".well-known/core").query("?"));
      await node.sends(non("GET", ".well-known/core"));
      await node.expectsSilence();
      await clock.advance(seconds(5));
      await node.expects(non("2.05").payload("a"));
      await node.expectsSilence();
    },
  ],
  [
    26,
    "a GET of 8 bytes brings a kilobyte to an address that nobody has proven",
    async () => {
      const { node, engine } = await stage({
        admission: { southbound: [] },
        handler: () => ({ code: "2.05", payload: imageOf(3000) }),
        lanes: { block: laneOf({ x: sourceOf(imageOf(3000)) }) },
      });
      for (const path of ["c", "f/x"]) {
        const before = engine.stats();
        await node.sends(con("GET", path));
        await node.expects(ack("4.01").uint(OPTION.echo, undefined));
        const { bytesIn, bytesOut } = engine.stats();
        expect(bytesOut - before.bytesOut).toBeLessThanOrEqual(3 * (bytesIn - before.bytesIn));
      }
    },
  ],
  [
    27,
    "client: one duplicated datagram corrupts a body; neither NUM nor ETag is looked at",
    async () => {
      const scene = await stage();
      const { node } = scene;
      const body = imageOf(160);
      const part = (num: number): Uint8Array => body.subarray(num * 64, num * 64 + 64);
      const asked = ask(scene);
      for (const num of [0, 1, 2]) {
        const request = await node.receives();
        const { mid, token } = to(request);
        const answer = ack("2.05")
          .mid(mid)
          .token(token)
          .etag(ETAG)
          .block2(num, num < 2 ? 1 : 0, 64)
          .payload(part(num));
        await node.sends(answer);
        await node.sends(answer);
      }
      expect(asked.state).toMatchObject({ code: "2.05", payload: body });

      const other = ask(scene);
      for (const [num, etag] of [
        [0, ETAG],
        [1, hex("0102")],
      ] as const) {
        const { mid, token } = to(await node.receives());
        await node.sends(ack("2.05").mid(mid).token(token).etag(etag).block2(num, 1, 64).payload(part(num)));
      }
      await expectRequest(node, con("GET", "s/1")); // another state: everything anew
      expect(other.state).toBe("open");
    },
  ],
  [
    28,
    "client: a notification whose message id is that of a request of ours is taken for its acknowledgement",
    async () => {
      const scene = await stage();
      const { node, engine, clock } = scene;
      const states: string[] = [];
      const listener = {
        notified: ({ payload }: Answer): void => void states.push(new TextDecoder().decode(payload)),
        ended: (): void => undefined,
      };
      const until = { deadline: millis(clock.now() + 60_000) };
      const observing = engine.observe(PEER, GET, until, listener);
      const { mid, token } = to(await node.receives());
      await node.sends(ack("2.05").mid(mid).token(token).observe(1).uint(14, 600).payload("one"));
      await observing;
      const asked = ask(scene, { method: "PUT", path: ["s"] });
      const request = to(await node.receives());
      await node.sends(con("2.05").mid(request.mid).token(token).observe(2).uint(14, 600).payload("two"));
      await node.expects(ack().mid(request.mid));
      expect(states).toEqual(["one", "two"]);
      expect(asked.state).toBe("open");
      await node.sends(ack("2.04").mid(request.mid).token(request.token));
      expect(asked.state).toMatchObject({ code: "2.04" });
    },
  ],
  [
    29,
    "client: an answer may be endless, and come from anywhere",
    async () => {
      const scene = await stage();
      const { node } = scene;
      const asked = ask(scene);
      const stranger = await scene.another({ ...NODE, port: 6666 });
      for (let num = 0; asked.state === "open"; num++) {
        const { mid, token } = to(await node.receives());
        if (num === 0) {
          await stranger.sends(ack("2.05").mid(mid).token(token).payload("not mine"));
          await stranger.sends(con("2.05").mid(1).token(token).payload("not mine"));
          await stranger.expects(rst().mid(1));
          expect(asked.state).toBe("open");
        }
        await node.sends(ack("2.05").mid(mid).token(token).block2(num, 1, 1024).payload(imageOf(1024)));
        expect(num).toBeLessThanOrEqual(1024);
      }
      expect(asked.state).toBe("request.too-large");
    },
  ],
  [
    30,
    "OSCORE opens a retransmission before it looks whether it is one, and calls it a replay",
    async () => {
      const { calls, handler } = recorder({ code: "2.05", payload: hex("61") });
      const clock = new VirtualClock();
      const credential = credentialOf(hex("01"), hex("02"));
      const oscore = new OscoreNode(credential);
      const security = oscoreOf(clock, credential);
      const { node, engine } = await stage({ clock, handler, security }, new MemoryNetwork(clock));
      await introduce(node, oscore);
      calls.length = 0;
      const inner = { code: "0.02", options: [], payload: hex("62") };
      const { bytes } = oscore.protect({ messageId: 7, token: hex("07"), inner });
      await node.sendsBytes(bytes);
      const first = node.takeAll();
      await clock.advance(seconds(3));
      await node.sendsBytes(bytes);
      expect(first).toHaveLength(1);
      expect(node.takeAll()).toEqual(first); // the same ciphertext, too
      expect(calls).toHaveLength(1);
      expect(engine.stats().duplicates).toBe(1);
    },
  ],
];

test("every row of the dossier has its test", () => {
  expect(DEFECTS.map(([row]) => row)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
});

test.each(DEFECTS)("%d: %s", async (_row, _trap, run) => run());
