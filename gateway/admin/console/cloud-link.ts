/** The cloud link: how the line to the MQTT broker is, what waits, and what goes out while somebody looks. */
import { seconds } from "../../base/index.ts";
import type { BrokerStatus, LinkStatus, Status } from "../api/index.ts";
import { formatDuration, formatSize } from "../api/quantities.ts";
import { type Html, html } from "./html.ts";
import { NOTHING } from "./pieces.ts";

/** Is there a line of this process to show? */
export const hasLink = ({ broker }: Status): boolean => broker.link !== undefined;

/** Exchanged all the time. */
export function cloudLink({ broker }: Status): Html {
  const { link } = broker;
  return html`<dl>
<dt>Broker</dt><dd>${where(broker)}</dd>
${link === undefined ? NOTHING : lineRows(link, broker)}
</dl>
<p class="small">For applications: <a href="/api/asyncapi.json">AsyncAPI 3</a>${link === undefined ? NOTHING : html`, <a href="/metrics">metrics</a>`}.</p>`;
}

function where({ kind, url, connected, queued, process }: BrokerStatus): Html {
  if (kind === "none") return html`<span class="chip waiting">none</span> <span class="soft">no bridge runs</span>`;
  const what = kind === "embedded-for-trying" ? "embedded broker, for trying only" : "configured broker";
  const of = process === undefined ? NOTHING : html`, of the process <code>${process}</code>`;
  return html`<code>${url}</code> (${what}) <span class="chip ${connected ? "connected" : "waiting"}">${connected ? "connected" : "not connected"}</span>, ${messages(queued)} waiting${of}`;
}

function lineRows(link: LinkStatus, { kind, connected }: BrokerStatus): Html {
  const { journalDepth, latestDepth, oldestSeconds, outboxBytes, outboxLimit, connections, published } = link;
  const age = journalDepth === 0 ? NOTHING : html`, the oldest for ${formatDuration(seconds(oldestSeconds))}`;
  return html`${connected ? html`<dt>Line</dt><dd>${features(link, kind)}</dd>` : NOTHING}
<dt>Waiting</dt><dd>${messages(journalDepth)} of the stream${age}; ${latestDepth} last ${latestDepth === 1 ? "value" : "values"}</dd>
<dt>Outbox</dt><dd>${formatSize(outboxBytes)} of ${formatSize(outboxLimit)}, with what is kept for replay</dd>
<dt>Since the start</dt><dd>${messages(published)} sent, ${connections} ${connections === 1 ? "connection" : "connections"}</dd>`;
}

const messages = (count: number): string => `${count} ${count === 1 ? "message" : "messages"}`;

/** docs/mqtt.md: what MQTT 5 adds, and what this broker said of itself. */
function features(link: LinkStatus, kind: BrokerStatus["kind"]): Html {
  const { protocol, tls, receiveMaximum, maximumPacketSize, topicAliases } = link;
  const plain = kind === "configured" ? "not encrypted" : "not encrypted, and on this machine only";
  const said = [
    protocol === "5" ? "user properties, message expiry, will delay" : "payloads alone: what MQTT 5 adds is left out",
    ...(receiveMaximum === undefined ? [] : [`${receiveMaximum} messages at a time`]),
    ...(topicAliases === undefined || topicAliases === 0 ? [] : [`${topicAliases} topic aliases`]),
    ...(maximumPacketSize === undefined ? [] : [`packets up to ${formatSize(maximumPacketSize)}`]),
  ];
  return html`MQTT ${protocol ?? ""}, ${tls ?? plain} <span class="soft small">(${said.join("; ")})</span>`;
}

/** Stands still, but for its list: who reads it must not lose his place. */
export function watchSection({ site, broker }: Status): Html {
  const prefix = `sidgate/1/${site}/`;
  const replay = `'{"client":"my-app","from":"1"}'`;
  return html`<section id="watch" aria-labelledby="watch-title"><h2 id="watch-title">Messages as they go out</h2>
<details id="watch-box" hidden><summary>Watch them here</summary>
<p><label>Topics that begin with <input id="watch-prefix" value="${prefix}" autocapitalize="none" autocomplete="off" spellcheck="false"></label></p>
<p id="watch-state" role="status" class="soft small"></p>
<ol id="watch-list" class="sent"></ol>
</details>
<p class="small">The same at the broker:</p>
${copied("watch-command", `mosquitto_sub ${address(broker)} -v -t '${prefix}#'`)}
<p class="small">What an application missed it has sent again, from any number on. This page takes no commands, since nobody can log in; the broker does:</p>
${copied("replay-command", `mosquitto_pub ${address(broker)} -q 1 -t '${prefix}cmd/replay' -m ${replay}`)}
</section>`;
}

const copied = (id: string, command: string): Html =>
  html`<p class="command"><code id="${id}">${command}</code> <button type="button" data-copy="${id}">Copy</button></p>`;

/** As the clients of Mosquitto want it. */
function address({ kind, url, link }: BrokerStatus): string {
  const { protocol, hostname, port } = new URL(url);
  const encrypted = /^(mqtts|ssl|tls|wss):$/.test(protocol);
  const words = ["-h", hostname.replace(/^\[|\]$/g, ""), "-p", port === "" ? (encrypted ? "8883" : "1883") : port];
  if (link?.protocol === "5") words.push("-V", "mqttv5");
  if (encrypted) words.push("--cafile", "CA.crt");
  if (kind === "configured") words.push("-u", "USER", "-P", "PASSWORD");
  return words.join(" ");
}
