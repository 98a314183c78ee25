/** Group `delta`: a patch between two builds of one firmware, made beside the nodes. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { systemClock } from "../../gateway/base/index.ts";
import { Workshop } from "../../gateway/service/delta/index.ts";
import { compressImage, makePatch } from "../../gateway/wire/delta/index.ts";
import { hasProgram } from "../support/reference-node.ts";
import { debianPairs, firmwarePair, type ImagePair, seededPair } from "./delta-images.ts";
import { canMeasureProcesses, type Figures, quartiles, Table } from "./measure.ts";

const ROUNDS = 7;

export async function deltaBench(): Promise<Figures> {
  const pair = await firmwarePair();
  const made = await inThread(pair);
  const { to } = pair;
  const ofImage = (bytes: number): number => bytes / to.length;
  const seeded = seededPair();
  return {
    delta_ratio_small_change: quartiles([ofImage(made.length)], `of ${to.length} bytes: ${pair.title}`),
    ...made.figures,
    delta_ratio_seeded: quartiles(
      [makePatch(seeded.from, seeded.to).length / seeded.to.length],
      `of ${seeded.to.length} bytes: made of a seed`,
    ),
    delta_ratio_window_10: quartiles(
      [ofImage(makePatch(pair.from, to, { window: 10, lookahead: 7 }).length)],
      "with four times the memory of a node",
    ),
    delta_ratio_window_12: quartiles(
      [ofImage(makePatch(pair.from, to, { window: 12, lookahead: 8 }).length)],
      "with sixteen times the memory of a node",
    ),
    compressed_ratio: quartiles([ofImage(compressImage(to).length)], "the whole image with heatshrink"),
    ...others(pair),
    ...Object.fromEntries(
      [...debianPairs()].map(([name, { title, from, to: wanted }]) => [
        `delta_ratio_${name}`,
        quartiles([makePatch(from, wanted).length / wanted.length], `of ${wanted.length} bytes: ${title}`),
      ]),
    ),
  };
}

/** The thread's time on a CPU, and how long the loop stood still meanwhile. */
async function inThread({ from, to }: ImagePair): Promise<{ readonly length: number; readonly figures: Figures }> {
  const workshop = new Workshop({ clock: systemClock() });
  const table = new Table();
  let length = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const stretches = longestStretch();
    const begun = performance.now();
    const before = process.cpuUsage();
    const { bytes } = await workshop.make(() => ({ kind: "patch", from, to }));
    const { user, system } = process.cpuUsage(before);
    delay.disable();
    const wall = performance.now() - begun;
    length = bytes.length;
    table.note("delta_seconds_320k", (user + system) / 1e6);
    table.note("delta_wall_seconds_320k", wall / 1000);
    table.note("loop_block_ms", stretches.end());
    table.note("loop_delay_ms", delay.max / 1e6);
    table.note("loop_delay_ms_idle", await delayIdle(wall));
  }
  await workshop.close();
  const figures = table.figures((name) => UNITS[name] ?? "s, patch and proof");
  return { length, figures };
}

const UNITS: Readonly<Record<string, string>> = {
  loop_block_ms: "ms, the longest turn of the loop in a round, by its thread's time on a CPU",
  loop_delay_ms: "ms, the longest delay of the loop in a round, by the clock",
  loop_delay_ms_idle: "ms, the same while nothing is made: what this machine does by itself",
};

/** Neighbours on this machine are not counted: how much of a CPU the loop's thread used from one turn to the next, at most. */
function longestStretch(): { end(): number } {
  if (!canMeasureProcesses()) return { end: () => Number.NaN };
  const used = (): number =>
    Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  let longest = 0;
  let last = used();
  const look = (): void => {
    const now = used();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, 1);
  return {
    end: () => {
      clearInterval(timer);
      look();
      return longest;
    },
  };
}

async function delayIdle(wall: number): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, wall));
  delay.disable();
  return delay.max / 1e6;
}

/** What programs of this machine make of the same pair. */
function others({ from, to }: ImagePair): Figures {
  const folder = mkdtempSync(join(tmpdir(), "sidgate-delta-"));
  const [old, next, patch] = [join(folder, "old"), join(folder, "new"), join(folder, "patch")];
  try {
    writeFileSync(old, from);
    writeFileSync(next, to);
    const figures: Record<string, Figures[string]> = {};
    if (hasProgram("xz")) {
      const { length } = execFileSync("xz", ["-9e", "-c", next], { maxBuffer: 1 << 26 });
      figures["xz_ratio"] = quartiles([length / to.length], "the whole image with xz -9e");
    }
    if (hasProgram("bsdiff")) {
      execFileSync("bsdiff", [old, next, patch]);
      figures["bsdiff_ratio"] = quartiles([statSync(patch).size / to.length], "bsdiff, with bzip2");
    }
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
