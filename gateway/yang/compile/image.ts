/** The compiled schema as plain JSON: what the disk cache holds and what the runtime schema is opened from. */
import type { Identity, LeafType, ModuleInfo, SchemaNode, Sid } from "../schema.ts";

/** Raised whenever the compiler would make another image of the same sources. */
export const IMAGE_VERSION = 5;

/** Types refer to each other by their index, since many leaves share one and leafrefs lead across the tree. */
export interface TypeImage extends Omit<LeafType, "target" | "members"> {
  readonly target?: number | undefined;
  readonly members?: readonly number[] | undefined;
}

export interface NodeImage extends Omit<SchemaNode, "parent" | "children" | "type" | "sid"> {
  readonly sid: Sid | undefined;
  /** Index of the parent, which stands before its children; undefined for a root. */
  readonly parent: number | undefined;
  readonly type: number | undefined;
}

export interface IdentityImage extends Omit<Identity, "sid"> {
  readonly sid: Sid | undefined;
}

export interface SchemaImage {
  readonly version: number;
  readonly modules: readonly ModuleInfo[];
  readonly identities: readonly IdentityImage[];
  readonly types: readonly TypeImage[];
  readonly nodes: readonly NodeImage[];
}
