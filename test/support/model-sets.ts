/** Schemas that change while a test runs: what the models folder does, without files. */
import type { Schema, SchemaSource, SetName } from "../../gateway/yang/index.ts";

type Listener = Parameters<SchemaSource["onChange"]>[0];

export class ChangingSchemas implements SchemaSource {
  readonly #schemas: Map<SetName, Schema>;
  readonly #listeners = new Set<Listener>();

  constructor(first: Schema, named: Readonly<Record<string, Schema>> = {}) {
    this.#schemas = new Map<SetName, Schema>([[undefined, first], ...Object.entries(named)]);
  }

  of(set: SetName): Schema {
    const schema = this.#schemas.get(set) ?? this.#schemas.get(undefined);
    if (schema === undefined) throw new Error("there is always a default set");
    return schema;
  }

  has(name: string): boolean {
    return this.#schemas.has(name);
  }

  names(): readonly string[] {
    return [...this.#schemas.keys()].filter((set) => set !== undefined);
  }

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** undefined takes a named set away. */
  exchange(set: SetName, schema: Schema | undefined): void {
    const before = this.of(set);
    if (schema === undefined) this.#schemas.delete(set);
    else this.#schemas.set(set, schema);
    for (const listener of this.#listeners) listener(set, before, this.of(set));
  }
}
