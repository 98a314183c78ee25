/** Content formats 140, 141 and 142 against the examples of RFC 9254 and draft-ietf-core-comi-21, both ways. */
import { expect, test } from "@jest/globals";
import { fromHex, toHex } from "../../../gateway/base/index.ts";
import {
  decodeIdentifiers,
  decodeInstances,
  decodeTree,
  encodeIdentifiers,
  encodeInstances,
  encodeTree,
} from "../../../gateway/yang/codec/index.ts";
import { decodeInputOf, encodeOutputOf } from "../../../gateway/yang/one-rpc.ts";
import type { Instance, InstanceId, Tree } from "../../../gateway/yang/tree.ts";
import { anydata, handSchema, IETF, leaf, leafList, list, SIDGATE } from "../../support/hand-schema.ts";

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array();
const tree = (...pairs: ReadonlyArray<readonly [number, unknown]>): Tree => new Map(pairs) as Tree;

/** The last column is the canonical form where the document's own differs from it. */
const TREES: ReadonlyArray<readonly [name: string, hex: string, tree: Tree, canonical?: string]> = [
  [
    "CC-V1: RFC 9254 §4.1.1: a leaf",
    "a11906d8726d79686f73742e6578616d706c652e636f6d",
    tree([1752, "myhost.example.com"]),
  ],
  [
    "CC-V1 CC-V2: RFC 9254 §4.2.1: containers, keys as deltas",
    "a11906b8a101a202781a323031352d31302d30325431343a34373a32345a2d30353a303001781a323031352d30392d31355430393a31323a35385a2d30353a3030",
    tree([1720, tree([1721, tree([1723, "2015-10-02T14:47:24Z-05:00"], [1722, "2015-09-15T09:12:58Z-05:00"])])]),
    "a11906b8a101a201781a323031352d30392d31355430393a31323a35385a2d30353a303002781a323031352d31302d30325431343a34373a32345a2d30353a3030",
  ],
  [
    "CC-V5: RFC 9254 §4.3.1: a leaf-list",
    "a11906d28268696574662e6f726768696565652e6f7267",
    tree([1746, ["ietf.org", "ieee.org"]]),
  ],
  [
    "CC-V3 CC-V4: RFC 9254 §4.4.1: a list; choice and case leave no trace",
    "a11906dc82a5036e4e5243205449432073657276657205a2016a7469632e6e72632e636102187b010002f404f5a2036e4e5243205441432073657276657205a1016a7461632e6e72632e6361",
    tree([
      1756,
      [
        tree(
          [1759, "NRC TIC server"],
          [1761, tree([1762, "tic.nrc.ca"], [1763, 123])],
          [1757, 0],
          [1758, false],
          [1760, true],
        ),
        tree([1759, "NRC TAC server"], [1761, tree([1762, "tac.nrc.ca"])]),
      ],
    ]),
    "a11906dc82a5010002f4036e4e52432054494320736572766572" +
      "04f505a2016a7469632e6e72632e636102187ba2036e4e5243205441432073657276657205a1016a7461632e6e72632e6361",
  ],
  [
    "CC-V6: RFC 9254 §4.5.1: anydata, keys relative to its own SID",
    "a119eadba1184da20166302f342f3231026a4f70656e2070696e2032",
    tree([60123, tree([60200, tree([60201, "0/4/21"], [60202, "Open pin 2"])])]),
  ],
  [
    "CC-V6: RFC 9254 §4.5.1: anydata, absolute SID with tag 47",
    "a119eadba1d82f19eb28a20166302f342f3231026a4f70656e2070696e2032",
    tree([60123, tree([60200, tree([60201, "0/4/21"], [60202, "Open pin 2"])])]),
    "a119eadba1184da20166302f342f3231026a4f70656e2070696e2032",
  ],
  ["CC-V7: RFC 9254 §4.6.1: anyxml", "a119ea6083f5f6f5", tree([60000, hex("83f5f6f5")])],
  [
    "CC-V8 CC-V16: RFC 9254 §5.1: the error structure with identityrefs and an instance-identifier",
    "a1190400a4041903f3011903fa021906cc03704d6178696d756d206578636565646564",
    tree([1024, tree([1028, 1011], [1025, 1018], [1026, { sid: 1740, keys: [] }], [1027, "Maximum exceeded"])]),
    "a1190400a4011903fa021906cc03704d6178696d756d206578636565646564041903f3",
  ],
  [
    "CC-M1 CC-G5: draft §3.3.1: GET, nodes deep in the schema at the top",
    "a21906b9a20274323031362d31302d32365431323a31363a33315a0174323031342d31302d30355430393a30303a30305a1905fd81a5046465746830017045746865726e65742061646170746f720519075802f50b03",
    tree(
      [1721, tree([1723, "2016-10-26T12:16:31Z"], [1722, "2014-10-05T09:00:00Z"])],
      [1533, [tree([1537, "eth0"], [1534, "Ethernet adaptor"], [1538, 1880], [1535, true], [1544, 3])]],
    ),
    "a21905fd81a5017045746865726e65742061646170746f7202f504646574683005190758" +
      "0b031906b9a20174323031342d31302d30355430393a30303a30305a0274323031362d31302d32365431323a31363a33315a",
  ],
];

