/** What is known of the nodes that may take part in a campaign, read from the inventory. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { NodeId } from "../../base/index.ts";
import type { Digest, Phase } from "../../store/index.ts";
import type { Schema, Sid, Tree } from "../../yang/index.ts";
import { isTree } from "../../yang/index.ts";
import { type HouseModels, houseModels, houseNode, type NodeRecord, type Registry } from "../registry/index.ts";
import type { Campaigns } from "./campaigns.ts";
import {
  type Filter,
  type FilterFields,
  fieldsOf,
  parseFilter,
  type Subject,
  type SubjectValue,
  valuesAt,
} from "./filter/index.ts";
import { hasFailed } from "./progress.ts";
import type { SelectionNode } from "./select.ts";

export interface CensusParts {
  readonly registry: Registry;
  readonly campaigns: Campaigns;
  /** Has this node a security context? Without it no filter can ask. */
  readonly isSecured?: (node: NodeId) => boolean;
}

/** Nodes that are looked at in one go: others are awake meanwhile. */
const AT_ONCE = 16;
/** What filters call the set without a name. */
const DEFAULT_SET = "default";

type FieldReader = (record: NodeRecord) => SubjectValue | readonly SubjectValue[] | undefined;

export class Census {
  readonly #parts: CensusParts;
  readonly #models: HouseModels;
  readonly #hardware: readonly [Sid, Sid];
  readonly #readers: ReadonlyMap<string, FieldReader>;

  constructor(parts: CensusParts) {
    this.#parts = parts;
    const { schema } = parts.registry;
    this.#models = houseModels(schema);
    this.#hardware = [
      houseNode(schema, "/sidgate-node:node").sid,
      houseNode(schema, "/sidgate-node:node/hardware").sid,
    ];
    this.#readers = this.#fieldReaders();
  }

  /** Throws UsageError `campaign.filter`. */
  filter(text: string): Filter {
    return parseFilter(text, this.fields());
  }

  /** What a filter can ask for: leafs of the default set, and of the named ones that nodes belong to. */
  fields(): FilterFields {
    const { registry } = this.#parts;
    const named = [...registry.countBySet().keys()].map((set) => registry.schemaOf({ set }));
    return fieldsOf([registry.schema, ...named]);
  }

  /** Of the whole inventory, for this image; those that the filter leaves out are not `chosen`. Others are heard meanwhile. */
  async survey(image: Digest, filter?: Filter): Promise<readonly SelectionNode[]> {
    const found: SelectionNode[] = [];
    for (const record of this.#parts.registry.nodes()) {
      found.push(this.of(record, image, filter));
      if (found.length % AT_ONCE === 0) await nextTurn();
    }
    return found;
  }

  of(record: NodeRecord, image: Digest, filter?: Filter): SelectionNode {
    const { registry, campaigns } = this.#parts;
    const { id, tree } = record;
    const { running, version } = this.#models.firmware(tree);
    const capacities = (this.#models.suit(tree)?.components ?? []).flatMap(({ capacity }) => capacity ?? []);
    return {
      id,
      model: this.#models.model(tree),
      running,
      version,
      hardware: textAt(tree, this.#hardware),
      battery: batteryIn(tree, registry.schemaOf(record)),
      // Which component an image is for only its release says: the largest one has to take it.
      capacity: capacities.length === 0 ? undefined : Math.max(...capacities),
      busy: campaigns.allOf(id).map((campaign) => ({
        campaign: campaign.id,
        priority: campaign.plan.priority ?? 0,
      })),
      failures: campaigns.quarantine.failures(id, image),
      ...(filter === undefined ? {} : { chosen: filter.matches(this.subject(record)) }),
    };
  }

  /** What decides whether an image is for it. */
  kindOf({ tree }: NodeRecord): Pick<SelectionNode, "model" | "hardware"> {
    return { model: this.#models.model(tree), hardware: textAt(tree, this.#hardware) };
  }

  /** Values are read when they are asked for. */
  subject(record: NodeRecord): Subject {
    return {
      value: (field) =>
        field.startsWith("/")
          ? valuesAt(field, record.tree, this.#parts.registry.schemaOf(record))
          : this.#readers.get(field)?.(record),
    };
  }

  #fieldReaders(): ReadonlyMap<string, FieldReader> {
    const { registry, campaigns, isSecured } = this.#parts;
    const inPhase = (id: NodeId, is: (phase: Phase) => boolean): readonly string[] =>
      campaigns.list().flatMap(({ id: campaign, nodes }) => {
        const phase = nodes.get(id)?.phase;
        return phase !== undefined && is(phase) ? campaign : [];
      });
    return new Map<string, FieldReader>([
      ["name", ({ name }) => name],
      ["endpoint", ({ endpoint }) => endpoint],
      ["id", ({ id }) => id],
      ["model", ({ tree }) => this.#models.model(tree)],
      ["hardware", ({ tree }) => textAt(tree, this.#hardware)],
      ["version", ({ tree }) => this.#models.firmware(tree).version],
      ["state", ({ reach }) => reach.state],
      ["models", ({ set }) => set ?? DEFAULT_SET],
      ["battery", (record) => batteryIn(record.tree, registry.schemaOf(record))],
      ["missed-wakes", ({ reach }) => reach.missedWakes],
      ["wake-interval", ({ reach }) => reach.interval / 1000],
      ["security", ({ id }) => (isSecured === undefined ? undefined : isSecured(id) ? "oscore" : "none")],
      ["campaign", ({ id }) => inPhase(id, () => true)],
      ["done-in", ({ id }) => inPhase(id, (phase) => phase === "done")],
      ["failed-in", ({ id }) => inPhase(id, (phase) => hasFailed({ phase }))],
    ]);
  }
}

/** In millivolts. The module of building nodes need not be in a node's set. */
function batteryIn(tree: Tree, schema: Schema): number | undefined {
  const [room, battery] = [schema.byPath("/sidgate-building:room"), schema.byPath("/sidgate-building:room/battery")];
  if (room === undefined || battery === undefined) return undefined;
  const container = tree.get(room.sid);
  const value = isTree(container) ? container.get(battery.sid) : undefined;
  return typeof value === "number" ? value : undefined;
}

function textAt(tree: Tree, [container, leaf]: readonly [Sid, Sid]): string | undefined {
  const inner = tree.get(container);
  const value = isTree(inner) ? inner.get(leaf) : undefined;
  return typeof value === "string" ? value : undefined;
}
