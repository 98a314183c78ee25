/** The trust service on memory drivers: a desk that can be closed and opened again on what is left of its copies. */
import { type Logger, SILENT } from "../../gateway/base/index.ts";
import { Images } from "../../gateway/service/images/index.ts";
import {
  Anchors,
  type MarksCopy,
  Releases,
  SequenceMarks,
  suitTrust,
  TrustDesk,
} from "../../gateway/service/trust/index.ts";
import {
  type ImageStore,
  type Journal,
  Ledger,
  memoryJournal,
  memoryState,
  type StateStore,
} from "../../gateway/store/index.ts";
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
  /** Over the store that was given. */
  readonly images: Images;
}

/** For who has no images. */
const NOWHERE: ImageStore = {
  receive: () => Promise.reject(new Error("there is no image store")),
  open: () => undefined,
  remove: async () => undefined,
  close: async () => undefined,
};

export async function openTrust(
  on: Partial<Pick<TrustSite, "journal" | "state" | "file" | "clock">> & { readonly store?: ImageStore } = {},
  log: Logger = SILENT,
): Promise<TrustSite> {
  const { journal = memoryJournal(), state = memoryState(), file = memoryFile(), clock = new StandingClock() } = on;
  const anchors = new Anchors();
  const releases = new Releases();
  const { store = NOWHERE } = on;
  const images = new Images({ store, trust: suitTrust(releases), maxBytes: 1 << 20, log: SILENT });
  const ledger = await Ledger.open({ journal, state, projections: [anchors, releases, images], clock, log: SILENT });
  const marks = await SequenceMarks.open(file, releases.marks, log);
  const quality = { synchronised: true };
  const desk = new TrustDesk({ anchors, releases, marks, recorder: ledger, clock, quality, log });
  return { clock, quality, journal, state, file, ledger, anchors, releases, marks, desk, images };
}
