// Written by scripts/docs.ts from the tables in the code. Every message of version 1 of the MQTT contract (docs/mqtt.md).
// Numbers of 64 bits are text; times are RFC 3339 in UTC. A later Sidgate may add members, events and words.

/** `sidgate/1/{site}/g/{process}/status`: Presence of one process of the site, and its last will. */
export interface Status {
  /** Whether the process is there. */
  readonly state: "online" | "offline";
  /** What the process is; said while it is online. */
  readonly roles?: readonly ("gateway" | "bridge")[];
  /** Epoch of the site's history. */
  readonly epoch: number;
  /** Names the start of the process; later starts sort later. */
  readonly boot: string;
  /** Counts the connections of that start from 1; a will has that of the connection which it ends. */
  readonly conn: number;
  /** Since when it is so; a will does not know. */
  readonly since?: string;
  /** Why; without it the connection was lost and the broker speaks the will. */
  readonly reason?: "start" | "reconnect" | "shutdown";
  /** `embedded-for-trying`: the broker is part of this process and keeps nothing. */
  readonly broker?: "configured" | "embedded-for-trying";
  /** Number that the next fact will have. */
  readonly "next-seq"?: string;
  /** `lab`: something is left unprotected for trying; `warnings` of the site's birth says what. */
  readonly mode?: "lab" | "secured";
}

/** `sidgate/1/{site}/birth`: The site: its name, software, capabilities, warnings. */
export interface SiteBirth {
  /** Identifier of the JSON Schema of this message. */
  readonly schema: string;
  /** Name of the site for people. */
  readonly name?: string;
  /** Versions: `sidgate`, `node`. */
  readonly software: {
    /** A version. */
    readonly [name: string]: string;
  };
  /** What this site can do; unknown ones are to be ignored. */
  readonly capabilities: readonly string[];
  /** `lab`: something is left unprotected for trying; `warnings` of the site's birth says what. */
  readonly mode?: "lab" | "secured";
  /** What is left unprotected, a sentence each. */
  readonly warnings?: readonly string[];
  /** Of the gateway's own datastore: its modules are those of the default set. */
  readonly "yang-library"?: {
    /** Changes with the modules (RFC 8525 §3): the checksum of the event `models.changed`. */
    readonly "content-id": string;
  };
  /** What `mqtt.push` has configured (RFC 8639 §2.5), where it has. */
  readonly subscriptions?: readonly {
    /** Its number, which each push names. */
    readonly id: number;
    /** When it tells. */
    readonly kind: "on-change" | "periodic";
    /** What it tells of, as a path of instances. */
    readonly path: string;
    /** On change: least seconds between two updates. */
    readonly "dampening-s"?: number;
    /** On change: whether the first update tells all of it; false = changes alone are told. */
    readonly "sync-on-start"?: boolean;
    /** Periodic: seconds of a period; periods begin at its multiples since 1970-01-01T00:00:00Z. */
    readonly "period-s"?: number;
    /** Filter of the nodes that it is to; without it, all of them. */
    readonly nodes?: string;
  }[];
  /** Protocol version of this connection: 5, or 4 for MQTT 3.1.1. */
  readonly mqtt: 4 | 5;
  /** Path of this contract as an AsyncAPI document, at the gateway's status page. */
  readonly asyncapi?: string;
  /** Epoch of the site's history. */
  readonly epoch: number;
  /** Number that the next fact will have: what is below it can be replayed. */
  readonly "next-seq": string;
}

/** `sidgate/1/{site}/health`: Figures of the whole site, every 60 s. */
export interface Health {
  /** When it was so; on MQTT 3.1.1 treat it as unknown after 180 s. */
  readonly time: string;
  /** By the id of the process. */
  readonly processes: {
    /** Figures of one process. */
    readonly [process: string]: {
      /** Seconds since it started. */
      readonly "uptime-s"?: number;
      /** Memory in use. */
      readonly "rss-mib"?: number;
    };
  };
  /** Nodes by state. */
  readonly nodes: {
    /** All nodes. */
    readonly total: number;
    /** Nodes that were never heard. */
    readonly unknown: number;
    /** Nodes that listen now. */
    readonly awake: number;
    /** Nodes that are well and asleep. */
    readonly asleep: number;
    /** Nodes that missed a wake. */
    readonly overdue: number;
    /** Nodes that missed so many that they are given up. */
    readonly lost: number;
  };
  /** The side of the nodes, since the last such message. */
  readonly coap?: {
    /** Datagrams heard a second. */
    readonly "rx-s": number;
    /** Share of datagrams that came again. */
    readonly "retransmit-pct": number;
    /** Blocks of images served a second. */
    readonly "blocks-s": number;
    /** Requests since the start of the gateway. */
    readonly oscore: {
      /** Requests that were let in. */
      readonly opened: number;
      /** Refused: not made with the key. */
      readonly "not-authentic": number;
      /** Refused: nobody's. */
      readonly "unknown-context": number;
      /** Refused: came before. */
      readonly replays: number;
      /** Asked to prove that they are fresh (Echo). */
      readonly challenged: number;
      /** Refused: not well formed. */
      readonly malformed: number;
      /** Not answered: no sequence number was left. */
      readonly numberless: number;
    };
  };
  /** Images in memory, since the last such message. */
  readonly cache?: {
    /** Share of looks at images whose bytes were in memory; not there when there was none. */
    readonly "hit-pct"?: number;
    /** Bytes of images in memory; `images.cache-bytes` is the most. */
    readonly bytes: number;
  };
  /** YANG module sets. */
  readonly models?: {
    /** Module sets. */
    readonly sets: number;
    /** Those whose files are refused; they stay as they were. */
    readonly refused: readonly string[];
  };
  /** The gateway's clock. */
  readonly clock?: {
    /** Whether the gateway's clock is known to be right. */
    readonly synchronised: boolean;
    /** Why, as a word of docs/clock.md. */
    readonly why: string;
  };
  /** The way to the broker. */
  readonly mqtt: {
    /** Whether the bridge is connected to the broker. */
    readonly connected: boolean;
    /** Events, pushes and replies that wait for the broker. */
    readonly "journal-depth": number;
    /** Retained topics that wait for the broker. */
    readonly "latest-depth": number;
    /** For how many seconds the oldest of them has waited. */
    readonly "oldest-s": number;
    /** Bytes of all events, pushes and replies that are kept, those for replay among them. */
    readonly "outbox-bytes": number;
    /** What waits takes up four fifths of `mqtt.outbox-bytes`: its oldest will soon be lost. */
    readonly "outbox-filling": boolean;
  };
  /** Further sections. */
  readonly [section: string]: unknown;
}

