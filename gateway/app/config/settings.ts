/**
 * Every setting of the gateway: key, kind, default, meaning. The type `Config`, the reader, `sidgate config show` and
 * docs/configuration.md all follow from this table.
 */
import type { z } from "zod";
import { SHARED_SUBNETS } from "../../base/index.ts";
import {
  brokerUrl,
  duration,
  hostPort,
  integer,
  listOf,
  oneOf,
  path,
  percent,
  rate,
  rightsLines,
  size,
  someOf,
  subnet,
  subscription,
  text,
  topicAlias,
  topicPart,
  topicPrefix,
  window,
} from "./kinds.ts";
import type { Secret } from "./secret.ts";

export type RawValue = string | number | readonly string[];

export interface Setting<K extends z.ZodType = z.ZodType> {
  readonly kind: K;
  /** As it would be written in YAML; undefined = unset by default. */
  readonly fallback: RawValue | undefined;
  readonly meaning: string;
  /** Is never shown, and may be a reference `file:PATH` or `env:NAME`. */
  readonly secret: boolean;
}

type Defaulted<K extends z.ZodType> = Setting<K> & { readonly fallback: RawValue; readonly secret: false };
type Optional<K extends z.ZodType> = Setting<K> & { readonly fallback: undefined; readonly secret: false };
type Hidden = Setting<typeof text> & { readonly secret: true };

const setting = <K extends z.ZodType>(kind: K, fallback: RawValue, meaning: string): Defaulted<K> => ({
  kind,
  fallback,
  meaning,
  secret: false,
});
const optional = <K extends z.ZodType>(kind: K, meaning: string): Optional<K> => ({
  kind,
  fallback: undefined,
  meaning,
  secret: false,
});
const secret = (meaning: string): Hidden => ({ kind: text, fallback: undefined, meaning, secret: true });

