/**
 * RFC 8040 §7.1 — errors as answers tell them: one table from our codes to error-tags, and the status code that RFC 8040 §7 gives
 * to each tag.
 */
import { type CodedError, ERRORS } from "../../../gateway/base/index.ts";
import type { CommandError } from "../../../gateway/store/inbox.ts";

/** RFC 8040 §7, the table of error-tags; where it leaves a choice, the code that fits our use. */
export const ERROR_TAGS = {
  "in-use": 409,
  "invalid-value": 400,
  "too-big": 413,
  "missing-attribute": 400,
  "bad-attribute": 400,
  "unknown-attribute": 400,
  "missing-element": 400,
  "bad-element": 400,
  "unknown-element": 400,
  "unknown-namespace": 400,
  "access-denied": 403,
  "lock-denied": 409,
  "resource-denied": 409,
  "rollback-failed": 500,
  "data-exists": 409,
  "data-missing": 409,
  "operation-not-supported": 501,
  "operation-failed": 500,
  "partial-operation": 500,
  "malformed-message": 400,
} as const;
export type ErrorTag = keyof typeof ERROR_TAGS;

/**
 * Codes that mean more than who is to blame; `*` stands for any beginning or end, the first that fits counts. The status code
 * is there where RFC 8040 §7 leaves a choice and another one says more.
 */
const ROWS: ReadonlyArray<readonly [code: string, tag: ErrorTag, status?: number]> = [
  ["command.unknown", "operation-not-supported"],
  ["command.level", "operation-not-supported"],
  ["command.malformed", "malformed-message"],
  ["command.too-large", "too-big"],
  ["command.missing", "missing-element"],
  ["command.stale", "in-use"],
  ["command.superseded", "in-use"],
  ["command.repeated", "data-exists"],
  ["command.crowded", "resource-denied"],
  ["command.not-kept", "data-missing"],
  ["campaign.version", "in-use"],
  ["edit.too-many-waiting", "resource-denied"],
  ["resource.too-many", "resource-denied"],
  ["resource.condition-failed", "operation-failed", 412],
  ["operation.unsupported", "operation-not-supported"],
  ["operation.unknown", "operation-not-supported"],
  ["operation.data", "invalid-value"],
  ["operation.keys", "invalid-value"],
  ["operation.*", "operation-failed"],
  ["yang.missing-*", "missing-element"],
  ["yang.unknown-element", "unknown-element"],
  ["yang.bad-element", "bad-element"],
  ["yang.malformed-message", "malformed-message"],
  ["yang.must-violation", "operation-failed", 412],
  ["yang.*", "invalid-value"],
  ["upstream.private", "access-denied"],
  ["upstream.uri", "invalid-value"],
  ["upstream.redirect", "invalid-value"],
  ["upstream.refused", "invalid-value"],
  ["upstream.certificate", "access-denied"],
  ["upstream.*", "operation-failed"],
  ["node.unreachable", "operation-failed"],
  ["suit.*", "invalid-value"],
  ["image.digest", "invalid-value"],
  ["image.size", "invalid-value"],
  ["*.unknown", "invalid-value", 404],
  ["*.exists", "data-exists"],
  ["*.in-use", "in-use"],
  ["*.busy", "in-use"],
  ["*.state", "in-use"],
  ["*.too-large", "too-big"],
];
const TAG_OF_BLAME = {
  usage: "invalid-value",
  wire: "operation-failed",
  trust: "access-denied",
  store: "operation-failed",
  bug: "operation-failed",
} as const satisfies Record<string, ErrorTag>;

const isTag = (text: string | undefined): text is ErrorTag => text !== undefined && Object.hasOwn(ERROR_TAGS, text);

const rowOf = (code: string) => ROWS.find(([pattern]) => matches(pattern, code));

/** A tag that the error has itself, as those of YANG data do, says more than our table. */
export function errorTag({ code, tag }: Pick<CommandError, "code" | "tag">): ErrorTag {
  return isTag(tag) ? tag : (rowOf(code)?.[1] ?? TAG_OF_BLAME[isKnown(code) ? ERRORS[code].blame : "bug"]);
}

/** RFC 8040 §7, "status code". */
export function errorStatus(error: Pick<CommandError, "code" | "tag">): number {
  const tag = errorTag(error);
  const [, usual, status] = rowOf(error.code) ?? [];
  return usual === tag && status !== undefined ? status : ERROR_TAGS[tag];
}

const isKnown = (code: string): code is keyof typeof ERRORS => Object.hasOwn(ERRORS, code);

function matches(pattern: string, code: string): boolean {
  if (pattern.startsWith("*")) return code.endsWith(pattern.slice(1));
  return pattern.endsWith("*") ? code.startsWith(pattern.slice(0, -1)) : code === pattern;
}

/** An error with the facts `tag` and `path`, where it has them, as those of YANG data do. */
export function commandError(error: CodedError): CommandError {
  const { code, message: text, hint, facts } = error;
  const { tag, path } = facts;
  return {
    code,
    text,
    hint,
    ...(typeof tag === "string" && tag !== "" ? { tag } : {}),
    ...(typeof path === "string" && path !== "" ? { path } : {}),
  };
}

/** RFC 8040 §3.9: the members of `error`; `error-app-tag` is our code, `hint` is ours. */
export const errorMembers = (error: CommandError) => ({
  "error-type": error.code.startsWith("command.") ? ("protocol" as const) : ("application" as const),
  "error-tag": errorTag(error),
  "error-app-tag": error.code,
  "error-path": error.path,
  "error-message": error.text,
  hint: error.hint,
});
