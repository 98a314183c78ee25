/**
 * A node wakes: report in, one datagram out (ARCHITECTURE.md, "Three journeys"). Everything that the report changes is
 * recorded in one go and durable before the answer leaves; a repeat gets the bytes of the first answer.
 */
import { crc32 } from "node:zlib";
import {
  type Clock,
  EMPTY,
  type Logger,
  type Millis,
  type Peer,
  seconds,
  TrustError,
  UsageError,
} from "../../base/index.ts";
import type { CheckInLane, Request, Response } from "../../coap/index.ts";
import { aboutImage, type Campaigns, type Offer } from "../../service/campaign/index.ts";
import { acceptNotifications } from "../../service/events/index.ts";
import {
  type Box,
  confirm,
  expireOverdue,
  type Mailbox,
  newlyApplied,
  nextDelivery,
  recordOutcome,
  waiting,
  withoutWaiting,
} from "../../service/mailbox/index.ts";
import {
  expectedWake,
  type HouseModels,
  houseModels,
  type NodeRecord,
  type Registry,
} from "../../service/registry/index.ts";
import { CERTAIN, type TimeQuality } from "../../service/timekeeping/index.ts";
import type { TakesReports } from "../../service/trust/index.ts";
import type { FactBodies, Recorder } from "../../store/index.ts";
import { CONTENT_FORMAT } from "../../wire/coap/index.ts";
import { encodeTree, type Schema, type Sid, type Tree } from "../../yang/index.ts";
import { whoAsks } from "./asker.ts";
import { type Answer, type CheckInCodec, checkInCodec, type Report } from "./check-in-message.ts";
import { errorResponse } from "./error-body.ts";
import { type FirmwareOfferServices, firmwareOffer, isEncoded } from "./firmware-offer.ts";
import { recordRefused } from "./refused-edits.ts";
import { checkReport, gatewaySids } from "./root.ts";

export interface CheckInOptions extends FirmwareOfferServices {
  readonly registry: Registry;
  readonly mailbox: Mailbox;
  readonly campaigns: Campaigns;
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** Whether that clock is right; without it, it is. */
  readonly quality?: TimeQuality;
  /** For what nodes report of releases. */
  readonly intake?: TakesReports;
  readonly log: Logger;
  /** How long a node sleeps when its datastore does not say and its wakes have not shown it. */
  readonly wakeInterval: Millis;
}

/** A report held against what is known of its node. */
interface Look {
  /** What waits, as it was and as it is with what the report confirms. */
  readonly kept: Box;
  readonly box: Box;
  readonly data: Uint8Array | undefined;
  readonly samples: NonNullable<FactBodies["node.reported"]["samples"]>;
  readonly tree: Tree;
}

/** A node that is awake: what it said, and what is so with it. */
interface Wake extends Pick<Look, "box" | "tree"> {
  readonly node: NodeRecord;
  readonly report: Report;
}

/** The answer, and whose offer it carries. */
interface Told {
  readonly answer: Answer;
  readonly by?: Offer;
}

/** A report number this little below the last one is an old datagram, not a new series. */
const STALE_WINDOW = 16;
/** Bytes that a revision and the head of the edits add to an answer. */
const EDITS_OVERHEAD = 10;

/** The check-in lane. What a node did wrong becomes an error body (4.xx), what the disk did 5.03. */
export class CheckIn implements CheckInLane {
  readonly #options: CheckInOptions;
  readonly #codec: CheckInCodec;
  readonly #models: HouseModels;
  /** What a node cannot report: data of the gateway's own. */
  readonly #foreign: ReadonlySet<Sid>;

  constructor(options: CheckInOptions) {
    this.#options = options;
    this.#codec = checkInCodec(options.registry.schema);
    this.#models = houseModels(options.registry.schema);
    this.#foreign = gatewaySids(options.registry.schema);
  }

