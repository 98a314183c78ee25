/** JSON as the tools read it (RFC 8259, RFC 7493): as JSON.parse does, but with places, and no name twice. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseJson } from "../../gateway/app/tools/json-text.ts";
import { inDrill } from "../support/drill.ts";

test("reads what JSON.stringify writes", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 1, "\t"), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      expect(parseJson(text, "x")).toEqual(JSON.parse(text));
    }),
  );
});

test.each(["0", "-0", "1e3", "-1.25E-2", '"\\u00e9\\n\\"\\/"', " \r\n\t[ ] ", '{"__proto__":1,"a":{}}'])(
  "%s",
  (text) => {
    expect(parseJson(text, "x")).toEqual(JSON.parse(text));
  },
);

test("a long text needs no deep stack", () => {
  const text = JSON.stringify(["x".repeat(4e6), "\n".repeat(1e6)]);
  expect(parseJson(text, "x")).toEqual(JSON.parse(text));
});

describe("what is wrong is told with its line and column", () => {
  test.each<readonly [text: string, line: number, column: number]>([
    ["", 1, 1],
    ["{", 1, 2],
    ['{"a":1,}', 1, 8],
    ['{"a":1\n,"a":2}', 2, 2],
    ['{"a" 1}', 1, 6],
    ["{a:1}", 1, 2],
    ["[1 2]", 1, 4],
    ["[1,]", 1, 4],
    ["\n\n  nul", 3, 3],
    ["01", 1, 2],
    ["1.", 1, 2],
    ["1e999", 1, 1],
    ["+1", 1, 1],
    ["NaN", 1, 1],
    ['"a\nb"', 1, 1],
    ['"\\x"', 1, 1],
    ["{} {}", 1, 4],
    ["[".repeat(70), 1, 68],
    ["/* c */ {}", 1, 1],
  ])("%j", (text, line, column) => {
    const facts = expect.objectContaining({ path: "data.json", line, column });
    expect(() => parseJson(text, "data.json")).toThrow(expect.objectContaining({ code: "cli.json", facts }));
  });
});

test("mutated text gives JSON or a coded error, never anything else", () => {
  const seed = '{"a":[1,-2.5e3,"x\\u0041",true,false,null,{"b":{}}]}';
  fc.assert(
    fc.property(fc.nat(seed.length), fc.string({ maxLength: 3 }), fc.nat(3), (at, insert, cut) => {
      const text = seed.slice(0, at) + insert + seed.slice(at + cut);
      let ours: unknown;
      try {
        ours = parseJson(text, "x");
      } catch (error) {
        expect(error).toMatchObject({ code: "cli.json" });
        return;
      }
      expect(ours).toEqual(JSON.parse(text));
    }),
    { numRuns: inDrill(666, 2000) },
  );
});
