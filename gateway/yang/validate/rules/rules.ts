/**
 * What the nodes of a schema are watched for (RFC 7950 §7, §8), read once from their statements: the plan of validation
 * as codec/plan.ts is that of coding.
 */
import type { Plan, PlanNode } from "../../codec/plan-node.ts";
import { choicesOf } from "../../codec/value.ts";
import type { LeafType, Must } from "../../schema.ts";
import { shapeOf } from "../../xpath/shape.ts";
import { type Conditions, conditionsOf } from "../../xpath/when.ts";
import { type Expression, expressionIn } from "./expression.ts";
import { type Reference, referenceOf } from "./reference.ts";
import { type UniqueRule, uniqueRule } from "./unique.ts";

export interface Rules {
  readonly node: PlanNode;
  readonly parent: Rules | undefined;
  /** Data nodes in it of which something may be missing, doubled or wrong, themselves or below; in schema order. */
  readonly watched: readonly Rules[];
  /** Those of them that may be missing or too many; and those with contents to look at. Each check-in passes here. */
  readonly counted: readonly Rules[];
  readonly filled: readonly Rules[];
  /** The choices it stems from, from the outside in. */
  readonly levels: readonly Level[];
  /** Some of its children are cases of a choice. */
  readonly choosing: boolean;
  /** RFC 7950 §7.21.5: of the node itself, or of the choice, case, uses or augment that it stems from. */
  readonly conditions: Conditions | undefined;
  readonly musts: readonly MustRule[];
  readonly reference: Reference | undefined;
  /** It, or something below it, has constraints that hold for defaults and for containers that are not there too. */
  readonly speaks: boolean;
  readonly unique: readonly UniqueRule[];
}

export interface Level {
  /** With all that is around it, so that no other choice below the same parent has the same. */
  readonly choice: string;
  readonly case: string;
  readonly name: string;
  readonly mandatory: boolean;
  readonly isDefault: boolean;
  /** How many conditions of the node are the choice's, see `CaseOf`. */
  readonly conditions: number;
}

export interface MustRule {
  readonly must: Must;
  readonly expression: Expression;
}

export interface RuleBook {
  readonly plan: Plan;
  readonly root: Rules;
  of(node: PlanNode): Rules;
}

type Draft = { -readonly [K in keyof Rules]: Rules[K] };

/** A memo: the rules follow from the schema alone. By its nodes, which the plans of all forms share. */
const BOOKS = new WeakMap<Plan["nodes"], RuleBook>();

export function rulesOf(plan: Plan): RuleBook {
  let book = BOOKS.get(plan.nodes);
  if (book === undefined) {
    book = makeBook(plan);
    BOOKS.set(plan.nodes, book);
  }
  return book;
}

function makeBook(plan: Plan): RuleBook {
  const all = new Map<PlanNode, Rules>();
  const grow = (node: PlanNode, parent: Rules | undefined): Draft => {
    const rules = draft(node, parent, plan);
    all.set(node, rules);
    const grown = new Map(node.children.map((child) => [child, grow(child, rules)]));
    // Operations and notifications are no part of the data around them.
    const children = shapeOf(node, plan).children.map((child) => grown.get(child)!);
    rules.watched = children.filter(isWatched);
    rules.counted = rules.watched.filter(isCounted);
    rules.filled = rules.watched.filter(isFilled);
    rules.speaks = rules.musts.length > 0 || rules.reference !== undefined || children.some((child) => child.speaks);
    return rules;
  };
  const root = grow(plan.root, undefined);
  return { plan, root, of: (node) => all.get(node)! };
}

const isCounted = ({ node: { schema }, levels }: Rules): boolean =>
  schema.mandatory || levels.length > 0 || schema.minElements !== undefined || schema.maxElements !== undefined;

const isFilled = ({ node, watched, conditions, musts, reference }: Rules): boolean =>
  node.kind === "list" ||
  node.kind === "leaf-list" ||
  watched.length + musts.length > 0 ||
  conditions !== undefined ||
  reference !== undefined;

const isWatched = (rules: Rules): boolean => isCounted(rules) || isFilled(rules);

function draft(node: PlanNode, parent: Rules | undefined, plan: Plan): Draft {
  const { schema } = node;
  const { module } = schema;
  return {
    node,
    parent,
    watched: [],
    counted: [],
    filled: [],
    levels: levelsOf(node),
    choosing: node.choosing,
    conditions: schema.when === undefined && schema.parentWhen === undefined ? undefined : conditionsOf(node, plan),
    musts: (schema.must ?? []).map((must) => ({
      must,
      expression: expressionIn(must.expression, node, module, plan),
    })),
    reference: schema.type === undefined || !mayRefer(schema.type) ? undefined : referenceOf(schema.type, node, plan),
    speaks: false,
    unique: (schema.unique ?? []).map((paths) => uniqueRule(node, paths)),
  };
}

const mayRefer = ({ base, members = [] }: LeafType): boolean =>
  base === "leafref" || base === "instance-identifier" || members.some(mayRefer);

function levelsOf(node: PlanNode): readonly Level[] {
  const choices = choicesOf(node);
  return (node.schema.cases ?? []).map((of, index) => ({
    ...of,
    choice: choices[index]!.choice,
    name: of.choice,
    conditions: of.conditions ?? 0,
  }));
}
