/**
 * What pyang 2.7.1 breaks, one module per fault: the paths that it writes, those that RFC 9595 §4 wants, and, where pyang
 * is there, that it does so and that `--pyang-quirks` makes its file byte for byte.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { generate } from "../../../gateway/yang/sid/generate.ts";
import { readSidFile } from "../../../gateway/yang/sid/sid-file.ts";
import { update } from "../../../gateway/yang/sid/update.ts";
import { sidFileText } from "../../../gateway/yang/sid/write.ts";
import { moduleM, moduleNamed, parseModule, treeAmong } from "./modules.ts";
import { NEEDS_PYANG, PYANG, runPyang } from "./pyang.ts";

const TARGET = moduleNamed(
  "t",
  "container top { list e { key k; leaf k { type int8; } } choice c { leaf a { type int8; } } } rpc r;",
);
const GROUPING = moduleNamed("g", "grouping far { leaf f { type int8; } container h { leaf i { type int8; } } }");
const STRUCTURE = moduleNamed(
  "ietf-yang-structure-ext",
  "extension structure { argument name; } extension augment-structure { argument path; }",
);
const YANG_DATA = moduleNamed("ietf-restconf", "extension yang-data { argument name { yin-element true; } }");
const IMPORTS = "import t { prefix p; } import g { prefix gg; }";
const LEAF = (name: string): string => `leaf ${name} { type int8; }`;

interface Fault {
  readonly name: string;
  readonly body: string;
  readonly head?: string;
  readonly others?: readonly string[];
  /** Data paths that only pyang has, and those that only RFC 9595 has. */
  readonly theirs: readonly string[];
  readonly ours: readonly string[];
}

const FAULTS: readonly Fault[] = [
  {
    name: "CC-SID-2: differs: RFC 9595 §4, not pyang, where a uses inside an augment gets the augment's argument as path, with its prefixes",
    body: `grouping g { ${LEAF("a")} container b { ${LEAF("d")} } } augment /p:top/p:e { uses g; }`,
    theirs: ["/m:/p:top/p:e/a", "/m:/p:top/p:e/b", "/m:/p:top/p:e/b/d"],
    ours: ["/t:top/e/m:a", "/t:top/e/m:b", "/t:top/e/m:b/d"],
  },
  {
    name: "CC-SID-2: differs: RFC 9595 §4, not pyang, where a uses of another module's grouping inside an augment gets that path too",
    body: "augment /p:top { uses gg:far; }",
    theirs: ["/m:/p:top/f", "/m:/p:top/h", "/m:/p:top/h/i"],
    ours: ["/t:top/m:f", "/t:top/m:h", "/t:top/m:h/i"],
  },
  {
    name: "CC-SID-2: differs: RFC 9595 §4, not pyang, where a grouping inside a node of the augment brings the names around it once more",
    body: `augment /p:top { container b { grouping g { ${LEAF("a")} } uses g; } }`,
    theirs: ["/t:top/m:b/top/b/a"],
    ours: ["/t:top/m:b/a"],
  },
  {
    name: "CC-SID-2: differs: RFC 9595 §4, not pyang, where actions and notifications inside an augment are missed",
    body: `augment /p:top/p:e { action x; notification n { ${LEAF("a")} } ${LEAF("l")} }`,
    theirs: [],
    ours: ["/t:top/e/m:n", "/t:top/e/m:n/a", "/t:top/e/m:x", "/t:top/e/m:x/input", "/t:top/e/m:x/output"],
  },
  {
    name: "CC-SID-2: differs: RFC 9595 §4, not pyang, where input and output of an action from a grouping lose the place where it is used",
    body: `grouping g { action x { input { ${LEAF("a")} } } } augment /p:top/p:e { container b { uses g; } }`,
    theirs: ["/m:x/input", "/m:x/output"],
    ours: ["/t:top/e/m:b/x/input", "/t:top/e/m:b/x/output"],
  },
  {
    name: "CC-SID-2: differs: RFC 9595 §4, not pyang, where what a uses adds by its own augment is missed inside an augment",
    body: `grouping g { container b { ${LEAF("a")} } } augment /p:top { container w { uses g { augment b { ${LEAF("n")} } } } }`,
    theirs: [],
    ours: ["/t:top/m:w/b/n"],
  },
  {
    name: "CC-SID-2: differs: RFC 9595 §4, not pyang, where the case around a shorthand inside an augment gets no number",
    body: `augment /p:top { choice k { ${LEAF("a")} container b; } } augment /p:top/p:c { ${LEAF("n")} }`,
    theirs: [],
    ours: ["/t:top/c/m:n", "/t:top/m:k/a", "/t:top/m:k/b"],
  },
  {
    name: "CC-SID-2: differs: RFC 9595 §4, not pyang, where what a submodule adds by augment is missed, and its own nodes are qualified by its name; it gets a number",
    body: LEAF("own"),
    head: "include s;",
    others: [
      `submodule s { yang-version 1.1; belongs-to m { prefix m; } import t { prefix p; } revision 2026-01-01;
        container c { ${LEAF("a")} } augment /p:top { ${LEAF("x")} } }`,
    ],
    theirs: ["/s:c", "/s:c/a"],
    ours: ["/m:c", "/m:c/a", "/t:top/m:x"],
  },
  {
    name: "CC-SID-2: differs: RFC 9595 §4, not pyang, where a uses inside augment-structure gets the argument as path",
    head: "import ietf-yang-structure-ext { prefix sx; }",
    body: `grouping g { ${LEAF("b")} } sx:structure s { container c { ${LEAF("a")} } } sx:augment-structure /m:s/m:c { uses g; ${LEAF("d")} }`,
    others: [STRUCTURE],
    theirs: ["/m:/m:s/m:c/b"],
    ours: [],
  },
  {
    name: "CC-SID-2: differs: RFC 9595 §4, not pyang, where yang-data with a grouping of another module is qualified by that module",
    head: "import ietf-restconf { prefix rc; }",
    body: "rc:yang-data y { uses gg:one; }",
    others: [YANG_DATA, moduleNamed("g", `grouping one { container h { ${LEAF("i")} } }`, { revision: "2026-02-01" })],
    theirs: ["/g:h", "/g:h/i"],
    ours: ["/m:h", "/m:h/i"],
  },
  {
    name: "CC-SID-2: as pyang: augments of leaves, containers and cases, choices in choices, operations",
    body: `augment /p:top { ${LEAF("a")} container b { list d { key k; ${LEAF("k")} } } }
      augment /p:top/p:c { case z { ${LEAF("q")} } } augment /p:r/p:input { ${LEAF("i")} }
      choice o { choice w { ${LEAF("v")} } } container u { uses gg:far; action act; } anydata any; notification n;`,
    theirs: [],
    ours: [],
  },
];

