/** The paths of the senders heard last: who asks a thousand times is not spelt a thousand times, nor hashed. */
import { pathOf, type Remote } from "./transport.ts";

const SLOTS = 1024;

export class PathMemory {
  /** By port: peers behind one address differ in it. */
  readonly #slots: Array<{ readonly remote: Remote; readonly path: string } | undefined> = new Array(SLOTS);

  of(remote: Remote): string {
    const slot = remote.port % SLOTS;
    const known = this.#slots[slot];
    if (known !== undefined && known.remote.port === remote.port && known.remote.address === remote.address) {
      return known.path;
    }
    const path = pathOf(remote);
    this.#slots[slot] = { remote, path };
    return path;
  }
}
