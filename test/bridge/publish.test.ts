/** PUBLISH of our own making: golden bytes, read back by mqtt-packet; packet identifiers, topic aliases, what leaves in one write. */
import { createRequire } from "node:module";
import { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Refusal } from "../../cloud-bridge/mqtt/link/connection.ts";
import { publishHead, type Sending } from "../../cloud-bridge/mqtt/link/publish-packet.ts";
import { PacketIds, Publisher } from "../../cloud-bridge/mqtt/link/publisher.ts";
import { TopicAliases } from "../../cloud-bridge/mqtt/link/topic-aliases.ts";
import { jsonBytes, type Message, propertiesOf } from "../../cloud-bridge/mqtt/outbox/message.ts";
import { BugError } from "../../gateway/base/index.ts";

interface Parser {
  on(event: "packet", take: (packet: Readonly<Record<string, unknown>>) => void): void;
  parse(bytes: Uint8Array): void;
}
/** What mqtt.js reads packets with. */
const mqttPacket: { parser(options: { protocolVersion: number }): Parser } = createRequire(import.meta.resolve("mqtt"))(
  "mqtt-packet",
);

const wire = (message: Message, sending: Sending): Buffer =>
  Buffer.concat([Buffer.from(publishHead(message, sending), "latin1"), message.payload]);

function read(bytes: Uint8Array, protocolVersion: number): ReadonlyArray<Readonly<Record<string, unknown>>> {
  const packets: Array<Readonly<Record<string, unknown>>> = [];
  const parser = mqttPacket.parser({ protocolVersion });
  parser.on("packet", (packet) => packets.push(packet));
  parser.parse(bytes);
  return packets;
}

const health: Message = { kind: "health", topic: "a/h", seq: 0, payload: jsonBytes({}) };
const data: Message = {
  kind: "nodeData",
  topic: "a/é",
  seq: 7,
  payload: jsonBytes({ "sidgate-mqtt:meta": { seq: "7", epoch: 1, observed: "t" } }),
};
const reply: Message = {
  kind: "reply",
  topic: "r",
  seq: 1,
  payload: jsonBytes({}),
  correlation: Uint8Array.of(255, 0),
};
const log: Message = { kind: "log", topic: "l", seq: 0, payload: jsonBytes({}) };
const hex = (text: string): string => Buffer.from(text).toString("hex");
const CONTENT = hex("application/json");

const GOLDEN: ReadonlyArray<readonly [string, Message, Sending, string]> = [
  ["MQTT 3.1.1 §3.3: QoS 1, retained", health, { protocol: 4, id: 0x1234 }, `33090003${hex("a/h")}1234${hex("{}")}`],
  [
    "MQTT 3.1.1 §3.3.1.2: QoS 0 has no packet identifier",
    log,
    { protocol: 4, id: 1 },
    `30050001${hex("l")}${hex("{}")}`,
  ],
  [
    "MQTT 5.0 §3.3.2.3: expiry, format, content type",
    health,
    { protocol: 5, id: 1 },
    `33240003${hex("a/h")}00011a010102000000b4030010${CONTENT}${hex("{}")}`,
  ],
  [
    "MQTT 5.0 §3.3.2.3.4: a topic alias that is told, with correlation data",
    reply,
    { protocol: 5, id: 0xffff, alias: { number: 258, known: false } },
    `32250001${hex("r")}ffff1d0101230102090002ff00030010${CONTENT}${hex("{}")}`,
  ],
  [
    "MQTT 5.0 §3.3.2.3.7: user properties, of a replay too, in the place of a known topic its alias",
    data,
    { protocol: 5, id: 2, alias: { number: 1, known: true }, replay: true },
    `338f0100000002500101230001260003${hex("seq")}000137260005${hex("epoch")}000131260008${hex("observed")}000174` +
      `260006${hex("replay")}00013103001a${hex("application/yang-data+json")}${Buffer.from(data.payload).toString("hex")}`,
  ],
];

describe("PUBLISH", () => {
  test.each(GOLDEN)("%s", (_rule, message, sending, golden) => {
    expect(wire(message, sending).toString("hex")).toBe(golden);
  });

  test("mqtt-packet reads back what was said, whatever is said", () => {
    const texts = fc.string({ unit: "grapheme", maxLength: 40 }).map((text) => text.replaceAll("\0", ""));
    const messages = fc.record({
      topic: texts.map((topic) => `s/${topic}/event`),
      observed: texts,
      filling: fc.nat(20_000),
      correlation: fc.option(fc.uint8Array({ maxLength: 40 }), { nil: undefined }),
      kind: fc.constantFrom("nodeData", "event", "reply", "nodeState", "log"),
      id: fc.integer({ min: 1, max: 0xffff }),
      protocol: fc.constantFrom(4, 5),
      replay: fc.boolean(),
    });
    fc.assert(
      fc.property(messages, ({ topic, observed, filling, correlation, kind, id, protocol, replay }) => {
        const members = {
          "sidgate-mqtt:meta": { seq: "7", observed },
          seq: "7",
          type: observed,
          f: "x".repeat(filling),
        };
        const bare: Message = { kind, topic, seq: 7, payload: jsonBytes(members) };
        const message: Message = correlation === undefined ? bare : { ...bare, correlation };
        const [packet, ...more] = read(wire(message, { protocol, id, replay }), protocol);
        const { contentType, user } = propertiesOf(message);
        const userProperties = { ...user, ...(replay ? { replay: "1" } : {}) };
        expect(more).toEqual([]);
        expect(packet).toMatchObject({
          cmd: "publish",
          topic: Buffer.from(topic).toString(),
          qos: kind === "log" ? 0 : 1,
          retain: kind === "nodeData" || kind === "nodeState",
          payload: Buffer.from(message.payload),
          ...(kind === "log" ? {} : { messageId: id }),
        });
        if (protocol === 4) return;
        expect({ ...(packet?.["properties"] as object) }).toEqual({
          payloadFormatIndicator: true,
          contentType,
          ...(Object.keys(userProperties).length === 0
            ? {}
            : { userProperties: expect.objectContaining(userProperties) }),
          ...(correlation === undefined ? {} : { correlationData: Buffer.from(correlation) }),
        });
      }),
      { seed: 8, numRuns: 150 },
    );
  });

  test("MQTT 5.0 §1.5.4: no text of more than 65535 bytes gets onto the line", () => {
    const attempt = (): unknown => publishHead({ ...health, topic: "é".repeat(32_768) }, { protocol: 4, id: 1 });
    expect(attempt).toThrow(BugError);
  });
});

