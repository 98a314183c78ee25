/**
 * The worked example of docs/campaigns.md: its commands over a real control socket, before the services of a gateway in memory
 * whose nodes do in between what the page says that they do.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { type AdminSource, openAdmin, type Status } from "../../gateway/admin/api/index.ts";
import { runCli } from "../../gateway/admin/cli/index.ts";
import { STATUS_PAGE } from "../../gateway/admin/console/index.ts";
import { CAMPAIGN_QUESTIONS, campaignHandlers } from "../../gateway/app/campaign/commands.ts";
import { campaignDetail, campaignRow, campaignWhy } from "../../gateway/app/campaign/view.ts";
import { minutes, SILENT } from "../../gateway/base/index.ts";
import { Credentials } from "../../gateway/service/credentials/index.ts";
import { Forecaster, Habits } from "../../gateway/service/forecast/index.ts";
import { labTrust } from "../../gateway/service/trust/index.ts";
import { CommandInbox, openFileImages } from "../../gateway/store/index.ts";
import { programs } from "./release-cli.ts";
import { openServices, type Services } from "./services.ts";
import { digestHex } from "./signed-release.ts";
import { type Told, tells } from "./suit-node.ts";

const IMAGE = new Uint8Array(163_840).fill(0x5a);
const DIGEST = digestHex(IMAGE);
const FORMER = "11".repeat(32);
const WAKE = minutes(15);
/** As many bytes as a wake brings. */
const PER_WAKE = 32_768;

export interface Printed {
  readonly command: string;
  readonly output: string;
  readonly code: number;
}

class Valve {
  readonly name: string;
  #number = 0;
  #received = 0;
  #services: Services;

  constructor(name: string, services: Services) {
    this.name = name;
    this.#services = services;
  }

