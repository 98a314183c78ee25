/**
 * docs/mqtt.md, "Views" — topics outside of `sidgate/1/SITE/` need lines of their own in the broker's access list. A message without
 * content below each is published, not retained, and must come back; each on a line of its own, as brokers break it after a refusal.
 */
import { isCoded } from "../../../gateway/base/index.ts";
import type { Refusal } from "../link/connection.ts";
import type { Protocol } from "../link/link-machine.ts";
import { topicOf } from "../outbox/topics.ts";
import { parseAlias } from "../views/alias-template.ts";
import type { ViewSettings } from "../views/open-views.ts";
import { Inbox, within } from "./inbox.ts";
import type { Patience } from "./patience.ts";
import type { ProbeRequest } from "./probe.ts";

export interface ViewTopic {
  /** What switches it on, e.g. `mqtt.views: sparkplug`. */
  readonly setting: string;
  readonly topic: string;
}

export interface ViewFacts extends ViewTopic {
  readonly came: boolean;
  /** What the broker would not have: silence is the other way to refuse. */
  readonly refusal?: Refusal;
}

/** Of a node that there is not. A command to a device of Sparkplug is heard by nobody but its own edge node. */
export function viewTopics(settings: ViewSettings, site: string, tag: string): readonly ViewTopic[] {
  const { views = [], homeAssistant = { prefix: "homeassistant" }, sparkplug = { group: "sidgate" }, alias } = settings;
  const node = `probe-${tag}`;
  const topics: ViewTopic[] = [];
  if (views.includes("home-assistant")) {
    const topic = topicOf("homeAssistant", { prefix: homeAssistant.prefix, site, node });
    topics.push({ setting: "mqtt.views: home-assistant", topic });
  }
  if (views.includes("sparkplug")) {
    topics.push({ setting: "mqtt.views: sparkplug", topic: `spBv1.0/${sparkplug.group}/DCMD/${site}/${node}` });
  }
  if (alias !== undefined) {
    const filled = parseAlias(alias)({ site, node, endpoint: node, name: node, models: node, model: node, hw: node });
    topics.push({ setting: "mqtt.alias", topic: topicOf("aliasState", { alias: filled }) });
  }
  return topics;
}

/** Undefined = the broker took no further line, so it was not tried. */
export async function tryView(
  { broker, tag, open, clock }: ProbeRequest,
  { site, protocol, view }: { readonly site: string; readonly protocol: Protocol; readonly view: ViewTopic },
  { answer }: Patience,
): Promise<ViewFacts | undefined> {
  const { topic } = view;
  const inbox = new Inbox(clock);
  const clientId = `sidgate-${site}-doctor-${tag}-${topic.slice(0, topic.indexOf("/"))}`;
  const request = { broker, protocol, clientId, onMessage: inbox.take.bind(inbox) };
  const line = await open(request).catch((error: unknown) => {
    if (!isCoded(error)) throw error;
  });
  if (line === undefined) return undefined;
  let refusal: Refusal | undefined;
  const ask = (question: Promise<Refusal | undefined>): Promise<void> =>
    within(clock, answer, line.gone, (done) => {
      question.then((said) => {
        refusal ??= said;
        done();
      }, done);
    });
  await ask(line.subscribe(topic));
  await ask(line.publish({ topic, payload: "" }));
  const came = refusal === undefined && (await inbox.wait(topic, line.gone, answer)) !== undefined;
  await within(clock, answer, line.gone, (done) => void line.end().then(done, done));
  line.drop();
  return { ...view, came, ...(refusal === undefined ? {} : { refusal }) };
}
