/** Configured subscriptions (RFC 8641): how they are written, when each tells what, and that a reader always ends with the node's data. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseSubscription } from "../../../gateway/app/config/push-subscription.ts";
import { isCoded, type Millis, millis, minutes, seconds } from "../../../gateway/base/index.ts";
import type { Subscription } from "../../../gateway/service/push/index.ts";
import type { JsonObject, Schema } from "../../../gateway/yang/index.ts";
import { nodeId, START } from "../../support/bridge-site.ts";
import { bridgeSchema } from "../../support/bridge-trees.ts";
import { threeSchemas } from "../../support/building-2.ts";
import { inDrill } from "../../support/drill.ts";
import { normalised, PushReader, pushPayload } from "../../support/push-reader.ts";
import { PushSite, type PushSiteOptions } from "../../support/push-site.ts";

const ROOM = "/sidgate-building:room";
let schema: Schema;
beforeAll(async () => {
  schema = await bridgeSchema();
});

describe("the lines of mqtt.push", () => {
  test.each<readonly [line: string, subscription: Subscription]>([
    [`on-change ${ROOM}`, { kind: "on-change", path: ROOM, sync: true }],
    [
      `on-change ${ROOM} dampening 30s no-sync-on-start nodes model == "trv" and battery < 2500`,
      {
        kind: "on-change",
        path: ROOM,
        sync: false,
        dampening: seconds(30),
        nodes: 'model == "trv" and battery < 2500',
      },
    ],
    [
      `  periodic   15m ${ROOM}/period[start='06:00 x']/set-point  nodes  id in (n-0001, n-0002) `,
      {
        kind: "periodic",
        period: minutes(15),
        path: `${ROOM}/period[start='06:00 x']/set-point`,
        nodes: "id in (n-0001, n-0002)",
      },
    ],
    // A module that comes later has leafs of its own.
    [
      "on-change /acme:air/acme-2:pm10 nodes /acme:air/level > 3",
      { kind: "on-change", path: "/acme:air/acme-2:pm10", sync: true, nodes: "/acme:air/level > 3" },
    ],
  ])("%s", (line, subscription) => expect(parseSubscription(line)).toEqual(subscription));

  test.each<readonly [line: string, position: number]>([
    ["", 1],
    ["onchange /a:b", 1],
    ["on-change", 10],
    ["on-change room", 11],
    ["on-change /room", 11],
    [`on-change ${ROOM}/`, 33],
    [`on-change ${ROOM}[start=06:00]`, 33],
    [`on-change ${ROOM} damping 30s`, 34],
    [`on-change ${ROOM} dampening`, 43],
    [`on-change ${ROOM} dampening 30`, 44],
    [`on-change ${ROOM} dampening 10ms`, 44],
    [`on-change ${ROOM} no-sync-on-start no-sync-on-start`, 51],
    [`on-change ${ROOM} nodes`, 39],
    [`on-change ${ROOM} nodes modell == "trv"`, 40],
    [`on-change ${ROOM} nodes model == `, 48],
    [`periodic ${ROOM} 15m`, 10],
    [`periodic 15m ${ROOM} dampening 3s`, 37],
    ["periodic 15m /ä:b", 14],
  ])("refused at its character: %s", (line, position) => {
    let found: unknown;
    try {
      parseSubscription(line);
    } catch (error) {
      found = isCoded(error) ? [error.code, error.facts["position"]] : error;
    }
    expect(found).toEqual(["push.subscription", position]);
  });
});

const sites: PushSite[] = [];
afterAll(() => Promise.all(sites.map((site) => site.close())));

async function open(lines: readonly string[], more: Partial<PushSiteOptions> = {}): Promise<PushSite> {
  const site = await PushSite.open({ subscriptions: lines.map(parseSubscription), schema, ...more });
  sites.push(site);
  return site;
}

const room = (leafs: JsonObject): JsonObject => ({ "sidgate-building:room": leafs });

/** A line for each message: seconds since the start, subscription, what it says, and when that was observed. */
async function said(site: PushSite): Promise<readonly string[]> {
  return (await site.messages()).map(({ payload, fact }) => {
    const { "sidgate-mqtt:meta": meta, ...push } = JSON.parse(Buffer.from(payload).toString());
    const after = (at: number): number => (at - START) / 1000;
    const [name = "", body] = Object.entries(push)[0] as [string, Record<string, unknown>];
    const edits = (body["datastore-changes"] as { "yang-patch": { edit: Record<string, unknown>[] } } | undefined)?.[
      "yang-patch"
    ].edit;
    const what =
      edits
        ?.map(({ operation, target, value }) => `${operation} ${target}${value ? ` ${JSON.stringify(value)}` : ""}`)
        .join("; ") ?? JSON.stringify(body["datastore-contents"]);
    const rest = body["incomplete-update"] === undefined ? "" : " incomplete";
    return `${after(fact.at)} ${name.slice("ietf-yang-".length)} ${body["id"]}: ${what}${rest} @${after(Date.parse(meta.observed))}`;
  });
}

