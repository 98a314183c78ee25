/** RFC 8613 §3.1 — one security context in use: keys, Common IV, ids, and the replay window. */
import type { Credential, Peer } from "../../../base/index.ts";
import { toHex } from "../../../base/index.ts";
import type { AeadKey, AeadMaker } from "../crypto/aead.ts";
import { algorithmRow } from "../crypto/algorithms.ts";
import type { DerivedKeys } from "../crypto/derive.ts";
import type { Challenged } from "./challenge.ts";
import type { ReplayWindow } from "./window.ts";

/** Who is proven by a context; one object for all requests, the engine adds the path. */
export type ProvenPeer = Omit<Peer, "path"> & { readonly identity: NonNullable<Peer["identity"]> };

export interface SecurityContext {
  /** Of the credential and, for keys made by Appendix B.2, of the ID Context: the name in every table. */
  readonly key: string;
  readonly credentialId: string;
  /** Tells this context from one that was made anew under the same name. */
  readonly serial: number;
  readonly peer: ProvenPeer;
  readonly algorithm: Credential["algorithm"];
  readonly senderId: Uint8Array;
  readonly recipientId: Uint8Array;
  readonly idContext: Uint8Array | undefined;
  readonly keys: DerivedKeys;
  readonly sender: AeadKey;
  readonly recipient: AeadKey;
  /** undefined = not known since the start of the gateway: Appendix B.1.2 is due. */
  window: ReplayWindow | undefined;
  /** As long as the window is not known. */
  challenged: Challenged | undefined;
}

export interface ContextParts {
  readonly key: string;
  readonly serial: number;
  readonly idContext: Uint8Array | undefined;
  readonly keys: DerivedKeys;
  readonly window: ReplayWindow | undefined;
  readonly challenged: Challenged | undefined;
}

/** undefined for an algorithm that is not in the table. */
export function makeContext(credential: Credential, parts: ContextParts, make: AeadMaker): SecurityContext | undefined {
  const row = algorithmRow(credential.algorithm);
  if (row === undefined) return undefined;
  const { id, name, nodeId, senderId, recipientId, algorithm } = credential;
  return {
    ...parts,
    credentialId: id,
    peer: { identity: { kind: "oscore", id: toHex(recipientId), name }, nodeId, validated: true },
    algorithm,
    senderId,
    recipientId,
    sender: make(row, parts.keys.senderKey),
    recipient: make(row, parts.keys.recipientKey),
  };
}
