/**
 * What the services read from a node's tree: our own YANG modules by name, numbers by the loaded .sid files. They are in
 * every module set and no set may bring others, so their numbers are the same in all of them.
 */
import { BugError, type Millis, seconds, toHex } from "../../base/index.ts";
import { type Digest, PHASES, type Phase } from "../../store/index.ts";
import {
  isLocal,
  isTree,
  perSchema,
  type Schema,
  type SchemaNode,
  type Sid,
  type Tree,
  type Value,
} from "../../yang/index.ts";

/** A node of a module that the product cannot do without. Throws BugError `service.bug` when it is not loaded. */
export function houseNode(schema: Schema, path: string): SchemaNode {
  const node = schema.byPath(path);
  if (node === undefined || isLocal(node.sid)) throw new BugError("service.bug", { what: `the schema has no ${path}` });
  return node;
}

/** The value of an enum by its name. Throws BugError `service.bug` for a name that the module does not have. */
export function enumValue(schema: Schema, path: string, name: string): number {
  const found = houseNode(schema, path).type?.enums?.find((known) => known.name === name);
  if (found === undefined) throw new BugError("service.bug", { what: `${path} has no ${name}` });
  return found.value;
}

/** What the gateway's own datastore has; no node's has it. */
const GATEWAY_PATHS = ["/sidgate-gateway:gateway", "/sidgate-firmware:images", "/sidgate-access:access"] as const;

/** Top-level SIDs that only the gateway's own datastore has. */
export const gatewaySids = perSchema(
  (schema: Schema): ReadonlySet<Sid> => new Set(GATEWAY_PATHS.map((path) => houseNode(schema, path).sid)),
);

/** What a report says about firmware; absent = not said. */
export interface ReportedFirmware {
  readonly running?: Digest;
  readonly version?: string;
  readonly phase?: Phase;
  readonly wanted?: Digest;
  readonly received?: number;
  readonly reason?: string;
}

/** What a node says of its manifest processor (sidgate-suit); absent = not said. */
export interface ReportedSuit {
  /** UUIDs, 16 bytes each. */
  readonly vendor?: Uint8Array;
  readonly class?: Uint8Array;
  /** Of the last manifest that it installed. */
  readonly sequence?: bigint;
  /** It believes a MAC of its gateway in place of a signature. */
  readonly gatewayMac: boolean;
  /** SUIT_Capability_Report and SUIT_Report as the node wrote them. */
  readonly capabilities?: Uint8Array;
  readonly report?: Uint8Array;
  readonly components: readonly ReportedComponent[];
}

export interface ReportedComponent {
  readonly index: number;
  /** SUIT_Component_Identifier, encoded. */
  readonly id?: Uint8Array;
  readonly digest?: Digest;
  readonly size?: number;
  readonly version?: string;
  readonly slot?: number;
  readonly capacity?: number;
}

export interface HouseModels {
  firmware(tree: Tree): ReportedFirmware;
  /** undefined = the node told nothing of SUIT, or this report did not. */
  suit(tree: Tree): ReportedSuit | undefined;
  model(tree: Tree): string | undefined;
  wakeInterval(tree: Tree): Millis | undefined;
  awakeTime(tree: Tree): Millis | undefined;
}

