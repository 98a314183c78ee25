/**
 * RFC 9595 §4 — a .sid file (`ietf-sid-file@2024-07-31`) → what it says. Files of older tools are read too: without
 * wrapper, with numeric SIDs, keys `items` and `assignment-ranges`, `type` and `label`.
 */
import { z } from "zod";
import { UsageError } from "../../base/index.ts";
import type { Sid } from "../schema.ts";

export const SID_NAMESPACES = ["module", "identity", "feature", "data"] as const;
export type SidNamespace = (typeof SID_NAMESPACES)[number];
export type SidStatus = "stable" | "unstable" | "obsolete";

export interface SidItem {
  readonly namespace: SidNamespace;
  readonly identifier: string;
  readonly sid: Sid;
  /** As written; none stands for stable. A node that a later revision removed is obsolete, and keeps its number. */
  readonly status?: SidStatus | undefined;
}

export interface SidRange {
  readonly entryPoint: Sid;
  readonly size: number;
}

/** A module that the numbered one imports, in the revision that the numbers were given for. */
export interface Dependency {
  readonly module: string;
  readonly revision: string;
}

export interface SidFile {
  /** Where it was read, for findings. */
  readonly file: string;
  readonly module: string;
  /** "" when the module has none. */
  readonly revision: string;
  /** `sid-file-version`; none stands for 0. */
  readonly version?: number | undefined;
  /** `sid-file-status`, as written; none stands for published. */
  readonly status?: "published" | "unpublished" | undefined;
  readonly description?: string | undefined;
  readonly dependencies: readonly Dependency[];
  readonly ranges: readonly SidRange[];
  readonly items: readonly SidItem[];
}

/** The name by which a file tells its items apart. */
export const itemKey = ({ namespace, identifier }: Pick<SidItem, "namespace" | "identifier">): string =>
  `${namespace} ${identifier}`;
export const isIn = ({ entryPoint, size }: SidRange, sid: Sid): boolean => sid >= entryPoint && sid < entryPoint + size;
export const shownRange = ({ entryPoint, size }: SidRange): string => `${entryPoint}-${entryPoint + size - 1}`;
export const overlap = (a: SidRange, b: SidRange): boolean =>
  a.entryPoint < b.entryPoint + b.size && b.entryPoint < a.entryPoint + a.size;

/** uint64 is a string in RFC 7951 JSON; older tools wrote numbers. */
const UINT64 = z.union([z.string().regex(/^\d{1,20}$/), z.number().int().nonnegative()]);
/** ietf-sid-file, `module-name` and `module-revision`: they make the name of a file, so that nothing else may stand there. */
const MODULE_NAME = z.string().regex(/^[A-Za-z_][\w.-]*$/, "this is no name of a module");
const REVISION = z.string().regex(/^(\d{4}-\d{2}-\d{2})?$/, "this is no date such as 2026-11-21");
const RANGE = z.object({ "entry-point": UINT64, size: UINT64 });
const ITEM = z.object({
  namespace: z.enum(SID_NAMESPACES).optional(),
  identifier: z.string().optional(),
  // In drafts before -03 what `namespace` is now; in files for pycoreconf the YANG type, of any form.
  type: z.unknown().optional(),
  label: z.string().optional(),
  status: z.string().optional(),
  sid: UINT64,
});
const FILE = z.object({
  "module-name": MODULE_NAME,
  "module-revision": REVISION.optional(),
  "sid-file-version": z.number().int().min(0).max(0xffff_ffff).optional(),
  "sid-file-status": z.enum(["published", "unpublished"]).optional(),
  description: z.string().optional(),
  "dependency-revision": z.array(z.object({ "module-name": MODULE_NAME, "module-revision": REVISION })).optional(),
  "assignment-range": z.array(RANGE).optional(),
  "assignment-ranges": z.array(RANGE).optional(),
  item: z.array(ITEM).optional(),
  items: z.array(ITEM).optional(),
});
const WRAPPER = "ietf-sid-file:sid-file";
const WRAPPED = z.object({ [WRAPPER]: FILE });

/** Reads a file and holds it to the rules within it. Throws UsageError `yang.sid-*`. */
export function readSidFile(text: string, file: string): SidFile {
  const result = parseSidFile(text, file);
  checkItems(result);
  return result;
}

