/** The models folder: which sets it makes, what it refuses, and what an exchange at run time does to those who ask. */

import { readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { ModelSets, modelRows } from "../../gateway/app/models/index.ts";
import { modelsHealth } from "../../gateway/app/status/health.ts";
import { isCoded, type LogFacts, type Logger, millis, SILENT } from "../../gateway/base/index.ts";
import { builtInModels, type CompileJob, compileImage, type SetName } from "../../gateway/yang/index.ts";
import { ACME_AIR, building2, SECOND, writeAcmeAir, writeBuilding2 } from "../support/building-2.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

let folder: string;
let models: string;
let sidFile: string;
let clock: VirtualClock;
let sets: ModelSets | undefined;
let logged: Array<readonly [event: string, facts: LogFacts | undefined]>;
/** What was compiled, and the watchers by folder. */
let jobs: CompileJob[];
let watchers: Map<string, () => void>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-models-"));
  models = join(folder, "models");
  sidFile = join(folder, "sids.json");
  clock = new VirtualClock();
  logged = [];
  jobs = [];
  watchers = new Map();
});
afterEach(async () => {
  sets?.close();
  sets = undefined;
  await rm(folder, { recursive: true });
});

const log: Logger = { ...SILENT, error: (event, facts) => void logged.push([event, facts]) };

async function open(configured: readonly string[] = []): Promise<ModelSets> {
  sets = await ModelSets.open({
    models,
    configured,
    cacheFolder: join(folder, "cache"),
    clock,
    log,
    sidFile,
    compile: (job) => {
      jobs.push(job);
      return compileImage(job, log);
    },
    watch: (path, onEvent) => {
      watchers.set(path, onEvent);
      return { close: () => void watchers.delete(path) };
    },
  });
  return sets;
}
const revisionOf = (of: ModelSets, set: SetName, module = "sidgate-building"): string | undefined =>
  of.of(set).modules.find(({ name }) => name === module)?.revision;
const faults = (of: ModelSets): ReadonlyArray<readonly [SetName, string | undefined]> =>
  of.list().map(({ set, fault }) => [set, fault?.code]);
const codeOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => "nothing was refused",
    (error: unknown) => (isCoded(error) ? error.code : error),
  );
const ourNode = (ending: "yang" | "sid"): string =>
  readFileSync(join(builtInModels(), `sidgate-node@2026-11-21.${ending}`), "utf8");
const laterNode = ourNode("yang").replace(
  "revision 2026-11-21",
  'revision 2027-01-01 { description "x"; }\n  revision 2026-11-21',
);
const BROKEN = "module broken {\n  namespace urn:b;\n  prefix b;\n  leaf x { type nonsense; }\n}\n";

