/**
 * A sleepy node as a pure machine: what it does in each state when something happens. Time, the room's readings, the
 * network and the flash are outside; `step` says what they should do next. Campaign behaviour: user-experience.md §2.3.
 */
import { type Millis, millis, seconds } from "../../base/index.ts";
import { NOBODY_KNOWS, type Offer, type Reply, type Report, type Sample } from "../speech/check-in.ts";
import { changed, type Leaves, type Reason } from "../speech/leaves.ts";
import {
  type Block,
  beginDownload,
  type Download,
  imageBytes,
  imageSource,
  keep,
  nextNum,
  type Source,
  type Szx,
  takeBlock,
  toldBytes,
  travelSize,
} from "./download.ts";
import type { ImageFacts } from "./image.ts";
import type { Node, Update } from "./node-state.ts";
import { applyEdits, wakeInterval } from "./settings.ts";

export type NodeEvent = { readonly at: Millis } & (
  | { readonly type: "woke"; readonly room: Leaves }
  | {
      readonly type: "booted";
      readonly room: Leaves;
      readonly image: ImageFacts;
      /** Of a node with a manifest processor. */
      readonly processed?: Booted;
    }
  | { readonly type: "answered"; readonly reply: Reply }
  | { readonly type: "unanswered" }
  | { readonly type: "refused"; readonly code: string }
  | { readonly type: "block"; readonly block: Block }
  | { readonly type: "block-lost" }
  | { readonly type: "block-refused"; readonly code: string }
  | { readonly type: "examined"; readonly image: ImageFacts }
  | { readonly type: "processed"; readonly verdict: Processed }
);

/** What the boot loader found; `failed` = it did not start the new image. */
export interface Booted {
  readonly failed?: Reason | undefined;
  /** All that the processor has to say. */
  readonly told: Leaves;
}

/** How far the update procedure of a manifest came. */
export type Processed =
  | { readonly state: "wants"; readonly want: Wanted }
  | { readonly state: "waits" }
  | { readonly state: "ready"; readonly told: Leaves }
  | { readonly state: "failed"; readonly told: Leaves; readonly reason: Reason };

/** A payload, as the manifest announces it. */
export interface Wanted {
  readonly uri: string;
  /** Hex. */
  readonly digest: string | undefined;
  readonly size: number | undefined;
  /** Then digest and size are those of what it becomes. */
  readonly encrypted: boolean;
}

export type Command =
  | { readonly do: "report"; readonly report: Report }
  /** For so many bytes; with `encoding` what comes has yet to become them. */
  | { readonly do: "erase"; readonly size: number; readonly encoding?: Offer["encoding"] }
  | {
      readonly do: "fetch";
      readonly uri: string;
      /** The URI is somebody else's: the gateway is asked as a proxy. */
      readonly proxied: boolean;
      readonly num: number;
      readonly szx: Szx;
    }
  | { readonly do: "store"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly do: "examine" }
  /** Runs the update procedure; what was fetched last takes its place before. */
  | { readonly do: "process"; readonly fetched: Source | undefined }
  /** `former` = the one that ran before this one. */
  | { readonly do: "boot"; readonly bank: "old" | "new" | "former" }
  | { readonly do: "sleep"; readonly until: Millis };

export interface Step {
  readonly node: Node;
  readonly commands: readonly Command[];
}

/** Reports in one wake, however much is waiting: a node must get to sleep. */
const MAX_ROUNDS = 4;
/** Samples kept while the gateway does not answer; the oldest go first. */
const MAX_SAMPLES = 8;
/** The gateway may move the next wake between a quarter and four times the interval. */
const HINT_RANGE = 4;
/** A new image that has to hear an answer asks so often for it: one lost datagram is no reason to fall back. */
const TRIES_TO_CONFIRM = 4;

