/**
 * Confirmed commits: an edit on trial stays only if the node is well with it. Healthy wakes are counted by the mailbox; here it
 * is judged, and what did not prove itself is taken back by an edit like any other.
 */
import { type Closable, isCoded, type Logger, type NodeId } from "../../base/index.ts";
import type { Fact, Ledger } from "../../store/index.ts";
import { decodeInstances } from "../../yang/index.ts";
import type { Registry } from "../registry/index.ts";
import { acceptEdit } from "./acceptance.ts";
import { type Box, type Trial, wayBack } from "./box.ts";
import type { Mailbox } from "./mailbox.ts";

export interface EditTrialsOptions {
  readonly mailbox: Mailbox;
  readonly registry: Registry;
  readonly ledger: Ledger;
  readonly log: Logger;
}

export class EditTrials implements Closable {
  readonly #options: EditTrialsOptions;
  readonly #stop: () => void;

  constructor(options: EditTrialsOptions) {
    this.#options = options;
    // What a crash cut off: the last wake may have been seen, and not what follows from it.
    for (const node of [...options.mailbox.onTrial]) this.#judge(node, undefined);
    this.#stop = options.ledger.onFact((fact) => this.#heard(fact));
  }

  #heard(fact: Fact): void {
    if (!("node" in fact) || fact.node === undefined || !this.#options.mailbox.onTrial.has(fact.node)) return;
    const isWake = fact.type === "node.reported" || fact.type === "node.read";
    if (isWake || ILLS[fact.type]?.(fact) !== undefined) this.#judge(fact.node, fact);
  }

  #judge(node: NodeId, fact: Fact | undefined): void {
    const { mailbox } = this.#options;
    const ill = fact && ILLS[fact.type]?.(fact);
    for (const trial of mailbox.box(node).trials ?? []) {
      const failed = failureOf(mailbox.box(node), trial, ill);
      if (failed !== undefined) this.#revert(node, trial, failed);
      else if (trial.healthy >= trial.wakes) this.#end(node, trial, { outcome: "confirmed" });
    }
  }

  #revert(node: NodeId, trial: Trial, reason: string): void {
    const { mailbox, registry, ledger, log } = this.#options;
    const undo = wayBack(mailbox.box(node), trial.id);
    this.#end(node, trial, { outcome: "reverted", reason });
    const record = registry.get(node);
    const lost = (error: unknown): void => {
      log.error("mailbox.revert-failed", {
        node,
        revision: trial.id,
        reason: isCoded(error) ? error.code : String(error),
      });
    };
    try {
      const instances = decodeInstances(undo, registry.schemaOf(record), "input", "any");
      if (instances.length === 0) return;
      const terms = { actor: "system", reverts: trial.id, expireAfter: "never" } as const;
      acceptEdit(record, instances, { registry, mailbox, recorder: ledger }, terms).catch(lost);
    } catch (error) {
      lost(error); // its module set was exchanged meanwhile
    }
  }

  #end(
    node: NodeId,
    { id: revision }: Trial,
    end: { outcome: "confirmed" } | { outcome: "reverted"; reason: string },
  ): void {
    // Nobody waits for these facts; that the journal cannot write is told by readyz and each checkpoint.
    this.#options.ledger.record("edit.trial", { node, revision, ...end }).catch(() => undefined);
  }

  close(): void {
    this.#stop();
  }
}

/** What speaks against everything that is on trial at the node. */
const ILLS: { readonly [type in Fact["type"]]?: (fact: Fact) => string | undefined } = {
  "node.reachability": (fact) =>
    fact.type === "node.reachability" && fact.missedWakes > 0 ? "the node missed a wake" : undefined,
  "ota.phase": (fact) =>
    fact.type === "ota.phase" && fact.from !== fact.to && (fact.to === "failed" || fact.to === "rolled-back")
      ? `the node's update is ${fact.to}`
      : undefined,
  "edit.state": (fact) =>
    fact.type === "edit.state" && (fact.to === "rejected" || fact.to === "expired") ? "" : undefined,
};

/** Undefined while all is well. An ill that comes before the node can have any of it is none of its doing. */
function failureOf(box: Box, { id }: Trial, ill: string | undefined): string | undefined {
  const states = box.edits.flatMap(({ trial, status }) => (trial === id ? [status.state] : []));
  if (states.includes("rejected")) return "the node rejected a part of it";
  if (states.includes("expired")) return "a part of it expired";
  return ill !== undefined && ill !== "" && states.some((state) => state !== "waiting") ? ill : undefined;
}
