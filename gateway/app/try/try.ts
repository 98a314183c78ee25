/**
 * `sidgate try`: the product's main job before your eyes. A real gateway process, a real broker, simulated sleepy nodes
 * that speak real CoAP over lossy sockets, an image, a campaign; only the clock is faster.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type CloudApp, watchCloud } from "../../../cloud-bridge/app/index.ts";
import type { CampaignDetail, CampaignRow, NodeRow } from "../../admin/api/index.ts";
import type { TryOptions } from "../../admin/cli/index.ts";
import { Lifecycle, minutes, SILENT, seededRandom } from "../../base/index.ts";
import { examineImage, type Fleet, fleetEndpoints, startFleet } from "../../sim/index.ts";
import { type Fact, makeFolder, openFileJournal, unusable } from "../../store/index.ts";
import { PacedClock } from "../clock/index.ts";
import { type FleetCredentials, introduce, introduceSecured } from "../sim/fleet-credentials.ts";
import { examine, type Findings } from "./check.ts";
import { ChildGateway } from "./child-gateway.ts";
import { Kills } from "./kills.ts";
import { drawPicture, Screen } from "./live-table.ts";
import { Pacer } from "./pacer.ts";
import { exitCode, summary, type TrialResult } from "./result.ts";
import { secondsOfToday, type TrialAuthor, trialAuthor } from "./trial-author.ts";
import { BEFORE, MODEL, type TrialImages, trialImages, WANTED } from "./trial-images.ts";
import { waveArguments } from "./waves.ts";

const WAKE_INTERVAL = minutes(15);
/** A quarter of an hour in a second and a half, where the machine keeps up. */
const FASTEST = 600;
const STOP_AT_PCT = 5;
const LOOK_EVERY_MS = 250;
/**
 * What nodes say of themselves: on the fast clock one datagram that is sent again takes minutes, and a pause in a wake must not
 * look like the sleep between two (RFC 7252 §4.8.2 counts with seconds of a real network).
 */
const AWAKE_TIME = { path: "/sidgate-node:node/awake-time", value: "600" };
/** A trial that has not ended by then is broken: several times what the slowest one takes. */
const timeLimitMs = (nodes: number): number => 120_000 + nodes * 500;
/** Bytes of a block that a node asks for. */
const BLOCK = 512;
const FACTS_AT_ONCE = 1024;

interface Trial {
  readonly options: TryOptions;
  readonly folder: string;
  readonly gateway: ChildGateway;
  /** undefined = nothing is signed. */
  readonly author: TrialAuthor | undefined;
  readonly images: TrialImages;
  readonly fleet: Fleet;
  readonly cloud: CloudApp;
  readonly clock: PacedClock;
  readonly started: number;
  readonly deadline: number;
}

/** The roll-out as far as it came. */
interface RollOut {
  readonly campaign: CampaignRow | undefined;
  readonly kills: number;
}

export async function tryOut(options: TryOptions): Promise<number> {
  const lifecycle = new Lifecycle();
  try {
    const trial = await prepare(options, lifecycle);
    const result = await finish(trial, await rollOut(trial));
    process.stdout.write(`${options.json ? JSON.stringify(result) : summary(result)}\n`);
    return exitCode(result, options.fail > 0 || options.silent > 0);
  } finally {
    await lifecycle.close();
  }
}

async function prepare(options: TryOptions, lifecycle: Lifecycle): Promise<Trial> {
  const folder = await trialFolder(options, lifecycle);
  const started = performance.now();
  const gateway = lifecycle.add(
    new ChildGateway({
      folder,
      clockRate: FASTEST,
      wakeInterval: WAKE_INTERVAL / 1000,
      lab: options.plain,
    }),
  );
  const clock = new PacedClock(FASTEST);
  const pacer = lifecycle.add(
    new Pacer({ clock, fastest: FASTEST, wakeInterval: WAKE_INTERVAL, tell: (pace) => gateway.pace(pace) }),
  );
  await gateway.up();
  const cloud = lifecycle.add(await watchCloud(gateway.broker, "sidgate/1/#"));
  const endpoints = fleetEndpoints(options.nodes);
  const credentials = await joinNodes(gateway, endpoints, options);
  const author = options.plain ? undefined : await trialAuthor(gateway.client);
  const images = trialImages(options.seed, options.delta);
  const fleet = lifecycle.add(
    startFleet({
      gateway: gateway.coap,
      endpoints,
      credentials,
      seed: options.seed,
      loss: options.loss,
      failShare: options.fail,
      silentShare: options.silent,
      wakeInterval: WAKE_INTERVAL,
      clock,
      model: MODEL,
      extra: [AWAKE_TIME],
      ...(images.before === undefined ? {} : { image: images.before }),
      ...(author === undefined ? {} : { suit: { anchors: [author.publicKey], vendor: author.vendor } }),
    }),
  );
  pacer.watch(fleet.nodes);
  const deadline = started + timeLimitMs(options.nodes);
  return { options, folder, gateway, author, images, fleet, cloud, clock, started, deadline };
}

async function trialFolder({ data }: TryOptions, lifecycle: Lifecycle): Promise<string> {
  if (data !== undefined) {
    await makeFolder(data).catch((error: unknown) => {
      throw unusable(data, error);
    });
    return resolve(data);
  }
  const folder = await mkdtemp(join(tmpdir(), "sidgate-try-"));
  lifecycle.add({ close: () => rm(folder, { recursive: true, force: true }) });
  return folder;
}

async function joinNodes(
  { client }: ChildGateway,
  endpoints: readonly string[],
  { plain }: TryOptions,
): Promise<FleetCredentials> {
  if (plain) await introduce(client, endpoints);
  return plain ? new Map() : introduceSecured(client, endpoints);
}

