/** docs/mqtt.md, "Events" — every type of event: what it tells, and its members beside those that all have. */
import { type FactType, PHASES, REACHABILITIES, WITHDRAWALS } from "../../../gateway/store/facts.ts";
import { CAMPAIGN_STATE } from "./campaign.ts";
import { list, type MemberRows, may, must, object, oneOf, type SaidBy } from "./shape.ts";
import {
  BOOLEAN,
  COUNT,
  HEX,
  ID,
  INTEGER,
  JSON_OBJECT,
  NUMBER,
  NUMBER64,
  orNull,
  SHA256,
  TEXT,
  TIME,
  ULID,
} from "./words.ts";

/** What stands before the members of a type. */
export const EVENT_HEAD = {
  seq: must(NUMBER64, "Number of the fact in the site's history. It has holes that are no gaps."),
  "prev-seq": must(NUMBER64, "Number of the event before; 0 for the first of an epoch."),
  epoch: must(INTEGER, "Epoch of these numbers: it rises when the history was put back from a copy."),
  id: must(ULID, "Id of the event; it follows from its number, so that a repeated event has it, too."),
  time: must(TIME, "When the fact was written to the journal."),
  observed: must(TIME, "When it was observed."),
} as const satisfies MemberRows;

/** What stands after them. */
export const EVENT_CHAIN = {
  hash: must(
    orNull(SHA256),
    "SHA-256 of the payload without this member; null in a `journal.overflow` of what nobody knows any more.",
  ),
  prev: must(orNull(SHA256), "`hash` of the event before; null in the first event of an epoch."),
} as const satisfies MemberRows;

const ACTOR = must(TEXT, "Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`.");
const NODE = must(ID, "The node.");
const CAMPAIGN = must(ID, "The campaign.");
const GROUP = must(COUNT, "The group, counted from 1.");
const IMAGE = must(SHA256, "Digest of the image.");
const MODEL = must(TEXT, "The model that it is for.");
const VERSION = must(TEXT, "Its version.");
const SIZE = must(COUNT, "Bytes.");
const ANCHOR = must(HEX, "RFC 9679 thumbprint of the key.");
const RELEASE = must(HEX, "Digest of the release's manifest.");
const REASON = may(TEXT, "Why.");
const COMMAND = must(TEXT, "Id of the command.");
const OP = must(TEXT, "What was to be done.");
const MODELS = must(orNull(TEXT), "The module set; null = the default one.");
const CREDENTIAL = {
  actor: ACTOR,
  credential: must(TEXT, "Id of the credential."),
  node: may(ID, "The node whose it is; a manager has none."),
  name: may(TEXT, "Its holder: endpoint of a node, or name of a manager."),
};
const CAMPAIGN_STEP = {
  campaign: CAMPAIGN,
  from: must(CAMPAIGN_STATE, "How it was."),
  to: must(CAMPAIGN_STATE, "How it is."),
  actor: ACTOR,
  reason: REASON,
};

interface EventRow {
  readonly text: string;
  readonly members: MemberRows;
}

