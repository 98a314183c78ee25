/** `sidgate node` and `sidgate manager`: who may speak with the gateway, and the credentials that say so. */
import type { Command } from "commander";
import { UsageError } from "../../base/index.ts";
import type { ManagerRow, NodeDetail, NodeRow } from "../api/index.ts";
import { type Asking, asking, type CliContext, connect, gatewayTime, given, path, show, tell } from "./asking.ts";
import { CREDENTIAL_FORMATS, type CredentialFormat, FORMAT_NOTES } from "./credential-formats.ts";
import type { GatewayClient } from "./gateway-client.ts";
import { addNodeEdits } from "./node-edits.ts";
import { ARGUMENTS, OPTIONS } from "./options.ts";
import { intoSecretFile } from "./secret-file.ts";
import { managerTable, nodeTable, nodeView } from "./views.ts";

/** What the commands of the inbox say when they are done. */
interface NodeTold {
  readonly node: string;
}
interface ReplacedTold extends NodeTold {
  readonly endpoint: string;
  readonly former: string;
  readonly pending: number;
}
interface ModelsTold extends NodeTold {
  readonly models: string | null;
  /** Edits that waited and do not fit the set. */
  readonly dropped: number;
}
interface ManagerTold {
  readonly manager: string;
  readonly groups?: readonly string[];
}

interface Formatted extends Asking {
  readonly format?: CredentialFormat;
  readonly out?: string;
  readonly force: boolean;
}
type Printing = Formatted & { readonly print: boolean };

const formatted = (command: Command): Command =>
  command.addOption(OPTIONS.credentialFormat()).addOption(OPTIONS.out()).addOption(OPTIONS.force());

/** A command that makes credentials. */
const printing = (command: Command): Command => formatted(command.addOption(OPTIONS.print()));

/**
 * Asks for credentials, and shows them where the options want them: alone on standard output, in a file that is made
 * before anything is asked, or nowhere. `ask` makes them, or finds them, and tells whose they are.
 */
async function withCredentials<T>(
  context: CliContext,
  options: Printing,
  of: "node" | "manager",
  ask: (client: GatewayClient) => Promise<{ readonly told: T; readonly id: string; readonly sentence: string }>,
): Promise<void> {
  const { json, format, out, force, print } = options;
  const client = connect(context, options);
  const note = json || format === undefined ? undefined : FORMAT_NOTES[format];
  if (out !== undefined) {
    const told = await intoSecretFile(out, force, async () => {
      const asked = await ask(client);
      const text = CREDENTIAL_FORMATS[format ?? "json"](await client.credentials(of, asked.id));
      return { text, result: asked };
    });
    if (note !== undefined) context.note(note);
    return tell(context, options, { ...told.told, file: out }, () =>
      `${told.sentence} The credentials are in ${out}.`.trim(),
    );
  }
  const { told, id, sentence } = await ask(client);
  if (!print && format === undefined) return tell(context, options, told, () => sentence);
  // Alone on standard output, so that it can go into a file.
  context.print(CREDENTIAL_FORMATS[json ? "json" : (format ?? "text")](await client.credentials(of, id)));
  if (note !== undefined) context.note(note);
}

export function addNodes(cli: Command, context: CliContext): void {
  const node = cli.command("node").description("the nodes that the gateway knows");
  asking(node, "list", "list the nodes").action(async (options: Asking) => {
    const client = connect(context, options);
    const now = await gatewayTime(client);
    show(context, options, await client.get<NodeRow[]>("/api/nodes"), (rows) => nodeTable(rows, now));
  });
  asking(node, "show", "everything about one node")
    .addArgument(ARGUMENTS.node())
    .action(async (id: string, options: Asking) => {
      const client = connect(context, options);
      const now = await gatewayTime(client);
      show(context, options, await client.get<NodeDetail>(path("nodes", id)), (row) => nodeView(row, now));
    });
  printing(asking(node, "add", "expect a node with this endpoint name, with credentials of its own"))
    .addArgument(ARGUMENTS.endpoint())
    .addOption(OPTIONS.name("name for people (default: the endpoint)"))
    .addOption(OPTIONS.set("module set that it works with (default: the default set)"))
    .option("--plain", "without credentials: it speaks no OSCORE, and is heard only where coap.lab says so", false)
    .action((endpoint: string, options: Printing & { name?: string; models?: string; plain: boolean }) => {
      const { name, models, plain } = options;
      const add = (client: GatewayClient): Promise<NodeTold> =>
        client.command<NodeTold>("node.add", given({ endpoint, name, models, ...(plain ? { plain } : {}) }));
      const sentence = ({ node: id }: NodeTold): string => `Added ${endpoint} as ${id}.`;
      if (plain) return add(connect(context, options)).then((told) => tell(context, options, told, sentence));
      return withCredentials(context, options, "node", async (client) => {
        const told = await add(client);
        return { told, id: told.node, sentence: sentence(told) };
      });
    });
  asking(node, "models", "let a node work with another module set, or say with which one it does")
    .addArgument(ARGUMENTS.node())
    .argument("[set]", "name of the module set, as 'sidgate models list' has it")
    .option("--default", "with the default set again", false)
    .action((id: string, set: string | undefined, options: Asking & { default: boolean }) =>
      giveSet(context, id, set, options),
    );
  formatted(asking(node, "credentials", "print the credentials of a node again, or write them into a file"))
    .addArgument(ARGUMENTS.node())
    .action((id: string, options: Formatted) =>
      withCredentials(context, { ...options, print: true }, "node", async () => ({
        told: { node: id },
        id,
        sentence: "",
      })),
    );
  printing(asking(node, "rekey", "give a node new credentials; its old ones are void at once"))
    .addArgument(ARGUMENTS.node())
    .action((id: string, options: Printing) =>
      withCredentials(context, options, "node", async (client) => {
        const told = await client.command<NodeTold>("node.rekey", { node: id });
        const sentence = `Gave ${told.node} new credentials; the old ones are void.`;
        return { told, id: told.node, sentence };
      }),
    );
  addNodeEdits(node, context);
  printing(
    asking(node, "replace", "let another device take the place of a dead node, under its id and with its settings"),
  )
    .addArgument(ARGUMENTS.node())
    .addArgument(ARGUMENTS.endpoint())
    .action((id: string, endpoint: string, options: Printing) =>
      withCredentials(context, options, "node", async (client) => {
        const told = await client.command<ReplacedTold>("node.replace", { node: id, endpoint });
        const settings = `${told.pending} ${told.pending === 1 ? "edit brings" : "edits bring"} it its settings.`;
        const sentence = `${told.endpoint} takes the place of ${told.former} as ${told.node}; ${settings}`;
        return { told, id: told.node, sentence };
      }),
    );
  asking(node, "remove", "forget a node, and its credentials with it")
    .addArgument(ARGUMENTS.node())
    .action(async (id: string, options: Asking) => {
      const removed = await connect(context, options).command<NodeTold>("node.remove", { node: id });
      tell(context, options, removed, (told) => `Removed ${told.node}.`);
    });
}

