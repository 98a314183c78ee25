/** The last exchanges of each node in words, for the question "why?". In memory: a look at now, not a record. */
import { isCoded, type Millis, type NodeId } from "../base/index.ts";
import type { Fact } from "../store/index.ts";
import { decodeInstances, decodeTree, formatInstanceId, type Schema, toJson } from "../yang/index.ts";

export interface TraceEntry {
  readonly at: Millis;
  readonly text: string;
}

/** Facts kept per node; they are put into words when somebody asks. */
const KEPT = 20;

export class Trace {
  readonly #schema: Schema;
  readonly #facts = new Map<NodeId, Fact[]>();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  take(fact: Fact): void {
    const node = nodeOf(fact);
    if (node === undefined) return;
    const facts = this.#facts.get(node);
    if (fact.type === "node.removed") this.#facts.delete(node);
    else if (facts === undefined) this.#facts.set(node, [fact]);
    else if (facts.unshift(fact) > KEPT) facts.pop();
  }

  /** Newest first. */
  of(node: NodeId): readonly TraceEntry[] {
    return (this.#facts.get(node) ?? []).map((fact) => ({ at: fact.at, text: describe(fact, this.#schema) }));
  }
}

function nodeOf(fact: Fact): NodeId | undefined {
  if ("node" in fact) return fact.node;
  return fact.type === "datastore.edited" && fact.root !== "gateway" ? fact.root : undefined;
}

function describe(fact: Fact, schema: Schema): string {
  switch (fact.type) {
    case "node.reported": {
      const data =
        fact.data === undefined ? "nothing new" : JSON.stringify(toJson(decodeTree(fact.data, schema), schema));
      const edits = fact.delivered === undefined ? "" : `, edits up to revision ${fact.delivered} sent`;
      return `report ${fact.report}: ${data}; answered in ${fact.reply.length} bytes${edits}, then ${fact.state}`;
    }
    case "node.reachability":
      return `${fact.from} → ${fact.to}, ${fact.missedWakes} wakes missed`;
    case "ota.phase":
      return `update ${fact.campaign}: ${fact.from} → ${fact.to}${fact.reason === undefined ? "" : ` (${fact.reason})`}`;
    case "datastore.edited":
      return `${fact.actor} edited ${paths(fact.patch, schema)}`;
    case "node.joined":
      return `joined as ${fact.endpoint}`;
    case "node.renamed":
      return `renamed to ${fact.name}`;
    default:
      return fact.type;
  }
}

function paths(patch: Uint8Array, schema: Schema): string {
  try {
    return decodeInstances(patch, schema)
      .map(({ id, value }) => `${value === undefined ? "delete " : ""}${formatInstanceId(id, schema)}`)
      .join(", ");
  } catch (error) {
    if (isCoded(error)) return "data of a module that is no longer loaded";
    throw error;
  }
}
