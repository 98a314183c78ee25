/** libcoap (Debian, libcoap3-bin) as the author of an image, and as the node that asks the forward proxy for it. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { SILENT, seededRandom, systemClock } from "../../gateway/base/index.ts";
import { Engine, UdpTransport } from "../../gateway/coap/index.ts";
import { imageOf, laneOf, sourceOf } from "../support/lockstep-images.ts";
import { fetchFrom } from "../upstream/author.ts";

const CLIENT = "/usr/bin/coap-client-notls";
const SERVER = "/usr/bin/coap-server-notls";
const has = existsSync(CLIENT) && existsSync(SERVER);
const withLibcoap = has ? test : test.skip;
const run = promisify(execFile);
const IMAGE = Buffer.from(imageOf(50_000));

const transport = new UdpTransport({ address: "127.0.0.1", port: 0 });
let author = "";
const engine = new Engine({
  transports: [transport],
  clock: systemClock(),
  random: seededRandom(5),
  log: SILENT,
  handler: () => ({ code: "4.04" }),
  lanes: {
    block: laneOf({ a1b2: sourceOf(IMAGE) }),
    authors: { find: (uri) => (uri === author ? { id: "a1b2" } : undefined) },
  },
});
let folder = "";
let server: ChildProcess | undefined;

beforeAll(async () => {
  await engine.start();
  folder = await mkdtemp(join(tmpdir(), "sidgate-authors-"));
  if (!has) return;
  const port = await freePort();
  author = `coap://127.0.0.1:${port}/fw.bin`;
  // Resources that are put there stay there: that is all an author has to do.
  server = spawn(SERVER, ["-A", "127.0.0.1", "-p", String(port), "-d", "4"], { stdio: "ignore" });
  await writeFile(join(folder, "fw.bin"), IMAGE);
  await run(CLIENT, ["-B", "60", "-m", "put", "-b", "1024", "-f", join(folder, "fw.bin"), author]);
});
afterAll(async () => {
  server?.kill("SIGKILL");
  await engine.close();
  await rm(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}

withLibcoap("an image from libcoap's server arrives byte for byte (needs coap-server-notls)", async () => {
  expect((await fetchFrom(author, IMAGE.length)).equals(IMAGE)).toBe(true);
});

withLibcoap(
  "libcoap's client gets it through the forward proxy, and nothing else (needs coap-client-notls)",
  async () => {
    const out = join(folder, "out");
    const through = ["-B", "60", "-m", "get", "-P", `coap://${transport.local}`];
    await run(CLIENT, [...through, "-o", out, author]);
    expect((await readFile(out)).equals(IMAGE)).toBe(true);
    const { stdout, stderr } = await run(CLIENT, [...through, `${author}x`]);
    expect(stdout + stderr).toContain("5.05");
  },
);
