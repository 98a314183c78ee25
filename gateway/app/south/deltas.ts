/** Shorter forms of images over the services of a gateway, made before the nodes of a campaign ask for them. */
import { join } from "node:path";
import type { Clock, Lifecycle, Logger, NodeId } from "../../base/index.ts";
import { isOver } from "../../service/campaign/index.ts";
import { Deltas, type Taken, Workshop } from "../../service/delta/index.ts";
import { houseModels, houseNode } from "../../service/registry/index.ts";
import { openFileForms } from "../../store/index.ts";
import { isTree, type Schema, type Tree } from "../../yang/index.ts";
import type { Centre } from "../centre.ts";
import type { Config } from "../config/index.ts";

export interface DeltaPorts {
  /** Time that does not jump, at its real pace. */
  readonly network: Clock;
  readonly log: Logger;
}

/** undefined = the configuration wants none. Throws StoreError `store.read-failed`. */
export async function openDeltas(
  config: Config,
  { campaigns, images, ledger, registry, releases }: Centre,
  { network, log }: DeltaPorts,
  lifecycle: Lifecycle,
): Promise<Deltas | undefined> {
  const { delta, deltaCacheBytes } = config.images;
  if (delta === "off") return undefined;
  const forms = await openFileForms({ folder: join(config.data, "deltas"), maxBytes: deltaCacheBytes });
  const deltas = new Deltas({
    images,
    forms,
    maker: lifecycle.add(new Workshop({ clock: network })),
    takenBy: takenBy(registry.schema),
    firmwareOf: houseModels(registry.schema).firmware,
    isEncrypted: (image) => releases.becomes(image) !== undefined,
    clock: network,
    log,
  });
  const warm = (id: string, nodes?: readonly NodeId[]): void => {
    const campaign = campaigns.find(id);
    if (campaign === undefined || isOver(campaign)) return;
    for (const node of nodes ?? campaign.nodes.keys()) {
      const tree = registry.find(node)?.tree;
      if (tree !== undefined) deltas.warm(tree, campaign.image);
    }
  };
  for (const { id } of campaigns.open()) warm(id);
  const stop = ledger.onFact((fact) => {
    if (fact.type === "campaign.created") warm(fact.campaign);
    if (fact.type === "campaign.joined") warm(fact.campaign, [fact.node]);
  });
  lifecycle.add({ close: stop });
  return deltas;
}

/** What nodes tell as `encodings` (sidgate-firmware); nodes that tell nothing take images as they are. */
function takenBy(schema: Schema): (tree: Tree) => Taken {
  const container = houseNode(schema, "/sidgate-firmware:firmware").sid;
  const leaf = houseNode(schema, "/sidgate-firmware:firmware/encodings").sid;
  return (tree) => {
    const firmware = tree.get(container);
    const told = isTree(firmware) ? firmware.get(leaf) : undefined;
    const names = typeof told === "string" ? told.split(" ") : [];
    const has = (name: string): boolean => names.includes(name);
    return { patch: has("patch"), compressed: has("compressed"), chained: has("chained") };
  };
}
