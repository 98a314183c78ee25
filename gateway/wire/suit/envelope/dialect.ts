/** SUIT as others speak it: told by its shape, so that an author hears more than "malformed". Nothing here is believed. */
import { isCoded } from "../../../base/index.ts";
import { type CborItem, decodeItem, HEADER } from "../../cbor/index.ts";
import { ENVELOPE, TAG } from "../labels.ts";

/** What is told of an envelope that is not one of draft -37. */
export const DIALECTS = {
  "riot-09": "draft -09 as RIOT speaks it",
  old: "an older draft, whose digests had other numbers",
  "install-17": "an older draft, whose install sequence was element 17",
  bare: "a manifest without its envelope",
} as const;
export type Dialect = keyof typeof DIALECTS;

/** What install was called before it became 20. */
export const OLD_INSTALL = 17;

/** Of COSE_Sign1, COSE_Sign, COSE_Mac0 and COSE_Mac: in draft -09 the authentication block comes first. */
const AUTHENTICATION_TAGS: readonly number[] = [18, 98, 17, 97];

/** undefined = none that we know, which includes draft -37 itself. */
export function dialectOf(bytes: Uint8Array): Dialect | undefined {
  const whole = decoded(bytes);
  if (whole?.kind === "tag" && whole.tag === TAG.manifest) return "bare";
  const envelope = whole?.kind === "tag" ? whole.item : whole;
  if (envelope?.kind !== "map") return undefined;
  const element = (label: number): CborItem | undefined =>
    envelope.entries.find(([key]) => key.kind === "integer" && key.value === label)?.[1];
  if (element(OLD_INSTALL) !== undefined) return "install-17";
  const wrapper = element(ENVELOPE.authentication);
  const blocks = wrapper?.kind === "bytes" ? decoded(wrapper.value) : undefined;
  const first = blocks?.kind === "array" ? blocks.items[0] : undefined;
  // Not signed yet: a list of blocks without a digest before them.
  if (whole?.kind === "map" && blocks?.kind === "array" && first === undefined) return "riot-09";
  const content = first?.kind === "bytes" ? decoded(first.value) : undefined;
  if (content?.kind === "tag" && AUTHENTICATION_TAGS.includes(content.tag)) return "riot-09";
  const algorithm = content?.kind === "array" ? content.items[0] : undefined;
  // Before COSE had numbers for hashes, SUIT had its own, from 1 on.
  return algorithm?.kind === "integer" && algorithm.value > 0 ? "old" : undefined;
}

function decoded(bytes: Uint8Array): CborItem | undefined {
  try {
    return decodeItem(bytes, HEADER);
  } catch (error) {
    if (isCoded(error)) return undefined;
    throw error;
  }
}
