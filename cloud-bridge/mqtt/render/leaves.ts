/** The leaves of a node's tree one by one, each with its place and its type: what the views tell singly. */
import { formatInstanceId } from "../../../gateway/yang/index.ts";
import type { LeafType, Schema, SchemaNode } from "../../../gateway/yang/schema.ts";
import { isTree, type LeafValue, type Tree } from "../../../gateway/yang/tree.ts";

export interface LeafAt {
  /** Instance path (RFC 9595 §6.13.1) without the leading slash: `sidgate-building:room/period[start='06:00']/set-point`. */
  readonly path: string;
  readonly node: SchemaNode;
  readonly type: LeafType;
  /** Module of the top-level data around it: the last level of its `data` topic. */
  readonly module: string;
  /** Stands in a list, so it may come and go. */
  readonly inList: boolean;
  /** Several for a leaf-list. */
  readonly values: readonly LeafValue[];
}

interface Place {
  readonly path: string;
  readonly module: string;
  readonly around: SchemaNode | undefined;
  readonly inList: boolean;
  readonly keys: readonly LeafValue[];
}

const ALL = (): boolean => true;

/** In the order of the tree, of these modules' data; what the schema does not know, and anydata, is left out. */
export function leavesOf(tree: Tree, schema: Schema, wants: (module: string) => boolean = ALL): readonly LeafAt[] {
  const found: LeafAt[] = [];
  const wanted = wants === ALL ? tree : new Map([...tree].filter(([sid]) => wants(schema.bySid(sid)?.module ?? "")));
  walk(wanted, { path: "", module: "", around: undefined, inList: false, keys: [] }, schema, found);
  return found;
}

function walk(tree: Tree, place: Place, schema: Schema, found: LeafAt[]): void {
  for (const [sid, value] of tree) {
    const node = schema.bySid(sid);
    if (node === undefined) continue;
    const here: Place = {
      ...place,
      path: place.path === "" ? nameOf(node, place) : `${place.path}/${nameOf(node, place)}`,
      module: place.around === undefined ? node.module : place.module,
      around: node,
    };
    if (node.kind === "list" && Array.isArray(value)) {
      for (const entry of value) if (isTree(entry)) walk(entry, entryPlace(entry, node, here, schema), schema, found);
    } else if (node.kind === "container" && isTree(value)) {
      walk(value, here, schema, found);
    } else if ((node.kind === "leaf" || node.kind === "leaf-list") && node.type !== undefined && !isTree(value)) {
      const { path, module, inList } = here;
      const values = Array.isArray(value) ? (value as readonly LeafValue[]) : [value as LeafValue];
      found.push({ path, node, type: node.type, module, inList, values });
    }
  }
}

/** RFC 7951 §4: qualified at the top and where the module changes. */
const nameOf = (node: SchemaNode, { around }: Place): string =>
  around?.module === node.module ? node.name : `${node.module}:${node.name}`;

function entryPlace(entry: Tree, list: SchemaNode, place: Place, schema: Schema): Place {
  const own = (list.keys ?? []).flatMap((name) => {
    const key = list.children.find((child) => child.name === name);
    const value = key === undefined ? undefined : entry.get(key.sid);
    return value === undefined || isTree(value) || Array.isArray(value) ? [] : [value as LeafValue];
  });
  const keys = [...place.keys, ...own];
  const complete = own.length > 0 && own.length === (list.keys ?? []).length;
  const path = complete ? formatInstanceId({ sid: list.sid, keys }, schema).slice(1) : place.path;
  return { ...place, path, inList: true, keys };
}
