/**
 * Which schema a datastore root works with. Nodes may carry different revisions of one module, so each node belongs to a
 * named module set; the gateway's own datastore, and nodes of which nothing is said, work with the default set.
 */
import type { Schema } from "./schema.ts";

/** Name of a module set; undefined = the default set. */
export type SetName = string | undefined;

export interface SchemaSource {
  /** Today's schema of the set; that of the default set for a name that is not there. Cheap. */
  of(set: SetName): Schema;
  has(name: string): boolean;
  /** The named sets. */
  names(): readonly string[];
  /**
   * Called after schemas were exchanged without a restart, once for each set that changed, with the schema it had.
   * Returns the way to end it.
   */
  onChange(listener: (set: SetName, before: Schema, after: Schema) => void): () => void;
}

/** A source that never changes and has one set: tests, tools, a gateway without a models folder. */
export const fixedSchema = (schema: Schema): SchemaSource => ({
  of: () => schema,
  has: () => false,
  names: () => [],
  onChange: () => () => undefined,
});
