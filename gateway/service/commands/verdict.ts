/** What has become of a command that waits: one question per kind of wait, each asked of what the services know. Pure. */
import { type CodedError, type NodeId, UsageError, WireError } from "../../base/index.ts";
import type { CommandWait, Fact, OpenCommand } from "../../store/index.ts";
import { type Campaign, isEnded, isOver } from "../campaign/index.ts";
import { type Box, isOpen } from "../mailbox/index.ts";

/** The services, as far as commands wait for them. */
export interface Surroundings {
  boxOf(node: NodeId): Box;
  hasNode(node: NodeId): boolean;
  campaign(id: string): Campaign | undefined;
  /** Of an image that was named: its bytes are here, are still to come, or nobody awaits them any more. */
  image(wait: WaitOf<"image">): "here" | "gone" | Awaited;
}

/** How it stands with bytes that are not here. */
export interface Awaited {
  /** The last failure, or how far they are. */
  readonly why: CodedError;
  /** How often their author was asked in vain. */
  readonly failures: number;
  /** To ask again would bring the same. */
  readonly isFinal: boolean;
}

/** A command without a deadline is not kept waiting for longer: 20 minutes, by the pauses of upstream/fetch.ts. */
const MOST_FAILURES = 8;

export type Verdict =
  | { readonly to: "waits" }
  | { readonly to: "completed" }
  | { readonly to: "expired" }
  | { readonly to: "failed"; readonly error: CodedError };

export type WaitOf<K extends CommandWait["kind"]> = Extract<CommandWait, { readonly kind: K }>;

const WAITS: Verdict = { to: "waits" };
const COMPLETED: Verdict = { to: "completed" };
const EXPIRED: Verdict = { to: "expired" };
const failed = (error: CodedError): Verdict => ({ to: "failed", error });

/** `news`: the fact that was just recorded; without it the question is how things stand after a restart. */
export function verdictOn(open: OpenCommand, around: Surroundings, news?: Fact): Verdict {
  const { node, wait } = open;
  if (node !== undefined && !around.hasNode(node)) return failed(new UsageError("command.node-gone", { node }));
  switch (wait.kind) {
    case "edit":
      return node === undefined ? WAITS : onEdit(node, wait, around.boxOf(node), news);
    case "report":
      return (news?.type === "node.reported" || news?.type === "node.read") && news.node === node ? COMPLETED : WAITS;
    case "update":
      return node === undefined ? WAITS : onUpdate(node, wait, around.campaign(wait.campaign));
    case "image":
      return onImage(wait, open.deadline !== undefined, around);
    case "call":
      return WAITS; // the inbox runs it, and ends it
  }
}

/** Where one part of it failed, so did all of it; a later edit may have taken the place of a part before it went out. */
function onEdit(
  node: NodeId,
  { revision, parts = 1 }: WaitOf<"edit">,
  { edits }: Box,
  news: Fact | undefined,
): Verdict {
  const own = edits.filter((edit) => edit.revision <= revision && edit.revision > revision - parts);
  const rejected = own.find(({ status }) => status.state === "rejected");
  if (rejected !== undefined) {
    const { reason = "" } = rejected.status;
    return failed(
      new WireError("command.rejected", { node, path: rejected.path, reason: reason || "it does not say why" }),
    );
  }
  if (own.some(({ status }) => status.state === "expired")) return EXPIRED;
  if (own.some(({ status }) => isOpen(status))) return WAITS;
  return own.length < parts ? failed(whyGone(node, revision, news)) : COMPLETED;
}

/** What took an edit out of the mailbox, before anybody knew what became of it. */
function whyGone(node: NodeId, revision: number, news: Fact | undefined): UsageError {
  switch (news?.type) {
    case "node.replaced":
      return new UsageError("command.device-replaced", { node });
    case "node.models":
    case "models.changed":
      return new UsageError("command.modules-changed", { node });
    default:
      return new UsageError("command.superseded", { node, revision });
  }
}

function onUpdate(node: NodeId, { campaign: id }: WaitOf<"update">, campaign: Campaign | undefined): Verdict {
  const progress = campaign?.nodes.get(node);
  const ended = (phase: string, reason: string): Verdict =>
    failed(new UsageError("command.update-ended", { node, campaign: id, phase, reason }));
  if (campaign === undefined || progress === undefined) return ended("skipped", "it is not part of it");
  if (progress.phase === "done") return COMPLETED;
  if (isEnded(progress)) return ended(progress.phase, progress.reason ?? "no reason was given");
  return isOver(campaign) ? ended(campaign.state, campaign.reason) : WAITS;
}

function onImage(wait: WaitOf<"image">, mayExpire: boolean, around: Surroundings): Verdict {
  const image = around.image(wait);
  if (image === "here") return COMPLETED;
  if (image === "gone") return failed(new UsageError("command.image-gone", { digest: wait.digest }));
  const isOver = image.isFinal || (!mayExpire && image.failures >= MOST_FAILURES);
  return isOver ? failed(image.why) : WAITS;
}
