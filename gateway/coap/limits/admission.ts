/**
 * What the engine asks before it answers: who is a stranger and what may be sent to one, whose turn it is on the air.
 * Without options every peer is near and nothing is rationed.
 */
import { type Clock, EMPTY, type Millis, millis, type SharedSubnets, type Subnet } from "../../base/index.ts";
import { encodeUint, type Message, messageLength, OPTION } from "../../wire/coap/index.ts";
import type { Reply } from "../requests/response-writer.ts";
import type { Remote } from "../transport/transport.ts";
import { Airtime, type AirtimeOptions, type Admission as AirtimeVerdict } from "./airtime.ts";
import { airtimeOf, type Direction } from "./airtime-model.ts";
import { Allowance, AMPLIFICATION, challengeWith } from "./allowance.ts";
import { EchoValues, ProvenPaths } from "./echo.ts";
import { Standings } from "./standing.ts";

export interface AdmissionOptions {
  /** Peers in these prefixes need not prove their address. */
  readonly southbound?: readonly Subnet[] | undefined;
  readonly airtime?: RationedAir | undefined;
}

export interface RationedAir extends AirtimeOptions {
  readonly routers: readonly Subnet[];
  readonly shared: SharedSubnets;
}

export interface AdmissionLimits {
  readonly provenPaths: number;
  readonly airtimeRouters: number;
  readonly airtimePeers: number;
}

export interface AdmissionStats {
  challenged: number;
  putOff: number;
}

export class Admission {
  readonly #clock: Clock;
  readonly #stats: AdmissionStats;
  readonly #standings: Standings;
  readonly #echo = new EchoValues();
  readonly #proven: ProvenPaths;
  readonly #airtime: Airtime | undefined;
  /** Everybody is known, and nothing is rationed. */
  readonly #open: boolean;

  constructor(options: AdmissionOptions, limits: AdmissionLimits, clock: Clock, stats: AdmissionStats) {
    const { southbound, airtime } = options;
    this.#open = southbound === undefined && airtime === undefined;
    this.#clock = clock;
    this.#stats = stats;
    this.#standings = new Standings({ southbound, routers: airtime?.routers ?? [], shared: airtime?.shared });
    this.#proven = new ProvenPaths(limits.provenPaths);
    this.#airtime = airtime && new Airtime(airtime, limits);
  }

  get kept(): { readonly provenPaths: number; readonly airtimePeers: number } {
    return { provenPaths: this.#proven.size, airtimePeers: this.#airtime?.size ?? 0 };
  }

  purge(now: Millis): void {
    this.#proven.purge(now);
    this.#airtime?.purge(now);
  }

  /** May a block go at once, without a further look? */
  admitsQuickly(remote: Remote): boolean {
    if (this.#open) return true;
    const { near, router } = this.#standings.of(remote);
    if (!near) return false;
    return router === undefined || this.#airtime?.isTurnOf(router, remote.address, this.#clock.now()) === true;
  }

  /** In a southbound prefix, or vouched for. */
  isKnown(remote: Remote): boolean {
    if (this.#open) return true;
    const { near, path } = this.#standings.of(remote);
    return near || this.#proven.has(path, this.#clock.now());
  }

  /** A security context vouches for the peer's address, or its Echo does. */
  vouch(remote: Remote): void {
    if (this.#open) return;
    const { near, path } = this.#standings.of(remote);
    if (!near) this.#proven.add(path, this.#clock.now());
  }

  /** RFC 9175 §2.3: the Echo option of a stranger's request; true = it proves where the peer is. */
  hearEcho(remote: Remote, echo: Uint8Array): boolean {
    const proves = this.#echo.proves(echo, remote, this.#clock.now());
    if (proves) this.vouch(remote);
    return proves;
  }

  /** RFC 9175 §2.4: 4.01 with a value to repeat. */
  challenge(remote: Remote): Reply {
    this.#stats.challenged += 1;
    return challengeWith(this.#echo.make(remote, this.#clock.now()));
  }

  /** What a request may cost us; undefined = its sender is known, and nobody counts. */
  allowanceOf(remote: Remote, request: Message): Allowance | undefined {
    if (this.isKnown(remote)) return undefined;
    return new Allowance(messageLength(request), () => this.challenge(remote));
  }

  /** A copy of a request pays for its answer itself, whatever the first one has brought. */
  mayRepeat(remote: Remote, received: number, length: number): boolean {
    return length <= AMPLIFICATION * received || this.isKnown(remote);
  }

  /** Everything that goes over rationed air is charged. */
  charge(remote: Remote, bytes: number, direction: Direction): void {
    if (this.#airtime === undefined) return;
    const { router } = this.#standings.of(remote);
    if (router !== undefined)
      this.#airtime.charge(router, remote.address, airtimeOf(bytes, direction), this.#clock.now());
  }

  /** RFC 8516: what a peer gets that alone takes more than all of them should; undefined = it may ask. */
  refusal(remote: Remote): Reply | undefined {
    const { router } = this.#standings.of(remote);
    if (router === undefined || this.#airtime === undefined) return undefined;
    return this.#putOff(this.#airtime.overdrawn(router, remote.address, this.#clock.now()));
  }

  /** A part of an image or of a large answer: undefined = it may go, else what the peer gets instead. */
  backOff(remote: Remote): Reply | undefined {
    const verdict = this.#pull(remote);
    return verdict && this.#putOff(verdict);
  }

  /** How long the next datagram of a burst has to wait. */
  waitOf(remote: Remote): Millis {
    const verdict = this.#pull(remote);
    return verdict === undefined || verdict.kind === "go" ? NO_WAIT : verdict.wait;
  }

  #pull(remote: Remote): AirtimeVerdict | undefined {
    if (this.#airtime === undefined) return undefined;
    const { router } = this.#standings.of(remote);
    return router === undefined ? undefined : this.#airtime.pull(router, remote.address, this.#clock.now());
  }

  #putOff(verdict: AirtimeVerdict): Reply | undefined {
    if (verdict.kind === "go") return undefined;
    this.#stats.putOff += 1;
    return askLater(verdict.kind === "too-many" ? "4.29" : "5.03", verdict.wait);
  }
}

const NO_WAIT: Millis = millis(0);

/** RFC 7252 §5.9.3.4, RFC 8516 §3: Max-Age says when to ask again. */
const askLater = (code: "4.29" | "5.03", wait: Millis): Reply => ({
  code,
  options: [{ number: OPTION.maxAge, value: encodeUint(Math.ceil(wait / 1000)) }],
  payload: EMPTY,
});
