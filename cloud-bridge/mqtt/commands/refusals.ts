/**
 * Refused commands as facts: the first of its kind is told at once, those that follow within a minute together when it is over.
 * So whoever floods the site with nonsense can fill neither its journal nor its history.
 */
import { type Clock, type Closable, minutes, type Timer } from "../../../gateway/base/index.ts";
import type { FactBodies } from "../../../gateway/store/facts.ts";

type Refusal = FactBodies["command.refused"];

const SPAN = minutes(1);
/** Who makes up a client's name each time is counted with the others. */
const MOST_KINDS = 32;

interface Kind {
  /** The last that was not told, and how many there are. */
  last: Refusal | undefined;
  times: number;
}

export class Refusals implements Closable {
  readonly #tell: (refusal: Refusal) => void;
  readonly #clock: Clock;
  readonly #kinds = new Map<string, Kind>();
  #timer: Timer | undefined;

  constructor(tell: (refusal: Refusal) => void, clock: Clock) {
    this.#tell = tell;
    this.#clock = clock;
  }

  add(refusal: Refusal): void {
    const own = `${refusal.code}\n${refusal.actor}`;
    const key = this.#kinds.has(own) || this.#kinds.size < MOST_KINDS ? own : "others";
    const kind = this.#kinds.get(key);
    if (kind !== undefined) {
      kind.last = refusal;
      kind.times += 1;
      return;
    }
    this.#kinds.set(key, { last: undefined, times: 0 });
    this.#timer ??= this.#clock.after(SPAN, () => this.#over());
    this.#tell(refusal);
  }

  close(): void {
    this.#timer?.cancel();
    this.#over();
  }

  #over(): void {
    this.#timer = undefined;
    const kinds = [...this.#kinds.values()];
    this.#kinds.clear();
    for (const { last, times } of kinds) if (last !== undefined) this.#tell(times > 1 ? { ...last, times } : last);
  }
}
