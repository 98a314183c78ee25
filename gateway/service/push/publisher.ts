/**
 * Looks at a node whenever something was heard of it, and when time alone makes an update due, and records what its
 * subscriptions have to say. Looks are taken one after the other, some at a time: at the start, and after a change of the modules,
 * it is the whole fleet's turn.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type Clock,
  type Closable,
  explain,
  type Logger,
  type Millis,
  millis,
  type NodeId,
  type Timer,
} from "../../base/index.ts";
import type { Fact, FactBodies, Ledger } from "../../store/index.ts";
import { EMPTY_TREE, encodeChanges, encodeTree, type Schema, type SetName, subtreeAt } from "../../yang/index.ts";
import type { NodeRecord, Registry } from "../registry/index.ts";
import type { Pushes } from "./pushes.ts";
import { step, type Update } from "./step.ts";
import { type Subscription, Targets } from "./subscription.ts";

export interface PublisherParts {
  readonly pushes: Pushes;
  readonly registry: Registry;
  readonly ledger: Pick<Ledger, "onFact" | "record" | "flush">;
  /** The site's time, which counts evenly. */
  readonly clock: Clock;
  /** Does the subscription's filter take the node? */
  readonly chosen: (subscription: Subscription, node: NodeRecord) => boolean;
  readonly log: Logger;
}

/** Nodes looked at before whoever wakes has its turn. */
const AT_ONCE = 16;
/** So many updates may be recorded and not durable yet: while the journal is away, nodes wait for it, not updates. */
const MOST_UNSAFE = 256;
/** Timers are not set for less: what is due within it goes together. */
const LEAST_WAIT = millis(200);

/** A subscription to a node that time alone will make due. */
interface Waiting {
  readonly node: NodeId;
  readonly until: Millis;
}

export class Publisher implements Closable {
  readonly #parts: PublisherParts;
  readonly #targets: Targets;
  readonly #stop: () => void;
  /** Nodes to look at. */
  readonly #due = new Set<NodeId>();
  /** By `{node}/{number of the subscription}`. */
  readonly #waiting = new Map<string, Waiting>();
  #timer: { readonly at: Millis; readonly timer: Timer } | undefined;
  #running: Promise<void> | undefined;
  /** Updates that are recorded and not durable yet. */
  #unsafe = 0;
  #closed = false;

  private constructor(parts: PublisherParts) {
    this.#parts = parts;
    this.#targets = new Targets(parts.pushes.subscriptions);
    this.#stop = parts.ledger.onFact((fact) => this.#heard(fact));
  }

  /** Of what was told before a restart nothing is told again; what was heard and not told yet is. */
  static start(parts: PublisherParts): Publisher {
    const publisher = new Publisher(parts);
    publisher.lookAtAll();
    return publisher;
  }

