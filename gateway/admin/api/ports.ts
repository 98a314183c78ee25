/** What the admin faces ask of the gateway: rows to show and one way in for commands. */
import type { Millis, NodeId } from "../../base/index.ts";
import type {
  CommandWait,
  Digest,
  EditState,
  Phase,
  Reachability,
  SigningRights,
  Withdrawal,
} from "../../store/facts.ts";
import type { Command, Outcome } from "../../store/inbox.ts";
import type { Json } from "../../yang/api.ts";
import type { CampaignDetail, CampaignRow, CampaignWhy } from "./campaign-rows.ts";

export interface Status {
  readonly version: string;
  /** Immutable id of the site, and its name for people if it has one. */
  readonly site: string;
  readonly name?: string;
  readonly process: string;
  readonly epoch: number;
  readonly startedAt: Millis;
  readonly now: Millis;
  /** `lab` while unprotected CoAP or unsigned images are taken. */
  readonly mode: "lab" | "secured";
  /** What lab mode means here, as sentences. */
  readonly warnings: readonly string[];
  /** What somebody has to do, in sentences: e.g. nodes that are not heard. Empty when all is well. */
  readonly notices: readonly string[];
  /** 1 = real time. */
  readonly clockRate: number;
  /** Whether `now` is right, and why that is known or not (docs/clock.md). */
  readonly clock: { readonly synchronised: boolean; readonly why: string };
  readonly listening: ReadonlyArray<{ readonly what: string; readonly address: string; readonly note?: string }>;
  readonly broker: BrokerStatus;
  readonly nodes: Readonly<Record<Reachability, number>>;
  readonly journal: { readonly last: number; readonly lastDurable: number };
  /** Commands that make sense now, with a word on each. */
  readonly tryNext: ReadonlyArray<{ readonly command: string; readonly what: string }>;
}

export interface BrokerStatus {
  /** `none`: no bridge runs beside this gateway, in this process or another. */
  readonly kind: "embedded-for-trying" | "configured" | "none";
  readonly url: string;
  readonly connected: boolean;
  /** Messages not yet acknowledged by the broker. */
  readonly queued: number;
  /** The process that has the connection, where it is another one. */
  readonly process?: string;
  /** What the bridge knows of its line, where it is part of this process. */
  readonly link?: LinkStatus;
}

export interface LinkStatus {
  /** While connected. */
  readonly protocol?: "5" | "3.1.1";
  /** E.g. TLSv1.3; absent = the line is not encrypted, or none was made yet. */
  readonly tls?: string;
  /** What the broker said of itself (MQTT 5.0 §3.2.2.3); absent = no limit of its own. */
  readonly receiveMaximum?: number;
  readonly maximumPacketSize?: number;
  readonly topicAliases?: number;
  /** Since this process started: connections that were made, and messages handed over. */
  readonly connections: number;
  readonly published: number;
  /** Messages that wait: of the stream, and last values. */
  readonly journalDepth: number;
  readonly latestDepth: number;
  /** Age of the oldest one of the stream. */
  readonly oldestSeconds: number;
  readonly outboxBytes: number;
  readonly outboxLimit: number;
  /** What the broker would not have, within the last hour. */
  readonly refused?: { readonly topic: string; readonly reason: string };
}

/** What the last SUIT report of a node came to (docs/trust.md). */
export interface ReportRow {
  readonly at: Millis;
  readonly result: "success" | "pending" | "failed" | "doubtful";
  /** Digest of the manifest, hex; absent when the report could not be read. */
  readonly release?: string;
  readonly text: string;
}

export interface NodeRow {
  readonly node: NodeId;
  readonly endpoint: string;
  readonly name: string;
  readonly reachability: Reachability;
  readonly missedWakes: number;
  readonly phase: Phase;
  /** The module set that it works with; absent = the default set. */
  readonly models?: string;
  readonly model?: string;
  readonly version?: string;
  readonly digest?: Digest;
  readonly lastSeen?: Millis;
  readonly nextWake?: Millis;
  readonly report?: ReportRow;
  /** Edits that wait for the next wake. */
  readonly pending: number;
  /** URI of the datastore that the node serves itself. */
  readonly serves?: string;
  /** `none`: it has no credentials, and is heard in lab mode only. */
  readonly security: "oscore" | "none";
}

export interface EditRow {
  readonly revision: number;
  readonly path: string;
  readonly state: EditState;
  readonly since?: Millis;
  /** Who made it. */
  readonly by?: string;
  readonly expires?: Millis;
  /** Why the node would not have it. */
  readonly reason?: string;
  /** Healthy wakes still to come before it is confirmed. */
  readonly trial?: number;
}

