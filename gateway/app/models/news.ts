/**
 * Says when the modules of a set are others than they were: while the gateway runs, and at its start of what happened since
 * the last one. What is compared is the checksum that the set's YANG library has.
 */

import { equalBytes } from "../../base/index.ts";
import type { Events } from "../../service/events/index.ts";
import { libraryChecksum } from "../../southbound/coreconf/index.ts";
import type { Recorder } from "../../store/index.ts";
import type { SchemaSource, SetName } from "../../yang/index.ts";

export function tellModels(
  models: SchemaSource,
  { events, recorder }: { readonly events: Events; readonly recorder: Recorder },
): void {
  const tell = (set: SetName): void => {
    const checksum = libraryChecksum(models.of(set));
    const former = events.checksumOf(set);
    if (former !== undefined && equalBytes(former, checksum)) return;
    // That the journal cannot write is told by readyz and each checkpoint.
    recorder.record("models.changed", set === undefined ? { checksum } : { set, checksum }).catch(() => undefined);
  };
  for (const set of [undefined, ...models.names()]) tell(set);
  models.onChange(tell);
}
