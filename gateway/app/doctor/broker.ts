/** docs/mqtt.md, "The broker" — what the probe saw of it, in sentences. */
import {
  type BrokerFacts,
  type BrokerLimits,
  LARGE,
  type TopicFacts,
  type ViewFacts,
} from "../../../cloud-bridge/app/index.ts";
import { days, type Millis, rfc3339, StoreError, UsageError } from "../../base/index.ts";
import { type Finding, note, right, wrong } from "./finding.ts";

export interface BrokerView {
  /** No broker is configured. */
  readonly embedded: boolean;
  readonly encrypted: boolean;
  /** Others on the network can read the line. */
  readonly exposed: boolean;
  /** As whom the probe signed in; undefined = the site has no id yet. */
  readonly username: string | undefined;
  readonly now: Millis;
}

/** A certificate that ends sooner is worth a call. */
const SOON = days(30);
/** As many messages as a bridge has on their way while nothing has piled up. */
const USUAL_WINDOW = 20;

export function brokerFindings(facts: BrokerFacts, view: BrokerView): readonly Finding[] {
  const { url, reached, name, failure, topics, views = [] } = facts;
  const called = name === undefined ? "" : `, and calls itself ${name}`;
  return [
    ...(view.embedded ? [wrong(new UsageError("doctor.no-broker", { url }))] : []),
    ...(reached ? [right(`The broker at ${url} answers${called}.`)] : []),
    ...lineFindings(facts, view),
    ...signInFindings(facts, view),
    ...(facts.limits === undefined ? [] : limitFindings(facts.limits)),
    ...(topics === undefined ? [] : topicFindings(facts, topics)),
    ...views.map(viewFinding),
    ...(failure === undefined ? [] : [wrong(failure)]),
    ...(topics === undefined || view.embedded ? [] : [note(UNSEEN)]),
  ];
}

const UNSEEN =
  "Whether the broker saves what it acknowledged cannot be seen from outside. In mosquitto.conf: persistence true, " +
  "autosave_on_changes true, autosave_interval 1 (with autosave_on_changes it counts changes, not seconds), max_queued_messages 0.";

function lineFindings(
  { url, reached, tls }: BrokerFacts,
  { exposed, encrypted, embedded, now }: BrokerView,
): readonly Finding[] {
  if (tls === undefined) {
    if (exposed) return [wrong(new UsageError("doctor.plain-line", { url }))];
    return reached && !embedded && !encrypted
      ? [right("The line to it is not encrypted, and does not leave this machine.")]
      : [];
  }
  const { version, subject, issuer, until, distrust } = tls;
  const day = rfc3339(until).slice(0, 10);
  if (distrust !== undefined) {
    const shown = `it shows a certificate of ${subject}, signed by ${issuer}, valid until ${day}`;
    return [wrong(new StoreError("mqtt.tls", { url, reason: `${distrust}; ${shown}` }))];
  }
  const told = right(`${version} with a certificate of ${subject}, signed by ${issuer}, valid until ${day}.`);
  if (until - now >= SOON) return [told];
  const left = Math.max(0, Math.floor((until - now) / days(1)));
  return [told, wrong(new StoreError("doctor.certificate-ends", { url, date: day, days: left }))];
}

function signInFindings({ protocol, tls, failure }: BrokerFacts, { username }: BrokerView): readonly Finding[] {
  if (protocol === 5) return [right(`It lets ${username ?? "us"} in, by MQTT 5.`)];
  if (protocol !== undefined) {
    return [
      right(`It lets ${username ?? "us"} in, by MQTT 3.1.1.`),
      note("With MQTT 5 it would say what it refuses, tell a will only after a while, and let stale messages go."),
    ];
  }
  if (username !== undefined || failure !== undefined || tls?.distrust !== undefined) return [];
  return [note("Nobody signed in: the user name is the site's id, which the first start of the gateway makes.")];
}

