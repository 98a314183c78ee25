/**
 * A manager edits the datastore of a node that sleeps: checked at once, since the node cannot, and posted. What the edit
 * takes the place of, and what would take it back, is found out here, where the tree is, and stands in the fact.
 */
import { isCoded, type Millis, type NodeId, UsageError } from "../../base/index.ts";
import type { FactBodies, Recorder } from "../../store/index.ts";
import {
  decodeInstances,
  diff,
  EMPTY_TREE,
  edit,
  editToTheLetter,
  encodeInstances,
  formatInstanceId,
  type Instance,
  type InstanceId,
  isTree,
  type LeafValue,
  type Schema,
  type SchemaNode,
  select,
  type Tree,
  validateEdit,
} from "../../yang/index.ts";
import { houseNode, type NodeRecord, type Registry } from "../registry/index.ts";
import { type Box, covers, type Edit, type Part, post, waiting } from "./box.ts";
import { isOpen } from "./edit-state.ts";
import type { Mailbox } from "./mailbox.ts";
import { fits, inSlices, LARGEST_EDIT } from "./slices.ts";

export interface AcceptanceServices {
  readonly registry: Registry;
  readonly mailbox: Mailbox;
  readonly recorder: Recorder;
}

export interface AcceptanceTerms {
  readonly actor: string;
  /** How long it may wait for the node; by default as long as the mailbox says. */
  readonly expireAfter?: Millis | "never" | undefined;
  /** Healthy wakes without which it is taken back. */
  readonly confirm?: { readonly wakes: number } | undefined;
  /** The trial that it takes back. */
  readonly reverts?: number | undefined;
}

/** Edits that wait for one node: each goes out by itself, and is compared with every other one. */
export const MOST_WAITING = 256;

/** What a node says here of the edits that it got is no setting. Throws UsageError `pending.not-yours`. */
function refuseHandshake(wanted: readonly Instance[], schema: Schema): void {
  const pending = houseNode(schema, "/sidgate-node:pending");
  for (const { id } of wanted) {
    const node = schema.bySid(id.sid);
    if (node !== pending && node?.parent !== pending && node?.parent?.parent !== pending) continue;
    throw new UsageError("pending.not-yours", { path: formatInstanceId(id, schema) });
  }
}

export interface PostedEdit {
  /** That of its last part. */
  readonly revision: number;
  /** Revisions that it has, one for each part, the last being `revision`. */
  readonly parts: number;
  readonly durable: Promise<void>;
}

/** As `postEdit`; resolves when it is durable. */
export async function acceptEdit(
  node: NodeRecord,
  wanted: readonly Instance[],
  services: AcceptanceServices,
  terms: AcceptanceTerms,
): Promise<{ readonly revision: number }> {
  const { revision, durable } = postEdit(node, wanted, services, terms);
  await durable;
  return { revision };
}

/**
 * The tree shows it at once, as the unified datastore does (draft-ietf-core-comi-21 §2.4). Throws WireError `yang.*` and
 * UsageError `pending.not-yours`, `edit.too-large`, `edit.too-many-waiting`, and then nothing has changed.
 */
export function postEdit(
  node: NodeRecord,
  wanted: readonly Instance[],
  services: AcceptanceServices,
  terms: AcceptanceTerms,
): PostedEdit {
  const schema = services.registry.schemaOf(node);
  const { tree } = node;
  refuseHandshake(wanted, schema);
  validateEdit(tree, edit(tree, wanted, schema), wanted, schema);
  const plan = planned(services.mailbox.box(node.id), tree, wanted, schema);
  checkSizes(plan.instances, schema);
  if (terms.confirm !== undefined) checkWayBack(plan, schema);
  checkRoom(node.id, plan, services.mailbox, schema);
  return record(node, plan, services, terms);
}

/**
 * All of the configuration once more, for a device that has none of it: as it is, since it was accepted before. What no
 * answer could carry is left out.
 */
export async function repostConfiguration(
  node: NodeRecord,
  services: AcceptanceServices,
  terms: AcceptanceTerms,
): Promise<void> {
  const schema = services.registry.schemaOf(node);
  const wanted = inSlices(diff(EMPTY_TREE, node.tree, schema), schema).filter((each) => fits(each, schema));
  if (wanted.length === 0) return;
  const plan = planned(services.mailbox.box(node.id), node.tree, wanted, schema);
  // However long the device lies on a shelf: without them it is none of this installation.
  await record(node, plan, services, { ...terms, expireAfter: "never" }).durable;
}

