/** Published modules and .sid files, when the checkout has them beside it: against pyang 2.7.1, and as data. And our own. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { check, isError } from "../../../gateway/yang/sid/check.ts";
import { generate } from "../../../gateway/yang/sid/generate.ts";
import { loadModuleTree } from "../../../gateway/yang/sid/load.ts";
import type { ModuleTree } from "../../../gateway/yang/sid/module-tree.ts";
import { itemKey, readSidFile } from "../../../gateway/yang/sid/sid-file.ts";
import { update } from "../../../gateway/yang/sid/update.ts";
import { sidFileText } from "../../../gateway/yang/sid/write.ts";
import { parseModule, treeAmong } from "./modules.ts";
import { NEEDS_PYANG, PYANG, runPyang } from "./pyang.ts";

const FOLDER = fileURLToPath(new URL("../../../../shared/yang", import.meta.url));
const has = existsSync(FOLDER);
const read = (name: string): string => readFileSync(join(FOLDER, name), "utf8");
const names = has ? readdirSync(FOLDER).filter((name) => name.endsWith(".yang")) : [];
/** Begins here, because it takes as long as the parsing below. */
const pyangsFiles = has && PYANG ? pyangOfAll() : Promise.resolve(new Map<string, string>());
const roots = names.map((name) => parseModule(read(name), name));
const trees = new Map(names.map((name, index) => [name.replace(/\.yang$/, ""), treeAmong(roots[index]!, roots)]));
const treeNamed = (name: string): ModuleTree => trees.get(name)!;
const RANGE = { entryPoint: 60_000, size: 5000 };
const NEEDS_FOLDER = has ? "" : " (skipped: needs ../shared/yang)";

async function pyangOfAll(): Promise<ReadonlyMap<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), "sidgate-pyang-"));
  const runs = names.map((name) => ["-p", FOLDER, "--sid-generate-file", "60000:5000", join(FOLDER, name)]);
  const made = await runPyang(folder, runs);
  rmSync(folder, { recursive: true });
  return new Map([...made].map(([name, text]) => [name.replace(/\.sid$/, ""), text]));
}

/** Where we and pyang differ: how many items each has that the other has not. */
const DIFFERENT: ReadonlyArray<readonly [title: string, module: string, theirs: number, ours: number]> = [
  [
    "CC-SID-2: differs: in ietf-ip pyang gives cases around shorthands inside augments no number (RFC 9595 §3: schema nodes)",
    "ietf-ip@2018-02-22",
    0,
    4,
  ],
  [
    "CC-SID-2: differs: in ietf-yang-push pyang breaks the paths of a uses inside an augment (RFC 9595 §4: schema-node-path)",
    "ietf-yang-push@2019-09-09",
    48,
    48,
  ],
];

