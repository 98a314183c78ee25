/** The gateway under fire: the real engine with all lanes over the real services, on a network that the fuzzer is. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Millis, type NodeId, SILENT, seededRandom } from "../../gateway/base/index.ts";
import { parseSubnet } from "../../gateway/base/subnet.ts";
import {
  Engine,
  FRAME_BYTES,
  type Receive,
  type Remote,
  type Transport,
  UdpTransport,
} from "../../gateway/coap/index.ts";
import { linkFetcher } from "../../gateway/southbound/directory/index.ts";
import { imageLane } from "../../gateway/southbound/firmware/index.ts";
import { openFileImages } from "../../gateway/store/index.ts";
import { openDirectory } from "../support/directory.ts";
import { imageOf } from "../support/lockstep-images.ts";
import { OscoreNode } from "../support/oscore-node.ts";
import { credentialOf, oscoreOf } from "../support/oscore-party.ts";
import { openServices, type Services } from "../support/services.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import type { World } from "./corpus.ts";

const ENDPOINTS = 20;
/** Senders of these prefixes are neighbours; all others get three times their bytes until they prove where they are. */
const NEAR = ["192.0.2.0/24", "127.0.0.0/8"].map((text) => parseSubnet(text)).filter((subnet) => subnet !== undefined);

/** A transport without a network: the fuzzer puts datagrams in and sees what comes out. */
export class FuzzTransport implements Transport {
  readonly local = "192.0.2.1:5683";
  readonly #frame = new Uint8Array(FRAME_BYTES);
  readonly #sent: (datagram: Uint8Array, remote: Remote) => void;
  #receive: Receive | undefined;

  constructor(sent: (datagram: Uint8Array, remote: Remote) => void) {
    this.#sent = sent;
  }

  open(receive: Receive): Promise<void> {
    this.#receive = receive;
    return Promise.resolve();
  }

  deliver(datagram: Uint8Array, remote: Remote): void {
    this.#receive?.(datagram, remote);
  }

  send(datagram: Uint8Array, remote: Remote): void {
    this.#sent(datagram, remote);
  }

  frame(): Uint8Array {
    return this.#frame;
  }

  sendFrame(length: number, remote: Remote): void {
    this.#sent(this.#frame.subarray(0, length), remote);
  }

  close(): Promise<void> {
    this.#receive = undefined;
    return Promise.resolve();
  }
}

export interface Scene {
  readonly engine: Engine;
  readonly transport: FuzzTransport;
  /** The same engine on a real socket; undefined: not asked for. */
  readonly udp: UdpTransport | undefined;
  readonly world: World;
  /** What the engine called an error of ours. */
  readonly logged: readonly string[];
  /** Time passes, observers are told, and facts that nobody will read again are dropped. */
  advance(by: Millis): Promise<void>;
  close(): Promise<void>;
}

export async function openScene(options: {
  readonly seed: number;
  readonly sent: (datagram: Uint8Array, remote: Remote) => void;
  readonly udp: boolean;
}): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), "sidgate-fuzz-"));
  const services = await openServices({ images: await openFileImages({ folder, cacheBytes: 1 << 20 }) });
  const nodes: NodeId[] = [];
  const endpoints = Array.from({ length: ENDPOINTS }, (_, i) => `n${i}`);
  for (const endpoint of endpoints) nodes.push(await services.join(endpoint));
  const image = await addImage(services);

  const clock = new VirtualClock();
  const logged: string[] = [];
  const transport = new FuzzTransport(options.sent);
  const udp = options.udp ? new UdpTransport({ address: "127.0.0.1", port: 0 }) : undefined;
  const { handler, checkIn, images, registry } = services;
  const credentials = nodes.map((nodeId, i) => credentialOf(Uint8Array.of(0), Uint8Array.of(1, i), { nodeId }));
  const requests: Pick<Engine, "request"> = { request: (...asked) => engine.request(...asked) };
  const directory = await openDirectory({
    clock,
    fetchLinks: linkFetcher({ requests, clock, transportTo: () => 0, credentialOf: () => undefined }),
  });
  const engine: Engine = new Engine({
    transports: udp === undefined ? [transport] : [transport, udp],
    clock,
    random: seededRandom(options.seed),
    log: { ...SILENT, error: (event, facts) => void logged.push(`${event} ${JSON.stringify(facts)}`) },
    handler: (peer, request) =>
      request.path[0] === "s"
        ? { code: "2.05", payload: new Uint8Array(4), observable: "fuzz" }
        : (directory.handler(peer, request) ?? handler(peer, request)),
    lanes: { block: imageLane(images, registry, clock), checkIn },
    security: oscoreOf(clock, ...credentials),
    admission: { southbound: NEAR },
  });
  await engine.start();

  const advance = async (by: Millis): Promise<void> => {
    engine.changed("fuzz");
    services.clock.advance(by);
    await clock.advance(by);
    await services.journal.trim(services.journal.last);
    await directory.journal.trim(directory.journal.last);
  };
  const close = async (): Promise<void> => {
    await engine.close();
    directory.kill();
    await rm(folder, { recursive: true });
  };
  const speakers = credentials.map((credential) => new OscoreNode(credential));
  const world: World = { endpoints, nodes, images: [image, "nope"], speakers };
  return { engine, transport, udp, world, logged, advance, close };
}

/** A small image; its short id. */
async function addImage({ images, ledger }: Services): Promise<string> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield imageOf(2_000);
  }
  const { id } = await images.add(bytes(), { name: "fuzz.bin", model: "trv", version: "1.0.0" }, "fuzz", ledger);
  return id;
}
