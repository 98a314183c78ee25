/** libcoap's client (Debian, libcoap3-bin) against the engine on real sockets. */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
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
const requests: Request[] = [];
const state = { counter: 0, large: imageOf(30_000) };

function handler(_peer: unknown, request: Request): Response | Promise<Response> {
  requests.push(request);
  switch (request.path[0]) {
    case "count":
      return {
        code: "2.05",
        payload: new TextEncoder().encode(`count ${state.counter}\n`),
        contentFormat: 0,
        observable: "count",
      };
    case "large":
      return { code: "2.05", payload: state.large };
    case "slow":
      return new Promise((resolve) =>
        setTimeout(() => resolve({ code: "2.05", payload: Uint8Array.of(0x6f, 0x6b) }), 300),
      );
    case "c":
      if (request.method === "FETCH") return { code: "2.05", payload: request.payload, contentFormat: 142 };
      return { code: "2.04" };
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
  await run(CLIENT, ["-B", "10", "-o", out, ...args]);
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

withLibcoap("PUT of 100 kB by Block1, a token per block (needs coap-client-notls)", async () => {
  const body = Buffer.from(imageOf(100_000));
  const file = join(folder, "body");
  await writeFile(file, body);
  requests.length = 0;
  await client("-m", "put", "-b", "1024", "-f", file, `${uri}/c`);
  expect(requests.map(({ method, payload }) => [method, body.equals(payload)])).toEqual([["PUT", true]]);
});

withLibcoap("GET of a large resource by Block2 (needs coap-client-notls)", async () => {
  expect((await client("-m", "get", `${uri}/large`)).equals(state.large)).toBe(true);
  expect((await client("-m", "get", "-b", "128", `${uri}/large`)).equals(state.large)).toBe(true);
});

withLibcoap("an answer that takes long comes separately (needs coap-client-notls)", async () => {
  expect((await client("-m", "get", `${uri}/slow`)).toString()).toBe("ok");
});

withLibcoap("FETCH with 141 and iPATCH with 142 (needs coap-client-notls)", async () => {
  const file = join(folder, "cbor");
  const body = Buffer.from("a1190447f6", "hex");
  await writeFile(file, body);
  requests.length = 0;
  expect((await client("-m", "fetch", "-t", "141", "-A", "142", "-f", file, `${uri}/c`)).equals(body)).toBe(true);
  await client("-m", "ipatch", "-t", "142", "-f", file, `${uri}/c?d=a`);
  expect(requests).toMatchObject([
    { method: "FETCH", contentFormat: 141, accept: 142, payload: new Uint8Array(body) },
    { method: "iPATCH", contentFormat: 142, query: ["d=a"], payload: new Uint8Array(body) },
  ]);
});

withLibcoap("Observe: each change arrives (needs coap-client-notls)", async () => {
  const child = spawn(CLIENT, ["-s", "3", "-m", "get", `${uri}/count`], { stdio: ["ignore", "pipe", "ignore"] });
  let heard = "";
  const hears = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!heard.includes(text)) return;
        child.stdout.off("data", take);
        resolve();
      };
      const take = (bytes: Buffer): void => {
        heard += bytes.toString();
        look();
      };
      child.stdout.on("data", take);
      look();
    });
  await hears("count 0");
  for (let value = 1; value <= 3; value++) {
    state.counter = value;
    engine.changed("count");
    await hears(`count ${value}`);
  }
  child.kill();
  expect(engine.stats().kept.observations).toBe(1);
});
