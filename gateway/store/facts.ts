/**
 * The vocabulary of the journal: every fact that the gateway ever records, as plain data. Services append and fold
 * them, the cloud bridge and the console read them; this file is the seam between the two halves.
 * Facts are never changed once released: a new member is optional, a new meaning is a new type.
 */
import type { Millis, NodeId } from "../base/index.ts";

/** Phases of an update (docs/mqtt.md). */
export const PHASES = [
  "idle",
  "available",
  "queued",
  "waiting-wake",
  "offered",
  "downloading",
  "downloaded",
  "verifying",
  "ready",
  "waiting-window",
  "applying",
  "rebooting",
  "confirming",
  "done",
  "rolled-back",
  "failed",
  "blocked",
  "skipped",
] as const;
export type Phase = (typeof PHASES)[number];

/** Under which head of a campaign's summary a node in this phase is counted; "skipped" under none. */
export const PHASE_COUNTED: Readonly<Record<Phase, "waiting" | "active" | "done" | "failed" | "skipped">> = {
  idle: "waiting",
  available: "waiting",
  queued: "waiting",
  "waiting-wake": "waiting",
  offered: "active",
  downloading: "active",
  downloaded: "active",
  verifying: "active",
  ready: "active",
  "waiting-window": "active",
  applying: "active",
  rebooting: "active",
  confirming: "active",
  done: "done",
  "rolled-back": "failed",
  failed: "failed",
  blocked: "failed",
  skipped: "skipped",
};

export const REACHABILITIES = ["unknown", "awake", "asleep", "overdue", "lost"] as const;
export type Reachability = (typeof REACHABILITIES)[number];

/** `waiting-approval`: a second person has to agree before anything is offered. */
export type CampaignState = "waiting-approval" | "running" | "paused" | "stopped" | "aborted" | "done";

/** One wave: who is in it stands in `campaign.created`. */
export interface GroupPlan {
  readonly name: string;
  /** Errors (failed, rolled back, silent), in percent of the group, from which on the campaign stops. */
  readonly errorPct: number;
  /** Done nodes, in percent of the group, from which on the next group may begin; without it, when every node has ended. */
  readonly successPct?: number;
  /** Then a person looks at it first. */
  readonly pause?: true;
}

/** How a campaign is to go; what is left out is not limited. */
export interface CampaignPlan {
  readonly groups: readonly GroupPlan[];
  /** Times that a node may fail with this image before it is in quarantine. */
  readonly attempts: number;
  /** Offers of the higher one come first. */
  readonly priority?: number;
  /** Nodes of one mesh that may be busy with an image at a time. */
  readonly concurrency?: number;
  /** Maintenance windows, e.g. `Mo-Fr 22:00-05:00 Europe/Berlin`: when images may be fetched, and when applied. */
  readonly download?: readonly string[];
  readonly apply?: readonly string[];
  /** Seconds that a node gives its new image to be heard by the gateway, before it falls back by itself. */
  readonly confirmWithin?: number;
  /** Offers end then. */
  readonly deadline?: Millis;
  /** Which nodes: as it was written. Nodes that join later and fit it are taken in when `lateJoiners` is set. */
  readonly filter?: string;
  /** Revisions that it is for; without it, all. */
  readonly hardware?: readonly string[];
  /** In millivolts; of a node that does not tell, it is not asked. */
  readonly minBattery?: number;
  readonly lateJoiners?: true;
  /** Why it may lead to a lower version. */
  readonly downgrade?: string;
  /** Nodes in quarantine take part, too. */
  readonly again?: true;
  /** A second person has to agree. */
  readonly approval?: true;
}

/** What was to be expected of a campaign; times are counted from its start. */
export interface CampaignForecast {
  /** When half, and nine tenths, of the simulated courses had ended. */
  readonly p50: Millis;
  readonly p90: Millis;
  /** Nodes that will not make it, and why. */
  readonly unlikely: ReadonlyArray<{ readonly node: NodeId; readonly reason: string }>;
  /** Of a node on average, in millijoule. */
  readonly energy: number;
  /** Radio time by mesh. */
  readonly airtime: ReadonlyArray<{ readonly mesh: string; readonly time: Millis }>;
}

/** SHA-256 as lower-case hex. */
export type Digest = string;

/**
 * For what an author may sign; what is not named is not limited. Vendors and classes are the hex of a UUID, or `pen:` and the
 * hex of what stands under tag 112.
 */
export interface SigningRights {
  readonly vendors?: readonly string[];
  readonly classes?: readonly string[];
  /** Components that begin so: their parts as hex, outermost first. */
  readonly components?: ReadonlyArray<readonly string[]>;
}

