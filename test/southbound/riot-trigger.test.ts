/** Nodes that run RIOT's `sys/suit` are told where their manifest is, when they can hear it, and never twice for nothing. */
import { beforeEach, expect, test } from "@jest/globals";
import { ownBase } from "../../gateway/app/south/listeners.ts";
import { minutes, type NodeId, SILENT, toHex, WireError } from "../../gateway/base/index.ts";
import type { Answer, Question, RequestPeer } from "../../gateway/coap/index.ts";
import { CampaignOffers, Campaigns } from "../../gateway/service/campaign/index.ts";
import { Directory, idOf } from "../../gateway/service/directory/index.ts";
import { Registry } from "../../gateway/service/registry/index.ts";
import { measure, readPlan, signEnvelope } from "../../gateway/service/trust/author/index.ts";
import { createForRiot } from "../../gateway/service/trust/author/riot.ts";
import { Anchors, Releases, RiotEnvelopes, SequenceMarks, TrustDesk } from "../../gateway/service/trust/index.ts";
import { RiotTriggers } from "../../gateway/southbound/riot/index.ts";
import { type Fact, Ledger, memoryJournal, memoryState } from "../../gateway/store/index.ts";
import { encodeEnvelope } from "../../gateway/wire/suit/index.ts";
import { fixedSchema } from "../../gateway/yang/index.ts";
import { builtIn } from "../support/served-site.ts";
import { answer } from "../support/serving-node.ts";
import { digestHex, IMAGE, newSigner, publicHalf, release } from "../support/signed-release.ts";
import { memoryFile } from "../support/trust-site.ts";
import { settled, VirtualClock } from "../support/virtual-clock.ts";

const LINKS = "</suit/trigger>,</suit/version>,</suit/slot/active>";
const AUTHOR = newSigner(-19);
const NODE = "n-0001" as NodeId;
const schema = await builtIn;

function riotRelease(sequence: bigint): Uint8Array {
  const plan = readPlan(
    `{dialect: riot-09, vendor: acme.example, model: valve-2, components: [{file: app, uri: "coap://[fd00::1]/f/1ab2c3"}]}`,
    "plan",
  );
  const envelope = createForRiot(plan, new Map([["app", measure(IMAGE)]]), sequence);
  return encodeEnvelope(signEnvelope(envelope, { name: "key", key: AUTHOR }));
}

/** A gateway with one node, which answers as the test says. */
async function open() {
  const clock = new VirtualClock();
  const registry = new Registry({ schemas: fixedSchema(schema), wakeInterval: minutes(15), log: SILENT });
  const [campaigns, directory, anchors, releases] = [new Campaigns(), new Directory(), new Anchors(), new Releases()];
  const projections = [registry, campaigns, directory, anchors, releases];
  const ledger = await Ledger.open({ journal: memoryJournal(), state: memoryState(), projections, clock, log: SILENT });
  const marks = await SequenceMarks.open(memoryFile(), releases.marks, SILENT);
  const quality = { synchronised: true };
  const desk = new TrustDesk({ anchors, releases, marks, recorder: ledger, clock, quality, log: SILENT });
  await desk.add(publicHalf(AUTHOR), "author", {}, "test");
  const facts: Fact[] = [];
  ledger.onFact((fact) => facts.push(fact));
  const asked: string[] = [];
  const node = { slot: "0", reachable: true, takes: "2.01" };
  const request = async ({ remote }: RequestPeer, { method, path, payload }: Question): Promise<Answer> => {
    const at = path.join("/");
    asked.push(`${method} ${at}${payload === undefined ? "" : ` ${Buffer.from(payload).toString()}`}`);
    if (!node.reachable) throw new WireError("request.timeout", { peer: remote.address, what: "no acknowledgement" });
    return at === "suit/slot/active" ? answer("2.05", { payload: Buffer.from(node.slot) }) : answer(node.takes);
  };
  const envelopes = new RiotEnvelopes(releases);
  const triggers = new RiotTriggers({
    ledger,
    directory,
    registry,
    campaigns,
    offers: new CampaignOffers({ campaigns, clock, zone: "UTC", meshOf: () => "test", nextWake: () => clock.now() }),
    envelopes,
    requests: { request },
    credentialOf: () => undefined,
    transportTo: () => 0,
    uriFor: async (_remote, { id }) => `coap://[fd00::1]/f/${id}`,
    clock,
    network: clock,
    log: SILENT,
  });
  await ledger.record("node.joined", { node: NODE, endpoint: "riot-1", name: "riot-1", actor: "test" });
  triggers.open();
  const rest = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await settled();
  };
  return {
    asked,
    clock,
    desk,
    envelopes,
    facts,
    node,
    triggers,
    campaigns,
    registers: async (links = LINKS, owner = "host:192.0.2.7") => {
      const registration = idOf("riot-1", undefined);
      const body = { registration, endpoint: "riot-1", node: NODE, base: "coap://192.0.2.7:5683", lifetime: 3600 };
      await ledger.record("directory.registered", { ...body, owner, links });
      await rest();
    },
    wants: async (image = digestHex(IMAGE)) => {
      const body = { name: "c", image, targets: [NODE], excluded: [], stopAtPct: 10, silentAfter: 86_400_000 };
      await ledger.record("campaign.created", { campaign: "c-1", ...body, actor: "test" });
      await campaigns.judge("c-1", ledger); // its only group begins
      await rest();
    },
  };
}
let site: Awaited<ReturnType<typeof open>>;
let uri: string;
beforeEach(async () => {
  site = await open();
  await site.desk.accept(riotRelease(7n), {}, "test");
  uri = `coap://[fd00::1]/f/${site.envelopes.for(digestHex(IMAGE))?.id}`;
});
const phases = (): readonly string[] => site.facts.flatMap((fact) => (fact.type === "ota.phase" ? [fact.to] : []));
const SLOT = "GET suit/slot/active";
const trigger = (): string => `POST suit/trigger ${uri}`;

