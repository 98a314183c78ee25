/**
 * The reference node in C (test/interop/reference-node): its headers, its build, its figures and running it. Shared by its tests
 * and by the bench group `coreconf`.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { sidHeader } from "../../gateway/app/tools/sid-header.ts";

const run = promisify(execFile);
/** The bench runs from dist, where there is no C. */
const ROOT = ((folder: string): string => {
  let at = folder;
  while (!existsSync(join(at, "yang-models", "ranges.json")) && dirname(at) !== at) at = dirname(at);
  return at;
})(dirname(fileURLToPath(import.meta.url)));
const MODELS = join(ROOT, "yang-models");
export const SOURCES = join(ROOT, "test", "interop", "reference-node");

/** Module, and prefix of its macros, which is also the name of its header. */
const HEADERS = [
  ["sidgate-node@2026-11-21", "SGN"],
  ["sidgate-firmware@2026-11-21", "SGF"],
  ["sidgate-building@2026-11-21", "SGB"],
  ["sidgate-suit@2026-11-22", "SGS"],
] as const;

const STRICT = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"];
/** With suit.c: the node takes no image that no author vouches for. */
export const WITH_SUIT = ["-DWITH_SUIT"];
/** With delta.c: the node takes patches and compressed images. */
export const WITH_DELTA = ["-DWITH_DELTA"];
/** Undefined behaviour ends the program. */
export const SANITIZED = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/** A compiler, and the `size` that goes with it. */
export interface Target {
  readonly title: string;
  readonly compiler: string;
  readonly size: string;
  readonly flags: readonly string[];
}
/** The same with suit.c. */
export const withSuit = (target: Target): Target => ({ ...target, flags: [...target.flags, ...WITH_SUIT] });
/** A microcontroller's code is neither position-independent nor unwound. */
const BARE = ["-fno-pie", "-fno-asynchronous-unwind-tables"];
const ARM = { compiler: "arm-none-eabi-gcc", size: "arm-none-eabi-size" };
export const HOST: Target = { title: "x86-64", compiler: "gcc", size: "size", flags: BARE };
export const TARGETS: readonly Target[] = [
  HOST,
  { title: "Cortex-M0", ...ARM, flags: ["-mcpu=cortex-m0", "-mthumb"] },
  { title: "Cortex-M4", ...ARM, flags: ["-mcpu=cortex-m4", "-mthumb"] },
];

/** CoAP, CBOR, check-in, edits, download and OSCORE with its ciphers: what every node that speaks the protocol has. */
const PROTOCOL = [
  "aes-ccm",
  "bytes",
  "cbor",
  "check-in",
  "coap",
  "download",
  "exchange",
  "oscore",
  "settings",
  "sha256",
] as const;
/** Those that a program of vectors needs. */
const CIPHERS = ["aes-ccm", "bytes", "cbor", "coap", "oscore", "sha256"] as const;
/** What applies patches, by itself. */
const PATCHER = ["delta"] as const;
/** What verifies envelopes, by itself. */
const VERIFIER = ["suit", "bytes", "cbor", "sha256"] as const;
/** What this node does with a wake, and its log of states in flash. */
const OWN = ["node", "state"] as const;
/** Empty unless the node is built `WITH_SUIT`. */
const RELEASES = ["suit"] as const;
/** Programs of one part of the node; all others have all of it. */
const PARTS: Readonly<Record<string, readonly string[]>> = { manifests: VERIFIER, patches: PATCHER };

/** Whether a program is on the PATH. */
export const hasProgram = (name: string): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** The headers by 'sidgate sid header', as docs/node-authors.md has them made. */
export async function makeHeaders(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const [module, prefix] of HEADERS) {
    const path = join(MODELS, module);
    const options = { sid: `${path}.sid`, yang: `${path}.yang`, prefix, path: [], force: false };
    await sidHeader(options, (text) => writeFileSync(join(folder, `${prefix.toLowerCase()}.h`), `${text}\n`));
  }
}

const cFiles = (): readonly string[] => readdirSync(SOURCES).filter((name) => name.endsWith(".c"));

