/**
 * Ends the commands that wait: by what the facts tell, by their deadlines, and after a restart by how things stand. What it
 * decides stands in verdict.ts; that a command ends once follows from the inbox, which forgets it with its first end.
 */
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
import {
  type CommandInbox,
  type Digest,
  type Ended,
  type Fact,
  failed,
  type Ledger,
  type OpenCommand,
} from "../../store/index.ts";
import type { Json } from "../../yang/index.ts";
import type { Campaigns } from "../campaign/index.ts";
import type { Images, NamedImage } from "../images/index.ts";
import { type Mailbox, withdrawEdits } from "../mailbox/index.ts";
import type { Registry } from "../registry/index.ts";
import { type Awaited, type Surroundings, verdictOn } from "./verdict.ts";

export interface CommandWaitsOptions {
  readonly inbox: Pick<CommandInbox, "open" | "end">;
  readonly ledger: Pick<Ledger, "record" | "onFact" | "flush">;
  readonly registry: Registry;
  readonly mailbox: Mailbox;
  readonly campaigns: Campaigns;
  readonly images: Images;
  /** The site's time as what ends by it sees it: it stands still while nobody can say that it is right. */
  readonly clock: Clock;
  readonly log: Logger;
  readonly awaited: (image: NamedImage) => Awaited;
  /** What is told of a command that has succeeded. Throws what makes its answer impossible. */
  readonly answer: (open: OpenCommand) => Json;
}

/** Facts that tell something of one node, and of anything. */
const ABOUT_NODE: ReadonlySet<Fact["type"]> = new Set([
  "node.reported",
  "node.read",
  "node.removed",
  "node.models",
  "node.replaced",
  "edit.state",
  "ota.phase",
]);
const ABOUT_ALL: ReadonlySet<Fact["type"]> = new Set([
  "campaign.state",
  "image.added",
  "image.named", // perhaps another image is to be had there now
  "image.removed",
  "models.changed",
]);
/** While time stands still, nothing is due however long one waits; then it is looked at no more often than this. */
const LEAST_WAIT = 1;

export class CommandWaits implements Closable {
  readonly #options: CommandWaitsOptions;
  readonly #around: Surroundings;
  /** By node, since many nodes report at once. */
  readonly #ofNodes = new Map<NodeId, Map<string, OpenCommand>>();
  #stop: (() => void) | undefined;
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(options: CommandWaitsOptions) {
    const { registry, mailbox, campaigns, images, awaited } = options;
    this.#options = options;
    this.#around = {
      boxOf: (node) => mailbox.box(node),
      hasNode: (node) => registry.find(node) !== undefined,
      campaign: (id) => campaigns.find(id),
      image: ({ digest, uri }) => {
        if (images.stored(digest) !== undefined) return "here";
        const named = uri === undefined ? images.awaitedBy(digest) : images.byUri(uri);
        return named?.digest === digest ? awaited(named) : "gone";
      },
    };
  }

  /** Judges what is open from before, and listens from then on. */
  open(): void {
    const { inbox, ledger } = this.#options;
    this.#stop = ledger.onFact((fact) => this.#take(fact));
    for (const open of inbox.open()) this.#note(open);
    this.#judge([...inbox.open()]);
    this.#expire();
  }

  close(): void {
    this.#stop?.();
    this.#timer?.cancel();
  }

  #take(fact: Fact): void {
    if (fact.type === "command.done") this.#forget(fact);
    else if (fact.type === "command.accepted") {
      const open = { ...fact, since: fact.at };
      this.#note(open);
      this.#judge([open], fact);
      if (fact.deadline !== undefined) this.#lookAt(fact.deadline);
    } else if (fact.type === "clock.state") this.#expire();
    else if (ABOUT_ALL.has(fact.type)) this.#judge([...this.#options.inbox.open()], fact);
    else if (ABOUT_NODE.has(fact.type) || fact.type === "datastore.edited") this.#judge(this.#ofNode(fact), fact);
  }

  #note(open: OpenCommand): void {
    const { node } = open;
    if (node === undefined) return;
    const known = this.#ofNodes.get(node) ?? new Map<string, OpenCommand>();
    this.#ofNodes.set(node, known.set(nameOf(open), open));
  }

  #forget(done: Extract<Fact, { type: "command.done" }>): void {
    if (done.node === undefined) return;
    const known = this.#ofNodes.get(done.node);
    known?.delete(nameOf(done));
    if (known?.size === 0) this.#ofNodes.delete(done.node);
  }

  #ofNode(fact: Fact): readonly OpenCommand[] {
    const node = fact.type === "datastore.edited" ? fact.root : "node" in fact ? fact.node : undefined;
    const known = node === undefined || node === "gateway" ? undefined : this.#ofNodes.get(node);
    return known === undefined ? [] : [...known.values()];
  }

  #judge(among: readonly OpenCommand[], news?: Fact): void {
    for (const open of among) {
      const verdict = verdictOn(open, this.#around, news);
      if (verdict.to === "expired") this.#end(open, { status: "expired" });
      else if (verdict.to === "failed") this.#end(open, failed(verdict.error));
      else if (verdict.to === "completed") this.#end(open, this.#completed(open));
    }
  }

  #completed(open: OpenCommand): Ended {
    try {
      return { status: "completed", result: this.#options.answer(open) };
    } catch (error) {
      return failed(error);
    }
  }

  /** Its author was asked in vain. */
  imageFailed(digest: Digest): void {
    this.#judge([...this.#options.inbox.open()].filter(({ wait }) => wait.kind === "image" && wait.digest === digest));
  }

  #end(open: OpenCommand, outcome: Ended): void {
    this.#options.inbox.end(open, outcome).catch((error: unknown) => {
      this.#options.log.error("command.answer-lost", { op: open.op, id: open.id, reason: explain(error) });
    });
  }

  /** Ends what is due, and looks again when the next one is. An edit that waits is taken back first, so that it stays at home. */
  #expire(): void {
    const { inbox, clock, mailbox, ledger: recorder } = this.#options;
    const now = clock.now();
    for (const open of [...inbox.open()]) {
      if (open.deadline === undefined || open.deadline > now) continue;
      if (open.wait.kind === "edit" && open.node !== undefined) {
        const { revision: last, parts = 1 } = open.wait;
        withdrawEdits(open.node, (revision) => revision <= last && revision > last - parts, { mailbox, recorder }, now);
      }
      this.#end(open, { status: "expired", ...this.#unready(open) });
    }
    this.#timerAt = Number.POSITIVE_INFINITY;
    for (const { deadline } of inbox.open()) if (deadline !== undefined) this.#lookAt(deadline);
  }

  /** What it still waited for, where that is known. */
  #unready({ wait }: OpenCommand): Pick<Extract<Ended, { status: "expired" }>, "error"> {
    const image = wait.kind === "image" ? this.#around.image(wait) : undefined;
    return typeof image === "object" ? { error: failed(image.why).error } : {};
  }

  #lookAt(deadline: Millis): void {
    if (deadline >= this.#timerAt) return;
    const { clock } = this.#options;
    this.#timer?.cancel();
    this.#timerAt = deadline;
    this.#timer = clock.after(millis(Math.max(LEAST_WAIT, deadline - clock.now())), () => this.#expire());
  }
}

const nameOf = ({ actor, id }: Pick<OpenCommand, "actor" | "id">): string => `${actor}\n${id}`;

/** Somebody waits for the next word of this node. */
export function awaitsReport(open: Iterable<OpenCommand>, node: NodeId): boolean {
  for (const each of open) if (each.node === node && each.wait.kind === "report") return true;
  return false;
}
