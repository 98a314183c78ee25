/** docs/mqtt.md, "Events" — facts as the ordered `event` stream: numbered, linked by prev-seq and by a hash chain. */
import { hash as digest } from "node:crypto";
import { type Millis, rfc3339, shownUri, toHex } from "../../../gateway/base/index.ts";
import type { Fact } from "../../../gateway/store/facts.ts";
import type { EventBody, Payload } from "../contract/payloads.ts";
import { jsonBytes, type Members, type Message, messageOf, parsePayload, utf8 } from "../outbox/message.ts";
import { topicOf } from "../outbox/topics.ts";
import type { RenderContext } from "./context.ts";
import type { Trees } from "./trees.ts";
import { ulidOfFact } from "./ulid.ts";
import type { SiteView } from "./view.ts";

/** As JSON has it before the hash is known. */
const UNHASHED = ',"hash":null';

/**
 * What an event of this fact says beside its numbers; undefined = the fact makes no event and leaves a hole in `seq`. `trees`:
 * of the module set that the fact's node works with.
 */
export function eventMembers(fact: Fact, trees: Trees): EventBody | undefined {
  switch (fact.type) {
    case "gateway.started":
      return { type: fact.type, actor: "system", version: fact.version, boot: fact.boot, mode: fact.mode };
    case "store.returned":
      return { type: fact.type, actor: "system", "away-ms": fact.away };
    case "clock.state":
      return { type: fact.type, actor: "system", synchronised: fact.synchronised, why: fact.why, "step-ms": fact.step };
    case "node.joined":
      return { type: fact.type, node: fact.node, actor: fact.actor, endpoint: fact.endpoint, name: fact.name };
    case "node.renamed":
      return { type: fact.type, node: fact.node, actor: fact.actor, name: fact.name };
    case "node.models":
      return {
        type: fact.type,
        node: fact.node,
        actor: fact.actor,
        models: fact.set ?? null,
        checksum: hexOf(fact.checksum),
      };
    case "node.replaced":
      return { type: fact.type, node: fact.node, actor: fact.actor, endpoint: fact.endpoint, former: fact.former };
    case "node.removed":
      return { type: fact.type, node: fact.node, actor: fact.actor };
    case "credential.added":
      return { type: fact.type, actor: fact.actor, credential: fact.credential, node: fact.node, name: fact.name };
    case "credential.removed":
      return { type: fact.type, actor: fact.actor, credential: fact.credential, node: fact.node, name: fact.name };
    case "directory.registered":
    case "directory.renewed":
    case "directory.removed":
      return undefined; // its own lookup interface tells it, and endpoints renew their registrations all day
    case "node.reported":
    case "node.read":
      return undefined; // its `state` and `data` messages tell it; a fleet's readings would drown the events
    case "node.notified":
      return {
        type: fact.type,
        node: fact.node,
        actor: `node:${fact.node}`,
        notifications: trees.notifications(fact.notifications),
      };
    case "models.changed":
      return { type: fact.type, actor: "system", models: fact.set ?? null, checksum: toHex(fact.checksum) };
    case "node.reachability":
      if (fact.from === fact.to && fact.heard !== undefined) return undefined; // another wake of a node that is well
      return {
        type: fact.type,
        node: fact.node,
        from: fact.from,
        to: fact.to,
        actor: "system",
        "missed-wakes": fact.missedWakes,
      };
    case "datastore.edited":
      return {
        type: fact.type,
        ...(fact.root === "gateway" ? { root: "gateway" } : { node: fact.root }),
        actor: fact.actor,
        revision: fact.revision,
        supersedes: supersededBy(fact),
        confirm: fact.confirm && { wakes: fact.confirm.wakes },
        reverts: fact.reverts,
      };
    case "edit.trial":
      return {
        type: fact.type,
        node: fact.node,
        actor: "system",
        revision: fact.revision,
        outcome: fact.outcome,
        reason: fact.reason,
      };
    case "edit.state":
      return { type: fact.type, node: fact.node, actor: "system", to: fact.to, edits: fact.edits, reason: fact.reason };
    case "image.added":
      return {
        type: fact.type,
        actor: fact.actor,
        image: `sha256:${fact.digest}`,
        model: fact.model,
        version: fact.version,
        name: fact.name,
        size: fact.size,
        verified: fact.verified,
        format: fact.format,
        built: fact.built,
      };
    case "image.named":
      return {
        type: fact.type,
        actor: fact.actor,
        image: `sha256:${fact.digest}`,
        uri: shownUri(fact.uri),
        model: fact.model,
        version: fact.version,
        ...(fact.size === undefined ? {} : { size: fact.size }),
      };
    case "image.removed":
      return { type: fact.type, actor: fact.actor, image: `sha256:${fact.digest}` };
    case "trust.anchor-added":
    case "trust.anchor-removed":
      return { type: fact.type, actor: fact.actor, anchor: fact.anchor, name: fact.name };
    case "trust.threshold":
      return { type: fact.type, actor: fact.actor, vendor: fact.vendor, class: fact.class, signers: fact.k };
    case "release.accepted":
      return {
        type: fact.type,
        actor: fact.actor,
        release: fact.release,
        sequence: fact.sequence,
        signers: fact.signers,
        model: fact.model,
        version: fact.version,
        images: fact.payloads.map(({ digest }) => `sha256:${digest}`),
      };
    case "release.marks":
      return { type: fact.type, actor: "system", marks: fact.marks.length };
    case "release.withdrawn":
      return { type: fact.type, actor: fact.actor, release: fact.release, reason: fact.reason };
    case "release.reported":
      return {
        type: fact.type,
        node: fact.node,
        actor: `node:${fact.node}`,
        release: fact.release,
        result: fact.result,
        reason: fact.reason,
        place: fact.place,
        text: fact.text,
      };
    case "campaign.created":
      return {
        type: fact.type,
        campaign: fact.campaign,
        actor: fact.actor,
        name: fact.name,
        image: `sha256:${fact.image}`,
        targets: fact.targets.length,
        excluded: fact.excluded.length,
        groups: fact.plan?.groups.map(({ name }) => name),
      };
    case "campaign.group": {
      const { campaign, group, to, reason, actor } = fact;
      return { type: fact.type, campaign, group: group + 1, to, reason, actor };
    }
    case "campaign.joined":
      return { type: fact.type, campaign: fact.campaign, node: fact.node, group: fact.group + 1, actor: "system" };
    case "campaign.forecast": {
      const { p50, p90, unlikely, energy, airtime } = fact.forecast;
      return {
        type: fact.type,
        campaign: fact.campaign,
        actor: "system",
        "p50-s": Math.round(p50 / 1000),
        "p90-s": Math.round(p90 / 1000),
        unlikely: unlikely.length,
        "energy-mj": energy,
        airtime: airtime.map(({ mesh, time }) => ({ mesh, "time-ms": time })),
      };
    }
    case "campaign.measured":
      return {
        type: fact.type,
        campaign: fact.campaign,
        actor: "system",
        "took-s": Math.round(fact.took / 1000),
        "forecast-error-pct": fact.errorPct,
      };
    case "campaign.state":
      return {
        type: fact.type,
        campaign: fact.campaign,
        from: fact.from,
        to: fact.to,
        actor: fact.actor,
        reason: fact.reason,
      };
    case "ota.phase":
      if (fact.from === fact.to && fact.silent !== true) return undefined; // progress within a phase: `ota` shows it
      return {
        type: fact.type,
        node: fact.node,
        campaign: fact.campaign,
        from: fact.from,
        to: fact.to,
        actor: "system",
        reason: fact.reason,
        silent: fact.silent,
      };
    case "command.accepted":
      return {
        type: fact.type,
        node: fact.node,
        actor: fact.actor,
        command: fact.id,
        op: fact.op,
        deadline: timeOf(fact.deadline),
      };
    case "command.done": {
      const { node, actor, id: command, op, outcome } = fact;
      return { type: fact.type, node, actor, command, op, outcome, error: errorCode(fact.answer) };
    }
    case "command.refused": {
      const { node, actor, id: command, op, code, text, times } = fact;
      return { type: fact.type, node, actor, command, op, error: code, text, times };
    }
    case "push.updated":
      return undefined; // a message of its own, on the node's `push`
  }
}

