/**
 * `sidgate run` is killed with -9 again and again, in the middle of a campaign and while commands come in: no fact is missing, no
 * command is carried out twice, and who follows the events has all of them in order.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import type { CampaignRow, NodeRow } from "../../../gateway/admin/api/index.ts";
import { introduceSecured } from "../../../gateway/app/sim/fleet-credentials.ts";
import { days, Lifecycle, millis, minutes, rfc3339, SILENT, systemClock } from "../../../gateway/base/index.ts";
import { fleetEndpoints, makeImage, startFleet } from "../../../gateway/sim/index.ts";
import { type Fact, openFileJournal } from "../../../gateway/store/index.ts";
import { hasMosquitto } from "../../support/bridge-mosquitto.ts";
import { inDrill } from "../../support/drill.ts";
import { eventually, GatewayProcess } from "../../support/gateway-process.ts";
import { App } from "./app.ts";
import { MortalBroker } from "./broker.ts";
import { Consumer, faultsIn, isTold, report } from "./consumer.ts";

const NODES = inDrill(4, 200);
/** Under load; once more at the end, when the facts are read. */
const KILLS = inDrill(1, 6);
/** Of the gateway's clock and of the nodes'. What goes by the clock is work for both, so it is no faster than the wakes need. */
const RATE = 60;
const WAKE_MIN = inDrill(1, 10);
/** Missed wakes; every day one passes in a second, in which a busy machine may not answer anybody. */
const PATIENT = 1000;
const IMAGE_BYTES = 20_000;
const EVERY_MS = inDrill(80, 40);
const YAML = (broker: string): string => `trust: { mode: lab }
clock: { rate: ${RATE} }
nodes: { wake-interval: ${WAKE_MIN}m }
mqtt: { url: "${broker}", rights: ["*: all"] }`;
const pause = (ms: number): Promise<void> => new Promise((resume) => void setTimeout(resume, ms));

async function factsIn(data: string): Promise<readonly Fact[]> {
  const journal = await openFileJournal({ folder: join(data, "journal"), log: SILENT });
  try {
    return await journal.read(journal.first, journal.last);
  } finally {
    await journal.close();
  }
}

/** A command every time: a node joins, or the first node gets another set-point; every third comes again, now or later. */
function commands(app: App, node: string): { stop(): void } {
  let count = 0;
  const late: Array<() => void> = [];
  const timer = setInterval(() => {
    const number = count++;
    const give =
      number % 5 === 4
        ? () =>
            app.give(`n/${node}/cmd/ipatch`, `edit-${number}`, {
              deadline: rfc3339(millis(Date.now() + days(300))),
              value: { "sidgate-building:room": { "set-point": (15 + (number % 1000) / 100).toFixed(2) } },
            })
        : () => app.give("cmd/node.join", `join-${number}`, { endpoint: `room-${number}` });
    give();
    if (number % 6 === 1) give();
    if (number % 6 === 3) late.push(give);
    if (number % 40 === 39) for (const again of late.splice(0)) again();
  }, EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      for (const again of late) again();
    },
  };
}

/**
 * How a command may end beside `completed`, the same however often it is told: an edit gives way to a later one while it waits.
 * What was cut off by a kill, between what it did and its answer, says so.
 */
const BESIDE = new Set(["join command.interrupted", "edit command.interrupted", "edit command.superseded"]);
function isWell(app: App, id: string): boolean {
  const ends = app.answers(id).filter(({ status }) => status !== "accepted");
  const words = new Set(ends.map(({ status, error }) => error?.["error-app-tag"] ?? status));
  const [word = "none", ...others] = words;
  return others.length === 0 && (word === "completed" || BESIDE.has(`${id.split("-")[0]} ${word}`));
}