/** `sidgate/1/{site}/n/{node}/birth`: Who a node is: names, model, software, how it sleeps. */
export interface NodeBirth {
  /** Its name for people. */
  readonly name: string;
  /** The name that it uses for itself; it changes when a device is replaced. */
  readonly endpoint: string;
  /** Its module set; without it the default one. */
  readonly models?: string;
  /** Make and model, as it told them. */
  readonly model?: string;
  /** Hardware revision. */
  readonly hw?: string;
  /** Versions of its software: `app`. */
  readonly sw?: {
    /** A version. */
    readonly [part: string]: string;
  };
  /** How it is spoken to. */
  readonly transport: "coreconf";
  /** `none`: it has no credentials, and is heard in lab mode only. */
  readonly security: "oscore" | "none";
  /** There for a node that told how often it wakes. */
  readonly sleepy?: {
    /** Seconds between two wakes, as the node is configured. */
    readonly "interval-s": number;
    /** For how long it listens after its last word, where it told so; else it is 93 seconds. */
    readonly "listen-ms"?: number;
  };
}

/** `sidgate/1/{site}/n/{node}/state`: How a node is: its state, last and next wake, battery. */
export interface NodeState {
  /** How it is; `unknown` until it is heard. */
  readonly state: "unknown" | "awake" | "asleep" | "overdue" | "lost";
  /** When it was heard last. */
  readonly "last-seen"?: string;
  /** When it is expected. */
  readonly "next-wake"?: string;
  /** Wakes that it missed since then. */
  readonly "missed-wakes": number;
  /** Its battery in millivolts, where it measures it. */
  readonly "battery-mv"?: number;
  /** Edits that wait for it; those of the same data are merged while they wait. */
  readonly pending: number;
}

/** `sidgate/1/{site}/n/{node}/ota`: Where the update of a node stands. */
export interface NodeOta {
  /** Version that it runs. */
  readonly installed_version: string | null;
  /** Version that it is to run. */
  readonly latest_version: string | null;
  /** What is updated: its model. */
  readonly title: string | null;
  /** Whether it is busy with it. */
  readonly in_progress: boolean;
  /** How much of the image it has; null outside a download. */
  readonly update_percentage: number | null;
  /** What Home Assistant does not read. */
  readonly detail: {
    /** The campaign that updates it. */
    readonly campaign: string;
    /** Its group in that, counted from 1. */
    readonly group: number;
    /** Where the update stands. */
    readonly phase: "idle" | "available" | "queued" | "waiting-wake" | "offered" | "downloading" | "downloaded" | "verifying" | "ready" | "waiting-window" | "applying" | "rebooting" | "confirming" | "done" | "rolled-back" | "failed" | "blocked" | "skipped";
    /** Which try this is. */
    readonly attempt: number;
    /** Bytes that it has stored, and bytes in all; there while the update is under way. */
    readonly bytes?: readonly [number, number];
    /** When it is expected; there while the update is under way. */
    readonly "next-wake"?: string;
    /** What vouches for the image: a signed manifest, or nobody (`lab`). */
    readonly verified?: "lab" | "manifest";
    /** It missed too many wakes, and counts as silent in its campaign. */
    readonly silent?: true;
    /** Why the update did not get on. */
    readonly reason: string | null;
  };
}

/** `sidgate/1/{site}/n/{node}/data/{module}`: Last known data of one YANG module of a node. */
export interface NodeData {
  /** Which reading this is. */
  readonly "sidgate-mqtt:meta": {
    /** Number of the fact that last changed the data. */
    readonly seq: string;
    /** Epoch of that number: the highest (`epoch`, `seq`) wins. */
    readonly epoch: number;
    /** When the node took the reading; of two with one `seq` the later one wins. */
    readonly observed?: string;
  };
  /** Top-level data of the module, RFC 7951. */
  readonly [moduleName: string]: unknown;
}

/** `sidgate/1/{site}/n/{node}/push`: What configured subscriptions say of a node, in order. */
export interface NodePush {
  /** What changed (RFC 8641 §3.7). */
  readonly "ietf-yang-push:push-change-update"?: {
    /** Number of the subscription in `mqtt.push`, counted from 1. */
    readonly id: number;
    /** What changed. */
    readonly "datastore-changes": {
      /** RFC 8072. */
      readonly "yang-patch": {
        /** The `seq` of the push. */
        readonly "patch-id": string;
        /** What changed, in order. */
        readonly edit: readonly {
          /** Counts the edits of this push. */
          readonly "edit-id": string;
          /** What became of it. */
          readonly operation: "create" | "replace" | "delete";
          /** Which instance, as an RFC 8040 path. */
          readonly target: string;
          /** What it is now, RFC 7951; not there after `delete`. */
          readonly value?: unknown;
        }[];
      };
    };
    /** `[null]`: something is left out, since the node's modules of today do not have it (RFC 8641 §3.11.1). */
    readonly "incomplete-update"?: readonly null[];
  };
  /** How it stands (RFC 8641 §3.7). */
  readonly "ietf-yang-push:push-update"?: {
    /** Number of the subscription in `mqtt.push`, counted from 1. */
    readonly id: number;
    /** The data under the path of the subscription, RFC 7951. */
    readonly "datastore-contents": unknown;
    /** `[null]`: something is left out, since the node's modules of today do not have it (RFC 8641 §3.11.1). */
    readonly "incomplete-update"?: readonly null[];
  };
  /** Its numbers. */
  readonly "sidgate-mqtt:meta": {
    /** Number of the push. */
    readonly seq: string;
    /** Number of the push before, on this topic; 0 for the first of an epoch. */
    readonly "prev-seq": string;
    /** Epoch of these numbers. */
    readonly epoch: number;
    /** When the node took the latest reading in it. */
    readonly observed: string;
    /** SID of what the subscription's path leads to (RFC 9595), where it has one. */
    readonly "sid-path"?: number;
  };
}

