/** Facts as bytes: what is written is read back, by any CBOR tool too, and one fact never stands in another's bytes. */
import { expect, test } from "@jest/globals";
import { decode } from "cbor-x";
import { millis, type NodeId } from "../../gateway/base/index.ts";
import { decodeFact, encodeFact } from "../../gateway/store/fact-codec.ts";
import type { NewFact } from "../../gateway/store/facts.ts";
import { CborWriter } from "../../gateway/wire/cbor/index.ts";

const at = millis(1_795_262_400_000);
const node = "n-0001" as NodeId;
const reported: NewFact = {
  at,
  type: "node.reported",
  node,
  report: 7,
  request: 0xffff_fffe,
  data: Uint8Array.of(0xa0),
  samples: [
    { at: millis(0), data: new Uint8Array() },
    { at, data: Uint8Array.of(1, 2, 3) },
  ],
  reply: new Uint8Array(300).fill(7),
  state: "asleep",
  nextWake: millis(at + 0.5),
};
const facts: readonly NewFact[] = [
  reported,
  { at, type: "gateway.started", version: "1", boot: "", mode: "lab" },
  { at, type: "node.renamed", node, name: "Küche, 東 und ein Name mit mehr als vierundzwanzig Zeichen", actor: "x" },
  { at, type: "ota.phase", campaign: "c", node, from: "queued", to: "offered", received: 5_000_000_000, silent: true },
];

test("each fact is read back, whatever stands before it in the writer's memory", () => {
  const writer = new CborWriter(64);
  const written = facts.map((fact) => encodeFact(fact, writer));
  expect(written.map((bytes, index) => decodeFact(index + 1, bytes))).toEqual(
    facts.map((fact, index) => ({ seq: index + 1, ...fact })),
  );
});

test("the bytes are a map with names, readable without us", () => {
  const bytes = encodeFact({ at, type: "node.removed", node, actor: "me" }, new CborWriter());
  expect(Buffer.from(bytes).toString("hex")).toBe(
    "a4626174fb427a1fdfa460000064747970656c6e6f64652e72656d6f766564646e6f6465666e2d30303031656163746f72626d65",
  );
  expect(decode(bytes)).toEqual({ at, type: "node.removed", node, actor: "me" });
});

test("a member that is undefined is left out", () => {
  const fact: NewFact = Object.assign({}, reported, { data: undefined as never });
  const bytes = encodeFact(fact, new CborWriter());
  expect(Object.keys(decodeFact(1, bytes) ?? {})).not.toContain("data");
});

test("a fact that cannot be written leaves nothing behind for the next one", () => {
  const writer = new CborWriter();
  const wrong = Object.assign({}, reported, { reply: () => 1 });
  expect(() => encodeFact(wrong as unknown as NewFact, writer)).toThrow(expect.objectContaining({ code: "store.bug" }));
  expect(decodeFact(1, encodeFact(reported, writer))).toEqual({ seq: 1, ...reported });
});

test("bytes that are no fact are told apart", () => {
  for (const hex of ["", "01", "a0", "a162617401", "bf"]) {
    expect(decodeFact(1, new Uint8Array(Buffer.from(hex, "hex")))).toBeUndefined();
  }
});
