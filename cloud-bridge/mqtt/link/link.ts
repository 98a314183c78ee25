/**
 * The driver around link-machine.ts: one connection at a time, messages drawn in the order of docs/mqtt.md,
 * "The broker", acknowledgements given back to the outbox.
 */
import {
  type Clock,
  type Closable,
  explain,
  isCoded,
  type Logger,
  type Random,
  StoreError,
  seconds,
  type Timer,
} from "../../../gateway/base/index.ts";
import { classOf, type Message } from "../outbox/message.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Acknowledged, BrokerAddress, Connection, Dial } from "./connection.ts";
import { type LinkEvent, type LinkState, type Protocol, step } from "./link-machine.ts";
import { Session } from "./session.ts";

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

export class Link implements Closable {
  readonly #options: LinkOptions;
  readonly #idle = new Set<() => void>();
  #link: LinkState = { state: "idle" };
  #session: Session | undefined;
  #timer: Timer | undefined;
  #ackTimer: Timer | undefined;
  #dialing: Promise<void> = Promise.resolve();
  #conn = 0;
  #published = 0;
  #refused = new Set<string>();
  #stopListening: () => void = () => undefined;
  readonly #leaving = new AbortController();
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
    this.#leaving.abort();
    await this.#dialing;
    // The session stays until it left: PUBACKs that come before that of the farewell still count.
    if (this.#session !== undefined) await this.#leave(this.#session);
    this.#session = undefined;
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
    const { dial, broker, clientId, presence, log } = this.#options;
    const conn = this.#conn + 1;
    let connection: Connection;
    try {
      connection = await dial({
        broker,
        protocol,
        clientId,
        will: presence.will(conn),
        signal: this.#leaving.signal,
        onLost: (reason) => this.#lost(connection, reason),
      });
    } catch (error) {
      const wrongProtocol = isCoded(error) && error.code === "mqtt.protocol";
      if (wrongProtocol && protocol === 5) log.info("mqtt.no-version-5", { url: broker.url });
      else log.warn("mqtt.connect-failed", { url: broker.url, protocol, error: explain(error) });
      this.#happened({ type: "failed", wrongProtocol });
      return;
    }
    this.#conn = conn;
    log.info("mqtt.connected", { url: broker.url, protocol, conn });
    this.#begin(connection, protocol);
  }

  /** A fault here is ours, not the broker's: told as such, then tried again after a pause. */
  #begin(connection: Connection, protocol: Protocol): void {
    const { presence, outbox, log } = this.#options;
    try {
      const session = new Session(connection, this.#conn, presence.greeting(this.#conn, protocol), outbox);
      this.#session = session;
      this.#happened({ type: "connected", receiveMaximum: connection.receiveMaximum });
      presence.connected();
      this.#pump();
    } catch (error) {
      log.error("mqtt.link-fault", { conn: this.#conn, error: explain(error) });
      connection.drop();
      this.#lost(connection, "a fault of the bridge");
      this.#happened({ type: "failed", wrongProtocol: false }); // counts only if there was no session to lose yet
    }
  }

  #lost(connection: Connection, reason: string): void {
    this.#lineGone();
    if (this.#session?.connection !== connection) return;
    this.#ackTimer?.cancel();
    this.#ackTimer = undefined;
    this.#session = undefined;
    this.#options.outbox.conflate();
    this.#options.log.warn("mqtt.lost", { url: this.#options.broker.url, reason });
    this.#happened({ type: "lost" });
  }

  /** Hands over as much as the window takes. */
  #pump(): void {
    const session = this.#session;
    while (session !== undefined && this.#link.state === "online" && session.inFlight < this.#link.window.size) {
      const message = session.draw(this.#link.stage);
      if (message !== undefined) this.#send(session, message);
      else if (this.#link.stage === "stream") break;
      else this.#happened({ type: "drawn" });
    }
    if (this.#link.state === "online" && session?.wantsPage === true) this.#readAhead(session);
    this.#tellIdle();
  }

  #send(session: Session, message: Message): void {
    const entry = session.send(message);
    this.#published += 1;
    this.#ackTimer ??= this.#watchAcks(session);
    session.connection.publish(message, (refusal) => {
      if (this.#session !== session) return;
      session.answered();
      this.#ackTimer?.cancel();
      this.#ackTimer = session.inFlight > 0 ? this.#watchAcks(session) : undefined;
      if (refusal === undefined) {
        session.acked(entry);
        this.#happened({ type: "acked", backlog: session.backlog });
      } else this.#refusedBy(session, message, refusal);
      this.#pump();
    });
  }

  #watchAcks(session: Session): Timer {
    return this.#options.realtime.after(ACK_PATIENCE, () => this.#give(session, "no acknowledgement"));
  }

  /**
   * MQTT 5: the broker took the packet and refuses the message. A retained topic is left out and reported once; an
   * event must not be left out, so the line is given up and the operator has time to set the broker right.
   */
  #refusedBy(session: Session, message: Message, refusal: NonNullable<Parameters<Acknowledged>[0]>): void {
    const { topic } = message;
    if (!this.#refused.has(topic)) {
      this.#refused.add(topic);
      const facts = { topic, reason: refusal.text };
      this.#options.log.error("mqtt.refused", { ...facts, error: explain(new StoreError("mqtt.refused", facts)) });
    }
    if (classOf(message) === "journal") this.#give(session, "a journal message was refused");
    else this.#options.outbox.delivered(message);
  }

  #give(session: Session, reason: string): void {
    session.connection.drop();
    this.#lost(session.connection, reason);
  }

  #readAhead(session: Session): void {
    session.readPage().then(
      (more) => {
        if (more && this.#session === session) this.#pump();
      },
      (error: unknown) => {
        this.#options.log.error("mqtt.store-failed", { error: explain(error) });
        if (this.#session === session) this.#give(session, "the outbox cannot be read");
      },
    );
  }

  async #leave(session: Session): Promise<void> {
    this.#ackTimer?.cancel();
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