type Course = readonly [
  name: string,
  lines: readonly string[],
  course: (site: PushSite) => Promise<void>,
  told: readonly string[],
];
const T = "replace /sidgate-building:room/temperature";
const COURSES: readonly Course[] = [
  [
    "RFC 8641 §3.3: on change, first all of it, then what changed; nothing for a report that says the same",
    [`on-change ${ROOM}`],
    async (site) => {
      await site.report(1, room({ temperature: "21.5", battery: 2900 }));
      await site.advance(seconds(10));
      await site.report(1, room({ temperature: "21.5", battery: 2900 }));
      await site.advance(seconds(10));
      await site.report(1, room({ temperature: "21.6", alarm: "frost" }));
    },
    [
      '0 push:push-update 1: {"sidgate-building:room":{"temperature":"21.5","battery":2900}} @0',
      `20 push:push-change-update 1: ${T} {"sidgate-building:temperature":"21.6"}; create /sidgate-building:room/alarm {"sidgate-building:alarm":"frost"} @20`,
    ],
  ],
  [
    "RFC 8641 §3.3: in a dampening period the changes are joined, told at its end, and not at all when it ended as it began",
    [`on-change ${ROOM}/temperature dampening 30s`],
    async (site) => {
      await site.report(1, room({ temperature: "20.0" }));
      await site.advance(seconds(10));
      await site.report(1, room({ temperature: "21.0" }));
      await site.advance(seconds(10));
      await site.report(1, room({ temperature: "22.0" }));
      await site.advance(seconds(20)); // 30: told
      await site.report(1, room({ temperature: "23.0" }));
      await site.advance(seconds(5));
      await site.report(1, room({ temperature: "22.0" }));
      await site.advance(seconds(60)); // nothing at 60
      await site.report(1, room({ temperature: "24.0" })); // at once: the last was told long ago
    },
    [
      '0 push:push-update 1: {"sidgate-building:room":{"temperature":"20.0"}} @0',
      `30 push:push-change-update 1: ${T} {"sidgate-building:temperature":"22.0"} @20`,
      `105 push:push-change-update 1: ${T} {"sidgate-building:temperature":"24.0"} @105`,
    ],
  ],
  [
    "RFC 8641 §3.3: without sync-on-start what was there first is told to nobody",
    [`on-change ${ROOM} no-sync-on-start`],
    async (site) => {
      await site.report(1, room({ temperature: "20.0" }));
      await site.restart();
      await site.report(1, room({ temperature: "21.0" }));
    },
    [`0 push:push-change-update 1: ${T} {"sidgate-building:temperature":"21.0"} @0`],
  ],
  [
    "RFC 8641 §3.3: without sync-on-start what was not there at first and comes is a change",
    [`on-change ${ROOM}/alarm no-sync-on-start`],
    async (site) => {
      await site.report(1, room({ temperature: "20.0" }));
      await site.restart();
      await site.report(1, room({ temperature: "21.0", alarm: "frost" }));
      await site.report(1, room({ alarm: "" }));
    },
    [
      '0 push:push-change-update 1: create /sidgate-building:room/alarm {"sidgate-building:alarm":"frost"} @0',
      '0 push:push-change-update 1: replace /sidgate-building:room/alarm {"sidgate-building:alarm":""} @0',
    ],
  ],
  [
    "list entries come and go as wholes, and change by leaf",
    [`on-change ${ROOM}/period`],
    async (site) => {
      await site.report(1, room({ temperature: "1.0", period: [{ start: "06:00", "set-point": "20.0" }] }));
      await site.report(
        1,
        room({
          period: [
            { start: "06:00", "set-point": "21.0" },
            { start: "22:00", "set-point": "17.0" },
          ],
        }),
      );
      await site.read(1, undefined, [`${ROOM}/period[start='06:00']`]);
      await site.report(1, room({ temperature: "2.0" }));
    },
    [
      '0 push:push-update 1: {"sidgate-building:room":{"period":[{"start":"06:00","set-point":"20.0"}]}} @0',
      '0 push:push-change-update 1: replace /sidgate-building:room/period=06%3A00/set-point {"sidgate-building:set-point":"21.0"}; create /sidgate-building:room/period=22%3A00 {"sidgate-building:period":[{"start":"22:00","set-point":"17.0"}]} @0',
      "0 push:push-change-update 1: delete /sidgate-building:room/period=06%3A00 @0",
    ],
  ],
  [
    "RFC 8641 §3.1: periodic, at multiples of the period; nothing while nothing is heard; the latest observation",
    [`periodic 1m ${ROOM}`],
    async (site) => {
      await site.advance(seconds(70));
      await site.report(1, room({ temperature: "20.0" }));
      await site.advance(seconds(20));
      await site.report(1, room({ temperature: "21.0" }));
      await site.report(1, { "sidgate-node:node": { model: "trv" } }); // not of the room
      await site.advance(seconds(600)); // told at 120, then silence
      await site.report(1, undefined, [[5, room({ temperature: "21.0" })]]);
      await site.advance(seconds(60));
    },
    [
      '120 push:push-update 1: {"sidgate-building:room":{"temperature":"21.0"}} @90',
      '720 push:push-update 1: {"sidgate-building:room":{"temperature":"21.0"}} @685',
    ],
  ],
  [
    "a reading that was saved up: the datastore ends where the report ends, and so does the push",
    [`on-change ${ROOM}/temperature`],
    async (site) => {
      await site.advance(seconds(100));
      await site.report(1, undefined, [
        [60, room({ temperature: "20.0" })],
        [30, room({ temperature: "20.5" })],
      ]);
    },
    ['100 push:push-update 1: {"sidgate-building:room":{"temperature":"20.5"}} @70'],
  ],
  [
    "what managers edit is told as their own roots show it",
    [`on-change ${ROOM}/set-point`],
    async (site) => {
      await site.edit(1, `${ROOM}/set-point`, "22.0");
      await site.advance(seconds(10));
      await site.edit(1, `${ROOM}/set-point`);
    },
    [
      '0 push:push-update 1: {"sidgate-building:room":{"set-point":"22.0"}} @0',
      "10 push:push-change-update 1: delete /sidgate-building:room/set-point @10",
    ],
  ],
  [
    "another device in the node's place: what the former one measured is gone; a removed node is forgotten",
    [`on-change ${ROOM}`, `periodic 1m ${ROOM}`],
    async (site) => {
      await site.report(1, room({ temperature: "20.0", mode: "economy" }));
      await site.advance(seconds(10));
      await site.replace(1);
      await site.remove(1);
      await site.advance(minutes(3));
    },
    [
      '0 push:push-update 1: {"sidgate-building:room":{"temperature":"20.0","mode":"economy"}} @0',
      "10 push:push-change-update 1: delete /sidgate-building:room/temperature @10",
    ],
  ],
  [
    "the clock is put right by an hour: the dampening period goes on evenly, a periodic one is told once",
    [`on-change ${ROOM} dampening 30s`, `periodic 1m ${ROOM}`],
    async (site) => {
      await site.report(1, room({ temperature: "20.0" }));
      await site.advance(seconds(10));
      await site.report(1, room({ temperature: "21.0" }));
      await site.setClock(minutes(60), START);
      await site.advance(seconds(120));
    },
    [
      '0 push:push-update 1: {"sidgate-building:room":{"temperature":"20.0"}} @0',
      `3630 push:push-change-update 1: ${T} {"sidgate-building:temperature":"21.0"} @3610`,
      '3660 push:push-update 2: {"sidgate-building:room":{"temperature":"21.0"}} @3610',
    ],
  ],
  [
    "the clock is set back by an hour: nothing waits that long",
    [`on-change ${ROOM} dampening 30s`, `periodic 1m ${ROOM}`],
    async (site) => {
      await site.report(1, room({ temperature: "20.0" }));
      await site.advance(seconds(10));
      await site.report(1, room({ temperature: "21.0" }));
      await site.setClock(minutes(-60) as Millis, millis(START + 20_000)); // none of what was recorded moves with it
      await site.advance(seconds(60));
    },
    [
      '0 push:push-update 1: {"sidgate-building:room":{"temperature":"20.0"}} @0',
      `-3590 push:push-change-update 1: ${T} {"sidgate-building:temperature":"21.0"} @10`,
      '-3590 push:push-update 2: {"sidgate-building:room":{"temperature":"21.0"}} @10',
    ],
  ],
  [
    "a subscription with a filter: nodes come under it by what they tell",
    [`on-change ${ROOM}/temperature nodes model == trv`],
    async (site) => {
      await site.report(1, room({ temperature: "20.0" }));
      await site.advance(seconds(10));
      await site.report(1, { "sidgate-node:node": { model: "trv" } });
    },
    ['10 push:push-update 1: {"sidgate-building:room":{"temperature":"20.0"}} @0'],
  ],
];
test.each(COURSES)("%s", async (_name, lines, course, told) => {
  const site = await open(lines, {
    chosen: ({ nodes }, { tree }) =>
      nodes === undefined ||
      JSON.stringify(
        [...tree.values()].map((v) => (v instanceof Map ? [...v.values()] : v)),
        (_k, v) => (typeof v === "bigint" ? String(v) : v),
      ).includes("trv"),
  });
  await site.join(1);
  await course(site);
  expect(await said(site)).toEqual(told);
});

