/**
 * Images in Redis, in parts, with the files of this machine as their copy: blocks are answered from the files, whether Redis is
 * there or not. An image is seen by nobody before Redis has all of it; what other processes took in, or put away, follows here.
 */
import { type Clock, every, isCoded, type Logger, minutes, StoreError, type Timer } from "../../base/index.ts";
import type { Digest } from "../facts.ts";
import { asBuffer, type Redis, script } from "../ioredis.ts";
import type { CacheStats, ImageStore, ListedImages, Received, ReceiveOptions, StoredImage } from "../ports.ts";
import { type News, tellNews } from "../redis/news.ts";
import { evalFenced, FENCED, type RedisPlace } from "../redis/place.ts";
import { reasonOf } from "../system-error.ts";
import { type FileImagesOptions, openFileImages } from "./file.ts";
import { PART, readParts } from "./redis-parts.ts";

export interface RedisImagesOptions extends FileImagesOptions {
  readonly clock: Clock;
  readonly news: News;
  readonly log: Logger;
}

/** An image that is not whole after so long was given up. */
const UNFINISHED = 3_600_000;
const RETRY = minutes(1);

/** Parts come one by one; what is never finished vanishes by itself. */
const PUT_PART = script(`${FENCED}
redis.call('HSET', key(1), arg(1), arg(2))
redis.call('PEXPIRE', key(1), arg(3))
`);

/** Whole only when all parts are there. A part that ran out means that the image must be sent again. */
const FINISH = script(`${FENCED}
if redis.call('HGET', key(2), arg(1)) then return 1 end
if redis.call('HLEN', key(1)) ~= tonumber(arg(3)) then return 0 end
redis.call('PERSIST', key(1))
redis.call('HSET', key(2), arg(1), arg(2))
redis.call('SREM', key(3), arg(1))
${tellNews("key(4)", "image", "arg(1)")}
return 1
`);

/** Who was not there learns from the list of those put away that its copy is not one which Redis has lost. */
const REMOVE = script(`${FENCED}
redis.call('DEL', key(1))
local listed = redis.call('HDEL', key(2), arg(1)) == 1
if listed or arg(2) == '1' then
  redis.call('SADD', key(3), arg(1))
  ${tellNews("key(4)", "image", "arg(1)")}
end
`);

/** Opens the images of a site: what Redis has is fetched, what was put away goes, before it resolves. */
export async function openRedisImages(
  place: RedisPlace,
  options: RedisImagesOptions,
): Promise<ImageStore & ListedImages> {
  const images = new RedisImages(place, await openFileImages(options), options);
  await images.start();
  return images;
}

class RedisImages implements ImageStore, ListedImages {
  readonly #place: RedisPlace;
  readonly #files: ImageStore & ListedImages;
  readonly #options: RedisImagesOptions;
  /** One at a time: an image that is fetched while it is put away would come back. */
  #work: Promise<void> = Promise.resolve();
  /** Could not be fetched, e.g. for want of room: tried again. */
  readonly #missing = new Set<Digest>();
  #retry: Timer | undefined;
  #closed = false;
  #unhear: () => void = () => undefined;

