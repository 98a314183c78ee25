/** Configured subscriptions at work (mqtt.push): which nodes they are to, and what is said of those that cannot be served. */
import { type Clock, isCoded, type Lifecycle, type Logger } from "../../base/index.ts";
import { Census, type Filter } from "../../service/campaign/index.ts";
import { Publisher, type Subscription, Targets } from "../../service/push/index.ts";
import type { NodeRecord } from "../../service/registry/index.ts";
import type { Centre } from "../centre.ts";

type Parts = Pick<Centre, "pushes" | "registry" | "campaigns" | "credentials" | "ledger" | "models">;

export function openPush(
  { pushes, registry, campaigns, credentials, ledger, models }: Parts,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  lifecycle: Lifecycle,
): void {
  const { subscriptions } = pushes;
  if (subscriptions.length === 0) return;
  const census = new Census({ registry, campaigns, isSecured: (node) => credentials.isSecured(node) });
  const choice = new Choice(census, log);
  const targets = new Targets(subscriptions);
  const complain = (): void => {
    const schemas = [undefined, ...models.names()].map((set) => models.of(set));
    for (const [index, { path }] of subscriptions.entries()) {
      if (schemas.some((schema) => targets.in(schema, index + 1) !== undefined)) continue;
      // A module that comes later mends it.
      log.warn("push.path-unknown", {
        subscription: index + 1,
        path,
        reason: targets.obstacle(registry.schema, index + 1),
      });
    }
  };
  complain();
  const publisher = lifecycle.add(
    Publisher.start({
      pushes,
      registry,
      ledger,
      clock,
      log,
      chosen: (subscription, node) => choice.takes(subscription, node),
    }),
  );
  const stops = [
    models.onChange((set) => {
      choice.forget();
      complain();
      publisher.exchanged(set);
    }),
    // A node may be the first one of a set, with leafs that a filter asks for.
    ledger.onFact(({ type }) => (type === "node.models" ? choice.forget() : undefined)),
  ];
  lifecycle.add({
    close: () => {
      for (const stop of stops) stop();
    },
  });
}

/** Filters, read once as long as the modules stay the same. */
class Choice {
  readonly #census: Census;
  readonly #log: Logger;
  readonly #filters = new Map<string, Filter | undefined>();

  constructor(census: Census, log: Logger) {
    this.#census = census;
    this.#log = log;
  }

  forget(): void {
    this.#filters.clear();
  }

  /** What no loaded module has no node has either: nobody is chosen by it. */
  takes({ nodes }: Subscription, record: NodeRecord): boolean {
    if (nodes === undefined) return true;
    if (!this.#filters.has(nodes)) this.#filters.set(nodes, this.#read(nodes));
    return this.#filters.get(nodes)?.matches(this.#census.subject(record)) === true;
  }

  #read(text: string): Filter | undefined {
    try {
      return this.#census.filter(text);
    } catch (error) {
      if (!isCoded(error)) throw error;
      this.#log.warn("push.filter-unreadable", { filter: text, reason: error.message });
      return undefined;
    }
  }
}
