/** docs/mqtt.md, "Commands" — from the bytes of a message to the inbox, and to the answer; nothing happens that was not understood. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { ERROR_TAGS, errorStatus, errorTag } from "../../cloud-bridge/mqtt/commands/error-tags.ts";
import {
  type CommandSettings,
  Commands,
  parseRights,
  prefixProblem,
  type ReplaySource,
} from "../../cloud-bridge/mqtt/commands/index.ts";
import { COMMAND_OPS, inboxArguments } from "../../cloud-bridge/mqtt/commands/ops.ts";
import { MAX_PAYLOAD } from "../../cloud-bridge/mqtt/commands/read.ts";
import type { Inbound } from "../../cloud-bridge/mqtt/link/connection.ts";
import { type Message, parsePayload } from "../../cloud-bridge/mqtt/outbox/message.ts";
import { renderReply } from "../../cloud-bridge/mqtt/render/reply.ts";
import { ERRORS, millis, SILENT, StoreError, seconds, seededRandom } from "../../gateway/base/index.ts";
import type { Fact, FactBodies } from "../../gateway/store/facts.ts";
import type { Command, Outcome, Taken } from "../../gateway/store/inbox.ts";
import type { Json } from "../../gateway/yang/api.ts";
import { inDrill } from "../support/drill.ts";
import { settled, VirtualClock } from "../support/virtual-clock.ts";

const SITE = "s-5kq2";
const NOW = millis(Date.parse("2026-11-21T13:00:00Z"));
const LATER = "2026-11-21T14:00:00Z";
const ROOT = `sidgate/1/${SITE}`;
const IPATCH = {
  id: "01JD7QAAA1",
  client: "bms-1",
  deadline: LATER,
  value: { "ietf-system:system": { location: "R114" } },
};

const bytes = (json: Json | string): Uint8Array =>
  new TextEncoder().encode(typeof json === "string" ? json : JSON.stringify(json));

interface Site {
  readonly commands: Commands;
  readonly clock: VirtualClock;
  readonly taken: Command[];
  readonly refused: Array<FactBodies["command.refused"]>;
  readonly said: Message[];
  readonly replayed: Array<readonly [from: number, to: number]>;
  readonly births: { count: number };
  give(topic: string, payload: Json | string | Uint8Array, rest?: Partial<Inbound>): Promise<void>;
  /** The answers so far, as JSON, and forgets them. */
  answers(): readonly Json[];
}

const ALL: CommandSettings = { rights: ["*: all"], identity: "claimed", replyPrefixes: [] };

function site(
  settings: Partial<CommandSettings> = {},
  answer: (command: Command) => Taken | Error = () => done({}),
  replay: ReplaySource["replay"] = async (from, to) => ({ messages: to - from + 1, leftOut: 0 }),
): Site {
  const clock = new VirtualClock(NOW);
  const taken: Command[] = [];
  const refused: Array<FactBodies["command.refused"]> = [];
  const said: Message[] = [];
  const replayed: Array<readonly [number, number]> = [];
  const births = { count: 0 };
  const commands = new Commands({
    site: SITE,
    port: {
      take: async (command) => {
        taken.push(command);
        const given = answer(command);
        if (given instanceof Error) throw given;
        return given;
      },
      refuse: (refusal) => void refused.push(refusal),
    },
    settings: { ...ALL, ...settings },
    source: {
      epoch: 3,
      last: 900,
      oldest: async () => 100,
      replay: (from, to) => {
        replayed.push([from, to]);
        return replay(from, to);
      },
      rebirth: () => void births.count++,
    },
    say: (message) => said.push(message) > 0,
    clock,
    realtime: clock,
    random: seededRandom(1),
    log: SILENT,
  });
  return {
    commands,
    clock,
    taken,
    refused,
    said,
    replayed,
    births,
    give: (topic, payload, rest = {}) =>
      commands.take({
        topic: topic.startsWith("sidgate") ? topic : `${ROOT}/${topic}`,
        payload: payload instanceof Uint8Array ? payload : bytes(payload),
        retain: false,
        ...rest,
      }),
    answers: () => said.splice(0).map(({ payload }) => parsePayload(payload)),
  };
}

const done = (result: Json): Taken => ({ outcome: { status: "completed", result }, recorded: false });

