/** Every table of the engine, filled beyond its bound by many peers: it stays at the bound, and the engine answers on. */
import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { parseSubnet, seconds } from "../../../gateway/base/index.ts";
import {
  type AdmissionOptions,
  DEFAULT_LIMITS,
  type Engine,
  type Limits,
  type Request,
  type Response,
} from "../../../gateway/coap/index.ts";
import { CONFIRMABLE_LIMITS } from "../../../gateway/coap/messages/reliable.ts";
import { REQUESTER_LIMITS } from "../../../gateway/coap/requester/limits.ts";
import { OPTION } from "../../../gateway/wire/coap/index.ts";
import { con, non, type ScriptedNode, type Stage, stage } from "../../support/lockstep.ts";
import { imageOf, laneOf, sourceOf } from "../../support/lockstep-images.ts";

type Kept = ReturnType<Engine["stats"]>["kept"];

const SMALL: Limits = {
  ...DEFAULT_LIMITS,
  dedupPerPeer: 8,
  dedupTotal: 40,
  bodiesTotal: 8,
  snapshotsTotal: 8,
  burstsTotal: 8,
  observationsPerPeer: 4,
  observationsTotal: 16,
  provenPaths: 8,
  airtimeRouters: 2,
  airtimePeers: 4,
};
const PEERS = 30;
const LARGE = imageOf(3000);

interface Filling {
  readonly table: keyof Kept;
  readonly bound: number;
  readonly admission?: AdmissionOptions;
  /** What one peer does, several times. */
  readonly fill: (node: ScriptedNode, round: number, stand: Stage) => Promise<void>;
}

const drop = (node: ScriptedNode): void => void node.takeAll();
const stranger: AdmissionOptions = { southbound: [parseSubnet("203.0.113.0/24")!] };
const rationed: AdmissionOptions = { airtime: { share: 0.5, burst: seconds(1), routers: [], shared: "ipv6" } };

const FILLINGS: readonly Filling[] = [
  { table: "dedup", bound: SMALL.dedupTotal, fill: (node) => node.sends(con("GET", "small")) },
  {
    table: "bodies",
    bound: SMALL.bodiesTotal,
    fill: (node, round) => node.sends(con("PUT", `b${round}`).block1(0, 1, 16).payload(LARGE.subarray(0, 16))),
  },
  { table: "snapshots", bound: SMALL.snapshotsTotal, fill: (node, round) => node.sends(con("GET", `large${round}`)) },
  {
    table: "bursts",
    bound: SMALL.burstsTotal,
    fill: (node, round) => node.sends(non("GET", round % 2 === 0 ? "f/x" : "f/y").qBlock2(0, 1, 64)),
  },
  {
    table: "observations",
    bound: SMALL.observationsTotal,
    fill: (node, round) => node.sends(con("GET", `small${round}`).observe(0)),
  },
  {
    table: "confirmables",
    bound: SMALL.observationsTotal, // each observation has one notification under way
    fill: async (node, round, { engine }) => {
      await node.sends(con("GET", `small${round}`).observe(0));
      engine.changed("t");
    },
  },
  {
    table: "provenPaths",
    bound: SMALL.provenPaths,
    admission: stranger,
    fill: async (node) => {
      await node.sends(non("GET", "large"));
      const echo = (await node.receives()).options.find(({ number }) => number === OPTION.echo);
      if (echo !== undefined) await node.sends(non("GET", "large").option(OPTION.echo, echo.value));
    },
  },
  {
    table: "airtimePeers",
    bound: SMALL.airtimeRouters * SMALL.airtimePeers,
    admission: rationed,
    fill: (node) => node.sends(non("GET", "f/x").block2(0, 0, 1024)),
  },
];

test.each(FILLINGS)("$table", async ({ table, bound, admission, fill }) => {
  const stand = await stage({
    limits: { ...SMALL, confirmEvery: 1 },
    ...(admission === undefined ? {} : { admission }),
    lanes: { block: laneOf({ x: sourceOf(LARGE), y: sourceOf(LARGE) }) },
    handler: (_peer: unknown, { path: [name = ""] }: Request): Response => ({
      code: "2.05",
      payload: name.startsWith("large") ? LARGE : LARGE.subarray(0, 9),
      observable: "t",
    }),
  });
  const sizes: number[] = [];
  for (let peer = 0; peer < PEERS; peer++) {
    const node = await stand.another({
      address: `2001:db8:0:${Math.floor(peer / 10)}::${(peer + 16).toString(16)}`,
      port: 1000 + peer,
    });
    for (let round = 0; round < 10; round++) await fill(node, round, stand);
    drop(node);
    sizes.push(stand.engine.stats().kept[table]);
  }
  expect(Math.max(...sizes)).toBe(bound);
  const late = await stand.another({ address: "203.0.113.77", port: 7 });
  await late.sends(con("GET", "small"));
  expect((await late.receives()).payload).toHaveLength(9);
  await stand.engine.close();
});

test("each table of the engine is filled here, or is the requester's", () => {
  const tables = new Set<string>(FILLINGS.map(({ table }) => table));
  return stage().then(({ engine }) => {
    for (const table of Object.keys(engine.stats().kept)) expect([...tables, "requests"]).toContain(table);
  });
});

test("docs/coap.md names the numbers", () => {
  const docs = readFileSync(new URL("../../../docs/coap.md", import.meta.url), "utf8");
  const section = docs.slice(docs.indexOf("## Limits"));
  const row = (name: string): string => section.split("\n").find((line) => line.startsWith(`| ${name}`)) ?? "";
  const spaced = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, " ");
  const all: ReadonlyArray<readonly [row: string, ...numbers: number[]]> = [
    ["remembered message ids", DEFAULT_LIMITS.dedupPerPeer, DEFAULT_LIMITS.dedupTotal],
    ["uploads under way", DEFAULT_LIMITS.bodiesPerPeer, DEFAULT_LIMITS.bodiesTotal],
    ["snapshots of large answers", DEFAULT_LIMITS.snapshotsPerPeer, DEFAULT_LIMITS.snapshotsTotal],
    [
      "Q-Block2 transfers",
      DEFAULT_LIMITS.burstsPerPeer,
      DEFAULT_LIMITS.burstsTotal,
      DEFAULT_LIMITS.burstBytes / 1_048_576,
    ],
    ["observations", DEFAULT_LIMITS.observationsPerPeer, DEFAULT_LIMITS.observationsTotal],
    [
      "confirmable messages",
      CONFIRMABLE_LIMITS.queuedPerPeer,
      CONFIRMABLE_LIMITS.queuedTotal,
      CONFIRMABLE_LIMITS.peers,
    ],
    ["requests of ours", REQUESTER_LIMITS.requestsPerPeer, REQUESTER_LIMITS.requestsTotal],
    ["proven addresses", DEFAULT_LIMITS.provenPaths],
    ["border routers", DEFAULT_LIMITS.airtimeRouters],
    ["peers behind one router", DEFAULT_LIMITS.airtimePeers],
  ];
  for (const [name, ...numbers] of all) for (const n of numbers) expect(row(name)).toContain(spaced(n));
});
