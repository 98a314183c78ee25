/** Golden bytes of the check-in, both ways, as a C author would write them down from the .sid files. */
import { expect, test } from "@jest/globals";
import { seconds, toHex } from "../../gateway/base/index.ts";
import { checkInCodec, EMPTY_REPLY, type Reply, type Report } from "../../gateway/sim/speech/check-in.ts";
import { readSids } from "../../gateway/sim/speech/sids.ts";

const codec = checkInCodec(readSids());
const report = (some: Partial<Report>): Report => ({
  number: 7,
  applied: undefined,
  leaves: {},
  samples: [],
  brief: false,
  ...some,
});

const REPORTS: ReadonlyArray<readonly [name: string, report: Report, hex: string]> = [
  ["nothing new", report({}), "a119ea61a10207"],
  ["nothing new, and an empty answer will do", report({ brief: true }), "a119ea61a2020709f6"],
  [
    "two readings",
    report({ leaves: { temperature: 2150, humidity: 45 }, brief: true }),
    "a119ea61a3020705a118c3a201c4822119086602182d09f6",
  ],
  ["edits applied", report({ applied: 300 }), "a119ea61a202070319012c"],
  ["below zero", report({ leaves: { temperature: -1 } }), "a119ea61a2020705a118c3a101c4822120"],
  ["alarms: low-battery and frost", report({ leaves: { alarm: 9 } }), "a119ea61a2020705a118c3a1074109"],
  [
    "frost began and low-battery ended: a notification beside the leaf",
    report({ leaves: { alarm: 8 }, alarm: { raised: 8, cleared: 1 } }),
    "a119ea61a3020705a118c3a1074108174ba119eb35a2014101024108",
  ],
  ["no alarm", report({ leaves: { alarm: 0 } }), "a119ea61a2020705a118c3a10740"],
  [
    "three modules: model, phase, occupancy",
    report({ number: 0, leaves: { model: "rs", phase: "downloading", occupancy: true } }),
    "a119ea61a2020005a31818a10162727318" + "5f" + "a10305" + "18c3a105f5",
  ],
  [
    "leaves that only their .sid file knows",
    report({
      leaves: { humidity: 40 },
      extra: [
        { path: "/sidgate-building:room/battery", value: "2900" },
        { path: "/sidgate-building:room/set-point", value: "-0.50" },
        { path: "/sidgate-node:node/hardware", value: "A1" },
      ],
    }),
    "a119ea61a2020705a218c3a302182806190b5403c482213831" + "1818a102624131",
  ],
  [
    "an older reading",
    report({ samples: [{ age: seconds(900), leaves: { humidity: 40 } }] }),
    "a119ea61a202070681a20119038402a118c0a1021828",
  ],
];

test.each(REPORTS)("a report with %s", (_name, value, hex) => {
  expect(toHex(codec.encode(value))).toBe(hex);
});

const reply = (some: Partial<Reply>): Reply => ({ edits: [], more: false, ...some });
const ROOM = "/sidgate-building:room";
const DIGEST = "ab".repeat(32);
const byteString = (hex: string): string => {
  const length = Buffer.of(hex.length / 2).toString("hex");
  return hex.length / 2 < 24 ? `${(0x40 + hex.length / 2).toString(16)}${hex}` : `58${length}${hex}`;
};
const edits = (hex: string): string => `a119ea61a20d050e${byteString(hex)}`;

const REPLIES: ReadonlyArray<readonly [name: string, hex: string, reply: Reply]> = [
  ["sleep now", "", EMPTY_REPLY],
  ["the time", "a119ea61a10b1a6ab13b80", reply({ time: seconds(0x6ab13b80) })],
  ["a hint", "a119ea61a10c183c", reply({ nextWake: seconds(60) })],
  ["more", "a119ea61a113f6", reply({ more: true })],
  [
    "an offer",
    `a119ea61a10fa3015820${DIGEST}021920000365662f414243`,
    reply({ offer: { digest: DIGEST, size: 8192, uri: "f/ABC" } }),
  ],
  [
    "an offer of a patch, chained, that waits and has to be confirmed",
    `a119ea61a10fa8015820${DIGEST}021920000365662f41424316190e10175820${"cd".repeat(32)}18201902581821011822190200`,
    reply({
      offer: {
        digest: DIGEST,
        size: 8192,
        uri: "f/ABC",
        applyIn: 3600,
        chain: "cd".repeat(32),
        confirmWithin: 600,
        encoding: "patch",
        length: 512,
      },
    }),
  ],
  [
    "an edit of a decimal64",
    edits("a119eb2cc482211908" + "66"),
    reply({ revision: 5, edits: [{ path: `${ROOM}/set-point`, value: 21.5 }] }),
  ],
  [
    "two edits in a sequence, the second removes a list entry",
    edits("a119eb3101a18219eb326530363a3030f6"),
    reply({
      revision: 5,
      edits: [
        { path: `${ROOM}/mode`, value: 1 },
        { path: `${ROOM}/period[06:00]`, value: null },
      ],
    }),
  ],
  [
    "a list entry",
    edits("a18219eb326530363a3030a2016530363a303002c482211907d0"),
    reply({
      revision: 5,
      edits: [
        { path: `${ROOM}/period[06:00]/start`, value: "06:00" },
        { path: `${ROOM}/period[06:00]/set-point`, value: 20 },
      ],
    }),
  ],
  [
    "a container with a whole list in it",
    edits("a119eb29a10981a2016530363a303002c482211907d0"),
    reply({
      revision: 5,
      edits: [
        { path: `${ROOM}/period[06:00]/start`, value: "06:00" },
        { path: `${ROOM}/period[06:00]/set-point`, value: 20 },
      ],
    }),
  ],
  ["an edit of something that this firmware has no place for", edits("a11a0001000001"), reply({ revision: 5 })],
];

test.each(REPLIES)("an answer with %s", (_name, hex, value) => {
  expect(codec.decode(Buffer.from(hex, "hex"))).toEqual(value);
});

const UNREADABLE: ReadonlyArray<readonly [name: string, hex: string]> = [
  ["an answer of another rpc", "a119ea62a10b00"],
  ["a text", "6161"],
  ["a cut map", "a119ea61a10b1a6ab1"],
  ["edits that are no maps", edits("01")],
];

test.each(UNREADABLE)("%s is no check-in answer", (_name, hex) => {
  expect(() => codec.decode(Buffer.from(hex, "hex"))).toThrow();
});
