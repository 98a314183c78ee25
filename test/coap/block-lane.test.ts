/** One definition of correctness: the quick form and the general form of the block lane send the same bytes. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { SILENT, seededRandom, toHex } from "../../gateway/base/index.ts";
import { FastBlockLane } from "../../gateway/coap/blockwise/block-lane-fast.ts";
import { Engine, FRAME_BYTES } from "../../gateway/coap/index.ts";
import { MessageIds } from "../../gateway/coap/messages/message-ids.ts";
import {
  codeOf,
  decodeMessage,
  encodeBlockOption,
  encodeMessage,
  encodeUint,
  MAX_SZX,
  type Message,
  OPTION,
  type OptionValue,
  type Szx,
  sortOptions,
} from "../../gateway/wire/coap/index.ts";
import { inDrill } from "../support/drill.ts";
import { GATEWAY, NODE } from "../support/lockstep.ts";
import { ETAG, imageOf, laneOf, sourceOf } from "../support/lockstep-images.ts";
import { MemoryNetwork } from "../support/lossy.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const SMALL = imageOf(1000);
const lane = laneOf({
  a1b2: sourceOf(imageOf(70_000)),
  s: sourceOf(SMALL, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)),
  exact: sourceOf(imageOf(2048)),
  none: sourceOf(new Uint8Array(0)),
});

/** Both forms side by side, with message ids in step. */
async function forms() {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock);
  const engine = new Engine({
    transports: [network.endpoint(GATEWAY)],
    clock,
    random: seededRandom(9),
    log: SILENT,
    handler: () => ({ code: "4.04" }),
    lanes: { block: lane },
  });
  await engine.start();
  let answer: string | undefined;
  const node = network.endpoint(NODE);
  await node.open((bytes) => {
    answer = toHex(bytes);
  });
  const fast = new FastBlockLane(lane);
  const ids = new MessageIds(seededRandom(9));
  const frame = new Uint8Array(FRAME_BYTES);
  return {
    engine,
    /** An elective option that nobody knows sends the request the long way. */
    generally: (message: Message): string | undefined => {
      answer = undefined;
      const detour: OptionValue = { number: 65_000, value: new Uint8Array(0) };
      node.send(encodeMessage({ ...message, options: sortOptions([...message.options, detour]) }), GATEWAY);
      return answer;
    },
    quickly: (message: Message): string | undefined => {
      const length = fast.answer(encodeMessage(message), frame, ids, NODE);
      if (length > 0) return toHex(frame.subarray(0, length));
      if (message.type === "NON") ids.next(NODE); // the general form takes one for its refusal
      return undefined;
    },
  };
}

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const requests: fc.Arbitrary<Message> = fc
  .record({
    type: fc.constantFrom("CON" as const, "NON" as const),
    messageId: fc.nat(0xffff),
    token: fc.uint8Array({ maxLength: 8 }),
    id: fc.constantFrom("a1b2", "a1b2", "a1b2", "a1b2", "s", "exact", "none", "other", ""),
    etag: maybe(fc.constantFrom(ETAG, Uint8Array.of(9), new Uint8Array(8))),
    accept: maybe(fc.constantFrom(42, 42, 0, 60)),
    block: maybe(
      fc.record({
        num: fc.oneof(fc.nat(3), fc.nat(70), fc.nat(4400), fc.nat(0xfffff)),
        more: fc.boolean(),
        szx: fc.nat(MAX_SZX).map((n) => n as Szx),
      }),
    ),
  })
  .map(({ type, messageId, token, id, etag, accept, block }) => {
    const options: OptionValue[] = [
      { number: OPTION.uriPath, value: utf8("f") },
      { number: OPTION.uriPath, value: utf8(id) },
    ];
    if (etag !== undefined) options.push({ number: OPTION.etag, value: etag });
    if (accept !== undefined) options.push({ number: OPTION.accept, value: encodeUint(accept) });
    if (block !== undefined) options.push({ number: OPTION.block2, value: encodeBlockOption(block) });
    return { type, code: codeOf("GET"), messageId, token, options: sortOptions(options), payload: new Uint8Array(0) };
  });

test("what the quick form answers, the general form answers with the same bytes", async () => {
  const { engine, generally, quickly } = await forms();
  let quick = 0;
  fc.assert(
    fc.property(requests, (message) => {
      const fast = quickly(message);
      const general = generally(message);
      if (fast === undefined) {
        // only what is no plain success is left to the general form
        expect(decodeMessage(Buffer.from(general ?? "", "hex")).code).not.toBe(codeOf("2.05"));
        return;
      }
      quick += 1;
      expect(fast).toBe(general);
    }),
    { numRuns: 2000, endOnFailure: true }, // shrinking would lose the step of the message ids
  );
  expect(quick).toBeGreaterThan(400);
  await engine.close();
});

test("whatever the datagram, the quick form neither throws nor answers what is no block request", () => {
  const fast = new FastBlockLane(lane);
  const frame = new Uint8Array(FRAME_BYTES);
  const ids = new MessageIds(seededRandom(9));
  const mutated = fc
    .tuple(requests, fc.array(fc.tuple(fc.nat(40), fc.nat(255)), { maxLength: 3 }))
    .map(([message, edits]) => {
      const bytes = encodeMessage(message);
      for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
      return bytes;
    });
  fc.assert(
    fc.property(mutated, (datagram) => {
      const length = fast.answer(datagram, frame, ids, NODE);
      if (length === 0) return;
      const request = decodeMessage(datagram); // it could be read strictly
      const answer = decodeMessage(frame.subarray(0, length));
      expect(answer.code).toBe(codeOf("2.05"));
      expect(toHex(answer.token)).toBe(toHex(request.token));
    }),
    { numRuns: inDrill(750, 3000) },
  );
});

test("two ids in one slot of the id table do not take each other's image", () => {
  // "Aa" and "BB" have the same 31-hash
  const images = laneOf({ Aa: sourceOf(imageOf(16)), BB: sourceOf(imageOf(32)) });
  const fast = new FastBlockLane(images);
  const frame = new Uint8Array(FRAME_BYTES);
  for (const [id, size] of [
    ["Aa", 16],
    ["BB", 32],
    ["Aa", 16],
  ] as const) {
    const options = [
      { number: OPTION.uriPath, value: utf8("f") },
      { number: OPTION.uriPath, value: utf8(id) },
    ];
    const request: Message = {
      type: "CON",
      code: 1,
      messageId: 1,
      token: new Uint8Array(0),
      options,
      payload: new Uint8Array(0),
    };
    const length = fast.answer(encodeMessage(request), frame, new MessageIds(seededRandom(9)), NODE);
    expect(decodeMessage(frame.subarray(0, length)).payload).toHaveLength(size);
  }
});
