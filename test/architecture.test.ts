/** ARCHITECTURE.md, "Strata": the table of allowed imports as data, held against every import of the source. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const FOLDERS = ["gateway", "cloud-bridge"];

const WIRE = "gateway/wire/*";
const CORE = ["gateway/base", WIRE, "gateway/yang", "gateway/store"];
const FACES = [...CORE, "gateway/coap", "gateway/service/*"];

interface Stratum {
  /** A folder; `*` stands for each of its subfolders, which are strata of their own. */
  readonly folder: string;
  readonly may: readonly string[];
}

const STRATA: readonly Stratum[] = [
  { folder: "gateway/base", may: [] },
  { folder: "gateway/wire/cose", may: ["gateway/base", "gateway/wire/cbor"] },
  { folder: "gateway/wire/senml", may: ["gateway/base", "gateway/wire/cbor"] },
  { folder: "gateway/wire/suit", may: ["gateway/base", "gateway/wire/cbor", "gateway/wire/cose"] },
  // The URI of a request is a reference with a scheme, and resolved by the same rules.
  { folder: "gateway/wire/coap", may: ["gateway/base", "gateway/wire/link"] },
  { folder: WIRE, may: ["gateway/base"] },
  { folder: "gateway/yang", may: ["gateway/base", WIRE] },
  { folder: "gateway/store", may: ["gateway/base", WIRE, "gateway/yang"] },
  { folder: "gateway/coap", may: ["gateway/base", WIRE, "gateway/store"] },
  { folder: "gateway/service/*", may: [...CORE, "gateway/service/*"] },
  { folder: "gateway/southbound/*", may: FACES },
  // Authors speak to us as servers: neither the engine nor a service is needed to ask them.
  { folder: "gateway/upstream", may: ["gateway/base", WIRE, "gateway/store"] },
  { folder: "gateway/admin/api", may: FACES },
  // Both show and send what the API declares; they know nothing of each other, and the API knows neither.
  { folder: "gateway/admin/console", may: [...FACES, "gateway/admin/api"] },
  { folder: "gateway/admin/cli", may: [...FACES, "gateway/admin/api"] },
  // The other end of the wire: shares no engine with the gateway, or its bugs would agree with ours.
  // But for its manifest processor: that is the product's, and its device is the node (suit-manifest-37 §6).
  {
    folder: "gateway/sim/suit",
    may: [
      "gateway/base",
      "gateway/wire/cbor",
      "gateway/wire/cose",
      "gateway/wire/suit",
      "gateway/service/trust/processor",
    ],
  },
  { folder: "gateway/sim", may: ["gateway/base", "gateway/sim/suit"] },
  { folder: "cloud-bridge/mqtt", may: CORE },
  { folder: "cloud-bridge/cwmp", may: CORE },
  { folder: "cloud-bridge/app", may: ["*"] },
  { folder: "gateway/app", may: ["*"] },
];

/** Reached only through their index.ts from outside. */
const BEHIND_INDEX = "gateway/service/*";
const NOBODY_IMPORTS = ["gateway/app", "cloud-bridge/app"];
const ONE_ADAPTER_EACH = ["coap", "ioredis", "mqtt", "yang-js", "lmdb", "aedes", "@noble/post-quantum"];
/** The simulated nodes share nothing with the gateway, so what both speak has an adapter on each side. */
const OTHER_SIDE = "gateway/sim/";

type Sources = ReadonlyMap<string, string>;
interface Import {
  readonly from: string;
  readonly specifier: string;
  /** Path of the imported source; undefined for packages. */
  readonly to: string | undefined;
  /** `import type` leaves nothing behind at run time. */
  readonly typeOnly: boolean;
}

