/** A process to be killed: waits for a line, then takes in image after image and tells each one that it has. */
import { once } from "node:events";
import { join } from "node:path";
import { SILENT } from "../../gateway/base/index.ts";
import { Images } from "../../gateway/service/images/index.ts";
import { labTrust } from "../../gateway/service/trust/index.ts";
import { Ledger, memoryState, openFileImages, openFileJournal } from "../../gateway/store/index.ts";
import { imageNumber } from "./image-numbers.ts";
import { StandingClock } from "./services.ts";

const [folder = ""] = process.argv.slice(2);
await once(process.stdin, "data");
const journal = await openFileJournal({ folder: join(folder, "journal"), log: SILENT });
const store = await openFileImages({ folder: join(folder, "images"), cacheBytes: 1 << 20 });
const images = new Images({ store, trust: labTrust, maxBytes: 1 << 24, log: SILENT });
const clock = new StandingClock();
const ledger = await Ledger.open({ journal, state: memoryState(), projections: [images], clock, log: SILENT });
await images.sweep(store.digests());

async function* inParts(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}
for (let number = images.list().length; ; number++) {
  const claim = { name: String(number), model: "trv", version: "1.4.2" };
  await images.add(inParts(imageNumber(number)), claim, "test", ledger);
  console.log(number);
}