export function step(node: Node, event: NodeEvent): Step {
  const { state } = node.activity;
  switch (event.type) {
    case "woke":
      if (state === "asleep") return wake(open(node, event.at, event.room), event.at);
      return state === "rebooting" ? startUp(node) : stay(node);
    case "booted":
      return state === "rebooting" ? booted(node, event) : stay(node);
    case "answered":
      return node.activity.state === "reporting"
        ? answered(node, node.activity.round, event.at, event.reply)
        : stay(node);
    case "unanswered":
      return state === "reporting" ? sleep(node, event.at) : stay(node);
    case "refused":
      return state === "reporting" ? refused(node, event.at, event.code) : stay(node);
    case "block":
      return node.activity.state === "fetching" ? fetched(node, node.activity.left, event.at, event.block) : stay(node);
    case "block-lost":
      return state === "fetching" ? sleep(node, event.at) : stay(node);
    case "block-refused":
      return state === "fetching" ? blockRefused(node, event.at, event.code) : stay(node);
    case "examined":
      return state === "verifying" ? examined(node, event.at, event.image) : stay(node);
    case "processed":
      return node.activity.state === "verifying"
        ? processed(node, node.activity.left, event.at, event.verdict)
        : stay(node);
  }
}

const stay = (node: Node): Step => ({ node, commands: [] });

/** The beginning of a wake. Wakes keep their rhythm however long they last, unless the gateway hints at another moment. */
function open(node: Node, at: Millis, room: Leaves): Node {
  const interval = wakeInterval(node.settings, node.profile.wakeInterval);
  return { ...node, room, wokeAt: at, wakeAt: millis(at + interval) };
}

function planWake(node: Node, at: Millis, hint: Millis | undefined): Node {
  const interval = wakeInterval(node.settings, node.profile.wakeInterval);
  if (hint === undefined) return { ...node, wakeAt: millis(node.wokeAt + interval) };
  return { ...node, wakeAt: millis(at + Math.min(Math.max(hint, interval / HINT_RANGE), interval * HINT_RANGE)) };
}

/** A wake that overran its interval is followed by a short rest. */
function sleep(node: Node, at: Millis): Step {
  const until = millis(Math.max(Math.min(node.wakeAt, confirmAt(node, at)), at + seconds(1)));
  return { node: { ...node, activity: { state: "asleep", until } }, commands: [{ do: "sleep", until }] };
}

function confirmAt({ update }: Node, at: Millis): number {
  if (update.phase !== "confirming") return Number.POSITIVE_INFINITY;
  const within = seconds(update.download.offer.confirmWithin ?? 0);
  return Math.min(update.until, at + within / TRIES_TO_CONFIRM);
}

// -- waking and reporting ---------------------------------------------------------------------------------------------

function wake(node: Node, at: Millis): Step {
  if (node.update.phase === "confirming" && at >= node.update.until) return fallBack(node, at);
  if (node.pending === undefined) return report(node, 1);
  const samples = [...node.samples, { at: node.wokeAt, leaves: readings(node.room) }].slice(-MAX_SAMPLES);
  return {
    node: { ...node, samples, activity: { state: "reporting", round: 1 } },
    commands: [{ do: "report", report: node.pending }],
  };
}

const readings = ({ temperature, humidity }: Leaves): Leaves => ({ temperature, humidity });

function report(node: Node, round: number): Step {
  const samples = node.samples.map(({ at, leaves }): Sample => ({ age: millis(node.wokeAt - at), leaves }));
  const pending: Report = {
    number: node.nextReport,
    applied: node.applied === node.appliedTold ? undefined : node.applied,
    leaves: changed(node.told, leavesOf(node)),
    samples,
    brief: node.nextReport > 0, // the first answer after a boot sets the node's clock
    ...alarmNews(node.told.alarm ?? 0, node.room.alarm ?? 0),
    ...(node.told.model === undefined ? { extra: node.profile.extra } : {}),
  };
  return {
    node: { ...node, pending, samples: [], activity: { state: "reporting", round } },
    commands: [{ do: "report", report: pending }],
  };
}

/** Alarms that began or ended since the gateway was told. */
function alarmNews(before: number, now: number): Pick<Report, "alarm"> {
  return before === now ? {} : { alarm: { raised: now & ~before, cleared: before & ~now } };
}

