/** Sparkplug 3.0.0: the payload's bytes, the edge node's rules by their names in the TCK, and the connection over Mosquitto. */
import { afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import mqtt from "mqtt";
import { openBridge } from "../../cloud-bridge/app/index.ts";
import type { Connection, DialRequest } from "../../cloud-bridge/mqtt/link/connection.ts";
import type { Message } from "../../cloud-bridge/mqtt/outbox/message.ts";
import { Edge } from "../../cloud-bridge/mqtt/sparkplug/edge.ts";
import { hostState } from "../../cloud-bridge/mqtt/sparkplug/host-state.ts";
import { isAlive, metricsOf } from "../../cloud-bridge/mqtt/sparkplug/metrics.ts";
import {
  type DecodedPayload,
  decodePayload,
  encodePayload,
  type Metric,
  type Payload,
} from "../../cloud-bridge/mqtt/sparkplug/payload.ts";
import { Sparkplug, type SparkplugOptions } from "../../cloud-bridge/mqtt/sparkplug/sparkplug.ts";
import {
  fromHex,
  isCoded,
  Lifecycle,
  type Logger,
  millis,
  type NodeId,
  SILENT,
  StoreError,
  seededRandom,
  systemClock,
} from "../../gateway/base/index.ts";
import { memoryJournal, memoryState } from "../../gateway/store/index.ts";
import { fixedSchema } from "../../gateway/yang/index.ts";
import { hasMosquitto, startMosquitto } from "../support/bridge-mosquitto.ts";
import { atSecond, joined, nodeId, SITE } from "../support/bridge-site.ts";
import { bridgeSchema, bridgeTrees } from "../support/bridge-trees.ts";
import { reported, watched } from "../support/bridge-views.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const metric = (name: string, type: Metric["type"], value: Metric["value"], unit?: string): Metric => ({
  name,
  timestamp: 2,
  type,
  value,
  unit,
});
const codeOf = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return isCoded(error) ? error.code : error;
  }
};

