/**
 * Child process of the check-in benches: as many requests in flight as told, each from a socket of its own. A check-in
 * carries a growing report number and two readings; the peer's request is a GET.
 */
import { createSocket, type Socket } from "node:dgram";
import { seededRandom } from "../../gateway/base/index.ts";
import { codeOf, EMPTY_CODE, encodeEmpty, encodeMessage, OPTION } from "../../gateway/wire/coap/index.ts";
import { endpointOf } from "./endpoints.ts";

export interface CheckInCommand {
  readonly port: number;
  readonly kind: "check-in" | "get";
  readonly inFlight: number;
  readonly requests: number;
  /** The nodes that wake, in random order, each as often as the others; default: one per socket, in turn. */
  readonly nodes?: { readonly from: number; readonly count: number };
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

function message(kind: CheckInCommand["kind"], node: number): Uint8Array {
  sent += 1;
  const token = Uint8Array.of(sent >> 8, sent);
  const base = { type: "CON", messageId: sent & 0xffff, token } as const;
  if (kind === "get") {
    const options = [{ number: OPTION.uriPath, value: text("img") }];
    return encodeMessage({ ...base, code: codeOf("GET"), options, payload: new Uint8Array() });
  }
  // {60001: {2: report, 5: {195: {1: 4([-2, t]), 2: humidity}}}}
  const payload = Buffer.from("a119ea61a2021a0000000005a118c3a201c482211907d0021828", "hex");
  payload.writeUInt32BE(sent, 7);
  payload.writeUInt16BE(1900 + (sent % 400), 21);
  payload[25] = 20 + (sent % 60);
  const options = [
    { number: OPTION.uriPath, value: text("c") },
    { number: OPTION.contentFormat, value: Uint8Array.of(142) },
    { number: OPTION.uriQuery, value: text(`ep=${endpointOf(node)}`) },
  ];
  return encodeMessage({ ...base, code: codeOf("POST"), options, payload });
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

function run({ port, kind, inFlight, requests, nodes }: CheckInCommand): Promise<CheckInReport> {
  const nodeOf = wakeOrder(nodes);
  return new Promise((resolve) => {
    const start = performance.now();
    let begun = 0;
    let answered = 0;
    let answeredBefore = 0;
    const end = (): void => {
      clearInterval(limit);
      for (const socket of sockets) socket.removeAllListeners("message");
      resolve({ answered, ms: performance.now() - start });
    };
    const limit = setInterval(() => {
      if (answered === answeredBefore) end();
      answeredBefore = answered;
    }, TIMEOUT_MS);
    const next = (): void => {
      if (begun >= requests) return;
      sockets[begun % SOCKETS]?.send(message(kind, nodeOf(begun)), port, "127.0.0.1");
      begun += 1;
    };
    for (const socket of sockets) {
      socket.on("message", (bytes) => {
        const [first = 0, code = 0] = bytes;
        if (code === EMPTY_CODE) return; // a disk that took more than a second: the answer follows by itself
        if (code >> 5 !== 2) throw new Error(`refused: ${bytes.toString("hex")}`);
        if ((first & CONFIRMABLE_MASK) === CONFIRMABLE) {
          socket.send(encodeEmpty("ACK", bytes.readUInt16BE(2)), port, "127.0.0.1");
        }
        answered += 1;
        if (answered === requests) end();
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
