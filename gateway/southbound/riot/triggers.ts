/**
 * RIOT's `sys/suit` (draft-ietf-suit-manifest-09): a node is told by POST to /suit/trigger where its manifest is, and fetches
 * that and the image by itself. It says nothing of how it went: what can be seen is that it boots from its other slot. So the
 * campaign is told when the trigger was taken, and that the image runs when the slot has changed since.
 */
import {
  type Clock,
  type Closable,
  type Credential,
  explain,
  type Logger,
  type Millis,
  millis,
  minutes,
  type NodeId,
  seconds,
} from "../../base/index.ts";
import type { Answer, Question, Remote, RequestPeer, Requests } from "../../coap/index.ts";
import { type CampaignOffers, type Campaigns, runsThen } from "../../service/campaign/index.ts";
import { type Directory, type Registration, speakerOf } from "../../service/directory/index.ts";
import { houseModels, type Registry } from "../../service/registry/index.ts";
import type { EnvelopeOffer, RiotEnvelopes } from "../../service/trust/index.ts";
import type { Digest, Fact, Ledger } from "../../store/index.ts";
import { RIOT09_LIMITS } from "../../wire/suit/index.ts";
import { isProven, triggerOf } from "./place.ts";

export interface RiotTriggersOptions {
  readonly ledger: Pick<Ledger, "record" | "flush" | "onFact">;
  readonly directory: Directory;
  readonly registry: Registry;
  readonly campaigns: Campaigns;
  readonly offers: Pick<CampaignOffers, "offerFor">;
  readonly envelopes: Pick<RiotEnvelopes, "for">;
  readonly requests: Pick<Requests, "request">;
  readonly credentialOf: (node: NodeId) => Credential | undefined;
  readonly transportTo: (remote: Remote) => number;
  /** URI of this envelope here, as this peer reaches us; undefined = it does not. */
  readonly uriFor: (remote: Remote, offer: EnvelopeOffer) => Promise<string | undefined>;
  /** Of facts and plans. */
  readonly clock: Clock;
  /** Of the requests. */
  readonly network: Clock;
  readonly log: Logger;
}

/** Nodes that are asked at one time. */
const AT_ONCE = 4;
const PATIENCE = seconds(60);
/** So long a node that took a trigger is left to its download: a second trigger would do nothing but wake its radio. */
const BUSY = minutes(10);
const FOLDER = "suit";

interface Tried {
  readonly image: Digest;
  readonly release: string;
  /** That it booted from; undefined = it does not tell. */
  readonly slot: string | undefined;
  readonly at: Millis;
}

export class RiotTriggers implements Closable {
  readonly #options: RiotTriggersOptions;
  readonly #awakeTime: ReturnType<typeof houseModels>["awakeTime"];
  /** The registrations of nodes that can be triggered. */
  readonly #registrations = new Map<NodeId, string>();
  /** When they gave a sign of life last. */
  readonly #heard = new Map<NodeId, Millis>();
  readonly #tried = new Map<NodeId, Tried>();
  readonly #waiting = new Set<NodeId>();
  readonly #asked = new Map<NodeId, Promise<void>>();
  readonly #stop = new AbortController();
  #unlisten: (() => void) | undefined;

  constructor(options: RiotTriggersOptions) {
    this.#options = options;
    this.#awakeTime = houseModels(options.registry.schema).awakeTime;
  }

  /** Takes up what is registered, and listens from then on. */
  open(): void {
    const { ledger, directory, registry, clock } = this.#options;
    this.#unlisten = ledger.onFact((fact) => this.#take(fact));
    for (const id of [...directory.ids()]) {
      const registration = directory.shown(id, clock.now());
      const node = registration && speakerOf(registration, registry);
      if (node === undefined || registration === undefined || triggerOf(registration) === undefined) continue;
      this.#registrations.set(node, registration.id);
      if (this.#listens(node)) this.#due(node);
    }
  }

  async close(): Promise<void> {
    this.#unlisten?.();
    this.#waiting.clear();
    this.#stop.abort();
    await Promise.allSettled(this.#asked.values());
  }

  #take(fact: Fact): void {
    switch (fact.type) {
      case "directory.registered":
      case "directory.renewed":
        if (fact.node !== undefined) this.#registered(fact.node, fact.registration);
        return;
      case "directory.removed":
        for (const [node, registration] of this.#registrations) {
          if (registration === fact.registration) this.#forget(node);
        }
        return;
      case "node.removed":
      case "node.replaced":
        this.#forget(fact.node);
        return;
      case "node.reported":
        this.#awoke(fact.node);
        return;
      case "campaign.joined":
        this.#awakened([fact.node]);
        return;
      case "campaign.group":
        if (fact.to === "open") this.#awakened(this.#registrations.keys());
        return;
      case "campaign.state":
        if (fact.to === "running") this.#awakened(this.#registrations.keys());
        return;
      default:
        return;
    }
  }

  #registered(node: NodeId, id: string): void {
    const registration = this.#options.directory.find(id);
    if (registration !== undefined && triggerOf(registration) !== undefined) {
      this.#registrations.set(node, id);
      this.#awoke(node);
    } else if (this.#registrations.get(node) === id) this.#forget(node);
  }

  #awoke(node: NodeId): void {
    if (!this.#registrations.has(node)) return;
    this.#heard.set(node, this.#options.clock.now());
    this.#due(node);
  }

  #forget(node: NodeId): void {
    this.#registrations.delete(node);
    this.#heard.delete(node);
    this.#tried.delete(node);
    this.#waiting.delete(node);
  }

