import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { afterEach, expect, test } from "@jest/globals";
import { type Closable, SILENT, seededRandom, systemClock } from "../../gateway/base/index.ts";
import { Engine, type Receive, type Remote, UdpTransport } from "../../gateway/coap/index.ts";
import { encodeMessage } from "../../gateway/wire/coap/index.ts";
import { imageOf, laneOf, sourceOf } from "../support/lockstep-images.ts";

const open: Closable[] = [];
afterEach(async () => {
  for (const part of open.splice(0)) await part.close();
});
const keep = <T extends Closable>(part: T): T => {
  open.push(part);
  return part;
};
const ignore: Receive = () => undefined;
const portOf = (transport: UdpTransport): number => Number(transport.local?.split(":").at(-1));
const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));

const client = (type: "udp4" | "udp6"): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = createSocket(type);
    keep({ close: () => void socket.close() });
    socket.bind(0, type === "udp4" ? "127.0.0.1" : "::1", () => resolve(socket));
  });

async function ask(socket: Socket, bytes: Uint8Array, { address, port }: Remote): Promise<Buffer> {
  socket.send(bytes, port, address);
  const [answer] = (await once(socket, "message")) as [Buffer];
  return answer;
}

const PING = Uint8Array.of(0x40, 0, 0x12, 0x34);
const families = [["udp4", "127.0.0.1"], ...(hasIPv6 ? ([["udp6", "::1"]] as const) : [])] as const;

test("one engine on several addresses answers on each", async () => {
  const transports = families.map(([, address]) => new UdpTransport({ address, port: 0 }));
  const engine = keep(
    new Engine({
      transports,
      clock: systemClock(),
      random: seededRandom(1),
      log: SILENT,
      handler: () => ({ code: "4.04" }),
    }),
  );
  await engine.start();
  for (const [index, [type, address]] of families.entries()) {
    const transport = transports[index];
    if (transport === undefined) continue;
    const answer = await ask(await client(type), PING, { address, port: portOf(transport) });
    expect(answer.toString("hex")).toBe("70001234");
  }
});

test("a port that is taken is one coded error, and nothing stays open", async () => {
  const first = keep(new UdpTransport({ address: "127.0.0.1", port: 0 }));
  await first.open(ignore);
  const free = new UdpTransport({ address: "127.0.0.1", port: 0 });
  const taken = new UdpTransport({ address: "127.0.0.1", port: portOf(first) });
  const engine = new Engine({
    transports: [free, taken],
    clock: systemClock(),
    random: seededRandom(1),
    log: SILENT,
    handler: () => ({ code: "4.04" }),
  });
  await expect(engine.start()).rejects.toMatchObject({
    code: "port.taken",
    facts: { what: "CoAP", address: first.local, key: "coap.listen" },
  });
  const port = portOf(free);
  const again = keep(new UdpTransport({ address: "127.0.0.1", port }));
  await again.open(ignore);
});

test("an address that this machine does not have is refused", async () => {
  const transport = new UdpTransport({ address: "192.0.2.1", port: 0 });
  await expect(transport.open(ignore)).rejects.toMatchObject({ code: "port.refused" });
});

test("sending after close is a lost datagram, closing twice is nothing", async () => {
  const transport = new UdpTransport({ address: "127.0.0.1", port: 0 });
  await transport.open(ignore);
  await transport.close();
  await transport.close();
  transport.send(PING, { address: "127.0.0.1", port: 9 });
  transport.sendFrame(4, { address: "127.0.0.1", port: 9 });
});

test("500 block requests in flight at once: every answer has its own bytes", async () => {
  const image = imageOf(65_536);
  const transport = new UdpTransport({ address: "127.0.0.1", port: 0 });
  const engine = keep(
    new Engine({
      transports: [transport],
      clock: systemClock(),
      random: seededRandom(1),
      log: SILENT,
      handler: () => ({ code: "4.04" }),
      lanes: { block: laneOf({ x: sourceOf(image) }) },
    }),
  );
  await engine.start();
  const socket = await client("udp4");
  socket.setRecvBufferSize(4_000_000);
  const wrong: number[] = [];
  const open = new Set<number>();
  const done = new Promise<void>((resolve) => {
    socket.on("message", (answer) => {
      const num = answer.readUInt16BE(2);
      const block = num % 256;
      if (!answer.subarray(-256).equals(image.subarray(block * 256, block * 256 + 256))) wrong.push(num);
      open.delete(num);
      if (open.size === 0) resolve();
    });
  });
  const request = (num: number): Uint8Array => {
    const options = [
      { number: 11, value: Uint8Array.of(0x66) },
      { number: 11, value: Uint8Array.of(0x78) },
      { number: 23, value: Uint8Array.of((num % 256) >> 4, ((num % 256) << 4) | 4) },
    ];
    return encodeMessage({
      type: "CON",
      code: 1,
      messageId: num,
      token: new Uint8Array(0),
      options,
      payload: new Uint8Array(0),
    });
  };
  for (let num = 0; num < 500; num++) open.add(num);
  const again = setInterval(() => {
    for (const num of open) socket.send(request(num), portOf(transport), "127.0.0.1");
  }, 200); // the kernel may drop some of a burst
  for (const num of open) socket.send(request(num), portOf(transport), "127.0.0.1");
  await done;
  clearInterval(again);
  expect(wrong).toEqual([]);
});
