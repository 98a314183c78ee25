/**
 * Peer × check: independent implementations against the engine, plain and protected. The table is printed at the end;
 * INTEROP_WRITE=1 writes it to docs/interop.md.
 */
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../gateway/base/index.ts";
import { credentialOf, oscoreOf } from "../support/oscore-party.ts";
import { CHECKS, type Check, type Client, type Resources } from "./checks.ts";
import { CLIENTS, isMissing, type Protection, type RunningServer, SERVERS, type SharedSecret } from "./peers.ts";
import { requesterClient } from "./requester.ts";
import { SUBJECT_RESOURCES, type Subject, startSubject } from "./subject.ts";
import { InteropTable, ROWS, type RowName } from "./table.ts";

const DOC = new URL("../../docs/interop.md", import.meta.url);
const table = new InteropTable();

/** One context for all: each subject is new, and so is each peer's folder. */
const CREDENTIAL = credentialOf(Uint8Array.of(0x01), Uint8Array.of(0x02));
const THEIRS: SharedSecret = {
  masterSecret: CREDENTIAL.masterSecret,
  masterSalt: CREDENTIAL.masterSalt,
  ownId: CREDENTIAL.recipientId,
  peerId: CREDENTIAL.senderId,
};

function subjectFor(protection: Protection): Promise<Subject> {
  if (protection === "plain") return startSubject();
  const oscore = oscoreOf(systemClock(), CREDENTIAL);
  return startSubject({ security: oscore, unprotected: () => false });
}

const withProtections = <R extends { readonly protections: readonly Protection[] }>(rows: readonly R[]) =>
  rows.flatMap((row) => row.protections.map((protection) => ({ ...row, protection })));
const missingNote = ({ program }: { readonly program: string | undefined }): string =>
  isMissing({ program }) ? ` (skipped: needs ${program}, which scripts/interop-peers.sh gets)` : "";

/** The checks that can be tried; the others say so in the table. */
function possibleOf(row: RowName & { readonly program: string | undefined }, resources: Resources): readonly Check[] {
  if (!isMissing(row)) for (const { name } of CHECKS) table.record(row, name, "-");
  return CHECKS.filter((check) => check.possible?.(resources) ?? true);
}

describe.each(withProtections(CLIENTS))("$peer, $protection", (row) => {
  const inSets = row.qBlock2?.includes(row.protection) === true;
  const resources = { ...SUBJECT_RESOURCES, qBlock2: inSets ? SUBJECT_RESOURCES.image : undefined };
  let subject: Subject | undefined;
  let client: Client | undefined;

  const open = async (): Promise<Client> => {
    table.version(row.peer, await row.version());
    subject ??= await subjectFor(row.protection);
    client ??= await row.client(subject.uri, row.protection === "OSCORE" ? THEIRS : undefined);
    return client;
  };
  afterAll(async () => {
    await client?.close();
    await subject?.close();
  });

  const checks = possibleOf(row, resources);
  (isMissing(row) ? test.skip : test).each(checks)(`$name${missingNote(row)}`, async ({ name, run }) => {
    table.record(row, name, "FAILS");
    await run(await open(), resources);
    const proven = subject?.heard.every(({ identity }) => identity !== undefined);
    expect(proven).toBe(row.protection === "OSCORE");
    table.record(row, name, "ok");
  });
});

describe.each(withProtections(SERVERS))("$peer, $protection", (row) => {
  let server: RunningServer | undefined;
  let client: Client | undefined;

  const open = async (): Promise<Client> => {
    table.version(row.peer, await row.version());
    const secured = row.protection === "OSCORE";
    server ??= await row.start(secured ? THEIRS : undefined);
    client ??= await requesterClient(server.port, secured ? CREDENTIAL : undefined);
    return client;
  };
  afterAll(async () => {
    await client?.close();
    await server?.close();
  });

  const checks = possibleOf(row, row.resources);
  (isMissing(row) ? test.skip : test).each(checks)(`$name${missingNote(row)}`, async ({ name, run }) => {
    table.record(row, name, "FAILS");
    await run(await open(), row.resources);
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