export const SETTINGS = {
  data: setting(
    path,
    "./data",
    "Folder of the journal, the state, the images and the control socket. One process owns it.",
  ),
  "site.name": optional(text, "Name of the installation, for people. The site's id is made once and never changes."),
  "site.time-zone": optional(
    text,
    "Time zone of the installation, e.g. Europe/Berlin, for maintenance windows that name none; by default that of the machine.",
  ),
  "coap.listen": setting(someOf(hostPort), ["127.0.0.1:5683"], "UDP addresses on which nodes reach the gateway."),
  "coap.multicast": setting(
    listOf(hostPort),
    [],
    "Groups on which discovery is answered, e.g. 224.0.1.187:5683 or [ff02::fd%eth0]:5683.",
  ),
  "coap.lab": setting(
    oneOf("loopback", "on", "off"),
    "loopback",
    "Unprotected CoAP: `loopback` = heard on the loopback addresses of coap.listen alone; `on` = on every address (a closed lab network); `off` = nowhere. Elsewhere only requests under a security context (OSCORE) are answered.",
  ),
  "coap.southbound": setting(
    listOf(subnet),
    [
      "127.0.0.0/8",
      "::1/128",
      "169.254.0.0/16",
      "fe80::/10",
      "10.0.0.0/8",
      "172.16.0.0/12",
      "192.168.0.0/16",
      "fd00::/8",
    ],
    "Address prefixes of the networks where nodes and managers are. Anybody else gets at most three times the bytes that it sent, until it shows where it is by Echo (RFC 9175) or a security context vouches for it.",
  ),
  "coap.airtime.networks": setting(
    oneOf("off", ...SHARED_SUBNETS),
    "ipv6",
    "Whose air is rationed: `named` = behind the border routers of coap.airtime.routers; `ipv6` = also each IPv6 subnet (/64); `all` = also each IPv4 subnet (/24); `off` = nobody's, e.g. where all nodes are on Wi-Fi. Never loopback and link-local addresses.",
  ),
  "coap.airtime.routers": setting(
    listOf(subnet),
    [],
    "One address prefix per border router: what is behind it shares one IEEE 802.15.4 channel.",
  ),
  "coap.airtime.share": setting(
    integer(1, 100),
    75,
    "Percent of such a channel (250 kbit/s) that the gateway's traffic takes. Beyond it, images and large answers get 5.03 with Max-Age.",
  ),
  "coap.airtime.burst": setting(duration, "30s", "How far ahead of its share the gateway may send."),
  "discovery.dns-sd": setting(
    oneOf("auto", "on", "off"),
    "auto",
    "Whether the gateway is announced by multicast DNS: `auto` = on the interfaces on which CoAP listens, but not on loopback; `on` = also on loopback, when CoAP listens nowhere else; `off` = nowhere.",
  ),
  "trust.mode": setting(
    oneOf("require", "lab"),
    "require",
    "`require` = only images with a signature that this gateway trusts; `lab` = unsigned images too, for trying things out.",
  ),
  "trust.node-mac": setting(
    oneOf("never", "when-needed"),
    "never",
    "Whether the gateway may add a MAC of its own to a release that it verified, for a node that says that it believes one (sidgate-suit, `gateway-mac`) and cannot verify any of its signatures.",
  ),
  "security.key-file": optional(
    path,
    "File of the site's key, which seals the secrets of credentials; by default `keys/site.key` in the data folder. Made once; keep it in another backup than the data.",
  ),
  "mqtt.url": optional(brokerUrl, "The broker. Unset = an embedded broker on loopback, which is for trying."),
  "mqtt.username": optional(text, "User name at the broker; by default the site's id."),
  "mqtt.password": secret("Password at the broker."),
  "mqtt.tls.ca": optional(
    path,
    "PEM file of the authorities that may sign the broker's certificate; by default those that Node.js trusts.",
  ),
  "mqtt.tls.cert": optional(path, "PEM file of our client certificate."),
  "mqtt.tls.key": optional(path, "PEM file of the client certificate's private key."),
  "mqtt.rights": setting(
    rightsLines,
    ["*: read, configure, update"],
    "Who may give commands over MQTT, a line per client, e.g. `bms-1: read, configure`; `*` = all others. Rights are read, configure, update, operate, and all (docs/mqtt.md, Commands).",
  ),
  "mqtt.identity": setting(
    oneOf("claimed", "topic"),
    "claimed",
    "How it is known who gives a command: `topic` = only commands below `sidgate/1/SITE/by/CLIENT/` are taken, where the broker's access list says who CLIENT is; `claimed` = others too, as the client that their payload names.",
  ),
  "mqtt.reply-prefixes": setting(
    listOf(topicPrefix),
    [],
    "Where answers may go besides `sidgate/1/SITE/rsp/`, e.g. cloud-app/replies/.",
  ),
  "mqtt.push": setting(
    listOf(subscription),
    [],
    'Subscriptions (RFC 8641) to data of nodes, e.g. `on-change /sidgate-building:room dampening 30s` or `periodic 15m /sidgate-building:room/temperature nodes model == "trv"`.',
  ),
  "mqtt.views": setting(
    listOf(oneOf("home-assistant", "sparkplug", "raw")),
    [],
    "Further forms in which nodes are told: Home Assistant's discovery, Sparkplug B, and data as it came, in YANG-CBOR with SIDs.",
  ),
  "mqtt.home-assistant.prefix": setting(
    topicPart("prefix", "use 1 to 64 of letters, digits, '_', '.', '-' and levels between '/'"),
    "homeassistant",
    "Discovery prefix of Home Assistant.",
  ),
  "mqtt.sparkplug.group": setting(
    topicPart("group", "use 1 to 64 of letters, digits, '_', '.', ':' and '-'"),
    "sidgate",
    "Group of the Sparkplug view; the edge node is the site's id.",
  ),
  "mqtt.sparkplug.primary-host": optional(
    topicPart("group", "use 1 to 64 of letters, digits, '_', '.', ':' and '-'"),
    "Id of the Sparkplug host application that must be online before anything is told in the Sparkplug view.",
  ),
  "mqtt.alias": optional(
    topicAlias,
    "Topic under which state and data of each node are told once more, e.g. `uns/{model}/{endpoint}`; with {site}, {node}, {endpoint}, {name}, {models}, {model} and {hw}.",
  ),
  "mqtt.log": setting(
    oneOf("off", "info", "warn", "error"),
    "off",
    "Least important log lines that are told on `sidgate/1/SITE/log`, at most ten a second.",
  ),
  "mqtt.outbox-bytes": setting(
    size,
    "256MiB",
    "Room for rendered messages: those that wait for the broker, and those that are kept for replay.",
  ),
  "mqtt.replay-days": setting(integer(1, 3650), 7, "How long messages are kept for replay, in days."),
  "mqtt.embedded.port": setting(
    integer(0, 65_535),
    1883,
    "TCP port of the embedded broker on 127.0.0.1; 0 = any free port.",
  ),
  "store.redis": secret(
    "URL of the Redis in which the site is kept, e.g. redis://:PASSWORD@127.0.0.1:6379/0; then `sidgate gateway` and `sidgate bridge` may run apart. Unset = journal and state lie in the data folder.",
  ),
  "store.site": optional(
    topicPart("site", "use 3 to 64 of a-z, 0-9 and '-'"),
    "Which site of that Redis this is, where it holds several; by default the only one, or a new one.",
  ),
  "admin.listen": setting(hostPort, "127.0.0.1:8080", "TCP address of the status page and of the read-only HTTP API."),
  "images.max-bytes": setting(size, "16MiB", "Largest image that is taken in."),
  "images.cache-bytes": setting(size, "64MiB", "Memory for images that are being served."),
  "images.delta": setting(
    oneOf("on", "off"),
    "on",
    "Whether nodes that say that they take patches, compressed images or chained blocks get them; `off` = every image travels as it is.",
  ),
  "images.delta-cache-bytes": setting(
    size,
    "64MiB",
    "Room on the disk for such forms of images, which can be made again.",
  ),
  "upstream.allow-private": setting(
    oneOf("off", "on"),
    "off",
    "`on` = images are also fetched from authors at private and loopback addresses.",
  ),
  "upstream.ca": optional(
    path,
    "PEM file of the authorities that may sign the certificates of https:// authors; by default those that Node.js trusts.",
  ),
  "nodes.wake-interval": setting(
    duration,
    "15m",
    "When a node is expected to wake, as long as it was not told otherwise.",
  ),
  "nodes.silent-after": setting(integer(1, 1000), 3, "Missed wakes after which a node counts as silent."),
  "mailbox.expire-after": setting(
    duration,
    "30d",
    "How long an edit of a node's datastore may wait for the node. After that it goes out no more, and the datastore shows what the node has.",
  ),
  "campaign.stop-at-percent": setting(
    percent,
    15,
    "A campaign stops when this part of its nodes has failed or fallen silent.",
  ),
  "campaign.attempts": setting(
    integer(1, 100),
    1,
    "How often a node may fail with an image before it is offered it no more, and is left out of its campaigns.",
  ),
  "campaign.download-windows": setting(
    listOf(window),
    [],
    "When nodes may begin to fetch images, e.g. Mo-Fr 22:00-05:00, for campaigns that do not say it; by default always.",
  ),
  "campaign.apply-windows": setting(
    listOf(window),
    [],
    "When nodes may install what they fetched, for campaigns that do not say it; by default always.",
  ),
  "journal.keep-bytes": setting(size, "256MiB", "Facts are kept for replay up to this size."),
  "journal.keep-days": setting(integer(1, 3650), 7, "Facts are kept for replay up to this age in days."),
  "models.folders": setting(listOf(path), [], "Folders with further .yang and .sid files."),
  "log.level": setting(
    oneOf("debug", "info", "warn", "error", "silent"),
    "info",
    "Least important log lines that are written.",
  ),
  "clock.synchronised": setting(
    oneOf("auto", "yes", "no"),
    "auto",
    "Is this machine's clock right? `auto` = as its time service (systemd-timesyncd, chrony or another that systemd knows) and the journal say; `yes` = it is set by hand or has a battery; `no` = to try what happens without. While it is not right, nodes are told no time, and nobody is late or expires (docs/clock.md).",
  ),
  "clock.rate": setting(rate, 1, "How many times as fast as real time the gateway's clock runs. For trials only."),
} as const satisfies Record<string, Setting>;

