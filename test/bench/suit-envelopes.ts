/** Releases of the shape of the draft's example 2 (text and install severable), made by our author and signed, each another one. */
import { createRelease, readPlan, signEnvelope } from "../../gateway/service/trust/author/index.ts";
import { CborWriter } from "../../gateway/wire/cbor/index.ts";
import { type CoseKey, type MlDsa, newSecret } from "../../gateway/wire/cose/index.ts";
import { addBlock, type Envelope, encodeEnvelope } from "../../gateway/wire/suit/index.ts";
import { type LmsSecret, signHss } from "../support/lms-signer.ts";

const PLAN = `
vendor: arm.com
class: suit
model: valve-2
reference-uri: https://git.io/JJYoj
severable: [text, install]
components:
  - {file: app.bin, uri: http://example.com/very/long/path/to/file/file.bin}
text:
  en-US:
    description: |
      ## Example 2: Simultaneous Download, Installation, Secure Boot, Severed Fields

      This example covers these templates:

      * Compatibility Check ({{template-compatibility-check}})
      * Secure Boot ({{template-secure-boot}})
      * Firmware Download ({{firmware-download-template}})

      This example also demonstrates severable elements ({{ovr-severable}}), and text ({{manifest-digest-text}}).
    component: This component is a demonstration. The digest is a sample pattern, not a real one.
`;
const plan = readPlan(PLAN, "plan.yaml");

/** Not signed yet. */
export const openRelease = (number: number): Envelope =>
  createRelease(plan, new Map([["app.bin", Buffer.from(`image ${number}`)]]), BigInt(number)).envelope;

export interface Signing {
  readonly key: CoseKey;
  readonly legacy?: boolean;
  readonly mlDsa?: MlDsa;
}

export const signedRelease = (number: number, { key, ...options }: Signing): Uint8Array =>
  encodeEnvelope(signEnvelope(openRelease(number), { name: "author", key }, options));

/** RFC 8778: an HSS-LMS key signs a few times only, and ours are for tests. */
const LMS: LmsSecret = { lmsType: 5, otsType: 3, id: Buffer.alloc(16, 1), seed: Buffer.alloc(32, 2) };
const PROTECTED = Buffer.from("a101382d", "hex");

export function releaseOfHss(number: number): { readonly bytes: Uint8Array; readonly key: CoseKey } {
  const envelope = openRelease(number);
  const { publicKey, signature } = signHss([LMS], toBeSigned(PROTECTED, envelope.authentication.signed));
  const block = new CborWriter();
  block.tag(18);
  block.array(4);
  block.byteString(PROTECTED);
  block.map(0);
  block.null();
  block.byteString(signature);
  return {
    bytes: encodeEnvelope(addBlock(envelope, block.finish())),
    key: { kty: "HSS-LMS", publicBytes: publicKey },
  };
}

/** RFC 9052 §4.4: the Sig_structure of a COSE_Sign1. */
export function toBeSigned(protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array {
  const structure = new CborWriter();
  structure.array(4);
  structure.text("Signature1");
  for (const field of [protectedHeader, new Uint8Array(0), payload]) structure.byteString(field);
  return structure.finish();
}

export const macKey = (): CoseKey => newSecret(32);
