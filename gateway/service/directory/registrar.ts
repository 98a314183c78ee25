/** RFC 9176 §5 — registering, updating, removing: what is allowed becomes a fact, and is answered once it is durable. */
import { type Clock, type NodeId, UsageError, WireError } from "../../base/index.ts";
import type { FactBodies, Recorder } from "../../store/index.ts";
import { splitUri } from "../../wire/link/index.ts";
import type { Directory } from "./directory.ts";
import { type Attributes, DEFAULT_LIFETIME, limitedAttributes, type RegistrationParameters } from "./parameters.ts";
import { checkOwner, MOST_PER_OWNER, nameFor, ownerOf, type Registrant } from "./registrant.ts";
import { idOf, isGone, type Registration, sameAttributes } from "./registration.ts";

/** Where a request came from, as far as a base URI can be made of it. */
export interface Source {
  /** `scheme://host:port`; undefined when the path has no address. */
  readonly base: string | undefined;
  /** The link, for a link-local address. */
  readonly link: string | undefined;
}

/** Who asks, and from where. */
export interface Asking {
  readonly registrant: Registrant;
  readonly source: Source;
}

export interface DirectoryLimits {
  readonly registrations: number;
  /** Of their records, which stand in memory. */
  readonly bytes: number;
}

const DIRECTORY_LIMITS: DirectoryLimits = { registrations: 100_000, bytes: 64 << 20 };

export interface RegistrarOptions {
  readonly directory: Directory;
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** Is this the name of a node that has a security context? */
  readonly reserved: (endpoint: string) => boolean;
  /** The node of this name in the inventory. */
  readonly nodeOf: (endpoint: string) => NodeId | undefined;
  readonly limits?: DirectoryLimits;
}

type Base = Pick<FactBodies["directory.registered"], "base" | "fixed" | "link">;

export class Registrar {
  readonly #options: RegistrarOptions;

  constructor(options: RegistrarOptions) {
    this.#options = options;
  }

  /**
   * What a registration with these parameters would be called; nothing is recorded. Throws like `register`, as far as
   * that can be told without the links.
   */
  check(parameters: RegistrationParameters, asking: Asking): string {
    return this.#prepare(parameters, asking).id;
  }

  /**
   * §5: registers `links`, or replaces what is registered under the same name; resolves to the id. Throws WireError
   * `directory.parameter`, TrustError `directory.name` or `directory.owner`, UsageError `directory.full`.
   */
  async register(parameters: RegistrationParameters, links: string, asking: Asking): Promise<string> {
    const { recorder } = this.#options;
    const { id, before, base, body } = this.#prepare(parameters, asking);
    // What is only said again, as many nodes do, needs no second copy of the links on flash.
    if (before !== undefined && before.links === links && isRenewal(before, base, body)) {
      const { node, lifetime } = body;
      await recorder.record("directory.renewed", { registration: id, lifetime, ...(node && { node }) });
    } else {
      this.#checkBytes();
      await recorder.record("directory.registered", { ...body, ...base, links });
    }
    return id;
  }

  /** §5.3.1: resets the timeout; resolves when that is durable. Throws like `register`, and UsageError `directory.unknown`. */
  async update(id: string, parameters: RegistrationParameters, asking: Asking): Promise<Registration> {
    const { recorder } = this.#options;
    const registration = this.#owned(id, asking.registrant);
    const { endpoint, sector, lifetime = registration.lifetime } = parameters;
    for (const [name, said, known] of [
      ["ep", endpoint, registration.endpoint],
      ["d", sector, registration.sector],
    ] as const) {
      if (said === undefined || said === known) continue;
      throw new WireError("directory.parameter", { name, what: "an update cannot change it" });
    }
    const base = this.#newBase(registration, parameters, asking);
    const attributes = overridden(registration.attributes, parameters.attributes);
    const sameSaid = sameAttributes(attributes, registration.attributes);
    if (!sameSaid) this.#checkBytes();
    await recorder.record("directory.renewed", {
      registration: id,
      lifetime,
      ...this.#speaker(registration, asking.registrant),
      ...base,
      ...(sameSaid ? {} : { attributes }),
    });
    return registration;
  }

