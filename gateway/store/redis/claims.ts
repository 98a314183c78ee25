/**
 * Who does what for a site: one process per role and name, by a lease that it renews. Each new holder gets a higher token, and
 * every write looks at it (place.ts), so one that stood still for too long writes nothing more. Its own token stays good while
 * nobody else wanted it: that Redis was away for an hour takes nothing from anybody.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { type Clock, type Closable, every, type Millis, millis, StoreError, type Timer } from "../../base/index.ts";
import { type RedisLink, script } from "../ioredis.ts";
import { systemCode } from "../system-error.ts";
import type { Fence, RedisPlace } from "./place.ts";

export interface Claim extends Closable {
  readonly role: string;
  readonly name: string;
  /** Higher than that of every holder before. */
  readonly token: number;
}

/** Who asks: shown to others, and looked for by a successor on the same machine. */
interface Holder {
  readonly instance: string;
  readonly process: string;
  readonly host: string;
  readonly pid: number;
  /** One boot of one machine, and the process numbers of one container there. */
  readonly machine: string;
}

/** How long a holder that says nothing keeps its claim. */
const LEASE = millis(10_000);
const LOOK_AGAIN = millis(250);

const CLAIM = script(`
local held = redis.call('GET', KEYS[2])
if held and held ~= ARGV[1] and held ~= ARGV[4] then
  return {'held', held, redis.call('HGET', KEYS[1], 'holder') or '{}', tostring(redis.call('PTTL', KEYS[2]))}
end
if redis.call('HGET', KEYS[1], 'instance') ~= ARGV[1] then
  redis.call('HINCRBY', KEYS[1], 'token', 1)
  redis.call('HSET', KEYS[1], 'instance', ARGV[1], 'holder', ARGV[2])
end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[3])
redis.call('SADD', KEYS[3], ARGV[5])
return {'mine', redis.call('HGET', KEYS[1], 'token')}
`);

const RENEW = script(`
if redis.call('HGET', KEYS[1], 'instance') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return 1
`);

const RELEASE = script(`
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
`);

export interface ClaimsOptions {
  readonly link: RedisLink;
  readonly key: RedisPlace["key"];
  readonly site: string;
  readonly process: string;
  readonly instance: string;
  readonly clock: Clock;
  readonly lease?: Millis | undefined;
}

export class Claims {
  readonly #options: ClaimsOptions;
  readonly #held = new Map<string, Claim>();
  readonly #holder: Holder;
  readonly #lease: Millis;

  constructor(options: ClaimsOptions) {
    this.#options = options;
    this.#lease = options.lease ?? LEASE;
    const { instance, process: name } = options;
    this.#holder = { instance, process: name, host: hostname(), pid: process.pid, machine: machineOf() };
  }

  fence(): Fence {
    const claims = [...this.#held.values()];
    return {
      keys: claims.map(({ role, name }) => this.#keys(role, name)[0]),
      tokens: claims.map(({ token }) => String(token)),
    };
  }

  /** Waits while the lease of one that may be dead runs out. Throws store.claimed when its holder lives. */
  async claim(role: string, name: string): Promise<Claim> {
    const before = this.#held.get(`${role}/${name}`);
    if (before !== undefined) return before;
    const { clock } = this.#options;
    let dead = "";
    for (let leftBefore = Infinity; ; ) {
      const [answer, what, holder, left] = await this.#ask(role, name, dead);
      if (answer === "mine") return this.#hold(role, name, Number(what));
      const found = parseHolder(holder);
      if (found !== undefined && this.#isDead(found)) dead = found.instance;
      else {
        // Its lease has grown: it said again that it lives.
        if (Number(left) > leftBefore) throw this.#claimed(role, found);
        leftBefore = Number(left);
        await new Promise<void>((resume) => void clock.after(LOOK_AGAIN, resume));
      }
    }
  }

  async #ask(role: string, name: string, dead: string): Promise<readonly string[]> {
    const { link, key } = this.#options;
    const keys = [...this.#keys(role, name), key("claims")];
    const { instance } = this.#holder;
    const args = [instance, JSON.stringify(this.#holder), this.#lease, dead, `${role}:${name}`];
    const answer = await link.eval(CLAIM, keys, args);
    return Array.isArray(answer) ? answer.map(String) : [];
  }

  #hold(role: string, name: string, token: number): Claim {
    const { link, clock } = this.#options;
    const keys = this.#keys(role, name);
    const { instance } = this.#holder;
    let renewing = false;
    const renew = async (): Promise<void> => {
      if (renewing) return;
      renewing = true;
      try {
        if ((await link.eval(RENEW, keys, [instance, this.#lease])) !== 1) {
          link.fail(new StoreError("store.fenced", { url: link.url }));
        }
      } catch {
        // The link has said why; whoever writes hears of it.
      } finally {
        renewing = false;
      }
    };
    const timer: Timer = every(clock, millis(this.#lease / 3), () => void renew());
    const claim: Claim = {
      role,
      name,
      token,
      close: async () => {
        timer.cancel();
        if (!this.#held.delete(`${role}/${name}`) || link.failure !== undefined || link.away !== undefined) return;
        await link.eval(RELEASE, keys, [instance]).catch(() => undefined); // it runs out by itself
      },
    };
    this.#held.set(`${role}/${name}`, claim);
    return claim;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#held.values()].map((claim) => claim.close()));
  }

  #keys(role: string, name: string): readonly [fence: string, lease: string] {
    return claimKeys(this.#options.key, role, name);
  }

  /** Certain only where both share a machine and see the same processes. */
  #isDead({ machine, pid, instance }: Holder): boolean {
    if (machine === "" || machine !== this.#holder.machine || instance === this.#holder.instance) return false;
    // Two of one process, as in a test, are both alive.
    if (pid === process.pid) return false;
    try {
      process.kill(pid, 0);
      return false;
    } catch (error) {
      return systemCode(error) === "ESRCH";
    }
  }

  #claimed(role: string, holder: Holder | undefined): StoreError {
    return new StoreError("store.claimed", { role, site: this.#options.site, holder: describe(holder) });
  }
}

/** What outlives a holder, and what does not. */
export const claimKeys = (
  key: RedisPlace["key"],
  role: string,
  name: string,
): readonly [fence: string, lease: string] => [key(`claim:${role}:${name}`), key(`lease:${role}:${name}`)];

/** Whether somebody holds a claim now; who. */
export async function holderOf(
  { link, key }: Pick<RedisPlace, "link" | "key">,
  role: string,
  name: string,
): Promise<string | undefined> {
  const [fence, lease] = claimKeys(key, role, name);
  return link.run(async (redis) => {
    if ((await redis.exists(lease)) === 0) return undefined;
    return describe(parseHolder((await redis.hget(fence, "holder")) ?? ""));
  });
}

const describe = (holder: Holder | undefined): string =>
  holder === undefined ? "unknown" : `${holder.process}, process ${holder.pid} on ${holder.host}`;

function parseHolder(text: string | undefined): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    // Written by `claim` above.
    return typeof value === "object" && value !== null && "instance" in value ? (value as Holder) : undefined;
  } catch {
    return undefined;
  }
}

/** proc(5): which boot, and which process numbers; empty where nobody can say. */
function machineOf(): string {
  try {
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}/${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return "";
  }
}
