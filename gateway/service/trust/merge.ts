/** suit-manifest-37 §8.3, §8.6, Appendix C.1 — envelopes of one manifest add up: their signatures, elements and payloads in one. */
import { equalBytes, TrustError, toHex } from "../../base/index.ts";
import { checkLimit, type Envelope, encodeEnvelope, readAnyEnvelope, SUIT_LIMITS } from "../../wire/suit/index.ts";

/** undefined = more blocks than an envelope may have. Each part is vouched for by itself, so it matters not where it came from. */
export function union(former: Envelope, given: Envelope): Envelope | undefined {
  const seen = new Set<string>();
  const blocks = [...former.authentication.blocks, ...given.authentication.blocks].filter((block) => {
    const isNew = !seen.has(toHex(block));
    seen.add(toHex(block));
    return isNew;
  });
  if (blocks.length > SUIT_LIMITS.blocks) return undefined;
  return {
    ...given,
    authentication: { ...given.authentication, blocks },
    severable: new Map([...former.severable, ...given.severable]),
    integrated: new Map([...former.integrated, ...given.integrated]),
  };
}

/**
 * One envelope of several, before anything of them is believed: so k authors may each send their own. Throws TrustError
 * `release.other-manifest`, WireErrors `suit.limit`, `suit.*`, `cbor.*`.
 */
export function mergeEnvelopes(envelopes: readonly Uint8Array[]): Uint8Array {
  const [first, ...others] = envelopes.map((bytes) => readAnyEnvelope(bytes));
  if (first === undefined || others.length === 0) return envelopes[0] ?? new Uint8Array(0);
  const whole = others.reduce((before, one, index) => {
    const isSame =
      equalBytes(before.authentication.signed, one.authentication.signed) &&
      equalBytes(before.manifest.item, one.manifest.item);
    if (!isSame) throw new TrustError("release.other-manifest", { position: index + 2 });
    const both = union(before, one);
    if (both === undefined)
      checkLimit("blocks", before.authentication.blocks.length + one.authentication.blocks.length);
    return both ?? before;
  }, first);
  return encodeEnvelope(whole);
}
