/**
 * The event streams (draft-ietf-core-comi-21 §3.4): `/s` of the gateway and `/n/{node}/s` of each node, newest first, made
 * from what the service keeps.
 */
import type { Clock, Millis, NodeId } from "../../../base/index.ts";
import type { Events, News, NodeNews } from "../../../service/events/index.ts";
import type { Registry } from "../../../service/registry/index.ts";
import { isCertain, type TimeQuality } from "../../../service/timekeeping/index.ts";
import type { Fact } from "../../../store/index.ts";
import {
  encodeInstances,
  type Instance,
  type InstanceId,
  perSchema,
  type Schema,
  salvageInstances,
} from "../../../yang/index.ts";
import { formOf } from "../body-form.ts";
import { libraryUpdate } from "../library/library.ts";
import { withLibraryModule } from "../library/module.ts";
import { gatewayNotification } from "./gateway-notifications.ts";

/** A notification as it stands in the sequence. */
export interface StreamItem {
  /** Number of the fact behind it. */
  readonly seq: number;
  readonly id: InstanceId;
  readonly bytes: Uint8Array;
}

export interface Stream {
  readonly schema: Schema;
  readonly newestFirst: readonly StreamItem[];
  /** What its observers hang on. */
  readonly topic: string;
}

export interface EventStreamsOptions {
  readonly events: Events;
  readonly registry: Registry;
  readonly clock: Clock;
  /** Whether that clock is right; without it, it is. */
  readonly quality?: TimeQuality;
}

const SITE_TOPIC = "s";
const topicOf = (node: NodeId): string => `n/${node}/s`;

export class EventStreams {
  readonly #options: EventStreamsOptions;
  /** News do not change, so each is written once per schema. */
  readonly #written = perSchema(() => new WeakMap<News, readonly StreamItem[]>());
  /** Of this moment: what happens is told to all who watch in one go. */
  #ofSite: { readonly now: Millis; readonly newest: number; readonly stream: Stream } | undefined;

  constructor(options: EventStreamsOptions) {
    this.#options = options;
  }

  ofSite(): Stream {
    const { events, registry, clock } = this.#options;
    const [now, newest] = [clock.now(), events.newestOfSite];
    const schema = withLibraryModule(registry.schema);
    const known = this.#ofSite;
    if (known?.now === now && known.newest === newest && known.stream.schema === schema) return known.stream;
    const stream: Stream = { schema, newestFirst: this.#writeSite(now, schema), topic: SITE_TOPIC };
    this.#ofSite = { now, newest, stream };
    return stream;
  }

  #writeSite(now: Millis, schema: Schema): readonly StreamItem[] {
    const { events, quality } = this.#options;
    const written = this.#written(schema);
    return events.ofSite(now).flatMap((news) => {
      const known = written.get(news);
      if (known !== undefined) return known;
      const isTimeCertain = isCertain(news.at, quality);
      const instance = gatewayNotification(news, schema, isTimeCertain);
      const items = instance === undefined ? [] : [itemOf(instance, news.seq, schema)];
      if (isTimeCertain) written.set(news, items);
      return items;
    });
  }

  /** Throws UsageError `node.unknown`. */
  ofNode(id: string): Stream {
    const { events, registry, clock } = this.#options;
    const node = registry.get(id);
    const schema = withLibraryModule(registry.schemaOf(node));
    const newestFirst = events
      .ofNode(node.id, node.joined, clock.now())
      .flatMap((news) => instancesOf(news, schema).map((instance) => itemOf(instance, news.seq, schema)));
    return { schema, newestFirst, topic: topicOf(node.id) };
  }

  /** Of the streams that a fact has changed, right after it was folded. */
  topicsOf(fact: Fact): readonly string[] {
    const { events, registry } = this.#options;
    const site = events.newestOfSite === fact.seq ? [SITE_TOPIC] : [];
    switch (fact.type) {
      case "node.notified":
      case "node.models":
      case "node.replaced":
      case "node.removed":
        return [...site, topicOf(fact.node)];
      case "models.changed":
        return [...site, ...[...registry.ids()].filter((id) => registry.setOf(id) === fact.set).map(topicOf)];
      default:
        return site;
    }
  }
}

const itemOf = (instance: Instance, seq: number, schema: Schema): StreamItem => ({
  seq,
  id: instance.id,
  bytes: encodeInstances([instance], schema, formOf(schema)),
});

/** Nothing of what a node said by a module that it has no more. */
const instancesOf = (news: NodeNews, schema: Schema): readonly Instance[] =>
  "checksum" in news ? [libraryUpdate(schema, news.checksum) ?? []].flat() : salvageInstances(news.instance, schema);