function record(
  { id: root, set }: NodeRecord,
  { instances, parts }: Planned,
  { registry, mailbox, recorder }: AcceptanceServices,
  { actor, expireAfter = mailbox.expireAfter, confirm, reverts }: AcceptanceTerms,
): PostedEdit {
  const schema = registry.schemaOf({ set });
  const box = post(mailbox.box(root), instances, schema, { parts });
  const fact: FactBodies["datastore.edited"] = {
    root,
    patch: encodeInstances(instances, schema, "any"),
    revision: box.revision,
    pending: waiting(box).length,
    parts,
    actor,
    ...(expireAfter === undefined || expireAfter === "never" ? {} : { expireAfter }),
    ...(confirm === undefined ? {} : { confirm }),
    ...(reverts === undefined ? {} : { reverts }),
  };
  const durable = recorder.record("datastore.edited", fact);
  return { revision: box.revision, parts: instances.length, durable };
}

/** Throws UsageError `edit.too-large` for an instance that no answer could ever bring to a node. */
function checkSizes(instances: readonly Instance[], schema: Schema): void {
  for (const instance of instances) {
    if (fits(instance, schema)) continue;
    const { length } = encodeInstances([instance], schema, "any");
    const path = formatInstanceId(instance.id, schema);
    throw new UsageError("edit.too-large", { path, length, limit: LARGEST_EDIT });
  }
}

/** Throws UsageError `edit.too-many-waiting`; what takes the place of an edit that waits always has room. */
function checkRoom(node: NodeId, { instances, parts }: Planned, mailbox: Mailbox, schema: Schema): void {
  const before = mailbox.box(node);
  const most = Math.max(MOST_WAITING, waiting(before).length);
  if (before.edits.length + instances.length <= most) return;
  if (waiting(post(before, instances, schema, { parts })).length <= most) return;
  throw new UsageError("edit.too-many-waiting", { node, limit: MOST_WAITING });
}

/** Throws UsageError `edit.no-way-back`. */
function checkWayBack({ instances, parts }: Planned, schema: Schema): void {
  const stuck = instances[parts.findIndex(({ undo }) => undo === undefined)];
  if (stuck !== undefined) throw new UsageError("edit.no-way-back", { path: formatInstanceId(stuck.id, schema) });
}

export interface Planned {
  readonly instances: readonly Instance[];
  readonly parts: readonly Part[];
}

interface Step {
  readonly instance: Instance;
  readonly part: Part;
}

/** The instances as they are posted, and what is to be known of each. `tree`: as the managers see it. */
export function planned(box: Box, tree: Tree, wanted: readonly Instance[], schema: Schema): Planned {
  const all: Step[] = [];
  let [now, then] = [box, tree];
  for (const each of wanted) {
    const instance = withOwnKeys(each, schema);
    const steps = stepsOf(instance, now, then, schema);
    all.push(...steps);
    now = post(now, ...unzipped(steps, schema));
    then = attempt(() => edit(then, [instance], schema)) ?? then;
  }
  return { instances: all.map(({ instance }) => instance), parts: all.map(({ part }) => part) };
}

const unzipped = (
  steps: readonly Step[],
  schema: Schema,
): [readonly Instance[], Schema, { readonly parts: readonly Part[] }] => [
  steps.map(({ instance }) => instance),
  schema,
  { parts: steps.map(({ part }) => part) },
];

/** Of a list entry that names itself in its value only: its identifier says which one it is, so that it merges with its like. */
function withOwnKeys(instance: Instance, schema: Schema): Instance {
  const { id, value } = instance;
  const node = schema.bySid(id.sid);
  if (node?.kind !== "list" || !isTree(value) || id.keys.length !== keysAbove(node)) return instance;
  const own = (node.keys ?? []).map((name) => value.get(node.children.find((child) => child.name === name)?.sid ?? 0));
  if (own.some((key) => key === undefined)) return instance;
  return { id: { sid: id.sid, keys: [...id.keys, ...(own as LeafValue[])] }, value };
}

const keysAbove = (node: SchemaNode): number => {
  let count = 0;
  for (let up = node.parent; up !== undefined; up = up.parent) count += up.kind === "list" ? (up.keys?.length ?? 0) : 0;
  return count;
};

