/** Files of credentials: what `sidgate node credentials --out` writes, in the forms that people make of it. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { exposure, readCredentialFile } from "../../gateway/app/sim/credential-file.ts";

const A = {
  node: "n-1",
  name: "room-1",
  algorithm: 10,
  masterSecret: "0102030405060708090a0b0c0d0e0f10",
  masterSalt: "9e7ca92223786340",
  senderId: "01",
  recipientId: "00",
};
const B = { ...A, node: undefined, name: "bms", senderId: "02", idContext: "37cb" };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sidgate-credential-file-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const fileOf = (content: string): string => {
  const path = join(folder, "credentials.json");
  writeFileSync(path, content);
  return path;
};

test.each([
  ["one line each", `${JSON.stringify(A)}\n${JSON.stringify(B)}\n`],
  ["a list", JSON.stringify([A, B])],
  ["a list over several lines", JSON.stringify([A, B], undefined, 2)],
])("%s", (_name, content) => {
  const [first, second, ...more] = readCredentialFile(fileOf(content));
  expect(more).toEqual([]);
  expect(first).toMatchObject({ node: "n-1", name: "room-1", senderId: Uint8Array.of(1) });
  expect(first?.masterSalt).toEqual(new Uint8Array(Buffer.from("9e7ca92223786340", "hex")));
  expect(second).toMatchObject({ name: "bms", idContext: Uint8Array.of(0x37, 0xcb) });
});

test("one object over several lines", () => {
  expect(readCredentialFile(fileOf(JSON.stringify(A, undefined, 2)))).toHaveLength(1);
});

test.each([
  ["nothing", ""],
  ["no JSON", "master_secret,hex"],
  ["another algorithm", JSON.stringify({ ...A, algorithm: 24 })],
  ["a secret that is no hex", JSON.stringify({ ...A, masterSecret: "0g" })],
  ["no secret", JSON.stringify({ name: "room-1" })],
])("a file with %s is refused, and its secrets are not repeated", (_name, content) => {
  const refused = (): unknown => {
    try {
      return readCredentialFile(fileOf(content));
    } catch (error) {
      return error;
    }
  };
  expect(refused()).toMatchObject({ code: "cli.credentials" });
  expect(String(refused())).not.toContain(A.masterSalt);
});

test("a file that is not there is said to be missing", () => {
  expect(() => readCredentialFile(join(folder, "none.json"))).toThrow(expect.objectContaining({ code: "cli.file" }));
  expect(exposure(join(folder, "none.json"))).toBeUndefined();
});

test.each([
  [0o600, false],
  [0o400, false],
  [0o640, true],
  [0o644, true],
])("a file of mode %o: others may have it %j", (mode, exposed) => {
  const path = fileOf(JSON.stringify(A));
  chmodSync(path, mode);
  expect(exposure(path) !== undefined).toBe(exposed);
  rmSync(path);
});