/** All that the node could say now. */
export function leavesOf(node: Node): Leaves {
  const { profile, update, running } = node;
  const busy = update.phase !== "idle";
  return {
    model: profile.model,
    hardware: profile.hardware,
    wakeInterval: Math.max(1, Math.round(wakeInterval(node.settings, profile.wakeInterval) / 1000)),
    bootCount: node.bootCount,
    runningDigest: running.digest,
    runningVersion: running.version,
    phase: update.phase,
    ...(busy ? { wantedDigest: update.download.offer.digest, received: toldBytes(update.download) } : {}),
    ...("reason" in update ? { reason: update.reason } : {}),
    ...(profile.encodings === 0 ? {} : { encodings: node.plainOf === undefined ? profile.encodings : 0 }),
    ...node.room,
    ...profile.recipient,
    ...node.processed,
  };
}

function answered(node: Node, round: number, at: Millis, reply: Reply): Step {
  const { pending } = node;
  if (pending === undefined) return sleep(node, at);
  if (reply.offer !== undefined && node.profile.fault === "silent") {
    return { node: { ...node, activity: { state: "silent" } }, commands: [] };
  }
  const endedBefore = node.told.phase === node.update.phase;
  const heard = applyReply(
    {
      ...confirmed(node),
      pending: undefined,
      nextReport: pending.number + 1,
      told: { ...node.told, ...pending.leaves },
      appliedTold: pending.applied ?? node.appliedTold,
    },
    reply,
  );
  const offered = reply.offer === undefined ? stay(heard) : considerOffer(heard, reply.offer, { at, endedBefore });
  const next = planWake(advance(offered.node, at), at, reply.nextWake);
  const then = (reply.more || isNews(next)) && round < MAX_ROUNDS ? report(next, round + 1) : carryOn(next, at);
  return { node: then.node, commands: [...offered.commands, ...then.commands] };
}

/** A revision is applied once; an older one is the echo of a repeated report. */
function applyReply(node: Node, reply: Reply): Node {
  if (reply.revision === undefined || reply.revision <= node.applied) return node;
  return { ...node, settings: applyEdits(node.settings, reply.edits), applied: reply.revision };
}

/** A failure that the gateway has not heard of is worth a second exchange in the same wake. */
const isNews = ({ update, told }: Node): boolean => update.phase === "failed" && told.phase !== "failed";

/** 4.xx: this report will never be taken. The node starts a new series and says everything again. 5.xx: it may be later. */
function refused(node: Node, at: Millis, code: string): Step {
  if (!code.startsWith("4.")) return sleep(node, at);
  return sleep({ ...node, pending: undefined, nextReport: 0, told: {}, appliedTold: undefined }, at);
}

// -- the update -------------------------------------------------------------------------------------------------------

interface Hearing {
  readonly at: Millis;
  /** The gateway knew how the last attempt ended when it wrote this. */
  readonly endedBefore: boolean;
}

function considerOffer(node: Node, offer: Offer, { at, endedBefore }: Hearing): Step {
  if (offer.digest === node.running.digest) return stay(node);
  const { update } = node;
  const same = update.phase !== "idle" && update.download.offer.digest === offer.digest;
  const ended = update.phase === "failed" || update.phase === "rolled-back";
  const { applyIn } = offer;
  const never = applyIn !== undefined && applyIn >= NOBODY_KNOWS;
  const applyFrom =
    applyIn === undefined ? undefined : millis(never ? Number.POSITIVE_INFINITY : at + seconds(applyIn));
  // Under way. What lies at its path stays what it is; when it may be applied is told anew each time.
  if (same && !ended) return stay(withTerms({ ...node, applyFrom }, offer));
  // This answer may have been written before the gateway knew of the failure; from the next one on it means "try again".
  if (same && !endedBefore) return stay(node);
  if (update.phase === "applying" || update.phase === "rebooting") return stay(node); // too late to turn back
  // The phases of a new attempt are told again even if they are the same as before, and so is its report.
  const { phase: _phase, reason: _reason, report: _report, ...told } = node.told;
  const processed = { ...node.processed, report: undefined };
  const plainOf = node.plainOf === offer.digest ? node.plainOf : undefined;
  const fresh: Node = { ...node, told, processed, applyFrom, plainOf };
  return node.profile.recipient === undefined ? takeImage(fresh, offer) : takeEnvelope(fresh, offer);
}

