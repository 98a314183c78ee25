/**
 * The commands to one node, or to the gateway's own datastore where no node is named (docs/mqtt.md, "Commands"): what can be
 * answered from what is known is, the rest waits for the node (service/commands).
 */
import { z } from "zod";
import { type Clock, type Millis, type NodeId, rfc3339, seconds, UsageError } from "../../base/index.ts";
import { postEdit } from "../../service/mailbox/index.ts";
import type { NodeRecord } from "../../service/registry/index.ts";
import { checkPlace } from "../../southbound/coreconf/index.ts";
import {
  type Command,
  type CommandHandler,
  type CommandInbox,
  type Fact,
  type Ledger,
  type OpenCommand,
  Waiting,
  type WaitingHandler,
} from "../../store/index.ts";
import type { Json, JsonObject } from "../../yang/index.ts";
import { plainText, understand } from "./arguments.ts";
import {
  callIn,
  checkEdit,
  editsIn,
  idsIn,
  outputOf,
  type RootServices,
  rootFor,
  valuesOf,
  wholeOf,
} from "./node-data.ts";

/** Nodes that serve their datastore, as far as commands go. */
export interface ServingNodes {
  servedBy(node: NodeId): string | undefined;
  sleeps(node: NodeId): boolean;
  look(node: NodeId): void;
}

export interface NodeCommandServices extends RootServices {
  readonly inbox: Pick<CommandInbox, "open">;
  readonly ledger: Pick<Ledger, "onFact">;
  readonly clock: Clock;
  readonly nodes: ServingNodes;
  /** `campaign.install`. */
  readonly install: CommandHandler;
}

const PATH = z.string().min(1).max(1024);
const MAX_AGE = z.int().min(0).max(31_536_000).optional();
const OF = { node: z.string().min(1).max(128).optional() };
const GET = z.strictObject({ ...OF, path: PATH.optional(), maxAgeS: MAX_AGE });
const FETCH = z.strictObject({ ...OF, paths: z.array(PATH).min(1).max(256), maxAgeS: MAX_AGE });
/** A number of 64 bits, as text in JSON. */
const VERSION = z.union([z.int().min(0), z.string().regex(/^\d{1,16}$/)]).transform(Number);
const IPATCH = z.strictObject({
  ...OF,
  path: PATH.optional(),
  value: z.json(),
  ifVersion: VERSION.optional(),
  /** Healthy wakes. */
  confirm: z.int().min(1).max(100).optional(),
});
const RPC = z.strictObject({ ...OF, name: PATH, input: z.json().optional() });
const INSTALL = z.strictObject({
  node: z.string().min(1).max(128),
  release: z.string().min(1).max(128).optional(),
  image: z.string().min(1).max(128).optional(),
  again: z.boolean().optional(),
  approval: z.boolean().optional(),
});
const IDENTIFY = z.strictObject({ node: plainText(128), seconds: z.int().min(1).max(3600).default(30) });

/** Ops that may wait for a node. */
export const NODE_WAITS: ReadonlySet<string> = new Set(["get", "fetch", "ipatch", "rpc", "install", "node.identify"]);

/** Handlers by op; each throws UsageError `command.argument`, `node.unknown`, `command.missing` or what is said at its function. */
export function nodeHandlers(services: NodeCommandServices): ReadonlyMap<string, WaitingHandler> {
  return new Map<string, WaitingHandler>([
    [
      "get",
      async (args, _actor, _body, command) => {
        const { path, ...rest } = understand("get", GET, args);
        return read({ ...rest, paths: path === undefined ? [] : [path] }, command, services);
      },
    ],
    ["fetch", async (args, _actor, _body, command) => read(understand("fetch", FETCH, args), command, services)],
    ["ipatch", async (args, _actor, _body, command) => patch(understand("ipatch", IPATCH, args), command, services)],
    ["rpc", async (args, _actor, _body, command) => call(understand("rpc", RPC, args), command, services)],
    [
      "install",
      async (args, _actor, _body, command) => install(understand("install", INSTALL, args), command, services),
    ],
    [
      "node.identify",
      async (args, _actor, _body, command) => {
        const { node, seconds: value } = understand("node.identify", IDENTIFY, args);
        return patch({ node, path: IDENTIFY_LEAF, value }, command, services);
      },
    ],
  ]);
}

