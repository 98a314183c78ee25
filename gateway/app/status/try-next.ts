/** Commands that make sense now, as lines that reach this gateway and its broker, whatever is set and wherever they are typed. */
import { resolve } from "node:path";
import type { BrokerStatus, Status } from "../../admin/api/index.ts";
import { type Config, SETTINGS } from "../config/index.ts";

export interface TryNextFacts {
  readonly data: string;
  /** Where nodes reach this gateway, e.g. `coap://127.0.0.1:5683`. */
  readonly addresses: readonly string[];
  readonly nodes: number;
  readonly broker: Pick<BrokerStatus, "kind" | "url">;
  readonly mqtt: Pick<Config["mqtt"], "password" | "username" | "tls">;
  /** Started by npm, from a checkout: the programs are there by its scripts. */
  readonly byNpm: boolean;
}

/** What `sidgate sim` asks where nothing else is said. */
const USUAL_GATEWAY = "coap://127.0.0.1:5683";

export function tryNext({ data, addresses, nodes, broker, mqtt, byNpm }: TryNextFacts): Status["tryNext"] {
  const sidgate = (words: string): string => `${byNpm ? "npm run sidgate --" : "sidgate"} ${words}`;
  const folder = resolve(data);
  const here = folder === resolve(String(SETTINGS.data.fallback)) ? "" : ` --data ${quoted(folder)}`;
  const doors = addresses.map(reachable).filter((address) => address.startsWith("coap://"));
  const at = doors.find((address) => address === USUAL_GATEWAY) ?? doors[0];
  const there = at === undefined || at === USUAL_GATEWAY ? "" : ` --gateway ${quoted(at)}`;
  const listen = subscriber(broker, mqtt);
  return [
    ...(nodes === 0
      ? [
          {
            command: sidgate(`sim --nodes 5${there}${here}`),
            what: "five simulated sleepy nodes against this gateway",
          },
          { command: sidgate(`node add room-1${here}`), what: "expect a node that calls itself room-1" },
        ]
      : [{ command: sidgate(`node list${here}`), what: "the nodes and when they wake next" }]),
    ...(listen === undefined ? [] : [{ command: listen, what: "what cloud apps see" }]),
    {
      command: byNpm ? "npm run demo" : "sidgate try",
      what: "a whole firmware roll-out in half a minute, beside this gateway",
    },
  ];
}

/** What listens everywhere is reached from here by loopback. */
const reachable = (address: string): string =>
  address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");

/** mosquitto_sub speaks no WebSocket; where the broker asks who we are, the reader has a user of his own. */
function subscriber({ kind, url }: TryNextFacts["broker"], { password, username, tls }: TryNextFacts["mqtt"]) {
  const { protocol, hostname, port } = URL.canParse(url) ? new URL(url) : { protocol: "", hostname: "", port: "" };
  if (kind === "none" || /^(wss?:)?$/.test(protocol)) return undefined;
  const encrypted = /^(mqtts|ssl|tls):$/.test(protocol);
  const host = hostname.replace(/^\[|\]$/g, "");
  const place = port === "" ? (encrypted ? "8883" : "1883") : port;
  const signsIn = kind === "configured" && (password ?? username) !== undefined;
  const words = [
    ...(/^(127\.0\.0\.1|localhost)$/.test(host) && !encrypted ? [] : ["-h", quoted(host)]),
    ...(place === "1883" ? [] : ["-p", place]),
    ...(!encrypted ? [] : tls?.ca === undefined ? ["--tls-use-os-certs"] : ["--cafile", quoted(resolve(tls.ca))]),
    ...(tls?.cert === undefined || !encrypted ? [] : ["--cert", "YOUR-CERTIFICATE", "--key", "YOUR-KEY"]),
    ...(signsIn ? ["-u", "YOUR-USER", "-P", "YOUR-PASSWORD"] : []),
  ];
  return ["mosquitto_sub", ...words, "-t 'sidgate/1/#' -v"].join(" ");
}

const quoted = (word: string): string => (/^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
