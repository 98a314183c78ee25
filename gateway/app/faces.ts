/** The faces of a gateway for people: the admin API with the console behind it, and the name by which both are found. */
import type { AdminSource } from "../admin/api/index.ts";
import type { Lifecycle, Millis } from "../base/index.ts";
import type { NamedImage } from "../service/images/index.ts";
import type { Naming } from "../southbound/naming/index.ts";
import type { Fetcher } from "../upstream/index.ts";
import type { BackupDesk } from "./backup/desk.ts";
import { CAMPAIGN_QUESTIONS } from "./campaign/commands.ts";
import type { Centre } from "./centre.ts";
import type { Config } from "./config/index.ts";
import type { North } from "./north.ts";
import { announced, openNaming } from "./south/naming.ts";
import type { South, SouthPorts } from "./south.ts";
import { adminSource } from "./status/admin-source.ts";
import { answersUnprotected, labWarnings, modeOf } from "./status/lab.ts";
import type { Trace } from "./status/trace.ts";
import { tryNext } from "./status/try-next.ts";
import { puttingOff } from "./store/putting-off.ts";
import type { StoreReach } from "./store/store-watch.ts";

export interface FaceParts {
  readonly startedAt: Millis;
  readonly trace: Trace;
  readonly store: StoreReach | undefined;
  readonly south: South;
  readonly north: North;
  readonly fetcher: Fetcher<NamedImage>;
  readonly backups: BackupDesk;
}

/** Loaded when nodes are served already. Throws UsageErrors `port.*`. */
export async function openFaces(
  config: Config,
  { clock, random, log, version }: SouthPorts,
  centre: Centre,
  { startedAt, trace, store, south, north, fetcher, backups }: FaceParts,
  lifecycle: Lifecycle,
): Promise<AdminSource> {
  const { home } = centre;
  const { addresses, refusals, nodes } = south;
  const listening = addresses.map((address) => ({ what: "CoAP", address }));
  const byNpm = process.env["npm_lifecycle_event"] !== undefined;
  let naming: Naming | undefined; // told once the status page stands, as it is announced too
  const source = adminSource({
    ...centre,
    trace,
    refusals,
    clock,
    site: home.site,
    store,
    later: store && puttingOff(store, random),
    questions: CAMPAIGN_QUESTIONS,
    risks: () => [...home.unused, ...(home.shared?.warnings ?? [])],
    siteName: config.site.name,
    version,
    startedAt,
    clockRate: config.clock.rate,
    mode: modeOf(config),
    warnings: labWarnings(config),
    secured: !answersUnprotected(config),
    listening: () => [...listening, { what: "status page", address: admin.url }, ...announced(naming)],
    broker: north.broker,
    withoutBridge: north.withoutBridge,
    fetching: (uri) => fetcher.state(uri),
    serves: (node) => nodes.servedBy(node),
    tryNext: (known) => tryNext({ ...config, addresses, nodes: known, broker: north.broker(), byNpm }),
  });
  const { openAdmin } = await import("../admin/api/index.ts");
  const { STATUS_PAGE } = await import("../admin/console/index.ts");
  const admin = lifecycle.add(
    await openAdmin({
      source,
      page: STATUS_PAGE,
      socketServer: home.folder.control,
      tcp: config.admin.listen,
      documents: north.documents,
      messages: north.messages,
      backups,
      logger: log,
    }),
  );
  const named = { site: home.site.site, addresses, statusPage: admin.url };
  naming = await openNaming(config, named, { random, log }, lifecycle);
  return source;
}