  answer(peer: Peer, request: Request): Promise<Response> | Response | undefined {
    if (request.method !== "POST" || request.path.length !== 1 || request.path[0] !== "c") return undefined;
    if (request.contentFormat !== CONTENT_FORMAT.yangInstances || !this.#codec.recognizes(request.payload)) {
      return undefined;
    }
    // Options that ask for more than an answer are the request port's to refuse.
    if (request.ifNoneMatch || request.ifMatch.length > 0) return undefined;
    if (request.accept !== undefined && request.accept !== CONTENT_FORMAT.yangInstances) return undefined;
    const { registry } = this.#options;
    let { schema } = registry;
    try {
      const asker = whoAsks(peer, request, registry);
      if (asker.role !== "node") throw new TrustError("node.unidentified");
      schema = registry.schemaOf(asker.node);
      registry.seenAt(asker.node.id, peer.path);
      return this.#answer(asker.node, request, schema);
    } catch (error) {
      return refusal(error, schema, this.#codec.maxReplyOf(request.payload));
    }
  }

  #answer(node: NodeRecord, request: Request, schema: Schema): Promise<Response> | Response {
    const report = this.#codec.decode(request.payload, schema);
    const digest = crc32(request.payload);
    const { slot } = node;
    if (slot !== undefined && slot.report === report.report && slot.request === digest) {
      // The first one may still wait for the disk.
      return this.#after(this.#options.recorder.flush(), { ...answered(slot.reply), repeated: true });
    }
    if (slot !== undefined && isStale(report.report, slot.report)) {
      throw new UsageError("checkin.stale", { report: report.report, last: slot.report });
    }
    const { reply, durable } = this.#take(node, report, digest, schema);
    return this.#after(durable, answered(reply));
  }

  /** The answer, once what it rests on is on disk. */
  #after(durable: Promise<void>, response: Response): Promise<Response> {
    return durable.then(
      () => response,
      (error: unknown) => refusal(error, this.#options.registry.schema),
    );
  }