async function giveSet(
  context: CliContext,
  id: string,
  set: string | undefined,
  options: Asking & { readonly default: boolean },
): Promise<void> {
  if (set !== undefined && options.default) {
    throw new UsageError("cli.usage", { what: "name a module set or give --default, not both" });
  }
  const client = connect(context, options);
  if (set === undefined && !options.default) {
    const { node, models = null } = await client.get<NodeDetail>(path("nodes", id));
    return tell(context, options, { node, models }, (told) => `${told.node} works with ${setWords(told.models)}.`);
  }
  const given = await client.command<ModelsTold>(
    "node.models",
    set === undefined ? { node: id } : { node: id, models: set },
  );
  tell(context, options, given, ({ node, models, dropped }) =>
    [`${node} works with ${setWords(models)} now.`, ...(dropped === 0 ? [] : [droppedWords(dropped)])].join(" "),
  );
}

const setWords = (set: string | null): string => (set === null ? "the default module set" : `the module set ${set}`);
const droppedWords = (count: number): string =>
  `${count} waiting ${count === 1 ? "edit does not fit it and is" : "edits do not fit it and are"} dropped.`;

export function addManagers(cli: Command, context: CliContext): void {
  const manager = cli.command("manager").description("who may read and edit the datastores over CoAP");
  asking(manager, "list", "list the managers").action(async (options: Asking) => {
    const client = connect(context, options);
    const now = await gatewayTime(client);
    show(context, options, await client.get<ManagerRow[]>("/api/managers"), (rows) => managerTable(rows, now));
  });
  printing(asking(manager, "add", "give a manager credentials"))
    .addArgument(ARGUMENTS.manager())
    .addOption(OPTIONS.groups())
    .action((name: string, options: Printing & { group?: readonly string[] }) =>
      withCredentials(context, options, "manager", async (client) => {
        const { group: groups } = options;
        const told = await client.command<ManagerTold>("manager.add", given({ manager: name, groups }));
        const groupWords = told.groups === undefined ? "" : ` to ${told.groups.join(", ")}`;
        return { told, id: told.manager, sentence: `Added the manager ${told.manager}${groupWords}.` };
      }),
    );
  formatted(asking(manager, "credentials", "print the credentials of a manager again, or write them into a file"))
    .addArgument(ARGUMENTS.manager())
    .action((name: string, options: Formatted) =>
      withCredentials(context, { ...options, print: true }, "manager", async () => ({
        told: { manager: name },
        id: name,
        sentence: "",
      })),
    );
  printing(asking(manager, "rekey", "give a manager new credentials; its old ones are void at once"))
    .addArgument(ARGUMENTS.manager())
    .action((name: string, options: Printing) =>
      withCredentials(context, options, "manager", async (client) => {
        const told = await client.command<ManagerTold>("manager.rekey", { manager: name });
        const sentence = `Gave the manager ${told.manager} new credentials; the old ones are void.`;
        return { told, id: told.manager, sentence };
      }),
    );
  asking(manager, "remove", "take a manager's credentials away")
    .addArgument(ARGUMENTS.manager())
    .action(async (name: string, options: Asking) => {
      const removed = await connect(context, options).command<ManagerTold>("manager.remove", { manager: name });
      tell(context, options, removed, (told) => `Removed the manager ${told.manager}.`);
    });
}
