/**
 * Hostile managers against a real `sidgate run`: mutated requests, the dearest bodies in blocks, observers and readers that go
 * away. Meanwhile somebody else is answered at once, and in the end the gateway holds no more memory and the same data.
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Request } from "../../gateway/coap/index.ts";
import { MOST } from "../../gateway/southbound/coreconf/limits.ts";
import {
  codeOf,
  decodeMessage,
  dottedCode,
  encodeBlockOption,
  encodeEmpty,
  encodeMessage,
  encodeUint,
  OPTION,
  type OptionValue,
  sortOptions,
} from "../../gateway/wire/coap/index.ts";
import { someRequest } from "../fuzz/coreconf/requests.ts";
import { Dice } from "../fuzz/dice.ts";
import { GatewayProcess } from "../support/gateway-process.ts";

let gateway: GatewayProcess;
let node: string;
let neighbour: Attacker;

beforeAll(async () => {
  gateway = await GatewayProcess.start();
  ({ node } = await gateway.client.command<{ node: string }>("node.add", { endpoint: "room-1" }));
  neighbour = await Attacker.open();
});
afterAll(async () => {
  neighbour?.close();
  await gateway.stop();
});

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Answers that are waited for at a time: more would only test the kernel's buffers. */
const WINDOW = 16;
const PATIENCE_MS = 60_000;

/** A manager on a socket of its own, who counts what comes back. */
class Attacker {
  readonly #socket: Socket;
  #messageId = 0;
  readonly #waiting = new Map<number, (code: string) => void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (datagram) => {
      const { messageId, code } = decodeMessage(datagram);
      this.#waiting.get(messageId)?.(dottedCode(code));
      this.#waiting.delete(messageId);
    });
  }

  static async open(): Promise<Attacker> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new Attacker(socket);
  }

  close(): void {
    this.#socket.close();
  }

  /** Sends it and resolves with the code of the answer, or "lost". */
  ask(request: Request, more: readonly OptionValue[] = []): Promise<string> {
    const { method, path, query, contentFormat, accept, ifMatch, ifNoneMatch, etags, observe, payload } = request;
    const uint = (number: number, value: number | undefined): readonly OptionValue[] =>
      value === undefined ? [] : [{ number, value: encodeUint(value) }];
    const options = sortOptions([
      ...ifMatch.map((value) => ({ number: OPTION.ifMatch, value })),
      ...etags.filter(({ length }) => length > 0).map((value) => ({ number: OPTION.etag, value })),
      ...(ifNoneMatch ? [{ number: OPTION.ifNoneMatch, value: new Uint8Array() }] : []),
      ...uint(OPTION.observe, observe),
      ...path.map((part) => ({ number: OPTION.uriPath, value: utf8(part) })),
      ...uint(OPTION.contentFormat, contentFormat),
      ...query.map((item) => ({ number: OPTION.uriQuery, value: utf8(item) })),
      ...uint(OPTION.accept, accept),
      ...more,
    ]);
    this.#messageId = (this.#messageId + 1) & 0xffff;
    const { messageId, token } = { messageId: this.#messageId, token: encodeUint(this.#messageId) };
    return this.sends(
      messageId,
      encodeMessage({ type: "CON", code: codeOf(method), messageId, token, options, payload }),
    );
  }

  /** RFC 7252 §4.3: an empty CON, which is answered by RST whatever else there is to do. */
  ping(): Promise<string> {
    this.#messageId = (this.#messageId + 1) & 0xffff;
    return this.sends(this.#messageId, encodeEmpty("CON", this.#messageId));
  }

  sends(messageId: number, datagram: Uint8Array): Promise<string> {
    return new Promise((resolve) => {
      const lost = setTimeout(() => resolve("lost"), PATIENCE_MS);
      this.#waiting.set(messageId, (code) => {
        clearTimeout(lost);
        resolve(code);
      });
      this.#socket.send(datagram, gateway.coapPort, "127.0.0.1");
    });
  }
}

const plain = (method: Request["method"], path: string, more: Partial<Request> = {}): Request => ({
  method,
  path: path.split("/"),
  query: [],
  contentFormat: undefined,
  accept: undefined,
  etags: [],
  ifMatch: [],
  ifNoneMatch: false,
  payload: new Uint8Array(),
  observe: undefined,
  ...more,
});

