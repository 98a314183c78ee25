/**
 * A campaign before it is recorded: which image, which nodes and why the others not, in which groups. `campaign.create` records
 * just this, `campaign.preview` shows it.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Clock, type NodeId, shownUri, TrustError, UsageError } from "../../base/index.ts";
import {
  type Campaigns,
  Census,
  draft,
  type SelectionNode,
  type SelectionRules,
  select,
} from "../../service/campaign/index.ts";
import type { Credentials } from "../../service/credentials/index.ts";
import type { ImageInfo, Images, NamedImage } from "../../service/images/index.ts";
import { type HouseModels, houseModels, type Registry } from "../../service/registry/index.ts";
import type { Foresight, ReleaseInfo, Releases, TrustService } from "../../service/trust/index.ts";
import type { CampaignForecast, Digest, FactBodies } from "../../store/index.ts";
import type { FetchState } from "../../upstream/fetch.ts";
import { type CampaignArguments, type CampaignDefaults, contradiction, groupsWished, planWished } from "./arguments.ts";

export type Drafted = Omit<FactBodies["campaign.created"], "actor">;

export interface DraftServices {
  readonly registry: Registry;
  readonly images: Images;
  readonly campaigns: Campaigns;
  readonly clock: Clock;
  readonly trust: Pick<TrustService, "stands">;
  readonly releases: Pick<Releases, "becomes" | "get" | "of">;
  readonly foresight: Pick<Foresight, "obstacle">;
  /** How the fetch of a named image stands, by its URI. */
  readonly fetching: (uri: string) => FetchState;
  readonly defaults: CampaignDefaults;
  /** Of the site, for windows that name none. */
  readonly zone: string;
  /** Who has a security context, for filters. */
  readonly credentials: Pick<Credentials, "isSecured">;
  /** What is to be expected of it, before anything is sent. Without one nothing is said of that. */
  readonly forecaster?: Oracle;
}

export interface Foreseen {
  readonly forecast: CampaignForecast;
}
export interface Oracle {
  of(drafted: Drafted): Promise<Foreseen>;
}

/** What would be, or the first reason why nothing would: then everybody is left out. */
export interface Sketch {
  readonly image: ImageInfo;
  readonly drafted: Drafted;
  readonly refusal: UsageError | undefined;
}

export class CampaignDrafts {
  readonly #services: DraftServices;
  readonly #models: HouseModels;
  readonly #census: Census;

  constructor(services: DraftServices) {
    const { registry, campaigns, credentials } = services;
    this.#services = services;
    this.#models = houseModels(registry.schema);
    this.#census = new Census({ registry, campaigns, isSecured: (node) => credentials.isSecured(node) });
  }

  /** Throws UsageError `image.*`, `release.unknown`, `node.unknown`, `campaign.*`, TrustError `image.untrusted`, `release.withdrawn`. */
  async sketch(args: CampaignArguments): Promise<Sketch> {
    const { campaigns, clock, defaults, zone } = this.#services;
    const image = imageWanted(args, this.#services);
    const plan = planWished(args, { defaults, zone, now: clock.now() });
    const filter = args.filter === undefined ? undefined : this.#census.filter(args.filter);
    const asked = this.#rules(args, image, plan.attempts);
    const nodes = await this.#census.survey(image.digest, filter);
    const obstacles = await this.#obstacles(nodes, asked);
    const rules = { ...asked, forbids: (id: NodeId) => obstacles.get(id) };
    const wish = {
      id: campaigns.nextId(clock.now()),
      name: args.name ?? `${image.model} ${image.version}`,
      rules,
      groups: groupsWished(args, defaults),
      silentAfter: args.silentAfter ?? defaults.silentAfter,
      plan,
    };
    try {
      return { image, drafted: draft(wish, nodes), refusal: undefined };
    } catch (error) {
      if (!(error instanceof UsageError) || error.code !== "campaign.no-targets") throw error;
      const { excluded } = select(nodes, rules);
      const { id, name, silentAfter } = wish;
      const nobody = { campaign: id, name, image: image.digest, targets: [], groups: [], excluded, silentAfter };
      const drafted = { ...nobody, stopAtPct: 100, plan: { ...plan, groups: [] } };
      return { image, drafted, refusal: error };
    }
  }

  #rules(
    { nodes, hardware, minBatteryMv, priority = 0, again = false, reason }: CampaignArguments,
    image: ImageInfo,
    attempts: number,
  ): SelectionRules {
    const { registry, releases } = this.#services;
    return {
      image: { ...image, becomes: releases.becomes(image.digest) },
      only: nodes && new Set(nodes.map((reference) => registry.named(reference).id)),
      hardware: hardware && new Set(hardware),
      minBattery: minBatteryMv,
      priority,
      attempts,
      downgrade: reason !== undefined,
      again,
    };
  }

