/** aiocoap (Python) as a peer, with OSCORE: small programs of its library that do what they are told line by line. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { fromHex, toHex } from "../../../gateway/base/index.ts";
import type { Ask, Client, Told } from "../checks.ts";
import type { RunningServer, SharedSecret } from "../peers.ts";
import { scriptPath, startServer } from "./server-process.ts";

export async function aiocoapVersion(python: string): Promise<string> {
  const { stdout } = await promisify(execFile)(python, [
    "-c",
    "import importlib.metadata as m; print(m.version('aiocoap'))",
  ]);
  return stdout.trim();
}

/** A security context in a folder of its own, as aiocoap's FilesystemSecurityContext wants it; the file that names it. */
async function aiocoapContext(folder: string, secret: SharedSecret): Promise<string> {
  const basedir = join(folder, "context");
  await mkdir(basedir);
  const settings = {
    "sender-id_hex": toHex(secret.ownId),
    "recipient-id_hex": toHex(secret.peerId),
    secret_hex: toHex(secret.masterSecret),
    salt_hex: toHex(secret.masterSalt),
  };
  await writeFile(join(basedir, "settings.json"), JSON.stringify(settings));
  const file = join(folder, "credentials.json");
  await writeFile(file, JSON.stringify({ oscore: { basedir } }));
  return file;
}

export async function aiocoapClient(python: string, uri: string, secret?: SharedSecret): Promise<Client> {
  const folder = await mkdtemp(join(tmpdir(), "sidgate-aiocoap-"));
  const args = [scriptPath("aiocoap-client.py"), uri];
  if (secret !== undefined) args.push(await aiocoapContext(folder, secret));
  const child = spawn(python, args, { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface(child.stdout);
  const ended = once(child, "exit");

  const tell = async <T>(told: object): Promise<T> => {
    const answer = once(lines, "line");
    child.stdin.write(`${JSON.stringify(told)}\n`);
    const line = await Promise.race([answer, ended.then(() => undefined)]);
    if (line === undefined) throw new Error("aiocoap's client ended");
    const said = JSON.parse(String(line[0])) as T & { readonly error?: string };
    if (said.error !== undefined) throw new Error(said.error);
    return said;
  };
  const ask = async ({ method, path, payload, contentFormat, etag, option }: Ask): Promise<Told> => {
    const answer = await tell<{ code: string; payload: string; etag: string | null }>({
      method,
      path,
      ...(payload === undefined ? {} : { payload: toHex(payload) }),
      ...(contentFormat === undefined ? {} : { contentFormat }),
      ...(etag === undefined ? {} : { etag: toHex(etag) }),
      ...(option === undefined ? {} : { option: [option.number, toHex(option.value)] }),
    });
    const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0);
    return {
      code: answer.code,
      payload: bytes(answer.payload),
      etag: answer.etag === null ? undefined : bytes(answer.etag),
    };
  };
  const watch = async (path: string, count: number): Promise<readonly string[]> =>
    (await tell<{ states: readonly string[] }>({ method: "GET", path, count })).states;
  const close = async (): Promise<void> => {
    child.stdin.end();
    await ended;
    await rm(folder, { recursive: true });
  };
  return { ask, watch, close };
}

export const aiocoapServer = (python: string, secret?: SharedSecret): Promise<RunningServer> =>
  startServer([python, scriptPath("aiocoap-server.py")], async (folder) =>
    secret === undefined ? [] : [await aiocoapContext(folder, secret)],
  );
