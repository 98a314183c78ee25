/**
 * Child process of the check-in benches: as many requests in flight as told, each from a socket of its own. A check-in
 * carries a growing report number and two readings; the peer's request is a GET.
 */
import { createSocket, type Socket } from "node:dgram";
import type { PeerCredential } from "../../gateway/admin/api/index.ts";
import { seededRandom } from "../../gateway/base/index.ts";
import type { PlainRequest, ProtectedRequest } from "../../gateway/coap/oscore/index.ts";
import {
  codeOf,
  decodeMessage,
  EMPTY_CODE,
  encodeEmpty,
  encodeMessage,
  OPTION,
} from "../../gateway/wire/coap/index.ts";
import { endpointOf } from "./endpoints.ts";
import { type NodesEnd, ownEnd } from "./oscore-ends.ts";

export interface CheckInCommand {
  readonly port: number;
  readonly kind: "check-in" | "get";
  readonly inFlight: number;
  readonly requests: number;
  /** The nodes that wake, in random order, each as often as the others; default: one per socket, in turn. */
  readonly nodes?: { readonly from: number; readonly count: number };
  /** What the nodes protect their requests with; default: nothing. */
  readonly credentials?: readonly PeerCredential[];
}

export interface CheckInReport {
  readonly answered: number;
  readonly ms: number;
}

const SOCKETS = 64;
/** Without an answer; a datagram that was lost is not sent again. */
const TIMEOUT_MS = 20_000;
/** Version 1, type CON (RFC 7252 section 3). */
const CONFIRMABLE = 0x40;
const CONFIRMABLE_MASK = 0xf0;
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

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
let sent = 0;

/** A request on its way. */
interface Asked {
  readonly bytes: Uint8Array;
  readonly protection: ProtectedRequest | undefined;
}

function ask(request: PlainRequest, node: number, end: NodesEnd | undefined): Asked {
  const protection = end?.protect(node, request);
  const { code, options, payload } = protection ?? request;
  const token = Uint8Array.of(sent >> 8, sent);
  const bytes = encodeMessage({ type: "CON", messageId: sent & 0xffff, token, code, options, payload });
  return { bytes, protection };
}

function requestOf(kind: CheckInCommand["kind"], node: number, named: boolean): PlainRequest {
  sent += 1;
  if (kind === "get") {
    const options = [{ number: OPTION.uriPath, value: text("img") }];
    return { code: codeOf("GET"), options, payload: new Uint8Array() };
  }
  // {60001: {2: report, 5: {195: {1: 4([-2, t]), 2: humidity}}}}
  const payload = Buffer.from("a119ea61a2021a0000000005a118c3a201c482211907d0021828", "hex");
  payload.writeUInt32BE(sent, 7);
  payload.writeUInt16BE(1900 + (sent % 400), 21);
  payload[25] = 20 + (sent % 60);
  const options = [
    { number: OPTION.uriPath, value: text("c") },
    { number: OPTION.contentFormat, value: Uint8Array.of(142) },
    ...(named ? [{ number: OPTION.uriQuery, value: text(`ep=${endpointOf(node)}`) }] : []),
  ];
  return { code: codeOf("POST"), options, payload };
}

/** Which node wakes as the n-th. */
function wakeOrder(nodes: CheckInCommand["nodes"]): (n: number) => number {
  if (nodes === undefined) return (n) => n % SOCKETS;
  const order = Uint32Array.from({ length: nodes.count }, (_, index) => nodes.from + index);
  const random = seededRandom(nodes.count);
  for (let left = order.length - 1; left > 0; left--) {
    const other = Math.floor(random.next() * (left + 1));
    [order[left], order[other]] = [order[other] ?? 0, order[left] ?? 0];
  }
  return (n) => order[n % order.length] ?? 0;
}

/** Nodes that the gateway has answered under their context: no Echo is to be expected. */
const known = new Set<number>();
/** Kept from run to run: sequence numbers go on. */
let end: NodesEnd | undefined;

function run(command: CheckInCommand): Promise<CheckInReport> {
  const { port, kind, inFlight, requests, nodes, credentials } = command;
  const nodeOf = wakeOrder(nodes);
  if (credentials !== undefined) end ??= ownEnd(credentials);
  const secured = credentials === undefined ? undefined : end;
  return new Promise((resolve) => {
    const start = performance.now();
    let begun = 0;
    let answered = 0;
    let answeredBefore = 0;
    const finish = (): void => {
      clearInterval(limit);
      for (const socket of sockets) socket.removeAllListeners("message");
      resolve({ answered, ms: performance.now() - start });
    };
    const limit = setInterval(() => {
      if (answered === answeredBefore) finish();
      answeredBefore = answered;
    }, TIMEOUT_MS);
    /** By socket: what it asked last. */
    const open = new Map<number, { readonly node: number; readonly asked: Asked }>();
    const send = (socket: number, node: number, request: PlainRequest): void => {
      const asked = ask(request, node, secured);
      open.set(socket, { node, asked });
      sockets[socket]?.send(asked.bytes, port, "127.0.0.1");
    };
    const next = (): void => {
      if (begun >= requests) return;
      const node = nodeOf(begun);
      send(begun % SOCKETS, node, requestOf(kind, node, secured === undefined));
      begun += 1;
    };
    for (const [index, socket] of sockets.entries()) {
      socket.on("message", (bytes) => {
        const [first = 0, code = 0] = bytes;
        if (code === EMPTY_CODE) return; // a disk that took more than a second: the answer follows by itself
        const last = open.get(index);
        const opened = known.has(last?.node ?? -1) ? undefined : last?.asked.protection?.open(decodeMessage(bytes));
        if (opened?.kind === "again") {
          send(index, last?.node ?? 0, opened.request); // Echo, after a start
          return;
        }
        if (opened?.kind === "response") known.add(last?.node ?? -1);
        if (opened?.kind === "response" && opened.code >> 5 !== 2) throw new Error(`refused inside: ${opened.code}`);
        if (code >> 5 !== 2) throw new Error(`refused: ${bytes.toString("hex")}`);
        if ((first & CONFIRMABLE_MASK) === CONFIRMABLE) {
          socket.send(encodeEmpty("ACK", bytes.readUInt16BE(2)), port, "127.0.0.1");
        }
        answered += 1;
        if (answered === requests) finish();
        else next();
      });
    }
    for (let i = 0; i < inFlight; i++) next();
  });
}

process.on("message", (command: CheckInCommand) => {
  void run(command).then((report) => process.send?.(report));
});
process.once("disconnect", () => process.exit(0));
process.send?.({ ready: true });
