/** The compiled schema as plain JSON: what the disk cache holds and what the runtime schema is opened from. */
import type { Identity, LeafType, ModuleInfo, SchemaNode } from "../schema.ts";

/** Raised whenever the compiler would make another image of the same sources. */
export const IMAGE_VERSION = 1;

/** Types refer to each other by their index, since many leaves share one and leafrefs lead across the tree. */
export interface TypeImage extends Omit<LeafType, "target" | "members"> {
  readonly target?: number | undefined;
  readonly members?: readonly number[] | undefined;
}

export interface NodeImage extends Omit<SchemaNode, "parent" | "children" | "type"> {
  /** Index of the parent, which stands before its children; undefined for a root. */
  readonly parent: number | undefined;
  readonly type: number | undefined;
}

export interface SchemaImage {
  readonly version: number;
  readonly modules: readonly ModuleInfo[];
  readonly identities: readonly Identity[];
  readonly types: readonly TypeImage[];
  readonly nodes: readonly NodeImage[];
}
