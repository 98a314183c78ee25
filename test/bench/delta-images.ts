/**
 * Pairs of firmware images with a small change between them. Real ones are built with arm-none-eabi-gcc, of our reference node and
 * all of newlib; without it they are made of a seed. Nothing of them is kept.
 */
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { Dice } from "../fuzz/dice.ts";
import { hasProgram, makeHeaders, SOURCES } from "../support/reference-node.ts";

export interface ImagePair {
  readonly title: string;
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

/** As a Cortex-M4 with half of its 640 KiB of flash would have. */
const SIZE = 320_000;
const GCC = "arm-none-eabi-gcc";
const FLAGS = ["-mcpu=cortex-m4", "-mthumb", "-Os", "-ffunction-sections", "-std=c99", "-DWITH_SUIT"];

export async function firmwarePair(): Promise<ImagePair> {
  if (!hasProgram(GCC)) return seededPair();
  const folder = mkdtempSync(join(tmpdir(), "sidgate-images-"));
  try {
    const from = await built(join(folder, "old"), 7);
    const to = await built(join(folder, "new"), 8);
    return { title: "the reference node with newlib, Cortex-M4, before and after a bug fix", from, to };
  } catch (error) {
    console.error(`${GCC} does not build the image: ${String(error).split("\n")[0]}`);
    return seededPair();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of Debian's packages, stable's and unstable's, where scripts/interop-peers.sh has fetched them. */
export function debianPairs(): ReadonlyMap<string, ImagePair> {
  const folder = join(process.env["INTEROP_PEERS"] ?? join(homedir(), ".cache", "sidgate-peers"), "firmware");
  const [old, now] = [join(folder, "old"), join(folder, "new")];
  const pairs = new Map<string, ImagePair>();
  for (const name of existsSync(now) ? readdirSync(now) : []) {
    if (!existsSync(join(old, name))) continue;
    const [from, to] = [old, now].map((version) => new Uint8Array(readFileSync(join(version, name))));
    pairs.set(name.replace(/[-.].*/, ""), { title: `${name}, Debian stable to unstable`, from: from!, to: to! });
  }
  return pairs;
}

/** What a release of ours changes: a version, and a check that was missing; all that is linked behind it moves. */
const MAIN = (version: number): string => `
#include <stddef.h>
const char version[] = "1.4.${version}";
extern int node_wake(void *node);
extern volatile int battery;
static int checked(int value) { ${version > 7 ? "if (value < 1800 || value > 4200) return -1; battery = value / 10;" : ""} return value; }
int main(void) { return checked(battery) + version[4]; }
volatile int battery;
void _exit(int code) { (void)code; for (;;) {} }
`;

async function built(folder: string, version: number): Promise<Uint8Array> {
  mkdirSync(folder);
  await makeHeaders(folder);
  const sources = readdirSync(SOURCES).filter((name) => /\.[ch]$/.test(name));
  for (const name of sources) copyFileSync(join(SOURCES, name), join(folder, name));
  writeFileSync(join(folder, "aa-main.c"), MAIN(version));
  const objects = ["aa-main.c", ...sources.filter((name) => name.endsWith(".c"))].map((name) => {
    const object = name.replace(/c$/, "o");
    execFileSync(GCC, [...FLAGS, `-I${folder}`, "-c", name, "-o", object], { cwd: folder, stdio: "pipe" });
    return object;
  });
  const whole = ["-Wl,--whole-archive", "-lc", "-lm", "-Wl,--no-whole-archive", "-lnosys", "-lgcc"];
  const lax = ["-Wl,--unresolved-symbols=ignore-all", "-Wl,--allow-multiple-definition", "-Wl,-w", "-nostartfiles"];
  execFileSync(GCC, [...FLAGS.slice(0, 2), "-nodefaultlibs", ...lax, ...objects, ...whole, "-o", "image.elf"], {
    cwd: folder,
    stdio: "pipe",
  });
  execFileSync("arm-none-eabi-objcopy", ["-O", "binary", "image.elf", "image.bin"], { cwd: folder });
  return new Uint8Array(readFileSync(join(folder, "image.bin"))).subarray(0, SIZE);
}

/** Functions of instructions, calls that say how far it is, and tables of addresses: what moves when one function grows. */
export function seededPair(): ImagePair {
  return { title: "an image made of a seed, for want of a compiler", from: seeded(0), to: seeded(44) };
}

function seeded(grown: number): Uint8Array {
  const dice = new Dice(320);
  const common = Array.from({ length: 400 }, () => dice.below(0x10000));
  const functions = Array.from({ length: SIZE / 160 }, () => Array.from({ length: 80 }, () => wordOf(dice, common)));
  const more = Array.from({ length: grown / 2 }, (_, i) => ({ op: common[i] ?? 0, calls: undefined }));
  const grownOnes = functions.map((body, i) => (i === 100 ? [...body, ...more] : body));
  const starts: number[] = [];
  let at = 0;
  for (const body of grownOnes) {
    starts.push(at);
    at += 2 * body.length;
  }
  const image = new Uint8Array(at);
  const view = new DataView(image.buffer);
  let place = 0;
  for (const body of grownOnes) {
    for (const { op, calls } of body) {
      const target = calls === undefined ? op : (starts[calls] ?? 0) - place;
      view.setUint16(place, calls === undefined ? op : 0xf000 | ((target >> 1) & 0x7ff), true);
      place += 2;
    }
  }
  return image;
}

interface Word {
  readonly op: number;
  /** A function, by its number. */
  readonly calls: number | undefined;
}

/** Most instructions are of a few kinds. */
function wordOf(dice: Dice, common: readonly number[]): Word {
  if (dice.chance(0.06)) return { op: 0, calls: dice.below(SIZE / 160) };
  return { op: dice.chance(0.7) ? dice.pick(common) : dice.below(0x10000), calls: undefined };
}
