/** A small site to show: three nodes, one image, one campaign, and an inbox that remembers what it was asked. */
import { createHash } from "node:crypto";
import type {
  AccessView,
  AdminSource,
  CampaignDetail,
  CampaignPreview,
  CampaignWhy,
  CauseRow,
  ImageMeta,
  ModelSetRow,
  NodeDetail,
  PeerCredential,
  ReleasePreview,
  ReleaseRow,
  TrustView,
} from "../../gateway/admin/api/index.ts";
import { hours, millis, minutes, type NodeId, seconds, UsageError } from "../../gateway/base/index.ts";
import type { CampaignForecast, CampaignPlan } from "../../gateway/store/facts.ts";
import type { Command, Outcome } from "../../gateway/store/inbox.ts";
import type { Json } from "../../gateway/yang/api.ts";

export const NOW = millis(Date.UTC(2026, 10, 21, 12));
const ago = (duration: number) => millis(NOW - duration);
const node = (id: string): NodeId => id as NodeId;
const DIGEST = "ab".repeat(32);

export const TRUST: TrustView = {
  anchors: [
    {
      anchor: "0a".repeat(32),
      name: "acme",
      key: "a key on P-256",
      rights: { vendors: ["fa6b4a53d5ad5fdfbe9de663e4d41ffe"], components: [["00"]] },
      addedAt: ago(minutes(60)),
    },
    { anchor: "0b".repeat(32), name: "lab", key: "a key on Ed25519", rights: {}, addedAt: ago(minutes(59)) },
  ],
  thresholds: [{ signers: 2, vendor: "fa6b4a53d5ad5fdfbe9de663e4d41ffe" }],
};
export const RELEASES: readonly ReleaseRow[] = [
  {
    release: "5c".repeat(32),
    sequence: "18446744073709551615",
    signers: ["acme", "lab"],
    model: "rm-1",
    version: "1.1.0",
    images: 2,
    stored: 1,
    failed: 3,
    acceptedAt: ago(minutes(30)),
    withdrawn: "quarantined",
  },
];

export const PREVIEW: ReleasePreview = {
  release: "5c".repeat(32),
  sequence: "7",
  model: "rm-1",
  version: "1.1.0",
  nodes: [
    {
      node: node("n-1"),
      name: "Room 1",
      verdict: "applies",
      text: "applies: fetches #fw (2048 bytes)",
      questions: [],
      bytes: { least: "2048", most: "2048" },
    },
    { node: node("n-3"), name: "Room 10", verdict: "fails", text: "will fail at install, step 4", questions: [] },
  ],
  others: 1,
};

export const NODES: readonly NodeDetail[] = [
  {
    node: node("n-1"),
    endpoint: "room-1",
    name: "Room 1",
    reachability: "asleep",
    missedWakes: 0,
    phase: "downloading",
    model: "rm-1",
    version: "1.0.0",
    digest: DIGEST,
    lastSeen: ago(seconds(12)),
    nextWake: millis(NOW + minutes(3)),
    pending: 2,
    security: "oscore",
    report: {
      at: ago(minutes(9)),
      result: "failed",
      release: "5c".repeat(32),
      text: "install, step 4 failed: <b>x</b>",
    },
    joined: ago(minutes(60)),
    data: { "sidgate-building:room": { temperature: "21.5" } },
    refused: { at: ago(seconds(90)), why: "not-authentic", path: "udp://10.0.0.9:5683" },
    edits: [
      {
        revision: 3,
        path: "/sidgate-building:room/set-point",
        state: "delivered",
        since: ago(seconds(12)),
        by: "manager:bms",
      },
      { revision: 4, path: "/sidgate-building:room/mode", state: "rejected", reason: "not-in-range" },
    ],
    trace: [{ at: ago(seconds(12)), text: "check-in 7: /sidgate-building:room/temperature" }],
  },
  {
    node: node("n-2"),
    endpoint: "room-2",
    name: '<script>alert("2")</script>',
    reachability: "lost",
    missedWakes: 5,
    phase: "idle",
    pending: 0,
    security: "none",
    joined: ago(minutes(60)),
    data: {},
    edits: [],
    trace: [],
  },
  {
    node: node("n-3"),
    endpoint: "room-10",
    name: "Room 10",
    reachability: "unknown",
    missedWakes: 0,
    phase: "idle",
    pending: 0,
    security: "none",
    joined: ago(minutes(1)),
    data: {},
    edits: [],
    trace: [],
  },
];

