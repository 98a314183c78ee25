/** The commands of the inbox: each checks its arguments, asks one service, and says what became of it. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { isNodeId, type NodeId, UsageError } from "../../base/index.ts";
import { type Access, groupsOf, withUser } from "../../service/access/index.ts";
import { type Campaigns, isOver } from "../../service/campaign/index.ts";
import type { CredentialInfo, Credentials, Holder } from "../../service/credentials/index.ts";
import { IMAGE_FORMATS, type Images, remarksOn, shortId } from "../../service/images/index.ts";
import type { Registry } from "../../service/registry/index.ts";
import type { Releases } from "../../service/trust/index.ts";
import { libraryChecksum } from "../../southbound/coreconf/index.ts";
import type { CommandHandler, Recorder } from "../../store/index.ts";
import { authorUri } from "../../upstream/fetch.ts";
import type { Json } from "../../yang/index.ts";
import type { ModelSets } from "../models/index.ts";
import { recordAccess } from "./access-commands.ts";
import { plainText, understand } from "./arguments.ts";
import { checkSet } from "./model-commands.ts";

export interface CommandServices {
  readonly registry: Registry;
  readonly images: Images;
  readonly campaigns: Campaigns;
  readonly credentials: Credentials;
  readonly access: Access;
  readonly models: Pick<ModelSets, "of" | "has" | "list">;
  readonly releases: Pick<Releases, "of" | "naming">;
  readonly recorder: Recorder;
}

const NODE_ADD = z.strictObject({
  endpoint: plainText(64),
  name: plainText(64).optional(),
  models: plainText(64).optional(),
  /** It speaks no OSCORE, and gets no credentials: heard where lab mode is only. */
  plain: z.boolean().default(false),
});
const NODE = z.strictObject({ node: z.string() });
const MANAGER = z.strictObject({ manager: plainText(64) });
/** A manager that is added without a group may read. */
const MANAGER_ADD = MANAGER.extend({ groups: z.array(plainText(64)).min(1).max(64).default(["viewer"]) });
const IMAGE = z.strictObject({ image: z.string().min(1).max(128) });
const IMAGE_ADD = z.strictObject({
  name: plainText(255),
  model: plainText(64),
  version: plainText(64),
  digest: z.string().optional(),
  format: z.enum(IMAGE_FORMATS).optional(),
});
const IMAGE_ANNOUNCE = z.strictObject({
  uri: z.string(),
  model: plainText(64).optional(),
  version: plainText(64).optional(),
  name: plainText(255).optional(),
  digest: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, "must be 64 hex digits of SHA-256")
    .toLowerCase(),
  size: z.int().min(1).max(0xffff_ffff).optional(),
  format: z.enum(IMAGE_FORMATS).optional(),
});

/** Handlers by op; each throws UsageError `command.argument` or what its service throws. */
export function commandHandlers(services: CommandServices): ReadonlyMap<string, CommandHandler> {
  const { registry, recorder } = services;
  return new Map<string, CommandHandler>([
    ["node.add", async (args, actor) => addNode(understand("node.add", NODE_ADD, args), actor, services)],
    [
      "node.remove",
      async (args, actor) => {
        const { id } = registry.named(understand("node.remove", NODE, args).node);
        const { credentials } = services;
        await Promise.all([
          credentials.remove(credentials.idsOfNode(id), recorder, actor),
          recorder.record("node.removed", { node: id, actor }),
        ]);
        return { node: id };
      },
    ],
    ["node.rekey", async (args, actor) => rekeyNode(understand("node.rekey", NODE, args).node, actor, services)],
    ["manager.add", async (args, actor) => addManager(understand("manager.add", MANAGER_ADD, args), actor, services)],
    ["manager.rekey", async (args, actor) => rekeyManager(understand("manager.rekey", MANAGER, args), actor, services)],
    [
      "manager.remove",
      async (args, actor) => removeManager(understand("manager.remove", MANAGER, args), actor, services),
    ],
    [
      "image.add",
      async (args, actor, body) => addImage(understand("image.add", IMAGE_ADD, args), actor, body, services),
    ],
    [
      "image.remove",
      async (args, actor) => removeImage(understand("image.remove", IMAGE, args).image, actor, services),
    ],
    [
      "image.announce",
      async (args, actor, _body, command) => {
        const claim = understand("image.announce", IMAGE_ANNOUNCE, args);
        return announceImage(claim, actor, command?.op === "image.add" ? command.id : undefined, services);
      },
    ],
  ]);
}

