/**
 * The sessions with all nodes that serve their datastore: begun, moved and ended by what they register, each run by its
 * machine. A few at a time have their turn, so that a site that restarts, or a fleet that is edited, does not fill its air.
 */
import {
  type Closable,
  type Credential,
  explain,
  type Millis,
  millis,
  minutes,
  type NodeId,
  type Random,
  seconds,
  type Timer,
  UsageError,
} from "../../base/index.ts";
import type { Remote } from "../../coap/index.ts";
import { type Directory, type Registration, speakerOf } from "../../service/directory/index.ts";
import { type HouseModels, houseModels, houseNode, type NodeRecord } from "../../service/registry/index.ts";
import type { Fact, Ledger } from "../../store/index.ts";
import type { SchemaNode, Tree } from "../../yang/index.ts";
import { callNode, type NodeCall } from "./calls.ts";
import { deliverEdits, NotNow } from "./delivery.ts";
import { compareLibrary } from "./library.ts";
import { isSamePlace, type Served, servedBy } from "./place.ts";
import { readDatastore } from "./reading.ts";
import type { NodeServer, NodeServices } from "./server.ts";
import { type Errand, resumed, type Session, type SessionEvent, step, type Work } from "./session.ts";
import { Turns } from "./turns.ts";
import { unwatch, type Watched, watch } from "./watching.ts";

export interface NodeSessionsOptions extends Omit<NodeServices, "recorder"> {
  readonly ledger: Pick<Ledger, "record" | "flush" | "onFact">;
  readonly directory: Directory;
  readonly credentialOf: (node: NodeId) => Credential | undefined;
  /** Which of the engine's transports reaches a peer. */
  readonly transportTo: (remote: Remote) => number;
  readonly random: Random;
  /** How often a node is looked at that does not say how often it wakes. */
  readonly wakeInterval: Millis;
}

/** Sessions that have their turn at one time. */
const TURNS = 8;
/** After a start nodes are asked one after the other, so many of them per second. */
const STARTS_PER_SECOND = 4;
/** A node that tells something is read again, but not more often than this. */
const CALM = minutes(1);
/** A look comes up to this share of the interval late, so that those of many nodes drift apart; less than a missed wake is. */
const SPREAD = 0.2;
const CHECK_IN = "/sidgate-node:check-in";

interface Running {
  readonly registration: string;
  readonly server: NodeServer;
  readonly stop: AbortController;
  readonly watched: Watched;
  session: Session;
  timer: Timer | undefined;
  calm: Timer | undefined;
  readAt: Millis | undefined;
  visitedAt: Millis | undefined;
  /** Its modules were held against its module set. */
  compared: boolean;
}

export class NodeSessions implements Closable {
  readonly #options: NodeSessionsOptions;
  readonly #services: NodeServices;
  readonly #models: HouseModels;
  readonly #running = new Map<NodeId, Running>();
  readonly #turns = new Turns(TURNS, (id) => this.#tell(id, { type: "turn", at: this.#options.clock.now() }));
  readonly #errands = new Set<Promise<void>>();
  #stop: (() => void) | undefined;

  constructor(options: NodeSessionsOptions) {
    this.#options = options;
    this.#services = { ...options, recorder: options.ledger };
    this.#models = houseModels(options.registry.schema);
  }

