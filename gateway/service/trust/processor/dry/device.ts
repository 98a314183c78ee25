/** A node as the gateway knows it, on which a manifest runs without the node: nothing moves, everything is written down. */
import { decodeItem, HEADER } from "../../../../wire/cbor/index.ts";
import {
  COMMAND,
  type ComponentId,
  commandName,
  componentText,
  parameterText,
  SHA_256,
  type SuitDigest,
  WAIT,
} from "../../../../wire/suit/index.ts";
import type {
  Copying,
  Done,
  Fetching,
  FoundImage,
  Identifier,
  IdentifierKind,
  ImageQuery,
  Known,
  Question,
  Storing,
  SyncDevice,
  Writing,
} from "../device.ts";
import { keyOf } from "../machine/state.ts";
import type { Choices } from "./choices.ts";
import { Content } from "./content.ts";
import type { Memory, Opened } from "./memory.ts";
import type { ComponentView, NodeView } from "./view.ts";

export interface PlannedFetch {
  readonly uri: string;
  readonly component: ComponentId;
  /** undefined = nobody says how many. */
  readonly bytes: bigint | undefined;
  /** It came with the envelope: nothing to ask for. */
  readonly integrated: boolean;
  /** The component already has what will be fetched. */
  readonly inPlace: boolean;
}

export class DryDevice implements SyncDevice {
  readonly maxComponents: Known<number>;
  readonly fetches: PlannedFetch[] = [];
  readonly waits: string[] = [];
  /** What is taken for granted of what nobody here has seen. */
  readonly promises: string[] = [];
  readonly touched = new Map<string, { readonly id: ComponentId; readonly before: Content | undefined }>();
  readonly #view: NodeView;
  readonly #integrated: ReadonlyMap<string, Uint8Array>;
  readonly #choices: Choices;
  readonly #memory: Memory;
  readonly #components: ReadonlyMap<string, ComponentView>;
  readonly #contents = new Map<string, Content | undefined>();
  readonly #answers = new Map<string, boolean>();

  constructor(view: NodeView, integrated: ReadonlyMap<string, Uint8Array>, choices: Choices, memory: Memory) {
    this.#memory = memory;
    this.#view = view;
    this.#integrated = integrated;
    this.#choices = choices;
    this.maxComponents = view.maxComponents ?? "unknown";
    this.#components = new Map((view.components ?? []).map((component) => [keyOf(component.id), component]));
    for (const [key, { image }] of this.#components) {
      if (image !== undefined) this.#contents.set(key, image === "empty" ? undefined : new Content(image));
    }
  }

  supports(what: "command" | "parameter" | "algorithm", label: number): boolean {
    const { capabilities } = this.#view;
    if (capabilities === undefined) return true;
    if (what === "command") return capabilities.commands.includes(label);
    if (what === "parameter") return capabilities.parameters.includes(label);
    // §10: every recipient has SHA-256, whether it says so or not.
    return label === SHA_256 || capabilities.cryptoAlgorithms.includes(label);
  }

