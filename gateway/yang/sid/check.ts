/** RFC 9595 — everything that is wrong with .sid files, and what their author should know: rules as a table. */
import { diff, isBroken } from "./diff.ts";
import { itemsOf } from "./items.ts";
import type { ModuleTree } from "./module-tree.ts";
import { pyangItems } from "./pyang-quirks.ts";
import { holds, type Registry, taken } from "./registry.ts";
import { repairs } from "./repair.ts";
import { isIn, itemKey, overlap, type SidFile, type SidItem, shownRange } from "./sid-file.ts";
import { dialectOf } from "./update.ts";

/** By the RFC 9595 section that a finding rests on. */
export const SID_RULES = {
  "range-overlap": { level: "error", section: "§4" },
  "sid-out-of-range": { level: "error", section: "§4" },
  "sid-twice": { level: "error", section: "§4" },
  "item-twice": { level: "error", section: "§4" },
  "dependency-twice": { level: "error", section: "§4" },
  "unstable-published": { level: "error", section: "§6.4.3" },
  "number-changed": { level: "error", section: "§3" },
  "two-numbers": { level: "error", section: "§2.1" },
  "other-module": { level: "error", section: "§4" },
  "other-revision": { level: "error", section: "§4" },
  "unknown-identifier": { level: "error", section: "§4" },
  "broken-path": { level: "error", section: "§4" },
  "item-missing": { level: "error", section: "§3" },
  "range-not-registered": { level: "error", section: "§6.3.2" },
  submodule: { level: "warning", section: "Appendix C" },
  dependency: { level: "warning", section: "Appendix B" },
  "size-step": { level: "warning", section: "§6.4.2" },
  "size-large": { level: "warning", section: "§6.4.2" },
  "head-room": { level: "warning", section: "§6.4.2" },
  "mega-range": { level: "warning", section: "§6.3" },
  experimental: { level: "warning", section: "§6.4.2" },
} as const satisfies Record<string, { readonly level: "error" | "warning"; readonly section: string }>;
export type SidRule = keyof typeof SID_RULES;

export interface SidFinding {
  readonly file: string;
  readonly rule: SidRule;
  readonly what: string;
}

export const isError = ({ rule }: SidFinding): boolean => SID_RULES[rule].level === "error";

type Found = Iterable<readonly [rule: SidRule, what: string]>;

export interface CheckOptions {
  readonly tree?: ModuleTree | undefined;
  readonly registry?: Registry | undefined;
}

/** Findings per file in the order given; several files of one module are taken as its revisions. */
export function check(files: readonly SidFile[], { tree, registry }: CheckOptions = {}): readonly SidFinding[] {
  return files.flatMap((file, index) => {
    const before = files.slice(0, index);
    return [
      ...within(file),
      ...sizes(file),
      ...between(file, before),
      ...(registry ? registered(file, registry) : []),
      ...(tree && files.findLastIndex(({ module }) => module === file.module) === index ? against(file, tree) : []),
    ].map(([rule, what]): SidFinding => ({ file: file.file, rule, what }));
  });
}

/** What the file alone tells. */
function* within({ ranges, items, dependencies, status }: SidFile): Found {
  for (const [index, range] of ranges.entries()) {
    for (const other of ranges.slice(0, index)) {
      if (overlap(range, other)) yield ["range-overlap", `${shownRange(range)} overlaps ${shownRange(other)}`];
    }
  }
  const names = new Set<string>();
  const numbers = new Map<number, SidItem>();
  for (const item of items) {
    const other = numbers.get(item.sid);
    if (other) yield ["sid-twice", `${item.sid} is that of '${other.identifier}' and of '${item.identifier}'`];
    else numbers.set(item.sid, item);
    if (names.has(itemKey(item))) yield ["item-twice", `'${item.identifier}' stands twice`];
    names.add(itemKey(item));
    if (!ranges.some((range) => isIn(range, item.sid))) {
      yield ["sid-out-of-range", `${item.sid} of '${item.identifier}' is in none of the ranges`];
    }
  }
  const unstable = items.filter((item) => item.status === "unstable");
  if (status !== "unpublished" && unstable.length > 0) {
    yield ["unstable-published", `the file is published and ${count(unstable.length, "item")} unstable`];
  }
  const modules = dependencies.map(({ module }) => module);
  for (const module of new Set(modules.filter((each, index) => modules.indexOf(each) !== index))) {
    yield ["dependency-twice", `the dependency '${module}' stands twice, as pyang writes it`];
  }
}

const count = (number: number, noun: string): string => (number === 1 ? `1 ${noun} is` : `${number} ${noun}s are`);

/** §6.4.2: 33 % more than there are items. */
const HEAD_ROOM = 1.33;
const STEP = 50;
const LARGE = 1000;
const MEGA = 1_000_000;
const EXPERIMENTAL = { entryPoint: 60_000, size: 40_000 };

