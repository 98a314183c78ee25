/** `sidgate yang` and `sidgate decode`: what they print, and what their exit codes tell. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type {
  CborForm,
  YangCompileOptions,
  YangConvertOptions,
  YangTreeOptions,
  YangValidateOptions,
} from "../../gateway/admin/cli/index.ts";
import { MAX_INPUT } from "../../gateway/app/tools/input.ts";
import type { ToolIo } from "../../gateway/app/tools/tool-io.ts";
import { yangCompile } from "../../gateway/app/tools/yang-compile.ts";
import { convert } from "../../gateway/app/tools/yang-convert.ts";
import { yangTree } from "../../gateway/app/tools/yang-tree.ts";
import { yangValidate } from "../../gateway/app/tools/yang-validate.ts";
import { fromHex } from "../../gateway/base/index.ts";

const folder = mkdtempSync(join(tmpdir(), "sidgate-yang-"));
afterAll(() => rmSync(folder, { recursive: true }));

const written = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const HEAD = (name: string): string => `module ${name} { yang-version 1.1; namespace "urn:${name}"; prefix ${name};`;
const SHED = written(
  "shed.yang",
  `${HEAD("shed")}
    import sidgate-building { prefix b; }
    revision 2026-11-21;
    feature heated;
    identity lamp;
    container shed {
      choice lock { case key { leaf key { type string; } } leaf code { type uint16; } case none; }
      leaf heat { if-feature heated; type uint8; }
      anydata notes;
      action open { input { leaf wide { type boolean; } } }
    }
    augment "/b:room" { leaf shelf { type leafref { path "../b:set-point"; } status deprecated; } }
    rpc close { output { leaf time { type uint32; mandatory true; } } }
    notification opened { leaf by { type string; } }
  }`,
);
const BROKEN = [
  written("broken-1.yang", `${HEAD("broken-1")} leaf a { type strin; } }`),
  written("broken-2.yang", `${HEAD("broken-2")}\n leaf a { type string }\n}`),
];

interface Said {
  readonly code: number;
  readonly out: string;
  readonly bytes: Uint8Array;
  readonly notes: readonly string[];
}

async function run(program: (io: ToolIo) => Promise<number>, stdin: string | Uint8Array = ""): Promise<Said> {
  const out: string[] = [];
  const bytes: Uint8Array[] = [];
  const notes: string[] = [];
  const code = await program({
    print: (text) => void out.push(text),
    write: (part) => void bytes.push(part),
    note: (text) => void notes.push(text),
    stdin: (async function* () {
      yield Buffer.from(stdin);
    })(),
  });
  return { code, out: out.join("\n"), bytes: Buffer.concat(bytes), notes };
}

const converted = (options: Partial<YangConvertOptions>, stdin?: string | Uint8Array): Promise<Said> =>
  run((io) => convert({ input: "-", binary: false, models: [], ...options }, io), stdin);
const decoded = (input: string, options: Partial<YangConvertOptions> = {}): Promise<Said> =>
  converted({ input, to: "json", ...options });
const validated = (data: string | Uint8Array, options: Partial<YangValidateOptions> = {}): Promise<Said> =>
  run(
    (io) => yangValidate({ data: "-", output: false, configOnly: false, json: true, models: [], ...options }, io),
    data,
  );
const compiled = (paths: readonly string[], options: Partial<YangCompileOptions> = {}): Promise<Said> =>
  run((io) => yangCompile({ paths, models: [], features: new Map(), json: true, ...options }, io));
const tree = (options: Partial<YangTreeOptions>): Promise<Said> =>
  run((io) =>
    yangTree({ paths: [SHED], models: [], features: new Map(), sids: false, format: "text", ...options }, io),
  );

describe("one content, all forms", () => {
  const ROOM = { "sidgate-building:room": { temperature: "21.5", period: [{ start: "06:00", "set-point": "21.0" }] } };
  const BY_SID = "a119eb29a201c482211908660981a2016530363a303002c48221190834";
  const EDITS = [
    { "/sidgate-building:room/set-point": "22.5" },
    { "/sidgate-building:room/period[start='06:00']": null },
    { "/sidgate-node:check-in": { report: 1 } },
  ];
  const PATHS = ["/sidgate-building:room/set-point", "/sidgate-building:room/period[start='06:00']"];

  test.each<readonly [what: string, json: unknown, to: CborForm | undefined, hex: string]>([
    ["a tree", ROOM, undefined, BY_SID],
    ["a tree by SIDs", ROOM, "sid", BY_SID],
    ["a tree by either", ROOM, "any", BY_SID],
    ["instances", EDITS, undefined, "a119eb2cc482211908caa18219eb326530363a3030f6a119ea61a10201"],
    ["an instance", [EDITS[0]], "instances", "a119eb2cc482211908ca"],
    ["an answer", [{ "/sidgate-node:check-in": { time: 5 } }], "instances", "a119ea61a10b05"],
    ["identifiers", PATHS, undefined, "19eb2c8219eb326530363a3030"],
    ["nothing", [], "instances", ""],
  ])("%s", async (_what, json, to, hex) => {
    const text = JSON.stringify(json);
    expect((await converted({ from: "json", ...(to && { to }) }, text)).out).toBe(hex);
    expect((await converted({ from: "json", binary: true, ...(to && { to }) }, text)).bytes).toEqual(
      Buffer.from(fromHex(hex)!),
    );
    if (hex === "") return;
    const back = JSON.parse((await decoded(hex, to === "instances" ? { from: to } : {})).out) as unknown;
    expect(back).toEqual(json);
  });

  test("CC-tools-convert: names, and from one form of CBOR to another", async () => {
    const named = (await converted({ from: "json", to: "name" }, JSON.stringify(ROOM))).out;
    expect(named).toContain(Buffer.from("sidgate-building:room").toString("hex"));
    expect(JSON.parse((await decoded(named)).out)).toEqual(ROOM);
    expect((await decoded(named, { from: "name", to: "sid" })).out).toBe(BY_SID);
    expect((await decoded(BY_SID, { to: "instances" })).out).toBe(BY_SID);
  });

  test("CC-tools-convert: hex digits or bytes, from a file or from standard input", async () => {
    const wanted = (await decoded(BY_SID)).out;
    const bytes = fromHex(BY_SID)!;
    expect((await decoded(written("room.cbor", bytes))).out).toBe(wanted);
    expect((await decoded(written("room.hex", `${BY_SID.slice(0, 6)}\n${BY_SID.slice(6)}\n`))).out).toBe(wanted);
    for (const stdin of [bytes, BY_SID]) expect((await converted({ to: "json" }, stdin)).out).toBe(wanted);
  });

  test.each<readonly [what: string, options: Partial<YangConvertOptions>, stdin: string, code: string]>([
    ["an odd number of hex digits", { input: "a", from: "sid" }, "", "cli.usage"],
    ["a file that is not there", { input: "none.cbor" }, "", "cli.file"],
    ["a folder", { input: folder }, "", "cli.file"],
    ["JSON as CBOR", {}, "{}", "cli.usage"],
    ["nothing", {}, "", "cli.usage"],
    ["bytes as JSON", { from: "json" }, "\xff{}", "cli.json"],
    ["a tree as identifiers", { from: "json", to: "identifiers" }, "{}", "cli.usage"],
    ["instances as a tree", { from: "json", to: "sid" }, JSON.stringify(EDITS), "cli.usage"],
    ["identifiers that are no paths", { from: "json", to: "identifiers" }, "[1]", "cli.usage"],
    ["an unknown path", { from: "json" }, '["/sidgate-building:roof"]', "yang.path"],
    ["an unknown name", { from: "json" }, '{"sidgate-building:roof":{}}', "yang.unknown-element"],
    ["CBOR that breaks off", {}, "a119eb29", "cbor.truncated"],
    ["names where SIDs are wanted", { from: "sid" }, "a1656162636465f6", "yang.malformed-message"],
  ])("%s is refused", async (_what, options, stdin, code) => {
    await expect(converted(options, stdin)).rejects.toMatchObject({ code });
  });

  test("CC-limits: more than fits is not read", async () => {
    const endless = (async function* () {
      for (;;) yield Buffer.alloc(1 << 20);
    })();
    const io: ToolIo = { print: () => undefined, write: () => undefined, note: () => undefined, stdin: endless };
    const asked = convert({ input: "-", binary: false, models: [] }, io);
    await expect(asked).rejects.toMatchObject({ code: "cli.too-large", facts: { limit: MAX_INPUT } });
  });

  test.each<readonly [hex: string, from: CborForm | undefined, code: number, words: string]>([
    ["a119ea61a2020105a118c3a201c4822119086602182d", "instances", 0, "/sidgate-building:room/temperature"],
    ["a119ea61a2020105a118c3a201c4822119086602182d", undefined, 0, "/sidgate-building:room/temperature"],
    ["a119ea61a20201", "instances", 1, "[cbor.truncated]"],
    ["a1190400f5", "sid", 1, "[yang.unknown-element]"],
  ])("%s as %s, explained, ends with %i", async (hex, from, code, words) => {
    const said = await decoded(hex, { to: "diag", ...(from && { from }) });
    expect(said.code).toBe(code);
    expect(said.out).toContain(words);
  });
});

// RFC 9254 §4.5.1 numbers its event log from 60120, where sidgate-firmware is.
test("CC-tools-models: modules that take our numbers are read without ours, and that is said", async () => {
  mkdirSync(join(folder, "log"));
  written("log/event-log.yang", `${HEAD("event-log")} leaf last { type uint8; } }`);
  const item = [
    ["module", "event-log"],
    ["data", "/event-log:last"],
  ].map(([namespace, identifier], index) => ({ namespace, identifier, sid: String(60120 + index) }));
  const file = {
    "module-name": "event-log",
    "assignment-range": [{ "entry-point": "60120", size: "10" }],
    item,
  };
  const path = written("log/event-log.sid", JSON.stringify({ "ietf-sid-file:sid-file": file }));
  const models = [join(folder, "log")];
  const said = await decoded("a119ead907", { models });
  expect(JSON.parse(said.out)).toEqual({ "event-log:last": 7 });
  expect(said.notes).toEqual([expect.stringContaining("left out")]);
  // What overlaps among the modules themselves has no such remedy.
  written("log/other.yang", `${HEAD("other")} leaf last { type uint8; } }`);
  written("log/other.sid", readFileSync(path, "utf8").replaceAll("event-log", "other"));
  await expect(decoded("a119ead907", { models })).rejects.toMatchObject({ code: "yang.sid-overlap" });
});

describe("validate", () => {
  const SET_POINT = '{"sidgate-building:room":{"set-point":"21.0","period":[{"start":"06:00","set-point":"20.0"}]}}';
  const CHECK_IN = "/sidgate-node:check-in";

  test.each<readonly [what: string, data: string, options: Partial<YangValidateOptions>, codes: readonly string[]]>([
    ["right JSON", SET_POINT, {}, []],
    ["right CBOR", "a119eb29a103c482211908ca", {}, []],
    ["a value out of range", '{"sidgate-building:room":{"humidity":101}}', {}, ["yang.not-in-range"]],
    ["the same in CBOR", "a119eb29a1021865", {}, ["yang.not-in-range"]],
    ["an input without its mandatory leaf", "{}", { scope: CHECK_IN }, ["yang.missing-input-parameter"]],
    ["the same as an instance", `[{"${CHECK_IN}":{}}]`, {}, ["yang.missing-input-parameter"]],
    ["the same in CBOR", "a119ea61a0", {}, ["yang.missing-input-parameter"]],
    ["an input", '{"report":1}', { scope: CHECK_IN }, []],
    ["an input as RESTCONF writes it", '{"sidgate-node:input":{"report":1}}', { scope: CHECK_IN }, []],
    ["an output", '{"time":1}', { scope: CHECK_IN, output: true }, []],
    ["an output as input", '{"time":1}', { scope: CHECK_IN }, ["yang.unknown-element"]],
    ["identifiers", '["/sidgate-building:room"]', {}, []],
  ])("%s", async (_what, data, options, codes) => {
    const { code, out } = await validated(data, options);
    const { valid, findings } = JSON.parse(out) as { valid: boolean; findings: ReadonlyArray<{ code: string }> };
    expect(findings.map((finding) => finding.code)).toEqual(codes);
    expect([valid, code]).toEqual(codes.length === 0 ? [true, 0] : [false, 1]);
  });

  test("CC-tools-validate: all findings, each with its place and its rule", async () => {
    const path = written(
      "rack.yang",
      `${HEAD("rack")} container rack {
         list slot { key n; unique serial; leaf n { type uint8; } leaf serial { type string; } leaf size { type uint8; mandatory true; } }
         leaf main { type leafref { path "../slot/n"; } }
         leaf state { type uint8; config false; must "false()"; }
       } }`,
    );
    const data = '{"rack:rack":{"slot":[{"n":1,"serial":"a","size":1},{"n":2,"serial":"a"}],"main":3,"state":1}}';
    const models = [join(folder, "only-rack")];
    await run(async () => {
      const { mkdirSync, copyFileSync } = await import("node:fs");
      mkdirSync(models[0]!);
      copyFileSync(path, join(models[0]!, "rack.yang"));
      return 0;
    });
    const said = await validated(data, { models, json: false, configOnly: true });
    expect(said.code).toBe(1);
    expect(
      said.out
        .split("\n")
        .map((line) => line.replace(/: .* \[/, " ["))
        .sort(),
    ).toEqual([
      "/rack:rack/main [data-missing / instance-required; RFC 7950 §9.9]",
      "/rack:rack/slot [operation-failed / data-not-unique; RFC 7950 §7.8.3]",
      "/rack:rack/slot[n='2']/size [missing-element; RFC 7950 §7.6.5]",
    ]);
    expect((await validated(data, { models, json: false })).out).toContain("must-violation");
  });

  describe("messages among the data", () => {
    const models = [join(folder, "bell")];
    beforeAll(() => {
      mkdirSync(models[0]!);
      written(
        "bell/ietf-yang-structure-ext.yang",
        `module ietf-yang-structure-ext { namespace "urn:ietf:params:xml:ns:yang:ietf-yang-structure-ext"; prefix sx;
           extension structure { argument name { yin-element true; } } }`,
      );
      written(
        "bell/bell.yang",
        `${HEAD("bell")}
          import ietf-yang-structure-ext { prefix sx; }
          container bell { leaf name { type string; mandatory true; } }
          notification rung { leaf by { type string; mandatory true; } leaf at { type leafref { path "/bell/name"; } } }
          sx:structure card { leaf no { type uint8; mandatory true; } must "no > 3"; }
        }`,
      );
    });

    test.each<readonly [what: string, data: object, paths: readonly string[]]>([
      ["a notification", { "bell:rung": { by: "x" } }, []],
      ["one that points into a datastore that is not there", { "bell:rung": { by: "x", at: "y" } }, []],
      ["one without its mandatory leaf", { "bell:rung": {} }, ["/bell:rung/by"]],
      ["a structure", { "bell:card": { no: 4 } }, []],
      ["one without its mandatory leaf", { "bell:card": {} }, ["/bell:card/no", "/bell:card"]],
      ["one whose must does not hold", { "bell:card": { no: 3 } }, ["/bell:card"]],
      ["both beside a datastore", { "bell:bell": { name: "b" }, "bell:rung": {} }, ["/bell:rung/by"]],
      ["a datastore alone", {}, ["/bell:bell/name"]],
    ])("CC-7950-7.16 CC-8791-2: %s", async (_what, data, paths) => {
      const { findings } = JSON.parse((await validated(JSON.stringify(data), { models })).out) as {
        findings: ReadonlyArray<{ path: string }>;
      };
      expect(findings.map(({ path }) => path)).toEqual(paths);
    });
  });

  test("a scope that holds no data is a wrong command line", async () => {
    for (const scope of ["/sidgate-building:roof", "/sidgate-building:room/humidity"]) {
      await expect(validated("{}", { scope })).rejects.toMatchObject({ code: "cli.usage" });
    }
  });
});

describe("compile", () => {
  test("CC-tools-compile: says what is in the modules, and what else is implemented", async () => {
    const { code, out } = await compiled([SHED]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      modules: [{ name: "shed", revision: "2026-11-21", nodes: 16, withSid: 0, identities: 1 }],
      implied: ["sidgate-building"],
      warnings: ["shed has no .sid file: its nodes go by their names"],
    });
    expect((await compiled([SHED], { features: new Map([["shed", []]]) })).out).toContain('"nodes":15');
  });

  test("CC-tools-compile CC-models-faults: a fault for each broken file, all at once", async () => {
    await expect(compiled([...BROKEN, SHED])).rejects.toMatchObject({
      code: "yang.faults",
      details: [
        expect.stringContaining("broken-1.yang:1:89: 'type strin'"),
        expect.stringContaining("broken-2.yang:2:11: "),
      ],
    });
    await expect(compiled([BROKEN[0]!])).rejects.toMatchObject({ code: "yang.compile", facts: { line: 1 } });
  });

  test.each<readonly [what: string, paths: readonly string[], options: Partial<YangCompileOptions>, code: string]>([
    ["no file of that name", ["none.yang"], {}, "cli.file"],
    ["no YANG", [written("empty.sid", "")], {}, "yang.no-module"],
    ["an empty file", [written("empty.yang", "")], {}, "yang.parse"],
    ["bytes", [written("noise.yang", Buffer.from(Array.from({ length: 64 }, (_, i) => i * 4)))], {}, "yang.parse"],
    ["an unknown module's features", [SHED], { features: new Map([["hut", []]]) }, "cli.usage"],
    ["an unknown feature", [SHED], { features: new Map([["shed", ["cooled"]]]) }, "cli.usage"],
    ["an unreadable folder of models", [SHED], { models: ["/none"] }, "yang.compile-folder"],
  ])("%s", async (_what, paths, options, code) => {
    await expect(compiled(paths, options)).rejects.toMatchObject({ code });
  });
});

describe("tree", () => {
  test("CC-8340-2.6: flags, marks, choices, features, operations and augments of one module", async () => {
    expect((await tree({})).out).toBe(`module: shed
  +--rw shed
     +--rw (lock)?
     |  +--:(key)
     |  |  +--rw key?   string
     |  +--:(code)
     |  |  +--rw code?   uint16
     |  +--:(none)
     +--rw heat?     uint8 {heated}?
     +--rw notes?    anydata
     +---x open
        +---w input
           +---w wide?   boolean

  augment /sgb:room:
    x--rw shelf?   -> ../b:set-point

  rpcs:
    +---x close
       +--ro output
          +--ro time    uint32

  notifications:
    +---n opened
       +--ro by?   string`);
  });

  test("a path, a depth, without a feature", async () => {
    const { out } = await tree({ path: "/shed:shed/open" });
    expect(out).toBe(
      "module: shed\n  +--rw shed\n     +---x open\n        +---w input\n           +---w wide?   boolean",
    );
    expect((await tree({ depth: 1, features: new Map([["shed", []]]) })).out).toContain("+--rw shed\n\n  augment");
    expect((await tree({ path: "/sidgate-building:room/shelf" })).out).toContain("shelf?");
  });

  test("CC-tools-tree: SIDs and deltas of a module among all that a gateway loads", async () => {
    const { out } = await tree({ paths: [], module: "sidgate-node", path: "/sidgate-node:check-in/input", sids: true });
    expect(out).toMatch(/^60001 {6}.*\+---x check-in$/m);
    expect(out).toMatch(/^60003 +\+2 .*\+---w report +uint32$/m);
  });

  test("JSON for programs", async () => {
    const [module] = JSON.parse((await tree({ format: "json", path: "/shed/heat" })).out) as [
      { data: [{ children: [object] }] },
    ];
    expect(module.data[0].children).toMatchObject([
      { kind: "leaf", name: "heat", access: "rw", mark: "?", type: "uint8", ifFeatures: ["heated"], keys: [] },
    ]);
  });

  test.each<readonly [options: Partial<YangTreeOptions>, code: string]>([
    [{ module: "hut" }, "cli.usage"],
    [{ path: "/shed/roof" }, "yang.no-node"],
  ])("%j is not there", async (options, code) => {
    await expect(tree(options)).rejects.toMatchObject({ code });
  });
});