const timeOf = (at: Millis | undefined): string | undefined => (at === undefined ? undefined : rfc3339(at));
const hexOf = (bytes: Uint8Array | undefined): string | undefined => bytes && toHex(bytes);

/** Undefined when it takes the place of none. */
function supersededBy({ parts = [] }: Extract<Fact, { type: "datastore.edited" }>): readonly number[] | undefined {
  const revisions = parts.flatMap(({ supersedes = [] }) => supersedes);
  return revisions.length === 0 ? undefined : revisions;
}

/** Only the code of a refusal: results may hold what a broker need not see. */
function errorCode(answer: string): string | undefined {
  const outcome: { readonly error?: { readonly code?: unknown } } | null = JSON.parse(answer);
  const code = outcome?.error?.code;
  return typeof code === "string" ? code : undefined;
}

/** The event message of a fact and the link that the next one continues from. */
export function renderEvent(
  lastEvent: SiteView["lastEvent"],
  fact: Fact,
  body: EventBody,
  context: RenderContext,
): { readonly message: Message; readonly lastEvent: SiteView["lastEvent"] } {
  const time = rfc3339(fact.at);
  const { seq: prevSeq, hash: prev } = lastEvent;
  const members: Payload<"event"> = {
    seq: String(fact.seq),
    "prev-seq": String(prevSeq),
    epoch: context.epoch,
    id: ulidOfFact(context.site, context.epoch, fact.seq, fact.at),
    time,
    observed: time,
    ...body,
    hash: null,
    prev,
  };
  // The hash covers the payload as it stands without its `hash` member: `jq -cj 'del(.hash)' | sha256sum` checks it.
  const tail = `,"prev":${JSON.stringify(prev)}}`;
  const head = JSON.stringify(members).slice(0, -(UNHASHED.length + tail.length));
  const hash = `sha256:${digest("sha256", head + tail)}`;
  const payload = utf8(`${head},"hash":"${hash}"${tail}`);
  return {
    message: { kind: "event", topic: topicOf("event", { site: context.site }), seq: fact.seq, payload },
    lastEvent: { seq: fact.seq, hash },
  };
}