  has(component: ComponentId): Known<boolean> {
    if (this.#components.has(keyOf(component))) return true;
    const { capabilities } = this.#view;
    if (capabilities === undefined) return "unknown";
    const key = keyOf(component);
    return capabilities.components.some(({ id, wildcard }) =>
      wildcard ? key.startsWith(keyOf(id)) : key === keyOf(id),
    );
  }

  identifiers(kind: IdentifierKind): Known<readonly Identifier[]> {
    return this.#view.identifiers?.[kind] ?? "unknown";
  }

  slot(component: ComponentId): Known<bigint> {
    return this.#components.get(keyOf(component))?.slot ?? "unknown";
  }

  version(component: ComponentId): Known<readonly number[]> {
    // What was stored anew has a version that nobody here can read.
    if (this.touched.has(keyOf(component))) return "unknown";
    return this.#components.get(keyOf(component))?.version ?? "unknown";
  }

  battery(): Known<bigint> {
    return this.#view.battery ?? "unknown";
  }

  time(): Known<bigint> {
    return this.#view.time ?? "unknown";
  }

  authorises(priority: bigint): Known<boolean> {
    return this.#view.authorises?.(priority) ?? "unknown";
  }

  /** What is there; `unknown` is a content of its own, whose properties may be supposed. */
  #content(component: ComponentId): Content | undefined {
    const key = keyOf(component);
    if (!this.#contents.has(key)) this.#contents.set(key, new Content({}));
    return this.#contents.get(key);
  }

  /** For what takes something from there: a component that nobody told about may be empty. */
  #taken(component: ComponentId): Content | undefined {
    const content = this.#content(component);
    if (content?.isDoubtful !== true) return content;
    content.supposedThere = this.#choices.choose(`whether ${componentText(component)} holds anything`);
    if (content.supposedThere) return content;
    this.#contents.set(keyOf(component), undefined);
    return undefined;
  }

  /** What a component holds when all is done. */
  contentOf(component: ComponentId): Content | undefined {
    return this.#contents.get(keyOf(component));
  }

  image(component: ComponentId, { algorithm, manifestOnly }: ImageQuery): Known<FoundImage | undefined> {
    const content = this.#content(component);
    if (content === undefined) return undefined;
    const found = content.image(algorithm, manifestOnly, this.#memory) ?? "unknown";
    return found === "none" ? undefined : found;
  }

  content(component: ComponentId, length: number): Known<Uint8Array | undefined> {
    const content = this.#content(component);
    return content === undefined ? undefined : (content.bytes?.subarray(0, length) ?? "unknown");
  }

  dependency(component: ComponentId, digest: SuitDigest): Known<Opened> {
    const content = this.#content(component);
    if (content === undefined) return { failed: "it is not there" };
    return content.bytes === undefined ? "unknown" : this.#memory.open(content.bytes, digest);
  }

  #store({ into, expected }: Storing, content: Content): Done {
    const component = this.#components.get(keyOf(into));
    if (component?.writable === false) return { failed: `${componentText(into)} may not be written` };
    const size = content.size ?? expected.size;
    if (component?.capacity !== undefined && size !== undefined && size > component.capacity) {
      return { failed: `${size} bytes are more than the ${component.capacity} that ${componentText(into)} takes` };
    }
    this.#put(into, content);
    return "done";
  }

  #put(id: ComponentId, content: Content | undefined): void {
    const key = keyOf(id);
    if (!this.touched.has(key)) this.touched.set(key, { id, before: this.#contents.get(key) });
    this.#contents.set(key, content);
  }

  fetch(request: Fetching): Done {
    const { uri, into, encryptionInfo, expected } = request;
    const integrated = this.#integrated.get(uri);
    const stored = this.#view.imageAt?.(uri);
    const digest = encryptionInfo === undefined ? (stored?.digest ?? expected.digest) : expected.digest;
    this.fetches.push({
      uri,
      component: into,
      bytes: integrated === undefined ? (stored?.size ?? expected.size) : BigInt(integrated.length),
      integrated: integrated !== undefined,
      inPlace: digest !== undefined && this.#isThere(into, digest),
    });
    return this.#store(request, this.#arriving(request, integrated, stored));
  }

  /** What a fetch brings: seen here, or promised. What is decrypted on its way nobody here has seen. */
  #arriving(
    { uri, encryptionInfo, expected }: Fetching,
    integrated: Uint8Array | undefined,
    stored: ReturnType<NonNullable<NodeView["imageAt"]>>,
  ): Content {
    if (encryptionInfo === undefined && integrated !== undefined) return new Content({ bytes: integrated });
    if (encryptionInfo === undefined && stored !== undefined) return new Content(stored);
    return new Content({ promisedBy: uri, size: expected.size });
  }

