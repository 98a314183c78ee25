/** Looks at the machine, the gateway and the store. Nothing is changed, and nothing that runs is disturbed. */
import { createSocket } from "node:dgram";
import { constants } from "node:fs";
import { access, readdir, stat } from "node:fs/promises";
import { createServer, isIPv6 } from "node:net";
import { dirname, join, resolve } from "node:path";
import type { Status } from "../../admin/api/index.ts";
import { GatewayClient, GatewayRefusal } from "../../admin/cli/index.ts";
import { isCoded } from "../../base/index.ts";
import { siteIn } from "../../store/folder/data-folder.ts";
import { controlSocketPath } from "../../store/index.ts";
import { freeBytesOf } from "../../store/state/disk-space.ts";
import { type Config, formatHostPort } from "../config/index.ts";
import type { GatewayFacts } from "./gateway.ts";
import type { FolderFacts, PortFacts } from "./machine.ts";

/** Beside what the settings ask for: state, keys, images. */
const FLOOR = 64 * 2 ** 20;

export async function lookAtFolder({ data, store, journal, mqtt }: Config): Promise<FolderFacts> {
  const folder = resolve(data);
  const exists = (await stat(folder).catch(() => undefined)) !== undefined;
  const there = exists ? folder : await nearestFolder(folder);
  const refused = await refusalAt(there);
  const grows = store.redis === undefined ? journal.keepBytes + mqtt.outboxBytes : 0;
  const used = await bytesIn(join(folder, "journal"), join(folder, "state"));
  const free = await freeBytesOf(there).catch(() => Number.POSITIVE_INFINITY);
  return {
    folder,
    exists,
    needed: FLOOR + Math.max(0, grows - used),
    ...(refused === undefined ? {} : { refused }),
    ...(Number.isFinite(free) ? { free } : {}),
  };
}

/** Why nothing can be written there. */
async function refusalAt(place: string): Promise<string | undefined> {
  const isFolder = (await stat(place)).isDirectory();
  if (!isFolder) return `${place} is a file`;
  return access(place, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
}

/** Where a folder that is not there yet would be made. */
async function nearestFolder(folder: string): Promise<string> {
  const parent = dirname(folder);
  if (parent === folder || (await stat(parent).catch(() => undefined)) !== undefined) return parent;
  return nearestFolder(parent);
}

async function bytesIn(...folders: readonly string[]): Promise<number> {
  const sizes = folders.map(async (folder) => {
    const names = await readdir(folder).catch(() => []);
    const files = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
    return files.reduce((sum, file) => sum + (file?.isFile() === true ? file.blocks * 512 : 0), 0);
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Asks whoever listens on the control socket. */
export async function lookAtGateway({ data }: Config): Promise<GatewayFacts> {
  const folder = resolve(data);
  try {
    const client = new GatewayClient(controlSocketPath(folder));
    return { runs: true, status: await client.get<Status>("/api/status") };
  } catch (failure) {
    // In its own words, e.g. that it is starting.
    if (failure instanceof GatewayRefusal) return { runs: undefined, failure };
    if (!isCoded(failure)) throw failure;
    return failure.code === "cli.no-gateway" ? { runs: false, folder } : { runs: undefined, failure };
  }
}

/** Of the folder; undefined where nobody has made one, or this user may not read it. */
export const siteOfFolder = async ({ data }: Config): Promise<string | undefined> =>
  (await siteIn(resolve(data)).catch(() => undefined))?.site;

/** Takes each for a moment. */
export async function lookAtPorts({ coap, admin, mqtt }: Config): Promise<readonly PortFacts[]> {
  const ports: PortFacts[] = [];
  const add = (wanted: Omit<PortFacts, "refused">, refused: string | undefined): void =>
    void ports.push({ ...wanted, ...(refused === undefined ? {} : { refused }) });
  for (const place of coap.listen) {
    add({ what: "CoAP", address: formatHostPort(place), key: "coap.listen" }, await bindUdp(place));
  }
  const page = { what: "the status page", address: formatHostPort(admin.listen), key: "admin.listen" };
  add({ ...page, what: "The status page" }, await bindTcp(admin.listen));
  if (mqtt.url === undefined && mqtt.embedded.port !== 0) {
    const place = { host: "127.0.0.1", port: mqtt.embedded.port };
    const address = formatHostPort(place);
    add({ what: "The embedded MQTT broker", address, key: "mqtt.embedded.port" }, await bindTcp(place));
  }
  return ports;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

/** As the gateway binds it (gateway/coap/transport/udp.ts). */
function bindUdp({ host, port }: Place): Promise<string | undefined> {
  const six = isIPv6(host);
  const socket = createSocket({ type: six ? "udp6" : "udp4", ipv6Only: six });
  return new Promise((resolve) => {
    socket.once("error", (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(error.code ?? error.message);
    });
    socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve(undefined)));
  });
}

function bindTcp(place: Place): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(place, () => void server.close(() => resolve(undefined)));
  });
}
