/**
 * Commands between processes: who asks adds one to the stream `commands`, the gateway carries it out and answers into a stream
 * of the asking process. An entry goes away together with its answer, so a gateway that was killed in the middle finds it again;
 * the inbox knows by its id what was done already. Nothing waits for a gateway beyond its deadline, and no more than some
 * thousand wait at all.
 */
import {
  BugError,
  type Clock,
  type Closable,
  explain,
  isCoded,
  type Logger,
  millis,
  StoreError,
} from "../../base/index.ts";
import { decodePlain, encodePlain } from "../cbor-x.ts";
import type { FactBodies } from "../facts.ts";
import type { Command, CommandPort, Taken } from "../inbox.ts";
import { asBuffer, type RedisOptions, script } from "../ioredis.ts";
import type { StreamEntry } from "../journal/redis-stream.ts";
import { evalFenced, FENCED, type RedisPlace } from "./place.ts";
import { Tail } from "./tail.ts";

/** Most commands that wait for the gateway, whoever gave them. */
const MOST_WAITING = 1000;
/** Most refusals on their way: they tell of an attempt, and a flood of them tells nothing more. */
const MOST_REFUSALS = 100;
/** How long answers wait for an asking process that is cut off; what it asks again is answered again. */
const ANSWERS_KEPT = 3_600_000;
const AT_ONCE = 64;
/** How long a gateway that ends waits for answers. */
const PATIENCE = millis(1000);

/** What travels, as CBOR: the correlation of a reply is bytes. */
type Asked = { readonly from: string; readonly n: number; readonly command: Command } | { readonly refusal: Refusal };
type Refusal = FactBodies["command.refused"];
interface Answered {
  readonly n: number;
  readonly taken: Taken;
}

const ASK = script(`
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[2]) then return '' end
return redis.call('XADD', KEYS[1], '*', 'asked', ARGV[1])
`);

/** The entry and its answer at once: never one without the other. */
const ANSWER = script(`${FENCED}
if redis.call('XDEL', key(1), arg(1)) == 1 and arg(2) ~= '' then
  redis.call('XADD', key(2), 'MAXLEN', '~', 10000, '*', 'answered', arg(2))
  redis.call('PEXPIRE', key(2), arg(3))
end
`);

export interface PortOptions {
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The side of a process that asks. */
export async function commandPort(
  place: RedisPlace,
  redis: RedisOptions,
  options: PortOptions,
): Promise<CommandPort & Closable> {
  const port = new RedisCommands(place, options);
  await port.listen(redis);
  return port;
}

interface Open {
  readonly resolve: (taken: Taken) => void;
  readonly reject: (error: unknown) => void;
}

class RedisCommands implements CommandPort, Closable {
  readonly #place: RedisPlace;
  readonly #options: PortOptions;
  readonly #answers: string;
  readonly #open = new Map<number, Open>();
  #tail: Tail | undefined;
  #asked = 0;
  #refusals = 0;

  constructor(place: RedisPlace, options: PortOptions) {
    this.#place = place;
    this.#options = options;
    this.#answers = place.key(`answers:${options.instance}`);
  }

