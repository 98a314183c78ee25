/** `sidgate command`: what was asked of a running gateway and has not ended, mostly by a cloud. */
import type { Command } from "commander";
import type { CommandRow } from "../api/index.ts";
import { type Asking, asking, type CliContext, connect, gatewayTime, show } from "./asking.ts";
import { commandTable } from "./views.ts";

export function addCommands(cli: Command, context: CliContext): void {
  const command = cli.command("command").description("commands that were accepted and wait");
  asking(command, "list", "list the commands that wait, oldest first").action(async (options: Asking) => {
    const client = connect(context, options);
    const now = await gatewayTime(client);
    show(context, options, await client.get<CommandRow[]>("/api/commands"), (rows) => commandTable(rows, now));
  });
}
