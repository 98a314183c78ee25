/** RFC 9176 §7 — who may register under which name, and who may change a registration. The one place of the policy. */
import { type NodeId, TrustError, WireError } from "../../base/index.ts";
import type { Registration } from "./registration.ts";

export type Registrant =
  /** A node under its security context. */
  | { readonly kind: "node"; readonly node: NodeId; readonly endpoint: string }
  /** A manager under its security context: a commissioning tool (§5.2). */
  | { readonly kind: "manager"; readonly name: string }
  /** Somebody in lab mode, known by nothing but an address. */
  | { readonly kind: "host"; readonly host: string };

/** How many registrations each may have; a manager as many as there is room for. */
export const MOST_PER_OWNER = { node: 8, host: 1024 } as const;

export const nodeOwner = (node: NodeId): string => `node:${node}`;

export function ownerOf(registrant: Registrant): string {
  switch (registrant.kind) {
    case "node":
      return nodeOwner(registrant.node);
    case "manager":
      return `manager:${registrant.name}`;
    case "host":
      return `host:${registrant.host}`;
  }
}

/** Where a node is looked for: the inventory. */
export interface Inventory {
  find(id: string): { readonly id: NodeId } | undefined;
  byEndpoint(endpoint: string): { readonly id: NodeId } | undefined;
}

/** Which node speaks in a registration: who registers for others says nothing of the node itself. */
export function speakerOf({ owner, endpoint, sector }: Registration, inventory: Inventory): NodeId | undefined {
  const [kind, name = ""] = owner.split(/:(.*)/s);
  if (kind === "node") return inventory.find(name)?.id;
  return kind === "host" && sector === undefined ? inventory.byEndpoint(endpoint)?.id : undefined;
}

/** Those whose registrations are counted. */
export const countedOwner = (owner: string): boolean => !owner.startsWith("manager:");

/**
 * §5, §7.1: the name that the registration gets. A security context authorizes exactly one, so `asked` may be left out
 * there. `reserved`: names of nodes that have a security context, which an address alone cannot stand for. Throws
 * WireError `directory.parameter`, TrustError `directory.name`.
 */
export function nameFor(
  registrant: Registrant,
  asked: string | undefined,
  reserved: (endpoint: string) => boolean,
): string {
  if (registrant.kind === "node") {
    if (asked !== undefined && asked !== registrant.endpoint)
      throw new TrustError("directory.name", { endpoint: asked });
    return registrant.endpoint;
  }
  if (asked === undefined) throw new WireError("directory.parameter", { name: "ep", what: "it is missing" });
  if (registrant.kind === "host" && reserved(asked)) throw new TrustError("directory.name", { endpoint: asked });
  return asked;
}

/**
 * §7.5, first come first remembered: only who made a registration changes it, whatever the address shows. Above that
 * stand a manager, and a node that proves that the name is its own. Throws TrustError `directory.owner`.
 */
export function checkOwner(registration: Registration, registrant: Registrant): void {
  if (registrant.kind === "manager") return;
  if (registrant.kind === "node" && registrant.endpoint === registration.endpoint) return;
  if (registration.owner === ownerOf(registrant)) return;
  throw new TrustError("directory.owner", { endpoint: registration.endpoint });
}
