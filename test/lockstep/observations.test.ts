/** Observe (RFC 7641): registration, notifications of the right type, and all the ways it ends. */
import { expect, test } from "@jest/globals";
import { hours, millis, seconds } from "../../gateway/base/index.ts";
import { bodyEtag } from "../../gateway/coap/blockwise/block2.ts";
import type { Response } from "../../gateway/coap/index.ts";
import { decodeUint, type Message, OPTION } from "../../gateway/wire/coap/index.ts";
import { ack, con, NODE, non, rst, stage } from "../support/lockstep.ts";
import { settled } from "../support/virtual-clock.ts";

/** A resource with one number, observable as topic "t". */
function gauge() {
  const state = { value: 0, gone: false };
  const handler = (): Response =>
    state.gone ? { code: "4.04" } : { code: "2.05", payload: Uint8Array.of(state.value), observable: "t" };
  return { state, handler };
}

const sequence = (message: Message): number =>
  decodeUint(message.options.find(({ number }) => number === OPTION.observe)?.value ?? new Uint8Array(0));

test("CON registration: CON notifications that count up, until deregistered", async () => {
  const { state, handler } = gauge();
  const { node, engine } = await stage({ handler });
  await node.sends(con("GET", "s").observe(0).token("07"));
  let last = await node.expects(ack("2.05").observe().payload(Uint8Array.of(0)));
  for (const value of [1, 2]) {
    state.value = value;
    engine.changed("t");
    const next = await node.expects(con("2.05").observe().payload(Uint8Array.of(value)).token("07"));
    expect(sequence(next)).toBeGreaterThan(sequence(last));
    last = next;
    await node.sends(ack().mid(next.messageId));
  }
  engine.changed("another topic");
  await node.expectsSilence();
  await node.sends(con("GET", "s").observe(1).token("07"));
  await node.expects(ack("2.05").payload(Uint8Array.of(2)));
  engine.changed("t");
  await node.expectsSilence();
  expect(engine.stats().kept.observations).toBe(0);
});

test("NON registration: NON notifications with fresh message ids, each sixteenth is CON", async () => {
  const { handler } = gauge();
  const { node, engine, clock } = await stage({ handler });
  await node.sends(non("GET", "s").observe(0));
  await node.expects(non("2.05").observe().payload(Uint8Array.of(0)));
  for (let i = 1; i < 16; i++) {
    engine.changed("t");
    await node.expects(non("2.05").observe().payload(Uint8Array.of(0)));
    await clock.advance(seconds(3));
  }
  engine.changed("t");
  const { messageId } = await node.expects(con("2.05").observe().payload(Uint8Array.of(0)));
  await node.sends(ack().mid(messageId));
  engine.changed("t");
  await node.expects(non("2.05").observe().payload(Uint8Array.of(0)));
});

test("NON registration: at least one CON in 24 hours", async () => {
  const { handler } = gauge();
  const { node, engine, clock } = await stage({ handler });
  await node.sends(non("GET", "s").observe(0));
  await node.expects(non("2.05").observe().payload(Uint8Array.of(0)));
  await clock.advance(hours(24));
  engine.changed("t");
  await node.expects(con("2.05").observe().payload(Uint8Array.of(0)));
});

test("a RST to a NON notification ends the observation", async () => {
  const { handler } = gauge();
  const { node, engine } = await stage({ handler });
  await node.sends(non("GET", "s").observe(0));
  await node.receives();
  engine.changed("t");
  const { messageId } = await node.expects(non("2.05").observe().payload(Uint8Array.of(0)));
  await node.sends(rst().mid(messageId));
  expect(engine.stats().kept.observations).toBe(0);
});

test("a RST that comes when the next notifications have left ends it as well", async () => {
  const { handler } = gauge();
  const { node, engine, clock } = await stage({ handler });
  await node.sends(non("GET", "s").observe(0));
  await node.receives();
  const ids: number[] = [];
  for (let i = 0; i < 6; i++) {
    engine.changed("t");
    ids.push((await node.expects(non("2.05").observe().payload(Uint8Array.of(0)))).messageId);
    await clock.advance(seconds(3));
  }
  await node.sends(rst().mid(ids[0] ?? 0)); // too long ago to be known
  expect(engine.stats().kept.observations).toBe(1);
  await node.sends(rst().mid(ids[2] ?? 0));
  expect(engine.stats().kept.observations).toBe(0);
});

test("a RST to a CON notification ends it too", async () => {
  const { handler } = gauge();
  const { node, engine, clock } = await stage({ handler });
  await node.sends(con("GET", "s").observe(0));
  await node.receives();
  engine.changed("t");
  const { messageId } = await node.expects(con("2.05").observe().payload(Uint8Array.of(0)));
  await node.sends(rst().mid(messageId));
  await clock.advance(seconds(100));
  await node.expectsSilence();
  expect(engine.stats().kept).toMatchObject({ observations: 0, confirmables: 0 });
});

