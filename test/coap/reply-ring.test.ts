/** The memory of answers for copies (RFC 7252 §4.5): what is read is what was kept, or nothing. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type KeptReply, ReplyRing } from "../../gateway/coap/messages/reply-ring.ts";

const SIZE = 1000;

/** Writes `length` bytes of `fill` into room for `room`, of which `kept` say whether they are an answer. */
interface Step {
  readonly room: number;
  readonly length: number;
  readonly kept: boolean;
}
const step: fc.Arbitrary<Step> = fc
  .record({ room: fc.integer({ min: 1, max: 300 }), length: fc.nat(300), kept: fc.boolean() })
  .map(({ room, length, kept }) => ({ room, length: Math.min(room, length), kept }));

test("whatever is written, kept or given up: an answer is read as it was, or it is gone, the oldest first", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ring = new ReplyRing(SIZE);
      const answers: Array<{ readonly where: KeptReply; readonly fill: number }> = [];
      for (const [index, { room, length, kept }] of steps.entries()) {
        const place = ring.room(room)!;
        place.memory.fill(index, place.start, place.start + room);
        if (kept) answers.push({ where: ring.keep(place, length), fill: index });
        const read = answers.map(({ where }) => ring.read(where));
        for (const [nth, bytes] of read.entries()) {
          const { where, fill } = answers[nth]!;
          if (bytes !== undefined) expect(bytes).toEqual(new Uint8Array(where.length).fill(fill));
        }
        const gone = read.lastIndexOf(undefined);
        expect(read.slice(0, gone + 1).every((bytes) => bytes === undefined)).toBe(true);
        if (kept) expect(read.at(-1)).toBeDefined();
      }
    }),
  );
});

test("a small room after a large one that was given up does not bring back what the large one covered", () => {
  const ring = new ReplyRing(SIZE);
  const first = ring.keep(ring.room(100)!, 100);
  for (let round = 0; round < 9; round++) ring.keep(ring.room(100)!, 100);
  const large = ring.room(50)!;
  large.memory.fill(1, large.start, large.start + 50);
  ring.room(0);
  expect(ring.read(first)).toBeUndefined();
});

test("an answer larger than the ring has no room", () => {
  const ring = new ReplyRing(SIZE);
  expect(ring.room(SIZE + 1)).toBeUndefined();
  expect(ring.room(SIZE)).toBeDefined();
});