const FROM = /^\s*(?:import|export)(\s+type)?\b[^"';]*?\bfrom\s+"([^"]+)"/gm;
const BARE = /^\s*import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;

function importsOf(from: string, source: string): Import[] {
  const make = (specifier: string, typeOnly: boolean): Import => ({
    from,
    specifier,
    to: specifier.startsWith(".") ? posix.join(posix.dirname(from), specifier) : undefined,
    typeOnly,
  });
  return [
    ...[...source.matchAll(FROM)].map((match) => make(match[2]!, match[1] !== undefined)),
    ...[...source.matchAll(BARE)].map((match) => make((match[1] ?? match[2])!, false)),
  ];
}

const covers = (folder: string, path: string): boolean =>
  folder === "*" ||
  (folder.endsWith("/*")
    ? path.startsWith(folder.slice(0, -1)) && path.slice(folder.length - 1).includes("/")
    : path.startsWith(`${folder}/`));

/** The folder that is one unit of the architecture: `gateway/wire/cbor`, `gateway/yang`. */
function unitOf(path: string): { readonly name: string; readonly may: readonly string[] } | undefined {
  const stratum = STRATA.find(({ folder }) => covers(folder, path));
  if (stratum === undefined) return undefined;
  const depth = stratum.folder.split("/").length;
  return { name: path.split("/").slice(0, depth).join("/"), may: stratum.may };
}

function complaint(sources: Sources, { from, to }: Import): string | undefined {
  const here = unitOf(from);
  if (here === undefined) return "stands in no stratum";
  if (to === undefined) return undefined;
  const there = unitOf(to);
  if (!sources.has(to)) return "leads nowhere";
  if (there === undefined) return "leads into no stratum";
  if (there.name === here.name) return undefined;
  // The two processes may become one; beyond that nobody imports a composition root.
  if (NOBODY_IMPORTS.includes(there.name) && !NOBODY_IMPORTS.includes(here.name))
    return "reaches into the composition root";
  if (!here.may.some((folder) => covers(folder, to))) return "runs upward or sideways";
  if (covers(BEHIND_INDEX, to) && posix.basename(to) !== "index.ts" && here.name !== "gateway/app")
    return "goes past index.ts";
  return undefined;
}

const layerFindings = (sources: Sources): string[] => {
  if (sources.size === 0) return ["no source file was found"];
  const homeless = [...sources.keys()]
    .filter((path) => unitOf(path) === undefined)
    .map((path) => `${path} stands in no stratum`);
  const imports = [...sources].flatMap(([path, source]) => importsOf(path, source));
  const wrong = imports.flatMap((one) => {
    const problem = complaint(sources, one);
    return problem === undefined ? [] : [`${one.from} → ${one.specifier} ${problem}`];
  });
  return [...homeless, ...wrong];
};

/** Circles of files at run time, each as the path that closes it. */
function cycles(sources: Sources): string[] {
  const edges = new Map(
    [...sources].map(([path, source]) => [
      path,
      importsOf(path, source).flatMap(({ to, typeOnly }) =>
        to !== undefined && !typeOnly && sources.has(to) ? [to] : [],
      ),
    ]),
  );
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push([...trail.slice(start), path].join(" → "));
    if (start >= 0 || done.has(path)) return;
    for (const next of edges.get(path) ?? []) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const path of sources.keys()) walk(path, []);
  return found;
}

function scatteredAdapters(sources: Sources): string[] {
  const imports = [...sources].flatMap(([path, source]) => importsOf(path, source));
  return ONE_ADAPTER_EACH.flatMap((library) => {
    const uses = imports.filter(({ specifier }) => specifier === library || specifier.startsWith(`${library}/`));
    const files = [...new Set(uses.map(({ from }) => from))];
    const sides = [
      files.filter((file) => file.startsWith(OTHER_SIDE)),
      files.filter((file) => !file.startsWith(OTHER_SIDE)),
    ];
    return sides.flatMap((side) => (side.length > 1 ? [`${library} is imported in ${side.join(", ")}`] : []));
  });
}

function readSources(): Sources {
  const paths = FOLDERS.filter((folder) => existsSync(join(ROOT, folder))).flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return new Map(paths.map((path) => [relative(ROOT, path).split(sep).join("/"), readFileSync(path, "utf8")]));
}

const SOURCES = readSources();

test("imports run only downward", () => expect(layerFindings(SOURCES)).toEqual([]));
test("no circle of files remains at run time", () => expect(cycles(SOURCES)).toEqual([]));
test("each protocol library is imported in one adapter file", () => expect(scatteredAdapters(SOURCES)).toEqual([]));

/** A gate that was never seen red proves nothing. */
const BAD: ReadonlyArray<
  readonly [name: string, files: Readonly<Record<string, string>>, findings: readonly string[]]
> = [
  ["no files at all", {}, ["no source file was found"]],
  ["a folder outside the strata", { "gateway/misc/x.ts": "" }, ["gateway/misc/x.ts stands in no stratum"]],
  [
    "an upward import, also of a type",
    { "gateway/wire/cbor/a.ts": 'import type { B } from "../../store/b.ts";', "gateway/store/b.ts": "" },
    ["gateway/wire/cbor/a.ts → ../../store/b.ts runs upward or sideways"],
  ],
  [
    "an import over several lines",
    { "gateway/yang/a.ts": 'import {\n  type A,\n  b,\n} from "../coap/b.ts";', "gateway/coap/b.ts": "" },
    ["gateway/yang/a.ts → ../coap/b.ts runs upward or sideways"],
  ],
  [
    "an import between protocol faces",
    {
      "gateway/southbound/coreconf/a.ts": 'export { b } from "../firmware/b.ts";',
      "gateway/southbound/firmware/b.ts": "",
    },
    ["gateway/southbound/coreconf/a.ts → ../firmware/b.ts runs upward or sideways"],
  ],
  [
    "a service behind its index",
    {
      "gateway/southbound/coreconf/a.ts": 'import { b } from "../../service/images/b.ts";',
      "gateway/service/images/b.ts": "",
    },
    ["gateway/southbound/coreconf/a.ts → ../../service/images/b.ts goes past index.ts"],
  ],
  [
    "a service of the gateway in the cloud bridge",
    {
      "cloud-bridge/mqtt/a.ts": 'import { b } from "../../gateway/service/images/index.ts";',
      "gateway/service/images/index.ts": "",
    },
    ["cloud-bridge/mqtt/a.ts → ../../gateway/service/images/index.ts runs upward or sideways"],
  ],
  [
    "a simulated node that shares the engine",
    { "gateway/sim/a.ts": 'const b = await import("../coap/index.ts");', "gateway/coap/index.ts": "" },
    ["gateway/sim/a.ts → ../coap/index.ts runs upward or sideways"],
  ],
  [
    "a file that is not there",
    { "gateway/base/a.ts": 'import "./b.ts";' },
    ["gateway/base/a.ts → ./b.ts leads nowhere"],
  ],
];
test.each(BAD)("the gate refuses %s", (_name, files, findings) => {
  expect(layerFindings(new Map(Object.entries(files)))).toEqual(findings);
});

test("the gate refuses a circle, unless types alone close it", () => {
  const circle = (keyword: string) =>
    new Map([
      ["gateway/base/a.ts", 'import { b } from "./b.ts";'],
      ["gateway/base/b.ts", `import ${keyword} { A } from "./a.ts";`],
    ]);
  expect(cycles(circle(""))).toEqual(["gateway/base/a.ts → gateway/base/b.ts → gateway/base/a.ts"]);
  expect(cycles(circle("type"))).toEqual([]);
});

test("the gate refuses a protocol library in two files", () => {
  const files = {
    "gateway/store/a.ts": 'import { open } from "lmdb";',
    "gateway/yang/b.ts": 'import { open } from "lmdb";',
  };
  expect(scatteredAdapters(new Map(Object.entries(files)))).toEqual([
    "lmdb is imported in gateway/store/a.ts, gateway/yang/b.ts",
  ]);
});