function withTerms(node: Node, { confirmWithin }: Offer): Node {
  const { download } = node.update;
  if (download === undefined || download.offer.confirmWithin === confirmWithin) return node;
  const { confirmWithin: _before, ...rest } = download.offer;
  const offer: Offer = confirmWithin === undefined ? rest : { ...rest, confirmWithin };
  return { ...node, update: { ...node.update, download: { ...download, offer } } };
}

const mayApply = ({ applyFrom }: Node, at: Millis): boolean => applyFrom === undefined || at >= applyFrom;

const erase = ({ size, encoding }: Offer): Command => ({
  do: "erase",
  size,
  ...(encoding === undefined ? {} : { encoding }),
});

function takeImage(node: Node, offer: Offer): Step {
  const begun: Node = { ...node, update: { phase: "downloading", download: beginDownload(offer, node.profile.szx) } };
  if (offer.size > node.profile.capacity || node.profile.fault === "no-space") return stay(fail(begun, "no-space"));
  return { node: begun, commands: [erase(offer)] };
}

/** Above what readers of envelopes take (suit-manifest-37 leaves the limit to them), integrated payloads not counted. */
const MAX_ENVELOPE = 64 * 1024;

/** A node that believes manifests believes nothing else. */
function takeEnvelope(node: Node, offer: Offer): Step {
  const { szx, capacity } = node.profile;
  const size = MAX_ENVELOPE + capacity;
  const uri = offer.envelope ?? "";
  const source: Source = { what: "envelope", name: "", uri, proxied: false, size, exact: false };
  const begun: Node = { ...node, update: { phase: "downloading", download: beginDownload(offer, szx, source) } };
  return uri === "" ? stay(fail(begun, "refused")) : { node: begun, commands: [{ do: "erase", size: 0 }] };
}

/** What came out wrong in a shorter form may come out right in the plain one: that is asked for from now on. */
function fail(node: Node, reason: Reason): Node {
  const { download } = node.update;
  if (download === undefined) return node;
  const { digest, encoding, chain } = download.offer;
  const isShort = reason === "digest-mismatch" && (encoding !== undefined || chain !== undefined);
  return { ...node, plainOf: isShort ? digest : node.plainOf, update: { phase: "failed", download, reason } };
}

/** All is there and right. */
function complete(node: Node, download: Download, at: Millis): Node {
  const update: Update = mayApply(node, at)
    ? { phase: "verifying", download }
    : { phase: "waiting-window", download, waitsFor: "time" };
  return { ...node, update };
}

/** After the gateway has heard of a phase, the next one begins. */
function advance(node: Node, at: Millis): Node {
  const { update } = node;
  if (node.told.phase !== update.phase) return node;
  const isHeld = update.phase === "waiting-window" && update.waitsFor === "time";
  if (update.phase === "verifying" || isHeld) {
    if (mayApply(node, at)) return { ...node, update: { phase: "applying", download: update.download } };
    return isHeld ? node : complete(node, update.download, at); // the window closed meanwhile
  }
  if (update.phase === "applying") return { ...node, update: { ...update, phase: "rebooting" } };
  return node;
}

/** What is left of this wake. */
function carryOn(node: Node, at: Millis): Step {
  const { update, profile } = node;
  if (update.phase === "downloading") return fetchNext(node, profile.blocksPerWake, at);
  if (update.phase === "waiting-window" && update.waitsFor === "event")
    return process(node, profile.blocksPerWake, undefined);
  if (update.phase !== "rebooting" || node.told.phase !== "rebooting") return sleep(node, at);
  const interval = wakeInterval(node.settings, profile.wakeInterval);
  const until = millis(node.wokeAt + interval * profile.rebootWakes);
  return { node: { ...node, activity: { state: "rebooting", until } }, commands: [{ do: "sleep", until }] };
}

