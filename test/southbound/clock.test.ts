/** A node wakes, and a manager looks, while the gateway's clock is not known to be right. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type Millis, millis, minutes } from "../../gateway/base/index.ts";
import { type ImageStore, openFileImages } from "../../gateway/store/index.ts";
import { decodeInstances, isTree, type Tree, toJson } from "../../gateway/yang/index.ts";
import { ANYBODY, bytes, hex, openServices, request, type Services } from "../support/services.ts";

let folder: string;
let images: ImageStore;
let services: Services;
const quality = { synchronised: true, doubtfulSince: undefined as Millis | undefined };
const doubt = (): void => {
  Object.assign(quality, { synchronised: false, doubtfulSince: services.clock.now() });
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-clock-"));
  images = await openFileImages({ folder, cacheBytes: 1 << 20 });
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  Object.assign(quality, { synchronised: true, doubtfulSince: undefined });
  services = await openServices({ images, quality });
});

const wake = async (payload: string, ep = "n17") => {
  const asked = request("POST", "c", { contentFormat: 142, query: [`ep=${ep}`], payload: bytes(payload) });
  const answer = await services.checkIn.answer(ANYBODY, asked);
  return hex(answer?.payload);
};

const gateway = async () => {
  const { payload } = await services.handler(
    ANYBODY,
    request("FETCH", "c", { contentFormat: 141, payload: bytes("19eb8d") }),
  );
  const [instance] = decodeInstances(payload ?? new Uint8Array(), services.schema, "output", "any");
  const tree: Tree = new Map([[instance?.id.sid ?? 0, isTree(instance?.value) ? instance.value : new Map()]]);
  return toJson(tree, services.schema);
};

describe("time: what is said while the clock is not right", () => {
  test("a reply has no time, and everything else", async () => {
    const node = await services.join("n17");
    expect(await wake("a1 19ea61 a1 02 01")).toBe("a119ea61a10b1a6b0187c0");
    doubt();
    expect(await wake("a1 19ea61 a1 02 02")).toBe(""); // nothing to say at all
    // A set wake interval is relative, and stays: next-wake 600 s.
    const patch = bytes("a1 19ea81 190258");
    await services.ledger.record("datastore.edited", { root: node, patch, revision: 1, actor: "t" });
    expect(await wake("a1 19ea61 a1 02 04")).toMatch(/^a119ea61a.0c190258/);
    Object.assign(quality, { synchronised: true, doubtfulSince: undefined });
    expect(await wake("a1 19ea61 a2 02 05 03 01")).toMatch(/0b1a6b0187c0/);
  });

  test("a repeat gets the bytes of the first answer, though the clock is right by now", async () => {
    await services.join("n17");
    doubt();
    const first = await wake("a1 19ea61 a1 02 01");
    Object.assign(quality, { synchronised: true, doubtfulSince: undefined });
    expect(await wake("a1 19ea61 a1 02 01")).toBe(first);
  });

  test("the gateway tells no time of its own, and none that it recorded since; what was recorded before stays", async () => {
    await services.join("n17");
    await services.join("n18");
    await wake("a1 19ea61 a1 02 01", "n17");
    services.clock.advance(minutes(1));
    doubt();
    await wake("a1 19ea61 a1 02 01", "n18");
    const doubtful = JSON.stringify(await gateway());
    expect(doubtful).toContain('"clock-synchronised":false');
    expect(doubtful).not.toContain("current-datetime");
    expect(doubtful.match(/last-seen/g)).toHaveLength(1);
    expect(doubtful.match(/"(?:next-wake|wake-from|wake-until)"/g)).toHaveLength(3);
    Object.assign(quality, { synchronised: true, doubtfulSince: undefined });
    const certain = JSON.stringify(await gateway());
    expect(certain).toContain('"clock-synchronised":true');
    expect(certain).toContain('"current-datetime":"2026-11-21T12:01:00Z"');
    expect(certain.match(/last-seen/g)).toHaveLength(2);
  });

  test("the stream tells that the clock became right or wrong, and when only where that is known", async () => {
    const stream = () => {
      const { schema, newestFirst } = services.streams.ofSite();
      return newestFirst.map(({ bytes }) => {
        const [instance] = decodeInstances(bytes, schema, "output", "any");
        return toJson(new Map([[instance?.id.sid ?? 0, instance?.value as Tree]]), schema);
      });
    };
    doubt();
    await services.ledger.record("clock.state", { synchronised: false, why: "not-synchronised" });
    await services.join("n17");
    expect(stream()).toEqual([
      { "sidgate-gateway:node-joined": { node: "n-0001" } },
      { "sidgate-gateway:clock-state": { synchronised: false } },
    ]);
    const since = services.clock.now();
    services.clock.advance(minutes(60));
    Object.assign(quality, { synchronised: true, doubtfulSince: undefined });
    await services.ledger.record("clock.state", { synchronised: true, why: "told", step: millis(minutes(59)), since });
    expect(stream()).toEqual([
      { "sidgate-gateway:clock-state": { synchronised: true, step: "3540000", time: "2026-11-21T13:00:00Z" } },
      { "sidgate-gateway:node-joined": { node: "n-0001", time: "2026-11-21T12:59:00Z" } },
      { "sidgate-gateway:clock-state": { synchronised: false, time: "2026-11-21T12:59:00Z" } },
    ]);
  });
});
