/**
 * suit-manifest-37 §5.4, §7.5, §8.6, Appendix C.1 — an envelope cut to what one recipient can use. No byte that a digest
 * covers changes, so the author's digest and signatures stay what they were. Pure, and the same bytes each time.
 */
import { BugError, equalBytes, isCoded } from "../../../base/index.ts";
import {
  addBlock,
  checkAuthenticated,
  checkBelonging,
  checkManifestDigest,
  dropBlocks,
  type Envelope,
  encodeEnvelope,
  integrate,
  readEnvelope,
  readManifest,
  SUIT_LIMITS,
  sever,
  takePayloads,
  urisOf,
} from "../../../wire/suit/index.ts";
import { blocksFor } from "./blocks.ts";
import { nodeMac } from "./node-mac.ts";
import { type Recipient, takesPayloads, uselessTo } from "./recipient.ts";

/** In bytes: what comes along with its manifest saves a transfer; what is larger is fetched in blocks of its own. */
export const TAILOR_LIMITS = { payload: 512, envelope: 1024 } as const;

export interface TailorOptions {
  /** Payloads that are at hand, by the URI under which the manifest names them. */
  readonly payloads?: ReadonlyMap<string, Uint8Array>;
  /** The key of the node's MAC; undefined = policy or credentials have none. Asked only when it is needed. */
  readonly macKey?: () => Uint8Array | undefined;
}

export interface Tailored {
  readonly bytes: Uint8Array;
  /** Labels of the elements that were taken away. */
  readonly severed: readonly number[];
  /** URIs of the payloads that were put in. */
  readonly integrated: readonly string[];
  /** Authentication blocks that were taken away, and MACs that were put in their place. */
  readonly dropped: number;
  readonly added: number;
}

/** Of an envelope that was verified. Throws BugError `service.bug` when what comes out would not be. */
export function tailor(envelope: Uint8Array, recipient: Recipient, options: TailorOptions = {}): Tailored {
  const authored = readEnvelope(envelope);
  const severed = uselessTo(recipient, authored.severable.keys());
  const lean = blocksFor(withoutElements(authored, severed), recipient, options.macKey ?? (() => undefined));
  const integrated = takesPayloads(recipient) ? fitting(lean, options.payloads ?? new Map()) : lean;
  const bytes = encodeEnvelope(integrated);
  check(bytes, authored);
  const before = new Set(authored.authentication.blocks);
  const kept = integrated.authentication.blocks.filter((block) => before.has(block)).length;
  return {
    bytes,
    severed,
    integrated: [...integrated.integrated.keys()].filter((uri) => !authored.integrated.has(uri)),
    dropped: before.size - kept,
    added: integrated.authentication.blocks.length - kept,
  };
}

/** The same for another node of that kind: of an envelope that has a node's MAC and nothing else, with that of this key. */
export function withMacOf(tailored: Uint8Array, key: Uint8Array): Uint8Array {
  const envelope = readEnvelope(tailored);
  const bare = dropBlocks(envelope, () => false);
  return encodeEnvelope(addBlock(bare, nodeMac(envelope.authentication.signed, key)));
}

/** §7.5: a payload that came along for a sequence that goes would belong to nothing. */
function withoutElements(envelope: Envelope, labels: readonly number[]): Envelope {
  const rest = sever(envelope, labels);
  const named = urisIn(rest);
  return takePayloads(
    rest,
    [...rest.integrated.keys()].filter((uri) => !named.has(uri)),
  );
}

/** Looked at without the payloads, since some may be of a sequence that was just taken away. */
function urisIn(envelope: Envelope): ReadonlySet<string> {
  const manifest = readManifest(envelope.manifest.content);
  const { sequences } = checkBelonging({ ...envelope, integrated: new Map() }, manifest);
  return urisOf([manifest.common.shared, ...sequences.values()]);
}

/** §7.5: with the small payloads that the manifest asks for, one after the other, as long as the whole stays small. */
function fitting(envelope: Envelope, payloads: ReadonlyMap<string, Uint8Array>): Envelope {
  let fuller = envelope;
  const named = payloads.size === 0 ? new Set<string>() : urisIn(envelope);
  for (const [uri, bytes] of payloads) {
    // An empty URI is a reference like others in a manifest, and no key in an envelope.
    if (uri === "" || !named.has(uri) || fuller.integrated.has(uri) || bytes.length > TAILOR_LIMITS.payload) continue;
    const candidate = integrate(fuller, uri, bytes);
    const fits = candidate.integrated.size <= SUIT_LIMITS.integrated;
    if (fits && encodeEnvelope(candidate).length <= TAILOR_LIMITS.envelope) fuller = candidate;
  }
  return fuller;
}

/** A recipient's own steps up to the signature, on what it will get. */
function check(bytes: Uint8Array, authored: Envelope): void {
  const wrong = (what: string, cause?: unknown): BugError =>
    new BugError("service.bug", { what: `a tailored envelope that is no longer its author's: ${what}` }, { cause });
  try {
    const envelope = readEnvelope(bytes); //                                       §8.2, §11
    checkAuthenticated(envelope); //                                               §6.2
    checkManifestDigest(envelope); //                                              §8.3
    checkBelonging(envelope, readManifest(envelope.manifest.content)); //          §8.6, §7.5
    if (!equalBytes(envelope.authentication.signed, authored.authentication.signed)) throw wrong("another digest");
  } catch (error) {
    throw isCoded(error) && error.blame !== "bug" ? wrong(error.code, error) : error;
  }
}
