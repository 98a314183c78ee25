/** RFC 9052 §5.1, §8.5 and RFC 9053 §6 — how the key of the content reaches those who may use it. */
import type { KeyObject } from "node:crypto";
import { EMPTY, TrustError } from "../../../base/index.ts";
import {
  type Algorithm,
  algorithmById,
  type ContentAlgorithm,
  type EcdhEs,
  type Hmac,
  type KeyWrap,
  ofKind,
  RECIPIENT_KINDS,
  type RecipientAlgorithm,
} from "../algorithms.ts";
import { agreedKey, unwrapKey, wrapKey } from "../crypto/key-wrap.ts";
import { chooseAlgorithm } from "../keys/choose.ts";
import { keyMap, readKey } from "../keys/cose-key.ts";
import { newCurveKey, newSecret } from "../keys/generate.ts";
import { privateHalf } from "../keys/jwk.ts";
import {
  type CoseKey,
  type CurveKey,
  describeKey,
  isCurveKey,
  type KeyOperation,
  refusal,
  type SymmetricKey,
} from "../keys/key.ts";
import { labelMapOf, malformed, unmakeable } from "../label-map.ts";
import {
  bytesHeader,
  type GivenHeaders,
  HEADER_LABEL,
  type Headers,
  header,
  makeHeaders,
  readBack,
} from "./headers.ts";
import type { CoseMessage, Party, WrittenParty } from "./message.ts";
import { type KdfSupplement, kdfContext, SALT } from "./structures.ts";
import { candidates, verdict } from "./verdict.ts";

/** RFC 9053 §6.3.1, table 19. */
const EPHEMERAL_KEY = -1;
const DIRECT = -6;

/** What the content key is for. */
export interface Purpose {
  readonly algorithm: Hmac | ContentAlgorithm;
  readonly operation: KeyOperation;
}
export interface OpenedKey {
  /** Of the keys given, the one that led there. */
  readonly key: CoseKey;
  readonly contentKey: SymmetricKey;
}

/** Every content key that these keys lead to. One recipient that is not for us spoils nothing for the others. */
export function openRecipients(
  message: CoseMessage<"mac" | "encrypt">,
  keys: readonly CoseKey[],
  purpose: Purpose,
  kdf: KdfSupplement = {},
): readonly OpenedKey[] {
  checkDirectAlone(message.parties);
  const verdicts = message.parties.map((party) =>
    verdict(() => ({ opened: openRecipient(party, keys, purpose, kdf) })),
  );
  const opened = verdicts.flatMap((one) => (one.ok ? one.opened : []));
  const failure = verdicts.find((one) => !one.ok);
  if (opened.length > 0) return opened;
  if (failure?.ok === false) throw failure.error;
  throw new TrustError("cose.key", { purpose: `'${purpose.operation}'`, reason: "none opens the key of the content" });
}

/** RFC 9052 §8.5.1: with a direct recipient no other may stand. */
function checkDirectAlone(parties: readonly Party[]): void {
  const isDirect = ({ headers }: Party): boolean => {
    const alg = header(headers, HEADER_LABEL.alg);
    return alg?.kind === "integer" && alg.value === DIRECT;
  };
  if (parties.length > 1 && parties.some(isDirect)) throw malformed("a direct recipient stands beside others");
}

function openRecipient(
  { headers, bytes }: Party,
  keys: readonly CoseKey[],
  purpose: Purpose,
  kdf: KdfSupplement,
): readonly OpenedKey[] {
  const demand = (algorithm: RecipientAlgorithm): readonly [Algorithm, KeyOperation] => {
    if (algorithm.kind === "direct") return [purpose.algorithm, purpose.operation];
    return [algorithm, algorithm.kind === "key-wrap" ? "unwrap key" : "derive key"];
  };
  const { algorithm, keys: able } = candidates(headers, keys, RECIPIENT_KINDS, "a recipient", demand);
  return able.flatMap((key) => {
    const secret = openKey(algorithm, key, headers, bytes ?? EMPTY, kdf);
    const contentKey: SymmetricKey | undefined = secret && { kty: "Symmetric", secret };
    if (contentKey === undefined || refusal(contentKey, purpose.algorithm, purpose.operation) !== undefined) return [];
    return [{ key, contentKey }];
  });
}

