/** suit-manifest-37 §8.3, Appendix C.1 — one more authentication block: a signature, or a MAC by a shared secret. */
import { equalBytes, UsageError } from "../../../base/index.ts";
import {
  authenticate,
  type CoseKey,
  createMac0,
  createSign1,
  decodeMessage,
  HEADER_LABEL,
  type MlDsa,
  thumbprint,
} from "../../../wire/cose/index.ts";
import { addBlock, type Envelope, payloadBeside } from "../../../wire/suit/index.ts";
import { signForRiot } from "./riot.ts";

export interface NamedKey {
  /** For people: the name of its file. */
  readonly name: string;
  readonly key: CoseKey;
}

export interface SignOptions {
  /** RFC 9864 §4: -7 and -8 for recipients that do not know -9 and -19 yet. */
  readonly legacy?: boolean;
  readonly mlDsa?: MlDsa | undefined;
  /**
   * RFC 9052 §3.1: written where everybody may change it, since it is a hint and no more. `own` = that of the key or, where it
   * has none, its thumbprint.
   */
  readonly kid?: "own" | Uint8Array | undefined;
}

/** Signs `authentication.signed`: whoever calls has seen that it is the digest of the manifest (`openEnvelope`). */
export function signEnvelope(envelope: Envelope, { name, key }: NamedKey, options: SignOptions = {}): Envelope {
  const { mlDsa, legacy = false } = options;
  if (isVouchedBy(envelope, key, mlDsa)) throw new UsageError("release.signed", { key: name });
  if (envelope.dialect === "riot-09") return signForRiot(envelope, { name, key });
  const { signed } = envelope.authentication;
  const algorithm = legacy ? legacyAlgorithm(key) : undefined;
  const kid = options.kid === undefined ? undefined : kidFor(key, options.kid);
  const unprotected = kid === undefined ? {} : { unprotected: new Map([[HEADER_LABEL.kid, kid]]) };
  const block =
    key.kty === "Symmetric"
      ? createMac0(signed, key, { detached: true, ...unprotected })
      : createSign1(signed, key, {
          detached: true,
          ...unprotected,
          ...(algorithm === undefined ? {} : { algorithm }),
          ...(mlDsa === undefined ? {} : { mlDsa }),
        });
  return addBlock(envelope, block);
}

/** Verifiers take no key that calls itself otherwise. */
function kidFor(key: CoseKey, wanted: "own" | Uint8Array): Uint8Array {
  if (wanted === "own") return key.kid ?? thumbprint(key);
  if (key.kid === undefined || equalBytes(key.kid, wanted)) return wanted;
  throw new UsageError("suit.usage", { reason: "the key has a kid of its own, which is another one" });
}

const LEGACY: Readonly<Record<string, number>> = { "P-256": -7, "P-384": -35, "P-521": -36, Ed25519: -8, Ed448: -8 };

const legacyAlgorithm = (key: CoseKey): number | undefined => ("curve" in key ? LEGACY[key.curve] : undefined);

const isVouchedBy = (envelope: Envelope, key: CoseKey, mlDsa: MlDsa | undefined): boolean =>
  envelope.authentication.blocks.some((block) =>
    authenticate(decodeMessage(block), [key], { ...payloadBeside(envelope), mlDsa }).some(({ ok }) => ok),
  );