const NUMBERING = { dialect: "pyang-head", pyangQuirks: true } as const;
const RANGE = { entryPoint: 60_000, size: 500 };
const textOf = ({ body, head = "" }: Fault): string => moduleM(body, { head: `${IMPORTS} ${head}` });

const treeOf = (fault: Fault) => {
  const others = [...(fault.others ?? []), TARGET, GROUPING].map((text) => parseModule(text));
  return treeAmong(parseModule(textOf(fault)), others);
};
const data = (items: ReadonlyArray<{ namespace: string; identifier: string }>): string[] =>
  items.flatMap(({ namespace, identifier }) => (namespace === "data" ? [identifier] : []));

test.each(FAULTS)("$name", (fault) => {
  const tree = treeOf(fault);
  const theirs = data(generate(tree, [RANGE], NUMBERING).items);
  const ours = data(generate(tree, [RANGE], { dialect: "pyang-head" }).items);
  expect(theirs.filter((path) => !ours.includes(path)).sort()).toEqual(fault.theirs);
  expect(ours.filter((path) => !theirs.includes(path)).sort()).toEqual(fault.ours);
});

(PYANG ? test : test.skip)(`CC-SID-5: with pyang's quirks its files come out byte for byte${NEEDS_PYANG}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sidgate-pyang-"));
  try {
    const runs = FAULTS.map((fault, index) => {
      const own = join(folder, `sources-${index}`);
      mkdirSync(own);
      // By name: a later text replaces the earlier one.
      for (const text of [
        TARGET,
        GROUPING,
        ...(fault.others ?? []),
        textOf(fault).replace("module m ", `module m${index} `),
      ]) {
        writeFileSync(
          join(own, `${/(?:sub)?module\s+([\w-]+)/.exec(text)?.[1]}.yang`),
          text.replace("belongs-to m ", `belongs-to m${index} `),
        );
      }
      return ["-p", own, "--sid-generate-file", "60000:500", join(own, `m${index}.yang`)];
    });
    const made = await runPyang(folder, runs);
    for (const [index, fault] of FAULTS.entries()) {
      const rename = (text: string): string =>
        text.replace("module m ", `module m${index} `).replace("belongs-to m ", `belongs-to m${index} `);
      const others = [...(fault.others ?? []), TARGET, GROUPING].map((text) => parseModule(rename(text)));
      const tree = treeAmong(parseModule(rename(textOf(fault))), others);
      const ours = sidFileText(generate(tree, [RANGE], NUMBERING));
      expect([fault.name, made.get(`m${index}@2026-01-01.sid`)]).toEqual([fault.name, ours]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

(PYANG ? test : test.skip)(`CC-SID-7: and so do its updates${NEEDS_PYANG}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sidgate-pyang-"));
  try {
    const first = moduleM(`${LEAF("a")} ${LEAF("b")}`, { head: "import t { prefix p; }" });
    const second = moduleM(`${LEAF("A")} ${LEAF("b")} ${LEAF("c")}`, {
      head: "import t { prefix p; }",
      revision: "2026-02-01",
    });
    const others = [parseModule(TARGET)];
    const old = sidFileText(
      generate(treeAmong(parseModule(first), others), [{ entryPoint: 60_000, size: 4 }], NUMBERING),
    );
    writeFileSync(join(folder, "t.yang"), TARGET);
    writeFileSync(join(folder, "m.yang"), second);
    writeFileSync(join(folder, "old.sid"), old);
    const made = await runPyang(folder, [
      ["-p", folder, "--sid-update-file", "old.sid", "--sid-extra-range", "61000:10", "m.yang"],
    ]);
    const options = { ...NUMBERING, ranges: [{ entryPoint: 61_000, size: 10 }] };
    const ours = update(readSidFile(old, "old.sid"), treeAmong(parseModule(second), others), options);
    expect(made.get("m@2026-02-01.sid")).toBe(sidFileText(ours.file));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