test("a campaign reaches a node that listens; the envelope lies where the trigger says, as it was signed", async () => {
  await site.registers();
  expect(site.asked).toEqual([]);
  await site.wants();
  expect(site.asked).toEqual([SLOT, trigger()]);
  expect(phases()).toEqual(["offered"]);
  const offer = site.envelopes.find(uri.slice(-7));
  expect(toHex(offer?.bytes ?? new Uint8Array())).toBe(toHex(riotRelease(7n)));
  await site.triggers.close();
});

test("while it downloads it is not disturbed; then its other slot says that the image runs", async () => {
  await site.registers();
  await site.wants();
  await site.registers();
  expect(site.asked).toEqual([SLOT, trigger(), SLOT]);
  await site.clock.advance(minutes(11));
  await site.registers();
  expect(site.asked.slice(3)).toEqual([SLOT, trigger()]);
  site.node.slot = "1";
  await site.registers();
  expect(phases()).toEqual(["offered", "done"]);
  await site.registers();
  expect(site.asked).toHaveLength(6);
  await site.triggers.close();
});

test("a push that is lost is no failure: the next sign of life brings another one", async () => {
  await site.registers();
  site.node.reachable = false;
  await site.wants();
  expect(phases()).toEqual([]);
  site.node.reachable = true;
  site.node.takes = "4.13";
  await site.registers();
  expect(phases()).toEqual([]);
  site.node.takes = "2.04";
  await site.registers();
  expect(phases()).toEqual(["offered"]);
  await site.triggers.close();
});

test("a newer release of the same image is told at once", async () => {
  await site.registers();
  await site.wants();
  await site.desk.accept(riotRelease(8n), {}, "test");
  uri = `coap://[fd00::1]/f/${site.envelopes.for(digestHex(IMAGE))?.id}`;
  await site.registers();
  expect(site.asked.at(-1)).toBe(trigger());
  await site.triggers.close();
});

test("RFC 9176 §7: nobody is told who did not register that himself, or has nothing to be told", async () => {
  await site.wants();
  await site.registers(LINKS, "host:198.51.100.9");
  await site.registers("</c>;rt=core.c.ds");
  await site.registers("<coap://198.51.100.9/suit/trigger>,<coap://[::1]:77777/suit/trigger>,</suit/trigger?x>");
  expect(site.asked).toEqual([]);
  await site.registers("</suit/>");
  expect(site.asked).toEqual([SLOT, trigger()]);
  await site.triggers.close();
});

test("an image that only releases for other nodes name is not for RIOT", async () => {
  const other = await open();
  await other.desk.accept(release({}, AUTHOR), {}, "test");
  await other.registers();
  await other.wants();
  expect(other.asked).toEqual([]);
  expect(other.envelopes.for(digestHex(IMAGE))).toBeUndefined();
  await other.triggers.close();
});

test("our address is the one that datagrams to the peer leave from", async () => {
  const peer = { address: "127.0.0.1", port: 5683 };
  expect(await ownBase("0.0.0.0", 5683, peer)).toBe("coap://127.0.0.1");
  expect(await ownBase("127.0.0.1", 5700, peer)).toBe("coap://127.0.0.1:5700");
  expect(await ownBase("fe80::1%eth0", 5683, peer)).toBe("coap://[fe80::1]");
});
