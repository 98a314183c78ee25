/**
 * What this machine remembers of its Redis: which site it held and how far its facts went. A Redis and a gateway that lose
 * power together leave nobody else who could say that the last facts are missing, and their numbers would be given again.
 */
import { type Clock, type Closable, every, seconds } from "../../base/index.ts";
import type { SmallFile } from "../folder/small-file.ts";
import type { JournalReader, SiteInfo } from "../ports.ts";
import type { KeptSite } from "./site.ts";

/** Its name in the data folder. */
export const WITNESS = "redis.json";

export interface Known extends KeptSite {
  /** Redis acknowledged at least the facts up to here. */
  readonly last: number;
  /** Which run of Redis that was; a later one may have lost what an earlier one acknowledged. */
  readonly run: string;
  /** The process that wrote it has not ended in order: more may have been acknowledged than is written here. */
  readonly open: boolean;
}

export interface Witness {
  readonly known: Known | undefined;
  /** Remembers from now on, until it is closed. */
  follow(site: SiteInfo, journal: Pick<JournalReader, "lastDurable">, run: () => string): Promise<Closable>;
}

/** Memory cards wear: what was acknowledged since is known to the running gateway itself. */
const EVERY = seconds(60);

export async function openWitness(file: SmallFile | undefined, clock: Clock): Promise<Witness> {
  const known = parse(await file?.read());
  return {
    known,
    follow: async ({ site, epoch }, journal, run) => {
      let written = "";
      const write = async (open: boolean): Promise<void> => {
        const text = `${JSON.stringify({ site, epoch, last: journal.lastDurable, run: run(), open } satisfies Known)}\n`;
        if (text === written) return;
        await file?.write(text);
        written = text;
      };
      await write(true);
      const timer = every(clock, EVERY, () => void write(true).catch(() => undefined)); // the next one tries again
      return {
        close: async () => {
          timer.cancel();
          await write(false).catch(() => undefined);
        },
      };
    },
  };
}

/** One that is damaged knows nothing. */
function parse(text: string | undefined): Known | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    if (typeof value !== "object" || value === null) return undefined;
    if (!("site" in value && "epoch" in value && "last" in value && "run" in value && "open" in value))
      return undefined;
    const { site, epoch, last, run, open } = value;
    if (typeof site !== "string" || !Number.isSafeInteger(epoch) || !Number.isSafeInteger(last)) return undefined;
    return { site, epoch: Number(epoch), last: Number(last), run: String(run), open: open === true };
  } catch {
    return undefined;
  }
}
