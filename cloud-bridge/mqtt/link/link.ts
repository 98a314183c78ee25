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
  minutes,
  type Random,
  StoreError,
  seconds,
  type Timer,
} from "../../../gateway/base/index.ts";
import type { Message, Place } from "../outbox/message.ts";
import type { Outbox } from "../outbox/outbox.ts";
import { eventInPlaceOf } from "../render/event.ts";
import { replyInPlaceOf } from "../render/reply.ts";
import {
  type BrokerAddress,
  type Connection,
  type Dial,
  type InboundPort,
  OVERSIZED,
  type Refusal,
  TOO_LARGE,
} from "./connection.ts";
import { Endings } from "./endings.ts";
import { InboundLane } from "./inbound.ts";
import { backoff, type LinkEvent, type LinkState, type Protocol, step } from "./link-machine.ts";
import { Refusals, type Refused, refusalOf, SHUNNED } from "./refusals.ts";
import { type Replayed, Replays } from "./replays.ts";
import { type InFlight, Session } from "./session.ts";
import { Transient } from "./transient.ts";

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
  /** Who takes what comes in; without it nothing is subscribed to. */
  readonly inbound?: InboundPort | undefined;
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
  /** What the broker would not have, lately. */
  readonly refused: Refused | undefined;
}

const FAREWELL_PATIENCE = seconds(2);
/** A broker that answers pings but acknowledges nothing for so long, or up to twice that, is given up. */
const ACK_PATIENCE = seconds(30);
/** MQTT 5.0 §3.4.2.1: Quota exceeded, which passes. */
const QUOTA_EXCEEDED = 0x97;

