/** `sidgate yang compile`: what is in modules, and whether they are right. */
import { EXIT, formatTable, printable, printableJson, type YangCompileOptions } from "../../admin/cli/index.ts";
import type { NamedModules, SidRemark } from "../../yang/print/index.ts";
import { namedForPeople } from "./named-for-people.ts";
import type { ToolIo } from "./tool-io.ts";

interface ModuleReport {
  readonly name: string;
  readonly revision: string;
  readonly nodes: number;
  readonly withSid: number;
  readonly identities: number;
}

/** Throws UsageError `cli.*`, `yang.*`: what is wrong with the sources. */
export async function yangCompile(options: YangCompileOptions, { print }: Pick<ToolIo, "print">): Promise<number> {
  const named = await namedForPeople(options);
  const modules = named.modules.map(({ name, revision }) => reportOf(name, revision, named));
  const warnings = [...modules.flatMap(uncovered), ...named.sidRemarks.map(remarkText)];
  if (options.json) {
    print(printableJson({ modules, implied: named.implied, warnings }));
    return EXIT.ok;
  }
  print(table(modules));
  if (named.implied.length > 0) print(`implemented too, since their nodes are used: ${named.implied.join(", ")}`);
  for (const warning of warnings) print(printable(`warning: ${warning}`));
  return EXIT.ok;
}

function reportOf(name: string, revision: string, { image }: NamedModules): ModuleReport {
  const nodes = image.nodes.filter(({ module }) => module === name);
  return {
    name,
    revision,
    nodes: nodes.length,
    withSid: nodes.filter(({ sid }) => sid !== undefined).length,
    identities: image.identities.filter((identity) => identity.name.startsWith(`${name}:`)).length,
  };
}

const table = (rows: readonly ModuleReport[]): string =>
  formatTable<ModuleReport>(
    [
      { title: "MODULE", cell: ({ name }) => name },
      { title: "REVISION", cell: ({ revision }) => revision || "none" },
      { title: "NODES", cell: ({ nodes }) => String(nodes), align: "right" },
      { title: "WITH SID", cell: ({ withSid }) => String(withSid), align: "right" },
      { title: "IDENTITIES", cell: ({ identities }) => String(identities), align: "right" },
    ],
    rows,
    "No modules.",
  );

const uncovered = ({ name, nodes, withSid }: ModuleReport): string[] => {
  if (withSid === nodes) return [];
  if (withSid === 0) return [`${name} has no .sid file: its nodes go by their names`];
  return [`${nodes - withSid} of the ${nodes} nodes of ${name} have no SID: they go by their names`];
};

const remarkText = ({ file, module, revision }: SidRemark): string =>
  revision === undefined
    ? `${file} numbers ${module}, which is not compiled here`
    : `${file} is for another revision of ${module} than ${revision || "this one"}; its numbers are used`;
