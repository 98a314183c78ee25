/** Loading model folders: what is found where, what stops a load, and the cache. */
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { isCoded, type LogFacts, type Logger, SILENT } from "../../../gateway/base/index.ts";
import { builtInModels, loadModels, openModels, type Schema } from "../../../gateway/yang/index.ts";
import { KEPT_SCHEMAS } from "../../../gateway/yang/loading/cache.ts";
import { readLibraryFiles } from "../../../gateway/yang/loading/files.ts";
import { findFaults } from "../../../gateway/yang/loading/find-faults.ts";
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

test("CC-models-faults: a broken module stops the load and says where", async () => {
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

test("a folder, or a link to one, may have the name of a model", async () => {
  await mkdir(join(folder, "x.yang"));
  await symlink(join(folder, "x.yang"), join(folder, "y.sid"));
  await put("m.yang", moduleM("leaf a { type int8; }"));
  const schema = await loadModels({ folder, extraFolders: [builtInModels()], log: SILENT });
  expect(nodeAt(schema, "/m:a").kind).toBe("leaf");
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

test("CC-models-cache: the second load takes the compiled schema from the cache, and it is the same", async () => {
  const { log, events } = listening();
  const cold = await loadModels({ cacheFolder, log });
  const warm = await loadModels({ cacheFolder, log });
  expect(events.filter(([event]) => event === "yang.schema-compiled")).toHaveLength(1);
  expect(warm.roots).toEqual(cold.roots);
  expect(warm.modules).toEqual(cold.modules);
  expect([...warm.identities]).toEqual([...cold.identities]);
  expect(await readdir(cacheFolder)).toHaveLength(1);
});

test("CC-models-cache: one changed byte of a source is compiled anew", async () => {
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

test("CC-models-cache CC-limits: of compiled schemas the newest are kept, and nothing else in the folder is touched", async () => {
  await mkdir(cacheFolder, { recursive: true });
  const inCache = (name: string): string => join(cacheFolder, name);
  const schema = (index: number): string => `schema-${String(index).padStart(32, "0")}.json`;
  for (let index = 0; index < KEPT_SCHEMAS + 3; index++) {
    await writeFile(inCache(schema(index)), "");
    await utimes(inCache(schema(index)), 1000 + index, 1000 + index);
  }
  await writeFile(inCache(`${schema(999)}.4711`), ""); // a draft whose writer died
  await utimes(inCache(`${schema(999)}.4711`), 1, 1);
  await writeFile(inCache("notes.txt"), "");
  await loadModels({ cacheFolder, log: SILENT });
  const left = await readdir(cacheFolder);
  expect(left).toHaveLength(KEPT_SCHEMAS + 1);
  expect(left).toContain("notes.txt");
  expect([3, 4].map((index) => left.includes(schema(index)))).toEqual([false, true]);
});

test("CC-models-cache: a cache that cannot be written costs time and nothing else", async () => {
  await mkdir(folder, { recursive: true });
  await put("file", "");
  const { log, events } = listening();
  const schema = await loadModels({ cacheFolder: join(folder, "file"), log });
  expect(schema.bySid(60201)?.name).toBe("room");
  expect(events.map(([event]) => event)).toContain("yang.schema-cache-unwritable");
});

test.each<readonly [what: string, make: (path: string) => Promise<unknown>]>([
  ["a device", (path) => symlink("/dev/zero", path)],
  ["a link to nothing", (path) => symlink(join(folder, "nothing"), path)],
  ["a link to itself", (path) => symlink(path, path)],
])("%s that is called like a module is refused by its name", async (_what, make) => {
  const path = join(folder, "m.yang");
  await make(path);
  await expect(loadModels({ folder, log: SILENT })).rejects.toMatchObject({ code: "yang.file", facts: { file: path } });
});

describe("several .sid files of one module", () => {
  const sidFile = (date: string, sid: number, more: object = {}): string =>
    JSON.stringify({
      "ietf-sid-file:sid-file": {
        "module-name": "m",
        "module-revision": date,
        "assignment-range": [{ "entry-point": "61000", size: "50" }],
        item: [{ namespace: "data", identifier: "/m:a", sid: String(sid), ...more }],
        ...(sid === 61003 ? { "sid-file-version": 1 } : {}),
      },
    });
  const M = 'module m { yang-version 1.1; namespace "urn:m"; prefix m; revision 2026-01-01; leaf a { type int8; } }';
  const load = async (...files: readonly string[]): Promise<Schema> => {
    await put("m.yang", M);
    for (const [index, file] of files.entries()) await put(`${index}.sid`, file);
    return loadModels({ folder, log: SILENT });
  };

  test.each([
    ["the latest version of a file holds, where the former number was unstable", { status: "unstable" }, 61003],
    ["a stable number never changes", {}, undefined],
  ])("CC-9595-3: %s", async (_what, more, sid) => {
    const loading = load(sidFile("2026-01-01", 61002, more), sidFile("2026-01-01", 61003));
    if (sid === undefined) await expect(loading).rejects.toMatchObject({ code: "yang.sid-conflict" });
    else expect((await loading).bySid(sid)?.name).toBe("a");
  });

  test("CC-9595-3: a later revision keeps the numbers of an earlier one", async () => {
    const loading = load(sidFile("2026-02-02", 61002), sidFile("2026-01-01", 61004));
    await expect(loading).rejects.toMatchObject({ code: "yang.sid-conflict", facts: { sid: 61002, otherSid: 61004 } });
  });

  test("CC-9595-3: of two files that say they are the same nobody knows which one holds", async () => {
    const unstable = { status: "unstable" };
    const loading = load(sidFile("2026-01-01", 61002, unstable), sidFile("2026-01-01", 61004, unstable));
    await expect(loading).rejects.toMatchObject({ code: "yang.sid-conflict" });
    await put("1.sid", sidFile("2026-01-01", 61002, unstable));
    expect((await loadModels({ folder, log: SILENT })).bySid(61002)?.name).toBe("a");
  });
});

describe("what a set chooses", () => {
  const revisionOfM = (schema: Schema): string | undefined =>
    schema.modules.find(({ name, importOnly }) => name === "m" && !importOnly)?.revision;
  const m = (date: string, body: string): string =>
    `module m { yang-version 1.1; namespace "urn:m"; prefix m; revision ${date}; feature f; ${body} }`;
  let setFolder: string;
  beforeEach(async () => {
    setFolder = join(folder, "set");
    await mkdir(setFolder);
    await put("m@2020-01-01.yang", m("2020-01-01", "leaf old { type int8; }"));
    await put("m@2021-01-01.yang", m("2021-01-01", "leaf new { if-feature f; type int8; } leaf more { type int8; }"));
  });

  test("CC-7950-5.6.5: of several revisions the newest is implemented", async () => {
    expect(revisionOfM(await loadModels({ folder, log: SILENT }))).toBe("2021-01-01");
  });

  test("CC-7950-5.6.5: an older revision in the folder of the set stands for the newer one outside", async () => {
    await copyFile(join(folder, "m@2020-01-01.yang"), join(setFolder, "m.yang"));
    await put(
      "n.yang",
      'module n { namespace "urn:n"; prefix n; import m { prefix m; } augment /m:box { leaf x { type int8; } } }',
    );
    await writeFile(join(setFolder, "m.yang"), m("2019-01-01", "container box;"));
    const schema = await loadModels({ folder, setFolder, log: SILENT });
    expect(revisionOfM(schema)).toBe("2019-01-01");
    expect(schema.byPath("/m:box/n:x")).toBeDefined();
  });

  test("CC-7950-5.6.5: a set may name what it implements, and in which revision", async () => {
    await put("n.yang", moduleM("leaf a { type int8; }").replaceAll("urn:m", "urn:n").replace("module m", "module n"));
    const schema = await loadModels({ folder, implement: ["m@2020-01-01"], log: SILENT });
    expect(schema.roots.map(({ name }) => name)).toEqual(["old"]);
    expect(schema.modules.map(({ name }) => name)).toEqual(["m"]);
  });

  test("CC-7950-5.6.5: a module whose nodes are used is implemented without being named", async () => {
    await put(
      "n.yang",
      'module n { namespace "urn:n"; prefix n; import m { prefix m; } leaf r { type leafref { path /m:more; } } }',
    );
    const schema = await loadModels({ folder, implement: ["n"], log: SILENT });
    expect(schema.modules.map(({ name, importOnly }) => [name, importOnly])).toEqual([
      ["n", false],
      ["m", false],
    ]);
  });

  test.each([
    ["a module that is not there", ["x"], { code: "yang.implement", module: "x" }],
    ["a revision that is not there", ["m@2000-01-01"], { code: "yang.implement", module: "m@2000-01-01" }],
    ["two revisions of one module", ["m@2020-01-01", "m@2021-01-01"], { code: "yang.implement-twice", module: "m" }],
  ])("%s cannot be implemented", async (_name, implement, told) => {
    expect(await refused(loadModels({ folder, implement, log: SILENT }))).toMatchObject(told);
  });

  test("CC-7950-7.20.1: features are chosen by module, and each choice has a cached schema of its own", async () => {
    const load = (features?: Readonly<Record<string, readonly string[]>>) =>
      loadModels({ folder, features, cacheFolder, log: SILENT });
    expect((await load()).byPath("/m:new")).toBeDefined();
    const without = await load({ m: [] });
    expect(without.byPath("/m:new")).toBeUndefined();
    expect(without.modules.map(({ features }) => features)).toEqual([undefined]);
    expect((await load({ m: ["f"] })).modules.map(({ features }) => features)).toEqual([["f"]]);
    expect((await load({ m: [] })).byPath("/m:new")).toBeUndefined();
    expect((await load({ other: [] })).byPath("/m:new")).toBeDefined();
  });

  test("CC-9595-3: a number of what a feature takes away is no error", async () => {
    await put("m.sid", SID("/m:new"));
    const schema = await loadModels({ folder, features: { m: [] }, log: SILENT });
    expect(schema.bySid(100)).toBeUndefined();
    expect((await loadModels({ folder, log: SILENT })).bySid(100)?.name).toBe("new");
  });

  test("CC-9595-3: the numbers of a later revision hold for an older one, and what came later is passed over", async () => {
    const sid = JSON.parse(SID("/m:old")) as {
      "ietf-sid-file:sid-file": { "module-revision": string; item: object[] };
    };
    sid["ietf-sid-file:sid-file"]["module-revision"] = "2021-01-01";
    sid["ietf-sid-file:sid-file"].item.push({ namespace: "data", identifier: "/m:more", sid: "101" });
    await put("m.sid", JSON.stringify(sid));
    const schema = await loadModels({ folder, implement: ["m@2020-01-01"], log: SILENT });
    expect(schema.bySid(100)?.name).toBe("old");
    expect(schema.bySid(101)).toBeUndefined();
  });

  test("files that were read already", async () => {
    const files = [{ path: "m.yang", text: m("2020-01-01", "leaf a { type int8; }") }];
    expect((await openModels({ files }, { log: SILENT })).byPath("/m:a")?.kind).toBe("leaf");
  });

  test("CC-7950-7.20.3: a module knows who deviates from it", async () => {
    await put(
      "d.yang",
      'module d { namespace "urn:d"; prefix d; import m { prefix m; } deviation /m:more { deviate not-supported; } }',
    );
    const schema = await loadModels({ folder, log: SILENT });
    expect(schema.modules.find(({ name }) => name === "m")?.deviations).toEqual(["d"]);
    expect(schema.byPath("/m:more")).toBeUndefined();
  });
});

describe("all findings at once", () => {
  const named = (name: string, body: string): { readonly path: string; readonly text: string } => ({
    path: `${name}.yang`,
    text: `module ${name} { yang-version 1.1; namespace "urn:${name}"; prefix ${name}; ${body} }`,
  });
  const found = async (...files: readonly { readonly path: string; readonly text: string }[]) =>
    (await findFaults(files, await readLibraryFiles(), {})).map(({ code, facts }) => [code, facts["file"]]);

  test("right models have none", async () => {
    expect(await found(named("a", "leaf x { type int8; }"), { path: "a.sid", text: SID("/a:x", "a") })).toEqual([]);
  });

  test("CC-models-faults: each broken file has one, in the order of the files; what needs it is passed over", async () => {
    expect(
      await found(
        named("a", "leaf x { type nothing; } leaf y { type nothing; }"),
        named("b", "import a { prefix a; } leaf x { type a:gone; }"),
        named("c", "leaf x {"),
        named("d", "import c { prefix c; }"),
        named("e", "leaf x { type nothing; }"),
        named("f", "leaf x { type int8; }"),
        { path: "f.sid", text: SID("/f:gone", "f") },
        { path: "g.sid", text: "{" },
      ),
    ).toEqual([
      ["yang.compile", "a.yang"],
      ["yang.parse", "c.yang"],
      ["yang.compile", "e.yang"],
      ["yang.sid-identifier", "f.sid"],
      ["yang.sid-file", "g.sid"],
    ]);
  });
});

test("CC-7950-6: a file that is not UTF-8 is named", async () => {
  await writeFile(join(folder, "m.yang"), Uint8Array.of(0x6d, 0xff, 0xfe));
  expect(await refused(loadModels({ folder, log: SILENT }))).toMatchObject({
    code: "yang.parse",
    file: join(folder, "m.yang"),
    what: "the file is not UTF-8",
  });
});
