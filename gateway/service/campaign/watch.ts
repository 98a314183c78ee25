/** Joins campaigns with reachability: a node that missed too many wakes counts as silent. */
import type { Closable } from "../../base/index.ts";
import type { Fact, Ledger } from "../../store/index.ts";
import type { Registry } from "../registry/index.ts";
import type { Campaigns } from "./campaigns.ts";

/** Feeds silence and removal to the campaigns, and at its start what a crash cut off. */
export class CampaignWatch implements Closable {
  readonly #stop: () => void;

  constructor(campaigns: Campaigns, registry: Registry, ledger: Ledger) {
    // What a crash cut off: a node that fell silent, a rule that had just been met.
    for (const node of campaigns.nodesUnderWay()) {
      silence(campaigns, ledger, node, registry.find(node)?.reach.missedWakes ?? 0);
    }
    for (const { id } of campaigns.list()) ignoreFailure(campaigns.judge(id, ledger));
    this.#stop = ledger.onFact((fact: Fact) => {
      if (fact.type === "node.reachability") silence(campaigns, ledger, fact.node, fact.missedWakes);
      if (fact.type === "node.removed") ignoreFailure(campaigns.advance(fact.node, { type: "removed" }, ledger));
    });
  }

  close(): void {
    this.#stop();
  }
}

function silence(
  campaigns: Campaigns,
  ledger: Ledger,
  node: Parameters<Campaigns["ofNode"]>[0],
  missedWakes: number,
): void {
  const campaign = campaigns.ofNode(node);
  if (campaign === undefined || missedWakes < campaign.silentAfter) return;
  ignoreFailure(campaigns.advance(node, { type: "silent" }, ledger));
}

/** Nobody waits for these facts; that the journal cannot write is told by readyz and each checkpoint. */
function ignoreFailure(recorded: Promise<void> | undefined): void {
  recorded?.catch(() => undefined);
}
