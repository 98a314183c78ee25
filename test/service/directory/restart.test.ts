/** The directory across a restart: what was answered is there, lifetimes count from when they were given. */
import { expect, test } from "@jest/globals";
import { minutes, seconds } from "../../../gateway/base/index.ts";
import { idOf } from "../../../gateway/service/directory/index.ts";
import { type DirectorySite, HOST_2, links, NODE_1, openDirectory, textOf } from "../../support/directory.ts";

const shown = async (site: DirectorySite): Promise<readonly string[]> =>
  [...textOf(await site.ask("GET", "rd-lookup/ep")).matchAll(/ep="([^"]*)"/g)].map(([, name]) => name ?? "").sort();

const sorted = async (site: DirectorySite, lookup: string): Promise<readonly string[]> =>
  textOf(await site.ask("GET", lookup))
    .split(",<")
    .map((link) => link.replace(/^</, ""))
    .sort();

async function story(site: DirectorySite, checkpointAt: number): Promise<void> {
  const steps = [
    () => site.ask("POST", "rd?ep=short&lt=100", links("</a>")),
    () => site.ask("POST", "rd?ep=long&lt=100000&x=1", links('</b>;rt="b"')),
    () => site.ask("POST", "rd?ep=gone", links("</c>")),
    () => site.ask("POST", "rd?d=s&lt=1000", { ...links("</d>"), from: NODE_1 }),
    () => site.ask("POST", `rd/${idOf("short", undefined)}`),
    () => site.ask("DELETE", `rd/${idOf("gone", undefined)}`),
    () => site.ask("POST", "rd?ep=late&lt=300", { ...links("</e>"), from: HOST_2 }),
  ];
  for (const [i, step] of steps.entries()) {
    if (i === checkpointAt) await site.ledger.checkpoint();
    expect((await step()).code).toMatch(/^2/);
    await site.clock.advance(seconds(10));
  }
}

test.each([0, 1, 2, 3, 4, 5, 6, 99])("killed, with the last checkpoint before step %d", async (checkpointAt) => {
  const before = await openDirectory();
  await story(before, checkpointAt);
  before.kill();
  const after = await openDirectory({ on: before });
  expect(await shown(after)).toEqual(["late", "long", "room-1", "short"]);
  for (const lookup of ["rd-lookup/ep", "rd-lookup/res"]) {
    expect(await sorted(after, lookup)).toEqual(await sorted(before, lookup));
  }
  expect(after.directory.bytes).toBe(before.directory.bytes);
  // "short" was renewed 40 s after the start, so it ends 140 s after it; 70 s have passed.
  await after.clock.advance(seconds(69));
  expect(await shown(after)).toContain("short");
  await after.clock.advance(seconds(1));
  expect(await shown(after)).toEqual(["late", "long", "room-1"]);
  after.kill();
});

test("what ran out while the gateway was down is not shown, and is removed", async () => {
  const before = await openDirectory();
  await story(before, 3);
  before.kill();
  await before.clock.advance(minutes(60));
  const after = await openDirectory({ on: before });
  expect(await shown(after)).toEqual(["long"]);
  await after.clock.advance(seconds(1));
  expect(after.directory.size).toBe(1);
  const removed = (await after.journal.read(1, 100)).filter(({ type }) => type === "directory.removed");
  expect(removed.slice(1)).toMatchObject(Array(3).fill({ reason: "expired" }));
  after.kill();
});

test("a fleet that ran out meanwhile is removed bit by bit, so that nobody waits for it", async () => {
  const before = await openDirectory();
  for (let i = 0; i < 300; i++) await before.ask("POST", `rd?ep=n${i}&lt=1`, links("</a>"));
  before.kill();
  await before.clock.advance(minutes(60));
  const after = await openDirectory({ on: before });
  await after.clock.advance(seconds(1));
  expect(after.directory.size).toBe(300 - 256);
  await after.clock.advance(seconds(1));
  expect(after.directory.size).toBe(0);
  after.kill();
});

test("a registration keeps its location and its owner", async () => {
  const before = await openDirectory();
  await story(before, 4);
  before.kill();
  const after = await openDirectory({ on: before });
  const { locationPath } = await after.ask("POST", "rd?ep=long", links("</b>"));
  expect(locationPath).toEqual(["rd", idOf("long", undefined)]);
  expect((await after.ask("POST", "rd?ep=long", { ...links("</b>"), from: HOST_2 })).code).toBe("4.03");
  after.kill();
});