test("a command of a node is read into the inbox's words, with who gave it, until when, and where it is answered", async () => {
  const { give, taken, said, refused } = site({}, () => ({ outcome: { status: "accepted" }, recorded: true }));
  await give("n/n-4k7q2m/cmd/ipatch", { ...IPATCH, "if-version": "17", "confirm-wakes": 3 });
  expect(taken).toEqual([
    {
      id: "01JD7QAAA1",
      op: "ipatch",
      args: { node: "n-4k7q2m", value: IPATCH.value, ifVersion: "17", confirm: 3 },
      actor: "mqtt:bms-1",
      deadline: Date.parse(LATER),
      reply: { topic: `${ROOT}/rsp/bms-1` },
    },
  ]);
  expect([said, refused]).toEqual([[], []]); // a fact tells the answer
});

test("what the inbox tells by no fact is answered at once: a question, or an id that was there", async () => {
  const { give, said } = site({}, () => done({ value: { a: 1 }, id: "ab12" }));
  await give("n/n-4k7q2m/cmd/get", { id: "q1", client: "bms-1", deadline: LATER });
  expect(said.map(({ topic, kind, seq }) => [topic, kind, seq])).toEqual([[`${ROOT}/rsp/bms-1`, "reply", 0]]);
  expect(said.map(({ payload }) => parsePayload(payload))).toEqual([
    { id: "q1", status: "completed", "result-id": "ab12", value: { a: 1 } },
  ]);
});

test("names of arguments are the inbox's, also within lists of ours; what stands in YANG data stays", () => {
  const given: Readonly<Record<string, Json>> = {
    release: "trv 1.5.0",
    "stop-at-pct": 5,
    groups: [{ size: "5%", "error-pct": 1 }],
    "campaign-deadline": "14d",
    "confirm-within-s": 60,
  };
  expect(inboxArguments(COMMAND_OPS["campaign.create"], given)).toEqual({
    release: "trv 1.5.0",
    stopAtPct: 5,
    groups: [{ size: "5%", errorPct: 1 }],
    deadline: "14d",
    confirmWithin: 60,
  });
  const value = { "sidgate-building:room": { "wanted-temperature": 21 } };
  expect(inboxArguments(COMMAND_OPS.ipatch, { value })).toEqual({ value });
  const force = { again: true, approval: false };
  expect(inboxArguments(COMMAND_OPS["campaign.create"], force)).toEqual({ again: true, approval: true });
  expect(inboxArguments(COMMAND_OPS.install, { again: true })).toEqual({ again: true, approval: true });
  expect(inboxArguments(COMMAND_OPS.install, { again: false })).toEqual({ again: false });
  expect(inboxArguments(COMMAND_OPS["campaign.downgrade"], { reason: "it fails", approval: false })).toEqual({
    reason: "it fails",
    approval: true, // MQTT shows no second person
  });
});

