/** suit-trust-domains — envelopes that came along in another, opened: nothing of them is believed here. */
import { type CodedError, isCoded, TrustError, toHex } from "../../base/index.ts";
import {
  checkBelonging,
  checkManifestDigest,
  type Envelope,
  encodeEnvelope,
  integrate,
  type Manifest,
  readEnvelope,
  readManifest,
  takePayloads,
  type Whole,
} from "../../wire/suit/index.ts";
import type { OpenManifest } from "./survey/survey.ts";
import { MAX_NESTED } from "./survey/walk.ts";

/** In one release, those inside others counted: each may need signatures to be tried. */
export const MAX_BELOW = 16;

export interface Below extends OpenManifest {
  readonly uri: string;
  readonly envelope: Envelope;
  readonly manifest: Manifest;
  readonly whole: Whole;
  readonly below: readonly Below[];
}
/** What came along under a URI and could not be opened: no fault while nobody processes it. */
type Unopened = ReadonlyMap<string, CodedError>;

export interface Opened {
  readonly below: readonly Below[];
  readonly unopened: Unopened;
}

/** Throws TrustError `release.limit`. */
export function openBelow(envelope: Envelope, { common }: Manifest, depth = 1): Opened {
  if (common.dependencies.size === 0 || depth === MAX_NESTED) return { below: [], unopened: new Map() };
  const below: Below[] = [];
  const unopened = new Map<string, CodedError>();
  for (const [uri, bytes] of envelope.integrated) {
    try {
      below.push(openOne(uri, bytes, depth, unopened));
    } catch (error) {
      if (!isCoded(error) || error.code === "release.limit") throw error;
      unopened.set(uri, error);
    }
  }
  const found = everyBelow(below).length;
  if (found > MAX_BELOW) throw new TrustError("release.limit", { what: "manifests below it", found, limit: MAX_BELOW });
  return { below, unopened };
}

function openOne(uri: string, bytes: Uint8Array, depth: number, unopened: Map<string, CodedError>): Below {
  const envelope = readEnvelope(bytes, { untagged: true });
  checkManifestDigest(envelope);
  const manifest = readManifest(envelope.manifest.content);
  const whole = checkBelonging(envelope, manifest);
  const inner = openBelow(envelope, manifest, depth + 1);
  for (const [at, error] of inner.unopened) unopened.set(at, error);
  return { uri, release: toHex(envelope.authentication.digest.bytes), envelope, manifest, whole, below: inner.below };
}

export const everyBelow = (below: readonly Below[]): readonly Below[] =>
  below.flatMap((one) => [one, ...everyBelow(one.below)]);

/** Without these payloads, those of the manifests below it too: no byte that a digest covers changes. */
export function withoutPayloads(envelope: Envelope, below: readonly Below[], uris: ReadonlySet<string>): Envelope {
  return below.reduce(
    (one, inner) => integrate(one, inner.uri, encodeEnvelope(withoutPayloads(inner.envelope, inner.below, uris))),
    takePayloads(envelope, uris),
  );
}
