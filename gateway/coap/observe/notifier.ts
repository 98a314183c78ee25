/** RFC 7641 §4 — who observes what, and the notifications: one under way per observation, the newest state after it. */
import { type Clock, type Millis, millis, type Peer, type Timer } from "../../base/index.ts";
import { messageLength } from "../../wire/coap/index.ts";
import type { SnapshotTable } from "../blockwise/block2.ts";
import type { Exchange } from "../messages/exchange.ts";
import type { Outlet } from "../messages/outlet.ts";
import type { Limits } from "../parameters.ts";
import type { RequestPort, Response } from "../request-port.ts";
import type { Handlers } from "../requests/handlers.ts";
import type { ReadRequest } from "../requests/request-reader.ts";
import { ASKED_NOTHING, isSuccess, keepIfSliced, withBlockEtag, writeReply } from "../requests/response-writer.ts";
import type { EngineStats } from "../stats.ts";
import { nextSequence, type Observation, ObservationTable } from "./observe.ts";

export interface NotifierParts {
  readonly clock: Clock;
  readonly handler: RequestPort;
  readonly handlers: Handlers;
  readonly outlet: Outlet;
  readonly snapshots: SnapshotTable;
  readonly stats: EngineStats;
  readonly limits: Limits;
}

/** A registration whose first answer is still being made. */
export interface Registering {
  readonly changed: Set<string>;
}

export const NOTIFIED_PER_TURN = 64;
const NEXT_TURN = millis(0);

export class Notifier {
  readonly #parts: NotifierParts;
  readonly #table: ObservationTable;
  readonly #registering = new Set<Registering>();
  #dirty = new Set<string>();
  /** To be told, some per turn. */
  readonly #due = new Set<Observation>();
  #turn: Timer | undefined;
  /** They were told enough for now; one timer serves them all. */
  #waiting = new Set<Observation>();
  #timer: Timer | undefined;
  #closed = false;

  constructor(parts: NotifierParts) {
    this.#parts = parts;
    this.#table = new ObservationTable(parts.limits);
  }

  get size(): number {
    return this.#table.size;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#turn?.cancel();
  }

  /** The state behind a topic changed: whoever observes it is told, once for all changes of a turn of the event loop. */
  changed(topic: string): void {
    for (const { changed } of this.#registering) changed.add(topic);
    if (this.#dirty.size === 0) queueMicrotask(() => this.#notifyDirty());
    this.#dirty.add(topic);
  }

  /** From here until `register` a change of the topic is remembered: the first answer may be older than it. */
  begin(): Registering {
    const registering = { changed: new Set<string>() };
    this.#registering.add(registering);
    return registering;
  }

  /** The sequence number for the first answer; undefined = the response cannot be observed, or there is no room for it. */
  register(
    registering: Registering,
    { link, message, key, security }: Exchange,
    peer: Peer,
    read: ReadRequest,
    response: Response,
  ): number | undefined {
    this.#registering.delete(registering);
    const { observable: topic, contentFormat, version } = response;
    const { token } = message;
    // Options that nobody understands count too: they are views of one memory.
    const bytes = messageLength({ ...message, payload: read.request.payload });
    if (topic === undefined || !isSuccess(response) || bytes > this.#parts.limits.observedBytes) {
      this.#table.remove(key, token);
      return undefined;
    }
    const confirmable = message.type === "CON";
    const registration = { link, key, peer, security, token, confirmable, read, topic, contentFormat, version };
    const observation = this.#table.register(registration, this.#parts.clock.now());
    if (observation === undefined) return undefined;
    if (registering.changed.has(topic)) this.changed(topic);
    return observation.sequence;
  }

  deregister(key: string, token: Uint8Array): void {
    this.#table.remove(key, token);
  }

  /** §3.6: a RST to a notification says that the client has forgotten the observation. */
  reset(path: string, messageId: number): void {
    this.#table.reset(path, messageId);
  }

  #notifyDirty(): void {
    const topics = this.#dirty;
    this.#dirty = new Set();
    for (const topic of topics) for (const observation of this.#table.on(topic)) this.#due.add(observation);
    if (this.#turn === undefined) this.#notifySome();
  }

  /** For each observation its answer is made anew: thousands of them must not keep all others waiting. */
  #notifySome(): void {
    this.#turn = undefined;
    let left = NOTIFIED_PER_TURN;
    for (const observation of this.#due) {
      if (left === 0) {
        this.#turn = this.#parts.clock.after(NEXT_TURN, () => this.#notifySome());
        return;
      }
      left -= 1;
      this.#due.delete(observation);
      if (this.#table.isLive(observation)) this.#notify(observation);
    }
  }

  #notify(observation: Observation): void {
    if (this.#closed) return;
    if (observation.busy) {
      observation.stale = true;
      return;
    }
    const { clock } = this.#parts;
    const wait = this.#table.waitOf(observation, clock.now());
    if (wait > 0) {
      this.#notifyLater(observation, wait);
      return;
    }
    observation.busy = true;
    observation.stale = false;
    const { handlers, handler } = this.#parts;
    handlers.run(
      () => handler(observation.peer, observation.read.request),
      (response) => this.#sendSafely(observation, response),
    );
  }

  /** With the state of then. Whoever comes to wait later waits for the same timer, or for one more. */
  #notifyLater(observation: Observation, wait: Millis): void {
    this.#waiting.add(observation);
    this.#timer ??= this.#parts.clock.after(wait, () => {
      const due = this.#waiting;
      this.#waiting = new Set();
      this.#timer = undefined;
      for (const each of due) if (this.#table.isLive(each)) this.#notify(each);
    });
  }

  #sendSafely(observation: Observation, response: Response): void {
    try {
      this.#send(observation, response);
    } catch (error) {
      this.#parts.handlers.failed("coap.notification-failed", error); // a response that cannot be encoded
      this.#table.remove(observation.key, observation.token);
    }
  }

