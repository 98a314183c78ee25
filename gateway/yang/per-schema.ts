/** What is made once of each schema and lives as long as it does: numbers looked up by name, tables for one way of using it. */
import type { Schema } from "./schema.ts";

export function perSchema<T extends object>(make: (schema: Schema) => T): (schema: Schema) => T {
  const made = new WeakMap<Schema, T>();
  return (schema) => {
    const known = made.get(schema);
    if (known !== undefined) return known;
    const fresh = make(schema);
    made.set(schema, fresh);
    return fresh;
  };
}
