/** The queries `c` and `d` of a read (draft-ietf-core-comi-21 §3.1.1, §3.1.2); everything else takes none (§3.2.3). */
import { UsageError } from "../../../base/index.ts";
import type { Request } from "../../../coap/index.ts";
import { READ_ALL, type ReadQuery } from "../../../yang/index.ts";
import { isEndpointQuery } from "../asker.ts";

const CONTENTS = { "c=a": "a", "c=c": "c", "c=n": "n" } as const;
const DEFAULTS = { "d=a": "a", "d=t": "t" } as const;
const has = <T extends object>(table: T, key: string): key is Extract<keyof T, string> => Object.hasOwn(table, key);

/** Throws UsageError `resource.query`, also for a parameter that is given twice. */
export function readQuery(request: Request): ReadQuery {
  let content: ReadQuery["content"] | undefined;
  let defaults: ReadQuery["defaults"] | undefined;
  for (const query of request.query) {
    if (isEndpointQuery(query)) continue;
    if (has(CONTENTS, query) && content === undefined) content = CONTENTS[query];
    else if (has(DEFAULTS, query) && defaults === undefined) defaults = DEFAULTS[query];
    else throw new UsageError("resource.query", { query });
  }
  return { content: content ?? READ_ALL.content, defaults: defaults ?? READ_ALL.defaults };
}

/** Naming the endpoint is lab mode's and goes before. Throws UsageError `resource.query`. */
export function noQuery(request: Request): void {
  const query = request.query.find((item) => !isEndpointQuery(item));
  if (query !== undefined) throw new UsageError("resource.query", { query });
}