/** One object per source, as small as the compiler makes them; from gcc with the call graph and the stack of each function. */
export async function buildObjects(headers: string, target = HOST, into = headers): Promise<void> {
  mkdirSync(into, { recursive: true });
  const graph = target.compiler.endsWith("gcc") ? ["-fcallgraph-info=su"] : [];
  const compile = (name: string) =>
    run(target.compiler, [
      ...STRICT,
      "-Os",
      ...target.flags,
      ...graph,
      `-I${headers}`,
      `-I${SOURCES}`,
      "-c",
      join(SOURCES, name),
      "-o",
      join(into, name.replace(/c$/, "o")),
    ]);
  await Promise.all(cFiles().map(compile));
}

/** Another compiler's opinion of the sources; throws when it has one. */
export async function checkSources(compiler: string, headers: string, flags: readonly string[] = []): Promise<void> {
  const sources = cFiles().map((name) => join(SOURCES, name));
  await run(compiler, [...STRICT, ...flags, "-fsyntax-only", `-I${headers}`, `-I${SOURCES}`, ...sources]);
}

export interface NodeSizes {
  /** Code and constants by object. */
  readonly objects: ReadonlyMap<string, number>;
  /** Those of the protocol. */
  readonly protocol: number;
  /** All that is not the port. */
  readonly whole: number;
  /** Of the whole: instructions alone. */
  readonly instructions: number;
}

/** `size` over the objects in a folder. */
export async function sizesIn(folder: string, target = HOST): Promise<NodeSizes> {
  const having = (flag: string, those: readonly string[]) => (target.flags.includes(flag) ? those : []);
  const names = [...PROTOCOL, ...OWN, ...having("-DWITH_SUIT", RELEASES), ...having("-DWITH_DELTA", PATCHER)];
  const { stdout } = await run(target.size, ["-A", ...names.map((name) => join(folder, `${name}.o`))]);
  const objects = new Map<string, number>();
  let instructions = 0;
  for (const [at, part] of stdout
    .split(/^.*\.o +:$/m)
    .slice(1)
    .entries()) {
    const sections = [...part.matchAll(/^\.(text|rodata)\S* +(\d+)/gm)];
    const sum = (those: typeof sections): number => those.reduce((all, [, , bytes]) => all + Number(bytes), 0);
    objects.set(names[at] ?? "", sum(sections));
    instructions += sum(sections.filter(([, kind]) => kind === "text"));
  }
  const sumOf = (those: readonly string[]): number => those.reduce((sum, name) => sum + (objects.get(name) ?? 0), 0);
  return { objects, protocol: sumOf(PROTOCOL), whole: sumOf(names), instructions };
}

/** Bytes of memory of one node. */
export async function memoryOf(headers: string, target = HOST): Promise<number> {
  const place = mkdtempSync(join(headers, "ram-"));
  const source = join(place, "ram.c");
  writeFileSync(source, '#include "node.h"\nstruct node node;\n');
  const object = join(place, "ram.o");
  await run(target.compiler, [...STRICT, ...target.flags, `-I${headers}`, `-I${SOURCES}`, "-c", source, "-o", object]);
  const { stdout } = await run(target.size, [object]);
  const [, , bss = Number.NaN] = stdout.trim().split("\n")[1]?.trim().split(/\s+/).map(Number) ?? [];
  return bss;
}

/** What docs/node-authors.md says in the column of a target; throws when it is not what was measured. */
export function checkInTable(page: string, row: string, target: Target, measured: number): void {
  const cells = (line: string): readonly string[] => line.split("|").map((cell) => cell.trim());
  const table = page.split("\n").filter((line) => line.startsWith("|"));
  const column = cells(table.find((line) => line.includes("| Cortex-M0 |")) ?? "").indexOf(target.title);
  const line = table.find((each) => cells(each)[1]?.replaceAll("**", "").startsWith(row)) ?? "";
  const said = Number(cells(line)[column]);
  // Another version of the compiler may miss it by a tenth.
  if (!(Math.abs(said - measured) / measured < 0.1))
    throw new Error(`${row}, ${target.title}: ${measured}, not ${said}`);
}

/** Symbols that the objects want from elsewhere. */
export async function wantedSymbols(folder: string): Promise<readonly string[]> {
  const objects = [...PROTOCOL, ...OWN].map((name) => join(folder, `${name}.o`));
  const { stdout } = await run("nm", objects);
  const own = new Set([...stdout.matchAll(/ [TtRrBbDd] (\w+)/g)].map(([, name = ""]) => name));
  const wanted = [...stdout.matchAll(/ U (\w+)/g)].map(([, name = ""]) => name);
  return [...new Set(wanted)].filter((name) => !own.has(name)).sort();
}

