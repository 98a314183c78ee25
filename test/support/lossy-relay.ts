/** A relay between one node and the gateway that loses and doubles datagrams, the same way for the same seed, and counts them. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { seededRandom } from "../../gateway/base/index.ts";

export interface LossyRelay {
  readonly port: number;
  /** Different datagrams that the node sent; copies are not counted. */
  asked(): number;
  lost(): number;
  close(): Promise<void>;
}

export interface RelayWeather {
  /** Shares of the datagrams of either direction, 0 to 1. */
  readonly loss: number;
  readonly duplication: number;
  readonly seed: number;
}

/** Whoever spoke last is the node: one that starts again has another port. */
export async function startLossyRelay(gatewayPort: number, weather: RelayWeather): Promise<LossyRelay> {
  const random = seededRandom(weather.seed);
  const south = await boundSocket();
  const north = await boundSocket();
  const asked = new Set<string>();
  let node = 0;
  let lost = 0;

  function carry(through: Socket, datagram: Buffer, port: number): void {
    const copies = random.next() < weather.duplication ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      if (random.next() < weather.loss) lost += 1;
      else through.send(datagram, port, "127.0.0.1");
    }
  }
  south.on("message", (datagram, { port }) => {
    node = port;
    asked.add(datagram.toString("latin1"));
    carry(north, datagram, gatewayPort);
  });
  north.on("message", (datagram) => carry(south, datagram, node));

  return {
    port: south.address().port,
    asked: () => asked.size,
    lost: () => lost,
    close: async () => {
      for (const socket of [south, north]) {
        const closed = once(socket, "close");
        socket.close();
        await closed;
      }
    },
  };
}

async function boundSocket(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}
