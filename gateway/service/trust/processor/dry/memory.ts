/** What one dry run has worked out already: its courses see the same bytes again and again. */
import { isCoded } from "../../../../base/index.ts";
import { digestOf, type Envelope, readEnvelope, type SuitDigest } from "../../../../wire/suit/index.ts";
import { openDependency, type Program } from "../program.ts";

export type Opened = Program | { readonly failed: string };

export class Memory {
  readonly #authenticate: ((envelope: Envelope) => void) | undefined;
  /** By the bytes themselves: an integrated payload is one object, whoever looks at it. */
  readonly #digests = new Map<Uint8Array, Map<string, Uint8Array | undefined>>();
  readonly #opened = new Map<Uint8Array, Opened>();

  constructor(authenticate?: (envelope: Envelope) => void) {
    this.#authenticate = authenticate;
  }

  /** td: of a dependency only its manifest; undefined = it is no envelope. */
  digest(bytes: Uint8Array, algorithm: number, manifestOnly: boolean): Uint8Array | undefined {
    const known = this.#digests.get(bytes) ?? new Map<string, Uint8Array | undefined>();
    this.#digests.set(bytes, known);
    const key = `${algorithm} ${manifestOnly}`;
    if (!known.has(key)) {
      const counted = manifestOnly ? attempt(() => readEnvelope(bytes, { untagged: true }).manifest.item) : bytes;
      known.set(key, counted instanceof Uint8Array ? digestOf(counted, algorithm).bytes : undefined);
    }
    return known.get(key);
  }

  open(bytes: Uint8Array, digest: SuitDigest): Opened {
    const found = this.digest(bytes, digest.algorithm, true);
    // Who it is decides before who made it; only the right one is opened, and once.
    if (found === undefined || Buffer.compare(found, digest.bytes) !== 0)
      return { failed: "its manifest is another one" };
    const known = this.#opened.get(bytes);
    const opened = known ?? attempt(() => openDependency(bytes, digest, this.#authenticate));
    this.#opened.set(bytes, opened);
    return opened;
  }
}

function attempt<T>(make: () => T): T | { readonly failed: string } {
  try {
    return make();
  } catch (error) {
    if (isCoded(error)) return { failed: error.message };
    throw error;
  }
}
