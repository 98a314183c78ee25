/**
 * The hint "this waits for you" or "nothing, sleep now" (option 65020) on answers to nodes. CoAP has no standard way to
 * say it, and a node that listens in vain for MAX_TRANSMIT_WAIT spends more than on fetching an image.
 */
import type { NodeId } from "../../base/index.ts";
import type { Response } from "../../coap/index.ts";
import type { Mailbox } from "../../service/mailbox/index.ts";
import type { Registry } from "../../service/registry/index.ts";
import { type OfferServices, offeredNow } from "./offered.ts";

/** Bits of the option's value; an empty value is none of them. */
export const HINTS = { config: 1, firmware: 2, rpc: 4, timeSync: 8 } as const;

export interface HintServices extends OfferServices {
  readonly mailbox: Mailbox;
  readonly registry: Pick<Registry, "find">;
}

/** What this gateway never asks of a node, rpcs and time-sync, is never pending. */
function hintFor(node: NodeId, services: HintServices): number {
  const config = services.mailbox.pending(node) > 0 ? HINTS.config : 0;
  const record = services.registry.find(node);
  const offered = record && offeredNow(node, record.tree, services);
  const firmware = offered === undefined ? 0 : HINTS.firmware;
  return config | firmware;
}

/** An answer to a node with its hint; what says nothing good of the request says nothing else either. */
export function withHint(response: Response, node: NodeId | undefined, services: HintServices): Response {
  if (node === undefined || !response.code.startsWith("2.")) return response;
  return { ...response, hint: hintFor(node, services) };
}
