/**
 * What Home Assistant shows of a node, as tables: our own modules' leaves with the names and classes that fit them, then
 * what any other module says of its leaves by `units` (RFC 7950 §7.3.3).
 */
import type { JsonObject } from "../../../gateway/yang/api.ts";
import type { LeafAt } from "../render/leaves.ts";
import { bitAt, truthAt, valueAt } from "./templates.ts";

export type Platform = "sensor" | "binary_sensor" | "update";

/** One entity, in the abbreviations of Home Assistant's discovery (components/mqtt/abbreviations.py). */
export interface Entity {
  /** Key among the components of its device. */
  readonly id: string;
  readonly platform: Platform;
  /** Last levels of the topic below `n/{node}/` from which it is fed. */
  readonly topic: string;
  readonly says: JsonObject;
}

/** Measured over and over: Home Assistant keeps statistics of it. */
const MEASURED = { stat_cla: "measurement" };
/** Beside the readings, for who looks after the device. */
const DIAGNOSTIC = { ent_cat: "diagnostic" };
/** There, but shown only when somebody asks for it. */
const ON_DEMAND = { ...DIAGNOSTIC, en: false };

type Row = readonly [
  id: string,
  platform: Platform,
  name: string,
  path: string,
  says: JsonObject,
  /** A bit of the leaf, else its value. */
  bit?: string,
];

const ROOM = "/sidgate-building:room";
const ROWS: readonly Row[] = [
  [
    "temperature",
    "sensor",
    "Temperature",
    `${ROOM}/temperature`,
    { dev_cla: "temperature", unit_of_meas: "°C", ...MEASURED },
  ],
  ["humidity", "sensor", "Humidity", `${ROOM}/humidity`, { dev_cla: "humidity", unit_of_meas: "%", ...MEASURED }],
  ["set_point", "sensor", "Set-point", `${ROOM}/set-point`, { dev_cla: "temperature", unit_of_meas: "°C" }],
  ["valve", "sensor", "Valve", `${ROOM}/valve`, { ic: "mdi:valve", unit_of_meas: "%", ...MEASURED }],
  ["occupancy", "binary_sensor", "Occupancy", `${ROOM}/occupancy`, { dev_cla: "occupancy" }],
  ["mode", "sensor", "Mode", `${ROOM}/mode`, { dev_cla: "enum", ops: ["off", "economy", "comfort"] }],
  [
    "battery",
    "sensor",
    "Battery voltage",
    `${ROOM}/battery`,
    { dev_cla: "voltage", unit_of_meas: "mV", ...MEASURED, ...DIAGNOSTIC },
  ],
  ["low_battery", "binary_sensor", "Battery", `${ROOM}/alarm`, { dev_cla: "battery", ...DIAGNOSTIC }, "low-battery"],
  ["window", "binary_sensor", "Window", `${ROOM}/alarm`, { dev_cla: "window" }, "window-open"],
  ["fault", "binary_sensor", "Sensor fault", `${ROOM}/alarm`, { dev_cla: "problem", ...DIAGNOSTIC }, "sensor-fault"],
  ["frost", "binary_sensor", "Frost", `${ROOM}/alarm`, { dev_cla: "cold" }, "frost"],
  ["uptime", "sensor", "Uptime", "/sidgate-node:node/uptime", { dev_cla: "duration", unit_of_meas: "s", ...ON_DEMAND }],
  ["boots", "sensor", "Boots", "/sidgate-node:node/boot-count", { stat_cla: "total_increasing", ...ON_DEMAND }],
];

interface Reading {
  readonly path: string;
  readonly entity: Entity;
}

/** `/m:a/b` → the module and the names on the way. */
function wayOf(path: string): { readonly module: string; readonly names: readonly string[] } {
  const names = path.split("/").filter((name) => name !== "");
  return { module: names[0]?.split(":")[0] ?? "", names };
}