  /** The modules of a set, or what its nodes are called, may be others. */
  exchanged(set: SetName): void {
    for (const id of this.#parts.registry.ids()) if (this.#parts.registry.setOf(id) === set) this.#look(id);
  }

  lookAtAll(): void {
    for (const id of this.#parts.registry.ids()) this.#look(id);
  }

  /** Resolves when nothing is left to look at now. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Does not wait for a journal that is away. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stop();
    this.#timer?.timer.cancel();
    await this.#running;
  }

  #heard(fact: Fact): void {
    switch (fact.type) {
      case "node.reported":
        if (fact.data !== undefined || fact.samples !== undefined) this.#look(fact.node);
        return;
      case "node.read":
      case "node.models":
      case "node.replaced":
      case "edit.state":
        this.#look(fact.node);
        return;
      case "datastore.edited":
        if (fact.root !== "gateway") this.#look(fact.root);
        return;
      case "node.removed":
        this.#due.delete(fact.node);
        for (const index of this.#parts.pushes.subscriptions.keys()) this.#waiting.delete(keyOf(fact.node, index + 1));
        return;
      case "clock.state":
        for (const { node } of this.#waiting.values()) this.#look(node);
        return;
    }
  }

  #look(node: NodeId): void {
    if (this.#closed || this.#parts.pushes.subscriptions.length === 0) return;
    this.#due.add(node);
    this.#goOn();
  }

  #goOn(): void {
    if (this.#due.size > 0 && this.#mayLook()) this.#running ??= this.#run();
  }

  #mayLook(): boolean {
    return !this.#closed && this.#unsafe < MOST_UNSAFE;
  }

  async #run(): Promise<void> {
    await nextTurn(); // the fact that led here is folded and answered first
    while (this.#due.size > 0 && this.#mayLook()) {
      this.#lookAtSome();
      await nextTurn();
    }
    this.#running = undefined;
  }

  #lookAtSome(): void {
    let left = AT_ONCE;
    for (const node of this.#due) {
      if (left-- === 0) return;
      this.#due.delete(node);
      try {
        this.#lookAt(node);
      } catch (error) {
        // A fault with one node must not silence the others.
        this.#parts.log.error("push.look-failed", { node, reason: explain(error) });
      }
    }
  }

  #lookAt(id: NodeId): void {
    const { registry, pushes } = this.#parts;
    const node = registry.find(id);
    if (node === undefined) return;
    const schema = registry.schemaOf(node);
    for (const [index, subscription] of pushes.subscriptions.entries()) {
      const update = this.#lookBy(subscription, index + 1, node, schema);
      if (update !== undefined) this.#record(subscription, index + 1, node, said(update, schema));
    }
  }

  #lookBy(subscription: Subscription, number: number, node: NodeRecord, schema: Schema): Update | undefined {
    const { pushes, clock, chosen } = this.#parts;
    const key = keyOf(node.id, number);
    this.#waiting.delete(key);
    const target = this.#targets.in(schema, number);
    const memory = pushes.memory(node.id, number, schema);
    // Of what its modules never had, nothing was ever told.
    if (target === undefined && memory.at === undefined) return undefined;
    if (!chosen(subscription, node)) return undefined;
    const tree = target === undefined ? EMPTY_TREE : subtreeAt(node.tree, target);
    const next = step(memory, { now: clock.now(), tree }, subscription, schema);
    if (next.is === "wait") this.#await(key, { node: node.id, until: next.until });
    return next.is === "wait" || next.is === "nothing" ? undefined : next;
  }

  #record({ path }: Subscription, subscription: number, { id: node, reach }: NodeRecord, what: Said): void {
    const { pushes, ledger, clock, log } = this.#parts;
    const observed = pushes.observed(node, subscription) ?? reach.lastSeen ?? clock.now();
    this.#unsafe += 1;
    ledger.record("push.updated", { node, subscription, path, observed, ...what }).then(
      () => {
        this.#unsafe -= 1;
        this.#goOn();
      },
      (error: unknown) => {
        if (!this.#closed) log.error("push.stopped", { reason: explain(error) });
        this.#closed = true; // the journal takes nothing more: readyz and each checkpoint tell it
      },
    );
  }

  #await(key: string, waiting: Waiting): void {
    this.#waiting.set(key, waiting);
    if (this.#timer === undefined || waiting.until < this.#timer.at) this.#setTimer(waiting.until);
  }

  #setTimer(at: Millis): void {
    this.#timer?.timer.cancel();
    const wait = Math.max(at - this.#parts.clock.now(), LEAST_WAIT);
    this.#timer = { at, timer: this.#parts.clock.after(millis(wait), () => this.#rings()) };
  }

  /** What is due is looked at; the timer goes on for the rest. */
  #rings(): void {
    this.#timer = undefined;
    if (this.#closed) return;
    const now = this.#parts.clock.now();
    let next: Millis | undefined;
    for (const { node, until } of this.#waiting.values()) {
      if (until <= now) this.#look(node);
      else if (next === undefined || until < next) next = until;
    }
    if (next !== undefined) this.#setTimer(next);
  }
}

const keyOf = (node: NodeId, number: number): string => `${node}/${number}`;

type Said = Pick<FactBodies["push.updated"], "edits" | "data" | "untold">;

function said(update: Update, schema: Schema): Said {
  if (update.is === "edits") return { edits: encodeChanges(update.changes, schema) };
  const data = new Uint8Array(encodeTree(update.tree, schema, "any"));
  return update.is === "start" ? { data, untold: true } : { data };
}
