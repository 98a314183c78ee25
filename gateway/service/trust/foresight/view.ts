/** What the gateway knows of a node, as the processor's dry run wants it. What the node did not tell is unknown. Pure. */
import { fromHex, isCoded } from "../../../base/index.ts";
import {
  type Capabilities,
  type ComponentId,
  decodeComponentId,
  readCapabilities,
  SHA_256,
} from "../../../wire/suit/index.ts";
import type { ReportedComponent, ReportedSuit } from "../../registry/index.ts";
import { versionNumbers } from "../author/version.ts";
import type { ComponentView, Identifier, NodeView, StoredImage } from "../processor/index.ts";

/** What is so besides the node. */
export interface Surroundings {
  /** In seconds since 1970; undefined while nobody knows that the clock is right. */
  readonly time: bigint | undefined;
  readonly imageAt: (uri: string) => StoredImage | undefined;
}

/** A node tells percent of its battery, a manifest asks for mWh; who is asked for authorisation only the node knows. */
export function viewOf(told: ReportedSuit, { time, imageAt }: Surroundings): NodeView {
  const capabilities = told.capabilities && capabilitiesIn(told.capabilities);
  return {
    ...(capabilities === undefined ? {} : { capabilities }),
    identifiers: { ...identified("vendor", told.vendor), ...identified("class", told.class) },
    components: told.components.flatMap(componentOf),
    ...(time === undefined ? {} : { time }),
    imageAt,
  };
}

/** Unreadable = not told. */
function capabilitiesIn(bytes: Uint8Array): Capabilities | undefined {
  return orNothing(() => readCapabilities(bytes));
}

const identified = (kind: "vendor" | "class", bytes: Uint8Array | undefined) => {
  const own: Identifier | undefined = bytes && { form: "identifier", bytes, tagged: false };
  return own === undefined ? {} : { [kind]: [own] };
};

/** sidgate-suit: without an id the only one of the node. */
const ONLY: ComponentId = [Uint8Array.of(0)];

function componentOf(told: ReportedComponent): readonly ComponentView[] {
  const { id: encoded, digest, size, slot, capacity } = told;
  const id = encoded === undefined ? ONLY : orNothing(() => decodeComponentId(encoded));
  if (id === undefined) return [];
  const version = told.version === undefined ? undefined : versionNumbers(told.version);
  return [
    {
      id,
      image: imageOf(digest, size),
      ...(slot === undefined ? {} : { slot: BigInt(slot) }),
      ...(version === undefined ? {} : { version }),
      ...(capacity === undefined ? {} : { capacity: BigInt(capacity) }),
    },
  ];
}

/** sidgate-suit: without a digest nothing is there. */
function imageOf(digest: string | undefined, size: number | undefined): NonNullable<ComponentView["image"]> {
  const bytes = digest === undefined ? undefined : fromHex(digest);
  if (bytes === undefined) return "empty";
  return { digest: { algorithm: SHA_256, bytes }, ...(size === undefined ? {} : { size: BigInt(size) }) };
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isCoded(error) && error.blame !== "bug") return undefined;
    throw error;
  }
}
