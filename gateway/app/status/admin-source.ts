/** What the console and the CLI see of the running gateway: rows made from the services, and the inbox. */

import type {
  AdminSource,
  BrokerStatus,
  CommandRow,
  EditRow,
  ImageRow,
  ManagerRow,
  NodeDetail,
  NodeRow,
  PeerCredential,
  ReportRow,
  Status,
} from "../../admin/api/index.ts";
import { type Credential, explain, type Millis, type NodeId, shownUri, toHex } from "../../base/index.ts";
import { type Access, groupsOf } from "../../service/access/index.ts";
import type { CredentialInfo, Credentials } from "../../service/credentials/index.ts";
import { type ImageInfo, type Images, type NamedImage, shortId } from "../../service/images/index.ts";
import { type Box, type Edit, type Mailbox, wakesLeft } from "../../service/mailbox/index.ts";
import { type HouseModels, houseModels, type NodeRecord, type Registry } from "../../service/registry/index.ts";
import type { Timekeeper } from "../../service/timekeeping/index.ts";
import type { AcceptedImage, NodeReport, TrustService } from "../../service/trust/index.ts";
import type { CommandInbox, Inbox, Journal, Ledger, OpenCommand, Outcome, SiteInfo } from "../../store/index.ts";
import type { FetchState } from "../../upstream/index.ts";
import { toJson } from "../../yang/index.ts";
import { present } from "../campaign/arguments.ts";
import { type CampaignSources, campaignDetail, campaignRow, campaignWhy } from "../campaign/view.ts";
import type { Keys } from "../home/keys.ts";
import { type ModelSets, modelRows } from "../models/index.ts";
import type { PuttingOff } from "../store/putting-off.ts";
import type { StoreReach } from "../store/store-watch.ts";
import { type PreviewSources, previewOf } from "../trust/release-preview.ts";
import { releaseRows, type TrustSources, trustView } from "../trust/view.ts";
import { accessAnswer, accessView } from "./access-view.ts";
import { notices } from "./notices.ts";
import type { Refusals } from "./refusals.ts";
import type { Trace } from "./trace.ts";

/** How the fetch of a named image stands. */
type FetchStateOf = (uri: string) => FetchState;

export interface AdminSourceOptions extends CampaignSources, PreviewSources, Omit<TrustSources, "reports"> {
  readonly registry: Registry;
  readonly mailbox: Mailbox;
  readonly images: Images;
  readonly trust: Pick<TrustService, "stands">;
  readonly credentials: Credentials;
  readonly access: Access;
  readonly models: ModelSets;
  readonly inbox: Pick<CommandInbox, "submit" | "open">;
  readonly journal: Journal;
  readonly ledger: Ledger;
  readonly trace: Trace;
  readonly refusals: Refusals;
  readonly clock: Timekeeper;
  readonly site: SiteInfo;
  readonly siteName: string | undefined;
  readonly version: string;
  readonly startedAt: Millis;
  readonly clockRate: number;
  readonly mode: "lab" | "secured";
  readonly warnings: readonly string[];
  /** Nodes without credentials are not heard anywhere. */
  readonly secured: boolean;
  readonly keys: Keys;
  readonly listening: () => Status["listening"];
  readonly broker: () => BrokerStatus;
  /** For long enough to tell a person. */
  readonly withoutBridge: () => boolean;
  /** Where the store lies beside the gateway: whether it can be reached, and what is said while it cannot. */
  readonly store: StoreReach | undefined;
  readonly later: PuttingOff | undefined;
  /** What the store may lose as it is set up, in sentences. */
  readonly risks: () => readonly string[];
  /** Ops that change nothing. */
  readonly questions: ReadonlySet<string>;
  readonly fetching: FetchStateOf;
  /** URI of the datastore that a node serves itself. */
  readonly serves: (node: NodeId) => string | undefined;
  /** With so many nodes. */
  readonly tryNext: (nodes: number) => Status["tryNext"];
}

