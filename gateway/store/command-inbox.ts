/**
 * The inbox: commands from every face (CLI, console, MQTT, CWMP) enter here and run once per id. Answers are facts, so a
 * repeated id gets the stored answer after a restart too, or how far it has got. A face that delivers a command again until it is
 * taken has it noted before it runs: killed between what it did and its answer, it is answered `command.interrupted`, and never
 * runs twice.
 */
import { hash } from "node:crypto";
import {
  BugError,
  type Clock,
  explain,
  isCoded,
  isNodeId,
  type Logger,
  type NodeId,
  rfc3339,
  StoreError,
  UsageError,
} from "../base/index.ts";
import type { Json } from "../yang/api.ts";
import { CommandMemory } from "./command-memory.ts";
import type { Fact, FactBodies, ReplyAddress } from "./facts.ts";
import {
  type Accepted,
  type Command,
  type CommandError,
  type CommandPort,
  type Ended,
  type Inbox,
  type Outcome,
  type Taken,
  Waiting,
  type WaitingHandler,
} from "./inbox.ts";
import type { Projection, Recorder } from "./ledger.ts";
import { keyOf, type OpenCommand } from "./open-commands.ts";
import type { StateChange, StateStore } from "./ports.ts";

/** Each is some hundred bytes in memory. */
const MOST_OPEN = 4096;
/** Of one client, once half of all places are taken. */
const SHARE = 0.25;

export interface InboxOptions {
  /** By which deadlines are judged; without it, they are not. */
  readonly clock?: Pick<Clock, "now">;
  readonly mostOpen?: number;
}

/** What tells one command from another under the same id; of those that are remembered, all of it need not be known. */
interface Identity {
  readonly op: string;
  readonly node?: NodeId;
  /** Digest of its arguments. */
  readonly asked?: string;
}

interface Running extends Identity {
  readonly taken: Promise<Taken>;
}

/** The inbox of a gateway process; its answers and the commands that wait are a projection of the journal. */
export class CommandInbox implements Inbox, CommandPort, Projection {
  readonly #memory = new CommandMemory();
  readonly name = this.#memory.name;
  readonly #running = new Map<string, Running>();
  /** Calls that run on behalf of commands that wait. */
  readonly #calls = new Map<string, AbortController>();
  readonly #log: Logger;
  readonly #options: InboxOptions;
  #handlers: ReadonlyMap<string, WaitingHandler> = new Map();
  #recorder: Recorder | undefined;
  #questions: ReadonlySet<string> = new Set();
  #waiting: ReadonlySet<string> = new Set();
  /** Of the ops that may wait. */
  #undecided = 0;

  constructor(log: Logger, options: InboxOptions = {}) {
    this.#log = log;
    this.#options = options;
  }

  /**
   * Given once the services behind the handlers stand. `questions`: ops that change nothing, so that no answer is kept;
   * `waiting`: ops that may answer that they wait.
   */
  serve(
    handlers: ReadonlyMap<string, WaitingHandler>,
    recorder: Recorder,
    questions: ReadonlySet<string> = new Set(),
    waiting: ReadonlySet<string> = new Set(),
  ): void {
    this.#handlers = handlers;
    this.#recorder = recorder;
    this.#questions = questions;
    this.#waiting = waiting;
    this.#endCutOff(recorder);
  }

  /** What a former process began and did not end: nobody knows what became of it. */
  #endCutOff(recorder: Recorder): void {
    const calls = [...this.#memory.open.values()].filter(({ wait }) => wait.kind === "call");
    for (const cutOff of [...this.#memory.begun, ...calls]) {
      const { id, op, actor, node, reply } = cutOff;
      const outcome = failed(new StoreError("command.interrupted", { op }));
      const body = { ...doneBody({ id, op, actor, reply }, outcome), ...present({ node }) };
      recorder.record("command.done", body).catch((error: unknown) => {
        this.#log.error("command.answer-lost", { op, id, reason: explain(error) });
      });
    }
  }

  async submit(command: Command, body?: AsyncIterable<Uint8Array>): Promise<Outcome> {
    return (await this.#take(command, body)).outcome;
  }

  take(command: Command): Promise<Taken> {
    return this.#take(command, undefined, true);
  }

  refuse(refusal: FactBodies["command.refused"]): void {
    this.#recorder?.record("command.refused", refusal).catch((error: unknown) => {
      this.#log.error("command.refusal-lost", { code: refusal.code, reason: explain(error) });
    });
  }

