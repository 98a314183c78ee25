/** The words of the inbox (command-inbox.ts): what a command is, how it ends, and the two ports by which faces give commands. */
import type { Millis, NodeId } from "../base/index.ts";
import type { Json } from "../yang/api.ts";
import type { CommandWait, FactBodies, ReplyAddress } from "./facts.ts";

export interface Command {
  /** Idempotency key of this actor; the same id again gets the stored answer. */
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
  /** Its deadline came first; nothing goes out any more. `error`: what it still waited for, where more is known than that. */
  | { readonly status: "expired"; readonly error?: CommandError };

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

export type Ended = Exclude<Outcome, Accepted>;

/**
 * What a handler answers when the command ends later. What ends it is up to who hears `command.accepted`, unless there is a
 * `call`: that runs once it is durable that it was begun, and its outcome is the command's. Its signal tells that the command
 * has ended otherwise. With the process that runs it ends the command too.
 */
export class Waiting {
  readonly wait: CommandWait;
  readonly told: Omit<Accepted, "status"> & { readonly node?: NodeId };
  readonly call: ((signal: AbortSignal) => Promise<Json>) | undefined;

  constructor(wait: CommandWait, told: Waiting["told"] = {}, call?: Waiting["call"]) {
    this.wait = wait;
    this.told = told;
    this.call = call;
  }
}

/** `body`: bytes that belong to the command and are too many for an argument, e.g. an image. `command`: what it was called by. */
export type CommandHandler = (
  args: Command["args"],
  actor: string,
  body?: AsyncIterable<Uint8Array>,
  command?: Command,
) => Promise<Json>;

/** Of an op that may wait; `command` is what it was called by. */
export type WaitingHandler = (
  args: Command["args"],
  actor: string,
  body: AsyncIterable<Uint8Array> | undefined,
  command: Command,
) => Promise<Json | Waiting>;

export interface Inbox {
  submit(command: Command, body?: AsyncIterable<Uint8Array>): Promise<Outcome>;
}

export interface Taken {
  readonly outcome: Outcome;
  /** A fact that carries `reply` tells it. Otherwise (an id that was there, a question) whoever took it says it himself. */
  readonly recorded: boolean;
}

/** The inbox as a face sees it that answers from the journal, perhaps in a process of its own. */
export interface CommandPort {
  take(command: Command): Promise<Taken>;
  /** For one that never became a command. */
  refuse(refusal: FactBodies["command.refused"]): void;
}
