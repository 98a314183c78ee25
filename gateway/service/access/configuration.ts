/** The rules of access (RFC 8341) as plain data, and as the data of sidgate-access. */
import {
  type LeafValue,
  type MutableTree,
  perSchema,
  type Schema,
  type Sid,
  type Tree,
  type Value,
} from "../../yang/index.ts";
import { enumValue, houseNode } from "../registry/index.ts";

/** RFC 8341 §3.4.1, in the order of the bits of `access-operations`. */
export const OPERATIONS = ["create", "read", "update", "delete", "exec"] as const;
export type Operation = (typeof OPERATIONS)[number];
export type Action = "permit" | "deny";

export type RuleSubject =
  | { readonly kind: "all" }
  | { readonly kind: "rpc" | "notification"; readonly name: string }
  | { readonly kind: "path"; readonly path: string };

export interface Rule {
  readonly name: string;
  /** In which the node is defined; * is any. */
  readonly module: string;
  readonly about: RuleSubject;
  readonly operations: ReadonlySet<Operation>;
  readonly action: Action;
  readonly comment: string | undefined;
}

export interface Group {
  readonly name: string;
  readonly users: readonly string[];
}

export interface RuleList {
  readonly name: string;
  /** * is every group. */
  readonly groups: readonly string[];
  readonly rules: readonly Rule[];
}

export interface AccessConfig {
  readonly enable: boolean;
  readonly readDefault: Action;
  readonly writeDefault: Action;
  readonly execDefault: Action;
  readonly groups: readonly Group[];
  readonly lists: readonly RuleList[];
}

export const ANY = "*";
/** Where the rules themselves lie. */
export const ACCESS_MODULE = "sidgate-access";
export const ACCESS_PATH = `/${ACCESS_MODULE}:access`;

export const ALL_OPERATIONS: ReadonlySet<Operation> = new Set(OPERATIONS);
export const EDITS: ReadonlySet<Operation> = new Set(["create", "update", "delete"]);
const READ: ReadonlySet<Operation> = new Set(["read"]);
const EVERYTHING: RuleSubject = { kind: "all" };

const rule = (name: string, action: Action, operations: ReadonlySet<Operation>, rest: Partial<Rule> = {}): Rule => ({
  name,
  module: ANY,
  about: EVERYTHING,
  operations,
  action,
  comment: undefined,
  ...rest,
});

/** Kept from all but those who may everything. */
const noRules = rule("access-rules", "deny", ALL_OPERATIONS, {
  module: ACCESS_MODULE,
  comment: "who may what is the admins' business",
});

/** The groups that a gateway begins with; `admins` are those who had no group yet and everything in their hands. */
export const firstConfig = (admins: readonly string[]): AccessConfig => ({
  enable: true,
  readDefault: "deny",
  writeDefault: "deny",
  execDefault: "deny",
  groups: [
    { name: "admin", users: admins },
    { name: "operator", users: [] },
    { name: "viewer", users: [] },
  ],
  lists: [
    { name: "admin", groups: ["admin"], rules: [rule("everything", "permit", ALL_OPERATIONS)] },
    {
      name: "operator",
      groups: ["operator"],
      rules: [
        noRules,
        rule("read", "permit", READ, { comment: "data and notifications" }),
        rule("building", "permit", EDITS, { module: "sidgate-building" }),
      ],
    },
    {
      name: "viewer",
      groups: ["viewer"],
      rules: [noRules, rule("read", "permit", READ, { comment: "data and notifications" })],
    },
  ],
});

/** Of which groups somebody is (RFC 8341 §3.4.4, step 4). */
export const groupsOf = (user: string, { groups }: AccessConfig): readonly string[] =>
  groups.filter(({ users }) => users.includes(user)).map(({ name }) => name);

/** The config with this user in these groups and no others. Groups that are not there yet are made. */
export function withUser(config: AccessConfig, user: string, groups: readonly string[]): AccessConfig {
  const others = config.groups.map(({ name, users }) => ({ name, users: users.filter((known) => known !== user) }));
  const known = new Set(others.map(({ name }) => name));
  const made = groups.filter((name) => !known.has(name)).map((name) => ({ name, users: [] }));
  const members = [...others, ...made].map(({ name, users }) => ({
    name,
    users: groups.includes(name) ? [...users, user] : users,
  }));
  return { ...config, groups: members };
}

/** A rule goes before the others of its list: what is said last has the word. A list that is not there applies to its group. */
export function withRule(config: AccessConfig, group: string, added: Rule): AccessConfig {
  const mine = (list: RuleList): boolean => list.name === group;
  const lists = config.lists.some(mine)
    ? config.lists
    : [...config.lists, { name: group, groups: [group], rules: [] as readonly Rule[] }];
  return {
    ...config,
    lists: lists.map((list) =>
      mine(list) ? { ...list, rules: [added, ...list.rules.filter(({ name }) => name !== added.name)] } : list,
    ),
  };
}

/** Undefined when there is no such rule. */
export function withoutRule(config: AccessConfig, listName: string, ruleName: string): AccessConfig | undefined {
  const list = config.lists.find(({ name }) => name === listName);
  if (list?.rules.some(({ name }) => name === ruleName) !== true) return undefined;
  const rules = list.rules.filter(({ name }) => name !== ruleName);
  return { ...config, lists: config.lists.map((other) => (other === list ? { ...list, rules } : other)) };
}

