/** Security contexts of the benches: both ends of 64 of them, the same in every process; or those of a gateway. */
import type { PeerCredential } from "../../gateway/admin/api/index.ts";
import {
  type Credential,
  type CredentialSource,
  EMPTY,
  fromHex,
  type OscoreAlgorithm,
  systemClock,
} from "../../gateway/base/index.ts";
import { Oscore, type PlainRequest, type ProtectedRequest } from "../../gateway/coap/oscore/index.ts";

const CONTEXTS = 64;
const GATEWAY_ID = Uint8Array.of(0);

/** As the gateway has it; the node's end has the two ids the other way round. */
const credential = (index: number): Credential => ({
  id: `c-${index}`,
  nodeId: undefined,
  name: `b${String(index).padStart(3, "0")}`,
  algorithm: 10,
  masterSecret: Uint8Array.from({ length: 16 }, (_, i) => i + index),
  masterSalt: new Uint8Array(8),
  senderId: GATEWAY_ID,
  recipientId: Uint8Array.of(index + 1),
  idContext: undefined,
});

const counter = (): { next(): number } => {
  let number = 0;
  return { next: () => number++ };
};

/** The gateway's end, for a server. */
export function gatewaysEnd(): Oscore {
  const known = Array.from({ length: CONTEXTS }, (_, index) => credential(index));
  const credentials: CredentialSource = {
    byKid: (kid) => known.filter(({ recipientId }) => recipientId[0] === kid[0]),
    ofNode: () => undefined,
  };
  return new Oscore({ credentials, clock: systemClock(), numbers: counter() });
}

export interface NodesEnd {
  protect(node: number, request: PlainRequest): ProtectedRequest;
}

/** The nodes' end of `gatewaysEnd`, for a load. */
export const nodesEnd = (): NodesEnd =>
  endOf(
    Array.from({ length: CONTEXTS }, (_, index) => {
      const { senderId, recipientId, ...rest } = credential(index);
      return { ...rest, senderId: recipientId, recipientId: senderId };
    }),
  );

/** The end of nodes that a gateway has given credentials to. */
export const ownEnd = (printed: readonly PeerCredential[]): NodesEnd =>
  endOf(
    printed.map(({ name, algorithm, masterSecret, masterSalt, senderId, recipientId }) => ({
      id: name,
      nodeId: undefined,
      name,
      algorithm: algorithm as OscoreAlgorithm, // as the gateway told it
      masterSecret: bytes(masterSecret),
      masterSalt: bytes(masterSalt),
      senderId: bytes(senderId),
      recipientId: bytes(recipientId),
      idContext: undefined,
    })),
  );

const bytes = (hex: string): Uint8Array => fromHex(hex) ?? EMPTY;

function endOf(credentials: readonly Credential[]): NodesEnd {
  const none: CredentialSource = { byKid: () => [], ofNode: () => undefined };
  const oscore = new Oscore({ credentials: none, clock: systemClock(), numbers: counter() });
  return {
    protect: (node, request) => {
      const protectedRequest = oscore.client.protectRequest(credentials[node]!, request);
      if (protectedRequest === undefined) throw new Error("no sequence number left");
      return protectedRequest;
    },
  };
}
