/** The first thousands of what `npm run fuzz -- yang` throws at all that reads bodies, documents, paths, patterns and models. */
import { expect, test } from "@jest/globals";
import { runYangCampaign } from "../fuzz/yang/campaign.ts";
import { inDrill } from "../support/drill.ts";

const COUNT = inDrill(4_000, 40_000);

test("CC-mutants: thousands of mutated inputs: only coded errors, nothing slow, and what is read says the same after writing", async () => {
  const findings = await runYangCampaign({ count: COUNT, seed: 20_261_121, published: false });
  expect(findings).toMatchObject({ broken: [], slow: [] });
  // the inputs reach every part, and are neither all good nor all bad
  for (const kind of [
    "data",
    "instances",
    "calls",
    "identifiers",
    "JSON text",
    "JSON document",
    "path",
    "pattern",
    ".sid file",
  ]) {
    expect([kind, (findings.read.get(kind) ?? 0) > 5, (findings.refused.get(kind) ?? 0) > 5]).toEqual([
      kind,
      true,
      true,
    ]);
  }
}, 120_000);