  /** Records the report and what follows from it, without a pause in between. */
  #take(
    node: NodeRecord,
    report: Report,
    request: number,
    schema: Schema,
  ): { readonly reply: Uint8Array; readonly durable: Promise<void> } {
    const { campaigns, offers, intake, recorder, clock, wakeInterval } = this.#options;
    const now = clock.now();
    const told = report.notifications && acceptNotifications(report.notifications, schema);
    let seen = this.#look(node, report, now, schema);
    if (report.rejected.length > 0) {
      // Durable no later than the report, which is recorded next and waited for.
      recordRefused(node.id, report.rejected, this.#options, { now, schema }).catch(ignore);
      seen = this.#look(this.#options.registry.get(node.id), report, now, schema);
    }
    const { synchronised, doubtfulSince } = this.#options.quality ?? CERTAIN;
    if (expireOverdue(node.id, this.#options, doubtfulSince ?? now, report)) {
      seen = this.#look(this.#options.registry.get(node.id), report, now, schema);
    }
    const { kept, box, data, samples, tree } = seen;
    const { firmware } = this.#models;
    const said = report.data === undefined ? {} : aboutImage(firmware(report.data), () => firmware(tree));
    campaigns.advance(node.id, { type: "reported", report: said }, recorder)?.catch(ignore);
    if (report.data !== undefined)
      intake?.take(node.id, this.#models.suit(report.data)?.report, recorder)?.catch(ignore);

    offers.woke(node.id);
    const nextWake = this.#models.wakeInterval(tree);
    const { answer, by } = this.#compose({ node, box, tree, report }, synchronised ? now : undefined, nextWake);
    const busy = answer.offer !== undefined || answer.more;
    const quiet = !busy && answer.delivery === undefined;
    const isSilent = quiet && (report.brief || (answer.time === undefined && nextWake === undefined));
    const reply = isSilent ? EMPTY : this.#codec.encode(answer);
    // Built member by member: on this path a spread per optional member costs as much as the rest of the fact.
    const fact: { -readonly [M in keyof FactBodies["node.reported"]]: FactBodies["node.reported"][M] } = {
      node: node.id,
      report: report.report,
      request,
      reply,
      state: busy ? "awake" : "asleep",
      nextWake: nextWake === undefined ? expectedWake(node.reach, now, wakeInterval) : ((now + nextWake) as Millis),
    };
    if (data !== undefined) fact.data = data;
    if (report.applied !== undefined) fact.applied = report.applied;
    if (answer.delivery !== undefined) fact.delivered = answer.delivery.revision;
    if (samples.length > 0) fact.samples = samples;
    const left = waiting(box).length;
    if (left > 0) fact.pending = left;
    // Before the report: if the disk ends between the two, the node says both again, and nothing is lost.
    const notified =
      told && told.length > 0 && recorder.record("node.notified", { node: node.id, notifications: told });
    const recorded = recorder.record("node.reported", fact);
    const followed = [
      notified || undefined,
      recordOutcome(node.id, "applied", newlyApplied(kept, box), recorder),
      recordOutcome(node.id, "delivered", answer.delivery?.fresh ?? [], recorder),
      by && offers.offered(by, node.id, recorder, isEncoded(answer.offer)),
    ].filter((each) => each !== undefined);
    return { reply, durable: followed.length === 0 ? recorded : Promise.all([recorded, ...followed]).then(ignore) };
  }

  /** What the report makes of box and tree. Throws what does not fit; records nothing. */
  #look(node: NodeRecord, report: Report, now: Millis, schema: Schema): Look {
    const { registry, mailbox } = this.#options;
    const kept = mailbox.box(node.id);
    const box = report.applied === undefined ? kept : confirm(kept, report.applied, now);
    if (report.data !== undefined) checkReport(report.data, this.#foreign, schema);
    const news = report.data && withoutWaiting(report.data, box, schema);
    const data = news && encodeTree(news, schema, "any");
    for (const sample of report.samples) checkReport(sample.data, this.#foreign, schema);
    const taken = inOrder(report.samples, now, node.slot?.at);
    const samples = taken.map(({ data: sampled, ...when }) => ({ ...when, data: encodeTree(sampled, schema, "any") }));
    const current = taken.filter(({ past }) => past === undefined);
    const tree = registry.preview(node, { data: news, samples: current }, data ?? samples);
    return { kept, box, data, samples, tree };
  }

  /** What the node is told, cut to the size it takes: edits before the offer, the rest is "more". */
  #compose({ node, box, tree, report }: Wake, time: Millis | undefined, nextWake: Millis | undefined): Told {
    const { log } = this.#options;
    const bare: Answer = { time, nextWake, offer: undefined, delivery: undefined, more: false };
    const wanted = firmwareOffer(node.id, tree, this.#options);
    if (waiting(box).length === 0 && wanted === undefined) return { answer: bare };

    const room = report.maxReply - this.#codec.encode({ ...bare, more: true }).length;
    const { delivery, more } = nextDelivery(box, room - EDITS_OVERHEAD);
    if (delivery === undefined && waiting(box).length > 0) {
      log.warn("check-in.edit-too-large", { node: node.id, maxReply: report.maxReply, waiting: waiting(box).length });
    }
    const withEdits: Answer = { ...bare, delivery, more };
    if (wanted === undefined) return { answer: withEdits };
    const whole: Answer = { ...withEdits, offer: wanted.offer };
    if (this.#codec.encode(whole).length <= report.maxReply) return { answer: whole, by: wanted.by };
    // To come back at once only pays where this answer brought something.
    if (delivery === undefined) log.warn("check-in.offer-too-large", { node: node.id, maxReply: report.maxReply });
    return { answer: { ...withEdits, more: delivery !== undefined } };
  }
}

/**
 * By the time at which they were taken. What was taken before the previous report is history: the datastore, and the
 * cloud's copy of it, know newer things.
 */
const inOrder = (
  samples: Report["samples"],
  now: Millis,
  previous: Millis | undefined,
): ReadonlyArray<{ readonly at: Millis; readonly data: Tree; readonly past?: true }> =>
  samples
    .map(({ age, data }) => {
      const at = (now - seconds(age)) as Millis;
      return previous === undefined || at >= previous ? { at, data } : { at, data, past: true as const };
    })
    .sort((a, b) => a.at - b.at);

const ignore = (): void => undefined;

/** The same whether a report does not fit or the disk fails; our own faults go on to the engine. */
function refusal(error: unknown, schema: Schema, maxReply?: number): Response {
  const response = errorResponse(error, schema, maxReply);
  if (response === undefined) throw error;
  return response;
}

const answered = (reply: Uint8Array): Response =>
  reply.length === 0 ? { code: "2.04" } : { code: "2.04", contentFormat: CONTENT_FORMAT.yangInstances, payload: reply };

/** Numbers only grow inside a series; 0 starts a new one, and so does the same number with other bytes. */
const isStale = (report: number, last: number): boolean =>
  report !== 0 && report < last && last - report < STALE_WINDOW;
