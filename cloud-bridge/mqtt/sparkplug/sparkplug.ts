/**
 * docs/mqtt.md, "Sparkplug B" — the edge node's own connection: its last will is the node's death (Sparkplug 3.0.0 §5.4), so
 * it cannot be that of the bridge. MQTT 3.1.1 with a clean session; QoS 0, nothing retained, nothing kept for later.
 */
import {
  type Clock,
  type Closable,
  explain,
  type Logger,
  type NodeId,
  type Random,
  StoreError,
  seconds,
  type Timer,
} from "../../../gateway/base/index.ts";
import type { StateStore } from "../../../gateway/store/ports.ts";
import type { BrokerAddress, Connection, Dial, Inbound } from "../link/connection.ts";
import { Endings } from "../link/endings.ts";
import { backoff } from "../link/link-machine.ts";
import type { LiveView } from "../views/view.ts";
import { BDSEQ_COUNT, type DeviceOf, Edge, REBIRTH } from "./edge.ts";
import { hostState } from "./host-state.ts";
import { decodePayload } from "./payload.ts";

export interface SparkplugOptions {
  readonly group: string;
  /** The edge node's id. */
  readonly site: string;
  readonly clientId: string;
  readonly properties: Readonly<Record<string, string>>;
  /** Births wait until this host is online (§5.7); undefined = nobody is waited for. */
  readonly primaryHost?: string | undefined;
  readonly nodes: () => Iterable<NodeId>;
  readonly device: DeviceOf;
  readonly state: StateStore;
  readonly dial: Dial;
  readonly broker: BrokerAddress;
  /** The site's time. */
  readonly clock: Clock;
  /** Time as networks know it. */
  readonly realtime: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** How many connections were tried, ever: bdSeq must go on over restarts. */
const PROJECTION = "mqtt.sparkplug";
/** Messages that the socket has not taken yet; more news waits as nodes, not as messages. */
const WINDOW = 32;
const FAREWELL_PATIENCE = seconds(2);

export class Sparkplug implements LiveView, Closable {
  readonly #options: SparkplugOptions;
  readonly #edge: Edge;
  readonly #leaving = new AbortController();
  readonly #endings = new Endings();
  #line: Connection | undefined;
  #bdSeq = 0;
  #inFlight = 0;
  #pumping = false;
  /** What the primary host said of itself last. */
  #host = { online: false, timestamp: 0 };
  #begun = false;
  #lost: (reason: string) => void = () => undefined;
  #wake: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: SparkplugOptions) {
    this.#options = options;
    this.#edge = new Edge(options);
  }