  /** Takes up what is registered, and listens from then on. */
  open(): void {
    const { ledger, directory, registry, clock, random } = this.#options;
    this.#stop = ledger.onFact((fact) => this.#take(fact));
    const now = clock.now();
    for (const id of [...directory.ids()]) {
      const registration = directory.shown(id, now);
      const node = registration && speakerOf(registration, registry);
      if (registration === undefined || node === undefined) continue;
      const spread = seconds((this.#running.size + random.next()) / STARTS_PER_SECOND);
      this.#begin(node, registration, millis(now + spread));
    }
  }

  /** URI of the datastore that this node serves. */
  servedBy(node: NodeId): string | undefined {
    return this.#running.get(node)?.server.served.uri;
  }

  /** Somebody wants to know how it stands: read as soon as it listens. */
  look(node: NodeId): void {
    this.#tell(node, { type: "stirred" });
  }

  /** It serves its datastore, and does not listen now. */
  sleeps(node: NodeId): boolean {
    const session = this.#running.get(node)?.session;
    if (session === undefined || session.state === "gone" || session.awakeUntil === undefined) return false;
    return this.#options.clock.now() >= session.awakeUntil;
  }

  /** What the node does when it is called; undefined when it serves nothing, or the operation is the gateway's. */
  operationOf(
    id: NodeId,
    operation: Pick<SchemaNode, "sid">,
  ): ((call: NodeCall) => Promise<Tree | undefined>) | undefined {
    const running = this.#running.get(id);
    const { registry } = this.#options;
    const node = registry.find(id);
    if (running === undefined || node === undefined) return undefined;
    const schema = registry.schemaOf(node);
    if (houseNode(schema, CHECK_IN).sid === operation.sid) return undefined;
    return async (call) => {
      if (this.sleeps(id)) throw new UsageError("node.unreachable", { node: id, what: "it sleeps" });
      const output = await callNode(running.server, operation, call, schema, this.#services);
      this.#stirred(running);
      return output;
    };
  }

  async close(): Promise<void> {
    this.#stop?.();
    // Without a word: the engine forgets what was observed, and a node that tells more gets a RST (RFC 7641 §3.6).
    for (const running of this.#running.values()) this.#end(running);
    this.#running.clear();
    await Promise.allSettled(this.#errands);
  }

  #take(fact: Fact): void {
    switch (fact.type) {
      case "directory.registered":
      case "directory.renewed":
        if (fact.node !== undefined) this.#registered(fact.node, fact.registration);
        return;
      case "directory.removed":
        for (const [node, { registration }] of this.#running) {
          if (registration === fact.registration) this.#remove(node);
        }
        return;
      case "node.removed":
      case "node.replaced": // another device; what it serves it registers itself
        this.#remove(fact.node);
        return;
      case "node.reported":
        // What waits for it is in the answer to its check-in, and need not come from two sides.
        if (this.#running.has(fact.node) && fact.delivered === undefined) {
          this.#tell(fact.node, { type: "heard", awakeUntil: this.#awakeUntil(fact.node) });
        }
        return;
      case "credential.added":
        if (fact.node !== undefined && this.#running.has(fact.node)) {
          this.#tell(fact.node, { type: "heard", awakeUntil: this.#awakeUntil(fact.node) });
        }
        return;
      case "datastore.edited":
        if (fact.root !== "gateway" && fact.revision !== undefined) this.#tell(fact.root, { type: "edited" });
        return;
      case "node.models":
        this.#forgetTag(fact.node);
        this.#tell(fact.node, { type: "stirred" });
        return;
      default:
        return;
    }
  }

  #registered(node: NodeId, id: string): void {
    const { directory } = this.#options;
    const registration = directory.find(id);
    const served = registration && this.#servedIn(node, registration);
    const running = this.#running.get(node);
    if (registration === undefined || served === undefined) {
      if (running?.registration === id) this.#remove(node);
      return;
    }
    const isSame = running?.registration === id && isSamePlace(running.server.served, served);
    if (!isSame) {
      this.#remove(node);
      this.#begin(node, registration, this.#options.clock.now());
    }
    this.#tell(node, { type: "registered", awakeUntil: this.#awakeUntil(node), anew: !isSame });
  }

  #servedIn(node: NodeId, registration: Registration): Served | undefined {
    return servedBy(registration, this.#options.credentialOf(node) !== undefined);
  }

  #begin(id: NodeId, registration: Registration, first: Millis): void {
    const { registry, mailbox, transportTo, credentialOf, log } = this.#options;
    const served = this.#servedIn(id, registration);
    if (served === undefined) return;
    const stop = new AbortController();
    const server: NodeServer = {
      id,
      served,
      transport: transportTo(served.remote),
      credential: () => credentialOf(id),
      awakeUntil: () => {
        const session = this.#running.get(id)?.session;
        return session === undefined || session.state === "gone" ? undefined : session.awakeUntil;
      },
      signal: stop.signal,
      etag: undefined,
      told: new Set(),
    };
    const running: Running = {
      registration: registration.id,
      server,
      stop,
      watched: {},
      session: resumed(first, mailbox.pending(id) > 0, this.#awakeUntil(id, registry.find(id)?.reach.lastSeen)),
      timer: undefined,
      calm: undefined,
      readAt: undefined,
      visitedAt: undefined,
      compared: false,
    };
    this.#running.set(id, running);
    log.info("node.serves", { node: id, uri: served.uri });
    this.#setTimer(running);
  }

  #remove(node: NodeId): void {
    const running = this.#running.get(node);
    if (running === undefined) return;
    this.#end(running);
    this.#running.delete(node);
    this.#keep(unwatch(running.watched));
  }

  #end(running: Running): void {
    this.#move(running, { type: "removed" });
    running.calm?.cancel();
    running.stop.abort();
  }

  #tell(node: NodeId, event: SessionEvent): void {
    const running = this.#running.get(node);
    if (running !== undefined) this.#move(running, event);
  }