export const ROOM_4: PeerCredential = {
  node: node("n-4"),
  name: "room-4 */",
  algorithm: 10,
  masterSecret: "0102030405060708090a0b0c0d0e0f10",
  masterSalt: "9e7ca92223786340",
  senderId: "04",
  recipientId: "00",
};
const { node: _node, ...SECRETS } = ROOM_4;
const BMS: PeerCredential = { ...SECRETS, name: "bms", senderId: "05" };

const NOBODY = { total: 0, done: 0, active: 0, waiting: 0, failed: 0, silent: 0 };
const COUNTS = { total: 3, done: 1, active: 0, waiting: 1, failed: 0, silent: 1 };
const PLAN: CampaignPlan = {
  groups: [],
  attempts: 2,
  concurrency: 4,
  download: ["Mo-Fr 22:00-05:00 Europe/Berlin"],
  confirmWithin: 600,
  filter: 'model == "rm-1"',
  lateJoiners: true,
};
const CLUSTERS: readonly CauseRow[] = [
  { cause: "silent", example: "not heard since 2026-11-21T09:00:00Z, 4 wakes missed", nodes: [node("n-2")] },
  { cause: "downloading", example: "downloading, <i>half</i> of it", nodes: [node("n-1")] },
];
export const WHY: CampaignWhy = {
  campaign: "c-20261121-01",
  state: "running",
  reason: "",
  clusters: CLUSTERS,
  nextWake: millis(NOW + minutes(3)),
  nodes: [
    {
      ...{ node: node("n-1"), name: "Room 1", phase: "downloading", attempt: 2, group: "canary" },
      ...{ cause: "downloading", text: "downloading, <i>half</i> of it", nextWake: millis(NOW + minutes(3)) },
    },
    {
      ...{ node: node("n-2"), name: "Room 2", phase: "waiting-wake", attempt: 1, group: "canary" },
      ...{ cause: "silent", text: "not heard since 2026-11-21T09:00:00Z, 4 wakes missed" },
    },
  ],
};
const FORECAST: CampaignForecast = {
  p50: minutes(40),
  p90: hours(3),
  unlikely: [{ node: node("n-2"), reason: "silent" }],
  energy: 812.4,
  airtime: [{ mesh: "fd00::/64", time: minutes(12) }],
};
/** The answer of the inbox to a preview. */
export const CAMPAIGN_PREVIEW: CampaignPreview = {
  name: "Autumn",
  image: { digest: DIGEST, model: "rm-1", version: "1.1.0", size: 65_536 },
  targets: 2,
  silentAfter: 3,
  plan: PLAN,
  groups: [
    { name: "canary", errorPct: 15, successPct: 95, pause: true, nodes: [{ node: node("n-1"), name: "Room 1" }] },
    { name: "rest", errorPct: 15, nodes: [{ node: node("n-2"), name: "Room 2" }] },
  ],
  excluded: [{ node: node("n-3"), name: "Room 10", reason: "battery-low", detail: "2400 mV" }],
  forecast: FORECAST,
};

const CAMPAIGN: CampaignDetail = {
  campaign: "c-20261121-01",
  name: "Autumn",
  state: "running",
  reason: "",
  image: DIGEST,
  model: "rm-1",
  version: 7,
  imageVersion: "1.1.0",
  createdAt: ago(minutes(6)),
  createdBy: "cli:eva",
  startedAt: ago(minutes(5)),
  counts: COUNTS,
  groups: [
    {
      name: "canary",
      errorPct: 15,
      successPct: 95,
      pause: true,
      state: "open",
      counts: { ...COUNTS, total: 2, waiting: 0 },
    },
    { name: "<b>rest</b>", errorPct: 15, state: "closed", counts: { ...NOBODY, total: 1, waiting: 1 } },
  ],
  current: 0,
  stopAtPct: 15,
  silentAfter: 3,
  outlook: { p50: millis(NOW + minutes(20)), p90: millis(NOW + minutes(55)) },
  imageSize: 65_536,
  plan: PLAN,
  nodes: [
    {
      ...{ node: node("n-1"), name: "Room 1", phase: "downloading", received: 32_768, silent: false },
      ...{ attempt: 2, group: "canary", lastSeen: ago(seconds(12)), nextWake: millis(NOW + minutes(3)) },
      why: "attempt 2, digest before; downloading, 32768 bytes so far; next wake at 2026-11-21T12:03:00Z",
    },
  ],
  clusters: CLUSTERS,
  excluded: [{ node: node("n-3"), reason: "its model is not known" }],
};