test("a client that stays silent is forgotten after one lost CON", async () => {
  const { handler } = gauge();
  const { node, engine, clock } = await stage({ handler });
  await node.sends(con("GET", "s").observe(0));
  await node.receives();
  engine.changed("t");
  await clock.advance(seconds(100));
  for (let sent = 0; sent < 5; sent++) await node.expects(con("2.05").observe().payload(Uint8Array.of(0)));
  expect(engine.stats()).toMatchObject({ lost: 1, kept: { observations: 0 } });
});

test("while a CON is under way changes wait; its ACK brings the newest state only", async () => {
  const { state, handler } = gauge();
  const { node, engine } = await stage({ handler });
  await node.sends(con("GET", "s").observe(0));
  await node.receives();
  state.value = 1;
  engine.changed("t");
  const { messageId } = await node.expects(con("2.05").observe().payload(Uint8Array.of(1)));
  for (const value of [2, 3, 4]) {
    state.value = value;
    engine.changed("t");
    await node.expectsSilence();
  }
  await node.sends(ack().mid(messageId));
  await node.expects(con("2.05").observe().payload(Uint8Array.of(4)));
  await node.expectsSilence();
});

test("many changes in one turn are one notification", async () => {
  const { handler } = gauge();
  const { node, engine } = await stage({ handler });
  await node.sends(non("GET", "s").observe(0));
  await node.receives();
  for (let i = 0; i < 100; i++) engine.changed("t");
  await node.expects(non("2.05").observe().payload(Uint8Array.of(0)));
  await node.expectsSilence();
});

test("registering again with the same token does not double the stream", async () => {
  const { handler } = gauge();
  const { node, engine } = await stage({ handler });
  for (let time = 0; time < 2; time++) {
    await node.sends(non("GET", "s").observe(0).token("07"));
    await node.expects(non("2.05").observe().payload(Uint8Array.of(0)));
  }
  engine.changed("t");
  await node.expects(non("2.05").observe().payload(Uint8Array.of(0)));
  await node.expectsSilence();
  expect(engine.stats().kept.observations).toBe(1);
});

test("registering again and again takes one place in the table", async () => {
  const { handler } = gauge();
  const { node, engine } = await stage({ handler });
  for (let time = 0; time < 40; time++) {
    await node.sends(non("GET", "s").observe(0).token("07"));
    await node.expects(non("2.05").observe().payload(Uint8Array.of(0)));
  }
  await node.sends(non("GET", "s").observe(0).token("08"));
  await node.expects(non("2.05").observe().payload(Uint8Array.of(0)));
  expect(engine.stats().kept.observations).toBe(2);
});

test("an error is the last notification, without Observe", async () => {
  const { state, handler } = gauge();
  const { node, engine } = await stage({ handler });
  await node.sends(non("GET", "s").observe(0));
  await node.receives();
  state.gone = true;
  engine.changed("t");
  await node.expects(non("4.04"));
  expect(engine.stats().kept.observations).toBe(0);
});

test("a state in another Content-Format than the first is not told: 4.06 is the last notification (RFC 7641 §4.2)", async () => {
  let contentFormat = 50;
  const handler = (): Response => ({ code: "2.05", payload: Uint8Array.of(1), contentFormat, observable: "t" });
  const { node, engine } = await stage({ handler });
  await node.sends(non("GET", "s").observe(0));
  await node.expects(non("2.05").observe().contentFormat(50).payload(Uint8Array.of(1)));
  engine.changed("t");
  await node.expects(non("2.05").observe().contentFormat(50).payload(Uint8Array.of(1)));
  contentFormat = 60;
  engine.changed("t");
  await node.expects(non("4.06"));
  expect(engine.stats().kept.observations).toBe(0);
});

test("a notification larger than a block brings block 0, the rest is fetched from the same state", async () => {
  let body = new Uint8Array(1500).fill(1);
  const handler = (): Response => ({ code: "2.05", payload: body, observable: "t" });
  const { node, engine } = await stage({ handler });
  await node.sends(non("GET", "s").observe(0).token("07"));
  await node.receives();
  body = new Uint8Array(1500).fill(2);
  const notified = body;
  engine.changed("t");
  const etag = bodyEtag(notified);
  await node.expects(
    non("2.05").observe().block2(0, 1, 1024).etag(etag).size2(1500).payload(notified.subarray(0, 1024)),
  );
  body = new Uint8Array(1500).fill(3);
  await node.sends(con("GET", "s").block2(1, 0, 1024).token("08"));
  await node.expects(ack("2.05").block2(1, 0, 1024).etag(etag).payload(notified.subarray(1024)));
});

