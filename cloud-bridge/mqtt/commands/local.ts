/** docs/mqtt.md, "Gaps" — the commands that the bridge carries out itself, since they are about its own messages. */
import {
  type Clock,
  type Closable,
  type CodedError,
  isCoded,
  type Millis,
  millis,
  rfc3339,
  StoreError,
  seconds,
  type Timer,
  UsageError,
} from "../../../gateway/base/index.ts";
import type { ReplyAddress } from "../../../gateway/store/facts.ts";
import type { Command } from "../../../gateway/store/inbox.ts";
import { failedReply, type Reply } from "../render/reply.ts";
import { commandError } from "./error-tags.ts";
import { checkDeadline } from "./read.ts";

/** What link and outbox do for it. */
export interface ReplaySource {
  /** The present one. */
  readonly epoch: number;
  /** Number of the last fact so far. */
  readonly last: number;
  /** Number of the oldest fact whose messages are kept. */
  oldest(): Promise<number>;
  /** Sends them again, beside what is new, over any number of connections; how many there were, and how many the broker would not have. */
  replay(from: number, to: number): Promise<{ readonly messages: number; readonly leftOut: number }>;
  /** Says again who is there and every retained topic. */
  rebirth(): void;
}

export interface LocalOptions {
  readonly source: ReplaySource;
  readonly say: (to: ReplyAddress | undefined, reply: Reply) => void;
  /** The site's time, for what is said. */
  readonly clock: Clock;
  /** Time as networks know it. */
  readonly realtime: Clock;
}

/** More at once would only share one line. */
const MOST_REPLAYS = 4;
/** Every retained topic of a large site is a burst of some size: whoever asks again within this gets the next one. */
const REBIRTH_PAUSE: Millis = seconds(10);
const MOST_WAITING = 64;

export class LocalCommands implements Closable {
  readonly #options: LocalOptions;
  readonly #replays = new Map<string, { readonly asked: string; readonly ended: Promise<void> }>();
  #waiting: Command[] = [];
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: LocalOptions) {
    this.#options = options;
  }

  /** A replay goes on after this resolves: the broker waits for acknowledgements in their order (MQTT 5.0 §4.6). */
  async take(command: Command): Promise<void> {
    try {
      checkDeadline(command, this.#options.clock.now());
      if (command.op === "rebirth") this.#rebirth(command);
      else await this.#replay(command);
    } catch (error) {
      if (!isCoded(error)) throw error;
      this.#failed(command, error);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await Promise.all([...this.#replays.values()].map(({ ended }) => ended));
  }

  async #replay(command: Command): Promise<void> {
    const { id, actor, reply, args } = command;
    const { say, source } = this.#options;
    const key = `${actor}\n${id}`;
    const accepted: Reply = { id, status: "accepted" };
    const asked = JSON.stringify(args);
    const before = this.#replays.get(key);
    if (before !== undefined && before.asked !== asked) throw new UsageError("command.repeated", { id });
    if (before !== undefined) return say(reply, accepted); // it came again, and is under way
    if (this.#replays.size >= MOST_REPLAYS) throw new StoreError("command.crowded", { count: this.#replays.size });
    const range = rangeOf(args, source, await source.oldest());
    if ("error" in range) {
      const kept = range.kept === undefined ? {} : { epoch: source.epoch, "oldest-seq": String(range.kept) };
      return say(reply, { ...failedReply(id, commandError(range.error)), ...kept });
    }
    say(reply, accepted);
    const ended = source.replay(range.from, range.to).then(
      ({ messages, leftOut }) =>
        say(reply, { id, status: "completed", messages, ...(leftOut === 0 ? {} : { "left-out": leftOut }) }),
      (error: unknown) => this.#broke(command, error),
    );
    this.#replays.set(key, { asked, ended: ended.finally(() => this.#replays.delete(key)) });
  }

  /** The store cannot be read, or the bridge is leaving: then nobody hears an answer, and whoever asked asks again. */
  #broke(command: Command, error: unknown): void {
    if (!this.#closed)
      this.#failed(command, isCoded(error) ? error : new StoreError("command.cut-off", { op: "replay" }));
  }

  #failed({ id, reply }: Command, error: CodedError): void {
    this.#options.say(reply, failedReply(id, commandError(error)));
  }

  #rebirth(command: Command): void {
    const { id, reply } = command;
    const { say, clock } = this.#options;
    if (this.#timer === undefined) {
      this.#rebear();
      say(reply, { id, status: "completed" });
      return;
    }
    const count = this.#waiting.length;
    if (count >= MOST_WAITING) throw new StoreError("command.crowded", { count });
    this.#waiting.push(command);
    say(reply, { id, status: "accepted", "will-run-at": rfc3339(millis(clock.now() + REBIRTH_PAUSE)) });
  }

  #rebear(): void {
    this.#options.source.rebirth();
    this.#timer = this.#options.realtime.after(REBIRTH_PAUSE, () => this.#again());
  }

  #again(): void {
    this.#timer = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) return;
    this.#rebear();
    for (const { id, reply } of waiting) this.#options.say(reply, { id, status: "completed" });
  }
}

type Range =
  | { readonly from: number; readonly to: number }
  /** `kept`: what can be had instead begins there. */
  | { readonly error: CodedError; readonly kept?: number };

function rangeOf(args: Command["args"], { epoch, last }: ReplaySource, oldest: number): Range {
  const from = Math.max(1, Number(args["from"]));
  const to = Number(args["to"] ?? Number.POSITIVE_INFINITY);
  const wanted = Number(args["epoch"] ?? epoch);
  if (wanted > epoch)
    return { error: wrong("/epoch", `${wanted} has not begun, ${epoch} is the present one`), kept: oldest };
  if (from > to) return { error: wrong("/from", `${args["from"]} comes after /to, ${args["to"]}`) };
  if (wanted < epoch || from < oldest) {
    return { error: new StoreError("command.not-kept", { from, epoch: String(wanted) }), kept: oldest };
  }
  if (from <= last) return { from, to: Math.min(to, last) };
  return { error: wrong("/from", `${args["from"]} has not happened yet, the last so far is ${last}`) };
}

function wrong(path: string, what: string): UsageError {
  const facts = { op: "replay", what: `${path} ${what}`, path };
  return new UsageError("command.argument", facts);
}
