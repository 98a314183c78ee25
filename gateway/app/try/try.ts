/**
 * `sidgate try`: the product's main job before your eyes. A real gateway process, a real broker, simulated sleepy nodes
 * that speak real CoAP over lossy sockets, an image, a campaign; only the clock is faster.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type CloudApp, watchCloud } from "../../../cloud-bridge/app/index.ts";
import type { CampaignDetail, NodeRow } from "../../admin/api/index.ts";
import type { TryOptions } from "../../admin/cli/index.ts";
import { type Clock, Lifecycle, minutes, systemClock } from "../../base/index.ts";
import { type Fleet, fleetEndpoints, makeImage, startFleet } from "../../sim/index.ts";
import type { CampaignState } from "../../store/index.ts";
import { type FleetCredentials, introduce, introduceSecured } from "../fleet-credentials.ts";
import { type ChildGateway, startChildGateway } from "./child-gateway.ts";
import { drawPicture, Screen } from "./live-table.ts";
import { type TrialAuthor, trialAuthor } from "./trial-author.ts";

const WAKE_INTERVAL = minutes(15);
/** At most a quarter of an hour in a second and a half; a large fleet needs more time on the machine's own cores. */
const FASTEST = 600;
const REAL_SECONDS_PER_NODE_WAKE = 0.04;
const clockRate = (nodes: number): number =>
  Math.max(1, Math.min(FASTEST, Math.floor(WAKE_INTERVAL / 1000 / (nodes * REAL_SECONDS_PER_NODE_WAKE))));
const MODEL = "room-sensor";
const VERSION = "1.1.0";
const IMAGE_BYTES = 64 * 1024;
const STOP_AT_PCT = 5;
const LOOK_EVERY_MS = 250;
/** A trial that has not ended by then is broken: several times what the slowest one takes. */
const timeLimitMs = (nodes: number): number => 120_000 + nodes * 500;

export interface TrialResult {
  readonly nodes: number;
  readonly done: number;
  readonly failed: number;
  readonly silent: number;
  /** Nodes that verified the author's signature themselves; with --plain there is none. */
  readonly verified: number;
  readonly state: CampaignState | "timed-out";
  /** Blocks that nodes fetched, repeats included. */
  readonly blocks: number;
  /** Datagrams that nodes sent again. */
  readonly retransmissions: number;
  /** Messages that the cloud app received. */
  readonly mqttMessages: number;
  readonly seconds: number;
}

interface Trial {
  readonly options: TryOptions;
  readonly gateway: ChildGateway;
  /** undefined = nothing is signed. */
  readonly author: TrialAuthor | undefined;
  readonly fleet: Fleet;
  readonly cloud: CloudApp;
  readonly clock: Clock;
  readonly started: number;
}

export async function tryOut(options: TryOptions): Promise<number> {
  const lifecycle = new Lifecycle();
  try {
    const folder = await trialFolder(options, lifecycle);
    const started = performance.now();
    const rate = clockRate(options.nodes);
    const gateway = lifecycle.add(
      await startChildGateway({
        folder,
        clockRate: rate,
        wakeInterval: WAKE_INTERVAL / 1000,
        lab: options.plain,
      }),
    );
    const cloud = lifecycle.add(await watchCloud(gateway.broker, "sidgate/1/#"));
    const endpoints = fleetEndpoints(options.nodes);
    const credentials = await joinNodes(gateway, endpoints, options);
    const author = options.plain ? undefined : await trialAuthor(gateway.client);
    const clock = systemClock(rate);
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
        ...(author === undefined ? {} : { suit: { anchors: [author.publicKey], vendor: author.vendor } }),
      }),
    );
    const result = await rollOut({ options, gateway, author, fleet, cloud, clock, started }, folder);
    process.stdout.write(`${options.json ? JSON.stringify(result) : summary(result)}\n`);
    return exitCode(result);
  } finally {
    await lifecycle.close();
  }
}

