/** The commands of a gateway: which there are on every face, and what ends those that end later. */

import type { Logger } from "../base/index.ts";
import { CommandWaits } from "../service/commands/index.ts";
import type { Forecaster } from "../service/forecast/index.ts";
import type { NamedImage } from "../service/images/index.ts";
import type { Timekeeper } from "../service/timekeeping/index.ts";
import type { Fetcher, FetchState } from "../upstream/index.ts";
import type { BackupDesk } from "./backup/desk.ts";
import { CAMPAIGN_QUESTIONS, campaignHandlers } from "./campaign/commands.ts";
import type { Centre } from "./centre.ts";
import type { Config } from "./config/index.ts";
import { accessHandlers } from "./inbox/access-commands.ts";
import { editHandlers } from "./inbox/edit-commands.ts";
import { commandHandlers } from "./inbox/inventory-commands.ts";
import { modelHandlers } from "./inbox/model-commands.ts";
import { answerOf, NODE_WAITS, type NodeCommandServices, nodeHandlers } from "./inbox/node-commands.ts";
import { handlerNamed, SITE_WAITS, siteHandlers } from "./inbox/site-commands.ts";
import { trustHandlers } from "./trust/commands.ts";
import { awaitedOf } from "./upstream.ts";

/** What commands ask beside the centre. */
export interface CommandParts extends Pick<NodeCommandServices, "nodes" | "calls" | "gatewayRoot"> {
  readonly forecaster: Forecaster;
  readonly backups: BackupDesk;
  readonly fetcher: Fetcher<NamedImage>;
}

/** From now on the inbox takes them. Answers what ends those that wait, to be opened. */
export function serveCommands(
  { campaign, nodes }: Config,
  { clock, log }: { readonly clock: Timekeeper; readonly log: Logger },
  centre: Centre,
  { fetcher, backups, ...parts }: CommandParts,
): CommandWaits {
  const defaults = {
    stopAtPct: campaign.stopAtPercent,
    silentAfter: nodes.silentAfter,
    attempts: campaign.attempts,
    download: campaign.downloadWindows,
    apply: campaign.applyWindows,
  };
  const fetching = (uri: string): FetchState => fetcher.state(uri);
  const services = { ...centre, ...parts, recorder: centre.ledger, clock, defaults, fetching };
  const campaigns = campaignHandlers(services);
  const handlers = new Map([
    ...commandHandlers(services),
    ...campaigns,
    ...modelHandlers(services),
    ...accessHandlers(services),
    ...editHandlers(services),
    ...trustHandlers(services),
  ]);
  const ofNodes = { ...services, install: handlerNamed("campaign.install", campaigns) };
  const later = new Map([
    ...handlers,
    ...siteHandlers(handlers, { authors: fetcher, backups, clock: centre.network, log }),
    ...nodeHandlers(ofNodes),
  ]);
  centre.inbox.serve(later, centre.ledger, CAMPAIGN_QUESTIONS, new Set([...NODE_WAITS, ...SITE_WAITS]));
  return new CommandWaits({
    ...centre,
    clock: clock.held,
    log,
    awaited: (named) => awaitedOf(named, fetcher),
    answer: (open) => answerOf(open, ofNodes),
  });
}
