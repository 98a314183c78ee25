/** A recipient in memory: knows everything of itself, does what it is told, and can be made slow, forgetful or broken. */

import {
  type Copying,
  type CustomDone,
  type Device,
  type Done,
  type Fetching,
  type FoundImage,
  type Identifier,
  type IdentifierKind,
  type ImageQuery,
  type Known,
  keyOf,
  openDependency,
  type Program,
  type SyncDevice,
  type Writing,
} from "../../../../gateway/service/trust/processor/index.ts";
import { type ComponentId, digestOf, readEnvelope, type SuitDigest } from "../../../../gateway/wire/suit/index.ts";
import { uuid } from "./workshop.ts";

export interface Making {
  readonly components?: ReadonlyArray<readonly [id: ComponentId, content?: Uint8Array | undefined]>;
  readonly network?: Readonly<Record<string, Uint8Array>>;
  readonly vendor?: string;
  readonly class?: string;
  readonly slot?: Known<bigint>;
  readonly battery?: Known<bigint>;
  readonly time?: Known<bigint>;
  readonly version?: Known<readonly number[]>;
  readonly leave?: Known<boolean>;
  readonly unsupported?: {
    readonly commands?: readonly number[];
    readonly parameters?: readonly number[];
    readonly algorithms?: readonly number[];
  };
  readonly fails?: Readonly<Partial<Record<"fetch" | "copy" | "write" | "swap" | "invoke" | "unlink" | "wait", Done>>>;
  readonly forgets?: readonly string[];
  /** Of examples whose digests nobody can make an image for: what stands for such an image. */
  readonly claims?: ReadonlyMap<string, { readonly digest: Uint8Array; readonly size: bigint }>;
}

const same = (name: string): readonly Identifier[] => [{ form: "identifier", bytes: uuid(name), tagged: false }];

export class MemoryDevice implements SyncDevice {
  readonly maxComponents = 8;
  readonly did: string[] = [];
  readonly stored: Map<string, Uint8Array | undefined>;
  readonly #making: Making;

  constructor(making: Making = {}) {
    this.#making = making;
    this.stored = new Map((making.components ?? []).map(([id, content]) => [keyOf(id), content]));
  }

