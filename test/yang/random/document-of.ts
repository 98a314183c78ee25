/**
 * Random RFC 7951 documents from a compiled schema: all types, choices, lists with unique keys, references to what is
 * there. Values fit their types; `must`, `when`, `unique` and the rest are left to chance.
 */
import type { Json } from "../../../gateway/yang/api.ts";
import type { Schema, SchemaNode } from "../../../gateway/yang/schema.ts";
import type { Dice } from "../../fuzz/dice.ts";
import { RandomValues } from "./value-of.ts";

/** RFC 7951 JSON that may be changed. */
export type Members = { [name: string]: Json | Members | Members[] };

export interface DocumentOptions {
  /** config false nodes too. */
  readonly state: boolean;
  /** Top-level nodes to choose from; by default all that are data. */
  readonly roots?: readonly SchemaNode[];
  /** Data nodes in a document, about. */
  readonly size: number;
}

const DEPTH = 12;

export class RandomDocuments {
  readonly #dice: Dice;
  readonly #values: RandomValues;
  readonly #options: DocumentOptions;
  readonly #roots: readonly SchemaNode[];
  readonly #needed = new Map<SchemaNode, boolean>();
  #leaves = new Map<string, Json[]>();
  #paths: string[] = [];
  #left = 0;

  constructor(schema: Schema, dice: Dice, options: DocumentOptions) {
    this.#dice = dice;
    this.#options = options;
    this.#values = new RandomValues(schema, dice);
    this.#roots = (options.roots ?? schema.roots).filter((node) => this.wants(node));
  }

  next(): Members {
    this.#leaves = new Map();
    this.#paths = [];
    this.#left = this.#options.size;
    const roots = this.#roots.filter((node) => this.#isNeeded(node) || this.#dice.chance(1.5 / this.#roots.length));
    const chosen = roots.length === 0 && this.#roots.length > 0 ? [this.#dice.pick(this.#roots)] : roots;
    return this.#members(chosen, undefined, "", 0);
  }

  /** A value for one node, for a change of a document. */
  value(node: SchemaNode): Json | Members | Members[] | undefined {
    return this.#value(node, "", 1);
  }

  /** Does it belong into these documents? */
  wants({ kind, structure, config }: SchemaNode): boolean {
    if (structure || /rpc|action|notification|input|output/.test(kind)) return false;
    return config || this.#options.state;
  }

