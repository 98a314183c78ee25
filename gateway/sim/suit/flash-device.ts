/** What the shared manifest processor needs of a node, from a simulated flash: it writes into a draft and never waits. */
import { isCoded } from "../../base/index.ts";
import {
  type Copying,
  type CustomDone,
  type Done,
  type Fetching,
  type FoundImage,
  type Identifier,
  type IdentifierKind,
  type ImageQuery,
  type Known,
  keyOf,
  type Program,
  type Storing,
  type SyncDevice,
  type Writing,
} from "../../service/trust/processor/index.ts";
import { decodeItem, HEADER } from "../../wire/cbor/index.ts";
import {
  type ComponentId,
  componentText,
  decryptPayload,
  digestOf,
  readEnvelope,
  type SuitDigest,
  WAIT,
} from "../../wire/suit/index.ts";
import { type Draft, type Memory, otherSlot, type Stored } from "./memory.ts";
import { dependencyOf, type Recipient } from "./recipient.ts";

/** What is wrong with a node's hardware. */
export interface Defects {
  /** Nothing can be written. */
  readonly wornFlash?: boolean;
  /** A bit of what is written reads back as another one. */
  readonly badBlock?: boolean;
  /** A new image does not come up. */
  readonly bootFails?: boolean;
}

/** What a node finds when a run begins. */
export interface Surroundings {
  /** Seconds since 1970, as far as a node with a clock knows. */
  readonly time: bigint | undefined;
  /** In mWh. */
  readonly battery: bigint;
  readonly defects: Defects;
}

/** A payload that has to be fetched before the procedure can go on. */
export interface Want {
  readonly uri: string;
  /** As the manifest announces it. */
  readonly digest: SuitDigest | undefined;
  readonly size: number | undefined;
  /** Then digest and size are those of what it becomes. */
  readonly encrypted: boolean;
}

export interface DeviceParts extends Surroundings {
  readonly recipient: Recipient;
  readonly memory: Memory;
  readonly program: Program;
  /** What an earlier procedure left. */
  readonly draft?: Draft | undefined;
  readonly invoke: () => Done;
}

export class FlashDevice implements SyncDevice {
  readonly maxComponents: number;
  want: Want | undefined;
  /** What failed, where the flash is to blame. */
  trouble: "no-space" | "flash-error" | "boot-failed" | undefined;
  readonly #parts: DeviceParts;
  readonly #draft: Map<string, Stored | undefined>;

  constructor(parts: DeviceParts) {
    this.#parts = parts;
    this.#draft = new Map(parts.draft);
    this.maxComponents = parts.recipient.abilities.maxComponents;
  }

  get draft(): Draft {
    return this.#draft;
  }

  supports(what: "command" | "parameter" | "algorithm", label: number): boolean {
    const { commands, parameters, cryptoAlgorithms } = this.#parts.recipient.abilities.capabilities;
    if (what === "command") return commands.includes(label);
    return what === "parameter" ? parameters.includes(label) : cryptoAlgorithms.includes(label);
  }

