/** Campaigns whose image nobody vouches for any more: ended when its release is, or at the next start. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ReleaseGuard } from "../../gateway/app/trust/release-guard.ts";
import { SILENT } from "../../gateway/base/index.ts";
import type { AcceptedImage } from "../../gateway/service/trust/index.ts";
import { openFileImages } from "../../gateway/store/index.ts";
import { openServices, type Services } from "../support/services.ts";

let folder: string;
let services: Services;
const believed = new Set<string>();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-guard-"));
  services = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }) });
});
afterEach(() => rm(folder, { recursive: true }));

const trust = { stands: ({ digest }: AcceptedImage) => believed.has(digest) };
const guard = (): ReleaseGuard => new ReleaseGuard({ ...services, trust, log: SILENT });

async function* stream(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function startCampaign(campaign: string): Promise<string> {
  const { images, ledger } = services;
  const claim = { name: campaign, model: "trv", version: campaign };
  const { digest } = await images.add(stream(campaign), claim, "test", ledger);
  believed.add(digest);
  const plan = { excluded: [], stopAtPct: 15, silentAfter: 3, actor: "test", name: campaign };
  const targets = [await services.join(`trv-${campaign}`)];
  await ledger.record("campaign.created", { campaign, image: digest, targets, ...plan });
  return digest;
}
const states = (): readonly string[] => services.campaigns.list().map(({ id, state }) => `${id} ${state}`);
const withdraw = (): Promise<void> =>
  services.ledger.record("release.withdrawn", { release: "5c".repeat(32), reason: "revoked", actor: "test" });

test("a release is withdrawn: campaigns with its images end, others go on", async () => {
  const first = await startCampaign("c-1");
  await startCampaign("c-2");
  const watching = guard();
  expect(states()).toEqual(["c-1 running", "c-2 running"]);
  believed.delete(first);
  await withdraw();
  expect(states()).toEqual(["c-1 aborted", "c-2 running"]);
  expect(services.campaigns.get("c-1").reason).toBe("no release names its image any more");
  watching.close();
  believed.clear();
  await withdraw();
  expect(states()).toEqual(["c-1 aborted", "c-2 running"]);
});

test("killed in between, the next start ends them", async () => {
  await startCampaign("c-1");
  believed.clear();
  guard().close();
  expect(states()).toEqual(["c-1 aborted"]);
});
