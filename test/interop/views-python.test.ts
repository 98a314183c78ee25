/**
 * The views on MQTT before those they are made for: Home Assistant's own discovery, schemas and template engine, and
 * pysparkplug over Google's Protocol Buffers.
 */
import { expect, test } from "@jest/globals";
import { isRemoval, type Message } from "../../cloud-bridge/mqtt/outbox/message.ts";
import { onlineStatus } from "../../cloud-bridge/mqtt/render/site.ts";
import { Edge } from "../../cloud-bridge/mqtt/sparkplug/edge.ts";
import { isAlive, metricsOf } from "../../cloud-bridge/mqtt/sparkplug/metrics.ts";
import { decodePayload } from "../../cloud-bridge/mqtt/sparkplug/payload.ts";
import { homeAssistantView } from "../../cloud-bridge/mqtt/views/home-assistant.ts";
import { fromHex } from "../../gateway/base/index.ts";
import { atSecond, joined, nodeId, phase, SITE } from "../support/bridge-site.ts";
import { bridgeStory } from "../support/bridge-story.ts";
import { bridgeSchema, bridgeTrees } from "../support/bridge-trees.ts";
import { reported, type Watched, watched } from "../support/bridge-views.ts";
import { answers, pythonOf } from "./peers/python.ts";

const homeAssistant = pythonOf("homeassistant");
const pysparkplug = pythonOf("pysparkplug");

interface Shown {
  readonly device: Readonly<Record<string, unknown>>;
  readonly removed: readonly string[];
  readonly entities: Readonly<
    Record<string, { readonly available: boolean; readonly state: unknown; readonly command: unknown }>
  >;
}

const bridgeOnline = (): Readonly<Record<string, string>> => {
  const run = { info: SITE, roles: ["bridge"], broker: "configured", boot: "01" } as const;
  const { topic, payload } = onlineStatus(run, 1, atSecond(0), 1);
  return { [topic]: Buffer.from(payload).toString() };
};
const asLine = ({ payload }: Message, told: Readonly<Record<string, string>>): string =>
  JSON.stringify({ payload: Buffer.from(payload).toString(), told });

(homeAssistant === undefined ? test.skip : test)(
  "Home Assistant takes our discovery and shows what our topics say (needs homeassistant)",
  async () => {
    const trees = await bridgeTrees();
    const view = homeAssistantView({
      site: SITE.site,
      process: SITE.process,
      prefix: "homeassistant",
      name: "Plant room B2",
      software: "0.1.0",
      commands: "claimed",
      trees,
    });
    const site = await watched(view);
    const whole = (of: Watched): readonly Message[] => view.whole(of.nodes(), 0);
    for (const fact of bridgeStory(await bridgeSchema()).slice(0, 6)) site.take(fact);
    site.take(
      await reported(1, 200, {
        "sidgate-building:room": { humidity: 41, "set-point": "20.00", valve: 10, occupancy: true },
        "sidgate-node:node": { uptime: 3600, "boot-count": 2 },
      }),
    );
    const lines: string[] = [];
    const say = (told: Readonly<Record<string, string>>): void => {
      lines.push(asLine(whole(site)[1]!, told));
    };
    say({ ...site.told, ...bridgeOnline() });
    say(site.told); // the bridge is not online
    // The story's campaign: 40960 of 131072 bytes are there.
    for (const fact of bridgeStory(await bridgeSchema())) {
      if (fact.type === "image.added" || fact.type === "campaign.created") site.take(fact);
    }
    site.take(phase(1, "queued", "offered", 2003));
    site.take({ ...phase(1, "offered", "downloading", 2004), received: 40_960 } as Parameters<Watched["take"]>[0]);
    say({ ...site.told, ...bridgeOnline() });
    site.take(phase(1, "downloading", "done", 2007));
    site.take({
      type: "node.reachability",
      at: atSecond(3000),
      node: nodeId(1),
      from: "asleep",
      to: "lost",
      missedWakes: 9,
    });
    say({ ...site.told, ...bridgeOnline() });
    lines.push(
      asLine(whole(site)[0]!, {
        ...bridgeOnline(),
        "sidgate/1/s-5kq2/health": '{"nodes":{"total":2,"overdue":0,"lost":1}}',
      }),
    );
    const [online, offline, updating, lost, gateway] = answers(
      homeAssistant ?? "",
      "home-assistant.py",
      [],
      lines,
    ) as Shown[];

    const states = (shown: Shown | undefined) =>
      Object.fromEntries(Object.entries(shown?.entities ?? {}).map(([id, { state }]) => [id, state]));
    const availabilities = (shown: Shown | undefined) =>
      Object.fromEntries(Object.entries(shown?.entities ?? {}).map(([id, { available }]) => [id, available]));
    expect(states(online)).toEqual({
      firmware: null,
      state: "asleep",
      last_seen: "2026-11-21T13:03:20Z",
      next_wake: "2026-11-21T13:18:20Z",
      pending: "0",
      temperature: "21.7",
      humidity: "41",
      set_point: "20.0",
      valve: "10",
      occupancy: "ON",
      mode: "comfort",
      battery: "2910",
      low_battery: "ON",
      window: "OFF",
      fault: "OFF",
      frost: "ON",
      uptime: "3600",
      boots: "2",
    });
    expect(online?.removed).toEqual([]);
    expect(online?.device).toMatchObject({
      model: "acme-trv2",
      hw_version: "B",
      sw_version: "1.4.2",
      via_device: "sidgate_s-5kq2",
    });
    expect(new Set(Object.values(availabilities(online)))).toEqual(new Set([true]));
    expect(new Set(Object.values(availabilities(offline)))).toEqual(new Set([false]));
    expect(states(updating)["firmware"]).toEqual({
      latest: "1.5.0",
      installed_version: "1.4.2",
      latest_version: "1.5.0",
      title: "acme-trv2",
      in_progress: true,
      update_percentage: 31.3,
    });
    expect(online?.entities["firmware"]?.command).toEqual([null, null]);
    expect(updating?.entities["firmware"]?.command).toEqual([
      "sidgate/1/s-5kq2/n/n-0001/cmd/install",
      '{"client":"home-assistant","image":"acme-trv2 1.5.0"}',
    ]);
    expect(states(lost)["firmware"]).toEqual({
      latest: "1.5.0",
      installed_version: "1.5.0",
      latest_version: "1.5.0",
      title: "acme-trv2",
      in_progress: false,
      update_percentage: null,
    });
    expect(Object.entries(availabilities(lost)).flatMap(([id, there]) => (there ? [id] : []))).toEqual([
      "state",
      "last_seen",
      "next_wake",
      "pending",
    ]);
    expect(states(lost)["next_wake"]).toBe("2026-11-21T13:18:20Z");
    expect(states(gateway)).toEqual({ online: "ON", nodes_total: "2", nodes_overdue: "0", nodes_lost: "1" });
  },
);

