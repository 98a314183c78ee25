/** RFC 8613 §8.1, §8.4, §7.4.1: our own requests, and what is believed of the answers to them. */
import { describe, expect, test } from "@jest/globals";
import { EMPTY, toHex } from "../../../gateway/base/index.ts";
import { codeOf, type DottedCode, type Message, OPTION } from "../../../gateway/wire/coap/index.ts";
import { credential, hex } from "./contexts.ts";
import { answerMessage, asMessage, converse, counter, option, pair, refusal, reply, request } from "./ends.ts";

const OBSERVE = { number: OPTION.observe, value: EMPTY };
const NUMBERED = { number: OPTION.observe, value: Uint8Array.of(9) };

describe("an answer", () => {
  interface Answered {
    readonly change: (answer: Message) => Message;
    readonly outcome: object;
  }
  const bare = (dotted: "4.01" | "2.05" | "4.00" | "5.03"): Answered["change"] => {
    return (answer) => ({ ...answer, code: codeOf(dotted), options: [], payload: EMPTY });
  };
  const oscore =
    (value: string): Answered["change"] =>
    (answer) => ({ ...answer, options: [{ number: OPTION.oscore, value: hex(value) }] });
  const ROWS: ReadonlyArray<readonly [name: string, row: Answered]> = [
    ["as it was sent is taken", { change: (answer) => answer, outcome: { kind: "response", code: codeOf("2.05") } }],
    ["without protection is not", { change: bare("2.05"), outcome: { kind: "refused", why: "unprotected" } }],
    ["without protection, 4.01", { change: bare("4.01"), outcome: { kind: "unverified", code: codeOf("4.01") } }],
    ["without protection, 4.00", { change: bare("4.00"), outcome: { kind: "unverified", code: codeOf("4.00") } }],
    ["without protection, 5.03", { change: bare("5.03"), outcome: { kind: "unverified", code: codeOf("5.03") } }],
    ["with a malformed option", { change: oscore("e0"), outcome: { kind: "refused", why: "option" } }],
    [
      "with a Partial IV it was not made with",
      { change: oscore("0107"), outcome: { kind: "refused", why: "decryption" } },
    ],
    [
      "with an unknown kid context it was not made with",
      { change: oscore("10084801020304050607"), outcome: { kind: "refused", why: "decryption" } },
    ],
    [
      "that is cut short",
      { change: (a) => ({ ...a, payload: a.payload.subarray(1) }), outcome: { kind: "refused", why: "decryption" } },
    ],
  ];
  test.each(ROWS)("%s", (_name, { change, outcome }) => {
    const { sent, security } = converse(pair(), request("GET", "x"));
    const answer = answerMessage(security.protect(reply("2.05", "body")));
    expect(sent.open(change(answer))).toMatchObject(outcome);
    expect(sent.open(answer).kind).toBe(outcome === ROWS[0]![1].outcome ? "refused" : "response");
  });

  test("to another request is not taken", () => {
    const ends = pair();
    const one = converse(ends, request("GET", "x"));
    const two = converse(ends, request("GET", "y"));
    const answer = answerMessage(two.security.protect(reply("2.05")));
    expect(one.sent.open(answer)).toEqual({ kind: "refused", why: "decryption" });
  });

  test("is taken once, whichever nonce it has", () => {
    const { sent, security } = converse(pair(), request("GET", "x"));
    const [first, second] = [security.protect(reply("2.05")), security.protect(reply("2.05"))].map(answerMessage);
    expect(sent.open(second!).kind).toBe("response");
    expect(sent.open(second!)).toEqual({ kind: "refused", why: "replay" });
    expect(sent.open(first!)).toEqual({ kind: "refused", why: "replay" });
  });

  test("with Observe to a request without it is not taken", () => {
    const { sent, security } = converse(pair(), request("GET", "x"));
    const answer = answerMessage(security.protect(reply("2.05", "", NUMBERED)));
    expect(sent.open(answer)).toEqual({ kind: "refused", why: "observe" });
  });

  test("that is a request inside is malformed", () => {
    const { sent, security } = converse(pair(), request("GET", "x"));
    const answer = answerMessage(security.protect({ ...reply("2.05"), code: "GET" as DottedCode }));
    expect(sent.open(answer)).toEqual({ kind: "refused", why: "malformed" });
  });

  test("under a credential that is gone is not taken", () => {
    const ends = pair();
    const { sent, security } = converse(ends, request("GET", "x"));
    const answer = answerMessage(security.protect(reply("2.05")));
    ends.peer.forget("c-1");
    expect(sent.open(answer)).toEqual({ kind: "refused", why: "gone" });
  });
});

