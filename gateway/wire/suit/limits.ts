/** suit-manifest-37 §6, §9 — what a recipient may refuse for its size. Each is a documented number with an error of its own. */
import { WireError } from "../../base/index.ts";

export const SUIT_LIMITS = {
  /** Sequences inside sequences: try-each and run-sequence. */
  depth: 8,
  /** Of a manifest, or of one severed sequence, nested ones counted. */
  commands: 512,
  /** Bytes, integrated payloads not counted. */
  envelope: 64 * 1024,
  integrated: 32,
  components: 32,
  /** Parts of one component identifier. */
  identifier: 16,
  blocks: 8,
  arms: 16,
  languages: 16,
  /** Texts of one language, those of components counted. */
  texts: 256,
  /** Bytes of one text. */
  text: 16 * 1024,
  records: 256,
  /** Numbers in one list of a capability report. */
  capabilities: 256,
} as const;
export type SuitLimit = keyof typeof SUIT_LIMITS;

export function checkLimit(what: SuitLimit, found: number): void {
  const limit = SUIT_LIMITS[what];
  if (found > limit) throw new WireError("suit.limit", { what, found, limit });
}