export const MODELS: readonly ModelSetRow[] = [
  {
    set: null,
    state: "ok",
    loadedAt: ago(minutes(90)),
    nodes: 2,
    modules: [{ name: "sidgate-building", revision: "2026-11-21", items: 14, withSid: 14 }],
  },
  {
    set: "building-2",
    state: "former",
    error: { code: "yang.compile", text: "models/building-2/x.yang:3:5: <b>unknown</b> type" },
    loadedAt: ago(minutes(5)),
    nodes: 1,
    modules: [{ name: "acme-air", revision: "", items: 3, withSid: 0 }],
  },
  { set: "gone", state: "missing", nodes: 1, modules: [] },
];

const ACCESS: AccessView = {
  enable: true,
  defaults: { read: "deny", write: "deny", exec: "deny" },
  groups: [
    { group: "admin", users: ["bms"] },
    { group: "viewer", users: [] },
  ],
  lists: [
    {
      list: "viewer",
      groups: ["viewer"],
      rules: [
        { rule: "read", action: "permit", operations: ["read"], target: "*", found: true },
        {
          rule: "old",
          action: "deny",
          operations: ["create", "update"],
          target: "/acme:x",
          comment: "why",
          found: false,
        },
      ],
    },
  ],
  denied: { operations: 0, writes: 2, notifications: 0, reads: 1 },
  last: [{ at: ago(minutes(2)), user: "wall", operation: "update", path: "/sidgate-building:room/set-point" }],
};

export interface Site extends AdminSource {
  readonly commands: Command[];
  readonly uploads: Array<ImageMeta & { readonly size: number; readonly sha256: string }>;
  readiness: ReturnType<AdminSource["notReady"]>;
}

const NO_TARGETS = new UsageError("campaign.no-targets", { reasons: "3 other-model" });
/** Of a campaign called `nobody` no node is left. */
const preview = (name: Json | undefined): Json => {
  const { code, message: text, hint } = NO_TARGETS;
  const empty = { targets: 0, groups: [], refusal: { code, text, hint } };
  return JSON.parse(JSON.stringify({ ...CAMPAIGN_PREVIEW, ...(name === "nobody" ? empty : {}) })) as Json;
};

