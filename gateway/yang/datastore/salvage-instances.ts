/** Stored instances (content format 142) against a schema that may have changed since: those that it still takes. */
import { isCoded } from "../../base/index.ts";
import { sequenceItems } from "../../wire/cbor/index.ts";
import { decodeInstances } from "../codec/codec.ts";
import type { Schema } from "../schema.ts";
import type { Instance } from "../tree.ts";

/** In their order. Throws WireError `cbor.*` when the bytes are no sequence: then nothing of them can be believed. */
export function salvageInstances(sequence: Uint8Array, schema: Schema): readonly Instance[] {
  return sequenceItems(sequence).flatMap((item) => {
    try {
      return decodeInstances(item, schema, "input", "any");
    } catch (error) {
      if (isCoded(error)) return [];
      throw error;
    }
  });
}
