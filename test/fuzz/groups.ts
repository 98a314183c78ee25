/** What `npm run fuzz` can throw, and how each group is reported. One row per group. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtInModels } from "../../gateway/yang/index.ts";
import { compareWithYanglint, ownSite, publishedSite, zooSite } from "../yang/random/differential.ts";
import { YANGLINT } from "../yang/random/yanglint.ts";
import { runCampaign } from "./campaign.ts";
import { runCoreconfCampaign } from "./coreconf/campaign.ts";
import { runDeltaCampaign } from "./delta/campaign.ts";
import { Dice } from "./dice.ts";
import { MemoryWatch } from "./memory.ts";
import { runSuitCampaign } from "./suit/campaign.ts";
import { subjects, tryEveryByte } from "./suit/one-byte.ts";
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
  { name: "coreconf", count: 20_000, run: fuzzCoreconf },
  { name: "delta", count: 50_000, run: fuzzDelta },
  { name: "suit", count: 20_000, run: fuzzSuit },
  // Here a count is how many other values each byte takes.
  { name: "suit-bytes", count: 255, run: fuzzSuitBytes },
  { name: "yanglint", count: 5_000, run: fuzzYanglint },
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

/** Mutated requests of managers and a node against the CORECONF handler. */
async function fuzzCoreconf(count: number, seed: number): Promise<Report> {
  const memory = new MemoryWatch();
  const { codes, broken } = await runCoreconfCampaign({ count, seed, atRest: memory.atRest });
  return {
    lines: [...[...codes].sort().map(([code, some]) => `${code}: ${some}`), memory.words],
    problems: [...broken.map((words) => `a broken promise: ${words}`), ...memory.problems],
  };
}

/** Mutated patches and chained bodies against what applies them. */
async function fuzzDelta(count: number, seed: number): Promise<Report> {
  const memory = new MemoryWatch();
  const { read, refused, broken, slow } = runDeltaCampaign({ count, seed, atRest: memory.atRest });
  return {
    lines: [
      ...["patch", "chain"].map((kind) => `${kind}: ${read.get(kind) ?? 0} read, ${refused.get(kind) ?? 0} refused`),
      memory.words,
    ],
    problems: [
      ...broken.map((words) => `a broken promise: ${words}`),
      ...slow.map((words) => `an input that takes too long: ${words}`),
      ...memory.problems,
    ],
  };
}

/** Mutated envelopes, manifests, texts and reports against all that reads them. */
async function fuzzSuit(count: number, seed: number): Promise<Report> {
  const memory = new MemoryWatch();
  const { read, refused, broken, slow } = runSuitCampaign({ count, seed, atRest: memory.atRest });
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

/** Signed envelopes with one byte changed: every byte, `values` other values of each. */
async function fuzzSuitBytes(values: number): Promise<Report> {
  const findings = subjects().map((subject) => ({ name: subject.name, ...tryEveryByte(subject, values) }));
  return {
    lines: findings.map(({ name, mutants, accepted }) => `${name}: ${mutants} mutants, ${accepted.length} accepted`),
    problems: findings.flatMap(({ accepted }) => accepted.map((words) => `a mutant was accepted: ${words}`)),
  };
}

/** Random documents before our validator and before yanglint. */
async function fuzzYanglint(count: number, seed: number): Promise<Report> {
  if (!existsSync(YANGLINT)) return { lines: [], problems: [`${YANGLINT} is not there (package libyang-tools)`] };
  const folder = mkdtempSync(join(tmpdir(), "sidgate-fuzz-"));
  const dice = new Dice(seed);
  const sites = [await zooSite(folder), await ownSite(builtInModels()), await publishedSite()];
  const lines: string[] = [];
  const problems: string[] = [];
  for (const site of sites) {
    for (const type of ["config", "data"] as const) {
      if (site === undefined) continue;
      const share = Math.ceil(count / sites.length / 2);
      const { documents, accepted, crashes, disagreements } = compareWithYanglint(site, {
        folder,
        dice,
        type,
        count: share,
      });
      lines.push(
        `${site.modules[0]} and others, ${type}: ${documents} documents, ${accepted} accepted, ${crashes} crashes of yanglint`,
      );
      problems.push(...disagreements.map((words) => `a disagreement: ${words}`));
    }
  }
  rmSync(folder, { recursive: true });
  return { lines, problems };
}
