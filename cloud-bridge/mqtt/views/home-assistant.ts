/**
 * docs/mqtt.md, "Home Assistant" — one retained message per node tells Home Assistant which of our topics make up which
 * entities (home-assistant.io/integrations/mqtt, "Device discovery payload"). It has no readings in it: those stay where
 * they are. It changes when a node gets a name, another software, or a reading that it did not have.
 */
import type { Json, JsonObject } from "../../../gateway/yang/api.ts";
import type { Members } from "../contract/shape.ts";
import { jsonBytes, type Message, removalOf } from "../outbox/message.ts";
import { topicOf } from "../outbox/topics.ts";
import { nodeLeaf } from "../render/node.ts";
import type { TreesOf } from "../render/trees.ts";
import type { NodeView } from "../render/view.ts";
import { groundOf } from "../sweep/ground.ts";
import { type Entity, foreignEntity, isForeign, PRESENCE, READINGS } from "./entities.ts";
import { membersOf, onlineUnless, valueAt } from "./templates.ts";
import type { RenderedView } from "./view.ts";

export interface HomeAssistantOptions {
  readonly site: string;
  /** The bridge's own process: while it is not online nothing is known of any node. */
  readonly process: string;
  readonly prefix: string;
  /** Name of the site for people. */
  readonly name?: string | undefined;
  /** Version of Sidgate. */
  readonly software: string;
  /** Where commands are taken (mqtt.identity): under `by/` the broker says who the client is. */
  readonly commands: "claimed" | "topic";
  readonly trees: TreesOf;
}

/** Counts the changes of this file that a broker's retained messages must follow. */
const REVISION = 1;
/** Home Assistant's name as a giver of commands: `mqtt.rights` has a line for it. */
const CLIENT = "home-assistant";
const ABOUT = "https://sidgate.dev";
/** A node of these states has nothing to say; Home Assistant shows it as not available. */
const SILENT_STATES = ["unknown", "lost"];
/** What an update entity reads of `ota`; a percentage of null ends a progress. */
const UPDATE = ["installed_version", "latest_version", "title", "in_progress", "update_percentage"];

export function homeAssistantView(options: HomeAssistantOptions): RenderedView {
  const { site, process, prefix, name, software, commands, trees } = options;
  const topicFor = (node: NodeView): string => topicOf("homeAssistant", { prefix, site, node: node.id });
  const tell = (node: NodeView, about: About, seq: number): Message => ({
    kind: "homeAssistant",
    topic: topicFor(node),
    seq,
    payload: jsonBytes(nodeDevice(about, node.id, options)),
  });
  // A node as one fact leaves it is what the next one finds.
  const texts = new WeakMap<NodeView, string>();
  const textFor = (node: NodeView, about?: About): string => {
    const text = texts.get(node) ?? textOf(about ?? aboutOf(node, trees));
    texts.set(node, text);
    return text;
  };
  const siteMessage = (): Message => ({
    kind: "homeAssistantSite",
    topic: topicOf("homeAssistantSite", { prefix, site }),
    seq: 0,
    payload: jsonBytes(siteDevice(options)),
  });
  return {
    grounds: [groundOf("homeAssistant", { prefix, site })],
    form: JSON.stringify([REVISION, prefix, process, name, software, commands]),
    whole: (nodes, seq) => [siteMessage(), ...[...nodes].map((node) => tell(node, aboutOf(node, trees), seq))],
    fact: ({ seq }, before, after) => {
      if (after === before) return [];
      if (after === undefined) return before === undefined ? [] : [removalOf("homeAssistant", topicFor(before), seq)];
      const about = aboutOf(after, trees);
      const now = textFor(after, about);
      if (before !== undefined && textFor(before) === now) return [];
      return [tell(after, about, seq)];
    },
  };
}

/** All that a node's discovery depends on. */
interface About {
  readonly name: string;
  readonly model: Json | undefined;
  readonly hardware: Json | undefined;
  readonly version: Json | undefined;
  /** What "Install" asks for: what `ota` tells as the latest version. */
  readonly wanted: JsonObject | undefined;
  readonly entities: readonly Entity[];
}

function aboutOf(node: NodeView, treesOf: TreesOf): About {
  const trees = treesOf(node.set);
  const ours = READINGS.filter(({ path }) => trees.leaf(node.tree, path) !== undefined).map(({ entity }) => entity);
  return {
    name: node.name,
    model: nodeLeaf(node, "model", treesOf),
    hardware: nodeLeaf(node, "hardware", treesOf),
    version: nodeLeaf(node, "version", treesOf),
    wanted: wantedOf(node),
    entities: [...ours, ...trees.leaves(node.tree, isForeign).flatMap((leaf) => foreignEntity(leaf) ?? [])],
  };
}

