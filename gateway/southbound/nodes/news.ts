/**
 * What is new in the stream of a node (draft-ietf-core-comi-21 §3.4): each answer has the last notifications, newest first,
 * and repeats those of before. Known is what the journal has of the node, also from before a restart.
 */
import { equalBytes, isCoded } from "../../base/index.ts";
import { acceptNotifications, NODE_BYTES, NODE_NOTIFICATIONS } from "../../service/events/index.ts";
import { sequenceItems } from "../../wire/cbor/index.ts";
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
  for (const item of sequenceItems(payload)) {
    try {
      told.push(...sequenceItems(acceptNotifications(item, schema)));
    } catch (error) {
      if (!isCoded(error)) throw error;
      passedOver.push(error.code);
    }
  }
  return { news: told.slice(0, firstKnown(told, known)), passedOver };
}

/**
 * Where the two begin to say the same, as far as both go. Where all is known that the node ever told, nothing older can follow
 * it: so the same notification once more, in front of what is known, has happened twice.
 */
function firstKnown(told: readonly Uint8Array[], known: readonly Uint8Array[]): number {
  const places = told.flatMap((_, at) => (agree(told.slice(at), known) ? [at] : []));
  const complete = isComplete(known) ? places.find((at) => told.length - at <= known.length) : undefined;
  return complete ?? places[0] ?? told.length;
}

const agree = (told: readonly Uint8Array[], known: readonly Uint8Array[]): boolean =>
  known.length > 0 && told.every((item, at) => at >= known.length || equalBytes(item, known[at] ?? item));

/** Older ones may have been let go. */
const isComplete = (known: readonly Uint8Array[]): boolean =>
  known.length < NODE_NOTIFICATIONS && known.reduce((sum, { length }) => sum + length, 0) < NODE_BYTES / 2;