interface Bad {
  readonly topic?: string;
  readonly payload?: Json | string | Uint8Array;
  readonly message?: Partial<Inbound>;
  readonly settings?: Partial<CommandSettings>;
  readonly code: string;
  readonly tag: string;
  readonly status: number;
  readonly path?: string;
}
const { deadline: _d, ...TIMELESS } = IPATCH;
const { id: _i, ...NAMELESS } = IPATCH;
const { value: _v, ...EMPTY } = IPATCH;
const toBms1 = { responseTopic: `${ROOT}/rsp/bms-1` };
const NODE_CMD = "n/n-4k7q2m/cmd";
const CREATE = { id: "c1", client: "bms-1", release: "x" };
const arg = { code: "command.argument", tag: "invalid-value", status: 400 };
const malformed = { code: "command.malformed", tag: "malformed-message", status: 400, message: toBms1 };
const otherLevel = { code: "command.level", tag: "operation-not-supported", status: 501 };
const unknownOp = { code: "command.unknown", tag: "operation-not-supported", status: 501 };
const missing = { code: "command.missing", tag: "missing-element", status: 400 };
const BAD: ReadonlyArray<readonly [name: string, bad: Bad]> = [
  ["no JSON", { payload: '{"id":', ...malformed }],
  ["no JSON object", { payload: "[1]", ...malformed }],
  ["no UTF-8", { payload: Uint8Array.of(0x22, 0xff, 0x22), ...malformed }],
  [
    "half of a surrogate pair (RFC 7493 §2.1)",
    { payload: '{"value":[{"room":"\\ud83d\\ude00 \\ud800"}]}', ...malformed },
  ],
  ["half of one in a name", { payload: '{"value":{"\\udc00":1}}', ...malformed }],
  ["nested beyond reason", { payload: `{"value":${"[".repeat(20_000)}${"]".repeat(20_000)}}`, ...malformed }],
  [
    "larger than is taken",
    { payload: " ".repeat(MAX_PAYLOAD + 1), message: toBms1, code: "command.too-large", tag: "too-big", status: 413 },
  ],
  ["an op that is none", { topic: `${NODE_CMD}/explode`, ...unknownOp }],
  ["an op of the site at a node", { topic: `${NODE_CMD}/campaign.create`, ...otherLevel }],
  ["an op of a node at the site", { topic: "cmd/install", ...otherLevel }],
  ["a replay at a node", { topic: `${NODE_CMD}/replay`, ...otherLevel }],
  ["an op named like a member of every object", { topic: "cmd/constructor", ...unknownOp }],
  ["a level too many", { topic: `${NODE_CMD}/ipatch/now`, ...unknownOp }],
  ["a level too few below by/", { topic: "by/bms-1/ipatch", ...unknownOp }],
  ["a node that cannot be", { topic: "n/N_1/cmd/ipatch", code: "node.unknown", tag: "invalid-value", status: 404 }],
  ["no id", { payload: NAMELESS, path: "/id", ...missing }],
  ["an id that is no text", { payload: { ...IPATCH, id: 7 }, path: "/id", ...arg }],
  ["an id with a space", { payload: { ...IPATCH, id: "a b" }, path: "/id", ...arg }],
  ["an id that is too long", { payload: { ...IPATCH, id: "a".repeat(65) }, path: "/id", ...arg }],
  ["RFC 8040 §7: no deadline", { payload: TIMELESS, path: "/deadline", ...missing }],
  ["a deadline without a zone", { payload: { ...IPATCH, deadline: "2026-11-21T14:00:00" }, path: "/deadline", ...arg }],
  [
    "a deadline on 30 February",
    { payload: { ...IPATCH, deadline: "2027-02-30T14:00:00Z" }, path: "/deadline", ...arg },
  ],
  ["a deadline on the 32nd", { payload: { ...IPATCH, deadline: "2026-11-32T14:00:00Z" }, path: "/deadline", ...arg }],
  ["a misspelt member", { payload: { ...IPATCH, deadlne: LATER }, ...arg, tag: "unknown-element", path: "/deadlne" }],
  [
    "__proto__ as a member",
    {
      payload: '{"id":"1","client":"bms-1","deadline":"2026-11-21T14:00:00Z","value":{},"__proto__":{}}',
      ...arg,
      tag: "unknown-element",
      path: "/__proto__",
    },
  ],
  ["no value", { payload: EMPTY, path: "/value", ...missing }],
  ["a path of the wrong kind", { payload: { ...IPATCH, path: 7 }, path: "/path", ...arg }],
  ["a version that is none", { payload: { ...IPATCH, "if-version": "v3" }, path: "/if-version", ...arg }],
  [
    "a list item of the wrong kind",
    {
      topic: "cmd/campaign.create",
      payload: { ...CREATE, groups: [{ size: 1 }, { size: "x" }] },
      path: "/groups/1/size",
      ...arg,
    },
  ],
  [
    "a list item with a member too many",
    {
      topic: "cmd/campaign.create",
      payload: { ...CREATE, groups: [{ size: 1, colour: 1 }] },
      ...arg,
      tag: "unknown-element",
      path: "/groups/0/colour",
    },
  ],
  ["an empty list", { topic: `${NODE_CMD}/fetch`, payload: { ...EMPTY, paths: [] }, path: "/paths", ...arg }],
  [
    "a number out of range",
    {
      topic: "cmd/log-level",
      payload: { id: "1", client: "bms-1", level: "warn", "for-s": 0 },
      path: "/for-s",
      ...arg,
    },
  ],
  [
    "a word that is none",
    { topic: "cmd/log-level", payload: { id: "1", client: "bms-1", level: "loud" }, path: "/level", ...arg },
  ],
  ["a client that cannot be", { payload: { ...IPATCH, client: "BMS/1" }, ...malformed }],
  [
    "no right to it",
    { settings: { rights: ["bms-1: read", "*: all"] }, code: "command.forbidden", tag: "access-denied", status: 403 },
  ],
  [
    "no right to it as anybody",
    { settings: { rights: ["*: none"] }, code: "command.forbidden", tag: "access-denied", status: 403 },
  ],
  ["a user name below by/ that is no client", { topic: "by/Mallory!/n/n-4k7q2m/cmd/ipatch", ...malformed }],
];

