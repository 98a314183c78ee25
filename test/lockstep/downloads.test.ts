/** Large responses (Block2, RFC 7959 §2.4): all blocks of a transfer come from one state. */
import { expect, test } from "@jest/globals";
import { minutes } from "../../gateway/base/index.ts";
import { bodyEtag } from "../../gateway/coap/blockwise/block2.ts";
import type { Request, Response } from "../../gateway/coap/index.ts";
import { ack, con, NODE, stage } from "../support/lockstep.ts";
import { imageOf } from "../support/lockstep-images.ts";

const FIRST = imageOf(1500);
const SECOND = imageOf(1500).map((byte) => byte ^ 0xff);

/** A resource that is another one each time it is asked. */
function changing(code: Response["code"] = "2.05") {
  const calls: Request[] = [];
  const handler = (_peer: unknown, request: Request): Response => {
    calls.push(request);
    return { code, payload: calls.length === 1 ? FIRST : SECOND, contentFormat: 140 };
  };
  return { calls, handler };
}

test("the second block comes from the state of the first, although everything changed meanwhile", async () => {
  const { calls, handler } = changing();
  const { node, engine } = await stage({ handler });
  const etag = bodyEtag(FIRST);
  await node.sends(con("GET", "c"));
  await node.expects(
    ack("2.05").block2(0, 1, 1024).etag(etag).contentFormat(140).size2(1500).payload(FIRST.subarray(0, 1024)),
  );
  await node.sends(con("GET", "c").block2(1, 0, 1024));
  await node.expects(ack("2.05").block2(1, 0, 1024).etag(etag).contentFormat(140).payload(FIRST.subarray(1024)));
  expect(calls).toHaveLength(1);
  expect(engine.stats().kept.snapshots).toBe(1);

  // a new transfer sees the new state
  await node.sends(con("GET", "c").block2(0, 0, 512));
  await node.expects(
    ack("2.05")
      .block2(0, 1, 512)
      .etag(bodyEtag(SECOND))
      .contentFormat(140)
      .size2(1500)
      .payload(SECOND.subarray(0, 512)),
  );
});

test("block size may shrink midway, and any block may be asked again", async () => {
  const { node } = await stage({ handler: changing().handler });
  const etag = bodyEtag(FIRST);
  await node.sends(con("GET", "c"));
  await node.receives();
  for (const [num, size] of [
    [8, 64],
    [46, 32],
    [8, 64],
    [1, 1024],
  ] as const) {
    await node.sends(con("GET", "c").block2(num, 0, size));
    const more = (num + 1) * size < FIRST.length ? 1 : 0;
    await node.expects(
      ack("2.05")
        .block2(num, more, size)
        .etag(etag)
        .contentFormat(140)
        .payload(FIRST.subarray(num * size, (num + 1) * size)),
    );
  }
});

test("Accept, query and place select the transfer", async () => {
  const { calls, handler } = changing();
  const { node, another } = await stage({ handler });
  await node.sends(con("GET", "c").accept(140));
  await node.receives();
  await node.sends(con("GET", "c").query("d=a").accept(140).block2(1, 0, 1024));
  await node.expects(
    ack("2.05").block2(1, 0, 1024).etag(bodyEtag(SECOND)).contentFormat(140).payload(SECOND.subarray(1024)),
  );
  const neighbour = await another({ ...NODE, port: 40_008 });
  await neighbour.sends(con("GET", "c").accept(140).block2(1, 0, 1024));
  await neighbour.receives();
  expect(calls).toHaveLength(3);
});

test("after the snapshot is gone a GET is answered from the present state, its ETag says so", async () => {
  const { calls, handler } = changing();
  const { node, clock, engine } = await stage({ handler });
  await node.sends(con("GET", "c"));
  await node.receives();
  await clock.advance(minutes(6));
  expect(engine.stats().kept.snapshots).toBe(0);
  await node.sends(con("GET", "c").block2(1, 0, 1024));
  await node.expects(
    ack("2.05").block2(1, 0, 1024).etag(bodyEtag(SECOND)).contentFormat(140).payload(SECOND.subarray(1024)),
  );
  expect(calls).toHaveLength(2);
});

