/**
 * The driver around link-machine.ts: one connection at a time, messages drawn in the order of mqtt-contract 2.7,
 * acknowledgements given back to the outbox.
 */
import {
  type Clock,
  type Closable,
  explain,
  isCoded,
  type Logger,
  type Random,
  seconds,
  type Timer,
} from "../../gateway/base/index.ts";
import type { Acknowledged, BrokerAddress, Connection, Dial } from "./connection.ts";
import { type LinkEvent, type LinkState, type Protocol, step, WINDOW_MAX } from "./link-machine.ts";
import { classOf, type Message } from "./message.ts";
import type { Outbox } from "./outbox.ts";

/** What this process says of itself; `conn` counts its connections from 1. */
export interface Presence {
  will(conn: number): Message;
  /** Steps 1 and 2: status, birth of the site. */
  greeting(conn: number, protocol: Protocol): readonly Message[];
  farewell(conn: number): Message;
  /** Called when a connection stands, before anything is sent. */
  connected(): void;
}

export interface LinkOptions {
  readonly broker: BrokerAddress;
  readonly clientId: string;
  readonly presence: Presence;
  readonly outbox: Outbox;
  readonly dial: Dial;
  /** Time as networks know it: a trial that runs faster must not lose patience faster. */
  readonly realtime: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface LinkStats {
  readonly connected: boolean;
  readonly protocol: "5" | "3.1.1" | undefined;
  readonly connections: number;
  readonly published: number;
  readonly window: number;
}

const FAREWELL_PATIENCE = seconds(2);
/** A broker that answers pings but acknowledges nothing for so long is given up. */
const ACK_PATIENCE = seconds(60);
const PAGE = WINDOW_MAX;

/** A journal message on its way; they leave the queue in order, whatever order the PUBACKs come in. */
interface InFlight {
  readonly message: Message;
  acked: boolean;
}

/** Everything that belongs to one connection and dies with it. */
interface Session {
  readonly connection: Connection;
  readonly conn: number;
  /** Greeting and retained topics still to be handed over. */
  readonly greeting: Message[];
  readonly retained: string[];
  /** Journal messages read from the outbox but not yet handed over. */
  page: Message[];
  readonly journal: InFlight[];
  /** Number of the last journal message handed over. */
  cursor: number;
  lostUpTo: number;
  reading: boolean;
  inFlight: number;
  journalTurn: boolean;
  ackTimer: Timer | undefined;
}

export class Link implements Closable {
  readonly #options: LinkOptions;
  readonly #idle = new Set<() => void>();
  #link: LinkState = { state: "idle" };
  #session: Session | undefined;
  #timer: Timer | undefined;
  #dialing: Promise<void> = Promise.resolve();
  #conn = 0;
  #published = 0;
  #refused = new Set<string>();
  #stopListening: () => void = () => undefined;
  /** Ends the wait for the farewell's PUBACK. */
  #lineGone: () => void = () => undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopListening = this.#options.outbox.onChange(() => this.#pump());
    this.#happened({ type: "start", protocol: this.#options.broker.protocol ?? 5 });
  }

  get stats(): LinkStats {
    const online = this.#link.state === "online" ? this.#link : undefined;
    return {
      connected: online !== undefined,
      protocol: online === undefined ? undefined : online.protocol === 5 ? "5" : "3.1.1",
      connections: this.#conn,
      published: this.#published,
      window: online?.window.size ?? 0,
    };
  }

