/** `sidgate node` and `sidgate manager`: who may speak with the gateway, and the credentials that say so. */
import type { Command } from "commander";
import type { ManagerRow, NodeDetail, NodeRow } from "../api/index.ts";
import { type Asking, asking, type CliContext, connect, gatewayTime, given, path, show, tell } from "./asking.ts";
import { CREDENTIAL_FORMATS, type CredentialFormat } from "./credential-formats.ts";
import type { GatewayClient } from "./gateway-client.ts";
import { ARGUMENTS, OPTIONS } from "./options.ts";
import { managerTable, nodeTable, nodeView } from "./views.ts";

/** What the commands of the inbox say when they are done. */
interface NodeTold {
  readonly node: string;
}
interface ManagerTold {
  readonly manager: string;
}

type Formatted = Asking & { readonly format: CredentialFormat };
type Printing = Formatted & { readonly print: boolean };

/** Alone on standard output, so that it can go into a file. */
async function printCredentials(
  { print }: CliContext,
  client: GatewayClient,
  { json, format }: Formatted,
  ...whose: readonly ["node" | "manager", string]
): Promise<void> {
  print(CREDENTIAL_FORMATS[json ? "json" : format](await client.credentials(...whose)));
}

const printing = (command: Command): Command =>
  command.addOption(OPTIONS.print()).addOption(OPTIONS.credentialFormat());

export function addNodes(cli: Command, context: CliContext): void {
  const node = cli.command("node").description("the nodes that the gateway knows");
  asking(node, "list", "list the nodes").action(async (options: Asking) => {
    const client = connect(context, options);
    const now = await gatewayTime(client);
    show(context, options, await client.get<NodeRow[]>("/api/nodes"), (rows) => nodeTable(rows, now));
  });
  asking(node, "show", "everything about one node")
    .argument("<node>", "id of the node")
    .action(async (id: string, options: Asking) => {
      const client = connect(context, options);
      const now = await gatewayTime(client);
      show(context, options, await client.get<NodeDetail>(path("nodes", id)), (row) => nodeView(row, now));
    });
  printing(asking(node, "add", "expect a node with this endpoint name, with credentials of its own"))
    .addArgument(ARGUMENTS.endpoint())
    .addOption(OPTIONS.name("name for people (default: the endpoint)"))
    .action(async (endpoint: string, options: Printing & { name?: string }) => {
      const args = given({ endpoint, name: options.name });
      const client = connect(context, options);
      const added = await client.command<NodeTold>("node.add", args);
      if (options.print) return printCredentials(context, client, options, "node", added.node);
      tell(context, options, added, (told) => `Added ${endpoint} as ${told.node}.`);
    });
  asking(node, "credentials", "print the credentials of a node again")
    .argument("<node>", "id of the node")
    .addOption(OPTIONS.credentialFormat())
    .action(async (id: string, options: Formatted) =>
      printCredentials(context, connect(context, options), options, "node", id),
    );
  printing(asking(node, "rekey", "give a node new credentials; its old ones are void at once"))
    .argument("<node>", "id of the node")
    .action(async (id: string, options: Printing) => {
      const client = connect(context, options);
      const rekeyed = await client.command<NodeTold>("node.rekey", { node: id });
      if (options.print) return printCredentials(context, client, options, "node", rekeyed.node);
      tell(context, options, rekeyed, (told) => `Gave ${told.node} new credentials; the old ones are void.`);
    });
  asking(node, "remove", "forget a node, and its credentials with it")
    .argument("<node>", "id of the node")
    .action(async (id: string, options: Asking) => {
      const removed = await connect(context, options).command<NodeTold>("node.remove", { node: id });
      tell(context, options, removed, (told) => `Removed ${told.node}.`);
    });
}

export function addManagers(cli: Command, context: CliContext): void {
  const manager = cli.command("manager").description("who may read and edit the datastores over CoAP");
  asking(manager, "list", "list the managers").action(async (options: Asking) => {
    const client = connect(context, options);
    const now = await gatewayTime(client);
    show(context, options, await client.get<ManagerRow[]>("/api/managers"), (rows) => managerTable(rows, now));
  });
  printing(asking(manager, "add", "give a manager credentials"))
    .addArgument(ARGUMENTS.manager())
    .action(async (name: string, options: Printing) => {
      const client = connect(context, options);
      const added = await client.command<ManagerTold>("manager.add", { manager: name });
      if (options.print) return printCredentials(context, client, options, "manager", added.manager);
      tell(context, options, added, (told) => `Added the manager ${told.manager}.`);
    });
  asking(manager, "credentials", "print the credentials of a manager again")
    .addArgument(ARGUMENTS.manager())
    .addOption(OPTIONS.credentialFormat())
    .action(async (name: string, options: Formatted) =>
      printCredentials(context, connect(context, options), options, "manager", name),
    );
  asking(manager, "remove", "take a manager's credentials away")
    .addArgument(ARGUMENTS.manager())
    .action(async (name: string, options: Asking) => {
      const removed = await connect(context, options).command<ManagerTold>("manager.remove", { manager: name });
      tell(context, options, removed, (told) => `Removed the manager ${told.manager}.`);
    });
}