function* sizes({ ranges, items }: SidFile): Found {
  for (const range of ranges) {
    const { entryPoint, size } = range;
    const shown = shownRange(range);
    if (size % STEP !== 0) yield ["size-step", `the size ${size} of ${shown} is no multiple of ${STEP}`];
    if (size > LARGE) yield ["size-large", `${shown} has ${size} numbers, and ${LARGE} should do`];
    if (Math.floor(entryPoint / MEGA) !== Math.floor((entryPoint + size - 1) / MEGA)) {
      yield ["mega-range", `${shown} crosses the border of a mega-range, a multiple of ${MEGA}`];
    }
    if (overlap(range, EXPERIMENTAL)) {
      yield ["experimental", `${shown} lies in the experimental range 60000-99999, whose numbers are not unique`];
    }
  }
  const all = ranges.reduce((sum, { size }) => sum + size, 0);
  if (items.length > 0 && all < items.length * HEAD_ROOM) {
    yield ["head-room", `${all} numbers for ${items.length} items leave less than 33 % for the next revision`];
  }
}

/** What the files before tell: other modules keep off, the same module keeps its numbers. */
function* between(file: SidFile, before: readonly SidFile[]): Found {
  const former = before.findLast(({ module }) => module === file.module);
  const numbers = new Map(file.items.map((item) => [`${file.module} ${itemKey(item)}`, item]));
  for (const other of before) {
    if (other.module === file.module) continue;
    for (const range of file.ranges) {
      const hit = other.ranges.find((each) => overlap(each, range));
      if (hit) yield ["range-overlap", `${shownRange(range)} overlaps ${shownRange(hit)} of ${other.file}`];
    }
    for (const item of other.items) {
      const own = item.namespace === "data" ? numbers.get(`${file.module} ${itemKey(item)}`) : undefined;
      if (own && own.sid !== item.sid) {
        yield ["two-numbers", `'${own.identifier}' is ${own.sid} here and ${item.sid} in ${other.file}`];
      }
    }
  }
  if (former === undefined) return;
  for (const change of diff(former, file)) {
    if (!isBroken(change)) continue;
    const was = `in ${former.file}`;
    if (change.kind === "removed")
      yield ["number-changed", `'${change.item.identifier}' had ${change.item.sid} ${was}`];
    if (change.kind === "renumbered") {
      yield ["number-changed", `'${change.item.identifier}' is ${change.item.sid} and had ${change.before.sid} ${was}`];
    }
    if (change.kind === "status") yield ["number-changed", `'${change.item.identifier}' was stable ${was}`];
    if (change.kind === "range-removed") yield ["number-changed", `the range ${shownRange(change.range)} stood ${was}`];
  }
}

function* registered({ module, ranges }: SidFile, registry: Registry): Found {
  for (const range of ranges) {
    const other = taken(registry, module, range);
    if (other) {
      const what = `${shownRange(range)} overlaps ${shownRange(other)} of ${other.module} in ${registry.file}`;
      yield ["range-overlap", what];
    } else if (!holds(registry, module, range)) {
      yield ["range-not-registered", `${shownRange(range)} is not that of ${module} in ${registry.file}`];
    }
  }
}

/** What the module tells: every item leads somewhere, and everything has an item. */
function* against(file: SidFile, tree: ModuleTree): Found {
  const { module } = tree;
  if (file.module !== module.name) {
    yield ["other-module", `the file is of module '${file.module}', the source of '${module.name}'`];
    return;
  }
  if (file.revision !== module.revision) {
    yield [
      "other-revision",
      `the file is of revision ${file.revision || "(none)"}, the module ${module.revision || "(none)"}`,
    ];
  }
  const dialect = dialectOf(file, tree) ?? "rfc9595";
  const wanted = itemsOf(tree, dialect);
  const known = new Set(wanted.map(itemKey));
  const repaired = repairs(file, wanted);
  const ofPyang = new Set(pyangItems(tree, dialect).map(itemKey));
  const submodules = new Set(tree.modules.flatMap(({ units }) => units.slice(1).map(({ root }) => root.argument)));
  for (const item of file.items) {
    if (item.status === "obsolete" || known.has(itemKey(item))) continue;
    const right = repaired.get(item);
    if (item.namespace === "module" && submodules.has(item.identifier)) {
      yield ["submodule", `${item.sid} is that of submodule '${item.identifier}', as pyang gives them; it needs none`];
    } else if (right) {
      const who = ofPyang.has(itemKey(item)) ? " as pyang breaks it" : "";
      yield ["broken-path", `${item.sid} '${item.identifier}' is broken${who}; '${right.identifier}' is meant`];
    } else {
      yield ["unknown-identifier", `${item.sid} ${item.namespace} '${item.identifier}' leads to nothing`];
    }
  }
  const numbered = new Set([...file.items.map(itemKey), ...[...repaired.values()].map(itemKey)]);
  for (const item of wanted) {
    if (!numbered.has(itemKey(item))) yield ["item-missing", `${item.namespace} '${item.identifier}' has no number`];
  }
  yield* dependencies(file, tree);
}

function* dependencies(file: SidFile, tree: ModuleTree): Found {
  const noted = new Map(file.dependencies.map(({ module, revision }) => [module, revision]));
  for (const { module, revision } of tree.dependencies) {
    const was = noted.get(module);
    if (was === undefined) yield ["dependency", `the import of '${module}' is not noted`];
    else if (was !== revision) yield ["dependency", `it was made for '${module}' of ${was}, and ${revision} is here`];
  }
}
