/**
 * Sparkplug 3.0.0 — the site as an edge node, its nodes as devices: which message comes next. One session is one MQTT
 * connection; after its birth every device is born, then told of by exception. No socket and no clock.
 *
 * What waits is a list of nodes, not of messages: a slow line makes fewer messages of the same news, and takes no memory.
 */
import type { NodeId } from "../../../gateway/base/index.ts";
import type { Message } from "../outbox/message.ts";
import { topicOf } from "../outbox/topics.ts";
import { encodePayload, type Metric, type Payload } from "./payload.ts";

/** A device as its metrics; undefined = it is not there (any more). */
export type DeviceOf = (node: NodeId) => readonly Metric[] | undefined;

export interface EdgeOptions {
  readonly group: string;
  readonly site: string;
  /** Of all nodes. */
  readonly nodes: () => Iterable<NodeId>;
  readonly device: DeviceOf;
  /** What the edge node says of itself beside what Sparkplug asks for. */
  readonly properties: Readonly<Record<string, string>>;
}

/** §6.4.6, tck-id-payloads-nbirth-bdseq-inc: 0 to 255, as all numbers of a session. */
export const BDSEQ_COUNT = 256;
const SEQ_COUNT = 256;

export const REBIRTH = "Node Control/Rebirth";
const BDSEQ = "bdSeq";

export class Edge {
  readonly #options: EdgeOptions;
  /** What was told of each device that is born: its metrics by name. */
  readonly #born = new Map<NodeId, Map<string, Metric>>();
  /** Nodes that are to be looked at, oldest news first. */
  readonly #news = new Set<NodeId>();
  #session: { readonly bdSeq: number } | undefined;
  #unborn = false;
  #seq = 0;

  constructor(options: EdgeOptions) {
    this.#options = options;
  }

  /** §6.4.27, tck-id-payloads-ndeath-*: the number of the session, and no seq. Registered as the will, so it comes first. */
  death(bdSeq: number, now: number): Message {
    const { group, site } = this.#options;
    const payload = encodePayload({ timestamp: now, metrics: [bdSeqMetric(bdSeq, now)] }, true);
    return { kind: "sparkplugDeath", topic: topicOf("sparkplugDeath", { group, site }), seq: 0, payload };
  }

  /** A session stands whose will has this number. */
  begin(bdSeq: number): void {
    this.#session = { bdSeq };
    this.rebirth();
  }

  /** §5.10, tck-id-operational-behavior-data-commands-rebirth-action: no data until all is born again, in the same session. */
  rebirth(): void {
    this.#unborn = true;
    this.#born.clear();
    this.#news.clear();
  }

  /** The connection is gone: all is dead by its will. */
  end(): void {
    this.#session = undefined;
    this.#unborn = false;
    this.#born.clear();
    this.#news.clear();
  }

  touch(nodes: Iterable<NodeId>): void {
    if (this.#session === undefined || this.#unborn) return; // the births tell what is then
    for (const node of nodes) this.#news.add(node);
  }

  /** The next message; undefined = there is no news. */
  next(now: number): Message | undefined {
    if (this.#session === undefined) return undefined;
    if (this.#unborn) return this.#birth(this.#session.bdSeq, now);
    for (const node of this.#news) {
      this.#news.delete(node);
      const message = this.#tell(node, now);
      if (message !== undefined) return message;
    }
    return undefined;
  }

  #birth(bdSeq: number, now: number): Message {
    const { group, site, nodes, properties } = this.#options;
    this.#unborn = false;
    this.#seq = 0;
    for (const node of nodes()) this.#news.add(node);
    const metrics: readonly Metric[] = [
      bdSeqMetric(bdSeq, now),
      { name: REBIRTH, timestamp: now, type: "Boolean", value: false },
      ...Object.entries(properties).map(
        ([name, value]): Metric => ({ name: `Properties/${name}`, timestamp: now, type: "String", value }),
      ),
    ];
    const topic = topicOf("sparkplug", { group, verb: "NBIRTH", site });
    return { kind: "sparkplug", topic, seq: 0, payload: this.#encode({ timestamp: now, metrics }, true) };
  }

  #tell(node: NodeId, now: number): Message | undefined {
    const metrics = this.#options.device(node);
    const told = this.#born.get(node);
    if (metrics === undefined) return told === undefined ? undefined : this.#bury(node, now);
    // §6.4.21: a birth names every metric that will be told of, so one that is new, or of another type, is a reason for another.
    const isNew = ({ name, type }: Metric): boolean => told?.get(name)?.type !== type;
    if (told === undefined || metrics.some(isNew)) return this.#bear(node, metrics, now);
    const changed = [...metrics.filter((metric) => !sameValue(told.get(metric.name)?.value, metric.value))];
    const names = new Set(metrics.map(({ name }) => name));
    for (const metric of told.values()) {
      if (!names.has(metric.name) && metric.value !== null) changed.push({ ...metric, timestamp: now, value: null });
    }
    for (const metric of changed) told.set(metric.name, metric);
    return changed.length === 0 ? undefined : this.#device("DDATA", node, { timestamp: now, metrics: changed });
  }

  #bear(node: NodeId, metrics: readonly Metric[], now: number): Message {
    this.#born.set(node, new Map(metrics.map((metric) => [metric.name, metric])));
    return this.#device("DBIRTH", node, { timestamp: now, metrics });
  }

  #bury(node: NodeId, now: number): Message {
    this.#born.delete(node);
    return this.#device("DDEATH", node, { timestamp: now, metrics: [] });
  }

  #device(verb: "DBIRTH" | "DDATA" | "DDEATH", node: NodeId, payload: Payload): Message {
    const { group, site } = this.#options;
    const topic = topicOf("sparkplugDevice", { group, verb, site, node });
    return { kind: "sparkplugDevice", topic, seq: 0, payload: this.#encode(payload, verb === "DBIRTH") };
  }

  /** §6.4.2, tck-id-payloads-sequence-num-*: each message of a session has the next number, the birth 0. */
  #encode(payload: Payload, birth: boolean): Uint8Array {
    const bytes = encodePayload({ ...payload, seq: this.#seq }, birth);
    this.#seq = (this.#seq + 1) % SEQ_COUNT;
    return bytes;
  }
}

/** Int64 as Eclipse Tahu has it, which hosts were written against; the document asks for no type. */
const bdSeqMetric = (bdSeq: number, now: number): Metric => ({
  name: BDSEQ,
  timestamp: now,
  type: "Int64",
  value: bdSeq,
});

function sameValue(a: Metric["value"] | undefined, b: Metric["value"]): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  return Object.is(a, b);
}
