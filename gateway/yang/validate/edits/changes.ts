/**
 * What differs between two trees, one of which was made of the other by copying the edited paths: what both hold is one
 * object and is passed over. Lists are compared from both ends, so that only the stretch that changed is looked at.
 */
import { entriesIn, treeIn } from "../../codec/value.ts";
import { entryText, type KeyText } from "../../datastore/entries.ts";
import type { Sid } from "../../schema.ts";
import { EMPTY_TREE, type Tree, type Value } from "../../tree.ts";
import type { Frame } from "../frame.ts";
import type { RuleBook, Rules } from "../rules/rules.ts";
import type { Side } from "./side.ts";

/** A place that is there before and after, as it was and as it is. */
export interface Pair {
  readonly before: Frame;
  readonly after: Frame;
}

export interface ChangeListener {
  /** These children of the place are others than before. */
  place(changed: readonly Rules[], pair: Pair): void;
  /** A leaf, a leaf-list, or contents of anydata. */
  leaf(child: Rules, was: Value | undefined, is: Value | undefined, pair: Pair): void;
  /** A container without presence has got contents. */
  appeared(child: Rules, pair: Pair): void;
  /** A container with presence came or went. */
  container(child: Rules, is: Value | undefined, pair: Pair): void;
  /** Entries came, went or moved. */
  entries(child: Rules, added: readonly Frame[], lost: boolean, pair: Pair): void;
  /** An entry that stays is another. */
  entry(before: Tree, after: Frame, above: Frame): void;
}

export function compare(pair: Pair, before: Side, after: Side, book: RuleBook, listener: ChangeListener): void {
  const { tree: was } = pair.before;
  const { tree: is } = pair.after;
  if (was === is) return;
  const changed: Rules[] = [];
  const below: Pair[] = [];
  const look = (sid: Sid): void => {
    const node = book.plan.nodes.get(sid);
    if (node === undefined || is.get(sid) === was.get(sid)) return;
    const child = book.of(node);
    changed.push(child);
    if (node.kind === "list") lists(child, pair, before, after, listener, below);
    else if (node.kind === "container") containers(child, pair, before, after, listener, below);
    else listener.leaf(child, was.get(sid), is.get(sid), pair);
  };
  for (const sid of is.keys()) look(sid);
  for (const sid of was.keys()) if (!is.has(sid)) look(sid);
  listener.place(changed, pair);
  for (const inner of below) compare(inner, before, after, book, listener);
}

function containers(
  child: Rules,
  pair: Pair,
  before: Side,
  after: Side,
  listener: ChangeListener,
  below: Pair[],
): void {
  const was = treeIn(pair.before.tree.get(child.node.sid));
  const is = treeIn(pair.after.tree.get(child.node.sid));
  if (child.node.schema.presence === true && (was === undefined || is === undefined)) {
    listener.container(child, is, pair);
    return;
  }
  if (was === undefined) listener.appeared(child, pair);
  below.push({
    before: before.frame(pair.before, child, was ?? EMPTY_TREE),
    after: after.frame(pair.after, child, is ?? EMPTY_TREE),
  });
}

function lists(child: Rules, pair: Pair, before: Side, after: Side, listener: ChangeListener, below: Pair[]): void {
  const was = entriesIn(pair.before.tree.get(child.node.sid));
  const is = entriesIn(pair.after.tree.get(child.node.sid));
  const shorter = Math.min(was.length, is.length);
  let start = 0;
  while (start < shorter && was[start] === is[start]) start += 1;
  let end = 0;
  while (end < shorter - start && was[was.length - 1 - end] === is[is.length - 1 - end]) end += 1;

  const old = new Map<KeyText | Tree, number>();
  for (let at = start; at < was.length - end; at++) old.set(nameOf(was[at]!, child), at);
  const added: Frame[] = [];
  let moved = false;
  for (let at = start; at < is.length - end; at++) {
    const entry = is[at]!;
    const frame = after.frame(pair.after, child, entry, at);
    const name = nameOf(entry, child);
    const place = old.get(name);
    if (place === undefined) {
      added.push(frame);
      continue;
    }
    old.delete(name);
    moved ||= place !== at;
    if (was[place] === entry) continue;
    listener.entry(was[place]!, frame, pair.after);
    below.push({ before: before.frame(pair.before, child, was[place]!, place), after: frame });
  }
  if (added.length > 0 || old.size > 0 || moved) listener.entries(child, added, old.size > 0 || moved, pair);
}

/** Entries without keys are told apart as objects. */
const nameOf = (entry: Tree, { node }: Rules): KeyText | Tree =>
  node.keys.length === 0 ? entry : (entryText(entry, node) ?? entry);
