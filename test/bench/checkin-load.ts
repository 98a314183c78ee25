/**
 * Child process of the check-in bench: as many requests in flight as told, each from a socket of its own. A check-in
 * carries a growing report number and two readings; the peer's request is a GET.
 */
import { createSocket, type Socket } from "node:dgram";
import { codeOf, EMPTY_CODE, encodeEmpty, encodeMessage, OPTION } from "../../gateway/wire/coap/index.ts";

export interface CheckInCommand {
  readonly port: number;
  readonly kind: "check-in" | "get";
  readonly inFlight: number;
  readonly requests: number;
}

const SOCKETS = 64;
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
    { number: OPTION.uriQuery, value: text(`ep=b${String(node).padStart(3, "0")}`) },
  ];
  return encodeMessage({ ...base, code: codeOf("POST"), options, payload });
}

function run({ port, kind, inFlight, requests }: CheckInCommand): Promise<{ readonly answered: number }> {
  return new Promise((resolve) => {
    let begun = 0;
    let answered = 0;
    const end = (): void => {
      clearTimeout(limit);
      for (const socket of sockets) socket.removeAllListeners("message");
      resolve({ answered });
    };
    const limit = setTimeout(end, TIMEOUT_MS);
    const next = (): void => {
      if (begun >= requests) return;
      const node = begun % SOCKETS;
      begun += 1;
      sockets[node]?.send(message(kind, node), port, "127.0.0.1");
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