  constructor(place: RedisPlace, files: ImageStore & ListedImages, options: RedisImagesOptions) {
    this.#place = place;
    this.#files = files;
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#unhear = this.#options.news.on("image", (digest) => void this.#follow(digest));
    const { link, key } = this.#place;
    const listed = await link.run((redis) => redis.hkeys(key("images")));
    for (const digest of new Set([...listed, ...this.#files.digests()])) await this.#follow(digest);
    if (link.failure !== undefined) throw link.failure;
    this.#retry = every(this.#options.clock, RETRY, () => {
      for (const digest of this.#missing) void this.#follow(digest);
    });
  }

  async receive(source: AsyncIterable<Uint8Array>, options: ReceiveOptions): Promise<Received> {
    const received = await this.#files.receive(source, options);
    return { ...received, keep: () => this.#inTurn(() => this.#keep(received)) };
  }

  open(digest: Digest): StoredImage | undefined {
    return this.#files.open(digest);
  }

  digests(): readonly Digest[] {
    return this.#files.digests();
  }

  get cache(): CacheStats | undefined {
    return this.#files.cache;
  }

  async remove(digest: Digest): Promise<void> {
    await this.#inTurn(async () => {
      await this.#writing(digest, () => this.#removeThere(digest));
      await this.#files.remove(digest);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    this.#unhear();
    await this.#work;
    await this.#files.close();
  }

  async #keep(received: Received): Promise<void> {
    const { digest, size } = received;
    await this.#writing(digest, () => this.#send(digest, size, (offset, length) => received.read(offset, length)));
    try {
      await received.keep();
    } catch (error) {
      // Perhaps on no disk of this machine: nobody may count on it, here or elsewhere.
      if (this.#files.open(digest) === undefined) await this.#removeThere(digest).catch(() => undefined);
      throw error;
    }
  }

  async #send(
    digest: Digest,
    size: number,
    read: (offset: number, length: number) => Promise<Uint8Array>,
  ): Promise<void> {
    const { link, key } = this.#place;
    const listed = (redis: Redis): Promise<number> => redis.hexists(key("images"), digest);
    if ((await link.run(listed)) === 1) return;
    const parts = Math.ceil(size / PART);
    for (let n = 0; n < parts; n++) {
      await evalFenced(
        this.#place,
        PUT_PART,
        [this.#partsOf(digest)],
        [n, asBuffer(await read(n * PART, PART)), UNFINISHED],
      );
    }
    const whole = await evalFenced(this.#place, FINISH, this.#keys(digest), [digest, size, parts]);
    if (whole !== 1) throw new Error(`${link.url} does not hold all of its ${parts} parts`);
  }

  async #removeThere(digest: Digest): Promise<void> {
    const here = this.#files.digests().includes(digest);
    await evalFenced(this.#place, REMOVE, this.#keys(digest), [digest, here ? 1 : 0]);
  }

  async #follow(digest: Digest): Promise<void> {
    try {
      await this.#inTurn(() => this.#settle(digest));
      this.#missing.delete(digest);
    } catch (error) {
      this.#missing.add(digest);
      this.#options.log.warn("image.not-fetched", { digest, reason: reasonOf(error) });
    }
  }

  /** Makes this machine's copy what Redis says: there, put away, or lost there and sent again. */
  async #settle(digest: Digest): Promise<void> {
    if (this.#closed) return;
    const { link, key } = this.#place;
    const [size, removed] = await link.run(async (redis) => [
      await redis.hget(key("images"), digest),
      await redis.sismember(key("images-removed"), digest),
    ]);
    const here = this.#files.open(digest);
    if (size !== null && here === undefined) await this.#fetch(digest, Number(size));
    else if (size === null && here !== undefined && removed === 1) await this.#files.remove(digest);
    else if (size === null && here !== undefined) {
      await this.#writing(digest, () => this.#send(digest, here.size, async (at, length) => here.slice(at, length)));
    }
  }

  async #fetch(digest: Digest, size: number): Promise<void> {
    const received = await this.#files.receive(readParts(this.#place, this.#partsOf(digest), size), {
      name: digest,
      maxBytes: size,
    });
    if (received.digest === digest) return received.keep();
    await received.discard();
    throw new StoreError("store.damaged", { file: this.#partsOf(digest), offset: 0 });
  }

  async #writing(digest: Digest, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (isCoded(error)) throw error;
      throw new StoreError(
        "store.write-failed",
        { what: `image ${digest}`, reason: reasonOf(error) },
        { cause: error },
      );
    }
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }

  #partsOf(digest: Digest): string {
    return this.#place.key(`image:${digest}`);
  }

  #keys(digest: Digest): readonly string[] {
    const { key } = this.#place;
    return [this.#partsOf(digest), key("images"), key("images-removed"), key("news")];
  }
}
