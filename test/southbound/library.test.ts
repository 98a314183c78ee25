/** The constrained YANG library of each root, and what discovery says of it. */
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "@jest/globals";
import { type NodeId, SILENT } from "../../gateway/base/index.ts";
import type { Request, Response } from "../../gateway/coap/index.ts";
import { checksumOf, libraryUpdate, withLibraryModule } from "../../gateway/southbound/coreconf/index.ts";
import {
  decodeInstances,
  decodeTree,
  encodeInstances,
  fixedSchema,
  type JsonObject,
  loadModels,
  type Schema,
  type SchemaNode,
  toJson,
} from "../../gateway/yang/index.ts";
import { generate, loadModuleTree, sidFileText } from "../../gateway/yang/sid/index.ts";
import { threeSchemas } from "../support/building-2.ts";
import { ANYBODY, bytes, hex, openServices, request, type Services } from "../support/services.ts";
import { workshopSchema } from "../support/workshop.ts";

const PUBLISHED = "/work/shared/yang";
const { first, second, nameless } = await threeSchemas();
let services: Services;
let node: NodeId;
const open = async (schema: Schema): Promise<void> => {
  services = await openServices({ schemas: fixedSchema(schema) });
  node = await services.join("room-1");
};
beforeEach(() => open(first));

const ask = async (method: Request["method"], path: string, more: Partial<Request> = {}): Promise<Response> =>
  services.handler(ANYBODY, request(method, path, more));
const fetch = (path: string, ids: string): Promise<Response> =>
  ask("FETCH", path, { contentFormat: 141, payload: bytes(ids) });

interface LibrarySaid {
  readonly "module-set": ReadonlyArray<{ readonly module: readonly JsonObject[] }>;
}

async function library(): Promise<LibrarySaid> {
  const { payload } = await ask("GET", "c", { query: ["c=n"] });
  const schema = withLibraryModule(services.registry.schema);
  const whole = toJson(decodeTree(payload ?? new Uint8Array(), schema, "any"), schema);
  return whole["ietf-constrained-yang-library:yang-library"] as unknown as LibrarySaid;
}
const modules = async (): Promise<readonly JsonObject[]> =>
  (await library())["module-set"].flatMap(({ module }) => module);
const identifiers = async (): Promise<readonly unknown[]> => (await modules()).map(({ identifier }) => identifier);

test("CC-L1: the first question of Microchip's client, the checksum at 29304, is answered on every root", async () => {
  for (const path of ["c", `n/${node}/c`]) {
    const answer = await fetch(path, "197278");
    expect(hex(answer.payload)).toBe(`a119727848${hex(checksumOf(withLibraryModule(first)))}`);
  }
});

test("CC-L1: modules by their SIDs, revisions as four bytes, one schema for the unified datastore", async () => {
  expect(await library()).toMatchObject({
    schema: [{ index: 0, "module-set": [0] }],
    datastore: [{ identifier: "ietf-coreconf:unified", schema: 0 }],
  });
  const found = await identifiers();
  expect(found).toEqual(expect.arrayContaining(["1000", "29300", "60000", "60100", "60200", "60300"]));
  expect(found).toEqual([...found].sort((a, b) => Number(a) - Number(b)));
  // module-set[0]/module[60200]/revision: h'20261121'
  expect(hex((await fetch("c", "83 19728d 00 19eb28")).payload)).toBe("a119728d4420261121");
});

test("CC-L1: features by their SIDs, those that are on", async () => {
  const saidOfWorkshop = async (features: readonly string[]): Promise<unknown> => {
    await open(await workshopSchema(features));
    return (await modules()).find(({ identifier }) => identifier === "61100")?.["feature"];
  };
  expect(await saidOfWorkshop([])).toBeUndefined();
  expect(await saidOfWorkshop(["extra"])).toEqual(["61101"]);
});

test("CC-L1: the checksum is the same for equal sets in any order, and another for every other set", () => {
  const checksum = (schema: Schema): string => hex(checksumOf(withLibraryModule(schema)));
  expect(checksum({ ...first, modules: [...first.modules].reverse() })).toBe(checksum(first));
  expect(new Set([first, second, nameless].map(checksum)).size).toBe(3);
});

test("CC-L1: yang-library-update tells the checksum of now", () => {
  const schema = withLibraryModule(second);
  const update = libraryUpdate(schema)!;
  expect(hex(encodeInstances([update], schema))).toBe(`a1197276a10148${hex(checksumOf(schema))}`);
  expect(libraryUpdate(first)).toBeUndefined(); // a schema without the module has nothing to tell
});

test("CC-L1: the library is state: c=c leaves it out, and no edit touches it", async () => {
  expect(hex((await ask("GET", "c", { query: ["c=c"] })).payload)).not.toContain("197275");
  for (const path of ["c", `n/${node}/c`]) {
    const edit = await ask("iPATCH", path, { contentFormat: 142, payload: bytes("a1 197278 48 0000000000000000") });
    expect(edit).toMatchObject({ code: "4.05", contentFormat: 140 });
  }
});

test("a node asks for its data alone, and is not told what it is made of", async () => {
  const own = await ask("FETCH", "c", { query: ["ep=room-1"], contentFormat: 141, payload: bytes("197278") });
  expect(hex(own.payload)).toBe("a1197278f6");
});

test("CC-L1: a module without a SID is not listed, and other modules of its set are", async () => {
  await open(nameless);
  expect(await identifiers()).toContain("60200");
});

const published = existsSync(join(PUBLISHED, "ietf-constrained-yang-library@2019-03-28.yang"))
  ? test
  : test.skip.bind(test);