/** `sidgate/1/{site}/c/{campaign}`: Summary of a campaign: its state, its counts, when it will be done. */
export interface Campaign {
  /** Its name for people. */
  readonly name: string;
  /** How it is. */
  readonly state: "waiting-approval" | "running" | "paused" | "stopped" | "aborted" | "done";
  /** Why it is so. */
  readonly reason?: string;
  /** Counts the changes of the campaign itself; a command may expect it (`if-version`). */
  readonly version: string;
  /** Model and version of the image. */
  readonly release?: string;
  /** Digest of the image. */
  readonly image: string;
  /** The group that began last. */
  readonly group: {
    /** Which one, counted from 1. */
    readonly index: number;
    /** How many there are. */
    readonly of: number;
    /** Its name. */
    readonly name?: string;
  };
  /** Each node once. */
  readonly counts: {
    /** Nodes that take part: the five sums that follow. */
    readonly total: number;
    /** Nodes that run the image. */
    readonly done: number;
    /** Nodes in `offered` to `confirming`. */
    readonly active: number;
    /** Nodes in `idle` to `waiting-wake`. */
    readonly waiting: number;
    /** Nodes in `failed`, `rolled-back` or `blocked`. */
    readonly failed: number;
    /** Waiting or active nodes that missed too many wakes. */
    readonly silent: number;
    /** Nodes that have no part in it any more; not in `total`. */
    readonly skipped: number;
  };
  /** (failed + silent) / (done + failed + silent). */
  readonly "error-pct": number;
  /** From which errors on its first group stops it. */
  readonly "stop-at-pct": number;
  /** When images may be fetched. */
  readonly window?: string;
  /** When they may be applied. */
  readonly "apply-window"?: string;
  /** When it is expected to be done, at even odds; there until it is over. */
  readonly eta?: string;
  /** The same, nine times in ten. */
  readonly "eta-p90"?: string;
}

/** `sidgate/1/{site}/log`: Lines of the log, where `mqtt.log` is on. */
export interface Log {
  /** When it was written. */
  readonly time: string;
  /** How grave it is. */
  readonly level: "error" | "warn" | "info";
  /** What happened, as a name with dots. */
  readonly event: string;
  /** The facts of the line. */
  readonly [fact: string]: unknown;
}

/** What every event has. */
export interface EventBase {
  /** Number of the fact in the site's history. It has holes that are no gaps. */
  readonly seq: string;
  /** Number of the event before; 0 for the first of an epoch. */
  readonly "prev-seq": string;
  /** Epoch of these numbers: it rises when the history was put back from a copy. */
  readonly epoch: number;
  /** Id of the event; it follows from its number, so that a repeated event has it, too. */
  readonly id: string;
  /** When the fact was written to the journal. */
  readonly time: string;
  /** When it was observed. */
  readonly observed: string;
  /** SHA-256 of the payload without this member; null in a `journal.overflow` of what nobody knows any more. */
  readonly hash: string | null;
  /** `hash` of the event before; null in the first event of an epoch. */
  readonly prev: string | null;
}

/** A gateway process started. */
export interface GatewayStartedEvent extends EventBase {
  readonly type: "gateway.started";
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Version of Sidgate. */
  readonly version: string;
  /** Names the start. */
  readonly boot: string;
  /** `lab`: something is left unprotected for trying. */
  readonly mode: "lab" | "secured";
}

/** What the site is kept in could not be reached for a while, and nothing was lost. */
export interface StoreReturnedEvent extends EventBase {
  readonly type: "store.returned";
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** For how long. */
  readonly "away-ms": number;
}

/** The gateway's clock became right, or is no longer known to be; or somebody moved it. */
export interface ClockStateEvent extends EventBase {
  readonly type: "clock.state";
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Whether it is known to be right from now on. */
  readonly synchronised: boolean;
  /** Why, as a word of docs/clock.md. */
  readonly why: string;
  /** How far time jumped with this event; negative = back. */
  readonly "step-ms"?: number;
}

/** A node was added to the inventory. */
export interface NodeJoinedEvent extends EventBase {
  readonly type: "node.joined";
  /** The node. */
  readonly node: string;
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** The name that it uses for itself. */
  readonly endpoint: string;
  /** Its name for people. */
  readonly name: string;
}

/** A node has another name. */
export interface NodeRenamedEvent extends EventBase {
  readonly type: "node.renamed";
  /** The node. */
  readonly node: string;
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** The new one. */
  readonly name: string;
}

/** A node works with another module set from now on. */
export interface NodeModelsEvent extends EventBase {
  readonly type: "node.models";
  /** The node. */
  readonly node: string;
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** The module set; null = the default one. */
  readonly models: string | null;
  /** Of the set's YANG library. */
  readonly checksum?: string;
}

/** Another device takes the place of a node: id, name and topics stay, what was measured is forgotten. */
export interface NodeReplacedEvent extends EventBase {
  readonly type: "node.replaced";
  /** The node. */
  readonly node: string;
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Endpoint of the new device. */
  readonly endpoint: string;
  /** Endpoint of the former one. */
  readonly former: string;
}

/** A node was removed; its retained topics are cleared after this. */
export interface NodeRemovedEvent extends EventBase {
  readonly type: "node.removed";
  /** The node. */
  readonly node: string;
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
}

/** A node said what had happened: notifications of its own modules. */
export interface NodeNotifiedEvent extends EventBase {
  readonly type: "node.notified";
  /** The node. */
  readonly node: string;
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** RFC 7951, the newest first; one in a list stands inside the list and its keys (RFC 7950 §7.16.2). */
  readonly notifications: readonly { readonly [member: string]: unknown }[];
}

