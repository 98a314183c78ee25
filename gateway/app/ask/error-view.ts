/** draft-ietf-core-comi-21 §6 — the error container of ietf-coreconf in plain words. */
import { isCoded } from "../../base/index.ts";
import { ERROR_APP_TAGS, ERROR_CONTAINER, ERROR_DELTAS, ERROR_TAGS } from "../../southbound/coreconf/index.ts";
import { type CborItem, CORECONF, decodeItem } from "../../wire/cbor/index.ts";
import { decodeIdentifiers, formatInstanceId, type Schema } from "../../yang/index.ts";

/** Undefined when the bytes are no error container. */
export function errorText(payload: Uint8Array, schema: Schema): string | undefined {
  const body = containerOf(payload);
  if (body === undefined) return undefined;
  const message = body.get(ERROR_DELTAS.message);
  const at = body.get(ERROR_DELTAS.dataNode);
  const tags = [nameOf(body.get(ERROR_DELTAS.tag), ERROR_TAGS), nameOf(body.get(ERROR_DELTAS.appTag), ERROR_APP_TAGS)];
  return [
    message?.kind === "text" ? message.value : "no message",
    `  error: ${tags.filter((tag) => tag !== undefined).join(", ") || "not named"}`,
    ...(at === undefined ? [] : [`  where: ${placeOf(payload.subarray(at.start, at.end), schema)}`]),
  ].join("\n");
}

/** By delta from the container. */
function containerOf(payload: Uint8Array): ReadonlyMap<number, CborItem> | undefined {
  const members = membersOf(read(payload))?.get(ERROR_CONTAINER);
  return membersOf(members);
}

function read(payload: Uint8Array): CborItem | undefined {
  try {
    return decodeItem(payload, CORECONF);
  } catch (error) {
    if (isCoded(error)) return undefined;
    throw error;
  }
}

function membersOf(item: CborItem | undefined): ReadonlyMap<number, CborItem> | undefined {
  if (item?.kind !== "map") return undefined;
  return new Map(
    item.entries.flatMap(([key, value]) =>
      key.kind === "integer" && typeof key.value === "number" ? [[key.value, value] as const] : [],
    ),
  );
}

/** An identity by its name; one that is not known here by its SID. */
function nameOf(item: CborItem | undefined, table: Readonly<Record<string, number>>): string | undefined {
  if (item?.kind !== "integer") return undefined;
  return Object.entries(table).find(([, sid]) => sid === item.value)?.[0] ?? `SID ${item.value}`;
}

function placeOf(identifier: Uint8Array, schema: Schema): string {
  try {
    return decodeIdentifiers(identifier, schema)
      .map((id) => formatInstanceId(id, schema))
      .join(", ");
  } catch (error) {
    if (isCoded(error)) return `bytes ${Buffer.from(identifier).toString("hex")}`; // of modules that are not loaded here
    throw error;
  }
}
