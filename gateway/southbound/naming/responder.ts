/** RFC 6762: takes the names, announces them, answers for them and gives them back. Sockets are ports. */
import { type Clock, type Millis, millis, type Random, seconds, type Timer } from "../../base/index.ts";
import {
  decodeMessage,
  encodeMessage,
  type Message,
  nameKey,
  type ResourceRecord,
  TYPE,
} from "../../wire/dns/index.ts";
import { type Announcement, type Names, namesOf, type Renames, type Zone, zoneOf } from "./announcement.ts";
import { additionalsOf, answersTo, isKnown } from "./answers.ts";
import { proposed, takenNames, yieldsTo } from "./conflicts.ts";
import { Outbox } from "./outbox.ts";
import { type Phase, type PhaseEvent, PROBE_INTERVAL, step } from "./phase.ts";
import { Quota } from "./quota.ts";

export interface Remote {
  readonly address: string;
  readonly port: number;
}

/** One interface in one address family. */
export interface Link {
  readonly name: string;
  /** What is reached through it, 4 or 16 bytes each. */
  readonly addresses: readonly Uint8Array[];
  /** RFC 6762 §11: nobody else is answered alone. */
  isNeighbour(address: string): boolean;
  /** To all of the link unless `to` is given. */
  send(message: Uint8Array, to?: Remote): void;
}

export interface ResponderOptions {
  readonly announcement: Announcement;
  readonly links: readonly Link[];
  readonly clock: Clock;
  readonly random: Random;
  /** That of all who take part; MDNS_PORT unless a trial says otherwise. */
  readonly port?: number | undefined;
  /** The names are ours, for the first time or after a change. */
  readonly onNamed: (names: Names) => void;
}

/** RFC 6762 §3: another source port is a legacy asker's (§6.7). */
export const MDNS_PORT = 5353;
/** §6.7: such an asker keeps no cache that we could correct. */
const LEGACY_TTL = 10;
/** §8.1: so many conflicts within this time are not chance. */
const CONFLICTS = { most: 15, within: seconds(10) };
const CONFLICT_REST = seconds(30);
/** What is read and what is answered to single askers per second on a link; a busy building stays far below. */
const HEARD_PER_SECOND = 200;
const ALONE_PER_SECOND = 20;

interface Place {
  readonly link: Link;
  zone: Zone;
  outbox: Outbox;
  readonly heard: Quota;
  readonly alone: Quota;
}

const EMPTY_MESSAGE: Message = {
  id: 0,
  response: false,
  truncated: false,
  questions: [],
  answers: [],
  authorities: [],
  additionals: [],
};

export class Responder {
  readonly #options: ResponderOptions;
  #phase: Phase = { state: "asking", sent: 0 };
  #renames: Renames = { instance: 0, host: 0 };
  #places: readonly Place[] = [];
  #timer: Timer | undefined;
  readonly #port: number;
  #conflicts: readonly Millis[] = [];

  constructor(options: ResponderOptions) {
    this.#options = options;
    this.#port = options.port ?? MDNS_PORT;
  }