(has ? describe : describe.skip)(`the modules of ../shared/yang${NEEDS_FOLDER}`, () => {
  const different = new Set(DIFFERENT.map(([, module]) => module));
  const pyangTest = PYANG ? test : test.skip;

  pyangTest(
    `CC-SID-1 CC-SID-5: without any option ours are pyang's byte for byte, but for those below${NEEDS_PYANG}`,
    async () => {
      const made = await pyangsFiles;
      expect(made.size).toBe(names.length);
      const ours = [...trees].map(([name, tree]) => [
        name,
        sidFileText(generate(tree, [RANGE], { dialect: "pyang-head" })),
      ]);
      const unlike = ours.flatMap(([name = "", text]) => (made.get(name) === text ? [] : [name]));
      expect(new Set(unlike)).toEqual(different);
    },
    60_000,
  );

  pyangTest(
    `CC-SID-2: with its quirks all are${NEEDS_PYANG}`,
    async () => {
      const made = await pyangsFiles;
      const numbering = { dialect: "pyang-head", pyangQuirks: true } as const;
      const unlike = [...trees].filter(
        ([name, tree]) => made.get(name) !== sidFileText(generate(tree, [RANGE], numbering)),
      );
      expect(unlike.map(([name]) => name)).toEqual([]);
    },
    60_000,
  );

  test.each(DIFFERENT)("%s", (_title, name, theirs, ours) => {
    const tree = treeNamed(name);
    const keys = (pyangQuirks: boolean): readonly string[] =>
      generate(tree, [RANGE], { dialect: "pyang-head", pyangQuirks }).items.map(itemKey);
    const [right, broken] = [keys(false), keys(true)];
    expect(broken.filter((key) => !right.includes(key))).toHaveLength(theirs);
    expect(right.filter((key) => !broken.includes(key))).toHaveLength(ours);
  });

  test("CC-9595-4: check finds every path that pyang breaks, and says what is meant; update puts them right", () => {
    const tree = treeNamed("ietf-yang-push@2019-09-09");
    const broken = generate(tree, [RANGE], { dialect: "pyang-head", pyangQuirks: true });
    const found = check([broken], { tree }).filter(isError);
    expect(found.map(({ rule }) => rule)).toEqual(Array(48).fill("broken-path"));
    const done = update(broken, tree, {});
    expect([done.repaired.length, done.added.length, done.gone.length]).toEqual([48, 0, 0]);
    expect(check([done.file], { tree }).filter(isError)).toEqual([]);
  });

  test("CC-SID-5: what is generated passes its own check, in both dialects", () => {
    const numbering = [{ dialect: "rfc9595" }, { dialect: "pyang-head" }] as const;
    const found = [...trees.values()].flatMap((tree) =>
      numbering.flatMap((each) => check([generate(tree, [RANGE], each)], { tree }).filter(isError)),
    );
    expect(found).toEqual([]);
  });

  test("CC-SID-8: the ietf-system file of RFC 9595, Appendix A, is data: 5 empty inputs and outputs lack a number", () => {
    const tree = treeNamed("ietf-system@2014-08-06");
    const file = readSidFile(read("rfc9595-appendixA-ietf-system.sid"), "ietf-system.sid");
    expect(file.items).toHaveLength(76);
    const found = check([file], { tree });
    expect(found.filter(isError).map(({ rule, what }) => [rule, what.split("'")[1]])).toEqual(
      [
        "set-current-datetime/output",
        "system-restart/input",
        "system-restart/output",
        "system-shutdown/input",
        "system-shutdown/output",
      ].map((path) => ["item-missing", `/ietf-system:${path}`]),
    );
    const done = update(file, tree, {});
    expect(done.added).toHaveLength(5);
    expect(done.file.items.slice(0, 76)).toEqual(file.items);
  });

  test("CC-SID-8: the ietf-coreconf file of the draft is data: nothing is missing, and nothing changes", () => {
    const tree = treeNamed("ietf-coreconf@2026-03-02");
    const file = readSidFile(read("draft-comi-ietf-coreconf.sid"), "ietf-coreconf.sid");
    expect(check([file], { tree }).filter(isError)).toEqual([]);
    const done = update(file, tree, {});
    expect([done.added, done.gone, done.repaired]).toEqual([[], [], []]);
    const anew = generate(tree, file.ranges, { dialect: "rfc9595" });
    const numbers = new Map(anew.items.map((item) => [itemKey(item), item.sid]));
    expect(file.items.filter((item) => numbers.get(itemKey(item)) !== item.sid)).toHaveLength(7);
  });
});

describe("our own modules", () => {
  const MODELS = fileURLToPath(new URL("../../../yang-models", import.meta.url));
  const own = readdirSync(MODELS).filter((name) => name.endsWith(".sid"));
  const text = (name: string): string => readFileSync(join(MODELS, name), "utf8");

  test.each(own)("CC-9595-3: %s is data: it covers its module, and an update changes nothing", async (name) => {
    const yang = name.replace(/\.sid$/, ".yang");
    const tree = await loadModuleTree({ path: join(MODELS, yang), text: text(yang) }, [MODELS]);
    const file = readSidFile(text(name), name);
    expect(check([file], { tree }).filter(isError)).toEqual([]);
    expect(update(file, tree, {})).toMatchObject({ upToDate: true, added: [], gone: [], repaired: [] });
  });

  test.each(own)("CC-SID-5: %s is written as it is read", (name) => {
    expect(`${sidFileText(readSidFile(text(name), name))}\n`).toBe(text(name));
  });
});