/** SIDs and enums of sidgate-access. */
const names = perSchema((schema: Schema) => {
  const at = (path: string): Sid => houseNode(schema, `${ACCESS_PATH}${path}`).sid;
  const rules = "/rule-list/rule";
  return {
    enable: at("/enable"),
    readDefault: at("/read-default"),
    writeDefault: at("/write-default"),
    execDefault: at("/exec-default"),
    group: at("/group"),
    groupName: at("/group/name"),
    userName: at("/group/user-name"),
    list: at("/rule-list"),
    listName: at("/rule-list/name"),
    listGroup: at("/rule-list/group"),
    rule: at(rules),
    ruleName: at(`${rules}/name`),
    module: at(`${rules}/module-name`),
    rpc: at(`${rules}/rpc-name`),
    notification: at(`${rules}/notification-name`),
    path: at(`${rules}/path`),
    operations: at(`${rules}/access-operations`),
    action: at(`${rules}/action`),
    comment: at(`${rules}/comment`),
    permit: enumValue(schema, `${ACCESS_PATH}${rules}/action`, "permit"),
    deny: enumValue(schema, `${ACCESS_PATH}${rules}/action`, "deny"),
  };
});

/** From the contents of the container `access`, with the defaults of its leaves. */
export function readConfig(access: Tree, schema: Schema): AccessConfig {
  const at = names(schema);
  const actionIn = (tree: Tree, sid: Sid): Action => (tree.get(sid) === at.permit ? "permit" : "deny");
  const ruleOf = (entry: Tree): Rule => {
    const operations = text(entry.get(at.operations))?.split(" ");
    return {
      name: text(entry.get(at.ruleName)) ?? "",
      module: text(entry.get(at.module)) ?? ANY,
      about: subjectOf(entry, at),
      operations:
        operations === undefined ? ALL_OPERATIONS : new Set(OPERATIONS.filter((op) => operations.includes(op))),
      action: actionIn(entry, at.action),
      comment: text(entry.get(at.comment)),
    };
  };
  return {
    enable: access.get(at.enable) !== false,
    readDefault: actionIn(access, at.readDefault),
    writeDefault: actionIn(access, at.writeDefault),
    execDefault: actionIn(access, at.execDefault),
    groups: entries(access.get(at.group)).map((entry) => ({
      name: text(entry.get(at.groupName)) ?? "",
      users: texts(entry.get(at.userName)),
    })),
    lists: entries(access.get(at.list)).map((entry) => ({
      name: text(entry.get(at.listName)) ?? "",
      groups: texts(entry.get(at.listGroup)),
      rules: entries(entry.get(at.rule)).map(ruleOf),
    })),
  };
}

function subjectOf(entry: Tree, at: ReturnType<typeof names>): RuleSubject {
  const [rpc, notification, path] = [at.rpc, at.notification, at.path].map((sid) => text(entry.get(sid)));
  if (path !== undefined) return { kind: "path", path };
  if (rpc !== undefined) return { kind: "rpc", name: rpc };
  return notification === undefined ? EVERYTHING : { kind: "notification", name: notification };
}

/** The contents of the container `access`; what is as the defaults have it is not said. */
export function writeConfig(config: AccessConfig, schema: Schema): Tree {
  const at = names(schema);
  const actionOf = (action: Action): number => (action === "permit" ? at.permit : at.deny);
  const ruleTree = ({ name, module, about, operations, action, comment }: Rule): Tree =>
    filled([
      [at.ruleName, name],
      [at.module, module === ANY ? undefined : module],
      [about.kind === "rpc" ? at.rpc : at.notification, "name" in about ? about.name : undefined],
      [at.path, about.kind === "path" ? about.path : undefined],
      [
        at.operations,
        operations.size === OPERATIONS.length ? undefined : OPERATIONS.filter((op) => operations.has(op)).join(" "),
      ],
      [at.action, actionOf(action)],
      [at.comment, comment],
    ]);
  const permitted = (action: Action): number | undefined => (action === "permit" ? at.permit : undefined);
  return filled([
    [at.enable, config.enable ? undefined : false],
    [at.readDefault, permitted(config.readDefault)],
    [at.writeDefault, permitted(config.writeDefault)],
    [at.execDefault, permitted(config.execDefault)],
    [
      at.group,
      some(
        config.groups.map(({ name, users }) =>
          filled([
            [at.groupName, name],
            [at.userName, some(users)],
          ]),
        ),
      ),
    ],
    [
      at.list,
      some(
        config.lists.map(({ name, groups, rules }) =>
          filled([
            [at.listName, name],
            [at.listGroup, some(groups)],
            [at.rule, some(rules.map(ruleTree))],
          ]),
        ),
      ),
    ],
  ]);
}

const text = (value: Value | undefined): string | undefined => (typeof value === "string" ? value : undefined);
const texts = (value: Value | undefined): readonly string[] =>
  Array.isArray(value) ? (value as readonly LeafValue[]).filter((item) => typeof item === "string") : [];
const entries = (value: Value | undefined): readonly Tree[] => (Array.isArray(value) ? (value as readonly Tree[]) : []);

const some = <T>(list: readonly T[]): readonly T[] | undefined => (list.length > 0 ? list : undefined);

function filled(members: ReadonlyArray<readonly [Sid, Value | undefined]>): Tree {
  const tree: MutableTree = new Map();
  for (const [sid, value] of members) if (value !== undefined) tree.set(sid, value);
  return tree;
}
