/**
 * RFC 9595 §3 — a .sid file (`ietf-sid-file@2024-07-31`) → its items, checked within the file. Files of older tools are
 * read too: without wrapper, with numeric SIDs, keys `items` and `assignment-ranges`, `type` and `label`.
 */
import { z } from "zod";
import { UsageError } from "../../base/index.ts";
import type { Sid } from "../schema.ts";

export type SidNamespace = "module" | "identity" | "feature" | "data";

export interface SidItem {
  readonly namespace: SidNamespace;
  readonly identifier: string;
  readonly sid: Sid;
  /** A node that a later revision removed keeps its number. */
  readonly obsolete: boolean;
}

export interface SidRange {
  readonly entryPoint: Sid;
  readonly size: number;
}

export interface SidFile {
  readonly file: string;
  readonly module: string;
  readonly revision: string;
  readonly ranges: readonly SidRange[];
  readonly items: readonly SidItem[];
}

/** uint64 is a string in RFC 7951 JSON; older tools wrote numbers. */
const UINT64 = z.union([z.string().regex(/^\d{1,20}$/), z.number().int().nonnegative()]);
const RANGE = z.object({ "entry-point": UINT64, size: UINT64 });
const ITEM = z.object({
  namespace: z.enum(["module", "identity", "feature", "data"]).optional(),
  identifier: z.string().optional(),
  type: z.string().optional(),
  label: z.string().optional(),
  status: z.enum(["stable", "unstable", "obsolete"]).optional(),
  sid: UINT64,
});
const FILE = z.object({
  "module-name": z.string(),
  "module-revision": z.string().optional(),
  "assignment-range": z.array(RANGE).optional(),
  "assignment-ranges": z.array(RANGE).optional(),
  item: z.array(ITEM).optional(),
  items: z.array(ITEM).optional(),
});
const WRAPPED = z.object({ "ietf-sid-file:sid-file": FILE });

/** Throws UsageError `yang.sid-*`. */
export function readSidFile(text: string, file: string): SidFile {
  const content = parseContent(text, file);
  const result: SidFile = {
    file,
    module: content["module-name"],
    revision: content["module-revision"] ?? "",
    ranges: (content["assignment-range"] ?? content["assignment-ranges"] ?? []).map((range) => ({
      entryPoint: sidNumber(range["entry-point"], "assignment-range", file),
      size: Number(range.size),
    })),
    items: (content.item ?? content.items ?? []).map((item) => readItem(item, content["module-name"], file)),
  };
  checkItems(result);
  return result;
}

function parseContent(text: string, file: string): z.infer<typeof FILE> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError("yang.sid-file", { file, what: error instanceof Error ? error.message : "not JSON" });
  }
  const wrapped = WRAPPED.safeParse(json);
  if (wrapped.success) return wrapped.data["ietf-sid-file:sid-file"];
  const bare = FILE.safeParse(json);
  if (bare.success) return bare.data;
  const hasWrapper = typeof json === "object" && json !== null && "ietf-sid-file:sid-file" in json;
  const [issue] = (hasWrapper ? wrapped.error : bare.error).issues;
  throw new UsageError("yang.sid-file", {
    file,
    what: `${issue?.path.join("/") ?? ""}: ${issue?.message ?? "unknown"}`,
  });
}

const NAMESPACES: ReadonlyMap<string, SidNamespace> = new Map([
  ["module", "module"],
  ["Module", "module"],
  ["identity", "identity"],
  ["feature", "feature"],
  ["node", "data"],
  ["data", "data"],
  ["notification", "data"],
  ["rpc", "data"],
  ["action", "data"],
]);

function readItem(item: z.infer<typeof ITEM>, module: string, file: string): SidItem {
  const identifier = item.identifier ?? item.label;
  if (identifier === undefined) throw new UsageError("yang.sid-file", { file, what: "an item has no identifier" });
  // sid draft -02 and older: `type` is "node" or, for identities, "identity" with the bases behind it.
  const legacy = NAMESPACES.get(item.type?.split(/[\s$]/)[0] ?? "");
  const namespace = item.namespace ?? legacy ?? (identifier === module ? "module" : "data");
  return { namespace, identifier, sid: sidNumber(item.sid, identifier, file), obsolete: item.status === "obsolete" };
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
  for (const { sid, identifier, namespace } of items) {
    if (!ranges.some((range) => sid >= range.entryPoint && sid < range.entryPoint + range.size)) {
      throw new UsageError("yang.sid-range", { file, sid, identifier });
    }
    const other = sids.get(sid);
    if (other !== undefined) {
      throw new UsageError("yang.sid-duplicate", {
        file,
        identifier,
        other: `'${other}'`,
        what: `both have SID ${sid}`,
      });
    }
    const key = `${namespace} ${identifier}`;
    if (names.has(key)) {
      throw new UsageError("yang.sid-duplicate", { file, identifier, other: "itself", what: "it stands twice" });
    }
    sids.set(sid, identifier);
    names.add(key);
  }
}
