/** Fetching from https:// authors: a real TLS server whose certificate an authority of the test's own has signed. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { type Millis, millis, seconds } from "../../gateway/base/index.ts";
import { httpsSource } from "../../gateway/upstream/https.ts";
import { exactly } from "../../gateway/upstream/source.ts";
import { parseUri } from "../../gateway/wire/coap/index.ts";
import { LOOPBACK } from "./author.ts";

const OPENSSL = "/usr/bin/openssl";
const HAS = existsSync(OPENSSL);
const NOTE = HAS ? "" : " (skipped: no openssl)";
const IMAGE = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 13) & 0xff));
const HOST = "author.example";

type Answering = (request: IncomingMessage, response: ServerResponse) => void;
interface Row {
  readonly name: string;
  readonly answering: Answering;
  /** An error code, or the whole image. */
  readonly outcome: string;
}

const location =
  (to: (request: IncomingMessage) => string, status = 302): Answering =>
  (request, response) => {
    if (request.url === "/moved") response.end(IMAGE);
    else response.writeHead(status, { location: to(request) }).end();
  };

const says =
  (status: number): Answering =>
  (_request, response) =>
    response.writeHead(status).end();

const ROWS: readonly Row[] = [
  { name: "an image", answering: (_request, response) => response.end(IMAGE), outcome: "whole" },
  {
    name: "an image in pieces of unknown number",
    answering: (_request, response) => {
      response.write(IMAGE.subarray(0, 5));
      response.end(IMAGE.subarray(5));
    },
    outcome: "whole",
  },
  { name: "a file that moved within the host", answering: location(() => "/moved"), outcome: "whole" },
  { name: "moved for good", answering: location(() => "/moved", 308), outcome: "whole" },
  {
    name: "the same by its whole URI",
    answering: location(({ headers }) => `https://${headers.host}/moved`),
    outcome: "whole",
  },
  {
    name: "a way to another host",
    answering: location(() => "https://other.example/moved"),
    outcome: "upstream.redirect",
  },
  { name: "a way to another port", answering: location(() => `https://${HOST}:1/moved`), outcome: "upstream.redirect" },
  {
    name: "a way to http",
    answering: location(({ headers }) => `http://${headers.host}/moved`),
    outcome: "upstream.redirect",
  },
  {
    name: "a way to nowhere",
    answering: (_request, response) => response.writeHead(302).end(),
    outcome: "upstream.redirect",
  },
  { name: "a circle", answering: location(() => "/again"), outcome: "upstream.redirect" },
  {
    name: "not found",
    answering: (_request, response) => response.writeHead(404).end("no"),
    outcome: "upstream.refused",
  },
  ...[204, 304, 403, 410].map((status) => ({
    name: `RFC 9110 §15: ${status}, which stays so`,
    answering: says(status),
    outcome: "upstream.refused",
  })),
  ...[408, 425, 429, 500, 503].map((status) => ({
    name: `RFC 9110 §15: ${status}, which may change`,
    answering: says(status),
    outcome: "upstream.answer",
  })),
  { name: "a part", answering: says(206), outcome: "upstream.refused" },
  {
    name: "an encoding nobody asked for",
    answering: (_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(IMAGE),
    outcome: "upstream.refused",
  },
  {
    name: "a byte too few",
    answering: (_request, response) => response.end(IMAGE.subarray(1)),
    outcome: "upstream.size",
  },
  {
    name: "a byte too few, not announced",
    answering: (_request, response) => {
      response.write(IMAGE.subarray(2));
      response.end(IMAGE.subarray(0, 1));
    },
    outcome: "upstream.size",
  },
  {
    name: "a body without end",
    answering: (request, response) => {
      const more = (): void => {
        while (!request.socket.destroyed && response.write(IMAGE));
      };
      response.on("drain", more);
      more();
    },
    outcome: "upstream.size",
  },
  {
    name: "a connection that breaks off",
    answering: (request, response) => {
      response.writeHead(200, { "content-length": IMAGE.length });
      response.write(IMAGE.subarray(0, 1000), () => request.socket.destroy());
    },
    outcome: "upstream.unreachable",
  },
  { name: "no answer", answering: () => undefined, outcome: "upstream.silent" },
  {
    name: "a beginning and then nothing",
    answering: (_request, response) => {
      response.writeHead(200, { "content-length": IMAGE.length });
      response.write(IMAGE.subarray(0, 1000));
    },
    outcome: "upstream.silent",
  },
];

(HAS ? describe : describe.skip)(`https authors${NOTE}`, () => {
  let folder: string;
  let key: Buffer;
  let cert: Buffer;
  let server: Server | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sidgate-https-"));
    const at = (name: string): string => join(folder, name);
    const args = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test".split(" ");
    const names = ["-addext", `subjectAltName=DNS:${HOST}`, "-keyout", at("key.pem"), "-out", at("cert.pem")];
    execFileSync(OPENSSL, [...args, ...names], { stdio: "ignore", timeout: 20_000 });
    key = readFileSync(at("key.pem"));
    cert = readFileSync(at("cert.pem"));
  });
  afterAll(() => rm(folder, { recursive: true }));
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  async function listen(answering: Answering): Promise<number> {
    const made = createServer({ key, cert }, answering);
    server = made;
    made.on("tlsClientError", () => undefined); // a certificate that is not believed
    await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", () => resolve()));
    return (made.address() as AddressInfo).port;
  }

  /** `patience`: short only for who is to lose it. */
  async function fetchFrom(
    uriText: string,
    options: { ca?: Buffer; signal?: AbortSignal; patience?: Millis } = {},
  ): Promise<string> {
    const uri = parseUri(uriText)!;
    const signal = options.signal ?? new AbortController().signal;
    const source = httpsSource({ ca: options.ca, patience: options.patience ?? seconds(60) });
    const parts: Uint8Array[] = [];
    try {
      const bytes = source({ uri, at: LOOPBACK, size: IMAGE.length, signal });
      for await (const part of exactly(bytes, uri, IMAGE.length, () => undefined)) parts.push(part);
      return Buffer.concat(parts).equals(IMAGE) ? "whole" : "damaged";
    } catch (error) {
      return String((error as { code?: string }).code ?? error);
    }
  }

  test.each(ROWS)("$name: $outcome", async ({ answering, outcome }) => {
    const port = await listen(answering);
    const patience = outcome === "upstream.silent" ? millis(600) : seconds(60);
    expect(await fetchFrom(`https://${HOST}:${port}/fw?v=2`, { ca: cert, patience })).toBe(outcome);
  });

  test("the request names the host and asks for the path with its query, unencoded", async () => {
    const seen: unknown[] = [];
    const port = await listen(({ method, url, headers }, response) => {
      seen.push([method, url, headers.host, headers["accept-encoding"]]);
      response.end(IMAGE);
    });
    await fetchFrom(`https://${HOST}:${port}/a/b%20c?x=1`, { ca: cert });
    expect(seen).toEqual([["GET", "/a/b%20c?x=1", `${HOST}:${port}`, "identity"]]);
  });

  test("a certificate that nobody vouches for, or of another name, is not believed", async () => {
    const port = await listen((_request, response) => response.end(IMAGE));
    expect(await fetchFrom(`https://${HOST}:${port}/`)).toBe("upstream.certificate");
    expect(await fetchFrom(`https://other.example:${port}/`, { ca: cert })).toBe("upstream.certificate");
    expect(await fetchFrom(`https://127.0.0.1:${port}/`, { ca: cert })).toBe("upstream.certificate");
  });

  test("a fetch that is no longer wanted ends at once", async () => {
    const stop = new AbortController();
    const port = await listen((_request, response) => {
      response.write(IMAGE.subarray(0, 10));
      stop.abort(new Error("enough"));
    });
    expect(await fetchFrom(`https://${HOST}:${port}/`, { ca: cert, signal: stop.signal })).toMatch(/ABORT_ERR|enough/);
  });
});