export type SettingKey = keyof typeof SETTINGS;
export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];

type ValueOf<S> = S extends { secret: true }
  ? Secret | undefined
  : S extends Setting<infer K>
    ? z.output<K> | (S["fallback"] extends undefined ? undefined : never)
    : never;
type Camel<S extends string> = S extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;
type Nested<Flat> = {
  readonly [K in keyof Flat & string as K extends `${infer Section}.${string}`
    ? Camel<Section>
    : Camel<K>]: K extends `${infer Section}.${string}`
    ? Nested<{ [L in keyof Flat & string as L extends `${Section}.${infer Rest}` ? Rest : never]: Flat[L] }>
    : Flat[K];
};
type Flat = { readonly [K in SettingKey]: ValueOf<(typeof SETTINGS)[K]> };

/** `images.max-bytes` in YAML is `config.images.maxBytes` here. */
export type Config = Nested<Flat>;

const camel = (word: string): string => word.replace(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());

/** The nested form of checked values, one per key. */
export function nest(values: ReadonlyMap<SettingKey, unknown>): Config {
  const root: Record<string, unknown> = {};
  for (const key of SETTING_KEYS) {
    const words = key.split(".").map(camel);
    let place = root;
    for (const word of words.slice(0, -1)) {
      place[word] ??= {};
      place = place[word] as Record<string, unknown>;
    }
    place[words.at(-1)!] = values.get(key);
  }
  return root as Config;
}
