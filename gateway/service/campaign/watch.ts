/**
 * Joins campaigns with what happens around them: a node that missed too many wakes counts as silent, one that came later may
 * join, time ends what has a deadline, and what has ended is held against its forecast.
 */
import {
  type Clock,
  type Closable,
  every,
  type Millis,
  millis,
  minutes,
  type NodeId,
  type Timer,
} from "../../base/index.ts";
import type { Fact, Ledger } from "../../store/index.ts";
import type { Registry } from "../registry/index.ts";
import type { Campaign } from "./campaign.ts";
import type { Campaigns } from "./campaigns.ts";

export interface CampaignWatchParts {
  readonly campaigns: Campaigns;
  readonly registry: Registry;
  readonly ledger: Ledger;
  /** The site's, which stands still while nobody knows the time. */
  readonly clock: Clock;
  /** May this node, which has just spoken, take part after all? Without it nobody joins late. */
  readonly mayJoin?: (campaign: Campaign, node: NodeId) => boolean;
  /** Why this node, which takes part, cannot take the image: it is another device than it was. */
  readonly strangeTo?: (campaign: Campaign, node: NodeId) => string | undefined;
}

const LOOK = minutes(1);

/** Feeds silence, removal, late nodes and the clock to the campaigns, and at its start what a crash cut off. */
export class CampaignWatch implements Closable {
  readonly #parts: CampaignWatchParts;
  readonly #stop: () => void;
  readonly #timer: Timer;

  constructor(parts: CampaignWatchParts) {
    this.#parts = parts;
    const { campaigns, registry, ledger, clock } = parts;
    for (const node of campaigns.nodesUnderWay()) {
      const known = registry.find(node);
      if (known === undefined) ignoreFailure(campaigns.advance(node, { type: "removed" }, ledger));
      else this.#silence(node, known.reach.missedWakes);
    }
    for (const { id } of campaigns.open()) {
      ignoreFailure(campaigns.retry(id, ledger));
      this.#judge(id);
    }
    for (const campaign of campaigns.list()) this.#measure(campaign);
    this.#stop = ledger.onFact((fact) => this.#take(fact));
    this.#timer = every(clock, LOOK, () => {
      for (const { id, plan } of campaigns.open()) if (plan.deadline !== undefined) this.#judge(id, clock.now());
    });
  }

  close(): void {
    this.#stop();
    this.#timer.cancel();
  }

  #take(fact: Fact): void {
    const { campaigns, ledger } = this.#parts;
    switch (fact.type) {
      case "campaign.created":
        this.#judge(fact.campaign); // its first group begins
        return;
      case "campaign.state":
        this.#measure(campaigns.get(fact.campaign));
        return;
      case "node.reachability":
        this.#silence(fact.node, fact.missedWakes);
        return;
      case "node.removed":
        ignoreFailure(campaigns.advance(fact.node, { type: "removed" }, ledger));
        return;
      case "node.replaced":
        ignoreFailure(campaigns.replaced(fact.node, ledger));
        return;
      case "node.reported":
      case "node.read":
        // Only what it tells of itself can change whether it fits.
        if (fact.data !== undefined) this.#weigh(fact.node);
        return;
      default:
        return;
    }
  }

  #silence(node: NodeId, missedWakes: number): void {
    const { campaigns, ledger } = this.#parts;
    ignoreFailure(campaigns.missed(node, missedWakes, ledger));
  }

  #weigh(node: NodeId): void {
    const { campaigns, ledger, strangeTo } = this.#parts;
    for (const campaign of campaigns.allOf(node)) {
      const reason = strangeTo?.(campaign, node);
      if (reason !== undefined) ignoreFailure(campaigns.dismiss(campaign.id, node, reason, ledger));
    }
    this.#admit(node);
  }

  /** Into the last group: those before it have proved themselves without it. */
  #admit(node: NodeId): void {
    const { campaigns, ledger, mayJoin } = this.#parts;
    if (mayJoin === undefined) return;
    for (const campaign of campaigns.open()) {
      if (!campaign.plan.lateJoiners || isIn(campaign, node) || !mayJoin(campaign, node)) continue;
      const group = campaign.groups.length - 1;
      ignoreFailure(ledger.record("campaign.joined", { campaign: campaign.id, node, group }));
    }
  }

  #judge(id: string, now?: Millis): void {
    ignoreFailure(this.#parts.campaigns.judge(id, this.#parts.ledger, now));
  }

  /** A forecast is one of uninterrupted running. */
  #measure({ id, state, started, idle = millis(0), forecast, measured }: Campaign): void {
    if (state !== "done" || forecast === undefined || measured !== undefined) return;
    const { ledger, clock } = this.#parts;
    const took = millis(Math.max(0, clock.now() - started - idle));
    const errorPct = Math.round((Math.abs(forecast.p50 - took) / Math.max(1, took)) * 1000) / 10;
    ignoreFailure(ledger.record("campaign.measured", { campaign: id, took, errorPct }));
  }
}

/** Who was left out on its way may come back: a device that was replaced by one of another kind, and by the first kind again. */
const isIn = ({ nodes }: Campaign, node: NodeId): boolean => (nodes.get(node)?.phase ?? "skipped") !== "skipped";

/** Nobody waits for these facts; that the journal cannot write is told by readyz and each checkpoint. */
function ignoreFailure(recorded: Promise<void> | undefined): void {
  recorded?.catch(() => undefined);
}