/** From any schema. Throws BugError `service.bug` when one of our modules is not loaded. */
export function houseModels(schema: Schema): HouseModels {
  const sid = (path: string): Sid => houseNode(schema, path).sid;
  const node = sid("/sidgate-node:node");
  const model = sid("/sidgate-node:node/model");
  const interval = sid("/sidgate-node:node/wake-interval");
  const awake = sid("/sidgate-node:node/awake-time");
  const firmware = sid("/sidgate-firmware:firmware");
  const running = sid("/sidgate-firmware:firmware/running-digest");
  const version = sid("/sidgate-firmware:firmware/running-version");
  const phase = sid("/sidgate-firmware:firmware/phase");
  const wanted = sid("/sidgate-firmware:firmware/wanted-digest");
  const received = sid("/sidgate-firmware:firmware/received");
  const reason = sid("/sidgate-firmware:firmware/reason");
  const phaseNames = enumNames(houseNode(schema, "/sidgate-firmware:firmware/phase"));
  const reasonNames = enumNames(houseNode(schema, "/sidgate-firmware:firmware/reason"));

  const suit = suitReader(sid);

  return {
    suit,
    firmware: (tree) => {
      const container = tree.get(firmware);
      if (!isTree(container)) return {};
      const phaseName = phaseNames.get(container.get(phase));
      const known = PHASES.find((name) => name === phaseName);
      return {
        ...defined("running", digest(container.get(running))),
        ...defined("version", text(container.get(version))),
        ...defined("phase", known),
        ...defined("wanted", digest(container.get(wanted))),
        ...defined("received", number(container.get(received))),
        ...defined("reason", reasonNames.get(container.get(reason))),
      };
    },
    model: (tree) => text(child(tree, node, model)),
    wakeInterval: (tree) => span(number(child(tree, node, interval))),
    awakeTime: (tree) => span(number(child(tree, node, awake))),
  };
}

/** Apart, since few reports have it: on the way of all others it costs one look-up. */
function suitReader(sid: (path: string) => Sid): HouseModels["suit"] {
  const container = sid("/sidgate-suit:suit");
  const of = (leaf: string): Sid => sid(`/sidgate-suit:suit/${leaf}`);
  const vendor = of("vendor-identifier");
  const classOf = of("class-identifier");
  const sequence = of("sequence-number");
  const gatewayMac = of("gateway-mac");
  const capabilities = of("capabilities");
  const report = of("report");
  const component = of("component");
  const index = of("component/index");
  const id = of("component/id");
  const digestAt = of("component/digest");
  const size = of("component/size");
  const version = of("component/version");
  const slot = of("component/slot");
  const capacity = of("component/capacity");

  const componentIn = (entry: Tree): ReportedComponent => ({
    index: number(entry.get(index)) ?? 0,
    ...defined("id", bytes(entry.get(id))),
    ...defined("digest", digest(entry.get(digestAt))),
    ...defined("size", number(entry.get(size))),
    ...defined("version", text(entry.get(version))),
    ...defined("slot", number(entry.get(slot))),
    ...defined("capacity", number(entry.get(capacity))),
  });

  return (tree) => {
    const told = tree.get(container);
    if (!isTree(told)) return undefined;
    const entries = told.get(component);
    return {
      ...defined("vendor", bytes(told.get(vendor))),
      ...defined("class", bytes(told.get(classOf))),
      ...defined("sequence", wide(told.get(sequence))),
      gatewayMac: told.has(gatewayMac),
      ...defined("capabilities", bytes(told.get(capabilities))),
      ...defined("report", bytes(told.get(report))),
      components: Array.isArray(entries) ? entries.filter(isTree).map(componentIn) : [],
    };
  };
}

const child = (tree: Tree, container: Sid, leaf: Sid): Value | undefined => {
  const inner = tree.get(container);
  return isTree(inner) ? inner.get(leaf) : undefined;
};
const text = (value: Value | undefined): string | undefined => (typeof value === "string" ? value : undefined);
const number = (value: Value | undefined): number | undefined => (typeof value === "number" ? value : undefined);
const bytes = (value: Value | undefined): Uint8Array | undefined => (value instanceof Uint8Array ? value : undefined);
const wide = (value: Value | undefined): bigint | undefined =>
  typeof value === "bigint" || typeof value === "number" ? BigInt(value) : undefined;
const span = (value: number | undefined): Millis | undefined => (value === undefined ? undefined : seconds(value));
const digest = (value: Value | undefined): Digest | undefined =>
  value instanceof Uint8Array ? toHex(value) : undefined;

const enumNames = (node: SchemaNode): ReadonlyMap<unknown, string> =>
  new Map((node.type?.enums ?? []).map(({ name, value }) => [value, name]));

const defined = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