/** Rows are made at each call; nothing is kept. */
export function adminSource(options: AdminSourceOptions): AdminSource {
  const { registry, images, campaigns, credentials, inbox } = options;
  const atOnce = (...asked: Parameters<Inbox["submit"]>): Promise<Outcome> => inbox.submit(...asked);
  const submit = options.later?.commands(atOnce) ?? atOnce;
  const models = houseModels(registry.schema);
  const find = (id: string): NodeRecord | undefined => registry.find(id) ?? registry.byEndpoint(id);
  return {
    status: () => status(options),
    notReady: () => notReady(options),
    nodes: () => [...registry.nodes()].map((node) => nodeRow(node, options, models)),
    node: (id) => {
      const node = find(id);
      return node && nodeDetail(node, options, models);
    },
    managers: () => credentials.managers().map((manager) => managerRow(manager, options)),
    access: () => accessView(options.access, options.models),
    mayAccess: (question) => accessAnswer(question, options.access, options.models),
    credential: (of, id) => {
      if (of === "manager") return peerCredential(credentials.ofManager(id));
      const node = find(id);
      return node && peerCredential(credentials.ofNode(node.id));
    },
    openCommands: () => [...inbox.open()].map((open) => commandRow(open, registry)),
    images: () => [
      ...images.list().map((image) => imageRow(image, options)),
      ...images.awaited().map((named) => namedRow(named, options)),
    ],
    campaigns: () => campaigns.list().map((campaign) => campaignRow(campaign, options)),
    campaign: (id) => {
      const campaign = campaigns.find(id);
      return campaign && campaignDetail(campaign, options);
    },
    whyNotDone: (id, node) => {
      const campaign = campaigns.find(id);
      return campaign && campaignWhy(campaign, node === undefined ? undefined : registry.named(node).id, options);
    },
    models: () => modelRows(options.models, registry),
    trust: () => trustView(options),
    releases: () => releaseRows(options),
    preview: (release, node) => previewOf(release, node, options),
    submit: (command) => (options.questions.has(command.op) ? inbox.submit(command) : submit(command)),
    addImage: (bytes, { id, actor, ...args }) => submit({ id, op: "image.add", args, actor }, bytes),
  };
}

/** What else could be missing refuses to start. */
function notReady({ journal, store }: AdminSourceOptions): ReturnType<AdminSource["notReady"]> {
  const why = journal.failure ?? store?.away;
  return why && { code: why.code, text: explain(why) };
}

function status(options: AdminSourceOptions): Status {
  const { registry, clock, site, siteName, journal, warnings } = options;
  return {
    version: options.version,
    site: site.site,
    ...(siteName === undefined ? {} : { name: siteName }),
    process: site.process,
    epoch: site.epoch,
    startedAt: options.startedAt,
    now: clock.now(),
    mode: options.mode,
    warnings,
    notices: notices({
      ...options,
      withoutBridge: options.withoutBridge(),
      risks: options.risks(),
      refused: options.broker().link?.refused,
    }),
    clockRate: options.clockRate,
    clock: { synchronised: clock.synchronised, why: clock.why },
    listening: options.listening(),
    broker: options.broker(),
    nodes: registry.countByState(),
    journal: { last: journal.last, lastDurable: journal.lastDurable },
    tryNext: options.tryNext(registry.size),
  };
}

function nodeRow(
  node: NodeRecord,
  { mailbox, campaigns, credentials, reports, serves }: AdminSourceOptions,
  models: HouseModels,
): NodeRow {
  const { id, endpoint, name, reach, set, tree } = node;
  const firmware = models.firmware(tree);
  const model = models.model(tree);
  const uri = serves(id);
  const report = reports.of(id);
  return {
    node: id,
    endpoint,
    name,
    reachability: reach.state,
    missedWakes: reach.missedWakes,
    phase: campaigns.phaseOf(id),
    pending: mailbox.pending(id),
    security: credentials.isSecured(id) ? "oscore" : "none",
    ...(set === undefined ? {} : { models: set }),
    ...(model === undefined ? {} : { model }),
    ...(uri === undefined ? {} : { serves: uri }),
    ...(firmware.version === undefined ? {} : { version: firmware.version }),
    ...(firmware.running === undefined ? {} : { digest: firmware.running }),
    ...(report === undefined ? {} : { report: reportRow(report) }),
    ...(reach.lastSeen === undefined ? {} : { lastSeen: reach.lastSeen }),
    ...(reach.nextWake === undefined ? {} : { nextWake: reach.nextWake }),
  };
}

