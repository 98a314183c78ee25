/** Subscriptions on a journal in memory and a clock that can be set: reports go in, messages come out, and it may be killed anywhere. */

import type { Message } from "../../cloud-bridge/mqtt/outbox/message.ts";
import { ViewStore } from "../../cloud-bridge/mqtt/outbox/view-store.ts";
import { render } from "../../cloud-bridge/mqtt/render/render.ts";
import { treesFrom } from "../../cloud-bridge/mqtt/render/trees.ts";
import { keysOf } from "../../cloud-bridge/mqtt/render/view.ts";
import { type Clock, type Millis, millis, type NodeId, SILENT } from "../../gateway/base/index.ts";
import {
  Publisher,
  type PublisherParts,
  Pushes,
  type Subscription,
  Targets,
} from "../../gateway/service/push/index.ts";
import { Registry } from "../../gateway/service/registry/index.ts";
import { type Fact, type FactBodies, Ledger, memoryJournal, memoryState } from "../../gateway/store/index.ts";
import {
  encodeIdentifiers,
  encodeInstances,
  encodeTree,
  fixedSchema,
  fromJson,
  type JsonObject,
  parsePath,
  type Schema,
  type SchemaSource,
  subtreeAt,
  toJson,
  valueFromJson,
} from "../../gateway/yang/index.ts";
import { nodeId, SITE, START } from "./bridge-site.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface PushSiteOptions {
  readonly subscriptions: readonly Subscription[];
  readonly schema: Schema;
  /** Without them `schema` is the only set. */
  readonly schemas?: SchemaSource;
  readonly chosen?: PublisherParts["chosen"];
}

/** What one process has. */
interface Running {
  readonly registry: Registry;
  readonly pushes: Pushes;
  readonly ledger: Ledger;
  readonly publisher: Publisher;
  /** A killed process hears no timer. */
  readonly life: { alive: boolean };
}