describe("at the start", () => {
  test("the folder is made, and there is the default set", async () => {
    const all = await open();
    expect(await readdir(models)).toEqual([]);
    expect([all.names(), faults(all), revisionOf(all, undefined)]).toEqual([
      [],
      [[undefined, undefined]],
      "2026-11-21",
    ]);
  });

  test("CC-models-sets: files that lie flat are in every set, those of a folder in its set alone", async () => {
    await writeBuilding2(join(models, "building-2"));
    await writeAcmeAir(models);
    const all = await open();
    expect(all.names()).toEqual(["building-2"]);
    expect([undefined, "building-2"].map((set) => revisionOf(all, set))).toEqual(["2026-11-21", SECOND]);
    expect([undefined, "building-2"].map((set) => revisionOf(all, set, "acme-air"))).toEqual([
      "2026-01-01",
      "2026-01-01",
    ]);
  });

  test("CC-models-sets CC-models-revisions: a set may hold an older revision than everybody else", async () => {
    await writeBuilding2(models);
    const old = join(models, "building-1");
    await mkdir(old);
    for (const ending of ["yang", "sid"]) {
      const name = `sidgate-building@2026-11-21.${ending}`;
      await copyFile(join(builtInModels(), name), join(old, name));
    }
    const all = await open();
    expect([undefined, "building-1"].map((set) => revisionOf(all, set))).toEqual([SECOND, "2026-11-21"]);
  });

  test("sets with the same files share a schema", async () => {
    for (const name of ["a", "b", "c"]) await mkdir(join(models, name), { recursive: true });
    for (const name of ["a", "b"]) await writeBuilding2(join(models, name));
    const all = await open();
    expect(all.of("a")).toBe(all.of("b"));
    expect(all.of("c")).toBe(all.of(undefined));
    expect(all.of("a")).not.toBe(all.of("c"));
  });

  test("CC-models-sets: module-set.json says which features are on", async () => {
    const yang = ACME_AIR.yang
      .replace("  container air", "  feature dust;\n  feature gas;\n  container air")
      .replace(
        "    leaf pm10 {",
        "    leaf voc {\n      if-feature gas;\n      type uint16;\n    }\n    leaf pm10 {\n      if-feature dust;",
      );
    for (const set of ["all", "gas", "none"]) {
      await mkdir(join(models, set), { recursive: true });
      await writeFile(join(models, set, "acme-air.yang"), yang);
    }
    const features = (on: readonly string[]): string => JSON.stringify({ features: { "acme-air": on } });
    await writeFile(join(models, "gas", "module-set.json"), features(["gas"]));
    await writeFile(join(models, "none", "module-set.json"), features([]));
    const all = await open();
    const leaves = (set: string): readonly string[] =>
      ["pm10", "voc"].filter((leaf) => all.of(set).byPath(`/acme-air:air/${leaf}`) !== undefined);
    expect(["all", "gas", "none"].map(leaves)).toEqual([["pm10", "voc"], ["voc"], []]);
  });

  const files: ReadonlyArray<readonly [what: string, file: string, text: string, code: string]> = [
    ["a module that does not compile", "broken.yang", BROKEN, "yang.compile"],
    ["a .sid file that is none", "x.sid", "{", "yang.sid-file"],
    ["a later sidgate-node", "x.yang", `/*\nmodule x\n*/ ${laterNode}`, "models.house"],
    ["another text of the same sidgate-node", "x.yang", `${ourNode("yang")}\n`, "yang.compile"],
    [
      "other numbers for sidgate-node",
      "x.sid",
      ourNode("sid").replace('"sid-file-version": 1', '"sid-file-version": 2').replace('"60003"', '"60099"'),
      "yang.sid-conflict",
    ],
    ["a module-set.json that is no JSON", "module-set.json", "{", "models.set-file"],
    ["one with another member", "module-set.json", '{"feature": {}}', "models.set-file"],
    ["one that names a module which is not there", "module-set.json", '{"features": {"x": []}}', "models.set-file"],
    ["one whose module has no name of one", "module-set.json", '{"features": {"7up": []}}', "models.set-file"],
  ];

  test.each(files)("%s among the files of all stops the start", async (_what, file, text, code) => {
    await mkdir(models);
    await writeFile(join(models, file), text);
    expect(await codeOf(open())).toBe(code);
  });

  test.each(files)("%s in a set leaves its nodes with the default set", async (_what, file, text, code) => {
    await mkdir(join(models, "x"), { recursive: true });
    await writeFile(join(models, "x", file), text);
    const all = await open();
    expect(faults(all)).toEqual([
      [undefined, undefined],
      ["x", code],
    ]);
    expect([all.has("x"), all.names(), all.of("x") === all.of(undefined)]).toEqual([false, [], true]);
    expect(logged).toEqual([["models.refused", expect.objectContaining({ set: "x", code })]]);
  });

  test("a folder that cannot name a set is told, and a hidden one is none", async () => {
    for (const name of ["Building 2", ".git"]) await mkdir(join(models, name), { recursive: true });
    expect(faults(await open())).toEqual([
      [undefined, undefined],
      ["Building 2", "models.set-name"],
    ]);
  });

  test("a copy of a module of ours does no harm", async () => {
    await mkdir(models);
    const name = "sidgate-node@2026-11-21.yang";
    await copyFile(join(builtInModels(), name), join(models, name));
    expect(faults(await open())).toEqual([[undefined, undefined]]);
  });

  test("a configured folder that is not there stops the start", async () => {
    expect(await codeOf(open([join(folder, "nowhere")]))).toBe("yang.compile-folder");
  });
});

