/**
 * docs/mqtt.md, "The broker" — how one connection after the other ends. A broker may let us in, take some messages, and break the
 * line over one: only a connection that lasted shows that it is well, and one that ends soon is told once per reason.
 */
import { type Millis, millis, seconds } from "../../../gateway/base/index.ts";

const LASTING = seconds(10);

export interface Ending {
  /** The next attempt may come soon. */
  readonly lasted: boolean;
  /** The log has not said it since a connection lasted. */
  readonly news: boolean;
}

export class Endings {
  #since = millis(0);
  #told: string | undefined;

  began(now: Millis): void {
    this.#since = now;
  }

  ended(reason: string, now: Millis): Ending {
    const lasted = now - this.#since >= LASTING;
    const news = lasted || reason !== this.#told;
    this.#told = lasted ? undefined : reason;
    return { lasted, news };
  }
}
