/** What can be asked of a node: the fields of the inventory, and each leaf of its datastore by its path (RFC 9595). Pure. */
import { toHex } from "../../../base/index.ts";
import {
  formatInstanceId,
  isTree,
  type LeafType,
  type LeafValue,
  nearest,
  type Schema,
  type SchemaNode,
  type Sid,
  type Tree,
  type UnionValue,
  type Value,
} from "../../../yang/index.ts";
import { gatewaySids } from "../../registry/index.ts";
import type { FieldKind, FilterFields, SubjectValue } from "./kinds.ts";
import { NODE_FIELDS } from "./named-fields.ts";

const TEXT: FieldKind = { type: "text" };
const NUMBER: FieldKind = { type: "number" };

/** Of nodes whose trees go by one of these schemas; the first that has a leaf says what it is. */
export function fieldsOf(schemas: readonly Schema[]): FilterFields {
  return {
    names: NODE_FIELDS,
    leaf: (path) => {
      const found = schemas.map((schema) => dataNode(path, schema)).find((node) => node !== undefined);
      if (found === undefined) return `no node has ${nameOf(path)}${nearest(path, leafPaths(schemas))}`;
      return found.type === undefined
        ? `${nameOf(path)} is a ${found.kind}, and only leafs have values`
        : kindOf(found.type);
    },
    called: (name) => leafPaths(schemas).filter((path) => path.endsWith(`/${name}`) || path.endsWith(`:${name}`)),
  };
}

const SHOWN = 80;
const nameOf = (path: string): string => (path.length > SHOWN ? `${path.slice(0, SHOWN)}…` : path);

function dataNode(path: string, schema: Schema): SchemaNode | undefined {
  const node = schema.byPath(path);
  return node !== undefined && wayTo(node, schema) !== undefined ? node : undefined;
}

/** SIDs from the top of a node's datastore; undefined = it does not lie there. */
function wayTo(node: SchemaNode, schema: Schema): readonly Sid[] | undefined {
  const way: Sid[] = [];
  for (let at: SchemaNode | undefined = node; at !== undefined; at = at.parent) {
    if (!IN_DATASTORE.has(at.kind) || at.structure) return undefined;
    way.unshift(at.sid);
  }
  return gatewaySids(schema).has(way[0]!) ? undefined : way;
}
const IN_DATASTORE: ReadonlySet<SchemaNode["kind"]> = new Set(["container", "list", "leaf", "leaf-list"]);

/** For hints. */
function leafPaths(schemas: readonly Schema[]): readonly string[] {
  const found = new Set<string>();
  const walk = (node: SchemaNode, path: string): void => {
    if (node.type !== undefined) found.add(path);
    for (const child of node.children) {
      walk(child, `${path}/${child.module === node.module ? "" : `${child.module}:`}${child.name}`);
    }
  };
  for (const schema of schemas) {
    for (const root of schema.roots) if (wayTo(root, schema) !== undefined) walk(root, `/${root.module}:${root.name}`);
  }
  return [...found];
}

function kindOf(type: LeafType): FieldKind {
  switch (type.base) {
    case "enumeration":
      return { type: "words", words: (type.enums ?? []).map(({ name }) => name) };
    case "bits":
      return { type: "words", words: (type.bits ?? []).map(({ name }) => name) };
    case "boolean":
    case "empty":
      return { type: "boolean" };
    case "union":
      return { type: "any" };
    case "leafref":
      return type.target === undefined ? { type: "any" } : kindOf(type.target);
    case "string":
    case "binary":
    case "identityref":
    case "instance-identifier":
      return TEXT;
    default:
      return NUMBER;
  }
}

interface Way {
  readonly sids: readonly Sid[];
  readonly type: LeafType;
}

/** All values that a tree has at this path. */
export function valuesAt(path: string, tree: Tree, schema: Schema): readonly SubjectValue[] | undefined {
  const node = schema.byPath(path);
  const sids = node && wayTo(node, schema);
  if (node?.type === undefined || sids === undefined) return undefined;
  const values: SubjectValue[] = [];
  collect(tree, { sids, type: node.type }, 0, schema, values);
  return values.length === 0 ? undefined : values;
}

function collect(tree: Tree, way: Way, depth: number, schema: Schema, into: SubjectValue[]): void {
  const value = tree.get(way.sids[depth]!);
  if (value === undefined) return;
  if (depth === way.sids.length - 1) {
    const leaves = Array.isArray(value) ? (value as readonly LeafValue[]) : [value as LeafValue];
    for (const leaf of leaves) into.push(...plainValues(leaf, way.type, schema));
    return;
  }
  const inner: readonly Value[] = Array.isArray(value) ? value : [value];
  for (const each of inner) if (isTree(each)) collect(each, way, depth + 1, schema, into);
}

/** As a person would write it: names of enums, bits and identities, numbers with their fraction, bytes as hex. */
function plainValues(value: LeafValue, type: LeafType, schema: Schema): readonly SubjectValue[] {
  switch (type.base) {
    case "enumeration":
      return (type.enums ?? []).filter((each) => each.value === value).map(({ name }) => name);
    case "bits":
      return String(value).split(" ");
    case "empty":
      return [true];
    case "binary":
      return value instanceof Uint8Array ? [toHex(value)] : [];
    case "decimal64":
      return [Number(value) / 10 ** (type.fractionDigits ?? 0)];
    case "identityref": {
      const name = schema.identityBySid(Number(value))?.name;
      return name === undefined ? [] : [name, name.slice(name.indexOf(":") + 1)];
    }
    case "leafref":
      return type.target === undefined ? [] : plainValues(value, type.target, schema);
    case "union": {
      // The schema says that it is a union, so the value is one.
      const { member, value: inner } = value as UnionValue;
      const of = type.members?.[member];
      return of === undefined ? [] : plainValues(inner, of, schema);
    }
    case "instance-identifier":
      return value !== null && typeof value === "object" && "sid" in value ? [formatInstanceId(value, schema)] : [];
    default:
      return plain(value);
  }
}

function plain(value: LeafValue): readonly SubjectValue[] {
  if (typeof value === "bigint") {
    const number = Number(value);
    return [Number.isSafeInteger(number) ? number : value];
  }
  return typeof value === "number" || typeof value === "string" || typeof value === "boolean" ? [value] : [];
}
