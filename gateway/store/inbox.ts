/**
 * The inbox: commands from every face (CLI, console, MQTT, CWMP) enter here and run once per id. Answers are facts, so a
 * repeated id gets the stored answer after a restart too. Killed between what a command did and its answer, the same id
 * runs again and meets what is done already (image.exists, node.exists).
 */
import { BugError, days, explain, isCoded, type Logger, type Millis, UsageError } from "../base/index.ts";
import type { Json } from "../yang/api.ts";
import type { Fact } from "./facts.ts";
import type { Projection, Recorder } from "./ledger.ts";
import type { StateChange, StateStore } from "./ports.ts";

export interface Command {
  /** Idempotency key; the same id again gets the stored answer. */
  readonly id: string;
  /** e.g. `node.add`, `campaign.create`. */
  readonly op: string;
  readonly args: { readonly [name: string]: Json };
  /** Who asked, e.g. `cli:root`, `mqtt:bms-1`. */
  readonly actor: string;
}

export type Outcome =
  | { readonly status: "completed"; readonly result: Json }
  | {
      readonly status: "failed";
      readonly error: { readonly code: string; readonly text: string; readonly hint: string };
    };

/** `body`: bytes that belong to the command and are too many for an argument, e.g. an image. */
export type CommandHandler = (args: Command["args"], actor: string, body?: AsyncIterable<Uint8Array>) => Promise<Json>;

export interface Inbox {
  submit(command: Command, body?: AsyncIterable<Uint8Array>): Promise<Outcome>;
}

/** How long an id is remembered. */
const REMEMBERED: Millis = days(7);
const TABLE = "command";

interface Answered {
  readonly op: string;
  readonly at: number;
  readonly answer: string;
}

/** The inbox of a gateway process; its answers are a projection of the journal. */
export class CommandInbox implements Inbox, Projection {
  readonly name = "inbox";
  readonly #answered = new Map<string, Answered>();
  readonly #running = new Map<string, { readonly op: string; readonly outcome: Promise<Outcome> }>();
  readonly #dirty = new Set<string>();
  readonly #log: Logger;
  #handlers: ReadonlyMap<string, CommandHandler> = new Map();
  #recorder: Recorder | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Given once the services behind the handlers stand. */
  serve(handlers: ReadonlyMap<string, CommandHandler>, recorder: Recorder): void {
    this.#handlers = handlers;
    this.#recorder = recorder;
  }

  submit(command: Command, body?: AsyncIterable<Uint8Array>): Promise<Outcome> {
    const before = this.#running.get(command.id) ?? this.#answered.get(command.id);
    if (before !== undefined) {
      if (before.op !== command.op)
        return Promise.resolve(failed(new UsageError("command.repeated", { id: command.id })));
      return "outcome" in before ? before.outcome : Promise.resolve(JSON.parse(before.answer) as Outcome);
    }
    const outcome = this.#run(command, body).finally(() => this.#running.delete(command.id));
    this.#running.set(command.id, { op: command.op, outcome });
    return outcome;
  }

  async #run({ id, op, args, actor }: Command, body?: AsyncIterable<Uint8Array>): Promise<Outcome> {
    const handler = this.#handlers.get(op);
    if (handler === undefined || this.#recorder === undefined) return failed(new UsageError("command.unknown", { op }));
    const outcome = await handler(args, actor, body).then(
      (result): Outcome => ({ status: "completed", result }),
      (error: unknown) => {
        if (!isCoded(error)) this.#log.error("command.broke", { op, reason: String(error) });
        return failed(error);
      },
    );
    await this.#recorder.record("command.done", {
      id,
      op,
      actor,
      outcome: outcome.status,
      answer: JSON.stringify(outcome),
    });
    return outcome;
  }

  async load(state: StateStore): Promise<void> {
    const stored = (await state.entries(TABLE)).map(
      ([id, bytes]) => [id, JSON.parse(Buffer.from(bytes).toString()) as Answered] as const,
    );
    // In order of time, as they came: forgetting begins at the oldest.
    for (const [id, answered] of stored.sort(([, a], [, b]) => a.at - b.at)) this.#answered.set(id, answered);
  }

  apply(fact: Fact): void {
    if (fact.type !== "command.done") return;
    this.#answered.set(fact.id, { op: fact.op, at: fact.at, answer: fact.answer });
    this.#dirty.add(fact.id);
    for (const [id, { at }] of this.#answered) {
      if (at > fact.at - REMEMBERED) break; // in order of time
      this.#answered.delete(id);
      this.#dirty.add(id);
    }
  }

  drain(): readonly StateChange[] {
    const changes = [...this.#dirty].map((id) => {
      const answered = this.#answered.get(id);
      return { table: TABLE, key: id, value: answered && Buffer.from(JSON.stringify(answered)) };
    });
    this.#dirty.clear();
    return changes;
  }
}

/** What the asker may know: a coded error as it is, anything else as our own fault. */
function failed(error: unknown): Outcome {
  const coded = isCoded(error) ? error : new BugError("service.bug", { what: explain(error) });
  return { status: "failed", error: { code: coded.code, text: coded.message, hint: coded.hint } };
}
