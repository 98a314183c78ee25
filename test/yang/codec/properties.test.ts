/** What holds for every tree: round trips, other encodings, JSON, edits; and what mutated bytes may do. */
import { expect, test } from "@jest/globals";
import { Encoder } from "cbor-x";
import fc from "fast-check";
import { fromHex, isCoded, toHex } from "../../../gateway/base/index.ts";
import { CORECONF, decodeItem } from "../../../gateway/wire/cbor/index.ts";
import type { Json } from "../../../gateway/yang/api.ts";
import {
  DataError,
  decodeIdentifiers,
  decodeInstances,
  decodeTree,
  encodeIdentifier,
  encodeIdentifiers,
  encodeInstances,
  encodeTree,
} from "../../../gateway/yang/codec/index.ts";
import { planOf } from "../../../gateway/yang/codec/plan.ts";
import { edit, merge, readTree } from "../../../gateway/yang/datastore/index.ts";
import { annotate } from "../../../gateway/yang/diagnostic.ts";
import { fromJson, toJson } from "../../../gateway/yang/json.ts";
import { decodeInputOf } from "../../../gateway/yang/one-rpc.ts";
import type { Instance, Tree } from "../../../gateway/yang/tree.ts";
import { encodeOtherwise, type Style, ZOO, zooTree } from "../../support/arbitrary-tree.ts";
import { inDrill } from "../../support/drill.ts";
import { IETF, SIDGATE } from "../../support/hand-schema.ts";

const PLAN = planOf(ZOO);
const RUNS = { numRuns: 60 };

const STYLES: readonly Style[] = [false, true].flatMap((absolute) =>
  [false, true].flatMap((indefinite) => [false, true].map((reversed) => ({ absolute, indefinite, reversed }))),
);

test("CC-V2 CC-V18: deltas, tag 47, indefinite lengths and any order decode to the same tree, which has one encoding", () => {
  fc.assert(
    fc.property(zooTree, (tree) => {
      const canonical = toHex(encodeTree(tree, ZOO));
      for (const style of STYLES) {
        const decoded = decodeTree(fromHex(encodeOtherwise(tree, PLAN, style))!, ZOO);
        expect(decoded).toEqual(tree);
        expect(toHex(encodeTree(decoded, ZOO))).toBe(canonical);
      }
    }),
    RUNS,
  );
});

const CBOR_X = new Encoder({ mapsAsObjects: false, useRecords: false, tagUint8Array: false });

test("CC-V22: what we write is well-formed for a strict reader, and for cbor-x", () => {
  const strict = { ...CORECONF, indefinite: false, shortest: true };
  fc.assert(
    fc.property(zooTree, fc.constantFrom("sid" as const, "name" as const), (tree, form) => {
      const bytes = encodeTree(tree, ZOO, form);
      decodeItem(bytes, strict);
      const read: unknown = CBOR_X.decode(bytes);
      expect(read instanceof Map && read.size).toBe(tree.size);
    }),
    RUNS,
  );
});

test("CC-7951-4: JSON says the same, through text", () => {
  fc.assert(
    fc.property(zooTree, (tree) => {
      const json: Json = JSON.parse(JSON.stringify(toJson(tree, ZOO)));
      expect(fromJson(json, ZOO)).toEqual(tree);
    }),
    RUNS,
  );
});

const instancesOf = (tree: Tree): Instance[] => [...tree].map(([sid, value]) => ({ id: { sid, keys: [] }, value }));

test("CC-I1: an iPATCH applied twice is an iPATCH applied once, and sets what it says", () => {
  fc.assert(
    fc.property(zooTree, zooTree, (before, wanted) => {
      const instances = instancesOf(wanted);
      const once = edit(before, instances, ZOO);
      expect(edit(once, instances, ZOO)).toEqual(once);
      for (const [sid, value] of wanted) expect(once.get(sid)).toEqual(value);
      const received = decodeInstances(encodeInstances(instances, ZOO), ZOO);
      expect(edit(before, received, ZOO)).toEqual(once);
    }),
    RUNS,
  );
});

test("CC-I4: a failed iPATCH leaves the tree as it was, byte for byte", () => {
  fc.assert(
    fc.property(zooTree, zooTree, (before, wanted) => {
      const bytes = toHex(encodeTree(before, ZOO));
      const instances = [...instancesOf(wanted), { id: { sid: 77, keys: [] }, value: 1 }];
      expect(() => edit(before, instances, ZOO)).toThrow(expect.objectContaining({ code: "yang.unknown-element" }));
      expect(toHex(encodeTree(before, ZOO))).toBe(bytes);
    }),
    RUNS,
  );
});