  /** Must it be there when its parent is? */
  #isNeeded(node: SchemaNode): boolean {
    let needed = this.#needed.get(node);
    if (needed === undefined) {
      needed =
        this.wants(node) &&
        (node.mandatory ||
          (node.minElements ?? 0) > 0 ||
          (node.kind === "container" && !node.presence && node.children.some((child) => this.#isNeeded(child))));
      this.#needed.set(node, needed);
    }
    return needed;
  }

  #members(nodes: readonly SchemaNode[], parent: SchemaNode | undefined, path: string, depth: number): Members {
    const members: Members = {};
    const choices = new Map<string, string>();
    for (const node of this.#shuffled(nodes.filter((each) => this.wants(each)))) {
      const [open, needed] = this.#casesOf(node, choices);
      const isKey = parent?.keys?.includes(node.name) ?? false;
      const wanted = isKey || (open && (needed || parent === undefined || this.#dice.chance(this.#share(depth))));
      if (!wanted || members[nameIn(node, parent)] !== undefined) continue;
      const value = this.#value(node, `${path}/${nameIn(node, parent)}`, depth);
      if (value === undefined) continue;
      // A key comes with its entry.
      members[nameIn(node, parent)] = value;
      for (const { choice, case: one } of node.cases ?? []) choices.set(choice, one);
    }
    return members;
  }

  #share = (depth: number): number => (this.#left <= 0 || depth > DEPTH ? 0 : 0.45);

  /** Is its case the one that was chosen, or may it become it? Must something of it be there? */
  #casesOf(node: SchemaNode, choices: ReadonlyMap<string, string>): readonly [open: boolean, needed: boolean] {
    let needed = this.#isNeeded(node);
    for (const { choice, case: one, mandatory } of node.cases ?? []) {
      const chosen = choices.get(choice);
      if (chosen !== undefined && chosen !== one) return [false, false];
      if (chosen === undefined) needed = mandatory;
    }
    return [true, needed];
  }

  #value(node: SchemaNode, path: string, depth: number): Json | Members | Members[] | undefined {
    this.#left -= 1;
    switch (node.kind) {
      case "leaf": {
        const value = node.type && this.#values.of(node.type, { leaves: this.#leaves, paths: this.#paths });
        if (value !== undefined) this.#remember(node, value, path);
        return value;
      }
      case "leaf-list":
        return this.#distinct(node, () => {
          const value = node.type && this.#values.of(node.type, { leaves: this.#leaves, paths: this.#paths });
          if (value !== undefined) this.#remember(node, value, undefined);
          return value === undefined ? undefined : [value, JSON.stringify(value)];
        });
      case "list":
        return this.#distinct(node, () => this.#entry(node, path, depth));
      case "anydata":
      case "anyxml":
        return {};
      default:
        this.#paths.push(path);
        return this.#members(node.children, node, path, depth + 1);
    }
  }

  /** An entry with the text of its keys, by which it differs from others. */
  #entry(node: SchemaNode, path: string, depth: number): readonly [Members, string] | undefined {
    const keys = (node.keys ?? []).flatMap((key) => node.children.find(({ name }) => name === key) ?? []);
    const entry = this.#members(keys, node, path, depth + 1);
    if (keys.some(({ name }) => entry[name] === undefined)) return undefined;
    const predicates = keys.map(({ name }) => `[${name}=${quoted(entry[name])}]`).join("");
    const here = `${path}${predicates}`;
    const known = this.#paths.length;
    this.#paths.push(here);
    const others = node.children.filter(({ name }) => !keys.some((key) => key.name === name));
    const print = keys.length === 0 ? String(this.#left) : JSON.stringify(keys.map(({ name }) => entry[name]));
    const whole = { ...entry, ...this.#members(others, node, here, depth + 1) };
    // No path leads into a list without keys.
    if (keys.length === 0) this.#paths.splice(known);
    return [whole, print];
  }

  #distinct<T>(node: SchemaNode, make: () => readonly [T, string] | undefined): T[] | undefined {
    const min = node.minElements ?? 0;
    const count = Math.min(node.maxElements ?? 99, min + (this.#left > 0 ? 1 + this.#dice.below(3) : 0));
    const seen = new Set<string>();
    const values: T[] = [];
    for (let i = 0; i < count; i++) {
      const made = make();
      if (made === undefined || seen.has(made[1])) continue;
      seen.add(made[1]);
      values.push(made[0]);
    }
    return values.length === 0 ? undefined : values;
  }

  #remember({ name }: SchemaNode, value: Json, path: string | undefined): void {
    this.#leaves.set(name, [...(this.#leaves.get(name) ?? []), value]);
    if (path !== undefined) this.#paths.push(path);
  }

  #shuffled<T>(list: readonly T[]): readonly T[] {
    return list
      .map((item) => [this.#dice.below(1_000_000), item] as const)
      .sort(([a], [b]) => a - b)
      .map(([, item]) => item);
  }
}

/** RFC 7951 §4: with the module at the top and where it changes. */
export const nameIn = (node: SchemaNode, parent: SchemaNode | undefined): string =>
  parent?.module === node.module ? node.name : `${node.module}:${node.name}`;

/** RFC 7951 §6.11; a text with both kinds of quotes cannot be said there, and has none. */
function quoted(value: unknown): string {
  const text = String(value);
  return text.includes("'") ? `"${text.replace(/"/g, "")}"` : `'${text}'`;
}
