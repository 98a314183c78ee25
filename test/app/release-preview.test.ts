/** Before any radio time: what a release would do to each node, campaigns without those that it fails on, offers held back. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { campaignHandlers } from "../../gateway/app/campaign/commands.ts";
import { commandHandlers } from "../../gateway/app/inbox/inventory-commands.ts";
import { previewOf } from "../../gateway/app/trust/release-preview.ts";
import { isCoded, SILENT } from "../../gateway/base/index.ts";
import { Credentials } from "../../gateway/service/credentials/index.ts";
import { labTrust } from "../../gateway/service/trust/index.ts";
import { openFileImages } from "../../gateway/store/index.ts";
import type { Json } from "../../gateway/yang/index.ts";
import { openServices, type Services } from "../support/services.ts";
import { digestHex, IMAGE, plannedEnvelope } from "../support/signed-release.ts";
import { acceptedFact, MINE, type Told, tells } from "../support/suit-node.ts";

const DIGEST = digestHex(IMAGE);
const NAMES = { model: "trv", version: "2" };
const READY: Told = { ...MINE, components: [{}] };
const WHY = "will fail before its first command: the node has installed number 9, and takes no lower one; this is 7";

let folder: string;
let services: Services;
let release: string;
let run: (op: string, args: Readonly<Record<string, Json>>) => Promise<Json>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-preview-"));
  services = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }), managers: [] });
  const { ledger, images, access, schema } = services;
  const fact = await acceptedFact(plannedEnvelope({ sequence: 7 }), NAMES);
  release = fact.release;
  await ledger.record("release.accepted", fact);
  await images.add(stream(), { name: "fw", ...NAMES }, "test", ledger);
  for (const name of ["ready", "newer", "silent", "other"]) await services.join(name);
  await tells("ready", 1, { model: "trv", ...READY }, services);
  await tells("newer", 1, { model: "trv", ...READY, sequence: 9 }, services);
  await tells("silent", 1, { model: "trv" }, services);
  await tells("other", 1, { model: "pump" }, services);
  if (access === undefined) throw new RangeError("it was asked for");
  const given = {
    ...services,
    access,
    credentials: new Credentials(SILENT),
    recorder: ledger,
    models: { of: () => schema, has: () => false, list: () => [] },
    defaults: { stopAtPct: 15, silentAfter: 3, attempts: 1, download: [], apply: [] },
    zone: "UTC",
    fetching: () => ({ state: "awaited" as const }),
    trust: labTrust,
  };
  const handlers = new Map([...commandHandlers(given), ...campaignHandlers(given)]);
  run = async (op, args) => (await handlers.get(op)?.(args, "test")) ?? null;
});
afterEach(() => rm(folder, { recursive: true }));

async function* stream(): AsyncGenerator<Uint8Array> {
  yield IMAGE;
}
const nodeOf = (endpoint: string) => services.registry.named(endpoint).id;
const refused = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "taken",
    (error: unknown) => (isCoded(error) ? { code: error.code, facts: error.facts } : Promise.reject(error)),
  );

test("SU-P10: a preview has a row for each node of the model: applies, fails, nothing known", async () => {
  const bytes = { least: String(IMAGE.length), most: String(IMAGE.length) };
  const { nodes, ...head } = await previewOf(release.slice(0, 8), undefined, services);
  expect(head).toEqual({ release, sequence: "7", ...NAMES, others: 1 });
  expect(nodes).toMatchObject([
    { node: nodeOf("ready"), name: "ready", verdict: "applies", bytes },
    { name: "newer", verdict: "fails", text: WHY },
    { name: "silent", verdict: "unknown", text: "it told nothing of a manifest processor" },
  ]);
  expect((await previewOf(release, "other", services)).nodes).toMatchObject([{ name: "other", verdict: "unknown" }]);
});

test("a preview of what is not there, or stands no longer, is refused", async () => {
  expect(await refused(previewOf("00000000", undefined, services))).toMatchObject({ code: "release.unknown" });
  expect(await refused(previewOf(release, "nobody", services))).toMatchObject({ code: "node.unknown" });
  await services.ledger.record("release.withdrawn", { release, reason: "revoked", actor: "test" });
  expect(await refused(previewOf(release, undefined, services))).toMatchObject({ code: "release.withdrawn" });
});

test("a campaign leaves out the nodes on which the release will fail, and says why", async () => {
  expect(await run("campaign.create", { image: DIGEST })).toMatchObject({ targets: 2, excluded: 2 });
  expect(services.campaigns.list()).toMatchObject([
    {
      excluded: [
        { node: nodeOf("newer"), reason: "manifest", detail: WHY },
        { node: nodeOf("other"), reason: "other-model" },
      ],
    },
  ]);
});

test("a campaign of nobody is refused with the reasons counted, and one of them told", async () => {
  expect(await refused(run("campaign.create", { image: DIGEST, nodes: ["newer"] }))).toEqual({
    code: "campaign.no-targets",
    facts: { reasons: `3 not-selected, 1 manifest; it ${WHY}` },
  });
});

test("SU-P10: what will fail now is not offered at this wake; when the node is right again, it is", async () => {
  await run("campaign.create", { image: DIGEST });
  const held: string[] = [];
  services.holds.onHeld((node, why) => held.push(`${node} ${why}`));
  const facts = services.journal.last;
  const answer = await tells("ready", 2, { ...READY, sequence: 9 }, services);
  expect(Buffer.from(answer.payload ?? []).toString("hex")).not.toContain(DIGEST);
  await tells("ready", 3, {}, services);
  expect(held).toEqual([`${nodeOf("ready")} ${WHY}`]);
  expect(services.campaigns.phaseOf(nodeOf("ready"))).toBe("waiting-wake");
  expect(services.journal.last).toBe(facts + 2);
  const later = await tells("ready", 4, { ...READY, sequence: 5 }, services);
  expect(Buffer.from(later.payload ?? []).toString("hex")).toContain(DIGEST);
  expect(services.campaigns.phaseOf(nodeOf("ready"))).toBe("offered");
  // Of whom nothing is known nothing is foreseen.
  const blind = await tells("silent", 2, {}, services);
  expect(Buffer.from(blind.payload ?? []).toString("hex")).toContain(DIGEST);
});
