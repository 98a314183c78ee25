/**
 * Sections of the health message. `coap`: rates since the last look, and what OSCORE let in and refused since the start; `cache`: how
 * many looks at images memory answered;
 * `clock`: whether the gateway's clock is right; `models`: how many module sets there are, and which of them have files that are refused.
 */
import type { EngineStats, OscoreStats } from "../../coap/index.ts";
import type { Timekeeper } from "../../service/timekeeping/index.ts";
import type { CacheStats } from "../../store/index.ts";
import type { JsonObject } from "../../yang/index.ts";
import type { ModelSets } from "../models/index.ts";

type Looked = Pick<EngineStats, "datagramsIn" | "duplicates" | "blocksServed">;

/** Each call gives the rates since the call before; `now` in milliseconds of real time. */
export function coapHealth(stats: () => Looked, oscore: () => OscoreStats, now: () => number): () => JsonObject {
  let before = { at: now(), ...stats() };
  return () => {
    const after = { at: now(), ...stats() };
    const seconds = Math.max(0.001, (after.at - before.at) / 1000);
    const heard = after.datagramsIn - before.datagramsIn;
    const repeats = after.duplicates - before.duplicates;
    const figures = {
      "rx-s": round(heard / seconds),
      "retransmit-pct": round(heard === 0 ? 0 : (100 * repeats) / heard),
      "blocks-s": round((after.blocksServed - before.blocksServed) / seconds),
      oscore: oscoreHealth(oscore()),
    };
    before = after;
    return { coap: figures };
  };
}

const round = (value: number): number => Math.round(value * 10) / 10;

const oscoreHealth = (stats: OscoreStats): JsonObject => ({
  opened: stats.opened,
  "not-authentic": stats.notAuthentic,
  "unknown-context": stats.unknownContext,
  replays: stats.replays,
  challenged: stats.challenged,
  malformed: stats.badOption + stats.malformedInside,
  numberless: stats.numberless,
});

/** Each call gives the share since the call before; undefined = nothing was asked for. */
export function cacheHealth(stats: () => CacheStats | undefined): () => JsonObject {
  let before = stats();
  return () => {
    const after = stats();
    if (after === undefined) return {};
    const asked = after.asked - (before?.asked ?? 0);
    const found = after.found - (before?.found ?? 0);
    before = after;
    return { cache: { ...(asked === 0 ? {} : { "hit-pct": round((100 * found) / asked) }), bytes: after.bytes } };
  };
}

export const clockHealth = ({ synchronised, why }: Pick<Timekeeper, "synchronised" | "why">): JsonObject => ({
  clock: { synchronised, why },
});

export function modelsHealth(models: Pick<ModelSets, "list">): JsonObject {
  const refused = models.list().filter(({ fault }) => fault !== undefined);
  return { models: { sets: models.list().length, refused: refused.map(({ set }) => set ?? "default") } };
}
