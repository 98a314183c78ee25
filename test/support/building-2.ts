/** A second revision of sidgate-building: two more leaves, with SIDs of the module's range, and a narrower set-point. */
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SILENT } from "../../gateway/base/index.ts";
import { builtInModels, loadModels, type Schema } from "../../gateway/yang/index.ts";

const FIRST = "2026-11-21";
export const SECOND = "2027-03-01";
export const SIDS = { room: 60201, humidity: 60203, setPoint: 60204, co2: 60220, eco: 60221 } as const;

const LEAVES = `
    leaf co2 {
      type uint16;
      units "parts per million";
      config false;
      description "Carbon dioxide in the air.";
    }
    leaf eco {
      type boolean;
      description "The room is kept at its economy temperature.";
    }`;

const firstRevision = (ending: "yang" | "sid"): string =>
  readFileSync(join(builtInModels(), `sidgate-building@${FIRST}.${ending}`), "utf8");

export function building2(): { readonly yang: string; readonly sid: string } {
  const yang = firstRevision("yang")
    .replace(
      `  revision ${FIRST} {`,
      `  revision ${SECOND} {\n    description "Air quality.";\n  }\n  revision ${FIRST} {`,
    )
    .replace(
      'type celsius { range "5.00..35.00"; }\n      default',
      'type celsius { range "5.00..25.00"; }\n      default',
    )
    .replace("    list period {", `${LEAVES.slice(1)}\n    list period {`);
  const file = JSON.parse(firstRevision("sid"));
  const body = file["ietf-sid-file:sid-file"];
  body["module-revision"] = SECOND;
  body["sid-file-version"] = 1;
  for (const leaf of ["co2", "eco"] as const) {
    body.item.push({ namespace: "data", identifier: `/sidgate-building:room/${leaf}`, sid: String(SIDS[leaf]) });
  }
  return { yang, sid: JSON.stringify(file, undefined, 2) };
}

/** Writes its two files into a folder, which is made. */
export async function writeBuilding2(folder: string): Promise<void> {
  const { yang, sid } = building2();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `sidgate-building@${SECOND}.sid`), sid);
  await writeFile(join(folder, `sidgate-building@${SECOND}.yang`), yang);
}

/** A module that nobody has heard of, with its SIDs. */
export const ACME_AIR = {
  yang: `module acme-air {
  yang-version 1.1;
  namespace "urn:acme:air";
  prefix aa;
  revision 2026-01-01;
  container air {
    leaf pm10 {
      type uint16;
      config false;
    }
  }
}
`,
  sid: JSON.stringify({
    "ietf-sid-file:sid-file": {
      "module-name": "acme-air",
      "module-revision": "2026-01-01",
      "assignment-range": [{ "entry-point": "61000", size: "50" }],
      item: [
        { namespace: "module", identifier: "acme-air", sid: "61000" },
        { namespace: "data", identifier: "/acme-air:air", sid: "61001" },
        { namespace: "data", identifier: "/acme-air:air/pm10", sid: "61002" },
      ],
    },
  }),
} as const;

export async function writeAcmeAir(folder: string): Promise<void> {
  await writeFile(join(folder, "acme-air@2026-01-01.sid"), ACME_AIR.sid);
  await writeFile(join(folder, "acme-air@2026-01-01.yang"), ACME_AIR.yang);
}

/** The built-in models alone; with the second revision of sidgate-building; and with acme-air, which has no SIDs. */
export async function threeSchemas(): Promise<{
  readonly first: Schema;
  readonly second: Schema;
  readonly nameless: Schema;
}> {
  const folder = await mkdtemp(join(tmpdir(), "sidgate-models-"));
  try {
    const [building, air] = [join(folder, "building-2"), join(folder, "air")];
    await writeBuilding2(building);
    await mkdir(air);
    await writeFile(join(air, "acme-air@2026-01-01.yang"), ACME_AIR.yang);
    const load = (extraFolders: readonly string[]): Promise<Schema> => loadModels({ extraFolders, log: SILENT });
    return { first: await load([]), second: await load([building]), nameless: await load([air]) };
  } finally {
    await rm(folder, { recursive: true });
  }
}
