/** The commands about access: which groups somebody is in, and the rules of a group (sidgate-access). */
import { z } from "zod";
import { UsageError } from "../../base/index.ts";
import {
  type Access,
  type AccessConfig,
  ALL_OPERATIONS,
  ANY,
  EDITS,
  groupsOf,
  OPERATIONS,
  type Operation,
  type Rule,
  rulePath,
  withoutRule,
  withRule,
  withUser,
} from "../../service/access/index.ts";
import type { Credentials } from "../../service/credentials/index.ts";
import type { CommandHandler, Recorder } from "../../store/index.ts";
import type { Json, Schema } from "../../yang/index.ts";
import type { ModelSets } from "../models/index.ts";
import { schemasOf } from "../status/access-view.ts";
import { plainText, understand } from "./arguments.ts";

export interface AccessServices {
  readonly access: Access;
  readonly credentials: Credentials;
  readonly models: Pick<ModelSets, "of" | "list">;
  readonly recorder: Recorder;
}

/** What people may say for several operations at once. */
const WORDS: ReadonlyMap<string, ReadonlySet<Operation>> = new Map([
  ...OPERATIONS.map((operation) => [operation, new Set([operation])] as const),
  ["edit", EDITS],
  ["all", ALL_OPERATIONS],
]);

const GROUPS = z.strictObject({ user: plainText(64), groups: z.array(plainText(64)).max(64) });
const RULE = z.strictObject({
  group: plainText(64),
  action: z.enum(["permit", "deny"]),
  operations: z.array(z.string()).min(1),
  target: plainText(1024),
  name: plainText(64).optional(),
  comment: plainText(255).optional(),
});
const REMOVE = z.strictObject({ group: plainText(64), rule: plainText(64) });

/** Handlers by op; each throws UsageError `command.argument` or what is said below. */
export const accessHandlers = (services: AccessServices): ReadonlyMap<string, CommandHandler> =>
  new Map<string, CommandHandler>([
    ["access.group", async (args, actor) => setGroups(understand("access.group", GROUPS, args), actor, services)],
    ["access.rule", async (args, actor) => addRule(understand("access.rule", RULE, args), actor, services)],
    ["access.remove", async (args, actor) => removeRule(understand("access.remove", REMOVE, args), actor, services)],
  ]);

/** Records what is in force from now on. */
export const recordAccess = (
  config: AccessConfig,
  actor: string,
  { access, recorder }: Pick<AccessServices, "access" | "recorder">,
): Promise<void> => recorder.record("datastore.edited", { root: "gateway", patch: access.patch(config), actor });

/** Throws UsageError `manager.unknown`, `access.group-unknown`. */
async function setGroups(
  { user, groups }: z.output<typeof GROUPS>,
  actor: string,
  services: AccessServices,
): Promise<Json> {
  const { access, credentials } = services;
  // One that is gone may still stand in a group.
  if (credentials.manager(user) === undefined && groupsOf(user, access.config).length === 0) {
    throw new UsageError("manager.unknown", { manager: user });
  }
  access.checkGroups(groups);
  await recordAccess(withUser(access.config, user, groups), actor, services);
  return { user, groups };
}

/** Throws UsageError `access.target-unknown`. */
async function addRule(args: z.output<typeof RULE>, actor: string, services: AccessServices): Promise<Json> {
  const { access, models } = services;
  const { group, action, comment } = args;
  const operations = operationsOf(args.operations);
  const subject = subjectOf(args.target, schemasOf(models));
  const made = { ...subject, operations, action, comment };
  const name = args.name ?? nameOf(action, args);
  // Whoever names a group that is not there makes it: the rules may be there before the people.
  const config = withGroup(access.config, group);
  await recordAccess(withRule(config, group, { ...made, name: name.slice(0, 64) }), actor, services);
  return { group, rule: name.slice(0, 64), action, operations: OPERATIONS.filter((each) => operations.has(each)) };
}

/** Throws UsageError `access.rule-unknown`. */
async function removeRule(
  { group, rule }: z.output<typeof REMOVE>,
  actor: string,
  services: AccessServices,
): Promise<Json> {
  const config = withoutRule(services.access.config, group, rule);
  if (config === undefined) throw new UsageError("access.rule-unknown", { rule, group });
  await recordAccess(config, actor, services);
  return { group, rule };
}

function operationsOf(words: readonly string[]): ReadonlySet<Operation> {
  const unknown = words.find((word) => !WORDS.has(word));
  if (unknown !== undefined) {
    const what = `operations: '${unknown}' is none of ${[...WORDS.keys()].join(", ")}`;
    throw new UsageError("command.argument", { op: "access.rule", what });
  }
  return new Set(words.flatMap((word) => [...(WORDS.get(word) ?? [])]));
}

/** Two rules that say the same of the same have one name, so that the later takes the place of the earlier. */
const nameOf = (action: Rule["action"], { operations, target }: z.output<typeof RULE>): string => {
  const text = `${action} ${operations.join(" ")} ${target}`;
  return text.length <= 64 ? text : `${text.slice(0, 20)}…${text.slice(-43)}`;
};

/** `*` is every group, and none of its own. */
const withGroup = (config: AccessConfig, name: string): AccessConfig =>
  name === ANY || config.groups.some((group) => group.name === name)
    ? config
    : { ...config, groups: [...config.groups, { name, users: [] }] };

/** `*`, a module, or the path of a data node, action, rpc or notification, in whichever set has it. */
function subjectOf(target: string, schemas: readonly Schema[]): Pick<Rule, "module" | "about"> {
  if (target === ANY) return { module: ANY, about: { kind: "all" } };
  if (!target.startsWith("/")) {
    if (schemas.some((schema) => schema.modules.some(({ name }) => name === target))) {
      return { module: target, about: { kind: "all" } };
    }
    throw new UsageError("access.target-unknown", { target });
  }
  const node = schemas.map((schema) => rulePath(target, schema)?.node).find((found) => found !== undefined);
  if (node === undefined) throw new UsageError("access.target-unknown", { target });
  if (node.parent === undefined && (node.kind === "rpc" || node.kind === "notification")) {
    return { module: node.module, about: { kind: node.kind, name: node.name } };
  }
  return { module: ANY, about: { kind: "path", path: target } };
}
