/** Plans and what else authors write in YAML, with the line and column of everything that is wrong in it. */
import { isMap, isNode, isScalar, isSeq, Lexer, LineCounter, type Node, Parser, parseDocument } from "yaml";
import type { z } from "zod";
import { UsageError } from "../../../base/index.ts";
import { PLAN, type ReleasePlan } from "./plan.ts";

/** `plan.yaml:4:11 components[0].file: what is wrong` */
export interface PlanFinding {
  readonly line: number;
  readonly column: number;
  /** "" for the file as a whole. */
  readonly key: string;
  readonly problem: string;
}

export class PlanError extends UsageError<"release.plan"> {
  readonly findings: readonly PlanFinding[];
  /** A line each, for people. */
  readonly details: readonly string[];

  constructor(path: string, findings: readonly PlanFinding[]) {
    super("release.plan", { path, count: findings.length });
    this.findings = findings;
    this.details = findings.map((finding) => shownFinding(path, finding));
  }
}

export const shownFinding = (path: string, { line, column, key, problem }: PlanFinding): string =>
  `${path}:${line}:${column}${key === "" ? "" : ` ${key}`}: ${problem}`;

/** The error that a file of this kind is refused with. */
type Refusal = (findings: readonly PlanFinding[]) => UsageError;

/** Throws PlanError with every finding. `path` is for people. */
export const readPlan = (text: string, path: string): ReleasePlan => readYaml(text, path, PLAN);

/** What the file says, in the shape that `kind` asks for. Throws PlanError, or another `refusal`, with every finding. */
export function readYaml<T extends z.ZodType>(
  text: string,
  path: string,
  kind: T,
  refusal: Refusal = (findings) => new PlanError(path, findings),
): z.output<T> {
  if (isTooDeep(text)) {
    throw refusal([{ line: 1, column: 1, key: "", problem: `it is nested more than ${MAX_DEPTH} deep` }]);
  }
  const lines = new LineCounter();
  // Every scalar stays text: to YAML 1.10 is a number and equals 1.1, and 0x00 is 0.
  const document = parseDocument(text, { lineCounter: lines, schema: "failsafe", logLevel: "error" });
  const at = (offset: number): Pick<PlanFinding, "line" | "column"> => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (document.errors.length > 0) {
    throw refusal(
      document.errors.map(({ pos, message }) => ({ ...at(pos[0]), key: "", problem: message.split(" at line ")[0]! })),
    );
  }
  const read = kind.safeParse(plain(document, refusal));
  if (read.success) return read.data;
  const root = isNode(document.contents) ? document.contents : undefined;
  const findings = read.error.issues.flatMap((issue) =>
    findingsOf(issue).map(({ keys, problem }) => {
      const place = issue.code === "unrecognized_keys" ? "key" : "value";
      return { ...at(offsetOf(root, keys, place)), key: shownKey(keys), problem };
    }),
  );
  throw refusal(findings.sort((a, b) => a.line - b.line || a.column - b.column));
}

/** Above what any key of ours needs. */
const MAX_DEPTH = 32;

/** Asked before anything is composed, which is done by recursion and would end the process. */
function isTooDeep(text: string): boolean {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _document of parser.next(lexeme));
    if (parser.stack.length > MAX_DEPTH) return true;
  }
  return false;
}

/** Aliases are followed only so far: a small file must not become a large tree. */
function plain(document: ReturnType<typeof parseDocument>, refusal: Refusal): unknown {
  try {
    return document.toJS({ maxAliasCount: 32 }) as unknown;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw refusal([{ line: 1, column: 1, key: "", problem }]);
  }
}

type Keys = ReadonlyArray<string | number>;

function findingsOf(issue: z.core.$ZodIssue): ReadonlyArray<{ readonly keys: Keys; readonly problem: string }> {
  const keys = issue.path.map((key) => (typeof key === "number" ? key : String(key)));
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ keys: [...keys, key], problem: "is no key that is known here" }));
  }
  return [{ keys, problem: issue.message }];
}

/** Where the key or its value stands, or else what should have held it. */
function offsetOf(root: Node | undefined, keys: Keys, place: "key" | "value"): number {
  let node = root;
  for (const [index, key] of keys.entries()) {
    const next = below(node, key, index === keys.length - 1 ? place : "value");
    if (next === undefined) break;
    node = next;
  }
  return node?.range?.[0] ?? 0;
}

function below(node: Node | undefined, key: string | number, place: "key" | "value"): Node | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(key)];
    return isNode(item) ? item : undefined;
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((one) => isScalar(one.key) && String(one.key.value) === String(key));
  const found = place === "value" && isNode(pair?.value) ? pair.value : pair?.key;
  return isNode(found) ? found : undefined;
}

/** `components[0].slots[1].file` */
const shownKey = (keys: Keys): string =>
  keys.map((key, index) => (typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${key}`)).join("");
