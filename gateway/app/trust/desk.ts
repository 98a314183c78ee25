/** The trust service of a gateway: its marks from both copies, and all that stands judged before an image is offered. */
import { join } from "node:path";
import type { Logger } from "../../base/index.ts";
import type { Timekeeper } from "../../service/timekeeping/index.ts";
import { type Anchors, type Releases, SequenceMarks, TrustDesk } from "../../service/trust/index.ts";
import { type Recorder, smallFile } from "../../store/index.ts";

export interface TrustParts {
  readonly anchors: Anchors;
  readonly releases: Releases;
  readonly recorder: Recorder;
  readonly clock: Timekeeper;
  readonly log: Logger;
  /** The data folder was put back from a copy. */
  readonly restored: boolean;
}

/** Once all facts are folded and the keys folder is there. Throws StoreError `store.*`, `keys.missing`. */
export async function openTrustDesk(data: string, parts: TrustParts): Promise<TrustDesk> {
  const { anchors, releases, recorder, clock, log, restored } = parts;
  const file = smallFile(join(data, "keys", "sequence-marks"));
  const marks = await SequenceMarks.open(file, releases.marks, log);
  // Both copies are of the same day: what was accepted since then could be replaced by something older.
  if (restored && anchors.list().length > 0) log.warn("marks.of-a-copy", { marks: marks.size });
  const desk = new TrustDesk({ anchors, releases, marks, recorder, clock, quality: clock, log });
  await desk.begin();
  return desk;
}