export function openSite(): Site {
  const failed = (error: UsageError): Outcome => ({
    status: "failed",
    error: { code: error.code, text: error.message, hint: error.hint },
  });
  const site: Site = {
    commands: [],
    uploads: [],
    readiness: undefined,
    notReady: () => site.readiness,
    status: () => ({
      version: "0.1.0",
      site: "s-5kq2",
      name: "Town hall & annex",
      process: "gw-7f3a",
      epoch: 1,
      startedAt: ago(minutes(90)),
      now: NOW,
      mode: "lab",
      notices: [],
      warnings: ["Unprotected CoAP is answered on loopback addresses."],
      clockRate: 1,
      clock: { synchronised: true, why: "plausible" },
      listening: [{ what: "CoAP", address: "coap://127.0.0.1:5683", note: "unprotected" }],
      broker: { kind: "embedded-for-trying", url: "mqtt://127.0.0.1:1883", connected: true, queued: 0 },
      nodes: { unknown: 1, awake: 0, asleep: 1, overdue: 0, lost: 1 },
      journal: { last: 1234, lastDurable: 1234 },
      tryNext: [{ command: "npm run sidgate -- sim --nodes 5", what: "five simulated nodes" }],
    }),
    nodes: () => NODES,
    node: (id) => NODES.find(({ node: known }) => known === id),
    access: () => ACCESS,
    mayAccess: ({ user, operation, path }) => ({
      ...{ user, operation, path, place: path, groups: ["viewer"] },
      ...(operation === "read"
        ? { may: true, because: { kind: "rule", rule: "read", list: "viewer" } }
        : { may: false, because: { kind: "default", which: "write-default" } }),
    }),
    managers: () => [{ manager: "bms", groups: ["admin"], kid: "05", addedAt: ago(minutes(2)) }],
    credential: (of, id) => [ROOM_4, BMS].find((known) => id === (of === "node" ? known.node : known.name)),
    openCommands: () => [
      {
        id: "01JD7QAAA1",
        op: "ipatch",
        actor: "mqtt:bms-1",
        node: node("n-4"),
        name: "Room 4",
        waitsFor: "edit",
        since: ago(minutes(2)),
        willRunAt: millis(NOW + minutes(13)),
        deadline: millis(NOW + hours(1)),
      },
      { id: "i-1", op: "image.add", actor: "mqtt:fleet", waitsFor: "image", since: ago(minutes(1)) },
    ],
    images: () => [
      {
        digest: DIGEST,
        id: "q6urq6s",
        size: 65_536,
        model: "rm-1",
        version: "1.1.0",
        name: "rm-1.bin",
        verified: "lab",
        addedAt: ago(minutes(6)),
      },
      {
        digest: DIGEST.replace(/^../, "5c"),
        id: "bgpq6s",
        size: 4096,
        model: "rm-1",
        version: "1.0.0",
        name: "rm-1.bin",
        verified: "manifest",
        withdrawn: true,
        format: "mcuboot",
        built: "1.0.0+3",
        addedAt: ago(minutes(9)),
      },
    ],
    campaigns: () => [CAMPAIGN],
    campaign: (id) => (id === CAMPAIGN.campaign ? CAMPAIGN : undefined),
    whyNotDone: (id) => (id === CAMPAIGN.campaign ? WHY : undefined),
    models: () => MODELS,
    trust: () => TRUST,
    releases: () => RELEASES,
    preview: async () => PREVIEW,
    submit: async (command) => {
      site.commands.push(command);
      const { node: asked } = command.args;
      if (command.op !== "campaign.preview" && command.op.startsWith("campaign.")) {
        return { status: "completed", result: { campaign: "c-1", targets: 1, excluded: 2, state: "running" } };
      }
      if (command.op === "campaign.preview") return { status: "completed", result: preview(command.args["name"]) };
      if (asked === "n-9") return failed(new UsageError("node.unknown", { node: "n-9" }));
      return {
        status: "completed",
        result: {
          node: "n-4",
          endpoint: "room-4",
          manager: "bms",
          user: "bms",
          groups: ["viewer", "boss"],
          group: "viewer",
          rule: "r",
          id: "4r8n2q",
          anchor: "0a".repeat(32),
          name: "acme",
          withdrawn: ["5c".repeat(32)],
          release: "5c".repeat(32),
          sequence: "7",
          known: false,
          signers: 1,
          images: ["4r8n2q"],
          awaited: 1,
          warnings: [],
          uri: "coap://fw.example/a",
          model: "m",
          version: "2",
          campaign: "c-1",
          targets: 1,
          excluded: 2,
          state: "running",
        },
      };
    },
    addImage: async (bytes, meta) => {
      if (meta.name === "refused.bin") return failed(new UsageError("image.too-large", { name: meta.name, limit: 1 }));
      const hash = createHash("sha256");
      let size = 0;
      for await (const part of bytes) {
        if (meta.name === "refused-midway.bin" && size > 100_000)
          return failed(new UsageError("image.too-large", { name: meta.name, limit: 100_000 }));
        hash.update(part);
        size += part.length;
      }
      const sha256 = hash.digest("hex");
      site.uploads.push({ ...meta, size, sha256 });
      return { status: "completed", result: { id: "abcdefg", digest: sha256, size, warnings: [] } };
    },
  };
  return site;
}
