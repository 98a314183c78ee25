/**
 * RFC 9595 §3 — the .sid file of a module's next revision: what has a number keeps it, what is new takes a free one, what
 * is gone stays as obsolete. Paths that pyang broke are put right under their old number.
 */
import { UsageError } from "../../base/index.ts";
import { assign, checkRanges } from "./assign.ts";
import { finalised, type Numbering, wantedItems } from "./generate.ts";
import { itemsOf, type Wanted } from "./items.ts";
import { DIALECTS, type Dialect, type ModuleTree } from "./module-tree.ts";
import { repairs } from "./repair.ts";
import { type Dependency, itemKey, type SidFile, type SidItem, type SidRange } from "./sid-file.ts";

export interface Update {
  readonly file: SidFile;
  readonly added: readonly SidItem[];
  /** Items of the old file that the module has no longer. */
  readonly gone: readonly SidItem[];
  readonly repaired: ReadonlyArray<{ readonly sid: number; readonly from: string; readonly to: string }>;
  /** Nothing differs but the version: the old file still holds. */
  readonly upToDate: boolean;
}

export interface UpdateOptions extends Omit<Numbering, "dialect"> {
  /** By default that of the file. */
  readonly dialect?: Dialect | undefined;
  /** Besides those of the file. */
  readonly ranges?: readonly SidRange[] | undefined;
}

/**
 * Throws UsageError `yang.sid-other-module`, `yang.sid-older`, `yang.sid-dialect`, `yang.sid-overlap`,
 * `yang.sid-exhausted`.
 */
export function update(old: SidFile, tree: ModuleTree, options: UpdateOptions): Update {
  const { pyangQuirks = false } = options;
  if (!pyangQuirks) checkSuccession(old, tree);
  const ranges = [...old.ranges, ...(options.ranges ?? [])];
  checkRanges(ranges, old.file);

  const wanted = wantedItems(tree, { pyangQuirks, dialect: chooseDialect(old, tree, options.dialect) });
  const repaired = pyangQuirks ? new Map<SidItem, Wanted>() : repairs(old, wanted);
  const keys = new Set(wanted.map(itemKey));
  const gone: SidItem[] = [];
  const kept = old.items.map((item): SidItem => {
    const right = repaired.get(item);
    if (right !== undefined) return { ...item, identifier: right.identifier };
    if (keys.has(itemKey(item)))
      return item.status === "obsolete" && !pyangQuirks ? { ...item, status: undefined } : item;
    if (item.status !== "obsolete") gone.push(item);
    return pyangQuirks ? item : { ...item, status: "obsolete" };
  });

  const known = new Set(kept.map(itemKey));
  const missing = wanted.filter((item) => !known.has(itemKey(item)));
  const added = assign(missing, kept, ranges, old.module);
  const next: SidFile = {
    ...old,
    module: tree.module.name,
    revision: tree.module.revision,
    // RFC 9595 §4: versions count within one revision of the module. pyang counts on.
    version: pyangQuirks || old.revision === tree.module.revision ? (old.version ?? 0) + 1 : undefined,
    status: "unpublished",
    dependencies: pyangQuirks ? [...old.dependencies, ...tree.importsAsWritten] : joined(old, tree.dependencies),
    ranges,
    items: [...kept, ...added],
  };
  const file = options.finalise ? finalised(next) : next;
  return {
    file,
    added,
    gone,
    repaired: [...repaired].map(([{ sid, identifier }, to]) => ({ sid, from: identifier, to: to.identifier })),
    upToDate:
      same(old, file, pyangQuirks) && !(options.finalise && file.items.some(({ sid }) => wasUnstable(old, sid))),
  };
}

const wasUnstable = (old: SidFile, sid: number): boolean =>
  old.items.some((item) => item.sid === sid && item.status === "unstable");

/** Numbers are given along the revisions of one module. */
function checkSuccession(old: SidFile, { module }: ModuleTree): void {
  const { file } = old;
  if (old.module !== module.name) {
    const source = module.units[0]?.root.file ?? "";
    throw new UsageError("yang.sid-other-module", { file, module: old.module, source, other: module.name });
  }
  if (module.revision < old.revision) {
    throw new UsageError("yang.sid-older", {
      file,
      module: module.name,
      revision: old.revision,
      older: module.revision,
    });
  }
}

/** A choice or case among the items tells; without one the file is of either. */
export function dialectOf(file: SidFile, tree: ModuleTree): Dialect | undefined {
  const [short, long] = DIALECTS.map((dialect) => new Set(itemsOf(tree, dialect).map(({ identifier }) => identifier)));
  const only = (here: ReadonlySet<string> | undefined, there: ReadonlySet<string> | undefined): boolean =>
    file.items.some(
      ({ namespace, identifier }) => namespace === "data" && here?.has(identifier) && !there?.has(identifier),
    );
  if (only(long, short)) return "pyang-head";
  return only(short, long) ? "rfc9595" : undefined;
}

function chooseDialect(old: SidFile, tree: ModuleTree, asked: Dialect | undefined): Dialect {
  const own = dialectOf(old, tree);
  if (own !== undefined && asked !== undefined && own !== asked) {
    throw new UsageError("yang.sid-dialect", { file: old.file, dialect: own, other: asked });
  }
  return own ?? asked ?? "rfc9595";
}

/** Entries of the old file stay where they stand, in the revision that is there now. */
function joined(old: SidFile, now: readonly Dependency[]): readonly Dependency[] {
  const current = new Map(now.map((each) => [each.module, each]));
  for (const { module, revision } of old.dependencies) {
    const older = current.get(module)?.revision;
    if (older !== undefined && older < revision) {
      throw new UsageError("yang.sid-older", { file: old.file, module, revision, older });
    }
  }
  const before = new Set(old.dependencies.map(({ module }) => module));
  return [
    ...old.dependencies.map((each) => current.get(each.module) ?? each),
    ...now.filter(({ module }) => !before.has(module)),
  ];
}

/** pyang asks only whether the name, the revision and the items are those of the file. */
function same(old: SidFile, now: SidFile, pyangQuirks: boolean): boolean {
  const facts = ({ module, revision, items, ranges, dependencies }: SidFile) =>
    pyangQuirks
      ? [items.length]
      : [module, revision, ranges, dependencies, [...items].sort((a, b) => a.sid - b.sid).map(shown)];
  return JSON.stringify(facts(old)) === JSON.stringify(facts(now));
}

const shown = ({ namespace, identifier, sid, status }: SidItem) => [namespace, identifier, sid, status === "obsolete"];
