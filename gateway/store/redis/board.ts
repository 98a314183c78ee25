/** What the processes of a site tell of themselves: a row each, which vanishes when it is not told again. */
import { type Clock, every, type Millis, seconds } from "../../base/index.ts";
import type { Json } from "../../yang/api.ts";
import { script } from "../ioredis.ts";
import { type News, tellNews } from "./news.ts";
import type { RedisPlace } from "./place.ts";

export interface BoardRow {
  readonly process: string;
  readonly told: { readonly [name: string]: Json };
}

export interface RedisBoard {
  /** Replaces the row of this process. Never throws and never waits for a Redis that is away: it is told again soon. */
  post(told: BoardRow["told"], ttl: Millis): Promise<void>;
  /** Rows of all processes that have told something lately, by their names. */
  rows(): Promise<readonly BoardRow[]>;
  /** Calls back when a row came, changed or went; returns the way to stop. */
  onChange(listener: () => void): () => void;
}

/** News only when it says something else: a row is told again and again. */
const POST = script(`
local before = redis.call('GET', KEYS[2])
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
if before ~= ARGV[2] then ${tellNews("KEYS[3]", "board", "ARGV[1]")} end
`);

const ROWS = script(`
local rows = {}
for _, name in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local row = redis.call('GET', ARGV[1] .. name)
  if row then rows[#rows + 1] = name rows[#rows + 1] = row else redis.call('SREM', KEYS[1], name) end
end
return rows
`);

/** A row that vanishes is no news. */
const LOOK_EVERY = seconds(5);

export function openBoard(place: RedisPlace, news: News, clock: Clock, process: string): RedisBoard {
  const { link, key } = place;
  const rowKey = (name: string): string => key(`board:${name}`);
  const texts = async (): Promise<readonly string[]> => {
    const answer = await link.eval(ROWS, [key("board")], [rowKey("")]);
    return Array.isArray(answer) ? answer.map(String) : [];
  };
  return {
    post: async (told, ttl) => {
      if (link.away !== undefined || link.failure !== undefined) return;
      const keys = [key("board"), rowKey(process), key("news")];
      await link.eval(POST, keys, [process, JSON.stringify(told), ttl]).catch(() => undefined);
    },
    rows: async () => rowsOf(await texts()),
    onChange: (listener) => {
      const unhear = news.on("board", listener);
      let before = 0;
      const timer = every(clock, LOOK_EVERY, () => {
        if (link.away !== undefined) return;
        texts().then(
          ({ length }) => {
            if (length < before) listener();
            before = length;
          },
          () => undefined,
        );
      });
      return () => {
        unhear();
        timer.cancel();
      };
    },
  };
}

function rowsOf(texts: readonly string[]): readonly BoardRow[] {
  const rows: BoardRow[] = [];
  for (let at = 0; at + 1 < texts.length; at += 2) {
    // Written by `post` of some process.
    rows.push({ process: texts[at] ?? "", told: JSON.parse(texts[at + 1] ?? "{}") as BoardRow["told"] });
  }
  return rows.sort((a, b) => (a.process < b.process ? -1 : 1));
}
