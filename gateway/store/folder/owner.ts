/**
 * One owner of a data folder. The kernel keeps the claim and drops it when the process dies, however it dies, so no
 * stale lock can be left behind. The control socket in the folder is how others talk to the owner.
 */
import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { chmod, lstat, mkdir, rm, stat } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type Closable, isCoded, StoreError } from "../../base/index.ts";
import { reasonOf, systemCode } from "../system-error.ts";

/** unix(7): a path must fit into 108 bytes with its final zero, on macOS into 104. */
const LONGEST_SOCKET_PATH = 100;

export interface Ownership extends Closable {
  /** Listens on the control socket; the admin API takes its connections. */
  readonly control: Server;
}

/** Where the owner of a data folder listens for the CLI. */
export function controlSocketPath(folder: string): string {
  const real = realPath(folder);
  const inside = join(real, "control.sock");
  if (Buffer.byteLength(inside) <= LONGEST_SOCKET_PATH) return inside;
  return join(tmpdir(), `sidgate-${process.getuid?.() ?? 0}`, `${shortHash(real)}.sock`);
}

/** Claims the folder for this process. Throws store.owned while another process has it. */
export async function claimFolder(folder: string): Promise<Ownership> {
  const claim = process.platform === "linux" ? await claimName(folder) : undefined;
  try {
    const path = controlSocketPath(folder);
    // The claim is good within one network namespace; a container that shares the folder is found by its socket.
    if (await answers(path)) throw new StoreError("store.owned", { folder });
    if (dirname(path) !== realPath(folder)) await ownFolder(dirname(path));
    await rm(path, { force: true });
    const owned = ownership(await listen(path), claim); // in this very turn: somebody may ask already
    await chmod(path, 0o600).catch(async (error: unknown) => {
      await owned.close();
      throw error;
    });
    return owned;
  } catch (error) {
    claim?.close();
    throw isCoded(error) ? error : unusable(folder, error);
  }
}

/** What a folder that cannot be made or used is told as. */
export const unusable = (folder: string, error: unknown): StoreError =>
  new StoreError("store.folder", { folder, reason: reasonOf(error) }, { cause: error });

function ownership(control: Server, claim: Server | undefined): Ownership {
  const connections = new Set<Socket>();
  control.on("connection", (socket) => {
    // As long as nobody serves the connections, whoever asks is sent away: otherwise he would wait for ever.
    if (control.listenerCount("connection") === 1) {
      socket.destroy();
      return;
    }
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  return {
    control,
    close: async () => {
      await new Promise<void>((closed) => {
        control.close(() => closed());
        for (const socket of connections) socket.destroy();
      });
      claim?.close();
    },
  };
}

/** unix(7), abstract sockets: a name without a file, taken by exactly one process and freed by the kernel. */
async function claimName(folder: string): Promise<Server> {
  const { dev, ino } = await stat(folder);
  try {
    const server = await listen(`\0sidgate-${shortHash(`${dev}:${ino}`)}`);
    server.on("connection", (socket) => socket.destroy());
    return server.unref();
  } catch (error) {
    if (systemCode(error) === "EADDRINUSE") throw new StoreError("store.owned", { folder });
    throw unusable(folder, error);
  }
}

/** A folder in the shared temporary folder that is really ours: others could have made it to play the gateway. */
async function ownFolder(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if (systemCode(error) !== "EEXIST") throw error;
  });
  const found = await lstat(folder);
  const ours = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
  if (!ours) throw new Error(`${folder} belongs to somebody else`);
}

function listen(path: string): Promise<Server> {
  return new Promise((ready, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(path, () => {
      server.off("error", failed);
      ready(server);
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((decided, failed) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      decided(true);
    });
    socket.once("error", (error) => {
      const code = systemCode(error);
      if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ENOTSOCK") decided(false);
      else if (code === "EAGAIN")
        decided(true); // its backlog is full: it lives
      else failed(error);
    });
  });
}

function realPath(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return resolve(folder); // not there yet
  }
}

const shortHash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);
