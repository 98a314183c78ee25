/** A schema node that is being made: its facts, its place among the others, and where it comes from. */
import type { NodeImage } from "../image.ts";
import type { ResolvedType } from "../types/resolve-type.ts";
import type { Expanded } from "./expanded.ts";

/** A row of the image, of which the last fields are known when the whole tree stands. */
export interface NodeFacts extends NodeImage {
  parent: number | undefined;
  type: number | undefined;
  defaults: readonly string[] | undefined;
}

export interface Draft {
  readonly facts: NodeFacts;
  readonly parent: Draft | undefined;
  readonly children: Draft[];
  readonly source: Expanded;
  readonly type: ResolvedType | undefined;
  /** The key of a list has no default (RFC 7950 §7.8.2). */
  readonly isKey: boolean;
  /** It is checked, and is not in the schema: a feature or a deviation took it, or something above it, away. */
  readonly absent: boolean;
  /** With the names of choices and cases, the other dialect of .sid files. */
  readonly longPath: string;
}

/** RFC 9595 §4 — one more step of a schema node path: qualified at the top and where the module changes. */
export const pathStep = (above: string, moduleAbove: string | undefined, module: string, name: string): string =>
  `${above}/${module === moduleAbove ? "" : `${module}:`}${name}`;
