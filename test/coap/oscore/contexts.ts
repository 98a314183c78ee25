/** Pairs of credentials for tests: what the gateway has, and what its peer has. */
import type { Credential, CredentialSource, NodeId, OscoreAlgorithm } from "../../../gateway/base/index.ts";
import { equalBytes, fromHex } from "../../../gateway/base/index.ts";

export const hex = (text: string): Uint8Array => fromHex(text)!;

export interface PairOptions {
  readonly id?: string;
  readonly algorithm?: OscoreAlgorithm;
  readonly masterSecret?: string;
  readonly masterSalt?: string;
  /** The gateway's. */
  readonly senderId?: string;
  /** The peer's. */
  readonly recipientId?: string;
  readonly idContext?: string | undefined;
}

/** As in RFC 8613 Appendix C.1.2, if not told otherwise: the gateway is the server. */
export function credential(options: PairOptions = {}): Credential {
  const { id = "c-1", algorithm = 10, idContext } = options;
  return {
    id,
    nodeId: `node-${id}` as NodeId,
    name: `name-${id}`,
    algorithm,
    masterSecret: hex(options.masterSecret ?? "0102030405060708090a0b0c0d0e0f10"),
    masterSalt: hex(options.masterSalt ?? "9e7ca92223786340"),
    senderId: hex(options.senderId ?? "01"),
    recipientId: hex(options.recipientId ?? ""),
    idContext: idContext === undefined ? undefined : hex(idContext),
  };
}

/** The same context, seen from its other end. */
export const otherEnd = (mine: Credential): Credential => ({
  ...mine,
  senderId: mine.recipientId,
  recipientId: mine.senderId,
});

/** Credentials that can be taken away. */
export class Credentials implements CredentialSource {
  readonly all: Credential[];

  constructor(...all: Credential[]) {
    this.all = all;
  }

  byKid(kid: Uint8Array, idContext: Uint8Array | undefined): readonly Credential[] {
    return this.all.filter(
      (each) =>
        equalBytes(each.recipientId, kid) &&
        (idContext === undefined || (each.idContext !== undefined && equalBytes(each.idContext, idContext))),
    );
  }

  ofNode(node: NodeId): Credential | undefined {
    return this.all.find((each) => each.nodeId === node);
  }
}
