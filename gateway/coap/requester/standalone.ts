/** A requester without a gateway around it: for programs that ask a node and are asked nothing. */
import { isIPv6 } from "node:net";
import type { Clock, Closable, Logger, Random } from "../../base/index.ts";
import { Engine } from "../engine.ts";
import type { OscoreRequester } from "../oscore/client/protected-request.ts";
import { UdpTransport } from "../transport/udp.ts";
import type { Requests } from "./requester.ts";

export interface OpenRequesterOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Numeric address of the peers: says whether to speak IPv4 or IPv6. */
  readonly towards: string;
  /** For peers that are named with a credential. */
  readonly oscore?: OscoreRequester | undefined;
}

/** Opens a socket on a free port; whoever asks there anything gets 4.01. Throws UsageError `port.refused`. */
export async function openRequester(options: OpenRequesterOptions): Promise<Requests & Closable> {
  const { clock, random, log, towards, oscore } = options;
  const engine = new Engine({
    transports: [new UdpTransport({ address: isIPv6(towards) ? "::" : "0.0.0.0", port: 0 })],
    clock,
    random,
    log,
    handler: () => ({ code: "4.04" }),
    unprotected: () => false,
    ...(oscore === undefined ? {} : { oscore }),
  });
  await engine.start();
  return engine;
}