/** Leaves of our own modules; a node has those whose leaves it has reported. */
export const READINGS: readonly Reading[] = ROWS.map(([id, platform, name, path, says, bit]) => {
  const { module, names } = wayOf(path);
  const template =
    bit !== undefined ? bitAt(bit, ...names) : platform === "sensor" ? valueAt(...names) : truthAt(...names);
  return { path, entity: { id, platform, topic: `data/${module}`, says: { name, ...says, val_tpl: template } } };
});

/** Units as YANG modules write them → as Home Assistant takes them, with the class that they can only be. */
const UNITS: Readonly<Record<string, JsonObject>> = {
  "degrees Celsius": { dev_cla: "temperature", unit_of_meas: "°C" },
  celsius: { dev_cla: "temperature", unit_of_meas: "°C" },
  percent: { unit_of_meas: "%" },
  volts: { dev_cla: "voltage", unit_of_meas: "V" },
  millivolts: { dev_cla: "voltage", unit_of_meas: "mV" },
  amperes: { dev_cla: "current", unit_of_meas: "A" },
  milliamperes: { dev_cla: "current", unit_of_meas: "mA" },
  watts: { dev_cla: "power", unit_of_meas: "W" },
  "watt-hours": { dev_cla: "energy", unit_of_meas: "Wh" },
  lux: { dev_cla: "illuminance", unit_of_meas: "lx" },
  pascals: { dev_cla: "pressure", unit_of_meas: "Pa" },
  hectopascals: { dev_cla: "pressure", unit_of_meas: "hPa" },
  ppm: { unit_of_meas: "ppm" },
  hertz: { dev_cla: "frequency", unit_of_meas: "Hz" },
};

/** What our own modules have stands in the tables above. */
export const isForeign = (module: string): boolean => !module.startsWith("sidgate-");
const NUMBERS: ReadonlySet<string> = new Set([
  ..."int8 int16 int32 int64 uint8 uint16 uint32 uint64 decimal64".split(" "),
]);

/** A measured leaf of somebody else's module whose units we know, or a truth; in a list it has no fixed place. */
export function foreignEntity(leaf: LeafAt): Entity | undefined {
  const { node, path, module, type } = leaf;
  if (!isForeign(module) || node.config || leaf.inList || node.kind !== "leaf") return undefined;
  const names = path.split("/");
  const id = path.replace(/[^A-Za-z0-9]+/g, "_").toLowerCase();
  const name = node.name.replaceAll("-", " ").replace(/^./, (letter) => letter.toUpperCase());
  const common = { id, topic: `data/${module}` };
  if (type.base === "boolean") {
    return { ...common, platform: "binary_sensor", says: { name, val_tpl: truthAt(...names) } };
  }
  const units = node.units === undefined || !Object.hasOwn(UNITS, node.units) ? undefined : UNITS[node.units];
  if (units === undefined || !NUMBERS.has(type.base)) return undefined;
  const counts = units["dev_cla"] === "energy" ? { stat_cla: "total_increasing" } : MEASURED;
  return { ...common, platform: "sensor", says: { name, ...units, ...counts, val_tpl: valueAt(...names) } };
}

/** What the gateway itself knows of a node. */
export const PRESENCE: readonly Entity[] = [
  {
    id: "state",
    platform: "sensor",
    topic: "state",
    says: {
      name: "State",
      dev_cla: "enum",
      ops: ["unknown", "awake", "asleep", "overdue", "lost"],
      ...DIAGNOSTIC,
      val_tpl: valueAt("state"),
    },
  },
  {
    id: "last_seen",
    platform: "sensor",
    topic: "state",
    says: { name: "Last seen", dev_cla: "timestamp", ...DIAGNOSTIC, val_tpl: valueAt("last-seen") },
  },
  {
    id: "next_wake",
    platform: "sensor",
    topic: "state",
    says: { name: "Next wake", dev_cla: "timestamp", ...DIAGNOSTIC, val_tpl: valueAt("next-wake") },
  },
  {
    id: "pending",
    platform: "sensor",
    topic: "state",
    says: { name: "Pending edits", ...DIAGNOSTIC, val_tpl: valueAt("pending") },
  },
];
