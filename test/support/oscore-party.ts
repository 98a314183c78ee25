/** OSCORE for an engine under test: credentials that a test names, and sequence numbers that only count. */
import type { Clock, Credential, CredentialSource, NodeId } from "../../gateway/base/index.ts";
import { equalBytes } from "../../gateway/base/index.ts";
import { Oscore } from "../../gateway/coap/oscore/index.ts";

/** A credential that only its ids tell from others; ids as the gateway sees them. */
export const credentialOf = (
  senderId: Uint8Array,
  recipientId: Uint8Array,
  more: Partial<Credential> = {},
): Credential => ({
  id: `c-${Buffer.from(recipientId).toString("hex")}`,
  nodeId: `n-${Buffer.from(recipientId).toString("hex")}` as NodeId,
  name: "a node",
  algorithm: 10,
  masterSecret: Uint8Array.from({ length: 16 }, (_, i) => i + 1),
  masterSalt: Uint8Array.from([0x9e, 0x7c, 0xa9, 0x22, 0x23, 0x78, 0x63, 0x40]),
  senderId,
  recipientId,
  idContext: undefined,
  ...more,
});

export const sourceOfCredentials = (all: readonly Credential[]): CredentialSource => ({
  byKid: (kid, idContext) =>
    all.filter(
      (each) =>
        equalBytes(each.recipientId, kid) &&
        (idContext === undefined || (each.idContext !== undefined && equalBytes(each.idContext, idContext))),
    ),
  ofNode: (node) => all.find(({ nodeId }) => nodeId === node),
});

export function oscoreOf(clock: Clock, ...credentials: readonly Credential[]): Oscore {
  let number = 0;
  return new Oscore({ credentials: sourceOfCredentials(credentials), clock, numbers: { next: () => number++ } });
}
