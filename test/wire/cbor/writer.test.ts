/** One writer for many items: what one left behind never stands in the next. */
import { expect, test } from "@jest/globals";
import { CborWriter } from "../../../gateway/wire/cbor/index.ts";

test("a writer begun anew writes as a new one does, after an item that broke off too", () => {
  const writer = new CborWriter();
  writer.array(2);
  writer.text("half");
  const first = writer.restart();
  first.integer(1);
  const one = first.finish();
  writer.restart().text("two");
  expect(Buffer.from(one).toString("hex")).toBe("01");
  expect(Buffer.from(writer.finish()).toString("hex")).toBe("6374776f");
});

test("the memory of one large item is let go, and its bytes stay", () => {
  const writer = new CborWriter();
  writer.byteString(new Uint8Array(100_000).fill(7));
  const large = writer.finish();
  writer.restart().byteString(new Uint8Array(10).fill(8));
  expect(large.length).toBe(100_005);
  expect(large.at(-1)).toBe(7);
  expect(Buffer.from(writer.finish()).toString("hex")).toBe(`4a${"08".repeat(10)}`);
});
