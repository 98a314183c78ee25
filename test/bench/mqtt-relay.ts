/**
 * Child process of the bench `mqtt`: one end that publishes. `bridge` relays facts from a journal on disk to the broker, through
 * its outbox in LMDB; `raw` publishes the very messages that the bridge published in its first round, from memory. Each says its
 * own CPU time.
 */
import { once } from "node:events";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import mqtt, { type IClientPublishOptions } from "mqtt";
import { type Dial, dial, openMqttBridge, treesFrom } from "../../cloud-bridge/mqtt/index.ts";
import { propertiesOf } from "../../cloud-bridge/mqtt/outbox/message.ts";
import { millis, type NodeId, SILENT, seededRandom, systemClock } from "../../gateway/base/index.ts";
import { type JournalReader, type NewFact, openFileJournal, openLmdbState } from "../../gateway/store/index.ts";
import { encodeTree, fixedSchema, fromJson, loadModels } from "../../gateway/yang/index.ts";

const [kind, url = "", place = ".", warm = "0", count = "0", rounds = "0"] = process.argv.slice(2);
const WARM = Number(warm);
const COUNT = Number(count);
const ROUNDS = Number(rounds);
const TAPE = join(place, "tape.json");
const LEAVING_MS = 5_000;

export interface RelayReport {
  readonly messages: number;
  /** Microseconds on a CPU, over all threads. */
  readonly cpu: number;
  readonly ms: number;
}

interface Taped {
  readonly topic: string;
  /** Base 64. */
  readonly payload: string;
  readonly options: IClientPublishOptions;
}

const NODES = 500;
const START = Date.parse("2026-11-21T13:00:00Z");
const nodeId = (index: number): NodeId => `n-${String(index).padStart(4, "0")}` as NodeId;

/** The work of one round, asked for by any message of the parent. */
async function serve(round: (number: number) => Promise<{ messages: number }>): Promise<void> {
  process.send?.("ready");
  for (let number = 0; ; number++) {
    await once(process, "message");
    const start = performance.now();
    const cpu = process.cpuUsage();
    const { messages } = await round(number);
    const { user, system } = process.cpuUsage(cpu);
    process.send?.({ messages, cpu: user + system, ms: performance.now() - start } satisfies RelayReport);
  }
}

async function bridge(): Promise<void> {
  const folder = await mkdtemp(join(place, "relay-"));
  const journal = await openFileJournal({ folder: join(folder, "journal"), log: SILENT });
  const state = await openLmdbState({ folder: join(folder, "state") });
  const schema = await loadModels({ log: SILENT });
  const room = (temperature: string): Uint8Array =>
    encodeTree(fromJson({ "sidgate-building:room": { temperature, humidity: 41 } }, schema), schema);
  /** What a site says in turns: a check-in (its data, its state), a step of an update (an event, where it stands). */
  const fact = (index: number): NewFact => {
    const at = millis(START + index * 20);
    const node = nodeId(index % NODES);
    const turn = Math.floor(index / NODES);
    if (turn % 2 === 1) {
      const [from, to] =
        turn % 4 === 1 ? (["downloading", "verifying"] as const) : (["verifying", "downloading"] as const);
      return { type: "ota.phase", at, campaign: "c-20261121-01", node, from, to, received: index };
    }
    const data = room((18 + (index % 500) / 100).toFixed(2));
    const next = millis(at + 900_000);
    const [reply, state] = [new Uint8Array(2), "asleep"] as const;
    return { type: "node.reported", at, node, report: turn, request: 1, data, reply, state, nextWake: next };
  };
  for (let index = 0; index < NODES; index++) {
    const name = `Room ${index}`;
    void journal.append({
      type: "node.joined",
      at: millis(START),
      node: nodeId(index),
      endpoint: name,
      name,
      actor: "b",
    });
  }
  for (let index = 0; index < WARM + COUNT * ROUNDS; index++) void journal.append(fact(index));
  await journal.flush();

  // The bridge may see as much of the journal as the parent has asked for.
  let last = NODES + WARM;
  const listeners = new Set<(last: number) => void>();
  const gated: JournalReader = {
    read: async (from, limit) => journal.read(from, Math.min(limit, Math.max(0, last - from + 1))),
    onDurable: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    first: 1,
    get last() {
      return last;
    },
    get lastDurable() {
      return last;
    },
    close: () => undefined,
  };
  const taped: Taped[] = [];
  let taping = false;
  const tapedDial: Dial = async (request) => {
    const connection = await dial(request);
    return {
      ...connection,
      publish: (message, acknowledged) => {
        if (taping) taped.push(tapeOf(message));
        connection.publish(message, acknowledged);
      },
    };
  };
  const opened = await openMqttBridge({
    site: { site: "s-bench", epoch: 1, process: "gw-bench" },
    journal: gated,
    state,
    trees: treesFrom(fixedSchema(schema)),
    clock: systemClock(),
    realtime: systemClock(),
    random: seededRandom(1),
    log: SILENT,
    dial: tapedDial,
    broker: { url, protocol: 5 },
    run: { roles: ["gateway", "bridge"], broker: "configured" },
    software: { sidgate: "bench" },
    figures: () => ({}),
    sections: () => ({}),
    limits: { maxBytes: 2 ** 31, replaySpan: millis(1e15) },
    batchDelay: millis(0),
  });
  await opened.settled();
  process.once("disconnect", () => {
    setTimeout(() => process.exit(1), LEAVING_MS).unref();
    void opened.close().then(() => process.exit(0));
  });
  await serve(async (number) => {
    taping = number === 0;
    const before = opened.stats().published;
    last += COUNT;
    for (const listener of listeners) listener(last);
    await opened.settled();
    if (taping) await writeFile(TAPE, JSON.stringify(taped));
    return { messages: opened.stats().published - before };
  });
}

function tapeOf(message: Parameters<typeof propertiesOf>[0] & { readonly topic: string }): Taped {
  const { contentType, user } = propertiesOf(message);
  const userProperties = Object.keys(user).length === 0 ? {} : { userProperties: { ...user } };
  const properties = { contentType, payloadFormatIndicator: true, ...userProperties };
  const retain = message.kind !== "event";
  return {
    topic: message.topic,
    payload: Buffer.from(message.payload).toString("base64"),
    options: { qos: 1, retain, properties },
  };
}

const WINDOW = 64;

async function raw(): Promise<void> {
  const messages = (JSON.parse(await readFile(TAPE, "utf8")) as Taped[]).map(({ topic, payload, options }) => ({
    topic,
    payload: Buffer.from(payload, "base64"),
    options,
  }));
  const client = await mqtt.connectAsync(url, { protocolVersion: 5, autoAssignTopicAlias: true });
  process.once("disconnect", () => process.exit(0));
  const publishAll = (): Promise<void> =>
    new Promise((resolve, reject) => {
      let next = 0;
      let acked = 0;
      const send = (): void => {
        const message = messages[next++];
        if (message === undefined) return;
        client.publish(message.topic, message.payload, { ...message.options }, (error) => {
          if (error) reject(error);
          acked += 1;
          if (acked === messages.length) resolve();
          else send();
        });
      };
      for (let i = 0; i < WINDOW; i++) send();
    });
  await publishAll(); // compiled code is what runs for years
  await serve(async () => {
    await publishAll();
    return { messages: messages.length };
  });
}

await (kind === "bridge" ? bridge() : raw());
