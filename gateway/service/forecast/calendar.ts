/** Maintenance windows looked at thousands of times: what a wall clock said once is kept, since it is dear to ask. */
import type { Millis } from "../../base/index.ts";
import { ALWAYS_OPEN, type Window, type WindowState, windowState } from "../campaign/index.ts";

const MINUTE = 60_000;

export class Calendar {
  readonly #windows: readonly Window[] | undefined;
  /** By minute: windows begin and end with one. */
  readonly #known = new Map<number, WindowState>();
  /** The last closed span: whoever waits asks about the same one. */
  #closed: { readonly from: number; readonly until: number; readonly state: WindowState } | undefined;

  /** Without windows it is always open. */
  constructor(windows: readonly Window[] | undefined) {
    this.#windows = windows;
  }

  at(time: number): WindowState {
    if (this.#windows === undefined) return ALWAYS_OPEN;
    const closed = this.#closed;
    if (closed !== undefined && time >= closed.from && time < closed.until) return closed.state;
    const minute = Math.floor(time / MINUTE);
    const known = this.#known.get(minute);
    if (known !== undefined) return known;
    const state = windowState(this.#windows, (minute * MINUTE) as Millis);
    this.#known.set(minute, state);
    if (!state.open && state.next !== undefined) this.#closed = { from: minute * MINUTE, until: state.next, state };
    return state;
  }
}