  #move(running: Running, event: SessionEvent): void {
    const before = running.session;
    const after = step(before, event);
    if (after === before) return;
    running.session = after;
    this.#turns.set(running.server.id, after.state === "due");
    this.#setTimer(running);
    if (before.state === "busy" && after.state !== "busy") this.#turns.over();
    if (before.state !== "busy" && after.state === "busy") {
      this.#turns.taken();
      this.#keep(this.#run(running, after.errand));
    }
    this.#turns.give();
  }

  #setTimer(running: Running): void {
    const { clock } = this.#options;
    running.timer?.cancel();
    const { session } = running;
    running.timer = undefined;
    if (session.state !== "current" && session.state !== "unreachable") return;
    running.timer = clock.after(millis(Math.max(0, session.until - clock.now())), () =>
      this.#move(running, { type: "time", at: clock.now(), watch: isWatchable(running) }),
    );
  }

  async #run(running: Running, errand: Errand): Promise<void> {
    const { clock, random, log } = this.#options;
    const { id } = running.server;
    try {
      const left = await this.#errand(running, errand);
      this.#move(running, { type: "done", next: this.#nextLook(running), left });
    } catch (error) {
      if (running.stop.signal.aborted) return;
      log.info("node.errand-failed", { node: id, errand: errand.do, reason: explain(error) });
      const after = error instanceof NotNow ? error.after : undefined;
      this.#move(running, { type: "failed", at: clock.now(), draw: random.next(), after });
    }
  }

  async #errand(running: Running, errand: Errand): Promise<Partial<Work>> {
    const { server, watched } = running;
    switch (errand.do) {
      case "edit":
        return deliverEdits(server, errand.singly, this.#services);
      case "read":
        running.readAt = this.#options.clock.now();
        if (errand.visit) running.visitedAt = running.readAt;
        return this.#read(running, errand.visit);
      case "watch":
        await watch(
          server,
          watched,
          {
            stirred: () => this.#stirred(running),
            ended: () => this.#move(running, { type: "unwatched" }),
            failed: (error) => this.#notTaken(running, error),
          },
          this.#services,
        );
        return {};
    }
  }

  async #read(running: Running, visit: boolean): Promise<Partial<Work>> {
    const left = await readDatastore(running.server, visit, this.#services);
    if (!running.compared) {
      running.compared = true; // once, also when it does not answer that
      await compareLibrary(running.server, this.#services);
    }
    return left;
  }

  /** Something happened at the node. Where its datastore is observed it says itself what became of that. */
  #stirred(running: Running): void {
    const { clock } = this.#options;
    if (running.watched.datastore !== undefined || running.calm !== undefined || running.session.state === "gone")
      return;
    const wait = Math.max(0, (running.readAt ?? 0) + CALM - clock.now());
    running.calm = clock.after(millis(wait), () => {
      running.calm = undefined;
      this.#move(running, { type: "stirred" });
    });
  }

  #notTaken({ server: { id } }: Running, error: unknown): void {
    this.#options.log.warn("node.notification-failed", { node: id, reason: explain(error) });
  }

  /** A node is looked at when it should give a sign of life, counted from the last look of that kind. */
  #nextLook({ server: { id }, visitedAt }: Running): Millis {
    const { registry, clock, random, wakeInterval } = this.#options;
    const interval = registry.find(id)?.reach.interval ?? wakeInterval;
    return millis((visitedAt ?? clock.now()) + interval * (1 + SPREAD * random.next()));
  }

  /** Only a node that says how long it listens is taken to sleep. */
  #awakeUntil(id: NodeId, heard: Millis = this.#options.clock.now()): Millis | undefined {
    const node: NodeRecord | undefined = this.#options.registry.find(id);
    const awake = node && this.#models.awakeTime(node.tree);
    return awake === undefined ? undefined : millis(heard + awake);
  }

  #forgetTag(id: NodeId): void {
    const running = this.#running.get(id);
    if (running === undefined) return;
    running.server.etag = undefined;
    running.compared = false;
  }

  /** Errands end by themselves or with the session; whoever closes waits for them. */
  #keep(errand: Promise<void>): void {
    const kept = errand
      .catch((error: unknown) => this.#options.log.error("node.errand-broken", { reason: explain(error) }))
      .finally(() => this.#errands.delete(kept));
    this.#errands.add(kept);
  }
}

/** It can be watched, and is not. */
const isWatchable = ({ watched, server: { served } }: Running): boolean =>
  (served.stream !== undefined && watched.stream === undefined) ||
  (served.observable && watched.datastore === undefined);