async function addNode(
  { endpoint, name, models: set, plain }: z.output<typeof NODE_ADD>,
  actor: string,
  services: CommandServices,
): Promise<{ node: string; endpoint: string }> {
  const { registry, models, recorder } = services;
  if (registry.byEndpoint(endpoint) !== undefined) throw new UsageError("node.exists", { endpoint });
  if (set !== undefined) checkSet(set, models);
  const node = newNodeId(registry);
  const joined = recorder.record("node.joined", { node, endpoint, name: name ?? endpoint, actor });
  const given = set === undefined ? undefined : giveFirst(node, set, actor, services);
  await Promise.all([joined, given, plain ? undefined : issue({ node, name: endpoint }, actor, services)]);
  return { node, endpoint };
}

const giveFirst = (node: NodeId, set: string, actor: string, { models, recorder }: CommandServices): Promise<void> =>
  recorder.record("node.models", { node, set, pending: 0, checksum: libraryChecksum(models.of(set)), actor });

/** The secrets stay sealed: an answer is kept in the journal, so none may hold them. */
const issue = (holder: Holder, actor: string, { credentials, recorder }: CommandServices): Promise<void> =>
  recorder.record("credential.added", { ...credentials.issue(holder), actor });

/** The new one first: killed in between, the node has two and never none. */
async function rekeyNode(reference: string, actor: string, services: CommandServices): Promise<{ node: string }> {
  const { registry, credentials, recorder } = services;
  const { id: node, endpoint } = registry.named(reference);
  const former = credentials.idsOfNode(node);
  await Promise.all([issue({ node, name: endpoint }, actor, services), credentials.remove(former, recorder, actor)]);
  return { node };
}

async function addManager(
  { manager, groups }: z.output<typeof MANAGER_ADD>,
  actor: string,
  services: CommandServices,
): Promise<{ manager: string; groups: readonly string[] }> {
  const { access, credentials } = services;
  if (credentials.manager(manager) !== undefined) throw new UsageError("manager.exists", { manager });
  access.checkGroups(groups);
  // What it may comes first: killed in between, it may nothing yet.
  const config = withUser(access.config, manager, groups);
  await Promise.all([recordAccess(config, actor, services), issue({ name: manager }, actor, services)]);
  return { manager, groups };
}

/** The old one first: killed in between, it has none and can be added, and nobody else goes on with what was to be void. */
async function rekeyManager(
  { manager }: z.output<typeof MANAGER>,
  actor: string,
  services: CommandServices,
): Promise<{ manager: string }> {
  const { credentials, recorder } = services;
  const former = managerOf(manager, credentials).id;
  await Promise.all([credentials.remove([former], recorder, actor), issue({ name: manager }, actor, services)]);
  return { manager };
}

/** Throws UsageError `manager.unknown`. */
function managerOf(manager: string, credentials: Credentials): CredentialInfo {
  const known = credentials.manager(manager);
  if (known === undefined) throw new UsageError("manager.unknown", { manager });
  return known;
}

async function removeManager(
  { manager }: z.output<typeof MANAGER>,
  actor: string,
  services: CommandServices,
): Promise<{ manager: string }> {
  const { access, credentials, recorder } = services;
  await credentials.remove([managerOf(manager, credentials).id], recorder, actor);
  // Who is added by this name later is somebody else.
  if (access.isSet && groupsOf(manager, access.config).length > 0) {
    await recordAccess(withUser(access.config, manager, []), actor, services);
  }
  return { manager };
}

/** Opaque: `n-` and six random digits and letters, not in the inventory. */
function newNodeId(registry: Registry): NodeId {
  for (;;) {
    const id = `n-${[...randomBytes(6)].map((byte) => "0123456789abcdefghjkmnpqrstvwxyz"[byte & 31]).join("")}`;
    if (isNodeId(id) && registry.find(id) === undefined) return id;
  }
}

