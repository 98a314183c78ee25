/**
 * Campaigns: a fold of facts, and the decisions that follow from it. A decision is recorded as a fact of its own right
 * after the fact that caused it; what a crash cut off between the two is decided again at the next start.
 */
import { type Millis, type NodeId, UsageError } from "../../base/index.ts";
import {
  type Fact,
  isOff,
  moved,
  type Phase,
  type Projection,
  type Recorder,
  type StateChange,
  type StateStore,
  shiftOf,
} from "../../store/index.ts";
import { after, begin, type Campaign, type CampaignVerb, isOver, VERBS, type Working } from "./campaign.ts";
import {
  type FirmwareReport,
  isActive,
  isEnded,
  mayRetry,
  type Progress,
  type ProgressEvent,
  runsThen,
  step,
} from "./progress.ts";
import { Quarantine } from "./quarantine.ts";
import { decodeCampaign, encodeCampaign } from "./record.ts";
import { type Decision, passedByWord, verdict } from "./verdict.ts";

const TABLE = "campaign";

/** All campaigns, running and over; a projection of the journal, and the decisions about them. */
export class Campaigns implements Projection {
  readonly name = "campaigns";
  readonly quarantine = new Quarantine();
  readonly #campaigns = new Map<string, Working>();
  readonly #open = new Set<string>();
  readonly #dirty = new Set<string>();
  /** Of each node the campaigns that are not over and have it at work, the most urgent first. */
  readonly #ofNode = new Map<NodeId, readonly string[]>();

