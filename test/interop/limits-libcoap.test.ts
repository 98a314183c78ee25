/**
 * Q-Block2 (RFC 9177) and Echo (RFC 9175) with libcoap 4.3.5 as the client, which the table of peers does not ask. Not
 * both Q-Block2 and OSCORE: this client forgets a protected request with its first answer, so it opens no second one.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { SILENT, seededRandom, systemClock } from "../../gateway/base/index.ts";
import { Engine, type EngineOptions, type Remote, type Transport, UdpTransport } from "../../gateway/coap/index.ts";
import { imageOf, laneOf, sourceOf } from "../support/lockstep-images.ts";
import { CLIENTS, isMissing } from "./peers.ts";

const run = promisify(execFile);
const LIBCOAP = CLIENTS.find(({ program }) => program?.endsWith("libcoap/coap-client"));
const CLIENT = LIBCOAP?.program ?? "coap-client";
const missing = LIBCOAP === undefined || isMissing(LIBCOAP);
const withLibcoap = missing ? test.skip : test;
const note = missing ? " (skipped: needs libcoap 4.3.5, which scripts/interop-peers.sh gets)" : "";

/** COAP_BLOCK_USE_LIBCOAP, COAP_BLOCK_SINGLE_BODY, COAP_BLOCK_TRY_Q_BLOCK. */
const TRY_Q_BLOCK = ["-N", "-L", "7"];
const IMAGE = imageOf(40_000);

/** A socket that loses the datagrams with these numbers on their way out. */
class LossyUdp extends UdpTransport {
  readonly #lost: ReadonlySet<number>;
  #count = 0;

  constructor(lost: readonly number[]) {
    super({ address: "127.0.0.1", port: 0 });
    this.#lost = new Set(lost);
  }

  override send(datagram: Uint8Array, remote: Remote): void {
    this.#count += 1;
    if (!this.#lost.has(this.#count)) super.send(datagram, remote);
  }

  override sendFrame(length: number, remote: Remote): void {
    this.send(Uint8Array.from(this.frame().subarray(0, length)), remote);
  }
}

let folder = "";
const engines: Engine[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-limits-"));
});
afterAll(async () => {
  for (const engine of engines) await engine.close();
  await rm(folder, { recursive: true });
});

async function subject(options: Partial<EngineOptions> = {}, lost: readonly number[] = []) {
  const transport: Transport = new LossyUdp(lost);
  const engine = new Engine({
    transports: [transport],
    clock: systemClock(),
    random: seededRandom(4),
    log: SILENT,
    // libcoap asks here whether Q-Block2 is understood
    handler: (_peer, { path: [name] }) =>
      name === "large" || name === ".well-known" ? { code: "2.05", payload: IMAGE } : { code: "4.04" },
    lanes: { block: laneOf({ x: sourceOf(IMAGE) }) },
    ...options,
  });
  await engine.start();
  engines.push(engine);
  return { engine, uri: `coap://${transport.local}` };
}

/** The body that the client wrote, and the requests that it sent. */
async function fetch(uri: string, args: readonly string[]) {
  const out = join(folder, "out");
  await rm(out, { force: true });
  const { stdout, stderr } = await run(CLIENT, ["-v", "7", "-B", "60", "-o", out, ...args, uri], {
    maxBuffer: 1 << 26,
  });
  const sent = [...`${stdout}${stderr}`.matchAll(/v:1 t:\w+ c:(?:GET|POST|FETCH) [^\n]*/g)].map(([line]) => line);
  return { body: await readFile(out), sent };
}

withLibcoap.each(["f/x", "large"])(`libcoap fetches /%s by Q-Block2, one request per set${note}`, async (path) => {
  const { engine, uri } = await subject();
  const { body, sent } = await fetch(`${uri}/${path}`, [...TRY_Q_BLOCK, "-b", "1024"]);
  expect(body.equals(IMAGE)).toBe(true);
  const asked = sent.flatMap((line) => /Q-Block2:(\d+)\/M\/1024/.exec(line)?.[1] ?? []).map(Number);
  expect(asked).toEqual([0, 10, 20, 30]);
  expect(engine.stats()).toMatchObject({ malformed: 0, failures: 0, kept: { bursts: 0 } });
});

withLibcoap(`what gets lost, libcoap asks for again${note}`, async () => {
  const { uri } = await subject({}, [4, 28]); // more holes at one time than four it cannot keep
  const { body, sent } = await fetch(`${uri}/f/x`, [...TRY_Q_BLOCK, "-b", "1024"]);
  expect(body.equals(IMAGE)).toBe(true);
  expect(sent.some((line) => /Q-Block2:\d+\/_\/1024/.test(line))).toBe(true);
});

withLibcoap(`a stranger's libcoap answers Echo by itself, and gets the whole image${note}`, async () => {
  const { engine, uri } = await subject({ admission: { southbound: [] } });
  const { body } = await fetch(`${uri}/f/x`, ["-b", "1024"]);
  expect(body.equals(IMAGE)).toBe(true);
  expect(engine.stats()).toMatchObject({ challenged: 1, kept: { provenPaths: 1 } });
});
