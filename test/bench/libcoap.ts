/** libcoap's example server as a peer: it keeps what is PUT into it, here under /img. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freeUdpPort } from "./measure.ts";

const SERVER = "/usr/bin/coap-server-notls";
const CLIENT = "/usr/bin/coap-client-notls";

/** Undefined, with a note on stderr, where libcoap3-bin is not installed. */
export async function startLibcoap(
  group: string,
  body: Uint8Array,
): Promise<{ readonly process: ChildProcess; readonly port: number } | undefined> {
  if (!existsSync(SERVER) || !existsSync(CLIENT)) {
    console.error(`bench ${group}: the *_vs_libcoap figures are left out, libcoap3-bin is not installed`);
    return undefined;
  }
  const port = await freeUdpPort();
  const child = spawn(SERVER, ["-A", "127.0.0.1", "-p", String(port), "-d", "8"], { stdio: "ignore" });
  const folder = await mkdtemp(join(tmpdir(), "sidgate-bench-"));
  try {
    const file = join(folder, "body");
    await writeFile(file, body);
    const put = ["-m", "put", "-b", "1024", "-B", "10", "-f", file, `coap://127.0.0.1:${port}/img`];
    await promisify(execFile)(CLIENT, put);
  } finally {
    await rm(folder, { recursive: true });
  }
  return { process: child, port };
}
