/** A subscription that stands in the configuration (RFC 8639 §2.5, RFC 8641 §3.1): what is told, when, and of which nodes. */
import { isCoded, type Millis } from "../../base/index.ts";
import { type NodePath, parseNodePath, perSchema, type Schema, type SchemaNode } from "../../yang/index.ts";

export type Subscription = OnChange | Periodic;

interface Common {
  /** Of an instance or, where lists stand without their keys, of all of them. */
  readonly path: string;
  /** A filter of nodes (docs/campaigns.md); without it all nodes that have such data. */
  readonly nodes?: string | undefined;
}

export interface OnChange extends Common {
  readonly kind: "on-change";
  /** RFC 8641 §3.3: at most one update in this time. */
  readonly dampening?: Millis | undefined;
  /** False: changes alone are told, not what was there before the first one. */
  readonly sync: boolean;
}

export interface Periodic extends Common {
  readonly kind: "periodic";
  readonly period: Millis;
}

/** Of each subscription where its path leads in a schema. */
export class Targets {
  readonly #of: ReadonlyArray<(schema: Schema) => Target>;

  constructor(subscriptions: readonly Subscription[]) {
    this.#of = subscriptions.map(({ path }) => perSchema((schema) => targetOf(path, schema)));
  }

  /** Undefined = nowhere, as long as its module is not there. `number`: of the subscription, counted from 1. */
  in(schema: Schema, number: number): NodePath | undefined {
    return this.#of[number - 1]?.(schema).path;
  }

  /** Why it leads nowhere. */
  obstacle(schema: Schema, number: number): string | undefined {
    return this.#of[number - 1]?.(schema).obstacle;
  }
}

interface Target {
  readonly path?: NodePath;
  readonly obstacle?: string;
}

const DATA: ReadonlySet<SchemaNode["kind"]> = new Set(["container", "list", "leaf", "leaf-list", "anydata", "anyxml"]);

function targetOf(text: string, schema: Schema): Target {
  try {
    const path = parseNodePath(text, schema);
    for (let at: SchemaNode | undefined = path.node; at !== undefined; at = at.parent) {
      if (!DATA.has(at.kind) || at.structure === true) return { obstacle: `${at.name} is no data of a node` };
    }
    return { path };
  } catch (error) {
    if (isCoded(error)) return { obstacle: error.message };
    throw error;
  }
}
