/** Files that processes of a site share, e.g. the models of its nodes, for those that have no folder of their own. */
import { asBuffer, script } from "../ioredis.ts";
import { type News, tellNews } from "./news.ts";
import { evalFenced, FENCED, type RedisPlace } from "./place.ts";

export interface SharedFile {
  readonly name: string;
  /** Rises with each change of its bytes. */
  readonly version: number;
}

export interface SharedFiles {
  /** Those whose name begins with `prefix`, by name. */
  list(prefix?: string): Promise<readonly SharedFile[]>;
  read(name: string): Promise<(SharedFile & { readonly bytes: Uint8Array }) | undefined>;
  /** Puts a file in its place, or with `undefined` away; the same bytes again are no change. Answers the version. */
  write(name: string, bytes: Uint8Array | undefined): Promise<number>;
  /** Calls back with the name of a file that was written or put away; returns the way to stop. */
  onChange(listener: (name: string) => void): () => void;
}

const WRITE = script(`${FENCED}
local name, bytes = arg(2), arg(3)
if arg(1) == '0' then
  if redis.call('HDEL', key(2), name) == 1 then
    redis.call('HDEL', key(1), name)
    ${tellNews("key(3)", "file", "name")}
  end
  return 0
end
if redis.call('HGET', key(2), name) == bytes then return tonumber(redis.call('HGET', key(1), name)) end
redis.call('HSET', key(2), name, bytes)
local version = redis.call('HINCRBY', key(4), 'version', 1)
redis.call('HSET', key(1), name, version)
${tellNews("key(3)", "file", "name")}
return version
`);

const READ = script(`
local bytes = redis.call('HGET', KEYS[2], ARGV[1])
if not bytes then return {} end
return {redis.call('HGET', KEYS[1], ARGV[1]), bytes}
`);

export function openFiles(place: RedisPlace, news: News): SharedFiles {
  const { link, key } = place;
  const keys = [key("files"), key("files-data")];
  return {
    list: async (prefix = "") => {
      const versions = await link.run((redis) => redis.hgetall(key("files")));
      return Object.entries(versions)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, version]) => ({ name, version: Number(version) }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    read: async (name) => {
      // Both or neither.
      const [version, bytes] = (await link.eval(READ, keys, [name])) as readonly Buffer[];
      return version && bytes && { name, version: Number(String(version)), bytes };
    },
    write: async (name, bytes) => {
      const args = [bytes === undefined ? 0 : 1, name, bytes === undefined ? "" : asBuffer(bytes)];
      // The counter never goes back, so that a file that was put away and comes again has a version of its own.
      return Number(await evalFenced(place, WRITE, [...keys, key("news"), key("counters")], args));
    },
    onChange: (listener) => news.on("file", listener),
  };
}
