/**
 * Journal → outbox: reads the facts that became durable, renders them, and commits messages, projection rows and the
 * number of the last rendered fact together, so that a crash loses and doubles nothing.
 *
 * Facts are gathered for a moment, because each commit costs a memory card a write. Nothing is promised less for it:
 * the facts are durable in the journal already; a crash before the commit renders them again, to the same bytes.
 */
import {
  type Clock,
  type Closable,
  explain,
  type Logger,
  type Millis,
  millis,
  rfc3339,
  seconds,
} from "../../../gateway/base/index.ts";
import type { Fact } from "../../../gateway/store/facts.ts";
import type { JournalReader, SiteInfo, StateStore } from "../../../gateway/store/ports.ts";
import type { RenderContext } from "../render/context.ts";
import { renderOverflow } from "../render/event.ts";
import { render, renderRow } from "../render/render.ts";
import type { TreesOf } from "../render/trees.ts";
import { ulidOfFact } from "../render/ulid.ts";
import { keysOf } from "../render/view.ts";
import { type LiveView, type RenderedView, VIEW_KINDS } from "../views/view.ts";
import { classOf, type Message, removalOf } from "./message.ts";
import type { Outbox } from "./outbox.ts";
import { PROJECTION } from "./projection.ts";
import type { ViewStore } from "./view-store.ts";

const BATCH_FACTS = 500;
const BATCH_DELAY = millis(100);
/** Acknowledgements alone are saved this seldom; a crash in between sends the last ones again. */
const ACK_DELAY = seconds(1);
const RETRY_DELAY = seconds(5);
const EPOCH = { table: "mqtt.marks", key: "epoch" };
const FORMS = { table: "mqtt.marks", key: "views" };

export interface ProjectorOptions {
  readonly info: SiteInfo;
  readonly journal: JournalReader;
  readonly state: StateStore;
  readonly outbox: Outbox;
  readonly view: ViewStore;
  readonly trees: TreesOf;
  /** The site's time, which a trial may run faster. */
  readonly clock: Clock;
  /** Time as disks and networks know it. */
  readonly realtime: Clock;
  readonly log: Logger;
  readonly batchDelay?: Millis | undefined;
  /** Rendered and committed with the contract's own messages. */
  readonly views?: readonly RenderedView[];
  /** Told of what was committed. */
  readonly live?: readonly LiveView[];
  /** Takes the messages that are kept nowhere (class none), once the facts that they tell are committed. */
  readonly say?: (message: Message) => void;
}

export class Projector implements Closable {
  readonly #options: ProjectorOptions;
  readonly #context: RenderContext;
  readonly #stopListening: Array<() => void> = [];
  readonly #waiters = new Set<() => void>();
  #rendered: number;
  #closed = false;
  /** A fault of ours ended the run: memory and rows may differ, so nothing more is written. */
  #broken = false;
  #running: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;

  private constructor(options: ProjectorOptions, rendered: number) {
    this.#options = options;
    this.#rendered = rendered;
    this.#context = { site: options.info.site, epoch: options.info.epoch, trees: options.trees };
  }

  static async open(options: ProjectorOptions): Promise<Projector> {
    const projector = new Projector(options, await options.state.applied(PROJECTION));
    await projector.#enterEpoch();
    await projector.#enterForms();
    return projector;
  }

  /** Number of the last fact whose messages are in the outbox. */
  get rendered(): number {
    return this.#rendered;
  }

  start(): void {
    const wake = (): void => this.#wake();
    this.#stopListening.push(this.#options.journal.onDurable(wake), this.#options.outbox.onChange(wake));
    this.#running = this.#run().catch((error: unknown) => this.#stopped(error));
  }

