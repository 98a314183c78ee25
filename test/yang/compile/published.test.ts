/** Published modules, where there are some: all compile, whatever features are on, to the trees that yanglint prints. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import type { Compilation } from "../../../gateway/yang/compile/compile.ts";
import type { FeatureChoice } from "../../../gateway/yang/compile/features.ts";
import { openSchema } from "../../../gateway/yang/compile/open-schema.ts";
import { openParser } from "../../../gateway/yang/parse/parser.ts";
import { bindSids } from "../../../gateway/yang/sid/bind.ts";
import { readSidFile } from "../../../gateway/yang/sid/sid-file.ts";
import { NEEDS_PYANG, PYANG } from "../sid/pyang.ts";
import { compileTexts, nodeAt, refusal } from "./inline.ts";
import { filesOf, isThere, type PublishedSet, SETS } from "./published-sets.ts";
import { pyangTrees, statementTree } from "./pyang-statements.ts";
import { type TreeRow, treeOf, treePrint } from "./yanglint-tree.ts";

const YANGLINT = "/usr/bin/yanglint";
const NEEDS_YANGLINT = existsSync(YANGLINT) ? "" : " (skipped: needs yanglint of libyang-tools)";
const parse = await openParser();

/** Every other feature, the same ones in each run. */
const half: FeatureChoice = (module, feature) =>
  [...(module + feature)].reduce((sum, char) => sum + char.charCodeAt(0), 0) % 2 === 0;
const none: FeatureChoice = () => false;

describe.each(SETS)("$name", (set) => {
  const files = filesOf(set).filter(({ file }) => set.broken[basename(file)] === undefined);
  const texts = files.map(({ text }) => text);
  const kept = new Map<FeatureChoice | undefined, Compilation>();
  const compiled = (features?: FeatureChoice): Compilation => {
    const compilation = kept.get(features) ?? compileTexts(texts, features ? { features } : {});
    kept.set(features, compilation);
    return compilation;
  };
  const setTest = isThere(set) ? test : test.skip;
  const where = isThere(set) ? "" : " (skipped: they are not here)";

  setTest(`CC-7950-14: every module compiles with all features, with none and with half of them${where}`, () => {
    const all = compiled();
    const off = compiled(none);
    const mixed = compiled(half);
    expect(openSchema(all.image).modules.filter(({ importOnly }) => !importOnly).length).toBeGreaterThan(3);
    expect(off.image.nodes.length).toBeLessThanOrEqual(mixed.image.nodes.length);
    expect(mixed.image.nodes.length).toBeLessThanOrEqual(all.image.nodes.length);
    // What is off is known all the same.
    const named = new Set([...off.paths.keys(), ...off.absent]);
    expect([...all.paths.keys()].filter((path) => !named.has(path))).toEqual([]);
  });

  const withYanglint = isThere(set) && NEEDS_YANGLINT === "" ? test : test.skip;
  for (const features of set.yanglint) {
    withYanglint(
      `CC-7950-7: with ${features} features the trees are those of yanglint${where || NEEDS_YANGLINT}`,
      () => {
        const modules = files.filter(
          ({ file, text }) => parse(text, file).keyword === "module" && !set.crashing.includes(basename(file)),
        );
        const theirs = yanglintTrees(
          set,
          modules.map(({ file }) => file),
          features === "no",
        );
        const ours = treePrint(compiled(features === "no" ? none : undefined));
        const different = [...theirs].filter(([path, row]) => !same(ours.get(path), row));
        // yanglint keeps the case around a shorthand whose feature is off; there can be no data in it.
        expect(different.filter(([, { type }]) => features === "all" || type !== "choice")).toEqual([]);
        expect(theirs.size).toBeGreaterThan(500);
        // yanglint leaves out empty inputs and outputs.
        const printed = new Set(modules.map(({ file, text }) => parse(text, file).argument));
        const more = [...ours.keys()]
          .filter((path) => printed.has(path.split("|")[0]))
          .filter((path) => !theirs.has(path) && !/\/(input|output)$/.test(path));
        expect(more).toEqual([]);
      },
    );
  }

  const withPyang = isThere(set) && PYANG !== undefined ? test : test.skip;
  withPyang(`CC-parser CC-7950-6.3: the statements are those of pyang, one by one${where || NEEDS_PYANG}`, () => {
    const theirs = pyangTrees(files.map(({ file }) => file));
    const different = files.filter(({ file, text }) => statementTree(parse(text, file)) !== theirs.get(file));
    expect(different.map(({ file }) => basename(file))).toEqual([]);
  });

  for (const [name, what] of Object.entries(set.broken)) {
    setTest(`CC-7950-14: ${name} is no YANG${where}`, () => {
      const text = filesOf(set).find(({ file }) => basename(file) === name)?.text ?? "";
      expect(refusal(() => compileTexts([text, ...texts]))?.["what"]).toContain(what);
    });
  }
});

const [SHARED] = SETS;
(SHARED && isThere(SHARED) ? describe : describe.skip)("published SIDs (needs ../shared/yang)", () => {
  const texts = SHARED ? filesOf(SHARED).map(({ text }) => text) : [];
  const all = compileTexts(texts);

  test("nodes, units and identities of several modules come together", () => {
    const schema = openSchema(all.image);
    const MTU = "/ietf-interfaces:interfaces/interface/ietf-ip:ipv4/mtu";
    expect(nodeAt(schema, MTU)).toMatchObject({ module: "ietf-ip", units: "octets" });
    expect(nodeAt(schema, "/ietf-interfaces:interfaces/interface/type").type?.identityBases).toEqual([
      "ietf-interfaces:interface-type",
    ]);
    expect(schema.derivedFrom("iana-if-type:ethernetCsmacd", "ietf-interfaces:interface-type")).toBe(true);
  });

  test.each([
    ["ietf-system", "rfc9595-appendixA-ietf-system.sid"],
    ["ietf-coreconf", "draft-comi-ietf-coreconf.sid"],
  ])("each number of the published %s file is that of its node or identity", (module, file) => {
    const sidFile = readSidFile(readFileSync(join(SHARED?.folders[0] ?? "", file), "utf8"), file);
    const schema = openSchema(bindSids(compileTexts(texts, { only: module }), [sidFile]));
    const found = sidFile.items.map(({ namespace, identifier, sid }) => {
      if (namespace === "data") return schema.byPath(identifier)?.sid;
      return namespace === "identity" ? schema.identities.get(`${module}:${identifier}`)?.sid : sid;
    });
    expect(found).toEqual(sidFile.items.map(({ sid }) => sid));
  });
});

function yanglintTrees(set: PublishedSet, files: readonly string[], off: boolean): ReadonlyMap<string, TreeRow> {
  const search = set.folders.flatMap((folder) => ["-p", folder]);
  const features = off ? files.flatMap((file) => ["-F", `${basename(file).replace(/(@.*)?\.yang$/, "")}:`]) : [];
  const print = execFileSync(YANGLINT, ["-f", "tree", "-i", ...search, ...features, ...files], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  return treeOf(print);
}

const same = (ours: TreeRow | undefined, theirs: TreeRow): boolean =>
  ours !== undefined && JSON.stringify(ours) === JSON.stringify(theirs);