async function rollOut(trial: Trial): Promise<RollOut> {
  const { options, gateway, fleet, images, deadline } = trial;
  const screen = options.json || !process.stdout.isTTY ? undefined : new Screen(process.stdout);
  say(trial, `${options.nodes} sleepy nodes wake for the first time …`);
  const known = await until(deadline, async () => {
    if (screen !== undefined) await redraw(trial, screen, undefined);
    return fleet.nodes().every(({ reports }) => reports > 0);
  });
  if (!known) return { campaign: undefined, kills: 0 };

  const sequence = secondsOfToday();
  if (images.before !== undefined) await bringIn(trial, { bytes: images.before, version: BEFORE, sequence });
  const image = await bringIn(trial, { bytes: images.wanted, version: WANTED, sequence: sequence + 1n });
  const { campaign } = await gateway.client.command<{ readonly campaign: string }>("campaign.create", {
    image,
    name: "Trial",
    stopAtPct: STOP_AT_PCT,
    ...waveArguments(options.nodes, options.waves),
  });
  say(trial, `Image ${image} is offered to them by campaign ${campaign} …`);

  const kills = options.kill ? new Kills(gateway, seededRandom(options.seed)) : undefined;
  let row: CampaignRow | undefined;
  await until(deadline, async () => {
    await kills?.look();
    row = await rowOf(trial, campaign);
    if (screen !== undefined) await redraw(trial, screen, campaign);
    return row?.state !== "running";
  });
  return { campaign: row, kills: kills?.count ?? 0 };
}

/** Its id at the gateway. */
async function bringIn(
  trial: Trial,
  { bytes, version, sequence }: { readonly bytes: Uint8Array; readonly version: string; readonly sequence: bigint },
): Promise<string> {
  const { author, folder, gateway } = trial;
  const path = join(folder, `${MODEL}-${version}.bin`);
  await writeFile(path, bytes);
  if (author !== undefined) {
    const { release } = await author.release({ bytes, model: MODEL, version, sequence });
    say(trial, `Release ${release.slice(0, 8)} of ${author.vendor}: the gateway has verified its signature …`);
  }
  return (await gateway.client.addImage<{ readonly id: string }>({ path, model: MODEL, version })).id;
}

const rowOf = async ({ gateway }: Trial, campaign: string): Promise<CampaignRow | undefined> =>
  (await gateway.client.get<CampaignRow[]>("/api/campaigns")).find((row) => row.campaign === campaign);

/** False when the time ran out. */
async function until(deadline: number, holds: () => Promise<boolean>): Promise<boolean> {
  while (performance.now() < deadline) {
    if (await holds()) return true;
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
  }
  return false;
}

const secondsSince = (started: number): number => Math.round((performance.now() - started) / 100) / 10;

async function redraw(trial: Trial, screen: Screen, campaign: string | undefined): Promise<void> {
  const { client } = trial.gateway;
  const rows = await client.get<NodeRow[]>("/api/nodes");
  const detail = campaign === undefined ? undefined : await client.get<CampaignDetail>(`/api/campaigns/${campaign}`);
  screen.draw(
    drawPicture({
      seconds: secondsSince(trial.started),
      campaign: detail,
      mqttMessages: trial.cloud.messages(),
      rows,
      nodes: trial.fleet.nodes(),
      now: trial.clock.now(),
    }),
  );
}

/** The nodes stop, then the gateway: what the journal says then is compared with what both said last. */
async function finish(trial: Trial, { campaign, kills }: RollOut): Promise<TrialResult> {
  const { options, fleet, gateway, cloud, images, started } = trial;
  const seconds = secondsSince(started);
  await fleet.close();
  const last = campaign && (await rowOf(trial, campaign.campaign));
  await gateway.close();
  const found =
    last &&
    examine({
      facts: await factsIn(gateway.data),
      campaign: last.campaign,
      digest: examineImage(images.wanted).digest,
      nodes: fleet.nodes(),
      counts: last.counts,
    });
  const { blocks, retransmissions, verified } = fleet.stats();
  const done = last?.counts.done ?? 0;
  return {
    nodes: options.nodes,
    done,
    failed: last?.counts.failed ?? 0,
    silent: last?.counts.silent ?? 0,
    verified,
    state: campaign === undefined || campaign.state === "running" ? "timed-out" : campaign.state,
    reason: last?.reason ?? "not every node was heard in time",
    groups: found?.groups ?? [],
    failures: found?.failures ?? {},
    leftOut: found?.leftOut ?? {},
    blocks,
    ...(options.delta ? { wholeBlocks: done * Math.ceil(images.wanted.length / BLOCK) } : {}),
    retransmissions,
    mqttMessages: cloud.messages(),
    kills,
    checked: checked(found),
    seconds,
  };
}

const checked = (found: Findings | undefined): TrialResult["checked"] =>
  found === undefined
    ? { facts: 0, offers: 0, violations: ["the journal knows no campaign of this trial"] }
    : { facts: found.facts, offers: found.offers, violations: found.violations };

async function factsIn(data: string): Promise<readonly Fact[]> {
  const journal = await openFileJournal({ folder: join(data, "journal"), log: SILENT });
  try {
    const facts: Fact[] = [];
    for (let next = journal.first; next <= journal.last; next = (facts.at(-1)?.seq ?? journal.last) + 1) {
      facts.push(...(await journal.read(next, FACTS_AT_ONCE)));
    }
    return facts;
  } finally {
    await journal.close();
  }
}

function say({ options }: Trial, text: string): void {
  if (!options.json) process.stdout.write(`${text}\n`);
}