  #send(observation: Observation, handlerResponse: Response): void {
    if (this.#closed || !this.#table.isLive(observation)) return;
    const { clock, outlet, snapshots, stats } = this.#parts;
    const { read, token, key, link, topic, security } = observation;
    const { block2, request } = read;
    const now = clock.now();
    const response = withBlockEtag(inFormatOf(observation, handlerResponse), block2);
    // §4.2: an error is the last notification, and has no Observe option.
    const goesOn = isSuccess(response) && response.observable === topic;
    if (goesOn && response.version !== undefined && response.version === observation.told) {
      this.#release(observation); // something changed that this observer does not see
      return;
    }
    observation.told = response.version;
    const observe = goesOn ? this.#nextSequence(observation, now) : undefined;
    const reply = writeReply(response, { ...ASKED_NOTHING, block2, etags: request.etags, observe });
    keepIfSliced(snapshots, key, read, response, reply, now);
    const outer = security === undefined ? reply : security.protectFresh(reply);
    if (outer === undefined) {
      this.#table.remove(key, token); // no notification may go unprotected, and none is better than a stream that hangs
      return;
    }
    const confirm = this.#table.wantsConfirmation(observation, now);
    const messageId = outlet.freshMessageId(link);
    const bytes = outlet.encode(confirm ? "CON" : "NON", messageId, token, outer);
    stats.notifications += 1;
    if (!goesOn) this.#table.remove(key, token);
    if (confirm) {
      outlet.sendConfirmable(link, messageId, bytes, (acknowledged) => this.#settled(observation, acknowledged));
      return;
    }
    outlet.send(link, bytes);
    if (goesOn) this.#table.sentUnconfirmed(observation, messageId, now);
    this.#release(observation);
  }

  #settled(observation: Observation, acknowledged: boolean): void {
    if (!this.#table.isLive(observation)) return;
    if (acknowledged) {
      this.#table.confirmed(observation, this.#parts.clock.now());
      this.#release(observation);
      return;
    }
    // §4.5: a client that resets or stays silent is no longer interested.
    this.#table.remove(observation.key, observation.token);
  }

  #release(observation: Observation): void {
    observation.busy = false;
    if (observation.stale) this.#notify(observation);
  }

  #nextSequence(observation: Observation, now: Millis): number {
    observation.sequence = nextSequence(observation.sequence, now);
    return observation.sequence;
  }
}

/** §4.2: all notifications have the Content-Format of the first; when that cannot be had, 4.06 is the last one. */
const inFormatOf = ({ contentFormat }: Observation, response: Response): Response =>
  response.code === "2.05" && response.contentFormat !== contentFormat ? { code: "4.06" } : response;