test("a report merged twice is a report merged once; merging into nothing gives the report", () => {
  fc.assert(
    fc.property(zooTree, zooTree, (before, report) => {
      const once = merge(before, report, ZOO);
      expect(merge(once, report, ZOO)).toEqual(once);
      expect(merge(new Map(), report, ZOO)).toEqual(report);
      expect(readTree(once, ZOO)).toEqual(readTree(merge(new Map(), once, ZOO), ZOO));
    }),
    RUNS,
  );
});

/** Small and repeatable (mulberry32). */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

const SEEDS = [
  "a119ea61a2021901f405a118c3a201c48221190866021830",
  "a119ea61a302070681a2011864 02a118c0a1021830 09f6",
  "a119eb29a202182f0981a200653036 3a333001c482211907d0",
  "a11906dbf5a1821906dc6a7461632e6e72632e6361f6a11906dca3036a7469632e6e72632e636104f505a1016e3133322e3234362e31312e323331",
  "a21906b9a20274323031362d31302d32365431323a31363a33315a0174323031342d31302d30355430393a30303a30305a1905fd81a5046465746830017045746865726e65742061646170746f720519075802f50b03",
  "841906c663626f626561646d696e666672616e6365821906c2646a61636b",
  "a119eadba1d82f19eb28a20166302f342f3231026a4f70656e2070696e2032",
  "a1190400a4041903f3011903fa021906cc03704d6178696d756d206578636565646564",
  "bf1906d29f7f64696574662e2e6f7267ffffff",
  "a174696574662d73797374656d3a686f73746e616d65726d79686f73742e6578616d706c652e636f6d",
  "a17818696574662d73797374656d3a73797374656d2d7374617465a165636c6f636ba11906bb6161",
].map((hex) => fromHex(hex) ?? new Uint8Array([0xa0]));

function mutate(bytes: Uint8Array, roll: (sides: number) => number): Uint8Array {
  const mutant = [...bytes];
  for (let times = 1 + roll(3); times > 0; times--) {
    const place = roll(mutant.length + 1);
    switch (roll(5)) {
      case 0:
        mutant[place] = roll(256);
        break;
      case 1:
        mutant.splice(place, 0, roll(256));
        break;
      case 2:
        mutant.splice(place, 1 + roll(4));
        break;
      case 3:
        mutant[place] = (mutant[place] ?? 0) ^ (1 << roll(8));
        break;
      default: {
        const other = SEEDS[roll(SEEDS.length)]!;
        mutant.splice(place, roll(6), ...other.subarray(roll(other.length)));
      }
    }
  }
  return Buffer.from(mutant); // what sockets deliver
}

const DOORS: ReadonlyArray<readonly [name: string, (bytes: Uint8Array) => void]> = [
  [
    "CF 140",
    (bytes) => {
      const tree = decodeTree(bytes, IETF);
      expect(decodeTree(encodeTree(tree, IETF), IETF)).toEqual(tree);
    },
  ],
  [
    "CF 141",
    (bytes) => {
      const ids = decodeIdentifiers(bytes, IETF);
      expect(decodeIdentifiers(encodeIdentifiers(ids, IETF), IETF)).toEqual(ids);
    },
  ],
  [
    "CF 142",
    (bytes) => {
      const instances = decodeInstances(bytes, IETF);
      expect(decodeInstances(encodeInstances(instances, IETF), IETF)).toEqual(instances);
    },
  ],
  [
    "CF 340",
    (bytes) => {
      const tree = decodeTree(bytes, IETF, "any");
      expect(decodeTree(encodeTree(tree, IETF, "any"), IETF, "any")).toEqual(tree);
    },
  ],
  ["a check-in", (bytes) => void decodeInputOf(bytes, SIDGATE, 60001)],
];

test.each(DOORS)("CC-mutants: %s: a thousand mutants and more are decoded, or refused with a code", (_name, door) => {
  const roll = dice(20_261_121);
  let refused = 0;
  for (let run = 0; run < inDrill(1_200, 4_000); run++) {
    const mutant = mutate(SEEDS[run % SEEDS.length]!, roll);
    try {
      door(mutant);
    } catch (error) {
      if (!isCoded(error) || error.blame !== "wire") throw new Error(`mutant ${toHex(mutant)}`, { cause: error });
      // The guilty node goes into the error body, whatever it is.
      if (error instanceof DataError) encodeIdentifier(error.at, IETF);
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(800);
});

test("CC-mutants: 400 mutants are explained without a word of complaint", () => {
  const roll = dice(7);
  for (let run = 0; run < 400; run++) {
    const mutant = mutate(SEEDS[run % SEEDS.length]!, roll);
    for (const form of [140, 141, 142, 340, 341] as const)
      expect(typeof annotate(mutant, IETF, form).text).toBe("string");
  }
});