/** Each edit of it makes the node show which one it is, also with the same value (sidgate-node). */
const IDENTIFY_LEAF = "/sidgate-node:node/identify";

/** What is told of a command that waited and succeeded. */
export function answerOf(open: OpenCommand, services: NodeCommandServices): Json {
  const { node, wait, actor, op } = open;
  switch (wait.kind) {
    case "edit":
      return { node: node ?? null, version: String(wait.revision) };
    case "report":
      return node === undefined ? {} : reading(op, wait.paths, { node, actor }, services);
    case "update":
      return { node: node ?? null, campaign: wait.campaign };
    case "image":
      return { digest: wait.digest };
    case "call":
      return {};
  }
}

interface Asked {
  readonly node?: string | undefined;
  readonly paths: readonly string[];
  readonly maxAgeS?: number | undefined;
}

/** Throws UsageError `yang.path`, `resource.not-data` before anybody is asked. */
async function read({ node, paths, maxAgeS }: Asked, command: Command, services: NodeCommandServices) {
  const { actor, op } = command;
  idsIn(paths, rootFor(node, actor, services).schema);
  if (node === undefined) return reading(op, paths, { actor }, services);
  const record = services.registry.named(node);
  const from = { node: record.id, actor };
  const seen = observed(record, services);
  const isYoung = maxAgeS !== undefined && seen !== undefined && services.clock.now() - seen <= seconds(maxAgeS);
  if (isYoung) return reading(op, paths, from, services);
  needDeadline(command);
  const told = prospects(record, services);
  services.nodes.look(record.id);
  return new Waiting({ kind: "report", paths }, told);
}

/** A report says all that changed, so what it does not name was seen then, too; of a node that serves its datastore each answer counts. */
function observed({ id, slot, reach }: NodeRecord, { nodes }: NodeCommandServices): Millis | undefined {
  return nodes.servedBy(id) === undefined ? slot?.at : reach.lastSeen;
}

function reading(
  op: string,
  paths: readonly string[],
  { node, actor }: { readonly node?: NodeId; readonly actor: string },
  services: NodeCommandServices,
): JsonObject {
  const root = rootFor(node, actor, services);
  const seen = node === undefined ? services.clock.now() : observed(services.registry.get(node), services);
  const when = {
    ...(node === undefined ? {} : { node, version: String(services.mailbox.box(node).revision) }),
    ...(seen === undefined ? {} : { observed: rfc3339(seen) }),
  };
  if (paths.length === 0) return { ...when, value: wholeOf(root) };
  const values = valuesOf(paths, root);
  const [only] = values;
  return op === "get" && only !== undefined ? { ...when, ...only } : { ...when, values };
}

interface PatchWish {
  readonly node?: string | undefined;
  readonly path?: string | undefined;
  readonly value: Json;
  readonly ifVersion?: number | undefined;
  readonly confirm?: number | undefined;
}

/** Throws UsageError `command.stale`, TrustError `access.denied`, and what an edit of a manager throws: before anything is queued. */
async function patch(
  { node, path, value, ifVersion, confirm }: PatchWish,
  command: Command,
  services: NodeCommandServices,
) {
  const { actor, op } = command;
  const root = rootFor(node, actor, services);
  if (node === undefined) {
    await root.edit(editsIn(path, value, root), actor);
    return {};
  }
  const deadline = needDeadline(command);
  const { mailbox, registry, clock } = services;
  const record = registry.named(node);
  const { revision: version } = mailbox.box(record.id);
  if (ifVersion !== undefined && ifVersion !== version) {
    throw new UsageError("command.stale", { what: `the configuration of ${record.id}`, version, expected: ifVersion });
  }
  const edits = editsIn(path, value, root);
  if (edits.length === 0) throw new UsageError("command.argument", { op, what: "value: it changes nothing" });
  checkEdit(edits, root, record.tree);
  checkPlace("node", edits, root.schema);
  const told = prospects(record, services);
  const expireAfter = Math.max(1, deadline - clock.now()) as Millis;
  const terms = { actor, expireAfter, confirm: confirm === undefined ? undefined : { wakes: confirm } };
  const { revision, parts, durable } = postEdit(record, edits, services, terms);
  // In this turn, so that no wake of the node comes before somebody waits for it; the fact of that is durable no earlier.
  durable.catch(() => undefined);
  return new Waiting({ kind: "edit", revision, ...(parts === 1 ? {} : { parts }) }, told);
}

