/** What every store of sender sequence numbers must do, whatever is behind it (RFC 8613 Appendix B.1.1). */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { SequenceStore } from "../../gateway/store/index.ts";

export interface SequenceDriver {
  /** A new one, of which nothing was used. */
  create(): SequenceStore;
  /** The same one as another start finds it; absent when the driver keeps nothing. */
  reopen?(): SequenceStore;
}

export function sequenceContract(name: string, makeDriver: () => Promise<SequenceDriver>): void {
  test(`${name}: a new one begins at 0`, async () => {
    expect((await (await makeDriver()).create().load()).ceiling).toBe(0);
  });

  test(`${name}: a ceiling never sinks, and each start finds it with the time when it was first made`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 2 ** 40 - 1 }), { minLength: 1, maxLength: 6 }),
        async (all) => {
          const driver = await makeDriver();
          const store = driver.create();
          const { origin } = await store.load();
          for (const ceiling of all) await store.reserve(ceiling);
          const found = { ceiling: Math.max(...all), origin };
          expect(await store.load()).toEqual(found);
          if (driver.reopen !== undefined) expect(await driver.reopen().load()).toEqual(found);
        },
      ),
      { numRuns: 5, seed: 8 },
    );
  });
}
