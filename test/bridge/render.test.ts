/** What each fact becomes, byte by byte (docs/mqtt.md), and that the bytes follow from the fact alone. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { isRemoval, type Message, parsePayload } from "../../cloud-bridge/mqtt/outbox/message.ts";
import { ViewStore } from "../../cloud-bridge/mqtt/outbox/view-store.ts";
import { campaignSummary } from "../../cloud-bridge/mqtt/render/campaign.ts";
import { render } from "../../cloud-bridge/mqtt/render/render.ts";
import { type CampaignView, type Counted, keysOf } from "../../cloud-bridge/mqtt/render/view.ts";
import type { NodeId } from "../../gateway/base/index.ts";
import { PHASE_COUNTED } from "../../gateway/store/facts.ts";
import { type Fact, type FactType, memoryState, type NewFact, PHASES } from "../../gateway/store/index.ts";
import { encodeTree, fromJson } from "../../gateway/yang/index.ts";
import { atSecond, nodeId, phase, SITE } from "../support/bridge-site.ts";
import { bridgeStory } from "../support/bridge-story.ts";
import { bridgeSchema, bridgeTrees } from "../support/bridge-trees.ts";

interface Told {
  readonly fact: Fact;
  readonly messages: readonly Message[];
}

/** A projection and how it takes the next fact. */
async function viewer(epoch = SITE.epoch) {
  const trees = await bridgeTrees();
  const view = await ViewStore.load(memoryState(), trees);
  let seq = 0;
  const take = (newFact: NewFact): Told => {
    seq += 1;
    const fact: Fact = { ...newFact, seq };
    const keys = keysOf(fact);
    const { slice, messages } = render(view.slice(keys), fact, { site: SITE.site, epoch, trees });
    view.put(keys, slice);
    return { fact, messages };
  };
  return { view, take };
}

async function tell(facts: readonly NewFact[], epoch = SITE.epoch): Promise<readonly Told[]> {
  const { take } = await viewer(epoch);
  return facts.map(take);
}

const text = (told: readonly Told[]): string =>
  told
    .map(({ fact, messages }) =>
      [
        `# ${fact.seq} ${fact.type}`,
        ...messages.map(({ topic, payload }) => `${topic} ${Buffer.from(payload).toString()}`.trimEnd()),
        "",
      ].join("\n"),
    )
    .join("\n");

/** A new fact type fails to compile here until the story has one. */
const FACT_TYPES: Readonly<Record<FactType, true>> = {
  "gateway.started": true,
  "store.returned": true,
  "clock.state": true,
  "node.joined": true,
  "node.renamed": true,
  "node.models": true,
  "node.replaced": true,
  "node.removed": true,
  "node.reported": true,
  "node.read": true,
  "node.notified": true,
  "models.changed": true,
  "node.reachability": true,
  "datastore.edited": true,
  "edit.state": true,
  "edit.trial": true,
  "image.added": true,
  "campaign.created": true,
  "campaign.state": true,
  "campaign.group": true,
  "campaign.joined": true,
  "campaign.forecast": true,
  "campaign.measured": true,
  "ota.phase": true,
  "credential.added": true,
  "credential.removed": true,
  "directory.registered": true,
  "directory.renewed": true,
  "directory.removed": true,
  "image.named": true,
  "image.removed": true,
  "trust.anchor-added": true,
  "trust.anchor-removed": true,
  "trust.threshold": true,
  "release.accepted": true,
  "release.marks": true,
  "release.withdrawn": true,
  "release.reported": true,
  "command.begun": true,
  "command.accepted": true,
  "command.done": true,
  "command.refused": true,
  "push.updated": true,
};

let story: readonly NewFact[];
let told: readonly Told[];
beforeAll(async () => {
  story = bridgeStory(await bridgeSchema());
  told = await tell(story);
});
const events = (): ReadonlyArray<Record<string, unknown>> =>
  told.flatMap(({ messages }) => messages.filter(({ kind }) => kind === "event").map((m) => parsePayload(m.payload)));

