/**
 * Who may what (RFC 8341): the rules are data of the gateway's own datastore, so they are edited, recorded and restored
 * as all data is. Here they become guards, one for each user, which are made anew when the rules change.
 */
import { type Clock, type Logger, UsageError } from "../../base/index.ts";
import {
  encodeInstances,
  isTree,
  type MutableTree,
  type Schema,
  type Sid,
  type Tree,
  type Value,
} from "../../yang/index.ts";
import { houseNode } from "../registry/index.ts";
import { ACCESS_PATH, type AccessConfig, firstConfig, groupsOf, readConfig, writeConfig } from "./configuration.ts";
import { Denials } from "./denials.ts";
import { type Guard, RuleGuard, type Rulings, UNGUARDED } from "./guard.ts";
import { CompiledRules, permitsAll } from "./rules.ts";
import { Sight } from "./sight.ts";

export interface AccessOptions {
  /** What was edited of the gateway's own datastore, and its schema. */
  readonly gatewayTree: () => Tree;
  readonly schema: () => Schema;
  /** Names of those who have credentials. */
  readonly managers: () => readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

export class Access {
  readonly #options: AccessOptions;
  readonly denials: Denials;
  readonly #container: Sid;
  #rules: RuleSet | undefined;
  /** What holds while nobody has said anything. */
  #first: { readonly managers: string; readonly tree: Tree } | undefined;

  constructor(options: AccessOptions) {
    this.#options = options;
    this.denials = new Denials(options.clock, options.log);
    this.#container = houseNode(options.schema(), ACCESS_PATH).sid;
  }

  /**
   * What is in force. While nobody has said anything, those who have credentials are admins: they could do everything
   * before there were rules.
   */
  get config(): AccessConfig {
    return this.#ruleSet?.config ?? firstConfig(this.#options.managers());
  }

  /** Has anybody said anything? */
  get isSet(): boolean {
    return this.#stored !== undefined;
  }

  /** `user`: the name that a security context proves; undefined for who is let in without one, in lab mode. */
  guardOf(user: string | undefined): Guard {
    const rules = this.#ruleSet;
    return user === undefined || rules === undefined ? UNGUARDED : rules.guardOf(user);
  }

  /** The container `access` in force, without what is counted; the same object as long as it is the same. */
  configuration(): Tree {
    const stored = this.#stored;
    if (stored !== undefined) return stored;
    const managers = JSON.stringify(this.#options.managers());
    if (this.#first?.managers !== managers) {
      this.#first = { managers, tree: writeConfig(this.config, this.#options.schema()) };
    }
    return this.#first.tree;
  }

  /** The container `access` as data: what is in force and what was denied. */
  tree(): Tree {
    const schema = this.#options.schema();
    const { operations, writes, notifications, reads } = this.denials.counts;
    const counters: ReadonlyArray<readonly [leaf: string, count: number]> = [
      ["denied-operations", operations],
      ["denied-data-writes", writes],
      ["denied-notifications", notifications],
      ["denied-reads", reads],
    ];
    const tree: MutableTree = new Map(this.configuration());
    for (const [leaf, count] of counters) tree.set(houseNode(schema, `${ACCESS_PATH}/${leaf}`).sid, count);
    return tree;
  }

  /** The configuration as a patch of the gateway's datastore, to be recorded. */
  patch(config: AccessConfig): Uint8Array {
    const schema = this.#options.schema();
    return encodeInstances([{ id: { sid: this.#container, keys: [] }, value: writeConfig(config, schema) }], schema);
  }

  /** Throws UsageError `access.group-unknown`. */
  checkGroups(groups: readonly string[]): void {
    const known = this.config.groups.map(({ name }) => name);
    const unknown = groups.find((name) => !known.includes(name));
    if (unknown !== undefined) {
      throw new UsageError("access.group-unknown", { group: unknown, known: known.join(", ") });
    }
  }

  get #stored(): Tree | undefined {
    const stored: Value | undefined = this.#options.gatewayTree().get(this.#container);
    return isTree(stored) ? stored : undefined;
  }

  get #ruleSet(): RuleSet | undefined {
    const stored = this.#stored;
    if (stored === undefined) return undefined;
    if (this.#rules?.source !== stored) {
      this.#rules = new RuleSet(stored, readConfig(stored, this.#options.schema()), this.denials);
    }
    return this.#rules;
  }
}

/** The rules in one state. Users are managers with credentials, so they are few. */
class RuleSet {
  readonly source: Tree;
  readonly config: AccessConfig;
  readonly #denials: Denials;
  readonly #guards = new Map<string, Guard>();
  /** By groups: whoever is in the same ones shares what was found out. */
  readonly #rulings = new Map<string, (schema: Schema) => Rulings>();

  constructor(source: Tree, config: AccessConfig, denials: Denials) {
    this.source = source;
    this.config = config;
    this.#denials = denials;
  }

  guardOf(user: string): Guard {
    const known = this.#guards.get(user);
    if (known !== undefined) return known;
    const made = this.#guard(user);
    this.#guards.set(user, made);
    return made;
  }

  #guard(user: string): Guard {
    const groups = groupsOf(user, this.config);
    if (permitsAll(this.config, groups)) return UNGUARDED;
    const key = JSON.stringify([...groups].sort());
    const rulings = this.#rulings.get(key) ?? rulingsOf(this.config, groups);
    this.#rulings.set(key, rulings);
    return new RuleGuard(user, rulings, this.#denials);
  }
}

/** Per schema; what belongs to one that is no longer in use goes with it. */
export function rulingsOf(config: AccessConfig, groups: readonly string[]): (schema: Schema) => Rulings {
  const made = new WeakMap<Schema, Rulings>();
  return (schema) => {
    const known = made.get(schema);
    if (known !== undefined) return known;
    const rules = new CompiledRules(config, groups, schema);
    const fresh = { rules, sight: new Sight(rules, schema) };
    made.set(schema, fresh);
    return fresh;
  };
}