  /** §5.3.2. Throws UsageError `directory.unknown`, TrustError `directory.owner`. */
  async remove(id: string, registrant: Registrant): Promise<Registration> {
    const registration = this.#owned(id, registrant);
    const { endpoint } = registration;
    const speaker = this.#speaker(registration, registrant);
    await this.#options.recorder.record("directory.removed", {
      registration: id,
      endpoint,
      ...speaker,
      reason: "deleted",
    });
    return registration;
  }

  /** §5.3.1: what was never given follows the address, unless another than its owner renews the registration. */
  #newBase(registration: Registration, { base: given }: RegistrationParameters, asking: Asking): Partial<Base> {
    if (given === undefined && (registration.fixed || ownerOf(asking.registrant) !== registration.owner)) return {};
    const base = baseOf(given, asking);
    return sameBase(registration, base) ? {} : base;
  }

  /** Who registers for others, or under another sector, says nothing of a node in the inventory. */
  #speaker(
    { endpoint, sector }: Pick<Registration, "endpoint" | "sector">,
    registrant: Registrant,
  ): { readonly node?: NodeId } {
    if (registrant.kind === "node") return { node: registrant.node };
    const node = registrant.kind === "host" && sector === undefined ? this.#options.nodeOf(endpoint) : undefined;
    return node === undefined ? {} : { node };
  }

  #owned(id: string, registrant: Registrant): Registration {
    const registration = this.#find(id);
    if (registration === undefined) throw new UsageError("directory.unknown", { registration: id });
    checkOwner(registration, registrant);
    return registration;
  }

  #find(id: string): Registration | undefined {
    const { directory, clock } = this.#options;
    const registration = directory.find(id);
    return registration === undefined || isGone(registration, clock.now()) ? undefined : registration;
  }

  #prepare(parameters: RegistrationParameters, asking: Asking) {
    const { registrant } = asking;
    const { sector, lifetime = DEFAULT_LIFETIME, attributes } = parameters;
    const endpoint = nameFor(registrant, parameters.endpoint, this.#options.reserved);
    const id = idOf(endpoint, sector);
    const before = this.#find(id);
    if (before !== undefined) checkOwner(before, registrant);
    const base = baseOf(parameters.base, asking);
    const owner = ownerOf(registrant);
    this.#checkRoom(registrant, before);
    const body = {
      registration: id,
      endpoint,
      owner,
      lifetime,
      ...(sector === undefined ? {} : { sector }),
      ...this.#speaker({ endpoint, sector }, registrant),
      ...(attributes.length === 0 ? {} : { attributes }),
    };
    return { id, before, base, body };
  }

  #checkRoom(registrant: Registrant, before: Registration | undefined): void {
    const { directory, limits = DIRECTORY_LIMITS } = this.#options;
    const owner = ownerOf(registrant);
    if (before === undefined) {
      this.#checkBytes();
      if (directory.size >= limits.registrations) throw full(limits.registrations, "registrations");
    }
    if (registrant.kind === "manager" || before?.owner === owner) return;
    const most = MOST_PER_OWNER[registrant.kind];
    if (directory.countOf(owner) >= most) throw full(most, `registrations of one ${registrant.kind}`);
  }

  /** Before anything that makes a record longer; who only goes on living is never refused. */
  #checkBytes(): void {
    const { directory, limits = DIRECTORY_LIMITS } = this.#options;
    if (directory.bytes >= limits.bytes) throw full(limits.bytes, "bytes");
  }
}

const full = (limit: number, what: string): UsageError => new UsageError("directory.full", { limit, what });

function isRenewal(
  before: Registration,
  base: Base,
  body: Pick<FactBodies["directory.registered"], "owner" | "attributes">,
): boolean {
  return (
    before.owner === body.owner && sameBase(before, base) && sameAttributes(before.attributes, body.attributes ?? [])
  );
}

const sameBase = (registration: Registration, { base, fixed, link }: Base): boolean =>
  registration.base === base && registration.fixed === (fixed === true) && registration.link === link;

/** §5.3.1: an update overrides all values of the same name. Throws WireError `directory.parameter`. */
function overridden(before: Attributes, said: Attributes): Attributes {
  const names = new Set(said.map(([name]) => name));
  return limitedAttributes([...before.filter(([name]) => !names.has(name)), ...said]);
}

const LINK_LOCAL = /^(?:\[fe[89ab][0-9a-f]:|169\.254\.)/i;

/** §5: the base that was given, or the address of the request. Throws WireError `directory.parameter`. */
function baseOf(given: string | undefined, { registrant, source }: Asking): Base {
  if (given === undefined) {
    if (registrant.kind === "manager") throw wrongBase("who registers for others must give it");
    if (source.base === undefined) throw wrongBase("it is missing, and the request has no address to make one of");
    return { base: source.base, ...(source.link === undefined ? {} : { link: source.link }) };
  }
  const host = (splitUri(given).authority ?? "").replace(/^.*@/, "");
  if (!LINK_LOCAL.test(host)) return { base: given, fixed: true };
  // §5: it must be local to the link that the request came over.
  if (source.link === undefined) throw wrongBase("it is local to a link that the request did not come over");
  return { base: given, fixed: true, link: source.link };
}

const wrongBase = (what: string): WireError => new WireError("directory.parameter", { name: "base", what });
