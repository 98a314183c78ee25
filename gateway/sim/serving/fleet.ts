/** Several rooms that serve their datastore, each on a socket of its own. */
import { type Clock, type Closable, type Logger, type Millis, millis, SILENT, seededRandom } from "../../base/index.ts";
import type { NodeSecurity } from "../fleet.ts";
import { OscoreClient } from "../speech/oscore.ts";
import { countingSequence } from "../speech/sequence.ts";
import { readSids } from "../speech/sids.ts";
import { parseGateway } from "../speech/transport.ts";
import { RoomServer, type ServingView } from "./room-server.ts";

export interface ServingOptions {
  /** `coap://host:port`. */
  readonly gateway: string;
  readonly endpoints: readonly string[];
  readonly seed: number;
  /** How often each room changes. */
  readonly interval: Millis;
  readonly clock: Clock;
  readonly credentials: ReadonlyMap<string, NodeSecurity>;
  readonly models?: readonly string[];
  readonly ackTimeout?: Millis;
  readonly log?: Logger;
  readonly onChange?: (view: ServingView) => void;
}

export interface ServingFleet extends Closable {
  nodes(): readonly ServingView[];
}

const ACK_TIMEOUT = millis(2000);

/** Resolves when each has asked to be registered. */
export async function startServing(options: ServingOptions): Promise<ServingFleet> {
  const { gateway, endpoints, seed, interval, clock, credentials, models } = options;
  const remote = parseGateway(gateway);
  const sids = readSids(models);
  const servers = endpoints.map((endpoint, index) => {
    const security = credentials.get(endpoint);
    return new RoomServer({
      endpoint,
      remote,
      security: security && new OscoreClient(security.credential, security.sequence ?? countingSequence()),
      sids,
      interval,
      ackTimeout: options.ackTimeout ?? ACK_TIMEOUT,
      clock,
      random: seededRandom(seed * 65_537 + index),
      log: options.log ?? SILENT,
      onChange: options.onChange ?? (() => undefined),
    });
  });
  // Without this the process would end: sockets alone do not wait for timers of the clock.
  const alive = setInterval(() => undefined, 60_000);
  await Promise.all(servers.map((server) => server.start()));
  return {
    nodes: () => servers.map((server) => server.view()),
    close: async () => {
      clearInterval(alive);
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}
