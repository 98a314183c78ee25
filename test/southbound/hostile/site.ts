/** What all hostile managers meet: a gateway with one node that has something to lose, and ways to ask it. */
import type { NodeId, Peer } from "../../../gateway/base/index.ts";
import type { Request, Response } from "../../../gateway/coap/index.ts";
import { encodeTree } from "../../../gateway/yang/index.ts";
import { ANYBODY, bytes, hex, openServices, request, type Services } from "../../support/services.ts";

/** SIDs of the room. */
export const [ROOM, TEMPERATURE, HUMIDITY, SET_POINT, MODE, PERIOD] = [
  60201, 60202, 60203, 60204, 60209, 60210,
] as const;

export interface Site {
  readonly services: Services;
  readonly node: NodeId;
  /** Of the node's datastore. */
  readonly path: string;
  ask(method: Request["method"], more?: Partial<Request>, path?: string, name?: string): Promise<Response>;
  fetch(ids: Uint8Array, more?: Partial<Request>, name?: string): Promise<Response>;
  patch(edits: Uint8Array, more?: Partial<Request>, name?: string): Promise<Response>;
  /** The datastore and the number of the last fact: what a refused request leaves alone. */
  state(): readonly [tree: string, facts: number];
}

export const manager = (name: string | undefined): Peer =>
  name === undefined ? ANYBODY : { ...ANYBODY, identity: { kind: "oscore", id: "01", name } };

/** A room of 21.50 degrees and 45 percent; the set-point is 20.50. */
export async function openSite(options: Partial<Parameters<typeof openServices>[0]> = {}): Promise<Site> {
  const services = await openServices({ ...options });
  const node = await services.join("room-1");
  const path = `n/${node}/c`;
  const ask: Site["ask"] = async (method, more = {}, at = path, name = undefined) =>
    services.handler(manager(name), request(method, at, more));
  const site: Site = {
    services,
    node,
    path,
    ask,
    fetch: (payload, more = {}, name = undefined) => ask("FETCH", { contentFormat: 141, payload, ...more }, path, name),
    patch: (payload, more = {}, name = undefined) =>
      ask("iPATCH", { contentFormat: 142, payload, ...more }, path, name),
    state: () => {
      const record = services.registry.find(node);
      const tree = record === undefined ? "" : hex(encodeTree(record.tree, services.registry.schemaOf(record), "any"));
      return [tree, services.journal.last];
    },
  };
  await services.checkIn.answer(
    ANYBODY,
    request("POST", "c", {
      query: ["ep=room-1"],
      contentFormat: 142,
      payload: bytes("a1 19ea61 a2 02 01 05 a1 18c3 a2 01 c482211908 66 02 182d"),
    }),
  );
  await site.patch(bytes("a1 19eb2c c482211908 02"));
  return site;
}

/** `n` minutes after midnight. */
export const minute = (n: number): string =>
  `${String(Math.trunc(n / 60)).padStart(2, "0")}:${String(n % 60).padStart(2, "0")}`;

/** The edit that makes, or with `null` deletes, an entry of the list; `centi`: its set-point. */
export function periodEdit(start: string, centi: number | null): Uint8Array {
  const key = `65${hex(Buffer.from(start))}`;
  const value = centi === null ? "f6" : `a2 01 ${key} 02 c4822119${centi.toString(16).padStart(4, "0")}`;
  return bytes(`a1 82 19eb32 ${key} ${value}`);
}

/** The same bytes until there are `size` of them. */
export function filled(pattern: string, size: number): Uint8Array {
  const once = bytes(pattern);
  return Buffer.alloc(Math.floor(size / once.length) * once.length, once);
}

/** The text of an error body; for its code in brackets. */
export const textOf = ({ payload }: Response): string => Buffer.from(payload ?? []).toString("latin1");
