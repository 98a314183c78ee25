/** Throws mutated datagrams at a gateway and says what came of it. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { hours, millis, toHex } from "../../gateway/base/index.ts";
import { DEFAULT_LIMITS, type Engine, pathOf, type Remote } from "../../gateway/coap/index.ts";
import { REQUESTER_LIMITS } from "../../gateway/coap/requester/limits.ts";
import { datagram } from "./corpus.ts";
import { Dice } from "./dice.ts";
import { wordsOfOurs } from "./leaks.ts";
import { mutate } from "./mutations.ts";
import { openScene } from "./scene.ts";

export interface CampaignOptions {
  readonly count: number;
  readonly seed: number;
  /** Of the datagrams, over a real socket. */
  readonly udpShare?: number;
  /** Called at the start of the second tenth, when everything has run once, and at the end, when every lifetime is over. */
  readonly atRest?: (when: "warm" | "end") => void;
}

export interface Findings {
  readonly datagrams: number;
  readonly replies: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** The stranger that got most for its bytes. */
  readonly worstRatio: number;
  /** Replies to strangers of more than three times the bytes of their request, and strangers that got more in all. */
  readonly amplified: readonly string[];
  /** Replies with words that only our own code can have put there. */
  readonly leaks: readonly string[];
  /** What the engine itself calls its own fault. */
  readonly faults: readonly string[];
  /** Tables above their limits, while it ran or at its end. */
  readonly overflows: readonly string[];
  readonly stats: ReturnType<Engine["stats"]>;
}

type Kept = ReturnType<Engine["stats"]>["kept"];

const SENDERS = 512;
const BATCH = 200;
const BATCH_TIME = millis(1_000);
const SHOWN = 10;
/** Datagrams that come once more, and how many may. */
const REPEATED_SHARE = 0.05;
const RECENT = 64;
/** RFC 9175 §2.4: for peers whose address is not proven. */
const LIMIT = 3;

/** What one sender paid and got. */
class Account {
  readonly remote: Remote;
  readonly stranger: boolean;
  paid = 0;
  got = 0;
  /** Bytes of its latest datagrams, by what an answer repeats of them: message id or token. */
  readonly #asked = new Map<string, number>();

  constructor(remote: Remote, stranger: boolean) {
    this.remote = remote;
    this.stranger = stranger;
  }

  pays(datagram: Uint8Array): void {
    this.paid += datagram.length;
    for (const name of namesOf(datagram)) {
      this.#asked.set(name, Math.max(datagram.length, this.#asked.get(name) ?? 0));
    }
  }