/** A node fell silent, or came back. */
export interface NodeReachabilityEvent extends EventBase {
  readonly type: "node.reachability";
  /** The node. */
  readonly node: string;
  /** How it was. */
  readonly from: "unknown" | "awake" | "asleep" | "overdue" | "lost";
  /** How it is. */
  readonly to: "unknown" | "awake" | "asleep" | "overdue" | "lost";
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Wakes that it missed. */
  readonly "missed-wakes": number;
}

/** The modules of a set are others than before, or told for the first time. */
export interface ModelsChangedEvent extends EventBase {
  readonly type: "models.changed";
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** The module set; null = the default one. */
  readonly models: string | null;
  /** Of the set's YANG library. */
  readonly checksum: string;
}

/** A security context was made for a node or a manager. */
export interface CredentialAddedEvent extends EventBase {
  readonly type: "credential.added";
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Id of the credential. */
  readonly credential: string;
  /** The node whose it is; a manager has none. */
  readonly node?: string;
  /** Its holder: endpoint of a node, or name of a manager. */
  readonly name?: string;
}

/** A security context is valid no longer; of a node that goes, before `node.removed`. */
export interface CredentialRemovedEvent extends EventBase {
  readonly type: "credential.removed";
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Id of the credential. */
  readonly credential: string;
  /** The node whose it is; a manager has none. */
  readonly node?: string;
  /** Its holder: endpoint of a node, or name of a manager. */
  readonly name?: string;
}

/** A manager's edit of the configuration of a node, or of the gateway itself, was accepted. */
export interface DatastoreEditedEvent extends EventBase {
  readonly type: "datastore.edited";
  /** There, in place of `node`, when it is the gateway's own. */
  readonly root?: "gateway";
  /** The node. */
  readonly node?: string;
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Revision that the node reaches by it. */
  readonly revision?: number;
  /** Revisions of former edits that it takes the place of. */
  readonly supersedes?: readonly number[];
  /** It is on trial: unless so many wakes after it was applied are healthy ones, it is taken back. */
  readonly confirm?: {
    /** Wakes. */
    readonly wakes: number;
  };
  /** Revision of the trial that it takes back. */
  readonly reverts?: number;
}

/** Edits got on, or came to their end. */
export interface EditStateEvent extends EventBase {
  readonly type: "edit.state";
  /** The node. */
  readonly node: string;
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** What they are now. */
  readonly to: "delivered" | "applied" | "rejected" | "expired";
  /** Which edits. */
  readonly edits: readonly {
    /** Its revision. */
    readonly revision: number;
    /** Instance that it edits. */
    readonly path: string;
  }[];
  /** Why the node would not have them: an error-app-tag, or `unsaid`. */
  readonly reason?: string;
}

/** An edit on trial was confirmed, or is taken back. */
export interface EditTrialEvent extends EventBase {
  readonly type: "edit.trial";
  /** The node. */
  readonly node: string;
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** That of the last edit on trial. */
  readonly revision: number;
  /** What became of it. */
  readonly outcome: "confirmed" | "reverted";
  /** Why. */
  readonly reason?: string;
}

/** The bytes of an image are here. */
export interface ImageAddedEvent extends EventBase {
  readonly type: "image.added";
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Digest of the image. */
  readonly image: string;
  /** The model that it is for. */
  readonly model: string;
  /** Its version. */
  readonly version: string;
  /** Name of its file. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** What vouches for it: a signed manifest, or nobody (`lab`). */
  readonly verified: "lab" | "manifest";
  /** What it begins with; absent for a plain binary. */
  readonly format?: "mcuboot";
  /** The version in its header. */
  readonly built?: string;
}

/** An image is named that lies at its author's, and fetched from there. */
export interface ImageNamedEvent extends EventBase {
  readonly type: "image.named";
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Digest of the image. */
  readonly image: string;
  /** Where it is; a query is not shown, since it may hold a token. */
  readonly uri: string;
  /** The model that it is for. */
  readonly model: string;
  /** Its version. */
  readonly version: string;
  /** Bytes, where somebody said how many it has. */
  readonly size?: number;
}

/** An image cannot be fetched any more. */
export interface ImageRemovedEvent extends EventBase {
  readonly type: "image.removed";
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Digest of the image. */
  readonly image: string;
}

/** Signatures of a key are believed from now on. */
export interface TrustAnchorAddedEvent extends EventBase {
  readonly type: "trust.anchor-added";
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** RFC 9679 thumbprint of the key. */
  readonly anchor: string;
  /** Whose it is. */
  readonly name: string;
}

/** Signatures of a key are believed no longer. */
export interface TrustAnchorRemovedEvent extends EventBase {
  readonly type: "trust.anchor-removed";
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** RFC 9679 thumbprint of the key. */
  readonly anchor: string;
  /** Whose it was. */
  readonly name: string;
}

/** So many keys must have signed a release. */
export interface TrustThresholdEvent extends EventBase {
  readonly type: "trust.threshold";
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** For this vendor only. */
  readonly vendor?: string;
  /** For this class only. */
  readonly class?: string;
  /** How many. */
  readonly signers: number;
}

/** A release was believed. */
export interface ReleaseAcceptedEvent extends EventBase {
  readonly type: "release.accepted";
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Digest of the release's manifest. */
  readonly release: string;
  /** Its sequence number. */
  readonly sequence: string;
  /** Anchors whose signatures count. */
  readonly signers: readonly string[];
  /** The model that it is for. */
  readonly model?: string;
  /** Its version. */
  readonly version?: string;
  /** Images that it vouches for. */
  readonly images: readonly string[];
}

/** A start took sequence marks from the file beside the keys, since the journal did not have them. */
export interface ReleaseMarksEvent extends EventBase {
  readonly type: "release.marks";
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** How many. */
  readonly marks: number;
}