test("a POST runs once: its later blocks come without payload (RFC 7959 §3.3), or 4.08 when they are gone", async () => {
  const { calls, handler } = changing("2.04");
  const { node, clock } = await stage({ handler });
  await node.sends(con("POST", "rpc").payload("do it"));
  await node.expects(
    ack("2.04").block2(0, 1, 1024).etag().contentFormat(140).size2(1500).payload(FIRST.subarray(0, 1024)),
  );
  await node.sends(con("POST", "rpc").block2(1, 0, 1024));
  await node.expects(ack("2.04").block2(1, 0, 1024).etag().contentFormat(140).payload(FIRST.subarray(1024)));
  await clock.advance(minutes(6));
  await node.sends(con("POST", "rpc").block2(1, 0, 1024));
  await node.expects(ack("4.08"));
  expect(calls).toHaveLength(1);
});

test("FETCH: two selections of one resource are two transfers", async () => {
  const { calls, handler } = changing();
  const { node } = await stage({ handler });
  await node.sends(con("FETCH", "c").contentFormat(141).payload("one"));
  await node.receives();
  await node.sends(con("FETCH", "c").contentFormat(141).payload("two"));
  await node.receives();
  await node.sends(con("FETCH", "c").contentFormat(141).payload("one").block2(1, 0, 1024));
  await node.expects(
    ack("2.05").block2(1, 0, 1024).etag(bodyEtag(FIRST)).contentFormat(140).payload(FIRST.subarray(1024)),
  );
  expect(calls).toHaveLength(2);
});

test("the handler's ETag is used, and 2.03 answers it only for block 0", async () => {
  const etag = Uint8Array.of(0xaa);
  const { node } = await stage({ handler: () => ({ code: "2.05", payload: FIRST, etag }) });
  await node.sends(con("GET", "c").etag(etag));
  await node.expects(ack("2.03").etag(etag));
  await node.sends(con("GET", "c").etag(etag).block2(1, 0, 1024));
  await node.expects(ack("2.05").block2(1, 0, 1024).etag(etag).payload(FIRST.subarray(1024)));
});

test("what fits one block goes without Block2 unless asked; past the end is 4.02", async () => {
  const { node } = await stage({ handler: () => ({ code: "2.05", payload: FIRST.subarray(0, 100) }) });
  await node.sends(con("GET", "c"));
  await node.expects(ack("2.05").payload(FIRST.subarray(0, 100)));
  await node.sends(con("GET", "c").block2(0, 0, 128));
  await node.expects(ack("2.05").block2(0, 0, 128).payload(FIRST.subarray(0, 100)));
  await node.sends(con("GET", "c").block2(1, 0, 128));
  await node.expects(ack("4.02"));
});

test("snapshots are bounded per peer; the newest stay", async () => {
  const { node, engine } = await stage({ handler: () => ({ code: "2.05", payload: FIRST }) });
  for (let i = 0; i < 20; i++) {
    await node.sends(con("GET", `c${i}`));
    await node.receives();
  }
  expect(engine.stats().kept.snapshots).toBe(4);
});

test("Block1 and Block2 in one exchange", async () => {
  const { calls, handler } = changing("2.04");
  const { node } = await stage({ handler });
  await node.sends(con("POST", "rpc").block1(0, 1, 16).payload(FIRST.subarray(0, 16)));
  await node.expects(ack("2.31").block1(0, 1, 16));
  await node.sends(con("POST", "rpc").block1(1, 0, 16).payload("end"));
  await node.expects(
    ack("2.04")
      .block1(1, 0, 16)
      .block2(0, 1, 1024)
      .etag()
      .contentFormat(140)
      .size2(1500)
      .payload(FIRST.subarray(0, 1024)),
  );
  await node.sends(con("POST", "rpc").block2(1, 0, 1024));
  await node.expects(ack("2.04").block2(1, 0, 1024).etag().contentFormat(140).payload(FIRST.subarray(1024)));
  expect(calls).toHaveLength(1);
});