  /** Those that wait, oldest first. */
  open(): Iterable<OpenCommand> {
    return this.#memory.open.values();
  }

  /** Ends one that waits; nothing when it has ended already. Resolves when that is durable. */
  async end(given: { readonly actor: string; readonly id: string }, outcome: Ended): Promise<void> {
    const open = this.#memory.openOf(keyOf(given));
    if (open === undefined || this.#recorder === undefined) return;
    const { id, op, actor, node, reply } = open;
    await this.#recorder.record("command.done", {
      ...doneBody({ id, op, actor, reply }, outcome),
      ...present({ node }),
    });
  }

  /** `again`: whoever delivers it does so until it is taken. */
  #take(command: Command, body?: AsyncIterable<Uint8Array>, again = false): Promise<Taken> {
    const key = keyOf(command);
    const before = this.#running.get(key) ?? this.#memory.openOf(key) ?? this.#memory.answerOf(key);
    const identity = identityOf(command, again);
    if (before !== undefined && isOther(identity, before)) {
      return unrecorded(failed(new UsageError("command.repeated", { id: command.id })));
    }
    if (before === undefined) {
      const taken = this.#run(command, identity, body).finally(() => this.#running.delete(key));
      this.#running.set(key, { ...identity, taken });
      return taken;
    }
    if ("answer" in before) return unrecorded(JSON.parse(before.answer) as Outcome);
    return "taken" in before ? before.taken.then(({ outcome }) => unrecorded(outcome)) : unrecorded(accepted(before));
  }

  async #run(command: Command, identity: Identity, body: AsyncIterable<Uint8Array> | undefined): Promise<Taken> {
    const { id, op, actor, reply } = command;
    const handler = this.#handlers.get(op);
    if (handler === undefined || this.#recorder === undefined) {
      return unrecorded(failed(new UsageError("command.unknown", { op })));
    }
    const mayWait = this.#waiting.has(op);
    const count = mayWait ? this.#crowd(actor) : undefined;
    if (count !== undefined) return unrecorded(failed(new StoreError("command.crowded", { count })));
    this.#undecided += Number(mayWait);
    try {
      if (identity.asked !== undefined && !this.#questions.has(op)) {
        const begun = { id, actor, ...identity, ...present({ reply }) };
        // Not waited for: what the command does comes after it in the journal.
        this.#recorder.record("command.begun", begun).catch(() => undefined);
      }
      return await this.#conclude(command, identity, await this.#attempt(handler, command, body), this.#recorder);
    } finally {
      this.#undecided -= Number(mayWait);
    }
  }

  /** How many commands wait, where they are too many for one more of this actor. */
  #crowd(actor: string): number | undefined {
    const most = this.#options.mostOpen ?? MOST_OPEN;
    const all = this.#memory.open.size + this.#undecided;
    if (all >= most) return all;
    if (all <= most / 2) return undefined;
    const own = [...this.#memory.open.values()].filter((open) => open.actor === actor).length;
    return own < most * SHARE ? undefined : own;
  }

  async #attempt(
    handler: WaitingHandler,
    command: Command,
    body: AsyncIterable<Uint8Array> | undefined,
  ): Promise<Ended | Waiting> {
    const { op, args, actor, deadline } = command;
    try {
      const now = this.#options.clock?.now();
      if (deadline !== undefined && now !== undefined && deadline <= now) {
        throw new UsageError("command.late", { op, deadline: rfc3339(deadline) });
      }
      const result = await handler(args, actor, body, command);
      return result instanceof Waiting ? result : { status: "completed", result };
    } catch (error) {
      if (!isCoded(error)) this.#log.error("command.broke", { op, reason: String(error) });
      return failed(error);
    }
  }

  async #conclude(command: Command, { asked }: Identity, outcome: Ended | Waiting, recorder: Recorder): Promise<Taken> {
    if (!(outcome instanceof Waiting)) {
      if (this.#questions.has(command.op)) return unrecorded(outcome);
      const node = this.#memory.begunOf(keyOf(command))?.node;
      await recorder.record("command.done", { ...doneBody(command, outcome), ...present({ node }) });
      return { outcome, recorded: true };
    }
    const { id, op, actor, deadline, reply } = command;
    const { wait, told, call } = outcome;
    await recorder.record("command.accepted", { id, op, actor, wait, ...told, ...present({ asked, deadline, reply }) });
    if (call !== undefined) this.#begin(command, call);
    return { outcome: accepted(told), recorded: true };
  }

  #begin(command: Command, call: NonNullable<Waiting["call"]>): void {
    const key = keyOf(command);
    if (this.#memory.openOf(key) === undefined) return; // its deadline came while the disk was busy
    const control = new AbortController();
    this.#calls.set(key, control);
    const end = (outcome: Ended): Promise<void> =>
      this.end(command, outcome).catch((error: unknown) => {
        this.#log.error("command.answer-lost", { op: command.op, id: command.id, reason: explain(error) });
      });
    call(control.signal).then(
      (result) => end({ status: "completed", result }),
      (error: unknown) => end(failed(error)),
    );
  }

  load(state: StateStore): Promise<void> {
    return this.#memory.load(state);
  }

  apply(fact: Fact): void {
    this.#memory.apply(fact);
    if (fact.type !== "command.done") return;
    this.#calls.get(keyOf(fact))?.abort();
    this.#calls.delete(keyOf(fact));
  }

  drain(limit?: number): readonly StateChange[] {
    return this.#memory.drain(limit);
  }
}