  #forgot(what: string): boolean {
    return this.#making.forgets?.includes(what) === true;
  }

  supports(what: "command" | "parameter" | "algorithm", label: number): boolean {
    return this.#making.unsupported?.[`${what}s`]?.includes(label) !== true;
  }
  has(component: ComponentId): boolean {
    return this.stored.has(keyOf(component));
  }
  identifiers(kind: IdentifierKind): Known<readonly Identifier[]> {
    if (this.#forgot(kind)) return "unknown";
    return same(
      kind === "vendor" ? (this.#making.vendor ?? "acme") : kind === "class" ? (this.#making.class ?? "lamp") : "this",
    );
  }
  slot(): Known<bigint> {
    return this.#making.slot ?? 0n;
  }
  image(component: ComponentId, { algorithm, manifestOnly }: ImageQuery): Known<FoundImage | undefined> {
    if (this.#forgot("image")) return "unknown";
    const content = this.stored.get(keyOf(component));
    if (content === undefined) return undefined;
    const claim = this.#making.claims?.get(Buffer.from(content).toString());
    if (claim !== undefined) return claim;
    const counted = manifestOnly ? readEnvelope(content).manifest.item : content;
    return { digest: digestOf(counted, algorithm).bytes, size: BigInt(content.length) };
  }
  content(component: ComponentId, length: number): Known<Uint8Array | undefined> {
    if (this.#forgot("content")) return "unknown";
    return this.stored.get(keyOf(component))?.subarray(0, length);
  }
  version(): Known<readonly number[]> {
    return this.#making.version ?? [1, 4, 2];
  }
  battery(): Known<bigint> {
    return this.#making.battery ?? 500n;
  }
  time(): Known<bigint> {
    return this.#making.time ?? 1_000n;
  }
  authorises(priority: bigint): Known<boolean> {
    return this.#making.leave ?? priority <= 0n;
  }
  dependency(component: ComponentId, digest: SuitDigest): Known<Program | { readonly failed: string }> {
    if (this.#forgot("dependency")) return "unknown";
    const content = this.stored.get(keyOf(component));
    if (content === undefined) return { failed: "it is not there" };
    try {
      return openDependency(content, digest);
    } catch (error) {
      return { failed: error instanceof Error ? error.message : "?" };
    }
  }

  #store(into: ComponentId, content: Uint8Array | undefined, why: string): Done {
    if (content === undefined) return { failed: why };
    this.stored.set(keyOf(into), content);
    return "done";
  }
  #does(what: keyof NonNullable<Making["fails"]>, note: string, act: () => Done): Done {
    this.did.push(note);
    return this.#making.fails?.[what] ?? act();
  }
  fetch({ uri, into, args }: Fetching): Done {
    const note = args === undefined ? `fetch ${uri}` : `fetch ${uri} with ${Buffer.from(args)}`;
    return this.#does("fetch", note, () => this.#store(into, this.#making.network?.[uri], `${uri} answers 4.04`));
  }
  copy({ from, into }: Copying): Done {
    return this.#does("copy", "copy", () =>
      this.#store(into, this.stored.get(keyOf(from)), "there is nothing to copy"),
    );
  }
  write({ into, content }: Writing): Done {
    return this.#does("write", "write", () => this.#store(into, content, ""));
  }
  swap(one: ComponentId, other: ComponentId): Done {
    return this.#does("swap", "swap", () => {
      const [a, b] = [this.stored.get(keyOf(one)), this.stored.get(keyOf(other))];
      if (a === undefined || b === undefined) return { failed: "there is nothing to swap" };
      this.stored.set(keyOf(one), b).set(keyOf(other), a);
      return "done";
    });
  }
  invoke(_component: ComponentId, args: Uint8Array | undefined): Done {
    return this.#does("invoke", args === undefined ? "invoke" : `invoke ${Buffer.from(args)}`, () => "done");
  }
  unlink(component: ComponentId): Done | "last" {
    this.did.push("unlink");
    this.stored.set(keyOf(component), undefined);
    return this.#making.fails?.unlink ?? "last";
  }
  wait(events: ReadonlyMap<number, Uint8Array>): Done {
    return this.#does("wait", `wait ${[...events.keys()]}`, () => "done");
  }
  custom(code: number): CustomDone {
    this.did.push(`custom ${code}`);
    if (code === -259) return { missed: "the door open" };
    return code === -257 ? "done" : { failed: "it does not know how" };
  }
}

/** The same device, whose every answer comes later. */
export function slowly(device: MemoryDevice): Device {
  const later = <T>(value: T): Promise<T> => Promise.resolve().then(() => value);
  return {
    maxComponents: device.maxComponents,
    supports: (what, label) => device.supports(what, label),
    has: (component) => device.has(component),
    identifiers: (kind) => later(device.identifiers(kind)),
    slot: () => later(device.slot()),
    image: (component, query) => later(device.image(component, query)),
    content: (component, length) => later(device.content(component, length)),
    version: () => later(device.version()),
    battery: () => later(device.battery()),
    time: () => later(device.time()),
    authorises: (priority) => later(device.authorises(priority)),
    dependency: (component, digest) => later(device.dependency(component, digest)),
    fetch: (request) => later(device.fetch(request)),
    copy: (request) => later(device.copy(request)),
    write: (request) => later(device.write(request)),
    swap: (one, other) => later(device.swap(one, other)),
    invoke: (component, args) => later(device.invoke(component, args)),
    unlink: (component) => later(device.unlink(component)),
    wait: (events) => later(device.wait(events)),
    custom: (code) => later(device.custom(code)),
  };
}
