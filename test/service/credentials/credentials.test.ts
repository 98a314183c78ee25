/** Security contexts of nodes and managers: sealed at rest, found by kid, gone with their node. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { EMPTY, type NodeId, SILENT, toHex } from "../../../gateway/base/index.ts";
import { Credentials } from "../../../gateway/service/credentials/index.ts";
import { GATEWAY_ID, indexOfKid, KidPool, kidAt } from "../../../gateway/service/credentials/kids.ts";
import { Seal } from "../../../gateway/service/credentials/seal.ts";
import { encodePlain, Ledger, memoryJournal, memoryState } from "../../../gateway/store/index.ts";
import { StandingClock } from "../../support/services.ts";

const NODE = "n-1" as NodeId;
const NOTHING = { masterSecret: EMPTY, masterSalt: EMPTY, recipientId: EMPTY };
let folder: string;
let files = 0;
const newKeyFile = (): string => join(folder, `site-${++files}`, "site.key");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-credentials-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function openSite(file: string, stores = { journal: memoryJournal(), state: memoryState() }) {
  const credentials = new Credentials(SILENT);
  const clock = new StandingClock();
  const ledger = await Ledger.open({ ...stores, projections: [credentials], clock, log: SILENT });
  await credentials.unlock(file);
  const give = async (name: string, node?: NodeId): Promise<void> => {
    const issued = credentials.issue(node === undefined ? { name } : { name, node });
    await ledger.record("credential.added", { ...issued, actor: "test" });
  };
  return { credentials, ledger, stores, file, give, clock };
}

describe("kids", () => {
  test.each([
    [0, "01"],
    [254, "ff"],
    [255, "0000"],
    [255 + 65_535, "ffff"],
    [255 + 65_536, "000000"],
  ])("number %i is %s: shortest first, and 00 is the gateway's", (index, kid) => {
    expect(toHex(kidAt(index))).toBe(kid);
    expect(indexOfKid(kidAt(index))).toBe(index);
  });

  test("each number has a kid of its own", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000_000 }), (index) => {
        expect(indexOfKid(kidAt(index))).toBe(index);
        expect(kidAt(index)).not.toEqual(GATEWAY_ID);
      }),
    );
  });

  test("the shortest one that was given back is the next", () => {
    const taken = new Set<string>();
    const pool = new KidPool();
    const take = (): string => {
      const kid = toHex(pool.free((candidate) => taken.has(toHex(candidate))));
      taken.add(kid);
      return kid;
    };
    for (let count = 0; count < 300; count++) take();
    expect(take()).toBe("002d");
    taken.delete("07");
    pool.givenBack(Uint8Array.of(7));
    expect([take(), take()]).toEqual(["07", "002e"]);
  });
});

describe("credentials", () => {
  test("a node's are found by their kid, with secrets of their own", async () => {
    const { credentials, give } = await openSite(newKeyFile());
    await give("room-1", NODE);
    await give("room-2", "n-2" as NodeId);
    const [first] = credentials.byKid(Uint8Array.of(1), undefined);
    const [second] = credentials.byKid(Uint8Array.of(2), undefined);
    expect(first).toMatchObject({ nodeId: NODE, name: "room-1", algorithm: 10, idContext: undefined });
    expect(first?.senderId).toEqual(GATEWAY_ID);
    expect(first?.recipientId).toEqual(Uint8Array.of(1));
    expect([first?.masterSecret.length, first?.masterSalt.length]).toEqual([16, 8]);
    expect(second?.masterSecret).not.toEqual(first?.masterSecret);
    expect(credentials.ofNode(NODE)).toEqual(first);
    expect(credentials.isSecured(NODE)).toBe(true);
  });

  test("an unknown kid, and a kid context that the credential has not, find nothing", async () => {
    const { credentials, give } = await openSite(newKeyFile());
    await give("room-1", NODE);
    expect(credentials.byKid(Uint8Array.of(9), undefined)).toEqual([]);
    expect(credentials.byKid(Uint8Array.of(1), Uint8Array.of(1))).toEqual([]);
    expect(credentials.ofNode("n-9" as NodeId)).toBeUndefined();
  });

  test("are opened once for a peer that goes on speaking, and again when there are others", async () => {
    const { credentials, ledger, give } = await openSite(newKeyFile());
    await give("room-1", NODE);
    const [first] = credentials.byKid(Uint8Array.of(1), undefined);
    expect(credentials.byKid(Uint8Array.of(1), undefined)[0]).toBe(first);
    const second = { ...credentials.issue({ name: "bms" }), kid: Uint8Array.of(1) };
    await ledger.record("credential.added", { ...second, actor: "test" }); // sealed for another kid: does not open
    expect(credentials.byKid(Uint8Array.of(1), undefined)).toEqual([first]);
    await ledger.record("credential.removed", { credential: first?.id ?? "", actor: "test" });
    expect(credentials.byKid(Uint8Array.of(1), undefined)).toEqual([]);
  });

  test("managers have names and no node", async () => {
    const { credentials, ledger, give } = await openSite(newKeyFile());
    await give("installer");
    await give("bms");
    expect(credentials.managers().map(({ name }) => name)).toEqual(["bms", "installer"]);
    expect(credentials.ofManager("bms")).toMatchObject({ nodeId: undefined, name: "bms" });
    const known = credentials.manager("bms");
    const kid = known?.kid ?? EMPTY;
    await ledger.record("credential.removed", { credential: known?.id ?? "", actor: "test" });
    expect(credentials.manager("bms")).toBeUndefined();
    expect(credentials.byKid(kid, undefined)).toEqual([]);
  });

  test("go with their node, and whoever derived a context from them is told", async () => {
    const { credentials, ledger, give } = await openSite(newKeyFile());
    await give("room-1", NODE);
    await give("room-1", NODE);
    const gone: string[] = [];
    const ids = credentials.idsOfNode(NODE);
    credentials.onRemoved((id) => gone.push(id));
    await ledger.record("node.removed", { node: NODE, actor: "test" });
    expect(gone).toEqual(ids);
    expect([credentials.size, credentials.isSecured(NODE)]).toEqual([0, false]);
  });

  test("stay when the node's registration runs out or it is called lost (RFC 9176 §5)", async () => {
    const { credentials, ledger, give } = await openSite(newKeyFile());
    await give("room-1", NODE);
    const before = credentials.ofNode(NODE);
    await ledger.record("directory.removed", { registration: "r", endpoint: "a", node: NODE, reason: "expired" });
    await ledger.record("node.reachability", { node: NODE, from: "overdue", to: "lost", missedWakes: 12 });
    expect(before).toBeDefined();
    expect(credentials.ofNode(NODE)).toEqual(before);
  });

  test("a kid that is free again gets new secrets", async () => {
    const { credentials, ledger, give } = await openSite(newKeyFile());
    await give("room-1", NODE);
    const before = credentials.ofNode(NODE);
    await ledger.record("node.removed", { node: NODE, actor: "test" });
    await give("room-1", NODE);
    const after = credentials.ofNode(NODE);
    expect(after?.recipientId).toEqual(before?.recipientId);
    expect(after?.masterSecret).not.toEqual(before?.masterSecret);
    expect(after?.id).not.toBe(before?.id);
  });

  test.each([
    ["a checkpoint", true],
    ["the journal alone", false],
  ])("are the same after a restart from %s", async (_what, checkpoint) => {
    const { credentials, ledger, stores, file, give } = await openSite(newKeyFile());
    await give("installer");
    await give("room-1", NODE);
    await give("bms");
    if (checkpoint) await ledger.checkpoint();
    const again = await openSite(file, stores);
    expect(again.credentials.ofNode(NODE)).toEqual(credentials.ofNode(NODE));
    expect(again.credentials.managers()).toEqual(credentials.managers());
    await again.give("room-2", "n-2" as NodeId);
    expect(again.credentials.ofNode("n-2" as NodeId)?.recipientId).toEqual(Uint8Array.of(4));
  });

  test("of a node that has several the newest counts, after a restart too", async () => {
    const { credentials, ledger, stores, file, give, clock } = await openSite(newKeyFile());
    for (let count = 0; count < 8; count++) {
      clock.advance(1);
      await give("room-1", NODE);
    }
    await ledger.checkpoint();
    const newest = credentials.ofNode(NODE);
    expect(newest?.recipientId).toEqual(Uint8Array.of(8));
    expect((await openSite(file, stores)).credentials.ofNode(NODE)).toEqual(newest);
  });

  test("neither journal nor state ever holds a secret in clear", async () => {
    const { credentials, ledger, stores, give } = await openSite(newKeyFile());
    await give("room-1", NODE);
    await ledger.checkpoint();
    const facts = (await stores.journal.read(1, 10)).map(encodePlain);
    const entries = (await stores.state.entries("credential")).map(([, value]) => value);
    const bytes = Buffer.concat([...facts, ...entries]);
    const { masterSecret, masterSalt, recipientId } = credentials.ofNode(NODE) ?? NOTHING;
    const holds = (secret: Uint8Array): boolean => bytes.includes(Buffer.from(secret));
    expect([masterSecret, masterSalt, recipientId].map(holds)).toEqual([false, false, true]);
  });

  test("a sealed secret under another kid or name is none", async () => {
    const { credentials, ledger, give } = await openSite(newKeyFile());
    await give("room-1", NODE);
    const issued = credentials.issue({ node: "n-2" as NodeId, name: "room-2" });
    const moved = { ...issued, node: NODE, name: "room-1" };
    await ledger.record("credential.added", { ...moved, actor: "somebody with a hex editor" });
    expect(credentials.byKid(issued.kid, undefined)).toEqual([]);
  });
});

describe("the site's key", () => {
  test("is made once, for this user alone", async () => {
    const file = newKeyFile();
    await openSite(file);
    const made = await readFile(file, "utf8");
    expect(made).toMatch(/^[0-9a-f]{64}\n$/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(file, ".."))).toEqual(["site.key"]);
    await openSite(file);
    expect(await readFile(file, "utf8")).toBe(made);
  });

  test("that is gone is never silently replaced", async () => {
    const { stores, file, give } = await openSite(newKeyFile());
    await give("room-1", NODE);
    await rm(file);
    await expect(openSite(file, stores)).rejects.toMatchObject({ code: "site-key.missing", facts: { file, count: 1 } });
    await expect(stat(file)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("that is given up voids what it sealed, and is put aside", async () => {
    const { credentials, ledger, stores, file, give } = await openSite(newKeyFile());
    await give("room-1", NODE);
    const before = await readFile(file, "utf8");
    for (const name of ["site.key.old", "site.key.old2"]) {
      await credentials.startOver(file, ledger, "test");
      expect(await readdir(join(file, ".."))).toContain(name);
    }
    expect(credentials.size).toBe(0);
    expect(await readFile(`${file}.old`, "utf8")).toBe(before);
    await give("room-1", NODE);
    expect((await openSite(file, stores)).credentials.ofNode(NODE)).toEqual(credentials.ofNode(NODE));
  });

  test("voids nothing when no new one can be made", async () => {
    const { credentials, ledger, stores, file, give } = await openSite(newKeyFile());
    await give("room-1", NODE);
    const taken = join(file, "..");
    await expect(credentials.startOver(taken, ledger, "test")).rejects.toMatchObject({ code: "site-key.unreadable" });
    await expect(credentials.startOver(join(file, "below"), ledger, "test")).rejects.toMatchObject({
      code: "site-key.unreadable",
    });
    expect([credentials.size, (await openSite(file, stores)).credentials.size]).toEqual([1, 1]);
    expect(await readdir(taken)).toEqual(["site.key"]);
  });

  test("tells whom a new one leaves without credentials", async () => {
    const { credentials, ledger, file, give } = await openSite(newKeyFile());
    for (const number of [1, 2]) await give(`room-${number}`, `n-${number}` as NodeId);
    await give("bms");
    expect(credentials.nodes).toBe(2);
    expect(await credentials.startOver(file, ledger, "test")).toEqual({ nodes: 2, managers: ["bms"] });
    expect(credentials.nodes).toBe(0);
  });

  test("that was not copied to its new place is named", async () => {
    const { credentials, file: usual, give } = await openSite(newKeyFile());
    await give("room-1", NODE);
    const file = newKeyFile();
    const facts = { file, usual, count: 1 };
    await expect(credentials.unlock(file, usual)).rejects.toMatchObject({ code: "site-key.moved", facts });
  });

  test("that is gone can be given up, too", async () => {
    const { credentials, ledger, file } = await openSite(newKeyFile());
    await rm(file);
    await credentials.startOver(file, ledger, "test");
    expect(await readdir(join(file, ".."))).toEqual(["site.key"]);
  });

  test.each([
    ["of another site", "site-key.wrong", "00".repeat(32)],
    ["cut short", "site-key.unreadable", "0011"],
    ["that is no hex", "site-key.unreadable", "not a key"],
  ])("%s keeps the gateway from starting", async (_what, code, content) => {
    const { stores, file, give } = await openSite(newKeyFile());
    await give("room-1", NODE);
    await writeFile(file, content);
    await expect(openSite(file, stores)).rejects.toMatchObject({ code, facts: { file } });
  });
});

describe("keys derived from a credential", () => {
  // Made with Python's hmac: prk = HMAC(bytes(32), secret); okm = HMAC(prk, info + b"\x01") and so on.
  test.each([
    ["Sidgate SUIT MAC", 32, "2d27d800e26b2927d91d65d2276d5f02eed1dcf6ec16562412330faf1b04eaab"],
    ["", 16, "4e24185f0cf7d7413ccbe2ba72d38dfc"],
    ["another purpose", 42, "8571d9c7b5a87f05dc6b3dcb911cf32c9871a5b9077f00ed3a90cf941488eafa29d9b9ab3651d2d81dda"],
  ])("RFC 5869: '%s', %i bytes", async (info, length, key) => {
    const { credentials, ledger, file } = await openSite(newKeyFile());
    const secrets = {
      algorithm: 10,
      masterSecret: Uint8Array.from({ length: 16 }, (_, index) => index),
      masterSalt: Uint8Array.of(1, 2, 3),
      senderId: GATEWAY_ID,
      idContext: undefined,
    } as const;
    const owner = { credential: "k-1", node: NODE, name: "room-1", kid: Uint8Array.of(1) };
    const sealed = new Seal(Buffer.from(await readFile(file, "utf8"), "hex")).close(secrets, owner);
    await ledger.record("credential.added", { ...owner, sealed, actor: "test" });
    expect(toHex(credentials.deriveKey(NODE, info, length) ?? EMPTY)).toBe(key);
    expect(credentials.deriveKey("n-2" as NodeId, info, length)).toBeUndefined();
  });
});
