/** Schema image → the schema that codecs work with: linked nodes of one shape, and maps by SID and path. */
import type { Identity, LeafType, Schema, SchemaNode, Sid } from "../schema.ts";
import type { IdentityImage, NodeImage, SchemaImage, TypeImage } from "./image.ts";
import { pathStep } from "./tree/draft.ts";

type Building = SchemaNode & { readonly children: SchemaNode[] };

/** Links the rows of an image; cheap enough to be done at every start. */
export function openSchema(image: SchemaImage): Schema {
  const types = openTypeRows(image.types);
  const nodes: Building[] = [];
  const roots: SchemaNode[] = [];
  const bySid = new Map<number, SchemaNode>();
  const byPath = new Map<string, SchemaNode>();
  const paths: string[] = [];
  for (const [index, row] of image.nodes.entries()) {
    const parent = row.parent === undefined ? undefined : nodes[row.parent];
    const node = openNode(row, row.sid ?? -1 - index, parent, row.type === undefined ? undefined : types[row.type]);
    nodes.push(node);
    (parent?.children ?? roots).push(node);
    bySid.set(node.sid, node);
    const above = row.parent === undefined ? "" : (paths[row.parent] ?? "");
    const path = pathStep(above, parent?.module, node.module, node.name);
    paths.push(path);
    // A structure may carry the name of a data node; the data node comes first and keeps the path.
    if (!byPath.has(path)) byPath.set(path, node);
  }

  const identities = new Map(image.identities.map((row, index) => [row.name, openIdentity(row, index)]));
  const identityBySid = new Map<number, Identity>();
  for (const identity of identities.values()) identityBySid.set(identity.sid, identity);
  const ancestors = ancestorsOf(identities);

  return {
    modules: image.modules.map(({ name, revision, namespace, sid, importOnly, features, featureSids, deviations }) => ({
      name,
      revision,
      namespace,
      sid,
      importOnly,
      features,
      featureSids,
      deviations,
    })),
    roots,
    identities,
    bySid: (sid) => bySid.get(sid),
    identityBySid: (sid) => identityBySid.get(sid),
    byPath: (path) => byPath.get(path),
    derivedFrom: (identity, base) => ancestors.get(identity)?.has(base) ?? false,
  };
}

/** Every field is there, in one order, so that all nodes share a hidden class and the codec's property reads stay fast. */
const openNode = (row: NodeImage, sid: Sid, parent: SchemaNode | undefined, type: LeafType | undefined): Building => ({
  kind: row.kind,
  name: row.name,
  module: row.module,
  sid,
  parent,
  children: [],
  config: row.config,
  mandatory: row.mandatory,
  cases: row.cases,
  presence: row.presence,
  keys: row.keys,
  unique: row.unique,
  orderedByUser: row.orderedByUser,
  minElements: row.minElements,
  maxElements: row.maxElements,
  type,
  units: row.units,
  defaults: row.defaults,
  must: row.must,
  when: row.when,
  parentWhen: row.parentWhen,
  structure: row.structure,
  status: row.status,
  nacm: row.nacm,
  description: row.description,
});

const openIdentity = ({ name, sid, bases }: IdentityImage, index: number): Identity => ({
  name,
  sid: sid ?? -1 - index,
  bases,
});

/** Rows stand after the rows they refer to, so one pass links them; all types share one shape too. */
function openTypeRows(rows: readonly TypeImage[]): readonly LeafType[] {
  const types: LeafType[] = [];
  for (const row of rows) {
    types.push({
      base: row.base,
      typedef: row.typedef,
      range: row.range,
      length: row.length,
      boundsSay: row.boundsSay,
      patterns: row.patterns,
      fractionDigits: row.fractionDigits,
      enums: row.enums,
      bits: row.bits,
      identityBases: row.identityBases,
      path: row.path,
      target: row.target === undefined ? undefined : types[row.target],
      requireInstance: row.requireInstance,
      members: row.members?.flatMap((index) => types[index] ?? []),
    });
  }
  return types;
}

/** RFC 7950 §9.10.2: derivation is transitive. */
function ancestorsOf(identities: ReadonlyMap<string, Identity>): ReadonlyMap<string, ReadonlySet<string>> {
  const all = new Map<string, ReadonlySet<string>>();
  for (const [name, { bases }] of identities) {
    const ancestors = new Set(bases);
    for (const ancestor of ancestors) for (const base of identities.get(ancestor)?.bases ?? []) ancestors.add(base);
    all.set(name, ancestors);
  }
  return all;
}
