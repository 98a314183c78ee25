import { expect, test } from "@jest/globals";
import { days } from "../../gateway/base/index.ts";
import { type Answered, Answers } from "../../gateway/store/answers.ts";

const T0 = days(20_000);
const answered = (at: number) => ({ op: "node.add", at, answer: `{"at":${at}}` });

test("an answer is kept for a week at least, and goes after a day more", () => {
  const answers = new Answers();
  for (let day = 0; day < 3; day++) answers.add(`c-${day}`, answered(T0 + days(day)));
  expect(answers.get("c-0")).toEqual(answered(T0));
  expect(answers.get("c-9")).toBeUndefined();
  expect(answers.forgetBefore(T0 + days(8) - 1)).toEqual([]);
  expect(answers.forgetBefore(T0 + days(9))).toEqual(["c-0", "c-1"]);
  expect(answers.get("c-0")).toBeUndefined();
  expect(answers.get("c-2")).toEqual(answered(T0 + days(2)));
});

test("what went to disk is the same answer when it comes back", () => {
  const answers = new Answers();
  answers.add("ä-1", answered(T0));
  const again = new Answers();
  again.restore("ä-1", answers.bytes("ä-1") ?? new Uint8Array());
  expect(again.get("ä-1")).toEqual(answered(T0));
  expect(again.forgetBefore(T0 + days(8))).toEqual(["ä-1"]);
  expect(again.bytes("ä-1")).toBeUndefined();
});

test.each([{}, { node: "n-0001" }, { asked: "abc" }, { node: "n-0001", asked: "abc" }])(
  "what it was asked comes back, as far as it was known: %j",
  (known) => {
    const answers = new Answers();
    const given = { ...answered(T0), ...known } as Answered;
    answers.add("c-1", given);
    expect(answers.get("c-1")).toEqual(given);
  },
);

test("an answer that version 0.1 wrote is read", () => {
  const answers = new Answers();
  answers.restore("c-1", Buffer.from(JSON.stringify(answered(T0))));
  expect(answers.get("c-1")).toEqual(answered(T0));
});

test("many of one day go at once", () => {
  const answers = new Answers();
  for (let i = 0; i < 150_000; i++) answers.add(String(i), answered(T0));
  expect(answers.forgetBefore(T0 + days(8))).toHaveLength(150_000);
});
