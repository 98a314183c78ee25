/** The journey of docs/models.md, run as it is printed: from a new module to bytes and back. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { BIN } from "../support/gateway-process.ts";

const PAGE = readFileSync(new URL("../../docs/models.md", import.meta.url), "utf8");
const blocks = (language: string): readonly string[] =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map((match) => match[1]!);

test("a module in one minute", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sidgate-models-"));
  try {
    const script = blocks("bash")[0]!.replaceAll("npm run -s sidgate --", `${process.execPath} ${BIN}`);
    const child = spawn("bash", ["-e", "-c", script], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (part) => {
        output += part;
      });
    }
    const [code] = (await once(child, "close")) as [number | null];
    const [tree = "", bytes = ""] = blocks("text");
    expect(output).toContain(tree.trimEnd());
    expect(output).toContain(bytes.trimEnd());
    expect(output).toMatch(/^greenhouse +2026-11-21 +6 +0 +0$/m);
    expect(output).toContain("No findings.");
    expect(output).toContain('"target": "21.5"');
    const encoded = output.split("\n").filter((line) => /^[0-9a-f]+$/.test(line));
    expect(encoded.map(({ length }) => length / 2)).toEqual([26, 24]);
    expect(code).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