published(
  "CC-L1 CC-L2: what is restated here is the published module, and its numbers are those of its nodes in order",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "sidgate-library-"));
    try {
      for (const name of [
        "ietf-constrained-yang-library@2019-03-28",
        "ietf-sid-file@2024-07-31",
        "ietf-datastores@2018-02-14",
        "ietf-yang-structure-ext@2020-06-17",
        "ietf-yang-types@2025-12-22",
        "ietf-inet-types@2025-12-22",
      ]) {
        await cp(join(PUBLISHED, `${name}.yang`), join(folder, `${name}.yang`));
      }
      const path = join(folder, "ietf-constrained-yang-library@2019-03-28.yang");
      const tree = await loadModuleTree({ path, text: await readFile(path, "utf8") }, []);
      const sids = generate(tree, [{ entryPoint: 29_300, size: 50 }], { dialect: "rfc9595" });
      await writeFile(join(folder, "ietf-constrained-yang-library@2019-03-28.sid"), sidFileText(sids));
      const schema = await loadModels({ extraFolders: [folder], log: SILENT });
      expect(withLibraryModule(schema)).toBe(schema); // a set that brings it has it as it is
      expect(outline(schema)).toEqual(outline(withLibraryModule(first)));
      await open(schema);
      expect(await identifiers()).toContain("29300");
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

function outline(schema: Schema): readonly unknown[] {
  const rows: unknown[] = [];
  const walk = ({ name, kind, sid, keys = [], mandatory, config, type, children }: SchemaNode, path: string): void => {
    const here = `${path}/${name}`;
    const bases = [type?.target?.base ?? type?.base, ...(type?.members ?? []).map(({ base }) => base)];
    const isState = kind === "notification" || here.includes("-update/") || !config;
    rows.push([here, kind, sid, keys, mandatory, isState, bases, type?.identityBases ?? []]);
    for (const child of children) walk(child, here);
  };
  for (const root of schema.roots) if (root.module === "ietf-constrained-yang-library") walk(root, "");
  return rows.sort((a, b) => (String(a) < String(b) ? -1 : 1));
}

const links = async (query: readonly string[]): Promise<string> =>
  Buffer.from((await ask("GET", ".well-known/core", { query })).payload ?? []).toString();
const GATEWAY = '</c>;rt="core.c.ds core.c.yl";ds=1029;ct=140';
const NODE = '</n/n-0001/c>;rt="core.c.ds core.c.yl";ds=1029;ct=140';
const SITE_STREAM = '</s>;rt="core.c.es core.c.ev";ct=142;obs';
const NODE_STREAM = '</n/n-0001/s>;rt="core.c.es core.c.ev";ct=142;obs';
const STREAMS = [SITE_STREAM, NODE_STREAM].join();

const FILTERS: ReadonlyArray<readonly [title: string, query: readonly string[], links: string]> = [
  ["CC-R1 CC-R2 CC-R4 CC-R6 CC-R7 CC-R8: all of it", [], [GATEWAY, SITE_STREAM, NODE, NODE_STREAM].join()],
  ["CC-R6: the YANG library, which lies in each datastore", ["rt=core.c.yl"], [GATEWAY, NODE].join()],
  ["CC-R1: one of several resource types", ["rt=core.c.ds"], [GATEWAY, NODE].join()],
  ["CC-R3 CC-R4 CC-D1: the streams by the one name of the draft", ["rt=core.c.es"], STREAMS],
  ["CC-R3 CC-R4 CC-D1: the streams by the other", ["rt=core.c.ev"], STREAMS],
  ["CC-R7: by what a GET gives", ["ct=140"], [GATEWAY, NODE].join()],
  ["CC-R5: data nodes have no links: optional, and a datastore tells its schema by its library", ["rt=core.c.dn"], ""],
  ["CC-R7: any ending", ["rt=core.c.e*"], STREAMS],
  ["CC-R2: datastores by their identity", ["ds=1029"], [GATEWAY, NODE].join()],
  ["CC-R7: by target", ["href=/n/n-0001/c"], NODE],
  ["CC-R7: by the beginning of the target", ["href=/n/*"], [NODE, NODE_STREAM].join()],
  ["CC-R7: an attribute without a value", ["obs="], STREAMS],
  ["CC-R7: two filters, both of them", ["rt=core.c.ds", "href=/c"], GATEWAY],
  ["CC-R7: nothing that fits", ["ct=60"], ""],
  ["CC-R7: the first page of what fits", ["rt=core.c.ds", "page=0", "count=1"], GATEWAY],
  ["CC-R7: the next page", ["rt=core.c.ds", "page=1", "count=1"], NODE],
  ["CC-R7: a page behind the last", ["rt=core.c.ds", "page=2", "count=1"], ""],
];

test.each(FILTERS)("%s", async (_title, query, expected) => {
  expect(await links(query)).toBe(expected);
  expect(await ask("GET", ".well-known/core", { query })).toMatchObject({ code: "2.05", contentFormat: 40 });
});

test.each(["page=1", "count=x", "count=-1"])("CC-R7: a page that is none is refused: %s", async (item) => {
  expect(await ask("GET", ".well-known/core", { query: [item] })).toMatchObject({ code: "4.00" });
});

test("CC-R1: the path that a link names is the datastore", async () => {
  for (const path of ["c", "n/n-0001/c"]) expect((await ask("GET", path)).code).toBe("2.05");
  expect(decodeInstances((await fetch("n/n-0001/c", "19eb2b")).payload ?? new Uint8Array(), first)).toHaveLength(1);
});