async function trialFolder({ data }: TryOptions, lifecycle: Lifecycle): Promise<string> {
  if (data !== undefined) {
    await mkdir(data, { recursive: true });
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

async function rollOut(trial: Trial, folder: string): Promise<TrialResult> {
  const { client } = trial.gateway;
  const deadline = performance.now() + timeLimitMs(trial.options.nodes);
  const screen = trial.options.json || !process.stdout.isTTY ? undefined : new Screen(process.stdout);
  say(trial, `${trial.options.nodes} sleepy nodes wake for the first time …`);
  const known = await until(deadline, async () => {
    const rows = await client.get<NodeRow[]>("/api/nodes");
    screen?.draw(drawPicture(picture(trial, rows, undefined)));
    return rows.every(({ model }) => model !== undefined);
  });
  if (!known) return finish(trial, undefined);

  const file = join(folder, `${MODEL}-${VERSION}.bin`);
  const bytes = makeImage(MODEL, VERSION, IMAGE_BYTES, trial.options.seed);
  await writeFile(file, bytes);
  if (trial.author !== undefined) {
    const { release } = await trial.author.release({ bytes, model: MODEL, version: VERSION });
    say(trial, `Release ${release.slice(0, 8)} of ${trial.author.vendor}: the gateway has verified its signature …`);
  }
  const image = (await client.addImage({ path: file, model: MODEL, version: VERSION })) as { readonly id: string };
  const { campaign } = (await client.command("campaign.create", {
    image: image.id,
    name: "Trial",
    stopAtPct: STOP_AT_PCT,
  })) as { readonly campaign: string };
  say(trial, `Image ${image.id} is offered to them by campaign ${campaign} …`);

  let detail: CampaignDetail | undefined;
  await until(deadline, async () => {
    detail = await client.get<CampaignDetail>(`/api/campaigns/${campaign}`);
    if (screen !== undefined) {
      screen.draw(drawPicture(picture(trial, await client.get<NodeRow[]>("/api/nodes"), detail)));
    }
    return detail.state !== "running";
  });
  return finish(trial, detail);
}

/** False when the time ran out. */
async function until(deadline: number, holds: () => Promise<boolean>): Promise<boolean> {
  while (performance.now() < deadline) {
    if (await holds()) return true;
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
  }
  return false;
}

const secondsSince = (started: number): number => Math.round((performance.now() - started) / 100) / 10;

const picture = (trial: Trial, rows: readonly NodeRow[], detail: CampaignDetail | undefined) => ({
  seconds: secondsSince(trial.started),
  campaign: detail === undefined ? "(not started)" : `${detail.campaign} ${detail.state}`,
  done: detail?.counts.done ?? 0,
  total: rows.length,
  mqttMessages: trial.cloud.messages(),
  rows,
  nodes: trial.fleet.nodes(),
  now: trial.clock.now(),
});

function finish({ options, fleet, cloud, started }: Trial, detail: CampaignDetail | undefined): TrialResult {
  const { blocks, retransmissions, verified } = fleet.stats();
  const ended = detail !== undefined && detail.state !== "running";
  return {
    nodes: options.nodes,
    done: detail?.counts.done ?? 0,
    failed: detail?.counts.failed ?? 0,
    silent: detail?.counts.silent ?? 0,
    verified,
    state: ended ? detail.state : "timed-out",
    blocks,
    retransmissions,
    mqttMessages: cloud.messages(),
    seconds: secondsSince(started),
  };
}

function say({ options }: Trial, text: string): void {
  if (!options.json) process.stdout.write(`${text}\n`);
}

function summary(result: TrialResult): string {
  const lines = [
    "",
    `The campaign is ${result.state} after ${result.seconds} s: ${result.done} of ${result.nodes} nodes run the new image and said so themselves.`,
    `${result.blocks} blocks, ${result.retransmissions} datagrams sent again, ${result.mqttMessages} MQTT messages.`,
  ];
  if (result.verified > 0) {
    lines.push(`${result.verified} nodes verified the author's signature themselves before they installed anything.`);
  }
  if (result.state === "stopped") {
    lines.push(`It stopped by its own rule: ${result.failed} nodes failed and ${result.silent} fell silent.`);
  }
  return lines.join("\n");
}

/** 0 = every node reported the new digest itself, 3 = the campaign's own rule stopped it, 1 = anything else. */
function exitCode(result: TrialResult): number {
  if (result.done === result.nodes) return 0;
  return result.state === "stopped" ? 3 : 1;
}