test.each(BAD)("refused with a coded answer, and nothing happens: %s", async (_name, bad) => {
  const { give, taken, refused, said, answers } = site(bad.settings);
  await give(bad.topic ?? `${NODE_CMD}/ipatch`, bad.payload ?? IPATCH, bad.message);
  expect(taken).toEqual([]);
  expect(refused.map(({ code }) => code)).toEqual([bad.code]);
  expect(said.map(({ topic }) => topic)).toEqual([`${ROOT}/rsp/bms-1`]);
  expect(answers()).toEqual([
    expect.objectContaining({
      status: "failed",
      code: bad.status,
      error: expect.objectContaining({
        "error-tag": bad.tag,
        "error-app-tag": bad.code,
        ...(bad.path === undefined ? {} : { "error-path": bad.path }),
      }),
    }),
  ]);
});

test("MQTT 5.0 §3.3.1.3: a retained command is reported and not carried out; clearing it is nothing at all", async () => {
  const { give, taken, refused, said } = site();
  await give(`${NODE_CMD}/ipatch`, IPATCH, { retain: true, responseTopic: `${ROOT}/rsp/bms-1` });
  await give(`${NODE_CMD}/ipatch`, new Uint8Array(0), { retain: true });
  await give(`${NODE_CMD}/install`, new Uint8Array(0)); // the same as MQTT 3.1.1 shows it
  expect([taken, said]).toEqual([[], []]);
  expect(refused).toEqual([
    expect.objectContaining({ code: "command.retained", op: "ipatch", node: "n-4k7q2m", actor: "mqtt:anonymous" }),
  ]);
});

test("who gives a command: the topic below by/, else what it says itself, else nobody in particular", async () => {
  const { give, taken } = site({ rights: ["bms-1: all", "anonymous: read"] });
  await give("by/bms-1/n/n-4k7q2m/cmd/ipatch", { ...IPATCH, client: "somebody-else" });
  await give("by/bms-1/cmd/campaign.pause", { id: "p1", campaign: "c-1", "if-version": 7 });
  await give(`${NODE_CMD}/get`, { id: "g1", deadline: LATER });
  expect(taken.map(({ actor, op, reply }) => [actor, op, reply?.topic])).toEqual([
    ["mqtt:bms-1", "ipatch", `${ROOT}/rsp/bms-1`],
    ["mqtt:bms-1", "campaign.pause", `${ROOT}/rsp/bms-1`],
    ["mqtt:anonymous", "get", undefined],
  ]);
  expect(taken[1]?.args).toEqual({ campaign: "c-1", ifVersion: 7 });
});

test("without a node, data is read and edited of the gateway itself: at once, and the edit with the right to operate", async () => {
  const { give, taken, refused } = site({ rights: ["bms-1: read, configure", "boss-1: operate"] });
  await give("by/bms-1/cmd/get", { id: "1", path: "/sidgate-access:access" });
  await give("by/bms-1/cmd/ipatch", { id: "2", value: {} });
  await give("by/boss-1/cmd/ipatch", { id: "3", value: {} });
  expect(taken.map(({ id, op, args }) => [id, op, args])).toEqual([
    ["1", "get", { path: "/sidgate-access:access" }],
    ["3", "ipatch", { value: {} }],
  ]);
  expect(refused.map(({ code }) => code)).toEqual(["command.forbidden"]);
});

test("Home Assistant's install button knows neither id nor deadline", async () => {
  const { give, taken } = site();
  await give(`${NODE_CMD}/install`, {});
  expect(taken).toEqual([
    { id: expect.stringMatching(/^[0-9A-Z]{26}$/), op: "install", args: { node: "n-4k7q2m" }, actor: "mqtt:anonymous" },
  ]);
});

test("the deadline is the earlier one of the payload's and of the message expiry (MQTT 5.0 §3.3.2.3.3)", async () => {
  const { give, taken } = site();
  await give(`${NODE_CMD}/get`, { id: "1", deadline: LATER }, { expirySeconds: 60 });
  await give(`${NODE_CMD}/get`, { id: "2", deadline: "2026-11-21t15:00:30+02:00" }, { expirySeconds: 600 });
  await give(`${NODE_CMD}/get`, { id: "3" }, { expirySeconds: 600 });
  expect(taken.map(({ deadline = 0 }) => deadline - NOW)).toEqual([60_000, 30_000, 600_000]);
});