const reportRow = ({ at, result, release, text }: NodeReport): ReportRow => ({
  at,
  result,
  ...(release === undefined ? {} : { release }),
  text,
});

const nodeDetail = (node: NodeRecord, options: AdminSourceOptions, models: HouseModels): NodeDetail => ({
  ...nodeRow(node, options, models),
  joined: node.joined,
  edits: editRows(options.mailbox.box(node.id)),
  data: toJson(node.tree, options.registry.schemaOf(node)),
  trace: options.trace.of(node.id),
  ...lastRefusal(node.id, options),
});

const editRows = (box: Box): readonly EditRow[] => box.edits.map((edit) => editRow(edit, wakesLeft(box, edit)));

const editRow = (
  { revision, path, status: { state, since, reason }, actor, expires }: Edit,
  trial: number | undefined,
): EditRow => ({
  revision,
  path,
  state,
  ...(since === undefined ? {} : { since }),
  ...(actor === undefined ? {} : { by: actor }),
  ...(expires === undefined || state !== "waiting" ? {} : { expires }),
  ...(reason === undefined ? {} : { reason }),
  ...(trial === undefined ? {} : { trial }),
});

function lastRefusal(node: NodeId, { credentials, refusals }: AdminSourceOptions): Pick<NodeDetail, "refused"> {
  const kid = credentials.kidOfNode(node);
  const refused = kid && refusals.last(kid);
  return refused === undefined ? {} : { refused };
}

const managerRow = ({ name, kid, added }: CredentialInfo, { access }: AdminSourceOptions): ManagerRow => ({
  manager: name,
  groups: groupsOf(name, access.config),
  kid: toHex(kid),
  addedAt: added,
});

function commandRow(open: OpenCommand, registry: Registry): CommandRow {
  const { id, op, actor, node, wait, since, willRunAt, deadline } = open;
  const name = node && registry.find(node)?.name;
  return { id, op, actor, waitsFor: wait.kind, since, ...present({ node, name, willRunAt, deadline }) };
}

/** Turned round: what we receive by, the peer sends by. */
const peerCredential = (credential: Credential | undefined): PeerCredential | undefined =>
  credential && {
    ...(credential.nodeId === undefined ? {} : { node: credential.nodeId }),
    name: credential.name,
    algorithm: credential.algorithm,
    masterSecret: toHex(credential.masterSecret),
    masterSalt: toHex(credential.masterSalt),
    senderId: toHex(credential.recipientId),
    recipientId: toHex(credential.senderId),
    ...(credential.idContext === undefined ? {} : { idContext: toHex(credential.idContext) }),
  };

/** Shown as the image that it will be. */
const namedRow = (
  { named, actor: _actor, format: _format, commands: _commands, uri, ...image }: NamedImage,
  { fetching, trust }: AdminSourceOptions,
): ImageRow => {
  const { reason: why, ...state } = { reason: undefined, ...fetching(uri) };
  const at = { uri: shownUri(uri), ...state };
  const fetch = why === undefined ? at : { ...at, why };
  return { ...image, id: shortId(image.digest), ...withdrawal(image, trust), addedAt: named, fetch };
};

const imageRow = ({ added, ...image }: ImageInfo, { trust }: AdminSourceOptions): ImageRow => ({
  ...image,
  ...withdrawal(image, trust),
  addedAt: added,
});

const withdrawal = (image: AcceptedImage, trust: Pick<TrustService, "stands">): Pick<ImageRow, "withdrawn"> =>
  trust.stands(image) ? {} : { withdrawn: true };