/**
 * The event that stands for events which the outbox had to drop unsent: no loss is silent. It takes the
 * number, the id's time and the chain links of the range it replaces, so that the stream goes on without a gap:
 * `hash` is that of the last dropped event, `prev` and `prev-seq` are those of the first. `to`: the last dropped message
 * may be a push.
 */
export const renderOverflow = (first: Members, last: Members, site: string, to = last["seq"]): Message =>
  messageOf("event", { site }, Number(last["seq"]), overflowOf(first, last, to));

/**
 * What is told in the place of an event that is too large for the broker, always with the same bytes; undefined = it is no event,
 * or stands in a larger one's place already.
 */
export function eventInPlaceOf(message: Message): Message | undefined {
  if (message.kind !== "event") return undefined;
  const event = parsePayload(message.payload);
  if (event["type"] === "journal.overflow") return undefined;
  return { ...message, payload: jsonBytes(overflowOf(event, event, event["seq"])) };
}

function overflowOf(first: Members, last: Members, to: Members[string]): Payload<"event"> {
  const { type: firstType, seq: firstSeq, "from-seq": firstFrom, "prev-seq": prevSeq, prev } = first;
  const { seq, epoch, id, time, observed, hash } = last;
  // The members come from events in the outbox, which were rendered from the contract's table.
  return {
    seq,
    "prev-seq": prevSeq,
    epoch,
    id,
    time,
    observed,
    type: "journal.overflow",
    actor: "system",
    "from-seq": firstType === "journal.overflow" ? firstFrom : firstSeq,
    "to-seq": to,
    hash,
    prev,
  } as Payload<"event">;
}
