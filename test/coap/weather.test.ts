/** Bad weather: 20 % loss, 10 % duplication, reordering; an image arrives byte-exact, an upload arrives once. */
import { expect, test } from "@jest/globals";
import { millis, SILENT, seededRandom } from "../../gateway/base/index.ts";
import { Engine } from "../../gateway/coap/index.ts";
import {
  blockSize,
  codeOf,
  decodeBlockOption,
  decodeMessage,
  dottedCode,
  encodeBlockOption,
  encodeMessage,
  type Message,
  OPTION,
  type OptionValue,
  type Szx,
} from "../../gateway/wire/coap/index.ts";
import { GATEWAY, NODE } from "../support/lockstep.ts";
import { imageOf, laneOf, sourceOf } from "../support/lockstep-images.ts";
import { MemoryNetwork, type MemoryTransport } from "../support/lossy.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const WEATHER = { loss: 0.2, duplication: 0.1, reordering: 0.1 };

/** A stubborn client: one request at a time, repeated until its answer comes, as RFC 7252 §4.2 wants. */
class Client {
  readonly #clock: VirtualClock;
  readonly #transport: MemoryTransport;
  readonly #answers = new Map<number, Message>();
  #messageId = 0;

  constructor(clock: VirtualClock, transport: MemoryTransport) {
    this.#clock = clock;
    this.#transport = transport;
  }

  open(): Promise<void> {
    return this.#transport.open((bytes) => {
      const message = decodeMessage(bytes);
      if (message.type === "ACK") this.#answers.set(message.messageId, message);
    });
  }

  async ask(code: number, options: readonly OptionValue[], payload = new Uint8Array(0)): Promise<Message> {
    this.#messageId += 1;
    const messageId = this.#messageId;
    const bytes = encodeMessage({
      type: "CON",
      code,
      messageId,
      token: Uint8Array.of(messageId & 0xff),
      options,
      payload,
    });
    for (let attempt = 0; attempt < 30; attempt++) {
      this.#transport.send(bytes, GATEWAY);
      for (let wait = 0; wait < 20; wait++) {
        await this.#clock.advance(millis(100));
        const answer = this.#answers.get(messageId);
        if (answer !== undefined) return answer;
      }
    }
    throw new Error("no answer in thirty attempts");
  }
}

const path = (...segments: string[]): OptionValue[] =>
  segments.map((segment) => ({ number: OPTION.uriPath, value: new TextEncoder().encode(segment) }));

async function scene(bodies: Uint8Array[], image: Uint8Array) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, WEATHER, 5);
  const engine = new Engine({
    transports: [network.endpoint(GATEWAY)],
    clock,
    random: seededRandom(2),
    log: SILENT,
    handler: (_peer, { payload }) => {
      bodies.push(payload);
      return { code: "2.04" };
    },
    lanes: { block: laneOf({ x: sourceOf(image) }) },
  });
  await engine.start();
  const client = new Client(clock, network.endpoint(NODE));
  await client.open();
  return { engine, client };
}

test.each([[2 as Szx], [6 as Szx]])("an image by Block2, szx %d", async (szx) => {
  const image = imageOf(20_000);
  const { engine, client } = await scene([], image);
  const parts: Uint8Array[] = [];
  for (let num = 0; num * blockSize(szx) < image.length; num++) {
    const block2 = { number: OPTION.block2, value: encodeBlockOption({ num, more: false, szx }) };
    const answer = await client.ask(codeOf("GET"), [...path("f", "x"), block2]);
    const said = answer.options.find(({ number }) => number === OPTION.block2)?.value ?? new Uint8Array(0);
    expect(decodeBlockOption(said).num).toBe(num);
    parts.push(answer.payload);
  }
  expect(Buffer.concat(parts).equals(image)).toBe(true);
  expect(engine.stats().blocksServed).toBeGreaterThan(parts.length); // some were asked for twice
  await engine.close();
});

test("a body by Block1 reaches the handler exactly once", async () => {
  const body = imageOf(5000);
  const bodies: Uint8Array[] = [];
  const { engine, client } = await scene(bodies, body);
  for (let num = 0; num * 64 < body.length; num++) {
    const more = (num + 1) * 64 < body.length;
    const block1 = { number: OPTION.block1, value: encodeBlockOption({ num, more, szx: 2 }) };
    const answer = await client.ask(codeOf("PUT"), [...path("c"), block1], body.slice(num * 64, (num + 1) * 64));
    expect(dottedCode(answer.code)).toBe(more ? "2.31" : "2.04");
  }
  expect(bodies.map((received) => Buffer.from(received).equals(body))).toEqual([true]);
  expect(engine.stats().duplicates).toBeGreaterThan(0);
  await engine.close();
});
