/** docs/mqtt.md, "Views": Home Assistant's discovery, raw data, lines of the log, and how views are switched. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  classOf,
  isRemoval,
  type Message,
  parsePayload,
  propertiesOf,
} from "../../cloud-bridge/mqtt/outbox/message.ts";
import { Outbox } from "../../cloud-bridge/mqtt/outbox/outbox.ts";
import { Projector } from "../../cloud-bridge/mqtt/outbox/projector.ts";
import { ViewStore } from "../../cloud-bridge/mqtt/outbox/view-store.ts";
import { aliasView } from "../../cloud-bridge/mqtt/views/alias.ts";
import { aliasProblem, aliasRoot, parseAlias } from "../../cloud-bridge/mqtt/views/alias-template.ts";
import { homeAssistantView } from "../../cloud-bridge/mqtt/views/home-assistant.ts";
import { type LogLevel, tellLogLines } from "../../cloud-bridge/mqtt/views/log-lines.ts";
import { openViews } from "../../cloud-bridge/mqtt/views/open-views.ts";
import { rawView } from "../../cloud-bridge/mqtt/views/raw.ts";
import type { RenderedView } from "../../cloud-bridge/mqtt/views/view.ts";
import { heardLogger, isCoded, type Logger, millis, SILENT, systemClock } from "../../gateway/base/index.ts";
import { memoryJournal, memoryState, type StateStore } from "../../gateway/store/index.ts";
import { atSecond, joined, nodeId, phase, SITE } from "../support/bridge-site.ts";
import { bridgeStory } from "../support/bridge-story.ts";
import { bridgeSchema, bridgeTrees } from "../support/bridge-trees.ts";
import { reported, watched } from "../support/bridge-views.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const homeAssistant = async (rest: { prefix?: string; commands?: "claimed" | "topic" } = {}): Promise<RenderedView> =>
  homeAssistantView({
    site: SITE.site,
    process: SITE.process,
    prefix: "homeassistant",
    software: "0.1.0",
    commands: "claimed",
    trees: await bridgeTrees(),
    ...rest,
  });

interface Discovery {
  readonly dev: Readonly<Record<string, unknown>>;
  readonly o: Readonly<Record<string, unknown>>;
  readonly avty?: ReadonlyArray<Readonly<Record<string, unknown>>>;
  readonly avty_mode?: string;
  readonly cmps: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
const discovery = ({ payload }: Message): Discovery => parsePayload(payload) as unknown as Discovery;
const TOPIC = "homeassistant/device/sidgate_s-5kq2_n-0001/config";

/**
 * home-assistant.io: the keys of a device payload (integrations/mqtt), of its device, its origin and of the platforms that we
 * use, as they are abbreviated there.
 */
const KEYS = {
  device: ["ids", "name", "mf", "mdl", "hw", "sw", "via_device"],
  origin: ["name", "sw", "url"],
  shared: ["dev", "o", "cmps", "avty", "avty_mode"],
  availability: ["t", "val_tpl"],
  component: ["p", "uniq_id", "name", "dev_cla", "stat_t", "val_tpl", "ent_cat", "en", "ic", "avty"],
  sensor: ["unit_of_meas", "stat_cla", "ops"],
  binary_sensor: [] as readonly string[],
  update: ["l_ver_t", "l_ver_tpl", "cmd_t", "pl_inst", "json_attr_t", "json_attr_tpl"],
} as const;

/** Keys of a device message that the documentation does not have. */
function strange({ dev, o, avty = [], cmps, ...rest }: Discovery): readonly string[] {
  const unknown = (has: object, known: readonly string[]): readonly string[] =>
    Object.keys(has).filter((key) => !known.includes(key));
  return [
    ...unknown(rest, KEYS.shared),
    ...unknown(dev, KEYS.device),
    ...unknown(o, KEYS.origin),
    ...avty.flatMap((one) => unknown(one, KEYS.availability)),
    ...Object.values(cmps).flatMap((one) => unknown(one, [...KEYS.component, ...KEYS[one["p"] as "sensor"]])),
  ];
}

const ROOM = { temperature: "21.40", battery: 2910, alarm: "low-battery", mode: "comfort", occupancy: false };