  /** Resolves when the broker acknowledged all there is: greeting, retained topics, journal up to `seq`. */
  async settled(seq: number): Promise<void> {
    while (!this.#isSettled(seq)) await new Promise<void>((resolve) => this.#idle.add(resolve));
  }

  /** Says goodbye and leaves; what is not acknowledged stays in the outbox. */
  async close(): Promise<void> {
    if (this.#link.state === "closed") return;
    this.#stopListening();
    this.#happened({ type: "close" });
    this.#timer?.cancel();
    await this.#dialing;
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) await this.#leave(session);
    this.#tellIdle();
  }

  #happened(event: LinkEvent): void {
    const { link, effect } = step(this.#link, event, this.#options.random.next());
    this.#link = link;
    switch (effect.do) {
      case "nothing":
        return;
      case "dial":
        this.#dialing = this.#dial(effect.protocol);
        return;
      case "wait":
        this.#timer = this.#options.realtime.after(effect.delay, () => this.#happened({ type: "waited" }));
        return;
    }
  }

  async #dial(protocol: Protocol): Promise<void> {
    const { dial, broker, clientId, presence, outbox, log } = this.#options;
    const conn = this.#conn + 1;
    try {
      const connection = await dial({
        broker,
        protocol,
        clientId,
        will: presence.will(conn),
        onLost: (reason) => this.#lost(connection, reason),
      });
      this.#conn = conn;
      this.#session = openSession(connection, conn, presence.greeting(conn, protocol), outbox);
      log.info("mqtt.connected", { url: broker.url, protocol, conn });
      this.#happened({ type: "connected", receiveMaximum: connection.receiveMaximum });
      presence.connected();
      this.#pump();
    } catch (error) {
      const wrongProtocol = isCoded(error) && error.code === "mqtt.protocol";
      if (wrongProtocol && protocol === 5) log.info("mqtt.no-version-5", { url: broker.url });
      else log.warn("mqtt.connect-failed", { url: broker.url, protocol, error: explain(error) });
      this.#happened({ type: "failed", wrongProtocol });
    }
  }

  #lost(connection: Connection, reason: string): void {
    this.#lineGone();
    if (this.#session?.connection !== connection) return;
    this.#session.ackTimer?.cancel();
    this.#session = undefined;
    this.#options.outbox.conflate();
    this.#options.log.warn("mqtt.lost", { url: this.#options.broker.url, reason });
    this.#happened({ type: "lost" });
  }

