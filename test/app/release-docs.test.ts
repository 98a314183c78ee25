/** docs/releases.md: its commands print what stands there, and its tables have every key that there is. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { NODE, PLAN } from "../../gateway/service/trust/author/index.ts";
import { inOwnFolder, release } from "../support/release-cli.ts";

const PAGE = readFileSync(new URL("../../docs/releases.md", import.meta.url), "utf8");

inOwnFolder();

/** Keys are made anew each time. */
const withoutKeys = (text: string): string =>
  withoutSecrets(text.replace(/\b(thumbprint|key) [0-9a-f]{16,64}\b/g, "$1 …"));
/** And so are the keys of content, of which the manifest has the ciphertext. */
const withoutSecrets = (text: string): string =>
  text.includes("encrypted.") ? text.replace(/Manifest digest SHA-256 [0-9a-f]{64}/, "Manifest digest …") : text;

test("the page says what the commands say", async () => {
  for (const [, name = "", text = ""] of PAGE.matchAll(/^`([\w@.-]+)`:\n\n```\w+\n([\s\S]*?)```/gm)) {
    writeFileSync(name, text);
  }
  const blocks = [...PAGE.matchAll(/```console\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
  expect(blocks).toHaveLength(6);
  for (const block of blocks) {
    let printed = "";
    for (const [, line = ""] of block.matchAll(/^\$ sidgate release (.*)$/gm)) {
      printed += `$ sidgate release ${line}\n${(await release(line)).said}`;
    }
    expect(withoutKeys(printed)).toBe(withoutKeys(block));
  }
});

test("the tables have every key of a plan, and no other", () => {
  const rows = [...PAGE.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, keys = ""]) => keys.split(", "));
  const named = rows.map((key) => key.replaceAll("`", "")).filter((key) => !key.startsWith("--"));
  expect(named.sort()).toEqual(
    [PLAN.shape, PLAN.shape.components.unwrap().element.shape, PLAN.shape.dependencies.unwrap().element.shape]
      .flatMap(Object.keys)
      .sort(),
  );
});

test("the page names every key of a file about a node", () => {
  const paragraph = PAGE.slice(PAGE.indexOf("`dry-run --node` takes"));
  for (const key of Object.keys(NODE.shape)) expect(paragraph).toContain(`\`${key}\``);
});
