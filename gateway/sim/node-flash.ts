/** The flash of a simulated node and what runs on it: where downloads go, how they are installed, what starts. */
import { type Clock, type Logger, toHex } from "../base/index.ts";
import type { Source } from "./node/download.ts";
import { examineImage, type ImageFacts } from "./node/image.ts";
import { Incoming } from "./node/incoming.ts";
import type { Booted, Processed } from "./node/node.ts";
import type { ComponentFacts, Leaves } from "./speech/leaves.ts";
import {
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
  #incoming = new Incoming(0);
  #components: readonly ComponentFacts[] | undefined;

  constructor(image: Uint8Array, parts: FlashParts) {
    this.#parts = parts;
    this.#memory = newMemory(image);
  }

  /** Sequence number of the manifest that it believed and installed. */
  get installed(): bigint | undefined {
    return this.#memory.installed?.sequence;
  }

  erase(size: number): void {
    this.#incoming = new Incoming(size);
  }

  store(offset: number, bytes: Uint8Array): void {
    this.#incoming.store(offset, bytes);
  }

  examine(): ImageFacts {
    return examineImage(this.#incoming.bytes());
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
    const bytes = this.#incoming.bytes();
    this.#memory = what === "envelope" ? withEnvelope(this.#memory, bytes) : withPayload(this.#memory, name, bytes);
    this.#incoming = new Incoming(0);
  }

  /** Power-on starts what there is; after an update a boot loader that reads manifests decides. */
  boot(bank: "old" | "new", batteryMillivolts: number): StartedImage {
    const { suit } = this.#parts;
    if (suit === undefined) {
      if (bank === "new") this.#memory = newMemory(this.#incoming.bytes());
      this.#incoming = new Incoming(0);
      return { image: examineImage(mainImage(this.#memory)) };
    }
    this.#components = undefined;
    if (bank === "old") return this.#runs({ told: this.#told(suit, undefined) });
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
    this.#components ??= componentFacts(this.#memory, (bytes) => examineImage(bytes).version).map((facts) => ({
      ...facts,
      capacity,
    }));
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
