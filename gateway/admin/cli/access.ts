/** `sidgate access`: who may do what over CORECONF, and why (docs/access.md). */
import type { Command } from "commander";
import type { Millis } from "../../base/index.ts";
import type { AccessAnswer, AccessRuleRow, AccessView } from "../api/index.ts";
import { formatMoment } from "../api/quantities.ts";
import { type Asking, asking, type CliContext, connect, gatewayTime, given, show, tell } from "./asking.ts";
import { EXIT } from "./exit-codes.ts";
import { ARGUMENTS, OPTIONS } from "./options.ts";
import { type Column, formatTable, printable } from "./table.ts";

interface RuleOptions extends Asking {
  readonly name?: string;
  readonly comment?: string;
}

export function addAccess(cli: Command, context: CliContext): void {
  const access = cli.command("access").description("which manager may do what");
  asking(access, "show", "the groups, their rules, and what was denied last", { isDefault: true }).action(
    async (options: Asking) => {
      const client = connect(context, options);
      const now = await gatewayTime(client);
      show(context, options, await client.get<AccessView>("/api/access"), (view) => accessText(view, now));
    },
  );
  asking(access, "group", "put a manager into these groups and take it out of all others")
    .addArgument(ARGUMENTS.manager())
    .argument("[groups...]", "names of groups; none: it may nothing from now on")
    .action(async (user: string, groups: readonly string[], options: Asking) => {
      const asked = connect(context, options).command<{ user: string; groups: readonly string[] }>("access.group", {
        user,
        groups,
      });
      tell(context, options, await asked, (told) => `${told.user} is in ${groupWords(told.groups)} now.`);
    });
  for (const [verb, action, description] of [
    ["allow", "permit", "let a group do something; it goes before the group's other rules"],
    ["deny", "deny", "keep a group from something; it goes before the group's other rules"],
  ] as const) {
    asking(access, verb, description)
      .argument("<group>", "name of the group; a new name makes a new group")
      .argument(
        "<operations>",
        "read, create, update, delete, exec, edit (the three that change data) or all; several by commas",
      )
      .argument("<target>", "a path as /sidgate-building:room, keys may be left out; a module; or * for everything")
      .addOption(OPTIONS.name("name of the rule (default: what it says)"))
      .addOption(OPTIONS.comment())
      .action(async (group: string, operations: string, target: string, { name, comment, ...options }: RuleOptions) => {
        const args = given({ group, action, operations: operations.split(","), target, name, comment });
        const made = await connect(context, options).command<{ rule: string; group: string }>("access.rule", args);
        tell(context, options, made, (told) => `The first rule of ${told.group} is '${told.rule}' now.`);
      });
  }
  asking(access, "remove", "take a rule away")
    .argument("<group>", "name of the group, or of the list of rules")
    .argument("<rule>", "name of the rule")
    .action(async (group: string, rule: string, options: Asking) => {
      const gone = connect(context, options).command<{ rule: string; group: string }>("access.remove", { group, rule });
      tell(context, options, await gone, (told) => `Removed the rule '${told.rule}' of ${told.group}.`);
    });
  asking(access, "test", "may somebody do something, and which rule says so; exit code 1 for no")
    .addArgument(ARGUMENTS.manager())
    .argument("<operation>", "read, create, update, delete or exec")
    .argument("<path>", "of a data node, rpc, action or notification, e.g. /sidgate-building:room")
    .action(async (user: string, operation: string, path: string, options: Asking) => {
      const query = new URLSearchParams({ user, operation, path });
      const answer = await connect(context, options).get<AccessAnswer>(`/api/access/test?${query}`);
      tell(context, options, answer, answerText);
      if (answer.may === false) context.exit(EXIT.failed);
    });
}

const groupWords = (groups: readonly string[]): string =>
  groups.length === 0 ? "no group" : `the ${groups.length === 1 ? "group" : "groups"} ${groups.join(", ")}`;

/** "Yes: ...", with what says so. */
export function answerText({ may, user, groups, operation, path, place, because }: AccessAnswer): string {
  const word = may === null ? "Some of it" : may ? "Yes" : "No";
  const about = place === path ? "" : ` about ${place}, without which it cannot be reached`;
  return `${word}: ${user} (in ${groupWords(groups)}), ${operation} ${path}: ${reason(because)}${about}.`;
}

function reason({ kind, list = "", rule = "", which = "" }: AccessAnswer["because"]): string {
  switch (kind) {
    case "rule":
      return `so says the rule '${rule}' of the list '${list}'`;
    case "way":
      return `it lies on the way to what the rule '${rule}' of the list '${list}' lets read`;
    case "disabled":
      return "access rules are off, everybody may everything";
    case "protected":
      return "no rule speaks of it, and its module keeps it from whom no rule names";
    case "default":
      return `no rule speaks of it, so ${which} holds`;
    case "entries":
      return "rules speak of some entries of a list; name one with its keys";
  }
}

export function accessText(view: AccessView, now: Millis): string {
  const { enable, defaults, groups, lists, denied, last } = view;
  const columns: Column<AccessRuleRow>[] = [
    { title: "  RULE", cell: ({ rule }) => `  ${rule}` },
    { title: "ACTION", cell: ({ action }) => action },
    { title: "OPERATIONS", cell: ({ operations }) => (operations.length === 5 ? "all" : operations.join(",")) },
    { title: "TARGET", cell: ({ target, found }) => (found ? target : `${target} (no module set has it)`) },
    { title: "COMMENT", cell: ({ comment = "" }) => comment },
  ];
  const off = enable ? [] : ["Access rules are OFF: every manager may do everything.", ""];
  return [
    ...off,
    formatTable(
      [
        { title: "GROUP", cell: ({ group }) => group },
        { title: "MANAGERS", cell: ({ users }) => users.join(", ") || "-" },
      ],
      groups,
      "There are no groups.",
    ),
    "",
    ...lists.flatMap(({ list, groups: of, rules }) => [
      printable(
        `rules '${list}', for ${of.length === 0 ? "nobody" : of.includes("*") ? "every group" : of.join(", ")}:`,
      ),
      formatTable(columns, rules, "  (none)"),
      "",
    ]),
    `where no rule speaks: read ${defaults.read}, write ${defaults.write}, exec ${defaults.exec}`,
    `denied since the start: reads ${denied.reads}, edits ${denied.writes}, calls ${denied.operations}, notifications ${denied.notifications}`,
    ...last.map(({ at, user, operation, path }) =>
      printable(`  ${formatMoment(at, now)}: ${user}, ${operation} ${path}`),
    ),
  ].join("\n");
}
