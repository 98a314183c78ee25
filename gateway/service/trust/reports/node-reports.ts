/** The last SUIT report of each node, and on which nodes each release failed: a projection of the journal. */
import { createHash } from "node:crypto";
import type { Millis, NodeId } from "../../../base/index.ts";
import {
  decodePlain,
  encodePlain,
  type Fact,
  type FactBodies,
  isOff,
  moved,
  type Projection,
  type Shift,
  type StateChange,
  type StateStore,
  shiftOf,
} from "../../../store/index.ts";

export interface NodeReport extends Omit<FactBodies["release.reported"], "node" | "report"> {
  readonly at: Millis;
  /** Of the bytes: says whether the next one is another one. */
  readonly mark: string;
}

const TABLE = "suit-report";
const FAILURES = "suit-failure";

const markOf = (report: Uint8Array): string => createHash("sha256").update(report).digest("base64");

export class NodeReports implements Projection {
  readonly name = "reports";
  readonly #last = new Map<NodeId, NodeReport>();
  readonly #failures = new Map<string, Set<NodeId>>();
  readonly #dirty = new Set<NodeId>();
  readonly #dirtyFailures = new Set<string>();

  of(node: NodeId): NodeReport | undefined {
    return this.#last.get(node);
  }

  /** Did this node say just this last? */
  isKnown(node: NodeId, report: Uint8Array): boolean {
    const last = this.#last.get(node);
    return last !== undefined && last.mark === markOf(report);
  }

  /** Nodes that reported a failure of this release, and no success since. */
  failedOn(release: string): ReadonlySet<NodeId> {
    return this.#failures.get(release) ?? new Set();
  }

  async load(state: StateStore): Promise<void> {
    for (const [node, bytes] of await state.entries(TABLE)) {
      this.#last.set(node as NodeId, decodePlain(bytes) as NodeReport);
    }
    for (const [release, bytes] of await state.entries(FAILURES)) {
      this.#failures.set(release, new Set(decodePlain(bytes) as readonly NodeId[]));
    }
  }

  apply(fact: Fact): void {
    switch (fact.type) {
      case "release.reported":
        this.#reported(fact);
        return;
      // Another device, or none: what the former one reported says nothing of it.
      case "node.replaced":
      case "node.removed":
        if (this.#last.delete(fact.node)) this.#dirty.add(fact.node);
        return;
      case "clock.state":
        this.#shift(shiftOf(fact));
        return;
      default:
        return;
    }
  }

  #reported({
    node,
    release,
    result,
    reason,
    place,
    text,
    report,
    at,
  }: Extract<Fact, { type: "release.reported" }>): void {
    this.#last.set(node, {
      at,
      mark: markOf(report),
      result,
      text,
      ...(release === undefined ? {} : { release }),
      ...(reason === undefined ? {} : { reason }),
      ...(place === undefined ? {} : { place }),
    });
    this.#dirty.add(node);
    if (release !== undefined && result === "failed") this.#count(release, (nodes) => nodes.add(node));
    if (release !== undefined && result === "success") this.#count(release, (nodes) => nodes.delete(node));
  }

  #count(release: string, change: (nodes: Set<NodeId>) => unknown): void {
    const nodes = this.#failures.get(release) ?? new Set<NodeId>();
    change(nodes);
    if (nodes.size > 0) this.#failures.set(release, nodes);
    else this.#failures.delete(release);
    this.#dirtyFailures.add(release);
  }

  #shift(shift: Shift | undefined): void {
    if (shift === undefined) return;
    for (const [node, report] of this.#last) {
      if (!isOff(report.at, shift)) continue;
      this.#last.set(node, { ...report, at: moved(report.at, shift) });
      this.#dirty.add(node);
    }
  }

  drain(): readonly StateChange[] {
    const changes: StateChange[] = [];
    for (const node of this.#dirty) {
      const report = this.#last.get(node);
      changes.push({ table: TABLE, key: node, value: report && encodePlain(report) });
    }
    for (const release of this.#dirtyFailures) {
      const nodes = this.#failures.get(release);
      changes.push({ table: FAILURES, key: release, value: nodes && encodePlain([...nodes]) });
    }
    this.#dirty.clear();
    this.#dirtyFailures.clear();
    return changes;
  }
}