describe("Sparkplug 3.0.0 §6.4.1: the payload", () => {
  // What Google's Protocol Buffers write for the published sparkplug_b.proto.
  const GOLDEN: ReadonlyArray<readonly [name: string, payload: Payload, birth: boolean, bytes: string]> = [
    ["without metrics", { timestamp: 1, metrics: [], seq: 7 }, false, "08011807"],
    ["without seq", { timestamp: 300, metrics: [] }, false, "08ac02"],
    [
      "a metric of a birth, with type",
      { timestamp: 1, metrics: [metric("b", "Boolean", false)], seq: 0 },
      true,
      "080112090a01621802200b70001800",
    ],
    [
      "a metric of data, without type",
      { timestamp: 1, metrics: [metric("b", "Boolean", true)], seq: 255 },
      false,
      "080112070a01621802700118ff01",
    ],
    ["null", { timestamp: 1, metrics: [metric("s", "String", null)] }, false, "080112070a017318023801"],
    ["text", { timestamp: 1, metrics: [metric("s", "String", "é")] }, false, "080112090a017318027a02c3a9"],
    [
      "a double",
      { timestamp: 1, metrics: [metric("d", "Double", 21.5)] },
      false,
      "0801120e0a01641802690000000000803540",
    ],
    [
      "bytes",
      { timestamp: 1, metrics: [metric("x", "Bytes", Uint8Array.of(0, 255))] },
      false,
      "0801120a0a0178180282010200ff",
    ],
    [
      "Int8 below zero, in eight bits",
      { timestamp: 1, metrics: [metric("i", "Int8", -5)] },
      false,
      "080112080a0169180250fb01",
    ],
    [
      "Int32 below zero, in 32 bits",
      { timestamp: 1, metrics: [metric("i", "Int32", -1)] },
      false,
      "0801120b0a0169180250ffffffff0f",
    ],
    [
      "Int64 below zero, in 64 bits",
      { timestamp: 1, metrics: [metric("i", "Int64", -1n)] },
      false,
      "080112100a0169180258ffffffffffffffffff01",
    ],
    [
      "UInt64, the largest",
      { timestamp: 1, metrics: [metric("i", "UInt64", 2n ** 64n - 1n)] },
      false,
      "080112100a0169180258ffffffffffffffffff01",
    ],
  ];
  test.each(GOLDEN)("is written: %s", (_name, payload, birth, bytes) => {
    expect(hex(encodePayload(payload, birth))).toBe(bytes);
  });

  test("has a metric's unit as property engUnit, in births alone", () => {
    const payload: Payload = { timestamp: 1, metrics: [metric("t", "UInt8", 0, "V")] };
    expect(hex(encodePayload(payload, true))).toBe("0801121b0a0174180220054a100a07656e67556e69741205080c4201565000");
    expect(hex(encodePayload(payload, false))).toBe("080112070a017418025000");
  });

  const READ: ReadonlyArray<readonly [name: string, bytes: string, payload: DecodedPayload]> = [
    ["nothing", "", { metrics: [] }],
    [
      "a host's request for a rebirth",
      "0802121c0a144e6f646520436f6e74726f6c2f526562697274681801200b7001",
      {
        timestamp: 2n,
        metrics: [{ name: "Node Control/Rebirth", timestamp: 1n, datatype: 11, isNull: false, value: true }],
      },
    ],
    ["a metric by its alias", "120410055007", { metrics: [{ alias: 5n, isNull: false, value: 7 }] }],
    ["a float", "12080a0166650000c03f", { metrics: [{ name: "f", isNull: false, value: 1.5 }] }],
    ["unknown fields of every wire type", "3a0101" + "4001" + "490000000000000000" + "4d00000000", { metrics: [] }],
  ];
  test.each(READ)("is read: %s", (_name, bytes, payload) => {
    expect(decodePayload(fromHex(bytes)!)).toEqual(payload);
  });

  test.each([
    ["a number that is cut", "08ac"],
    ["a number of more than ten bytes", `08${"ff".repeat(10)}01`],
    ["a field that is cut", "120a0a01"],
    ["a length beyond all bounds", "12ffffffffffffffffff01"],
    ["a field without a number", "0001"],
    ["a group, which nobody uses any more", "0b"],
    ["text that is not UTF-8", "12030a01ff"],
  ])("refuses %s", (_name, bytes) => {
    expect(codeOf(() => decodePayload(fromHex(bytes)!))).toBe("sparkplug.payload");
  });

  test("gives back what was written", () => {
    for (const [, payload, birth] of GOLDEN) {
      const { metrics, timestamp, seq } = decodePayload(encodePayload(payload, birth));
      expect([timestamp, seq]).toEqual([
        BigInt(payload.timestamp),
        payload.seq === undefined ? undefined : BigInt(payload.seq),
      ]);
      expect(metrics.map(({ name, isNull }) => [name, isNull])).toEqual(
        payload.metrics.map(({ name, value }) => [name, value === null]),
      );
    }
  });
});

describe("Sparkplug 3.0.0 §4.2.3: the state of a host", () => {
  test("is JSON", () => {
    expect(hostState(Buffer.from('{"online":true,"timestamp":5}'))).toEqual({ online: true, timestamp: 5 });
  });
  test.each(["ONLINE", "{}", "null", "[]", '{"online":"yes","timestamp":1}', '{"online":true}'])(
    "is not %s",
    (text) => {
      expect(codeOf(() => hostState(Buffer.from(text)))).toBe("sparkplug.state");
    },
  );
});

/** A device of two metrics. */
const device = (temperature: number, mode: string | null = "comfort"): readonly Metric[] => [
  metric("t", "Double", temperature),
  metric("m", "String", mode),
];

function edgeOf(devices: Map<string, readonly Metric[]>): Edge {
  return new Edge({
    group: "plant",
    site: SITE.site,
    nodes: () => [...devices.keys()] as NodeId[],
    device: (id) => devices.get(id),
    properties: { Software: "Sidgate 1" },
  });
}

