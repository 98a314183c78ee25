/**
 * docs/mqtt.md, "Commands" — from a message that came in to the inbox, and back. The message is acknowledged when this resolves:
 * killed before, the broker brings it again, and the inbox knows its id.
 */
import type { Clock, Closable, CodedError, Logger, Random } from "../../../gateway/base/index.ts";
import type { ReplyAddress } from "../../../gateway/store/facts.ts";
import type { CommandPort } from "../../../gateway/store/inbox.ts";
import type { Inbound } from "../link/connection.ts";
import type { Message } from "../outbox/message.ts";
import { failedReply, type Reply, replyMembers, replyMessage } from "../render/reply.ts";
import { randomUlid } from "../render/ulid.ts";
import { commandError } from "./error-tags.ts";
import { LocalCommands, type ReplaySource } from "./local.ts";
import { commandFilters } from "./place.ts";
import { type Known, type ReadingRules, readCommand } from "./read.ts";
import { Refusals } from "./refusals.ts";
import { rightsOf } from "./rights.ts";

export interface CommandSettings {
  /** `mqtt.rights`. */
  readonly rights: readonly string[];
  readonly identity: "claimed" | "topic";
  readonly replyPrefixes: readonly string[];
  /** Beginnings of topics that messages of the site lie under, beside its own tree: no answer goes there. */
  readonly ours?: readonly string[];
}

export interface CommandsOptions {
  readonly site: string;
  readonly port: CommandPort;
  readonly settings: CommandSettings;
  readonly source: ReplaySource;
  /** Sends at once and keeps nothing; false = nobody is connected. */
  readonly say: (message: Message) => boolean;
  readonly clock: Clock;
  readonly realtime: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export class Commands implements Closable {
  readonly filters: readonly string[];
  readonly #options: CommandsOptions;
  readonly #may: ReadingRules["may"];
  readonly #refusals: Refusals;
  readonly #local: LocalCommands;

  constructor(options: CommandsOptions) {
    const { site, port, settings, source, clock, realtime } = options;
    this.filters = commandFilters(site);
    this.#options = options;
    this.#may = rightsOf(settings.rights);
    this.#refusals = new Refusals((refusal) => port.refuse(refusal), realtime);
    this.#local = new LocalCommands({ source, clock, realtime, say: (to, reply) => this.#say(to, reply) });
  }

  /** Rejects when the inbox cannot be reached now: the message then stays with the broker. */
  async take(message: Inbound): Promise<void> {
    const { site, settings, clock, random, port, log } = this.#options;
    const reading = readCommand(message, {
      site,
      prefixes: settings.replyPrefixes,
      ours: settings.ours ?? [],
      identity: settings.identity,
      may: this.#may,
      now: clock.now(),
      freshId: () => randomUlid(clock.now(), random),
    });
    if (reading.kind === "nothing") return;
    if (reading.kind === "refused") return this.#refused(reading.known, reading.error);
    const { command, op, known, unanswered } = reading;
    if (unanswered !== undefined) this.#tell(known, unanswered);
    log.debug("mqtt.command", { op: command.op, id: command.id, actor: command.actor });
    if (op.here === true) return this.#local.take(command);
    const { outcome, recorded } = await port.take(command);
    if (!recorded) this.#say(command.reply, replyMembers(command.id, outcome));
  }

  async close(): Promise<void> {
    await this.#local.close();
    this.#refusals.close();
  }

  #refused(known: Known, error: CodedError): void {
    this.#tell(known, error);
    // One that the broker kept is nobody's question of today.
    if (error.code !== "command.retained") this.#say(known.reply, failedReply(known.id, commandError(error)));
  }

  #tell({ actor, op, id, node }: Known, { code, message: text }: CodedError): void {
    this.#refusals.add({
      code,
      text,
      actor,
      ...(op === undefined ? {} : { op }),
      ...(id === undefined ? {} : { id }),
      ...(node === undefined ? {} : { node }),
    });
  }

  #say(to: ReplyAddress | undefined, reply: Reply): void {
    if (to !== undefined) this.#options.say(replyMessage(to, reply));
  }
}
