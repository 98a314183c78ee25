/** The last exchanges of each node in words, for the question "why?". In memory: a look at now, not a record. */
import { EMPTY, isCoded, type Millis, type NodeId, RecentMap } from "../../base/index.ts";
import type { Fact } from "../../store/index.ts";
import {
  decodeInstances,
  formatInstanceId,
  goneIn,
  instanceToJson,
  type Schema,
  salvageInstances,
  salvageTree,
  toJson,
} from "../../yang/index.ts";

export interface TraceEntry {
  readonly at: Millis;
  readonly text: string;
}

/** Facts kept per node; they are put into words when somebody asks. */
const KEPT = 20;
/** Nodes heard last: a whole building, and of a larger fleet those at work. */
const NODES = 512;

/** What happened without being a fact. */
interface Note extends TraceEntry {
  readonly type: "note";
}

/** The newest facts of one node: each takes the place of the oldest. */
interface Ring {
  readonly facts: Array<Fact | Note>;
  /** Of all that came; the newest stands before `count % KEPT`. */
  count: number;
}

export class Trace {
  readonly #schemaOf: (node: NodeId) => Schema;
  readonly #rings = new RecentMap<NodeId, Ring>(NODES);

  /** By today's schema of a node: what was said under a former one is told as far as that takes it. */
  constructor(schemaOf: (node: NodeId) => Schema) {
    this.#schemaOf = schemaOf;
  }

  take(fact: Fact): void {
    const node = nodeOf(fact);
    if (node === undefined) return;
    if (fact.type === "node.removed") {
      this.#rings.delete(node);
      return;
    }
    this.#add(node, fact);
  }

  /** A decision of the gateway that no fact tells. */
  note(node: NodeId, at: Millis, text: string): void {
    this.#add(node, { type: "note", at, text });
  }

  #add(node: NodeId, fact: Fact | Note): void {
    const ring = this.#rings.get(node);
    if (ring === undefined) this.#rings.set(node, { facts: [fact], count: 1 });
    else {
      ring.facts[ring.count % KEPT] = fact;
      ring.count += 1;
    }
  }

  /** Newest first. */
  of(node: NodeId): readonly TraceEntry[] {
    const { facts, count } = this.#rings.get(node) ?? { facts: [], count: 0 };
    const oldest = count > KEPT ? count % KEPT : 0;
    const newestFirst = [...facts.slice(oldest), ...facts.slice(0, oldest)].reverse();
    const schema = this.#schemaOf(node);
    return newestFirst.map((fact) => ({ at: fact.at, text: describe(fact, schema) }));
  }
}

function nodeOf(fact: Fact): NodeId | undefined {
  // What the node itself is none the wiser for.
  if (fact.type === "command.begun" || fact.type === "push.updated") return undefined;
  if ("node" in fact) return fact.node;
  return fact.type === "datastore.edited" && fact.root !== "gateway" ? fact.root : undefined;
}

function describe(fact: Fact | Note, schema: Schema): string {
  switch (fact.type) {
    case "note":
      return fact.text;
    case "node.reported": {
      const data =
        fact.data === undefined ? "nothing new" : JSON.stringify(toJson(salvageTree(fact.data, schema).tree, schema));
      const samples = samplesIn(fact.samples ?? []);
      const edits = fact.delivered === undefined ? "" : `, edits up to revision ${fact.delivered} sent`;
      return `report ${fact.report}: ${data}${samples}; answered in ${fact.reply.length} bytes${edits}, then ${fact.state}`;
    }
    case "node.read": {
      const data =
        fact.data === undefined ? "nothing new" : JSON.stringify(toJson(salvageTree(fact.data, schema).tree, schema));
      const gone = goneIn(fact.gone ?? EMPTY, schema).map((id) => formatInstanceId(id, schema));
      return `read: ${data}${gone.length === 0 ? "" : `; gone: ${gone.join(", ")}`}`;
    }
    case "node.notified":
      return `told: ${notifications(fact.notifications, schema)}`;
    case "node.reachability":
      return `${fact.from} → ${fact.to}, ${fact.missedWakes} wakes missed`;
    case "ota.phase":
      return `update ${fact.campaign}: ${fact.from} → ${fact.to}${fact.reason === undefined ? "" : ` (${fact.reason})`}`;
    case "datastore.edited":
      return `${fact.actor} edited ${paths(fact.patch, schema)}`;
    case "edit.state": {
      const which = fact.edits.map(({ revision, path }) => `${path} (revision ${revision})`).join(", ");
      return `${fact.to}: ${which}${fact.reason === undefined ? "" : `, because ${fact.reason}`}`;
    }
    case "edit.trial":
      return `the edits up to revision ${fact.revision} are ${fact.outcome}${fact.reason === undefined ? "" : `: ${fact.reason}`}`;
    case "release.reported":
      return `release ${fact.release?.slice(0, 8) ?? "(unread)"}: ${fact.result}, ${fact.text}`;
    case "node.joined":
      return `joined as ${fact.endpoint}`;
    case "node.replaced":
      return `${fact.endpoint} took the place of ${fact.former}`;
    case "node.renamed":
      return `renamed to ${fact.name}`;
    case "node.models":
      return `works with ${fact.set === undefined ? "the default module set" : `the module set ${fact.set}`}`;
    case "command.accepted":
      return `${fact.actor} asked for ${fact.op}, which waits for it`;
    case "command.done":
      return `${fact.op} for ${fact.actor}: ${fact.outcome}`;
    default:
      return fact.type;
  }
}

function samplesIn(samples: ReadonlyArray<{ readonly past?: true }>): string {
  if (samples.length === 0) return "";
  const past = samples.filter((sample) => sample.past).length;
  const old = past === 0 ? "" : `, ${past} of them from before the last report`;
  return ` and ${samples.length} ${samples.length === 1 ? "sample" : "samples"}${old}`;
}

function notifications(sequence: Uint8Array, schema: Schema): string {
  const told = salvageInstances(sequence, schema);
  if (told.length === 0) return "what its module set does not have now";
  return told.map((instance) => JSON.stringify(instanceToJson(instance, schema))).join(", ");
}

function paths(patch: Uint8Array, schema: Schema): string {
  try {
    return decodeInstances(patch, schema, "input", "any")
      .map(({ id, value }) => `${value === undefined ? "delete " : ""}${formatInstanceId(id, schema)}`)
      .join(", ");
  } catch (error) {
    if (isCoded(error)) return `what its module set does not have now (${error.code})`;
    throw error;
  }
}
