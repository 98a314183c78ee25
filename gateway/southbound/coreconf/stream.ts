/**
 * The event stream `/s` (draft-ietf-core-comi-21 §3.4): the newest notifications first, made from facts. Its length
 * is what a reader may have missed between two looks; the journal has the whole story.
 */
import { rfc3339 } from "../../base/index.ts";
import { enumValue, houseNode } from "../../service/registry/index.ts";
import type { Fact } from "../../store/index.ts";
import {
  encodeInstances,
  type Instance,
  type InstanceId,
  type Schema,
  type SchemaSource,
  type Sid,
  type Tree,
  type Value,
} from "../../yang/index.ts";

const KEPT = 32;
/** The topic that observers of the stream hang on. */
export const STREAM_TOPIC = "s";

export class EventStream {
  readonly #schemas: SchemaSource;
  #newestFirst: readonly Instance[] = [];

  constructor(schemas: SchemaSource) {
    this.#schemas = schemas;
  }

  get #schema(): Schema {
    return this.#schemas.of(undefined);
  }

  /** True when the stream has something new. */
  take(fact: Fact): boolean {
    const instance = this.#notification(fact);
    if (instance === undefined) return false;
    this.#newestFirst = [instance, ...this.#newestFirst].slice(0, KEPT);
    return true;
  }

  /** Content format 142; `only` = SIDs of the notifications wanted (FETCH filter, §3.4.1); `mayHear`: of access rules. */
  encode(only?: ReadonlySet<Sid>, mayHear?: (id: InstanceId, schema: Schema) => boolean): Uint8Array {
    const wanted = only === undefined ? this.#newestFirst : this.#newestFirst.filter(({ id }) => only.has(id.sid));
    const heard = mayHear === undefined ? wanted : wanted.filter(({ id }) => mayHear(id, this.#schema));
    return encodeInstances(heard, this.#schema);
  }

  #notification(fact: Fact): Instance | undefined {
    switch (fact.type) {
      case "ota.phase":
        if (fact.from === fact.to) return undefined;
        return this.#instance("/sidgate-firmware:progress", {
          node: fact.node,
          campaign: fact.campaign,
          from: enumValue(this.#schema, "/sidgate-firmware:progress/from", fact.from),
          to: enumValue(this.#schema, "/sidgate-firmware:progress/to", fact.to),
          reason: fact.reason,
          time: rfc3339(fact.at),
        });
      case "node.reachability":
        if (fact.from === fact.to) return undefined;
        return this.#instance("/sidgate-gateway:node-state", {
          node: fact.node,
          from: enumValue(this.#schema, "/sidgate-gateway:node-state/from", fact.from),
          to: enumValue(this.#schema, "/sidgate-gateway:node-state/to", fact.to),
          time: rfc3339(fact.at),
        });
      case "node.joined":
        return this.#instance("/sidgate-gateway:node-joined", { node: fact.node, time: rfc3339(fact.at) });
      default:
        return undefined;
    }
  }

  #instance(path: string, leaves: { readonly [leaf: string]: Value | undefined }): Instance {
    const content = new Map<Sid, Value>();
    for (const [leaf, value] of Object.entries(leaves)) {
      if (value !== undefined) content.set(houseNode(this.#schema, `${path}/${leaf}`).sid, value);
    }
    return { id: { sid: houseNode(this.#schema, path).sid, keys: [] }, value: content satisfies Tree };
  }
}
