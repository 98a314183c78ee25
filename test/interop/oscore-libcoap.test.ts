/** libcoap with OSCORE (scripts/interop-peers.sh), beside the table: new keys by Appendix B.2, and small blocks. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { systemClock } from "../../gateway/base/index.ts";
import type { Oscore } from "../../gateway/coap/oscore/index.ts";
import { credentialOf, oscoreOf } from "../support/oscore-party.ts";
import { IMAGE } from "./checks.ts";
import { libcoapOscore } from "./peers/libcoap.ts";
import { isMissing, LIBCOAP_WITH_OSCORE } from "./peers.ts";
import { type Subject, startSubject } from "./subject.ts";

const missing = isMissing({ program: LIBCOAP_WITH_OSCORE });
const withLibcoap = missing ? test.skip : test;
const note = missing ? " (skipped: needs libcoap 4.3.5, which scripts/interop-peers.sh gets)" : "";

const CREDENTIAL = credentialOf(Uint8Array.of(1), Uint8Array.of(2));
let folder: string;
let oscore: Oscore;
let subject: Subject;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-libcoap-"));
  oscore = oscoreOf(systemClock(), CREDENTIAL);
  subject = await startSubject({ security: oscore, unprotected: () => false });
});
afterEach(async () => {
  await subject.close();
  await rm(folder, { recursive: true });
});

async function get(settings: string, ...args: readonly string[]): Promise<Buffer> {
  const { masterSecret, masterSalt, senderId, recipientId } = CREDENTIAL;
  const secret = { masterSecret, masterSalt, ownId: recipientId, peerId: senderId };
  const config = join(folder, "oscore");
  await writeFile(config, `${libcoapOscore(secret)}${settings}`);
  const out = join(folder, "out");
  const context = ["-E", `${config},${join(folder, "sequence")}`];
  await promisify(execFile)(LIBCOAP_WITH_OSCORE, [...context, "-B", "60", "-o", out, ...args, `${subject.uri}/f/img`]);
  return readFile(out);
}

withLibcoap(
  `Appendix B.2: client and gateway agree on an ID Context, and an image comes under its keys${note}`,
  async () => {
    const image = await get(`id_context,hex,"c0ffee"\nrfc8613_b_2,bool,true\n`);
    expect(image.equals(IMAGE)).toBe(true);
    expect(oscore.stats()).toMatchObject({ rederivations: 1, challenged: 0, notAuthentic: 0, replays: 0 });
  },
);

withLibcoap.each([["16"], ["64"], ["1024"]])(`an image in protected blocks of %s bytes${note}`, async (size) => {
  expect((await get("", "-b", size)).equals(IMAGE)).toBe(true);
  expect(oscore.stats()).toMatchObject({ challenged: 1, notAuthentic: 0, replays: 0 });
});
