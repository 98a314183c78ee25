/**
 * Who may use the air of a border router, and when. Its share of the channel is a timeline ("spoken for until"); who
 * pulls an image gets turns on it, one after the other as they came, and is told when its turn begins. Small answers go
 * at once and push the timeline on. Nothing is queued here: a peer that may not go yet asks again.
 */
import { type Millis, millis, minutes, seconds } from "../../base/index.ts";
import { type Micros, micros } from "./airtime-model.ts";

export interface AirtimeOptions {
  /** Part of the channel that the gateway uses, 0 to 1. */
  readonly share: number;
  /** How far ahead of its share the gateway may send. */
  readonly burst: Millis;
}

export interface AirtimeLimits {
  /** Border routers or subnets. */
  readonly airtimeRouters: number;
  /** Peers behind one of them. */
  readonly airtimePeers: number;
}

export type Admission =
  | { readonly kind: "go" }
  /** The peer's turn begins then. */
  | { readonly kind: "later"; readonly wait: Millis }
  /** RFC 8516: it was told, and keeps asking. */
  | { readonly kind: "too-many"; readonly wait: Millis };

/** Airtime of one turn: some 16 blocks of 1024 bytes or 77 of 64. A shorter one is mostly waiting for it. */
const TURN = micros(1_000_000);
/** Asking early a few times is a retransmission, or a clock that runs fast. */
const PATIENT_ASKS = 3;
/** A turn that rests this long was planned for then: its airtime is spoken for anew. */
const TURN_RESTS = seconds(30);
/** What waited for its turn may sleep through it and still go first, this much later. */
const TURN_KEPT = minutes(60);
/** Small answers may take this much of the timeline before they are free, and one peer this much before it is refused. */
const BORROWED = seconds(20);
/** However much more it asks, it is refused no longer than this. */
const LONGEST_REFUSAL = seconds(60);

const GO: Admission = { kind: "go" };

interface Turn {
  readonly from: Millis;
  left: Micros;
  used: Millis;
  /** How often the peer asked before its time. */
  early: number;
}

interface Client {
  turn: Turn | undefined;
  /** Timeline of its own small answers. */
  spentUntil: Millis;
}

interface Router {
  /** Everything granted so far takes the router's share until then. */
  spokenUntil: Millis;
  /** Timeline of the small answers alone. */
  borrowedUntil: Millis;
  /** The one that came longest ago first. */
  readonly clients: Map<string, Client>;
}

export class Airtime {
  /** Longest unknown first. */
  readonly #routers = new Map<string, Router>();
  readonly #options: AirtimeOptions;
  readonly #limits: AirtimeLimits;

  constructor(options: AirtimeOptions, limits: AirtimeLimits) {
    this.#options = options;
    this.#limits = limits;
  }

  get size(): number {
    let peers = 0;
    for (const { clients } of this.#routers.values()) peers += clients.size;
    return peers;
  }

  /** May the peer have the next part of an image, or of another large answer? It can ask for it again. */
  pull(routerId: string, peer: string, now: Millis): Admission {
    const router = this.#routerOf(routerId);
    const client = this.#clientOf(router, peer);
    const turn = keptTurn(client, now) ?? this.#newTurn(router, now);
    client.turn = turn;
    const wait = millis(turn.from - now);
    if (wait > 0) {
      turn.early += 1;
      return { kind: turn.early > PATIENT_ASKS ? "too-many" : "later", wait };
    }
    if (now - turn.used > TURN_RESTS) this.#speakFor(router, turn.left, now);
    turn.used = now;
    return GO;
  }

  /** The usual case of `pull` by itself, where nothing has to be decided. */
  isTurnOf(routerId: string, peer: string, now: Millis): boolean {
    const turn = this.#routers.get(routerId)?.clients.get(peer)?.turn;
    return turn !== undefined && isOpen(turn, now);
  }

  /** Did the peer's small answers alone take more than the share, for long? */
  overdrawn(routerId: string, peer: string, now: Millis): Admission {
    const spentUntil = this.#routers.get(routerId)?.clients.get(peer)?.spentUntil ?? 0;
    const wait = millis(spentUntil - now - BORROWED);
    return wait > 0 ? { kind: "too-many", wait } : GO;
  }

  /** Something goes over the air: on the peer's turn if it has one, else beside it, whatever is spoken for. */
  charge(routerId: string, peer: string, cost: Micros, now: Millis): void {
    const router = this.#routerOf(routerId);
    const client = this.#clientOf(router, peer);
    const { turn } = client;
    if (turn !== undefined && isOpen(turn, now)) {
      turn.left = micros(turn.left - cost);
      turn.used = now;
      return;
    }
    const duration = this.#onTimeline(cost);
    const ceiling = now + BORROWED + LONGEST_REFUSAL;
    client.spentUntil = millis(Math.min(Math.max(client.spentUntil, now) + duration, ceiling));
    if (router.borrowedUntil > now + BORROWED) return;
    router.borrowedUntil = millis(Math.max(router.borrowedUntil, now) + duration);
    this.#speakFor(router, cost, now);
  }

  /** Forgets who has nothing to wait for. */
  purge(now: Millis): void {
    for (const [id, { clients, spokenUntil }] of this.#routers) {
      for (const [peer, client] of clients) {
        if (client.spentUntil <= now && keptTurn(client, now) === undefined) clients.delete(peer);
      }
      if (clients.size === 0 && spokenUntil <= now) this.#routers.delete(id);
    }
  }

  #newTurn(router: Router, now: Millis): Turn {
    const from = millis(Math.max(now, router.spokenUntil - this.#options.burst));
    this.#speakFor(router, TURN, now);
    return { from, left: TURN, used: from, early: 0 };
  }

  #speakFor(router: Router, airtime: Micros, now: Millis): void {
    router.spokenUntil = millis(Math.max(router.spokenUntil, now) + this.#onTimeline(airtime));
  }

  #onTimeline(airtime: Micros): number {
    return airtime / 1000 / this.#options.share;
  }

  #routerOf(id: string): Router {
    const known = this.#routers.get(id);
    if (known !== undefined) return known;
    makeRoom(this.#routers, this.#limits.airtimeRouters);
    const router: Router = { spokenUntil: millis(0), borrowedUntil: millis(0), clients: new Map() };
    this.#routers.set(id, router);
    return router;
  }

  #clientOf({ clients }: Router, peer: string): Client {
    const known = clients.get(peer);
    if (known !== undefined) return known;
    makeRoom(clients, this.#limits.airtimePeers);
    const client: Client = { turn: undefined, spentUntil: millis(0) };
    clients.set(peer, client);
    return client;
  }
}

const isOpen = ({ from, left, used }: Turn, now: Millis): boolean =>
  from <= now && left > 0 && now - used <= TURN_RESTS;

const keptTurn = ({ turn }: Client, now: Millis): Turn | undefined =>
  turn !== undefined && turn.left > 0 && now - turn.from < TURN_KEPT ? turn : undefined;

function makeRoom(table: Map<string, unknown>, limit: number): void {
  for (const oldest of table.keys()) {
    if (table.size < limit) return;
    table.delete(oldest);
  }
}