/**
 * One instance takes the place of all that was said of its data, and of what was set that it takes away besides, be it by
 * another case of a choice or by a condition that does not hold any more. What those edits would have done elsewhere is then
 * said by itself: the case that one of them would have ended, or the order of entries that users order (RFC 7950 §7.7.7). So is
 * what a condition takes away from what the node has: the node need not evaluate conditions.
 */
function stepsOf(instance: Instance, box: Box, tree: Tree, schema: Schema): readonly Step[] {
  const after = attempt(() => edit(tree, [instance], schema));
  const lost = (after && attempt(() => lostPlaces(after, tree, schema))) ?? [];
  const path = formatInstanceId(instance.id, schema);
  const replaced = box.edits.filter(
    (other) => covers(path, other.path) || (lost.some((place) => covers(place, other.path)) && sets(other, schema)),
  );
  const first: Step = { instance, part: { supersedes: replaced.map(({ revision }) => revision) } };
  const had = after && attempt(() => withoutReached(tree, replaced, schema));
  const made = had && attempt(() => editToTheLetter(had, [instance], schema));
  const steps = made && after && attempt(() => towards(after, { had: had ?? tree, made, instance }, schema));
  if (steps === undefined) return [first];
  let before: Tree | undefined = had;
  return steps.map((instance, index) => {
    const { part } = index === 0 ? first : { part: {} }; // those that follow take the place of what is at their paths
    const next = before && attempt(() => editToTheLetter(before ?? tree, [instance], schema));
    const undo = next && before && undoOf(instance.id, next, before, schema);
    before = next;
    return { instance, part: undo === undefined ? part : { ...part, undo } };
  });
}

/** The instance and what is left to say after it; or, where that would cover the instance itself, all of the difference. */
function towards(
  after: Tree,
  { had, made, instance }: { readonly had: Tree; readonly made: Tree; readonly instance: Instance },
  schema: Schema,
): readonly Instance[] {
  const path = formatInstanceId(instance.id, schema);
  const rest = diff(made, after, schema);
  if (!rest.some(({ id }) => covers(formatInstanceId(id, schema), path))) return [instance, ...rest];
  const all = diff(had, after, schema);
  return all.length === 0 ? [instance] : all;
}

/** Where there was something, and is nothing any more. */
const lostPlaces = (after: Tree, before: Tree, schema: Schema): readonly string[] =>
  diff(after, before, schema)
    .filter(({ id, value }) => value !== undefined && select(after, id, schema) === undefined)
    .map(({ id }) => formatInstanceId(id, schema));

const sets = ({ patch }: Edit, schema: Schema): boolean =>
  attempt(() => decodeInstances(patch, schema, "input", "any"))?.some(({ value }) => value !== undefined) === true;

/** What gives `before` back; undefined where the forms of an edit cannot say it. */
function undoOf(id: InstanceId, after: Tree, before: Tree, schema: Schema): Uint8Array | undefined {
  return attempt(() => {
    const path = formatInstanceId(id, schema);
    const back = diff(after, before, schema).map((each): Instance => {
      const isWider = each.value === undefined && covers(formatInstanceId(each.id, schema), path);
      return isWider ? (narrowest(id, after, before, schema) ?? each) : each;
    });
    return encodeInstances(back, schema, "any");
  });
}

/**
 * The difference of two trees names the largest thing that went. To take back the first of several edits must not take the
 * others with it, so: the smallest thing around the edited one that will do.
 */
function narrowest(id: InstanceId, after: Tree, before: Tree, schema: Schema): Instance | undefined {
  for (let node = schema.bySid(id.sid); node !== undefined; node = node.parent) {
    const own = node.kind === "list" ? (node.keys?.length ?? 0) : 0;
    const removal: Instance = {
      id: { sid: node.sid, keys: id.keys.slice(0, keysAbove(node) + own) },
      value: undefined,
    };
    const made = attempt(() => editToTheLetter(after, [removal], schema));
    if (made !== undefined && diff(made, before, schema).length === 0) return removal;
  }
  return undefined;
}

/** The tree as the node has it, where these edits have not reached it; undefined when that is not known. */
function withoutReached(tree: Tree, edits: readonly Edit[], schema: Schema): Tree | undefined {
  let had: Tree | undefined = tree;
  for (const { undo, status } of edits.toReversed()) {
    if (had === undefined || !isOpen(status)) continue;
    had = undo && edit(had, decodeInstances(undo, schema, "input", "any"), schema);
  }
  return had;
}

/** Undefined where the forms of an edit cannot say it, or one instance cannot be judged without its neighbours. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (isCoded(error)) return undefined;
    throw error;
  }
}
