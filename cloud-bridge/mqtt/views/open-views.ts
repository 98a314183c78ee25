/**
 * docs/mqtt.md, "Views" — those that are switched on, put together. This file is loaded only when there is one: a site without
 * views pays nothing for them.
 */
import {
  type Clock,
  type Closable,
  isHeard,
  type Logger,
  type NodeId,
  type Random,
} from "../../../gateway/base/index.ts";
import type { SiteInfo, StateStore } from "../../../gateway/store/ports.ts";
import type { BrokerAddress, Dial } from "../link/connection.ts";
import type { Message } from "../outbox/message.ts";
import { checkTopicPart } from "../outbox/topics.ts";
import type { TreesOf } from "../render/trees.ts";
import type { NodeView } from "../render/view.ts";
import type { LogLevel } from "./log-lines.ts";
import type { LiveView, RenderedView } from "./view.ts";

export interface ViewSettings {
  readonly views?: ReadonlyArray<"home-assistant" | "sparkplug" | "raw"> | undefined;
  readonly homeAssistant?: { readonly prefix: string } | undefined;
  /** Template of the topics under which nodes are told once more; undefined = they are not. */
  readonly alias?: string | undefined;
  readonly sparkplug?: { readonly group: string; readonly primaryHost?: string | undefined } | undefined;
  readonly identity?: "claimed" | "topic" | undefined;
  readonly log?: LogLevel | "off" | undefined;
}

/** What a bridge and its views are made with. */
export interface LinePorts {
  readonly site: SiteInfo;
  readonly state: StateStore;
  readonly trees: TreesOf;
  /** The site's time, which a trial may run faster: what messages say. */
  readonly clock: Clock;
  /** Time as disks and networks know it: delays and patience. */
  readonly realtime: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly dial: Dial;
  readonly broker: BrokerAddress;
}

export interface ViewPorts extends LinePorts {
  /** Name of the site for people. */
  readonly name?: string | undefined;
  /** Version of Sidgate. */
  readonly software: string;
}

/** Nodes as the bridge knows them now. */
export interface NodeSource {
  nodes(): Iterable<NodeView>;
  node(id: NodeId): NodeView | undefined;
}

export interface Views {
  /** As the site's birth names them among its capabilities. */
  readonly names: readonly string[];
  readonly rendered: readonly RenderedView[];
  /** Views with a life of their own: started when the bridge is, closed before it. */
  readonly live: (source: NodeSource) => ReadonlyArray<LiveView & Closable & { start(): void }>;
  /** Begins to tell what is told without being kept. */
  readonly lines: (say: (message: Message) => unknown) => Closable;
}

/** Throws UsageError mqtt.topic for a prefix or a group that cannot stand in a topic, mqtt.alias for an alias. */
export async function openViews(settings: ViewSettings, ports: ViewPorts): Promise<Views> {
  const { views = [], log: least = "off" } = settings;
  const sparkplug = views.includes("sparkplug") ? await sparkplugView(settings, ports) : undefined;
  const lines = least === "off" ? undefined : await logLines(least, ports);
  return {
    names: [
      ...views.map((view) => (view === "home-assistant" ? "ha-discovery" : view)),
      ...(settings.alias === undefined ? [] : ["alias"]),
    ],
    rendered: await renderedViews(settings, ports),
    live: (source) => (sparkplug === undefined ? [] : [sparkplug(source)]),
    lines: (say) => lines?.(say) ?? { close: () => undefined },
  };
}

async function renderedViews(settings: ViewSettings, ports: ViewPorts): Promise<readonly RenderedView[]> {
  const { views = [], homeAssistant = { prefix: "homeassistant" }, identity = "topic", alias } = settings;
  const { site, name, software, trees, log } = ports;
  const rendered: RenderedView[] = [];
  if (views.includes("home-assistant")) {
    const prefix = checkTopicPart("prefix", homeAssistant.prefix);
    const { homeAssistantView } = await import("./home-assistant.ts");
    const options = { site: site.site, process: site.process, prefix, name, software, commands: identity, trees };
    rendered.push(homeAssistantView(options));
  }
  if (alias !== undefined) {
    const { aliasView } = await import("./alias.ts");
    rendered.push(aliasView({ template: alias, context: { site: site.site, epoch: site.epoch, trees }, log }));
  }
  if (views.includes("raw")) {
    const { rawView } = await import("./raw.ts");
    rendered.push(rawView(site.site));
  }
  return rendered;
}

async function sparkplugView({ sparkplug = { group: "sidgate" } }: ViewSettings, ports: ViewPorts) {
  const { site, name, software, trees } = ports;
  const { group, primaryHost } = sparkplug;
  checkTopicPart("group", group);
  if (primaryHost !== undefined) checkTopicPart("group", primaryHost);
  const { Sparkplug } = await import("../sparkplug/sparkplug.ts");
  const { isAlive, metricsOf } = await import("../sparkplug/metrics.ts");
  const properties = { ...(name === undefined ? {} : { Name: name }), Software: `Sidgate ${software}` };
  return (source: NodeSource) =>
    new Sparkplug({
      ...ports,
      group,
      primaryHost,
      site: site.site,
      clientId: `sidgate-${site.site}-${site.process}-spb`,
      properties,
      nodes: function* () {
        for (const { id } of source.nodes()) yield id;
      },
      device: (id) => {
        const node = source.node(id);
        return node === undefined || !isAlive(node) ? undefined : metricsOf(node, trees);
      },
    });
}

async function logLines(least: LogLevel, { site, clock, realtime, log }: ViewPorts) {
  const { tellLogLines } = await import("./log-lines.ts");
  if (!isHeard(log)) return undefined;
  return (say: (message: Message) => unknown) =>
    tellLogLines({ site: site.site, least, clock, realtime, listen: (listener) => log.listen(listener), say });
}
