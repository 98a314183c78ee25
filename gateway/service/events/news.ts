/**
 * What a fact is to those who watch the site: the part of it that a notification tells. What no notification tells
 * (patches, the way back) is left out, so that what is kept stays small.
 */
import type { NodeId } from "../../base/index.ts";
import type { EditState, Fact } from "../../store/index.ts";
import type { Box } from "../mailbox/index.ts";

/** Facts that are told as they are. */
const TOLD_WHOLE = [
  "node.joined",
  "node.removed",
  "node.replaced",
  "node.reachability",
  "ota.phase",
  "edit.trial",
  "models.changed",
  "clock.state",
] as const;
type Whole = Extract<Fact, { type: (typeof TOLD_WHOLE)[number] }>;

/** Edits of one node came to be in a state. */
export interface EditNews {
  readonly seq: number;
  readonly at: Fact["at"];
  readonly type: "edit.state";
  readonly node: NodeId;
  readonly to: EditState;
  readonly edits: ReadonlyArray<{ readonly revision: number; readonly path: string }>;
  readonly reason?: string;
}

/** A node's SUIT report, without its bytes. */
export type ReleaseNews = Omit<Extract<Fact, { type: "release.reported" }>, "report">;

/** What the site's event stream is made of. */
export type News = Whole | EditNews | ReleaseNews;

const isWhole = (fact: Fact): fact is Whole => TOLD_WHOLE.some((type) => type === fact.type);

/** Nothing for most facts. `boxOf`: what waits for a node, with the fact in it already. */
export function newsOf(fact: Fact, boxOf: (node: NodeId) => Box): readonly News[] {
  switch (fact.type) {
    case "ota.phase":
    case "node.reachability":
      return fact.from === fact.to ? [] : [fact];
    case "edit.state": {
      const { seq, at, type, node, to, edits, reason } = fact;
      return [{ seq, at, type, node, to, edits, ...(reason === undefined ? {} : { reason }) }];
    }
    case "release.reported": {
      const { report: _bytes, ...news } = fact;
      return [news];
    }
    case "datastore.edited":
      return fact.root === "gateway" || fact.revision === undefined ? [] : posted(fact, fact.root, boxOf(fact.root));
    default:
      return isWhole(fact) ? [fact] : [];
  }
}

/** Each instance of an edit has a revision of its own; one that takes back what waits is applied at once. */
function posted(
  { seq, at, revision = 0, parts = [] }: Extract<Fact, { type: "datastore.edited" }>,
  node: NodeId,
  box: Box,
): readonly News[] {
  const first = revision - Math.max(1, parts.length);
  const own = box.edits.filter((edit) => edit.revision > first && edit.revision <= revision);
  return (["waiting", "applied"] as const).flatMap((to) => {
    const edits = own
      .filter(({ status }) => (status.state === "applied") === (to === "applied"))
      .map(({ revision, path }) => ({ revision, path }));
    return edits.length === 0 ? [] : [{ seq, at, type: "edit.state", node, to, edits }];
  });
}
