/** `sidgate yang` and `sidgate decode`: what they print, and what their exit codes tell. */
import { expect, test } from "@jest/globals";
import type { CborForm } from "../../gateway/admin/cli/index.ts";
import type { ToolIo } from "../../gateway/app/tools/tool-io.ts";
import { convert } from "../../gateway/app/tools/yang-convert.ts";

interface Tool extends ToolIo {
  readonly printed: string[];
  readonly written: Uint8Array[];
}

function tool(stdin: string | Uint8Array = ""): Tool {
  const printed: string[] = [];
  const written: Uint8Array[] = [];
  return {
    printed,
    written,
    print: (text) => void printed.push(text),
    write: (bytes) => void written.push(bytes),
    stdin: (async function* () {
      yield Buffer.from(stdin);
    })(),
  };
}

test.each<readonly [hex: string, from: CborForm, code: number, words: string]>([
  ["a119ea61a2020105a118c3a201c4822119086602182d", "instances", 0, "/sidgate-building:room/temperature"],
  ["a119ea61a20201", "instances", 1, "[cbor.truncated]"],
  ["a1190400f5", "sid", 1, "[yang.unknown-element]"],
])("%s as %s, explained, ends with %i", async (input, from, code, words) => {
  const io = tool();
  expect(await convert({ input, from, to: "diag", binary: false, models: [] }, io)).toBe(code);
  expect(io.printed.join()).toContain(words);
});

test("an odd number of hex digits is a wrong command line", async () => {
  const asked = convert({ input: "a", from: "sid", to: "diag", binary: false, models: [] }, tool());
  await expect(asked).rejects.toMatchObject({ code: "cli.usage" });
});