type AddressRow = readonly [topic: string, allowed: boolean];
const ADDRESSES: readonly AddressRow[] = [
  [`${ROOT}/rsp/bms-1`, true],
  [`${ROOT}/rsp/bms-1/42`, true],
  ["cloud-app/replies/7", true],
  [`${ROOT}/rsp/`, false],
  [`${ROOT}/rsp/bms-1/`, false],
  [`${ROOT}/rsp//x`, false],
  [`${ROOT}/event`, false],
  [`${ROOT}/n/n-4k7q2m/state`, false],
  ["sidgate/1/s-other/rsp/bms-1", false],
  ["cloud-app/repliesX", false],
  ["cloud-app/replies/+", false],
  ["cloud-app/replies/#", false],
  ["$SYS/x", false],
  ["homeassistant/device/x/config", false],
  [`cloud-app/replies/${"x".repeat(300)}`, false],
  ["cloud-app/replies/a\u0000b", false],
];
test.each(ADDRESSES)("an answer on %j: %j", async (responseTopic, allowed) => {
  const settings = { replyPrefixes: ["cloud-app/replies/", "homeassistant/"], ours: ["homeassistant/"] };
  const { give, taken, refused } = site(settings);
  const correlation = Uint8Array.of(1, 0, 255);
  await give(`${NODE_CMD}/ipatch`, IPATCH, { responseTopic, correlation });
  // The command runs either way: its event tells what became of it.
  expect(taken.map(({ reply }) => reply)).toEqual([allowed ? { topic: responseTopic, correlation } : undefined]);
  expect(refused.map(({ code }) => code)).toEqual(allowed ? [] : ["command.reply-topic"]);
});

const OWN: readonly AddressRow[] = [
  [`${ROOT}/rsp/bms-1`, true],
  [`${ROOT}/rsp/bms-1/42`, true],
  ["cloud-app/replies/7", true],
  [`${ROOT}/rsp/bms-11`, false],
  [`${ROOT}/rsp/reader`, false],
  [`${ROOT}/rsp/reader/bms-1`, false],
];
test.each(OWN)(
  "where the broker says who is who, nobody is answered in another's place: %j: %j",
  async (responseTopic, allowed) => {
    const { give, taken, refused } = site({ identity: "topic", replyPrefixes: ["cloud-app/replies/"] });
    await give("by/bms-1/n/n-4k7q2m/cmd/ipatch", IPATCH, { responseTopic });
    expect([taken[0]?.reply, refused.length]).toEqual([
      allowed ? { topic: responseTopic } : undefined,
      allowed ? 0 : 1,
    ]);
  },
);

test.each([
  {},
  { responseTopic: `${ROOT}/rsp/bms-1`, correlation: Uint8Array.of(7) },
  { responseTopic: "cloud-app/replies/1" },
])(
  "where the broker says who is who, a command without its client in the topic is refused, and answered nowhere: %j",
  async (message) => {
    const { give, taken, refused, said } = site({ identity: "topic", replyPrefixes: ["cloud-app/replies/"] });
    await give(`${NODE_CMD}/ipatch`, IPATCH, message);
    expect([taken, said]).toEqual([[], []]);
    expect(refused).toEqual([
      expect.objectContaining({ code: "command.identity", actor: "mqtt:anonymous", op: "ipatch", node: "n-4k7q2m" }),
    ]);
  },
);

const NO_CLIENT: ReadonlyArray<
  readonly [identity: "claimed" | "topic", responseTopic: string | undefined, told: boolean]
> = [
  ["claimed", `${ROOT}/rsp/bms-1`, true],
  ["claimed", "cloud-app/replies/1", true],
  ["claimed", "elsewhere/1", false],
  ["claimed", undefined, false],
  ["topic", `${ROOT}/rsp/bms-1`, false],
  ["topic", `${ROOT}/rsp/X`, false],
  ["topic", "cloud-app/replies/1", true],
];
test.each(NO_CLIENT)(
  "a name below by/ that cannot be a client's is answered where one without a name is: %s, %j: %j",
  async (identity, responseTopic, told) => {
    const { give, taken, refused, answers } = site({ identity, replyPrefixes: ["cloud-app/replies/"] });
    await give("by/X/cmd/get", { id: "x1" }, responseTopic === undefined ? {} : { responseTopic });
    expect(taken).toEqual([]);
    expect(refused).toEqual([
      expect.objectContaining({ code: "command.malformed", actor: "mqtt:anonymous", op: "get" }),
    ]);
    const answer = expect.objectContaining({ status: "failed", code: 400 });
    expect(answers()).toEqual(told ? [answer] : []);
  },
);

