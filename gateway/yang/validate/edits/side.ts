/** The tree before or after an edit. Each place in it is one frame, so that what was done there can be remembered. */
import type { Fault } from "../../codec/fault.ts";
import { defaultApplies, entriesIn, keysOf, treeIn } from "../../codec/value.ts";
import { findEntry } from "../../datastore/entries.ts";
import { EMPTY_TREE, type LeafValue, type Tree } from "../../tree.ts";
import type { Check } from "../check.ts";
import { type Frame, frameAt } from "../frame.ts";
import type { RuleBook, Rules } from "../rules/rules.ts";
import { View } from "../view.ts";

export class Side {
  readonly top: Frame;
  readonly view: View;
  readonly #book: RuleBook;
  /** Frames by the tree in them, or by their rules where there is none. */
  readonly #below = new Map<Frame, Map<Tree | Rules, Frame>>();

  constructor(tree: Tree, book: RuleBook) {
    this.top = frameAt(book.root, tree, undefined);
    this.view = new View(book, tree);
    this.#book = book;
  }

  check(found: (finding: Fault) => void): Check {
    return { book: this.#book, view: this.view, datastore: true, complete: false, found };
  }

  /** What a check finds here. */
  findings(look: (check: Check) => unknown): readonly Fault[] {
    const findings: Fault[] = [];
    look(this.check((finding) => findings.push(finding)));
    return findings;
  }

  frame(above: Frame, rules: Rules, tree: Tree, position = 0): Frame {
    const siblings = this.#below.get(above) ?? new Map<Tree | Rules, Frame>();
    this.#below.set(above, siblings);
    const key = tree === EMPTY_TREE ? rules : tree;
    const known = siblings.get(key);
    if (known !== undefined && known.position === position) return known;
    const made = frameAt(rules, tree, above, position);
    siblings.set(key, made);
    return made;
  }

  /** A container; one without presence is there with the place above it (RFC 7950 §7.5.1). */
  container(above: Frame, rules: Rules): Frame | undefined {
    const inner = treeIn(above.tree.get(rules.node.sid));
    if (inner !== undefined) return this.frame(above, rules, inner);
    return rules.node.kind === "container" && rules.node.schema.presence !== true
      ? this.frame(above, rules, EMPTY_TREE)
      : undefined;
  }

  entry(above: Frame, rules: Rules, keys: readonly LeafValue[]): Frame | undefined {
    const entries = entriesIn(above.tree.get(rules.node.sid));
    const position = findEntry(entries, rules.node, keys);
    return position < 0 ? undefined : this.frame(above, rules, entries[position]!, position);
  }

  entries(above: Frame, rules: Rules): readonly Frame[] {
    return entriesIn(above.tree.get(rules.node.sid)).map((entry, position) =>
      this.frame(above, rules, entry, position),
    );
  }

  /**
   * Does every condition on the way down to the place hold, and is each container that has no data there by default?
   * Of a case that is not chosen it is not (RFC 7950 §7.5.1, §7.9.3). Below one that is not live nothing more is asked.
   */
  isLive({ rules, above }: Frame): boolean {
    if (above === undefined) return true;
    const there = above.tree.has(rules.node.sid) || defaultApplies(rules.node, above.tree);
    return there && this.view.holds(rules, above) && this.isLive(above);
  }

  /** The same place on this side, if it is there. */
  same(frame: Frame): Frame | undefined {
    if (frame.above === undefined) return this.top;
    const above = this.same(frame.above);
    if (above === undefined) return undefined;
    const { rules, tree } = frame;
    if (rules.node.kind !== "list") return this.container(above, rules);
    if (rules.node.keys.length > 0) return this.entry(above, rules, keysOf(tree, rules.node) ?? []);
    const position = entriesIn(above.tree.get(rules.node.sid)).indexOf(tree);
    return position < 0 ? undefined : this.frame(above, rules, tree, position);
  }
}
