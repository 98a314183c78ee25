/** A module in which everything can go wrong that CORECONF has an error for, and which has something to call. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SILENT } from "../../gateway/base/index.ts";
import { loadModels, type Schema, type SchemaNode, type Sid } from "../../gateway/yang/index.ts";

const MODULE = `module test-workshop {
  yang-version 1.1;
  namespace "urn:test:workshop";
  prefix w;
  import sidgate-gateway { prefix sgg; }
  revision 2026-11-21;
  feature extra;

  container shop {
    leaf speed { type uint8 { range "1..10"; } }
    leaf code { type string { length "1..3"; pattern "[a-z]*"; } }
    leaf kind { type enumeration { enum a; enum b; } }
    leaf load { type uint8; must ". < 50"; }
    leaf main { type leafref { path "../bench/id"; } }
    leaf only-a { when "../kind = 'a'"; type string; }
    leaf lit { type empty; }
    leaf made { type uint32; config false; }
    leaf gone { if-feature extra; type string; }
    choice way { leaf by-hand { type string; } leaf by-motor { type string; } }
    list bench {
      key id;
      unique serial;
      max-elements 3;
      leaf id { type uint8; }
      leaf serial { type string; }
      leaf owner { type string; mandatory true; }
    }
    container crew {
      presence "Somebody works here.";
      leaf chief { type string; mandatory true; }
      leaf-list member { type string; min-elements 2; }
      choice shift { mandatory true; leaf day { type empty; } leaf night { type empty; } }
    }
  }
  rpc ring {
    input { leaf times { type uint8 { range "1..3"; } mandatory true; } }
    output { leaf rung { type uint8; } }
  }
  rpc rest;
  rpc nobody-does;
  notification noise { leaf level { type uint8; } }
  container yard {
    list gate {
      key "side number";
      leaf side { type string; }
      leaf number { type uint8; }
      notification stuck { leaf pushes { type uint8; must ". < 9"; } leaf by { type string; mandatory true; } }
    }
  }
  augment "/sgg:gateway/sgg:node" {
    action ping {
      input { leaf hops { type uint8; must ". < 9"; } }
      output { leaf answer { type string; } }
    }
  }
}
`;
const FIRST_SID = 61_100;
const GONE = "/test-workshop:shop/gone";
/** Of the leaf whose feature is off: it has a number all the same. */
export const SID_OF_GONE = 61_199;

/** Compiled twice: once to see what there is to be numbered. `features`: those that are on. */
export async function workshopSchema(features: readonly string[] = []): Promise<Schema> {
  const folder = await mkdtemp(join(tmpdir(), "sidgate-workshop-"));
  try {
    await writeFile(join(folder, "test-workshop@2026-11-21.yang"), MODULE);
    const bare = await loadModels({ extraFolders: [folder], features: { "test-workshop": features }, log: SILENT });
    await writeFile(join(folder, "test-workshop@2026-11-21.sid"), numbersFor(bare));
    return await loadModels({ extraFolders: [folder], features: { "test-workshop": features }, log: SILENT });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function numbersFor(schema: Schema): string {
  const identifiers: string[] = [];
  const walk = (node: SchemaNode, path: string, around: string): void => {
    const here = `${path}/${node.module === around ? node.name : `${node.module}:${node.name}`}`;
    if (node.module === "test-workshop") identifiers.push(here);
    for (const child of node.children) walk(child, here, node.module);
  };
  for (const root of schema.roots) walk(root, "", "");
  // What came later has later numbers.
  const isLater = (identifier: string): boolean => identifier.startsWith("/test-workshop:yard");
  const data = [...identifiers.filter((each) => !isLater(each)), ...identifiers.filter(isLater)]
    .filter((identifier) => identifier !== GONE)
    .map((identifier) => ({ namespace: "data", identifier }));
  const items = [
    { namespace: "module", identifier: "test-workshop" },
    { namespace: "feature", identifier: "extra" },
    ...data,
  ].map((item, index) => ({ ...item, sid: String(FIRST_SID + index) }));
  items.push({ namespace: "data", identifier: GONE, sid: String(SID_OF_GONE) });
  return JSON.stringify({
    "ietf-sid-file:sid-file": {
      "module-name": "test-workshop",
      "module-revision": "2026-11-21",
      "assignment-range": [{ "entry-point": String(FIRST_SID), size: "100" }],
      item: items,
    },
  });
}

/** The SID of a node of the workshop, e.g. `shop/speed`. */
export function sidIn(schema: Schema, path: string): Sid {
  const node = schema.byPath(path.startsWith("/") ? path : `/test-workshop:${path}`);
  if (node === undefined) throw new RangeError(`no ${path}`);
  return node.sid;
}
