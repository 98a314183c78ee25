/** Rules, trees and edits at random: what is shown is what may be read, and an edit is allowed as its parts are. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type AccessConfig,
  AccessDenied,
  CompiledRules,
  firstConfig,
  OPERATIONS,
  type Operation,
  permitsAll,
  type Rule,
  RuleGuard,
  rulingsOf,
} from "../../../gateway/service/access/index.ts";
import {
  edit,
  formatInstanceId,
  type InstanceId,
  type LeafValue,
  type SchemaNode,
  type Tree,
  touched,
  type Value,
} from "../../../gateway/yang/index.ts";
import { inDrill } from "../../support/drill.ts";
import { patch, reported, WORLD } from "../../yang/validate/world.ts";

const below = (nodes: readonly SchemaNode[]): readonly SchemaNode[] =>
  nodes.flatMap((node) => [node, ...below(node.children)]);
const NODES = below(WORLD.roots);

/** A path to a node, with keys in some of its lists. */
const path = fc
  .tuple(fc.constantFrom(...NODES), fc.array(fc.option(fc.nat({ max: 2 })), { minLength: 3, maxLength: 3 }))
  .map(([node, keys]) => {
    const line: SchemaNode[] = [];
    for (let at: SchemaNode | undefined = node; at !== undefined; at = at.parent) line.unshift(at);
    let list = 0;
    return line
      .map((step, depth) => {
        const key = step.kind === "list" ? keys[list++] : null;
        const named = key == null ? "" : (step.keys ?? []).map((name) => `[${name}='${key}']`).join("");
        return `/${depth === 0 ? "m:" : ""}${step.name}${named}`;
      })
      .join("");
  });

const rule: fc.Arbitrary<Rule> = fc
  .record({
    action: fc.constantFrom("permit" as const, "deny" as const),
    operations: fc.uniqueArray(fc.constantFrom<Operation>(...OPERATIONS), { minLength: 1 }),
    path: fc.option(path, { freq: 6 }),
  })
  .map(({ action, operations, path: text }) => ({
    name: "r",
    module: "*",
    about: text === null ? ({ kind: "all" } as const) : ({ kind: "path", path: text } as const),
    operations: new Set(operations),
    action,
    comment: undefined,
  }));

const configs: fc.Arbitrary<AccessConfig> = fc
  .record({
    rules: fc.array(rule, { maxLength: 6 }),
    readDefault: fc.constantFrom("permit" as const, "deny" as const),
    writeDefault: fc.constantFrom("permit" as const, "deny" as const),
  })
  .map(({ rules, ...defaults }) => ({ ...firstConfig([]), ...defaults, lists: [{ name: "l", groups: ["g"], rules }] }))
  .filter((config) => !permitsAll(config, ["g"]));

const DEAF = { take: () => undefined, unheard: () => undefined };
const guardOf = (config: AccessConfig): RuleGuard => new RuleGuard("u", rulingsOf(config, ["g"]), DEAF);

/** Every instance in a tree, its value with it. */
function instancesIn(
  tree: Tree,
  keys: readonly LeafValue[] = [],
): ReadonlyArray<{ readonly id: InstanceId; readonly value: Value }> {
  return [...tree].flatMap(([sid, value]) => {
    const node = WORLD.bySid(sid)!;
    if (node.kind === "list") {
      return (value as readonly Tree[]).flatMap((entry) => {
        const own = (node.keys ?? []).map(
          (name) => entry.get(node.children.find((child) => child.name === name)!.sid) as LeafValue,
        );
        return [{ id: { sid, keys: [...keys, ...own] }, value: entry }, ...instancesIn(entry, [...keys, ...own])];
      });
    }
    return [{ id: { sid, keys }, value }, ...(node.kind === "container" ? instancesIn(value as Tree, keys) : [])];
  });
}

const name = (id: InstanceId): string => formatInstanceId(id, WORLD);

/** The definition, word by word: the node, all above it, and the keys that tell its entries. */
function isReadable(config: AccessConfig, id: InstanceId): boolean {
  const rules = new CompiledRules(config, ["g"], WORLD);
  for (let at: SchemaNode | undefined = WORLD.bySid(id.sid); at !== undefined; at = at.parent) {
    if (rules.ruling(at, "read", id.keys)?.action !== "permit") return false;
    const keys = at.kind === "list" ? at.children.filter((child) => at?.keys?.includes(child.name)) : [];
    if (keys.some((key) => rules.ruling(key, "read", id.keys)?.action !== "permit")) return false;
  }
  return true;
}

