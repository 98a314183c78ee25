/** What is known of the nodes that may take part in a campaign, read from the inventory. */
import type { Digest } from "../../store/index.ts";
import type { Schema, Sid, Tree } from "../../yang/index.ts";
import { isTree } from "../../yang/index.ts";
import { type HouseModels, houseModels, houseNode, type NodeRecord, type Registry } from "../registry/index.ts";
import type { Campaigns } from "./campaigns.ts";
import type { SelectionNode } from "./select.ts";

export interface CensusParts {
  readonly registry: Registry;
  readonly campaigns: Campaigns;
}

export class Census {
  readonly #parts: CensusParts;
  readonly #models: HouseModels;
  readonly #hardware: readonly [Sid, Sid];

  constructor(parts: CensusParts) {
    this.#parts = parts;
    const { schema } = parts.registry;
    this.#models = houseModels(schema);
    this.#hardware = [
      houseNode(schema, "/sidgate-node:node").sid,
      houseNode(schema, "/sidgate-node:node/hardware").sid,
    ];
  }

  /** Of the whole inventory, for this image. */
  *nodes(image: Digest): Generator<SelectionNode, void> {
    for (const node of this.#parts.registry.nodes()) yield this.of(node, image);
  }

  of(record: NodeRecord, image: Digest): SelectionNode {
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
    };
  }
}

/** In percent. The module of building nodes need not be in a node's set. */
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
