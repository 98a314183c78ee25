/**
 * docs/mqtt.md, "After a backup" — once per epoch and broker: has the site's retained topics shown to us and takes away what no history of
 * ours tells any more. On a line of its own with a clean session, so that a crash leaves no subscription behind and commands are
 * not heard twice. The link takes the topics away, on the line on which it tells them: so none that is told anew meanwhile is lost.
 *
 * MQTT does not say when all retained messages were shown. It counts as all when every topic that we tell was among
 * them and then nothing came for a while; before that a later start looks again.
 */
import {
  type Clock,
  type Closable,
  explain,
  isCoded,
  type Logger,
  type Millis,
  millis,
  type Random,
  StoreError,
  seconds,
} from "../../../gateway/base/index.ts";
import type { SiteInfo, StateStore } from "../../../gateway/store/ports.ts";
import type { BrokerAddress, Inbound, Refusal } from "../link/connection.ts";
import { backoff, type Protocol } from "../link/link-machine.ts";
import type { OpenPlainLine, PlainLine } from "../link/plain-line.ts";
import { isRemoval, removalOf } from "../outbox/message.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { TopicName } from "../outbox/topics.ts";
import type { Ground } from "./ground.ts";
import { isRepetition, isStranger, type Known, printOf } from "./stranger.ts";

export interface SweepOptions {
  readonly site: SiteInfo;
  /** Aliases after the site's own topics, which they repeat. */
  readonly grounds: readonly Ground[];
  readonly outbox: Outbox;
  readonly state: StateStore;
  readonly open: OpenPlainLine;
  readonly broker: BrokerAddress;
  readonly protocol: () => Protocol;
  /** Topic of this process' status, and of those of the other processes that are known. */
  readonly status: string;
  readonly others: () => readonly string[];
  /** Resolves when all that we hold was told on the present connection; false = we are leaving. */
  readonly told: () => Promise<boolean>;
  /** No retained message for so long = there is none left. */
  readonly quiet?: Millis | undefined;
  readonly realtime: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** In the outbox, beside its marks. */
const DONE = { table: "mqtt.marks", key: "swept" };
const PROJECTION = "mqtt.sweep";
const QUIET = seconds(2);
/** So many times `quiet` is waited for what we tell ourselves. */
const PATIENCE = 5;
const ATTEMPTS = 5;
/** Taken away at one look; the next one takes more. */
const MOST = 50_000;

/** `partial`: the broker does not show us everything, and a second look would not change that; `lost`: one might. */
type Outcome = "whole" | "partial" | "lost";

export class Sweep implements Closable {
  readonly #options: SweepOptions;
  readonly #leaving = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run().catch((error: unknown) =>
      this.#options.log.error("mqtt.sweep-stopped", { error: explain(error) }),
    );
  }

  async close(): Promise<void> {
    this.#leaving.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { site, broker, grounds, state, told, realtime, random, log } = this.#options;
    const wanted = JSON.stringify([site.epoch, broker.url, ...grounds.map(({ filter }) => filter)]);
    const done = await state.get(DONE.table, DONE.key);
    if (done !== undefined && Buffer.from(done).toString() === wanted) return;
    const { signal } = this.#leaving;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if ((await Promise.race([told(), aborted(signal)])) !== true) return;
      const look = new Look(this.#options, signal);
      const outcome = await look.run();
      if (signal.aborted || outcome === "partial") return;
      if (outcome === "whole") {
        if (!(await this.#taken(look.strangers))) return;
        await state.commit(PROJECTION, 0, [{ ...DONE, value: Buffer.from(wanted) }]);
        log.info("mqtt.swept", { epoch: site.epoch, topics: look.strangers.size });
        return;
      }
      await pause(realtime, backoff(attempt + 1, random.next()), signal);
    }
  }

  /** The broker has taken them away; false = we are leaving. */
  async #taken(strangers: ReadonlySet<string>): Promise<boolean> {
    const { outbox } = this.#options;
    const { signal } = this.#leaving;
    for (const topic of strangers) {
      for (let now = outbox.latest(topic); now !== undefined && isRemoval(now); now = outbox.latest(topic)) {
        if (signal.aborted) return false;
        await changed(outbox, signal);
      }
    }
    return true;
  }
}

/** One line, from its first filter to its end. */
class Look {
  readonly #options: SweepOptions;
  readonly #leaving: AbortSignal;
  readonly #strangers = new Set<string>();
  readonly #prints = new Set<string>();
  readonly #known: Known;
  /** Topics that we tell and were not shown yet, of the ground that is being looked at. */
  #missing = new Set<string>();
  #heard: Millis;
  #more = false;

