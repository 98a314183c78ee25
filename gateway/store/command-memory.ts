/**
 * What the inbox remembers of commands, by who gave them and their id: those that were noted before they ran, those that wait, and
 * the answers. A projection of the journal; it decides nothing.
 */
import { type Answered, Answers } from "./answers.ts";
import { decodePlain, encodePlain } from "./cbor-x.ts";
import type { Fact, FactBodies } from "./facts.ts";
import type { Projection } from "./ledger.ts";
import { decodeOpen, encodeOpen, keyOf, type OpenCommand, shifted } from "./open-commands.ts";
import type { StateChange, StateStore } from "./ports.ts";
import { shiftOf } from "./shift.ts";
import { pagesOf } from "./state/pages.ts";

export type Begun = FactBodies["command.begun"];

const TABLES = ["command-begun", "command-open", "command"] as const;
type Table = (typeof TABLES)[number];

export class CommandMemory implements Projection {
  readonly name = "inbox";
  readonly #answers = new Answers();
  readonly #open = new Map<string, OpenCommand>();
  readonly #begun = new Map<string, Begun>();
  readonly #dirty: Readonly<Record<Table, Set<string>>> = {
    "command-begun": new Set(),
    "command-open": new Set(),
    command: new Set(),
  };

  /** Of one that has ended. */
  answerOf(key: string): Answered | undefined {
    return this.#answers.get(key);
  }

  openOf(key: string): OpenCommand | undefined {
    return this.#open.get(key);
  }

  /** Of one that was noted before it ran. */
  begunOf(key: string): Begun | undefined {
    return this.#begun.get(key);
  }

  /** Those that wait, oldest first. */
  get open(): ReadonlyMap<string, OpenCommand> {
    return this.#open;
  }

  /** Those that were noted, and neither wait nor have ended. */
  get begun(): Iterable<Begun> {
    return this.#begun.values();
  }

  async load(state: StateStore): Promise<void> {
    for (const [key, bytes] of await state.entries("command-begun")) this.#begun.set(key, decodePlain(bytes) as Begun);
    for await (const page of pagesOf(state, "command")) {
      for (const [key, bytes] of page) this.#answers.restore(key, bytes);
    }
    const open = (await state.entries("command-open")).map(([key, bytes]) => [key, decodeOpen(bytes)] as const);
    for (const [key, command] of open.sort(([, a], [, b]) => a.since - b.since)) this.#open.set(key, command);
  }

  apply(fact: Fact): void {
    switch (fact.type) {
      case "command.begun": {
        const { seq, at, type, ...body } = fact;
        this.#begun.set(keyOf(fact), body);
        this.#dirty["command-begun"].add(keyOf(fact));
        break;
      }
      case "command.accepted": {
        const { seq, at, type, ...body } = fact;
        this.#forgetBegun(keyOf(fact));
        this.#setOpen(keyOf(fact), { ...body, since: at });
        break;
      }
      case "command.done":
        this.#ended(fact);
        break;
      case "clock.state": {
        const shift = shiftOf(fact);
        if (shift === undefined) break;
        for (const [key, open] of this.#open) {
          const after = shifted(open, shift);
          if (after !== open) this.#setOpen(key, after);
        }
      }
    }
  }

  drain(limit = Number.POSITIVE_INFINITY): readonly StateChange[] {
    const changes: StateChange[] = [];
    for (const table of TABLES) {
      for (const key of this.#dirty[table]) {
        if (changes.length >= limit) return changes;
        this.#dirty[table].delete(key);
        changes.push({ table, key, value: this.#bytes(table, key) });
      }
    }
    return changes;
  }

  #bytes(table: Table, key: string): Uint8Array | undefined {
    if (table === "command") return this.#answers.bytes(key);
    if (table === "command-open") {
      const open = this.#open.get(key);
      return open && encodeOpen(open);
    }
    const begun = this.#begun.get(key);
    return begun && encodePlain(begun);
  }

  #setOpen(key: string, open: OpenCommand): void {
    this.#open.set(key, open);
    this.#dirty["command-open"].add(key);
  }

  #forgetBegun(key: string): void {
    if (this.#begun.delete(key)) this.#dirty["command-begun"].add(key);
  }

  #ended(fact: Extract<Fact, { type: "command.done" }>): void {
    const key = keyOf(fact);
    const { op, at, answer, node } = fact;
    const asked = (this.#open.get(key) ?? this.#begun.get(key))?.asked;
    this.#forgetBegun(key);
    if (this.#open.delete(key)) this.#dirty["command-open"].add(key);
    const given = { ...(node === undefined ? {} : { node }), ...(asked === undefined ? {} : { asked }) };
    this.#answers.add(key, { op, at, answer, ...given });
    this.#dirty.command.add(key);
    for (const forgotten of this.#answers.forgetBefore(at)) this.#dirty.command.add(forgotten);
  }
}
