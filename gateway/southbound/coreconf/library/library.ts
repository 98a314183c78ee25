/**
 * The constrained YANG library of one root (draft-ietf-core-yang-library-03): which modules its schema is made of. Modules
 * are told by their SIDs, so one without a number is not in the list; the checksum covers it all the same.
 */
import { hash } from "node:crypto";
import {
  EMPTY_TREE,
  type Instance,
  isLocal,
  type LeafValue,
  type ModuleInfo,
  type MutableTree,
  perSchema,
  type Schema,
  type Tree,
  type Value,
} from "../../../yang/index.ts";
import { LIBRARY, UNIFIED } from "./module.ts";

/** Of the SHA-256 of what the library says. */
const CHECKSUM_BYTES = 8;
/** One set, one schema, one datastore: index of each. */
const ONLY = 0;

/** As a member of the root; empty when the schema has no library. */
export const libraryOf = perSchema((schema: Schema): Tree => {
  const library = entry(schema, "yang-library", [
    ["module-set", [moduleSet(schema)]],
    [
      "schema",
      [
        entry(schema, "yang-library/schema", [
          ["index", ONLY],
          ["module-set", [ONLY]],
        ]),
      ],
    ],
    ["datastore", datastores(schema)],
    ["checksum", checksumOf(schema)],
  ]);
  return entry(schema, "", [["yang-library", library]]);
});

/** The same for equal sets, in whatever order they were compiled. */
export const checksumOf = (schema: Schema): Uint8Array => {
  const told = schema.modules
    .map(({ name, revision, sid, importOnly, features = [], deviations = [] }) =>
      JSON.stringify([name, revision, sid ?? null, importOnly, [...features].sort(), [...deviations].sort()]),
    )
    .sort();
  return hash("sha256", told.join("\n"), "buffer").subarray(0, CHECKSUM_BYTES);
};

/** The notification yang-library-update; undefined when the schema has no library. `checksum`: of what it tells about. */
export function libraryUpdate(schema: Schema, checksum: Uint8Array = checksumOf(schema)): Instance | undefined {
  const node = schema.byPath(`/${LIBRARY}:yang-library-update`);
  if (node === undefined || isLocal(node.sid)) return undefined;
  const value = entry(schema, "yang-library-update", [["checksum", checksum]]);
  return { id: { sid: node.sid, keys: [] }, value };
}

function moduleSet(schema: Schema): Tree {
  const known = schema.modules.filter((module): module is Numbered => module.sid !== undefined && !isLocal(module.sid));
  const bySid = [...known].sort((a, b) => a.sid - b.sid);
  const path = "yang-library/module-set";
  return entry(schema, path, [
    ["index", ONLY],
    [
      "module",
      bySid.filter(({ importOnly }) => !importOnly).map((module) => implemented(module, schema, `${path}/module`)),
    ],
    [
      "import-only-module",
      bySid
        .filter(({ importOnly }) => importOnly)
        .map((module) => imported(module, schema, `${path}/import-only-module`)),
    ],
  ]);
}

type Numbered = ModuleInfo & { readonly sid: number };

function implemented(
  { sid, revision, featureSids = [], deviations = [] }: Numbered,
  schema: Schema,
  path: string,
): Tree {
  const deviating = schema.modules.filter(({ name }) => deviations.includes(name)).map((module) => module.sid);
  return entry(schema, path, [
    ["identifier", BigInt(sid)],
    ["revision", revisionBytes(revision)],
    ["feature", sids(featureSids)],
    ["deviation", sids(deviating)],
  ]);
}

const imported = ({ sid, revision }: Numbered, schema: Schema, path: string): Tree =>
  entry(schema, path, [
    ["identifier", BigInt(sid)],
    ["revision", revisionOrNone(revision)],
  ]);

/** A union of the date and the empty string. */
function revisionOrNone(revision: string): LeafValue {
  const value = revisionBytes(revision);
  return value === undefined ? { member: 1, value: "" } : { member: 0, value };
}

const sids = (numbers: ReadonlyArray<number | undefined>): readonly bigint[] =>
  numbers
    .filter((sid) => sid !== undefined && !isLocal(sid))
    .map((sid) => BigInt(sid ?? 0))
    .sort((a, b) => Number(a - b));

/** 2018-09-21 is h'20180921'. */
function revisionBytes(revision: string): Uint8Array | undefined {
  const digits = revision.replaceAll("-", "");
  return /^\d{8}$/.test(digits) ? new Uint8Array(Buffer.from(digits, "hex")) : undefined;
}

function datastores(schema: Schema): readonly Tree[] {
  const identity = schema.identities.get(UNIFIED.name)?.sid;
  if (identity === undefined || isLocal(identity)) return [];
  return [
    entry(schema, "yang-library/datastore", [
      ["identifier", identity],
      ["schema", ONLY],
    ]),
  ];
}

/** By names; what the schema has no node for, and what says nothing, is left out. */
function entry(
  schema: Schema,
  path: string,
  members: ReadonlyArray<readonly [name: string, value: Value | undefined]>,
): Tree {
  const tree: MutableTree = new Map();
  for (const [name, value] of members) {
    const node = schema.byPath(`/${LIBRARY}:${path === "" ? "" : `${path}/`}${name}`);
    if (node === undefined || isLocal(node.sid)) continue;
    const isEmpty = value === undefined || (Array.isArray(value) && value.length === 0);
    if (!isEmpty) tree.set(node.sid, value);
  }
  return tree.size === 0 ? EMPTY_TREE : tree;
}