describe("§7.4.1: notifications", () => {
  const observe = () => {
    const { sent, security } = converse(pair(), request("GET", "x", OBSERVE));
    const first = answerMessage(security.protect(reply("2.05", "0", NUMBERED)));
    const later = [1, 2, 3].map((n) => answerMessage(security.protectFresh(reply("2.05", `${n}`, NUMBERED))!));
    return { sent, first, later, security };
  };

  test("each has the number of its Partial IV; the first, under the request's nonce, is the oldest", () => {
    const { sent, first, later } = observe();
    const numbers = [first, ...later].map((each) => {
      const opened = sent.open(each);
      return opened.kind === "response" ? opened.notificationNumber : opened;
    });
    expect(numbers).toEqual([-1, 1, 2, 3]); // 0 went with the Echo
  });

  test("one that was overtaken is old, one that comes twice is a replay", () => {
    const { sent, first, later } = observe();
    expect(sent.open(later[1]!)).toMatchObject({ kind: "response", notificationNumber: 2 });
    expect(sent.open(later[0]!)).toEqual({ kind: "refused", why: "old" });
    expect(sent.open(first)).toEqual({ kind: "refused", why: "old" });
    expect(sent.open(later[1]!)).toEqual({ kind: "refused", why: "replay" });
    expect(sent.open(later[2]!)).toMatchObject({ kind: "response", notificationNumber: 3 });
  });

  test("what is not authentic does not move the number", () => {
    const { sent, later } = observe();
    const forged = { ...later[2]!, payload: later[1]!.payload };
    expect(sent.open(forged)).toEqual({ kind: "refused", why: "decryption" });
    expect(sent.open(later[0]!)).toMatchObject({ kind: "response", notificationNumber: 1 });
  });

  test("an answer without Observe is the last one", () => {
    const { sent, security } = observe();
    expect(sent.open(answerMessage(security.protectFresh(reply("4.04"))!))).toMatchObject({ code: codeOf("4.04") });
    const after = answerMessage(security.protectFresh(reply("2.05", "", NUMBERED))!);
    expect(sent.open(after)).toEqual({ kind: "refused", why: "replay" });
  });
});

describe("a request", () => {
  test("§5.1: names the ID Context when the credential has one", () => {
    const { send } = pair(credential({ idContext: "37cbf3210017a2d3" }));
    expect(option(send(request("GET", "x")), OPTION.oscore)).toEqual(hex("19000837cbf3210017a2d3"));
  });

  test("§4.1.3.3: a Proxy-Uri shows its host outside and its path inside", () => {
    const ends = pair();
    const uri = new TextEncoder().encode("coap://example.com:61616/a%20b/c?d=e");
    converse(ends, request("GET", "hello"));
    const sent = ends.send({ code: codeOf("GET"), options: [{ number: OPTION.proxyUri, value: uri }], payload: EMPTY });
    expect(sent.options.map(({ number, value }) => [number, Buffer.from(value).toString("latin1")])).toEqual([
      [OPTION.uriHost, "example.com"],
      [OPTION.uriPort, "\xf0\xb0"],
      [OPTION.oscore, "\x09\x02"],
      [OPTION.proxyScheme, "coap"],
    ]);
    const outcome = ends.open(sent);
    const inside = outcome.kind === "request" ? outcome.message.options : [];
    expect(inside.filter(({ number }) => number > 7).map(({ value }) => Buffer.from(value).toString())).toEqual([
      "a b",
      "c",
      "d=e",
      "coap",
    ]);
  });

  test("without a number is not sent", () => {
    const { peer, theirs } = pair(credential(), {}, { numbers: counter(0, 0) });
    expect(peer.client.protectRequest(theirs, request("GET", "x"))).toBeUndefined();
    expect(peer.stats().numberless).toBe(1);
  });

  test.each([
    ["two ends with one id", credential({ senderId: "01", recipientId: "01" })],
    ["an id that is too long for the nonce", credential({ senderId: "0102030405060708" })],
  ])("nothing is made of %s", (_name, wrong) => {
    const { peer, gateway, theirs } = pair(wrong);
    expect(peer.client.protectRequest(theirs, request("GET", "x"))).toBeUndefined();
    const kid = wrong.recipientId;
    const stranger = pair(credential({ recipientId: toHex(kid), senderId: "02" })).send(request("GET", "x"));
    expect(refusal(gateway.openRequest(asMessage(stranger), "p")).code).toBe("4.01");
  });
});
