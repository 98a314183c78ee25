/**
 * Who may join a campaign that is under way, and who must leave it (UX-R7, UX-R13): a node that came later, a device that was
 * replaced, one that tells another model than before. The rules are those of its creation, as far as its plan keeps them.
 */
import { isCoded, type NodeId } from "../../base/index.ts";
import type { Digest } from "../../store/index.ts";
import type { NodeRecord, Registry } from "../registry/index.ts";
import type { Campaign } from "./campaign.ts";
import type { Census } from "./census.ts";
import type { Filter } from "./filter/index.ts";
import { exclusion, type SelectionRules } from "./select.ts";

export interface JoiningParts {
  readonly census: Census;
  readonly registry: Pick<Registry, "find" | "schema">;
  /** undefined = it is not here any more. */
  readonly imageOf: (
    digest: Digest,
  ) => { readonly model: string; readonly version: string; readonly size: number } | undefined;
  /** Why the release would fail on the node, as far as that can be known. */
  readonly obstacle?: (image: Digest, node: NodeRecord) => string | undefined;
}

interface Kept {
  readonly schema: unknown;
  readonly filter: Filter;
}

export class Joining {
  readonly #parts: JoiningParts;
  /** By campaign: a filter is read once, and again when the modules change. */
  readonly #filters = new WeakMap<Campaign["plan"], Kept>();

  constructor(parts: JoiningParts) {
    this.#parts = parts;
  }

  mayJoin(campaign: Campaign, node: NodeId): boolean {
    const { census, registry, obstacle } = this.#parts;
    const record = registry.find(node);
    const rules = record && this.#rules(campaign);
    if (record === undefined || rules === undefined) return false;
    const { filter: wanted } = campaign.plan;
    const filter = wanted === undefined ? undefined : this.#filter(campaign.plan, wanted);
    if (wanted !== undefined && filter === undefined) return false;
    const forbids = () => obstacle?.(campaign.image, record);
    return exclusion(census.of(record, campaign.image, filter), { ...rules, forbids }) === undefined;
  }

  /** Why a node that takes part cannot take the image. What may still change, such as its battery, is no reason. */
  strangeTo(campaign: Campaign, node: NodeId): string | undefined {
    const record = this.#parts.registry.find(node);
    const model = this.#parts.imageOf(campaign.image)?.model;
    if (record === undefined || model === undefined) return undefined;
    const told = this.#parts.census.kindOf(record);
    if (told.model !== undefined && told.model !== model) return "other-model";
    const { hardware } = campaign.plan;
    return told.hardware !== undefined && hardware?.includes(told.hardware) === false ? "other-hardware" : undefined;
  }

  #rules({ image, becomes, plan }: Campaign): SelectionRules | undefined {
    const about = this.#parts.imageOf(image);
    if (about === undefined) return undefined;
    const { model, version, size } = about;
    return {
      image: { digest: image, model, version, size, becomes },
      hardware: plan.hardware && new Set(plan.hardware),
      minBattery: plan.minBattery,
      priority: plan.priority ?? 0,
      attempts: plan.attempts,
      downgrade: plan.downgrade !== undefined,
      again: plan.again === true,
    };
  }

  #filter(plan: Campaign["plan"], text: string): Filter | undefined {
    const { census, registry } = this.#parts;
    const { schema } = registry;
    const known = this.#filters.get(plan);
    if (known?.schema === schema) return known.filter;
    const filter = read(census, text);
    if (filter !== undefined) this.#filters.set(plan, { schema, filter });
    return filter;
  }
}

/** undefined = the modules have changed, and it cannot be read any more: then nobody joins. */
function read(census: Census, text: string): Filter | undefined {
  try {
    return census.filter(text);
  } catch (error) {
    if (!isCoded(error)) throw error;
    return undefined;
  }
}