interface Heard {
  readonly verb: string;
  readonly topic: string;
  readonly seq: number | undefined;
  readonly names: readonly (string | undefined)[];
  readonly payload: DecodedPayload;
}
function heard({ topic, payload }: Pick<Message, "topic" | "payload">): Heard {
  const decoded = decodePayload(payload);
  return {
    verb: topic.split("/")[2] ?? "",
    topic,
    seq: decoded.seq === undefined ? undefined : Number(decoded.seq),
    names: decoded.metrics.map(({ name }) => name),
    payload: decoded,
  };
}
function drained(edge: Edge): readonly Heard[] {
  const told: Heard[] = [];
  for (let message = edge.next(9); message !== undefined; message = edge.next(9)) told.push(heard(message));
  return told;
}
const ids = [nodeId(1), nodeId(2)];

describe("Sparkplug 3.0.0: the edge node", () => {
  let devices: Map<string, readonly Metric[]>;
  let edge: Edge;
  let birth: readonly Heard[];
  beforeAll(() => {
    devices = new Map(ids.map((id) => [id, device(21)]));
    edge = edgeOf(devices);
    edge.begin(7);
    birth = drained(edge);
  });

  test("tck-id-topics-nbirth-topic, -dbirth-topic, tck-id-payloads-dbirth-order: the node is born, then each device", () => {
    expect(birth.map(({ topic }) => topic)).toEqual([
      "spBv1.0/plant/NBIRTH/s-5kq2",
      "spBv1.0/plant/DBIRTH/s-5kq2/n-0001",
      "spBv1.0/plant/DBIRTH/s-5kq2/n-0002",
    ]);
  });

  test("tck-id-payloads-sequence-num-zero-nbirth, -incrementing: seq is 0 at birth, then one more each", () => {
    expect(birth.map(({ seq }) => seq)).toEqual([0, 1, 2]);
  });

  test("tck-id-payloads-nbirth-bdseq, -rebirth-req: the birth has bdSeq and Node Control/Rebirth = false", () => {
    expect(birth[0]?.payload.metrics).toEqual([
      { name: "bdSeq", timestamp: 9n, datatype: 4, isNull: false, value: 7n },
      { name: "Node Control/Rebirth", timestamp: 9n, datatype: 11, isNull: false, value: false },
      { name: "Properties/Software", timestamp: 9n, datatype: 12, isNull: false, value: "Sidgate 1" },
    ]);
  });

  test("tck-id-payloads-metric-datatype-req: every metric of a birth has name, type, timestamp and value", () => {
    for (const { payload } of birth) {
      for (const { name, datatype, timestamp, value } of payload.metrics) {
        expect([typeof name, typeof datatype, typeof timestamp, value === undefined]).toEqual([
          "string",
          "number",
          "bigint",
          false,
        ]);
      }
    }
  });

  test("tck-id-payloads-ndeath-bdseq, -seq: the death has bdSeq alone, and no seq", () => {
    const death = edge.death(7, 8);
    expect([death.kind, heard(death)]).toMatchObject([
      "sparkplugDeath",
      { verb: "NDEATH", names: ["bdSeq"], seq: undefined },
    ]);
    expect(heard(death).payload.metrics[0]?.value).toBe(7n);
  });

  test("tck-id-topics-ddata-payload: data has what changed, and nothing twice", () => {
    devices.set(nodeId(1), device(22));
    edge.touch([nodeId(1), nodeId(2)]);
    edge.touch([nodeId(1)]);
    const [data, ...rest] = drained(edge);
    expect([data?.topic, data?.names, data?.seq, rest]).toEqual(["spBv1.0/plant/DDATA/s-5kq2/n-0001", ["t"], 3, []]);
    expect(data?.payload.metrics[0]?.datatype).toBeUndefined();
  });

  test("tells what went as null, once", () => {
    devices.set(nodeId(1), device(22).slice(0, 1));
    edge.touch(ids);
    const [data, ...rest] = drained(edge);
    expect([data?.payload.metrics, rest]).toEqual([[{ name: "m", timestamp: 9n, isNull: true }], []]);
    edge.touch(ids);
    expect(drained(edge)).toEqual([]);
  });

  test("tck-id-topics-dbirth-metric-reqs: a metric that is new is told by another birth of the device", () => {
    devices.set(nodeId(1), [...device(22), metric("new", "Int32", 1)]);
    edge.touch(ids);
    expect(drained(edge).map(({ verb, names }) => [verb, names])).toEqual([["DBIRTH", ["t", "m", "new"]]]);
    devices.set(nodeId(1), [metric("t", "String", "warm")]);
    edge.touch(ids);
    expect(drained(edge).map(({ verb, names }) => [verb, names])).toEqual([["DBIRTH", ["t"]]]);
  });

  test("tck-id-operational-behavior-device-ddeath: a device that is gone dies, once, and is born again", () => {
    devices.delete(nodeId(2));
    edge.touch(ids);
    expect(drained(edge).map(({ verb, topic, names }) => [verb, topic, names])).toEqual([
      ["DDEATH", "spBv1.0/plant/DDEATH/s-5kq2/n-0002", []],
    ]);
    edge.touch(ids);
    expect(drained(edge)).toEqual([]);
    devices.set(nodeId(2), device(5));
    edge.touch(ids);
    expect(drained(edge).map(({ verb }) => verb)).toEqual(["DBIRTH"]);
  });

  test("tck-id-operational-behavior-data-commands-rebirth-action-1 to -3: all is born again with the same bdSeq, before any data", () => {
    edge.touch([nodeId(1)]);
    edge.rebirth();
    devices.set(nodeId(1), device(30));
    edge.touch([nodeId(1)]);
    const told = drained(edge);
    expect(told.map(({ verb, seq }) => [verb, seq])).toEqual([
      ["NBIRTH", 0],
      ["DBIRTH", 1],
      ["DBIRTH", 2],
    ]);
    expect(told[0]?.payload.metrics[0]?.value).toBe(7n);
  });

  test("tck-id-payloads-sequence-num-incrementing: 255 is followed by 0", () => {
    const seqs: Array<number | undefined> = [];
    for (let n = 0; n < 256; n++) {
      devices.set(nodeId(1), device(100 + n));
      edge.touch([nodeId(1)]);
      seqs.push(...drained(edge).map(({ seq }) => seq));
    }
    expect([seqs.slice(0, 2), seqs.indexOf(255), seqs[seqs.indexOf(255) + 1]]).toEqual([[3, 4], 252, 0]);
  });

  test("tck-id-message-flow-edge-node-birth-publish-connect: says nothing while no session stands", () => {
    edge.end();
    edge.touch(ids);
    expect(drained(edge)).toEqual([]);
  });
});

