/** `sidgate decode`: the exit code tells whether the bytes keep the rules. */
import { expect, test } from "@jest/globals";
import { decode } from "../../gateway/app/decode.ts";

test.each<readonly [hex: string, format: 140 | 142, code: number, words: string]>([
  ["a119ea61a2020105a118c3a201c4822119086602182d", 142, 0, "/sidgate-building:room/temperature"],
  ["a119ea61a20201", 142, 1, "[cbor.truncated]"],
  ["a1190400f5", 140, 1, "[yang.unknown-element]"],
])("%s as %i ends with %i", async (hex, format, code, words) => {
  const printed: string[] = [];
  expect(await decode({ hex, format, models: [] }, (text) => printed.push(text))).toBe(code);
  expect(printed.join()).toContain(words);
});

test("what is no hex is a wrong command line", async () => {
  await expect(decode({ hex: "a", format: 140, models: [] }, () => undefined)).rejects.toMatchObject({
    code: "cli.usage",
  });
});
