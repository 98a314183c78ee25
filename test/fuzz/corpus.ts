/**
 * Valid datagrams of every kind that the gateway serves or must refuse: what the mutations start from. One row per kind;
 * the bytes follow the documents named, not our own encoders' limits.
 */
import {
  codeOf,
  type DottedCode,
  encodeBlockOption,
  encodeEmpty,
  encodeMessage,
  encodeUint,
  type MessageType,
  OPTION,
  type OptionValue,
  type Szx,
  sortOptions,
} from "../../gateway/wire/coap/index.ts";
import type { OscoreNode } from "../support/oscore-node.ts";
import type { Dice } from "./dice.ts";

/** Who and what is there to be asked for. */
export interface World {
  readonly endpoints: readonly string[];
  readonly nodes: readonly string[];
  /** Short ids of images. */
  readonly images: readonly string[];
  /** Nodes with a security context; requests of theirs are protected. */
  readonly speakers: readonly OscoreNode[];
}

/** A request before it gets its message header. */
interface Inner {
  readonly code: string;
  readonly options: readonly OptionValue[];
  readonly payload: Uint8Array;
}

const EMPTY = new Uint8Array(0);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const hex = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, "hex"));
const Q_BLOCK2 = 31; // RFC 9177

const path = (...segments: readonly string[]): OptionValue[] =>
  segments.map((segment) => ({ number: OPTION.uriPath, value: text(segment) }));
const uint = (number: number, value: number): OptionValue => ({ number, value: encodeUint(value) });
const query = (item: string): OptionValue => ({ number: OPTION.uriQuery, value: text(item) });
const block = (number: number, num: number, more: boolean, szx: number): OptionValue => ({
  number,
  value: encodeBlockOption({ num, more, szx: szx as Szx }),
});
const inner = (code: string, options: readonly OptionValue[], payload: Uint8Array = EMPTY): Inner => ({
  code,
  options,
  payload,
});
const GET = "0.01";
const POST = "0.02";
const PUT = "0.03";
const DELETE = "0.04";
const FETCH = "0.05";
const IPATCH = "0.07";

/** {60001: {2: report, 5: {195: {…}}}} of test/southbound/check-in.test.ts, with a report number of any size. */
function checkIn(dice: Dice): Uint8Array {
  const report = dice.below(200);
  const number = report < 24 ? Uint8Array.of(report) : Uint8Array.of(0x18, report);
  const data = dice.pick(["05a118c3a201c48221190866 02182d", "09f6", "05a118c3a102182e"]).replace(" ", "");
  return Uint8Array.from([...hex("a119ea61a202"), ...number, ...hex(data)]);
}

type Kind = (dice: Dice, world: World) => Inner;

/** Requests; each may go out as it is or under OSCORE. */
const REQUESTS: Readonly<Record<string, Kind>> = {
  "GET /.well-known/core": (dice) =>
    inner(GET, [...path(".well-known", "core"), ...(dice.chance(0.5) ? [query("rt=core.c.ds")] : [])]),
  "GET /c": (dice, { endpoints }) => inner(GET, [...path("c"), query(`ep=${dice.pick(endpoints)}`)]),
  "GET /n/{node}/c": (dice, { nodes }) => inner(GET, path("n", dice.pick(nodes), "c")),
  "FETCH /c": (dice, { endpoints }) =>
    inner(
      FETCH,
      [...path("c"), query(`ep=${dice.pick(endpoints)}`), uint(12, 141)],
      hex(dice.pick(["19eb8e", "19ea60", "8219eb8e01"])),
    ),
  "iPATCH /c": (dice, { endpoints }) =>
    inner(IPATCH, [...path("c"), query(`ep=${dice.pick(endpoints)}`), uint(12, 142)], hex("a119eb8e66426f696c6572")),
  "check-in": (dice, { endpoints }) =>
    inner(POST, [...path("c"), uint(12, 142), query(`ep=${dice.pick(endpoints)}`)], checkIn(dice)),
  "GET of a block": (dice, { images }) =>
    inner(GET, [...path("f", dice.pick(images)), block(OPTION.block2, dice.below(40), false, dice.below(7))]),
  "GET of a block with its ETag": (dice, { images }) =>
    inner(GET, [
      { number: OPTION.etag, value: dice.bytes(8) },
      ...path("f", dice.pick(images)),
      block(OPTION.block2, 0, false, 2),
    ]),
  "GET by Q-Block2": (dice, { images }) =>
    inner(GET, [
      ...path("f", dice.pick(images)),
      ...Array.from({ length: 1 + dice.below(4) }, () =>
        block(Q_BLOCK2, dice.below(40), dice.chance(0.3), dice.below(7)),
      ),
    ]),
  "PUT by Block1": (dice) => {
    const szx = dice.below(7);
    const body = new Uint8Array(16 << szx).fill(dice.below(256));
    return inner(PUT, [...path("c"), block(OPTION.block1, dice.below(3), dice.chance(0.8), szx)], body);
  },
  "POST by Block1 with Request-Tag": (dice) =>
    inner(
      POST,
      [...path("c"), block(OPTION.block1, dice.below(2), true, 0), { number: OPTION.requestTag, value: dice.bytes(8) }],
      new Uint8Array(16),
    ),
  observe: (dice) => inner(GET, [uint(OPTION.observe, dice.below(2)), ...path(dice.pick(["s", "rd-lookup"]), "ep")]),
  register: (dice) =>
    inner(
      POST,
      [...path("rd"), uint(12, 40), query(`ep=e${dice.below(30)}`), query(`lt=${dice.below(4_000)}`)],
      text('</sensors>;rt="temperature-c";if="sensor"'),
    ),
  "update a registration": (dice) => inner(POST, [...path("rd", String(dice.below(40)))]),
  "remove a registration": (dice) => inner(DELETE, [...path("rd", String(dice.below(40)))]),
  "simple registration": (dice) => inner(POST, [...path(".well-known", "rd"), query(`ep=e${dice.below(30)}`)]),
  "look up": (dice) =>
    inner(GET, [...path("rd-lookup", dice.pick(["ep", "res"])), query(dice.pick(["count=2", "rt=*", "page=-1"]))]),
  "Proxy-Uri": (dice) =>
    inner(GET, [
      {
        number: OPTION.proxyUri,
        value: text(dice.pick(["coap://[::1]/", "https://example.com/x", "file:///etc/passwd"])),
      },
    ]),
  "a code that is no method": (dice) =>
    inner(`${dice.below(8)}.${String(dice.below(32)).padStart(2, "0")}`, path("c"), dice.bytes(8)),
  "option soup": (dice) =>
    inner(
      dice.pick([GET, POST, PUT, DELETE, FETCH, "0.06", IPATCH]),
      Array.from({ length: dice.below(8) }, () => ({ number: dice.pick(NUMBERS), value: dice.bytes(9) })),
      dice.bytes(64),
    ),
};