/** A body in blocks of 1024 bytes; the code of its end. */
async function upload(attacker: Attacker, request: Request): Promise<string> {
  const { payload } = request;
  for (let num = 0; ; num++) {
    const more = (num + 1) * 1024 < payload.length;
    const block = { number: OPTION.block1, value: encodeBlockOption({ num, more, szx: 6 }) };
    const code = await attacker.ask({ ...request, payload: payload.subarray(num * 1024, (num + 1) * 1024) }, [block]);
    if (!more || code !== "2.31") return code;
  }
}

const anonymousMiB = (): number =>
  Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${gateway.pid}/status`, "utf8"))?.[1]) / 1024;

/**
 * CPU time of the gateway's main thread (proc(5), utime and stime of /proc/PID/task/TID/stat, in hundredths of a second): what
 * it does before it answers is that, however little of it a busy machine lets it have.
 */
const cpuMs = (): number => {
  const stat = readFileSync(`/proc/${gateway.pid}/task/${gateway.pid}/stat`, "utf8");
  const [utime, stime] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(12);
  return (Number(utime) + Number(stime)) * 10;
};

/** One wave; the codes of its answers. */
async function wave(seed: number, requests: number): Promise<ReadonlyMap<string, number>> {
  const dice = new Dice(seed);
  const codes = new Map<string, number>();
  const attackers = await Promise.all(Array.from({ length: WINDOW }, () => Attacker.open()));
  const note = (code: string): void => void codes.set(code, (codes.get(code) ?? 0) + 1);
  const lives = attackers.map(async (attacker, at) => {
    for (let i = 0; i < requests / WINDOW; i++) {
      const { role, request } = someRequest(dice, node, []);
      note(await attacker.ask(role === "node" ? { ...request, query: ["ep=room-1", ...request.query] } : request));
    }
    // Observers, and an answer in blocks, that are left alone with their socket.
    for (let i = 0; i < 17; i++) note(await attacker.ask(plain("GET", "s", { observe: 0 })));
    const block2 = { number: OPTION.block2, value: encodeBlockOption({ num: 0, more: false, szx: 0 }) };
    note(await attacker.ask(plain("GET", `n/${node}/c`), [block2]));
    const body = Buffer.alloc(MOST.bodyBytes, at % 2 === 0 ? 0x01 : 0x81);
    if (at < 2) note(await upload(attacker, plain("FETCH", `n/${node}/c`, { contentFormat: 141, payload: body })));
  });
  await Promise.all(lives);
  for (const attacker of attackers) attacker.close();
  return codes;
}

test("CC-S1: a hostile manager: waves of mutated and dear requests cost bounded memory and nobody's time, and the gateway goes on", async () => {
  await wave(1, 320); // everything has run once
  const warm = anonymousMiB();
  const waits: number[] = [];
  let over = false;
  const pinging = (async () => {
    while (!over) {
      const sent = cpuMs();
      expect(await neighbour.ping()).toBe("0.00");
      waits.push(cpuMs() - sent);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  const codes = new Map<string, number>();
  for (const seed of [2, 3]) {
    for (const [code, some] of await wave(seed, 320)) codes.set(code, (codes.get(code) ?? 0) + some);
  }
  over = true;
  await pinging;
  const ofOurs = [...codes.keys()].filter((code) => code.startsWith("5.") && code !== "5.03");
  expect(ofOurs).toEqual([]);
  for (const code of ["2.04", "2.05", "4.00", "4.04", "4.05"]) expect(codes.get(code)).toBeGreaterThan(3);
  // What blocked before took seconds.
  waits.sort((a, b) => a - b);
  expect(waits[Math.floor(waits.length / 2)]).toBeLessThan(100);
  expect(waits.at(-1)).toBeLessThan(1_000);
  // Bodies, snapshots and observations under way, and a young generation of V8 that has grown.
  expect(anonymousMiB() - warm).toBeLessThan(96);
  expect(gateway.output).not.toMatch(/"level":(?:50|60)|handler-failed/);
  expect(await neighbour.ask(plain("GET", `n/${node}/c`))).toBe("2.05");
});
