/** docs/mqtt.md, "After a backup": what a history that is gone has left at the broker, and nothing else, is taken away. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { type Bridge, openEmbeddedBroker, openPlainLine } from "../../cloud-bridge/mqtt/index.ts";
import type { Refusal } from "../../cloud-bridge/mqtt/link/connection.ts";
import type { OpenPlainLine, PlainLine, PlainRequest } from "../../cloud-bridge/mqtt/link/plain-line.ts";
import type { Message } from "../../cloud-bridge/mqtt/outbox/message.ts";
import { type Ground, groundAt, groundOf, siteGrounds } from "../../cloud-bridge/mqtt/sweep/ground.ts";
import { isStranger, printOf } from "../../cloud-bridge/mqtt/sweep/stranger.ts";
import { openViews, type Views } from "../../cloud-bridge/mqtt/views/open-views.ts";
import {
  Lifecycle,
  type Logger,
  millis,
  SILENT,
  StoreError,
  seededRandom,
  systemClock,
} from "../../gateway/base/index.ts";
import { memoryState, type SiteInfo } from "../../gateway/store/index.ts";
import { Broker } from "../support/bridge-broker.ts";
import { hasMosquitto, startMosquitto, subscribe } from "../support/bridge-mosquitto.ts";
import { atSecond, joined, nodeId, phase, SITE, type TestSite, testSite } from "../support/bridge-site.ts";
import { bridgeTrees } from "../support/bridge-trees.ts";

let parts = new Lifecycle();
afterEach(async () => {
  await parts.close();
  parts = new Lifecycle();
});

const ROOT = "sidgate/1/s-5kq2";
const BEFORE: SiteInfo = { ...SITE, process: "gw-old1" };
const AFTER: SiteInfo = { ...SITE, epoch: 4 };
const QUIET = millis(100);

const HA = groundOf("homeAssistant", { prefix: "ha/x", site: "s-5kq2" });
const ALIAS = groundAt("aliasState", "uns/{model}/{endpoint}/state", { site: "s-5kq2" });
const grounds = new Map<string, Ground>(siteGrounds("s-5kq2").map((ground) => [ground.kind, ground]));
const ground = (kind: string): Ground => {
  const found = grounds.get(kind);
  if (found === undefined) throw new Error(kind);
  return found;
};

describe("where retained topics lie", () => {
  test("is asked by filters of the site alone, and never where commands come in", () => {
    expect([...siteGrounds("s-5kq2"), HA, ALIAS].map(({ filter }) => filter)).toEqual([
      `${ROOT}/g/+/status`,
      `${ROOT}/n/+/birth`,
      `${ROOT}/n/+/state`,
      `${ROOT}/n/+/ota`,
      `${ROOT}/n/+/data/+`,
      `${ROOT}/c/+`,
      "ha/x/device/+/config",
      "uns/+/+/state",
    ]);
  });

  test.each<readonly [owned: boolean, Ground, topic: string]>([
    [true, ground("nodeBirth"), `${ROOT}/n/n-0001/birth`],
    [false, ground("nodeBirth"), "sidgate/1/s-5kq3/n/n-0001/birth"],
    [false, ground("nodeBirth"), `${ROOT}/n/N1/birth`],
    [false, ground("nodeBirth"), `${ROOT}/n/n-0001/birth/x`],
    [true, ground("nodeData"), `${ROOT}/n/n-0001/data/ietf-system`],
    [false, ground("nodeData"), `${ROOT}/n/n-0001/data/0x`],
    [true, HA, "ha/x/device/sidgate_s-5kq2_n-0001/config"],
    [false, HA, "ha/x/device/sidgate_s-5kq_n-0001/config"],
    [false, HA, "ha/x/device/sidgate_s-5kq2/config"],
    [false, HA, "ha/x/device/other_s-5kq2_n-0001/config"],
    [true, ALIAS, "uns/acme-trv2/Raum 1.4/state"],
    [false, ALIAS, "uns/acme-trv2/state"],
  ])("%s: %j %s", (owned, where, topic) => {
    expect(where.owns(topic)).toBe(owned);
  });
});

describe("what lies there is left over", () => {
  const payload = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
  const STATE = payload({ state: "asleep" });
  const known = {
    epoch: 4,
    told: (topic: string) => topic.includes("live"),
    prints: new Set([printOf("nodeState", STATE)]),
  };
  test.each<readonly [name: string, left: boolean, Ground, topic: string, Uint8Array]>([
    ["a node that we do not tell", true, ground("nodeState"), `${ROOT}/n/n-gone/state`, STATE],
    ["a node that we tell", false, ground("nodeState"), `${ROOT}/n/n-live/state`, STATE],
    ["what is empty", false, ground("nodeState"), `${ROOT}/n/n-gone/state`, new Uint8Array(0)],
    ["a process of before", true, ground("status"), `${ROOT}/g/gw-1/status`, payload({ state: "offline", epoch: 3 })],
    ["one that is there", false, ground("status"), `${ROOT}/g/gw-1/status`, payload({ state: "online", epoch: 3 })],
    ["one of this epoch", false, ground("status"), `${ROOT}/g/gw-1/status`, payload({ state: "offline", epoch: 4 })],
    ["one that we know", false, ground("status"), `${ROOT}/g/gw-live/status`, payload({ state: "offline", epoch: 3 })],
    ["a status of somebody's", false, ground("status"), `${ROOT}/g/gw-1/status`, Buffer.from("{")],
    ["an alias that says what a node that is gone says", true, ALIAS, "uns/acme/trv-1/state", STATE],
    ["an alias of other words", false, ALIAS, "uns/acme/trv-1/state", payload({ state: "lost" })],
  ])("%s: %s", (_name, left, where, topic, bytes) => {
    expect(isStranger({ topic, payload: bytes }, where, known)).toBe(left);
  });
});

/** What is written to the log with its level. */
function heard(): { readonly log: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (event: string) => void lines.push(`${level} ${event}`);
  return { log: { ...SILENT, info: at("info"), warn: at("warn"), error: at("error") }, lines };
}

