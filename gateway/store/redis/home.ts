/**
 * A site in Redis: every port of the store over one Redis, for a gateway and a bridge that run apart. One connection asks and
 * writes; who waits for news has one of his own, since a connection that waits answers nothing else.
 */
import { randomUUID } from "node:crypto";
import {
  type Clock,
  type Closable,
  isCoded,
  Lifecycle,
  type Logger,
  type Millis,
  millis,
  type Random,
  StoreError,
} from "../../base/index.ts";
import { redisSource } from "../backup/redis-source.ts";
import type { BackupSource } from "../backup/source.ts";
import type { Stage } from "../folder/restored.ts";
import { smallFile } from "../folder/small-file.ts";
import { openRedisImages, type RedisImagesOptions } from "../images/redis.ts";
import type { CommandPort } from "../inbox.ts";
import { connectRedis, type Redis, type RedisLink, type RedisOptions } from "../ioredis.ts";
import { openJournalAt } from "../journal/redis.ts";
import { openRedisReader } from "../journal/redis-reader.ts";
import type {
  ImageStore,
  Journal,
  JournalReader,
  ListedImages,
  SequenceStore,
  SiteInfo,
  StateStore,
} from "../ports.ts";
import { RedisState } from "../state/redis.ts";
import { reasonOf } from "../system-error.ts";
import { openBoard, type RedisBoard } from "./board.ts";
import { type Claim, Claims } from "./claims.ts";
import { commandPort, serveCommands } from "./commands.ts";
import { openFiles, type SharedFiles } from "./files.ts";
import { News } from "./news.ts";
import { risksOf, riskText, runOf, setupOf } from "./persistence.ts";
import { keysOf, type RedisPlace } from "./place.ts";
import { type RedisSequenceOptions, redisSequence } from "./sequence.ts";
import { checkSite, enterSite, type KeptSite, raiseEpoch } from "./site.ts";
import { finishStage } from "./stage.ts";
import { openWitness, type Witness } from "./witness.ts";

export type { RedisImagesOptions } from "../images/redis.ts";
export type { RedisSequenceOptions } from "./sequence.ts";

/** What a process does for a site. */
export type RedisRole = "gateway" | "bridge";

export interface RedisHomeOptions {
  readonly url: string;
  /** Which site of that Redis; by default the only one. */
  readonly site?: string | undefined;
  /** Makes the site when it is not there; false = throws store.sites. By default true. */
  readonly make?: boolean;
  /** Name of this process, for claims, board and topics. */
  readonly process: string;
  /**
   * A file of this machine that remembers which site Redis held and how far its facts went, so that a Redis that comes back
   * empty or older is noticed after a restart too.
   */
  readonly witness?: string;
  /** The operator put Redis back from a copy, or goes on with what it has left: what follows gets an epoch of its own. */
  readonly restored?: Millis | undefined;
  /** What a restore was killed in front of; done first, once. */
  readonly staged?: Stage | undefined;
  /** How long a claim outlives its holder; by default ten seconds. */
  readonly lease?: Millis | undefined;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
}

export interface RedisHome extends Closable {
  readonly site: SiteInfo;
  /** Without credentials. */
  readonly url: string;
  /** What this Redis could lose, as sentences for the operator; looked at again with each connection. */
  readonly warnings: readonly string[];
  /** Redis cannot be reached now; everything that waits goes on by itself once it is back. */
  readonly away: StoreError | undefined;
  /** Why this process can do nothing more with it: it lost data, holds another site, or was taken over. It must end. */
  readonly failure: StoreError | undefined;
  onFailure(listener: (error: StoreError) => void): () => void;
  /**
   * One holder per role and name, by a lease that is renewed until it is closed. Of one that was killed it is taken over when
   * its lease has run out, at once on the same machine. Throws store.claimed while its holder lives.
   */
  claim(role: RedisRole, name?: string): Promise<Claim>;
  /** For the holder of the claim `gateway`. */
  journal(): Promise<Journal>;
  /** Over connections of its own; for everybody. */
  reader(): Promise<JournalReader>;
  /** For everybody: each projection is one process's. */
  state(): Promise<StateStore>;
  images(options: Omit<RedisImagesOptions, "news" | "log" | "clock">): Promise<ImageStore & ListedImages>;
  sequence(options: Omit<RedisSequenceOptions, "clock">): SequenceStore;
  readonly commands: {
    /** The gateway's side: takes what others ask, those first that wait already. */
    serve(port: CommandPort): Promise<Closable>;
    /** The side of who asks. */
    port(): Promise<CommandPort & Closable>;
  };
  /** For the holder of the claim `gateway`, of its data folder. */
  backup(folder: string): BackupSource;
  readonly board: RedisBoard;
  readonly files: SharedFiles;
  /** The process ends: from now on nobody waits for longer than `patience` for a Redis that is away. */
  leave(patience: Millis): void;
}

