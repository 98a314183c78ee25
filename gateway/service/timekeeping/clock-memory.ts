/** What the journal says of the gateway's clock: whether it was right when the process ended, and when time last jumped. */
import type { Millis } from "../../base/index.ts";
import {
  decodePlain,
  encodePlain,
  type Fact,
  type Projection,
  type StateChange,
  type StateStore,
} from "../../store/index.ts";

export interface Remembered {
  readonly synchronised: boolean;
  /** Since when it was not. */
  readonly since: Millis | undefined;
  /** The fact with which time last jumped: before it, facts need not lie in the order of their times. */
  readonly jump: { readonly seq: number; readonly at: Millis } | undefined;
}

const TABLE = "clock";
const KEY = "clock";
const NOTHING: Remembered = { synchronised: true, since: undefined, jump: undefined };

/** A projection of the journal. */
export class ClockMemory implements Projection {
  readonly name = "clock";
  #remembered = NOTHING;
  #dirty = false;

  get remembered(): Remembered {
    return this.#remembered;
  }

  async load(state: StateStore): Promise<void> {
    const stored = await state.get(TABLE, KEY);
    if (stored !== undefined) this.#remembered = decodePlain(stored) as Remembered;
  }

  apply(fact: Fact): void {
    if (fact.type !== "clock.state") return;
    const { synchronised, step, seq, at } = fact;
    this.#remembered = {
      synchronised,
      since: synchronised ? undefined : at,
      jump: step === undefined ? this.#remembered.jump : { seq, at },
    };
    this.#dirty = true;
  }

  drain(): readonly StateChange[] {
    if (!this.#dirty) return [];
    this.#dirty = false;
    return [{ table: TABLE, key: KEY, value: encodePlain(this.#remembered) }];
  }
}