describe("the metrics of a node", () => {
  test("are what is known of it, then its leaves by path, by their YANG types", async () => {
    const site = await watched();
    site.take(joined(1));
    expect(isAlive(site.node(nodeId(1))!)).toBe(false);
    site.take(
      await reported(1, 4, {
        "sidgate-node:node": { model: "acme-trv2", "wake-interval": 900 },
        "sidgate-firmware:firmware": {
          "running-version": "1.4.2",
          "running-digest": Buffer.alloc(32, 1).toString("base64"),
        },
        "sidgate-building:room": {
          temperature: "-21.40",
          humidity: 41,
          occupancy: true,
          alarm: "low-battery frost",
          mode: "economy",
          period: [{ start: "06:00", "set-point": "21.50" }],
        },
      }),
    );
    const node = site.node(nodeId(1))!;
    expect(isAlive(node)).toBe(true);
    expect(isAlive({ ...node, state: "lost" })).toBe(false);
    const shown = metricsOf(node, await bridgeTrees()).map(({ name, type, value, unit }) => [
      name,
      type,
      value instanceof Uint8Array ? hex(value) : value,
      ...(unit === undefined ? [] : [unit]),
    ]);
    expect(shown).toEqual([
      ["Properties/Name", "String", "Room 1 valve"],
      ["Properties/Hardware Model", "String", "acme-trv2"],
      ["Properties/Hardware Version", "String", null],
      ["Properties/FW", "String", "1.4.2"],
      ["Node/State", "String", "asleep"],
      ["Node/Next Wake", "DateTime", atSecond(904)],
      ["Node/Pending", "UInt32", 0],
      ["Update/Phase", "String", null],
      ["Update/Installed Version", "String", null],
      ["Update/Latest Version", "String", null],
      ["Update/Percentage", "Double", null],
      ["sidgate-node:node/model", "String", "acme-trv2"],
      ["sidgate-node:node/wake-interval", "UInt32", 900, "seconds"],
      ["sidgate-firmware:firmware/running-digest", "Bytes", "01".repeat(32)],
      ["sidgate-firmware:firmware/running-version", "String", "1.4.2"],
      ["sidgate-building:room/temperature", "Double", -21.4, "degrees Celsius"],
      ["sidgate-building:room/humidity", "UInt8", 41, "percent"],
      ["sidgate-building:room/occupancy", "Boolean", true],
      ["sidgate-building:room/alarm", "String", "low-battery frost"],
      ["sidgate-building:room/mode", "String", "economy"],
      ["sidgate-building:room/period[start='06:00']/start", "String", "06:00"],
      ["sidgate-building:room/period[start='06:00']/set-point", "Double", 21.5, "degrees Celsius"],
    ]);
  });
});