export interface NodeDetail extends NodeRow {
  readonly joined: Millis;
  /** How the last edit of each instance fares, oldest first. */
  readonly edits: readonly EditRow[];
  /** The node's datastore as RFC 7951 JSON. */
  readonly data: Json;
  /** The last exchanges, newest first. */
  readonly trace: ReadonlyArray<{ readonly at: Millis; readonly text: string }>;
  /** The last protected request under its kid that was not let in, since the start: whoever sent it. */
  readonly refused?: { readonly at: Millis; readonly why: string; readonly path: string };
}

/** A module of a set, and how many of its data nodes, operations and identities have a SID. */
export interface ModuleRow {
  readonly name: string;
  readonly revision: string;
  readonly items: number;
  readonly withSid: number;
}

export interface ModelSetRow {
  /** null = the default set. */
  readonly set: string | null;
  /**
   * `ok`: its files are in force · `former`: they are refused, and what was in force before them still is ·
   * `refused`: nothing was in force before, so that its nodes work with the default set · `missing`: nodes should work
   * with it, and there is no such folder.
   */
  readonly state: "ok" | "former" | "refused" | "missing";
  readonly error?: { readonly code: string; readonly text: string };
  readonly loadedAt?: Millis;
  /** Nodes that work with it, or should. */
  readonly nodes: number;
  readonly modules: readonly ModuleRow[];
}

/** A rule of access (RFC 8341), as `sidgate access` shows it. */
export interface AccessRuleRow {
  readonly rule: string;
  readonly action: "permit" | "deny";
  readonly operations: readonly string[];
  /** A path, a module, `rpc NAME`, `notification NAME`, or * for everything. */
  readonly target: string;
  readonly comment?: string;
  /** False: no module set has what it is about. */
  readonly found: boolean;
}

export interface AccessView {
  readonly enable: boolean;
  readonly defaults: { readonly read: string; readonly write: string; readonly exec: string };
  readonly groups: ReadonlyArray<{ readonly group: string; readonly users: readonly string[] }>;
  /** In the order in which they are asked. */
  readonly lists: ReadonlyArray<{
    readonly list: string;
    readonly groups: readonly string[];
    readonly rules: readonly AccessRuleRow[];
  }>;
  /** Since the start. */
  readonly denied: {
    readonly operations: number;
    readonly writes: number;
    readonly notifications: number;
    readonly reads: number;
  };
  /** The last ones, newest first. */
  readonly last: ReadonlyArray<{
    readonly at: Millis;
    readonly user: string;
    readonly operation: string;
    readonly path: string;
  }>;
}

export interface AccessQuestion {
  readonly user: string;
  readonly operation: string;
  readonly path: string;
}

export interface AccessAnswer {
  /** null: it depends on which entries of a list. */
  readonly may: boolean | null;
  readonly user: string;
  readonly groups: readonly string[];
  readonly operation: string;
  readonly path: string;
  /** What decides: the node itself, or one above it. */
  readonly place: string;
  readonly because: {
    readonly kind: "rule" | "way" | "disabled" | "protected" | "default" | "entries";
    readonly list?: string;
    readonly rule?: string;
    readonly which?: string;
  };
}

export interface ManagerRow {
  readonly manager: string;
  /** Of access rules. */
  readonly groups: readonly string[];
  /** The `kid` of its requests, as hex. */
  readonly kid: string;
  readonly addedAt: Millis;
}

/** A security context (RFC 8613 §3.2) as its peer needs it: the sender is the node or the manager. Bytes as hex. */
export interface PeerCredential {
  readonly node?: NodeId;
  /** The node's endpoint or the manager's name. */
  readonly name: string;
  readonly algorithm: number;
  readonly masterSecret: string;
  readonly masterSalt: string;
  readonly senderId: string;
  readonly recipientId: string;
  readonly idContext?: string;
}

/** A command that was accepted and has not ended (docs/mqtt.md, "Commands"). */
export interface CommandRow {
  readonly id: string;
  readonly op: string;
  /** Who gave it, e.g. `mqtt:bms-1`. */
  readonly actor: string;
  readonly node?: NodeId;
  /** Of the node. */
  readonly name?: string;
  readonly waitsFor: CommandWait["kind"];
  readonly since: Millis;
  /** When its node is expected. */
  readonly willRunAt?: Millis;
  readonly deadline?: Millis;
}

/** An image that is not here yet, and how its fetch stands. */
export interface FetchRow {
  readonly uri: string;
  readonly state: "awaited" | "fetching" | "failed";
  /** Bytes so far. */
  readonly received?: number;
  /** Why it failed, as code and in words, and when it is tried again. */
  readonly code?: string;
  readonly why?: string;
  readonly again?: Millis;
  /** In a row. */
  readonly failures?: number;
}

