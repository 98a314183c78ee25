/**
 * What a node is told about firmware when it wakes: the campaigns decide whose turn it is; windows, meshes and the clock are
 * joined to them here. A place in a mesh is leased from wake to wake and kept in memory alone: after a restart a mesh may be
 * busier than it should for the length of one wake interval.
 */
import { type Clock, type Millis, millis, minutes, type NodeId } from "../../base/index.ts";
import type { Recorder } from "../../store/index.ts";
import type { Campaign } from "./campaign.ts";
import type { Campaigns } from "./campaigns.ts";
import { ALWAYS_OPEN, type Obstacle, type Offer, Slots, type Turn, turnOf, type WindowState } from "./turn.ts";
import { parseWindow, type Window, windowState } from "./windows.ts";

export interface OffersOptions {
  readonly campaigns: Campaigns;
  /** The site's, which stands still while nobody knows the time. */
  readonly clock: Clock;
  /** Of the site, for windows that name none. */
  readonly zone: string;
  /** Nodes that share the air. */
  readonly meshOf: (node: NodeId) => string;
  /** When the node is expected next. */
  readonly nextWake: (node: NodeId) => Millis;
}

/** A node that is late by so much has lost its place: half of what it sleeps. */
const GRACE = 0.5;
/** A campaign is looked up by its windows' text: as many are kept as campaigns run at a time, and some. */
const KEPT_WINDOWS = 64;
const MINUTE = minutes(1);

/** What windows say holds for the whole minute: asked for each node of a fleet, it is worked out once. */
interface Kept {
  readonly windows: readonly Window[];
  minute: number | undefined;
  state: WindowState;
}

export class CampaignOffers {
  readonly #options: OffersOptions;
  readonly #slots = new Slots();
  readonly #windows = new Map<string, Kept>();

  constructor(options: OffersOptions) {
    this.#options = options;
  }

  /** What it is to be offered now, in this wake. */
  offerFor(node: NodeId): Offer | undefined {
    for (const campaign of this.#options.campaigns.allOf(node)) {
      const turn = this.#turn(campaign, node, undefined);
      if ("offer" in turn) return turn.offer;
      // What it is at it does first: another image would throw it away.
      if (turn.obstacle.because === "busy") return undefined;
    }
    return undefined;
  }

  /** Why nothing is offered to it by this campaign; undefined = something is. */
  obstacleFor(campaign: Campaign, node: NodeId): Obstacle | undefined {
    const before = this.#options.campaigns.allOf(node).find((other) => {
      if (other.id === campaign.id) return true;
      const turn = this.#turn(other, node, undefined);
      return "offer" in turn || turn.obstacle.because === "busy";
    });
    const turn = this.#turn(campaign, node, before === undefined || before.id === campaign.id ? undefined : before.id);
    return "obstacle" in turn ? turn.obstacle : undefined;
  }

  /** The answer to its wake has the offer in it: it holds a place until its next wake is over. */
  offered({ campaign }: Offer, node: NodeId, recorder: Recorder, encoded = false): Promise<void> | undefined {
    this.#lease(node);
    return this.#options.campaigns.offered(campaign, node, recorder, encoded);
  }

  /** It woke: whoever still works keeps its place, whoever has ended gives it back. */
  woke(node: NodeId): void {
    if (this.#options.campaigns.allOf(node).some(({ nodes }) => isAtWork(nodes.get(node)?.phase))) this.#lease(node);
    else this.#slots.give(node);
  }

  #lease(node: NodeId): void {
    const { clock, meshOf, nextWake } = this.#options;
    const now = clock.now();
    const sleep = Math.max(0, nextWake(node) - now);
    this.#slots.take(meshOf(node), node, { from: now, until: millis(now + sleep * (1 + GRACE)) });
  }

  #turn(campaign: Campaign, node: NodeId, before: string | undefined): Turn {
    const progress = campaign.nodes.get(node);
    if (progress === undefined) return { obstacle: { because: "ended" } };
    const { plan } = campaign;
    const now = this.#options.clock.now();
    return turnOf(campaign, progress, {
      before,
      late: plan.deadline !== undefined && now >= plan.deadline,
      download: this.#state(plan.download, now),
      apply: this.#state(plan.apply, now),
      slot: this.#slots.isFree(this.#options.meshOf(node), node, plan.concurrency, now),
    });
  }

  #state(texts: readonly string[] | undefined, now: Millis): WindowState {
    if (texts === undefined) return ALWAYS_OPEN;
    const kept = this.#kept(texts);
    const minute = Math.floor(now / MINUTE);
    if (kept.minute !== minute) Object.assign(kept, { minute, state: windowState(kept.windows, now) });
    return kept.state;
  }

  #kept(texts: readonly string[]): Kept {
    const key = texts.join("\n");
    const known = this.#windows.get(key);
    if (known !== undefined) return known;
    const windows = texts.map((text) => parseWindow(text, this.#options.zone));
    if (this.#windows.size >= KEPT_WINDOWS) this.#windows.clear();
    const kept: Kept = { windows, minute: undefined, state: ALWAYS_OPEN };
    this.#windows.set(key, kept);
    return kept;
  }
}

/** Between the offer and the end of the download: then the air is free again. */
const isAtWork = (phase: string | undefined): boolean => phase === "offered" || phase === "downloading";