function fetchNext(node: Node, left: number, at: Millis): Step {
  const { download } = node.update;
  if (left === 0 || download === undefined) return sleep(node, at);
  return {
    node: { ...node, activity: { state: "fetching", left } },
    commands: [
      {
        do: "fetch",
        uri: download.source.uri,
        proxied: download.source.proxied,
        num: nextNum(download),
        szx: download.szx,
      },
    ],
  };
}

function fetched(node: Node, left: number, at: Millis, block: Block): Step {
  if (node.update.phase !== "downloading") return sleep(node, at);
  const { recipient } = node.profile;
  const taken = takeBlock(node.update.download, block);
  switch (taken.kind) {
    case "not-asked":
      return fetchNext(node, left - 1, at);
    case "wrong-size":
      // A manifest says itself what is wrong with it, or with what is not as long as it said.
      if (recipient !== undefined) return process(node, left - 1, node.update.download.source);
      return report(fail(node, "digest-mismatch"), MAX_ROUNDS);
    case "restart":
      return fetchNext({ ...node, update: { ...node.update, download: taken.download } }, left - 1, at);
    case "stored": {
      const kept = keep(taken.download, taken.offset, block.bytes);
      if (kept.kind === "spoilt") return report(fail(node, "digest-mismatch"), MAX_ROUNDS);
      const { download } = kept;
      const next: Node = { ...node, update: { ...node.update, download } };
      const half = download.received * 2 >= travelSize(download.offer);
      if (recipient === undefined && half && node.profile.fault === "flash-error")
        return report(fail(next, "flash-error"), MAX_ROUNDS);
      const store: readonly Command[] =
        kept.bytes.length === 0 ? [] : [{ do: "store", offset: kept.offset, bytes: kept.bytes }];
      const isLast = taken.last && kept.kind === "kept";
      const then = isLast ? judge(next, left - 1) : fetchNext(next, left - 1, at);
      return { node: then.node, commands: [...store, ...then.commands] };
    }
  }
}

/** All is there: a manifest is processed, an image looked at. */
function judge(node: Node, left: number): Step {
  const { profile, update } = node;
  if (profile.recipient !== undefined) return process(node, left, update.download?.source);
  return { node: { ...node, activity: { state: "verifying", left } }, commands: [{ do: "examine" }] };
}

const process = (node: Node, left: number, fetched: Source | undefined): Step => ({
  node: { ...node, activity: { state: "verifying", left } },
  commands: [{ do: "process", fetched }],
});

/** 4.04: the gateway took the image back. Anything else may pass. */
function blockRefused(node: Node, at: Millis, code: string): Step {
  // RFC 7252 §5.7.2: the gateway gets nothing from there, now or later.
  if (node.update.download?.source.proxied && (code === "4.04" || code === "5.05")) {
    return report(fail(node, "refused"), MAX_ROUNDS);
  }
  return sleep(code === "4.04" ? { ...node, update: { phase: "idle", download: undefined } } : node, at);
}

/** The full digest decides, never the block count. */
function examined(node: Node, at: Millis, image: ImageFacts): Step {
  if (node.update.phase !== "downloading") return sleep(node, at);
  const { download } = node.update;
  if (image.digest !== download.offer.digest) return report(fail(node, "digest-mismatch"), MAX_ROUNDS);
  if (image.model !== undefined && image.model !== node.profile.model)
    return report(fail(node, "wrong-model"), MAX_ROUNDS);
  return report(complete(node, download, at), MAX_ROUNDS);
}

