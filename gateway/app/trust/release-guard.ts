/** What a release's end means for nodes: no campaign goes on with an image that nobody vouches for any more. */
import type { Closable, Logger } from "../../base/index.ts";
import { type Campaign, type Campaigns, isOver } from "../../service/campaign/index.ts";
import type { Images } from "../../service/images/index.ts";
import type { TrustService } from "../../service/trust/index.ts";
import type { Ledger } from "../../store/index.ts";

export interface GuardParts {
  readonly campaigns: Campaigns;
  readonly images: Images;
  readonly trust: Pick<TrustService, "stands">;
  readonly ledger: Ledger;
  readonly log: Logger;
}

/** Looks when a release is withdrawn, and at its start for what a crash cut off. */
export class ReleaseGuard implements Closable {
  readonly #parts: GuardParts;
  readonly #stop: () => void;

  constructor(parts: GuardParts) {
    this.#parts = parts;
    this.#look();
    this.#stop = parts.ledger.onFact(({ type }) => {
      if (type === "release.withdrawn") this.#look();
    });
  }

  #look(): void {
    const { campaigns, images, trust } = this.#parts;
    for (const campaign of campaigns.list()) {
      if (!isOver(campaign) && !trust.stands(images.of(campaign.image))) this.#abort(campaign);
    }
  }

  #abort({ id, image }: Campaign): void {
    const { campaigns, ledger, log } = this.#parts;
    log.warn("campaign.untrusted", { campaign: id, image });
    // Nobody waits for the fact; that the journal cannot write is told by readyz and each checkpoint.
    campaigns.decide(id, "abort", "system", ledger, "no release names its image any more").catch(() => undefined);
  }

  close(): void {
    this.#stop();
  }
}