  async listen(redis: RedisOptions): Promise<void> {
    this.#tail = await Tail.open(redis, {
      stream: this.#answers,
      from: "0-0",
      count: 100,
      take: (entries) => {
        for (const entry of entries) this.#hear(entry);
      },
    });
  }

  /** Resolves with the gateway's answer, or at the deadline where no gateway took it. Throws command.crowded, store.closed. */
  async take(command: Command): Promise<Taken> {
    const n = ++this.#asked;
    const answer = new Promise<Taken>((resolve, reject) => this.#open.set(n, { resolve, reject }));
    answer.catch(() => undefined); // told below, where somebody waits for it
    try {
      const id = await this.#ask({ from: this.#options.instance, n, command });
      if (id === undefined) throw new StoreError("command.crowded", { count: MOST_WAITING });
      return await (command.deadline === undefined ? answer : this.#untilDeadline(id, answer, command.deadline));
    } finally {
      this.#open.delete(n);
    }
  }

  refuse(refusal: Refusal): void {
    if (this.#refusals >= MOST_REFUSALS) return;
    this.#refusals += 1;
    this.#ask({ refusal })
      .catch((error: unknown) => this.#options.log.warn("command.refusal-lost", { reason: explain(error) }))
      .finally(() => {
        this.#refusals -= 1;
      });
  }

  async close(): Promise<void> {
    const closed = new StoreError("store.closed", { what: "the way to the gateway" });
    for (const { reject } of this.#open.values()) reject(closed);
    await this.#tail?.close();
  }

  async #ask(asked: Asked): Promise<string | undefined> {
    const id = String(
      await this.#place.link.eval(ASK, [this.#place.key("commands")], [asBuffer(encodePlain(asked)), MOST_WAITING]),
    );
    return id === "" ? undefined : id;
  }

  /** A gateway that runs says itself that it is too late; where none does, the command is taken back. */
  async #untilDeadline(id: string, answer: Promise<Taken>, deadline: number): Promise<Taken> {
    const { clock } = this.#options;
    let ended = false;
    const late = async (): Promise<Taken> => {
      for (;;) {
        const left = Math.max(deadline - clock.now(), 0);
        await new Promise<void>((resume) => void clock.after(millis(Math.max(left, 250)), resume));
        if (ended) return answer;
        if (clock.now() <= deadline || (await this.#gatewayRuns())) continue;
        const { link, key } = this.#place;
        if ((await link.run((redis) => redis.xdel(key("commands"), id))) === 1) {
          return { outcome: { status: "expired" }, recorded: false };
        }
        return answer; // it was carried out, and the answer is on its way
      }
    };
    try {
      return await Promise.race([answer, late()]);
    } finally {
      ended = true;
    }
  }

  async #gatewayRuns(): Promise<boolean> {
    const { link, key } = this.#place;
    return (await link.run((redis) => redis.exists(key("lease:gateway:gateway")))) === 1;
  }

  #hear([, [, bytes]]: StreamEntry): void {
    if (bytes === undefined) return;
    const { n, taken } = decodePlain(bytes) as Answered; // written by `Server` below
    this.#open.get(n)?.resolve(taken);
  }
}

export interface ServeOptions {
  readonly port: CommandPort;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The gateway's side: commands are begun in the order in which they were given, and answered as they end. */
export async function serveCommands(place: RedisPlace, redis: RedisOptions, options: ServeOptions): Promise<Closable> {
  const server = new Server(place, options);
  const tail = await Tail.open(redis, {
    stream: place.key("commands"),
    from: "0-0",
    count: AT_ONCE,
    take: (entries) => server.take(entries),
  });
  return {
    close: async () => {
      await tail.close();
      await server.settled();
    },
  };
}

class Server {
  readonly #place: RedisPlace;
  readonly #options: ServeOptions;
  readonly #running = new Set<Promise<void>>();
  #settled: Promise<void> | undefined;

  constructor(place: RedisPlace, options: ServeOptions) {
    this.#place = place;
    this.#options = options;
  }

  /** Resolves when there is room for more. */
  async take(entries: readonly StreamEntry[]): Promise<void> {
    for (const [id, [, bytes]] of entries) {
      if (bytes === undefined) continue;
      const running: Promise<void> = this.#carryOut(String(id), bytes)
        .catch((error: unknown) => this.#options.log.warn("command.answer-lost", { reason: explain(error) }))
        .finally(() => this.#running.delete(running));
      this.#running.add(running);
    }
    while (this.#running.size >= AT_ONCE) await Promise.race(this.#running);
  }

  /** What is under way has ended, or takes longer; its commands stay in the stream until they are answered. */
  settled(): Promise<void> {
    this.#settled ??= Promise.race([
      Promise.all(this.#running).then(() => undefined),
      new Promise<void>((end) => void this.#options.clock.after(PATIENCE, end)),
    ]);
    return this.#settled;
  }

  async #carryOut(id: string, bytes: Uint8Array): Promise<void> {
    const asked = decodePlain(bytes) as Asked; // written by `RedisCommands` above
    if ("refusal" in asked) {
      this.#options.port.refuse(asked.refusal);
      return this.#answer(id, "", Buffer.alloc(0));
    }
    const taken = await this.#taken(asked.command);
    await this.#answer(id, asked.from, asBuffer(encodePlain({ n: asked.n, taken } satisfies Answered)));
  }

  async #taken(command: Command): Promise<Taken> {
    try {
      return await this.#options.port.take(command);
    } catch (error) {
      const coded = isCoded(error) ? error : new BugError("service.bug", { what: explain(error) });
      const { code, message, hint } = coded;
      return { outcome: { status: "failed", error: { code, text: message, hint } }, recorded: false };
    }
  }

  async #answer(id: string, from: string, answer: Buffer): Promise<void> {
    const keys = [this.#place.key("commands"), this.#place.key(`answers:${from}`)];
    await evalFenced(this.#place, ANSWER, keys, [id, answer, ANSWERS_KEPT]);
  }
}