test.each(TREES)("%s (CF 140)", (_name, bytes, expected, canonical = bytes) => {
  expect(decodeTree(hex(bytes), IETF)).toEqual(expected);
  expect(toHex(encodeTree(expected, IETF))).toBe(canonical);
  expect(decodeTree(hex(canonical), IETF)).toEqual(expected);
});

const at = (sid: number, ...keys: string[]): InstanceId => ({ sid, keys });

const IDENTIFIERS: ReadonlyArray<readonly [name: string, hex: string, ids: readonly InstanceId[]]> = [
  ["CC-E4: no bytes: the empty sequence", "", []],
  ["CC-K1: RFC 9254 §6.13.1: one node", "1906cd", [at(1741)]],
  [
    "CC-K2: RFC 9254 §6.13.1: keys of nested lists",
    "841906c663626f626561646d696e666672616e6365",
    [at(1734, "bob", "admin", "france")],
  ],
  ["CC-K2: RFC 9254 §6.13.1: a list entry", "821906c2646a61636b", [at(1730, "jack")]],
  ["CC-M2 CC-F1: draft §3.1.3.1: FETCH of two nodes", "1906bb821905fd6465746830", [at(1723), at(1533, "eth0")]],
  ["CC-E6: draft §3.4.2: an unknown SID passes", "19ea6a19ea74", [at(60010), at(60020)]],
];

test.each(IDENTIFIERS)("%s (CF 141)", (_name, bytes, ids) => {
  expect(decodeIdentifiers(hex(bytes), IETF)).toEqual(ids);
  expect(toHex(encodeIdentifiers(ids, IETF))).toBe(bytes);
});

const one = (id: InstanceId, value: Instance["value"]): Instance => ({ id, value });

const INSTANCES: ReadonlyArray<
  readonly [
    name: string,
    hex: string,
    operations: "input" | "output",
    instances: readonly Instance[],
    canonical?: string,
  ]
> = [
  ["CC-E4: no bytes: the empty sequence", "", "input", []],
  [
    "CC-F3 CC-F4: draft §3.1.3.1: FETCH response, one entry under its bare SID",
    "a11906bb74323031342d31302d32365431323a31363a33315aa11905fda5046465746830017045746865726e65742061646170746f720519075802f50b03",
    "input",
    [
      one(at(1723), "2014-10-26T12:16:31Z"),
      one(at(1533), tree([1537, "eth0"], [1534, "Ethernet adaptor"], [1538, 1880], [1535, true], [1544, 3])),
    ],
    "a11906bb74323031342d31302d32365431323a31363a33315aa11905fda5017045746865726e65742061646170746f7202f5046465746830051907580b03",
  ],
  [
    "CC-M3 CC-I3: draft §3.2.3.1: iPATCH sets, removes and adds",
    "a11906dbf5a1821906dc6a7461632e6e72632e6361f6a11906dca3036a7469632e6e72632e636104f505a1016e3133322e3234362e31312e323331",
    "input",
    [
      one(at(1755), true),
      one(at(1756, "tac.nrc.ca"), undefined),
      one(at(1756), tree([1759, "tic.nrc.ca"], [1760, true], [1761, tree([1762, "132.246.11.231"])])),
    ],
  ],
  [
    "CC-E1: draft §3.4.2: an event stream",
    "a119ea6aa20166302f342f3231026a4f70656e2070696e2032a119ea6aa20166312f342f3231026a4f70656e2070696e2035",
    "input",
    [
      one(at(60010), tree([60011, "0/4/21"], [60012, "Open pin 2"])),
      one(at(60010), tree([60011, "1/4/21"], [60012, "Open pin 5"])),
    ],
  ],
  [
    "CC-A1 CC-A3: draft §3.5.1: rpc input, keys relative to the rpc",
    "a119ee48a101184d",
    "input",
    [one(at(61000), tree([61001, 77]))],
  ],
  ["CC-A1: draft §3.5.1: rpc without output", "a119ee48f6", "output", [one(at(61000), undefined)]],
  [
    "CC-A2: draft §3.5.2: action input",
    "a18219f232686d79736572766572a10174323031362d30322d30385431343a31303a30385a",
    "input",
    [one(at(62002, "myserver"), tree([62003, "2016-02-08T14:10:08Z"]))],
  ],
  [
    "CC-A2: draft §3.5.2: action output",
    "a18219f232686d79736572766572a10274323031362d30322d30385431343a31303a31315a",
    "output",
    [one(at(62002, "myserver"), tree([62004, "2016-02-08T14:10:11Z"]))],
  ],
];

test.each(INSTANCES)("%s (CF 142)", (_name, bytes, operations, instances, canonical = bytes) => {
  expect(decodeInstances(hex(bytes), IETF, operations)).toEqual(instances);
  expect(toHex(encodeInstances(instances, IETF))).toBe(canonical);
});

const CHECK_IN = "a119ea61a2021901f405a118c3a201c48221190866021830";