  async tells(told: Told = {}): Promise<void> {
    this.#number += 1;
    await tells(this.name, this.#number, told, this.#services);
  }

  /** Fetches as much as a wake allows; with the last block it installs, starts the new image, and tells how that went. */
  async works(fails: boolean): Promise<void> {
    const { campaigns, registry } = this.#services;
    const phase = campaigns.phaseOf(registry.named(this.name).id);
    if (phase === "applying") {
      await this.tells({ phase: "rebooting", wanted: DIGEST, received: IMAGE.length });
    } else if (phase === "rebooting") {
      await this.tells(fails ? { phase: "rolled-back", failure: "boot-failed" } : { running: DIGEST, version: "2.0" });
    } else if (phase === "offered" || phase === "downloading") {
      this.#received = Math.min(IMAGE.length, this.#received + PER_WAKE);
      const isWhole = this.#received === IMAGE.length;
      await this.tells({ phase: isWhole ? "applying" : "downloading", wanted: DIGEST, received: this.#received });
    } else {
      await this.tells();
    }
  }
}

/** The commands in their order; before each of them time passes. */
export async function playCampaignPage(): Promise<readonly Printed[]> {
  const folder = mkdtempSync(join(tmpdir(), "sidgate-campaign-page-"));
  const inbox = new CommandInbox(SILENT);
  const habits = new Habits();
  const services = await openServices({
    images: await openFileImages({ folder, cacheBytes: 1 << 20 }),
    more: [inbox, habits],
  });
  const { ledger, clock, registry, campaigns, images } = services;
  const valves: Valve[] = [];
  for (let number = 1; number <= 12; number++) {
    const valve = new Valve(`valve-${String(number).padStart(2, "0")}`, services);
    await services.join(valve.name);
    await valve.tells({
      model: number === 12 ? "pump" : "trv",
      battery: number === 11 ? 2410 : 2900 + number,
      running: FORMER,
      version: "1.9",
    });
    valves.push(valve);
  }
  await images.add(
    (async function* () {
      yield IMAGE;
    })(),
    { name: "trv-2.0.bin", model: "trv", version: "2.0" },
    "test",
    ledger,
  );
  const sources = {
    ...services,
    credentials: new Credentials(SILENT),
    recorder: ledger,
    defaults: { stopAtPct: 15, silentAfter: 3, attempts: 1, download: [], apply: [] },
    zone: "UTC",
    fetching: () => ({ state: "awaited" as const }),
    trust: labTrust,
    forecaster: new Forecaster({
      ...{ registry, habits, clock, zone: "UTC", meshOf: () => "fd00:0:0:1::/64", sizeOf: () => IMAGE.length },
      stopwatch: { elapsed: () => minutes(0) },
    }),
  };
  inbox.serve(campaignHandlers(sources), ledger, CAMPAIGN_QUESTIONS);
  const source: Pick<AdminSource, "status" | "campaigns" | "campaign" | "whyNotDone" | "submit"> = {
    status: () => ({ now: clock.now() }) as Status, // all that the command line reads of it
    campaigns: () => campaigns.list().map((campaign) => campaignRow(campaign, sources)),
    campaign: (id) => campaignDetail(campaigns.get(id), sources),
    whyNotDone: (id, node) =>
      campaignWhy(campaigns.get(id), node === undefined ? undefined : registry.named(node).id, sources),
    submit: (command) => inbox.submit(command),
  };
  const socketPath = join(folder, "control.sock");
  const socketServer = createServer();
  await new Promise<void>((listening) => socketServer.listen(socketPath, listening));
  const admin = await openAdmin({
    source: source as AdminSource, // no other route is asked
    page: STATUS_PAGE,
    socketServer,
    tcp: { host: "127.0.0.1", port: 0 },
  });

  const printed: Printed[] = [];
  const sidgate = async (command: string): Promise<void> => {
    let output = "";
    const write = (text: string): void => {
      output += text;
    };
    const io = { print: write, write: () => undefined, note: write, stdin: process.stdin };
    const words = command.split(" ").slice(1);
    const code = await runCli(words, {
      programs: { ...programs(io), controlSocket: () => socketPath },
      version: "0",
      stdout: { write },
      stderr: { write },
    });
    printed.push({ command, code, output: output.replaceAll(`cli:${userInfo().username}`, "cli:eva").trimEnd() });
  };
  /** All valves wake one after the other, a second apart, but for those that are gone or not meant. */
  const wakes = async (
    rounds: number,
    failing: readonly number[] = [],
    gone: readonly number[] = [],
  ): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      clock.advance(WAKE - minutes(1));
      for (const [at, valve] of valves.entries()) {
        clock.advance(5000);
        if (!gone.includes(at + 1)) await valve.works(failing.includes(at + 1));
      }
    }
    for (const number of gone) {
      const node = registry.named(valves[number - 1]?.name ?? "").id;
      await ledger.record("node.reachability", { node, from: "asleep", to: "overdue", missedWakes: rounds });
    }
  };
  const IMAGE_ID = images.get(DIGEST).id;
  const PLAN = `--image ${IMAGE_ID} --canary 2 --success 100% --stop-at 30% --min-battery 2600 --confirm-within 10m`;
  const ID = "c-20261121-01";
  await sidgate(`sidgate campaign preview ${PLAN}`);
  await sidgate(`sidgate campaign start ${PLAN}`);
  await wakes(4);
  await sidgate(`sidgate campaign show ${ID}`);
  await wakes(12, [5, 6], [7]);
  await sidgate(`sidgate campaign show ${ID}`);
  await sidgate(`sidgate campaign why ${ID}`);
  await wakes(1);
  await sidgate(`sidgate campaign resume ${ID}`);
  await wakes(1);
  await sidgate(`sidgate campaign why ${ID} valve-07`);
  await wakes(7);
  await sidgate(`sidgate campaign show ${ID}`);
  await admin.close();
  await new Promise((closed) => socketServer.close(closed));
  rmSync(folder, { recursive: true });
  return printed;
}
