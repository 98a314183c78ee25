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

export interface HouseModels {
  firmware(tree: Tree): ReportedFirmware;
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

  return {
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

const child = (tree: Tree, container: Sid, leaf: Sid): Value | undefined => {
  const inner = tree.get(container);
  return isTree(inner) ? inner.get(leaf) : undefined;
};
const text = (value: Value | undefined): string | undefined => (typeof value === "string" ? value : undefined);
const number = (value: Value | undefined): number | undefined => (typeof value === "number" ? value : undefined);
const span = (value: number | undefined): Millis | undefined => (value === undefined ? undefined : seconds(value));
const digest = (value: Value | undefined): Digest | undefined =>
  value instanceof Uint8Array ? toHex(value) : undefined;

const enumNames = (node: SchemaNode): ReadonlyMap<unknown, string> =>
  new Map((node.type?.enums ?? []).map(({ name, value }) => [value, name]));

const defined = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