  list(): readonly Campaign[] {
    return [...this.#campaigns.values()];
  }

  /** Those that are not over: few, while the list of all grows with the years. */
  open(): readonly Campaign[] {
    return [...this.#open].map((id) => this.get(id));
  }

  find(id: string): Campaign | undefined {
    return this.#campaigns.get(id);
  }

  /** Throws UsageError `campaign.unknown`. */
  get(id: string): Campaign {
    const campaign = this.#campaigns.get(id);
    if (campaign === undefined) throw new UsageError("campaign.unknown", { campaign: id });
    return campaign;
  }

  /** Those that are not over and wait for this node, the most urgent first. */
  allOf(node: NodeId): readonly Campaign[] {
    return (this.#ofNode.get(node) ?? NONE).map((id) => this.get(id));
  }

  /** The most urgent of them. */
  ofNode(node: NodeId): Campaign | undefined {
    const [id] = this.#ofNode.get(node) ?? NONE;
    return id === undefined ? undefined : this.#campaigns.get(id);
  }

  /** The nodes that are in a campaign which is not over, and have not ended. */
  nodesUnderWay(): readonly NodeId[] {
    return [...this.#ofNode.keys()];
  }

  /** Where this node stands: in the campaign that has it, else in the last one that had it, else idle. */
  phaseOf(node: NodeId): Phase {
    const campaign = this.ofNode(node) ?? this.list().findLast(({ nodes }) => nodes.has(node));
    return campaign?.nodes.get(node)?.phase ?? "idle";
  }

  /** The next free id of the day, e.g. `c-20261122-03`. */
  nextId(now: Millis): string {
    const day = new Date(now).toISOString().slice(0, 10).replaceAll("-", "");
    const sameDay = this.list().filter(({ id }) => id.startsWith(`c-${day}-`)).length;
    return `c-${day}-${String(sameDay + 1).padStart(2, "0")}`;
  }

  /**
   * Records a decision: a person's, whose verb says it all, or one with another `reason`. Throws UsageError `campaign.state` when
   * it does not fit, `campaign.same-person` when whoever made it approves it.
   */
  decide(id: string, verb: CampaignVerb, actor: string, recorder: Recorder, reason: string = verb): Promise<void> {
    const campaign = this.get(id);
    const { from, to } = VERBS[verb];
    if (!from.includes(campaign.state))
      throw new UsageError("campaign.state", { campaign: id, state: campaign.state, verb });
    if (verb === "approve" && actor === campaign.createdBy)
      throw new UsageError("campaign.same-person", { campaign: id, actor });
    const word = verb === "resume" ? passedByWord(campaign) : undefined;
    const passed =
      word === undefined
        ? undefined
        : recorder.record("campaign.group", { campaign: id, group: word, to: "passed", reason, actor });
    const decided = recorder.record("campaign.state", { campaign: id, from: campaign.state, to, reason, actor });
    // What came about during a pause takes effect now.
    return whole([passed, decided, this.judge(id, recorder)]) ?? decided;
  }

  /** Takes the node one step on in each campaign that the event moves. */
  advance(node: NodeId, event: ProgressEvent, recorder: Recorder): Promise<void> | undefined {
    const campaigns = this.allOf(node);
    if (event.type === "reported") return this.#reported(campaigns, node, event.report, recorder);
    const concerned = event.type === "offered" ? campaigns.slice(0, 1) : campaigns;
    return whole(concerned.map(({ id }) => this.#advance(id, node, event, recorder)));
  }

  /** It has missed so many wakes: each campaign has its own patience. */
  missed(node: NodeId, wakes: number, recorder: Recorder): Promise<void> | undefined {
    const impatient = this.allOf(node).filter(({ silentAfter }) => wakes >= silentAfter);
    return whole(impatient.map(({ id }) => this.#advance(id, node, { type: "silent" }, recorder)));
  }

  /** Another device has the node's place: in each campaign that is not over it begins anew, if that has had it. */
  replaced(node: NodeId, recorder: Recorder): Promise<void> | undefined {
    const concerned = this.open().filter(({ nodes }) => nodes.has(node));
    return whole(concerned.map(({ id }) => this.#advance(id, node, { type: "replaced" }, recorder)));
  }

  /** The node does not fit this campaign any more. */
  dismiss(id: string, node: NodeId, reason: string, recorder: Recorder): Promise<void> | undefined {
    return this.#advance(id, node, { type: "removed", reason }, recorder);
  }

  /** What a crash cut off after a failure: the next attempt. */
  retry(id: string, recorder: Recorder): Promise<void> | undefined {
    const { state, nodes, plan } = this.get(id);
    if (isOver({ state })) return undefined;
    const cutOff = [...nodes].filter(([, progress]) => mayRetry(progress, plan.attempts));
    return whole(cutOff.map(([node]) => this.#advance(id, node, { type: "retried" }, recorder)));
  }

  /**
   * What it says of an image without naming it is about the one that it is at, of the most urgent campaign; which image it runs
   * concerns them all. One that is over still learns of its late success.
   */
  #reported(
    campaigns: readonly Campaign[],
    node: NodeId,
    report: FirmwareReport,
    recorder: Recorder,
  ): Promise<void> | undefined {
    const { running } = report;
    const only: FirmwareReport = running === undefined ? {} : { running };
    const meant = campaigns.find(({ nodes }) => isActive(nodes.get(node)!));
    const moves = campaigns.map((campaign) => {
      const said = report.wanted === undefined && campaign !== meant ? only : report;
      return this.#advance(campaign.id, node, { type: "reported", report: said }, recorder);
    });
    const isAwaited = campaigns.some((campaign) => runsThen(campaign) === running);
    const late = isAwaited ? undefined : this.#lastOf(node, report);
    return whole([...moves, late && this.#advance(late.id, node, { type: "reported", report }, recorder)]);
  }

  /** In this campaign alone. */
  offered(id: string, node: NodeId, recorder: Recorder, encoded = false): Promise<void> | undefined {
    return this.#advance(id, node, { type: "offered", encoded }, recorder);
  }

  #advance(id: string, node: NodeId, event: ProgressEvent, recorder: Recorder): Promise<void> | undefined {
    const campaign = this.get(id);
    const { nodes, plan } = campaign;
    const progress = nodes.get(node);
    const next = progress && step(progress, event, campaign);
    if (progress === undefined || next === undefined || next === progress) return undefined;
    const moved = this.#move(id, node, progress, next, recorder);
    const again = mayRetry(next, plan.attempts) ? step(next, { type: "retried" }, campaign) : undefined;
    const retried = again && this.#move(id, node, next, again, recorder);
    return whole([moved, retried, this.judge(id, recorder)]);
  }

  #move(id: string, node: NodeId, from: Progress, to: Progress, recorder: Recorder): Promise<void> {
    return recorder.record("ota.phase", {
      campaign: id,
      node,
      from: from.phase,
      to: to.phase,
      received: to.received,
      ...(to.reason === undefined ? {} : { reason: to.reason }),
      ...(to.silent ? { silent: true } : {}),
      ...(to.attempt === 1 ? {} : { attempt: to.attempt }),
      ...(to.group === 0 ? {} : { group: to.group }),
      ...(to.encoded ? { encoded: true } : {}),
    });
  }

  /** A campaign that is over still learns of a late success: the newest one that has the node and did not see it done. */
  #lastOf(node: NodeId, { running }: FirmwareReport): Campaign | undefined {
    if (running === undefined) return undefined;
    return this.list().findLast((one) => {
      const phase = one.nodes.get(node)?.phase;
      return runsThen(one) === running && phase !== undefined && phase !== "done";
    });
  }

  /** Does what the campaign's own rules ask for, one decision after the other. `now`: where its deadline is looked at, too. */
  judge(id: string, recorder: Recorder, now?: Millis): Promise<void> | undefined {
    const recorded: Promise<void>[] = [];
    for (;;) {
      const decision = verdict(this.get(id), now);
      if (decision === undefined) return whole(recorded);
      recorded.push(this.#record(id, decision, recorder));
    }
  }

  #record(id: string, decision: Decision, recorder: Recorder): Promise<void> {
    if (decision.type === "campaign.group") {
      const { group, to, reason } = decision;
      return recorder.record("campaign.group", { campaign: id, group, to, reason, actor: "system" });
    }
    const { to, reason } = decision;
    const { state: from } = this.get(id);
    return recorder.record("campaign.state", { campaign: id, from, to, reason, actor: "system" });
  }

  async load(state: StateStore): Promise<void> {
    const stored = (await state.entries(TABLE)).map(([, bytes]) => decodeCampaign(bytes));
    // As they came: ids sort otherwise where a clock was set, or from the hundredth of a day on.
    for (const campaign of stored.sort((a, b) => a.order - b.order || a.created - b.created)) this.#put(campaign);
    this.#dirty.clear();
    await this.quarantine.load(state);
  }

  apply(fact: Fact): void {
    switch (fact.type) {
      case "campaign.created":
        this.#put(begin(fact));
        return;
      case "campaign.state":
      case "campaign.group":
      case "campaign.joined":
      case "campaign.forecast":
      case "campaign.measured": {
        const campaign = this.#campaigns.get(fact.campaign);
        if (campaign !== undefined) this.#put(after(campaign, fact), fact.type === "campaign.state");
        if (fact.type === "campaign.joined") this.#place(fact.campaign, fact.node);
        return;
      }
      case "ota.phase": {
        const campaign = this.#campaigns.get(fact.campaign);
        if (campaign === undefined) return;
        this.#put(after(campaign, fact), false);
        this.#place(fact.campaign, fact.node);
        if (fact.from !== fact.to && !isOfPatch(fact)) this.quarantine.note(fact.node, campaign.image, fact.to);
        return;
      }
      case "clock.state": {
        const shift = shiftOf(fact);
        if (shift === undefined) return;
        for (const campaign of this.#campaigns.values()) {
          const { created, started, idleSince, ended } = campaign;
          if (![created, started, idleSince, ended].some((at) => isOff(at, shift))) continue;
          const later = {
            ...(idleSince === undefined ? {} : { idleSince: moved(idleSince, shift) }),
            ...(ended === undefined ? {} : { ended: moved(ended, shift) }),
          };
          this.#put({ ...campaign, created: moved(created, shift), started: moved(started, shift), ...later }, false);
        }
        return;
      }
      case "node.removed":
      case "node.replaced":
        this.quarantine.forget(fact.node);
        return;
      default:
        return;
    }
  }

  #put(campaign: Working, everybody = true): void {
    this.#campaigns.set(campaign.id, campaign);
    this.#dirty.add(campaign.id);
    if (isOver(campaign)) this.#open.delete(campaign.id);
    else this.#open.add(campaign.id);
    if (everybody) for (const node of campaign.nodes.keys()) this.#place(campaign.id, node);
  }

  /** Keeps the list of the node's campaigns: few, so it is made anew. */
  #place(id: string, node: NodeId): void {
    const campaign = this.#campaigns.get(id);
    const progress = campaign?.nodes.get(node);
    const former = this.#ofNode.get(node) ?? NONE;
    const isAtWork = campaign !== undefined && progress !== undefined && !isOver(campaign) && !isEnded(progress);
    if (isAtWork === former.includes(id)) return;
    const ids = isAtWork ? [...former, id] : former.filter((other) => other !== id);
    if (ids.length === 0) this.#ofNode.delete(node);
    else
      this.#ofNode.set(
        node,
        ids.sort((a, b) => this.#urgency(b) - this.#urgency(a) || this.#order(a) - this.#order(b)),
      );
  }

  #urgency = (id: string): number => this.#campaigns.get(id)?.plan.priority ?? 0;
  #order = (id: string): number => this.#campaigns.get(id)?.order ?? 0;

  drain(): readonly StateChange[] {
    const changes = [...this.#dirty].map((id) => {
      return { table: TABLE, key: id, value: encodeCampaign(this.get(id)) };
    });
    this.#dirty.clear();
    return [...changes, ...this.quarantine.drain()];
  }
}

/** It went wrong on the way to the image: that is no word against the image. */
const isOfPatch = ({ encoded, reason }: Extract<Fact, { type: "ota.phase" }>): boolean =>
  encoded === true && reason === "digest-mismatch";

const NONE: readonly string[] = [];

/** One promise for all that there are. */
function whole(parts: ReadonlyArray<Promise<void> | undefined>): Promise<void> | undefined {
  const there = parts.filter((part) => part !== undefined);
  return there.length === 0 ? undefined : Promise.all(there).then(() => undefined);
}
