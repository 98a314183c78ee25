/** What it costs to believe a release: distinct envelopes, no cache, beside the bare signature and beside pycose. */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { seconds, toHex } from "../../gateway/base/index.ts";
import { type NodeFile, viewOf } from "../../gateway/service/trust/author/index.ts";
import { type Anchor, verifyRelease } from "../../gateway/service/trust/index.ts";
import { dryRun, programOf } from "../../gateway/service/trust/processor/index.ts";
import {
  asKind,
  type CoseKey,
  decodeKey,
  decodeMessage,
  encodeKey,
  generateKey,
  loadMlDsa,
  verifyMac0,
  writePem,
} from "../../gateway/wire/cose/index.ts";
import { checkBelonging, checkManifestDigest, readEnvelope, readManifest } from "../../gateway/wire/suit/index.ts";
import { type Figure, type Figures, NOT_MEASURED, quartiles } from "./measure.ts";
import { macKey, releaseOfHss, signedRelease, toBeSigned } from "./suit-envelopes.ts";
import { pycoseTimes } from "./suit-pycose.ts";

/** Each another number, image and signature. */
const DISTINCT = 200;
const FEW = 40;
const WARM_UP = 30;

export async function verifyBench(): Promise<Figures> {
  const mlDsa = await loadMlDsa();
  const ecdsa = generateKey(-7);
  const made = numbers(DISTINCT).map((number) => signedRelease(number, { key: ecdsa, legacy: true }));
  const bare = made.map((bytes) => bareSignature(bytes, ecdsa));
  const trust = trusting(ecdsa);
  for (const number of numbers(WARM_UP)) await verifyRelease(signedRelease(1000 + number, { key: ecdsa }), trust, ANY);
  // One of ours, one of theirs: a busy machine hits both alike.
  const ours: number[] = [];
  const theirs: number[] = [];
  for (const [at, bytes] of made.entries()) {
    ours.push(await timed(() => verifyRelease(bytes, trust, ANY)));
    theirs.push(await timed(bare[at]!));
  }
  const hss = releaseOfHss(1);
  return {
    suit_verify_ms: quartiles(ours, "ms"),
    suit_verify_envelope_bytes: quartiles(
      made.map(({ length }) => length),
      "bytes",
    ),
    suit_verify_vs_bare_signature: quartiles(
      ours.map((value, at) => value / theirs[at]!),
      "of node:crypto's verify",
    ),
    suit_verify_vs_pycose: versusPycose(made, ecdsa, ours),
    suit_verify_ed25519_ms: await verifying(generateKey(-19)),
    suit_verify_ml_dsa_44_ms: await verifying(generateKey(-48, mlDsa), mlDsa),
    suit_verify_hss_lms_ms: await repeated(() => verifyRelease(hss.bytes, trusting(hss.key), ANY)),
    suit_verify_mac0_ms: await verifyingMac(),
    suit_dry_run_ms: await dryRunning(made[0]!),
  };
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at + 1);

const ANY = { mark: () => undefined, clock: { now: () => seconds(0) }, synchronised: true };

/** One key without limits. */
function trusting(key: CoseKey): { version: number; list: () => readonly Anchor[]; needed: () => number } {
  const anchor = {
    id: "author",
    name: "author",
    key: decodeKey(encodeKey(key, "public")),
    rights: {},
    added: seconds(0),
  };
  return { version: 1, list: () => [anchor], needed: () => 1 };
}

async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function repeated(work: () => unknown): Promise<Figure> {
  const times: number[] = [];
  for (let run = 0; run < WARM_UP + FEW; run++) times.push(await timed(work));
  return quartiles(times.slice(WARM_UP), "ms");
}

async function verifying(key: CoseKey, mlDsa?: Awaited<ReturnType<typeof loadMlDsa>>): Promise<Figure> {
  const trust = trusting(key);
  const made = numbers(WARM_UP + FEW).map((number) =>
    signedRelease(number, { key, ...(mlDsa === undefined ? {} : { mlDsa }) }),
  );
  const times: number[] = [];
  for (const bytes of made) times.push(await timed(() => verifyRelease(bytes, trust, ANY)));
  return quartiles(times.slice(WARM_UP), "ms");
}

/** As a node does it that knows one secret; gateways believe no MAC. */
async function verifyingMac(): Promise<Figure> {
  const key = macKey();
  const made = numbers(WARM_UP + FEW).map((number) => signedRelease(number, { key }));
  const times: number[] = [];
  for (const bytes of made) {
    times.push(
      await timed(() => {
        const envelope = readEnvelope(bytes);
        const { blocks, signed } = envelope.authentication;
        const verdict = verifyMac0(asKind(decodeMessage(blocks[0]!), "mac0"), [key], { detached: signed });
        if (!verdict.ok) throw verdict.error;
        checkManifestDigest(envelope);
        checkBelonging(envelope, readManifest(envelope.manifest.content));
      }),
    );
  }
  return quartiles(times.slice(WARM_UP), "ms");
}

/** The same bytes, given to node:crypto with nothing around them. */
function bareSignature(bytes: Uint8Array, key: CoseKey): () => void {
  const { tbs, signature } = signedBytes(bytes);
  const publicKey: KeyObject = createPublicKey(writePem(key, "public"));
  return () => {
    if (!verify("sha256", tbs, { key: publicKey, dsaEncoding: "ieee-p1363" }, signature)) throw new Error("not signed");
  };
}

function signedBytes(bytes: Uint8Array) {
  const { blocks, signed } = readEnvelope(bytes).authentication;
  const message = asKind(decodeMessage(blocks[0]!), "sign1");
  return {
    block: blocks[0]!,
    signed,
    tbs: toBeSigned(message.headers.protectedBytes, signed),
    signature: message.proof,
  };
}

/** Our whole verification beside the signature alone in pycose, where it is installed. */
function versusPycose(made: readonly Uint8Array[], key: CoseKey, ours: readonly number[]): Figure {
  const publicKey = toHex(encodeKey(key, "public"));
  const theirs = pycoseTimes(
    made.map((bytes) => {
      const { block, signed } = signedBytes(bytes);
      return { message: toHex(block), key: publicKey, detached: toHex(signed) };
    }),
  );
  if (theirs === undefined) return { ...NOT_MEASURED, unit: "pycose is not installed (skipped)" };
  return quartiles(
    ours.map((value, at) => value / theirs[at]!),
    "of pycose, which checks the signature alone",
  );
}

const NODE: NodeFile = {
  vendor: "arm.com",
  class: "suit",
  components: [{ id: [Uint8Array.of(0)], empty: true }],
};

function dryRunning(bytes: Uint8Array): Promise<Figure> {
  const program = programOf(readEnvelope(bytes));
  const view = viewOf(NODE, new Map(), 0n);
  return repeated(() => dryRun(program, view));
}