describe("the sweep", () => {
  /** A line to a broker where these topics lie; what it is asked is seen, and when it was shown all. */
  function shelf(topics: () => Readonly<Record<string, string>>, refusal?: Refusal) {
    const requests: PlainRequest[] = [];
    const open: OpenPlainLine = async (request) => {
      requests.push(request);
      let gone = (): void => undefined;
      return {
        limits: {},
        gone: new Promise((resolve) => {
          gone = resolve;
        }),
        publish: async () => undefined,
        subscribe: async (filter) => {
          const form = new RegExp(`^${filter.replaceAll("+", "[^/]+")}$`);
          for (const [topic, text] of Object.entries(topics())) {
            if (!form.test(topic)) continue;
            request.onMessage?.({ topic, payload: Buffer.from(text), retain: true, user: {} });
          }
          return refusal;
        },
        end: async () => gone(),
        drop: () => gone(),
      };
    };
    return { requests, open };
  }
  const open = async (site: TestSite, broker: Broker, sweep: OpenPlainLine, log: Logger = SILENT): Promise<Bridge> =>
    parts.add(
      await site.open({ url: "mqtt://test" }, { dial: broker.dial, sweep: { open: sweep, quiet: millis(1) }, log }),
    );
  const removals = (broker: Broker): readonly Message[] =>
    broker.sent.map(({ message }) => message).filter(({ payload }) => payload.length === 0);
  const GHOST = `${ROOT}/n/n-9999/birth`;
  /** What the broker has of the bridge, and a ghost. */
  const lying =
    (broker: Broker, ghosts: readonly string[] = [GHOST]) =>
    (): Record<string, string> => {
      const retained = broker.sent.map(({ message }) => message).filter(({ payload }) => payload.length > 0);
      const told = retained.map(({ topic, payload }) => [topic, Buffer.from(payload).toString()] as const);
      return Object.fromEntries([...told, ...ghosts.map((topic) => [topic, "{}"] as const)]);
    };

  test("is done once per epoch: the next start does not look again, the next epoch does", async () => {
    const broker = new Broker();
    broker.automatic = true;
    const { log, lines } = heard();
    const { requests, open: line } = shelf(lying(broker));
    const site = testSite();
    await site.record(joined(1));
    const first = await open(site, broker, line, log);
    await broker.until(() => removals(broker).length > 0);
    expect(removals(broker).map(({ topic }) => topic)).toEqual([GHOST]);
    while (!lines.includes("info mqtt.swept")) await new Promise((resolve) => setTimeout(resolve, 5));
    await first.close();
    const second = await open(site, broker, line, log);
    await second.settled();
    await second.close();
    expect(requests.map(({ clientId }) => clientId)).toEqual(["sidgate-s-5kq2-gw-7f3a-sweep"]);
    const other = await site.open(
      { url: "mqtt://test" },
      { dial: broker.dial, sweep: { open: line, quiet: millis(1) }, site: AFTER },
    );
    parts.add(other);
    await broker.until(() => removals(broker).length > 0);
    expect(requests).toHaveLength(2);
  });

  test("does not begin before the whole journal is rendered and told", async () => {
    const broker = new Broker();
    const { requests, open: line } = shelf(lying(broker, []));
    const site = testSite();
    await site.record(...Array.from({ length: 40 }, (_, i) => joined(i + 1)));
    await open(site, broker, line);
    await broker.until(() => broker.sent.length === 20);
    await new Promise(setImmediate);
    expect(requests).toEqual([]); // 80 retained topics wait for the window
    broker.automatic = true;
    broker.acknowledgeAll();
    await broker.until(() => broker.told("event").length === 40);
    while (requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(removals(broker)).toEqual([]);
  });

  test("a topic that is told anew while it is taken away keeps what was told", async () => {
    const broker = new Broker();
    broker.automatic = true;
    const site = testSite();
    await site.record(joined(1));
    const topic = `${ROOT}/n/${nodeId(2)}/birth`;
    // The broker shows a topic of node 2 while the fact that it joined is on its way to the outbox.
    let joining: Promise<void> | undefined;
    const { open: line } = shelf(() => {
      joining ??= site.record(joined(2));
      return lying(broker, [topic])();
    });
    const bridge = await open(site, broker, line);
    await broker.until(() =>
      broker.told("nodeBirth").some((message) => message.topic === topic && message.payload.length > 0),
    );
    await joining;
    await bridge.settled();
    const told = broker.told("nodeBirth").filter((message) => message.topic === topic);
    expect(told.at(-1)?.payload.length).toBeGreaterThan(0);
  });

  test.each<readonly [name: string, refusal: Refusal | undefined]>([
    ["refuses the subscription", { code: 0x87, text: "Not authorized" }],
    ["shows nothing, though it says that it does", undefined],
  ])("a broker that %s is warned of, and asked again by the next start", async (_name, refusal) => {
    const broker = new Broker();
    broker.automatic = true;
    const { log, lines } = heard();
    const { requests, open: line } = shelf(() => ({}), refusal);
    const site = testSite();
    await site.record(joined(1));
    for (const start of [1, 2]) {
      lines.length = 0;
      const bridge = await open(site, broker, line, log);
      while (!lines.includes("warn mqtt.sweep-refused")) await new Promise((resolve) => setTimeout(resolve, 5));
      await bridge.settled();
      await bridge.close();
      expect(requests).toHaveLength(start);
      expect(lines.filter((text) => text.startsWith("error"))).toEqual([]);
    }
  });

  test("a line that is not had is tried again some times, and the bridge can be closed meanwhile", async () => {
    const broker = new Broker();
    broker.automatic = true;
    const site = testSite();
    let tried = 0;
    const bridge = await open(site, broker, async () => {
      tried += 1;
      throw new StoreError("mqtt.unreachable", { url: "mqtt://test", reason: "no" });
    });
    while (tried < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await bridge.close();
    expect(tried).toBeLessThanOrEqual(5);
  });

  test("a line that is there only when the bridge is being closed is asked nothing", async () => {
    const broker = new Broker();
    broker.automatic = true;
    const site = testSite();
    const { open: line } = shelf(lying(broker));
    let [lineIsThere, dialled] = [(): void => undefined, (): void => undefined];
    const dialling = new Promise<void>((resolve) => {
      dialled = resolve;
    });
    let asked = 0;
    const bridge = await open(site, broker, async (request) => {
      const opened = await new Promise<PlainLine>((resolve) => {
        lineIsThere = () => resolve(line(request));
        dialled();
      });
      return { ...opened, subscribe: async () => void asked++ };
    });
    await dialling;
    const closed = bridge.close();
    lineIsThere();
    await closed;
    expect(asked).toBe(0);
  });
});

const BROKERS = [
  { name: "Mosquitto (MQTT 5)", version: "5", open: () => startMosquitto() },
  { name: "aedes (MQTT 3.1.1)", version: "311", open: () => openEmbeddedBroker(0) },
] as const;

const viewsOf = async (site: SiteInfo): Promise<Views> =>
  openViews(
    { views: ["home-assistant"], alias: "uns/{model}/{endpoint}" },
    {
      site,
      state: memoryState(),
      trees: await bridgeTrees(),
      clock: systemClock(),
      realtime: systemClock(),
      random: seededRandom(1),
      log: SILENT,
      dial: new Broker().dial,
      broker: { url: "mqtt://test" },
      software: "0.1.0",
    },
  );

(hasMosquitto ? describe : describe.skip)("after a backup (needs mosquitto, mosquitto-clients)", () => {
  test.each(BROKERS)(
    "$name: what is younger than the backup is taken away, all else stays",
    async ({ open, version }) => {
      const broker = parts.add(await open());
      const full = testSite();
      await full.record(joined(1), joined(2), phase(2, "idle", "queued"));
      const former = await full.open({ url: broker.url }, { site: BEFORE, views: await viewsOf(BEFORE) });
      await former.settled();
      await former.close();
      const other = await openPlainLine({ broker, protocol: version === "5" ? 5 : 4, clientId: "other" });
      const foreign = [
        "sidgate/1/s-5kq3/n/n-0002/state",
        "homeassistant/device/sidgate_s-5kq3_n-0002/config",
        "homeassistant/device/zigbee_n-0002/config",
        "uns/_/trv-9/state",
        `${ROOT}/n/n-0002/cmd/install`,
      ].sort();
      for (const topic of foreign) await other.publish({ topic, payload: "{}", retain: true });
      await other.end();
      const retained = async (enough: readonly string[]): Promise<readonly string[]> => {
        const look = await subscribe(broker.port, "#", version);
        const lines = await look.until((seen) => enough.every((one) => seen.some(({ topic }) => topic === one)));
        await look.close();
        return lines.map(({ topic }) => topic);
      };
      const gone = ["birth", "state", "ota"]
        .map((leaf) => `${ROOT}/n/${nodeId(2)}/${leaf}`)
        .concat([
          `${ROOT}/g/gw-old1/status`,
          `homeassistant/device/sidgate_s-5kq2_${nodeId(2)}/config`,
          "uns/_/trv-2/state",
        ]);
      await retained([...gone, ...foreign]);

      const { log, lines } = heard();
      const copy = testSite();
      await copy.record({ ...joined(1), at: atSecond(1) });
      const views = await viewsOf(AFTER);
      const sweep = { open: openPlainLine, quiet: QUIET };
      const bridge = parts.add(await copy.open({ url: broker.url }, { site: AFTER, views, sweep, log }));
      while (!lines.includes("info mqtt.swept")) await new Promise((resolve) => setTimeout(resolve, 10));
      await bridge.settled();
      const ours = ["n/n-0001/birth", "n/n-0001/state", "g/gw-7f3a/status", "birth"].map((topic) => `${ROOT}/${topic}`);
      const others = ["uns/_/trv-1/state", "homeassistant/device/sidgate_s-5kq2/config", ...foreign];
      const left = await retained([...ours, ...others]);
      expect(left.filter((topic) => gone.includes(topic))).toEqual([]);
    },
  );

  test("an access list that lets us write only makes a warning, and the site is told all the same", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sidgate-sweep-"));
    await chmod(folder, 0o755); // Mosquitto gives up root's rights
    parts.add({ close: () => rm(folder, { recursive: true, force: true }) });
    await writeFile(join(folder, "acl"), "topic write sidgate/1/s-5kq2/#\n");
    const broker = parts.add(await startMosquitto({ extra: [`acl_file ${join(folder, "acl")}`] }));
    const { log, lines } = heard();
    const site = testSite();
    await site.record(joined(1));
    const sweep = { open: openPlainLine, quiet: millis(20) };
    const bridge = parts.add(await site.open({ url: broker.url }, { sweep, log }));
    while (!lines.includes("warn mqtt.sweep-refused")) await new Promise((resolve) => setTimeout(resolve, 10));
    await bridge.settled();
    expect(lines.filter((text) => text.startsWith("error"))).toEqual([]);
    expect(bridge.stats()).toMatchObject({ connected: true, journalDepth: 0, latestDepth: 0 });
  });
});