const countsOf = (campaign: CampaignView): Readonly<Record<Counted | "total", number>> =>
  JSON.parse(JSON.stringify(campaignSummary(campaign)["counts"]));

describe("rendering", () => {
  test("tells the story as in golden/story.txt", () => {
    expect(text(told)).toBe(readFileSync(join(import.meta.dirname, "golden", "story.txt"), "utf8"));
  });

  test("has every fact type in the story", () => {
    expect([...new Set(story.map(({ type }) => type))].sort()).toEqual(Object.keys(FACT_TYPES).sort());
  });

  test("gives the same bytes again", async () => {
    expect(text(await tell(story))).toBe(text(told));
  });

  test("links the events by prev-seq without a gap, whatever facts lie between", () => {
    let last = "0";
    for (const event of events()) {
      expect(event["prev-seq"]).toBe(last);
      last = String(event["seq"]);
    }
  });

  test("chains the events by a hash that anyone can compute from the payload", () => {
    let last: unknown = null;
    for (const { hash, ...rest } of events()) {
      expect(rest["prev"]).toBe(last);
      expect(hash).toBe(`sha256:${createHash("sha256").update(JSON.stringify(rest)).digest("hex")}`);
      last = hash;
    }
  });

  test("gives other ids and hashes under another epoch", async () => {
    const other = await tell(story, SITE.epoch + 1);
    const ids = (of: readonly Told[]): readonly unknown[] =>
      of.flatMap(({ messages }) =>
        messages.filter((m) => m.kind === "event").map((m) => parsePayload(m.payload)["id"]),
      );
    expect(ids(told).filter((id) => ids(other).includes(id))).toEqual([]);
  });

  test("says in a node's birth whether it has credentials, through a change of them and an old journal", async () => {
    const { take } = await viewer();
    const joined = story.find(({ type }) => type === "node.joined")!;
    const added = (credential: string): NewFact => ({
      ...(story.find(({ type }) => type === "credential.added") as Extract<NewFact, { type: "credential.added" }>),
      credential,
    });
    const removed = (credential: string, node?: NodeId): NewFact => {
      const whose = node === undefined ? {} : { node, name: "room-1" };
      return { type: "credential.removed", at: atSecond(9), credential, ...whose, actor: "cli:root" };
    };
    const births = [
      joined,
      added("c-1"),
      added("c-2"),
      removed("c-1", nodeId(1)),
      removed("c-2"), // of before it was told whose
      removed("c-2", nodeId(1)),
    ].map((fact) => {
      const birth = take(fact).messages.find(({ kind }) => kind === "nodeBirth");
      return birth && parsePayload(birth.payload)["security"];
    });
    expect(births).toEqual(["none", "oscore", undefined, undefined, undefined, "none"]);
  });

  test("removes every retained topic of a removed node, after the event", () => {
    const retained = new Set(told.slice(0, -1).flatMap(({ messages }) => messages.map(({ topic }) => topic)));
    const last = told.at(-1)?.messages ?? [];
    expect(last[0]?.kind).toBe("event");
    const removed = last.slice(1);
    expect(removed.every(isRemoval)).toBe(true);
    expect(removed.map(({ topic }) => topic).sort()).toEqual(
      [...retained].filter((topic) => topic.includes("/n/n-0001/")).sort(),
    );
  });

  test("tells samples in the order of their times, then the report", () => {
    const observed = (told[5]?.messages ?? [])
      .filter(({ kind }) => kind === "nodeData")
      .map(({ payload }) => parsePayload(payload)["sidgate-mqtt:meta"]);
    expect(observed).toEqual([
      { seq: "6", epoch: 3, observed: "2026-11-21T13:00:40Z" },
      { seq: "6", epoch: 3, observed: "2026-11-21T13:01:10Z" },
      { seq: "6", epoch: 3, observed: "2026-11-21T13:01:40Z" },
    ]);
  });

  test("says how many edits wait as the mailbox counted them, however many facts there were", async () => {
    const edit = story.find(({ type }) => type === "datastore.edited");
    const report = story[8];
    if (edit?.type !== "datastore.edited" || report?.type !== "node.reported") throw new Error("the story changed");
    const { revision: _none, ...plain } = edit;
    const rows: ReadonlyArray<readonly [fact: NewFact, pending: number]> = [
      [{ ...edit, revision: 17, pending: 1 }, 1],
      [{ ...edit, revision: 17, pending: 1 }, 1], // merged with the one that waits
      [{ ...edit, revision: 18, pending: 2 }, 2],
      [report, 2], // a report of before the count was told
      [{ ...report, applied: 18, pending: 1 }, 1],
      [{ ...report, applied: 18, pending: 0 }, 0],
      [{ ...edit, pending: 3 }, 3],
      [plain, 0], // an edit of before the count was told
    ];
    const { view, take } = await viewer();
    const [, join] = story;
    if (join !== undefined) take(join);
    for (const [fact, pending] of rows) {
      take(fact);
      expect([...view.nodes].map((node) => node.pending)).toEqual([pending]);
    }
  });

  test.each(PHASES.map((to) => [to, PHASE_COUNTED[to]] as const))(
    "counts a node in phase %s as %s, and a skipped one not at all",
    async (to, head) => {
      const { view, take } = await viewer();
      for (const fact of story.slice(0, 12)) take(fact);
      take(phase(1, "waiting-wake", to));
      const [campaign] = [...view.campaigns];
      if (campaign === undefined) throw new Error("the story changed");
      const { total, skipped, ...heads } = countsOf(campaign);
      expect(total).toBe(head === "skipped" ? 1 : 2);
      expect(Object.values(heads).reduce((sum, count) => sum + count, 0)).toBe(total);
      expect({ ...heads, skipped }[head]).toBe(head === "waiting" ? 2 : 1);
    },
  );

  test("names the version that a node runs alike in its birth and its ota: as the image has it, while it runs that", async () => {
    const { take } = await viewer();
    for (const fact of story.slice(0, 12)) take(fact);
    const versions = ({ messages }: Told): readonly unknown[] =>
      (["nodeBirth", "nodeOta"] as const).map((kind) => {
        const told = messages.find((message) => message.kind === kind);
        const members = told && parsePayload(told.payload);
        return members?.["sw"] ?? members?.["installed_version"];
      });
    expect(versions(take(phase(1, "waiting-wake", "done")))).toEqual([{ app: "1.5.0" }, "1.5.0"]);
    const report = story[5];
    if (report?.type !== "node.reported") throw new Error("the story changed");
    const schema = await bridgeSchema();
    const firmware = { "running-version": "3.0", "running-digest": Buffer.alloc(32).toString("base64") };
    const data = encodeTree(fromJson({ "sidgate-firmware:firmware": firmware }, schema), schema);
    const { samples: _none, ...plain } = report;
    expect(versions(take({ ...plain, data }))).toEqual([{ app: "3.0" }, "3.0"]);
  });

  test("says in a node's birth for how long it listens, where it told so", async () => {
    const { take } = await viewer();
    for (const fact of story.slice(0, 5)) take(fact);
    const report = story[5];
    if (report?.type !== "node.reported") throw new Error("the story changed");
    const schema = await bridgeSchema();
    const data = encodeTree(fromJson({ "sidgate-node:node": { "awake-time": 2 } }, schema), schema);
    const birth = take({ ...report, data }).messages.find(({ kind }) => kind === "nodeBirth");
    expect(birth && parsePayload(birth.payload)["sleepy"]).toEqual({ "interval-s": 900, "listen-ms": 2000 });
  });

  test("counts a removed node no longer as active when it is skipped", async () => {
    const { view, take } = await viewer();
    for (const fact of story.slice(0, 14)) take(fact);
    take({ type: "node.removed", at: atSecond(2005), node: nodeId(1), actor: "cli:root" });
    take(phase(1, "downloading", "skipped", 2005));
    const [campaign] = [...view.campaigns];
    expect(campaign && countsOf(campaign)).toMatchObject({ total: 1, active: 0, waiting: 1, skipped: 1 });
  });

  test("keeps the samples and then the report in the node's data: what only a sample said stays", async () => {
    const report = story[5];
    if (report?.type !== "node.reported") throw new Error("the story changed");
    const schema = await bridgeSchema();
    const room = (json: { readonly [leaf: string]: string | number }): Uint8Array =>
      encodeTree(fromJson({ "sidgate-building:room": json }, schema), schema);
    const samples = [
      { at: atSecond(40), data: room({ temperature: "19.00", battery: 2800 }) },
      { at: atSecond(70), data: room({ temperature: "20.00", battery: 2700 }) },
    ];
    const told = await tell([...story.slice(0, 3), { ...report, samples, data: room({ temperature: "21.00" }) }]);
    const rooms = (told.at(-1)?.messages ?? [])
      .filter(({ kind }) => kind === "nodeData")
      .map(({ payload }) => parsePayload(payload)["sidgate-building:room"]);
    expect(rooms).toEqual([
      { temperature: "19.0", battery: 2800 },
      { temperature: "20.0", battery: 2700 },
      { temperature: "21.0", battery: 2700 },
    ]);
  });

  test("leaves out a sample that is older than what is known of its module", async () => {
    const sample = story[5];
    if (sample?.type !== "node.reported") throw new Error("the story changed");
    const late = { ...sample, samples: (sample.samples ?? []).map((one) => ({ ...one, at: story[0]?.at ?? one.at })) };
    const [, , , , , again] = await tell([...story.slice(0, 5), late]);
    expect(again?.messages.filter(({ kind }) => kind === "nodeData")).toHaveLength(1);
  });

  test("leaves out what the check-in called history", async () => {
    const sample = story[5];
    if (sample?.type !== "node.reported") throw new Error("the story changed");
    const samples = (sample.samples ?? []).map((one) => ({ ...one, past: true as const }));
    const rooms = async (fact: NewFact): Promise<number> =>
      ((await tell([...story.slice(0, 5), fact])).at(-1)?.messages ?? []).filter(({ kind }) => kind === "nodeData")
        .length;
    expect(await rooms({ ...sample, samples })).toBe((await rooms(sample)) - samples.length);
  });

  test("shows the URI of an image without its query", async () => {
    const named = story.find(({ type }) => type === "image.named");
    if (named?.type !== "image.named") throw new Error("the story changed");
    const [told] = await tell([{ ...named, uri: `${named.uri}?token=s3cret` }]);
    expect(told?.messages.map(({ payload }) => parsePayload(payload)["uri"])).toEqual([`${named.uri}?…`]);
  });

  test("skips data that the schema cannot read and tells the rest", async () => {
    const trees = await bridgeTrees();
    const report = story[4];
    if (report?.type !== "node.reported") throw new Error("the story changed");
    const view = await ViewStore.load(memoryState(), trees);
    const context = { site: SITE.site, epoch: SITE.epoch, trees };
    const join: Fact = { ...(story[1] as NewFact), seq: 1 };
    view.put(keysOf(join), render(view.slice(keysOf(join)), join, context).slice);
    const broken: Fact = { ...report, seq: 2, data: Uint8Array.of(0xa1, 0x01) };
    const { messages, skipped } = render(view.slice(keysOf(broken)), broken, context);
    expect(skipped).toEqual(["cbor.truncated"]);
    expect(messages.map(({ kind }) => kind)).toEqual(["nodeState"]);
  });
});
