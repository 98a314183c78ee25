/** What is foreseen of a release on a node that told of itself: the view, the prognosis, and how long it holds. */
import { beforeEach, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type NodeId, SILENT } from "../../../gateway/base/index.ts";
import type { ReportedSuit } from "../../../gateway/service/registry/index.ts";
import { steadyAround, turningPoints, viewOf } from "../../../gateway/service/trust/foresight/index.ts";
import { Foresight, OfferHolds, type ReleaseInfo, ReleasePrograms } from "../../../gateway/service/trust/index.ts";
import { programOf } from "../../../gateway/service/trust/processor/index.ts";
import { COMMAND, encodeCapabilities, PARAMETER } from "../../../gateway/wire/suit/index.ts";
import { StandingClock } from "../../support/services.ts";
import {
  digestHex,
  IMAGE,
  override,
  plain,
  plannedEnvelope,
  type ReleasePlan,
  uint,
} from "../../support/signed-release.ts";
import { acceptedFact } from "../../support/suit-node.ts";
import { CLASS, raw, VENDOR } from "../../support/suit-raw.ts";

const IMAGE_DIGEST = digestHex(IMAGE);
const MINE: ReportedSuit = { vendor: VENDOR, class: CLASS, gatewayMac: false, components: [] };
const EMPTY_SLOT = { index: 0 };
const READY: ReportedSuit = { ...MINE, components: [EMPTY_SLOT] };

let clock: StandingClock;
let quality: { synchronised: boolean };
let stored: Map<string, { readonly size: number }>;
let releases: ReleaseInfo[];
let foresight: Foresight;
beforeEach(() => {
  clock = new StandingClock();
  quality = { synchronised: true };
  stored = new Map();
  releases = [];
  const known = {
    of: (digest: string) => releases.filter(({ payloads }) => payloads.some((one) => one.digest === digest)),
  };
  const images = { stored: (digest: string) => stored.get(digest) };
  foresight = new Foresight({ releases: known, programs: new ReleasePrograms(SILENT), images, clock, quality });
});

async function releaseOf(plan: ReleasePlan = {}): Promise<ReleaseInfo> {
  const { release: id, actor: _actor, ...rest } = await acceptedFact(plannedEnvelope(plan));
  const release = { id, ...rest, accepted: clock.now() };
  releases.push(release);
  return release;
}
const sentence = (release: ReleaseInfo, told: ReportedSuit): string | undefined =>
  foresight.foresee(release, told)?.sentence;

test("a node with a place for it: applies, and how many bytes go over the air", async () => {
  const release = await releaseOf();
  expect(foresight.foresee(release, READY)).toMatchObject({
    verdict: "applies",
    bytes: { least: BigInt(IMAGE.length), most: BigInt(IMAGE.length) },
  });
  expect(sentence(release, READY)).toBe(
    `applies: fetches #image (${IMAGE.length} bytes); 0x00 ends as SHA-256 ${IMAGE_DIGEST}`,
  );
});

const OTHER = new Uint8Array(16).fill(7);
const AS_HEX = "07070707-0707-0707-0707-070707070707";
const FAILS: ReadonlyArray<readonly [title: string, plan: ReleasePlan, told: ReportedSuit, text: string]> = [
  [
    "§8.4.2: the node installed a higher number",
    { sequence: 7 },
    { ...READY, sequence: 9n },
    "will fail before its first command: the node has installed number 9, and takes no lower one; this is 7",
  ],
  ["§8.4.9.1: another class", {}, { ...READY, class: OTHER }, `will fail at the shared sequence, step 3: `],
  ["§8.4.9.1: another vendor", {}, { ...READY, vendor: OTHER }, AS_HEX],
  [
    "more bytes than the place takes",
    {},
    { ...MINE, components: [{ index: 0, capacity: 4 }] },
    "will fail at install, step 2: ",
  ],
  [
    "another slot",
    { shared: [override([PARAMETER.componentSlot, uint(1)]), plain(COMMAND.componentSlot)] },
    { ...MINE, components: [{ index: 0, slot: 0 }] },
    "will fail at the shared sequence, step 5: ",
  ],
  [
    "suit-report: a command that the node has not",
    {},
    {
      ...READY,
      capabilities: encodeCapabilities({
        components: [{ id: [Uint8Array.of(0)], wildcard: false }],
        commands: [1, 2, 3, 12, 20],
        parameters: [1, 2, 3, 14, 21],
        cryptoAlgorithms: [-16],
        envelope: [],
        manifest: [],
        common: [],
        text: [],
        textComponent: [],
        dependency: [],
      }),
    },
    "will fail at install, step 2: ",
  ],
  [
    "suit-update-management: its time is over",
    { shared: [override([PARAMETER.useBefore, uint(1_000)]), plain(COMMAND.useBefore)] },
    READY,
    "will fail at the shared sequence, step 5: ",
  ],
];
test.each(FAILS)("%s: it will fail, and where", async (_title, plan, told, text) => {
  const release = await releaseOf(plan);
  expect(foresight.foresee(release, told)?.verdict).toBe("fails");
  expect(sentence(release, told)).toContain(text);
  expect(foresight.obstacle(IMAGE_DIGEST, told)).toContain("will fail");
});

test("A/B images: a node takes that of its slot, and is left out of a campaign of the other one", async () => {
  const OTHER_IMAGE = "cd".repeat(32);
  const release = await releaseOf();
  const [own] = release.payloads;
  releases[0] = { ...release, payloads: [own!, { digest: OTHER_IMAGE, size: 4, uri: "#other" }] };
  expect(foresight.obstacle(IMAGE_DIGEST, READY)).toBeUndefined();
  expect(foresight.obstacle(OTHER_IMAGE, READY)).toBe("takes another image of this release: #image");
});