/** A release is believed no longer. */
export interface ReleaseWithdrawnEvent extends EventBase {
  readonly type: "release.withdrawn";
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Digest of the release's manifest. */
  readonly release: string;
  /** Why. */
  readonly reason: "revoked" | "quarantined" | "untrusted";
}

/** What the SUIT report of a node comes to when it is replayed against the release. */
export interface ReleaseReportedEvent extends EventBase {
  readonly type: "release.reported";
  /** The node. */
  readonly node: string;
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Digest of the manifest that the report names; without it the report could not be read. */
  readonly release?: string;
  /** `doubtful`: it cannot be about that release, or about none that is known here. */
  readonly result: "success" | "pending" | "failed" | "doubtful";
  /** One of suit-report's, as sidgate-suit names it. */
  readonly reason?: string;
  /** The command that failed. */
  readonly place?: string;
  /** What happened, in a sentence. */
  readonly text: string;
}

/** A campaign was made. */
export interface CampaignCreatedEvent extends EventBase {
  readonly type: "campaign.created";
  /** The campaign. */
  readonly campaign: string;
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Its name for people. */
  readonly name: string;
  /** Digest of the image. */
  readonly image: string;
  /** Nodes that take part. */
  readonly targets: number;
  /** Nodes that were looked at and left out. */
  readonly excluded: number;
  /** Names of its groups, in order. */
  readonly groups?: readonly string[];
}

/** A group of a campaign began, or has passed. */
export interface CampaignGroupEvent extends EventBase {
  readonly type: "campaign.group";
  /** The campaign. */
  readonly campaign: string;
  /** The group, counted from 1. */
  readonly group: number;
  /** `passed`: the next one may begin. */
  readonly to: "open" | "passed";
  /** Why. */
  readonly reason: string;
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
}

/** A node that came later takes part, too. */
export interface CampaignJoinedEvent extends EventBase {
  readonly type: "campaign.joined";
  /** The campaign. */
  readonly campaign: string;
  /** The node. */
  readonly node: string;
  /** The group, counted from 1. */
  readonly group: number;
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
}

/** What is to be expected of a campaign, counted from its start. */
export interface CampaignForecastEvent extends EventBase {
  readonly type: "campaign.forecast";
  /** The campaign. */
  readonly campaign: string;
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Seconds in which half of the simulated courses ended. */
  readonly "p50-s": number;
  /** Seconds in which nine tenths did. */
  readonly "p90-s": number;
  /** Nodes that will not make it. */
  readonly unlikely: number;
  /** Of a node on average, in millijoule. */
  readonly "energy-mj": number;
  /** Radio time by mesh. */
  readonly airtime: readonly {
    /** The mesh. */
    readonly mesh: string;
    /** Radio time in it. */
    readonly "time-ms": number;
  }[];
}

/** How long a campaign took, and how wrong its forecast was. */
export interface CampaignMeasuredEvent extends EventBase {
  readonly type: "campaign.measured";
  /** The campaign. */
  readonly campaign: string;
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Seconds. */
  readonly "took-s": number;
  /** By how much of that the forecast was wrong. */
  readonly "forecast-error-pct": number;
}

/** A campaign began, rests, stopped or ended. */
export interface CampaignStateEvent extends EventBase {
  readonly type: "campaign.state";
  /** The campaign. */
  readonly campaign: string;
  /** How it was. */
  readonly from: "waiting-approval" | "running" | "paused" | "stopped" | "aborted" | "done";
  /** How it is. */
  readonly to: "waiting-approval" | "running" | "paused" | "stopped" | "aborted" | "done";
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Why. */
  readonly reason?: string;
}

/** The update of a node is in another phase, or the node counts as silent. */
export interface OtaPhaseEvent extends EventBase {
  readonly type: "ota.phase";
  /** The node. */
  readonly node: string;
  /** The campaign. */
  readonly campaign: string;
  /** Where it stood. */
  readonly from: "idle" | "available" | "queued" | "waiting-wake" | "offered" | "downloading" | "downloaded" | "verifying" | "ready" | "waiting-window" | "applying" | "rebooting" | "confirming" | "done" | "rolled-back" | "failed" | "blocked" | "skipped";
  /** Where it stands. */
  readonly to: "idle" | "available" | "queued" | "waiting-wake" | "offered" | "downloading" | "downloaded" | "verifying" | "ready" | "waiting-window" | "applying" | "rebooting" | "confirming" | "done" | "rolled-back" | "failed" | "blocked" | "skipped";
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Why. */
  readonly reason?: string;
  /** It missed too many wakes, and counts as silent in its campaign. */
  readonly silent?: boolean;
}

/** A command will be carried out later, e.g. at a node's next wake. */
export interface CommandAcceptedEvent extends EventBase {
  readonly type: "command.accepted";
  /** The node that it is for. */
  readonly node?: string;
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Id of the command. */
  readonly command: string;
  /** What was to be done. */
  readonly op: string;
  /** When it ends as `expired`, whatever comes of it. */
  readonly deadline?: string;
}

/** A command ended. Its result is told to who gave it, and to nobody else. */
export interface CommandDoneEvent extends EventBase {
  readonly type: "command.done";
  /** The node that it was for. */
  readonly node?: string;
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Id of the command. */
  readonly command: string;
  /** What was to be done. */
  readonly op: string;
  /** How. */
  readonly outcome: "completed" | "failed" | "expired";
  /** Code of the error, as docs/errors.md has it. */
  readonly error?: string;
}

/** A command was not even looked at, or its answer may go nowhere; told once for all of a burst. */
export interface CommandRefusedEvent extends EventBase {
  readonly type: "command.refused";
  /** The node that it was for. */
  readonly node?: string;
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Id of the command, where it could be read. */
  readonly command?: string;
  /** What was to be done, where it could be read. */
  readonly op?: string;
  /** Code of the error, as docs/errors.md has it. */
  readonly error: string;
  /** What was wrong, in a sentence. */
  readonly text: string;
  /** How many of this kind came since the last that was told; without it one. */
  readonly times?: number;
}