/** A release by its name; where images need none (lab), the image. */
function wantedOf({ ota }: NodeView): JsonObject | undefined {
  if (ota?.image === undefined) return undefined;
  const { model, version, verified } = ota.image;
  return { [verified === "manifest" ? "release" : "image"]: `${model} ${version}` };
}

/** Entities of the same id are the same. */
const textOf = ({ entities, ...rest }: About): string => JSON.stringify([rest, entities.map(({ id }) => id)]);

const deviceId = (...ids: readonly string[]): string => ["sidgate", ...ids].join("_");

function nodeDevice(about: About, node: string, options: HomeAssistantOptions): Members {
  const { site, process, software, commands } = options;
  const below = `sidgate/1/${site}/n/${node}`;
  const commandsBelow = commands === "topic" ? `sidgate/1/${site}/by/${CLIENT}/n/${node}` : below;
  const device = deviceId(site, node);
  const processOnline = availability(`sidgate/1/${site}/g/${process}/status`, onlineUnless(["offline"], "state"));
  const component = ({ id, platform, topic, says }: Entity): readonly [string, JsonObject] => [
    id,
    {
      p: platform,
      uniq_id: `${device}_${id}`,
      stat_t: `${below}/${topic}`,
      ...says,
      // What is known of a node that keeps silent can be shown still; what it measured cannot.
      ...(topic === "state" ? { avty: [processOnline] } : {}),
    },
  ];
  const there = new Set(about.entities.map(({ id }) => id));
  return {
    dev: {
      ids: [device],
      name: about.name,
      mdl: about.model,
      hw: about.hardware,
      sw: about.version,
      via_device: deviceId(site),
    },
    o: { name: "Sidgate", sw: software, url: ABOUT },
    avty: [processOnline, availability(`${below}/state`, onlineUnless(SILENT_STATES, "state"))],
    avty_mode: "all",
    cmps: Object.fromEntries([
      [
        "firmware",
        {
          p: "update",
          uniq_id: `${device}_firmware`,
          name: "Firmware",
          dev_cla: "firmware",
          stat_t: `${below}/ota`,
          val_tpl: membersOf(UPDATE, ["update_percentage"]),
          l_ver_t: `${below}/ota`,
          l_ver_tpl: "{{ value_json['latest_version'] or '' }}",
          // Without a command there is no button.
          ...(about.wanted === undefined
            ? {}
            : {
                cmd_t: `${commandsBelow}/cmd/install`,
                pl_inst: JSON.stringify({ client: CLIENT, ...about.wanted }),
              }),
          json_attr_t: `${below}/ota`,
          json_attr_tpl: "{{ value_json['detail'] | default({}) | to_json }}",
        },
      ],
      ...[...PRESENCE, ...about.entities].map(component),
      // A component with its platform alone goes: what this node does not (any longer) report.
      ...READINGS.filter(({ entity }) => !there.has(entity.id)).map(({ entity }) => [
        entity.id,
        { p: entity.platform },
      ]),
    ]),
  };
}

const availability = (topic: string, template: string): JsonObject => ({ t: topic, val_tpl: template });

/** The gateway as a device, so that its nodes are shown as reached over it. */
function siteDevice({ site, process, name, software }: HomeAssistantOptions): Members {
  const device = deviceId(site);
  const status = `sidgate/1/${site}/g/${process}/status`;
  const count = (state: string, label: string): readonly [string, JsonObject] => [
    `nodes_${state}`,
    {
      p: "sensor",
      uniq_id: `${device}_nodes_${state}`,
      name: label,
      stat_t: `sidgate/1/${site}/health`,
      val_tpl: valueAt("nodes", state),
      stat_cla: "measurement",
      ent_cat: "diagnostic",
    },
  ];
  return {
    dev: { ids: [device], name: name ?? `Sidgate ${site}`, mf: "Sidgate", mdl: "Gateway", sw: software },
    o: { name: "Sidgate", sw: software, url: ABOUT },
    cmps: Object.fromEntries([
      [
        "online",
        {
          p: "binary_sensor",
          uniq_id: `${device}_online`,
          name: "Online",
          dev_cla: "connectivity",
          ent_cat: "diagnostic",
          stat_t: status,
          val_tpl: "{{ 'ON' if value_json['state'] | default('offline') == 'online' else 'OFF' }}",
        },
      ],
      count("total", "Nodes"),
      count("overdue", "Nodes overdue"),
      count("lost", "Nodes lost"),
    ]),
  };
}