/** Why a release is believed no longer: its author's or operator's word, its failures, or a change of the trust set. */
export const WITHDRAWALS = ["revoked", "quarantined", "untrusted"] as const;
export type Withdrawal = (typeof WITHDRAWALS)[number];

/** Bytes that a release vouches for. */
export interface ReleasePayload {
  readonly digest: Digest;
  readonly size?: number;
  readonly uri?: string;
  /** What they are decrypted to: what a node runs that has installed them. */
  readonly becomes?: Digest;
}

/** How an edit that a manager made fares (docs/check-in.md). */
export const EDIT_STATES = ["waiting", "delivered", "applied", "rejected", "expired"] as const;
export type EditState = (typeof EDIT_STATES)[number];

export interface FactBodies {
  "gateway.started": { readonly version: string; readonly boot: string; readonly mode: "lab" | "secured" };
  /** What the site is kept in could not be reached for so long, and nobody was heard meanwhile: nothing is missing for it. */
  "store.returned": { readonly away: Millis };
  /** The gateway's clock became right, or is no longer known to be; or it is right and somebody moved it. */
  "clock.state": {
    readonly synchronised: boolean;
    /** One word of a closed list (service/timekeeping/quality.ts). */
    readonly why: string;
    /** How far time jumped with this fact; it never jumps otherwise. */
    readonly step?: Millis;
    /** Times recorded from then on are off by `step`, and move with it. Without it none are. */
    readonly since?: Millis;
  };
  "node.joined": {
    readonly node: NodeId;
    readonly endpoint: string;
    readonly name: string;
    readonly actor: string;
  };
  "node.renamed": { readonly node: NodeId; readonly name: string; readonly actor: string };
  /** The node works with another module set from now on; without `set`, with the default one. */
  "node.models": {
    readonly node: NodeId;
    readonly set?: string;
    /** Edits that wait for the node and fit the set. */
    readonly pending?: number;
    /** Of the set's YANG library. */
    readonly checksum?: Uint8Array;
    readonly actor: string;
  };
  /** The modules of a set are others than before, or told for the first time; without `set`, those of the default one. */
  "models.changed": {
    readonly set?: string;
    /** Of the set's YANG library. */
    readonly checksum: Uint8Array;
  };
  /** A trial is over; of one that is reverted the edit that takes it back follows. */
  "edit.trial": {
    readonly node: NodeId;
    /** That of the last edit on trial. */
    readonly revision: number;
    readonly outcome: "confirmed" | "reverted";
    readonly reason?: string;
  };
  /**
   * Another device takes the place of a node, under its id: what the former one measured is forgotten, its configuration is
   * posted to the new one by the edits that follow.
   */
  "node.replaced": {
    readonly node: NodeId;
    readonly endpoint: string;
    /** Endpoint of the device that it was. */
    readonly former: string;
    readonly actor: string;
  };
  "node.removed": { readonly node: NodeId; readonly actor: string };
  /** A security context was made for a node or a manager. `sealed` holds its secrets, encrypted with the site's key. */
  "credential.added": {
    readonly credential: string;
    readonly node?: NodeId;
    /** The node's endpoint or the manager's name. */
    readonly name: string;
    /** The `kid` of the peer's requests. */
    readonly kid: Uint8Array;
    readonly sealed: Uint8Array;
    readonly actor: string;
  };
  /** Whose it was, except in facts of before that was told. */
  "credential.removed": {
    readonly credential: string;
    readonly node?: NodeId;
    readonly name?: string;
    readonly actor: string;
  };
  /** A check-in. `data` is a root map (content format 140) of the node's datastore: what changed. */
  "node.reported": {
    readonly node: NodeId;
    readonly report: number;
    /** CRC-32 of the request payload: tells a repeat from a new series that starts with the same number. */
    readonly request: number;
    readonly data?: Uint8Array;
    /** `past`: taken before the previous report, so it is history, and no news of the datastore. */
    readonly samples?: ReadonlyArray<{ readonly at: Millis; readonly data: Uint8Array; readonly past?: true }>;
    readonly applied?: number;
    /** The answer's payload, kept for repeats. */
    readonly reply: Uint8Array;
    /** Revision of the edits in the answer, if it carried any. */
    readonly delivered?: number;
    /** Edits that wait for the node after this answer. */
    readonly pending?: number;
    /** Awake when something was offered or more is left, else asleep. */
    readonly state: "awake" | "asleep";
    readonly nextWake?: Millis;
  };
  /** What the gateway read from a node that serves its datastore itself, as far as it was not known. */
  "node.read": {
    readonly node: NodeId;
    /** A root map (content format 140): what is new or was changed, configuration and state alike. */
    readonly data?: Uint8Array;
    /** Identifiers (content format 141) of what is not there any more. */
    readonly gone?: Uint8Array;
    /** It was asked because it had woken, or because it was time: for edits on trial this is a wake. */
    readonly visit?: true;
  };
  /** A node said what had happened: notifications of its own modules (content format 142), the newest first. */
  "node.notified": { readonly node: NodeId; readonly notifications: Uint8Array };
  "node.reachability": {
    readonly node: NodeId;
    readonly from: Reachability;
    readonly to: Reachability;
    readonly missedWakes: number;
    /** When the node gave a sign of life that is no fact of its own; and when it is expected since. */
    readonly heard?: Millis;
    readonly nextWake?: Millis;
  };
  /** A manager's accepted edit of a datastore: root is a node, or "gateway". `patch` is an iPATCH payload (142). */
  "datastore.edited": {
    readonly root: NodeId | "gateway";
    readonly patch: Uint8Array;
    /** Revision that a node reaches by applying it. */
    readonly revision?: number;
    /** Edits that wait for the node with this one. */
    readonly pending?: number;
    /**
     * Of each instance of a manager's edit: the edits that give back what the node has (none, when it has just this), and the
     * revisions that it takes the place of.
     */
    readonly parts?: ReadonlyArray<{ readonly undo?: Uint8Array; readonly supersedes?: readonly number[] }>;
    /** How long it may wait for the node; without it for ever. */
    readonly expireAfter?: Millis;
    /** It is on trial: unless so many wakes after it was applied are healthy ones, it is taken back. */
    readonly confirm?: { readonly wakes: number };
    /** It takes back the trial with this revision. */
    readonly reverts?: number;
    readonly actor: string;
  };
  /** Edits of managers got on. `undo` makes the datastore forget those that will never be in force. */
  "edit.state": {
    readonly node: NodeId;
    readonly to: Exclude<EditState, "waiting">;
    readonly edits: ReadonlyArray<{ readonly revision: number; readonly path: string }>;
    /** Why the node would not have them. */
    readonly reason?: string;
    readonly undo?: Uint8Array;
    /** Edits that wait for the node then. */
    readonly pending?: number;
  };
  "image.added": {
    readonly digest: Digest;
    readonly id: string;
    readonly size: number;
    readonly model: string;
    readonly version: string;
    readonly name: string;
    readonly verified: "lab" | "manifest";
    /** Absent: a plain binary, or from before anybody looked. */
    readonly format?: "mcuboot";
    /** The version in its header. */
    readonly built?: string;
    /** Its hash could not be checked. */
    readonly encrypted?: true;
    readonly actor: string;
  };
  /** A release that the trust service accepted says where its bytes are to be had (an author's URI). */
  "image.named": {
    readonly uri: string;
    readonly digest: Digest;
    /** Absent: nobody said it. */
    readonly size?: number;
    readonly model: string;
    readonly version: string;
    readonly name: string;
    readonly verified: "lab" | "manifest";
    /** As which its bytes are to be judged; absent: by what they begin with. */
    readonly format?: "plain" | "mcuboot";
    readonly actor: string;
    /** Id of its actor's command that waits for the bytes: once that has ended without them, nobody awaits them for its sake. */
    readonly command?: string;
  };
  /** Nodes can no longer fetch it, and its bytes are gone; or they were only named, and are awaited no longer. */
  "image.removed": { readonly digest: Digest; readonly actor: string };
  /** A key whose signatures on releases are believed. */
  "trust.anchor-added": {
    /** RFC 9679: thumbprint of the key, hex. */
    readonly anchor: string;
    readonly name: string;
    /** A COSE_Key, its public half. */
    readonly key: Uint8Array;
    readonly rights: SigningRights;
    readonly actor: string;
  };
  "trust.anchor-removed": { readonly anchor: string; readonly name: string; readonly actor: string };
  /** So many anchors must have signed a release for this vendor and class; without them, any release. */
  "trust.threshold": { readonly vendor?: string; readonly class?: string; readonly k: number; readonly actor: string };
  /**
   * A release was believed, perhaps again with other signatures. The envelope stands here in full, since a change of the trust
   * set judges it anew: it has at most 64 KiB, its payloads lie in the image store.
   */
  "release.accepted": {
    /** Digest of the manifest, hex. */
    readonly release: string;
    readonly envelope: Uint8Array;
    /** Of 64 bits, as decimal text. */
    readonly sequence: string;
    /** Anchors that count. */
    readonly signers: readonly string[];
    readonly vendors: readonly string[];
    readonly classes: readonly string[];
    readonly components: ReadonlyArray<readonly string[]>;
    readonly payloads: readonly ReleasePayload[];
    readonly model?: string;
    readonly version?: string;
    readonly actor: string;
  };
  /** Sequence marks that only the file beside the keys knew: the journal's copy is whole again. `name`: class/component/signer. */
  "release.marks": {
    readonly marks: ReadonlyArray<{ readonly name: string; readonly sequence: string; readonly release: string }>;
  };
  "release.withdrawn": { readonly release: string; readonly reason: Withdrawal; readonly actor: string };
  /** A node reported how a manifest fared (SUIT_Report), and the report was replayed against that manifest. */
  "release.reported": {
    readonly node: NodeId;
    /** Digest of the manifest that the report names, hex; without it the report could not be read. */
    readonly release?: string;
    /** `doubtful`: it cannot be about that manifest, or about none that is known here. */
    readonly result: "success" | "pending" | "failed" | "doubtful";
    /** One of suit-report's, by its name in sidgate-suit. */
    readonly reason?: string;
    /** The command that failed, e.g. `install, step 4`. */
    readonly place?: string;
    /** What happened, in a sentence. */
    readonly text: string;
    /** As the node wrote it. */
    readonly report: Uint8Array;
  };
  /** An endpoint registered with the resource directory, perhaps again (RFC 9176 §5). */
  "directory.registered": {
    readonly registration: string;
    readonly endpoint: string;
    readonly sector?: string;
    /** The node of the inventory that said so itself: it is awake, and bound to say so again within its lifetime. */
    readonly node?: NodeId;
    /** Who may change it: `node:ID`, `manager:NAME`, or in lab mode `host:ADDRESS`. */
    readonly owner: string;
    readonly base: string;
    /** The base was a parameter, so an update from another address does not change it. */
    readonly fixed?: true;
    /** The link that a link-local base belongs to. */
    readonly link?: string;
    /** Seconds from `at`. */
    readonly lifetime: number;
    /** Link-format document. */
    readonly links: string;
    /** Registration parameters besides those above, e.g. `et`. */
    readonly attributes?: ReadonlyArray<readonly [name: string, value: string]>;
  };
  /** A registration lives on, `lifetime` seconds from `at`. What is not named stays as it is; links always do. */
  "directory.renewed": {
    readonly registration: string;
    readonly node?: NodeId;
    readonly lifetime: number;
    readonly base?: string;
    readonly fixed?: true;
    /** Stands and falls with `base`. */
    readonly link?: string;
    readonly attributes?: ReadonlyArray<readonly [name: string, value: string]>;
  };
  "directory.removed": {
    readonly registration: string;
    readonly endpoint: string;
    readonly node?: NodeId;
    readonly reason: "deleted" | "expired";
  };
  "campaign.created": {
    readonly campaign: string;
    readonly name: string;
    readonly image: Digest;
    /** What nodes run that have installed it, where it is encrypted. */
    readonly becomes?: Digest;
    readonly targets: readonly NodeId[];
    readonly excluded: ReadonlyArray<{ readonly node: NodeId; readonly reason: string; readonly detail?: string }>;
    /** That of the first group; facts of before there were groups have nothing else. */
    readonly stopAtPct: number;
    readonly silentAfter: number;
    readonly plan?: CampaignPlan;
    /** The targets of each group, in the order of the plan. */
    readonly groups?: ReadonlyArray<readonly NodeId[]>;
    readonly actor: string;
  };
  /** A wave began, or its successor may. */
  "campaign.group": {
    readonly campaign: string;
    /** Counted from 0. */
    readonly group: number;
    readonly to: "open" | "passed";
    readonly reason: string;
    readonly actor: string;
  };
  /** A node that came later, or fitted later, takes part, too. */
  "campaign.joined": { readonly campaign: string; readonly node: NodeId; readonly group: number };
  "campaign.forecast": { readonly campaign: string; readonly forecast: CampaignForecast };
  /** It is done: how long it took, and by how many percent of that its forecast (p50) was wrong. */
  "campaign.measured": { readonly campaign: string; readonly took: Millis; readonly errorPct: number };
  "campaign.state": {
    readonly campaign: string;
    readonly from: CampaignState;
    readonly to: CampaignState;
    readonly reason: string;
    readonly actor: string;
  };
  "ota.phase": {
    readonly campaign: string;
    readonly node: NodeId;
    readonly from: Phase;
    readonly to: Phase;
    readonly reason?: string;
    /** Bytes of the image that the node has stored, when it said so. */
    readonly received?: number;
    /** The node was counted as silent for the stop rule. */
    readonly silent?: boolean;
    /** Which try this is; without it the first. */
    readonly attempt?: number;
    /** In which group the node is; without it the first. */
    readonly group?: number;
    /** What it was offered is a patch, or the image compressed. */
    readonly encoded?: boolean;
  };
  /** A command that may be delivered again is about to be carried out: should its end be missing, it was cut off. */
  "command.begun": {
    readonly id: string;
    readonly op: string;
    readonly actor: string;
    readonly node?: NodeId;
    /** Digest of its arguments: the same id with others is another command. */
    readonly asked?: string;
    readonly reply?: ReplyAddress;
  };
  /** A command that ends later, e.g. after a node's next wake: who gave it was told so. */
  "command.accepted": {
    readonly id: string;
    readonly op: string;
    readonly actor: string;
    readonly node?: NodeId;
    /** As above. */
    readonly asked?: string;
    /** What ends it. */
    readonly wait: CommandWait;
    /** It ends as `expired` then, whatever comes of it. */
    readonly deadline?: Millis;
    /** When it is expected to be carried out. */
    readonly willRunAt?: Millis;
    /** Its place among those that wait for the same node, counted from 1. */
    readonly position?: number;
    readonly reply?: ReplyAddress;
  };
  "command.done": {
    readonly id: string;
    readonly op: string;
    readonly actor: string;
    readonly outcome: "completed" | "failed" | "expired";
    /** The answer as JSON text: the same id again gets it without a second execution. */
    readonly answer: string;
    readonly node?: NodeId;
    readonly reply?: ReplyAddress;
  };
  /** A command that was not even looked at, or whose answer may go nowhere; told once for all of a burst. */
  "command.refused": {
    /** One of the error table. */
    readonly code: string;
    readonly text: string;
    readonly op?: string;
    readonly id?: string;
    readonly node?: NodeId;
    readonly actor: string;
    /** How many of this kind came since the last that was told; without it one. */
    readonly times?: number;
  };
  /** A configured subscription (RFC 8641) has something to say of a node: what changed, or how it stands. */
  "push.updated": {
    readonly node: NodeId;
    /** Number of the subscription in the configuration, counted from 1. */
    readonly subscription: number;
    /** Its path, as it is configured: under another one the number stands for another subscription. */
    readonly path: string;
    /** The latest observation in it. */
    readonly observed: Millis;
    /** On change: what became of each instance; `data` is one identifier and value (content format 142), null when it went. */
    readonly edits?: ReadonlyArray<{ readonly op: "create" | "replace" | "delete"; readonly data: Uint8Array }>;
    /** Periodic, and the first of an on-change subscription: the subtree as a root map (content format 140). */
    readonly data?: Uint8Array;
    /** `data` is only what changes are counted from: nobody is told (RFC 8641 §3.3, sync-on-start). */
    readonly untold?: true;
  };
}

