/** Who a fuzzed CORECONF handler meets: a manager who may everything, one who may little, and a node; and what is secret. */
import type { NodeId, Peer } from "../../../gateway/base/index.ts";
import {
  ALL_OPERATIONS,
  type Operation,
  type Rule,
  withRule,
  withUser,
} from "../../../gateway/service/access/index.ts";
import { ANYBODY, bytes, openServices, request, type Services } from "../../support/services.ts";

export type Role = "boss" | "guest" | "node";

export interface CoreconfScene {
  readonly services: Services;
  readonly node: NodeId;
  readonly peers: Readonly<Record<Role, Peer>>;
  /** The node begins anew, with an empty box, and the secrets are where somebody may have overwritten them. */
  plant(): Promise<void>;
}

/** What the guest may not read, and nobody else says: a period, its set-point, the name of the gateway. */
export const SECRETS: readonly Uint8Array[] = [
  Buffer.from("23:59"),
  bytes("c4822119 08ae"),
  Buffer.from("Hidden House"),
];
const PLANTED = bytes("a1 82 19eb32 65 32333a3539 a2 01 65 32333a3539 02 c4822119 08ae");
const NAME = bytes("a1 19eb8e 6c 48696464656e20486f757365");

const permit = (path: string, operations: ReadonlySet<Operation>): Rule => ({
  name: path,
  module: "*",
  about: { kind: "path", path },
  operations,
  action: "permit",
  comment: undefined,
});

export async function openCoreconfScene(): Promise<CoreconfScene> {
  const services = await openServices({ managers: ["boss"] });
  const { access, ledger, handler } = services;
  if (access === undefined) throw new RangeError("it was asked for");
  const node = await services.join("room-1");
  let config = withUser({ ...access.config, groups: [...access.config.groups, { name: "g", users: [] }] }, "guest", [
    "g",
  ]);
  config = withRule(config, "g", permit("/sidgate-building:room/temperature", new Set<Operation>(["read"])));
  config = withRule(config, "g", permit("/sidgate-building:room/set-point", ALL_OPERATIONS));
  const rules = access.patch(config);
  const manager = (name: string): Peer => ({ ...ANYBODY, identity: { kind: "oscore", id: "01", name } });
  const peers = { boss: manager("boss"), guest: manager("guest"), node: { ...ANYBODY, nodeId: node } };
  const plant = async (): Promise<void> => {
    await ledger.record("datastore.edited", { root: "gateway", patch: rules, actor: "test" });
    const patch = (path: string, payload: Uint8Array) =>
      handler(peers.boss, request("iPATCH", path, { contentFormat: 142, payload }));
    await ledger.record("node.removed", { node, actor: "test" });
    await ledger.record("node.joined", { node, endpoint: "room-1", name: "room-1", actor: "test" });
    await patch(`n/${node}/c`, PLANTED);
    await patch("c", NAME);
  };
  await plant();
  return { services, node, peers, plant };
}
