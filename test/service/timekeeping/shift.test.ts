/** A clock that was wrong and became right: what was recorded is as if it had been right all along, after a restart too. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  days,
  hours,
  type Millis,
  millis,
  minutes,
  type NodeId,
  SILENT,
  seconds,
} from "../../../gateway/base/index.ts";
import { Campaigns } from "../../../gateway/service/campaign/index.ts";
import { Credentials } from "../../../gateway/service/credentials/index.ts";
import { Directory } from "../../../gateway/service/directory/index.ts";
import { Events } from "../../../gateway/service/events/index.ts";
import { Images } from "../../../gateway/service/images/index.ts";
import { EditExpiry, Mailbox } from "../../../gateway/service/mailbox/index.ts";
import { Presence, Registry } from "../../../gateway/service/registry/index.ts";
import { shifted, step, unheard } from "../../../gateway/service/registry/reachability.ts";
import { labTrust } from "../../../gateway/service/trust/index.ts";
import { Ledger, memoryJournal, memoryState, type NewFact } from "../../../gateway/store/index.ts";
import { builtInModels, encodeInstances, fixedSchema, loadModels } from "../../../gateway/yang/index.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const schema = await loadModels({ folder: builtInModels(), log: SILENT });
const RIGHT = millis(Date.parse("2026-11-21T12:00:00Z"));
const NODE = "n-1" as NodeId;
const OLD = "n-2" as NodeId;
const BYTES = new Uint8Array([1, 2, 3]);
const PATCH = encodeInstances([{ id: { sid: 60204, keys: [] }, value: 2150n }], schema);

/** A site whose clock a test sets. */
async function site(on = { journal: memoryJournal(), state: memoryState() }, start = RIGHT) {
  const schemas = fixedSchema(schema);
  const clock = new VirtualClock(start);
  const registry = new Registry({ schemas, wakeInterval: minutes(15), log: SILENT });
  const mailbox = new Mailbox({ schemas, setOf: (node) => registry.setOf(node), log: SILENT });
  const events = new Events({ boxOf: (node) => mailbox.box(node), setOf: () => undefined });
  const store = {
    list: async () => [],
    remove: async () => undefined,
  } as unknown as ConstructorParameters<typeof Images>[0]["store"];
  const images = new Images({ store, trust: labTrust, maxBytes: 1, log: SILENT });
  const campaigns = new Campaigns();
  const credentials = new Credentials(SILENT);
  const directory = new Directory();
  const projections = [registry, mailbox, events, images, campaigns, credentials, directory];
  // Checkpoints are made where a test wants one; every ten seconds they would be a quarter of a million in a month.
  const ledger = await Ledger.open({ ...on, projections, clock, log: SILENT, checkpoint: days(1) });
  const seen = () => ({
    node: registry.find(NODE),
    old: registry.find(OLD),
    box: mailbox.box(NODE),
    registration: directory.find("r"),
    campaigns: campaigns.list(),
    named: images.awaited(),
    managers: credentials.managers(),
    news: events.ofSite(millis(0)).filter(({ type }) => type !== "clock.state"),
  });
  return { on, clock, ledger, registry, mailbox, directory, seen };
}

/** What happens `after` the start, by a clock that reads `at`. */
type Happening = (at: Millis) => NewFact;
const STORY: ReadonlyArray<readonly [after: Millis, fact: Happening]> = [
  [seconds(1), (at) => ({ type: "node.joined", at, node: NODE, endpoint: "e", name: "e", actor: "t" })],
  [
    minutes(1),
    (at) => {
      const nextWake = millis(at + minutes(15));
      return { type: "node.reported", at, node: NODE, report: 1, request: 1, reply: BYTES, state: "asleep", nextWake };
    },
  ],
  [
    minutes(2),
    (at) => ({
      type: "datastore.edited",
      at,
      root: NODE,
      patch: PATCH,
      revision: 1,
      parts: [{}],
      expireAfter: days(30),
      actor: "t",
    }),
  ],
  [
    minutes(3),
    (at) => ({
      type: "directory.registered",
      at,
      registration: "r",
      endpoint: "e",
      node: NODE,
      owner: `node:${NODE}`,
      base: "coap://[2001:db8::1]",
      lifetime: 3600,
      links: "</a>",
    }),
  ],
  [
    minutes(4),
    (at) => ({
      type: "campaign.created",
      at,
      campaign: "c",
      name: "c",
      image: "aa",
      targets: [NODE],
      excluded: [],
      stopAtPct: 15,
      silentAfter: 3,
      actor: "t",
    }),
  ],
  [
    minutes(5),
    (at) => ({
      type: "image.named",
      at,
      uri: "coap://a/b",
      digest: "aa",
      size: 1,
      model: "m",
      version: "1",
      name: "n",
      verified: "lab",
      actor: "t",
    }),
  ],
  [
    minutes(6),
    (at) => ({ type: "credential.added", at, credential: "k", name: "bms", kid: BYTES, sealed: BYTES, actor: "t" }),
  ],
];
/** Before the clock was wrong: a node that was heard by the right one, and is never moved. */
const before = (heard: Millis): readonly NewFact[] => [
  { type: "node.joined", at: millis(heard - days(2)), node: OLD, endpoint: "old", name: "old", actor: "t" },
  {
    type: "node.reported",
    at: heard,
    node: OLD,
    report: 1,
    request: 1,
    reply: BYTES,
    state: "asleep",
    nextWake: millis(heard + minutes(15)),
  },
];

