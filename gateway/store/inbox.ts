/**
 * The inbox: commands from every face (CLI, console, MQTT, CWMP) enter here and run once per id. Answers are facts, so a
 * repeated id gets the stored answer after a restart too. Killed between what a command did and its answer, the same id
 * runs again and meets what is done already (image.exists, node.exists).
 */
import { BugError, explain, isCoded, type Logger, type Millis, UsageError } from "../base/index.ts";
import type { Json } from "../yang/api.ts";
import { Answers } from "./answers.ts";
import type { Fact, ReplyAddress } from "./facts.ts";
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
  /** A command to a node may not be carried out after that. */
  readonly deadline?: Millis;
  /** Told in the facts of its answers, for a face that answers from the journal. */
  readonly reply?: ReplyAddress;
}

export type Outcome =
  | { readonly status: "completed"; readonly result: Json }
  | { readonly status: "failed"; readonly error: CommandError }
  /** It ends later, by a `command.done`. */
  | Accepted
  /** Its deadline came first; nothing goes out any more. */
  | { readonly status: "expired" };

export interface CommandError {
  readonly code: string;
  readonly text: string;
  readonly hint: string;
  /** RFC 8040 §3.9, where the error says it. */
  readonly tag?: string;
  readonly path?: string;
}

export interface Accepted {
  readonly status: "accepted";
  readonly willRunAt?: Millis;
  /** Counted from 1. */
  readonly position?: number;
}

/** `body`: bytes that belong to the command and are too many for an argument, e.g. an image. */
export type CommandHandler = (args: Command["args"], actor: string, body?: AsyncIterable<Uint8Array>) => Promise<Json>;

export interface Inbox {
  submit(command: Command, body?: AsyncIterable<Uint8Array>): Promise<Outcome>;
}

const TABLE = "command";

/** The inbox of a gateway process; its answers are a projection of the journal. */
export class CommandInbox implements Inbox, Projection {
  readonly name = "inbox";
  readonly #answers = new Answers();
  readonly #running = new Map<string, { readonly op: string; readonly outcome: Promise<Outcome> }>();
  readonly #dirty = new Set<string>();
  readonly #log: Logger;
  #handlers: ReadonlyMap<string, CommandHandler> = new Map();
  #recorder: Recorder | undefined;
  #questions: ReadonlySet<string> = new Set();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Given once the services behind the handlers stand. `questions`: ops that change nothing, so that no answer is kept. */
  serve(
    handlers: ReadonlyMap<string, CommandHandler>,
    recorder: Recorder,
    questions: ReadonlySet<string> = new Set(),
  ): void {
    this.#handlers = handlers;
    this.#recorder = recorder;
    this.#questions = questions;
  }

  submit(command: Command, body?: AsyncIterable<Uint8Array>): Promise<Outcome> {
    const before = this.#running.get(command.id) ?? this.#answers.get(command.id);
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
      (result) => ({ status: "completed", result }) as const,
      (error: unknown) => {
        if (!isCoded(error)) this.#log.error("command.broke", { op, reason: String(error) });
        return failed(error);
      },
    );
    if (this.#questions.has(op)) return outcome;
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
    for (const [id, bytes] of await state.entries(TABLE)) this.#answers.restore(id, bytes);
  }

  apply(fact: Fact): void {
    if (fact.type !== "command.done") return;
    this.#answers.add(fact.id, { op: fact.op, at: fact.at, answer: fact.answer });
    this.#dirty.add(fact.id);
    for (const id of this.#answers.forgetBefore(fact.at)) this.#dirty.add(id);
  }

  drain(limit = Number.POSITIVE_INFINITY): readonly StateChange[] {
    const changes: StateChange[] = [];
    for (const id of this.#dirty) {
      if (changes.length >= limit) break;
      this.#dirty.delete(id);
      changes.push({ table: TABLE, key: id, value: this.#answers.bytes(id) });
    }
    return changes;
  }
}

/** What the asker may know: a coded error as it is, anything else as our own fault. */
function failed(error: unknown): Extract<Outcome, { status: "failed" }> {
  const coded = isCoded(error) ? error : new BugError("service.bug", { what: explain(error) });
  return { status: "failed", error: { code: coded.code, text: coded.message, hint: coded.hint } };
}