/** It stands for messages that were not told, since the broker was away for too long or takes none so large; its `hash` is that of the last one. */
export interface JournalOverflowEvent extends EventBase {
  readonly type: "journal.overflow";
  /** Who caused it: `system`, or e.g. `cli:root`, `mqtt:bms-1`, `node:n-4k7q2m`. */
  readonly actor: string;
  /** Number of the first one. */
  readonly "from-seq": string;
  /** Number of the last one. */
  readonly "to-seq": string;
}

/** `sidgate/1/{site}/event`: told apart by `type`. Ignore types that are not known. */
export type SidgateEvent =
  | GatewayStartedEvent
  | StoreReturnedEvent
  | ClockStateEvent
  | NodeJoinedEvent
  | NodeRenamedEvent
  | NodeModelsEvent
  | NodeReplacedEvent
  | NodeRemovedEvent
  | NodeNotifiedEvent
  | NodeReachabilityEvent
  | ModelsChangedEvent
  | CredentialAddedEvent
  | CredentialRemovedEvent
  | DatastoreEditedEvent
  | EditStateEvent
  | EditTrialEvent
  | ImageAddedEvent
  | ImageNamedEvent
  | ImageRemovedEvent
  | TrustAnchorAddedEvent
  | TrustAnchorRemovedEvent
  | TrustThresholdEvent
  | ReleaseAcceptedEvent
  | ReleaseMarksEvent
  | ReleaseWithdrawnEvent
  | ReleaseReportedEvent
  | CampaignCreatedEvent
  | CampaignGroupEvent
  | CampaignJoinedEvent
  | CampaignForecastEvent
  | CampaignMeasuredEvent
  | CampaignStateEvent
  | OtaPhaseEvent
  | CommandAcceptedEvent
  | CommandDoneEvent
  | CommandRefusedEvent
  | JournalOverflowEvent;

/** The command will be carried out later; a second answer follows. */
export interface ReplyAccepted {
  /** Id of the command. */
  readonly id: string;
  /** It will be carried out; a second answer says how it ended. */
  readonly status: "accepted";
  /** When that is expected: the next wake of the node. */
  readonly "will-run-at"?: string;
  /** Its place among those that wait for the same node, counted from 1. */
  readonly position?: number;
}

/** The command was carried out. */
export interface ReplyCompleted {
  /** Id of the command. */
  readonly id: string;
  /** It was carried out. */
  readonly status: "completed";
  /** What came of it, a member each; one of the name `id` or `status` is told as `result-id`, `result-status`. */
  readonly [result: string]: unknown;
}

/** The command was refused, or failed. */
export interface ReplyFailed {
  /** Id of the command, where it could be read. */
  readonly id?: string;
  /** It was not carried out, or not to its end. */
  readonly status: "failed";
  /** Status code that RFC 8040 §7 has for it, e.g. 409 where `if-version` was not met. */
  readonly code: number;
  /** Why. */
  readonly error: {
    /** `protocol`: the command itself is wrong; `application`: what it asked for. */
    readonly "error-type": "protocol" | "application";
    /** Kind of the error, as RFC 8040 §7 has it. */
    readonly "error-tag": string;
    /** Its code in docs/errors.md, which never changes its meaning. */
    readonly "error-app-tag": string;
    /** What is wrong: a member of the command, or an instance in the data. */
    readonly "error-path"?: string;
    /** What is wrong with it, in a sentence. */
    readonly "error-message": string;
    /** What to do about it. */
    readonly hint: string;
  };
  /** Of a `replay`: the present epoch. */
  readonly epoch?: number;
  /** Of a `replay`: the oldest message of this epoch that is still kept. */
  readonly "oldest-seq"?: string;
}

/** The deadline of the command came first. */
export interface ReplyExpired {
  /** Id of the command. */
  readonly id: string;
  /** Its deadline came first; nothing goes out any more. */
  readonly status: "expired";
  /** What it still waited for, where that is known, e.g. why the author of an image did not give it. */
  readonly error?: {
    /** `protocol`: the command itself is wrong; `application`: what it asked for. */
    readonly "error-type": "protocol" | "application";
    /** Kind of the error, as RFC 8040 §7 has it. */
    readonly "error-tag": string;
    /** Its code in docs/errors.md, which never changes its meaning. */
    readonly "error-app-tag": string;
    /** What is wrong: a member of the command, or an instance in the data. */
    readonly "error-path"?: string;
    /** What is wrong with it, in a sentence. */
    readonly "error-message": string;
    /** What to do about it. */
    readonly hint: string;
  };
}

/** `sidgate/1/{site}/rsp/{client}`: told apart by `status`. */
export type Reply =
  | ReplyAccepted
  | ReplyCompleted
  | ReplyFailed
  | ReplyExpired;

/** Reads a part of the node's data, or all of it. */
export interface CommandGet {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline: string;
  /** Which part (RFC 7951 instance-identifier); without it everything. */
  readonly path?: string;
  /** What is known and no older is told at once; else the node's next report is awaited. */
  readonly "max-age-s"?: number;
}

/** Reads several parts of the node's data. */
export interface CommandFetch {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline: string;
  /** Which parts (RFC 7951 instance-identifiers). */
  readonly paths: readonly string[];
  /** As with `get`. */
  readonly "max-age-s"?: number;
}

/** Edits the node's configuration; completed when the node has applied it. */
export interface CommandIpatch {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline: string;
  /** Where the value belongs; without it the value begins at the top. */
  readonly path?: string;
  /** What is to change, as RFC 7951 JSON; null removes. */
  readonly value: unknown;
  /** Only if it still has this version; else `failed` with code 409. */
  readonly "if-version"?: string | number;
  /** On trial: taken back unless so many wakes afterwards are healthy. */
  readonly "confirm-wakes"?: number;
}

/** Calls an operation of the node (an RPC, or an action in its data). */
export interface CommandRpc {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline: string;
  /** Its path, e.g. `/sidgate-building:ventilate`. */
  readonly name: string;
  /** Its input, as RFC 7951 has it. */
  readonly input?: unknown;
}

