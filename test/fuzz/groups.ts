/** What `npm run fuzz` can throw, and how each group is reported. One row per group. */
import { runCampaign } from "./campaign.ts";
import { MemoryWatch } from "./memory.ts";
import { runYangCampaign } from "./yang/campaign.ts";

export interface Report {
  /** Of the run, for people. */
  readonly lines: readonly string[];
  /** What was found; none is the aim. */
  readonly problems: readonly string[];
}

interface Group {
  readonly name: string;
  readonly count: number;
  readonly run: (count: number, seed: number) => Promise<Report>;
}

export const GROUPS: readonly Group[] = [
  { name: "coap", count: 1_000_000, run: fuzzCoap },
  { name: "yang", count: 200_000, run: fuzzYang },
];

const UDP_SHARE = 0.05;

/** Mutated datagrams against the engine. */
async function fuzzCoap(count: number, seed: number): Promise<Report> {
  const memory = new MemoryWatch();
  const findings = await runCampaign({ count, seed, udpShare: UDP_SHARE, atRest: memory.atRest });
  const { replies, bytesIn, bytesOut, worstRatio, amplified, leaks, faults, overflows, stats } = findings;
  const { malformed, refused, duplicates, requests } = stats;
  return {
    lines: [
      `${replies} replies to ${count} datagrams`,
      `bytes in ${bytesIn}, out ${bytesOut}; the stranger that got most got ${worstRatio.toFixed(2)} times its bytes`,
      `malformed ${malformed}, refused ${refused}, duplicates ${duplicates}, requests ${requests}`,
      memory.words,
    ],
    problems: [
      ...amplified.map((reply) => `a reply that is too long: ${reply}`),
      ...leaks.map((words) => `words of ours in a reply: ${words}`),
      ...faults.map((fault) => `a fault of ours: ${fault}`),
      ...overflows.map((table) => `a table above its limit: ${table}`),
      ...memory.problems,
    ],
  };
}

/** Mutated bodies, documents, paths, patterns and models against all that reads them. */
async function fuzzYang(count: number, seed: number): Promise<Report> {
  const memory = new MemoryWatch();
  const { read, refused, broken, slow } = await runYangCampaign({
    count,
    seed,
    published: true,
    atRest: memory.atRest,
  });
  return {
    lines: [
      ...[...read].map(([kind, some]) => `${kind}: ${some} read, ${refused.get(kind) ?? 0} refused`),
      memory.words,
    ],
    problems: [
      ...broken.map((words) => `a broken promise: ${words}`),
      ...slow.map((words) => `an input that takes too long: ${words}`),
      ...memory.problems,
    ],
  };
}
