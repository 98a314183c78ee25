export { Access, type AccessOptions, rulingsOf } from "./access.ts";
export {
  ACCESS_PATH,
  type AccessConfig,
  type Action,
  ALL_OPERATIONS,
  ANY,
  EDITS,
  firstConfig,
  groupsOf,
  OPERATIONS,
  type Operation,
  type Rule,
  type RuleList,
  type RuleSubject,
  readConfig,
  withoutRule,
  withRule,
  withUser,
  writeConfig,
} from "./configuration.ts";
export type { DenialCounts, PastDenial } from "./denials.ts";
export { type Explanation, explainAccess } from "./explain.ts";
export { AccessDenied, type Denial, type DenialSink, type Guard, RuleGuard, UNGUARDED } from "./guard.ts";
export { rulePath } from "./rule-path.ts";
export { type Because, CompiledRules, permitsAll, type Ruling, type Verdict } from "./rules.ts";