(hasMosquitto ? describe : describe.skip)("a gateway killed under load (needs mosquitto)", () => {
  test("no fact is missing, no command is carried out twice, the history is complete", async () => {
    const parts = new Lifecycle();
    try {
      const folder = await mkdtemp(join(tmpdir(), "sidgate-drill-"));
      parts.add({ close: () => rm(folder, { recursive: true, force: true }) });
      const broker = parts.add(await MortalBroker.start());
      const consumer = parts.add(new Consumer(broker.url, "drill"));
      await consumer.subscribed();
      const gateway = await GatewayProcess.start(YAML(broker.url), "off");
      parts.add({ close: () => gateway.stop() });
      const endpoints = fleetEndpoints(NODES);
      const fleet = parts.add(
        startFleet({
          gateway: `coap://127.0.0.1:${gateway.coapPort}`,
          endpoints,
          credentials: await introduceSecured(gateway.client, endpoints),
          seed: 7,
          wakeInterval: minutes(WAKE_MIN),
          clock: systemClock(RATE),
          ackTimeout: millis(250),
          model: "trv",
        }),
      );
      await eventually("every node reported", () => fleet.nodes().every(({ reports }) => reports > 0));
      const path = join(folder, "image.bin");
      await writeFile(path, makeImage("trv", "2.0.0", IMAGE_BYTES));
      const { id } = await gateway.client.addImage<{ id: string }>({ path, model: "trv", version: "2.0.0" });
      await gateway.client.command("campaign.create", { image: id, silentAfter: PATIENT });
      const [first] = await gateway.client.get<NodeRow[]>("/api/nodes");
      const app = parts.add(new App(broker.url, gateway.status.site, "bms-1"));
      const giving = commands(app, first?.node ?? "");

      for (let kill = 0; kill < KILLS; kill++) {
        await pause(inDrill(700, 2_000) + 37 * kill);
        const { journal } = await gateway.client.get<{ journal: { lastDurable: number } }>("/api/status");
        await gateway.kill();
        await gateway.up();
        expect(gateway.status.journal.last).toBeGreaterThanOrEqual(journal.lastDurable);
      }
      await pause(inDrill(500, 2_000));
      giving.stop();
      let campaigns: readonly CampaignRow[] = [];
      const isDone = async (): Promise<boolean> => {
        campaigns = await gateway.client.get<CampaignRow[]>("/api/campaigns");
        return campaigns.every(({ state }) => state === "done");
      };
      await eventually("the campaign is done", isDone, 120_000).catch((cause: unknown) => {
        throw new Error(JSON.stringify([campaigns, fleet.nodes()]), { cause });
      });
      const open = (): readonly string[] => app.given.filter((each) => app.ends(each).length === 0);
      await eventually("each command ends", () => open().length === 0, 180_000).catch(() => undefined);
      expect(open().map((each) => [each, app.answers(each)])).toEqual([]);
      await fleet.close();
      await gateway.kill();
      const facts = await factsIn(gateway.data);
      await gateway.up();
      const produced = facts.filter(isTold).length;
      await eventually("all is told", () => consumer.history.length > produced);

      expect(facts.map(({ seq }) => seq)).toEqual(facts.map((_, index) => index + 1));
      const last = facts.length;
      const history = consumer.history.filter(({ seq }) => Number(seq) <= last);
      const joins = facts.flatMap((fact) => (fact.type === "node.joined" ? [fact.endpoint] : []));
      const edits = facts.filter((fact) => fact.type === "datastore.edited" && fact.actor === `mqtt:${app.client}`);
      const dones = facts.flatMap((fact) => (fact.type === "command.done" ? [fact.id] : []));
      const wantedEdits = app.given.filter((each) => each.startsWith("edit-"));
      report(
        `gateway killed ${KILLS} times, ${NODES} nodes in a campaign`,
        `${consumer.counts(produced + consumer.history.length - history.length)}; ${app.given.length} commands, ${joins.length - NODES} nodes joined, ${edits.length} edits, 0 carried out twice`,
      );
      expect(faultsIn(history, facts)).toEqual([]);
      expect(consumer.lost).toEqual([]);
      expect(app.given.filter((each) => !isWell(app, each)).map((each) => app.answers(each))).toEqual([]);
      expect(joins).toHaveLength(new Set(joins).size);
      expect(joins.length - NODES).toBe(app.given.length - wantedEdits.length);
      expect(edits).toHaveLength(wantedEdits.length);
      expect(dones).toHaveLength(new Set(dones).size);
    } finally {
      await parts.close();
    }
  }, 600_000);
});
