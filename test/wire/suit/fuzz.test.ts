/** The first of what `npm run fuzz -- suit` throws at everything that reads SUIT. */
import { expect, test } from "@jest/globals";
import { runSuitCampaign } from "../../fuzz/suit/campaign.ts";

test("SU-E2 SU-M12: 1 200 mutated envelopes, manifests, texts and reports: only coded errors, nothing slow, and one encoding for what is read", () => {
  const findings = runSuitCampaign({ count: 1_200, seed: 20_261_122 });
  expect(findings).toMatchObject({ broken: [], slow: [] });
  // the inputs reach every part, and are neither all good nor all bad
  for (const kind of ["envelope", "manifest", "sequence", "text", "report", "capabilities"]) {
    expect([kind, (findings.read.get(kind) ?? 0) > 10, (findings.refused.get(kind) ?? 0) > 20]).toEqual([
      kind,
      true,
      true,
    ]);
  }
});
