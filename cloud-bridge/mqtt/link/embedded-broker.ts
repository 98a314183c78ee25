/**
 * The broker that stands in when none is configured: aedes, MQTT 3.1.1, loopback only, everything in memory. For trying
 * things out; the only file that imports it.
 */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { Aedes } from "aedes";
import { type Closable, UsageError } from "../../../gateway/base/index.ts";
import { reasonOf } from "../reason.ts";

const LOOPBACK = "127.0.0.1";
export const EMBEDDED_PORT = 1883;

export interface EmbeddedBroker extends Closable {
  readonly port: number;
  readonly url: string;
}

/** Port 0 takes a free one. Throws UsageError port.taken or port.refused. */
export async function openEmbeddedBroker(port: number = EMBEDDED_PORT): Promise<EmbeddedBroker> {
  const aedes: Aedes & { readonly persistence?: Queues } = await Aedes.createBroker();
  if (aedes.persistence !== undefined) queueOnce(aedes.persistence);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    aedes.handle(socket);
  });
  const closeBroker = (): Promise<void> => new Promise((resolve) => aedes.close(() => resolve()));
  try {
    server.listen(port, LOOPBACK);
    await once(server, "listening");
  } catch (error) {
    await closeBroker();
    throw listenError(error, port);
  }
  const address = server.address();
  const actual = typeof address === "object" && address !== null ? address.port : port;
  return {
    port: actual,
    url: `mqtt://${LOOPBACK}:${actual}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await closeBroker();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** What kept sessions have waiting: as much of the memory of aedes as is put right here. */
interface Queues {
  subscriptionsByTopic(topic: string): Promise<ReadonlyArray<{ readonly clientId: string }>>;
  outgoingClearMessageId(client: unknown, packet: { readonly messageId?: number | undefined }): Promise<unknown>;
  outgoingUpdate(client: unknown, packet: unknown): Promise<unknown>;
}

/**
 * MQTT 3.1.1 §3.3.5, §4.4: what waits for a client is sent to it, once however many of its filters match. aedes 1.2 queues a copy
 * per filter, of which an acknowledgement takes away one; of a client that is there it takes the others back by taking away
 * whatever has no packet identifier yet, which loses what waited; and it breaks the line of a client that acknowledges a
 * message of these moments before its second way to the client has come to it.
 */
function queueOnce(queues: Queues): void {
  const matching = queues.subscriptionsByTopic.bind(queues);
  queues.subscriptionsByTopic = async (topic) => [
    ...new Map((await matching(topic)).map((subscription) => [subscription.clientId, subscription])).values(),
  ];
  const clear = queues.outgoingClearMessageId.bind(queues);
  queues.outgoingClearMessageId = async (client, packet) =>
    packet.messageId === undefined ? undefined : clear(client, packet);
  const update = queues.outgoingUpdate.bind(queues);
  queues.outgoingUpdate = (client, packet) => update(client, packet).catch(() => undefined); // acknowledged already
}

function listenError(error: unknown, port: number): UsageError {
  const reason = reasonOf(error);
  const facts = { what: "the embedded MQTT broker", address: `${LOOPBACK}:${port}`, key: "mqtt.embedded.port" };
  return reason === "EADDRINUSE"
    ? new UsageError("port.taken", facts, { cause: error })
    : new UsageError("port.refused", { ...facts, reason }, { cause: error });
}
