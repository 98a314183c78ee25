/** RFC 7950 §5.6.5, §5.1.1 — which revision of each module a set implements, and which one an import means. */
import { UsageError } from "../../base/index.ts";
import { type FindSource, revisionOf } from "../compile/module-set.ts";
import type { Statement } from "../parse/statement.ts";
import { impliedBy } from "./implied.ts";

/** What a set says of its modules; all of it may be left out. */
export interface SetChoice {
  /** `name` or `name@revision`: these are implemented, and what they use nodes of; by default every module of the folders is. */
  readonly implement?: readonly string[] | undefined;
  /** Features that are on, by module; a module that is not named has all of its features. */
  readonly features?: Readonly<Record<string, readonly string[]>> | undefined;
}

export interface Chosen {
  readonly implemented: readonly Statement[];
  readonly find: FindSource;
}

/**
 * `pinned` tells the sources that decide: where one of them is a module's, its newest among them is implemented, also
 * when there is a newer one elsewhere. Throws UsageError `yang.implement`.
 */
export function chooseModules(
  sources: readonly Statement[],
  elsewhere: FindSource,
  choice: SetChoice,
  pinned: (source: Statement) => boolean,
): Chosen {
  const byName = new Map<string, Statement[]>();
  for (const source of sources) {
    const name = source.argument ?? "";
    const same = byName.get(name);
    if (same) same.push(source);
    else byName.set(name, [source]);
  }
  const preferred = (name: string): Statement | undefined => {
    const all = byName.get(name) ?? [];
    return newest(all.filter(pinned)) ?? newest(all);
  };
  const ofRevision = (name: string, revision: string): Statement | undefined =>
    byName.get(name)?.find((source) => revisionOf(source) === revision);

  const wanted =
    choice.implement ?? sources.filter(({ keyword }) => keyword === "module").map(({ argument }) => argument);
  const implemented = new Map<string, Statement>();
  for (const one of new Set(wanted)) {
    const [name = "", revision] = (one ?? "").split("@");
    const source =
      revision === undefined
        ? (preferred(name) ?? elsewhere(name, undefined))
        : (ofRevision(name, revision) ?? elsewhere(name, revision));
    if (source?.keyword !== "module") throw new UsageError("yang.implement", { module: one ?? "" });
    const twin = implemented.get(name);
    if (twin && twin !== source) {
      throw new UsageError("yang.implement-twice", { module: name, one: revisionOf(twin), other: revisionOf(source) });
    }
    implemented.set(name, source);
  }
  const find: FindSource = (name, revision) => {
    if (revision !== undefined) return ofRevision(name, revision) ?? elsewhere(name, revision);
    return implemented.get(name) ?? preferred(name) ?? elsewhere(name, undefined);
  };
  // An import by revision-date of a module that is implemented in another revision is no second implementation.
  for (const source of impliedBy([...implemented.values()], find)) {
    const name = source.argument ?? "";
    if (!implemented.has(name)) implemented.set(name, source);
  }
  return { implemented: [...implemented.values()], find };
}

const newest = (sources: readonly Statement[]): Statement | undefined =>
  [...sources].sort((a, b) => (revisionOf(a) < revisionOf(b) ? -1 : 1)).at(-1);
