/** From a change to the constraints that it may have broken, each with the place where it must be looked at again. */
import type { PlanNode } from "../../codec/plan-node.ts";
import type { Frame } from "../frame.ts";
import type { Dependent } from "../rules/dependents.ts";
import type { Rules } from "../rules/rules.ts";
import type { Side } from "./side.ts";

/** Constraints of `rules` at one place: above the node or, for the entries of a list, each entry itself. */
export interface Affected {
  readonly rules: Rules;
  readonly kind: Dependent["kind"];
  readonly frame: Frame;
}

/** Collects; each constraint at each place once. */
export class AffectedSet {
  readonly #side: Side;
  /** Where a dependent was followed from. */
  readonly #followed = new Map<Dependent, Set<Frame>>();
  readonly #found = new Map<Frame, Map<Rules, Set<Dependent["kind"]>>>();
  readonly all: Affected[] = [];

  constructor(side: Side) {
    this.#side = side;
  }

  /** `at` is the place above what changed. */
  add(dependents: readonly Dependent[], at: Frame, isLoss: boolean): void {
    for (const dependent of dependents) {
      if (dependent.lossOnly && !isLoss) continue;
      const from = ancestor(at, dependent.from);
      // It climbs no higher than the leaf that changed.
      if (from === undefined) this.#note(dependent.rules, dependent.kind, at);
      else this.#follow(dependent, from);
    }
  }

  #follow(dependent: Dependent, from: Frame): void {
    const followed = this.#followed.get(dependent) ?? new Set();
    this.#followed.set(dependent, followed);
    if (followed.has(from)) return;
    followed.add(from);
    const { rules, kind } = dependent;
    if (rules === from.rules) {
      // For conditions and for what is no list entry the place is the one above.
      const itself = rules.node.kind === "list" && kind !== "when";
      this.#note(rules, kind, itself ? from : from.above!);
      return;
    }
    const way: Rules[] = [];
    for (let step = rules.parent; step !== undefined && step !== from.rules; step = step.parent) way.unshift(step);
    this.#descend(from, way, 0, rules, kind);
  }

  #descend(frame: Frame, way: readonly Rules[], depth: number, rules: Rules, kind: Dependent["kind"]): void {
    const step = way[depth];
    if (step === undefined) {
      if (rules.node.kind !== "list" || kind === "when") this.#note(rules, kind, frame);
      else for (const entry of this.#side.entries(frame, rules)) this.#note(rules, kind, entry);
      return;
    }
    const next = step.node.kind === "list" ? this.#side.entries(frame, step) : [this.#side.container(frame, step)];
    for (const inner of next) if (inner !== undefined) this.#descend(inner, way, depth + 1, rules, kind);
  }

  #note(rules: Rules, kind: Dependent["kind"], frame: Frame): void {
    const here = this.#found.get(frame) ?? new Map<Rules, Set<Dependent["kind"]>>();
    this.#found.set(frame, here);
    const kinds = here.get(rules) ?? new Set();
    here.set(rules, kinds);
    if (kinds.has(kind)) return;
    kinds.add(kind);
    this.all.push({ rules, kind, frame });
  }
}

function ancestor(frame: Frame, node: PlanNode): Frame | undefined {
  let at: Frame | undefined = frame;
  while (at !== undefined && at.rules.node !== node) at = at.above;
  return at;
}