test("a request is kept as long as it observes, so a large one is answered once, and ends what it would renew", async () => {
  const { handler } = gauge();
  const { node, engine } = await stage({ handler });
  const part = new Uint8Array(1024);
  const body = (num: number) =>
    con("FETCH", "s")
      .observe(0)
      .block1(num, num < 5 ? 1 : 0, 1024)
      .payload(part)
      .token("07");
  await node.sends(con("FETCH", "s").observe(0).payload("x").token("07"));
  await node.expects(ack("2.05").observe().payload(Uint8Array.of(0)));
  expect(engine.stats().kept.observations).toBe(1);
  for (let num = 0; num < 5; num++) {
    await node.sends(body(num));
    await node.expects(ack("2.31").block1(num, 1, 1024));
  }
  await node.sends(body(5));
  await node.expects(ack("2.05").block1(5, 0, 1024).payload(Uint8Array.of(0)));
  expect(engine.stats().kept.observations).toBe(0);
  await node.sends(con("GET", "s").observe(0).option(65_000, new Uint8Array(4_096))); // nobody understands it
  await node.expects(ack("2.05").payload(Uint8Array.of(0)));
  expect(engine.stats().kept.observations).toBe(0);
});

test("FETCH can observe; other methods cannot", async () => {
  const { handler } = gauge();
  const { node, engine } = await stage({ handler });
  await node.sends(non("FETCH", "s").observe(0).payload("x"));
  await node.expects(non("2.05").observe().payload(Uint8Array.of(0)));
  await node.sends(non("POST", "s").observe(0));
  await node.expects(non("2.05").payload(Uint8Array.of(0)));
  expect(engine.stats().kept.observations).toBe(1);
});

test("a full table: the answer comes, without Observe", async () => {
  const { handler } = gauge();
  const { node, another, engine } = await stage({ handler, limits: { observationsPerPeer: 1, observationsTotal: 2 } });
  await node.sends(con("GET", "s").observe(0));
  await node.expects(ack("2.05").observe().payload(Uint8Array.of(0)));
  await node.sends(con("GET", "s").observe(0));
  await node.expects(ack("2.05").payload(Uint8Array.of(0)));
  for (const [port, full] of [
    [1, false],
    [2, true],
  ] as const) {
    const other = await another({ ...NODE, port });
    await other.sends(con("GET", "s").observe(0));
    const answer = ack("2.05").payload(Uint8Array.of(0));
    await other.expects(full ? answer : answer.observe());
  }
  expect(engine.stats().kept.observations).toBe(2);
});

test("what changes while the first answer is being made is told right after it", async () => {
  let release: (response: Response) => void = () => undefined;
  let calls = 0;
  const handler = (): Response | Promise<Response> => {
    calls += 1;
    if (calls > 1) return { code: "2.05", payload: Uint8Array.of(2), observable: "t" };
    return new Promise((resolve) => {
      release = resolve;
    });
  };
  const { node, engine } = await stage({ handler });
  await node.sends(non("GET", "s").observe(0));
  engine.changed("t");
  await settled();
  release({ code: "2.05", payload: Uint8Array.of(1), observable: "t" });
  await node.expects(non("2.05").observe().payload(Uint8Array.of(1)));
  await node.expects(non("2.05").observe().payload(Uint8Array.of(2)));
});

test("two nodes with the same token are two observations", async () => {
  const { handler } = gauge();
  const { node, another, engine } = await stage({ handler });
  const neighbour = await another({ ...NODE, port: 40_008 });
  for (const party of [node, neighbour]) {
    await party.sends(non("GET", "s").observe(0).token("07"));
    await party.expects(non("2.05").observe().payload(Uint8Array.of(0)));
  }
  engine.changed("t");
  for (const party of [node, neighbour])
    await party.expects(non("2.05").observe().payload(Uint8Array.of(0)).token("07"));
});

test("a closed engine notifies nobody", async () => {
  const { handler } = gauge();
  const { node, engine, clock } = await stage({ handler });
  await node.sends(con("GET", "s").observe(0));
  await node.receives();
  engine.changed("t");
  await engine.close();
  await clock.advance(seconds(100));
  await node.expectsSilence();
});

test("deregistering under another token, or from another place, ends nothing (RFC 7641 §3.6)", async () => {
  const { handler } = gauge();
  const { node, another, engine } = await stage({ handler });
  const neighbour = await another({ ...NODE, port: 40_008 });
  await node.sends(non("GET", "s").observe(0).token("07"));
  await node.expects(non("2.05").observe().payload(Uint8Array.of(0)));
  await node.sends(non("GET", "s").observe(1).token("08"));
  await node.expects(non("2.05").payload(Uint8Array.of(0)));
  await neighbour.sends(non("GET", "s").observe(1).token("07"));
  await neighbour.expects(non("2.05").payload(Uint8Array.of(0)));
  engine.changed("t");
  await node.expects(non("2.05").observe().payload(Uint8Array.of(0)).token("07"));
});

