/**
 * Campaigns: a fold of facts, and the decisions that follow from it. A decision is recorded as a fact of its own right
 * after the fact that caused it; what a crash cut off between the two is decided again at the next start.
 */
import { type Clock, type NodeId, UsageError } from "../../base/index.ts";
import {
  type CampaignState,
  type Digest,
  decodePlain,
  encodePlain,
  type Fact,
  type FactBodies,
  isOff,
  moved,
  type Phase,
  type Projection,
  type Recorder,
  type StateChange,
  type StateStore,
  shiftOf,
} from "../../store/index.ts";
import { type Campaign, type CampaignVerb, countErrors, VERBS, verdict } from "./campaign.ts";
import { isEnded, type Progress, type ProgressEvent, runsThen, START, step, wantsOffer } from "./progress.ts";
import { type Selection, type SelectionNode, select, type WantedImage } from "./select.ts";

const TABLE = "campaign";
const OVER: ReadonlySet<CampaignState> = new Set(["done", "aborted"]);

/** For good: what is paused or stopped may go on. */
export const isOver = ({ state }: Pick<Campaign, "state">): boolean => OVER.has(state);

export interface CampaignPlan {
  readonly name: string;
  readonly image: WantedImage;
  readonly stopAtPct: number;
  readonly silentAfter: number;
  readonly only?: ReadonlySet<string>;
}

/** All campaigns, running and over; a projection of the journal, and the decisions about them. */
export class Campaigns implements Projection {
  readonly name = "campaigns";
  readonly #campaigns = new Map<string, Campaign & { readonly nodes: Map<NodeId, Progress> }>();
  readonly #dirty = new Set<string>();
  /** The campaign that each node is in, while it is not over. */
  readonly #ofNode = new Map<NodeId, string>();

