/**
 * Peer × check: independent implementations against the engine, plain and protected. The table is printed at the end;
 * INTEROP_WRITE=1 writes it to docs/interop.md.
 */
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, describe, expect, test } from "@jest/globals";
import { CHECKS, type Client } from "./checks.ts";
import { CLIENTS, isMissing } from "./peers.ts";
import { SUBJECT_RESOURCES, type Subject, startSubject } from "./subject.ts";
import { InteropTable, ROWS } from "./table.ts";

const DOC = new URL("../../docs/interop.md", import.meta.url);
const table = new InteropTable();

const rows = CLIENTS.flatMap((row) => row.protections.map((protection) => ({ ...row, protection })));

describe.each(rows)("$peer, $protection", (row) => {
  const missing = isMissing(row) || row.protection === "OSCORE";
  const note = missing ? ` (skipped: needs ${row.program}, which scripts/interop-peers.sh gets)` : "";
  let subject: Subject | undefined;
  let client: Client | undefined;

  const open = async (): Promise<Client> => {
    table.version(row.peer, await row.version());
    subject ??= await startSubject();
    client ??= await row.client(subject.uri);
    return client;
  };
  afterAll(async () => {
    await client?.close();
    await subject?.close();
  });

  (missing ? test.skip : test).each(CHECKS)(`$name${note}`, async ({ name, run }) => {
    table.record(row, name, "FAILS");
    await run(await open(), SUBJECT_RESOURCES);
    table.record(row, name, "ok");
  });
});

test("docs/interop.md has these rows and columns", async () => {
  const lines = (await readFile(DOC, "utf8")).split("\n").filter((line) => line.startsWith("| "));
  const cells = lines.map((line) => line.split("|").map((cell) => cell.trim()));
  expect(cells[0]?.slice(4, -1)).toEqual(CHECKS.map(({ name }) => name));
  expect(cells.slice(2).map(([, peer, , protection]) => ({ peer, protection }))).toEqual(ROWS);
});

afterAll(async () => {
  process.stderr.write(`\n${table.render()}\n`);
  if (process.env["INTEROP_WRITE"] === undefined) return;
  const page = await readFile(DOC, "utf8");
  const head = page.slice(0, page.indexOf("\n| "));
  const tail = page.slice(page.lastIndexOf("|\n") + 1);
  await writeFile(DOC, `${head}\n${table.render()}${tail}`);
});
