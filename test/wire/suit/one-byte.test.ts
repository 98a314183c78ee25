/** A sample of what `npm run fuzz -- suit-bytes` tries in full: one byte of a signed envelope is another. */
import { expect, test } from "@jest/globals";
import { accepts, subjects, tryEveryByte } from "../../fuzz/suit/one-byte.ts";

test.each(subjects())("suit-manifest-37 §8.3: of $name no byte can be changed", (subject) => {
  expect(accepts(subject.bytes, subject.key)).toBe(true);
  expect(tryEveryByte(subject, 1).accepted).toEqual([]);
});
