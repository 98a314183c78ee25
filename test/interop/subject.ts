/** What the peers talk to: the real engine on a real port, with a resource for each check of the table. */
import { millis, type Peer, SILENT, seededRandom, systemClock } from "../../gateway/base/index.ts";
import { Engine, type EngineOptions, type Request, type Response, UdpTransport } from "../../gateway/coap/index.ts";
import { ETAG, laneOf, sourceOf } from "../support/lockstep-images.ts";
import { IMAGE, RESOURCES, type Resources } from "./checks.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const TICK_MS = 100;

export const SUBJECT_RESOURCES: Resources = {
  ...RESOURCES,
  image: "f/img",
  tagged: "f/img",
  strict: "small",
  odd: undefined,
};

export interface Subject {
  readonly uri: string;
  readonly engine: Engine;
  /** Whoever asked, in order; a protected request has an identity. */
  readonly heard: readonly Peer[];
  close(): Promise<void>;
}

export async function startSubject(options: Partial<EngineOptions> = {}): Promise<Subject> {
  const heard: Peer[] = [];
  const stored = new Map<string, Uint8Array>();
  let ticks = 0;

  const handler = (peer: Peer, { method, path, payload }: Request): Response => {
    heard.push(peer);
    const name = path.join("/");
    const body = stored.get(name);
    switch (`${method} ${name}`) {
      case "GET small":
        return { code: "2.05", payload: utf8("a few bytes"), contentFormat: 0 };
      case "GET clock":
        return { code: "2.05", payload: utf8(`tick ${ticks}`), contentFormat: 0, observable: "clock" };
      case "PUT storage":
      case "iPATCH patched":
        stored.set(name, payload);
        return { code: "2.04" };
      case "GET storage":
      case "GET patched":
        return body === undefined ? { code: "4.04" } : { code: "2.05", payload: body };
      case "FETCH echo":
        return { code: "2.05", payload, contentFormat: 142 };
      default:
        return { code: "4.04" };
    }
  };

  const transport = new UdpTransport({ address: "127.0.0.1", port: 0 });
  const engine = new Engine({
    transports: [transport],
    clock: systemClock(),
    random: seededRandom(4),
    log: SILENT,
    handler,
    lanes: {
      block: { ...laneOf({ img: sourceOf(IMAGE, ETAG) }), served: (peer) => void heard.push(peer) },
    },
    limits: { ackDelay: millis(100) },
    ...options,
  });
  await engine.start();
  const ticker = setInterval(() => {
    ticks += 1;
    engine.changed("clock");
  }, TICK_MS);
  const close = async (): Promise<void> => {
    clearInterval(ticker);
    await engine.close();
  };
  return { uri: `coap://${transport.local}`, engine, heard, close };
}
