/** suit-manifest-37 §8.3, RFC 9052 §4.4 — which anchors signed an envelope: kid is a hint and may be absent, so keys are tried. */
import { equalBytes, TrustError, toHex } from "../../base/index.ts";
import {
  type AnyMessage,
  authenticate,
  type CoseKey,
  decodeMessage,
  kidOf,
  loadMlDsa,
  type Verdict,
} from "../../wire/cose/index.ts";
import { type Envelope, payloadBeside } from "../../wire/suit/index.ts";
import type { Anchor } from "./anchors.ts";

/** Verifications of one envelope: some 200 ms of ECDSA. */
export const MAX_TRIALS = 512;

/** Why a block that is well-formed did not verify, when that says no more than "of somebody else". */
const OF_SOMEBODY_ELSE: readonly string[] = ["cose.key", "cose.signature", "cose.mac"];

/**
 * The distinct anchors with a valid signature, in their own order. A block of a key that nobody here trusts is no fault beside
 * one that counts; a malformed one is. Throws WireError `cose.*`, TrustErrors `cose.*`, `release.untrusted-key`, `release.limit`.
 */
export async function findSigners(envelope: Envelope, anchors: readonly Anchor[]): Promise<readonly Anchor[]> {
  const { blocks } = envelope.authentication;
  const messages = blocks.map((block) => decodeMessage(block));
  checkTrials(messages, anchors);
  const mlDsa = anchors.some(({ key }) => key.kty === "AKP") ? await loadMlDsa() : undefined;
  const verdicts = messages.flatMap((message) =>
    authenticate(message, inTurn(message, anchors), { ...payloadBeside(envelope), mlDsa }),
  );
  const keys = new Set(verdicts.flatMap((verdict) => (verdict.ok ? [verdict.key] : [])));
  if (keys.size === 0) throw refusal(verdicts, { blocks: blocks.length, anchors: anchors.length });
  return anchors.filter(({ key }) => keys.has(key));
}

/** Keys that bear the message's kid first. */
function inTurn({ headers }: AnyMessage, anchors: readonly Anchor[]): readonly CoseKey[] {
  const kid = kidOf(headers);
  // A kid of our authors is the key's own or its thumbprint, which is what an anchor is known by.
  const isNamed = ({ id, key }: Anchor): boolean =>
    kid !== undefined && (key.kid === undefined ? id === toHex(kid) : equalBytes(key.kid, kid));
  return [...anchors.filter(isNamed), ...anchors.filter((anchor) => !isNamed(anchor))].map(({ key }) => key);
}

function checkTrials(messages: readonly AnyMessage[], anchors: readonly Anchor[]): void {
  const signatures = messages.reduce((sum, { parties }) => sum + Math.max(1, parties.length), 0);
  const found = signatures * anchors.length;
  if (found > MAX_TRIALS)
    throw new TrustError("release.limit", { what: "signatures to try", found, limit: MAX_TRIALS });
}

/** What is wrong with a block itself says more than that it is of nobody here. */
function refusal(verdicts: readonly Verdict[], facts: { readonly blocks: number; readonly anchors: number }): Error {
  const errors = verdicts.flatMap((verdict) => (verdict.ok ? [] : [verdict.error]));
  return (
    errors.find(({ code }) => !OF_SOMEBODY_ELSE.includes(code)) ??
    new TrustError("release.untrusted-key", facts, { cause: errors[0] })
  );
}