/** MQTT 5.0 §3.2.2.3; the size of packets is found out by sending one. */
function limitFindings({ receiveMaximum, maximumQos, retainAvailable }: BrokerLimits): readonly Finding[] {
  return [
    ...(maximumQos === 0 ? [wrong(new StoreError("doctor.no-qos", { qos: maximumQos }))] : []),
    ...(retainAvailable === false ? [note("It says that it retains no messages.")] : []),
    ...(receiveMaximum !== undefined && receiveMaximum <= USUAL_WINDOW
      ? [
          note(
            `It takes ${receiveMaximum} messages at a time (Receive Maximum): a backlog drains slowly over a long line. ` +
              "In Mosquitto max_inflight_messages 500.",
          ),
        ]
      : []),
  ];
}

function topicFindings({ protocol, limits }: BrokerFacts, topics: TopicFacts): readonly Finding[] {
  const { prefix, echo, refusal, shared, birth, large } = topics;
  const refused = refusal && wrong(new StoreError("mqtt.refused", { topic: `${prefix}#`, reason: refusal.text }));
  if (!echo) return [refused ?? wrong(new StoreError("doctor.not-heard", { prefix }))];
  const site = prefix.split("/").slice(0, 3).join("/");
  const bytes = Math.min(LARGE, limits?.maximumPacketSize ?? LARGE);
  return [
    right(`The site may write and read below ${site}/: what was published came back.`),
    ...(refused === undefined ? [] : [refused]),
    ...(protocol === 5 ? propertyFindings(topics) : []),
    ...retainedFindings(topics, prefix, site),
    ...willFindings(topics, protocol === 5),
    large === true
      ? right(`It passes on packets of ${LARGE / 1024} KiB.`)
      : wrong(new StoreError("doctor.packet-size", { bytes: bytes < LARGE ? bytes + 1 : LARGE })),
    shared === true
      ? right("Shared subscriptions work, for applications of several workers.")
      : note("Shared subscriptions do not work; only applications of several workers would miss them."),
    ...(birth === false ? [wrong(new StoreError("doctor.birth-missing", { topic: `${site}/birth` }))] : []),
    ...(birth === true ? [right(`What the running bridge retains is there: ${site}/birth.`)] : []),
  ];
}

function viewFinding({ setting, topic, came, refusal }: ViewFacts): Finding {
  if (came) return right(`What ${setting} tells can be written and read: ${topic} came back.`);
  const what = refusal === undefined ? "it was not brought back" : refusal.text;
  return wrong(new StoreError("doctor.view-refused", { topic, setting, what }));
}

function propertyFindings({ user, response, expiry }: TopicFacts): readonly Finding[] {
  const kept: ReadonlyArray<readonly [name: string, kept: boolean | undefined]> = [
    ["user properties", user],
    ["response topic and correlation data", response],
    ["message expiry", expiry],
  ];
  const there = kept.filter(([, came]) => came === true).map(([name]) => name);
  const lost = kept.filter(([, came]) => came !== true).map(([name]) => name);
  return [
    ...(there.length === 0 ? [] : [right(`Messages keep what MQTT 5 adds: ${there.join(", ")}.`)]),
    ...(lost.length === 0 ? [] : [note(`Messages lose ${lost.join(", ")}; the payloads say the same.`)]),
  ];
}

function retainedFindings({ retained, expires }: TopicFacts, prefix: string, site: string): readonly Finding[] {
  if (retained !== true) return [wrong(new StoreError("doctor.not-retained", { prefix }))];
  if (expires === undefined) return [right("Retained messages stay.")];
  return expires
    ? [right("Retained messages stay, and go when their time is over.")]
    : [right("Retained messages stay."), note(`They stay beyond their expiry too: look at 'time' in ${site}/health.`)];
}

/** Brokers count whole seconds, so the will of an asked delay of two may come after one. */
const DELAYED = 900;

function willFindings({ will }: TopicFacts, v5: boolean): readonly Finding[] {
  if (will === undefined) return [wrong(new StoreError("doctor.no-will", {}))];
  if (!v5) return [right("The will of a connection that breaks is told.")];
  return will >= DELAYED
    ? [right("The will of a connection that breaks is told, after the delay that was asked for.")]
    : [
        right("The will of a connection that breaks is told."),
        note("It does not wait: a short drop shows as offline."),
      ];
}
