/** Security contexts of the benches: both ends of 64 of them, the same in every process. */
import type { Credential, CredentialSource } from "../../gateway/base/index.ts";
import { systemClock } from "../../gateway/base/index.ts";
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

/** The nodes' end, for a load. */
export function nodesEnd(): { protect(node: number, request: PlainRequest): ProtectedRequest } {
  const none: CredentialSource = { byKid: () => [], ofNode: () => undefined };
  const oscore = new Oscore({ credentials: none, clock: systemClock(), numbers: counter() });
  const turned = Array.from({ length: CONTEXTS }, (_, index) => {
    const { senderId, recipientId, ...rest } = credential(index);
    return { ...rest, senderId: recipientId, recipientId: senderId };
  });
  return {
    protect: (node, request) => {
      const protectedRequest = oscore.client.protectRequest(turned[node]!, request);
      if (protectedRequest === undefined) throw new Error("no sequence number left");
      return protectedRequest;
    },
  };
}
