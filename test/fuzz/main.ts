/** `npm run fuzz -- coap [--count N] [--seed S]`: mutated datagrams against the engine; ends with 1 when one of them found something. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Findings, runCampaign } from "./campaign.ts";

const USAGE = "usage: npm run fuzz -- coap [--count N] [--seed S]";
const MIB = 1 << 20;
/** Noise of the collector and of code compiled late. */
const MEMORY_SLACK = 16 * MIB;
const UDP_SHARE = 0.05;

function fail(sentence: string): never {
  console.error(sentence);
  process.exit(64);
}

/** Anonymous memory after a collection; undefined where there is no /proc or no `--expose-gc`. */
function anonymousBytes(): number | undefined {
  if (globalThis.gc === undefined) return undefined;
  for (let i = 0; i < 4; i++) globalThis.gc();
  try {
    return Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
  } catch {
    return undefined;
  }
}

function problemsOf(findings: Findings, grown: number | undefined): readonly string[] {
  const { amplified, leaks, faults, overflows } = findings;
  return [
    ...amplified.map((reply) => `a reply that is too long: ${reply}`),
    ...leaks.map((words) => `words of ours in a reply: ${words}`),
    ...faults.map((fault) => `a fault of ours: ${fault}`),
    ...overflows.map((table) => `a table above its limit: ${table}`),
    ...(grown !== undefined && grown > MEMORY_SLACK ? [`anonymous memory grew by ${Math.round(grown / MIB)} MiB`] : []),
  ];
}

const { values, positionals } = parseArgs({
  options: { count: { type: "string", default: "1000000" }, seed: { type: "string", default: "20261121" } },
  allowPositionals: true,
});
const count = Number(values.count);
const seed = Number(values.seed);
if (positionals.length !== 1 || positionals[0] !== "coap" || !Number.isInteger(count) || !Number.isInteger(seed)) {
  fail(USAGE);
}
const memory = new Map<string, number | undefined>();
const started = Date.now();
const findings = await runCampaign({
  count,
  seed,
  udpShare: UDP_SHARE,
  atRest: (when) => memory.set(when, anonymousBytes()),
});
const [warm, end] = [memory.get("warm"), memory.get("end")];
const grown = warm === undefined || end === undefined ? undefined : end - warm;
const { replies, bytesIn, bytesOut, worstRatio, stats } = findings;
const seconds = (Date.now() - started) / 1000;
console.log(`seed ${seed}: ${count} datagrams in ${seconds.toFixed(1)} s, ${replies} replies`);
console.log(
  `bytes in ${bytesIn}, out ${bytesOut}; the stranger that got most got ${worstRatio.toFixed(2)} times its bytes`,
);
console.log(
  `malformed ${stats.malformed}, refused ${stats.refused}, duplicates ${stats.duplicates}, requests ${stats.requests}`,
);
console.log(
  grown === undefined
    ? "anonymous memory: not measured"
    : `anonymous memory: ${Math.round((warm ?? 0) / MIB)} MiB when warm, ${Math.round((end ?? 0) / MIB)} MiB at the end`,
);
const problems = problemsOf(findings, grown);
for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