/** suit-manifest-37 §6.4: the procedure went as far as it could with what is there. */
function processed(node: Node, left: number, at: Millis, verdict: Processed): Step {
  const { update } = node;
  const waits = update.phase === "waiting-window" && update.waitsFor === "event";
  if (update.phase !== "downloading" && !waits) return sleep(node, at);
  const { download } = update;
  switch (verdict.state) {
    case "wants": {
      const source = sourceOf(verdict.want, node);
      const next = beginDownload(download.offer, node.profile.szx, source, imageBytes(download));
      const then = fetchNext({ ...node, update: { phase: "downloading", download: next } }, left, at);
      const room: Command =
        source.what === "image" ? erase(download.offer) : { do: "erase", size: source.exact ? source.size : 0 };
      return { node: then.node, commands: [room, ...then.commands] };
    }
    case "waits":
      return sleep({ ...node, update: { phase: "waiting-window", download, waitsFor: "event" } }, at);
    case "ready":
      return report(complete({ ...node, processed: verdict.told }, download, at), MAX_ROUNDS);
    case "failed":
      return report(fail({ ...node, processed: verdict.told }, verdict.reason), MAX_ROUNDS);
  }
}

/** The image that was offered lies at the gateway; for everything else the gateway asks whoever the author named. */
function sourceOf({ uri, digest, size, encrypted }: Wanted, { profile, update: { download } }: Node): Source {
  const isOffered = download !== undefined && digest === download.offer.digest;
  // Of what is encrypted nobody says the digest: what was offered is it, unless that is there already.
  const mayBeOffered = download !== undefined && encrypted && imageBytes(download) === 0;
  if (isOffered || mayBeOffered) return imageSource(download.offer, uri);
  const exact = size !== undefined && !encrypted;
  return { what: "payload", name: uri, uri, proxied: true, size: exact ? size : profile.capacity, exact };
}

// -- booting ----------------------------------------------------------------------------------------------------------

/** Power-on starts the only bank there is; a reboot starts the new one, if it starts at all. */
function startUp(node: Node): Step {
  // A boot loader that reads manifests finds out itself.
  const works = node.profile.recipient !== undefined || node.profile.fault !== "boot-failed";
  return { node, commands: [{ do: "boot", bank: works && node.update.phase === "rebooting" ? "new" : "old" }] };
}

/** An answer reached the new image: it stays. */
function confirmed(node: Node): Node {
  const { update } = node;
  if (update.phase !== "confirming") return node;
  const { download } = update;
  return { ...node, updatesDone: node.updatesDone + 1, update: { phase: "done", download } };
}

function fallBack(node: Node, at: Millis): Step {
  return { node: { ...node, activity: { state: "rebooting", until: at } }, commands: [{ do: "boot", bank: "former" }] };
}

/** How an update stands when the node has started. */
function outcomeOf({ update }: Node, at: Millis, failed: Reason | undefined, runs: boolean): Update {
  if (update.phase === "confirming") return { phase: "rolled-back", download: update.download, reason: "boot-failed" };
  if (update.phase !== "rebooting") return { phase: "idle", download: update.download };
  const { download } = update;
  if (!runs) return { phase: "rolled-back", download, reason: failed ?? "boot-failed" };
  const { confirmWithin } = download.offer;
  if (confirmWithin === undefined) return { phase: "idle", download };
  return { phase: "confirming", download, until: millis(at + seconds(confirmWithin)) };
}

/** RAM is empty: a new series of reports, and everything is told again. */
function booted(
  node: Node,
  { at, room, image: running, processed: found }: Extract<NodeEvent, { type: "booted" }>,
): Step {
  const { update } = node;
  const runs = found === undefined ? running.digest === update.download?.offer.digest : found.failed === undefined;
  const outcome = outcomeOf(node, at, found?.failed, runs);
  const success = update.phase === "rebooting" && outcome.phase === "idle";
  const up: Node = {
    ...open(node, at, room),
    update: outcome,
    updatesDone: node.updatesDone + (success ? 1 : 0),
    running,
    processed: found?.told ?? {},
    plainOf: runs ? undefined : node.plainOf,
    bootCount: node.bootCount + 1,
    nextReport: 0,
    pending: undefined,
    told: {},
    appliedTold: undefined,
    samples: [],
  };
  return report(up, 1);
}
