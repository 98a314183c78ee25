/** The datastore of one node: the same tree whether the node or a manager asks. */
import type { NodeId } from "../../base/index.ts";
import { checkSizes, type Mailbox, post, waiting } from "../../service/mailbox/index.ts";
import type { Registry } from "../../service/registry/index.ts";
import type { Recorder } from "../../store/index.ts";
import { edit, encodeInstances, validateEdit } from "../../yang/index.ts";
import { checkPlace, type DatastoreRoot } from "./root.ts";

/**
 * `queue`: a manager's edits also wait in the mailbox until the node wakes; what the node changes itself does not.
 * The tree shows the edit at once, as the unified datastore does (draft-ietf-core-comi-21 §2.4).
 */
export function nodeRoot(
  id: NodeId,
  services: { readonly registry: Registry; readonly mailbox: Mailbox; readonly recorder: Recorder },
  options: { readonly queue: boolean },
): DatastoreRoot {
  const { registry, mailbox, recorder } = services;
  return {
    schema: registry.schema,
    tree: () => registry.get(id).tree,
    edit: async (instances, actor) => {
      const { schema } = registry;
      checkPlace("node", instances, schema);
      if (options.queue) checkSizes(instances, schema);
      const { tree } = registry.get(id);
      validateEdit(tree, edit(tree, instances, schema), instances, schema);
      const patch = encodeInstances(instances, schema);
      const body = { root: id, patch, actor };
      if (!options.queue) return recorder.record("datastore.edited", body);
      const box = post(mailbox.box(id), instances, schema);
      const pending = waiting(box).length;
      return recorder.record("datastore.edited", { ...body, revision: box.revision, pending });
    },
  };
}
