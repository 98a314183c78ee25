/**
 * Matches whole texts in time linear in their length: the nondeterministic automaton is walked on all its ways at once,
 * and the set of ways reached is remembered as one state of a deterministic automaton (built lazily, as RE2 does).
 * Nothing is ever tried twice, so no text and no pattern can make it backtrack.
 */
import { ACCEPT, type Program } from "./program.ts";
import { Walk } from "./walk.ts";

/** Cells of memory that the remembered states of one pattern may take; beyond it they are forgotten. */
const CACHE_CELLS = 32_768;
/** What a state costs beside its ways. */
const STATE_CELLS = 16;
const ASCII = 128;
/** Characters beyond ASCII of which the kind is remembered. */
const OTHER_KINDS = 4_096;
const UNKNOWN = -1;
const NONE = new Uint8Array();

interface State {
  /** Instructions that wait for a character, and the one that accepts. */
  readonly ways: Uint16Array;
  /** No text leads on from here. */
  readonly dead: boolean;
  readonly accepting: boolean;
  /** By kind of character. */
  readonly next: (State | undefined)[];
}

export class Matcher {
  readonly #program: Program;
  readonly #walk: Walk;
  /** Characters that are in the same sets of the pattern are of one kind: kind by code point. */
  readonly #asciiKinds = new Int32Array(ASCII).fill(UNKNOWN);
  readonly #otherKinds = new Map<number, number>();
  /** By kind: 1 for each set that holds it. The kind by the same as text. */
  #members: Uint8Array[] = [];
  readonly #kinds = new Map<string, number>();
  readonly #states = new Map<string, State>();
  #start: State;
  #cells = 0;

  constructor(program: Program) {
    this.#program = program;
    this.#walk = new Walk(program);
    this.#start = this.#stateOf(this.#walk.start());
  }

  matches(text: string): boolean {
    const asciiKinds = this.#asciiKinds;
    let state = this.#start;
    for (let i = 0; i < text.length; i++) {
      let point = text.charCodeAt(i);
      let kind: number | undefined;
      if (point < ASCII) kind = asciiKinds[point];
      else {
        point = text.codePointAt(i) ?? point;
        if (point > 0xffff) i += 1;
        kind = this.#otherKinds.get(point);
      }
      if (kind === undefined || kind === UNKNOWN) kind = this.#newKindOf(point);
      state = state.next[kind] ?? this.#advance(state, kind, point);
      if (state.dead) return false;
    }
    return state.accepting;
  }

  #newKindOf(point: number): number {
    const members = Uint8Array.from(this.#program.sets, (set) => Number(set.has(point)));
    const key = members.join("");
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      kind = this.#members.push(members) - 1;
      this.#kinds.set(key, kind);
      this.#cells += members.length;
    }
    if (point < ASCII) this.#asciiKinds[point] = kind;
    else {
      if (this.#otherKinds.size >= OTHER_KINDS) this.#otherKinds.clear();
      this.#otherKinds.set(point, kind);
    }
    return kind;
  }

  #advance(from: State, kind: number, point: number): State {
    if (this.#cells > CACHE_CELLS) {
      this.#forget();
      return this.#advance(this.#stateOf(from.ways), this.#newKindOf(point), point);
    }
    const next = this.#stateOf(this.#walk.on(from.ways, this.#members[kind] ?? NONE));
    this.#cells += Math.max(0, kind + 1 - from.next.length);
    while (from.next.length < kind) from.next.push(undefined);
    from.next[kind] = next;
    return next;
  }

  #stateOf(ways: Uint16Array): State {
    const key = Buffer.from(ways.buffer).toString("latin1");
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const accepting = ways.some((way) => this.#program.set[way] === ACCEPT);
    const state: State = { ways, dead: ways.length === 0, accepting, next: [] };
    this.#states.set(key, state);
    this.#cells += 2 * ways.length + STATE_CELLS;
    return state;
  }

  /** The start is kept apart, because a text may be under way: it comes back as a new state. */
  #forget(): void {
    const { ways } = this.#start;
    this.#states.clear();
    this.#kinds.clear();
    this.#otherKinds.clear();
    this.#asciiKinds.fill(UNKNOWN);
    this.#members = [];
    this.#cells = 0;
    this.#start = this.#stateOf(ways);
  }
}