export const EVENTS = {
  "gateway.started": {
    text: "A gateway process started.",
    members: {
      actor: ACTOR,
      version: must(TEXT, "Version of Sidgate."),
      boot: must(TEXT, "Names the start."),
      mode: must(oneOf("lab", "secured"), "`lab`: something is left unprotected for trying."),
    },
  },
  "store.returned": {
    text: "What the site is kept in could not be reached for a while, and nothing was lost.",
    members: { actor: ACTOR, "away-ms": must(COUNT, "For how long.") },
  },
  "clock.state": {
    text: "The gateway's clock became right, or is no longer known to be; or somebody moved it.",
    members: {
      actor: ACTOR,
      synchronised: must(BOOLEAN, "Whether it is known to be right from now on."),
      why: must(TEXT, "Why, as a word of docs/clock.md."),
      "step-ms": may(INTEGER, "How far time jumped with this event; negative = back."),
    },
  },
  "node.joined": {
    text: "A node was added to the inventory.",
    members: {
      node: NODE,
      actor: ACTOR,
      endpoint: must(TEXT, "The name that it uses for itself."),
      name: must(TEXT, "Its name for people."),
    },
  },
  "node.renamed": {
    text: "A node has another name.",
    members: { node: NODE, actor: ACTOR, name: must(TEXT, "The new one.") },
  },
  "node.models": {
    text: "A node works with another module set from now on.",
    members: { node: NODE, actor: ACTOR, models: MODELS, checksum: may(HEX, "Of the set's YANG library.") },
  },
  "node.replaced": {
    text: "Another device takes the place of a node: id, name and topics stay, what was measured is forgotten.",
    members: {
      node: NODE,
      actor: ACTOR,
      endpoint: must(TEXT, "Endpoint of the new device."),
      former: must(TEXT, "Endpoint of the former one."),
    },
  },
  "node.removed": {
    text: "A node was removed; its retained topics are cleared after this.",
    members: { node: NODE, actor: ACTOR },
  },
  "node.notified": {
    text: "A node said what had happened: notifications of its own modules.",
    members: {
      node: NODE,
      actor: ACTOR,
      notifications: must(
        list(JSON_OBJECT),
        "RFC 7951, the newest first; one in a list stands inside the list and its keys (RFC 7950 §7.16.2).",
      ),
    },
  },
  "node.reachability": {
    text: "A node fell silent, or came back.",
    members: {
      node: NODE,
      from: must(oneOf(...REACHABILITIES), "How it was."),
      to: must(oneOf(...REACHABILITIES), "How it is."),
      actor: ACTOR,
      "missed-wakes": must(COUNT, "Wakes that it missed."),
    },
  },
  "models.changed": {
    text: "The modules of a set are others than before, or told for the first time.",
    members: { actor: ACTOR, models: MODELS, checksum: must(HEX, "Of the set's YANG library.") },
  },
  "credential.added": { text: "A security context was made for a node or a manager.", members: CREDENTIAL },
  "credential.removed": {
    text: "A security context is valid no longer; of a node that goes, before `node.removed`.",
    members: CREDENTIAL,
  },
  "datastore.edited": {
    text: "A manager's edit of the configuration of a node, or of the gateway itself, was accepted.",
    members: {
      root: may(oneOf("gateway"), "There, in place of `node`, when it is the gateway's own."),
      node: may(ID, "The node."),
      actor: ACTOR,
      revision: may(COUNT, "Revision that the node reaches by it."),
      supersedes: may(list(COUNT), "Revisions of former edits that it takes the place of."),
      confirm: may(
        object({ wakes: must(COUNT, "Wakes.") }),
        "It is on trial: unless so many wakes after it was applied are healthy ones, it is taken back.",
      ),
      reverts: may(COUNT, "Revision of the trial that it takes back."),
    },
  },
  "edit.state": {
    text: "Edits got on, or came to their end.",
    members: {
      node: NODE,
      actor: ACTOR,
      to: must(oneOf("delivered", "applied", "rejected", "expired"), "What they are now."),
      edits: must(
        list(object({ revision: must(COUNT, "Its revision."), path: must(TEXT, "Instance that it edits.") })),
        "Which edits.",
      ),
      reason: may(TEXT, "Why the node would not have them: an error-app-tag, or `unsaid`."),
    },
  },
  "edit.trial": {
    text: "An edit on trial was confirmed, or is taken back.",
    members: {
      node: NODE,
      actor: ACTOR,
      revision: must(COUNT, "That of the last edit on trial."),
      outcome: must(oneOf("confirmed", "reverted"), "What became of it."),
      reason: REASON,
    },
  },
  "image.added": {
    text: "The bytes of an image are here.",
    members: {
      actor: ACTOR,
      image: IMAGE,
      model: MODEL,
      version: VERSION,
      name: must(TEXT, "Name of its file."),
      size: SIZE,
      verified: must(oneOf("lab", "manifest"), "What vouches for it: a signed manifest, or nobody (`lab`)."),
      format: may(oneOf("mcuboot"), "What it begins with; absent for a plain binary."),
      built: may(TEXT, "The version in its header."),
    },
  },
  "image.named": {
    text: "An image is named that lies at its author's, and fetched from there.",
    members: {
      actor: ACTOR,
      image: IMAGE,
      uri: must(TEXT, "Where it is; a query is not shown, since it may hold a token."),
      model: MODEL,
      version: VERSION,
      size: may(COUNT, "Bytes, where somebody said how many it has."),
    },
  },
  "image.removed": { text: "An image cannot be fetched any more.", members: { actor: ACTOR, image: IMAGE } },
  "trust.anchor-added": {
    text: "Signatures of a key are believed from now on.",
    members: { actor: ACTOR, anchor: ANCHOR, name: must(TEXT, "Whose it is.") },
  },
  "trust.anchor-removed": {
    text: "Signatures of a key are believed no longer.",
    members: { actor: ACTOR, anchor: ANCHOR, name: must(TEXT, "Whose it was.") },
  },
  "trust.threshold": {
    text: "So many keys must have signed a release.",
    members: {
      actor: ACTOR,
      vendor: may(TEXT, "For this vendor only."),
      class: may(TEXT, "For this class only."),
      signers: must(COUNT, "How many."),
    },
  },
  "release.accepted": {
    text: "A release was believed.",
    members: {
      actor: ACTOR,
      release: RELEASE,
      sequence: must(NUMBER64, "Its sequence number."),
      signers: must(list(HEX), "Anchors whose signatures count."),
      model: may(TEXT, "The model that it is for."),
      version: may(TEXT, "Its version."),
      images: must(list(SHA256), "Images that it vouches for."),
    },
  },
  "release.marks": {
    text: "A start took sequence marks from the file beside the keys, since the journal did not have them.",
    members: { actor: ACTOR, marks: must(COUNT, "How many.") },
  },
  "release.withdrawn": {
    text: "A release is believed no longer.",
    members: { actor: ACTOR, release: RELEASE, reason: must(oneOf(...WITHDRAWALS), "Why.") },
  },
  "release.reported": {
    text: "What the SUIT report of a node comes to when it is replayed against the release.",
    members: {
      node: NODE,
      actor: ACTOR,
      release: may(HEX, "Digest of the manifest that the report names; without it the report could not be read."),
      result: must(
        oneOf("success", "pending", "failed", "doubtful"),
        "`doubtful`: it cannot be about that release, or about none that is known here.",
      ),
      reason: may(TEXT, "One of suit-report's, as sidgate-suit names it."),
      place: may(TEXT, "The command that failed."),
      text: must(TEXT, "What happened, in a sentence."),
    },
  },
  "campaign.created": {
    text: "A campaign was made.",
    members: {
      campaign: CAMPAIGN,
      actor: ACTOR,
      name: must(TEXT, "Its name for people."),
      image: IMAGE,
      targets: must(COUNT, "Nodes that take part."),
      excluded: must(COUNT, "Nodes that were looked at and left out."),
      groups: may(list(TEXT), "Names of its groups, in order."),
    },
  },
  "campaign.group": {
    text: "A group of a campaign began, or has passed.",
    members: {
      campaign: CAMPAIGN,
      group: GROUP,
      to: must(oneOf("open", "passed"), "`passed`: the next one may begin."),
      reason: must(TEXT, "Why."),
      actor: ACTOR,
    },
  },
  "campaign.joined": {
    text: "A node that came later takes part, too.",
    members: { campaign: CAMPAIGN, node: NODE, group: GROUP, actor: ACTOR },
  },
  "campaign.forecast": {
    text: "What is to be expected of a campaign, counted from its start.",
    members: {
      campaign: CAMPAIGN,
      actor: ACTOR,
      "p50-s": must(COUNT, "Seconds in which half of the simulated courses ended."),
      "p90-s": must(COUNT, "Seconds in which nine tenths did."),
      unlikely: must(COUNT, "Nodes that will not make it."),
      "energy-mj": must(NUMBER, "Of a node on average, in millijoule."),
      airtime: must(
        list(object({ mesh: must(TEXT, "The mesh."), "time-ms": must(NUMBER, "Radio time in it.") })),
        "Radio time by mesh.",
      ),
    },
  },
  "campaign.measured": {
    text: "How long a campaign took, and how wrong its forecast was.",
    members: {
      campaign: CAMPAIGN,
      actor: ACTOR,
      "took-s": must(COUNT, "Seconds."),
      "forecast-error-pct": must(NUMBER, "By how much of that the forecast was wrong."),
    },
  },
  "campaign.state": { text: "A campaign began, rests, stopped or ended.", members: CAMPAIGN_STEP },
  "ota.phase": {
    text: "The update of a node is in another phase, or the node counts as silent.",
    members: {
      node: NODE,
      campaign: CAMPAIGN,
      from: must(oneOf(...PHASES), "Where it stood."),
      to: must(oneOf(...PHASES), "Where it stands."),
      actor: ACTOR,
      reason: REASON,
      silent: may(BOOLEAN, "It missed too many wakes, and counts as silent in its campaign."),
    },
  },
  "command.accepted": {
    text: "A command will be carried out later, e.g. at a node's next wake.",
    members: {
      node: may(ID, "The node that it is for."),
      actor: ACTOR,
      command: COMMAND,
      op: OP,
      deadline: may(TIME, "When it ends as `expired`, whatever comes of it."),
    },
  },
  "command.done": {
    text: "A command ended. Its result is told to who gave it, and to nobody else.",
    members: {
      node: may(ID, "The node that it was for."),
      actor: ACTOR,
      command: COMMAND,
      op: OP,
      outcome: must(oneOf("completed", "failed", "expired"), "How."),
      error: may(TEXT, "Code of the error, as docs/errors.md has it."),
    },
  },
  "command.refused": {
    text: "A command was not even looked at, or its answer may go nowhere; told once for all of a burst.",
    members: {
      node: may(ID, "The node that it was for."),
      actor: ACTOR,
      command: may(TEXT, "Id of the command, where it could be read."),
      op: may(TEXT, "What was to be done, where it could be read."),
      error: must(TEXT, "Code of the error, as docs/errors.md has it."),
      text: must(TEXT, "What was wrong, in a sentence."),
      times: may(COUNT, "How many of this kind came since the last that was told; without it one."),
    },
  },
  "journal.overflow": {
    text: "It stands for messages that were not told, since the broker was away for too long or takes none so large; its `hash` is that of the last one.",
    members: {
      actor: ACTOR,
      "from-seq": must(NUMBER64, "Number of the first one."),
      "to-seq": must(NUMBER64, "Number of the last one."),
    },
  },
} as const satisfies Partial<Record<FactType | "journal.overflow", EventRow>>;

export type EventType = keyof typeof EVENTS;
/** What an event says beside its numbers. */
export type EventBody = {
  [T in EventType]: { readonly type: T } & SaidBy<(typeof EVENTS)[T]["members"]>;
}[EventType];