(pysparkplug === undefined ? test.skip : test)(
  "Sparkplug 3.0.0 §6.4.1: pysparkplug reads what we write, and we what it writes (needs pysparkplug)",
  async () => {
    const trees = await bridgeTrees();
    const site = await watched();
    site.take(joined(1));
    const room = {
      temperature: "-21.40",
      humidity: 41,
      occupancy: true,
      period: [{ start: "06:00", "set-point": "21.50" }],
    };
    site.take(await reported(1, 4, { "sidgate-building:room": room }));
    const edge = new Edge({
      group: "plant",
      site: SITE.site,
      nodes: () => site.nodes().map(({ id }) => id),
      device: (id) => {
        const node = site.node(id);
        return node === undefined || !isAlive(node) ? undefined : metricsOf(node, trees);
      },
      properties: { Name: "Plant room B2" },
    });
    const messages: Message[] = [edge.death(200, 9)];
    const drain = (): void => {
      for (let message = edge.next(10); message !== undefined; message = edge.next(10)) messages.push(message);
    };
    edge.begin(200);
    drain();
    site.take(await reported(1, 5, { "sidgate-building:room": { ...room, temperature: "0.50", humidity: 42 } }));
    edge.touch([nodeId(1)]);
    drain();
    site.take({ type: "node.removed", at: atSecond(6), node: nodeId(1), actor: "x" });
    edge.touch([nodeId(1)]);
    drain();
    expect(messages.some(isRemoval)).toBe(false);
    const birth = Buffer.from(messages[2]?.payload ?? []).toString("hex");
    const lines = messages.map(({ topic, payload }) => {
      const verb = topic.split("/")[2];
      return JSON.stringify({
        verb,
        payload: Buffer.from(payload).toString("hex"),
        ...(verb === "DDATA" ? { birth } : {}),
      });
    });
    const told = answers(pysparkplug ?? "", "sparkplug.py", [], [...lines, '{"rebirth":true}']);
    expect(told.slice(0, 2)).toEqual([
      { seq: null, timestamp: null, metrics: [["bdSeq", "metric", 200]] },
      {
        seq: 0,
        timestamp: 10,
        metrics: [
          ["bdSeq", "INT64", 200],
          ["Node Control/Rebirth", "BOOLEAN", false],
          ["Properties/Name", "STRING", "Plant room B2"],
        ],
      },
    ]);
    expect(told[2]).toMatchObject({ seq: 1 });
    expect((told[2] as { metrics: unknown[] }).metrics).toEqual(
      expect.arrayContaining([
        ["Properties/Name", "STRING", "Room 1 valve"],
        ["Properties/FW", "STRING", null],
        ["sidgate-building:room/temperature", "DOUBLE", -21.4],
        ["sidgate-building:room/humidity", "UINT8", 41],
        ["sidgate-building:room/occupancy", "BOOLEAN", true],
        ["sidgate-building:room/period[start='06:00']/set-point", "DOUBLE", 21.5],
      ]),
    );
    expect(told.slice(3, 5)).toEqual([
      {
        seq: 2,
        timestamp: 10,
        metrics: [
          ["Node/Next Wake", "DATETIME", expect.any(String)],
          ["sidgate-building:room/temperature", "DOUBLE", 0.5],
          ["sidgate-building:room/humidity", "UINT8", 42],
        ],
      },
      { seq: 3, timestamp: 10, metrics: [] },
    ]);
    const { payload } = told[5] as { payload: string };
    expect(decodePayload(fromHex(payload)!).metrics).toMatchObject([{ name: "Node Control/Rebirth", value: true }]);
  },
);
