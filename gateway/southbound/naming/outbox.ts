/**
 * RFC 6762 §6, §6.4, §7: what one link is about to be told. Answers wait a moment to go out together, are left out when
 * somebody else gives them first, and no record goes out twice within a second, whatever strangers ask.
 */
import { type Clock, type Millis, millis, type Random, seconds, type Timer } from "../../base/index.ts";
import type { ResourceRecord } from "../../wire/dns/index.ts";
import { isKnown, sameRecord } from "./answers.ts";

const PAUSE = seconds(1);
/** §6: who defends its name need not wait as long. */
const DEFENCE_PAUSE = millis(250);

/** How long an answer waits: not at all, as others may answer too, or as the asker will say more of what it knows. */
export type Haste = "now" | "shared" | "more-follows";
const WAITS: Readonly<Record<Haste, readonly [from: number, to: number]>> = {
  now: [0, 0],
  shared: [20, 120],
  "more-follows": [400, 500],
};

interface Waiting {
  /** Who asked; undefined when several did. */
  readonly asker: string | undefined;
  readonly defends: boolean;
}

export class Outbox {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #flush: (records: readonly ResourceRecord[]) => void;
  readonly #waiting = new Map<ResourceRecord, Waiting>();
  readonly #sent = new Map<ResourceRecord, Millis>();
  #timer: { readonly due: Millis; readonly timer: Timer } | undefined;

  constructor(clock: Clock, random: Random, flush: (records: readonly ResourceRecord[]) => void) {
    this.#clock = clock;
    this.#random = random;
    this.#flush = flush;
  }

  /** `sent` = went out to all in this moment, by whatever way. */
  noteSent(records: readonly ResourceRecord[]): void {
    for (const record of records) this.#sent.set(record, this.#clock.now());
  }

  /** §5.4: a quarter of its time ago at most, so that all caches have it and one asker alone may be answered. */
  isFresh(record: ResourceRecord): boolean {
    const at = this.#sent.get(record);
    return at !== undefined && this.#clock.now() - at < seconds(record.ttl / 4);
  }

  queue(records: readonly ResourceRecord[], haste: Haste, asker: string, defends: boolean): void {
    if (records.length === 0) return;
    for (const record of records) {
      const waiting = this.#waiting.get(record);
      const alone = waiting === undefined || waiting.asker === asker ? asker : undefined;
      this.#waiting.set(record, { asker: alone, defends: defends || waiting?.defends === true });
    }
    const [from, to] = WAITS[haste];
    this.#wakeBy(millis(this.#clock.now() + from + this.#random.next() * (to - from)));
  }

  /** §7.2: the rest of what an asker knows. */
  known(records: readonly ResourceRecord[], asker: string): void {
    for (const [record, waiting] of this.#waiting) {
      if (waiting.asker === asker && isKnown(record, records)) this.#waiting.delete(record);
    }
  }

  /** §7.4: another host has just said the same. */
  said(records: readonly ResourceRecord[]): void {
    for (const record of this.#waiting.keys()) {
      if (!record.flush && records.some((one) => one.ttl >= record.ttl && sameRecord(one, record))) {
        this.#waiting.delete(record);
      }
    }
  }

  close(): void {
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    this.#waiting.clear();
  }

  #wakeBy(due: Millis): void {
    if (this.#timer !== undefined && this.#timer.due <= due) return;
    this.#timer?.timer.cancel();
    const timer = this.#clock.after(millis(due - this.#clock.now()), () => this.#go());
    this.#timer = { due, timer };
  }

  #go(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    const due = [...this.#waiting].filter(([record, { defends }]) => {
      const at = this.#sent.get(record);
      return at === undefined || now - at >= (defends ? DEFENCE_PAUSE : PAUSE);
    });
    this.#waiting.clear();
    const records = due.map(([record]) => record);
    if (records.length > 0) this.#flush(records);
  }
}
