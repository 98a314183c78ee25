/** Access rules as the admin faces show them, and the answer to "may this one?". */
import type { AccessAnswer, AccessQuestion, AccessRuleRow, AccessView } from "../../admin/api/index.ts";
import { isCoded, UsageError } from "../../base/index.ts";
import { type Access, explainAccess, OPERATIONS, type Rule, rulePath } from "../../service/access/index.ts";
import { type InstanceId, parsePath, type Schema } from "../../yang/index.ts";
import type { ModelSets } from "../models/index.ts";

type Models = Pick<ModelSets, "of" | "list">;

/** The default set first. */
export const schemasOf = (models: Models): readonly Schema[] => [
  models.of(undefined),
  ...models.list().flatMap(({ set }) => (set === undefined ? [] : [models.of(set)])),
];

export function accessView(access: Access, models: Models): AccessView {
  const { enable, readDefault, writeDefault, execDefault, groups, lists } = access.config;
  const schemas = schemasOf(models);
  return {
    enable,
    defaults: { read: readDefault, write: writeDefault, exec: execDefault },
    groups: groups.map(({ name, users }) => ({ group: name, users })),
    lists: lists.map((list) => ({
      list: list.name,
      groups: list.groups,
      rules: list.rules.map((rule) => ruleRow(rule, schemas)),
    })),
    denied: access.denials.counts,
    last: access.denials.last(),
  };
}

const ruleRow = (rule: Rule, schemas: readonly Schema[]): AccessRuleRow => ({
  rule: rule.name,
  action: rule.action,
  operations: OPERATIONS.filter((operation) => rule.operations.has(operation)),
  target: targetOf(rule),
  ...(rule.comment === undefined ? {} : { comment: rule.comment }),
  found: schemas.some((schema) => isAboutSomething(rule, schema)),
});

function targetOf({ module, about }: Rule): string {
  if (about.kind === "all") return module;
  const what = about.kind === "path" ? about.path : `${about.kind} ${about.name}`;
  return module === "*" || about.kind === "path" ? what : `${what} of ${module}`;
}

function isAboutSomething({ module, about }: Rule, schema: Schema): boolean {
  if (about.kind === "path") return rulePath(about.path, schema) !== undefined;
  if (module !== "*" && !schema.modules.some(({ name }) => name === module)) return false;
  if (about.kind === "all" || about.name === "*") return true;
  return schema.roots.some((root) => root.kind === about.kind && root.name === about.name);
}

/** In the first module set that has the path. */
export function accessAnswer({ user, operation, path }: AccessQuestion, access: Access, models: Models): AccessAnswer {
  const asked = OPERATIONS.find((known) => known === operation);
  for (const schema of schemasOf(models)) {
    const id = idOf(path, schema);
    const found = id && asked && explainAccess(access.config, { user, operation: asked, id }, schema);
    if (found === undefined) continue;
    const { may, groups, place, because } = found;
    return { may: may ?? null, user, groups, operation, path, place, because };
  }
  throw new UsageError("access.target-unknown", { target: path });
}

function idOf(path: string, schema: Schema): InstanceId | undefined {
  const named = rulePath(path, schema);
  // Any of a list's entries: as a rule, a question may leave keys out.
  if (named !== undefined && !named.named) return { sid: named.node.sid, keys: [] };
  try {
    return parsePath(path, schema);
  } catch (error) {
    if (isCoded(error)) return undefined;
    throw error;
  }
}
