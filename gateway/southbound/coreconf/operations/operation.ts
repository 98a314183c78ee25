/** What a root does when it is called: rpcs and actions (RFC 7950 §7.14, §7.15), each a row of the root's table. */
import type { LeafValue, Tree } from "../../../yang/index.ts";

export interface Call {
  /** Checked; empty when nothing was given. */
  readonly input: Tree;
  /** Of the list entries around an action, outermost first. */
  readonly keys: readonly LeafValue[];
  readonly actor: string;
}

export interface Operation {
  /** As RFC 9595 names it: `/module:rpc`, `/module:container/list/action`. */
  readonly path: string;
  /** The output. What it throws with a code becomes the answer. */
  run(call: Call): Tree | undefined | Promise<Tree | undefined>;
}
