import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { SILENT } from "../../gateway/base/index.ts";
import { controlSocketPath, DATA_VERSION, type Migration, openDataFolder } from "../../gateway/store/index.ts";
import { built } from "../support/built.ts";
import { temporaryFolders } from "./temporary-folder.ts";

const folders = temporaryFolders();
const open = (path: string, options = {}) => openDataFolder(path, SILENT, options);
const content = (folder: string, file: string): string => readFileSync(join(folder, file), "utf8");

test("a new folder is private, has a version and a site of its own, and keeps both", async () => {
  const path = join(folders(), "deep", "data");
  const first = await open(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(content(path, "data-version")).toBe(`${DATA_VERSION}\n`);
  expect(first.site).toEqual({
    site: expect.stringMatching(/^s-[a-z2-7]{6}$/),
    epoch: 1,
    process: expect.stringMatching(/^gw-[a-z2-7]{4}$/),
  });
  await first.close();
  const again = await open(path);
  expect(again.site).toEqual(first.site);
  await again.close();
  const other = await open(folders());
  expect(other.site.site).not.toBe(first.site.site);
  await other.close();
});

test("a folder that was put back from a copy, be it twice from the same, gets an epoch that nobody has seen", async () => {
  const path = folders();
  const first = await open(path);
  await first.close();
  const copy = content(path, "site.json");
  const epochs = new Set([first.site.epoch]);
  for (const restored of [1_800_000_000_000, 1_800_000_001_000]) {
    writeFileSync(join(path, "site.json"), copy);
    const again = await open(path, { restored });
    expect(again.site).toEqual({ ...first.site, epoch: restored / 1000 });
    await again.close();
    expect(JSON.parse(content(path, "site.json"))).toEqual(again.site);
    epochs.add(again.site.epoch);
  }
  expect(epochs.size).toBe(3);
  const back = await open(path, { restored: 1000 }); // the clock went back
  expect(back.site.epoch).toBe(1_800_000_002);
  await back.close();
});

test("of several who open a folder at once, one gets it and the others are told its name", async () => {
  const path = folders();
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => open(path)));
  const [owner, ...more] = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  expect(more).toEqual([]);
  for (const result of results) {
    if (result.status === "rejected") {
      expect(result.reason).toMatchObject({ code: "store.owned", facts: { folder: path } });
    }
  }
  await owner?.close();
  await (await open(path)).close();
});

