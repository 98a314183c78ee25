/** `sidgate yang tree`: modules as tree diagrams (RFC 8340). */
import { EXIT, printableJson, printableLines, type YangTreeOptions } from "../../admin/cli/index.ts";
import { UsageError } from "../../base/index.ts";
import { atPath, type ModuleOutline, toDepth, treeDiagram } from "../../yang/print/index.ts";
import { namedForPeople } from "./named-for-people.ts";
import type { ToolIo } from "./tool-io.ts";

/** Throws UsageError `cli.*`, `yang.*`. */
export async function yangTree(options: YangTreeOptions, { print }: Pick<ToolIo, "print">): Promise<number> {
  const { module, path, depth = Number.POSITIVE_INFINITY, sids, format } = options;
  const { modules, prefixes } = await namedForPeople(options);
  const chosen = modules
    .filter(({ name }) => module === undefined || module === name)
    .flatMap((each) => (path === undefined ? each : (atPath(each, path) ?? [])))
    .map((each) => toDepth(each, depth));
  if (chosen.length === 0) throw nothingChosen(modules, options);
  if (format === "json") print(printableJson(chosen, 2));
  else print(printableLines(chosen.map((each) => treeDiagram(each, { prefixes, sids })).join("\n\n")));
  return EXIT.ok;
}

function nothingChosen(modules: readonly ModuleOutline[], { module, path }: YangTreeOptions): UsageError {
  if (module === undefined || modules.some(({ name }) => name === module)) {
    return new UsageError("yang.no-node", { path: path ?? "" });
  }
  return new UsageError("cli.usage", { what: `none of the files is a module '${module}'` });
}
