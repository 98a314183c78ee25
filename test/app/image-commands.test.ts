/** The commands about images: what is named, what a campaign may use, what may be removed. */
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { campaignHandlers } from "../../gateway/app/campaign/commands.ts";
import { commandHandlers } from "../../gateway/app/inbox/inventory-commands.ts";
import { millis, SILENT } from "../../gateway/base/index.ts";
import { Credentials } from "../../gateway/service/credentials/index.ts";
import { openFileImages } from "../../gateway/store/index.ts";
import type { FetchState } from "../../gateway/upstream/index.ts";
import type { Json } from "../../gateway/yang/index.ts";
import { startCampaign } from "../support/campaign.ts";
import { openServices, type Services } from "../support/services.ts";

const BYTES = Buffer.from("an image");
const DIGEST = createHash("sha256").update(BYTES).digest("hex");
const URI = "https://fw.example/a.bin?token=s3cret";
const NAMED = { uri: URI, model: "trv", version: "2", digest: DIGEST, size: BYTES.length };

let folder: string;
let services: Services;
let fetching: FetchState;
let stands: boolean;
let run: (op: string, args: Readonly<Record<string, Json>>, body?: AsyncIterable<Uint8Array>) => Promise<Json>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-image-commands-"));
  services = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }), managers: [] });
  fetching = { state: "awaited" };
  stands = true;
  const { registry, images, campaigns, clock, ledger, access } = services;
  if (access === undefined) throw new Error("it was asked for");
  const given = {
    registry,
    images,
    campaigns,
    clock,
    access,
    credentials: new Credentials(SILENT),
    recorder: ledger,
    models: { of: () => services.schema, has: () => false, list: () => [] },
    defaults: { stopAtPct: 15, silentAfter: 3, attempts: 1, download: [], apply: [] },
    zone: "UTC",
    fetching: () => fetching,
    trust: { stands: () => stands },
    releases: services.releases,
    foresight: { obstacle: () => undefined },
  };
  const handlers = new Map([...commandHandlers(given), ...campaignHandlers(given)]);
  run = async (op, args, body) => (await handlers.get(op)?.(args, "test", body)) ?? null;
});
afterEach(() => rm(folder, { recursive: true }));

async function* stream(): AsyncGenerator<Uint8Array> {
  yield BYTES;
}
const codeOf = (work: Promise<Json>): Promise<unknown> =>
  work.then(
    () => "done",
    (error: { readonly code: string }) => error.code,
  );

test("no answer shows the query of a URI, and a name comes from its path", async () => {
  expect(await run("image.announce", NAMED)).toMatchObject({ uri: "https://fw.example/a.bin?…" });
  expect(await run("image.announce", { ...NAMED, uri: "https://fw.example/?token=s3cret" })).toBeDefined();
  expect(services.images.sources().map(({ name }) => name)).toEqual(["a.bin", "fw.example"]);
});

test("a URI that is named again tells what is fetched from there no longer", async () => {
  expect(await run("image.announce", NAMED)).not.toHaveProperty("replaced");
  expect(await run("image.announce", { ...NAMED, version: "3", digest: "ab".repeat(32) })).toMatchObject({
    version: "3",
    replaced: { model: "trv", version: "2", stored: false },
  });
});

test.each<readonly [FetchState, RegExp]>([
  [{ state: "awaited" }, /not begun yet/],
  [{ state: "fetching", received: 3 }, /3 bytes so far/],
  [
    { state: "failed", code: "upstream.silent", reason: "nothing came", failures: 2, again: millis(0) },
    /failed 2 times.*nothing came/,
  ],
])("a campaign with an image that is awaited is told why it cannot begin: %j", async (state, why) => {
  const { id } = (await run("image.announce", NAMED)) as { readonly id: string };
  fetching = state;
  const refused = run("campaign.create", { image: id });
  await expect(refused).rejects.toMatchObject({ code: "image.awaited", facts: { why: expect.stringMatching(why) } });
  await expect(refused).rejects.not.toMatchObject({ facts: { uri: expect.stringContaining("s3cret") } });
});

test("an image stays while a campaign may go on with it, and can be removed afterwards", async () => {
  const node = await services.join("room-1");
  const { id } = (await run("image.add", { name: "a", model: "trv", version: "2" }, stream())) as {
    readonly id: string;
  };
  const campaign = await startCampaign({ image: services.images.get(id), nodes: [{ id: node }] }, services);
  expect(await codeOf(run("image.remove", { image: id }))).toBe("image.in-use");
  await run("campaign.pause", { campaign });
  expect(await codeOf(run("image.remove", { image: DIGEST }))).toBe("image.in-use");
  await run("campaign.abort", { campaign });
  expect(await run("image.remove", { image: id })).toMatchObject({ id, digest: DIGEST, model: "trv", version: "2" });
  expect(await codeOf(run("image.remove", { image: id }))).toBe("image.unknown");
});

test("a campaign takes no image whose release is withdrawn", async () => {
  const { id } = await services.images.add(
    stream(),
    { name: "a.bin", model: "trv", version: "2" },
    "test",
    services.ledger,
  );
  expect(await codeOf(run("campaign.create", { image: id }))).toBe("campaign.no-targets");
  stands = false;
  expect(await codeOf(run("campaign.create", { image: id }))).toBe("image.untrusted");
});
