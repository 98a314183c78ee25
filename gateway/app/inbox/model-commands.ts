/** The commands about module sets: which one a node works with, and a look at their folders. */
import { z } from "zod";
import { UsageError } from "../../base/index.ts";
import { fitting, type Mailbox, waiting } from "../../service/mailbox/index.ts";
import type { Registry } from "../../service/registry/index.ts";
import { libraryChecksum } from "../../southbound/coreconf/index.ts";
import type { CommandHandler, Recorder } from "../../store/index.ts";
import type { Json } from "../../yang/index.ts";
import type { ModelSets } from "../models/index.ts";
import { plainText, understand } from "./arguments.ts";

export interface ModelServices {
  readonly registry: Registry;
  readonly mailbox: Mailbox;
  readonly models: Pick<ModelSets, "of" | "has" | "list" | "reload">;
  readonly recorder: Recorder;
}

const NODE_MODELS = z.strictObject({ node: z.string(), models: plainText(64).optional() });
const NOTHING = z.strictObject({});

/** Handlers by op; each throws UsageError `command.argument` or what is said below. */
export const modelHandlers = (services: ModelServices): ReadonlyMap<string, CommandHandler> =>
  new Map<string, CommandHandler>([
    ["node.models", async (args, actor) => giveSet(understand("node.models", NODE_MODELS, args), actor, services)],
    [
      "models.reload",
      async (args) => {
        understand("models.reload", NOTHING, args);
        await services.models.reload({ again: true });
        const refused = services.models.list().filter(({ fault }) => fault !== undefined);
        return { sets: services.models.list().length, refused: refused.map(({ set }) => set ?? null) };
      },
    ],
  ]);

/** A set that a node can be given. Throws UsageError `models.set-unknown`, `models.set-broken`. */
export function checkSet(set: string, models: Pick<ModelSets, "has" | "list">): void {
  if (models.has(set)) return;
  const fault = models.list().find((known) => known.set === set)?.fault;
  throw fault === undefined
    ? new UsageError("models.set-unknown", { set })
    : new UsageError("models.set-broken", { set, reason: fault.text });
}

/** Edits that wait and do not fit the other set could never be understood by the node: they are dropped, and counted. */
async function giveSet(
  { node: reference, models: set }: z.output<typeof NODE_MODELS>,
  actor: string,
  { registry, mailbox, models, recorder }: ModelServices,
): Promise<Json> {
  const node = registry.named(reference);
  if (set !== undefined) checkSet(set, models);
  const told = { node: node.id, models: set ?? null };
  if (node.set === set) return { ...told, dropped: 0 };
  const before = mailbox.box(node.id);
  const { box } = fitting(before, models.of(set));
  const pending = waiting(box).length;
  await recorder.record("node.models", {
    node: node.id,
    ...(set === undefined ? {} : { set }),
    pending,
    checksum: libraryChecksum(models.of(set)),
    actor,
  });
  return { ...told, dropped: waiting(before).length - pending };
}