/** All that is registered or was ever proposed and might meet a short cut. */
const NUMBERS = [
  11, 1, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 16, 17, 19, 20, 21, 23, 27, 28, 31, 35, 39, 60, 252, 258, 292, 65_001, 65_020,
] as const;

/** Not requests: what belongs to exchanges that nobody has. */
const STRAYS: ReadonlyArray<(dice: Dice) => Uint8Array> = [
  (dice) => encodeEmpty(dice.pick(["CON", "NON", "ACK", "RST"]), dice.below(0x10000)),
  (dice) => {
    const code = dice.pick<DottedCode>(["2.05", "2.04", "2.31", "4.01", "4.04", "5.03"]);
    const options = sortOptions([
      ...(dice.chance(0.3) ? [uint(OPTION.observe, dice.below(1 << 24))] : []),
      ...(dice.chance(0.3) ? [block(OPTION.block2, dice.below(20), dice.chance(0.5), dice.below(7))] : []),
    ]);
    return message(dice, dice.pick(["CON", "NON", "ACK"]), codeOf(code), options, dice.bytes(64));
  },
  (dice) => message(dice, dice.pick(["CON", "NON"]), dice.below(256), [], dice.bytes(20)),
];

function message(
  dice: Dice,
  type: MessageType,
  code: number,
  options: readonly OptionValue[],
  payload: Uint8Array,
): Uint8Array {
  return encodeMessage({ type, code, messageId: dice.below(0x10000), token: dice.bytes(8), options, payload });
}

const KINDS = Object.values(REQUESTS);
const PROTECTED_SHARE = 0.25;
const STRAY_SHARE = 0.1;

/** One valid datagram of some kind; `proven`: it may be one that proves who sends it. */
export function datagram(dice: Dice, world: World, proven: boolean): Uint8Array {
  if (dice.chance(STRAY_SHARE)) return dice.pick(STRAYS)(dice);
  const request = dice.pick(KINDS)(dice, world);
  const extras = EXTRAS.filter(() => dice.chance(0.04)).map((extra) => extra(dice));
  const whole = { ...request, options: [...request.options, ...extras] };
  const type = dice.chance(0.6) ? "CON" : "NON";
  if (!proven || !dice.chance(PROTECTED_SHARE)) {
    return message(dice, type, codeByte(whole.code), sortOptions(whole.options), whole.payload);
  }
  // Now and then with an option outside that only counts inside.
  const outer = dice.chance(0.1) ? path("f", "x") : [];
  const speaker = dice.pick(world.speakers);
  return speaker.protect({ type, messageId: dice.below(0x10000), token: dice.bytes(8), inner: whole, outer }).bytes;
}

/** Options that may stand in any request. */
const EXTRAS: ReadonlyArray<(dice: Dice) => OptionValue> = [
  (dice) => uint(OPTION.noResponse, dice.below(32)),
  (dice) => uint(OPTION.hopLimit, 1 + dice.below(255)),
  (dice) => ({ number: 252, value: dice.bytes(40) }),
  (dice) => uint(OPTION.accept, dice.pick([0, 40, 60, 140, 141, 142, 340])),
  (dice) => ({ number: OPTION.uriHost, value: text(dice.pick(["gw.local", "[::1]", "x"])) }),
  (dice) => ({ number: OPTION.ifMatch, value: dice.bytes(8) }),
  () => ({ number: OPTION.ifNoneMatch, value: EMPTY }),
  (dice) => uint(OPTION.size1, dice.below(1 << 24)),
];

const codeByte = (code: string): number => (Number(code[0]) << 5) | Number(code.slice(2));
