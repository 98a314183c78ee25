/**
 * What a simulated node has in its flash, as a value: whatever happens between two of them, power may fail and the one before
 * still stands. A run of a procedure works on a draft, which counts when all of it is done.
 */
import { createHash } from "node:crypto";
import { BugError } from "../../base/index.ts";
import { keyOf } from "../../service/trust/processor/index.ts";
import type { ComponentId } from "../../wire/suit/index.ts";
import { MAIN } from "./abilities.ts";

export interface Stored {
  readonly id: ComponentId;
  readonly bytes: Uint8Array;
}

/** By name of the component; undefined = nothing is there any more. */
export type Draft = ReadonlyMap<string, Stored | undefined>;

export interface Memory {
  readonly components: ReadonlyMap<string, Stored>;
  /** Which of its two banks the main image runs from; the other one takes the next. */
  readonly slot: 0 | 1;
  /** §8.4.2: of the last manifest that was installed. */
  readonly installed: { readonly sequence: bigint; readonly digest: Uint8Array } | undefined;
  /** The one that is being processed, with what was fetched for it, by URI. */
  readonly envelope: Uint8Array | undefined;
  readonly payloads: ReadonlyMap<string, Uint8Array>;
  /** Installed beside what runs, and not started yet. */
  readonly candidate: Draft | undefined;
}

const MAIN_NAME = keyOf(MAIN);

export const newMemory = (image: Uint8Array): Memory => ({
  components: new Map([[MAIN_NAME, { id: MAIN, bytes: image }]]),
  slot: 0,
  installed: undefined,
  envelope: undefined,
  payloads: new Map(),
  candidate: undefined,
});

export const mainImage = ({ components }: Memory): Uint8Array => {
  const image = components.get(MAIN_NAME);
  if (image === undefined) throw new BugError("service.bug", { what: "a simulated node runs nothing" });
  return image.bytes;
};

/** A new manifest: what was fetched for another one is of no use. */
export const withEnvelope = (memory: Memory, envelope: Uint8Array): Memory => ({
  ...cleared(memory),
  envelope,
});

export const withPayload = (memory: Memory, uri: string, bytes: Uint8Array): Memory => ({
  ...memory,
  payloads: new Map([...memory.payloads, [uri, bytes]]),
});

/** Nothing of an update is left but what it installed. */
export const cleared = (memory: Memory): Memory => ({
  ...memory,
  envelope: undefined,
  payloads: new Map(),
  candidate: undefined,
});

/** The candidate is what runs now. */
export function installed(memory: Memory, draft: Draft, done: NonNullable<Memory["installed"]>): Memory {
  const components = new Map(memory.components);
  for (const [name, stored] of draft) {
    if (stored === undefined) components.delete(name);
    else components.set(name, stored);
  }
  const slot = draft.has(MAIN_NAME) ? otherSlot(memory) : memory.slot;
  return { ...cleared(memory), components, slot, installed: done };
}

export const otherSlot = ({ slot }: Memory): 0 | 1 => (slot === 0 ? 1 : 0);

/** What a node tells of one component: what can be installed into, and what is there. */
export interface ComponentFacts {
  readonly id: ComponentId;
  /** SHA-256, hex. */
  readonly digest: string;
  readonly size: number;
  readonly version: string;
  /** Where the next one goes. */
  readonly slot: number;
  /** Bytes that it takes. */
  readonly capacity: number;
}

export function componentFacts(
  memory: Memory,
  { capacity, versionOf }: { readonly capacity: number; readonly versionOf: (bytes: Uint8Array) => string },
): readonly ComponentFacts[] {
  return [...memory.components.values()].map(({ id, bytes }) => ({
    id,
    digest: createHash("sha256").update(bytes).digest("hex"),
    size: bytes.length,
    version: versionOf(bytes),
    slot: keyOf(id) === MAIN_NAME ? otherSlot(memory) : 0,
    capacity,
  }));
}
