/**
 * Child process of the coap bench: 64 client sockets in a closed loop, each request with a fresh token and, where blocks
 * are asked for, a random block number; plain, or each socket under a security context of its own. One command in, one
 * report out; the server's CPU time is read by the parent.
 */
import { createSocket, type Socket } from "node:dgram";
import { seededRandom } from "../../gateway/base/index.ts";
import type { PlainRequest, ProtectedRequest } from "../../gateway/coap/oscore/index.ts";
import {
  blockSize,
  codeOf,
  decodeMessage,
  encodeBlockOption,
  encodeMessage,
  OPTION,
  type OptionValue,
  type Szx,
} from "../../gateway/wire/coap/index.ts";
import { IMAGE_BYTES, SMALL_RESOURCE } from "./coap-image.ts";
import { nodesEnd } from "./oscore-ends.ts";

export interface LoadCommand {
  readonly port: number;
  readonly path: readonly string[];
  /** Undefined = one small resource instead of a block of the image. */
  readonly szx: Szx | undefined;
  readonly requests: number;
  readonly secured?: boolean;
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
const nodes = nodesEnd();

/** A request on its way, as long as it is not answered. */
interface Asked {
  readonly bytes: Uint8Array;
  readonly protection: ProtectedRequest | undefined;
  at: number;
}

function plainRequest({ path, szx }: LoadCommand): PlainRequest {
  const options: OptionValue[] = path.map((segment) => ({
    number: OPTION.uriPath,
    value: new TextEncoder().encode(segment),
  }));
  if (szx !== undefined) {
    const num = below(IMAGE_BYTES / blockSize(szx));
    options.push({ number: OPTION.block2, value: encodeBlockOption({ num, more: false, szx }) });
  }
  return { code: codeOf("GET"), options, payload: new Uint8Array(0) };
}

function ask(plain: PlainRequest, client: number, secured: boolean): Asked {
  messageId = (messageId + 1) & 0xffff;
  const token = Uint8Array.from({ length: 4 }, () => below(256));
  const protection = secured ? nodes.protect(client, plain) : undefined;
  const { code, options, payload } = protection ?? plain;
  const bytes = encodeMessage({ type: "CON", messageId, token, code, options, payload });
  return { bytes, protection, at: Date.now() };
}

/** Runs until `requests` answers of full length came; repeats a request that stays without one. */
function run(command: LoadCommand): Promise<{ readonly repeats: number }> {
  const { secured = false, requests, port } = command;
  const least = 4 + (command.szx === undefined ? SMALL_RESOURCE.length : blockSize(command.szx));
  let begun = 0;
  let answered = 0;
  let repeats = 0;
  return new Promise((resolve) => {
    const open = new Map<Socket, Asked>();
    const send = (socket: Socket, asked: Asked): void => {
      open.set(socket, asked);
      socket.send(asked.bytes, port, "127.0.0.1");
    };
    const retry = setInterval(() => {
      const now = Date.now();
      for (const [socket, asked] of open) {
        if (now - asked.at < RETRY_MS) continue;
        repeats += 1;
        asked.at = now;
        socket.send(asked.bytes, port, "127.0.0.1");
      }
    }, RETRY_MS);
    for (const [client, socket] of sockets.entries()) {
      const advance = (): void => {
        open.delete(socket);
        if (begun >= requests) return;
        begun += 1;
        send(socket, ask(plainRequest(command), client, secured));
      };
      socket.removeAllListeners("message");
      socket.on("message", (bytes) => {
        const asked = open.get(socket);
        if (asked === undefined || bytes[3] !== asked.bytes[3] || bytes[2] !== asked.bytes[2]) return;
        if (bytes.length < least) {
          const opened = asked.protection?.open(decodeMessage(bytes));
          if (opened?.kind === "again") send(socket, ask(opened.request, client, secured)); // Echo, after a start
          return;
        }
        answered += 1;
        if (answered === requests) {
          clearInterval(retry);
          resolve({ repeats });
        } else advance();
      });
      advance();
    }
  });
}

process.on("message", (command: LoadCommand) => {
  void run(command).then((report) => process.send?.(report));
});
process.once("disconnect", () => process.exit(0));
process.send?.({ ready: true });
