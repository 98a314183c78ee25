/**
 * The `path` of a rule in one schema: a node-instance-identifier (RFC 8341 §3.3, typedef). Keys may be left out list by
 * list, where an instance-identifier has all or none.
 */
import { isCoded } from "../../base/index.ts";
import { equalLeaves, type LeafValue, type NodePath, parseNodePath, type Schema } from "../../yang/index.ts";

export interface RulePath extends NodePath {
  /** Some entry is named. */
  readonly named: boolean;
}

/** Undefined when the schema has no such node, or the keys are none of its. */
export function rulePath(path: string, schema: Schema): RulePath | undefined {
  try {
    const parsed = parseNodePath(path, schema);
    return { ...parsed, named: parsed.keys.some((own) => own !== undefined) };
  } catch (error) {
    if (isCoded(error)) return undefined;
    throw error;
  }
}

/**
 * Do the keys of an instance, from the outermost list inwards, lie in what the path names? Undefined: the instance
 * leaves open what the path says. `lists`: number of keys of each list on the way to the instance.
 */
export function matchKeys(
  path: RulePath["keys"],
  keys: readonly LeafValue[],
  lists: readonly number[],
): boolean | undefined {
  let at = 0;
  let open = false;
  for (const [index, count] of lists.entries()) {
    const wanted = path[index];
    const start = at;
    at += count;
    if (wanted === undefined) continue;
    if (keys.length < at) open = true;
    else if (!equalLeaves(wanted, keys.slice(start, at))) return false;
  }
  return open ? undefined : true;
}