/** Brings a release to this node: a campaign of its own, or the one that is under way already. */
export interface CommandInstall {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id?: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline?: string;
  /** The release: its digest, or `model version`. */
  readonly release?: string;
  /** The image, where releases are not required: its id, its digest or `model version`. */
  readonly image?: string;
  /** Even if it is in quarantine for this image; a second person agrees first. */
  readonly again?: boolean;
}

/** Rolls a release out; it begins at once, or when a second person agreed. */
export interface CommandCampaignCreate {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline?: string;
  /** The release: its digest, or `model version`. */
  readonly release?: string;
  /** The image, where releases are not required: its id, its digest or `model version`. */
  readonly image?: string;
  /** What the campaign is called. */
  readonly name?: string;
  /** Which nodes, as docs/campaigns.md writes it. */
  readonly filter?: string;
  /** Which nodes, by id or name; neither = all of its model. */
  readonly nodes?: readonly string[];
  /** Revisions that it is for. */
  readonly hardware?: readonly string[];
  /** Nodes with less are left out for now. */
  readonly "min-battery-mv"?: number;
  /** Waves, in this order; without them all at once. */
  readonly groups?: readonly {
    /** What it is called. */
    readonly name?: string;
    /** How many of the nodes that are left. */
    readonly size: string | number;
    /** Share of failures at which everything stops. */
    readonly "error-pct"?: number;
    /** Share of successes from which on the next group may begin. */
    readonly "success-pct"?: number;
    /** A person looks at it before the next begins. */
    readonly pause?: boolean;
  }[];
  /** Share of failures at which it stops, for groups that say none. */
  readonly "stop-at-pct"?: number;
  /** Missed wakes after which a node counts as silent. */
  readonly "silent-after"?: number;
  /** Tries of a node before it is in quarantine. */
  readonly attempts?: number;
  /** Offers of the higher one come first. */
  readonly priority?: number;
  /** Nodes of one mesh that are busy at a time. */
  readonly concurrency?: number;
  /** When nodes may fetch, e.g. `Mo-Fr 22:00-05:00 Europe/Berlin`. */
  readonly download?: readonly string[];
  /** When nodes may install. */
  readonly apply?: readonly string[];
  /** How long a node gives its new image to be heard. */
  readonly "confirm-within-s"?: number;
  /** When offers end: a time, or a span such as `14d`. */
  readonly "campaign-deadline"?: string;
  /** Nodes that fit later take part. */
  readonly "late-joiners"?: boolean;
  /** A second person agrees first. */
  readonly approval?: boolean;
  /** Nodes in quarantine take part, too; a second person agrees first. */
  readonly again?: boolean;
}

/** Rolls a lower version out; it always waits for a second person. */
export interface CommandCampaignDowngrade {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline?: string;
  /** The release: its digest, or `model version`. */
  readonly release?: string;
  /** The image, where releases are not required: its id, its digest or `model version`. */
  readonly image?: string;
  /** What the campaign is called. */
  readonly name?: string;
  /** Which nodes, as docs/campaigns.md writes it. */
  readonly filter?: string;
  /** Which nodes, by id or name; neither = all of its model. */
  readonly nodes?: readonly string[];
  /** Revisions that it is for. */
  readonly hardware?: readonly string[];
  /** Nodes with less are left out for now. */
  readonly "min-battery-mv"?: number;
  /** Waves, in this order; without them all at once. */
  readonly groups?: readonly {
    /** What it is called. */
    readonly name?: string;
    /** How many of the nodes that are left. */
    readonly size: string | number;
    /** Share of failures at which everything stops. */
    readonly "error-pct"?: number;
    /** Share of successes from which on the next group may begin. */
    readonly "success-pct"?: number;
    /** A person looks at it before the next begins. */
    readonly pause?: boolean;
  }[];
  /** Share of failures at which it stops, for groups that say none. */
  readonly "stop-at-pct"?: number;
  /** Missed wakes after which a node counts as silent. */
  readonly "silent-after"?: number;
  /** Tries of a node before it is in quarantine. */
  readonly attempts?: number;
  /** Offers of the higher one come first. */
  readonly priority?: number;
  /** Nodes of one mesh that are busy at a time. */
  readonly concurrency?: number;
  /** When nodes may fetch, e.g. `Mo-Fr 22:00-05:00 Europe/Berlin`. */
  readonly download?: readonly string[];
  /** When nodes may install. */
  readonly apply?: readonly string[];
  /** How long a node gives its new image to be heard. */
  readonly "confirm-within-s"?: number;
  /** When offers end: a time, or a span such as `14d`. */
  readonly "campaign-deadline"?: string;
  /** Nodes that fit later take part. */
  readonly "late-joiners"?: boolean;
  /** A second person agrees first. */
  readonly approval?: boolean;
  /** Nodes in quarantine take part, too; a second person agrees first. */
  readonly again?: boolean;
  /** Why it may lead to a lower version. */
  readonly reason: string;
}

/** Makes sure that a campaign has begun, and changes nothing; one that was halted is refused, for `campaign.resume`. */
export interface CommandCampaignStart {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline?: string;
  /** Its id. */
  readonly campaign: string;
  /** Only if it still has this version; else `failed` with code 409. */
  readonly "if-version"?: string | number;
}

/** Halts a campaign: nothing more is offered. */
export interface CommandCampaignPause {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline?: string;
  /** Its id. */
  readonly campaign: string;
  /** Only if it still has this version; else `failed` with code 409. */
  readonly "if-version"?: string | number;
}

/** Lets a campaign go on that was paused, or that stopped by itself. */
export interface CommandCampaignResume {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline?: string;
  /** Its id. */
  readonly campaign: string;
  /** Only if it still has this version; else `failed` with code 409. */
  readonly "if-version"?: string | number;
}

/** Ends a campaign for good. */
export interface CommandCampaignAbort {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline?: string;
  /** Its id. */
  readonly campaign: string;
  /** Only if it still has this version; else `failed` with code 409. */
  readonly "if-version"?: string | number;
}