/** Where answers to a command are told by a face that reads them from the journal. */
export interface ReplyAddress {
  readonly topic: string;
  /** Given back as it came (MQTT 5.0 §3.3.2.3.6). */
  readonly correlation?: Uint8Array;
}

/** What ends a command that was accepted. */
export type CommandWait =
  /** The node applied the edit of this revision, or would not have it. `parts`: revisions that it has, this being the last; one. */
  | { readonly kind: "edit"; readonly revision: number; readonly parts?: number }
  /** The node reported after this was asked; then the paths are read (none = its whole tree). */
  | { readonly kind: "report"; readonly paths: readonly string[] }
  /** Its update ended. */
  | { readonly kind: "update"; readonly campaign: string }
  /** A call of one of its operations; it does not survive a restart of the gateway. */
  | { readonly kind: "call"; readonly path: string }
  /** An image that was named by its URI is here. `uri`: in its normal form; without it any that names the digest. */
  | { readonly kind: "image"; readonly digest: Digest; readonly uri?: string };

export type FactType = keyof FactBodies;

/** A fact as the journal gives it back. `seq` counts from 1 over the whole site. */
export type Fact = {
  [T in FactType]: { readonly seq: number; readonly at: Millis; readonly type: T } & FactBodies[T];
}[FactType];
/** A fact before it has a number. */
export type NewFact = { [T in FactType]: { readonly at: Millis; readonly type: T } & FactBodies[T] }[FactType];
