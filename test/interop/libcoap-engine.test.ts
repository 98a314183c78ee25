/** libcoap's client (Debian, libcoap3-bin) against the engine: block sizes, NON and late answers, beside the table. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { millis, SILENT, seededRandom, systemClock } from "../../gateway/base/index.ts";
import { Engine, type Request, type Response, UdpTransport } from "../../gateway/coap/index.ts";
import { imageOf, laneOf, sourceOf } from "../support/lockstep-images.ts";

const CLIENT = "/usr/bin/coap-client-notls";
const has = existsSync(CLIENT);
const withLibcoap = has ? test : test.skip;
const run = promisify(execFile);

const IMAGE = imageOf(262_144);
const LARGE = imageOf(30_000);

function handler(_peer: unknown, request: Request): Response | Promise<Response> {
  switch (request.path[0]) {
    case "large":
      return { code: "2.05", payload: LARGE };
    case "slow":
      return new Promise((resolve) =>
        setTimeout(() => resolve({ code: "2.05", payload: Uint8Array.of(0x6f, 0x6b) }), 300),
      );
    default:
      return { code: "4.04" };
  }
}

const transport = new UdpTransport({ address: "127.0.0.1", port: 0 });
const engine = new Engine({
  transports: [transport],
  clock: systemClock(),
  random: seededRandom(4),
  log: SILENT,
  handler,
  lanes: { block: laneOf({ img: sourceOf(IMAGE) }) },
  limits: { ackDelay: millis(100) },
});
let folder = "";
let uri = "";

beforeAll(async () => {
  await engine.start();
  uri = `coap://${transport.local}`;
  folder = await mkdtemp(join(tmpdir(), "sidgate-libcoap-"));
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

/** What the client wrote as the body of the response. */
async function client(...args: string[]): Promise<Buffer> {
  const out = join(folder, "out");
  await rm(out, { force: true });
  await run(CLIENT, ["-B", "60", "-o", out, ...args]);
  return existsSync(out) ? readFile(out) : Buffer.alloc(0);
}

withLibcoap.each([["64"], ["256"], ["1024"]])(
  "GET of a 256 KiB image in blocks of %s (needs coap-client-notls)",
  async (size) => {
    expect((await client("-m", "get", "-b", size, `${uri}/f/img`)).equals(IMAGE)).toBe(true);
  },
);

withLibcoap("GET without a block size, as NON (needs coap-client-notls)", async () => {
  expect((await client("-N", "-m", "get", `${uri}/f/img`)).equals(IMAGE)).toBe(true);
});

withLibcoap("GET of a large resource by Block2 (needs coap-client-notls)", async () => {
  expect((await client("-m", "get", `${uri}/large`)).equals(LARGE)).toBe(true);
  expect((await client("-m", "get", "-b", "128", `${uri}/large`)).equals(LARGE)).toBe(true);
});

withLibcoap("an answer that takes long comes separately (needs coap-client-notls)", async () => {
  expect((await client("-m", "get", `${uri}/slow`)).toString()).toBe("ok");
});
