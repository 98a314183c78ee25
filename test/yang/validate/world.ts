/** A module in which most kinds of constraints meet, and random edits of its data over few values, so that they hit. */
import fc from "fast-check";
import { edit } from "../../../gateway/yang/datastore/index.ts";
import type { Instance, LeafValue, Schema, SchemaNode, Tree, Value } from "../../../gateway/yang/index.ts";
import { EMPTY_TREE } from "../../../gateway/yang/index.ts";
import { moduleM, schemaOf } from "../compile/inline.ts";

export const WORLD: Schema = schemaOf(
  moduleM(`
  container top {
    leaf kind { type uint8; default 1; }
    leaf limit { type uint8; must "count(../item) <= ."; }
    container box {
      when "../kind = 1";
      leaf needed { type uint8; mandatory true; }
      leaf near { type leafref { path "../../item/id"; } }
      container lid { presence "closed"; leaf lock { when "../../needed > 1"; type uint8; default 2; } must "lock > 1"; }
    }
    list item {
      key id;
      max-elements 3;
      unique "name inner/size";
      leaf id { type uint8; }
      leaf name { type uint8; }
      leaf peer { type leafref { path "../../item/id"; } must ". != ../id"; }
      leaf rank { type uint8; must "not(/m:top/item[id = current()/../peer]/rank < .)"; }
      container inner { leaf size { type uint8; default 0; } must "not(size > ../../kind)"; }
      choice way {
        case plain { leaf by-air { type uint8; } leaf mail { type uint8; mandatory true; } }
        case tunnel { container tube { leaf bore { type uint8; mandatory true; } leaf lit { type uint8; } } }
        case odd { when "name = 2"; leaf on-foot { type uint8; } }
      }
      list part {
        key "a b";
        leaf a { type uint8; }
        leaf b { type uint8; }
        leaf of { type leafref { path "../../../item[id = current()/../a]/part/b"; } }
        leaf weight { type uint8; mandatory true; }
        leaf note { when "../weight = 2 and ../../name"; type uint8; }
        must "sum(../part/weight) < 5";
      }
      leaf-list tag { type uint8; max-elements 2; must "not(. = /m:top/kind)"; }
    }
    leaf-list pick { type leafref { path "../item/tag"; } }
    leaf where { type instance-identifier; }
    choice form {
      mandatory true;
      leaf round { type uint8; }
      case square { leaf side { type uint8; } leaf angle { when "../side = 2"; type uint8; mandatory true; } }
    }
  }
  augment "/top" { when "m:kind = 2"; leaf added { type uint8; must "../box/needed or ../pick"; } list extra { key k; leaf k { type uint8; } leaf v { type uint8; } min-elements 1; } }
  container far { leaf sum { type uint8; must ". = sum(/m:top/item/name)"; } leaf any { type uint8; when "//m:by-air"; } }`),
);

const digit = fc.nat({ max: 3 });

function leafValue({ type }: SchemaNode): fc.Arbitrary<LeafValue> {
  if (type?.base !== "instance-identifier") return digit;
  const item = WORLD.byPath("/m:top/item/rank")!;
  return digit.map((id) => ({ sid: item.sid, keys: [id] }));
}

function someValue(node: SchemaNode): fc.Arbitrary<Value> {
  switch (node.kind) {
    case "leaf":
      return leafValue(node);
    case "leaf-list":
      return fc.uniqueArray(digit, { maxLength: 3 });
    case "list":
      return fc.uniqueArray(entryOf(node), {
        maxLength: 3,
        selector: (entry) => (node.keys ?? []).map((key) => entry.get(childOf(node, key).sid)).join(),
      });
    default:
      return membersOf(node, []);
  }
}

const childOf = (node: SchemaNode, name: string): SchemaNode => node.children.find((child) => child.name === name)!;
const entryOf = (node: SchemaNode): fc.Arbitrary<Tree> => membersOf(node, node.keys ?? []);

/** One case of each choice at most: `edit` takes no more in one value. */
function membersOf(node: SchemaNode, always: readonly string[]): fc.Arbitrary<Tree> {
  const members = node.children.map((child) => {
    const made = someValue(child).map((value) => ({ child, value }));
    return always.includes(child.name) ? made : fc.option(made, { nil: undefined, freq: 2 });
  });
  return fc.tuple(...members).map((chosen) => {
    const cases = new Map<string, string>();
    const tree = new Map<number, Value>();
    for (const member of chosen) {
      if (member === undefined) continue;
      const level = member.child.cases?.[0];
      if (level !== undefined && (cases.get(level.choice) ?? level.case) !== level.case) continue;
      if (level !== undefined) cases.set(level.choice, level.case);
      tree.set(member.child.sid, member.value);
    }
    return tree;
  });
}

const lists = (node: SchemaNode): readonly SchemaNode[] => [
  ...(node.parent === undefined ? [] : lists(node.parent)),
  ...(node.kind === "list" ? [node] : []),
];

const nodes = (below: readonly SchemaNode[]): readonly SchemaNode[] =>
  below.flatMap((node) => [node, ...nodes(node.children)]);
const isKey = ({ parent, name }: SchemaNode): boolean => parent?.keys?.includes(name) === true;
const TARGETS = nodes(WORLD.roots).filter((node) => !isKey(node));

/** One item of an iPATCH that `edit` takes: deeper nodes more often than whole containers. */
export const instance: fc.Arbitrary<Instance> = fc.constantFrom(...TARGETS).chain((node) => {
  const around = lists(node);
  const keys = around.flatMap((list) => (list.keys ?? []).map(() => digit));
  const own = node.kind === "list" ? fc.boolean() : fc.constant(true);
  return fc
    .tuple(fc.tuple(...keys), own, fc.nat({ max: 3 }))
    .chain(([given, asEntry, choice]): fc.Arbitrary<Instance> => {
      const all = asEntry ? given : given.slice(0, given.length - (node.keys?.length ?? 0));
      const id = { sid: node.sid, keys: all };
      if (choice === 0) return fc.constant({ id, value: undefined });
      if (node.kind !== "list" || !asEntry) return someValue(node).map((value) => ({ id, value }));
      const own = given.slice(given.length - node.keys!.length);
      return entryOf(node).map((entry) => {
        const value = new Map(entry);
        for (const [index, key] of node.keys!.entries()) value.set(childOf(node, key).sid, own[index]!);
        return { id, value };
      });
    });
});

export const patch = fc.array(instance, { minLength: 1, maxLength: 3 });

/** A tree as it may have been reported: it fits the types and need not be valid. */
export const reported: fc.Arbitrary<Tree> = fc
  .array(instance, { minLength: 2, maxLength: 14 })
  .map((instances) => instances.reduce<Tree>((tree, each) => edit(tree, [each], WORLD), EMPTY_TREE));