test("the folder of a process killed with -9 is free at once", async () => {
  const path = folders();
  const owner = spawn(process.execPath, [built("folder-owner"), path], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(owner.stdout, "data");
  await expect(open(path)).rejects.toMatchObject({ code: "store.owned" });
  owner.kill("SIGKILL");
  await once(owner, "exit");
  expect(readdirSync(path)).toContain("control.sock");
  const folder = await open(path);
  expect(folder.site).toEqual(JSON.parse(String(line)));
  await folder.close();
});

test("an owner in another network namespace is found by its socket", async () => {
  const path = folders();
  // From here such an owner is a socket that answers, while nobody holds the claim that this namespace knows.
  const elsewhere = createServer().listen(controlSocketPath(path));
  await once(elsewhere, "listening");
  await expect(open(path)).rejects.toMatchObject({ code: "store.owned" });
  await new Promise((closed) => elsewhere.close(closed));
  await (await open(path)).close();
});

test("others reach the owner through the control socket; closing ends their connections", async () => {
  const path = folders();
  const folder = await open(path);
  folder.control.on("connection", (socket) => socket.end("hello"));
  const [greeting] = await once(connect(controlSocketPath(path)), "data");
  expect(String(greeting)).toBe("hello");
  expect(statSync(controlSocketPath(path)).mode & 0o777).toBe(0o600);

  folder.control.removeAllListeners("connection");
  await folder.close();
  const idle = await open(path);
  const client = connect(controlSocketPath(path));
  await once(client, "connect");
  client.on("error", () => undefined); // a reset is as good an end
  const ended = once(client, "close");
  await idle.close();
  await ended;
});

test("whoever asks while the owner starts is sent away, and never left waiting", async () => {
  const path = folders();
  const askers: Promise<unknown>[] = [];
  const opening = open(path);
  let isOpen = false;
  void opening.then(() => {
    isOpen = true;
  });
  while (!isOpen) {
    const asker = connect(controlSocketPath(path));
    asker.on("error", () => undefined); // nobody listens yet
    askers.push(new Promise((closed) => asker.once("close", closed)));
    await new Promise((turn) => setImmediate(turn));
  }
  await Promise.all(askers);
  await (await opening).close();
});

test("a path too long for a socket gets one in a private temporary folder", async () => {
  const path = join(folders(), "long".repeat(20), "longer".repeat(10));
  const folder = await open(path);
  const socket = controlSocketPath(path);
  expect(socket.startsWith(tmpdir())).toBe(true);
  expect(Buffer.byteLength(socket)).toBeLessThanOrEqual(100);
  const client = connect(socket);
  await once(client, "connect");
  await expect(open(path)).rejects.toMatchObject({ code: "store.owned" });
  client.destroy();
  await folder.close();
});

function recorded(steps: ReadonlyArray<readonly [from: number, to: number]>): {
  ran: string[];
  migrations: Migration[];
} {
  const ran: string[] = [];
  const migrations = steps.map(([from, to]) => ({
    from,
    to,
    run: async (folder: string) => {
      ran.push(`${from}-${to} at ${content(folder, "data-version").trim()}`);
    },
  }));
  return { ran, migrations };
}

test("an older folder goes through the steps in order, each one written down when it is done", async () => {
  const path = folders();
  await (await open(path, { version: 1 })).close();
  const { ran, migrations } = recorded([
    [3, 5],
    [2, 3],
    [1, 2],
    [5, 6],
  ]);
  await (await open(path, { version: 5, migrations })).close();
  expect(ran).toEqual(["1-2 at 1", "2-3 at 2", "3-5 at 3"]);
  expect(content(path, "data-version")).toBe("5\n");
  await (await open(path, { version: 5, migrations })).close();
  expect(ran.length).toBe(3);
});

test("a step that fails runs again at the next start; those before it do not", async () => {
  const path = folders();
  await (await open(path, { version: 1 })).close();
  const { ran, migrations } = recorded([
    [1, 2],
    [2, 3],
  ]);
  const broken = [migrations[0], { from: 2, to: 3, run: () => Promise.reject(new Error("disk full")) }];
  await expect(open(path, { version: 3, migrations: broken })).rejects.toMatchObject({ code: "store.folder" });
  await (await open(path, { version: 3, migrations })).close();
  expect(ran).toEqual(["1-2 at 1", "2-3 at 2"]);
});

test.each<readonly [name: string, files: Readonly<Record<string, string>>, error: object]>([
  ["a newer version", { "data-version": "99\n" }, { code: "store.newer", facts: { found: 99, known: DATA_VERSION } }],
  ["a version that no step leads from", { "data-version": "1\n" }, { code: "store.migration", facts: { found: 1 } }],
  ["a version that is no number", { "data-version": "one" }, { code: "store.damaged" }],
  ["an empty version", { "data-version": "" }, { code: "store.damaged" }],
  ["a site that is no JSON", { "site.json": "{" }, { code: "store.damaged" }],
  [
    "a site whose name no topic can bear",
    { "site.json": '{"site":"a/+#","epoch":1,"process":"gw-aaaa"}' },
    { code: "store.damaged" },
  ],
  [
    "a site whose process has no name",
    { "site.json": '{"site":"s-aaaaaa","epoch":1,"process":""}' },
    { code: "store.damaged" },
  ],
  [
    "an epoch that was never counted",
    { "site.json": '{"site":"s-aaaaaa","epoch":1.5,"process":"gw-aaaa"}' },
    { code: "store.damaged" },
  ],
  ["a site without an epoch", { "site.json": '{"site":"s-aaaaaa","process":"gw-aaaa"}' }, { code: "store.damaged" }],
])("%s is refused, nothing is changed and the folder is free again", async (name, files, error) => {
  const path = folders();
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  const options = name.includes("no step") ? { version: 2, migrations: [] } : {};
  for (let attempt = 0; attempt < 2; attempt++) await expect(open(path, options)).rejects.toMatchObject(error);
  for (const [file, text] of Object.entries(files)) expect(content(path, file)).toBe(text);
});

test("a path that cannot be a folder is refused", async () => {
  const file = join(folders(), "file");
  writeFileSync(file, "");
  await expect(open(file)).rejects.toMatchObject({ code: "store.folder", facts: { folder: file } });
  await expect(open(join(file, "data"))).rejects.toMatchObject({ code: "store.folder" });
  const blocked = folders();
  mkdirSync(join(blocked, "data-version"));
  await expect(open(blocked)).rejects.toMatchObject({ code: "store.folder" });
});

test("a folder of version 0.1 is taken over as it is, and no longer opened by that version", async () => {
  const path = folders();
  await (await open(path, { version: 1 })).close();
  await (await open(path)).close();
  expect(content(path, "data-version")).toBe("2\n");
  await expect(open(path, { version: 1 })).rejects.toMatchObject({ code: "store.newer" });
});
