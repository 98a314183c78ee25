/** The trust service on memory drivers: a desk that can be closed and opened again on what is left of its copies. */
import { type Logger, SILENT } from "../../gateway/base/index.ts";
import { Anchors, type MarksCopy, Releases, SequenceMarks, TrustDesk } from "../../gateway/service/trust/index.ts";
import { type Journal, Ledger, memoryJournal, memoryState, type StateStore } from "../../gateway/store/index.ts";
import { StandingClock } from "./services.ts";

export interface MemoryFile extends MarksCopy {
  text: string | undefined;
}

export const memoryFile = (text?: string): MemoryFile => ({
  where: "sequence-marks",
  text,
  async read() {
    return this.text;
  },
  async write(next) {
    this.text = next;
  },
});

export interface TrustSite {
  readonly clock: StandingClock;
  readonly quality: { synchronised: boolean };
  readonly journal: Journal;
  readonly state: StateStore;
  readonly file: MarksCopy;
  readonly ledger: Ledger;
  readonly anchors: Anchors;
  readonly releases: Releases;
  readonly marks: SequenceMarks;
  readonly desk: TrustDesk;
}

export async function openTrust(
  on: Partial<Pick<TrustSite, "journal" | "state" | "file" | "clock">> = {},
  log: Logger = SILENT,
): Promise<TrustSite> {
  const { journal = memoryJournal(), state = memoryState(), file = memoryFile(), clock = new StandingClock() } = on;
  const anchors = new Anchors();
  const releases = new Releases();
  const ledger = await Ledger.open({ journal, state, projections: [anchors, releases], clock, log: SILENT });
  const marks = await SequenceMarks.open(file, releases.marks, log);
  const quality = { synchronised: true };
  const desk = new TrustDesk({ anchors, releases, marks, recorder: ledger, clock, quality, log });
  return { clock, quality, journal, state, file, ledger, anchors, releases, marks, desk };
}
