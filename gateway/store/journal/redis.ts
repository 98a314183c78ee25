/**
 * The journal as a Redis stream: fact `seq` has the entry id `seq-0`. A batch is written by a script that looks at the newest
 * entry first: right before the batch, and it is written; the batch itself, and the answer to it was lost on the way; lower,
 * and Redis lost facts that it had acknowledged; higher, and somebody else writes. So nothing is ever renumbered in silence.
 * Durable means acknowledged by Redis; what that survives is its `appendfsync` (redis/persistence.ts).
 */
import { StoreError } from "../../base/index.ts";
import type { Fact } from "../facts.ts";
import { asBuffer, connectRedis, script } from "../ioredis.ts";
import type { Journal } from "../ports.ts";
import { evalFenced, FENCED, type RedisPlace, type RedisSiteOptions, unfenced } from "../redis/place.ts";
import { reasonOf } from "../system-error.ts";
import { type FactBatch, GroupCommitJournal, type JournalBacking } from "./group-commit.ts";
import { boundsOf, FIELD, factsBetween, type StreamBounds, seqOf, streamOf } from "./redis-stream.ts";

/** Opens or creates the journal of a site over a connection of its own. */
export async function openRedisJournal(options: RedisSiteOptions): Promise<Journal> {
  const link = await connectRedis(options);
  try {
    return await openJournalAt(unfenced(link, options.site), () => link.close());
  } catch (error) {
    await link.close();
    throw error;
  }
}

/** Opens or creates the journal in a place that is there already. `closed`: what else ends with the journal. */
export async function openJournalAt(place: RedisPlace, closed: () => Promise<void> | void): Promise<Journal> {
  const { link } = place;
  try {
    const found = await link.run((redis) => boundsOf(redis, streamOf(place)));
    const stream = new RedisStream(place, found, closed);
    await stream.watch();
    return new GroupCommitJournal(stream);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError("store.redis", { url: link.url, reason: reasonOf(error) }, { cause: error });
  }
}

const WRITE = script(`${FENCED}
local first, count = tonumber(arg(1)), args - 1
local newest = redis.call('XREVRANGE', key(1), '+', '-', 'COUNT', 1)[1]
local last = newest and tonumber(string.match(newest[1], '^%d+')) or 0
if last == first - 1 then
  for i = 1, count do redis.call('XADD', key(1), string.format('%.0f-0', first + i - 1), '${FIELD}', arg(1 + i)) end
  return 'written'
end
if last == first + count - 1 and newest[2][2] == arg(args) then return 'written' end
return string.format('%.0f', last)
`);

/** XTRIM leaves the newest entry in its place: it tells the last number to the next start. */
const TRIM = script(`${FENCED}
local newest = redis.call('XREVRANGE', key(1), '+', '-', 'COUNT', 1)[1]
if not newest then return '0' end
local first = math.min(tonumber(arg(1)), tonumber(string.match(newest[1], '^%d+')))
redis.call('XTRIM', key(1), 'MINID', string.format('%.0f-0', first))
return redis.call('XRANGE', key(1), '-', '+', 'COUNT', 1)[1][1]
`);

class RedisStream implements JournalBacking {
  readonly name: string;
  readonly last: number;
  readonly #place: RedisPlace;
  readonly #stream: string;
  readonly #closed: () => Promise<void> | void;
  #first: number;
  /** The newest fact that Redis acknowledged to us. */
  #acknowledged: number;
  #unwatch: () => void = () => undefined;

  constructor(place: RedisPlace, found: StreamBounds, closed: () => Promise<void> | void) {
    this.name = `the journal in ${place.link.url}`;
    this.#place = place;
    this.#stream = streamOf(place);
    this.#closed = closed;
    this.#first = found.first;
    this.last = found.last;
    this.#acknowledged = found.last;
  }

  /** Looks at each new connection whether Redis still has what it acknowledged. */
  async watch(): Promise<void> {
    this.#unwatch = await this.#place.link.checkEach(async (redis) => {
      const { last } = await boundsOf(redis, this.#stream);
      if (last < this.#acknowledged) throw this.#lost(last);
    });
  }

  get first(): number {
    return this.#first;
  }

  get away(): StoreError | undefined {
    return this.#place.link.away;
  }

  async write({ first, payloads }: FactBatch): Promise<void> {
    const answer = await evalFenced(this.#place, WRITE, [this.#stream], [first, ...payloads.map(asBuffer)]);
    const end = first + payloads.length - 1;
    if (String(answer) !== "written") this.#refused(first, Number(answer));
    this.#acknowledged = end;
  }

  read(from: number, to: number): Promise<readonly Fact[]> {
    return this.#place.link.run((redis) => factsBetween(redis, this.#stream, from, to));
  }

  async size(): Promise<number> {
    return (await this.#place.link.run((redis) => redis.memory("USAGE", this.#stream))) ?? 0;
  }

  async trim(seq: number): Promise<void> {
    if (seq <= this.#first) return;
    const oldest = seqOf(String(await evalFenced(this.#place, TRIM, [this.#stream], [seq])));
    if (oldest > this.#first) this.#first = oldest;
  }

  async close(): Promise<void> {
    this.#unwatch();
    await this.#closed();
  }

  #refused(first: number, last: number): never {
    if (last >= first) throw new Error(`somebody else wrote fact ${last}`);
    const lost = this.#lost(last);
    this.#place.link.fail(lost);
    throw lost;
  }

  #lost(last: number): StoreError {
    return new StoreError("store.lost", { url: this.#place.link.url, last, acknowledged: this.#acknowledged });
  }
}
