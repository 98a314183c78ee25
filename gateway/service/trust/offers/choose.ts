/** Which release goes with an image to a node. Pure. */
import { toHex } from "../../../base/index.ts";
import type { ReportedSuit } from "../../registry/index.ts";
import type { ReleaseInfo } from "../releases.ts";
import { isForRiot } from "../riot.ts";

/** Of these, the one with the highest sequence number that is not for other devices (suit-manifest-37 §8.4.2, §8.4.9.1). */
export function chooseRelease(
  releases: readonly ReleaseInfo[],
  told: Pick<ReportedSuit, "vendor" | "class">,
): ReleaseInfo | undefined {
  const fitting = releases.filter(
    (release) => !isForRiot(release) && mayBe(told.vendor, release.vendors) && mayBe(told.class, release.classes),
  );
  return fitting.reduce<ReleaseInfo | undefined>((best, each) => (isAbove(each, best) ? each : best), undefined);
}

/** Several identifiers stand in alternatives; a private enterprise number cannot be held against a UUID. */
const mayBe = (told: Uint8Array | undefined, named: readonly string[]): boolean =>
  told === undefined ||
  named.length === 0 ||
  named.includes(toHex(told)) ||
  named.some((name) => name.startsWith("pen:"));

/** Two with one number are of different signers or components; the same one is chosen each time. */
function isAbove(release: ReleaseInfo, best: ReleaseInfo | undefined): boolean {
  if (best === undefined) return true;
  const [one, other] = [BigInt(release.sequence), BigInt(best.sequence)];
  return one === other ? release.id < best.id : one > other;
}
