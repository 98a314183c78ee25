/**
 * Every byte of a signed envelope replaced by other values: nothing may be accepted. Without the rules of `checkBelonging` and
 * those of wire/cose for headers and payloads 165 of 235,365 such mutants of the draft's example 2 were (measured).
 */
import { isCoded, toHex } from "../../../gateway/base/index.ts";
import {
  authenticate,
  type CoseKey,
  createMac0,
  createSign1,
  decodeMessage,
  generateKey,
} from "../../../gateway/wire/cose/index.ts";
import {
  addBlock,
  checkAuthenticated,
  checkBelonging,
  checkManifestDigest,
  createEnvelope,
  digestOf,
  type Envelope,
  encodeEnvelope,
  encodeText,
  integrate,
  type Manifest,
  matches,
  PARAMETER,
  parametersIn,
  readEnvelope,
  readManifest,
  SEVERABLE,
  sever,
} from "../../../gateway/wire/suit/index.ts";
import { CLASS, inside, mapOf, rawManifest, VENDOR, ZEROS } from "../../support/suit-raw.ts";

export interface Subject {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly key: CoseKey;
}

const ES256 = -7;
const ED25519 = -19;
const HMAC_256 = 5;

/** One release as its author signs it: whole, severed, with its image, and with the MAC of a gateway. */
export function subjects(): readonly Subject[] {
  const ecdsa = generateKey(ES256);
  const eddsa = generateKey(ED25519);
  const secret = generateKey(HMAC_256);
  const unsigned = release();
  const { signed } = unsigned.authentication;
  const of = (name: string, key: CoseKey, block: Uint8Array, change = (envelope: Envelope) => envelope): Subject => ({
    name,
    key,
    bytes: encodeEnvelope(change(addBlock(unsigned, block))),
  });
  const withEcdsa = createSign1(signed, ecdsa, { detached: true, algorithm: ES256 });
  return [
    of("ES256", ecdsa, withEcdsa),
    of("ES256, severed", ecdsa, withEcdsa, (one) => sever(one, Object.values(SEVERABLE))),
    of("ES256, with its image", ecdsa, withEcdsa, (one) => integrate(one, "#image", ZEROS)),
    of("Ed25519", eddsa, createSign1(signed, eddsa, { detached: true, algorithm: ED25519 })),
    of("HMAC 256/256", secret, createMac0(signed, secret, { detached: true })),
  ];
}

function release(): Envelope {
  const manifest = readManifest(
    rawManifest(
      [
        [4, "coap://author/m"],
        [7, inside([3, 15])],
        [9, inside([23, 2])],
        [
          20,
          inside([15, [inside([5, 0, 20, mapOf([21, "#image"])]), inside([20, mapOf([21, "#other"])])], 21, 2, 3, 15]),
        ],
      ],
      {
        shared: [20, mapOf([1, VENDOR], [2, CLASS], [3, inside([-16, digestOf(ZEROS).bytes])], [14, 32]), 1, 15, 2, 15],
      },
    ),
  );
  const words = { manifest: new Map([[1, "A valve"]]), components: new Map() };
  const text = { here: encodeText(new Map([["en", words]])) };
  return createEnvelope({ ...manifest, text }, { severable: [SEVERABLE.install, SEVERABLE.text] });
}

/** Everything that is asked of an envelope but policy; the costly signature last, for all of it must hold. */
export function accepts(bytes: Uint8Array, key: CoseKey): boolean {
  try {
    const envelope = readEnvelope(bytes);
    checkAuthenticated(envelope);
    checkManifestDigest(envelope);
    const manifest = readManifest(envelope.manifest.content);
    checkBelonging(envelope, manifest);
    if (![...envelope.integrated.values()].every((image) => isExpected(image, manifest))) return false;
    const { signed, blocks } = envelope.authentication;
    return blocks.some((block) => authenticate(decodeMessage(block), [key], { detached: signed }).some(({ ok }) => ok));
  } catch (error) {
    if (isCoded(error)) return false;
    throw error;
  }
}

/** §8.4.8.6: what came along is an image whose digest the manifest has; a processor asks this as condition-image-match. */
const isExpected = (image: Uint8Array, { common }: Manifest): boolean =>
  [...parametersIn([common.shared])].some((parameters) => {
    const expected = parameters.get(PARAMETER.imageDigest);
    return expected?.form === "digest" && matches({ item: image }, expected.digest);
  });

export interface MutantFindings {
  readonly mutants: number;
  /** What was accepted, as offset and value. */
  readonly accepted: readonly string[];
}

const OTHERS = 255;

/** `values` others of each byte, spread over all there are; 255 = every one. */
export function tryEveryByte({ bytes, key, name }: Subject, values: number): MutantFindings {
  const accepted: string[] = [];
  const mutant = Uint8Array.from(bytes);
  for (const [offset, byte] of bytes.entries()) {
    for (let i = 0; i < values; i++) {
      // Which ones differs from byte to byte, so that a few values still meet every kind of head somewhere.
      const change = 1 + ((Math.floor((i * OTHERS) / values) + (values < OTHERS ? offset : 0)) % OTHERS);
      mutant[offset] = byte ^ change;
      if (accepts(mutant, key)) accepted.push(`${name}, byte ${offset}: ${toHex(mutant.subarray(offset, offset + 1))}`);
    }
    mutant[offset] = byte;
  }
  return { mutants: bytes.length * values, accepted };
}