describe("what a reader makes of it", () => {
  type Deed =
    | { readonly do: "report"; readonly n: number; readonly leafs: JsonObject }
    | { readonly do: "sample"; readonly n: number; readonly leafs: JsonObject }
    | { readonly do: "gone"; readonly n: number; readonly path: string }
    | { readonly do: "edit"; readonly n: number; readonly value: string | undefined }
    | { readonly do: "replace"; readonly n: number }
    | { readonly do: "wait"; readonly seconds: number }
    | { readonly do: "restart"; readonly checkpoint: boolean }
    | { readonly do: "crash"; readonly lost: number }
    | { readonly do: "clock"; readonly step: number };

  const celsius = fc.integer({ min: 10, max: 13 }).map((n) => `${n}.0`);
  const start = fc.constantFrom("06:00", "12:00", "22:00");
  const leafs = fc.record(
    {
      temperature: celsius,
      "set-point": celsius,
      battery: fc.constantFrom(2500, 2900),
      alarm: fc.constantFrom("", "frost", "low-battery frost"),
      period: fc.uniqueArray(fc.record({ start, "set-point": celsius }), {
        maxLength: 3,
        selector: (entry) => entry.start,
      }),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<JsonObject>;
  const n = fc.constantFrom(1, 2);
  const gone = fc.oneof(
    start.map((at) => `${ROOM}/period[start='${at}']`),
    fc.constantFrom(`${ROOM}/temperature`, ROOM),
  );
  const deed: fc.Arbitrary<Deed> = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant("report" as const), n, leafs }) },
    fc.record({ do: fc.constant("sample" as const), n, leafs }),
    fc.record({ do: fc.constant("gone" as const), n, path: gone }),
    fc.record({ do: fc.constant("edit" as const), n, value: fc.option(celsius, { nil: undefined }) }),
    fc.record({ do: fc.constant("replace" as const), n }),
    { weight: 4, arbitrary: fc.record({ do: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 40 }) }) },
    fc.record({ do: fc.constant("restart" as const), checkpoint: fc.boolean() }),
    fc.record({ do: fc.constant("crash" as const), lost: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ do: fc.constant("clock" as const), step: fc.constantFrom(-3600, -7, 7, 86_400) }),
  );

  async function carryOut(site: PushSite, todo: Deed): Promise<void> {
    switch (todo.do) {
      case "report":
        return site.report(todo.n, room(todo.leafs));
      case "sample":
        return site.report(todo.n, undefined, [[5, room(todo.leafs)]]);
      case "gone":
        return site.read(todo.n, undefined, [todo.path]);
      case "edit":
        return site.edit(todo.n, `${ROOM}/set-point`, todo.value);
      case "replace":
        return site.replace(todo.n);
      case "wait":
        return site.advance(seconds(todo.seconds));
      case "restart":
        return site.restart({ checkpoint: todo.checkpoint });
      case "crash":
        return site.restart({ facts: Math.max(2, (await site.facts()).length - todo.lost) });
      case "clock":
        return site.setClock(seconds(todo.step), site.clock.now());
    }
  }

  const LINES = [
    `on-change ${ROOM}`,
    `on-change ${ROOM} dampening 20s`,
    `on-change ${ROOM}/period dampening 5s`,
    `periodic 30s ${ROOM}/temperature`,
  ];
  const EXACT = 1;
  const ON_CHANGE = [1, 2, 3];
  const KEYS = { period: ["start"], "sidgate-building:period": ["start"] };

  test("folding all updates gives the node's subtree, at once or by the end of the dampening period, whatever happens between", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { minLength: 5, maxLength: 25 }), async (deeds) => {
        const site = await open(LINES);
        await site.join(1);
        await site.join(2);
        const reread = async (): Promise<PushReader> => {
          const reader = new PushReader(KEYS);
          for (const { topic, payload } of await site.messages()) reader.take(topic.split("/")[4]!, payload);
          return reader;
        };
        const agrees = (reader: PushReader, numbers: readonly number[]): void => {
          for (const node of [1, 2]) {
            for (const number of numbers) {
              expect(normalised(reader.tree(nodeId(node), number))).toEqual(normalised(site.subtree(node, number)));
            }
          }
        };
        for (const todo of deeds) {
          await carryOut(site, todo);
          agrees(await reread(), [EXACT]);
        }
        const told = (await site.facts()).length;
        await site.restart(); // a restart tells nothing twice
        expect((await site.facts()).length).toBe(told);
        await site.advance(seconds(61));
        agrees(await reread(), ON_CHANGE);
        await site.advance(minutes(5)); // and then all is quiet
        const quiet = (await site.facts()).length;
        await site.advance(minutes(5));
        expect((await site.facts()).length).toBe(quiet);
      }),
      { numRuns: inDrill(6, 500), seed: 8641 },
    );
  });

  test("RFC 8641 §3.3: no two updates within a dampening period, however often the node reports", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(leafs, fc.integer({ min: 1, max: 9 })), { minLength: 10, maxLength: 30 }),
        async (course) => {
          const site = await open([`on-change ${ROOM} dampening 20s`]);
          await site.join(1);
          for (const [json, pause] of course) {
            await site.report(1, room(json));
            await site.advance(seconds(pause));
          }
          const times = (await site.messages()).map(({ fact }) => fact.at);
          for (const [index, at] of times.entries())
            expect(at - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(20_000);
        },
      ),
      { numRuns: inDrill(5, 200), seed: 8641 },
    );
  });
});

