/**
 * Datastores after an edit (RFC 7950 §8.3), as far as the edit can have broken them: what it set, the places whose
 * children changed, and the constraints elsewhere that look at what changed. The cost follows the edit, not the tree;
 * only expressions that look through a list cost that list, and entries that come or go ask all that look at theirs.
 */
import type { Fault } from "../../codec/fault.ts";
import { lineage } from "../../codec/instance-id.ts";
import type { Plan } from "../../codec/plan-node.ts";
import type { Instance, InstanceId, Tree, Value } from "../../tree.ts";
import { type Check, raise } from "../check.ts";
import { checkEntry, checkOwnMusts, checkValues, checkWhen, checkWhole, mayBeImplied } from "../content.ts";
import { checkKeys, checkUniqueEntry, differInUnique } from "../entries.ts";
import type { Frame } from "../frame.ts";
import { dependentsOf } from "../rules/dependents.ts";
import { type RuleBook, type Rules, rulesOf } from "../rules/rules.ts";
import { checkMembers, isInForce, isOfChoice } from "../shape.ts";
import { AffectedSet } from "./affected.ts";
import type { ChangeListener, Pair } from "./changes.ts";
import { compare } from "./changes.ts";
import { isSet, printOf, targetsOf } from "./guilt.ts";
import { Side } from "./side.ts";

/** Throws the first finding that the edit is guilty of, unless `found` takes them. */
export function checkEdit(
  trees: { readonly before: Tree; readonly after: Tree },
  instances: readonly Instance[],
  plan: Plan,
  found: (finding: Fault) => void,
): void {
  const book = rulesOf(plan);
  new Edited(trees.before, trees.after, instances, book, found).look();
}

/** Looks at a place, on either side of the edit. */
type Look = (frame: Frame, check: Check) => unknown;

class Edited implements ChangeListener {
  readonly #before: Side;
  readonly #after: Side;
  readonly #book: RuleBook;
  readonly #targets: readonly InstanceId[];
  readonly #affected: AffectedSet;
  readonly #found: (finding: Fault) => void;
  /** Places that were looked at with all below them. */
  readonly #done = new Set<Frame>();
  /** Entries that were compared with the others of their list. */
  readonly #compared = new Set<Frame>();

  constructor(
    before: Tree,
    after: Tree,
    instances: readonly Instance[],
    book: RuleBook,
    found: (finding: Fault) => void,
  ) {
    this.#before = new Side(before, book);
    this.#after = new Side(after, book);
    this.#book = book;
    this.#targets = targetsOf(instances, book.plan);
    this.#affected = new AffectedSet(this.#after);
    this.#found = found;
  }

  look(): void {
    for (const target of this.#targets) this.#lookAtTarget(target);
    const top: Pair = { before: this.#before.top, after: this.#after.top };
    compare(top, this.#before, this.#after, this.#book, this);
    for (const { rules, kind, frame } of this.#affected.all) {
      if (kind === "when") this.#condition(rules, frame);
      else if (frame.rules === rules) this.#run(frame, checkOwnMusts);
      else this.#run(frame, (at, check) => check.view.holds(rules, at) && checkValues(rules, at, check));
    }
  }

  /** What an instance set is looked at as a whole. */
  #lookAtTarget({ sid, keys }: InstanceId): void {
    const node = this.#book.plan.nodes.get(sid);
    if (node === undefined) return;
    let frame = this.#after.top;
    let used = 0;
    for (const step of lineage(node)) {
      const rules = this.#book.of(step);
      const own = keys.slice(used, used + step.keys.length);
      used += own.length;
      if (step === node) {
        this.#lookAtChild(rules, own.length > 0 ? this.#after.entry(frame, rules, own) : undefined, frame);
        return;
      }
      this.#run(frame, (at, check) => checkWhen(rules, at, check));
      const next = step.kind === "list" ? this.#after.entry(frame, rules, own) : this.#after.container(frame, rules);
      // Another instance of the request has removed it again.
      if (next === undefined) return;
      frame = next;
    }
  }

  #lookAtChild(child: Rules, entry: Frame | undefined, frame: Frame): void {
    this.#run(frame, (at, check) => checkMembers(at, [child], check));
    if (entry === undefined) {
      this.#child(child, frame);
      return;
    }
    this.#run(frame, (at, check) => checkWhen(child, at, check));
    this.#whole(entry);
    this.#unique(entry, frame);
  }

  #child(child: Rules, frame: Frame): void {
    this.#run(frame, (at, check) => checkWhen(child, at, check) && checkWhole(child, at, check));
  }

