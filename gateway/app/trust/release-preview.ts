/** What a release would do to each node, before any radio time: what `sidgate release preview` and the API show. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { PreviewRow, ReleasePreview } from "../../admin/api/index.ts";
import { TrustError } from "../../base/index.ts";
import { type HouseModels, houseModels, type NodeRecord, type Registry } from "../../service/registry/index.ts";
import type { Foresight, ReleaseInfo, Releases } from "../../service/trust/index.ts";

export interface PreviewSources {
  readonly registry: Registry;
  readonly releases: Releases;
  readonly foresight: Foresight;
}

/** Nodes that are tried in one go: others are awake meanwhile. */
const TRIED_AT_ONCE = 16;

/**
 * Of all nodes of its model, or of one. Throws UsageError `release.unknown`, `node.unknown`, TrustError `release.withdrawn`.
 */
export async function previewOf(
  reference: string,
  wanted: string | undefined,
  { registry, releases, foresight }: PreviewSources,
): Promise<ReleasePreview> {
  const release = releases.get(reference);
  const { id, sequence, model, version, withdrawn } = release;
  if (withdrawn !== undefined) {
    throw new TrustError("release.withdrawn", { release: id.slice(0, 8), reason: withdrawn.reason });
  }
  const models = houseModels(registry.schema);
  const rows: PreviewRow[] = [];
  let others = 0;
  let tried = 0;
  for (const node of wanted === undefined ? [...registry.nodes()] : [registry.named(wanted)]) {
    if (wanted === undefined && model !== undefined && models.model(node.tree) !== model) others += 1;
    else {
      rows.push(rowOf(node, release, models, foresight));
      tried += 1;
      if (tried % TRIED_AT_ONCE === 0) await nextTurn();
    }
  }
  return {
    release: id,
    sequence,
    ...(model === undefined ? {} : { model }),
    ...(version === undefined ? {} : { version }),
    nodes: rows,
    others,
  };
}

function rowOf(
  { id, name, tree }: NodeRecord,
  release: ReleaseInfo,
  models: HouseModels,
  foresight: Foresight,
): PreviewRow {
  const unknown = (text: string): PreviewRow => ({ node: id, name, verdict: "unknown", text, questions: [] });
  const told = models.suit(tree);
  if (told === undefined) return unknown("it told nothing of a manifest processor");
  const prognosis = foresight.foresee(release, told);
  if (prognosis === undefined) return unknown("this gateway does not read the commands of the release");
  const { verdict, sentence, questions, bytes } = prognosis;
  return {
    node: id,
    name,
    verdict,
    text: sentence,
    questions,
    ...(bytes === undefined ? {} : { bytes: { least: String(bytes.least), most: String(bytes.most) } }),
  };
}
