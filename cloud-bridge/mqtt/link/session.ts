/**
 * docs/mqtt.md, "The broker" — what one connection still has to tell, in the order told there, and what of it is on its
 * way. It dies with its connection; the next one begins again from the outbox.
 */

import { type Message, type Place, placeOf } from "../outbox/message.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Connection } from "./connection.ts";
import { type Stage, WINDOW_MAX } from "./link-machine.ts";
import type { Replays } from "./replays.ts";
import type { Transient } from "./transient.ts";

/** Where a message was drawn from. In the stream these take turns, so that none starves another. */
const LANES = ["journal", "latest", "retained", "transient", "replay"] as const;
type Lane = (typeof LANES)[number] | "greeting";

/** A message handed over; journal messages count as delivered in order, whatever order the PUBACKs come in. */
export interface InFlight {
  readonly message: Message;
  readonly lane: Lane;
  acked: boolean;
}

/** What a session draws from. */
export interface Sources {
  readonly outbox: Outbox;
  readonly transient: Transient;
  readonly replays: Replays;
}

const PAGE = WINDOW_MAX;

export class Session {
  readonly connection: Connection;
  readonly conn: number;
  readonly #sources: Sources;
  #greeting: Message[];
  #retained: string[];
  /** Journal messages read from the outbox but not yet handed over. */
  #page: Message[] = [];
  /** Journal messages on their way. */
  #journal: InFlight[] = [];
  /** The last journal message handed over. */
  #cursor: Place;
  #lostUpTo: Place;
  #reading = false;
  /** `held`: the broker refused a journal message; `probing`: then they go one at a time until it takes one. */
  #stream: "flowing" | "held" | "probing" = "flowing";
  #turn = 0;
  #inFlight = 0;
  #answers = 0;

  constructor(connection: Connection, conn: number, greeting: readonly Message[], sources: Sources) {
    const { outbox } = sources;
    this.connection = connection;
    this.conn = conn;
    this.#sources = sources;
    this.#greeting = [...greeting];
    this.#retained = [...outbox.resync()];
    this.#cursor = outbox.lastAcked;
    this.#lostUpTo = outbox.lostUpTo;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** More waits than what is on its way. */
  get backlog(): boolean {
    const { outbox, transient, replays } = this.#sources;
    const retained = this.#retained.length + outbox.latestDepth;
    return retained > 0 || this.#page.length > 0 || transient.size > 0 || replays.active;
  }

  /** Everything that a new connection is told first was handed over. */
  get introduced(): boolean {
    return this.#greeting.length + this.#retained.length === 0;
  }

  /** Status, birth and all retained topics once more, beside the stream. */
  introduce(greeting: readonly Message[]): void {
    this.#greeting = [...greeting];
    this.#retained = [...this.#sources.outbox.resync()];
  }

  /** Draws the next message of a stage; undefined = nothing is left of it, or in the stream: nothing for now. */
  draw(stage: Stage): InFlight | undefined {
    switch (stage) {
      case "greeting":
        return this.#drawFrom("greeting");
      case "retained":
        return this.#drawFrom("retained");
      case "stream":
        return this.#drawStream();
    }
  }

  #drawStream(): InFlight | undefined {
    this.#forgetOverflown();
    const again = this.#drawFrom("greeting");
    if (again !== undefined) return again;
    for (let tried = 0; tried < LANES.length; tried++) {
      const lane = LANES[this.#turn];
      this.#turn = (this.#turn + 1) % LANES.length;
      const drawn = lane === undefined ? undefined : this.#drawFrom(lane);
      if (drawn !== undefined) return drawn;
    }
    return undefined;
  }

  #drawFrom(lane: Lane): InFlight | undefined {
    const message = this.#next(lane);
    if (message === undefined) return undefined;
    const entry: InFlight = { message, lane, acked: false };
    this.#inFlight += 1;
    if (lane === "journal") {
      this.#cursor = placeOf(message);
      this.#journal.push(entry);
    }
    return entry;
  }