  /** Hands over as much as the window takes. */
  #pump(): void {
    const session = this.#session;
    while (session !== undefined && this.#link.state === "online" && session.inFlight < this.#link.window.size) {
      const message = this.#draw(session);
      if (message === undefined) break;
      this.#send(session, message);
    }
    if (session !== undefined) this.#readAhead(session);
    this.#tellIdle();
  }

  #draw(session: Session): Message | undefined {
    for (;;) {
      if (this.#link.state !== "online") return undefined;
      switch (this.#link.stage) {
        case "greeting": {
          const message = session.greeting.shift();
          if (message !== undefined) return message;
          break;
        }
        case "retained": {
          const topic = session.retained.shift();
          const message = topic === undefined ? undefined : this.#options.outbox.latest(topic);
          if (message !== undefined) return message;
          if (topic !== undefined) continue; // removed since
          break;
        }
        case "stream":
          return this.#drawStream(session);
      }
      this.#happened({ type: "drawn" });
    }
  }

  /** Events and changed retained topics take turns, so that neither starves the other while a backlog drains. */
  #drawStream(session: Session): Message | undefined {
    this.#forgetOverflown(session);
    session.journalTurn = !session.journalTurn;
    const draws = [() => session.page.shift(), () => this.#options.outbox.takeLatest()];
    if (!session.journalTurn) draws.reverse();
    return draws[0]?.() ?? draws[1]?.();
  }

  /** Messages that an overflow event took in while they lay in the page are read again, as that event. */
  #forgetOverflown(session: Session): void {
    const { lostUpTo } = this.#options.outbox;
    if (lostUpTo === session.lostUpTo) return;
    session.lostUpTo = lostUpTo;
    session.page = [];
  }

  #send(session: Session, message: Message): void {
    const entry: InFlight = { message, acked: false };
    if (classOf(message) === "journal") {
      session.cursor = message.seq;
      session.journal.push(entry);
    }
    session.inFlight += 1;
    this.#published += 1;
    session.ackTimer ??= this.#watchAcks(session);
    session.connection.publish(message, (refusal) => {
      if (this.#session !== session) return;
      session.inFlight -= 1;
      session.ackTimer?.cancel();
      session.ackTimer = session.inFlight > 0 ? this.#watchAcks(session) : undefined;
      if (refusal === undefined) this.#acked(session, entry);
      else this.#refusedBy(session, entry, refusal);
      this.#pump();
    });
  }

  #watchAcks(session: Session): Timer {
    return this.#options.realtime.after(ACK_PATIENCE, () => this.#give(session, "no acknowledgement"));
  }

  #acked(session: Session, entry: InFlight): void {
    const { outbox } = this.#options;
    entry.acked = true;
    while (session.journal[0]?.acked === true) {
      const done = session.journal.shift();
      if (done !== undefined) outbox.acked(done.message.seq, session.journal[0]?.message ?? session.page[0]);
    }
    if (classOf(entry.message) === "latest") outbox.delivered(entry.message);
    const backlog = session.retained.length > 0 || session.page.length > 0 || outbox.latestDepth > 0;
    this.#happened({ type: "acked", backlog });
  }

  /**
   * MQTT 5: the broker took the packet and refuses the message. A retained topic is left out and reported once; an
   * event must not be left out, so the line is given up and the operator has time to set the broker right.
   */
  #refusedBy(session: Session, entry: InFlight, refusal: NonNullable<Parameters<Acknowledged>[0]>): void {
    const { topic } = entry.message;
    if (!this.#refused.has(topic)) {
      this.#refused.add(topic);
      this.#options.log.error("mqtt.refused", { topic, code: refusal.code, reason: refusal.text });
    }
    if (classOf(entry.message) === "journal") this.#give(session, "a journal message was refused");
    else this.#options.outbox.delivered(entry.message);
  }

  #give(session: Session, reason: string): void {
    session.connection.drop();
    this.#lost(session.connection, reason);
  }

  /** Keeps a page of journal messages at hand; reading must not wait for the window nor the window for reading. */
  #readAhead(session: Session): void {
    const { outbox } = this.#options;
    const after = session.page.at(-1)?.seq ?? session.cursor;
    if (session.reading || session.page.length > PAGE / 2 || after >= outbox.lastJournal) return;
    session.reading = true;
    outbox
      .journalAfter(after, PAGE)
      .then((messages) => {
        session.reading = false;
        if (this.#session !== session || messages.length === 0) return;
        const last = session.page.at(-1)?.seq ?? session.cursor;
        session.page.push(...messages.filter((message) => message.seq > last));
        this.#pump();
      })
      .catch((error: unknown) => {
        session.reading = false;
        this.#options.log.error("mqtt.store-failed", { error: explain(error) });
        if (this.#session === session) this.#give(session, "the outbox cannot be read");
      });
  }

  async #leave(session: Session): Promise<void> {
    session.ackTimer?.cancel();
    const said = await new Promise<boolean>((resolve) => {
      this.#timer = this.#options.realtime.after(FAREWELL_PATIENCE, () => resolve(false));
      this.#lineGone = () => resolve(false);
      session.connection.publish(this.#options.presence.farewell(session.conn), () => resolve(true));
    });
    this.#timer?.cancel();
    if (said) await session.connection.end();
    else session.connection.drop();
  }

  #isSettled(seq: number): boolean {
    if (this.#link.state === "closed") return true;
    const { outbox } = this.#options;
    const session = this.#session;
    if (session === undefined || this.#link.state !== "online" || this.#link.stage !== "stream") return false;
    const journalDone = outbox.journalDepth === 0 || outbox.lastAcked >= seq;
    return journalDone && outbox.latestDepth === 0 && session.inFlight === 0;
  }

  #tellIdle(): void {
    const waiting = [...this.#idle];
    this.#idle.clear();
    for (const resolve of waiting) resolve();
  }
}

function openSession(connection: Connection, conn: number, greeting: readonly Message[], outbox: Outbox): Session {
  const retained = outbox.resync();
  return {
    connection,
    conn,
    greeting: [...greeting],
    retained: [...retained],
    page: [],
    journal: [],
    cursor: outbox.lastAcked,
    lostUpTo: outbox.lostUpTo,
    reading: false,
    inFlight: 0,
    journalTurn: false,
    ackTimer: undefined,
  };
}