export class Link implements Closable {
  readonly #options: LinkOptions;
  readonly #idle = new Set<() => void>();
  readonly #transient = new Transient();
  readonly #replays = new Replays();
  #link: LinkState = { state: "idle" };
  #session: Session | undefined;
  #inbound: InboundLane | undefined;
  #timer: Timer | undefined;
  #ackTimer: Timer | undefined;
  #holdTimer: Timer | undefined;
  #readTimer: Timer | undefined;
  /** How often the broker refused journal messages since it last took one, on whatever connection. */
  #holds = 0;
  /** How often the outbox could not be read since it last could. */
  #unreadable = 0;
  #dialing: Promise<void> = Promise.resolve();
  #pumping = false;
  #afresh = false;
  #conn = 0;
  #published = 0;
  readonly #refusals = new Refusals();
  readonly #endings = new Endings();
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
      refused: this.#refusals.latest(this.#options.realtime.now()),
    };
  }

  /** Tells those who listen now; false = not connected, or no room. */
  say(message: Message): boolean {
    if (this.#session === undefined || !this.#transient.add(message)) return false;
    this.#pump();
    return true;
  }

  /**
   * Sends messages again, with the same bytes, beside what is new; resolves with their numbers once the broker has them all.
   * Throws StoreError command.crowded, mqtt.unreachable (the bridge is leaving), or what `messages` throws.
   */
  replay(messages: AsyncIterable<Message>): Promise<Replayed> {
    if (this.#link.state === "closed") return Promise.reject(this.#leavingError());
    const replayed = this.#replays.add(messages);
    this.#pump();
    return replayed;
  }

  /** Tells status, birth and every retained topic again. */
  rebirth(): void {
    const session = this.#session;
    if (session === undefined || this.#link.state !== "online") return;
    session.introduce(this.#options.presence.greeting(session.conn, this.#link.protocol));
    this.#options.presence.connected();
    this.#pump();
  }

  /** Resolves when the broker acknowledged all there is: greeting, retained topics, journal up to `place`. */
  async settled(place: Place): Promise<void> {
    while (!this.#isSettled(place)) await new Promise<void>((resolve) => this.#idle.add(resolve));
  }

  /** Resolves when a connection was handed status, birth and all retained topics; false = we are leaving. */
  async introduced(): Promise<boolean> {
    while (this.#link.state !== "closed") {
      const streams = this.#link.state === "online" && this.#link.stage === "stream";
      if (streams && this.#session?.introduced === true && this.#options.outbox.latestDepth === 0) return true;
      await new Promise<void>((resolve) => this.#idle.add(resolve));
    }
    return false;
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
    this.#forget();
    this.#replays.close(this.#leavingError());
    this.#tellIdle();
  }

  #leavingError(): StoreError {
    return new StoreError("mqtt.unreachable", { url: this.#options.broker.url, reason: "we are leaving" });
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
    const { dial, broker, clientId, presence, log, inbound, realtime } = this.#options;
    const conn = this.#conn + 1;
    const lane = inbound && new InboundLane({ take: (message) => inbound.take(message), realtime, log });
    let connection: Connection;
    try {
      connection = await dial({
        broker,
        protocol,
        clientId,
        will: presence.will(conn),
        afresh: this.#afresh,
        signal: this.#leaving.signal,
        onLost: (reason) => this.#lost(connection, reason),
        ...(lane === undefined ? {} : { onMessage: (arrival) => lane.received(arrival) }),
      });
    } catch (error) {
      lane?.close();
      const wrongProtocol = isCoded(error) && error.code === "mqtt.protocol";
      if (wrongProtocol && protocol === 5) log.info("mqtt.no-version-5", { url: broker.url });
      else log.warn("mqtt.connect-failed", { url: broker.url, protocol, error: explain(error) });
      this.#happened({ type: "failed", wrongProtocol });
      return;
    }
    this.#conn = conn;
    this.#endings.began(realtime.now());
    this.#afresh = false;
    this.#inbound = lane;
    log.info("mqtt.connected", { url: broker.url, protocol, conn });
    this.#begin(connection, protocol);
  }

  /** A fault here is ours, not the broker's: told as such, then tried again after a pause. */
  #begin(connection: Connection, protocol: Protocol): void {
    const { presence, outbox, log, inbound } = this.#options;
    try {
      const sources = { outbox, transient: this.#transient, replays: this.#replays };
      const session = new Session(connection, this.#conn, presence.greeting(this.#conn, protocol), sources);
      this.#session = session;
      this.#happened({ type: "connected", receiveMaximum: connection.receiveMaximum });
      if (inbound !== undefined) this.#subscribe(connection, inbound.filters);
      this.#watchAcks(session, -1);
      presence.connected();
      this.#pump();
      this.#inbound?.open();
    } catch (error) {
      log.error("mqtt.link-fault", { conn: this.#conn, error: explain(error) });
      connection.drop();
      this.#lost(connection, "a fault of the bridge");
      this.#happened({ type: "failed", wrongProtocol: false }); // counts only if there was no session to lose yet
    }
  }

  /** Without commands the site is told all the same. */
  #subscribe(connection: Connection, filters: readonly string[]): void {
    connection.subscribe(filters, (refusal) => {
      if (refusal === undefined) return;
      const facts = { url: this.#options.broker.url, reason: refusal.text };
      const error = new StoreError("mqtt.subscribe-refused", facts);
      this.#options.log.error("mqtt.subscribe-refused", { ...facts, error: explain(error) });
    });
  }

  #lost(connection: Connection, reason: string): void {
    this.#lineGone();
    if (this.#session?.connection !== connection) return;
    const { broker, outbox, realtime, log } = this.#options;
    for (const kind of this.#refusals.lost(realtime.now())) {
      log.warn("mqtt.left-out", { kind, minutes: SHUNNED / minutes(1) });
    }
    this.#forget();
    this.#afresh = reason === OVERSIZED;
    outbox.conflate();
    const facts = { url: broker.url, reason };
    const { lasted, news } = this.#endings.ended(reason, realtime.now());
    const error = lasted ? {} : { error: explain(new StoreError("mqtt.cut-short", facts)) };
    log[news ? "warn" : "debug"]("mqtt.lost", { ...facts, ...error });
    this.#happened({ type: "lost", lasted });
  }

  /** All that dies with a connection. */
  #forget(): void {
    this.#ackTimer?.cancel();
    this.#holdTimer?.cancel();
    this.#readTimer?.cancel();
    this.#readTimer = undefined;
    this.#inbound?.close();
    this.#inbound = undefined;
    this.#session = undefined;
    this.#transient.clear();
    this.#replays.rewind();
  }

  /** Hands over as much as the window takes. */
  #pump(): void {
    if (this.#pumping) return; // a QoS 0 message is done within the call that sends it
    this.#pumping = true;
    const session = this.#session;
    try {
      if (session !== undefined) this.#fill(session);
    } finally {
      this.#pumping = false; // a fault of ours must not make every later connection mute
    }
    if (this.#link.state === "online" && session !== undefined) this.#readAhead(session);
    this.#tellIdle();
  }

  #fill(session: Session): void {
    while (this.#link.state === "online" && session.inFlight < this.#link.window.size) {
      const entry = session.draw(this.#link.stage);
      if (entry !== undefined) this.#send(session, entry);
      else if (this.#link.stage === "stream") return;
      else this.#happened({ type: "drawn" });
    }
  }

  #send(session: Session, entry: InFlight): void {
    if (this.#refusals.isShunned(entry.message, () => this.#options.realtime.now())) {
      session.answered();
      session.leftOut(entry);
      return;
    }
    this.#published += 1;
    this.#publish(session, entry, entry.message);
  }

  #publish(session: Session, entry: InFlight, message: Message): void {
    const answered = (refusal: Refusal | undefined): void => {
      if (this.#session !== session) return;
      const instead = refusal?.code === TOO_LARGE ? this.#instead(entry, message) : undefined;
      if (instead !== undefined) {
        this.#publish(session, entry, instead);
        return;
      }
      session.answered();
      if (refusal === undefined) {
        session.acked(entry);
        this.#refusals.taken(message.topic);
        if (entry.lane === "journal" && session.flows) this.#holds = 0;
        this.#happened({ type: "acked", backlog: session.backlog });
      } else this.#refusedBy(session, entry, refusal);
      this.#pump();
    };
    session.connection.publish(message, answered, entry.lane === "replay");
  }

  #watchAcks(session: Session, before: number): void {
    this.#ackTimer = this.#options.realtime.after(ACK_PATIENCE, () => {
      if (session.inFlight === 0 || session.answers !== before) return this.#watchAcks(session, session.answers);
      session.connection.drop();
      this.#lost(session.connection, "no acknowledgement");
    });
  }

  /**
   * It is larger than the broker takes. An event has another one told in its place, so that the history goes on; an answer has a
   * short one, so that nobody waits for it.
   */
  #instead({ lane }: InFlight, message: Message): Message | undefined {
    const { topic, seq, payload } = message;
    if (lane === "journal" || this.#refusals.isNews(topic)) {
      const facts = { topic, seq, bytes: payload.length };
      this.#options.log.error("mqtt.too-large", { ...facts, error: explain(new StoreError("mqtt.too-large", facts)) });
    }
    return eventInPlaceOf(message) ?? replyInPlaceOf(message);
  }

  /**
   * MQTT 5: the broker took the packet and refuses the message. An event must not be left out: it waits, with all after it,
   * while the rest goes on and the operator has time to set the broker right. A retained topic is left out, and so is the
   * reply to somebody whose topic we may not write: his command's answer is kept, and he can ask again. What is too large was
   * not even sent, and waiting would not help.
   */
  #refusedBy(session: Session, entry: InFlight, refusal: Refusal): void {
    if (refusal.code === TOO_LARGE) {
      session.leftOut(entry);
      return;
    }
    const { message, lane } = entry;
    this.#refusals.refused(message.topic, refusal.text, this.#options.realtime.now());
    if (this.#refusals.isNews(message.topic)) {
      const facts = { topic: message.topic, reason: refusal.text };
      this.#options.log.error("mqtt.refused", { ...facts, error: explain(refusalOf(facts.topic, facts.reason)) });
    }
    const mustWait = lane === "journal" && (message.kind !== "reply" || refusal.code === QUOTA_EXCEEDED);
    if (!mustWait) {
      this.#refusals.leftOut(message.kind, this.#options.realtime.now());
      session.leftOut(entry);
    } else if (session.awaits(entry)) this.#hold(session);
  }

  #hold(session: Session): void {
    session.hold();
    this.#holdTimer = this.#options.realtime.after(backoff(this.#holds++, 1), () => {
      session.resume();
      this.#pump();
    });
  }

  #readAhead(session: Session): void {
    if (this.#readTimer === undefined && session.wantsPage) this.#read(session, session.readPage());
    if (this.#replays.wantsPage) this.#read(session, this.#replays.readPage());
  }

  /** While our own backing is away the line stays, with all that needs no reading. */
  #read(session: Session, page: Promise<boolean>): void {
    const { log, realtime } = this.#options;
    page.then(
      (more) => {
        this.#unreadable = 0;
        // By now this may be another line: a replay outlives the one that it was read for.
        if (more) this.#pump();
        else this.#tellIdle();
      },
      (error: unknown) => {
        log.error("mqtt.store-failed", { error: explain(error) });
        if (this.#session !== session) return;
        this.#readTimer = realtime.after(backoff(this.#unreadable++, 1), () => {
          this.#readTimer = undefined;
          this.#pump();
        });
      },
    );
  }

  async #leave(session: Session): Promise<void> {
    const said = await new Promise<boolean>((resolve) => {
      this.#timer = this.#options.realtime.after(FAREWELL_PATIENCE, () => resolve(false));
      this.#lineGone = () => resolve(false);
      session.connection.publish(this.#options.presence.farewell(session.conn), () => resolve(true));
    });
    this.#timer?.cancel();
    if (said) await session.connection.end();
    else session.connection.drop();
  }

  #isSettled(place: Place): boolean {
    if (this.#link.state === "closed") return true;
    const { outbox } = this.#options;
    const session = this.#session;
    if (session === undefined || this.#link.state !== "online" || this.#link.stage !== "stream") return false;
    const journalDone = outbox.journalDepth === 0 || outbox.lastAcked >= place;
    const restDone = outbox.latestDepth === 0 && this.#transient.size === 0 && !this.#replays.active;
    return journalDone && restDone && session.introduced && session.inFlight === 0;
  }

  #tellIdle(): void {
    if (this.#idle.size === 0) return;
    const waiting = [...this.#idle];
    this.#idle.clear();
    for (const resolve of waiting) resolve();
  }
}
