/** A reader of push messages, as a cloud application writes one: it knows JSON and the names of list keys, and nothing of us. */
import { parsePayload } from "../../cloud-bridge/mqtt/outbox/message.ts";
import type { Json, JsonObject } from "../../gateway/yang/index.ts";

interface Edit {
  readonly operation: "create" | "replace" | "delete";
  readonly target: string;
  readonly value?: JsonObject;
}
interface PushPayload {
  readonly "ietf-yang-push:push-update"?: { readonly id: number; readonly "datastore-contents": JsonObject };
  readonly "ietf-yang-push:push-change-update"?: {
    readonly id: number;
    readonly "datastore-changes": { readonly "yang-patch": { readonly edit: readonly Edit[] } };
  };
  readonly "sidgate-mqtt:meta": {
    readonly seq: string;
    readonly "prev-seq": string;
    readonly epoch: number;
    readonly observed: string;
    readonly "sid-path"?: number;
  };
}
type Mutable = { [member: string]: Json | Mutable | Mutable[] };

export const pushPayload = (payload: Uint8Array): PushPayload => parsePayload(payload) as unknown as PushPayload;

/** The subtree of each subscription to each node, by `{node}/{id}`. */
export class PushReader {
  readonly #keys: Readonly<Record<string, readonly string[]>>;
  readonly #trees = new Map<string, Mutable>();
  readonly #last = new Map<string, string>();

  /** Key names by the name of the list. */
  constructor(keys: Readonly<Record<string, readonly string[]>>) {
    this.#keys = keys;
  }

  tree(node: string, id: number): JsonObject {
    return JSON.parse(JSON.stringify(this.#trees.get(`${node}/${id}`) ?? {})) as JsonObject;
  }

  /** Throws RangeError when a message was missed, or an edit does not fit what is there. */
  take(node: string, payload: Uint8Array): void {
    const push = pushPayload(payload);
    const meta = push["sidgate-mqtt:meta"];
    const last = this.#last.get(node) ?? "0";
    if (meta["prev-seq"] !== last) throw new RangeError(`prev-seq ${meta["prev-seq"]} after ${last}`);
    this.#last.set(node, meta.seq);
    const whole = push["ietf-yang-push:push-update"];
    if (whole !== undefined)
      this.#trees.set(`${node}/${whole.id}`, structuredClone(whole["datastore-contents"]) as Mutable);
    const changes = push["ietf-yang-push:push-change-update"];
    if (changes === undefined) return;
    const tree = this.#trees.get(`${node}/${changes.id}`) ?? {};
    for (const edit of changes["datastore-changes"]["yang-patch"].edit) this.#apply(tree, edit);
    this.#trees.set(`${node}/${changes.id}`, tree);
  }

  #apply(tree: Mutable, { operation, target, value }: Edit): void {
    const steps = target
      .slice(1)
      .split("/")
      .map((step) => {
        const [name = "", keys] = step.split("=");
        return { name, keys: keys?.split(",").map(decodeURIComponent) };
      });
    let at = tree;
    for (const { name, keys } of steps.slice(0, -1)) {
      at[name] ??= {};
      const next = at[name] as Mutable | Mutable[];
      at = Array.isArray(next) ? this.#entry(next, name, keys) : next;
    }
    const { name, keys } = steps.at(-1)!;
    const plain = name.slice(name.indexOf(":") + 1);
    const given = value === undefined ? undefined : Object.values(value)[0];
    if (keys === undefined) {
      if ((at[name] !== undefined) !== (operation !== "create")) throw new RangeError(`${operation} ${target}`);
      if (given === undefined) delete at[name];
      else at[name] = given as Json;
      return;
    }
    at[name] ??= [];
    const entries = at[name] as Mutable[];
    const place = entries.findIndex((entry) => this.#isNamed(entry, plain, keys));
    if (place >= 0 !== (operation !== "create")) throw new RangeError(`${operation} ${target}`);
    if (given === undefined) entries.splice(place, 1);
    else entries.push((given as readonly Json[])[0] as Mutable);
  }

  #entry(entries: readonly Mutable[], list: string, keys: readonly string[] = []): Mutable {
    const entry = entries.find((each) => this.#isNamed(each, list, keys));
    if (entry === undefined) throw new RangeError(`no ${list}=${keys.join(",")}`);
    return entry;
  }

  #isNamed(entry: Mutable, list: string, keys: readonly string[]): boolean {
    return (this.#keys[list] ?? []).every((name, index) => String(entry[name]) === keys[index]);
  }
}

/** Without what says nothing, lists in the order of their first member: two of them can be compared. */
export function normalised(json: Json): Json {
  if (Array.isArray(json)) {
    const items = (json as readonly Json[]).map(normalised);
    const isList = items.every((item) => typeof item === "object" && item !== null);
    return isList ? items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
  }
  if (typeof json !== "object" || json === null) return json;
  const members = Object.entries(json as JsonObject)
    .map(([name, value]) => [name, normalised(value)] as const)
    .filter(([, value]) => !isEmpty(value))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members);
}

const isEmpty = (json: Json): boolean => typeof json === "object" && json !== null && Object.keys(json).length === 0;