  constructor(options: SweepOptions, leaving: AbortSignal) {
    const { site, outbox, status, others, realtime } = options;
    this.#options = options;
    this.#leaving = leaving;
    this.#heard = realtime.now();
    this.#known = {
      epoch: site.epoch,
      told: (topic) => outbox.latest(topic) !== undefined || topic === status || others().includes(topic),
      prints: this.#prints,
    };
  }

  get strangers(): ReadonlySet<string> {
    return this.#strangers;
  }

  async run(): Promise<Outcome> {
    const { open, broker, protocol, site, log } = this.#options;
    const clientId = `sidgate-${site.site}-${site.process}-sweep`;
    let line: PlainLine;
    try {
      line = await open({ broker, protocol: protocol(), clientId, onMessage: (message) => this.#hear(message) });
    } catch (error) {
      log.warn("mqtt.sweep-failed", { error: explain(error) });
      return isCoded(error) && error.code === "mqtt.unreachable" ? "lost" : "partial";
    }
    const over = new AbortController();
    const end = (): void => over.abort();
    line.gone.then(end, end);
    this.#leaving.addEventListener("abort", end, { once: true });
    if (this.#leaving.aborted) end(); // while the line was opened: that is not told again
    const outcome = await this.#lookAround(line, over.signal);
    this.#leaving.removeEventListener("abort", end);
    if (over.signal.aborted) line.drop();
    else await line.end();
    return outcome;
  }

  async #lookAround(line: PlainLine, over: AbortSignal): Promise<Outcome> {
    let [told, hidden] = [0, 0];
    for (const ground of this.#options.grounds) {
      this.#missing = this.#toldAt(ground.kind);
      told += this.#missing.size;
      if (over.aborted) return "lost";
      const refusal = await Promise.race([line.subscribe(ground.filter, 0), aborted(over)]);
      if (over.aborted) return "lost";
      if (refusal === undefined) await this.#untilQuiet(over);
      else this.#warn(ground.filter, refusal.text);
      if (over.aborted) return "lost";
      hidden += refusal === undefined ? this.#missing.size : Math.max(1, this.#missing.size);
    }
    if (hidden > 0) return this.#partial(told, hidden);
    return this.#more ? "lost" : "whole";
  }

  #toldAt(kind: TopicName): Set<string> {
    const { outbox, status } = this.#options;
    if (kind === "status") return new Set([status]);
    return new Set(outbox.told(new Set([kind])).map(({ topic }) => topic));
  }

  async #untilQuiet(over: AbortSignal): Promise<void> {
    const { realtime, quiet = QUIET } = this.#options;
    this.#heard = realtime.now();
    while (!over.aborted) {
      const patience = this.#missing.size === 0 ? quiet : quiet * PATIENCE;
      const left = this.#heard + patience - realtime.now();
      if (left <= 0) return;
      await pause(realtime, millis(Math.min(left, quiet)), over);
    }
  }

  /** What we tell meanwhile comes as well; only what lay there is looked at. */
  #hear(message: Inbound): void {
    const { topic, payload, retain } = message;
    this.#missing.delete(topic);
    if (!retain) return;
    const { grounds, outbox, realtime } = this.#options;
    this.#heard = realtime.now();
    const ground = grounds.find((one) => one.owns(topic));
    if (ground === undefined || !isStranger(message, ground, this.#known)) return;
    this.#more ||= this.#strangers.size >= MOST;
    if (this.#more) return;
    this.#strangers.add(topic);
    if (this.#repeats && !isRepetition(ground.kind)) this.#prints.add(printOf(ground.kind, payload));
    outbox.offer(removalOf(ground.kind, topic, 0));
  }

  get #repeats(): boolean {
    return this.#options.grounds.some(({ kind }) => isRepetition(kind));
  }

  #partial(told: number, hidden: number): Outcome {
    this.#warn("all of ours", `${hidden} of ${told} topics that we tell were not shown`);
    return "partial";
  }

  #warn(filter: string, reason: Refusal["text"]): void {
    const { broker, log } = this.#options;
    const facts = { url: broker.url, filter, reason };
    log.warn("mqtt.sweep-refused", { ...facts, error: explain(new StoreError("mqtt.sweep-refused", facts)) });
  }
}

/** Ends early with `signal`. */
const pause = (clock: Clock, delay: Millis, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.after(delay, done);
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted) done();
  });

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });

/** The outbox says so when there is something to send or to save: an acknowledged removal is the latter. */
const changed = (outbox: Outbox, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      stop();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const stop = outbox.onChange(done);
    signal.addEventListener("abort", done, { once: true });
  });
