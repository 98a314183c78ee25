/** Our own requester as the client of the table: what the peers' servers are asked with. */
import { type Credential, millis, SILENT, seededRandom, systemClock } from "../../gateway/base/index.ts";
import { type Answer, Engine, UdpTransport } from "../../gateway/coap/index.ts";
import { oscoreOf } from "../support/oscore-party.ts";
import type { Ask, Client, Told } from "./checks.ts";

const DEADLINE_MS = 100_000;

export async function requesterClient(port: number, credential?: Credential): Promise<Client> {
  const clock = systemClock();
  const engine = new Engine({
    transports: [new UdpTransport({ address: "127.0.0.1", port: 0 })],
    clock,
    random: seededRandom(6),
    log: SILENT,
    handler: () => ({ code: "4.04" }),
    ...(credential === undefined ? {} : { oscore: oscoreOf(clock, credential).client }),
  });
  await engine.start();
  const peer = { remote: { address: "127.0.0.1", port }, credential };
  const deadline = () => ({ deadline: millis(clock.now() + DEADLINE_MS) });

  const ask = async ({ method, path, payload, contentFormat, etag }: Ask): Promise<Told> => {
    const question = {
      method,
      path: [path],
      ...(payload === undefined ? {} : { payload }),
      ...(contentFormat === undefined ? {} : { contentFormat }),
      ...(etag === undefined ? {} : { etags: [etag] }),
    };
    return engine.request(peer, question, deadline());
  };

  const watch = (path: string, count: number): Promise<readonly string[]> =>
    new Promise((resolve, reject) => {
      const seen = new Set<string>();
      const notified = ({ payload }: Answer): void => {
        seen.add(Buffer.from(payload).toString());
        if (seen.size >= count) resolve([...seen].slice(0, count));
      };
      const ended = (why: object): void => reject(new Error(`the observation ended: ${JSON.stringify(why)}`));
      engine.observe(peer, { method: "GET", path: [path] }, deadline(), { notified, ended }).catch(reject);
    });

  return { ask, watch, close: () => engine.close() };
}