  has(component: ComponentId): boolean {
    const name = keyOf(component);
    return this.#parts.recipient.abilities.capabilities.components.some(({ id, wildcard }) =>
      wildcard ? name.startsWith(keyOf(id)) : name === keyOf(id),
    );
  }

  identifiers(kind: IdentifierKind): readonly Identifier[] {
    return [{ form: "identifier", bytes: this.#parts.recipient.identity[kind], tagged: false }];
  }

  /** The bank that the next image of the node goes to, and starts from. */
  slot(): bigint {
    return BigInt(otherSlot(this.#parts.memory));
  }

  #bytes(component: ComponentId): Uint8Array | undefined {
    const name = keyOf(component);
    const stored = this.#draft.has(name) ? this.#draft.get(name) : this.#parts.memory.components.get(name);
    return stored?.bytes;
  }

  image(component: ComponentId, { algorithm, manifestOnly }: ImageQuery): FoundImage | undefined {
    const bytes = this.#bytes(component);
    const counted = bytes && manifestOnly ? manifestItem(bytes) : bytes;
    if (counted === undefined) return undefined;
    return { digest: digestOf(counted, algorithm).bytes, size: BigInt(counted.length) };
  }

  content(component: ComponentId, length: number): Uint8Array | undefined {
    return this.#bytes(component)?.subarray(0, length);
  }

  version(component: ComponentId): readonly number[] {
    const bytes = this.#bytes(component);
    return bytes === undefined ? [] : this.#parts.recipient.versionOf(bytes);
  }

  battery(): bigint {
    return this.#parts.battery;
  }

  time(): Known<bigint> {
    return this.#parts.time ?? "unknown";
  }

  /** Nobody stands beside a simulated node who would say no. */
  authorises(): boolean {
    return true;
  }

  dependency(component: ComponentId, digest: SuitDigest): Program | { readonly failed: string } {
    const bytes = this.#bytes(component);
    if (bytes === undefined) return { failed: "it is not there" };
    return attempt(() => dependencyOf(this.#parts.recipient, bytes, digest));
  }

  /** From the envelope, or from what was downloaded: what is not there yet is wanted, and the run ends. */
  fetch(request: Fetching): Done {
    const { uri, expected, encryptionInfo } = request;
    const size = expected.size === undefined ? undefined : Number(expected.size);
    const refusal = this.#checkSpace(request.into, size ?? 0);
    if (refusal !== undefined) return refusal;
    const { program, memory } = this.#parts;
    const bytes = program.integrated.get(uri) ?? memory.payloads.get(uri);
    if (bytes !== undefined) return this.#store(request, bytes);
    this.want = { uri, digest: expected.digest, size, encrypted: encryptionInfo !== undefined };
    return "pending";
  }

  copy(request: Copying): Done {
    const bytes = this.#bytes(request.from);
    return bytes === undefined ? nothingIn(request.from) : this.#store(request, bytes);
  }

  write(request: Writing): Done {
    return this.#store(request, request.content);
  }

  swap(one: ComponentId, other: ComponentId): Done {
    const [a, b] = [this.#bytes(one), this.#bytes(other)];
    if (a === undefined) return nothingIn(one);
    if (b === undefined) return nothingIn(other);
    const first = this.#put(one, b);
    return first === "done" ? this.#put(other, a) : first;
  }

  invoke(component: ComponentId): Done {
    if (this.#bytes(component) === undefined) return nothingIn(component);
    const done = this.#parts.invoke();
    if (typeof done === "object") this.trouble = "boot-failed";
    return done;
  }

  /** Only one manifest is installed, so nobody else uses what it uses. */
  unlink(component: ComponentId): "last" {
    this.#draft.set(keyOf(component), undefined);
    return "last";
  }

  /** um: a mains-powered room that is online; what it can wait for is the time. */
  wait(events: ReadonlyMap<number, Uint8Array>): Done {
    for (const [event, bytes] of events) {
      if (event === WAIT.authorization || event === WAIT.power || event === WAIT.network) continue;
      if (event !== WAIT.time) return { failed: `nothing here tells event ${event}` };
      const item = decodeItem(bytes, HEADER);
      if (item.kind !== "integer") return { failed: "the time to wait for is no number" };
      const { time } = this.#parts;
      if (time === undefined || time < BigInt(item.value)) return "pending";
    }
    return "done";
  }

  custom(code: number): CustomDone {
    return { failed: `${code} means nothing here` };
  }

  #checkSpace(into: ComponentId, size: number): Done | undefined {
    const { capacity } = this.#parts.recipient;
    if (size <= capacity) return undefined;
    this.trouble = "no-space";
    return { failed: `${size} bytes are more than the ${capacity} that ${componentText(into)} takes` };
  }

  /** fe: what is encrypted is stored in the clear; image-match decides what it was. */
  #store({ into, encryptionInfo }: Storing, bytes: Uint8Array): Done {
    if (encryptionInfo === undefined) return this.#put(into, bytes);
    const plain = attempt(() => decryptPayload(encryptionInfo, bytes, this.#parts.recipient.keys));
    return "failed" in plain ? plain : this.#put(into, plain);
  }

  #put(into: ComponentId, bytes: Uint8Array): Done {
    const refusal = this.#checkSpace(into, bytes.length);
    if (refusal !== undefined) return refusal;
    const { wornFlash, badBlock } = this.#parts.defects;
    if (wornFlash) {
      this.trouble = "flash-error";
      return { failed: "the flash does not take it" };
    }
    this.#draft.set(keyOf(into), { id: into, bytes: badBlock ? spoilt(bytes) : bytes });
    return "done";
  }
}

const nothingIn = (component: ComponentId): Done => ({ failed: `there is nothing in ${componentText(component)}` });

/** One bit in the middle. */
function spoilt(bytes: Uint8Array): Uint8Array {
  const read = new Uint8Array(bytes);
  const middle = read.length >>> 1;
  read[middle] = (read[middle] ?? 0) ^ 1;
  return read;
}

/** td: of an envelope its manifest alone; undefined = it is none. */
function manifestItem(bytes: Uint8Array): Uint8Array | undefined {
  const item = attempt(() => readEnvelope(bytes, { untagged: true }).manifest.item);
  return "failed" in item ? undefined : item;
}

function attempt<T>(make: () => T): T | { readonly failed: string } {
  try {
    return make();
  } catch (error) {
    if (isCoded(error)) return { failed: error.message };
    throw error;
  }
}
