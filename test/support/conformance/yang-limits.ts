/** The limits of what is read, as a table of docs/yang-conformance.md: the figures are those of the code. */
import { MAX_INPUT } from "../../../gateway/app/tools/input.ts";
import { CORECONF, MAX_NESTED_TAGS } from "../../../gateway/wire/cbor/index.ts";
import { MAX_CHAIN, MAX_FEATURE_DEPTH, MAX_LEVELS, MAX_NODES } from "../../../gateway/yang/compile/limits.ts";
import { KEPT_SCHEMAS } from "../../../gateway/yang/loading/cache.ts";
import { MAX_SOURCE, MAX_STATEMENTS, MAX_DEPTH as STATEMENT_DEPTH } from "../../../gateway/yang/parse/scan.ts";
import { MAX_PATTERN } from "../../../gateway/yang/patterns/index.ts";
import { MAX_INSTRUCTIONS } from "../../../gateway/yang/patterns/program.ts";
import { TREE_STEP_LIMIT } from "../../../gateway/yang/xpath/data-node.ts";
import { MAX_DEPTH as EXPRESSION_DEPTH } from "../../../gateway/yang/xpath/parse.ts";
import { STEP_LIMIT } from "../../../gateway/yang/xpath/run.ts";

export interface Limit {
  readonly of: string;
  readonly what: string;
  readonly figure: number;
  /** What tells that it was reached: a code of docs/errors.md, or words. */
  readonly told: string;
}

const limit = (of: string, what: string, figure: number, told: string): Limit => ({ of, what, figure, told });

export const LIMITS: readonly Limit[] = [
  limit(
    "payloads",
    "maps, arrays and objects inside each other, in CBOR and in JSON",
    CORECONF.maxDepth,
    "`cbor.too-deep`, in JSON `yang.malformed-message`",
  ),
  limit(
    "payloads",
    "bytes of a string, all chunks together; entries of a map or array",
    CORECONF.maxLength,
    "`cbor.too-long`",
  ),
  limit("payloads", "tags on a tag", MAX_NESTED_TAGS, "`cbor.too-deep`"),
  limit(
    "expressions",
    "steps of one evaluation: nodes, parts, texts by their length",
    STEP_LIMIT,
    "`yang.too-complex`",
  ),
  limit("expressions", "steps of all evaluations on one tree", TREE_STEP_LIMIT, "`yang.too-complex`"),
  limit("expressions", "parentheses, predicates and arguments inside each other", EXPRESSION_DEPTH, "`yang.compile`"),
  limit("patterns", "characters", MAX_PATTERN, "`yang.pattern`"),
  limit("patterns", "steps, with its repetitions written out", MAX_INSTRUCTIONS, "`yang.pattern`"),
  limit("sources", "characters of a file", MAX_SOURCE, "`yang.parse`"),
  limit("sources", "statements of a file", MAX_STATEMENTS, "`yang.parse`"),
  limit("sources", "statements inside each other", STATEMENT_DEPTH, "`yang.parse`"),
  limit("sets of modules", "nodes, with all groupings written out", MAX_NODES, "`yang.compile`"),
  limit("sets of modules", "levels of the tree", MAX_LEVELS, "`yang.compile`"),
  limit(
    "sets of modules",
    "typedefs, groupings, features, identities or leafrefs in a row",
    MAX_CHAIN,
    "`yang.compile`",
  ),
  limit(
    "sets of modules",
    "parentheses and `not` inside each other in an `if-feature`",
    MAX_FEATURE_DEPTH,
    "`yang.compile`",
  ),
  limit("SIDs", "the largest number", Number.MAX_SAFE_INTEGER, "`yang.sid-too-large`"),
  limit("commands", "bytes of an input", MAX_INPUT, "`cli.too-large`"),
  limit("caches", "compiled schemas in one folder", KEPT_SCHEMAS, "the oldest goes"),
];