/** Reads a file as it is, whatever rules it breaks. Throws UsageError `yang.sid-file`, `yang.sid-too-large`. */
export function parseSidFile(text: string, file: string): SidFile {
  const content = parseContent(text, file);
  return {
    file,
    module: content["module-name"],
    revision: content["module-revision"] ?? "",
    version: content["sid-file-version"],
    status: content["sid-file-status"],
    description: content.description,
    dependencies: (content["dependency-revision"] ?? []).map((each) => ({
      module: each["module-name"],
      revision: each["module-revision"],
    })),
    ranges: (content["assignment-range"] ?? content["assignment-ranges"] ?? []).map((range) => ({
      entryPoint: sidNumber(range["entry-point"], "assignment-range", file),
      size: sidNumber(range.size, "assignment-range", file),
    })),
    items: (content.item ?? content.items ?? []).map((item) => readItem(item, content["module-name"], file)),
  };
}

function parseContent(text: string, file: string): z.infer<typeof FILE> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError("yang.sid-file", { file, what: error instanceof Error ? error.message : "not JSON" });
  }
  const hasWrapper = typeof json === "object" && json !== null && WRAPPER in json;
  const read = hasWrapper ? WRAPPED.safeParse(json) : FILE.safeParse(json);
  if (read.success) return WRAPPER in read.data ? read.data[WRAPPER] : read.data;
  const [issue] = read.error.issues;
  throw new UsageError("yang.sid-file", {
    file,
    what: `${issue?.path.join("/") ?? ""}: ${issue?.message ?? "unknown"}`,
  });
}

/** What drafts before -03 called the kinds of items. */
const LEGACY_TYPES: ReadonlyMap<string, SidNamespace> = new Map([
  ["Module", "module"],
  ["Submodule", "module"],
  ["module", "module"],
  ["identity", "identity"],
  ["feature", "feature"],
  ["node", "data"],
  ["notification", "data"],
  ["rpc", "data"],
  ["action", "data"],
]);
const STATUSES: ReadonlyMap<string, SidStatus> = new Map([
  ["stable", "stable"],
  ["unstable", "unstable"],
  ["obsolete", "obsolete"],
]);

function readItem(item: z.infer<typeof ITEM>, module: string, file: string): SidItem {
  const identifier = item.identifier ?? item.label;
  if (identifier === undefined) throw new UsageError("yang.sid-file", { file, what: "an item has no identifier" });
  // `type` is "node" or, for identities, "identity" with the bases behind it.
  const legacy = typeof item.type === "string" ? LEGACY_TYPES.get(item.type.split(/[\s$]/)[0] ?? "") : undefined;
  const namespace = item.namespace ?? legacy ?? (identifier === module ? "module" : "data");
  return {
    namespace,
    identifier: item.identifier ?? fromLabel(identifier, namespace, module),
    sid: sidNumber(item.sid, identifier, file),
    // pyang up to 2.6 marked what it had finalised with the revision of the module.
    status: item.status === undefined ? undefined : (STATUSES.get(item.status) ?? "stable"),
  };
}

/** Labels of nodes did not name their module, those of identities stood behind their base. */
function fromLabel(label: string, namespace: SidNamespace, module: string): string {
  if (namespace === "identity") return label.slice(label.lastIndexOf("/") + 1);
  if (namespace === "data" && !/^\/[^/]*:/.test(label)) return `/${module}:${label.replace(/^\//, "")}`;
  return label;
}

/** RFC 9595 has 63 bits and reserves 0; numbers that JavaScript cannot hold exactly are refused. */
function sidNumber(value: string | number, identifier: string, file: string): Sid {
  const sid = Number(value);
  if (!Number.isSafeInteger(sid) || sid < 1)
    throw new UsageError("yang.sid-too-large", { file, sid: value, identifier });
  return sid;
}

function checkItems({ file, ranges, items }: SidFile): void {
  const names = new Set<string>();
  const sids = new Map<Sid, string>();
  for (const item of items) {
    const { sid, identifier } = item;
    if (!ranges.some((range) => isIn(range, sid))) throw new UsageError("yang.sid-range", { file, sid, identifier });
    const other = sids.get(sid);
    if (other !== undefined) {
      throw new UsageError("yang.sid-duplicate", {
        file,
        identifier,
        other: `'${other}'`,
        what: `both have SID ${sid}`,
      });
    }
    if (names.has(itemKey(item))) {
      throw new UsageError("yang.sid-duplicate", { file, identifier, other: "itself", what: "it stands twice" });
    }
    sids.set(sid, identifier);
    names.add(itemKey(item));
  }
}
