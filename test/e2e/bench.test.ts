/** The benches start and print their figures; what the figures are worth is for a quiet machine. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { inDrill } from "../support/drill.ts";

const MAIN = fileURLToPath(new URL("../../dist/test/bench/main.js", import.meta.url));
const where = existsSync("/proc/self/task") ? "" : " (skipped: needs /proc/self/task)";

type Row = readonly [group: string, more: readonly string[], figures: readonly string[]];
const LONG: readonly Row[] = [
  ["suit", [], ["suit_verify_ms", "envelope_ratio_tailored", "image_import_cpu_vs_sha256"]],
  ["scale", ["--nodes", "300"], ["anon_bytes_per_node", "checkins_per_second_end_vs_start"]],
  [
    "coreconf",
    ["--quick"],
    [
      "fetch_leaf_cpu",
      "fetch_gateway_leaf_cpu",
      "ipatch_leaf_cpu",
      "oscore_fetch_leaf_cpu_vs_plain",
      "gateway_get_10k_nodes_ms",
      "pending_bytes_per_node",
      "wire_check_in_coreconf",
    ],
  ],
];

(where === "" ? test : test.skip).each<Row>([
  ["codec", inDrill(["--quick"], []), ["codec_encode_vs_cborx"]],
  ...inDrill<readonly Row[]>([], LONG),
])(`npm run bench -- %s${where}`, (group, more, figures) => {
  const bench = spawnSync(process.execPath, [MAIN, group, ...more, "--json"], { encoding: "utf8", timeout: 80_000 });
  const printed: unknown = JSON.parse(bench.stdout.trim().split("\n").at(-1) ?? "");
  expect(printed).toMatchObject(Object.fromEntries(figures.map((name) => [name, { value: expect.any(Number) }])));
});