  #next(lane: Lane): Message | undefined {
    const { outbox, transient, replays } = this.#sources;
    switch (lane) {
      case "greeting":
        return this.#greeting.shift();
      case "retained":
        return this.#nextRetained();
      case "journal":
        return this.#mayFollow ? this.#page.shift() : undefined;
      case "latest":
        return outbox.takeLatest();
      case "transient":
        return transient.shift();
      case "replay":
        return replays.next();
    }
  }

  /** Whatever were sent behind one that is refused again would come twice. */
  get #mayFollow(): boolean {
    return this.#stream === "flowing" || (this.#stream === "probing" && this.#journal.length === 0);
  }

  /** What changed or went meanwhile is told as a change, once: a removal must not overtake the event that explains it. */
  #nextRetained(): Message | undefined {
    const { outbox } = this.#sources;
    for (let topic = this.#retained.shift(); topic !== undefined; topic = this.#retained.shift()) {
      const message = outbox.waits(topic) ? undefined : outbox.latest(topic);
      if (message !== undefined) return message;
    }
    return undefined;
  }

  /** Messages that an overflow event took in while they lay in the page are read again, as that event. */
  #forgetOverflown(): void {
    const { lostUpTo } = this.#sources.outbox;
    if (lostUpTo === this.#lostUpTo) return;
    this.#lostUpTo = lostUpTo;
    this.#page = [];
  }

  /** Counts what the broker answered. */
  get answers(): number {
    return this.#answers;
  }

  /** The broker answered, whatever it said. */
  answered(): void {
    this.#inFlight -= 1;
    this.#answers += 1;
  }

  /** Is it a journal message whose PUBACK counts? Those that were on their way when the stream was held go again. */
  awaits(entry: InFlight): boolean {
    return this.#journal.includes(entry);
  }

  /** The broker refuses it, and it is not worth waiting for. */
  leftOut(entry: InFlight): void {
    if (entry.lane === "replay") this.#sources.replays.acked(entry.message, false);
    else this.acked(entry);
  }

  /** The broker has it. */
  acked(entry: InFlight): void {
    const { outbox, replays } = this.#sources;
    entry.acked = true;
    switch (entry.lane) {
      case "journal":
        this.#ackedJournal();
        break;
      case "latest":
      case "retained":
        outbox.delivered(entry.message);
        break;
      case "replay":
        replays.acked(entry.message, true);
        break;
      case "greeting":
      case "transient":
        break;
    }
  }

  #ackedJournal(): void {
    let done: InFlight | undefined;
    while (this.#journal[0]?.acked === true) {
      done = this.#journal.shift();
      if (this.#stream === "probing") this.#stream = "flowing";
      if (done !== undefined) this.#sources.outbox.acked(done.message, this.#journal[0]?.message ?? this.#page[0]);
    }
  }

  /** The broker will not have this journal message now: it and all that follow it go again after `resume`. */
  hold(): void {
    this.#stream = "held";
    this.#journal = [];
    this.#page = [];
    this.#cursor = this.#sources.outbox.lastAcked;
  }

  resume(): void {
    this.#stream = "probing";
  }

  /** Nothing holds the journal messages up, as far as is known. */
  get flows(): boolean {
    return this.#stream === "flowing";
  }

  /** Keeps a page of journal messages at hand; reading must not wait for the window nor the window for reading. */
  get wantsPage(): boolean {
    const { outbox } = this.#sources;
    const full = this.#stream === "held" || this.#page.length > PAGE / 2;
    return !this.#reading && !full && this.#readUpTo < outbox.lastJournal;
  }

  /** Reads the next page; false = there is nothing new in it. */
  async readPage(): Promise<boolean> {
    this.#reading = true;
    try {
      const before = this.#readUpTo;
      const messages = await this.#sources.outbox.journalAfter(before, PAGE);
      const from = this.#readUpTo;
      if (from < before) return true; // a refusal or an overflow came meanwhile: read again from there
      const fresh = messages.filter((message) => placeOf(message) > from); // else gone already
      this.#page.push(...fresh);
      return fresh.length > 0;
    } finally {
      this.#reading = false;
    }
  }

  get #readUpTo(): Place {
    const last = this.#page.at(-1);
    return last === undefined ? this.#cursor : placeOf(last);
  }
}
