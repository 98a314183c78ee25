/** What an author says of a node, to try a release on it: the same words as in a plan. What is left out is unknown. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { SHA_256, SUIT_LIMITS } from "../../../wire/suit/index.ts";
import type { Identifier, NodeView } from "../processor/index.ts";
import { classId, vendorId } from "./identity.ts";
import { componentId, KEYS, seconds, uint64, uuid, vendor, version, words, yesNo } from "./kinds.ts";
import { readYaml } from "./plan-text.ts";

const component = z
  .strictObject(
    {
      id: componentId.default([new Uint8Array(1)]),
      slot: uint64.optional(),
      version: version.optional(),
      file: words(1024).optional(),
      empty: yesNo.default(false),
      capacity: uint64.optional(),
    },
    KEYS,
  )
  .refine(({ file, empty }) => file === undefined || !empty, { error: "is empty, or has a file", path: ["empty"] });

export const NODE = z.strictObject(
  {
    vendor: vendor.optional(),
    model: words(128).optional(),
    class: words(128).optional(),
    "vendor-id": uuid.optional(),
    "class-id": uuid.optional(),
    "device-id": uuid.optional(),
    battery: uint64.optional(),
    time: seconds.optional(),
    authorised: yesNo.optional(),
    components: z.array(component, "must be a list of components").max(SUIT_LIMITS.components).default([]),
  },
  KEYS,
);
export type NodeFile = z.output<typeof NODE>;

/** Throws PlanError with every finding. */
export const readNodeFile = (text: string, path: string): NodeFile => readYaml(text, path, NODE);

/** `images` by the names that the file gives them. */
export function viewOf(node: NodeFile, images: ReadonlyMap<string, Uint8Array>, now: bigint): NodeView {
  const ofVendor = node["vendor-id"] ?? (node.vendor === undefined ? undefined : vendorId(node.vendor));
  const named = node.class ?? node.model;
  const ofClass = node["class-id"] ?? (ofVendor && named !== undefined ? classId(ofVendor, named) : undefined);
  const { battery, authorised, time = now } = node;
  return {
    identifiers: {
      ...identified("vendor", ofVendor),
      ...identified("class", ofClass),
      ...identified("device", node["device-id"]),
    },
    components: node.components.map(({ id, slot, version: runs, capacity, file, empty }) => {
      const bytes = file === undefined ? undefined : images.get(file);
      return {
        id,
        ...(slot === undefined ? {} : { slot }),
        ...(runs === undefined ? {} : { version: runs.numbers }),
        ...(capacity === undefined ? {} : { capacity }),
        ...(empty ? { image: "empty" as const } : {}),
        ...(bytes === undefined ? {} : { image: imageOf(bytes) }),
      };
    }),
    time,
    ...(battery === undefined ? {} : { battery }),
    ...(authorised === undefined ? {} : { authorises: () => authorised }),
  };
}

const identified = (kind: "vendor" | "class" | "device", bytes: Uint8Array | undefined) => {
  const own: Identifier | undefined = bytes && { form: "identifier", bytes, tagged: false };
  return own === undefined ? {} : { [kind]: [own] };
};

const imageOf = (bytes: Uint8Array) => ({
  digest: { algorithm: SHA_256, bytes: new Uint8Array(createHash("sha256").update(bytes).digest()) },
  size: BigInt(bytes.length),
});
