/** Loading model folders: what is found where, what stops a load, and the cache. */
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { isCoded, type LogFacts, type Logger, SILENT } from "../../../gateway/base/index.ts";
import { builtInModels, loadModels } from "../../../gateway/yang/index.ts";
import { moduleM, nodeAt } from "./inline.ts";

let folder: string;
let cacheFolder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-models-"));
  cacheFolder = join(folder, "cache", "deep");
});
afterEach(() => rm(folder, { recursive: true }));

const put = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
const SID = (path: string, module = "m", entry = 100): string =>
  JSON.stringify({
    "ietf-sid-file:sid-file": {
      "module-name": module,
      "module-revision": "",
      "assignment-range": [{ "entry-point": String(entry), size: "50" }],
      item: [{ namespace: "data", identifier: path, sid: String(entry) }],
    },
  });

function listening(): { readonly log: Logger; readonly events: [string, LogFacts | undefined][] } {
  const events: [string, LogFacts | undefined][] = [];
  const note = (event: string, facts?: LogFacts): void => {
    events.push([event, facts]);
  };
  return { log: { debug: note, info: note, warn: note, error: note }, events };
}

const refused = async (load: Promise<unknown>): Promise<object | undefined> =>
  load.then(
    () => undefined,
    (error) => (isCoded(error) ? { code: error.code, ...error.facts } : Promise.reject(error)),
  );

test("a folder of our own beside the built-in models, with types that come with yang-js", async () => {
  await put("m.yang", moduleM("import ietf-inet-types { prefix inet; } leaf a { type inet:host; }"));
  await put("m.sid", SID("/m:a"));
  const schema = await loadModels({ extraFolders: [folder], log: SILENT });
  expect(schema.bySid(100)?.type?.members?.map((each) => each.typedef)).toEqual([
    "ietf-inet-types:ip-address",
    "ietf-inet-types:domain-name",
  ]);
  expect(nodeAt(schema, "/sidgate-building:room").sid).toBe(60201);
});

test("a broken module stops the load and says where", async () => {
  await put("m.yang", "module m {\n  namespace 'urn:m';\n  prefix m\n}");
  expect(await refused(loadModels({ folder, log: SILENT }))).toMatchObject({
    code: "yang.parse",
    file: join(folder, "m.yang"),
    line: 3,
    column: 3,
  });
});

test.each([
  [
    "two files that claim to be one revision",
    { "m.yang": moduleM("leaf a { type int8; }"), "m2.yang": moduleM("leaf b { type int8; }") },
    { code: "yang.compile", statement: "module m" },
  ],
])("%s", async (_name, files, told) => {
  for (const [name, text] of Object.entries(files)) await put(name, text);
  expect(await refused(loadModels({ folder, log: SILENT }))).toMatchObject(told);
});

test("a folder that is not there", async () => {
  const gone = join(folder, "gone");
  expect(await refused(loadModels({ folder: gone, log: SILENT }))).toMatchObject({
    code: "yang.compile-folder",
    folder: gone,
  });
});

test("a module of types needs no .sid file", async () => {
  await put("t.yang", 'module t { namespace "urn:t"; prefix t; typedef x { type int8; } }');
  const schema = await loadModels({ folder, log: SILENT });
  expect(schema.modules).toMatchObject([{ name: "t", importOnly: true }]);
});

test("nodes that the .sid file leaves out, and files of unknown modules, are told and no error", async () => {
  await put("m.yang", moduleM("leaf a { type int8; } leaf b { type int8; }"));
  await put("m.sid", SID("/m:a"));
  await put("z.sid", SID("/z:a", "z", 200));
  const { log, events } = listening();
  await loadModels({ folder, log });
  expect(events).toEqual(
    expect.arrayContaining([
      ["yang.sid-uncovered", { module: "m", nodes: 1 }],
      ["yang.sid-unused", { file: join(folder, "z.sid"), module: "z" }],
    ]),
  );
});

test("the second load takes the compiled schema from the cache, and it is the same", async () => {
  const { log, events } = listening();
  const cold = await loadModels({ cacheFolder, log });
  const warm = await loadModels({ cacheFolder, log });
  expect(events.filter(([event]) => event === "yang.schema-compiled")).toHaveLength(1);
  expect(warm.roots).toEqual(cold.roots);
  expect(warm.modules).toEqual(cold.modules);
  expect([...warm.identities]).toEqual([...cold.identities]);
  expect(await readdir(cacheFolder)).toHaveLength(1);
});

test("one changed byte of a source is compiled anew", async () => {
  for (const name of await readdir(builtInModels())) await copyFile(join(builtInModels(), name), join(folder, name));
  await loadModels({ folder, cacheFolder, log: SILENT });
  const file = (await readdir(folder)).find((name) => /^sidgate-building.*yang$/.test(name)) ?? "";
  await put(file, (await readFile(join(folder, file), "utf8")).replace("5.00..35.00", "5.00..34.00"));
  const schema = await loadModels({ folder, cacheFolder, log: SILENT });
  expect(nodeAt(schema, "/sidgate-building:room/set-point").type?.range).toEqual([["500", "3400"]]);
});

test.each([
  ["cut short", (text: string) => text.slice(0, text.length / 2)],
  ["changed in one place", (text: string) => text.replace("60202", "60203")],
  ["empty", () => ""],
  ["of another version", () => "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n{}"],
])("a cache file that is %s is passed over and written again", async (_name, damage) => {
  await loadModels({ cacheFolder, log: SILENT });
  const path = join(cacheFolder, (await readdir(cacheFolder))[0] ?? "");
  const good = await readFile(path, "utf8");
  await writeFile(path, damage(good));
  const { log, events } = listening();
  expect((await loadModels({ cacheFolder, log })).bySid(60202)?.name).toBe("temperature");
  expect(events.map(([event]) => event)).toEqual(["yang.schema-cache-damaged", "yang.schema-compiled"]);
  expect(await readFile(path, "utf8")).toBe(good);
});

test("a cache that cannot be written costs time and nothing else", async () => {
  await mkdir(folder, { recursive: true });
  await put("file", "");
  const { log, events } = listening();
  const schema = await loadModels({ cacheFolder: join(folder, "file"), log });
  expect(schema.bySid(60201)?.name).toBe("room");
  expect(events.map(([event]) => event)).toContain("yang.schema-cache-unwritable");
});
