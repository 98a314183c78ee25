/**
 * Child process of the coap bench: 64 client sockets in a closed loop, each request with a fresh token and, where blocks
 * are asked for, a random block number. One command in, one report out; the server's CPU time is read by the parent.
 */
import { createSocket, type Socket } from "node:dgram";
import { seededRandom } from "../../gateway/base/index.ts";
import {
  blockSize,
  codeOf,
  encodeBlockOption,
  encodeMessage,
  OPTION,
  type OptionValue,
  type Szx,
} from "../../gateway/wire/coap/index.ts";
import { IMAGE_BYTES, SMALL_RESOURCE } from "./coap-image.ts";

export interface LoadCommand {
  readonly port: number;
  readonly path: readonly string[];
  /** Undefined = one small resource instead of a block of the image. */
  readonly szx: Szx | undefined;
  readonly requests: number;
}

const CLIENTS = 64;
const RETRY_MS = 250;
const random = seededRandom(11);
const below = (limit: number): number => Math.floor(random.next() * limit);

const sockets: readonly Socket[] = await Promise.all(
  Array.from(
    { length: CLIENTS },
    () =>
      new Promise<Socket>((resolve) => {
        const socket = createSocket({ type: "udp4", lookup: (host, _options, done) => done(null, host, 4) });
        socket.bind(0, "127.0.0.1", () => resolve(socket));
      }),
  ),
);

let messageId = below(0x10000);

function request({ path, szx }: LoadCommand): Uint8Array {
  messageId = (messageId + 1) & 0xffff;
  const token = Uint8Array.from({ length: 4 }, () => below(256));
  const options: OptionValue[] = path.map((segment) => ({
    number: OPTION.uriPath,
    value: new TextEncoder().encode(segment),
  }));
  if (szx !== undefined) {
    const num = below(IMAGE_BYTES / blockSize(szx));
    options.push({ number: OPTION.block2, value: encodeBlockOption({ num, more: false, szx }) });
  }
  return encodeMessage({
    type: "CON",
    code: codeOf("GET"),
    messageId,
    token,
    options,
    payload: new Uint8Array(0),
  });
}

/** Runs until `requests` answers of full length came; repeats a request that stays without one. */
function run(command: LoadCommand): Promise<{ readonly repeats: number }> {
  const datagrams = Array.from({ length: command.requests }, () => request(command));
  const least = 4 + (command.szx === undefined ? SMALL_RESOURCE.length : blockSize(command.szx));
  let next = 0;
  let answered = 0;
  let repeats = 0;
  return new Promise((resolve) => {
    const last = new Map<Socket, { bytes: Uint8Array; at: number }>();
    const advance = (socket: Socket): void => {
      const bytes = datagrams[next++];
      if (bytes === undefined) return void last.delete(socket);
      last.set(socket, { bytes, at: Date.now() });
      socket.send(bytes, command.port, "127.0.0.1");
    };
    const retry = setInterval(() => {
      const now = Date.now();
      for (const [socket, sent] of last) {
        if (now - sent.at < RETRY_MS) continue;
        repeats += 1;
        sent.at = now;
        socket.send(sent.bytes, command.port, "127.0.0.1");
      }
    }, RETRY_MS);
    for (const socket of sockets) {
      socket.removeAllListeners("message");
      socket.on("message", (bytes) => {
        const sent = last.get(socket);
        if (sent === undefined || bytes.length < least || bytes[3] !== sent.bytes[3] || bytes[2] !== sent.bytes[2])
          return;
        answered += 1;
        if (answered === command.requests) {
          clearInterval(retry);
          resolve({ repeats });
        } else advance(socket);
      });
      advance(socket);
    }
  });
}

process.on("message", (command: LoadCommand) => {
  void run(command).then((report) => process.send?.(report));
});
process.once("disconnect", () => process.exit(0));
process.send?.({ ready: true });
