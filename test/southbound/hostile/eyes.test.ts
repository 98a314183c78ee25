/**
 * A hostile manager with few rights, before two gateways that differ only in what it may not read: whatever it asks, it gets the
 * same answer from both, code, text, place, ETag and length (docs/access.md, "Nothing is told of what may not be read").
 */
import { expect, test } from "@jest/globals";
import type { Request, Response } from "../../../gateway/coap/index.ts";
import {
  ALL_OPERATIONS,
  type Operation,
  type Rule,
  withRule,
  withUser,
} from "../../../gateway/service/access/index.ts";
import { Dice } from "../../fuzz/dice.ts";
import { bytes, hex } from "../../support/services.ts";
import { minute, openSite, periodEdit, type Site } from "./site.ts";

const permit = (path: string, operations: ReadonlySet<Operation>): Rule => ({
  name: path,
  module: "*",
  about: { kind: "path", path },
  operations,
  action: "permit",
  comment: undefined,
});

/** The guest reads the temperature and has the set-point; of modes, periods and the humidity it knows nothing. */
async function site(hidden: Uint8Array): Promise<Site> {
  const opened = await openSite({ managers: ["boss"] });
  const { access, ledger } = opened.services;
  if (access === undefined) throw new RangeError("it was asked for");
  let config = withUser({ ...access.config, groups: [...access.config.groups, { name: "g", users: [] }] }, "guest", [
    "g",
  ]);
  config = withRule(config, "g", permit("/sidgate-building:room/temperature", new Set<Operation>(["read"])));
  config = withRule(config, "g", permit("/sidgate-building:room/set-point", ALL_OPERATIONS));
  await ledger.record("datastore.edited", { root: "gateway", patch: access.patch(config), actor: "test" });
  expect((await opened.patch(hidden, {}, "boss")).code).toBe("2.04");
  return opened;
}

type Ask = readonly [method: Request["method"], more: Partial<Request>, path: string];

const SIDS = [
  "19eb29",
  "19eb2a",
  "19eb2b",
  "19eb2c",
  "19eb31",
  "19eb32",
  "19eb33",
  "19eb34",
  "19ea60",
  "19ea61",
  "197277",
  "1a000f4240",
];
const VALUES = [
  "f6",
  "00",
  "01",
  "02",
  "a0",
  "80",
  "182d",
  "c482211908 34",
  "c482211909 60",
  "61 78",
  "f5",
  "81a0",
  "a10800",
];
const KEYS = [0, 1, 2, 61].map((n) => `65${hex(Buffer.from(minute(n)))}`);

/** Any question of a sort that a datastore answers, right or wrong. */
function question(dice: Dice, etags: readonly Uint8Array[], path: string): Ask {
  const at = dice.chance(0.8) ? path : dice.pick(["c", "s", ".well-known/core", "n/n-9999/c"]);
  const id = (): string => (dice.chance(0.3) ? `82 19eb3${dice.below(5)} ${dice.pick(KEYS)}` : dice.pick(SIDS));
  const many = (one: () => string): Uint8Array => bytes(Array.from({ length: 1 + dice.below(3) }, one).join(""));
  const query = dice.chance(0.3) ? [dice.pick(["c=a", "c=c", "c=n", "d=a", "d=t", "c=x", "ep=room-1"])] : [];
  const condition: Partial<Request> = dice.chance(0.3)
    ? dice.pick([
        { ifMatch: [dice.pick([...etags, new Uint8Array()])] },
        { ifNoneMatch: true },
        { etags: [dice.pick([...etags, Uint8Array.of(1)])] },
      ])
    : {};
  const more = { query, ...condition };
  switch (dice.below(7)) {
    case 0:
      return ["GET", more, at];
    case 1:
    case 2:
      return ["FETCH", { ...more, contentFormat: 141, payload: many(id) }, at];
    case 3:
    case 4:
      return ["iPATCH", { ...more, contentFormat: 142, payload: many(() => `a1 ${id()} ${dice.pick(VALUES)}`) }, at];
    case 5:
      return [
        "PUT",
        {
          ...more,
          contentFormat: 140,
          payload: bytes(`a1 19eb29 a1 ${dice.pick(["03", "08", "09", "02"])} ${dice.pick(VALUES)}`),
        },
        at,
      ];
    default:
      return [
        dice.pick(["DELETE", "POST"] as const),
        { ...more, contentFormat: dice.pick([140, 142]), payload: many(() => `a1 ${id()} ${dice.pick(VALUES)}`) },
        at,
      ];
  }
}

const told = ({ code, payload, contentFormat, etag, maxAge, observable }: Response) => ({
  code,
  payload: hex(payload),
  contentFormat,
  etag: hex(etag),
  maxAge,
  observable,
});

test("CC-S1 CC-S3: a hostile manager: hundreds of questions, and not one tells a gateway with other secrets from this one", async () => {
  const worlds = [
    await site(bytes("a1 19eb31 00")),
    await site(Buffer.concat([bytes("a1 19eb31 01"), periodEdit(minute(1), 2000), periodEdit(minute(61), 2500)])),
  ] as const;
  const dice = new Dice(77);
  const etags: Uint8Array[] = [];
  const codes = new Set<string>();
  const kinds = new Set<string>();
  for (let round = 0; round < 600; round++) {
    const [method, more, path] = question(dice, etags.slice(-4), worlds[0].path);
    const [one, other] = await Promise.all(worlds.map((each) => each.ask(method, more, path, "guest")));
    if (one === undefined || other === undefined) throw new RangeError("both answer");
    expect({ round, method, path, asked: hex(more.payload), ...told(other) }).toEqual({
      round,
      method,
      path,
      asked: hex(more.payload),
      ...told(one),
    });
    if (one.etag !== undefined) etags.push(one.etag);
    codes.add(one.code);
    kinds.add(`${method} ${one.code}`);
    // What goes on unseen goes on in one of them.
    if (round % 10 === 0) await worlds[1].patch(bytes(`a1 19eb31 0${dice.below(3)}`), {}, "boss");
  }
  expect([...codes].sort()).toEqual(["2.02", "2.04", "2.05", "4.00", "4.01", "4.02", "4.04", "4.05", "4.09", "4.12"]);
  expect(kinds.size).toBeGreaterThan(30);
});
