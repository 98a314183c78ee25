/** What a node says when it will not do something: draft-ietf-core-comi-21 §6, read leniently, since authors differ. */
import { isCoded } from "../../base/index.ts";
import { type CborItem, CborWriter, CORECONF, decodeItem, writeItem, YANG_TAG } from "../../wire/cbor/index.ts";
import {
  decodeIdentifiers,
  ERROR_CONTAINER,
  ERROR_DELTAS,
  errorIdentity,
  type InstanceId,
  type Schema,
} from "../../yang/index.ts";

export interface NodeRefusal {
  readonly tag: string | undefined;
  readonly appTag: string | undefined;
  /** The data that is to blame. */
  readonly at: InstanceId | undefined;
  readonly message: string | undefined;
}

const NOTHING_SAID: NodeRefusal = { tag: undefined, appTag: undefined, at: undefined, message: undefined };
const LONGEST_MESSAGE = 200;

/** What can be read of it; nothing for a body that is no error container, e.g. a sentence. */
export function refusalIn(body: Uint8Array, schema: Schema): NodeRefusal {
  const error = containerIn(body);
  if (error === undefined) return NOTHING_SAID;
  const member = (delta: number): CborItem | undefined =>
    memberOf(error, delta) ?? memberOf(error, ERROR_CONTAINER + delta);
  const message = member(ERROR_DELTAS.message);
  return {
    tag: identityIn(member(ERROR_DELTAS.tag)),
    appTag: identityIn(member(ERROR_DELTAS.appTag)),
    at: placeIn(member(ERROR_DELTAS.dataNode), schema),
    message: message?.kind === "text" ? message.value.slice(0, LONGEST_MESSAGE) : undefined,
  };
}

/** The kind of a refusal in one word, as the error table of the draft has it; else the code. */
export const reasonOf = ({ tag, appTag }: NodeRefusal, code: string): string => appTag ?? tag ?? code;

function containerIn(body: Uint8Array): CborItem | undefined {
  if (body.length === 0) return undefined;
  try {
    const item = decodeItem(body, CORECONF);
    return memberOf(item, ERROR_CONTAINER) ?? memberNamed(item, "ietf-coreconf:error");
  } catch (error) {
    if (isCoded(error)) return undefined;
    throw error;
  }
}

const memberOf = (item: CborItem, key: number): CborItem | undefined =>
  item.kind === "map" ? item.entries.find(([at]) => numberIn(at) === key)?.[1] : undefined;
const memberNamed = (item: CborItem, name: string): CborItem | undefined =>
  item.kind === "map" ? item.entries.find(([at]) => at.kind === "text" && at.value === name)?.[1] : undefined;

/** Absolute SIDs have a tag where a delta could stand, and identities one inside a union. */
function numberIn(item: CborItem): number | undefined {
  const inner = item.kind === "tag" && TAGS.has(item.tag) ? item.item : item;
  return inner.kind === "integer" ? Number(inner.value) : undefined;
}
const TAGS: ReadonlySet<number> = new Set([YANG_TAG.absoluteSid, YANG_TAG.identityref]);

function identityIn(item: CborItem | undefined): string | undefined {
  if (item?.kind === "text") return item.value.replace(/^ietf-coreconf:/, "");
  const sid = item && numberIn(item);
  return sid === undefined ? undefined : (errorIdentity(sid) ?? String(sid));
}

function placeIn(item: CborItem | undefined, schema: Schema): InstanceId | undefined {
  if (item === undefined) return undefined;
  const writer = new CborWriter();
  writeItem(writer, item);
  try {
    const [id] = decodeIdentifiers(writer.finish(), schema, "any");
    return id !== undefined && schema.bySid(id.sid) !== undefined ? id : undefined;
  } catch (error) {
    if (isCoded(error)) return undefined;
    throw error;
  }
}
