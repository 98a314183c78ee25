/** suit-report, "Capability Reporting" — what a recipient's report says of the envelope that it should get. Pure. */
import { type CodedError, isCoded } from "../../../base/index.ts";
import { type Capabilities, PARAMETER, readCapabilities, SEVERABLE } from "../../../wire/suit/index.ts";
import type { ReportedSuit } from "../../registry/index.ts";

export interface Recipient {
  /** undefined = what it reported cannot be read: it gets everything that a node could run. */
  readonly capabilities: Capabilities | undefined;
  /** It believes a MAC of its gateway. */
  readonly gatewayMac: boolean;
}

/** `fault`: why its report cannot be read. */
export function recipientOf({ capabilities, gatewayMac }: Pick<ReportedSuit, "capabilities" | "gatewayMac">): {
  readonly recipient: Recipient;
  readonly fault?: CodedError;
} {
  try {
    return { recipient: { capabilities: capabilities && readCapabilities(capabilities), gatewayMac } };
  } catch (error) {
    if (!isCoded(error)) throw error;
    return { recipient: { capabilities: undefined, gatewayMac }, fault: error };
  }
}

/** Of the elements beside a manifest, those that are of no use to the recipient. */
export function uselessTo({ capabilities }: Recipient, labels: Iterable<number>): readonly number[] {
  return [...labels].filter((label) => {
    if (label === SEVERABLE.text) return !readsText(capabilities);
    if (label === SEVERABLE.coswid) return !lists(capabilities).some((list) => list.includes(label));
    return capabilities !== undefined && !runs(capabilities, label);
  });
}

const readsText = (capabilities: Capabilities | undefined): boolean =>
  capabilities !== undefined && capabilities.text.length + capabilities.textComponent.length > 0;

/** Both lists may be left out; a list that is not there limits nothing. */
const lists = (capabilities: Capabilities | undefined): ReadonlyArray<readonly number[]> =>
  capabilities === undefined ? [] : [capabilities.manifest, capabilities.envelope].filter(({ length }) => length > 0);

/**
 * A severable sequence has its number in the manifest and in the envelope: whoever has it in one list knows it. Without its
 * install sequence an update is nothing, so for that both lists have to be there.
 */
function runs(capabilities: Capabilities, label: number): boolean {
  const said = lists(capabilities);
  return said.length < (label === SEVERABLE.install ? 2 : 1) || said.some((list) => list.includes(label));
}

/**
 * §7.5. A payload's key in the envelope is a URI, and suit-report lists integers only: so the number of the parameter uri
 * stands for it in the list of the envelope. No element of an envelope has that number.
 */
export const takesPayloads = ({ capabilities }: Recipient): boolean =>
  capabilities?.envelope.includes(PARAMETER.uri) === true;