test("correlation data has a bound, since it waits in the journal", async () => {
  const { give, taken, refused } = site();
  await give(`${NODE_CMD}/ipatch`, IPATCH, { ...toBms1, correlation: new Uint8Array(257) });
  expect([taken[0]?.reply, refused[0]?.code]).toEqual([undefined, "command.reply-topic"]);
});

test("a flood of refusals makes few facts, and none is forgotten", async () => {
  const { give, refused, clock } = site();
  for (let n = 0; n < 500; n++) await give(`${NODE_CMD}/ipatch`, { ...IPATCH, client: `m-${n % 100}`, path: n });
  expect(refused).toHaveLength(33); // 32 kinds, and one for all others
  await clock.advance(seconds(60));
  expect(refused.reduce((sum, { times = 1 }) => sum + times, 0)).toBe(500);
  expect(refused.length).toBeLessThanOrEqual(66);
});

test("the inbox that cannot be reached leaves the message with the broker", async () => {
  const { give, said } = site({}, () => new StoreError("store.away", { what: "Redis", reason: "gone" } as never));
  await expect(give(`${NODE_CMD}/ipatch`, IPATCH)).rejects.toThrow(StoreError);
  expect(said).toEqual([]);
});

test("replay: accepted, then completed with how many; what is not kept any more is refused with the oldest", async () => {
  const { give, answers, replayed, taken } = site();
  await give("cmd/replay", { id: "r1", client: "bms-1", epoch: 3, from: "200", to: 300 });
  await settled();
  await give("cmd/replay", { id: "r2", client: "bms-1", from: 850 });
  await settled();
  await give("cmd/replay", { id: "r3", client: "bms-1", epoch: 2, from: 200 });
  await give("cmd/replay", { id: "r4", client: "bms-1", from: 99, to: 120 });
  await give("cmd/replay", { id: "r5", client: "bms-1", from: 901 });
  const gone = { status: "failed", code: 409, "oldest-seq": "100", epoch: 3 };
  expect(answers()).toEqual([
    { id: "r1", status: "accepted" },
    { id: "r1", status: "completed", messages: 101 },
    { id: "r2", status: "accepted" },
    { id: "r2", status: "completed", messages: 51 },
    { id: "r3", ...gone, error: expect.objectContaining({ "error-app-tag": "command.not-kept" }) },
    { id: "r4", ...gone, error: expect.objectContaining({ "error-tag": "data-missing" }) },
    { id: "r5", status: "failed", code: 400, error: expect.objectContaining({ "error-path": "/from" }) },
  ]);
  expect(replayed).toEqual([
    [200, 300],
    [850, 900],
  ]);
  expect(taken).toEqual([]); // the bridge's own affair
});

type RangeRow = readonly [
  name: string,
  args: { readonly [name: string]: Json },
  path: string,
  shown: readonly string[],
];
const RANGES: readonly RangeRow[] = [
  ["an epoch that has not begun", { epoch: 7, from: 1 }, "/epoch", ["7", "3"]],
  ["an end before its beginning", { from: 20, to: "5" }, "/from", ["20", "5"]],
  ["what has not happened yet", { from: 1000, to: 2000 }, "/from", ["1000", "900"]],
  ["a number that no double holds", { from: "9999999999999999" }, "/from", ["9999999999999999", "900"]],
  ["half a number", { from: 1.5 }, "/from", ["whole number"]],
  ["a number beyond those that are exact", { from: 1e16 }, "/from", ["whole number"]],
];
test.each(RANGES)("a replay is told what is wrong with its range: %s", async (_name, args, path, shown) => {
  const { give, answers, replayed } = site();
  await give("cmd/replay", { id: "r1", client: "bms-1", ...args });
  const told = (text: string) =>
    expect.objectContaining({ "error-path": path, "error-message": expect.stringContaining(text) });
  const present = path === "/epoch" ? { epoch: 3, "oldest-seq": "100" } : {};
  const all = answers();
  for (const each of shown)
    expect(all).toEqual([{ id: "r1", status: "failed", code: 400, error: told(each), ...present }]);
  expect(replayed).toEqual([]);
});

