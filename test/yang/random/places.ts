/** Where the nodes of a document stand, so that they can be found by an instance path, taken away or changed. */
import type { Json } from "../../../gateway/yang/api.ts";
import type { Schema, SchemaNode } from "../../../gateway/yang/schema.ts";
import { type Members, nameIn } from "./document-of.ts";

export interface Place {
  readonly node: SchemaNode;
  readonly parent: SchemaNode | undefined;
  readonly path: string;
  /** The members that hold it, and the array that does if it is an entry or a leaf-list value. */
  readonly members: Members;
  readonly name: string;
  /** Its index, where it is one element. */
  readonly index: number | undefined;
}

type Held = Json | Members | Members[];

export function placesIn(document: Members, schema: Schema): readonly Place[] {
  return inside(document, schema.roots, undefined, "");
}

function inside(members: Members, nodes: readonly SchemaNode[], parent: SchemaNode | undefined, path: string): Place[] {
  return nodes.flatMap((node) => {
    const name = nameIn(node, parent);
    const value = members[name];
    if (value === undefined) return [];
    const here = { node, parent, path: `${path}/${name}`, members, name };
    const whole: Place = { ...here, index: undefined };
    if (node.kind === "container" && isMembers(value)) {
      return [whole, ...inside(value, node.children, node, whole.path)];
    }
    if ((node.kind !== "list" && node.kind !== "leaf-list") || !Array.isArray(value)) return [whole];
    const elements = value.flatMap((element: Held, index) => {
      if (node.kind === "leaf-list") return [{ ...here, path: `${whole.path}[.='${element}']`, index }];
      if (!isMembers(element)) return [];
      const keys = (node.keys ?? []).map((key) => `[${key}=${quoted(element[key])}]`).join("");
      const entry = { ...here, path: `${whole.path}${keys}`, index };
      return [entry, ...inside(element, node.children, node, entry.path)];
    });
    return [whole, ...elements];
  });
}

export const isMembers = (value: Held | undefined): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function valueAt({ members, name, index }: Place): Held | undefined {
  const value = members[name];
  return index === undefined ? value : (value as Held[])[index];
}

export function replaceAt({ members, name, index }: Place, value: Held): void {
  if (index === undefined) members[name] = value;
  else members[name] = (members[name] as Held[]).with(index, value) as Held as Json;
}

/** An array that becomes empty goes with its last element. */
export function removeAt({ members, name, index }: Place): void {
  const rest = index === undefined ? [] : (members[name] as Held[]).toSpliced(index, 1);
  if (rest.length === 0) delete members[name];
  else members[name] = rest as Held as Json;
}

/**
 * Takes away the containers that only hold others and hold none. RFC 7950 §7.5.1 gives them no meaning, and readers differ
 * in whether one that is said counts where something must be there, or must not.
 */
export function prune(document: Members, schema: Schema): void {
  // Innermost first.
  for (const place of placesIn(document, schema).toReversed()) {
    const value = valueAt(place);
    const hollow = place.node.kind === "container" && !place.node.presence;
    if (hollow && isMembers(value) && Object.keys(value).length === 0) removeAt(place);
  }
}

function quoted(value: unknown): string {
  const text = String(value);
  return text.includes("'") ? `"${text}"` : `'${text}'`;
}