/** Throws StoreErrors store.redis, store.sites, store.newer, store.lost, store.other-site, store.claimed. */
export async function openRedisHome(options: RedisHomeOptions): Promise<RedisHome> {
  const { url, log, clock, process } = options;
  // Never twice, or two processes would hold one claim.
  const instance = `${process}-${randomUUID()}`;
  const redis: RedisOptions = { url, log, clock, name: `sidgate-${process}` };
  const link = await connectRedis(redis);
  try {
    const witness = await openWitness(options.witness === undefined ? undefined : smallFile(options.witness), clock);
    const settled = await settle(link, options, witness);
    const home = new Home(link, redis, options, { ...settled, instance, witness });
    await home.start();
    return home;
  } catch (error) {
    await link.close();
    if (isCoded(error)) throw error;
    throw new StoreError("store.redis", { url: link.url, reason: reasonOf(error) }, { cause: error });
  }
}

interface Settled {
  readonly kept: KeptSite;
  /** The facts go at least up to here. */
  readonly atLeast: number;
}

/** The site that this process belongs to, in the epoch that goes on from here. */
async function settle(link: RedisLink, options: RedisHomeOptions, witness: Witness): Promise<Settled> {
  const { site, make = true, random, restored, staged } = options;
  const { known } = witness;
  if (staged !== undefined) await finishStage(link, staged);
  const wanted = site ?? known?.site;
  const isKnown = known !== undefined && wanted === known.site;
  const kept = await enterSite(link, {
    site: wanted,
    make: make && (!isKnown || restored !== undefined),
    random,
  }).catch((error: unknown) => {
    // Not made anew under its old name: its facts would get the numbers that others had before.
    throw isKnown && isCoded(error) && error.code === "store.sites"
      ? new StoreError("store.other-site", { url: link.url, site: known.site, epoch: known.epoch })
      : error;
  });
  if (restored !== undefined) {
    const before = isKnown ? Math.max(kept.epoch, known.epoch) : kept.epoch;
    const raised = await asGateway(link, kept.site, options, () =>
      raiseEpoch(link, { ...kept, epoch: before }, restored),
    );
    options.log.warn("data.restored", { folder: link.url, before: kept.epoch, epoch: raised.epoch });
    return { kept: raised, atLeast: 0 };
  }
  if (isKnown && known.open && (await link.run((redis) => mayHaveLost(redis, known.run)))) {
    // Both ended at once, and nobody knows which facts came last. What is left counts on under an epoch of its own.
    const raised = await raiseEpoch(link, { ...kept, epoch: Math.max(kept.epoch, known.epoch) }, millis(0));
    options.log.warn("redis.may-have-lost", { url: link.url, before: kept.epoch, epoch: raised.epoch });
    return { kept: raised, atLeast: kept.epoch === known.epoch ? known.last : 0 };
  }
  if (isKnown && kept.epoch < known.epoch) {
    throw new StoreError("store.other-site", { url: link.url, site: known.site, epoch: known.epoch });
  }
  return { kept, atLeast: isKnown && kept.epoch === known.epoch ? known.last : 0 };
}

/** While nobody else is the site's gateway: one that was killed, or a restore that was, is waited for. Throws StoreError store.claimed. */
async function asGateway<T>(
  link: RedisLink,
  site: string,
  { process, lease, clock }: RedisHomeOptions,
  work: () => Promise<T>,
): Promise<T> {
  const claims = new Claims({ link, key: keysOf(site), site, process, instance: randomUUID(), lease, clock });
  await claims.claim("gateway", "gateway");
  try {
    return await work();
  } finally {
    await claims.close();
  }
}

/** Since a run of it that somebody remembers, with a setup under which it may. */
async function mayHaveLost(redis: Redis, run: string): Promise<boolean> {
  return (await runOf(redis)) !== run && risksOf(await setupOf(redis)).length > 0;
}

