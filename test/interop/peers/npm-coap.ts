/** npm `coap` as a peer, in both roles, used as its documentation and its known defects (gateway/sim/speech) ask for. */
import { once } from "node:events";
import { createRequire } from "node:module";
import { Agent, type IncomingMessage, type ObserveReadStream, registerOption } from "coap";
import { type Ask, type Client, RESOURCES, type Resources, type Told } from "../checks.ts";
import type { RunningServer } from "../peers.ts";
import { scriptPath, startServer } from "./server-process.ts";

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

/** It joins the blocks of a body by their token (defect 5), which RFC 7959 does not ask clients to keep. */
export const NPM_COAP_RESOURCES: Resources = { ...RESOURCES, storage: undefined, echoesAll: false };

export const npmCoapServer = (): Promise<RunningServer> =>
  startServer([process.execPath, scriptPath("npm-coap-server.js")], () => Promise.resolve([]));