/** A broker that is a list of what was said to it. */
function fakeBroker(clock: VirtualClock, primaryHost?: string) {
  const state = memoryState();
  const devices = new Map<string, readonly Metric[]>([[nodeId(1), device(21)]]);
  const dials: DialRequest[] = [];
  const said: string[] = [];
  const line: Connection = {
    receiveMaximum: 20,
    publish: (message, done) => {
      const { verb, seq } = heard(message);
      said.push(`${verb} ${seq ?? ""}`.trim());
      done(undefined);
    },
    subscribe: (filters, done) => {
      said.push(`SUBSCRIBE ${filters.join(" ")}`);
      done(undefined);
    },
    end: async () => void said.push("DISCONNECT"),
    drop: () => void said.push("gone"),
  };
  const options: SparkplugOptions = {
    group: "plant",
    site: SITE.site,
    clientId: "sidgate-spb",
    properties: {},
    primaryHost,
    nodes: () => [nodeId(1)],
    device: (id) => devices.get(id),
    state,
    dial: async (request) => {
      dials.push(request);
      said.push(`CONNECT ${heard(request.will).payload.metrics[0]?.value}`);
      return line;
    },
    broker: { url: "mqtt://broker.example" },
    clock,
    realtime: clock,
    random: seededRandom(1),
    log: SILENT,
  };
  const tell = (topic: string, payload: Uint8Array, retain = false): void =>
    void dials.at(-1)?.onMessage?.({ message: { topic, payload, retain }, acknowledge: () => undefined });
  return { options, said, dials, tell, devices };
}
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};
const NCMD = "spBv1.0/plant/NCMD/s-5kq2";
const REBIRTH = fromHex("0802121c0a144e6f646520436f6e74726f6c2f526562697274681801200b7001")!;