interface Opened extends Settled {
  readonly instance: string;
  readonly witness: Witness;
}

class Home implements RedisHome {
  readonly site: SiteInfo;
  readonly board: RedisBoard;
  readonly files: SharedFiles;
  readonly commands: RedisHome["commands"];
  readonly #link: RedisLink;
  readonly #redis: RedisOptions;
  readonly #options: RedisHomeOptions;
  readonly #witness: Witness;
  readonly #atLeast: number;
  #run = "";
  readonly #claims: Claims;
  readonly #news = new News();
  readonly #place: RedisPlace;
  readonly #parts = new Lifecycle();
  #warnings: readonly string[] = [];

  constructor(
    link: RedisLink,
    redis: RedisOptions,
    options: RedisHomeOptions,
    { kept, atLeast, instance, witness }: Opened,
  ) {
    const { process, clock, log, lease } = options;
    const key = keysOf(kept.site);
    this.#link = link;
    this.#redis = redis;
    this.#options = options;
    this.#witness = witness;
    this.#atLeast = atLeast;
    this.site = { ...kept, process };
    this.#claims = new Claims({ link, key, site: kept.site, process, instance, clock, lease });
    this.#place = { link, key, fence: () => this.#claims.fence() };
    this.board = openBoard(this.#place, this.#news, clock, process);
    this.files = openFiles(this.#place, this.#news);
    this.commands = {
      serve: async (port) => this.#parts.add(await serveCommands(this.#place, redis, { port, clock, log })),
      port: async () => this.#parts.add(await commandPort(this.#place, redis, { instance, clock, log })),
    };
  }

  async start(): Promise<void> {
    const { site } = this;
    await this.#link.checkEach((redis) => checkSite(redis, this.url, site));
    await this.#link.checkEach(async (redis) => {
      const warnings = risksOf(await setupOf(redis)).map(riskText);
      for (const text of warnings) {
        if (!this.#warnings.includes(text)) this.#options.log.warn("redis.may-lose", { url: this.url, what: text });
      }
      this.#warnings = warnings;
      this.#run = await runOf(redis);
    });
    const stream = this.#place.key("news");
    await this.#link.run((redis) => this.#news.follow(redis, this.#redis, stream));
  }

  get url(): string {
    return this.#link.url;
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  get away(): StoreError | undefined {
    return this.#link.away;
  }

  get failure(): StoreError | undefined {
    const { failure } = this.#link;
    return failure?.code === "store.closed" ? undefined : failure;
  }

  onFailure(listener: (error: StoreError) => void): () => void {
    return this.#link.onFailure(listener);
  }

  claim(role: RedisRole, name: string = role): Promise<Claim> {
    return this.#claims.claim(role, name);
  }

  async journal(): Promise<Journal> {
    const journal = await openJournalAt(this.#place, () => undefined);
    const acknowledged = this.#atLeast;
    if (journal.last < acknowledged) {
      await journal.close();
      throw new StoreError("store.lost", { url: this.url, last: journal.last, acknowledged });
    }
    this.#parts.add(await this.#witness.follow(this.site, journal, () => this.#run));
    return journal;
  }

  async reader(): Promise<JournalReader> {
    const { site } = this.site;
    return openRedisReader({ ...this.#redis, site, failed: (error) => this.#link.fail(error) });
  }

  async state(): Promise<StateStore> {
    return new RedisState(this.#place, () => undefined);
  }

  images(options: Omit<RedisImagesOptions, "news" | "log" | "clock">): Promise<ImageStore & ListedImages> {
    const { log, clock } = this.#options;
    return openRedisImages(this.#place, { ...options, news: this.#news, log, clock });
  }

  sequence(options: Omit<RedisSequenceOptions, "clock">): SequenceStore {
    return redisSequence(this.#place, { ...options, clock: this.#options.clock });
  }

  backup(folder: string): BackupSource {
    return redisSource(this.#place, { folder, site: this.site, clock: this.#options.clock });
  }

  leave(patience: Millis): void {
    this.#link.leave(patience);
  }

  async close(): Promise<void> {
    this.leave(millis(2000));
    await this.#parts.close();
    await this.#claims.close();
    await this.#news.close();
    await this.#link.close();
  }
}
