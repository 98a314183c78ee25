/** One byte of a signed envelope is another: a sample, and in `npm run drill -- suit` every value at every place. */
import { expect, test } from "@jest/globals";
import { accepts, subjects, tryEveryByte } from "../../fuzz/suit/one-byte.ts";
import { inDrill } from "../../support/drill.ts";

test.each(subjects())(
  "SU-E8: suit-manifest-37 §8.3: of $name no byte can be changed",
  (subject) => {
    expect(accepts(subject.bytes, subject.key)).toBe(true);
    expect(tryEveryByte(subject, inDrill(1, 255)).accepted).toEqual([]);
  },
  300_000,
);
