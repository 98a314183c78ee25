/**
 * docs/mqtt.md, "The broker" — what one connection still has to tell, in the order told there, and what of it is on its
 * way. It dies with its connection; the next one begins again from the outbox.
 */

import { classOf, type Message } from "../outbox/message.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Connection } from "./connection.ts";
import { type Stage, WINDOW_MAX } from "./link-machine.ts";

/** A message handed over; journal messages count as delivered in order, whatever order the PUBACKs come in. */
export interface InFlight {
  readonly message: Message;
  acked: boolean;
}

const PAGE = WINDOW_MAX;

export class Session {
  readonly connection: Connection;
  readonly conn: number;
  readonly #outbox: Outbox;
  readonly #greeting: Message[];
  readonly #retained: string[];
  /** Journal messages read from the outbox but not yet handed over. */
  #page: Message[] = [];
  /** Journal messages on their way. */
  readonly #journal: InFlight[] = [];
  /** Number of the last journal message handed over. */
  #cursor: number;
  #lostUpTo: number;
  #reading = false;
  #journalTurn = false;
  #inFlight = 0;

  constructor(connection: Connection, conn: number, greeting: readonly Message[], outbox: Outbox) {
    this.connection = connection;
    this.conn = conn;
    this.#outbox = outbox;
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
    return this.#retained.length > 0 || this.#page.length > 0 || this.#outbox.latestDepth > 0;
  }

  /** The next message of a stage; undefined = nothing is left of it, or in the stream: nothing for now. */
  draw(stage: Stage): Message | undefined {
    switch (stage) {
      case "greeting":
        return this.#greeting.shift();
      case "retained":
        return this.#drawRetained();
      case "stream":
        return this.#drawStream();
    }
  }

  #drawRetained(): Message | undefined {
    for (let topic = this.#retained.shift(); topic !== undefined; topic = this.#retained.shift()) {
      const message = this.#outbox.latest(topic);
      if (message !== undefined) return message; // else removed since
    }
    return undefined;
  }

  /** Events and changed retained topics take turns, so that neither starves the other while a backlog drains. */
  #drawStream(): Message | undefined {
    this.#forgetOverflown();
    this.#journalTurn = !this.#journalTurn;
    const draws = [() => this.#page.shift(), () => this.#outbox.takeLatest()];
    if (!this.#journalTurn) draws.reverse();
    return draws[0]?.() ?? draws[1]?.();
  }

  /** Messages that an overflow event took in while they lay in the page are read again, as that event. */
  #forgetOverflown(): void {
    if (this.#outbox.lostUpTo === this.#lostUpTo) return;
    this.#lostUpTo = this.#outbox.lostUpTo;
    this.#page = [];
  }

  /** Notes that `message` is handed over now. */
  send(message: Message): InFlight {
    const entry: InFlight = { message, acked: false };
    this.#inFlight += 1;
    if (classOf(message) === "journal") {
      this.#cursor = message.seq;
      this.#journal.push(entry);
    }
    return entry;
  }

  /** The broker answered, whatever it said. */
  answered(): void {
    this.#inFlight -= 1;
  }

  /** The broker has it. */
  acked(entry: InFlight): void {
    entry.acked = true;
    if (classOf(entry.message) === "latest") this.#outbox.delivered(entry.message);
    while (this.#journal[0]?.acked === true) {
      const done = this.#journal.shift();
      if (done !== undefined) this.#outbox.acked(done.message.seq, this.#journal[0]?.message ?? this.#page[0]);
    }
  }

  /** Keeps a page of journal messages at hand; reading must not wait for the window nor the window for reading. */
  get wantsPage(): boolean {
    return !this.#reading && this.#page.length <= PAGE / 2 && this.#readUpTo < this.#outbox.lastJournal;
  }

  /** Reads the next page; false = there is nothing new in it. */
  async readPage(): Promise<boolean> {
    this.#reading = true;
    try {
      const messages = await this.#outbox.journalAfter(this.#readUpTo, PAGE);
      const from = this.#readUpTo; // what came meanwhile may have gone already
      const fresh = messages.filter(({ seq }) => seq > from);
      this.#page.push(...fresh);
      return fresh.length > 0;
    } finally {
      this.#reading = false;
    }
  }

  get #readUpTo(): number {
    return this.#page.at(-1)?.seq ?? this.#cursor;
  }
}
