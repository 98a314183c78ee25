/** What a person at the terminal of `sidgate sim` is told of silence and refusals. */
import { beforeEach, expect, test } from "@jest/globals";
import { Complaints } from "../../gateway/app/sim/complaints.ts";
import { refusalText } from "../../gateway/sim/speech/refusal.ts";
import { StandingClock } from "../support/services.ts";

let clock: StandingClock;
let told: string[];
let complaints: Complaints;
beforeEach(() => {
  clock = new StandingClock();
  told = [];
  complaints = new Complaints({ gateway: "coap://127.0.0.1:5683", clock, tell: (text) => told.push(text) });
});

test("silence is told once, and again after an answer", () => {
  complaints.log.warn("sim.unanswered", { endpoint: "sim-0001" });
  clock.advance(30_000);
  for (const endpoint of ["sim-0001", "sim-0002"]) complaints.log.warn("sim.unanswered", { endpoint });
  expect(told).toEqual(["no answer from coap://127.0.0.1:5683 for 30 s: is a gateway there?"]);
  complaints.answered();
  complaints.log.warn("sim.unanswered", { endpoint: "sim-0001" }); // one datagram that got lost
  expect(told).toHaveLength(1);
});

test.each([
  [
    "sim.refused",
    { endpoint: "e", code: "4.01", text: "not in the inventory [node.not-joined]" },
    "e is refused 4.01: not in the inventory [node.not-joined]",
  ],
  ["sim.refused", { endpoint: "e", code: "5.03", text: "" }, "e is refused 5.03"],
  [
    "sim.not-believed",
    { endpoint: "e", code: "4.01" },
    "e is answered 4.01 without protection: the gateway does not know its credentials, or somebody else answers",
  ],
])("%s %j", (event, facts, text) => {
  for (let i = 0; i < 3; i++) complaints.log.warn(event, facts);
  expect(told).toEqual([text]);
});

test.each([
  ["a1190400a203666e6f20776179041903ed", "no way"],
  ["6e6f7065", "nope"],
  ["", ""],
])("a refusal of %s says %j", (hex, text) => expect(refusalText(Buffer.from(hex, "hex"))).toBe(text));
