/** The published example subscriber (docs/mqtt/subscriber.ts) as every drill has it: watched from the side, and held to the journal. */
import { createHash } from "node:crypto";
import type { MqttClient } from "mqtt";
import type { Range, Step } from "../../../docs/mqtt/history.ts";
import type { SidgateEvent } from "../../../docs/mqtt/sidgate-mqtt.d.ts";
import { follow } from "../../../docs/mqtt/subscriber.ts";
import type { Fact } from "../../../gateway/store/index.ts";
import { inDrill } from "../../support/drill.ts";

/** What came over the line, before the subscriber put it in order. */
interface Arrived {
  messages: number;
  /** First arrivals with a lower place than one before. */
  inversions: number;
  /** Events that had not come when the one after them did. */
  readonly gaps: Set<string>;
}

export class Consumer {
  readonly steps: Step<SidgateEvent>[] = [];
  /** Ranges that it had sent again. */
  readonly asked: Range[] = [];
  readonly arrived: Arrived = { messages: 0, inversions: 0, gaps: new Set() };
  readonly #seen = new Map<string, string>();
  #highest: readonly [epoch: number, seq: number] = [0, 0];
  readonly #mqtt: MqttClient;

  constructor(url: string, client: string) {
    this.#mqtt = follow(url, client, (_site, step) => void this.steps.push(step));
    this.#mqtt.on("error", () => undefined); // it connects again
    this.#mqtt.on("message", (topic, payload) => this.#came(topic, payload.toString()));
    this.#mqtt.on("packetsend", (packet) => {
      if (packet.cmd === "publish" && packet.topic.endsWith("/cmd/replay"))
        this.asked.push(JSON.parse(packet.payload.toString()));
    });
  }

  get history(): readonly SidgateEvent[] {
    return this.steps.flatMap((step) => ("message" in step ? [step.message] : []));
  }

  get lost(): readonly Range[] {
    return this.steps.flatMap((step) => ("lost" in step ? [step.lost] : []));
  }

  /** It is subscribed, or will be once there is a broker. */
  async subscribed(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#mqtt.on("packetreceive", ({ cmd }) => cmd === "suback" && resolve());
    });
  }

  async close(): Promise<void> {
    await this.#mqtt.endAsync(true);
  }

  /** For the one line that a drill says. */
  counts(produced: number): string {
    const { messages, gaps, inversions } = this.arrived;
    const distinct = this.#seen.size;
    const closed = [...gaps].filter((before) => this.#seen.has(before)).length;
    return [
      `produced ${produced}`,
      `received ${distinct} distinct and ${messages - distinct} again`,
      `gaps found ${gaps.size}, closed by replay ${closed} (${this.asked.length} asked for)`,
      `inversions of arrival ${inversions}`,
      `lost ${produced - this.history.length}`,
    ].join(", ");
  }

  #came(topic: string, payload: string): void {
    if (!topic.endsWith("/event")) return;
    const event: SidgateEvent = JSON.parse(payload);
    const key = `${event.epoch}/${event.seq}`;
    const before = `${event.epoch}/${event["prev-seq"]}`;
    this.arrived.messages += 1;
    const known = this.#seen.get(key);
    if (known !== undefined) {
      if (known !== payload) throw new Error(`${key} came with other bytes:\n${known}\n${payload}`);
      return;
    }
    const place = [event.epoch, Number(event.seq)] as const;
    const isFirst = this.#seen.size === 0;
    this.#seen.set(key, payload);
    if (isBefore(place, this.#highest)) this.arrived.inversions += 1;
    else {
      if (!isFirst && event["prev-seq"] !== "0" && !this.#seen.has(before)) this.arrived.gaps.add(before);
      this.#highest = place;
    }
  }
}

const isBefore = ([epoch, seq]: readonly [number, number], [other, last]: readonly [number, number]): boolean =>
  epoch < other || (epoch === other && seq < last);

/** docs/mqtt.md, "Types of events": whether a fact is told as one. */
export function isTold(fact: Fact): boolean {
  switch (fact.type) {
    case "directory.registered":
    case "directory.renewed":
    case "directory.removed":
    case "node.reported":
    case "node.read":
    case "push.updated":
    case "command.begun":
      return false;
    case "node.reachability":
      return fact.from !== fact.to || fact.heard === undefined;
    case "ota.phase":
      return fact.from !== fact.to || fact.silent === true;
    default:
      return true;
  }
}

/** What is wrong with a history beside the facts that it tells; nothing when it is complete, in order and one chain. */
export function faultsIn(history: readonly SidgateEvent[], facts: readonly Fact[]): readonly string[] {
  const wanted = facts.filter(isTold).map(({ seq, type }) => `${seq} ${type}`);
  const told = history.map(({ seq, type }) => `${seq} ${type}`);
  const at = wanted.findIndex((each, index) => each !== told[index]);
  const faults =
    at >= 0 || told.length !== wanted.length
      ? [`at ${at} of ${wanted.length}: told ${told[at] ?? "nothing"}, recorded ${wanted[at] ?? "nothing"}`]
      : [];
  return [...faults, ...chainFaults(history)];
}

/** docs/mqtt.md, "Events": `hash` is over the payload without it, `prev` that of the event before, as is `prev-seq`. */
export function chainFaults(history: readonly SidgateEvent[]): readonly string[] {
  return history.flatMap((event, index) => {
    const { hash, ...rest } = event;
    const before = history[index - 1];
    const faults: string[] = [];
    // An overflow has the place and the hash of the last event that it stands for.
    if (event.type !== "journal.overflow") {
      const counted = `sha256:${createHash("sha256").update(JSON.stringify(rest)).digest("hex")}`;
      if (counted !== hash) faults.push(`${event.seq}: its hash is not that of its bytes`);
    }
    if (before !== undefined && event.prev !== before.hash) faults.push(`${event.seq}: the chain is broken`);
    if (before !== undefined && event["prev-seq"] !== before.seq)
      faults.push(`${event.seq}: follows ${event["prev-seq"]}`);
    return faults;
  });
}

/** The one line of a drill; every day nobody reads it. */
export const report = (what: string, line: string): void =>
  inDrill<(() => void) | undefined>(undefined, () => void process.stderr.write(`mqtt drill: ${what}: ${line}\n`))?.();
