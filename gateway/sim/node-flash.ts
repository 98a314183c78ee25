/** The flash of a simulated node and what runs on it: where downloads go, how they are installed, what starts. */
import { type Clock, EMPTY, type Logger, toHex } from "../base/index.ts";
import { Patch } from "./delta/index.ts";
import type { Source } from "./node/download.ts";
import { examineImage, type ImageFacts } from "./node/image.ts";
import { Incoming } from "./node/incoming.ts";
import type { Booted, Processed } from "./node/node.ts";
import type { Offer } from "./speech/check-in.ts";
import type { Leaves } from "./speech/leaves.ts";
import {
  type ComponentFacts,
  componentFacts,
  type Defects,
  type Failure,
  type Memory,
  mainImage,
  newMemory,
  type Recipient,
  type Surroundings,
  start,
  update,
  withEnvelope,
  withPayload,
} from "./suit/index.ts";

/** The manifest processor of a node, and what is wrong with its hardware. */
export interface SuitParts {
  readonly recipient: Recipient;
  readonly defects: Defects;
}

export interface FlashParts {
  readonly endpoint: string;
  /** undefined = it runs what it is offered. */
  readonly suit: SuitParts | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface StartedImage {
  readonly image: ImageFacts;
  readonly processed?: Booted;
}

export class NodeFlash {
  readonly #parts: FlashParts;
  #memory: Memory;
  /** What ran before, until the new image has proved itself. */
  #former: Memory | undefined;
  #incoming = new Incoming(0);
  /** What comes has yet to become the image. */
  #short: { readonly encoding: NonNullable<Offer["encoding"]>; readonly size: number; patch: Patch } | undefined;
  #components: readonly ComponentFacts[] | undefined;

  constructor(image: Uint8Array, parts: FlashParts) {
    this.#parts = parts;
    this.#memory = newMemory(image);
  }

  /** Sequence number of the manifest that it believed and installed. */
  get installed(): bigint | undefined {
    return this.#memory.installed?.sequence;
  }

  erase(size: number, encoding?: Offer["encoding"]): void {
    this.#short = encoding && { encoding, size, patch: this.#patch(encoding, size) };
    this.#incoming = new Incoming(encoding === undefined ? size : 0);
  }

  /** In their order; a block at 0 begins anew. */
  store(offset: number, bytes: Uint8Array): void {
    const short = this.#short;
    if (short === undefined) {
      this.#incoming.store(offset, bytes);
      return;
    }
    if (offset === 0) short.patch = this.#patch(short.encoding, short.size);
    short.patch.take(bytes);
  }

  examine(): ImageFacts {
    return examineImage(this.#fetched());
  }

  #fetched(): Uint8Array {
    return this.#short?.patch.bytes() ?? this.#incoming.bytes();
  }

  #patch(encoding: NonNullable<Offer["encoding"]>, size: number): Patch {
    return new Patch(encoding === "patch" ? mainImage(this.#memory) : EMPTY, size);
  }

  /** The update procedure; what was fetched last takes its place before. */
  process(fetched: Source | undefined, batteryMillivolts: number): Processed {
    const { suit } = this.#parts;
    if (suit === undefined) return { state: "failed", reason: "refused", told: {} };
    if (fetched !== undefined) this.#keep(fetched);
    const done = update(suit.recipient, this.#memory, this.#surroundings(suit, batteryMillivolts));
    switch (done.state) {
      case "wants": {
        const { digest, ...want } = done.want;
        return { state: "wants", want: { ...want, digest: digest && toHex(digest.bytes) } };
      }
      case "waits":
        return done;
      case "ready":
        this.#memory = done.memory;
        return { state: "ready", told: this.#told(suit, done.report) };
      case "failed":
        return { state: "failed", reason: done.trouble, told: this.#failed(suit, done) };
    }
  }

  #keep({ what, name }: Source): void {
    const bytes = this.#fetched();
    this.#memory = what === "envelope" ? withEnvelope(this.#memory, bytes) : withPayload(this.#memory, name, bytes);
    this.erase(0);
  }

  /** Power-on starts what there is; after an update a boot loader that reads manifests decides. */
  boot(bank: "old" | "new" | "former", batteryMillivolts: number): StartedImage {
    const { suit } = this.#parts;
    const before = this.#memory;
    if (bank === "former") this.#memory = this.#former ?? before;
    this.#former = bank === "new" ? before : undefined;
    if (suit === undefined) {
      if (bank === "new") this.#memory = newMemory(this.#fetched());
      this.erase(0);
      return { image: examineImage(mainImage(this.#memory)) };
    }
    this.#components = undefined;
    if (bank !== "new") return this.#runs({ told: this.#told(suit, undefined) });
    const done = start(suit.recipient, this.#memory, this.#surroundings(suit, batteryMillivolts));
    if (done.state === "failed") return this.#runs({ failed: done.trouble, told: this.#failed(suit, done) });
    this.#memory = done.memory;
    return this.#runs({ told: this.#told(suit, done.report) });
  }

  #runs(processed: Booted): StartedImage {
    return { image: examineImage(mainImage(this.#memory)), processed };
  }

  #failed(suit: SuitParts, { memory, report, trouble, why }: Failure): Leaves {
    this.#memory = memory;
    this.#parts.log.info("sim.manifest-failed", { endpoint: this.#parts.endpoint, reason: trouble, why });
    return this.#told(suit, report);
  }

  #surroundings({ recipient, defects }: SuitParts, batteryMillivolts: number): Surroundings {
    const time = recipient.abilities.hasClock ? BigInt(Math.floor(this.#parts.clock.now() / 1000)) : undefined;
    return { time, battery: energyLeft(batteryMillivolts), defects };
  }

  /** Components change with a boot, and are told when they did. */
  #told({ recipient }: SuitParts, report: Uint8Array | undefined): Leaves {
    const { capacity } = recipient;
    const versionOf = (bytes: Uint8Array): string => examineImage(bytes).version;
    this.#components ??= componentFacts(this.#memory, { capacity, versionOf });
    return {
      sequenceNumber: this.#memory.installed?.sequence,
      report: report && toHex(report),
      components: this.#components,
    };
  }
}

const EMPTY_MILLIVOLTS = 1800;
const MWH_PER_MILLIVOLT = 5;
/** Two AA cells, roughly: 6 Wh when they are fresh. */
const energyLeft = (millivolts: number): bigint =>
  BigInt(Math.max(0, millivolts - EMPTY_MILLIVOLTS) * MWH_PER_MILLIVOLT);

/** `1.4.2` as a condition compares it; what is no version has no numbers. */
export const versionNumbers = (image: Uint8Array): readonly number[] => {
  const { version } = examineImage(image);
  return /^\d{1,9}(\.\d{1,9}){0,7}$/.test(version) ? version.split(".").map(Number) : [];
};