export class PushSite {
  readonly #options: PushSiteOptions;
  readonly #time = new VirtualClock(START);
  #offset = 0;
  /** The site's time: it jumps only with a fact that says so. */
  readonly clock: Pick<Clock, "now"> = { now: () => millis(this.#time.now() + this.#offset) };
  #journal = memoryJournal();
  #state = memoryState();
  #running: Running;
  #reports = 0;

  private constructor(options: PushSiteOptions, running: (site: PushSite) => Running) {
    this.#options = options;
    this.#running = running(this);
  }

  static async open(options: PushSiteOptions): Promise<PushSite> {
    const site = new PushSite(options, () => undefined as unknown as Running);
    site.#running = await site.#start();
    await site.settled();
    return site;
  }

  get registry(): Registry {
    return this.#running.registry;
  }
  get pushes(): Pushes {
    return this.#running.pushes;
  }

  async #start(): Promise<Running> {
    const { subscriptions, schemas = fixedSchema(this.#options.schema), chosen = () => true } = this.#options;
    const life = { alive: true };
    const clock: Clock = {
      now: () => this.clock.now(),
      after: (delay, run) => this.#time.after(delay, () => (life.alive ? run() : undefined)),
    };
    const registry = new Registry({ schemas, wakeInterval: millis(900_000), log: SILENT });
    const pushes = new Pushes({ subscriptions, schemaOf: (node) => schemas.of(registry.setOf(node)) });
    const projections = [registry, pushes];
    const ledger = await Ledger.open({ journal: this.#journal, state: this.#state, projections, clock, log: SILENT });
    const publisher = Publisher.start({ pushes, registry, ledger, clock, chosen, log: SILENT });
    return { registry, pushes, ledger, publisher, life };
  }

  /** The schema of the default set is another one. */
  async exchanged(before: Schema): Promise<void> {
    this.registry.exchanged(undefined, before);
    this.#running.publisher.exchanged(undefined);
    await this.settled();
  }

  async settled(): Promise<void> {
    await this.#running.publisher.settled();
    await this.#journal.flush();
  }

  /** Time goes by, one timer after the other. */
  async advance(duration: Millis): Promise<void> {
    await this.#time.advance(duration);
    await this.settled();
  }

  /** The process is killed, and another one starts. `facts`: so many survived; `checkpoint`: the state was written before. */
  async restart({ facts, checkpoint = false }: { facts?: number; checkpoint?: boolean } = {}): Promise<void> {
    await this.#running.publisher.close();
    this.#running.life.alive = false;
    if (checkpoint && facts === undefined) await this.#running.ledger.checkpoint();
    if (facts !== undefined) {
      const kept = (await this.facts()).slice(0, facts);
      this.#journal = memoryJournal();
      this.#state = memoryState();
      await Promise.all(kept.map(({ seq: _seq, ...fact }) => this.#journal.append(fact as never).durable));
    }
    this.#running = await this.#start();
    await this.settled();
  }

  /** Another configuration, and a start with it. */
  async reconfigure(subscriptions: readonly Subscription[]): Promise<void> {
    await this.#running.publisher.close();
    this.#running.life.alive = false;
    await this.#running.ledger.checkpoint();
    Object.assign(this.#options, { subscriptions });
    this.#running = await this.#start();
    await this.settled();
  }

  async record<T extends Fact["type"]>(type: T, body: FactBodies[T]): Promise<void> {
    await this.#running.ledger.record(type, body);
    await this.settled();
  }

  join(n: number): Promise<void> {
    return this.record("node.joined", { node: nodeId(n), endpoint: `trv-${n}`, name: `Room ${n}`, actor: "test" });
  }

  remove(n: number): Promise<void> {
    return this.record("node.removed", { node: nodeId(n), actor: "test" });
  }

  replace(n: number): Promise<void> {
    return this.record("node.replaced", { node: nodeId(n), endpoint: `new-${n}`, former: `trv-${n}`, actor: "test" });
  }

  bytes(json: JsonObject): Uint8Array {
    const schema = this.#schemaOf(nodeId(1));
    return new Uint8Array(encodeTree(fromJson(json, schema), schema, "any"));
  }

  /** `samples`: seconds ago, and what was so then. */
  async report(
    n: number,
    json?: JsonObject,
    samples: ReadonlyArray<readonly [number, JsonObject]> = [],
  ): Promise<void> {
    this.#reports += 1;
    const at = this.clock.now();
    await this.record("node.reported", {
      node: nodeId(n),
      report: this.#reports,
      request: this.#reports,
      reply: new Uint8Array(),
      state: "asleep",
      ...(json === undefined ? {} : { data: this.bytes(json) }),
      ...(samples.length === 0
        ? {}
        : { samples: samples.map(([ago, then]) => ({ at: millis(at - ago * 1000), data: this.bytes(then) })) }),
    });
  }

  /** What the gateway read: news, and paths of what went. */
  read(n: number, json: JsonObject | undefined, gone: readonly string[] = []): Promise<void> {
    const schema = this.#schemaOf(nodeId(n));
    const ids = gone.map((path) => parsePath(path, schema));
    return this.record("node.read", {
      node: nodeId(n),
      ...(json === undefined ? {} : { data: this.bytes(json) }),
      ...(ids.length === 0 ? {} : { gone: new Uint8Array(encodeIdentifiers(ids, schema, "any")) }),
    });
  }

  /** A manager's edit; without `json` it deletes. */
  edit(n: number, path: string, json?: JsonObject[string]): Promise<void> {
    const schema = this.#schemaOf(nodeId(n));
    const id = parsePath(path, schema);
    const value = json === undefined ? undefined : valueFromJson(json, id.sid, schema);
    const patch = new Uint8Array(encodeInstances([{ id, value }], schema, "any"));
    return this.record("datastore.edited", { root: nodeId(n), patch, actor: "test" });
  }

  /** The clock was wrong since then, and is put right by so much. */
  async setClock(step: Millis, since: Millis): Promise<void> {
    this.#offset += step;
    await this.record("clock.state", { synchronised: true, why: "told", step, since });
  }

  facts(): Promise<readonly Fact[]> {
    return this.#journal.read(1, Number.MAX_SAFE_INTEGER);
  }

  /** All that was ever told, rendered anew from the journal. */
  async messages(epoch = SITE.epoch): Promise<ReadonlyArray<Message & { readonly fact: Fact }>> {
    const schemas = this.#options.schemas ?? fixedSchema(this.#options.schema);
    const trees = treesFrom(schemas);
    const view = await ViewStore.load(memoryState(), trees);
    return (await this.facts()).flatMap((fact) => {
      const keys = keysOf(fact);
      const { slice, messages } = render(view.slice(keys), fact, { site: SITE.site, epoch, trees });
      view.put(keys, slice);
      return messages.filter(({ kind }) => kind === "nodePush").map((message) => ({ ...message, fact }));
    });
  }

  /** What a subscription should have told of a node by now. */
  subtree(n: number, number: number): JsonObject {
    const node = this.registry.find(nodeId(n));
    const schema = this.#schemaOf(nodeId(n));
    const target = new Targets(this.#options.subscriptions).in(schema, number);
    return node === undefined || target === undefined ? {} : toJson(subtreeAt(node.tree, target), schema);
  }

  async close(): Promise<void> {
    await this.#running.publisher.close();
  }

  #schemaOf(node: NodeId): Schema {
    const { schemas = fixedSchema(this.#options.schema) } = this.#options;
    return schemas.of(this.#running.registry.setOf(node));
  }
}
