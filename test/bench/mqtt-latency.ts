/** From the moment a node sends a check-in to the moment a subscriber has its data, at 500 check-ins a second. */
import { createSocket } from "node:dgram";
import { connectAsync } from "mqtt";
import { type Figures, messageOf, NODE_FLAGS, quartiles } from "./measure.ts";
import type { Bench } from "./mqtt.ts";

const NODES = 64;
const PER_SECOND = 500;
/** Compiled code is what runs for years: the first seconds do not count. */
const WARM_SECONDS = 2;
const SECONDS = 4;
const LAST_MS = 1_000;
/** Readings go round in so many steps, so that each message tells which check-in it is of. */
const READINGS = 400;

export async function checkInLatency({ url, fork }: Bench): Promise<Figures> {
  const gateway = fork("checkin-server", [String(NODES), "with", url], NODE_FLAGS);
  const { port, nodes } = await messageOf<{ port: number; nodes: readonly string[] }>(gateway);
  const app = await connectAsync(url, { protocolVersion: 5, clean: true });
  const sentAt = new Map<string, number>();
  const took: number[] = [];
  let counts = Number.POSITIVE_INFINITY;
  app.on("message", (topic, payload) => {
    const node = topic.split("/")[4] ?? "";
    const temperature = JSON.parse(payload.toString())["sidgate-building:room"]?.temperature;
    const key = `${node} ${Math.round(Number(temperature) * 100)}`;
    const sent = sentAt.get(key);
    if (sent === undefined) return;
    sentAt.delete(key);
    if (sent >= counts) took.push(performance.now() - sent);
  });
  await app.subscribeAsync("sidgate/1/+/n/+/data/sidgate-building", { qos: 1 });
  const socket = createSocket("udp4");
  try {
    const start = performance.now();
    counts = start + WARM_SECONDS * 1000;
    for (let count = 0; count < PER_SECOND * (WARM_SECONDS + SECONDS); count++) {
      const due = start + (count / PER_SECOND) * 1000;
      while (performance.now() < due) await new Promise((resolve) => setTimeout(resolve, 1));
      const index = count % NODES;
      const reading = 1900 + (Math.floor(count / NODES) % READINGS);
      sentAt.set(`${nodes[index]} ${reading}`, performance.now());
      socket.send(checkIn(count, index, reading), port, "127.0.0.1");
    }
    await new Promise((resolve) => setTimeout(resolve, LAST_MS));
    const sorted = took.sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
    return {
      checkin_to_subscriber_ms: quartiles([at(0.5)], "ms"),
      checkin_to_subscriber_ms_p99: quartiles([at(0.99)], "ms"),
      checkin_to_subscriber_heard: quartiles([sorted.length / (PER_SECOND * SECONDS)], "share"),
    };
  } finally {
    socket.close();
    await app.endAsync(true);
    gateway.disconnect();
  }
}

/** CON POST /c?ep=bNNN with {60001: {2: report, 5: {195: {1: 4([-2, t]), 2: humidity}}}} (docs/check-in.md). */
function checkIn(count: number, node: number, reading: number): Buffer {
  const head = Buffer.from([0x44, 0x02, count >> 8, count, 0, 0, count >> 8, count]);
  const path = Buffer.from([0xb1, 0x63, 0x11, 0x8e]);
  const name = Buffer.from(`ep=b${String(node).padStart(3, "0")}`);
  const payload = Buffer.from("a119ea61a2021a0000000005a118c3a201c482211907d0021828", "hex");
  payload.writeUInt32BE(count + 1, 7);
  payload.writeUInt16BE(reading, 21);
  return Buffer.concat([head, path, Buffer.from([0x30 | name.length]), name, Buffer.from([0xff]), payload]);
}