export interface ImageRow {
  readonly digest: Digest;
  /** Short id, as in the URI of an offer. */
  readonly id: string;
  /** Absent where it is fetched and nobody said it. */
  readonly size?: number;
  readonly model: string;
  readonly version: string;
  readonly name: string;
  readonly verified: "lab" | "manifest";
  /** No release that is believed names it any more: it is offered to nobody. */
  readonly withdrawn?: true;
  /** Absent: a plain binary. */
  readonly format?: "mcuboot";
  /** The version in its header. */
  readonly built?: string;
  /** Its hash could not be checked. */
  readonly encrypted?: true;
  readonly addedAt: Millis;
  /** Absent once the bytes are here. */
  readonly fetch?: FetchRow;
}

export interface ImageMeta {
  /** Idempotency key of the command. */
  readonly id: string;
  readonly actor: string;
  readonly name: string;
  readonly model: string;
  readonly version: string;
  /** Announced SHA-256, lower-case hex. */
  readonly digest?: Digest;
  /** As which its bytes are judged; absent: by what they begin with. */
  readonly format?: "plain" | "mcuboot";
}

export interface AnchorRow {
  /** RFC 9679 thumbprint, hex. */
  readonly anchor: string;
  readonly name: string;
  /** Its kind, for people. */
  readonly key: string;
  readonly rights: SigningRights;
  readonly addedAt: Millis;
}

/** Whose signatures on releases are believed. */
export interface TrustView {
  readonly anchors: readonly AnchorRow[];
  readonly thresholds: ReadonlyArray<{ readonly signers: number; readonly vendor?: string; readonly class?: string }>;
}

export interface ReleaseRow {
  /** Digest of its manifest, hex. */
  readonly release: string;
  /** A number of 64 bits. */
  readonly sequence: string;
  /** Names of keys; the thumbprint's start of one that is trusted no longer. */
  readonly signers: readonly string[];
  readonly model?: string;
  readonly version?: string;
  /** Images that it vouches for, and those of them that are stored. */
  readonly images: number;
  readonly stored: number;
  /** Nodes on which one of them failed. */
  readonly failed: number;
  readonly acceptedAt: Millis;
  readonly withdrawn?: Withdrawal;
}

/** What a release would do to a node. */
export interface PreviewRow {
  readonly node: NodeId;
  readonly name: string;
  /** `unknown`: nothing can be said, and `text` says why. */
  readonly verdict: "applies" | "fails" | "depends" | "unknown";
  readonly text: string;
  /** What only the node knows. */
  readonly questions: readonly string[];
  /** To be asked for over the air, numbers of 64 bits as text; absent when nobody says how many. */
  readonly bytes?: { readonly least: string; readonly most: string };
}

export interface ReleasePreview {
  /** Digest of its manifest, hex. */
  readonly release: string;
  readonly sequence: string;
  readonly model?: string;
  readonly version?: string;
  readonly nodes: readonly PreviewRow[];
  /** Nodes of another model, or of one that is not known. */
  readonly others: number;
}

export interface AdminSource {
  status(): Status;
  /** Undefined = ready; else why not. An unreachable broker is no reason. */
  notReady(): { readonly code: string; readonly text: string } | undefined;
  nodes(): readonly NodeRow[];
  node(id: string): NodeDetail | undefined;
  managers(): readonly ManagerRow[];
  /** For the control socket alone, as the next: who may what is the admins' business. */
  access(): AccessView;
  /** Throws UsageError `access.target-unknown`. */
  mayAccess(question: AccessQuestion): AccessAnswer;
  /** Secrets in clear: for the control socket alone. By id of the node, or name of the manager. */
  credential(of: "node" | "manager", id: string): PeerCredential | undefined;
  /** Those that wait, oldest first. */
  openCommands(): readonly CommandRow[];
  images(): readonly ImageRow[];
  campaigns(): readonly CampaignRow[];
  campaign(id: string): CampaignDetail | undefined;
  /** Why its nodes, or this one, are not done. Throws UsageError `node.unknown`. */
  whyNotDone(id: string, node?: string): CampaignWhy | undefined;
  models(): readonly ModelSetRow[];
  trust(): TrustView;
  releases(): readonly ReleaseRow[];
  /** Of all nodes of its model, or of one. Throws UsageError `release.unknown`, `node.unknown`, TrustError `release.withdrawn`. */
  preview(release: string, node?: string): Promise<ReleasePreview>;
  submit(command: Command): Promise<Outcome>;
  addImage(bytes: AsyncIterable<Uint8Array>, meta: ImageMeta): Promise<Outcome>;
}
