/** The datastore of one node: the same tree whether the node or a manager asks. */
import { type Clock, type NodeId, UsageError } from "../../base/index.ts";
import {
  acceptEdit,
  appliedIn,
  confirm,
  type Mailbox,
  newlyApplied,
  nextDelivery,
  recordOutcome,
  waiting,
} from "../../service/mailbox/index.ts";
import type { Registry } from "../../service/registry/index.ts";
import type { Recorder } from "../../store/index.ts";
import { edit, encodeInstances, type Instance, type SchemaNode, validateEdit } from "../../yang/index.ts";
import type { Operation } from "./operations/operation.ts";
import { type PendingServices, withoutPending, withPending } from "./pending.ts";
import { recordRefused, refusedIn } from "./refused-edits.ts";
import { checkPlace, type DatastoreRoot } from "./root.ts";

interface NodeServices {
  readonly clock: Clock;
  readonly registry: Registry;
  readonly mailbox: Mailbox;
  readonly recorder: Recorder;
}

/** What a node does when it is called; undefined when it serves no datastore, or the operation is not its own. */
export type NodeCalls = (node: NodeId, operation: SchemaNode) => Operation["run"] | undefined;

/** As a manager has it: edits wait in the mailbox until the node wakes. */
export function nodeRoot(id: NodeId, services: NodeServices & { readonly calls?: NodeCalls }): DatastoreRoot {
  const { registry, calls } = services;
  const schema = registry.schemaOf(registry.get(id));
  return {
    schema,
    kind: "node",
    replaceable: true,
    operations: [],
    elsewhere: (operation) => calls?.(id, operation),
    tree: () => withoutPending(registry.get(id).tree, schema),
    edit: async (instances, actor) => {
      checkPlace("node", instances, schema);
      await acceptEdit(registry.get(id), instances, services, { actor });
    },
  };
}

/**
 * As the node itself has it: with what waits for it, and with edits that are its own word. Which of the manager's edits it
 * has applied, the mailbox reads from that fact.
 */
export function ownRoot(id: NodeId, services: NodeServices & PendingServices): DatastoreRoot {
  const { registry, mailbox, recorder, clock } = services;
  const schema = registry.schemaOf(registry.get(id));
  return {
    schema,
    // What waits for the node would be lost with what it says of all the rest.
    kind: "node",
    replaceable: false,
    operations: [], // the check-in has a lane of its own
    tree: () => withPending(registry.get(id).tree, id, services),
    edit: async (instances, actor) => {
      checkEdit(id, instances, registry);
      const { refused, rest } = refusedIn(instances, schema);
      const patch = encodeInstances(rest, schema, "any");
      const applied = appliedIn(patch, schema);
      // A check-in may know of an earlier life (see `confirm`); who writes here says what it fetched and applied.
      const { revision } = mailbox.box(id);
      if (applied !== undefined && applied > revision) {
        throw new UsageError("pending.never-issued", { applied, revision });
      }
      const recorded = recordRefused(id, refused, services, { now: clock.now(), schema });
      const box = mailbox.box(id);
      const after = applied === undefined ? box : confirm(box, applied, clock.now());
      const pending = waiting(after).length;
      await Promise.all([
        recorded,
        rest.length > 0 && recorder.record("datastore.edited", { root: id, patch, actor, pending }),
        recordOutcome(id, "applied", newlyApplied(box, after), recorder),
      ]);
    },
  };
}

/** The node has read what waits, and may apply it at once. */
export function noteDelivered(id: NodeId, { mailbox, recorder }: NodeServices): void {
  const { delivery } = nextDelivery(mailbox.box(id), Number.POSITIVE_INFINITY);
  // Nothing rests on it but what a manager is shown; that the journal cannot write is told by readyz and each checkpoint.
  recordOutcome(id, "delivered", delivery?.fresh ?? [], recorder)?.catch(() => undefined);
}

/** Throws WireError `yang.*`, UsageError `root.foreign`. */
function checkEdit(id: NodeId, instances: readonly Instance[], registry: Registry): void {
  const node = registry.get(id);
  const { tree } = node;
  const schema = registry.schemaOf(node);
  checkPlace("node", instances, schema);
  validateEdit(tree, edit(tree, instances, schema), instances, schema);
}