test("replays are bounded, one id replays once at a time, and one that breaks says so", async () => {
  const running: Array<(error: Error) => void> = [];
  const { give, answers, replayed } = site({}, undefined, () => new Promise((_, reject) => running.push(reject)));
  const ask = (id: string): Promise<void> => give("cmd/replay", { id, client: "bms-1", from: 200 });
  for (const id of ["r1", "r1", "r2", "r3", "r4", "r5"]) await ask(id);
  expect(answers().map((answer) => (answer as { status: string }).status)).toEqual([
    ...Array(5).fill("accepted"),
    "failed",
  ]);
  expect(replayed).toHaveLength(4);
  await give("cmd/replay", { id: "r1", client: "bms-1", from: 201 });
  expect(answers()).toMatchObject([{ id: "r1", error: { "error-app-tag": "command.repeated" } }]);
  running[0]?.(new Error("the disk"));
  await settled();
  expect(answers()).toEqual([
    { id: "r1", status: "failed", code: 500, error: expect.objectContaining({ "error-app-tag": "command.cut-off" }) },
  ]);
});

test("rebirth is done at once, and when it is asked for again, once more after a pause for all who asked", async () => {
  const { give, answers, births, clock } = site();
  await give("cmd/rebirth", { client: "bms-1", id: "b1" });
  for (const id of ["b2", "b3"]) await give("cmd/rebirth", { client: "bms-1", id });
  expect(births.count).toBe(1);
  const later = { status: "accepted", "will-run-at": "2026-11-21T13:00:10Z" };
  expect(answers()).toEqual([
    { id: "b1", status: "completed" },
    { id: "b2", ...later },
    { id: "b3", ...later },
  ]);
  await clock.advance(seconds(10));
  expect(births.count).toBe(2);
  expect(answers()).toEqual([
    { id: "b2", status: "completed" },
    { id: "b3", status: "completed" },
  ]);
});

const REPLY = { topic: `${ROOT}/rsp/bms-1`, correlation: Uint8Array.of(7) };
const FACT = { seq: 17, at: NOW, id: "01JD7QAAA1", op: "ipatch", actor: "mqtt:bms-1", reply: REPLY } as const;
const ended = (outcome: Exclude<Outcome["status"], "accepted">, rest: object): Fact => ({
  ...FACT,
  type: "command.done",
  outcome,
  answer: JSON.stringify({ status: outcome, ...rest }),
});
const REPLIES: ReadonlyArray<readonly [name: string, fact: Fact, payload: string | undefined]> = [
  [
    "accepted",
    {
      ...FACT,
      type: "command.accepted",
      wait: { kind: "edit", revision: 18 },
      willRunAt: millis(NOW + 900_000),
      position: 2,
    },
    '{"id":"01JD7QAAA1","status":"accepted","will-run-at":"2026-11-21T13:15:00Z","position":2}',
  ],
  [
    "completed",
    ended("completed", { result: { version: "18" } }),
    '{"id":"01JD7QAAA1","status":"completed","version":"18"}',
  ],
  [
    "completed with a list",
    ended("completed", { result: [1] }),
    '{"id":"01JD7QAAA1","status":"completed","result":[1]}',
  ],
  ["completed with nothing", ended("completed", { result: null }), '{"id":"01JD7QAAA1","status":"completed"}'],
  ["expired", ended("expired", {}), '{"id":"01JD7QAAA1","status":"expired"}'],
  [
    "failed, with the error of RFC 8040",
    ended("failed", { error: { code: "command.stale", text: "n has version 18", hint: "Read it again." } }),
    '{"id":"01JD7QAAA1","status":"failed","code":409,"error":{"error-type":"protocol","error-tag":"in-use",' +
      '"error-app-tag":"command.stale","error-message":"n has version 18","hint":"Read it again."}}',
  ],
  [
    "asked by nobody who hears",
    { ...FACT, type: "command.done", outcome: "expired", answer: "{}", reply: undefined } as never,
    undefined,
  ],
];
test.each(REPLIES)("an answer as the journal tells it: %s", (_name, fact, payload) => {
  const message = renderReply(fact);
  expect(message && Buffer.from(message.payload).toString()).toBe(payload);
  if (message !== undefined) {
    expect(message).toMatchObject({
      kind: "reply",
      topic: REPLY.topic,
      seq: 17,
      part: 1,
      correlation: REPLY.correlation,
    });
  }
});