describe("while it runs", () => {
  /** Everybody who listens, in order. */
  const listen = (
    all: ModelSets,
  ): Array<readonly [set: SetName, before: string | undefined, after: string | undefined]> => {
    const heard: Array<readonly [SetName, string | undefined, string | undefined]> = [];
    all.onChange((set, before, after) => {
      const revision = (schema: typeof before) =>
        schema.modules.find(({ name }) => name === "sidgate-building")?.revision;
      expect(all.of(set)).toBe(after);
      heard.push([set, revision(before), revision(after)]);
    });
    return heard;
  };

  test("CC-models-reload: what appears in a folder is told once it is in force", async () => {
    const all = await open();
    const heard = listen(all);
    await writeBuilding2(join(models, "building-2"));
    await all.reload();
    expect(heard.splice(0)).toEqual([["building-2", "2026-11-21", SECOND]]);
    await writeBuilding2(models);
    await all.reload();
    expect(heard).toEqual([
      [undefined, "2026-11-21", SECOND],
      ["building-2", SECOND, SECOND],
    ]);
  });

  test("events are waited out, and folders that appear are watched from then on", async () => {
    await mkdir(models);
    const all = await open();
    expect([...watchers.keys()]).toEqual([models]);
    await writeBuilding2(join(models, "building-2"));
    for (let event = 0; event < 5; event++) {
      watchers.get(models)?.();
      await clock.advance(millis(200));
    }
    expect(all.names()).toEqual([]);
    await clock.advance(millis(300));
    await all.reload(); // behind the one that the events began
    expect([all.names(), [...watchers.keys()]]).toEqual([["building-2"], [models, join(models, "building-2")]]);
    all.close();
    expect(watchers.size).toBe(0);
  });

  test("CC-models-reload: a set whose files break keeps its schema; mended, it has the new one", async () => {
    await writeBuilding2(join(models, "building-2"));
    const all = await open();
    const before = all.of("building-2");
    const heard = listen(all);
    jobs = [];
    await writeFile(join(models, "building-2", "broken.yang"), BROKEN);
    for (let look = 0; look < 3; look++) await all.reload();
    expect([all.of("building-2") === before, heard, jobs.length]).toEqual([true, [], 1]);
    expect(faults(all)).toEqual([
      [undefined, undefined],
      ["building-2", "yang.compile"],
    ]);
    expect(logged.map(([event]) => event)).toEqual(["models.refused"]);
    await rm(join(models, "building-2", "broken.yang"));
    await all.reload();
    expect([faults(all)[1], all.of("building-2") === before, jobs.length]).toEqual([
      ["building-2", undefined],
      true,
      1,
    ]);
  });

  test("what was refused is tried again when somebody asks for it, and looks that wait are one", async () => {
    const all = await open();
    jobs = [];
    await mkdir(join(models, "x"));
    await writeFile(join(models, "x", "broken.yang"), BROKEN);
    await all.reload();
    await all.reload();
    expect(jobs.length).toBe(1);
    await Promise.all(Array.from({ length: 5 }, () => all.reload({ again: true })));
    expect([jobs.length, faults(all)[1]]).toEqual([3, ["x", "yang.compile"]]);
  });

  test("a folder in which something happens all the time is looked at every three seconds", async () => {
    const all = await open();
    const changed = new Promise((resolve) => all.onChange(resolve));
    await writeBuilding2(join(models, "building-2"));
    for (let event = 0; event < 20; event++) {
      watchers.get(models)?.();
      await clock.advance(millis(200));
    }
    expect(await changed).toBe("building-2");
  });

  test("the default set keeps its schema too, and so do the sets that share what broke", async () => {
    await writeBuilding2(join(models, "building-2"));
    const all = await open();
    const before = [all.of(undefined), all.of("building-2")];
    await writeFile(join(models, "broken.yang"), BROKEN);
    await all.reload();
    expect(faults(all).map(([, code]) => code)).toEqual(["yang.compile", "yang.compile"]);
    expect([all.of(undefined), all.of("building-2")]).toEqual(before);
  });

  test("a configured folder that goes away is told, and changes nothing", async () => {
    const further = join(folder, "further");
    await mkdir(further);
    await writeAcmeAir(further);
    const all = await open([further]);
    await rm(further, { recursive: true });
    await all.reload();
    expect(faults(all)).toEqual([[undefined, "yang.compile-folder"]]);
    expect(revisionOf(all, undefined, "acme-air")).toBe("2026-01-01");
  });

  test("CC-models-reload: a set that goes away leaves its nodes with the default set, which they follow", async () => {
    await writeBuilding2(join(models, "building-2"));
    const all = await open();
    const heard = listen(all);
    await rm(join(models, "building-2"), { recursive: true });
    await all.reload();
    expect(all.of("building-2")).toBe(all.of(undefined));
    await writeAcmeAir(models);
    await all.reload();
    await writeBuilding2(join(models, "building-2"));
    await all.reload();
    expect(heard).toEqual([
      ["building-2", SECOND, "2026-11-21"],
      [undefined, "2026-11-21", "2026-11-21"],
      ["building-2", "2026-11-21", "2026-11-21"],
      ["building-2", "2026-11-21", SECOND],
    ]);
  });
});

