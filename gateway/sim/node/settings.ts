/** The node's own small tree of what it was told: set-point, mode, wake interval, periods. */
import { type Millis, seconds } from "../../base/index.ts";
import type { Edit } from "../speech/check-in.ts";

/** Leaf path, with list keys, → value. What is absent has its default. */
export type Settings = ReadonlyMap<string, unknown>;

const PATH = {
  setPoint: "/sidgate-building:room/set-point",
  mode: "/sidgate-building:room/mode",
  wakeInterval: "/sidgate-node:node/wake-interval",
} as const;
/** `enum` order of room/mode. */
const MODES = ["off", "economy", "comfort"] as const;

/** All edits of one revision, in order; null removes a leaf, a list entry or a whole container. */
export function applyEdits(settings: Settings, edits: readonly Edit[]): Settings {
  const next = new Map(settings);
  for (const { path, value } of edits) {
    if (value === null) remove(next, path);
    else next.set(path, value);
  }
  return next;
}

function remove(settings: Map<string, unknown>, path: string): void {
  for (const known of [...settings.keys()]) {
    const below = known.startsWith(`${path}/`) || known.startsWith(`${path}[`);
    if (known === path || below) settings.delete(known);
  }
}

const numberAt = (settings: Settings, path: string): number | undefined => {
  const value = settings.get(path);
  return typeof value === "number" ? value : undefined;
};

/** The temperature that the node works towards, in hundredths of a degree. */
export function targetTemperature(settings: Settings): number {
  const setPoint = Math.round((numberAt(settings, PATH.setPoint) ?? 20) * 100);
  switch (MODES[numberAt(settings, PATH.mode) ?? 2]) {
    case "off":
      return 500; // frost protection
    case "economy":
      return setPoint - 300;
    default:
      return setPoint;
  }
}

export function wakeInterval(settings: Settings, regular: Millis): Millis {
  const told = numberAt(settings, PATH.wakeInterval);
  return told === undefined ? regular : seconds(told);
}
