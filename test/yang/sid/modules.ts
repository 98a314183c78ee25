/** Modules and .sid files written inside a test. */
import { revisionOf } from "../../../gateway/yang/compile/module-set.ts";
import { openParser } from "../../../gateway/yang/parse/parser.ts";
import type { Statement } from "../../../gateway/yang/parse/statement.ts";
import { type ModuleTree, openModuleTree } from "../../../gateway/yang/sid/module-tree.ts";
import { readSidFile, type SidFile } from "../../../gateway/yang/sid/sid-file.ts";

const parse = await openParser();

export function parseModule(text: string, file = `${/module\s+([\w.-]+)/.exec(text)?.[1] ?? "x"}.yang`): Statement {
  return parse(text, file);
}

/** The tree of the first module; the others are what it imports and includes, in any number of revisions. */
export function treeOf(first: string, ...others: readonly string[]): ModuleTree {
  return treeAmong(
    parseModule(first),
    others.map((text) => parseModule(text)),
  );
}

export function treeAmong(root: Statement, others: readonly Statement[]): ModuleTree {
  const roots = [root, ...others].sort((a, b) => (revisionOf(a) < revisionOf(b) ? -1 : 1));
  return openModuleTree(root, (name, revision) =>
    roots.findLast((each) => each.argument === name && (revision === undefined || revisionOf(each) === revision)),
  );
}

interface Extra {
  readonly head?: string;
  readonly revision?: string;
}

/** A module `m` with prefix `m`. */
export const moduleM = (body: string, { head = "", revision = "2026-01-01" }: Extra = {}): string =>
  `module m { yang-version 1.1; namespace "urn:m"; prefix m; ${head} revision ${revision}; ${body} }`;

export const moduleNamed = (name: string, body: string, { head = "", revision = "2026-01-01" }: Extra = {}): string =>
  `module ${name} { yang-version 1.1; namespace "urn:${name}"; prefix ${name}; ${head} revision ${revision}; ${body} }`;

export type Row = readonly [namespace: string, identifier: string, sid: number | string, status?: string];

interface FileFacts {
  readonly module?: string;
  readonly revision?: string;
  readonly ranges?: ReadonlyArray<readonly [entry: number | string, size: number | string]>;
  readonly [member: string]: unknown;
}

export function sidText(rows: readonly Row[], facts: FileFacts = {}): string {
  const { module = "m", revision = "2026-01-01", ranges = [[100, 50]], ...rest } = facts;
  return JSON.stringify({
    "ietf-sid-file:sid-file": {
      "module-name": module,
      "module-revision": revision,
      ...rest,
      "assignment-range": ranges.map(([entry, size]) => ({ "entry-point": String(entry), size: String(size) })),
      item: rows.map(([namespace, identifier, sid, status]) => ({ namespace, identifier, status, sid: String(sid) })),
    },
  });
}

export const fileOf = (rows: readonly Row[], facts: FileFacts = {}): SidFile =>
  readSidFile(sidText(rows, facts), `${facts.module ?? "m"}.sid`);
