/**
 * Child process of the coreconf bench: a manager with as many requests in flight as told, each from a socket of its own,
 * plain or under the security contexts of managers; and the same of libcoap's server, for what it has instead.
 */
import { createSocket, type Socket } from "node:dgram";
import type { PeerCredential } from "../../../gateway/admin/api/index.ts";
import { seededRandom } from "../../../gateway/base/index.ts";
import type { PlainRequest, ProtectedRequest } from "../../../gateway/coap/oscore/index.ts";
import {
  codeOf,
  decodeBlockOption,
  decodeMessage,
  encodeBlockOption,
  encodeMessage,
  encodeUint,
  OPTION,
  type OptionValue,
} from "../../../gateway/wire/coap/index.ts";
import { type NodesEnd, ownEnd } from "../oscore-ends.ts";
import { type RequestKind, requestOf } from "./requests.ts";

export interface CoreconfCommand {
  readonly port: number;
  readonly kind: RequestKind;
  readonly inFlight: number;
  readonly requests: number;
  /** Ids to ask for, at random. */
  readonly nodes: readonly string[];
  /** Default: unprotected. */
  readonly managers?: readonly PeerCredential[];
}

/** Or all of a datastore, block by block. */
export interface WholeCommand {
  readonly port: number;
  readonly whole: readonly string[];
  /** Blocks, at most. */
  readonly most: number;
}

export interface CoreconfReport {
  readonly answered: number;
  /** From the first request to the last answer. */
  readonly ms: number;
}

const SOCKETS = 64;
const RETRY_MS = 1000;
const random = seededRandom(17);

const sockets: readonly Socket[] = await Promise.all(
  Array.from(
    { length: SOCKETS },
    () =>
      new Promise<Socket>((resolve) => {
        const socket = createSocket({ type: "udp4", lookup: (host, _options, done) => done(null, host, 4) });
        socket.bind(0, "127.0.0.1", () => resolve(socket));
      }),
  ),
);

/** Kept from run to run: sequence numbers go on. By the name of the first manager. */
const ends = new Map<string, NodesEnd>();

function endOf(managers: readonly PeerCredential[] | undefined): NodesEnd | undefined {
  const name = managers?.[0]?.name;
  if (managers === undefined || name === undefined) return undefined;
  const end = ends.get(name) ?? ownEnd(managers);
  ends.set(name, end);
  return end;
}

/** A request on its way. */
interface Asked {
  readonly bytes: Uint8Array;
  readonly protection: ProtectedRequest | undefined;
  at: number;
}

let sent = 0;

function ask(request: PlainRequest, protection?: ProtectedRequest): Asked {
  sent += 1;
  const { code, options, payload } = protection ?? request;
  const token = Uint8Array.of(sent >> 16, sent >> 8, sent);
  const bytes = encodeMessage({ type: "CON", messageId: sent & 0xffff, token, code, options, payload });
  return { bytes, protection, at: performance.now() };
}

function run(command: CoreconfCommand): Promise<CoreconfReport> {
  const { port, kind, inFlight, requests, nodes, managers } = command;
  const end = endOf(managers);
  const start = performance.now();
  let begun = 0;
  let answered = 0;
  return new Promise((resolve) => {
    const open = new Map<number, Asked>();
    const send = (socket: number, request: PlainRequest): void => {
      const asked = ask(request, end?.protect(socket % (managers?.length ?? 1), request));
      open.set(socket, asked);
      sockets[socket]?.send(asked.bytes, port, "127.0.0.1");
    };
    const next = (socket: number): void => {
      if (begun >= requests) return;
      begun += 1;
      send(socket, requestOf(kind, nodes, random));
    };
    const retry = setInterval(() => {
      for (const [socket, asked] of open) {
        if (performance.now() - asked.at < RETRY_MS) continue;
        asked.at = performance.now();
        sockets[socket]?.send(asked.bytes, port, "127.0.0.1");
      }
    }, RETRY_MS);
    for (const [index, socket] of sockets.entries()) {
      socket.removeAllListeners("message");
      socket.on("message", (bytes) => {
        const asked = open.get(index);
        if (asked === undefined || bytes[2] !== asked.bytes[2] || bytes[3] !== asked.bytes[3]) return;
        const { protection } = asked;
        const message = decodeMessage(bytes);
        const opened = protection?.open(message);
        if (opened?.kind === "again") {
          send(index, opened.request); // Echo, after a start
          return;
        }
        const code = opened?.kind === "response" ? opened.code : message.code;
        if (code >> 5 !== 2) throw new Error(`${kind} was refused: ${bytes.toString("hex")}`);
        open.delete(index);
        answered += 1;
        if (answered < requests) next(index);
        else {
          clearInterval(retry);
          resolve({ answered, ms: performance.now() - start });
        }
      });
    }
    for (let socket = 0; socket < inFlight; socket++) next(socket);
  });
}

const BLOCK = { more: false, szx: 6 } as const;

/** RFC 7959 §2.4: GET, block after block. */
function fetchWhole({ port, whole: path, most }: WholeCommand): Promise<CoreconfReport> {
  const start = performance.now();
  const [socket] = sockets;
  let answered = 0;
  return new Promise((resolve) => {
    const next = (): void => {
      const options: OptionValue[] = path.map((segment) => ({ number: OPTION.uriPath, value: Buffer.from(segment) }));
      options.push({ number: OPTION.accept, value: encodeUint(140) });
      options.push({ number: OPTION.block2, value: encodeBlockOption({ ...BLOCK, num: answered }) });
      options.sort((a, b) => a.number - b.number);
      socket?.send(ask({ code: codeOf("GET"), options, payload: new Uint8Array() }).bytes, port, "127.0.0.1");
    };
    socket?.removeAllListeners("message");
    socket?.on("message", (bytes) => {
      const { code, options } = decodeMessage(bytes);
      const block = options.find(({ number }) => number === OPTION.block2);
      if (code >> 5 !== 2 || block === undefined) throw new Error(`GET was refused: ${bytes.toString("hex")}`);
      answered += 1;
      if (decodeBlockOption(block.value).more && answered < most) next();
      else resolve({ answered, ms: performance.now() - start });
    });
    next();
  });
}

process.on("message", (command: CoreconfCommand | WholeCommand) => {
  void ("whole" in command ? fetchWhole(command) : run(command)).then((report) => process.send?.(report));
});
process.once("disconnect", () => process.exit(0));
process.send?.({ ready: true });