test("SU-P10: what a node did not tell is a question, never a failure", async () => {
  const release = await releaseOf({
    shared: [override([PARAMETER.minimumBattery, uint(5)]), plain(COMMAND.minimumBattery)],
  });
  const foreseen = foresight.foresee(release, { gatewayMac: false, components: [] });
  expect(foreseen?.verdict).toBe("depends");
  expect(foreseen?.questions.join()).toContain("condition-minimum-battery");
  expect(foresight.obstacle(IMAGE_DIGEST, { gatewayMac: false, components: [] })).toBeUndefined();
  expect(foresight.obstacle(IMAGE_DIGEST, undefined)).toBeUndefined();
  expect(foresight.obstacle("00".repeat(32), READY)).toBeUndefined();
});

test("an answer serves all nodes that told the same, until the release, the images, the clock or its expiry turn", async () => {
  const limit = BigInt(Math.floor(clock.now() / 1000) + 60);
  const release = await releaseOf({ shared: [override([PARAMETER.useBefore, uint(limit)]), plain(COMMAND.useBefore)] });
  const first = foresight.foresee(release, READY);
  expect(first?.verdict).toBe("applies");
  expect(foresight.foresee(release, { ...READY, components: [{ index: 0 }] })).toBe(first);
  clock.advance(59_000);
  expect(foresight.foresee(release, READY)).toBe(first);
  stored.set(IMAGE_DIGEST, { size: IMAGE.length });
  const second = foresight.foresee(release, READY);
  expect(second).not.toBe(first);
  quality.synchronised = false;
  expect(foresight.foresee(release, READY)?.verdict).toBe("depends");
  quality.synchronised = true;
  clock.advance(1_000);
  expect(foresight.foresee(release, READY)?.verdict).toBe("fails");
  clock.advance(-1_000);
  expect(foresight.foresee(release, READY)?.verdict).toBe("applies");
  expect(foresight.foresee({ ...release, withdrawn: { reason: "revoked", at: clock.now() } }, READY)).toBeUndefined();
});

test("suit-manifest-37 §8.4.2: of several releases the one that the node gets is tried", async () => {
  await releaseOf({ sequence: 3 });
  await releaseOf({ sequence: 5, class: OTHER });
  expect(foresight.obstacle(IMAGE_DIGEST, { ...READY, sequence: 4n })).toContain("this is 3");
  expect(foresight.obstacle(IMAGE_DIGEST, { ...READY, class: OTHER, sequence: 4n })).toBeUndefined();
  expect(foresight.obstacle(IMAGE_DIGEST, { ...READY, class: new Uint8Array(16) })).toBe(
    "will fail: no release that names the image is for its vendor and class",
  );
});

test("that an offer is held back is told when it begins and when the reason changes", () => {
  let why: string | undefined = "will fail";
  const told: string[] = [];
  const holds = new OfferHolds({ foresight: { obstacle: () => why }, suitOf: () => READY, log: SILENT });
  holds.onHeld((node, text) => told.push(`${node} ${text}`));
  const node = "n-0001" as NodeId;
  const check = () => holds.check(node, IMAGE_DIGEST, new Map());
  expect([check(), check()]).toEqual(["will fail", "will fail"]);
  why = "will fail otherwise";
  check();
  expect(holds.why(node)).toBe("will fail otherwise");
  why = undefined;
  expect([check(), holds.why(node)]).toEqual([undefined, undefined]);
  why = "will fail";
  check();
  expect(told).toEqual([`${node} will fail`, `${node} will fail otherwise`, `${node} will fail`]);
});

const AROUND = { time: undefined, imageAt: () => undefined };
test("the view of a node has what it told, and nothing that it did not", () => {
  const id = raw([Uint8Array.of(1), Uint8Array.of(2)]);
  const components = [
    { index: 0 },
    { index: 1, id, digest: "ab".repeat(32), size: 9, version: "1.4.2-rc.1", slot: 1, capacity: 99 },
    { index: 2, id: Uint8Array.of(0xff), version: "main" },
  ];
  const view = viewOf({ ...MINE, capabilities: Uint8Array.of(0xff), components }, AROUND);
  expect(view).not.toHaveProperty("capabilities");
  expect(view).not.toHaveProperty("time");
  expect(view.components).toEqual([
    { id: [Uint8Array.of(0)], image: "empty" },
    {
      id: [Uint8Array.of(1), Uint8Array.of(2)],
      image: { digest: { algorithm: -16, bytes: new Uint8Array(32).fill(0xab) }, size: 9n },
      version: [1, 4, 2, -1, 1],
      slot: 1n,
      capacity: 99n,
    },
  ]);
});

test("whatever bytes a node tells of itself, its view is made", () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 64 });
  fc.assert(
    fc.property(bytes, bytes, (capabilities, id) => {
      viewOf({ ...MINE, capabilities, components: [{ index: 0, id }] }, AROUND);
    }),
    { seed: 37, numRuns: 300 },
  );
});

test("the time in which nothing turns is the one around now", () => {
  const points = turningPoints(
    programOf(plannedEnvelope({ shared: [override([PARAMETER.useBefore, uint(50)]), plain(COMMAND.useBefore)] })),
  );
  expect(points).toEqual([50n]);
  expect(steadyAround([50n, 90n, 70n], 60n)).toEqual({ from: 50n, until: 70n });
  expect(steadyAround(points, 50n)).toEqual({ from: 50n, until: undefined });
  expect(steadyAround([], 50n)).toEqual({ from: 0n, until: undefined });
});
