/** The site in a Redis that several processes reach: opened with patience, since Redis may start later than we do. */
import { join } from "node:path";
import {
  type Clock,
  type CodedError,
  explain,
  isCoded,
  type Logger,
  type Millis,
  minutes,
  type Random,
  seconds,
  UsageError,
} from "../../base/index.ts";
import { openRedisHome, type RedisHome, type Stage, WITNESS } from "../../store/index.ts";
import type { Config } from "../config/index.ts";

/** What the processes of one site have in common: a board, files and commands, and what opens each port of the store. */
export type Shared = RedisHome;

export interface SharedOptions {
  /** Name of this process within the site. */
  readonly process: string;
  /** Makes the site where there is none; who does not waits for one who does. */
  readonly make: boolean;
  /** Folder of this process, where it keeps in mind how far it knows Redis to have been. */
  readonly folder: string;
  readonly restored?: Millis | undefined;
  /** What a restore into Redis has left to do. */
  readonly staged?: Stage | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Tells a person what is waited for. */
  readonly note: (sentence: string) => void;
  /** Tells each time what is waited for, for those who ask. */
  readonly waits?: (what: string, reason: string) => void;
}

const AGAIN = seconds(1);
/** How often a person is told of the same wait. */
const REMIND = minutes(1);

/**
 * Waits for a Redis that does not answer yet, and for a site that a gateway has yet to make: in any order of starting all comes
 * up by itself. What waiting does not cure is thrown: StoreErrors `store.redis` (a wrong password), `store.sites`, `store.newer`,
 * `store.lost`, `store.other-site`, UsageError `store.redis-needed`.
 */
export async function openShared(config: Config, program: string, options: SharedOptions): Promise<Shared> {
  const url = config.store.redis?.reveal();
  if (url === undefined) throw new UsageError("store.redis-needed", { program });
  const { folder, note, waits, ...rest } = options;
  const { site } = config.store;
  const witness = join(folder, WITNESS);
  for (let told: Millis | undefined; ; ) {
    try {
      return await openRedisHome({ ...rest, url, site, witness });
    } catch (error) {
      const what = isCoded(error) ? waitFor(error, options.make, site) : undefined;
      if (what === undefined || !isCoded(error)) throw error;
      waits?.(what, error.message);
      const now = options.clock.now();
      if (told === undefined || now - told >= REMIND) {
        told = now;
        note(`Waiting for ${what}: ${explain(error)}`);
        options.log.warn("redis.waiting", { reason: explain(error) });
      }
      await pause(options.clock);
    }
  }
}

/** Redis, TLS: what stays as it is until somebody changes the configuration. */
const FOR_GOOD =
  /NOAUTH|WRONGPASS|NOPERM|invalid password|certificate|self.signed|altname|wrong version number|\bERR\b/i;

/** Undefined = it would be in vain. */
function waitFor({ code, facts }: CodedError, make: boolean, site: string | undefined): string | undefined {
  const { reason, sites }: { readonly reason?: unknown; readonly sites?: unknown } = facts;
  if (code === "store.redis") return FOR_GOOD.test(String(reason)) ? undefined : "Redis";
  const isMissing = code === "store.sites" && (site !== undefined || sites === "none");
  return isMissing && !make ? "a gateway that makes the site" : undefined;
}

/** Holds the process, which has nothing else to wait for yet. */
function pause(clock: Clock): Promise<void> {
  const hold = setInterval(() => undefined, 0x7fffffff);
  return new Promise<void>((resume) => void clock.after(AGAIN, resume)).finally(() => clearInterval(hold));
}
