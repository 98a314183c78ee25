/** RFC 9176 §6.2 — `page` and `count` among the items of a query: which of the matching links are wanted. */
import { WireError } from "../../base/index.ts";

export interface Paging {
  /** The other items: what links must match. */
  readonly criteria: readonly string[];
  /** The links from `first` on, at most `count` of them. */
  readonly first: number;
  readonly count: number;
}

/** Throws WireError `directory.parameter`. */
export function readPaging(query: readonly string[]): Paging {
  const criteria: string[] = [];
  const said = new Map<string, number>();
  for (const item of query) {
    if (item === "") continue;
    const [, name, value] = /^(page|count)=(.*)$/s.exec(item) ?? [];
    if (name === undefined || value === undefined) criteria.push(item);
    else if (!/^[0-9]{1,9}$/.test(value)) throw wrong(name, "it is not a number");
    else if (said.has(name)) throw wrong(name, "it is said twice");
    else said.set(name, Number(value));
  }
  const count = said.get("count");
  const page = said.get("page");
  if (page !== undefined && count === undefined) throw wrong("page", "it needs count");
  return { criteria, first: (page ?? 0) * (count ?? 0), count: count ?? Number.POSITIVE_INFINITY };
}

const wrong = (name: string, what: string): WireError => new WireError("directory.parameter", { name, what });