/** The story, told by a clock that is `off`, and put right at the end. `restartAt`: the power is cut before this fact. */
async function told(off: Millis, heard: Millis, restartAt = 99, checkpoint = false) {
  const on = { journal: memoryJournal(), state: memoryState() };
  const since = millis(RIGHT + off);
  const became: NewFact = {
    type: "clock.state",
    at: millis(RIGHT + minutes(10)),
    synchronised: true,
    why: "told",
    step: millis(-off),
    since,
  };
  const facts = [
    ...before(heard),
    ...STORY.map(([after, fact]) => fact(millis(since + after))),
    ...(off === 0 ? [] : [became]),
  ];
  let current = await site(on);
  for (const [index, fact] of facts.entries()) {
    if (index === restartAt) {
      if (checkpoint) await current.ledger.checkpoint();
      current = await site(on);
    }
    const { at, type, ...body } = fact;
    // The body belongs to the type; the site's clock is not asked.
    await current.ledger.record(type, { ...body, at } as never);
  }
  return current;
}

describe("time: a wrong clock becomes right", () => {
  test.each([
    ["a year behind, no restart", -days(365), 99, false],
    ["a week behind, cut off before the clock became right", -days(7), 9, false],
    ["a week behind, started again from a checkpoint", -days(7), 9, true],
    ["a week behind, started again in the middle", -days(7), 4, true],
    ["73 years ahead", days(26_600), 6, true],
  ])("%s: all is as if it had been right", async (_name, off, restartAt, checkpoint) => {
    // However far a clock is behind, the site's time goes on after what was recorded.
    const heard = millis(Math.min(RIGHT, RIGHT + off) - minutes(1));
    const expected = (await told(millis(0), heard)).seen();
    const put = await told(millis(off), heard, restartAt, checkpoint);
    expect(put.seen()).toEqual(expected);
    await put.ledger.checkpoint();
    expect((await site(put.on)).seen()).toEqual(expected);
  });

  test("a node's reach is what the right clock would have made of it, whatever was heard of it", () => {
    const heard = fc.record({
      wait: fc.integer({ min: 1, max: 7_200_000 }),
      kind: fc.constantFrom("check-in", "uplink", "registered", "time"),
    });
    const offset = fc.integer({ min: -1_700_000_000_000, max: 2_000_000_000_000 });
    fc.assert(
      fc.property(fc.array(heard, { maxLength: 12 }), offset, (happenings, off) => {
        const live = (start: number) => {
          let at = start;
          return happenings.reduce(
            (reach, { wait, kind }) => {
              at += wait;
              const now = millis(at);
              if (kind === "check-in") {
                return step(reach, { type: "heard", at: now, awake: wait % 2 === 0, nextWake: millis(at + 900_000) });
              }
              if (kind === "registered")
                return step(reach, { type: "registered", at: now, until: millis(at + 3_600_000) });
              return step(
                reach,
                kind === "uplink" ? { type: kind, at: now } : { type: "time", at: now, heard: undefined },
              );
            },
            unheard(minutes(15)),
          );
        };
        const shift = { since: millis(RIGHT + off), step: millis(-off) };
        expect(shifted(live(RIGHT + off), shift)).toEqual(live(RIGHT));
      }),
    );
  });

  test("nobody is lost and nothing expires at once; both come in their own time", async () => {
    const on = { journal: memoryJournal(), state: memoryState() };
    const wrong = await site(on, millis(RIGHT - days(400)));
    for (const [after, fact] of STORY.slice(0, 4)) {
      const { at, type, ...body } = fact(millis(RIGHT - days(400) + after));
      await wrong.ledger.record(type, { ...body, at } as never);
    }
    const { registry, mailbox, directory, ledger, clock } = await site(on, RIGHT);
    await ledger.record("clock.state", {
      synchronised: true,
      why: "told",
      step: millis(days(400) - minutes(10)),
      since: millis(RIGHT - days(400)),
    });
    const presence = new Presence(registry, ledger, clock, seconds(30), () => false);
    await clock.advance(minutes(5));
    expect([registry.get(NODE).reach.missedWakes, mailbox.pending(NODE)]).toEqual([0, 1]);
    expect(directory.gone(clock.now(), 10)).toEqual([]);
    await clock.advance(hours(2));
    expect(registry.get(NODE).reach.state).toBe("lost");
    expect(directory.gone(clock.now(), 10)).toHaveLength(1);
    presence.close();
    await clock.advance(days(29));
    const expiry = new EditExpiry(mailbox, ledger, clock);
    expiry.look();
    expect(mailbox.pending(NODE)).toBe(1);
    expiry.close();
    await clock.advance(days(1));
    expiry.look();
    expect(mailbox.box(NODE).edits[0]?.status.state).toBe("expired");
  });
});

describe("time: while the clock is not right", () => {
  test("a node falls asleep, and is neither overdue nor lost until the clock is right", async () => {
    const { registry, ledger, clock } = await site();
    const quality = { held: true };
    await ledger.record("node.joined", { node: NODE, endpoint: "e", name: "e", actor: "t" });
    const nextWake = millis(clock.now() + minutes(15));
    const report = { node: NODE, report: 1, request: 1, reply: BYTES, nextWake };
    await ledger.record("node.reported", { ...report, state: "awake" });
    const presence = new Presence(
      registry,
      ledger,
      clock,
      minutes(1),
      () => true,
      () => quality.held,
    );
    await clock.advance(minutes(5));
    expect(registry.get(NODE).reach.state).toBe("asleep");
    await clock.advance(hours(20));
    expect(registry.get(NODE).reach).toMatchObject({ state: "asleep", missedWakes: 0 });
    quality.held = false;
    await clock.advance(minutes(5));
    expect(registry.get(NODE).reach.state).toBe("lost");
    presence.close();
  });
});