/** Fetches an image from its author; completed when its bytes are here and fit. */
export interface CommandImageAdd {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline?: string;
  /** Where its author has it: https or coap, at a public address. */
  readonly url: string;
  /** What its bytes must come to. */
  readonly digest: string;
  /** How many bytes it has; by default what comes, up to `images.max-bytes`. */
  readonly size?: number;
  /** Which devices it is for; needed where no release that stands says it. */
  readonly model?: string;
  /** Which version it is; needed where no release that stands says it. */
  readonly version?: string;
  /** What it is called; by default the end of its URL. */
  readonly name?: string;
  /** By what it is judged; by default by what it begins with. */
  readonly format?: "plain" | "mcuboot";
}

/** Fetches a release (a SUIT envelope) and believes it if its signatures are good. */
export interface CommandReleaseAdd {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline?: string;
  /** Where its author has it: https or coap, at a public address. */
  readonly url: string;
  /** What its bytes must come to. */
  readonly digest?: string;
  /** Which devices it is for, where it does not say so itself. */
  readonly model?: string;
  /** Which version it is, where it does not say so itself. */
  readonly version?: string;
}

/** Adds a node to the inventory; its key is made here and leaves by the control socket only. */
export interface CommandNodeJoin {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline?: string;
  /** How it calls itself. */
  readonly endpoint: string;
  /** What it is called; by default its endpoint. */
  readonly name?: string;
  /** Its module set; by default the default one. */
  readonly models?: string;
}

/** Removes a node, its credentials and its topics. */
export interface CommandNodeRemove {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline?: string;
  /** Its id or name. */
  readonly node: string;
}

/** Lets a node show which it is, at its next wake. */
export interface CommandNodeIdentify {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline: string;
  /** Its id or name. */
  readonly node: string;
  /** For so long; by default 30 s. */
  readonly "for-s"?: number;
}

/** Writes a backup of the site into its data folder. */
export interface CommandBackup {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline?: string;
  /** What it is called. */
  readonly label?: string;
}

/** Logs more, or less, for a while. */
export interface CommandLogLevel {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline?: string;
  /** What it is about: the first part of an event's name; without it everything. */
  readonly namespace?: string;
  /** The least important that is logged. */
  readonly level: "debug" | "info" | "warn" | "error";
  /** For so long; by default an hour. */
  readonly "for-s"?: number;
}

/** Has stored events and pushes sent again, with the same bytes on the same topics. */
export interface CommandReplay {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id?: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline?: string;
  /** The first `seq`. */
  readonly from: string | number;
  /** The last `seq`; without it, up to now. */
  readonly to?: string | number;
  /** Of which history; by default the present one. */
  readonly epoch?: number;
}

/** Has `status`, `birth` and every retained topic sent again. */
export interface CommandRebirth {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id?: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline?: string;
}

/** As `command-get`, of the gateway's own datastore; answered at once. */
export interface CommandGetGateway {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline?: string;
  /** Which part (RFC 7951 instance-identifier); without it everything. */
  readonly path?: string;
  /** What is known and no older is told at once; else the node's next report is awaited. */
  readonly "max-age-s"?: number;
}

/** As `command-fetch`, of the gateway's own datastore; answered at once. */
export interface CommandFetchGateway {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline?: string;
  /** Which parts (RFC 7951 instance-identifiers). */
  readonly paths: readonly string[];
  /** As with `get`. */
  readonly "max-age-s"?: number;
}

/** As `command-ipatch`, of the gateway's own datastore; answered at once. */
export interface CommandIpatchGateway {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline?: string;
  /** Where the value belongs; without it the value begins at the top. */
  readonly path?: string;
  /** What is to change, as RFC 7951 JSON; null removes. */
  readonly value: unknown;
  /** Only if it still has this version; else `failed` with code 409. */
  readonly "if-version"?: string | number;
  /** On trial: taken back unless so many wakes afterwards are healthy. */
  readonly "confirm-wakes"?: number;
}

/** As `command-rpc`, of the gateway's own datastore; answered at once. */
export interface CommandRpcGateway {
  /** Names the command, best a ULID: the same id of the same client is carried out once, for 7 days. */
  readonly id: string;
  /** Who gives it, and whose `rsp/{client}` is answered on; below `by/{client}/` the topic says it. */
  readonly client?: string;
  /** Nothing comes of it after that; an MQTT 5 message expiry says the same. */
  readonly deadline?: string;
  /** Its path, e.g. `/sidgate-building:ventilate`. */
  readonly name: string;
  /** Its input, as RFC 7951 has it. */
  readonly input?: unknown;
}

/** By the last level of their topic: `sidgate/1/{site}/n/{node}/cmd/{op}`. */
export interface NodeCommands {
  readonly get: CommandGet;
  readonly fetch: CommandFetch;
  readonly ipatch: CommandIpatch;
  readonly rpc: CommandRpc;
  readonly install: CommandInstall;
}

/** By the last level of their topic: `sidgate/1/{site}/cmd/{op}`. */
export interface SiteCommands {
  readonly "campaign.create": CommandCampaignCreate;
  readonly "campaign.downgrade": CommandCampaignDowngrade;
  readonly "campaign.start": CommandCampaignStart;
  readonly "campaign.pause": CommandCampaignPause;
  readonly "campaign.resume": CommandCampaignResume;
  readonly "campaign.abort": CommandCampaignAbort;
  readonly "image.add": CommandImageAdd;
  readonly "release.add": CommandReleaseAdd;
  readonly "node.join": CommandNodeJoin;
  readonly "node.remove": CommandNodeRemove;
  readonly "node.identify": CommandNodeIdentify;
  readonly backup: CommandBackup;
  readonly "log-level": CommandLogLevel;
  readonly replay: CommandReplay;
  readonly rebirth: CommandRebirth;
  readonly get: CommandGetGateway;
  readonly fetch: CommandFetchGateway;
  readonly ipatch: CommandIpatchGateway;
  readonly rpc: CommandRpcGateway;
}
