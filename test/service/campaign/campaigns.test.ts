/** A campaign over the real check-in lane: offers, progress, silence, the stop rule, and what a restart finds again. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { hours, millis, minutes } from "../../../gateway/base/index.ts";
import { count } from "../../../gateway/service/campaign/index.ts";
import { decodeCampaign, encodeCampaign } from "../../../gateway/service/campaign/record.ts";
import { encodePlain, openFileImages } from "../../../gateway/store/index.ts";
import { draftOf, startCampaign } from "../../support/campaign.ts";
import { ANYBODY, bytes, hex, openServices, request, type Services } from "../../support/services.ts";

let folder: string;
let services: Services;
let image: { readonly digest: string; readonly id: string };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-campaigns-"));
  services = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }) });
  for (const name of ["a01", "a02", "a03", "a04"]) {
    await services.join(name);
    await report(name, `05 a1 1818 a1 01 63747276`); // model "trv"
  }
  const source = (async function* () {
    yield Buffer.from("new firmware");
  })();
  image = await services.images.add(source, { name: "fw", model: "trv", version: "2" }, "test", services.ledger);
});
afterEach(() => rm(folder, { recursive: true }));

let number = 0;
/** `{60001: {2: n, MORE}}`; the answer's payload as hex. */
async function report(endpoint: string, more = "", on = services): Promise<string> {
  number += 1;
  const members = more === "" ? "a1" : "a2";
  const payload = bytes(`a1 19ea61 ${members} 02 19 ${number.toString(16).padStart(4, "0")} ${more}`);
  const answer = await on.checkIn.answer(
    ANYBODY,
    request("POST", "c", { query: [`ep=${endpoint}`], contentFormat: 142, payload }),
  );
  expect(answer?.code).toBe("2.04");
  return hex(answer?.payload);
}

/** `firmware` (60101, 95 beyond `data`): phase (3), wanted-digest (4), received (5), or running-digest (1). */
const working = (phase: number, received: number): string =>
  `05 a1 185f a3 03 ${phase.toString(16).padStart(2, "0")} 04 5820 ${image.digest} 05 ${received.toString(16).padStart(2, "0")}`;
const running = (digest: string): string => `05 a1 185f a1 01 5820 ${digest}`;

async function start(stopAtPct = 50): Promise<string> {
  const nodes = [...services.registry.nodes()];
  return startCampaign(
    { image: { digest: image.digest, model: "trv" }, nodes: nodes.map(({ id }) => ({ id })), stopAtPct },
    services,
  );
}

const phases = (id: string, on = services): readonly string[] =>
  [...on.campaigns.get(id).nodes.values()].map(({ phase }) => phase);

test("UX-R1 UX-R4: a wake brings the offer until the node takes it up, and only the running digest ends it", async () => {
  const id = await start();
  const offer = `5820${image.digest}020c0368${hex(Buffer.from(`f/${image.id}`))}`;
  expect(await report("a01")).toContain(offer);
  expect(await report("a01")).toContain(offer); // not taken up yet: offered again
  expect(phases(id)[0]).toBe("offered");
  expect(await report("a01", working(5, 4))).not.toContain(offer);
  expect(services.campaigns.get(id).nodes.get(services.registry.byEndpoint("a01")!.id)).toMatchObject({
    phase: "downloading",
    received: 4,
  });
  await report("a01", working(11, 12));
  expect(phases(id)[0]).toBe("rebooting");
  await report("a01", running(image.digest));
  expect(phases(id)[0]).toBe("done");
  expect(services.campaigns.get(id).state).toBe("running");
});

test("it is done when the last node has ended", async () => {
  const id = await start();
  for (const name of ["a01", "a02", "a03", "a04"]) await report(name, running(image.digest));
  expect(services.campaigns.get(id)).toMatchObject({ state: "done" });
  expect(await report("a01")).not.toContain(image.digest);
});

test("UX-R2: a restart in the middle goes on where it was", async () => {
  const id = await start();
  await report("a01", working(5, 4));
  await report("a02");
  const restarted = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }), on: services });
  expect(phases(id, restarted)).toEqual(phases(id));
  expect(await report("a03", "", restarted)).toContain(image.digest);
  for (const name of ["a01", "a02", "a03", "a04"]) await report(name, running(image.digest), restarted);
  expect(restarted.campaigns.get(id).state).toBe("done");
});

/** What the clock does on behalf of the inventory. */
async function look(): Promise<void> {
  for (const { node, reach } of services.registry.overdue(services.clock.now())) {
    await services.ledger.record("node.reachability", {
      node: node.id,
      from: node.reach.state,
      to: reach.state,
      missedWakes: reach.missedWakes,
    });
  }
}

test("UX-R3 UX-R10: silence is counted in missed wakes, stops the campaign, and a late success is recorded", async () => {
  const id = await start(50);
  for (const name of ["a01", "a02", "a03", "a04"]) await report(name);
  services.clock.advance(minutes(40)); // wakes are due every 15 minutes: two are missed
  await look();
  expect(count(services.campaigns.get(id))).toMatchObject({ silent: 0, active: 4 });
  await report("a01");
  await report("a02");
  services.clock.advance(minutes(20));
  await look();
  expect(services.campaigns.get(id)).toMatchObject({ state: "stopped" });
  expect(count(services.campaigns.get(id))).toMatchObject({ silent: 2 });
  expect(await report("a01")).not.toContain(image.digest); // nothing is offered any more
  await report("a03", running(image.digest));
  expect(count(services.campaigns.get(id))).toMatchObject({ done: 1, silent: 1 });
});