test("what is shown is exactly what may be read", () => {
  fc.assert(
    fc.property(reported, configs, (tree, config) => {
      const guard = guardOf(config);
      const seen = new Set(instancesIn(guard.readable(tree, WORLD)).map(({ id }) => name(id)));
      for (const { id, value } of instancesIn(tree)) {
        const node = WORLD.bySid(id.sid)!;
        const readable = isReadable(config, id);
        // A container without presence is there by what is in it.
        const expected =
          readable &&
          (node.kind !== "container" || node.presence === true || (value as Tree).size === 0 || seen.has(name(id)));
        expect([name(id), seen.has(name(id))]).toEqual([name(id), expected]);
        const whole = guard.mayRead(id, WORLD) ? guard.reveal(id, value, WORLD) : undefined;
        expect(whole !== undefined).toBe(expected);
        if (node.kind === "leaf" && readable) expect(whole).toEqual(value);
      }
    }),
    { numRuns: 60 },
  );
});

test("what is shown is shown again as it is, and shows no more for another rule that denies before all others", () => {
  fc.assert(
    fc.property(reported, configs, rule, (tree, config, more) => {
      const seen = guardOf(config).readable(tree, WORLD);
      expect(guardOf(config).readable(seen, WORLD)).toEqual(seen);
      const [list] = config.lists;
      const rules = [{ ...more, action: "deny" as const }, ...(list?.rules ?? [])];
      const stricter = { ...config, lists: [{ name: "l", groups: ["g"], rules }] };
      const left = new Set(instancesIn(seen).map(({ id }) => name(id)));
      for (const { id } of instancesIn(guardOf(stricter).readable(tree, WORLD))) expect(left).toContain(name(id));
    }),
    { numRuns: 50 },
  );
});

const passes = (run: () => void): boolean => {
  try {
    run();
    return true;
  } catch (error) {
    if (error instanceof AccessDenied) return false;
    throw error;
  }
};

test("an edit is allowed when all that it touches is, and never else", () => {
  fc.assert(
    fc.property(reported, patch, configs, (tree, instances, config) => {
      let after: Tree;
      try {
        after = edit(tree, instances, WORLD);
      } catch {
        return; // no edit at all
      }
      const rules = new CompiledRules(config, ["g"], WORLD);
      let allowed = true;
      touched(tree, after, WORLD, (id, operation) => {
        allowed &&= rules.ruling(WORLD.bySid(id.sid)!, operation, id.keys)?.action === "permit";
      });
      const passed = passes(() => guardOf(config).checkEdit(tree, instances, WORLD));
      if (passed) expect(allowed).toBe(true);
      // Whoever sees all is told nothing by what stays as it is.
      const sees = {
        ...config,
        lists: [
          {
            name: "s",
            groups: ["g"],
            rules: [
              {
                name: "s",
                module: "*",
                about: { kind: "all" },
                operations: new Set<Operation>(["read"]),
                action: "permit",
                comment: undefined,
              } satisfies Rule,
            ],
          },
          ...config.lists,
        ],
      };
      expect(passes(() => guardOf(sees).checkEdit(tree, instances, WORLD))).toBe(allowed);
    }),
    { numRuns: inDrill(33, 100) },
  );
});

test("what is touched is what differs between the trees", () => {
  fc.assert(
    fc.property(reported, patch, (tree, instances) => {
      let after: Tree;
      try {
        after = edit(tree, instances, WORLD);
      } catch {
        return;
      }
      const [was, is] = [tree, after].map(
        (each) => new Map(instancesIn(each).map(({ id, value }) => [name(id), value])),
      );
      const isLeaf = (value: Value | undefined): boolean =>
        !(value instanceof Map) && value !== undefined && !(Array.isArray(value) && value.length === 0);
      const changed = new Set<string>();
      touched(tree, after, WORLD, (id) => changed.add(name(id)));
      for (const [id, value] of is!) {
        const old = was!.get(id);
        if (isLeaf(value))
          expect([id, changed.has(id)]).toEqual([id, !isLeaf(old) || JSON.stringify(old) !== JSON.stringify(value)]);
      }
      for (const [id, value] of was!) if (isLeaf(value) && !is!.has(id)) expect(changed).toContain(id);
    }),
    { numRuns: 60 },
  );
});
