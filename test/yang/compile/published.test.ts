/** Published modules, when the checkout has them beside it: all compile, as yanglint does, and published SIDs bind. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { openSchema } from "../../../gateway/yang/compile/open-schema.ts";
import { bindSids } from "../../../gateway/yang/sid/bind.ts";
import { readSidFile } from "../../../gateway/yang/sid/sid-file.ts";
import { compileTexts, nodeAt } from "./inline.ts";
import { type TreeRow, treeOf, treePrint } from "./yanglint-tree.ts";

const FOLDER = fileURLToPath(new URL("../../../../shared/yang", import.meta.url));
const YANGLINT = "/usr/bin/yanglint";
const has = existsSync(FOLDER);
const files = has ? readdirSync(FOLDER).filter((name) => name.endsWith(".yang")) : [];
const text = (name: string): string => readFileSync(join(FOLDER, name), "utf8");

(has ? describe : describe.skip)("published modules (needs ../shared/yang)", () => {
  const all = compileTexts(files.map(text));

  test("all compile together", () => {
    const schema = openSchema(all.image);
    expect(schema.modules).toHaveLength(files.length);
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
    const sidFile = readSidFile(text(file), file);
    const schema = openSchema(bindSids(compileTexts(files.map(text), { only: module }), [sidFile]));
    const found = sidFile.items.map(({ namespace, identifier, sid }) => {
      if (namespace === "data") return schema.byPath(identifier)?.sid;
      return namespace === "identity" ? schema.identities.get(`${module}:${identifier}`)?.sid : sid;
    });
    expect(found).toEqual(sidFile.items.map(({ sid }) => sid));
  });

  (existsSync(YANGLINT) ? test : test.skip)("the trees are those of yanglint (needs libyang-tools)", () => {
    const args = ["-f", "tree", "-i", "-p", FOLDER, ...files.map((name) => join(FOLDER, name))];
    const theirs = treeOf(execFileSync(YANGLINT, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
    const ours = treePrint(all);
    const different = [...theirs].filter(([path, row]) => !same(ours.get(path), row));
    expect(different).toEqual([]);
    expect(theirs.size).toBeGreaterThan(1000);
    // yanglint leaves out empty inputs and outputs.
    const more = [...ours.keys()].filter((path) => !theirs.has(path) && !/\/(input|output)$/.test(path));
    expect(more).toEqual([]);
  });
});

const same = (ours: TreeRow | undefined, theirs: TreeRow): boolean =>
  ours !== undefined && JSON.stringify(ours) === JSON.stringify(theirs);