describe("Home Assistant's discovery", () => {
  test("is one retained message per node: device, origin, and components with their platform and unique id", async () => {
    const site = await watched(await homeAssistant());
    site.take(joined(1));
    const [message, ...rest] = site.take(await reported(1, 4, { "sidgate-building:room": ROOM }));
    expect([message?.topic, message?.kind, rest]).toEqual([TOPIC, "homeAssistant", []]);
    const told = discovery(message!);
    expect(strange(told)).toEqual([]);
    expect(told.dev).toMatchObject({
      ids: ["sidgate_s-5kq2_n-0001"],
      name: "Room 1 valve",
      via_device: "sidgate_s-5kq2",
    });
    expect(told.o["name"]).toBe("Sidgate");
    expect(told.avty?.map(({ t }) => t)).toEqual([
      "sidgate/1/s-5kq2/g/gw-7f3a/status",
      "sidgate/1/s-5kq2/n/n-0001/state",
    ]);
    expect(told.avty_mode).toBe("all");
    const shown = Object.entries(told.cmps).filter(([, one]) => Object.keys(one).length > 1);
    expect(shown.map(([id, { p }]) => `${p} ${id}`)).toEqual([
      "update firmware",
      "sensor state",
      "sensor last_seen",
      "sensor next_wake",
      "sensor pending",
      "sensor temperature",
      "binary_sensor occupancy",
      "sensor mode",
      "sensor battery",
      "binary_sensor low_battery",
      "binary_sensor window",
      "binary_sensor fault",
      "binary_sensor frost",
    ]);
    const ids = shown.map(([, one]) => one["uniq_id"]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(told.cmps["temperature"]).toEqual({
      p: "sensor",
      uniq_id: "sidgate_s-5kq2_n-0001_temperature",
      stat_t: "sidgate/1/s-5kq2/n/n-0001/data/sidgate-building",
      name: "Temperature",
      dev_cla: "temperature",
      unit_of_meas: "°C",
      stat_cla: "measurement",
      val_tpl: "{{ (value_json['sidgate-building:room'] | default({}))['temperature'] | default(none) }}",
    });
    expect(told.cmps["firmware"]).toMatchObject({
      p: "update",
      stat_t: "sidgate/1/s-5kq2/n/n-0001/ota",
      l_ver_t: "sidgate/1/s-5kq2/n/n-0001/ota",
    });
    expect(told.cmps["firmware"]?.["cmd_t"]).toBeUndefined();
    expect(told.cmps["humidity"]).toEqual({ p: "sensor" });
  });

  test.each([
    ["claimed", "lab", "sidgate/1/s-5kq2/n/n-0001/cmd/install", { image: "acme-trv2 1.5.0" }],
    ["topic", "manifest", "sidgate/1/s-5kq2/by/home-assistant/n/n-0001/cmd/install", { release: "acme-trv2 1.5.0" }],
  ] as const)(
    "installs what is told as the latest version: identity %s, trust %s",
    async (commands, verified, topic, what) => {
      const site = await watched(await homeAssistant({ commands }));
      site.take(joined(1));
      for (const fact of bridgeStory(await bridgeSchema())) {
        if (fact.type === "image.added") site.take({ ...fact, verified });
        if (fact.type === "campaign.created") site.take(fact);
      }
      const [message] = site.take(phase(1, "queued", "offered", 7));
      const { cmd_t, pl_inst } = discovery(message!).cmps["firmware"]!;
      expect([cmd_t, JSON.parse(String(pl_inst))]).toEqual([topic, { client: "home-assistant", ...what }]);
    },
  );

  test("follows a node's name, software and readings, and nothing else", async () => {
    const site = await watched(await homeAssistant());
    const room = (temperature: string) => ({ "sidgate-building:room": { temperature } });
    const told: Array<readonly [name: string, messages: number]> = [];
    const count = (name: string, messages: readonly Message[]): void => void told.push([name, messages.length]);
    count("joins", site.take(joined(1)));
    count("first reading", site.take(await reported(1, 4, room("21.40"))));
    count("next reading", site.take(await reported(1, 5, room("21.50"))));
    count(
      "is lost",
      site.take({
        type: "node.reachability",
        at: atSecond(6),
        node: nodeId(1),
        from: "asleep",
        to: "lost",
        missedWakes: 9,
      }),
    );
    count("updates", site.take(phase(1, "queued", "offered", 7)));
    count(
      "has another software",
      site.take(await reported(1, 8, { "sidgate-firmware:firmware": { "running-version": "2" } })),
    );
    count(
      "is renamed",
      site.take({ type: "node.renamed", at: atSecond(9), node: nodeId(1), name: "Room 2", actor: "x" }),
    );
    count(
      "is replaced",
      site.take({ type: "node.replaced", at: atSecond(10), node: nodeId(1), endpoint: "b", former: "a", actor: "x" }),
    );
    expect(told).toEqual([
      ["joins", 1],
      ["first reading", 1],
      ["next reading", 0],
      ["is lost", 0],
      ["updates", 0],
      ["has another software", 1],
      ["is renamed", 1],
      ["is replaced", 1],
    ]);
    const [removal] = site.take({ type: "node.removed", at: atSecond(11), node: nodeId(1), actor: "x" });
    expect([removal?.topic, removal && isRemoval(removal)]).toEqual([TOPIC, true]);
  });

  test("tells the gateway as a device of its own, over which the nodes are reached", async () => {
    const [message] = (await homeAssistant()).whole([], 0);
    expect(message?.topic).toBe("homeassistant/device/sidgate_s-5kq2/config");
    const told = discovery(message!);
    expect(strange(told)).toEqual([]);
    expect(told.dev["ids"]).toEqual(["sidgate_s-5kq2"]);
    expect(Object.keys(told.cmps)).toEqual(["online", "nodes_total", "nodes_overdue", "nodes_lost"]);
  });

  test.each(["", "a//b", "/homeassistant", "home assistant", "#", "a/+"])("refuses the prefix '%s'", async (prefix) => {
    expect(await refusal({ views: ["home-assistant"], homeAssistant: { prefix } })).toBe("mqtt.topic");
  });
  test.each(["", "a/b", "#", "a group"])("refuses the Sparkplug group '%s'", async (group) => {
    expect(await refusal({ views: ["sparkplug"], sparkplug: { group } })).toBe("mqtt.topic");
  });
});

const viewPorts = async (): Promise<Parameters<typeof openViews>[1]> => ({
  site: SITE,
  software: "0.1.0",
  state: memoryState(),
  trees: await bridgeTrees(),
  clock: systemClock(),
  realtime: systemClock(),
  random: { next: () => 0 },
  log: SILENT,
  dial: () => Promise.reject(new Error("not here")),
  broker: { url: "mqtt://127.0.0.1" },
});

const refusal = async (settings: Parameters<typeof openViews>[0]): Promise<unknown> =>
  openViews(settings, await viewPorts()).then(
    () => undefined,
    (error: unknown) => (isCoded(error) ? error.code : error),
  );

const alias = async (template: string, epoch = SITE.epoch, log: Logger = SILENT): Promise<RenderedView> =>
  aliasView({ template, context: { site: SITE.site, epoch, trees: await bridgeTrees() }, log });

describe("an alias", () => {
  const ALIAS = "uns/{model}/{endpoint}";
  const model = { "sidgate-node:node": { model: "acme-trv2" } };
  const text = ({ topic, payload }: Message): string => `${topic} ${Buffer.from(payload).toString()}`;

  test("tells state and data of a node once more: the same bytes and properties, retained", async () => {
    const site = await watched(await alias(ALIAS));
    expect(site.take(joined(1)).map(text)).toEqual([
      `uns/_/trv-1/state ${site.told["sidgate/1/s-5kq2/n/n-0001/state"]}`,
    ]);
    site.take(await reported(1, 3, model));
    const messages = site.take(await reported(1, 4, { "sidgate-building:room": ROOM }));
    expect(messages.map(text)).toEqual(
      ["data/sidgate-building", "state"].map(
        (below) => `uns/acme-trv2/trv-1/${below} ${site.told[`sidgate/1/s-5kq2/n/n-0001/${below}`]}`,
      ),
    );
    expect(messages.map(classOf)).toEqual(["latest", "latest"]);
    expect(propertiesOf(messages[0]!)).toEqual(propertiesOf({ ...messages[0]!, kind: "nodeData" }));
    expect(propertiesOf(messages[0]!).user["epoch"]).toBe("3");
  });

  test("moves with its node, and goes with it", async () => {
    const site = await watched(await alias("uns/{name}/{endpoint}"));
    site.take(joined(1));
    site.take(await reported(1, 4, { "sidgate-building:room": ROOM }));
    const shown = (messages: readonly Message[]): string[] =>
      messages.map((message) => `${isRemoval(message) ? "-" : "+"} ${message.topic}`);
    const who = { at: atSecond(9), node: nodeId(1), actor: "x" };
    expect(shown(site.take({ ...who, type: "node.renamed", name: "Room 2" }))).toEqual([
      "- uns/Room 1 valve/trv-1/state",
      "- uns/Room 1 valve/trv-1/data/sidgate-building",
      "+ uns/Room 2/trv-1/state",
      "+ uns/Room 2/trv-1/data/sidgate-building",
    ]);
    const gone = site.take({ ...who, type: "node.replaced", endpoint: "trv-9", former: "trv-1" });
    expect(shown(gone).slice(0, 3)).toEqual([
      "- uns/Room 2/trv-1/state",
      "- uns/Room 2/trv-1/data/sidgate-building",
      "+ uns/Room 2/trv-9/state",
    ]);
    expect(shown(site.take({ ...who, type: "node.removed" }))).toContain("- uns/Room 2/trv-9/state");
  });

  test("stays where it is when nothing in it changes", async () => {
    const site = await watched(await alias("uns/{node}"));
    site.take(joined(1));
    expect(site.take({ type: "node.renamed", at: atSecond(9), node: nodeId(1), name: "b", actor: "x" })).toEqual([]);
  });

  const NAMES: ReadonlyArray<readonly [name: string, level: string]> = [
    ["Room 1/2", "Room 1%2F2"],
    ["#", "%23"],
    ["+", "%2B"],
    ["$SYS", "%24SYS"],
    ["a\0b", "a%00b"],
    ["50 %", "50 %25"],
    ["a\nb\u2028", "a%0Ab%E2%80%A8"],
    ["Büro {node}", "Büro {node}"],
    ["\ud800", "\ufffd"],
    ["", "_"],
  ];
  test.each(NAMES)("MQTT 5.0 §4.7: a node called %j is one level: %j", async (name, level) => {
    const site = await watched(await alias("uns/{name}/{node}"));
    const [message] = site.take({ ...joined(1), name } as ReturnType<typeof joined>);
    expect(message?.topic).toBe(`uns/${level}/n-0001/state`);
  });

  test("has a topic of its own for each node, whatever they are called", () => {
    const fill = parseAlias("uns/{name}/{endpoint}");
    const none = { site: "s-1", node: "n-1", models: undefined, model: undefined, hw: undefined };
    const words = fc.string({ unit: fc.constantFrom(..."ab/+#$%\0_2F ü"), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(words, words), { selector: ([, endpoint]) => endpoint }), (nodes) => {
        const topics = nodes.map(([name, endpoint]) => fill({ ...none, name, endpoint }));
        expect(new Set(topics).size).toBe(nodes.length);
        for (const topic of topics) expect(topic).toMatch(/^uns(\/[^/+#$\0]+){2}$/);
      }),
      { seed: 20261122, numRuns: 200 },
    );
  });

  test("that would be too long is not told, and the log says so once", async () => {
    const log = heardLogger(SILENT);
    const lines: string[] = [];
    log.listen(({ event }) => lines.push(event));
    const site = await watched(await alias("uns/{name}/{node}", SITE.epoch, log));
    expect(site.take({ ...joined(1), name: "/".repeat(100) } as ReturnType<typeof joined>)).toEqual([]);
    expect(site.take(await reported(1, 4, {}))).toEqual([]);
    expect(lines).toEqual(["mqtt.alias-too-long"]);
    expect(site.take(joined(2))).toHaveLength(1);
  });

  test.each([
    "uns/{building}/{node}",
    "uns/{name}",
    "{site}/{node}",
    "{node}",
    "/uns/{node}",
    "uns//{node}",
    "uns/{node}/",
    "uns/+/{node}",
    "uns/#/{node}",
    "$SYS/{node}",
    "uns/{{node}}",
    "uns/{node",
    "sidgate/1/{node}",
    "spBv1.0/{node}",
    "a\0/{node}",
    `uns/${"a".repeat(130)}/{node}`,
    "",
  ])("is refused when it is configured: %j", async (template) => {
    expect(aliasProblem(template)).toBeDefined();
    expect(await refusal({ alias: template })).toBe("mqtt.alias");
  });

  test.each([
    ["uns/{node}", "uns/"],
    ["plant/b2/{name}/{node}", "plant/b2/"],
    ["plant/b2-{node}/x", "plant/"],
  ])("keeps answers out of where it tells: %s", (template, root) => {
    expect(aliasRoot(template)).toBe(root);
  });

  test("has the epoch in its form, as what it tells has: under another one all of it is told anew", async () => {
    expect((await alias(ALIAS, 4)).form).not.toBe((await alias(ALIAS)).form);
  });
});

describe("raw data", () => {
  test("is what the node sent, byte by byte: samples first", async () => {
    const site = await watched(rawView(SITE.site));
    site.take(joined(1));
    const older = await reported(1, 3, { "sidgate-building:room": { temperature: "21.40" } });
    const report = await reported(1, 4, { "sidgate-building:room": { temperature: "21.50" } });
    if (report.type !== "node.reported" || older.type !== "node.reported") throw new RangeError("no report");
    const messages = site.take({ ...report, samples: [{ at: atSecond(3), data: older.data! }] });
    expect(messages).toEqual([
      { kind: "raw", topic: "sidgate/1/s-5kq2/raw/n-0001", seq: 2, payload: older.data },
      { kind: "raw", topic: "sidgate/1/s-5kq2/raw/n-0001", seq: 2, payload: report.data },
    ]);
  });

  test("of a report without data is nothing", async () => {
    const site = await watched(rawView(SITE.site));
    site.take(joined(1));
    const { data: _none, ...report } = (await reported(1, 4, {})) as Extract<
      Awaited<ReturnType<typeof reported>>,
      { type: "node.reported" }
    >;
    expect(site.take(report)).toEqual([]);
  });
});

describe("a view that is switched", () => {
  async function start(state: StateStore, views: readonly RenderedView[]): Promise<Outbox> {
    const trees = await bridgeTrees();
    const journal = memoryJournal();
    const story = bridgeStory(await bridgeSchema()).slice(0, 8);
    await Promise.all(story.map((fact) => journal.append(fact).durable));
    const outbox = await Outbox.open(state, { log: SILENT, site: SITE.site });
    const projector = await Projector.open({
      info: SITE,
      journal,
      state,
      outbox,
      view: await ViewStore.load(state, trees),
      trees,
      clock: { ...systemClock(), now: () => atSecond(3000) },
      realtime: systemClock(),
      log: SILENT,
      batchDelay: millis(0),
      views,
    });
    projector.start();
    await projector.reached(journal.lastDurable);
    await projector.close();
    return outbox;
  }
  const discoveries = (outbox: Outbox) =>
    outbox
      .told(new Set(["homeAssistant", "homeAssistantSite"]))
      .map(({ topic }) => topic)
      .sort();
  const topics = (prefix: string): readonly string[] =>
    ["", "_n-0001", "_n-0002"].map((node) => `${prefix}/device/sidgate_s-5kq2${node}/config`);

  test("on later tells of all nodes, otherwise tells them elsewhere, off takes them away", async () => {
    const state = memoryState();
    expect(discoveries(await start(state, []))).toEqual([]);
    expect(discoveries(await start(state, [await homeAssistant()]))).toEqual(topics("homeassistant"));
    expect(discoveries(await start(state, [await homeAssistant({ prefix: "ha/two" })]))).toEqual(topics("ha/two"));
    const off = await start(state, [rawView(SITE.site)]);
    expect(discoveries(off)).toEqual([]);
    expect(topics("ha/two").map((topic) => off.latest(topic)?.payload.length)).toEqual([0, 0, 0]);
  });

  test("is an alias: its topics come, move and go with the template", async () => {
    const state = memoryState();
    const aliases = (outbox: Outbox) =>
      outbox
        .told(new Set(["aliasState", "aliasData"]))
        .map(({ topic }) => topic)
        .filter((topic) => topic.endsWith("/state"))
        .sort();
    expect(aliases(await start(state, [await alias("uns/{endpoint}")]))).toEqual([
      "uns/trv-1/state",
      "uns/trv-2/state",
    ]);
    const moved = await start(state, [await alias("plant/b2/{node}")]);
    expect(aliases(moved)).toEqual(["plant/b2/n-0001/state", "plant/b2/n-0002/state"]);
    expect(moved.latest("uns/trv-1/state")?.payload.length).toBe(0);
    expect(aliases(await start(state, []))).toEqual([]);
  });

  test("of class none leaves nothing in the outbox", async () => {
    const plain = memoryState();
    const raw = memoryState();
    await start(plain, []);
    await start(raw, [rawView(SITE.site)]);
    for (const table of ["mqtt.journal", "mqtt.latest", "mqtt.view", "mqtt.marks"]) {
      expect([table, await raw.entries(table)]).toEqual([table, await plain.entries(table)]);
    }
  });
});

describe("lines of the log", () => {
  function open(least: LogLevel) {
    const clock = new VirtualClock(atSecond(0));
    const log = heardLogger(SILENT);
    const said: unknown[] = [];
    const lines = tellLogLines({
      site: SITE.site,
      least,
      clock,
      realtime: clock,
      listen: (listener) => log.listen(listener),
      say: (message) => {
        log.error("mqtt.refused", { topic: message.topic });
        said.push({ [message.topic]: parsePayload(message.payload) });
      },
    });
    return { clock, log, said, lines };
  }
  const line = (members: object): object => ({ "sidgate/1/s-5kq2/log": { time: "2026-11-21T13:00:00Z", ...members } });

  test("have time, level, event and facts, from the level that is set upwards, and none of the bridge's own", async () => {
    const { log, said, lines } = open("warn");
    log.info("node.heard", { node: "n-0001" });
    log.warn("node.late", { node: "n-0001", level: 3 });
    log.error("mqtt.lost", { reason: "closed" });
    expect(said).toEqual([line({ level: "warn", event: "node.late", node: "n-0001", "fact-level": 3 })]);
    await lines.close();
    log.error("node.late");
    expect(said).toHaveLength(1);
  });

  test("hold no secret: neither what is called one nor the query and the user of a URI", () => {
    const { log, said } = open("info");
    log.info("upstream.fetched", {
      uri: "https://author.example/i.bin?sig=abc",
      reason: "GET coap://me:pw@[::1]/x?token=1 failed",
      password: "p",
      "api-key": "k",
      masterSecret: "s",
      port: 5683,
    });
    expect(said).toEqual([
      line({
        level: "info",
        event: "upstream.fetched",
        uri: "https://author.example/i.bin?…",
        reason: "GET coap://…@[::1]/x?… failed",
        password: "…",
        "api-key": "…",
        masterSecret: "…",
        port: 5683,
      }),
    ]);
  });

  test("are ten a second at most; how many were left out is told when the second is over", async () => {
    const { clock, log, said } = open("info");
    for (let n = 0; n < 25; n++) log.info("a", { n });
    expect(said).toHaveLength(10);
    await clock.advance(millis(1000));
    expect(said.slice(10)).toEqual([
      {
        "sidgate/1/s-5kq2/log": { time: "2026-11-21T13:00:01Z", level: "warn", event: "log.left-out", "left-out": 15 },
      },
    ]);
    log.info("b");
    expect(said).toHaveLength(12);
    await clock.advance(millis(5000));
    expect(said).toHaveLength(12);
  });
});

test("views are named among the capabilities of the site, and one that is off has nothing to start", async () => {
  const ports = await viewPorts();
  const source = { nodes: () => [], node: () => undefined };
  const off = await openViews({ log: "warn" }, ports);
  expect([off.names, off.rendered, off.live(source)]).toEqual([[], [], []]);
  const on = await openViews({ views: ["home-assistant", "raw", "sparkplug"], alias: "uns/{node}" }, ports);
  expect([on.names, on.rendered.length, on.live(source).length]).toEqual([
    ["ha-discovery", "raw", "sparkplug", "alias"],
    3,
    1,
  ]);
});