describe("CC-9595-3: a SID means one thing for ever", () => {
  const PM10 = '"identifier":"/acme-air:air/pm10","sid":"61002"';
  const put = async (folder: string, yang: string, sid: string): Promise<void> => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "acme-air.yang"), yang);
    await writeFile(join(folder, "acme-air.sid"), sid);
  };
  const renamed = (text: string): string => text.replaceAll("pm10", "pm25");
  const changes: ReadonlyArray<readonly [what: string, yang: string, sid: string, code: string]> = [
    ["a node gets another number", ACME_AIR.yang, ACME_AIR.sid.replace("61002", "61003"), "models.sid-changed"],
    ["a number gets another node", renamed(ACME_AIR.yang), renamed(ACME_AIR.sid), "models.sid-reused"],
  ];

  test.each(changes)(
    "%s: the set keeps its former schema, and what it is called says why",
    async (_what, yang, sid, code) => {
      expect(ACME_AIR.sid).toContain(PM10);
      await put(join(models, "air"), ACME_AIR.yang, ACME_AIR.sid);
      const all = await open();
      await put(join(models, "air"), yang, sid);
      await all.reload();
      expect(faults(all)[1]).toEqual(["air", code]);
      expect(all.of("air").bySid(61002)?.name).toBe("pm10");
    },
  );

  test.each(changes)("%s in another set, or after a restart: refused as well", async (_what, yang, sid, code) => {
    await put(join(models, "air"), ACME_AIR.yang, ACME_AIR.sid);
    (await open()).close();
    await put(join(models, "air"), yang, sid);
    await put(join(models, "other"), yang, sid);
    expect(faults(await open())).toEqual([
      [undefined, undefined],
      ["air", code],
      ["other", code],
    ]);
  });

  test("what gets numbers later, or loses them for a while, is no contradiction", async () => {
    const air = join(models, "air");
    await put(air, ACME_AIR.yang, ACME_AIR.sid);
    const all = await open();
    for (const withSid of [false, true]) {
      if (withSid) await writeFile(join(air, "acme-air.sid"), ACME_AIR.sid);
      else await rm(join(air, "acme-air.sid"));
      await all.reload();
      expect([faults(all)[1], all.of("air").bySid(61002)?.name]).toEqual([
        ["air", undefined],
        withSid ? "pm10" : undefined,
      ]);
    }
  });

  test("a book that cannot be read stops the start", async () => {
    await writeFile(sidFile, '{"61002": 7}');
    expect(await codeOf(open())).toBe("models.sid-book");
  });
});

test("rows and health say how it stands", async () => {
  await writeBuilding2(join(models, "building-2"));
  await mkdir(join(models, "bad"), { recursive: true });
  await writeFile(join(models, "bad", "broken.yang"), BROKEN);
  const { yang } = building2();
  await writeFile(join(models, "building-2", "module-set.json"), "{}");
  await mkdir(join(models, "nameless"));
  await writeFile(join(models, "nameless", "sidgate-building.yang"), yang);
  await writeFile(join(models, "nameless", "kinds.yang"), "module kinds { namespace urn:k; prefix k; identity kind; }");
  const all = await open();
  const counts = new Map([
    ["building-2", 2],
    ["gone", 1],
  ]);
  const rows = modelRows(all, { size: 10, countBySet: () => counts });
  expect(rows.map(({ set, state, nodes }) => [set, state, nodes])).toEqual([
    [null, "ok", 7],
    ["bad", "refused", 0],
    ["building-2", "ok", 2],
    ["nameless", "ok", 0],
    ["gone", "missing", 1],
  ]);
  const building = (set: string | null) =>
    rows.find((row) => row.set === set)?.modules.find(({ name }) => name === "sidgate-building");
  expect(building("building-2")).toEqual({ name: "sidgate-building", revision: SECOND, items: 17, withSid: 17 });
  expect(building("nameless")).toEqual({ name: "sidgate-building", revision: SECOND, items: 17, withSid: 15 });
  expect(rows[3]?.modules).toContainEqual({ name: "kinds", revision: "", items: 1, withSid: 0 });
  expect(rows[1]?.error?.text).toContain("broken.yang:4:12");
  expect(modelsHealth(all)).toEqual({ models: { sets: 4, refused: ["bad"] } });
});