test("registering anew as CON makes the notifications CON, and as NON again NON; the numbers go on", async () => {
  const { handler } = gauge();
  const { node, engine } = await stage({ handler });
  const numbers: number[] = [];
  for (const register of [non, con, non]) {
    const answer = register === con ? ack("2.05") : non("2.05");
    await node.sends(register("GET", "s").observe(0).token("07"));
    numbers.push(sequence(await node.expects(answer.observe().payload(Uint8Array.of(0)))));
    engine.changed("t");
    const told = await node.expects(register("2.05").observe().payload(Uint8Array.of(0)).token("07"));
    numbers.push(sequence(told));
    if (register === con) await node.sends(ack().mid(told.messageId));
  }
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(new Set(numbers).size).toBe(6);
});

test("registering anew for what is no more ends the observation (RFC 7641 §4.1)", async () => {
  const { state, handler } = gauge();
  const { node, engine } = await stage({ handler });
  await node.sends(non("GET", "s").observe(0).token("07"));
  await node.receives();
  state.gone = true;
  await node.sends(non("GET", "s").observe(0).token("07"));
  await node.expects(non("4.04"));
  expect(engine.stats().kept.observations).toBe(0);
  engine.changed("t");
  await node.expectsSilence();
});

test.each([
  ["a later block (RFC 7959 §3.4)", non("GET", "s").observe(0).block2(1, 0, 16)],
  ["a value that is neither 0 nor 1", non("GET", "s").observe(2)],
  ["a value of four bytes, as an elective option that is not understood", non("GET", "s").option(6, new Uint8Array(4))],
])("nothing is registered by %s", async (_name, line) => {
  const handler = (): Response => ({ code: "2.05", payload: new Uint8Array(20), observable: "t" });
  const { node, engine } = await stage({ handler });
  await node.sends(line);
  const { options } = await node.receives();
  expect(options.map(({ number }) => number)).not.toContain(OPTION.observe);
  expect(engine.stats().kept.observations).toBe(0);
});

test("a CON that nobody acknowledges is sent again as it was; what changed meanwhile goes after it (RFC 7641 §4.5.2)", async () => {
  const { state, handler } = gauge();
  const { node, engine, clock } = await stage({ handler });
  await node.sends(con("GET", "s").observe(0));
  await node.receives();
  state.value = 1;
  engine.changed("t");
  const { messageId } = await node.expects(con("2.05").observe().payload(Uint8Array.of(1)));
  state.value = 2;
  engine.changed("t");
  await clock.advance(seconds(3));
  await node.expects(con("2.05").observe().payload(Uint8Array.of(1)).mid(messageId));
  await node.sends(ack().mid(messageId));
  await node.expects(con("2.05").observe().payload(Uint8Array.of(2)));
});

test("NON notifications to one client: five at once, then one in three seconds, with the newest state (RFC 7641 §4.5.1)", async () => {
  const { state, handler } = gauge();
  const { node, another, engine, clock } = await stage({ handler });
  const neighbour = await another({ ...NODE, port: 40_008 });
  for (const token of ["07", "08"]) await node.sends(non("GET", "s").observe(0).token(token));
  node.takeAll();
  const told = async (): Promise<readonly number[]> => {
    state.value += 1;
    engine.changed("t");
    await settled();
    return node.takeAll().map((bytes) => bytes.at(-1) ?? 0);
  };
  expect([await told(), await told(), await told(), await told()]).toEqual([[1, 1], [2, 2], [3], []]);
  await neighbour.sends(non("GET", "s").observe(0));
  await neighbour.receives();
  expect(await told()).toEqual([]);
  await neighbour.expects(non("2.05").observe().payload(Uint8Array.of(5)));
  await clock.advance(millis(2999));
  await node.expectsSilence();
  await clock.advance(millis(1));
  expect(node.takeAll().map((bytes) => bytes.at(-1))).toEqual([5]);
  await clock.advance(seconds(3));
  expect(node.takeAll().map((bytes) => bytes.at(-1))).toEqual([5]);
  await clock.advance(seconds(60)); // the silence is paid back
  await node.expectsSilence();
  expect([await told(), await told(), await told()]).toEqual([[6, 6], [7, 7], [8]]);
});

test("registering anew does not hurry the notifications, and a closed engine sends none of those that wait", async () => {
  const { handler } = gauge();
  const { node, engine, clock } = await stage({ handler });
  for (let time = 0; time < 10; time++) {
    await node.sends(non("GET", "s").observe(0).token("07"));
    engine.changed("t");
    await settled();
  }
  expect(node.takeAll()).toHaveLength(10 + 5);
  await engine.close();
  await clock.advance(seconds(60));
  await node.expectsSilence();
});