  /** How many times the bytes of its request this reply has; undefined: it answers nothing that is remembered. */
  gets(reply: Uint8Array): number | undefined {
    this.got += reply.length;
    const asked = namesOf(reply).map((name) => this.#asked.get(name) ?? 0);
    const paid = Math.max(...asked);
    return paid === 0 ? undefined : reply.length / paid;
  }

  forget(): void {
    this.#asked.clear();
  }
}

/** RFC 7252 §3: message id and token, wherever they stand in a datagram that may be broken. */
function namesOf(datagram: Uint8Array): readonly string[] {
  const [head = 0, , high = 0, low = 0] = datagram;
  const token = datagram.subarray(4, 4 + (head & 0x0f));
  return [`id ${(high << 8) | low}`, `token ${toHex(token)}`];
}

interface Delivery {
  readonly account: Account;
  readonly bytes: Uint8Array;
}

const isStranger = (i: number): boolean => i % 3 === 0;

/** Strangers by IPv6, who never prove anything; neighbours by IPv4. The first sends from port 0. */
const remoteOf = (i: number): Remote =>
  isStranger(i)
    ? { address: `2001:db8::${(i + 1).toString(16)}`, port: i === 0 ? 0 : 1_024 + i }
    : { address: `192.0.2.${i % 7}`, port: 1_024 + i };

export async function runCampaign(options: CampaignOptions): Promise<Findings> {
  const { count, seed, udpShare = 0, atRest } = options;
  const dice = new Dice(seed);
  const accounts = Array.from({ length: SENDERS }, (_, i) => new Account(remoteOf(i), isStranger(i)));
  const byPath = new Map(accounts.map((account) => [pathOf(account.remote), account]));
  const leaks = new Set<string>();
  const amplified = new Set<string>();
  let replies = 0;

  const hears = (reply: Uint8Array, account: Account | undefined): void => {
    replies += 1;
    const times = account?.gets(reply) ?? 0;
    if (account?.stranger === true && times > LIMIT && amplified.size < SHOWN)
      amplified.add(`${toHex(reply)}: ${times.toFixed(1)} times its request`);
    const words = wordsOfOurs(reply);
    if (words !== undefined && leaks.size < SHOWN) leaks.add(words);
  };
  const sent = (reply: Uint8Array, remote: Remote): void => hears(reply, byPath.get(pathOf(remote)));
  const scene = await openScene({ seed, sent, udp: udpShare > 0 });
  const { engine, transport, udp } = scene;
  const overflows = new Set<string>();
  const look = (): void => {
    for (const excess of excesses(engine.stats().kept)) overflows.add(excess);
  };

  const wire = udp === undefined ? undefined : await openWire(udp.local ?? "", (reply) => hears(reply, undefined));
  const newDelivery = (): Delivery => {
    const account = dice.pick(accounts);
    const valid = (): Uint8Array => datagram(dice, scene.world, !account.stranger);
    return { account, bytes: mutate(dice, valid(), valid()) };
  };
  const recent: Delivery[] = [];
  for (let i = 0; i < count; i++) {
    const delivery = recent.length > 0 && dice.chance(REPEATED_SHARE) ? dice.pick(recent) : newDelivery();
    if (wire !== undefined && dice.chance(udpShare)) wire.send(delivery.bytes);
    else {
      delivery.account.pays(delivery.bytes);
      transport.deliver(Uint8Array.from(delivery.bytes), delivery.account.remote);
    }
    recent[i % RECENT] = delivery;
    if (i % BATCH !== BATCH - 1) continue;
    look();
    await scene.advance(BATCH_TIME);
    for (const account of accounts) account.forget();
    if (i + 1 === Math.ceil(count / 10 / BATCH) * BATCH) atRest?.("warm");
  }
  // Every lifetime passes: what is still kept then has leaked.
  for (let hour = 0; hour < 3; hour++) await scene.advance(hours(1));
  look();
  atRest?.("end");

  await wire?.close();
  const stats = engine.stats();
  await scene.close();
  const ratio = ({ got, paid }: Account): number => (paid === 0 ? 0 : got / paid);
  const strangers = accounts.filter(({ stranger }) => stranger);
  for (const account of strangers) {
    if (ratio(account) > LIMIT)
      amplified.add(`${pathOf(account.remote)}: ${ratio(account).toFixed(1)} times its bytes`);
  }
  return {
    datagrams: count,
    replies,
    bytesIn: stats.bytesIn,
    bytesOut: stats.bytesOut,
    worstRatio: Math.max(...strangers.map(ratio)),
    amplified: [...amplified],
    leaks: [...leaks],
    faults: [...new Set(scene.logged)].slice(0, SHOWN),
    overflows: [...overflows],
    stats,
  };
}

/** The bound of each table; a new table of the engine needs its row here. */
const BOUNDS: Readonly<Record<keyof Kept, number>> = {
  dedup: DEFAULT_LIMITS.dedupTotal,
  bodies: DEFAULT_LIMITS.bodiesTotal,
  snapshots: DEFAULT_LIMITS.snapshotsTotal,
  observations: DEFAULT_LIMITS.observationsTotal,
  confirmables: DEFAULT_LIMITS.observationsTotal,
  requests: REQUESTER_LIMITS.requestsTotal,
  bursts: DEFAULT_LIMITS.burstsTotal,
  provenPaths: DEFAULT_LIMITS.provenPaths,
  airtimePeers: DEFAULT_LIMITS.airtimeRouters * DEFAULT_LIMITS.airtimePeers,
};

const excesses = (kept: Kept): readonly string[] =>
  Object.entries(BOUNDS)
    .map(([table, bound]) => ({ table, bound, size: kept[table as keyof Kept] }))
    .filter(({ size, bound }) => size > bound)
    .map(({ table, bound, size }) => `${table}: ${size} of ${bound}`);

/** A client on a real socket. What the kernel drops of a burst is nobody's fault. */
async function openWire(
  to: string,
  hears: (reply: Uint8Array) => void,
): Promise<{ send(bytes: Uint8Array): void; close(): Promise<void> }> {
  const socket: Socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  socket.on("message", hears);
  const port = Number(to.split(":").at(-1));
  const close = async (): Promise<void> => {
    socket.close();
    await once(socket, "close");
  };
  return { send: (bytes) => socket.send(bytes, port, "127.0.0.1"), close };
}
