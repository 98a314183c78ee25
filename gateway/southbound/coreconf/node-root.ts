/** The datastore of one node: the same tree whether the node or a manager asks. */
import { type NodeId, UsageError } from "../../base/index.ts";
import { appliedIn, checkSizes, confirm, type Mailbox, post, waiting } from "../../service/mailbox/index.ts";
import type { Registry } from "../../service/registry/index.ts";
import type { Recorder } from "../../store/index.ts";
import { edit, encodeInstances, type Instance, validateEdit } from "../../yang/index.ts";
import { type PendingServices, withPending } from "./pending.ts";
import { checkPlace, type DatastoreRoot } from "./root.ts";

interface NodeServices {
  readonly registry: Registry;
  readonly mailbox: Mailbox;
  readonly recorder: Recorder;
}

/**
 * As a manager has it: edits also wait in the mailbox until the node wakes.
 * The tree shows the edit at once, as the unified datastore does (draft-ietf-core-comi-21 §2.4).
 */
export function nodeRoot(id: NodeId, { registry, mailbox, recorder }: NodeServices): DatastoreRoot {
  const schema = registry.schemaOf(registry.get(id));
  return {
    schema,
    replaceable: true,
    operations: [], // what a node can do it does when it is awake, and not here
    tree: () => registry.get(id).tree,
    edit: async (instances, actor) => {
      checkSizes(instances, schema);
      const patch = checkedPatch(id, instances, registry);
      const box = post(mailbox.box(id), instances, schema);
      const pending = waiting(box).length;
      return recorder.record("datastore.edited", { root: id, patch, actor, revision: box.revision, pending });
    },
  };
}

/**
 * As the node itself has it: with what waits for it, and with edits that are its own word. Which of the manager's edits it
 * has applied, the mailbox reads from that fact.
 */
export function ownRoot(id: NodeId, services: NodeServices & PendingServices): DatastoreRoot {
  const { registry, mailbox, recorder } = services;
  const schema = registry.schemaOf(registry.get(id));
  return {
    schema,
    // What waits for the node would be lost with what it says of all the rest.
    replaceable: false,
    operations: [], // the check-in has a lane of its own
    tree: () => withPending(registry.get(id).tree, id, services),
    edit: async (instances, actor) => {
      const patch = checkedPatch(id, instances, registry);
      const applied = appliedIn(patch, schema);
      const box = mailbox.box(id);
      // A check-in may know of an earlier life (see `confirm`); who writes here says what it fetched and applied.
      if (applied !== undefined && applied > box.revision) {
        throw new UsageError("pending.never-issued", { applied, revision: box.revision });
      }
      const pending = waiting(applied === undefined ? box : confirm(box, applied)).length;
      return recorder.record("datastore.edited", { root: id, patch, actor, pending });
    },
  };
}

function checkedPatch(id: NodeId, instances: readonly Instance[], registry: Registry): Uint8Array {
  const node = registry.get(id);
  const { tree } = node;
  const schema = registry.schemaOf(node);
  checkPlace("node", instances, schema);
  validateEdit(tree, edit(tree, instances, schema), instances, schema);
  return encodeInstances(instances, schema, "any");
}