async function addImage(
  { digest, format: wanted, ...claim }: z.output<typeof IMAGE_ADD>,
  actor: string,
  body: AsyncIterable<Uint8Array> | undefined,
  { images, recorder }: CommandServices,
): Promise<Json> {
  if (body === undefined) throw new UsageError("command.argument", { op: "image.add", what: "the bytes are missing" });
  const announced = {
    ...(digest === undefined ? {} : { digest }),
    ...(wanted === undefined ? {} : { format: wanted }),
  };
  const image = await images.add(body, { ...claim, ...announced }, actor, recorder);
  const { id, size, model, version, format = "plain", built } = image;
  const warnings = remarksOn(image).map(({ code, message: text, hint }) => ({ code, text, hint }));
  return {
    id,
    digest: image.digest,
    size,
    model,
    version,
    format,
    ...(built === undefined ? {} : { built }),
    warnings,
  };
}

/**
 * The URI is kept in its normal form: a node may ask for the image by any spelling of it. `waiting`: the command that waits for the
 * bytes; without one they are awaited until they are here, or the image is removed.
 */
async function announceImage(
  { uri, name, format, ...claim }: z.output<typeof IMAGE_ANNOUNCE>,
  actor: string,
  waiting: string | undefined,
  services: CommandServices,
): Promise<Json> {
  const { images, recorder } = services;
  const { text, path, host, shown } = authorUri(uri);
  const file = path.split("/").at(-1) || host;
  const known = withKnown(claim, services);
  const full = { ...known, ...(format === undefined ? {} : { format }), uri: text, name: name ?? file.slice(0, 255) };
  const { named, replaced } = await images.announce(full, actor, recorder, waiting);
  const { digest, size, model, version } = named;
  const said = { id: shortId(digest), uri: shown, digest, model, version, ...(size === undefined ? {} : { size }) };
  if (replaced === undefined) return said;
  const former = { id: shortId(replaced.digest), model: replaced.model, version: replaced.version };
  return { ...said, replaced: { ...former, stored: images.stored(replaced.digest) !== undefined } };
}

type Claimed = Pick<z.output<typeof IMAGE_ANNOUNCE>, "digest" | "model" | "version" | "size">;

/**
 * What the image itself, where it is here already, or the releases that name it say need not be said again: which devices it is
 * for, which version it is, and how large. A size that nobody says is that of what arrives. Throws UsageError `command.missing`.
 */
function withKnown({ digest, ...said }: Claimed, { images, releases }: CommandServices) {
  const here = images.stored(digest);
  const names = here === undefined ? releases.of(digest) : [here];
  const needed = (member: "model" | "version"): string => {
    const known = said[member] ?? unanimous(names.map((each) => each[member]));
    if (known !== undefined) return known;
    const facts = { op: "image.add", member, tag: "missing-element", path: `/${member}` };
    throw new UsageError("command.missing", facts);
  };
  const size = said.size ?? here?.size ?? unanimous(releases.naming(digest).map((payload) => payload.size));
  const bytes = size === undefined ? {} : { size };
  return { digest, model: needed("model"), version: needed("version"), ...bytes };
}

/** What all who say something agree on. */
function unanimous<T>(said: ReadonlyArray<T | undefined>): T | undefined {
  const [first, ...others] = new Set(said.filter((each) => each !== undefined));
  return others.length === 0 ? first : undefined;
}

/** Throws UsageError `image.unknown`, `image.in-use`. */
async function removeImage(
  reference: string,
  actor: string,
  { images, campaigns, recorder }: CommandServices,
): Promise<Json> {
  const { digest, model, version } = images.awaitedBy(reference) ?? images.get(reference);
  const user = campaigns.list().find((campaign) => campaign.image === digest && !isOver(campaign));
  if (user !== undefined) throw new UsageError("image.in-use", { campaign: user.id, image: `${model} ${version}` });
  return { ...(await images.remove(reference, actor, recorder)) };
}