describe("the connection of the edge node", () => {
  test("tck-id-message-flow-edge-node-*, -payloads-ndeath-will-message: will, commands, births; farewell and DISCONNECT", async () => {
    const clock = new VirtualClock();
    const { options, said, dials } = fakeBroker(clock);
    const view = new Sparkplug(options);
    view.start();
    await settled();
    await view.close();
    expect(said).toEqual(["CONNECT 0", `SUBSCRIBE ${NCMD}`, "NBIRTH 0", "DBIRTH 1", "NDEATH", "DISCONNECT"]);
    expect(dials[0]).toMatchObject({ protocol: 4, afresh: true, will: { kind: "sparkplugDeath" } });
  });

  test("a large site is born over many turns of the event loop", async () => {
    const { options, said } = fakeBroker(new VirtualClock());
    const ids = Array.from({ length: 1000 }, (_, n) => nodeId(n + 1));
    const view = new Sparkplug({ ...options, nodes: () => ids, device: () => device(21) });
    view.start();
    await settled();
    const births = (): number => said.filter((message) => message.startsWith("DBIRTH")).length;
    expect(births()).toBeLessThan(50);
    while (births() < ids.length) await new Promise(setImmediate);
    await view.close();
    expect(said.slice(-2)).toEqual([expect.stringMatching(/^NDEATH/), "DISCONNECT"]);
  });

  test("tck-id-topics-nbirth-bdseq-increment: the number of a session goes on after a loss and after a restart", async () => {
    const clock = new VirtualClock();
    const { options, said, dials } = fakeBroker(clock);
    const first = new Sparkplug(options);
    first.start();
    await settled();
    dials[0]?.onLost("closed");
    await settled();
    await clock.advance(millis(2000));
    await settled();
    await first.close();
    const second = new Sparkplug(options);
    second.start();
    await settled();
    await second.close();
    expect(said.filter((line) => line.startsWith("CONNECT"))).toEqual(["CONNECT 0", "CONNECT 1", "CONNECT 2"]);
  });

  test("tries a broker that is away later and later, and one that was well soon again", async () => {
    const clock = new VirtualClock();
    const { options, said, dials } = fakeBroker(clock);
    let away = true;
    const view = new Sparkplug({
      ...options,
      random: { next: () => 1 },
      dial: async (request) => {
        if (!away) return options.dial(request);
        said.push(`refused at ${clock.now() - start}`);
        throw new StoreError("mqtt.unreachable", { url: "mqtt://broker.example", reason: "ECONNREFUSED" });
      },
    });
    const start = clock.now();
    view.start();
    await clock.advance(millis(7000));
    expect(said).toEqual(["refused at 0", "refused at 2000", "refused at 6000"]);
    away = false;
    await clock.advance(millis(8000));
    expect(said.slice(3, 4)).toEqual(["CONNECT 3"]);
    await clock.advance(millis(10_000));
    dials[0]?.onLost("closed");
    await clock.advance(millis(1000));
    expect(said.filter((line) => line.startsWith("CONNECT"))).toEqual(["CONNECT 3", "CONNECT 4"]);
    await view.close();
  });

  test("a broker that breaks the line over the birth is tried later and later, and the log says once why that may be", async () => {
    const clock = new VirtualClock();
    const { options, dials } = fakeBroker(clock);
    const warned: unknown[] = [];
    const log: Logger = { ...SILENT, warn: (event, facts) => void warned.push([event, facts]) };
    const view = new Sparkplug({ ...options, log, random: { next: () => 1 } });
    const start = clock.now();
    view.start();
    const at: number[] = [];
    const breaks = async (times: number): Promise<void> => {
      for (const until = dials.length + times; dials.length < until; ) {
        await clock.advance(millis(500));
        if (dials.length === at.length) continue;
        at.push((clock.now() - start) / 1000);
        dials.at(-1)?.onLost("closed");
      }
    };
    await breaks(5);
    expect(at).toEqual([0.5, 2.5, 6.5, 14.5, 30.5]);
    const why = expect.stringContaining("[mqtt.sparkplug-cut-short]");
    expect(warned).toEqual([["mqtt.sparkplug-lost", { reason: "closed", error: why }]]);
    await view.close();
  });

  test("tck-id-operational-behavior-data-commands-rebirth-name: a command asks for births; others, retained and broken ones do not", async () => {
    const clock = new VirtualClock();
    const { options, said, tell, devices } = fakeBroker(clock);
    const view = new Sparkplug(options);
    view.start();
    await settled();
    said.length = 0;
    tell(NCMD, fromHex("ffff")!);
    tell(NCMD, encodePayload({ timestamp: 1, metrics: [metric("Node Control/Reboot", "Boolean", true)] }, true));
    tell(NCMD, encodePayload({ timestamp: 1, metrics: [metric("Node Control/Rebirth", "Boolean", false)] }, true));
    tell(NCMD, REBIRTH, true);
    expect(said).toEqual([]);
    tell(NCMD, REBIRTH);
    devices.set(nodeId(1), device(30));
    view.committed(new Set([nodeId(1)]));
    expect(said).toEqual(["NBIRTH 0", "DBIRTH 1", "DDATA 2"]);
    await view.close();
  });

  test("tck-id-message-flow-edge-node-birth-publish-phid-*: waits for its host, and leaves when the host does", async () => {
    const clock = new VirtualClock();
    const { options, said, tell } = fakeBroker(clock, "scada");
    const state = (online: boolean, timestamp: number): void =>
      tell("spBv1.0/STATE/scada", Buffer.from(JSON.stringify({ online, timestamp })), true);
    const view = new Sparkplug(options);
    view.start();
    await settled();
    expect(said).toEqual(["CONNECT 0", `SUBSCRIBE ${NCMD} spBv1.0/STATE/scada`]);
    state(false, 5);
    state(true, 4); // older than what is known
    tell("spBv1.0/STATE/scada", Buffer.from("ONLINE"), true); // as Sparkplug 2.2 had it
    expect(said).toHaveLength(2);
    state(true, 6);
    expect(said.slice(2)).toEqual(["NBIRTH 0", "DBIRTH 1"]);
    state(false, 6);
    await settled();
    expect(said.slice(4)).toEqual(["NDEATH", "DISCONNECT"]);
    await view.close();
  });
});

