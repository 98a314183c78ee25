/** `sidgate models`: the module sets of a running gateway, and a look at their folders now. */
import type { Command } from "commander";
import type { Millis } from "../../base/index.ts";
import type { ModelSetRow, ModuleRow } from "../api/index.ts";
import { formatMoment } from "../api/quantities.ts";
import { type Asking, asking, type CliContext, connect, gatewayTime, show } from "./asking.ts";
import type { GatewayClient } from "./gateway-client.ts";
import { type Column, formatTable, printable } from "./table.ts";

export function addModels(cli: Command, context: CliContext): void {
  const models = cli.command("models").description("the module sets that nodes work with");
  const showSets = async (client: GatewayClient, options: Asking): Promise<void> => {
    const now = await gatewayTime(client);
    show(context, options, await client.get<ModelSetRow[]>("/api/models"), (rows) => modelsView(rows, now));
  };
  const what = "the module sets: their modules, who works with them, and what is wrong with their files";
  asking(models, "list", what, { isDefault: true }).action((options: Asking) =>
    showSets(connect(context, options), options),
  );
  asking(models, "reload", "look at the folders now, where the file system does not tell of changes").action(
    async (options: Asking) => {
      const client = connect(context, options);
      await client.command("models.reload", {});
      await showSets(client, options);
    },
  );
}

const STATES: Readonly<Record<ModelSetRow["state"], string>> = {
  ok: "in force",
  former: "its files are refused; what was in force before still is",
  refused: "its files are refused; its nodes work with the default set",
  missing: "there is no such folder; its nodes work with the default set",
};

export function modelsView(rows: readonly ModelSetRow[], now: Millis): string {
  const columns: Column<ModuleRow>[] = [
    { title: "  MODULE", cell: ({ name }) => `  ${name}` },
    { title: "REVISION", cell: ({ revision }) => (revision === "" ? "-" : revision) },
    { title: "WITH A SID", cell: ({ items, withSid }) => `${withSid} of ${items}`, align: "right" },
  ];
  return rows
    .map(({ set, state, error, loadedAt, nodes, modules }) => {
      const since = loadedAt === undefined ? "" : `, loaded ${formatMoment(loadedAt, now)}`;
      const head = `${set ?? "(default)"}: ${STATES[state]}${since}, ${nodes} ${nodes === 1 ? "node" : "nodes"}`;
      return [
        printable(head),
        ...(error === undefined ? [] : [`  ${printable(error.text)}`]),
        ...(modules.length === 0 ? [] : [formatTable(columns, modules, "")]),
      ].join("\n");
    })
    .join("\n\n");
}
