/** Random documents before our validator and before yanglint: one verdict. Where they differ, a row says why. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { builtInModels } from "../../../gateway/yang/index.ts";
import { Dice } from "../../fuzz/dice.ts";
import { compareWithYanglint, ownSite, PUBLISHED, publishedSite, type Site, zooSite } from "./differential.ts";
import { YANGLINT } from "./yanglint.ts";

const folder = mkdtempSync(join(tmpdir(), "sidgate-random-"));
afterAll(() => rmSync(folder, { recursive: true }));

const has = existsSync(YANGLINT);
const SITES: ReadonlyArray<
  readonly [name: string, there: boolean, open: () => Promise<Site | undefined>, count: number]
> = [
  ["a module of every type", has, () => zooSite(folder), 200],
  ["our own modules", has, () => ownSite(builtInModels()), 100],
  ["published modules (needs /work/shared/yang)", has && existsSync(PUBLISHED), publishedSite, 200],
];

for (const [name, there, open, count] of SITES) {
  (there ? test : test.skip)(`CC-7950-8: yanglint has the same verdicts: ${name} (needs libyang-tools)`, async () => {
    const site = await open();
    if (site === undefined) return;
    for (const type of ["config", "data"] as const) {
      const { documents, accepted, disagreements } = compareWithYanglint(site, {
        folder,
        count,
        dice: new Dice(7),
        type,
      });
      expect([type, disagreements]).toEqual([type, []]);
      // Neither all right nor all wrong.
      expect(accepted).toBeGreaterThan(documents / 3);
      expect(accepted).toBeLessThan(documents);
    }
  });
}