test("MQTT 5.0 §2.2.1: a packet identifier is given away again only when it is free", () => {
  const ids = new PacketIds();
  expect([ids.allocate(), ids.allocate(), ids.register(4), ids.register(2)]).toEqual([1, 2, true, false]);
  ids.deallocate(1);
  const rest = Array.from({ length: 0xffff - 2 }, () => ids.allocate());
  expect(new Set(rest).size).toBe(rest.length);
  expect(rest.slice(0, 3)).toEqual([3, 5, 6]);
  expect([rest.at(-1), ids.getLastAllocated()]).toEqual([1, 1]);
  ids.clear();
  expect(ids.allocate()).toBe(2);
});

test("MQTT 5.0 §3.3.2.3.4: as many aliases as the broker takes; the topic that was told longest ago gives its own away", () => {
  const none = new TopicAliases(0);
  expect(none.of("a")).toBeUndefined();
  const two = new TopicAliases(2);
  const told = ["a", "b", "a", "c", "a", "b"].map((topic) => two.of(topic));
  expect(told.map((alias) => `${alias?.number}${alias?.known === true ? "" : " new"}`)).toEqual([
    "1 new",
    "2 new",
    "1",
    "2 new",
    "1",
    "2 new",
  ]);
});

describe("a connection's publisher", () => {
  function opened() {
    const writes: Buffer[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        writes.push(chunk);
        done();
      },
    });
    const ids = new PacketIds();
    return { writes, stream, ids, publisher: new Publisher({ stream, ids, protocol: 5, aliases: 1 }) };
  }
  const taking = () => {
    const answers: Array<Refusal | undefined> = [];
    return { answers, take: (refusal: Refusal | undefined) => void answers.push(refusal) };
  };

  test("hands over in one write what is published in one turn, in order", async () => {
    const { writes, publisher } = opened();
    const { answers, take } = taking();
    for (const message of [data, data, reply]) publisher.publish(message, take, false);
    expect(writes).toEqual([]);
    await nextTurn();
    expect(writes.length).toBe(1);
    expect(read(writes[0] ?? Buffer.alloc(0), 5).map(({ topic, messageId }) => [topic, messageId])).toEqual([
      ["a/é", 1],
      ["", 2],
      ["r", 3],
    ]);
    publisher.publish(data, take, false);
    await nextTurn();
    expect([writes.length, answers]).toEqual([2, []]);
  });

  test("MQTT 5.0 §3.4: each PUBACK answers its own message, once; a packet that is not ours answers nothing", () => {
    const { ids, publisher } = opened();
    const packages = ids.allocate();
    const { answers, take } = taking();
    publisher.publish(data, take, false);
    publisher.publish(reply, take, false);
    publisher.acked(packages, 0, "");
    expect(answers).toEqual([]);
    publisher.acked(3, 0x97, "Quota exceeded");
    publisher.acked(2, 0x10, "No matching subscribers");
    publisher.acked(2, 0, "");
    expect(answers).toEqual([{ code: 0x97, text: "Quota exceeded" }, undefined]);
    expect([ids.register(2), ids.register(3), ids.register(packages)]).toEqual([true, true, false]);
  });

  test("QoS 0 is done when it is published, or when a socket that is full has room", () => {
    const { answers, take } = taking();
    opened().publisher.publish(log, take, false);
    expect(answers).toEqual([undefined]);
    const full = new Writable({ highWaterMark: 1, write: () => undefined });
    full.write("x");
    const publisher = new Publisher({ stream: full, ids: new PacketIds(), protocol: 4, aliases: 0 });
    for (let n = 0; n < 20; n++) publisher.publish(log, take, false);
    expect([answers.length, full.listenerCount("drain")]).toEqual([1, 1]);
    full.emit("drain");
    expect(answers.length).toBe(21);
  });

  test("writes nothing to a line that is gone", async () => {
    const { writes, stream, publisher } = opened();
    publisher.publish(data, taking().take, false);
    stream.destroy();
    await nextTurn();
    expect(writes).toEqual([]);
  });
});
