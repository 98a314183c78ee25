/** What the coreconf bench asks: one leaf read or edited, and libcoap's nearest to it. */
import type { Random } from "../../../gateway/base/index.ts";
import type { PlainRequest } from "../../../gateway/coap/oscore/index.ts";
import { codeOf, encodeUint, OPTION, type OptionValue } from "../../../gateway/wire/coap/index.ts";

export type RequestKind = keyof typeof KINDS;

const IDENTIFIERS = 141;
const INSTANCES = 142;

const option = (number: number, value: Uint8Array): OptionValue => ({ number, value });
const path = (...segments: readonly string[]): OptionValue[] =>
  segments.map((segment) => option(OPTION.uriPath, Buffer.from(segment)));
const format = (number: number): OptionValue => option(OPTION.contentFormat, encodeUint(number));
const hex = (text: string): Uint8Array => Buffer.from(text, "hex");

/** /sidgate-building:room/temperature (60202), which the nodes of the bench have reported. */
const TEMPERATURE = hex("19eb2a");
/** {/sidgate-building:room/set-point (60204): 4([-2, n])}; n is written into it. */
const SET_POINT = "a119eb2cc482211900";
/** /sidgate-gateway:gateway/version. */
const GATEWAY_VERSION = hex("19eb91");
/** [/sidgate-gateway:gateway/node/name, id of eight characters]. */
const NODE_NAME = "8219eb9868";

const KINDS = {
  fetchOfNode: (id) => ({
    code: codeOf("FETCH"),
    options: [...path("n", id, "c"), format(IDENTIFIERS)],
    payload: TEMPERATURE,
  }),
  fetchOfGateway: () => ({
    code: codeOf("FETCH"),
    options: [...path("c"), format(IDENTIFIERS)],
    payload: GATEWAY_VERSION,
  }),
  fetchNodeName: (id) => ({
    code: codeOf("FETCH"),
    options: [...path("c"), format(IDENTIFIERS)],
    payload: Buffer.concat([hex(NODE_NAME), Buffer.from(id)]),
  }),
  ipatchOfNode: (id, random) => ({
    code: codeOf("iPATCH"),
    options: [...path("n", id, "c"), format(INSTANCES)],
    payload: Buffer.concat([
      hex(SET_POINT.slice(0, -2)),
      Uint8Array.of(6 + Math.floor(random.next() * 3), byte(random)),
    ]),
  }),
  get: () => ({ code: codeOf("GET"), options: path("img"), payload: new Uint8Array() }),
  put: (_id, random) => ({
    code: codeOf("PUT"),
    options: path("img"),
    payload: Uint8Array.from({ length: 10 }, () => byte(random)),
  }),
} as const satisfies Record<string, (id: string, random: Random) => PlainRequest>;

const byte = (random: Random): number => Math.floor(random.next() * 256);

/** Of one of `nodes`, where a node is meant. */
export function requestOf(kind: RequestKind, nodes: readonly string[], random: Random): PlainRequest {
  const id = nodes[Math.floor(random.next() * nodes.length)] ?? "";
  return KINDS[kind](id, random);
}
