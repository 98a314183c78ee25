/** The statements of a source as text, one per line, as pyang reads them and as we do. */
import { execFileSync } from "node:child_process";
import type { Statement } from "../../../gateway/yang/parse/statement.ts";
import { PYANG } from "../sid/pyang.ts";

const DRIVER = `
import json, sys
from pyang import context, repository, yang_parser
def rows(statement, depth):
    keyword = statement.raw_keyword
    keyword = keyword if isinstance(keyword, str) else keyword[0] + ":" + keyword[1]
    yield [depth, keyword, statement.arg]
    for each in statement.substmts: yield from rows(each, depth + 1)
trees = {}
for file in json.load(sys.stdin):
    with open(file, encoding="utf-8") as source: text = source.read()
    root = yang_parser.YangParser().parse(context.Context(repository.FileRepository("", use_env=False)), file, text)
    trees[file] = None if root is None else list(rows(root, 0))
json.dump(trees, sys.stdout)
`;

type Row = readonly [depth: number, keyword: string, argument: string | null];
const shown = (rows: readonly Row[]): string => rows.map((row) => JSON.stringify(row)).join("\n");

export function pyangTrees(files: readonly string[]): ReadonlyMap<string, string> {
  const output = execFileSync(PYANG ?? "python3", ["-c", DRIVER], {
    input: JSON.stringify(files),
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    timeout: 60_000,
  });
  const trees = JSON.parse(output) as Record<string, readonly Row[] | null>; // what the driver writes
  return new Map(Object.entries(trees).map(([file, rows]) => [file, shown(rows ?? [])]));
}

export function statementTree(root: Statement): string {
  const rows: Row[] = [];
  const walk = (statement: Statement, depth: number): void => {
    rows.push([depth, statement.keyword, statement.argument ?? null]);
    for (const each of statement.children) walk(each, depth + 1);
  };
  walk(root, 0);
  return shown(rows);
}