  /** Resolves when fact `seq` is rendered and committed. */
  async reached(seq: number): Promise<void> {
    while (this.#rendered < seq && !this.#closed) {
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  /** Finishes the batch in hand and saves the acknowledgements. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#leave();
    await this.#running;
    if (!this.#broken && this.#options.outbox.unsaved) await this.#commit([]);
  }

  /** The facts stay in the journal: the next start renders from the last commit, to the same bytes. */
  #stopped(error: unknown): void {
    this.#broken = true;
    this.#options.log.error("mqtt.projector-stopped", { rendered: this.#rendered, error: explain(error) });
    this.#leave();
  }

  #leave(): void {
    this.#closed = true;
    for (const stop of this.#stopListening.splice(0)) stop();
    this.#wake();
    this.#notify();
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      if (!this.#factsWait()) await this.#pause(this.#options.outbox.unsaved ? ACK_DELAY : undefined);
      else await this.#gather();
      if (this.#closed) return;
      if (this.#factsWait()) await this.#renderBatch();
      else if (this.#options.outbox.unsaved) await this.#commit([]);
    }
  }

  #factsWait(): boolean {
    return this.#options.journal.lastDurable > this.#rendered;
  }

  async #gather(): Promise<void> {
    const { realtime, journal, batchDelay = BATCH_DELAY } = this.#options;
    const until = realtime.now() + batchDelay;
    while (!this.#closed && journal.lastDurable - this.#rendered < BATCH_FACTS) {
      const left = until - realtime.now();
      if (left <= 0) return;
      await this.#pause(millis(left));
    }
  }

  /** Until `delay` is over or something happened. */
  #pause(delay: Millis | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = delay === undefined ? undefined : this.#options.realtime.after(delay, () => this.#wake());
      this.#wake = () => {
        timer?.cancel();
        this.#wake = () => undefined;
        resolve();
      };
    });
  }

  async #renderBatch(): Promise<void> {
    const facts = await this.#retried(() => this.#options.journal.read(this.#rendered + 1, BATCH_FACTS));
    const [first] = facts ?? [];
    // A journal that holds its facts back (it is being closed) must not be asked again and again without a pause.
    if (facts === undefined || first === undefined) return this.#pause(BATCH_DELAY);
    const gap = first.seq > this.#rendered + 1 ? [this.#renderGap(first)] : [];
    const messages = [...gap, ...facts.flatMap((fact) => this.#render(fact))];
    if (!(await this.#commit(messages, facts.at(-1)?.seq))) return;
    this.#tellLive(facts);
    this.#notify();
  }

  #render(fact: Fact): readonly Message[] {
    const { view, log, views = [] } = this.#options;
    try {
      const keys = keysOf(fact);
      const before = view.slice(keys);
      const { slice, messages: own, skipped } = render(before, fact, this.#context);
      view.put(keys, slice);
      const more = views.flatMap((one) => one.fact(fact, before.node, slice.node, own));
      const messages = [...own, ...more];
      for (const code of skipped) log.warn("mqtt.data-skipped", { seq: fact.seq, code });
      return messages.map((message) => (classOf(message) === "journal" ? { ...message, at: fact.at } : message));
    } catch (error) {
      // One fact that cannot be told must not silence the site; its number stays a hole.
      log.error("mqtt.render-failed", { seq: fact.seq, type: fact.type, error: explain(error) });
      return [];
    }
  }

  /** The journal gave up facts before they were rendered: said in the stream, like every loss. */
  #renderGap(first: Fact): Message {
    const { view, log } = this.#options;
    const { lastEvent } = view.site;
    const lost = { from: this.#rendered + 1, to: first.seq - 1 };
    log.error("mqtt.facts-lost", lost);
    const time = rfc3339(first.at);
    const id = ulidOfFact(this.#context.site, this.#context.epoch, lost.to, first.at);
    view.put({}, { site: { ...view.site, lastEvent: { seq: lost.to, hash: null } } });
    const marker = renderOverflow(
      { seq: String(lost.from), "prev-seq": String(lastEvent.seq), prev: lastEvent.hash },
      { seq: String(lost.to), epoch: this.#context.epoch, id, time, observed: time, hash: null },
      this.#context.site,
    );
    return { ...marker, at: first.at };
  }

  /** Messages, projection rows and the number: all or nothing. False when the projector was closed before it worked. */
  async #commit(messages: readonly Message[], rendered = this.#rendered): Promise<boolean> {
    const { state, outbox, view, clock } = this.#options;
    const rows = view.drain();
    const kept = messages.filter((message) => classOf(message) !== "none");
    const staged = await this.#retried(async () => {
      const next = await outbox.stage(kept, clock.now());
      await state.commit(PROJECTION, rendered, [...next.changes, ...rows]);
      return next;
    });
    if (staged === undefined) return false;
    this.#rendered = rendered;
    outbox.committed(staged, clock.now());
    if (kept.length < messages.length) this.#say(messages);
    return true;
  }

  #say(messages: readonly Message[]): void {
    const { say } = this.#options;
    if (say !== undefined) for (const message of messages) if (classOf(message) === "none") say(message);
  }

  /** The view in memory runs ahead of a failed commit, so the same commit is tried until it works or we are closed. */
  async #retried<T>(work: () => Promise<T>): Promise<T | undefined> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        this.#options.log.error("mqtt.store-failed", { error: explain(error) });
        if (this.#closed) return undefined;
        const { realtime } = this.#options;
        const until = realtime.now() + RETRY_DELAY;
        while (!this.#closed && realtime.now() < until) await this.#pause(millis(until - realtime.now()));
        if (this.#closed) return undefined;
      }
    }
  }

  /** Retained messages carry the epoch and the highest (epoch, seq) wins: under a new epoch all must be told anew. */
  async #enterEpoch(): Promise<void> {
    const { state, view, info } = this.#options;
    const stored = await state.get(EPOCH.table, EPOCH.key);
    if (stored !== undefined && Number(Buffer.from(stored).toString()) === info.epoch) return;
    const messages: Message[] = [];
    if (stored !== undefined) {
      view.startChain();
      for (const node of view.nodes) messages.push(...renderRow({ node }, this.#rendered, this.#context));
      for (const campaign of view.campaigns) messages.push(...renderRow({ campaign }, this.#rendered, this.#context));
    }
    const staged = await this.#options.outbox.stage(messages, this.#options.clock.now());
    const epoch = { ...EPOCH, value: Buffer.from(String(info.epoch)) };
    await state.commit(PROJECTION, this.#rendered, [...staged.changes, ...view.drain(), epoch]);
    this.#options.outbox.committed(staged, this.#options.clock.now());
  }

  /** Views that were switched on, off or otherwise since the last start: their retained topics follow. */
  async #enterForms(): Promise<void> {
    const { state, outbox, view, clock, views = [] } = this.#options;
    const forms = views.map(({ form }) => form).filter((form) => form !== "");
    const stored = await state.get(FORMS.table, FORMS.key);
    const before = stored === undefined ? "" : Buffer.from(stored).toString();
    if (before === forms.join("\n")) return;
    const wanted = views.flatMap((one) => one.whole(view.nodes, this.#rendered));
    const topics = new Set(wanted.map(({ topic }) => topic));
    const gone = outbox.told(VIEW_KINDS).filter(({ topic }) => !topics.has(topic));
    const removals = gone.map(({ kind, topic }) => removalOf(kind, topic, 0));
    const staged = await outbox.stage([...removals, ...wanted], clock.now());
    const mark = { ...FORMS, value: Buffer.from(forms.join("\n")) };
    await state.commit(PROJECTION, this.#rendered, [...staged.changes, ...view.drain(), mark]);
    outbox.committed(staged, clock.now());
  }

  #tellLive(facts: readonly Fact[]): void {
    const { live = [], log } = this.#options;
    if (live.length === 0) return;
    const nodes = new Set(facts.flatMap((fact) => keysOf(fact).node ?? []));
    for (const view of live) {
      try {
        view.committed(nodes);
      } catch (error) {
        // A view must not stop the stream that it is derived from.
        log.error("mqtt.view-failed", { error: explain(error) });
      }
    }
  }

  #notify(): void {
    for (const waiter of this.#waiters) waiter();
    this.#waiters.clear();
  }
}