/** Throws UsageError `operation.*`, `yang.*`, TrustError `access.denied`. */
async function call(
  { node, name, input }: z.output<typeof RPC>,
  command: Command,
  services: NodeCommandServices,
): Promise<Json | Waiting> {
  const { actor } = command;
  const root = rootFor(node, actor, services);
  const ready = callIn(name, input, root);
  const run = async (): Promise<Json> => {
    const output = await ready.run({ input: ready.input, keys: ready.id.keys, actor });
    return { output: outputOf(ready, output, root.schema) };
  };
  if (node === undefined) return run();
  needDeadline(command);
  const record = services.registry.named(node);
  return new Waiting({ kind: "call", path: name }, prospects(record, services), async (signal) => {
    while (services.nodes.sleeps(record.id)) await nextWord(record.id, signal, services);
    signal.throwIfAborted();
    return run();
  });
}

/** Resolves when the node gave a sign of life. */
function nextWord(node: NodeId, signal: AbortSignal, { ledger }: NodeCommandServices): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = ledger.onFact((fact: Fact) => {
      if (!SIGNS_OF_LIFE.has(fact.type) || !("node" in fact) || fact.node !== node) return;
      done();
      resolve();
    });
    const ended = (): void => {
      done();
      reject(signal.reason);
    };
    const done = (): void => {
      stop();
      signal.removeEventListener("abort", ended);
    };
    if (signal.aborted) ended();
    else signal.addEventListener("abort", ended);
  });
}

const SIGNS_OF_LIFE: ReadonlySet<Fact["type"]> = new Set([
  "directory.registered",
  "directory.renewed",
  "node.reported",
  "node.notified",
  "node.removed",
]);

/** A campaign of this one node: the same while it is under way. Nothing is offered after the command's deadline. */
async function install(
  { node, ...what }: z.output<typeof INSTALL>,
  { actor, deadline }: Command,
  services: NodeCommandServices,
): Promise<Waiting> {
  const until = deadline === undefined ? {} : { deadline: rfc3339(deadline) };
  const said = await services.install({ node, ...present(what), ...until }, actor);
  const record = services.registry.named(node);
  const { campaign, state } = said as { readonly campaign: string; readonly state: string };
  const { willRunAt, ...told } = prospects(record, services);
  // Nobody knows when a person agrees.
  const when = willRunAt === undefined || state === "waiting-approval" ? {} : { willRunAt };
  return new Waiting({ kind: "update", campaign }, { ...told, ...when });
}

const present = (members: object): Command["args"] =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Command["args"];

/** Throws UsageError `command.missing`: what waits for a node must say for how long. */
function needDeadline({ op, deadline }: Command): Millis {
  if (deadline === undefined) throw new UsageError("command.missing", { op, member: "deadline" });
  return deadline;
}

/** When it is expected to be carried out, and how many are before it. */
function prospects({ id, reach }: NodeRecord, { inbox, clock }: NodeCommandServices): Waiting["told"] {
  const position = 1 + [...inbox.open()].filter(({ node }) => node === id).length;
  const { nextWake } = reach;
  const isToCome = nextWake !== undefined && nextWake > clock.now();
  return { node: id, position, ...(isToCome ? { willRunAt: nextWake } : {}) };
}
