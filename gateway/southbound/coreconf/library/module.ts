/**
 * ietf-constrained-yang-library@2019-03-28 (draft-ietf-core-yang-library-03) as a part of every schema. It is restated here
 * and in no .yang file of ours: a set of modules may bring the published text, of which there can be one only. No registry
 * has numbers for it; these are those of the one product that serves it (Microchip VelocityDRIVE-SP), whose client asks for
 * 29304 before anything else. A set that brings the module with a .sid file has its own.
 */
import {
  type Identity,
  type LeafType,
  type NodeKind,
  perSchema,
  type Schema,
  type SchemaNode,
  type Sid,
} from "../../../yang/index.ts";

export const LIBRARY = "ietf-constrained-yang-library";
const REVISION = "2019-03-28";
const MODULE_SID = 29_300;

const ERRORS = { name: "ietf-coreconf", revision: "2026-03-02", sid: 1000 } as const;
const DATASTORE = "ietf-datastores:datastore";
/** The one datastore there is (draft-ietf-core-comi-21 §5.2.1). */
export const UNIFIED = { name: `${ERRORS.name}:unified`, sid: 1029, bases: [DATASTORE] } as const satisfies Identity;

const TEXT: LeafType = { base: "string" };
const SID: LeafType = { base: "uint64", range: [["1", "9223372036854775807"]] };
const INDEX: LeafType = { base: "uint8" };
const REVISION_DATE: LeafType = { base: "binary", length: [["4", "4"]] };
const DIGEST: LeafType = { base: "binary" };
const REVISION_OR_NONE: LeafType = {
  base: "union",
  members: [REVISION_DATE, { base: "string", length: [["0", "0"]] }],
};
const DATASTORE_REF: LeafType = { base: "identityref", identityBases: [DATASTORE] };

interface Row {
  readonly path: string;
  readonly sid: Sid;
  readonly kind: NodeKind;
  readonly type?: LeafType;
  readonly keys?: readonly string[];
  readonly mandatory?: true;
}

const leaf = (path: string, sid: Sid, type: LeafType, more: Pick<Row, "mandatory"> = {}): Row => ({
  path,
  sid,
  kind: "leaf",
  type,
  ...more,
});
const leafList = (path: string, sid: Sid, type: LeafType): Row => ({ path, sid, kind: "leaf-list", type });
const list = (path: string, sid: Sid, ...keys: readonly string[]): Row => ({ path, sid, kind: "list", keys });
const MUST_BE = { mandatory: true } as const;

/** Parents stand before what is in them. */
const ROWS: readonly Row[] = [
  { path: "yang-library", sid: 29_301, kind: "container" },
  list("yang-library/module-set", 29_308, "index"),
  leaf("yang-library/module-set/index", 29_318, INDEX),
  list("yang-library/module-set/module", 29_319, "identifier"),
  leaf("yang-library/module-set/module/identifier", 29_322, SID, MUST_BE),
  leaf("yang-library/module-set/module/revision", 29_325, REVISION_DATE),
  leaf("yang-library/module-set/module/namespace", 29_324, TEXT),
  leafList("yang-library/module-set/module/location", 29_323, TEXT),
  list("yang-library/module-set/module/submodule", 29_326, "identifier"),
  leaf("yang-library/module-set/module/submodule/identifier", 29_327, SID, MUST_BE),
  leaf("yang-library/module-set/module/submodule/revision", 29_329, REVISION_DATE),
  leafList("yang-library/module-set/module/submodule/location", 29_328, TEXT),
  leafList("yang-library/module-set/module/feature", 29_321, SID),
  leafList("yang-library/module-set/module/deviation", 29_320, SID),
  list("yang-library/module-set/import-only-module", 29_309, "identifier", "revision"),
  leaf("yang-library/module-set/import-only-module/identifier", 29_310, SID),
  leaf("yang-library/module-set/import-only-module/revision", 29_313, REVISION_OR_NONE),
  leaf("yang-library/module-set/import-only-module/namespace", 29_312, TEXT),
  leafList("yang-library/module-set/import-only-module/location", 29_311, TEXT),
  list("yang-library/module-set/import-only-module/submodule", 29_314, "identifier"),
  leaf("yang-library/module-set/import-only-module/submodule/identifier", 29_315, SID, MUST_BE),
  leaf("yang-library/module-set/import-only-module/submodule/revision", 29_317, REVISION_DATE),
  leafList("yang-library/module-set/import-only-module/submodule/location", 29_316, TEXT),
  list("yang-library/schema", 29_330, "index"),
  leaf("yang-library/schema/index", 29_331, INDEX),
  leafList("yang-library/schema/module-set", 29_332, INDEX),
  list("yang-library/datastore", 29_305, "identifier"),
  leaf("yang-library/datastore/identifier", 29_306, DATASTORE_REF),
  leaf("yang-library/datastore/schema", 29_307, INDEX, MUST_BE),
  leaf("yang-library/checksum", 29_304, DIGEST, MUST_BE),
  { path: "yang-library-update", sid: 29_302, kind: "notification" },
  leaf("yang-library-update/checksum", 29_303, DIGEST, MUST_BE),
];

