/** How facts lie in a Redis stream, for the one who writes them and for those who read. */
import { StoreError } from "../../base/index.ts";
import { decodeFact } from "../fact-codec.ts";
import type { Fact } from "../facts.ts";
import type { Redis } from "../ioredis.ts";
import type { RedisPlace } from "../redis/place.ts";

export const FIELD = "fact";
export const streamOf = ({ key }: Pick<RedisPlace, "key">): string => key("journal");
export const seqOf = (id: string): number => Number.parseInt(id, 10);

export interface StreamBounds {
  readonly first: number;
  readonly last: number;
}

/** An entry as ioredis gives it: its id, then names and values in turn. */
export type StreamEntry = readonly [id: Buffer, fields: readonly Buffer[]];

export async function boundsOf(redis: Redis, stream: string): Promise<StreamBounds> {
  const [oldest] = await redis.xrange(stream, "-", "+", "COUNT", 1);
  const [newest] = await redis.xrevrange(stream, "+", "-", "COUNT", 1);
  return { first: seqOf(oldest?.[0] ?? "1"), last: seqOf(newest?.[0] ?? "0") };
}

/** Facts `from` to `to`, or those of them that are left: a trim takes away from the front. */
export async function factsBetween(redis: Redis, stream: string, from: number, to: number): Promise<readonly Fact[]> {
  const entries = await redis.xrangeBuffer(stream, `${from}-0`, `${to}-0`);
  return entries.map((entry, index) => factOf(stream, entry, seqOf(String(entries[0]?.[0])) + index));
}

/** The same as bytes, at most `count` of them. */
export async function payloadsBetween(
  redis: Redis,
  stream: string,
  { from, to, count }: { readonly from: number; readonly to: number; readonly count: number },
): Promise<readonly Uint8Array[]> {
  const entries = await redis.xrangeBuffer(stream, `${from}-0`, `${to}-0`, "COUNT", count);
  return entries.map((entry, index) => payloadOf(stream, entry, from + index));
}

export function factOf(stream: string, entry: StreamEntry, seq: number): Fact {
  const fact = decodeFact(seq, payloadOf(stream, entry, seq));
  if (fact === undefined) throw new StoreError("store.damaged", { file: stream, offset: seq });
  return fact;
}

/** XRANGE leaves holes out; a journal has none, so a missing entry is told by the id of the next. */
function payloadOf(stream: string, [id, [, payload]]: StreamEntry, seq: number): Uint8Array {
  if (payload !== undefined && String(id) === `${seq}-0`) return payload;
  throw new StoreError("store.damaged", { file: stream, offset: seq });
}