/** Its arguments matter where it is delivered again; those of other faces may be an image's megabytes, and have ids of their own. */
function identityOf({ op, args }: Command, again: boolean): Identity {
  const { node } = args;
  const named = typeof node === "string" && isNodeId(node) ? { node } : {};
  return { op, ...named, ...(again ? { asked: digestOf(args) } : {}) };
}

/** The same whatever the order of members. */
const digestOf = (args: Command["args"]): string =>
  hash(
    "sha256",
    JSON.stringify(args, (_name, value: Json) => (isObject(value) ? sorted(value) : value)),
    "base64url",
  );

const isObject = (value: Json): value is { readonly [name: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const sorted = (object: { readonly [name: string]: Json }): Json =>
  Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The id was used for something else. */
const isOther = (given: Identity, before: Identity): boolean =>
  given.op !== before.op || differs(given.node, before.node) || differs(given.asked, before.asked);

const differs = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && other !== undefined && one !== other;

const unrecorded = async (outcome: Outcome): Promise<Taken> => ({ outcome, recorded: false });

const accepted = ({ willRunAt, position }: Omit<Accepted, "status">): Accepted => ({
  status: "accepted",
  ...present({ willRunAt, position }),
});

function doneBody(
  { id, op, actor, reply }: Pick<Command, "id" | "op" | "actor"> & { readonly reply?: ReplyAddress | undefined },
  outcome: Ended,
): FactBodies["command.done"] {
  return { id, op, actor, outcome: outcome.status, answer: JSON.stringify(outcome), ...present({ reply }) };
}

/** Without the members that are undefined: exactOptionalPropertyTypes. */
const present = <T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

/** What the asker may know: a coded error as it is, anything else as our own fault. */
export function failed(cause: unknown): Extract<Outcome, { status: "failed" }> {
  const coded = isCoded(cause) ? cause : new BugError("service.bug", { what: explain(cause) });
  const { tag, path } = coded.facts as { readonly [name: string]: unknown };
  const error: CommandError = { code: coded.code, text: coded.message, hint: coded.hint };
  return { status: "failed", error: { ...error, ...present({ tag: textOf(tag), path: textOf(path) }) } };
}

const textOf = (fact: unknown): string | undefined => (typeof fact === "string" && fact !== "" ? fact : undefined);
