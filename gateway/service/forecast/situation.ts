/** What a forecast is made of: a campaign as it would be recorded, and what is known of each node. */
import type { Millis, NodeId } from "../../base/index.ts";
import type { FactBodies } from "../../store/index.ts";
import type { Wakes } from "./wakes.ts";

export interface ForecastNode {
  readonly id: NodeId;
  readonly mesh: string;
  /** undefined = it was never heard, so nobody knows. */
  readonly wakes: Wakes | undefined;
  /** To be fetched, in whatever form the image travels. */
  readonly bytes: number;
  readonly blockSize: number;
  /** Bytes that a wake brings, and their mean deviation. */
  readonly perWake: { readonly mean: number; readonly deviation: number };
  /** Share of the exchanges that get lost, before they are repeated. */
  readonly loss: number;
  /** Wakes from the last block to the first word of the new image. */
  readonly install: number;
  /** Share of the attempts that fail. */
  readonly failure: number;
  /** It says so itself. */
  readonly lowBattery?: boolean | undefined;
}

/** A campaign before it is recorded. */
export type Draft = Omit<FactBodies["campaign.created"], "actor">;

export interface Situation {
  readonly draft: Draft;
  /** Its targets, in any order. */
  readonly nodes: readonly ForecastNode[];
  readonly start: Millis;
  /** Of the site, for windows that name none. */
  readonly zone: string;
}

export { UNLIKELY_REASONS, UNLIKELY_TEXT, type UnlikelyReason } from "../../store/unlikely.ts";