  get names(): Names {
    return namesOf(this.#options.announcement, this.#renames);
  }

  /** The names are ours. */
  get isSettled(): boolean {
    return this.#phase.state === "announcing" || this.#phase.state === "settled";
  }

  start(): void {
    const { links, clock } = this.#options;
    this.#places = links.map((link) => ({
      link,
      zone: this.#zoneOf(link),
      outbox: this.#outboxOf(link),
      heard: new Quota(clock, HEARD_PER_SECOND),
      alone: new Quota(clock, ALONE_PER_SECOND),
    }));
    this.#soon(); // §8.1: hosts that were switched on together do not ask together
  }

  /** A datagram from the link with this name; what cannot be read is left aside. */
  take(linkName: string, bytes: Uint8Array, source: Remote): void {
    const place = this.#places.find(({ link }) => link.name === linkName);
    if (place === undefined || this.#phase.state === "stopped" || !place.heard.take()) return;
    let message: Message;
    try {
      message = decodeMessage(bytes);
    } catch {
      return; // §18: whatever else comes to this port is not for us
    }
    if (!message.response) this.#query(place, message, source);
    else if (source.port === this.#port) this.#response(place, message); // §6
  }

  /** §10.1: the names are free again. */
  leave(): void {
    if (this.isSettled) {
      for (const { link, zone } of this.#places) {
        const gone = zone.records.filter(({ type }) => type !== TYPE.nsec).map((record) => ({ ...record, ttl: 0 }));
        link.send(encodeMessage({ ...EMPTY_MESSAGE, response: true, answers: gone }));
      }
    }
    this.stop();
  }

  /** Nothing is said or answered any more; what was announced stands until it is announced anew, or times out. */
  stop(): void {
    this.#move("stop");
    for (const { outbox } of this.#places) outbox.close();
  }

  #zoneOf(link: Link): Zone {
    return zoneOf(this.#options.announcement, this.names, link.addresses);
  }

  #outboxOf(link: Link): Outbox {
    const { clock, random } = this.#options;
    return new Outbox(clock, random, (records) => {
      const place = this.#places.find((one) => one.link === link);
      if (place !== undefined) this.#tell(place, records);
    });
  }

  #soon(): void {
    const { clock, random } = this.#options;
    this.#wakeIn(clock, millis(random.next() * PROBE_INTERVAL));
  }

  #wakeIn(clock: Clock, delay: Millis): void {
    this.#timer?.cancel();
    this.#timer = clock.after(delay, () => this.#move("due"));
  }

  #move(event: PhaseEvent, rest?: Millis): void {
    const before = this.#phase.state;
    const { phase, send, after } = step(this.#phase, event);
    this.#phase = phase;
    this.#timer?.cancel();
    if (after !== undefined) this.#wakeIn(this.#options.clock, rest ?? after);
    for (const place of this.#places) {
      if (send === "probe") this.#ask(place);
      if (send === "announcement") this.#tell(place, place.zone.records);
    }
    if (before === "asking" && phase.state === "announcing") this.#options.onNamed(this.names);
  }

  /** §8.1. The port is shared with the host's own responder, so answers are wanted by multicast (§15.1). */
  #ask({ link, zone }: Place): void {
    const keys = [...zone.unique];
    const authorities = keys.flatMap((key) => proposed(zone, key)).map((record) => ({ ...record, flush: false }));
    const questions = keys.flatMap((key) => {
      const name = zone.byName.get(key)?.[0]?.name;
      return name === undefined ? [] : [{ name, type: TYPE.any, unicast: false }];
    });
    link.send(encodeMessage({ ...EMPTY_MESSAGE, questions, authorities }));
  }

  #tell({ link, zone, outbox }: Place, answers: readonly ResourceRecord[]): void {
    const additionals = additionalsOf(answers, zone);
    link.send(encodeMessage({ ...EMPTY_MESSAGE, response: true, answers, additionals }));
    outbox.noteSent([...answers, ...additionals]);
  }

  #query(place: Place, message: Message, source: Remote): void {
    const { outbox, zone } = place;
    const asker = `${source.address} ${source.port}`;
    if (this.#phase.state === "asking") {
      if (this.#phase.sent > 0 && yieldsTo(message.authorities, zone, this.#zones())) this.#move("yield");
      return;
    }
    if (message.questions.length === 0) outbox.known(message.answers, asker);
    const wanted = message.questions.map((question) => ({
      question,
      records: answersTo(question, zone).filter((record) => !isKnown(record, message.answers)),
    }));
    if (source.port !== this.#port) {
      this.#answerLegacy(place, message, unique(wanted.flatMap(({ records }) => records)), source);
      return;
    }
    const defends = message.authorities.length > 0;
    const alone = wanted
      .filter(({ question }) => question.unicast && !defends)
      .flatMap(({ records }) => records.filter((record) => outbox.isFresh(record)));
    const all = unique(wanted.flatMap(({ records }) => records)).filter((record) => !alone.includes(record));
    const certain = all.every(({ flush }) => flush);
    outbox.queue(all, message.truncated ? "more-follows" : certain ? "now" : "shared", asker, defends);
    this.#answerAlone(place, EMPTY_MESSAGE, unique(alone), source);
  }

  #answerAlone({ link, zone, alone }: Place, base: Message, answers: readonly ResourceRecord[], to: Remote): void {
    if (answers.length === 0 || !link.isNeighbour(to.address) || !alone.take()) return;
    const additionals = additionalsOf(answers, zone);
    link.send(encodeMessage({ ...base, response: true, answers, additionals }), to);
  }

  /** §6.7: a plain resolver, which wants its question back and knows no flush bit. */
  #answerLegacy(place: Place, message: Message, records: readonly ResourceRecord[], to: Remote): void {
    const { link, zone, alone } = place;
    if (records.length === 0 || !link.isNeighbour(to.address) || !alone.take()) return;
    const plain = (record: ResourceRecord): ResourceRecord => ({
      ...record,
      flush: false,
      ttl: Math.min(record.ttl, LEGACY_TTL),
    });
    const questions = message.questions
      .filter((question) => answersTo(question, zone).length > 0)
      .map((question) => ({ ...question, unicast: false }));
    const answers = records.map(plain);
    const additionals = additionalsOf(records, zone).map(plain);
    link.send(
      encodeMessage({ ...EMPTY_MESSAGE, id: message.id, response: true, questions, answers, additionals }, false),
      to,
    );
  }

  #response({ outbox }: Place, message: Message): void {
    outbox.said(message.answers);
    const asking = this.#phase.state === "asking";
    if (this.#phase.state === "asking" && this.#phase.sent === 0) return; // §8.1: not yet asked
    const heard = [...message.answers, ...message.authorities, ...message.additionals];
    const taken = takenNames(heard, this.#zones(), asking);
    if (taken.size > 0) this.#conflict(taken, asking);
  }

  /** §9: first asked again; a name that is answered for while we ask is lost. */
  #conflict(taken: ReadonlySet<string>, asking: boolean): void {
    const { clock } = this.#options;
    if (asking) {
      const host = nameKey(this.names.host);
      const instanceTaken = [...taken].some((key) => key !== host);
      this.#renames = {
        instance: this.#renames.instance + (instanceTaken ? 1 : 0),
        host: this.#renames.host + (taken.has(host) ? 1 : 0),
      };
    }
    const now = clock.now();
    this.#conflicts = [...this.#conflicts.filter((at) => now - at < CONFLICTS.within), now].slice(-CONFLICTS.most);
    for (const place of this.#places) {
      place.outbox.close();
      place.zone = this.#zoneOf(place.link);
      place.outbox = this.#outboxOf(place.link);
    }
    this.#move("conflict", this.#conflicts.length === CONFLICTS.most ? CONFLICT_REST : undefined);
  }

  #zones(): readonly Zone[] {
    return this.#places.map(({ zone }) => zone);
  }
}

const unique = <T>(items: readonly T[]): readonly T[] => [...new Set(items)];