function openKey(
  algorithm: RecipientAlgorithm,
  key: CoseKey,
  headers: Headers,
  bytes: Uint8Array,
  kdf: KdfSupplement,
): KeyObject | undefined {
  switch (algorithm.kind) {
    case "direct":
      if (bytes.length > 0) throw malformed("a direct recipient carries a key");
      return key.kty === "Symmetric" ? key.secret : undefined;
    case "key-wrap":
      return key.kty === "Symmetric" ? unwrapKey(algorithm, key.secret, bytes) : undefined;
    case "ecdh-es": {
      if (!isCurveKey(key)) return undefined;
      const ephemeral = ephemeralKey(headers);
      // RFC 9053 §6.3.1: both ends on one curve.
      if (ephemeral.curve !== key.curve) return undefined;
      const wrap = wrapOf(algorithm);
      const agreed = agree(algorithm, wrap, key, ephemeral, headers, kdf);
      return agreed && unwrapKey(wrap, agreed, bytes);
    }
  }
}

function ephemeralKey(headers: Headers): CurveKey {
  const item = header(headers, EPHEMERAL_KEY);
  if (item === undefined) throw malformed("a recipient has no ephemeral key");
  const key = readKey(labelMapOf(item, "the ephemeral key"));
  if (!isCurveKey(key)) throw malformed(`the ephemeral key is ${describeKey(key)}`);
  return key;
}

const wrapOf = ({ wrap }: EcdhEs): KeyWrap => ofKind(algorithmById(wrap), ["key-wrap"], "a key agreement");

export interface Recipient extends GivenHeaders {
  readonly key: CoseKey;
  /** Id of the algorithm; without it that of the key, or the first of the table that fits it. -6 is direct. */
  readonly algorithm?: number;
}

/** A content key, new unless the one recipient has it already, and what brings it to each recipient. */
export function makeRecipients(
  recipients: readonly Recipient[],
  purpose: Purpose,
  kdf: KdfSupplement = {},
): { readonly contentKey: SymmetricKey; readonly parties: readonly WrittenParty[] } {
  const direct = recipients.find(({ algorithm }) => algorithm === DIRECT);
  if (direct === undefined) {
    const contentKey = newSecret(purpose.algorithm.keyBytes);
    return { contentKey, parties: recipients.map((recipient) => makeRecipient(recipient, contentKey, kdf)) };
  }
  const { key } = direct;
  if (recipients.length > 1) throw unmakeable("a direct recipient stands alone");
  chooseAlgorithm(key, purpose.algorithm.id, [], purpose.operation);
  if (key.kty !== "Symmetric") throw unmakeable("a direct recipient needs a shared secret");
  const headers = makeHeaders(algorithmById(DIRECT), direct);
  return { contentKey: key, parties: [{ headers, bytes: EMPTY }] };
}

function makeRecipient(recipient: Recipient, contentKey: SymmetricKey, kdf: KdfSupplement): WrittenParty {
  const { key } = recipient;
  if (key.kty === "Symmetric") {
    const row = chooseAlgorithm(key, recipient.algorithm, ["key-wrap"], "wrap key");
    const algorithm = ofKind(row, ["key-wrap"], "a recipient with a shared secret");
    return { headers: makeHeaders(algorithm, recipient), bytes: wrapKey(algorithm, key.secret, contentKey.secret) };
  }
  if (!isCurveKey(key)) throw unmakeable(`${describeKey(key)} brings a key to nobody`);
  // The sender holds the public half, whose key_ops tell what the recipient may do.
  const row = chooseAlgorithm({ ...key, ops: undefined }, recipient.algorithm, ["ecdh-es"], "wrap key");
  const algorithm = ofKind(row, ["ecdh-es"], "a recipient with a public key");
  const ephemeral = newCurveKey(key.curve);
  const headers = makeHeaders(algorithm, recipient, new Map([[EPHEMERAL_KEY, keyMap(ephemeral, "public")]]));
  const wrap = wrapOf(algorithm);
  const agreed = agree(algorithm, wrap, ephemeral, key, readBack(headers), kdf);
  if (agreed === undefined) throw unmakeable("the recipient's key gives no secret");
  return { headers, bytes: wrapKey(wrap, agreed, contentKey.secret) };
}

/** RFC 9053 §6.3.1, §5.1: from two keys and the recipient's headers to the wrapping key. */
function agree(
  algorithm: EcdhEs,
  wrap: KeyWrap,
  own: CurveKey,
  other: CurveKey,
  headers: Headers,
  kdf: KdfSupplement,
): KeyObject | undefined {
  return agreedKey(algorithm, wrap, {
    privateKey: privateHalf(own.privateKey),
    publicKey: other.publicKey,
    salt: bytesHeader(headers, SALT) ?? EMPTY,
    context: kdfContext(wrap.id, wrap.keyBytes, headers, kdf),
  });
}