  list(): readonly Campaign[] {
    return [...this.#campaigns.values()];
  }

  /** Throws UsageError `campaign.unknown`. */
  get(id: string): Campaign {
    const campaign = this.#campaigns.get(id);
    if (campaign === undefined) throw new UsageError("campaign.unknown", { campaign: id });
    return campaign;
  }

  /** The campaign that has this node and is not over. */
  ofNode(node: NodeId): Campaign | undefined {
    const id = this.#ofNode.get(node);
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

  /** The image that this node is to be offered now. */
  offerFor(node: NodeId): Digest | undefined {
    const campaign = this.ofNode(node);
    const progress = campaign?.nodes.get(node);
    if (campaign?.state !== "running" || progress === undefined || !wantsOffer(progress)) return undefined;
    return campaign.image;
  }

  /** Throws UsageError `campaign.no-targets` when nobody is left to update. */
  plan(
    plan: CampaignPlan,
    nodes: Iterable<SelectionNode>,
    clock: Clock,
  ): Omit<FactBodies["campaign.created"], "actor"> {
    const { targets, excluded } = select(nodes, plan.image, plan.only);
    if (targets.length === 0) {
      throw new UsageError("campaign.no-targets", { reasons: summarize(excluded) });
    }
    const day = new Date(clock.now()).toISOString().slice(0, 10).replaceAll("-", "");
    const sameDay = this.list().filter(({ id }) => id.startsWith(`c-${day}-`)).length;
    return {
      campaign: `c-${day}-${String(sameDay + 1).padStart(2, "0")}`,
      name: plan.name,
      image: plan.image.digest,
      ...(plan.image.becomes === undefined ? {} : { becomes: plan.image.becomes }),
      targets,
      excluded: excluded.map(({ node, reason, why }) => ({
        node,
        reason: why === undefined ? reason : `${reason}: ${why}`,
      })),
      stopAtPct: plan.stopAtPct,
      silentAfter: plan.silentAfter,
    };
  }

  /** Records a decision: a person's, whose verb says it all, or one with another `reason`. Throws UsageError `campaign.state` when it does not fit. */
  decide(id: string, verb: CampaignVerb, actor: string, recorder: Recorder, reason: string = verb): Promise<void> {
    const campaign = this.get(id);
    const { from, to } = VERBS[verb];
    if (!from.includes(campaign.state))
      throw new UsageError("campaign.state", { campaign: id, state: campaign.state, verb });
    const decided = recorder.record("campaign.state", { campaign: id, from: campaign.state, to, reason, actor });
    return this.judge(id, recorder) ?? decided; // what came about during a pause takes effect now
  }

  /** Takes the node one step on, if the event moves it. */
  advance(node: NodeId, event: ProgressEvent, recorder: Recorder): Promise<void> | undefined {
    const campaign = this.ofNode(node) ?? this.#lastOf(node, event);
    const progress = campaign?.nodes.get(node);
    if (campaign === undefined || progress === undefined) return undefined;
    const next = step(progress, event, campaign);
    if (next === progress) return undefined;
    const moved = recorder.record("ota.phase", {
      campaign: campaign.id,
      node,
      from: progress.phase,
      to: next.phase,
      received: next.received,
      ...(next.reason === undefined ? {} : { reason: next.reason }),
      ...(next.silent ? { silent: true } : {}),
    });
    const judged = this.judge(campaign.id, recorder);
    return judged === undefined ? moved : Promise.all([moved, judged]).then(() => undefined);
  }

  /** A campaign that is over still learns of a late success: the newest one that has the node and did not see it done. */
  #lastOf(node: NodeId, event: ProgressEvent): Campaign | undefined {
    const running = event.type === "reported" ? event.report.running : undefined;
    if (running === undefined) return undefined;
    return this.list().findLast((one) => runsThen(one) === running && one.nodes.get(node)?.phase !== "done");
  }

  /** Stops or ends the campaign when its own rules say so. */
  judge(id: string, recorder: Recorder): Promise<void> | undefined {
    const campaign = this.get(id);
    const next = verdict(campaign);
    if (next === undefined) return undefined;
    return recorder.record("campaign.state", { campaign: id, from: campaign.state, ...next, actor: "system" });
  }

  async load(state: StateStore): Promise<void> {
    for (const [, bytes] of await state.entries(TABLE)) {
      const stored = decodePlain(bytes) as Omit<Campaign, "nodes"> & { nodes: ReadonlyArray<[NodeId, Progress]> };
      this.#put({ ...stored, nodes: new Map(stored.nodes) });
    }
    this.#dirty.clear();
  }

  apply(fact: Fact): void {
    switch (fact.type) {
      case "campaign.created":
        this.#put({
          id: fact.campaign,
          name: fact.name,
          image: fact.image,
          ...(fact.becomes === undefined ? {} : { becomes: fact.becomes }),
          created: fact.at,
          state: "running",
          reason: "",
          stopAtPct: fact.stopAtPct,
          silentAfter: fact.silentAfter,
          forgiven: 0,
          excluded: fact.excluded,
          nodes: new Map(fact.targets.map((node) => [node, START])),
        });
        return;
      case "campaign.state": {
        const campaign = this.#campaigns.get(fact.campaign);
        if (campaign === undefined) return;
        const forgiven = fact.from === "stopped" && fact.to === "running" ? countErrors(campaign) : campaign.forgiven;
        this.#put({ ...campaign, state: fact.to, reason: fact.reason, forgiven });
        return;
      }
      case "ota.phase": {
        const campaign = this.#campaigns.get(fact.campaign);
        if (campaign === undefined) return;
        const progress: Progress = {
          phase: fact.to,
          reason: fact.reason,
          silent: fact.silent === true,
          received: fact.received ?? 0,
        };
        campaign.nodes.set(fact.node, progress); // in place: a copy per fact would cost the square of the fleet
        this.#dirty.add(campaign.id);
        this.#place(campaign, fact.node, progress);
        // A forgiven error that healed makes no room for a new one.
        if (campaign.forgiven > 0) {
          this.#campaigns.set(campaign.id, {
            ...campaign,
            forgiven: Math.min(campaign.forgiven, countErrors(campaign)),
          });
        }
        return;
      }
      case "clock.state": {
        const shift = shiftOf(fact);
        if (shift === undefined) return;
        for (const campaign of this.#campaigns.values()) {
          if (isOff(campaign.created, shift)) this.#put({ ...campaign, created: moved(campaign.created, shift) });
        }
        return;
      }
      default:
        return;
    }
  }

  #put(campaign: Campaign & { readonly nodes: Map<NodeId, Progress> }): void {
    this.#campaigns.set(campaign.id, campaign);
    this.#dirty.add(campaign.id);
    for (const [node, progress] of campaign.nodes) this.#place(campaign, node, progress);
  }

  #place(campaign: Campaign, node: NodeId, progress: Progress): void {
    if (!isOver(campaign) && !isEnded(progress)) this.#ofNode.set(node, campaign.id);
    else if (this.#ofNode.get(node) === campaign.id) this.#ofNode.delete(node);
  }

  drain(): readonly StateChange[] {
    const changes = [...this.#dirty].map((id) => {
      const campaign = this.get(id);
      return { table: TABLE, key: id, value: encodePlain({ ...campaign, nodes: [...campaign.nodes] }) };
    });
    this.#dirty.clear();
    return changes;
  }
}

/** Of those that the release itself stands in the way of, the first one is told as an example. */
function summarize(excluded: Selection["excluded"]): string {
  if (excluded.length === 0) return "the inventory is empty";
  const counts = new Map<string, number>();
  for (const { reason } of excluded) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const example = excluded.find(({ why }) => why !== undefined)?.why;
  const reasons = [...counts].map(([reason, n]) => `${n} ${reason}`).join(", ");
  return example === undefined ? reasons : `${reasons}; it ${example}`;
}
