/** The forecaster over the services of a gateway. */
import type { Clock } from "../../base/index.ts";
import type { Deltas } from "../../service/delta/index.ts";
import { Forecaster } from "../../service/forecast/index.ts";
import type { NodeRecord, Registry } from "../../service/registry/index.ts";
import { isTree } from "../../yang/index.ts";
import type { Centre } from "../centre.ts";
import { meshOf } from "./mesh.ts";

export function openForecaster(
  { registry, habits, images, zone }: Pick<Centre, "registry" | "habits" | "images" | "zone">,
  { clock, encodings }: { readonly clock: Clock; readonly encodings: Deltas | undefined },
): Forecaster {
  return new Forecaster({
    registry,
    habits,
    clock,
    zone,
    meshOf: (node) => meshOf(registry.pathOf(node)),
    sizeOf: (image) => images.of(image).size,
    bytesFor: ({ tree }, image) => encodings?.lengthFor(tree, image),
    isLow: (node) => saysLow(node, registry),
  });
}

const ROOM = "/sidgate-building:room";

/** The alarm of building nodes; their module need not be in a node's set. */
function saysLow(node: NodeRecord, registry: Registry): boolean {
  const schema = registry.schemaOf(node);
  const [room, alarm] = [schema.byPath(ROOM), schema.byPath(`${ROOM}/alarm`)];
  const container = room && node.tree.get(room.sid);
  const said = alarm !== undefined && isTree(container) ? container.get(alarm.sid) : undefined;
  return typeof said === "string" && said.split(" ").includes("low-battery");
}
