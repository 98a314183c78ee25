/** Requests of CORECONF: valid ones of every method and format, with mutated bodies and options that come together as they like. */
import type { Request } from "../../../gateway/coap/index.ts";
import { bytes } from "../../support/services.ts";
import type { Dice } from "../dice.ts";
import { mutateBytes } from "../yang/mutations.ts";
import type { Role } from "./scene.ts";

const EMPTY = new Uint8Array();

/** Bodies that are right somewhere: identifiers, instances, data, calls, check-ins; of nodes and of the gateway. */
const BODIES: readonly Uint8Array[] = [
  "19eb29",
  "19eb2a 19eb2b 19eb2c",
  "82 19eb32 65 30363a3030 19eb31",
  "82 19eb33 65 30363a3030",
  "197277 19727e 1a000f4240",
  "19eb8d 19eb8e 82 19eb92 68 6e2d30303031",
  "a1 19eb2c c4822119 0834",
  "a1 19eb31 01 a1 19eb2c f6",
  "a1 82 19eb32 65 30363a3030 a2 01 65 30363a3030 02 c4822119 0834",
  "a1 19eb32 82 a2 01 65 30363a3030 02 c4822119 0834 a2 01 65 30373a3030 02 c4822119 0960",
  "a1 19eb32 a2 01 65 30383a3030 02 c4822119 0834",
  "a1 19eb32 f6",
  "a1 19eb29 a3 03 c4822119 0834 08 00 09 81 a2 01 65 30363a3030 02 c4822119 0834",
  "a1 19eb29 a0",
  "a1 19eb29 f6",
  "a0",
  "a1 19eb8e 65 4174746963",
  "a1 19eb8d a1 01 65 4174746963",
  "a1 82 19eb93 66 6e2d30303031 62 7878",
  "a1 19ebf0 a0",
  "a1 19ea61 a2 02 01 05 a1 18c3 a2 01 c482211908 66 02 182d",
  "a1 19ea61 a1 02 18 63",
  "a1 82 19eb9c 66 6e2d30303031 f6",
  "bf 19eb2c c4822119 0834 ff",
  "a1 75 7369646761746 52d6275696c64696e673a726f6f6d a0",
].map((hex) => bytes(hex.replaceAll(" ", "")));

const METHODS = ["GET", "FETCH", "FETCH", "iPATCH", "iPATCH", "iPATCH", "PUT", "POST", "DELETE", "PATCH"] as const;
const FORMATS: { readonly [M in Request["method"]]?: readonly number[] } = {
  FETCH: [141],
  iPATCH: [142],
  PUT: [140, 340, 341],
  POST: [140, 142],
};
const QUERIES = [
  "c=a",
  "c=c",
  "c=n",
  "d=a",
  "d=t",
  "c=x",
  "d=",
  "c",
  "ep=room-1",
  "ep=x",
  "rt=core.c.*",
  "insert=first",
];

export interface Asked {
  readonly role: Role;
  readonly request: Request;
}

/** `etags`: of answers of before. */
export function someRequest(dice: Dice, node: string, etags: readonly Uint8Array[]): Asked {
  const role: Role = dice.pick(["boss", "boss", "guest", "guest", "node"] as const);
  const method = dice.pick(METHODS);
  const own = FORMATS[method];
  const contentFormat =
    dice.chance(0.05) || own === undefined ? dice.pick([undefined, 0, 40, 60, 140, 141, 142, 65535]) : dice.pick(own);
  const path = dice.chance(0.8)
    ? role === "node"
      ? ["c"]
      : ["n", node, "c"]
    : dice.pick([["c"], ["s"], ["n", node, "s"], ["n", "x", "c"], [".well-known", "core"], [], ["n", node, "c", ""]]);
  const some = <T>(share: number, make: () => T): readonly T[] =>
    dice.chance(share) ? Array.from({ length: 1 + dice.below(3) }, make) : [];
  const etag = (): Uint8Array => (dice.chance(0.5) && etags.length > 0 ? dice.pick(etags) : dice.bytes(8));
  const body = (): Uint8Array => dice.pick(BODIES);
  return {
    role,
    request: {
      method,
      path,
      query: some(0.15, () => dice.pick(QUERIES)),
      contentFormat,
      accept: dice.chance(0.1) ? dice.pick([140, 142, 340, 341, 40, 60]) : undefined,
      etags: some(0.1, etag),
      ifMatch: some(0.1, etag),
      ifNoneMatch: dice.chance(0.03),
      payload: dice.chance(0.05) || method === "GET" ? EMPTY : mutateBytes(dice, body(), body()),
      observe: dice.chance(0.05) ? dice.pick([0, 1]) : undefined,
    },
  };
}