  /** Those that sleep are told when they wake. */
  #awakened(nodes: Iterable<NodeId>): void {
    for (const node of nodes) if (this.#listens(node)) this.#due(node);
  }

  /** Only a node that says how long it listens is taken to sleep. */
  #awakeUntil(id: NodeId): Millis | undefined {
    const node = this.#options.registry.find(id);
    const awake = node && this.#awakeTime(node.tree);
    const heard = Math.max(node?.reach.lastSeen ?? 0, this.#heard.get(id) ?? 0);
    return awake === undefined ? undefined : millis(heard + awake);
  }

  #listens(node: NodeId): boolean {
    const until = this.#awakeUntil(node);
    return until === undefined || this.#options.clock.now() < until;
  }

  #due(node: NodeId): void {
    if (!this.#registrations.has(node) || this.#wantedBy(node) === undefined) return;
    this.#waiting.add(node);
    this.#next();
  }

  #wantedBy(node: NodeId): { readonly image: Digest; readonly offer: EnvelopeOffer } | undefined {
    const image = this.#options.offers.offerFor(node)?.image;
    const offer = image === undefined ? undefined : this.#options.envelopes.for(image);
    return image === undefined || offer === undefined ? undefined : { image, offer };
  }

  #next(): void {
    for (const node of this.#waiting) {
      if (this.#asked.size >= AT_ONCE) return;
      if (this.#asked.has(node)) continue;
      this.#waiting.delete(node);
      const asked = this.#ask(node)
        // A push that is lost is no failure: the next sign of life brings another one.
        .catch((error: unknown) => this.#options.log.info("riot.not-triggered", { node, reason: explain(error) }))
        .finally(() => {
          this.#asked.delete(node);
          if (!this.#stop.signal.aborted) this.#next();
        });
      this.#asked.set(node, asked);
    }
  }

  async #ask(node: NodeId): Promise<void> {
    const { directory, clock, campaigns, ledger, uriFor, log } = this.#options;
    const registration = directory.find(this.#registrations.get(node) ?? "");
    const remote = registration && triggerOf(registration);
    const wanted = this.#wantedBy(node);
    if (registration === undefined || remote === undefined || wanted === undefined) return;
    const { image, offer } = wanted;
    const before = this.#tried.get(node);
    const tried = before?.image === image ? before : undefined;
    // RIOT leaves the slot only for an image that matched the digest in the release.
    const peer = this.#peerOf(node, registration, remote);
    const slot = await this.#slotOf(peer);
    if (tried?.slot !== undefined && slot !== undefined && slot !== tried.slot) {
      this.#tried.delete(node);
      log.info("riot.slot-changed", { node, image, slot });
      const target = campaigns.ofNode(node);
      if (target === undefined) return;
      await campaigns.advance(node, { type: "reported", report: { running: runsThen(target) } }, ledger);
      return;
    }
    if (tried?.release === offer.release && clock.now() < tried.at + BUSY) return;
    const uri = await uriFor(remote, offer);
    if (uri === undefined || uri.length > RIOT09_LIMITS.uri) {
      log.warn("riot.no-uri", { node, uri: uri ?? "" });
      return;
    }
    const payload = new Uint8Array(Buffer.from(uri));
    const answer = await this.#request(peer, { method: "POST", path: [FOLDER, "trigger"], payload });
    if (!answer.code.startsWith("2.")) {
      log.warn("riot.trigger-refused", { node, code: answer.code });
      return;
    }
    this.#tried.set(node, { image, release: offer.release, slot: tried?.slot ?? slot, at: clock.now() });
    log.info("riot.triggered", { node, release: offer.release, uri });
    await campaigns.advance(node, { type: "offered" }, ledger);
  }

  #peerOf(node: NodeId, registration: Registration, remote: Remote): RequestPeer {
    const { credentialOf, transportTo, clock, network } = this.#options;
    const credential = isProven(registration) ? credentialOf(node) : undefined;
    const until = this.#awakeUntil(node);
    const awakeUntil = until === undefined ? undefined : millis(network.now() + (until - clock.now()));
    const transport = transportTo(remote);
    return { remote, transport, ...(credential && { credential }), ...(awakeUntil && { awakeUntil }) };
  }

  #request(peer: RequestPeer, question: Question): Promise<Answer> {
    const { requests, network } = this.#options;
    const deadline = millis(network.now() + PATIENCE);
    return requests.request(peer, question, { deadline, signal: this.#stop.signal });
  }

  /** "0" or "1"; undefined from a node that was built without it. */
  async #slotOf(peer: RequestPeer): Promise<string | undefined> {
    const answer = await this.#request(peer, { method: "GET", path: [FOLDER, "slot", "active"] });
    const slot = Buffer.from(answer.payload).toString("latin1");
    return answer.code === "2.05" && /^\d$/.test(slot) ? slot : undefined;
  }
}
