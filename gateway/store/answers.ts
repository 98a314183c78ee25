/** The answers to commands while their ids are remembered: a map of records per day, of which the oldest goes as a whole. */
import { days, type NodeId, RecordMap } from "../base/index.ts";
import { decodePlain, encodePlain } from "./cbor-x.ts";

export interface Answered {
  readonly op: string;
  readonly at: number;
  readonly answer: string;
  /** Which it was given to, when it was given to one by its id. */
  readonly node?: NodeId;
  /** Digest of its arguments, where it was taken from a face that delivers again. */
  readonly asked?: string;
}

/** How long an id is remembered at least, in days. */
const REMEMBERED = 7;
const DAY = days(1);
const dayOf = (at: number): number => Math.floor(at / DAY);

export class Answers {
  readonly #days = new Map<number, RecordMap>();

  get(id: string): Answered | undefined {
    const bytes = this.bytes(id);
    return bytes && decode(bytes);
  }

  /** An answer as it goes to disk. */
  bytes(id: string): Uint8Array | undefined {
    for (const answers of this.#days.values()) {
      const bytes = answers.get(id);
      if (bytes !== undefined) return Buffer.from(bytes); // from a pool: thousands of them go to disk at once
    }
    return undefined;
  }

  add(id: string, answered: Answered): void {
    const { op, at, answer, node, asked } = answered;
    const given = asked === undefined ? (node === undefined ? [] : [node]) : [node ?? null, asked];
    this.#put(id, at, encodePlain([op, at, answer, ...given]));
  }

  restore(id: string, bytes: Uint8Array): void {
    this.#put(id, decode(bytes).at, bytes);
  }

  #put(id: string, at: number, bytes: Uint8Array): void {
    const day = dayOf(at);
    const answers = this.#days.get(day) ?? new RecordMap();
    this.#days.set(day, answers);
    answers.set(id, bytes);
  }

  /** Lets go of the days that lie wholly before the time that is remembered; their ids. */
  forgetBefore(now: number): readonly string[] {
    const forgotten: string[] = [];
    for (const [day, answers] of this.#days) {
      if (day >= dayOf(now) - REMEMBERED) continue;
      for (const id of answers.keys()) forgotten.push(id);
      this.#days.delete(day);
    }
    return forgotten;
  }
}

const OPENING_BRACE = 0x7b;

/** Version 0.1 wrote JSON. */
function decode(bytes: Uint8Array): Answered {
  if (bytes[0] === OPENING_BRACE) return JSON.parse(Buffer.from(bytes).toString()) as Answered;
  const [op, at, answer, node, asked] = decodePlain(bytes) as readonly [
    string,
    number,
    string,
    (NodeId | null)?,
    string?,
  ];
  return { op, at, answer, ...(node != null && { node }), ...(asked !== undefined && { asked }) };
}
