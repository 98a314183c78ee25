/**
 * libcoap's example programs as peers. Debian stable has 4.3.1 without OSCORE; scripts/interop-peers.sh builds 4.3.5
 * with it. The client's log of messages tells code and ETag, a file takes the body.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fromHex, toHex } from "../../../gateway/base/index.ts";
import type { Ask, Client, Told } from "../checks.ts";
import type { RunningServer, SharedSecret } from "../peers.ts";
import { startServer } from "./server-process.ts";

const run = promisify(execFile);
/** COAP_BLOCK_USE_LIBCOAP and COAP_BLOCK_TRY_Q_BLOCK. */
const BLOCKS_IN_SETS = 0x01 | 0x04;

/** Asked for nothing, each of these programs says what it is. */
export async function libcoapVersion(program: string, ...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run(program, args).catch((usage: Record<"stdout" | "stderr", string>) => usage);
  return /(?:libcoap |coap-client\S* v)(\d\S*)/.exec(`${stdout}${stderr}`)?.[1] ?? "unknown";
}

/** coap-oscore-conf(5); the client's ids are the server's the other way round. */
export const libcoapOscore = ({ masterSecret, masterSalt, ownId, peerId }: SharedSecret): string =>
  [
    `master_secret,hex,"${toHex(masterSecret)}"`,
    `master_salt,hex,"${toHex(masterSalt)}"`,
    `sender_id,hex,"${toHex(ownId)}"`,
    `recipient_id,hex,"${toHex(peerId)}"`,
    "",
  ].join("\n");

export async function libcoapClient(program: string, uri: string, secret?: SharedSecret): Promise<Client> {
  const folder = await mkdtemp(join(tmpdir(), "sidgate-libcoap-"));
  const oscore: string[] = [];
  if (secret !== undefined) {
    await writeFile(join(folder, "oscore"), libcoapOscore(secret));
    // Each call is a process of its own: the sequence number goes on in a file.
    oscore.push("-E", `${join(folder, "oscore")},${join(folder, "sequence")}`);
  }
  const watchers = new Set<ChildProcess>();

  const ask = async ({ method, path, payload, contentFormat, etag, option, qBlock2 }: Ask): Promise<Told> => {
    const out = join(folder, "out");
    await rm(out, { force: true });
    const args = [...oscore, "-v", "6", "-B", "60", "-m", method.toLowerCase(), "-o", out];
    if (payload !== undefined) {
      await writeFile(join(folder, "body"), payload);
      args.push("-f", join(folder, "body"));
    }
    if (contentFormat !== undefined) args.push("-t", String(contentFormat));
    if (etag !== undefined) args.push("-O", `4,0x${toHex(etag)}`);
    if (qBlock2 === true) args.push("-N", "-L", String(BLOCKS_IN_SETS));
    if (option !== undefined) args.push("-O", `${option.number},0x${toHex(option.value)}`);
    const { stdout, stderr } = await run(program, [...args, `${uri}/${path}`], { maxBuffer: 1 << 24 });
    const answers = [...`${stdout}${stderr}`.matchAll(/v:1 t:\w+ c:([245]\.\d\d) .*?\[(.*?)\]/g)];
    const [, code = "none", options = ""] = answers.at(-1) ?? [];
    const body = await readFile(out).catch(() => Buffer.alloc(0));
    return { code, payload: body, etag: fromHex(/ETag:0x([0-9a-f]+)/.exec(options)?.[1] ?? "") };
  };

  const watch = (path: string, count: number): Promise<readonly string[]> => {
    const child = spawn(program, [...oscore, "-w", "-s", "20", "-m", "get", `${uri}/${path}`], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    watchers.add(child);
    const seen = new Set<string>();
    return new Promise((resolve, reject) => {
      let text = "";
      child.stdout.on("data", (bytes: Buffer) => {
        text += bytes.toString();
        const lines = text.split("\n");
        text = lines.pop() ?? "";
        for (const line of lines) seen.add(line.trim());
        seen.delete("");
        if (seen.size >= count) resolve([...seen].slice(0, count));
      });
      child.once("exit", () => reject(new Error(`${program} ended after ${seen.size} states`)));
    });
  };

  const close = async (): Promise<void> => {
    for (const child of watchers) child.kill();
    await rm(folder, { recursive: true });
  };
  return { ask, watch, close };
}

/** A server of our own over libcoap: its example server has neither iPATCH nor ETags that it compares. */
export const libcoapServer = (program: string, secret?: SharedSecret): Promise<RunningServer> =>
  startServer([program], async (folder) => {
    if (secret === undefined) return [];
    const settings = join(folder, "oscore");
    await writeFile(settings, libcoapOscore(secret));
    return [settings];
  });
