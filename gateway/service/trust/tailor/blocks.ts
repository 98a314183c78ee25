/** suit-manifest-37 §8.3, Appendix C.1 — which authentication blocks a recipient gets. Pure. */
import { isCoded } from "../../../base/index.ts";
import { algorithmOf, decodeMessage, type Headers } from "../../../wire/cose/index.ts";
import { addBlock, dropBlocks, type Envelope } from "../../../wire/suit/index.ts";
import { NODE_MAC_ALGORITHM, nodeMac } from "./node-mac.ts";
import type { Recipient } from "./recipient.ts";

/** `macKey`: asked only when the node needs a MAC; undefined = there is none for it. */
export function blocksFor(
  envelope: Envelope,
  { capabilities, gatewayMac }: Recipient,
  macKey: () => Uint8Array | undefined,
): Envelope {
  if (capabilities === undefined) return envelope;
  const known = new Set(capabilities.cryptoAlgorithms);
  const verifiable = dropBlocks(envelope, (block) => isVerifiable(block, known));
  if (verifiable.authentication.blocks.length > 0) return verifiable;
  const key = gatewayMac && known.has(NODE_MAC_ALGORITHM) ? macKey() : undefined;
  // It may know an algorithm that it forgot to tell: without a MAC the author's blocks are all there is.
  return key === undefined ? envelope : addBlock(verifiable, nodeMac(envelope.authentication.signed, key));
}

/** RFC 9052 §4.1, §6.1: of several signers one is enough; a MAC for several recipients takes its own algorithm and one of theirs. */
function isVerifiable(block: Uint8Array, known: ReadonlySet<number>): boolean {
  const { kind, headers, parties } = decodeMessage(block);
  const byParty = (): boolean => parties.some((party) => isKnown(party.headers, known));
  if (kind === "sign") return byParty();
  return isKnown(headers, known) && (kind !== "mac" || byParty());
}

function isKnown(headers: Headers, known: ReadonlySet<number>): boolean {
  try {
    return known.has(algorithmOf(headers).id);
  } catch (error) {
    // An algorithm that we do not speak ourselves: whether the node does is not worth guessing.
    if (isCoded(error)) return false;
    throw error;
  }
}
