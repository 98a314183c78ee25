/** The commands that edit the datastores of nodes, for installers: by path and JSON, through the same door as a manager. */
import { z } from "zod";
import { isCoded, type Millis, UsageError } from "../../base/index.ts";
import type { Credentials } from "../../service/credentials/index.ts";
import { acceptEdit, type Mailbox, repostConfiguration } from "../../service/mailbox/index.ts";
import type { Registry } from "../../service/registry/index.ts";
import { checkPlace } from "../../southbound/coreconf/index.ts";
import type { CommandHandler, Recorder } from "../../store/index.ts";
import { formatInstanceId, type Instance, type Json, parsePath, type Schema, valueFromJson } from "../../yang/index.ts";
import { plainText, understand } from "./arguments.ts";

export interface EditServices {
  readonly registry: Registry;
  readonly mailbox: Mailbox;
  readonly credentials: Credentials;
  readonly recorder: Recorder;
}

/** In one command; more is what an iPATCH is for. */
const MOST_EDITS = 64;

const NODE_EDIT = z.strictObject({
  node: z.string(),
  edits: z
    .array(z.strictObject({ path: z.string().min(1).max(1024), value: z.json().optional() }))
    .min(1)
    .max(MOST_EDITS),
  /** Milliseconds. */
  expireAfter: z.int().min(1000).optional(),
  /** Healthy wakes. */
  confirm: z.int().min(1).max(100).optional(),
});
const NODE_REPLACE = z.strictObject({ node: z.string(), endpoint: plainText(64) });

/** Handlers by op; each throws UsageError `command.argument` or what is said below. */
export const editHandlers = (services: EditServices): ReadonlyMap<string, CommandHandler> =>
  new Map<string, CommandHandler>([
    ["node.edit", async (args, actor) => editNode(understand("node.edit", NODE_EDIT, args), actor, services)],
    [
      "node.replace",
      async (args, actor) => replaceNode(understand("node.replace", NODE_REPLACE, args), actor, services),
    ],
  ]);

/** Throws UsageError `node.unknown`, `yang.path`, `root.foreign`, `edit.too-large`, `edit.no-way-back`, and `yang.*`. */
async function editNode(
  { node: reference, edits, expireAfter, confirm }: z.output<typeof NODE_EDIT>,
  actor: string,
  services: EditServices,
): Promise<Json> {
  const node = services.registry.named(reference);
  const schema = services.registry.schemaOf(node);
  const instances = edits.map(({ path, value }) => instanceOf(path, value as Json | undefined, schema));
  checkPlace("node", instances, schema);
  const terms = {
    actor,
    expireAfter: expireAfter as Millis | undefined,
    confirm: confirm === undefined ? undefined : { wakes: confirm },
  };
  const { revision } = await acceptEdit(node, instances, services, terms);
  return { node: node.id, revision, pending: services.mailbox.pending(node.id), paths: pathsOf(instances, schema) };
}

const pathsOf = (instances: readonly Instance[], schema: Schema): readonly string[] =>
  instances.map(({ id }) => formatInstanceId(id, schema));

/** Without a value the instance is deleted. */
function instanceOf(path: string, value: Json | undefined, schema: Schema): Instance {
  const id = parsePath(path, schema);
  return { id, value: value === undefined ? undefined : dataOf(value, id.sid, schema) };
}

/** RFC 7951 writes some numbers as strings, and a person who types 21.5 need not know which: the other spelling will do too. */
function dataOf(json: Json, sid: number, schema: Schema): Instance["value"] {
  try {
    return valueFromJson(json, sid, schema);
  } catch (error) {
    if (!isCoded(error) || (typeof json !== "number" && typeof json !== "boolean")) throw error;
    try {
      return valueFromJson(String(json), sid, schema);
    } catch (second) {
      // The spelling that the type has says more: that the number is out of range, say.
      throw isCoded(second) && second.code === "yang.invalid-datatype" ? error : second;
    }
  }
}

/**
 * A device takes the place of one that is dead: id, name, room, settings and history stay, its credentials are new. It gets
 * the configuration by edits. Throws UsageError `node.unknown`, `node.exists`.
 */
async function replaceNode(
  { node: reference, endpoint }: z.output<typeof NODE_REPLACE>,
  actor: string,
  services: EditServices,
): Promise<Json> {
  const { registry, mailbox, credentials, recorder } = services;
  const { id: node, endpoint: former } = registry.named(reference);
  if (registry.byEndpoint(endpoint) !== undefined) throw new UsageError("node.exists", { endpoint });
  const old = credentials.idsOfNode(node);
  // In one turn, and in this order in the journal: nobody meets the new device without its settings.
  const replaced = recorder.record("node.replaced", { node, endpoint, former, actor });
  await Promise.all([
    replaced,
    repostConfiguration(registry.get(node), services, { actor }),
    recorder.record("credential.added", { ...credentials.issue({ node, name: endpoint }), actor }),
    credentials.remove(old, recorder, actor),
  ]);
  return { node, endpoint, former, pending: mailbox.pending(node) };
}