  start(): void {
    this.#running = this.#run().catch((error: unknown) =>
      this.#options.log.error("mqtt.sparkplug-stopped", { error: explain(error) }),
    );
  }

  committed(nodes: ReadonlySet<NodeId>): void {
    this.#edge.touch(nodes);
    this.#pump();
  }

  /** §5.5, tck-id-operational-behavior-edge-node-intentional-disconnect-ndeath: its death, then DISCONNECT. */
  async close(): Promise<void> {
    if (this.#leaving.signal.aborted) return;
    this.#leaving.abort();
    this.#wake();
    this.#lost("we are leaving");
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#leaving.signal.aborted) {
      this.#begun = false;
      const lasted = await this.#connect();
      if (this.#leaving.signal.aborted) return;
      failures = lasted ? 0 : failures + 1;
      await this.#pause(failures);
    }
  }

  #pause(failures: number): Promise<void> {
    const { realtime, random } = this.#options;
    return new Promise((resolve) => {
      const timer: Timer = realtime.after(backoff(failures, random.next()), resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** One connection from CONNECT to its end; true = the broker is well, and the next may come soon. */
  async #connect(): Promise<boolean> {
    const { dial, broker, clientId, clock, realtime, log } = this.#options;
    const gone = new Promise<string>((resolve) => {
      this.#lost = resolve;
    });
    let line: Connection;
    try {
      this.#bdSeq = await this.#nextSession();
      line = await dial({
        broker,
        protocol: 4,
        afresh: true,
        clientId,
        will: this.#edge.death(this.#bdSeq, clock.now()),
        signal: this.#leaving.signal,
        onLost: (reason) => this.#lost(reason),
        onMessage: ({ message, acknowledge }) => {
          acknowledge();
          this.#take(message);
          return undefined;
        },
      });
    } catch (error) {
      if (!this.#leaving.signal.aborted) {
        log.warn("mqtt.sparkplug-failed", { url: broker.url, error: explain(error) });
      }
      return false;
    }
    this.#endings.began(realtime.now());
    this.#line = line;
    this.#inFlight = 0;
    this.#host = { online: false, timestamp: 0 };
    log.info("mqtt.sparkplug-connected", { url: broker.url, bdSeq: this.#bdSeq });
    this.#subscribe(line);
    const reason = await gone;
    this.#line = undefined;
    this.#edge.end();
    if (this.#leaving.signal.aborted || reason === HOST_GONE) await this.#leave(line);
    return this.#leaving.signal.aborted || this.#lostFor(reason);
  }

  /** Was the broker well until then? */
  #lostFor(reason: string): boolean {
    const { broker, realtime, log } = this.#options;
    const { lasted, news } = this.#endings.ended(reason, realtime.now());
    const well = lasted || reason === HOST_GONE;
    const facts = { url: broker.url, reason };
    const error = well ? {} : { error: explain(new StoreError("mqtt.sparkplug-cut-short", facts)) };
    log[news ? "warn" : "debug"]("mqtt.sparkplug-lost", { reason, ...error });
    return well;
  }

  /** Written down before it is used: a number that stood in a will is never used again by another session. */
  async #nextSession(): Promise<number> {
    const { state } = this.#options;
    const tried = await state.applied(PROJECTION);
    await state.commit(PROJECTION, tried + 1, []);
    return tried % BDSEQ_COUNT;
  }

  /** §5.4, tck-id-message-flow-edge-node-ncmd-subscribe: commands first, then the births. */
  #subscribe(line: Connection): void {
    const { group, site, primaryHost, log } = this.#options;
    const filters = [`spBv1.0/${group}/NCMD/${site}`, ...(primaryHost === undefined ? [] : [stateTopic(primaryHost)])];
    line.subscribe(filters, (refusal) => {
      if (this.#line !== line) return;
      if (refusal !== undefined) log.warn("mqtt.sparkplug-refused", { reason: refusal.text });
      if (primaryHost === undefined) this.#begin();
    });
  }

  #begin(): void {
    this.#begun = true;
    this.#edge.begin(this.#bdSeq);
    this.#pump();
  }

  /** A window per turn of the event loop: the births of a large site must not keep everybody else waiting. */
  #pump(): void {
    if (this.#pumping) return; // a message of QoS 0 is done within the call that sends it
    this.#pumping = true;
    try {
      this.#fill();
    } finally {
      this.#pumping = false;
    }
  }

  #fill(): void {
    const line = this.#line;
    for (let sent = 0; line !== undefined && this.#inFlight < WINDOW; sent++) {
      if (sent === WINDOW) {
        setImmediate(() => this.#pump());
        return;
      }
      const message = this.#edge.next(this.#options.clock.now());
      if (message === undefined) return;
      this.#inFlight += 1;
      line.publish(message, () => {
        if (this.#line !== line) return;
        this.#inFlight -= 1;
        this.#pump();
      });
    }
  }

  #take(message: Inbound): void {
    const { primaryHost, log } = this.#options;
    try {
      if (primaryHost !== undefined && message.topic === stateTopic(primaryHost)) this.#hear(message);
      else if (!message.retain) this.#obey(message);
    } catch (error) {
      log.warn("mqtt.sparkplug-command", { topic: message.topic, error: explain(error) });
    }
  }

  /** §5.10: of the commands to an edge node this one alone; nodes take theirs over the contract's own topics. */
  #obey({ payload }: Inbound): void {
    const wanted = decodePayload(payload).metrics.some(({ name, value }) => name === REBIRTH && value === true);
    if (!wanted || !this.#begun) return;
    this.#edge.rebirth();
    this.#pump();
  }

  /** §5.7: what is older than what we know is a will that came late. */
  #hear({ payload }: Inbound): void {
    const said = hostState(payload);
    if (said.timestamp < this.#host.timestamp) return;
    this.#host = said;
    if (said.online && !this.#begun) this.#begin();
    else if (!said.online && this.#begun) this.#lost(HOST_GONE);
  }

  async #leave(line: Connection): Promise<void> {
    const { realtime, clock } = this.#options;
    const death = this.#edge.death(this.#bdSeq, clock.now());
    const said = await new Promise<boolean>((resolve) => {
      const timer = realtime.after(FAREWELL_PATIENCE, () => resolve(false));
      line.publish(death, () => {
        timer.cancel();
        resolve(true);
      });
    });
    if (said) await line.end();
    else line.drop();
  }
}

const HOST_GONE = "the primary host is offline";
const stateTopic = (host: string): string => `spBv1.0/STATE/${host}`;