test("RFC 8040 §7: every error of the house has one of its tags, and the status code of that", () => {
  for (const code of Object.keys(ERRORS)) {
    const tag = errorTag({ code });
    expect(Object.keys(ERROR_TAGS)).toContain(tag);
    expect(errorStatus({ code })).toBeGreaterThanOrEqual(400);
  }
  for (const code of ["backup.busy", "command.superseded"]) expect(errorStatus({ code })).toBe(409);
  // What lies at the URL that was named is of no use: that is for who named it to mend.
  for (const code of ["suit.tag", "suit.manifest-digest", "upstream.redirect", "image.digest"]) {
    expect(errorTag({ code })).toBe("invalid-value");
  }
  expect(errorTag({ code: "yang.pattern", tag: "bad-attribute" })).toBe("bad-attribute");
  expect(errorTag({ code: "of.a-later-gateway" })).toBe("operation-failed");
});

const LINES: ReadonlyArray<readonly [line: string, rights: readonly string[] | undefined]> = [
  ["bms-1: read, configure", ["read", "configure"]],
  ["*:all", ["read", "configure", "update", "operate"]],
  ["bms-1: none", []],
  ["bms-1", undefined],
  ["BMS: read", undefined],
  ["bms-1: read, write", undefined],
  ["bms-1: none, read", undefined],
  ["bms-1:", undefined],
];
test.each(LINES)("a line of mqtt.rights, %j", (line, rights) => {
  const parsed = parseRights(line);
  expect("problem" in parsed ? undefined : parsed.rights).toEqual(rights);
});

test("a reply prefix ends where a level ends, has no wildcard, and is not ours", () => {
  expect(prefixProblem("cloud-app/replies/")).toBeUndefined();
  for (const prefix of ["cloud-app/replies", "a/+/", "#/", "$SYS/", "/", "a//", "sidgate/1/x/", "spBv1.0/g/"]) {
    expect([prefix, prefixProblem(prefix)]).toEqual([prefix, expect.any(String)]);
  }
});

/** Members that commands have, with values that they have not. */
const MEMBERS = [
  "id",
  "client",
  "deadline",
  "if-version",
  "value",
  "paths",
  "path",
  "from",
  "to",
  "groups",
  "node",
  "campaign",
];
const arbitraryCommand = fc.dictionary(
  fc.oneof(fc.constantFrom(...MEMBERS), fc.string()),
  fc.jsonValue({ maxDepth: 5 }),
);
const arbitraryMessage = fc.record({
  topic: fc.oneof(
    fc
      .tuple(
        fc.constantFrom("cmd", "n/n-1/cmd", "by/bms-1/cmd", "by/bms-1/n/n-1/cmd"),
        fc.constantFrom(...Object.keys(COMMAND_OPS)),
      )
      .map((t) => `${ROOT}/${t.join("/")}`),
    fc.string().map((rest) => `${ROOT}/cmd/${rest}`),
    fc.string().map((rest) => `${ROOT}/by/${rest}`),
    fc.string(),
  ),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.json().map(bytes),
    arbitraryCommand.map((json) => bytes(json as Json)),
  ),
  retain: fc.boolean(),
});

test("whatever comes in, nothing throws, and what reaches the inbox is what the table allows", async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryMessage,
      fc.option(fc.string(), { nil: undefined }),
      fc.option(fc.nat(), { nil: undefined }),
      async (message, responseTopic, expirySeconds) => {
        const { commands, taken, said } = site();
        await commands.take({
          ...message,
          ...(responseTopic === undefined ? {} : { responseTopic }),
          ...(expirySeconds === undefined ? {} : { expirySeconds }),
        });
        for (const { id, op, args, deadline, reply } of taken) {
          const row = COMMAND_OPS[op as keyof typeof COMMAND_OPS];
          expect([message.retain, /^[!-~]{1,64}$/.test(id)]).toEqual([false, true]);
          if (message.topic.includes("/n/") && row.deadline === "needed")
            expect([deadline, args["node"]]).not.toContain(undefined);
          if (reply !== undefined) expect(reply.topic.startsWith(`${ROOT}/rsp/`)).toBe(true);
        }
        for (const { topic } of said) expect(topic.startsWith(`${ROOT}/rsp/`)).toBe(true);
        await commands.close();
      },
    ),
    { seed: 8, numRuns: inDrill(400, 100_000) },
  );
});
