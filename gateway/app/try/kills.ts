/** `sidgate try --kill`: the gateway is killed at moments that the seed draws, and started again. */
import type { Random } from "../../base/index.ts";
import type { ChildGateway } from "./child-gateway.ts";

/** Early enough to meet every phase of a short trial; a gateway that is killed for ever would never end. */
const KILLS = 5;
const SOONEST_MS = 300;
const LATEST_MS = 2_000;

export class Kills {
  readonly #gateway: ChildGateway;
  readonly #random: Random;
  #count = 0;
  #next: number;

  /** The first moment counts from now. */
  constructor(gateway: ChildGateway, random: Random) {
    this.#gateway = gateway;
    this.#random = random;
    this.#next = this.#draw();
  }

  get count(): number {
    return this.#count;
  }

  /** Kills it when the moment has come; resolves when it is up again. Throws UsageError `try.gateway`. */
  async look(): Promise<void> {
    if (this.#count === KILLS || performance.now() < this.#next) return;
    await this.#gateway.kill();
    this.#count += 1;
    await this.#gateway.up();
    this.#next = this.#draw();
  }

  #draw = (): number => performance.now() + SOONEST_MS + this.#random.next() * (LATEST_MS - SOONEST_MS);
}