  /** Why the release would not be carried out, by node; of those that told nothing of SUIT nobody knows. */
  async #obstacles(
    nodes: readonly SelectionNode[],
    { image, only }: SelectionRules,
  ): Promise<ReadonlyMap<NodeId, string>> {
    const { registry, foresight } = this.#services;
    const found = new Map<NodeId, string>();
    let tried = 0;
    for (const { id, model, chosen = true } of nodes) {
      const tree = registry.find(id)?.tree;
      if (tree === undefined || model !== image.model || !chosen || only?.has(id) === false) continue;
      const obstacle = foresight.obstacle(image.digest, this.#models.suit(tree));
      if (obstacle !== undefined) found.set(id, obstacle);
      tried += 1;
      if (tried % TRIED_AT_ONCE === 0) await nextTurn();
    }
    return found;
  }
}

/** Nodes that are tried in one go: others are awake meanwhile. */
const TRIED_AT_ONCE = 16;

/** Named by itself, or as the one that a release names; both, where the release names several. */
export function imageWanted(
  { image, release }: Pick<CampaignArguments, "image" | "release">,
  services: Pick<DraftServices, "images" | "releases" | "trust" | "fetching">,
): ImageInfo {
  if (release === undefined) {
    if (image === undefined) throw contradiction("image", "neither an image nor a release is named");
    return imageNamed(image, services);
  }
  const spoken = image === undefined ? spokenOf(release, services) : undefined;
  if (spoken !== undefined) return imageNamed(spoken, services);
  const named = services.releases.get(release);
  const { id, payloads, withdrawn } = named;
  if (withdrawn !== undefined) {
    throw new TrustError("release.withdrawn", { release: id.slice(0, 8), reason: withdrawn.reason });
  }
  if (image === undefined) return imageNamed(onlyImage(named, services), services);
  const found = imageNamed(image, services);
  if (payloads.some(({ digest }) => digest === found.digest)) return found;
  throw contradiction("image", `release ${id.slice(0, 8)} does not name it`);
}

/** `MODEL VERSION`, as `ota` tells of the latest: an envelope need not say it itself, so it is that of an image of a standing release. */
function spokenOf(name: string, { images, releases }: Pick<DraftServices, "images" | "releases">): Digest | undefined {
  return [...images.list(), ...images.awaited()].find(
    ({ model, version, digest }) => `${model} ${version}` === name && releases.of(digest).length > 0,
  )?.digest;
}

/** Of what a release names only that which is known here is an image: the rest may be for other parts of a node. */
function onlyImage({ id, payloads }: ReleaseInfo, { images }: Pick<DraftServices, "images">): Digest {
  const digests = new Set(payloads.map(({ digest }) => digest));
  const known = [...images.list(), ...images.awaited()].map(({ digest }) => digest).filter((one) => digests.has(one));
  const [first, ...more] = new Set(known);
  if (first === undefined) throw contradiction("release", `no image that release ${id.slice(0, 8)} names is here`);
  if (more.length === 0) return first;
  throw contradiction("release", `it names ${more.length + 1} images that are here: say which, as 'image'`);
}

/** Throws UsageError `image.unknown`, `image.awaited`, TrustError `image.untrusted`. */
function imageNamed(
  reference: string,
  { images, fetching, trust }: Pick<DraftServices, "images" | "trust" | "fetching">,
): ImageInfo {
  const named = images.awaitedBy(reference);
  if (named === undefined) {
    const image = images.get(reference);
    if (trust.stands(image)) return image;
    throw new TrustError("image.untrusted", { image: `${image.model} ${image.version}` });
  }
  throw stillAwaited(named, fetching(named.uri));
}

export const stillAwaited = ({ model, version, uri }: NamedImage, state: FetchState): UsageError =>
  new UsageError("image.awaited", { model, version, uri: shownUri(uri), why: whyAwaited(state) });

function whyAwaited(state: FetchState): string {
  if (state.state === "fetching") return `${state.received} bytes so far`;
  return state.state === "failed"
    ? `it failed ${times(state.failures)}, last because ${state.reason}`
    : "not begun yet";
}

const times = (count: number): string => (count === 1 ? "once" : `${count} times`);
