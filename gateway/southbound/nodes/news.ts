/**
 * What is new in the stream of a node (draft-ietf-core-comi-21 §3.4): each answer has the last notifications, newest first,
 * and repeats those of before. Known is what the journal has of the node, also from before a restart.
 */
import { equalBytes, isCoded } from "../../base/index.ts";
import { acceptNotifications, itemsOf } from "../../service/events/index.ts";
import type { Schema } from "../../yang/index.ts";

export interface StreamNews {
  /** Newest first, each an instance in the form that facts have. */
  readonly news: readonly Uint8Array[];
  /** Codes of what is no notification of the node's module set. */
  readonly passedOver: readonly string[];
}

/** `known`: newest first. Throws WireError `cbor.*` for what is no sequence of items. */
export function newsIn(payload: Uint8Array, known: readonly Uint8Array[], schema: Schema): StreamNews {
  const told: Uint8Array[] = [];
  const passedOver: string[] = [];
  for (const item of itemsOf(payload)) {
    try {
      told.push(...itemsOf(acceptNotifications(item, schema)));
    } catch (error) {
      if (!isCoded(error)) throw error;
      passedOver.push(error.code);
    }
  }
  return { news: told.slice(0, firstKnown(told, known)), passedOver };
}

/** Where the two begin to say the same, as far as both go: one that happened twice is there twice. */
function firstKnown(told: readonly Uint8Array[], known: readonly Uint8Array[]): number {
  for (let at = 0; at < told.length; at++) {
    const overlap = Math.min(told.length - at, known.length);
    const isSame = known.slice(0, overlap).every((item, index) => equalBytes(item, told[at + index] ?? item));
    if (overlap > 0 && isSame) return at;
  }
  return told.length;
}