/**
 * Figures of the bench group `coreconf`: code and constants of the protocol, of the whole node, and of it on a Cortex-M0. Those whose
 * compiler is missing are left out.
 */
export async function referenceNodeFigures(folder: string): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  await makeHeaders(folder);
  for (const target of TARGETS) {
    if (!hasProgram(target.compiler) || !hasProgram(target.size)) continue;
    const into = join(folder, target.title);
    await buildObjects(folder, target, into);
    const { protocol, whole } = await sizesIn(into, target);
    if (target === HOST) figures["reference_node_code_bytes"] = protocol;
    figures[`reference_node_whole_bytes_${target.title.toLowerCase().replaceAll("-", "_")}`] = whole;
  }
  return figures;
}

/** The figure `reference_node_code_bytes` alone; undefined without gcc. */
export const referenceNodeCodeBytes = async (folder: string): Promise<number | undefined> =>
  (await referenceNodeFigures(folder))["reference_node_code_bytes"];

/** Deepest stack below each function of the node, from gcc's own call graph. Throws when functions call in a circle. */
export function stackDepths(folder: string): ReadonlyMap<string, number> {
  const own = new Map<string, number>();
  const calls = new Map<string, Set<string>>();
  for (const name of cFiles()) {
    const graph = readFileSync(join(folder, name.replace(/c$/, "ci")), "utf8");
    for (const [, title = "", bytes] of graph.matchAll(/node: \{ title: "([^"]+)" label: "[^"]*?(\d+) bytes \(/g)) {
      own.set(title, Number(bytes));
    }
    for (const [, from = "", to = ""] of graph.matchAll(/edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"/g)) {
      calls.set(from, (calls.get(from) ?? new Set()).add(to));
    }
  }
  const depths = new Map<string, number>();
  const depthOf = (name: string, above: readonly string[]): number => {
    if (above.includes(name)) throw new Error(`calls in a circle: ${[...above, name].join(" > ")}`);
    const known = depths.get(name);
    if (known !== undefined) return known;
    const below = [...(calls.get(name) ?? [])].map((callee) => depthOf(callee, [...above, name]));
    // A call pushes its return address, of 8 bytes on the machine of the test; the frame counts it.
    const depth = (own.get(name) ?? 0) + Math.max(0, ...below);
    depths.set(name, depth);
    return depth;
  };
  for (const name of own.keys()) depthOf(name, []);
  return depths;
}

/** Links a program of `posix/` with the node. `credentials`: a header as 'sidgate node add --format c' prints it. */
export async function buildProgram(
  folder: string,
  name: string,
  options: { readonly credentials?: string; readonly flags?: readonly string[] } = {},
): Promise<string> {
  const { credentials, flags } = options;
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  if (credentials !== undefined) writeFileSync(join(place, "credentials.h"), credentials);
  const main = ["hostile", "vectors", ...Object.keys(PARTS)].includes(name) ? name : "main";
  const program = join(place, "node");
  const objects = main === "vectors" ? CIPHERS : [...PROTOCOL, ...OWN];
  const sources = PARTS[main]?.map((each) => `${each}.c`) ?? cFiles();
  const parts =
    flags === undefined ? objects.map((each) => join(folder, `${each}.o`)) : sources.map((each) => join(SOURCES, each));
  await run("gcc", [
    ...STRICT,
    ...(flags ?? ["-no-pie"]),
    ...(credentials === undefined ? [] : ["-DWITH_CREDENTIALS"]),
    `-I${place}`,
    `-I${folder}`,
    `-I${SOURCES}`,
    join(SOURCES, "posix", `${main}.c`),
    ...parts,
    "-o",
    program,
  ]);
  return program;
}

/** A node as a process: what it says, line by line. */
export class NodeProcess {
  readonly #child: ChildProcess;
  /** Ended, and all that it said was read. */
  readonly #closed: Promise<unknown>;
  #output = "";

  constructor(program: string, args: readonly string[]) {
    this.#child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#closed = once(this.#child, "close");
    this.#child.stdout?.on("data", (part) => {
      this.#output += part;
    });
  }

  get lines(): readonly string[] {
    return this.#output.split("\n");
  }

  /** To its end; its exit code. */
  async end(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  /** SIGKILL: the power is gone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.end();
  }
}
