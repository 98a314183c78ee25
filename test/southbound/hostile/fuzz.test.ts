/** Mutated requests, the first 2 000 of what `npm run fuzz -- coreconf` throws at a handler, two managers' and a node's. */
import { expect, test } from "@jest/globals";
import { runCoreconfCampaign } from "../../fuzz/coreconf/campaign.ts";

test("CC-mutants CC-I4 CC-S1: 2 000 mutated requests: coded errors only, what is refused changes nothing, and the guest reads no secret", async () => {
  const { codes, broken } = await runCoreconfCampaign({ count: 2_000, seed: 20_261_121 });
  expect(broken).toEqual([]);
  // They reach every part, and are neither all right nor all wrong.
  for (const code of ["2.02", "2.04", "2.05", "4.00", "4.02", "4.04", "4.05", "4.15"]) {
    expect(codes.get(`boss ${code}`)).toBeGreaterThan(5);
  }
  expect(codes.get("guest 4.01")).toBeGreaterThan(5);
  expect(codes.get("node 2.04")).toBeGreaterThan(3);
});
