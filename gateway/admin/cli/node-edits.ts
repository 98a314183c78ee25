/** `sidgate node set` and `unset`: an installer edits the datastore of a node, which takes it over when it wakes. */
import type { Command } from "commander";
import type { Json } from "../../yang/api.ts";
import { type Asking, asking, type CliContext, connect, given, tell } from "./asking.ts";
import { ARGUMENTS, OPTIONS } from "./options.ts";

interface EditTold {
  readonly node: string;
  readonly revision: number;
  readonly pending: number;
  readonly paths: readonly string[];
}
interface Editing extends Asking {
  readonly expireAfter?: number;
  readonly confirm?: number;
}

export function addNodeEdits(node: Command, context: CliContext): void {
  editing(node, "set", "set data of a node, as RFC 7951 JSON or plain text; the node takes it over when it wakes")
    .addArgument(ARGUMENTS.node())
    .addArgument(ARGUMENTS.assignments())
    .action((id: string, values: ReadonlyArray<{ path: string; value: string }>, options: Editing) =>
      edit(
        context,
        id,
        values.map(({ path, value }) => ({ path, value: jsonOf(value) })),
        options,
      ),
    );
  editing(node, "unset", "delete data of a node; the node takes it over when it wakes")
    .addArgument(ARGUMENTS.node())
    .argument("<path...>", "e.g. /sidgate-building:room/set-point")
    .action((id: string, paths: readonly string[], options: Editing) =>
      edit(
        context,
        id,
        paths.map((path) => ({ path })),
        options,
      ),
    );
}

const editing = (parent: Command, name: string, description: string): Command =>
  asking(parent, name, description).addOption(OPTIONS.confirm()).addOption(OPTIONS.expireAfter());

/** Text that is no JSON stands for itself, so that nobody has to quote twice. */
function jsonOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

async function edit(
  context: CliContext,
  id: string,
  edits: ReadonlyArray<{ readonly path: string; readonly value?: Json }>,
  options: Editing,
): Promise<void> {
  const { expireAfter, confirm } = options;
  const args = given({ node: id, edits: edits as unknown as Json, expireAfter, confirm });
  const done = await connect(context, options).command<EditTold>("node.edit", args);
  tell(
    context,
    options,
    done,
    ({ node, revision, pending }) =>
      `Accepted for ${node} as revision ${revision}; ${pending} waiting for its next wake.`,
  );
}
