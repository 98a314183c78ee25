/** Who asks: a node that speaks of its own datastore, or a manager. The one place where lab mode names anybody. */
import { type Peer, TrustError } from "../../base/index.ts";
import type { Request } from "../../coap/index.ts";
import type { NodeRecord, Registry } from "../../service/registry/index.ts";

export type Asker =
  | { readonly role: "node"; readonly node: NodeRecord }
  /** `user`: whom its security context proves; undefined in lab mode without one. */
  | { readonly role: "manager"; readonly name: string; readonly user: string | undefined }
  /** Who asked a whole group: told where a gateway is, and nothing of its nodes. */
  | { readonly role: "anybody" };

const ENDPOINT = "ep=";

/**
 * A security context names its node. Without one the engine lets requests through in lab mode only: there a node names
 * itself with the query `ep=NAME`, and whoever does not is a manager. Throws TrustError `node.not-joined`.
 */
export function whoAsks(peer: Peer, request: Request, registry: Registry): Asker {
  if (request.group === true) return { role: "anybody" };
  if (peer.nodeId !== undefined) return { role: "node", node: registry.get(peer.nodeId) };
  if (peer.identity !== undefined) {
    const { name } = peer.identity;
    return { role: "manager", name, user: name };
  }
  const endpoint = request.query.find((item) => item.startsWith(ENDPOINT))?.slice(ENDPOINT.length);
  if (endpoint === undefined) return { role: "manager", name: "lab", user: undefined };
  const node = registry.byEndpoint(endpoint);
  if (node === undefined) throw new TrustError("node.not-joined", { endpoint });
  return { role: "node", node };
}

export const isEndpointQuery = (item: string): boolean => item.startsWith(ENDPOINT);