test("another configuration: what keeps its number and path goes on, another path begins anew", async () => {
  const site = await open([`on-change ${ROOM}/temperature`, `on-change ${ROOM}/battery`]);
  await site.join(1);
  await site.report(1, room({ temperature: "20.0", battery: 2900 }));
  await site.reconfigure(
    [`on-change ${ROOM}/temperature dampening 5s`, `on-change ${ROOM}/mode`].map(parseSubscription),
  );
  await site.report(1, room({ battery: 2800, mode: "economy" }));
  await site.reconfigure([`on-change ${ROOM}/temperature`, `on-change ${ROOM}/battery`].map(parseSubscription));
  expect(await said(site)).toEqual([
    '0 push:push-update 1: {"sidgate-building:room":{"temperature":"20.0"}} @0',
    '0 push:push-update 2: {"sidgate-building:room":{"battery":2900}} @0',
    '0 push:push-update 2: {"sidgate-building:room":{"mode":"economy"}} @0',
    '0 push:push-update 2: {"sidgate-building:room":{"battery":2800}} @0',
  ]);
});

describe("modules come and go", () => {
  let second: Schema;
  let nameless: Schema;
  beforeAll(async () => {
    ({ second, nameless } = await threeSchemas());
  });
  const co2 = '"sidgate-building:room":{"co2":800}';

  test("a node that gets modules which do not take all that was told is told anew", async () => {
    const schemas = {
      of: (set: string | undefined) => (set === "second" ? second : schema),
      has: (set: string) => set === "second",
      names: () => ["second"],
      onChange: () => () => undefined,
    };
    const site = await open([`on-change ${ROOM}`, `on-change ${ROOM}/co2`], { schemas });
    await site.join(1);
    await site.record("node.models", { node: nodeId(1), set: "second", actor: "test" });
    await site.report(1, room({ temperature: "20.0" }));
    await site.report(1, room({ co2: 800 }));
    await site.record("node.models", { node: nodeId(1), actor: "test" });
    await site.report(1, room({ temperature: "21.0" }));
    expect(await said(site)).toEqual([
      '0 push:push-update 1: {"sidgate-building:room":{"temperature":"20.0"}} @0',
      `0 push:push-change-update 1: create ${ROOM}/co2 {"sidgate-building:co2":800} @0`,
      `0 push:push-update 2: {${co2}} @0`,
      "0 push:push-update 1: {} @0", // nor does the registry know the room as it was
      "0 push:push-update 2: {} @0",
      `0 push:push-change-update 1: create ${ROOM}/temperature {"sidgate-building:temperature":"21.0"} @0`,
    ]);
  });

  test("data without SIDs goes by its names, and has no sid-path", async () => {
    const site = await open(["on-change /acme-air:air"], { schema: nameless });
    await site.join(1);
    await site.report(1, { "acme-air:air": { pm10: 1 } });
    await site.restart();
    await site.report(1, { "acme-air:air": { pm10: 2 } });
    expect(await said(site)).toEqual([
      '0 push:push-update 1: {"acme-air:air":{"pm10":1}} @0',
      '0 push:push-change-update 1: replace /acme-air:air/pm10 {"acme-air:pm10":2} @0',
    ]);
    expect(pushPayload((await site.messages())[0]!.payload)["sidgate-mqtt:meta"]["sid-path"]).toBeUndefined();
  });

  test("a path that leads nowhere tells nothing, until its module is there", async () => {
    let current = schema;
    const schemas = { of: () => current, has: () => false, names: () => [], onChange: () => () => undefined };
    const site = await open([`on-change ${ROOM}/co2`, "on-change /sidgate-building:alarm"], { schemas });
    await site.join(1);
    await site.report(1, room({ temperature: "20.0" }));
    expect(await said(site)).toEqual([]);
    current = second;
    await site.exchanged(schema);
    await site.report(1, room({ co2: 800 }));
    expect(await said(site)).toEqual([`0 push:push-update 1: {${co2}} @0`]); // a notification is no data
  });
});

test("what is remembered of 10,000 nodes costs less than 3 MB", async () => {
  const site = await open([`on-change ${ROOM} dampening 30s`]);
  const data = site.bytes(
    room({ temperature: "21.5", humidity: 40, valve: 10, occupancy: true, battery: 2900, mode: "comfort" }),
  );
  for (let n = 1; n <= 10_000; n++) {
    const fact = { seq: n, at: START, node: nodeId(n), subscription: 1, path: ROOM, observed: START, data };
    site.pushes.apply({ type: "push.updated", ...fact });
  }
  expect(site.pushes.bytes).toBeLessThan(3 * 2 ** 20);
});