/** The schema with the library in it, or as it is when it has one, or when somebody else uses the numbers. */
export const withLibraryModule = perSchema((schema: Schema): Schema => {
  const isTaken = ({ sid }: { readonly sid: Sid }): boolean =>
    schema.bySid(sid) !== undefined || schema.identityBySid(sid) !== undefined;
  if (schema.modules.some(({ name }) => name === LIBRARY) || ROWS.some(isTaken)) return schema;
  return joined(schema);
});

function joined(schema: Schema): Schema {
  const byPath = new Map<string, SchemaNode>();
  const bySid = new Map<Sid, SchemaNode>();
  const childrenOf = new Map<string, SchemaNode[]>([["", []]]);
  for (const { path, ...row } of ROWS) {
    const [above, name] = splitPath(path);
    const children: SchemaNode[] = [];
    const node: SchemaNode = {
      mandatory: false,
      ...row,
      name,
      module: LIBRARY,
      parent: byPath.get(above),
      children,
      config: false,
    };
    childrenOf.set(path, children);
    childrenOf.get(above)?.push(node);
    byPath.set(path, node);
    bySid.set(row.sid, node);
  }
  const identities = new Map(schema.identities);
  if (!identities.has(UNIFIED.name) && schema.identityBySid(UNIFIED.sid) === undefined) {
    identities.set(UNIFIED.name, UNIFIED);
  }
  return {
    modules: [...schema.modules, ...ownModules(schema)],
    roots: [...schema.roots, ...(childrenOf.get("") ?? [])],
    identities,
    bySid: (sid) => schema.bySid(sid) ?? bySid.get(sid),
    identityBySid: (sid) =>
      schema.identityBySid(sid) ?? (sid === UNIFIED.sid ? identities.get(UNIFIED.name) : undefined),
    byPath: (path) =>
      schema.byPath(path) ?? (path.startsWith(PREFIX) ? byPath.get(path.slice(PREFIX.length)) : undefined),
    derivedFrom: (identity, base) =>
      schema.derivedFrom(identity, base) || (identity === UNIFIED.name && base === DATASTORE),
  };
}

const PREFIX = `/${LIBRARY}:`;

function splitPath(path: string): readonly [above: string, name: string] {
  const slash = path.lastIndexOf("/");
  return [path.slice(0, Math.max(0, slash)), path.slice(slash + 1)];
}

/** What every server of CORECONF implements beside its own. */
const ownModules = (schema: Schema): Schema["modules"] =>
  [ERRORS, { name: LIBRARY, revision: REVISION, sid: MODULE_SID }]
    .filter(({ name }) => schema.modules.every((module) => module.name !== name))
    .map((module) => ({ ...module, namespace: `urn:ietf:params:xml:ns:yang:${module.name}`, importOnly: false }));