  /** An entry and all below it. */
  #whole(entry: Frame): void {
    this.#run(entry, checkEntry);
    this.#done.add(entry);
  }

  place(changed: readonly Rules[], { before, after }: Pair): void {
    this.#run(after, (at, check) => checkMembers(at, changed, check));
    if (changed.some(isOfChoice)) this.#otherDefaults(before, after);
  }

  /** RFC 7950 §7.9.3: with another case other nodes are there by default. */
  #otherDefaults(before: Frame, after: Frame): void {
    const was = this.#before.check(raise);
    const is = this.#after.check(raise);
    for (const child of after.rules.watched) {
      if (!isOfChoice(child) || !mayBeImplied(child) || after.tree.has(child.node.sid)) continue;
      if (isInForce(child, after, is) && !isInForce(child, before, was)) this.#child(child, after);
    }
  }

  leaf(child: Rules, was: Value | undefined, is: Value | undefined, { after }: Pair): void {
    this.#affected.add(dependentsOf(this.#book.plan).of(child.node), after, was !== undefined);
    if (is === undefined && child.node.fallback === undefined) return;
    this.#child(child, after);
  }

  /** One of a case asks for what is mandatory in it only from now on (RFC 7950 §7.5.1, §7.9.3). */
  appeared(child: Rules, { after }: Pair): void {
    if (isOfChoice(child)) this.#child(child, after);
    else this.#run(after, (at, check) => checkWhen(child, at, check));
  }

  container(child: Rules, is: Value | undefined, { after }: Pair): void {
    this.#affected.add(dependentsOf(this.#book.plan).outside(child.node), after, is === undefined);
    if (is !== undefined) this.#child(child, after);
  }

  entries(child: Rules, added: readonly Frame[], lost: boolean, { after }: Pair): void {
    this.#affected.add(dependentsOf(this.#book.plan).outside(child.node), after, lost);
    if (added.length === 0) return;
    this.#run(after, (at, check) => checkWhen(child, at, check));
    for (const entry of added) {
      this.#run(after, (at, check) => {
        if (at === after) checkKeys(entry, at, check);
      });
      this.#unique(entry, after);
      this.#whole(entry);
    }
  }

  entry(before: Tree, after: Frame, above: Frame): void {
    if (after.rules.unique.length > 0 && differInUnique(before, after)) this.#unique(after, above);
  }

  #unique(entry: Frame, frame: Frame): void {
    const { rules } = entry;
    if (rules.unique.length === 0 || this.#compared.has(entry)) return;
    this.#compared.add(entry);
    this.#run(frame, (at, check) => {
      const same = at === frame ? entry : this.#before.same(entry);
      if (same !== undefined && check.view.holds(rules, at)) checkUniqueEntry(same, at, check);
    });
  }

  /** RFC 7950 §8.2, §8.3.2: a condition may hold now that did not, or the other way round. */
  #condition(child: Rules, frame: Frame): void {
    this.#run(frame, (at, check) => checkMembers(at, [child], check));
    const before = this.#before.same(frame);
    const held = before !== undefined && this.#before.view.holds(child, before);
    if (held !== this.#after.view.holds(child, frame)) this.#child(child, frame);
  }

  /** Runs a look on the tree as it is; what it finds counts unless it would have found the same before. */
  #run(frame: Frame, look: Look): void {
    if (this.#isDone(frame) || !this.#after.isLive(frame)) return;
    const { plan } = this.#book;
    const findings = this.#after.findings((check) => look(frame, check));
    let known: ReadonlySet<string> | undefined;
    for (const finding of findings) {
      if (!isSet(finding, this.#targets, plan)) {
        known ??= this.#findingsBefore(frame, look);
        if (known.has(printOf(finding, plan))) continue;
      }
      this.#found(finding);
    }
  }

  #isDone(frame: Frame): boolean {
    return this.#done.has(frame) || (frame.above !== undefined && this.#isDone(frame.above));
  }

  #findingsBefore(frame: Frame, look: Look): ReadonlySet<string> {
    const same = this.#before.same(frame);
    const findings =
      same === undefined || !this.#before.isLive(same) ? [] : this.#before.findings((check) => look(same, check));
    return new Set(findings.map((finding) => printOf(finding, this.#book.plan)));
  }
}