test("UX-R3: a node that fetches blocks is not silent, however long its wake lasts", async () => {
  const id = await start(1);
  await report("a01");
  services.clock.advance(hours(2));
  services.registry.heard(ANYBODY, services.clock.now()); // the same path as the last check-in
  await look();
  expect(services.campaigns.get(id).nodes.get(services.registry.byEndpoint("a01")!.id)).toMatchObject({
    silent: false,
  });
});

test("a pause offers nothing, a resume goes on, an abort is the end", async () => {
  const id = await start();
  const { campaigns, ledger } = services;
  await campaigns.decide(id, "pause", "test", ledger);
  expect(await report("a01")).not.toContain(image.digest);
  await campaigns.decide(id, "resume", "test", ledger);
  expect(await report("a01")).toContain(image.digest);
  await campaigns.decide(id, "abort", "test", ledger);
  expect(await report("a02")).not.toContain(image.digest);
  expect(() => campaigns.decide(id, "resume", "test", ledger)).toThrow(
    expect.objectContaining({ code: "campaign.state" }),
  );
});

test("UX-R11: a campaign for nobody is refused with the reasons", () => {
  const nodes = [{ id: [...services.registry.nodes()][0]!.id, model: "lamp" }];
  expect(() => draftOf({ image: { digest: image.digest, model: "trv" }, nodes }, services)).toThrow(
    expect.objectContaining({ code: "campaign.no-targets", facts: { reasons: "1 other-model" } }),
  );
});

test("a removed node leaves the campaign, which then ends", async () => {
  const id = await start();
  for (const name of ["a01", "a02", "a03"]) await report(name, running(image.digest));
  await services.ledger.record("node.removed", { node: services.registry.byEndpoint("a04")!.id, actor: "test" });
  expect(services.campaigns.get(id)).toMatchObject({ state: "done" });
  expect(count(services.campaigns.get(id))).toMatchObject({ total: 3, done: 3 });
});

test("what came about during a pause counts at the resume", async () => {
  const id = await start();
  await services.campaigns.decide(id, "pause", "test", services.ledger);
  for (const name of ["a01", "a02", "a03", "a04"]) await report(name, running(image.digest));
  expect(services.campaigns.get(id).state).toBe("paused");
  await services.campaigns.decide(id, "resume", "test", services.ledger);
  expect(services.campaigns.get(id).state).toBe("done");
});

test("errors that a person knew of do not stop a resumed campaign again, new ones do", async () => {
  const id = await start(25);
  const failing = "05 a1 185f a2 03 0f 06 01"; // phase failed, reason no-space
  await report("a01"); // takes the offer
  await report("a01", failing);
  expect(services.campaigns.get(id).state).toBe("stopped");
  await services.campaigns.decide(id, "resume", "test", services.ledger);
  await report("a02", running(image.digest));
  expect(services.campaigns.get(id).state).toBe("running");
  await report("a03"); // takes the offer
  await report("a03", failing);
  expect(services.campaigns.get(id).state).toBe("stopped");
});

test("suit-firmware-encryption: a campaign of an encrypted image ends with what the nodes make of it", async () => {
  const becomes = "ab".repeat(32);
  const nodes = [...services.registry.nodes()].map(({ id }, index) => ({
    id,
    running: index === 0 ? becomes : undefined,
  }));
  const body = draftOf({ image: { digest: image.digest, model: "trv", becomes }, nodes }, services);
  expect(body.excluded).toEqual([{ node: nodes[0]?.id, reason: "already-installed" }]);
  await services.ledger.record("campaign.created", { ...body, actor: "test" });
  await report("a02", running(becomes));
  expect(count(services.campaigns.get(body.campaign))).toMatchObject({ total: 3, done: 1 });
});

test("a record of before there were groups goes on as one group", async () => {
  const before = {
    id: "c-20261101-01",
    name: "old",
    image: image.digest,
    created: millis(0),
    state: "running",
    reason: "",
    stopAtPct: 50,
    silentAfter: 3,
    forgiven: 0,
    excluded: [],
    nodes: [
      ["n-1", { phase: "done", silent: false, received: 0 }],
      ["n-2", { phase: "downloading", silent: true, received: 64 }],
      ["n-3", { phase: "waiting-wake", silent: false, received: 0 }],
    ],
  };
  const campaign = decodeCampaign(encodePlain(before));
  expect(count(campaign)).toEqual({ total: 3, done: 1, failed: 0, silent: 1, active: 0, waiting: 1 });
  expect(campaign.groups).toMatchObject([{ state: "open", plan: { name: "all", errorPct: 50 }, forgiven: 0 }]);
  expect(decodeCampaign(encodeCampaign(campaign))).toEqual(campaign);
});
