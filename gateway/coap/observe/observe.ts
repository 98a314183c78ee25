/** RFC 7641 — the table of observations, keyed by peer and token (§4.1), found by topic when something changed. */
import { type Millis, millis, type Peer, toHex } from "../../base/index.ts";
import type { Link } from "../messages/outlet.ts";
import type { ReadRequest } from "../requests/request-reader.ts";
import type { ResponseSecurity } from "../requests/security.ts";
import { afterOne, EVEN, type Pace, waitOf } from "./pace.ts";

export interface Registration {
  readonly link: Link;
  /** Whose observation: a security context, or without one the path. */
  readonly key: string;
  readonly peer: Peer;
  readonly security: ResponseSecurity | undefined;
  readonly token: Uint8Array;
  /** Notifications have the type of the registration: CON or NON. */
  readonly confirmable: boolean;
  readonly read: ReadRequest;
  readonly topic: string;
  /** Of the first answer, and so of every notification (§4.2). */
  readonly contentFormat: number | undefined;
  /** What the first answer says of its state (see `Response.version`). */
  readonly version: number | undefined;
}

/** One client: how many observations it has, and when it may be told again. */
interface Observer {
  count: number;
  pace: Pace;
}

export interface Observation extends Registration {
  readonly observer: Observer;
  /** A handler runs or a CON is not acknowledged yet: at most one notification is under way (§4.5.1). */
  busy: boolean;
  /** Something changed meanwhile; the newest state goes out next (§4.5.2). */
  stale: boolean;
  /** Of the state that was told last. */
  told: number | undefined;
  /** Of the notification before (§3.4). */
  sequence: number;
  /** NON notifications since the peer last showed that it listens, and when that was. */
  unconfirmed: number;
  confirmedAt: Millis;
  /** Message ids of the last NON notifications: a RST that names one ends the observation, also one that comes late. */
  readonly messageIds: number[];
}

/** A RST is a round trip behind, and a gauge may change more often than that. */
const REMEMBERED_MESSAGES = 4;

export interface ObservationLimits {
  readonly observationsPerPeer: number;
  readonly observationsTotal: number;
  readonly confirmEvery: number;
  readonly confirmAfter: Millis;
}

const NO_WAIT = millis(0);

export class ObservationTable {
  readonly #byKey = new Map<string, Observation>();
  readonly #byTopic = new Map<string, Set<Observation>>();
  readonly #perPeer = new Map<string, Observer>();
  readonly #byMessageId = new Map<string, Observation>();
  readonly #limits: ObservationLimits;

  constructor(limits: ObservationLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Registers, or registers anew: the same peer and token is the same observation (§4.1). undefined = no room. */
  register(registration: Registration, now: Millis): Observation | undefined {
    const key = keyOf(registration.key, registration.token);
    const former = this.#byKey.get(key);
    const observer = this.#perPeer.get(registration.key) ?? { count: 0, pace: EVEN };
    this.remove(registration.key, registration.token);
    const { observationsPerPeer, observationsTotal } = this.#limits;
    if (observer.count >= observationsPerPeer || this.#byKey.size >= observationsTotal) return undefined;
    const observation: Observation = {
      ...registration,
      observer,
      busy: false,
      stale: false,
      told: registration.version,
      sequence: nextSequence(former?.sequence, now),
      unconfirmed: 0,
      confirmedAt: now,
      messageIds: [],
    };
    this.#byKey.set(key, observation);
    observer.count += 1;
    this.#perPeer.set(registration.key, observer);
    const onTopic = this.#byTopic.get(registration.topic);
    if (onTopic === undefined) this.#byTopic.set(registration.topic, new Set([observation]));
    else onTopic.add(observation);
    return observation;
  }

  isLive(observation: Observation): boolean {
    return this.#byKey.get(keyOf(observation.key, observation.token)) === observation;
  }

  remove(key: string, token: Uint8Array): void {
    const observation = this.#byKey.get(keyOf(key, token));
    if (observation === undefined) return;
    this.#byKey.delete(keyOf(key, token));
    const onTopic = this.#byTopic.get(observation.topic);
    onTopic?.delete(observation);
    if (onTopic?.size === 0) this.#byTopic.delete(observation.topic);
    observation.observer.count -= 1;
    if (observation.observer.count === 0) this.#perPeer.delete(key);
    while (observation.messageIds.length > 0) this.#forgetMessage(observation);
  }

  on(topic: string): Iterable<Observation> {
    return [...(this.#byTopic.get(topic) ?? [])];
  }

  /** §4.5: NON registrations get a CON now and then, at least every 24 hours. */
  wantsConfirmation(observation: Observation, now: Millis): boolean {
    return (
      observation.confirmable ||
      observation.unconfirmed + 1 >= this.#limits.confirmEvery ||
      now - observation.confirmedAt >= this.#limits.confirmAfter
    );
  }

  /** §4.5.1: how long its next notification has to wait. */
  waitOf({ confirmable, observer }: Observation, now: Millis): Millis {
    return confirmable ? NO_WAIT : waitOf(observer.pace, now);
  }

  sentUnconfirmed(observation: Observation, messageId: number, now: Millis): void {
    observation.observer.pace = afterOne(observation.observer.pace, now);
    if (observation.messageIds.length >= REMEMBERED_MESSAGES) this.#forgetMessage(observation);
    observation.unconfirmed += 1;
    observation.messageIds.push(messageId);
    this.#byMessageId.set(`${messageId} ${observation.link.path}`, observation);
  }

  confirmed(observation: Observation, now: Millis): void {
    observation.unconfirmed = 0;
    observation.confirmedAt = now;
  }

  /** §3.6: a RST in reply to a notification. False when no notification has this message id. */
  reset(path: string, messageId: number): boolean {
    const observation = this.#byMessageId.get(`${messageId} ${path}`);
    if (observation === undefined) return false;
    this.remove(observation.key, observation.token);
    return true;
  }

  /** The oldest one. */
  #forgetMessage({ messageIds, link }: Observation): void {
    this.#byMessageId.delete(`${messageIds.shift()} ${link.path}`);
  }
}

const keyOf = (key: string, token: Uint8Array): string => `${toHex(token)} ${key}`;

const SEQUENCE = 0xffffff;
const HALF = 0x800000;

/**
 * §3.4: 24 bits that grow. They follow the clock, so that they grow over a restart and when an observation begins anew, and
 * tell nobody how much others are told.
 */
export function nextSequence(last: number | undefined, now: Millis): number {
  const byClock = Math.floor(now / 16) & SEQUENCE;
  if (last === undefined) return byClock;
  const ahead = (byClock - last) & SEQUENCE;
  return ahead > 0 && ahead < HALF ? byClock : (last + 1) & SEQUENCE;
}
