/**
 * The processes of a site, as each of them sees the others. What a process tells of itself lies on a board and is told again all
 * the time; who has not done so for a while is gone, however he went. Nobody's clock is compared with another one's: it is the
 * beat that counts.
 */
import {
  type Clock,
  type Closable,
  days,
  every,
  explain,
  type Logger,
  type Millis,
  seconds,
  type Timer,
} from "../../base/index.ts";
import type { RedisBoard } from "../../store/index.ts";
import type { JsonObject } from "../../yang/api.ts";
import { encodeRow, type ProcessRow, readRow } from "./process-row.ts";

/** How often a process tells of itself, and looks at what the others told. */
const BEAT = seconds(2);
/** Without a beat for so long, a process is gone. */
const SILENT = seconds(10);
/** A row stays so much longer than its process, that whoever starts later can say that it is gone. */
const KEPT = days(7);

export interface SeenProcess extends ProcessRow {
  /** It tells of itself. Undefined until that can be known: the row may be of a process that has ended long since. */
  readonly online: boolean | undefined;
}

export interface ProcessesOptions {
  readonly board: RedisBoard;
  /** What this process tells of itself; asked at each beat. */
  readonly own: () => Omit<ProcessRow, "beat" | "state">;
  /** Time that nobody can set. */
  readonly clock: Clock;
  readonly log: Logger;
}

interface Heard {
  readonly row: ProcessRow;
  /** When its beat was last another than before. */
  readonly at: Millis;
  /** It has been heard to beat, and not only left a row. */
  readonly alive: boolean;
}

export class Processes implements Closable {
  readonly #options: ProcessesOptions;
  readonly #listeners = new Set<(processes: readonly SeenProcess[]) => void>();
  readonly #heard = new Map<string, Heard>();
  readonly #timer: Timer;
  readonly #begun: Millis;
  #beat = 0;
  #looking: Promise<void> | undefined;
  #closed = false;

  constructor(options: ProcessesOptions) {
    this.#options = options;
    this.#begun = options.clock.now();
    this.#timer = every(options.clock, BEAT, () => this.#turn());
    this.#turn();
  }

  /** Of the others. */
  get others(): readonly SeenProcess[] {
    const now = this.#options.clock.now();
    return [...this.#heard.values()].map(({ row, at, alive }) => ({ ...row, online: onlineOf(row, alive, now - at) }));
  }

  /** Long enough here to know who is there. */
  get settled(): boolean {
    return this.#options.clock.now() - this.#begun >= SILENT;
  }

  /** Called after each look. */
  onLook(listener: (processes: readonly SeenProcess[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Says goodbye, if that can be done at once. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer.cancel();
    const { board, clock, log } = this.#options;
    const left = board.post(this.#row("leaving"), KEPT).catch((error: unknown) => {
      log.debug("processes.not-told", { reason: explain(error) });
    });
    await Promise.race([left, new Promise<void>((late) => void clock.after(seconds(1), late))]);
  }

  /** At most one at a time: while the store is away the one under way waits. */
  #turn(): void {
    if (this.#looking !== undefined) {
      this.#told();
      return;
    }
    this.#looking = this.#look()
      .catch((error: unknown) => this.#options.log.debug("processes.not-seen", { reason: explain(error) }))
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async #look(): Promise<void> {
    const { board, own, clock } = this.#options;
    await board.post(this.#row("running"), KEPT);
    const rows = new Map((await board.rows()).map(({ process, told }) => [process, told]));
    if (this.#closed) return;
    const now = clock.now();
    const self = own().process;
    for (const [name, told] of rows) {
      const row = name === self ? undefined : readRow(name, told);
      if (row === undefined) continue;
      const before = this.#heard.get(name);
      const isNews = before !== undefined && (before.row.boot !== row.boot || before.row.beat !== row.beat);
      if (before === undefined || isNews) this.#heard.set(name, { row, at: now, alive: isNews });
    }
    for (const name of this.#heard.keys()) if (!rows.has(name)) this.#heard.delete(name);
    this.#told();
  }

  #told(): void {
    const seen = this.others;
    for (const listener of this.#listeners) listener(seen);
  }

  #row(state: ProcessRow["state"]): JsonObject {
    this.#beat += 1;
    return encodeRow({ ...this.#options.own(), state, beat: this.#beat });
  }
}

function onlineOf(row: ProcessRow, alive: boolean, quiet: number): boolean | undefined {
  if (row.state === "leaving" || quiet >= SILENT) return false;
  return alive ? true : undefined;
}
