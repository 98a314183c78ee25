/** What lies in a component during a dry run: known, partly known, or only promised by a URI. Copies share it. */
import { toHex } from "../../../../base/index.ts";
import { SHA_256, type SuitDigest } from "../../../../wire/suit/index.ts";
import type { FoundImage } from "../device.ts";
import type { Memory } from "./memory.ts";

export class Content {
  /** In full, where they are at hand. */
  readonly bytes: Uint8Array | undefined;
  /** Where it comes from, when nobody here has seen it: then it is taken to be what the manifest expects. */
  readonly promisedBy: string | undefined;
  readonly #digests = new Map<number, Uint8Array>();
  /** Digests that it was supposed not to have. */
  readonly #others = new Set<string>();
  size: bigint | undefined;
  /** Of what nobody told about: it was asked whether there is anything, and there is. */
  supposedThere = false;

  constructor(known: {
    readonly bytes?: Uint8Array | undefined;
    readonly digest?: SuitDigest | undefined;
    readonly size?: bigint | undefined;
    readonly promisedBy?: string;
  }) {
    this.bytes = known.bytes;
    this.promisedBy = known.promisedBy;
    this.size = known.bytes === undefined ? known.size : BigInt(known.bytes.length);
    if (known.digest !== undefined) this.learn(known.digest);
  }

  /** `none` = of that kind there is nothing. */
  image(algorithm: number, manifestOnly: boolean, memory: Memory): FoundImage | "none" | undefined {
    const known = this.#digests.get(algorithm);
    if (this.bytes === undefined) return known && { digest: known, size: this.size };
    const digest = memory.digest(this.bytes, algorithm, manifestOnly);
    return digest === undefined ? "none" : { digest, size: this.size };
  }

  /** Nobody here knows whether there is anything at all. */
  get isDoubtful(): boolean {
    return this.bytes === undefined && this.promisedBy === undefined && this.#digests.size === 0 && !this.supposedThere;
  }

  learn({ algorithm, bytes }: SuitDigest): void {
    this.#digests.set(algorithm, bytes);
  }

  ruleOut(digest: SuitDigest): void {
    this.#others.add(nameOf(digest));
  }

  isRuledOut(digest: SuitDigest): boolean {
    return this.#others.has(nameOf(digest));
  }

  /** For people: any digest that it is known to have. */
  digest(memory: Memory): SuitDigest | undefined {
    const made = this.bytes && memory.digest(this.bytes, SHA_256, false);
    if (made !== undefined) return { algorithm: SHA_256, bytes: made };
    for (const [algorithm, bytes] of this.#digests) return { algorithm, bytes };
    return undefined;
  }
}

const nameOf = ({ algorithm, bytes }: SuitDigest): string => `${algorithm} ${toHex(bytes)}`;