  #isThere(component: ComponentId, digest: SuitDigest): boolean {
    return isImage(this.#contents.get(keyOf(component)), digest, this.#memory);
  }

  copy(request: Copying): Done {
    const { from, encryptionInfo, expected } = request;
    const content = this.#taken(from);
    if (content === undefined) return { failed: `there is nothing in ${componentText(from)}` };
    if (encryptionInfo === undefined) return this.#store(request, content);
    return this.#store(request, new Content({ promisedBy: componentText(from), size: expected.size }));
  }

  write(request: Writing): Done {
    const { content, encryptionInfo, expected } = request;
    if (encryptionInfo === undefined) return this.#store(request, new Content({ bytes: content }));
    return this.#store(request, new Content({ promisedBy: "the manifest", size: expected.size }));
  }

  swap(one: ComponentId, other: ComponentId): Done {
    const [a, b] = [this.#taken(one), this.#taken(other)];
    const empty = a === undefined ? one : b === undefined ? other : undefined;
    if (empty !== undefined) return { failed: `there is nothing in ${componentText(empty)}` };
    this.#put(one, b);
    this.#put(other, a);
    return "done";
  }

  invoke(component: ComponentId): Done {
    return this.#taken(component) === undefined
      ? { failed: `there is nothing in ${componentText(component)}` }
      : "done";
  }

  unlink(component: ComponentId): Done {
    this.#put(component, undefined);
    return "done";
  }

  /** Waiting takes time and does not fail; what will be waited for is said. */
  wait(events: ReadonlyMap<number, Uint8Array>): Done {
    for (const [event, bytes] of events) {
      const item = decodeItem(bytes, HEADER);
      const time = item.kind === "integer" ? BigInt(item.value) : undefined;
      const now = this.#view.time;
      if (event === WAIT.time && time !== undefined && now !== undefined && time <= now) continue;
      const name = Object.entries(WAIT).find(([, number]) => number === event)?.[0] ?? String(event);
      this.waits.push(time === undefined ? name : `${name} ${time}`);
    }
    return "done";
  }

  custom(): Done {
    return "unknown";
  }

  suppose({ code, component, expected }: Question): boolean {
    if (expected?.form === "digest" && (code === COMMAND.imageMatch || code === COMMAND.imageNotMatch)) {
      return this.#supposeImage(component, expected.digest) === (code === COMMAND.imageMatch);
    }
    const question = `${commandName(code)} of ${componentText(component)}${expected === undefined ? "" : `: ${parameterText(expected)}`}`;
    const known = this.#answers.get(question) ?? this.#impliedBySlot({ code, component, expected });
    const answer = known ?? this.#choices.choose(question);
    this.#answers.set(question, answer);
    if (answer && code === COMMAND.componentSlot) this.#answers.set(`slot of ${keyOf(component)}`, true);
    return answer;
  }

  /** A component that is in one slot is in no other. */
  #impliedBySlot({ code, component }: Question): boolean | undefined {
    return code === COMMAND.componentSlot && this.#answers.has(`slot of ${keyOf(component)}`) ? false : undefined;
  }

  #supposeImage(component: ComponentId, digest: SuitDigest): boolean {
    const content = this.#content(component);
    if (content === undefined || content.isRuledOut(digest)) return false;
    const what = parameterText({ form: "digest", digest });
    if (content.promisedBy !== undefined) this.promises.push(`${content.promisedBy} gives ${what}`);
    else if (!this.#choices.choose(`whether ${componentText(component)} holds ${what}`)) {
      content.ruleOut(digest);
      return false;
    }
    content.learn(digest);
    return true;
  }
}

/** As far as anybody here knows. */
export function isImage(content: Content | undefined, digest: SuitDigest, memory: Memory): boolean {
  const found = content?.image(digest.algorithm, false, memory);
  return found !== undefined && found !== "none" && Buffer.compare(found.digest, digest.bytes) === 0;
}