test("a check-in with two readings is 24 bytes and one pass", () => {
  const input = tree([60003, 500], [60006, tree([60201, tree([60202, 2150n], [60203, 48])])]);
  expect(decodeInputOf(hex(CHECK_IN), SIDGATE, 60001)).toEqual(input);
  expect(toHex(encodeInstances([one(at(60001), input)], SIDGATE))).toBe(CHECK_IN);
});

test("what is decoded does not hold on to the datagram", () => {
  const bytes = "a219eadba1184da10166302f342f323119ea6083f5f6f5";
  const datagram = Buffer.from(bytes, "hex");
  const decoded = decodeTree(datagram, IETF);
  const image = Buffer.from(`a119eac5a1015820${"a5".repeat(32)}`, "hex");
  const firmware = decodeTree(image, SIDGATE);
  datagram.fill(0);
  image.fill(0);
  expect(toHex(encodeTree(decoded, IETF))).toBe("a219ea6083f5f6f519eadba1184da10166302f342f3231");
  expect(firmware).toEqual(tree([60101, tree([60102, new Uint8Array(32).fill(0xa5)])]));
});

test("CC-A3: an output is keyed from the rpc; an empty one is null", () => {
  expect(toHex(encodeOutputOf(tree([60012, 1_800_000_000], [60020, null]), SIDGATE, 60001))).toBe(
    "a119ea61a20b1a6b49d20013f6",
  );
  expect(toHex(encodeOutputOf(tree(), SIDGATE, 60001))).toBe("a119ea61f6");
});

const STATE = handSchema([
  leafList("s:counts", 10, "uint8", { config: false }),
  list("s:log", 20, [], [leaf("n", 21, "uint8"), leaf("t", 9, "string")], { config: false }),
  anydata("s:any", 30),
  { kind: "anyxml", name: "s:xml", sid: 40 },
]);

/** Legal spellings of one tree (RFC 9254 §3), and the one that we write. */
const SPELLINGS: ReadonlyArray<readonly [name: string, hex: string, tree: Tree, canonical: string]> = [
  ["CC-V5: a leaf-list of state may repeat a value", "a10a83010101", tree([10, [1, 1, 1]]), "a10a83010101"],
  ["CC-V5: a leaf-list without values", "a10a9fff", tree([10, []]), "a10a80"],
  [
    "CC-V4: a list without keys may repeat an entry, each a map",
    "a11483a10101a10101a0",
    tree([20, [tree([21, 1]), tree([21, 1]), tree()]]),
    "a11483a10101a10101a0",
  ],
  ["CC-V4: a list without entries is an empty array", "a11480", tree([20, []]), "a11480"],
  [
    "CC-V1: a negative delta, behind the others",
    "a11481a22a61780102",
    tree([20, [tree([9, "x"], [21, 2])]]),
    "a11481a201022a6178",
  ],
  [
    "CC-V18: all lengths unknown",
    "bf149fbf2a7f6178ff0102ffffff",
    tree([20, [tree([9, "x"], [21, 2])]]),
    "a11481a201022a6178",
  ],
  ["CC-V1: deltas longer than they must be", "b90001180a98011801", tree([10, [1]]), "a10a8101"],
  [
    "CC-V1: tag 47 at the top and inside",
    "a1d82f1481a2d82f1502d82f096178",
    tree([20, [tree([9, "x"], [21, 2])]]),
    "a11481a201022a6178",
  ],
  [
    "CC-V6: an anydata in an anydata",
    "a1181ea100a12981a0",
    tree([30, tree([30, tree([20, [tree()]])])]),
    "a1181ea100a12981a0",
  ],
  ["CC-V7: tags in an anyxml", "a11828d82d19ea60", tree([40, hex("d82d19ea60")]), "a11828d82d19ea60"],
  [
    "CC-V7: an anyxml in another spelling is the same value",
    "a118289fbf6162fb3ff000000000000061610aff5f4101ffff",
    tree([40, hex("82a261610a6162f93c004101")]),
    "a1182882a261610a6162f93c004101",
  ],
  [
    "CC-V7: a date and an unassigned simple value in an anyxml",
    "a1182882c100f0",
    tree([40, hex("82c100f0")]),
    "a1182882c100f0",
  ],
];

test.each(SPELLINGS)("%s", (_name, bytes, expected, canonical) => {
  expect(decodeTree(hex(bytes), STATE)).toEqual(expected);
  expect(toHex(encodeTree(expected, STATE))).toBe(canonical);
  expect(decodeTree(hex(canonical), STATE)).toEqual(expected);
});

test("CC-V19: SID 0 and negative SIDs name nothing", () => {
  for (const bytes of ["a10000", "a12000", "a1d82f0000", "a11481a13300"]) {
    expect(() => decodeTree(hex(bytes), STATE)).toThrow(expect.objectContaining({ code: "yang.unknown-element" }));
  }
});

test("CC-K7: entries of leaf-lists and of lists without keys have no identifier", () => {
  for (const bytes of ["820a01", "821401"]) {
    expect(() => decodeInstances(hex(`a1${bytes}f6`), STATE)).toThrow(
      expect.objectContaining({ code: "yang.unknown-element" }),
    );
  }
});