let parts = new Lifecycle();
afterEach(async () => {
  await parts.close();
  parts = new Lifecycle();
});

(hasMosquitto ? test : test.skip)(
  "Sparkplug 3.0.0 over Mosquitto: births to who asks for them, data by exception, QoS 0, nothing retained, death by will (needs mosquitto)",
  async () => {
    const broker = parts.add(await startMosquitto());
    const host = await mqtt.connectAsync(broker.url, { protocolVersion: 4 });
    parts.add({ close: () => host.endAsync(true) });
    const got: Heard[] = [];
    const waiting = new Set<() => void>();
    host.on("message", (topic, payload, packet) => {
      expect([packet.retain, packet.qos]).toEqual([false, topic.includes("/NDEATH/") ? 1 : 0]);
      got.push(heard({ topic, payload }));
      for (const wake of waiting) wake();
    });
    const until = async (verb: string, count: number): Promise<void> => {
      while (got.filter((one) => one.verb === verb).length < count) {
        await new Promise<void>((resolve) => waiting.add(resolve));
      }
    };
    await host.subscribeAsync("spBv1.0/#", { qos: 1 });
    const journal = memoryJournal();
    const record = async (fact: Parameters<typeof journal.append>[0]): Promise<void> => journal.append(fact).durable;
    await record(joined(1));
    await record(await reported(1, 4, { "sidgate-building:room": { temperature: "21.40", humidity: 40 } }));
    const bridge = parts.add(
      await openBridge({
        site: SITE,
        journal,
        state: memoryState(),
        schemas: fixedSchema(await bridgeSchema()),
        clock: systemClock(),
        random: seededRandom(1),
        log: SILENT,
        mqtt: { url: broker.url, views: ["sparkplug"], sparkplug: { group: "plant" } },
        software: "0.1.0",
        roles: ["bridge"],
        batchDelay: millis(5),
      }),
    );
    await until("DBIRTH", 1);
    await record(await reported(1, 5, { "sidgate-building:room": { temperature: "21.50", humidity: 40 } }));
    await until("DDATA", 1);
    const data = got.find(({ verb }) => verb === "DDATA");
    expect(data?.names).toEqual(["Node/Next Wake", "sidgate-building:room/temperature"]);
    await host.publishAsync(NCMD, Buffer.from(REBIRTH), { qos: 0 });
    await until("NBIRTH", 2);
    await until("DBIRTH", 2);
    await record({
      type: "node.reachability",
      at: atSecond(90),
      node: nodeId(1),
      from: "asleep",
      to: "lost",
      missedWakes: 9,
    });
    await until("DDEATH", 1);
    await bridge.close();
    await until("NDEATH", 1);
    expect(got.map(({ verb }) => verb)).toEqual([
      "NBIRTH",
      "DBIRTH",
      "DDATA",
      "NCMD",
      "NBIRTH",
      "DBIRTH",
      "DDEATH",
      "NDEATH",
    ]);
  },
);
