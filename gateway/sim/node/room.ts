/** The weather inside: a small random walk that follows the heating, so that the reported data looks like a building. */
import type { Random } from "../../base/index.ts";
import type { Leaves } from "../speech/leaves.ts";

export interface Room {
  /** Hundredths of a degree. */
  readonly temperature: number;
  readonly humidity: number;
  readonly valve: number;
  readonly occupancy: boolean;
  /** Millivolts. */
  readonly battery: number;
  readonly windowOpen: boolean;
}

export const newRoom = (random: Random): Room => ({
  temperature: 1900 + Math.round(random.next() * 300),
  humidity: 35 + Math.round(random.next() * 20),
  valve: 30,
  occupancy: random.next() < 0.5,
  battery: 2900 + Math.round(random.next() * 100),
  windowOpen: false,
});

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
const walk = (random: Random, span: number): number => Math.round((random.next() * 2 - 1) * span);

/** One wake later, with the heating working towards `target` hundredths of a degree. */
export function nextRoom(room: Room, target: number, random: Random): Room {
  const windowOpen = random.next() < 0.02 ? !room.windowOpen : room.windowOpen;
  const pull = Math.round((target - room.temperature) / 20) - (windowOpen ? 30 : 0);
  const temperature = clamp(room.temperature + pull + walk(random, 8), -6000, 12000);
  // The valve moves in steps of 5 %: a motor that turned at every wake would empty the battery.
  const wanted = clamp(Math.round((target - temperature) / 100) * 5 + 30, 0, 100);
  return {
    temperature,
    humidity: clamp(room.humidity + walk(random, 1), 0, 100),
    valve: Math.abs(wanted - room.valve) >= 5 ? wanted : room.valve,
    occupancy: random.next() < 0.05 ? !room.occupancy : room.occupancy,
    battery: Math.max(1800, room.battery - (random.next() < 0.1 ? 1 : 0)),
    windowOpen,
  };
}

/** As reported: the battery in steps of 10 mV, the alarms as a bit mask. */
export function roomLeaves(room: Room): Leaves {
  const battery = Math.floor(room.battery / 10) * 10;
  const bits = [room.battery < 2200, room.windowOpen, false, room.temperature < 400];
  const alarm = bits.reduce((mask, set, position) => mask | (set ? 1 << position : 0), 0);
  const { temperature, humidity, valve, occupancy } = room;
  return { temperature, humidity, valve, occupancy, battery, alarm };
}
