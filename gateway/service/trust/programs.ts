/** The commands of standing releases, read once for all who ask: a fleet is about one or two of them at a time. */
import { isCoded, type Logger, RecentMap } from "../../base/index.ts";
import { readEnvelope } from "../../wire/suit/index.ts";
import { type Program, programOf } from "./processor/index.ts";
import type { ReleaseInfo } from "./releases.ts";

const OPEN = 8;

export class ReleasePrograms {
  readonly #log: Logger;
  /** By envelope: elements of a release may come in later. undefined = it cannot be read here. */
  readonly #open = new RecentMap<Uint8Array, { readonly program: Program | undefined }>(OPEN);

  constructor(log: Logger) {
    this.#log = log;
  }

  /** undefined = the release is withdrawn, or speaks a dialect that is not processed here. */
  of({ id, envelope, withdrawn }: ReleaseInfo): Program | undefined {
    if (withdrawn !== undefined) return undefined;
    const known = this.#open.get(envelope);
    if (known !== undefined) return known.program;
    const program = this.#read(id, envelope);
    this.#open.set(envelope, { program });
    return program;
  }

  #read(release: string, envelope: Uint8Array): Program | undefined {
    try {
      return programOf(readEnvelope(envelope));
    } catch (error) {
      if (!isCoded(error)) throw error;
      this.#log.warn("release.unreadable", { release, code: error.code });
      return undefined;
    }
  }
}
