/** Who sent a request. Identity is the security context, never the address (ARCHITECTURE.md, rule 6). */

/** Opaque id of a node in the inventory: 3 to 64 of a-z, 0-9 and '-'. */
export type NodeId = string & { readonly __id: "node" };

const NODE_ID = /^[a-z0-9-]{3,64}$/;
export const isNodeId = (text: string): text is NodeId => NODE_ID.test(text);

/** What a security context proves. */
export interface Identity {
  readonly kind: "oscore" | "dtls-psk";
  /** Key id, as hex. */
  readonly id: string;
  /** Who speaks with it: a node's endpoint or a manager's name. */
  readonly name: string;
}

export interface Peer {
  /** The security context that opened the request; undefined = nothing is proven. */
  readonly identity: Identity | undefined;
  /** The node that the context belongs to; undefined for managers and for peers without a context. */
  readonly nodeId: NodeId | undefined;
  /** Where answers go: `address:port`, or a connection id. Serves dedup only, never trust. */
  readonly path: string;
  /** The path was shown to be the peer's (Echo, handshake, or a configured southbound prefix). */
  readonly validated: boolean;
}
