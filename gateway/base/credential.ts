/** What two ends of an OSCORE security context share (RFC 8613 §3.2), and whom it names. */
import type { NodeId } from "./peer.ts";

/** COSE algorithm numbers (RFC 9053 §4): AES-CCM-16-64-128, ChaCha20/Poly1305, AES-CCM-16-128-128. */
export type OscoreAlgorithm = 10 | 24 | 30;

export interface Credential {
  /** Opaque name of the credential itself; it never changes. */
  readonly id: string;
  /** The node that speaks with it; undefined for a manager. */
  readonly nodeId: NodeId | undefined;
  /** Who speaks with it, for people: the node's endpoint or the manager's name. */
  readonly name: string;
  readonly algorithm: OscoreAlgorithm;
  readonly masterSecret: Uint8Array;
  readonly masterSalt: Uint8Array;
  /** Ours: what the peer calls its Recipient ID. */
  readonly senderId: Uint8Array;
  /** The peer's: the `kid` of its requests. */
  readonly recipientId: Uint8Array;
  readonly idContext: Uint8Array | undefined;
}

/** Where credentials come from; answered from memory, within the event that asks. */
export interface CredentialSource {
  /** All whose recipientId is `kid`, and whose idContext is `idContext` when one is named; nearly always one or none. */
  byKid(kid: Uint8Array, idContext: Uint8Array | undefined): readonly Credential[];
  ofNode(node: NodeId): Credential | undefined;
}
