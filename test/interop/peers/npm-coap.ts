/** npm `coap` as a peer, in both roles, used as its documentation and its known defects (gateway/sim/speech) ask for. */
import { once } from "node:events";
import { createRequire } from "node:module";
import { Agent, createServer, type IncomingMessage, type ObserveReadStream, registerOption } from "coap";
import { freeUdpPort } from "../../bench/measure.ts";
import { type Ask, type Client, IMAGE, RESOURCES, type Resources, type Told } from "../checks.ts";
import type { RunningServer } from "../peers.ts";

export const npmCoapVersion = (): string =>
  (createRequire(import.meta.url)("coap/package.json") as { readonly version: string }).version;

const same = (value: unknown): Buffer => value as Buffer;

export function npmCoapClient(uri: string): Client {
  registerOption("ETag", same, same); // its own converter mangles bytes
  const { hostname, port } = new URL(uri);
  // Each request on an agent of its own: the end of an observation closes the socket of all that share it.
  const start = (method: Ask["method"], pathname: string, observe: boolean) =>
    new Agent({ type: "udp4" }).request({ hostname, port: Number(port), pathname, method, observe });

  const ask = async ({ method, path, payload, contentFormat, etag, option }: Ask): Promise<Told> => {
    const request = start(method, path, false);
    if (contentFormat !== undefined) request.setOption("Content-Format", Buffer.of(contentFormat));
    if (etag !== undefined) request.setOption("ETag", Buffer.from(etag));
    if (option !== undefined) request.setOption(String(option.number), Buffer.from(option.value));
    if (payload !== undefined && payload.length > 1024) request.setOption("Block1", Buffer.of(0x06));
    const answered = once(request, "response");
    request.end(payload === undefined ? undefined : Buffer.from(payload));
    const [answer] = (await answered) as [IncomingMessage];
    const tag = answer._packet.options?.find(({ name }) => name === "ETag")?.value;
    return { code: answer.code, payload: answer.payload, etag: Buffer.isBuffer(tag) ? tag : undefined };
  };

  const watch = async (path: string, count: number): Promise<readonly string[]> => {
    const request = start("GET", path, true);
    const answered = once(request, "response");
    request.end();
    const [stream] = (await answered) as [ObserveReadStream];
    const seen = new Set<string>();
    await new Promise<void>((resolve) => {
      stream.on("data", (state: Buffer) => {
        seen.add(state.toString());
        if (seen.size >= count) resolve();
      });
    });
    stream.close();
    return [...seen].slice(0, count);
  };

  return { ask, watch, close: () => Promise.resolve() };
}

const TICK_MS = 100;
const TAG = Buffer.of(1, 2, 3, 4);

/** It joins the blocks of a body by their token (defect 5), which RFC 7959 does not ask clients to keep. */
export const NPM_COAP_RESOURCES: Resources = { ...RESOURCES, storage: undefined };

export async function npmCoapServer(): Promise<RunningServer> {
  registerOption("ETag", same, same);
  const stored = new Map<string, Buffer>();
  const tickers = new Set<NodeJS.Timeout>();
  let ticks = 0;
  const server = createServer((request, response) => {
    response.on("error", () => undefined);
    const name = request.url.slice(1);
    switch (`${request.method} ${name}`) {
      case "GET small":
        response.end("a few bytes");
        return;
      case "GET tagged":
        // The library never says 2.03 by itself (defect 11).
        response.setOption("ETag", TAG);
        if (request._packet.options?.some(({ name, value }) => name === "ETag" && TAG.equals(value))) {
          response.code = "2.03";
          response.end();
        } else response.end("a few bytes");
        return;
      case "GET odd":
        response.setOption("65001", Buffer.of(1));
        response.end("a few bytes");
        return;
      case "GET image":
        response.end(Buffer.from(IMAGE));
        return;
      case "GET clock": {
        response.write(`tick ${ticks++}`);
        tickers.add(setInterval(() => response.write(`tick ${ticks++}`), TICK_MS));
        return;
      }
      case "iPATCH patched":
        stored.set(name, request.payload);
        response.code = "2.04";
        response.end();
        return;
      case "GET patched":
        response.end(stored.get(name));
        return;
      case "FETCH echo":
        response.end(request.payload);
        return;
      default:
        response.code = "4.04";
        response.end();
    }
  });
  const port = await freeUdpPort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", () => resolve()));
  const close = async (): Promise<void> => {
    for (const ticker of tickers) clearInterval(ticker);
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port, close };
}
