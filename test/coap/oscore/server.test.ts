/** RFC 8613 §8.2, §8.3, Appendix B.1.2: requests are opened or refused, answers are protected. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { EMPTY, millis, type OscoreAlgorithm, toHex } from "../../../gateway/base/index.ts";
import { KEPT_REPLY_LIMITS, KeptReplies } from "../../../gateway/coap/oscore/server/kept-replies.ts";
import { codeOf, type Message, OPTION, sortOptions } from "../../../gateway/wire/coap/index.ts";
import { Credentials, credential, hex } from "./contexts.ts";
import {
  answerMessage,
  asMessage,
  converse,
  counter,
  end,
  opened,
  option,
  pair,
  refusal,
  reply,
  request,
  TestClock,
} from "./ends.ts";

const OBSERVE = { number: OPTION.observe, value: EMPTY };
const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(7);

/** A gateway that has heard of its peer: its replay window is known. */
function acquainted(...stage: Parameters<typeof pair>) {
  const ends = pair(...stage);
  converse(ends, request("GET", "hello"));
  return ends;
}

describe("a conversation", () => {
  test("a request is opened, its answer comes under the request's nonce and can be read", () => {
    const { sent, message, peer, security } = converse(pair(), request("PUT", "tv1"));
    expect(message).toMatchObject({ type: "CON", code: codeOf("PUT"), messageId: 7, token: Uint8Array.of(1, 2) });
    expect(Buffer.from(option(message, OPTION.uriPath)!).toString()).toBe("tv1");
    expect(Buffer.from(message.payload).toString()).toBe("what is asked");
    expect(peer).toEqual({
      identity: { kind: "oscore", id: "", name: "name-c-1" },
      nodeId: "node-c-1",
      validated: true,
    });
    const answer = security.protect(reply("2.05", "22.3 C"));
    expect(answer).toMatchObject({ code: "2.04", options: [{ number: OPTION.oscore, value: EMPTY }] });
    expect(sent.open(answerMessage(answer))).toMatchObject({ kind: "response", code: codeOf("2.05") });
  });

  test.each([10, 24, 30] as const)(
    "algorithm %i: whatever is protected is opened to the same",
    (algorithm: OscoreAlgorithm) => {
      const ends = acquainted(credential({ algorithm }));
      const payload = fc.uint8Array({ maxLength: 300 });
      fc.assert(
        fc.property(payload, payload, fc.uint8Array({ maxLength: 20 }), (asked, told, extra) => {
          const plain = { ...request("POST", "x", { number: 2048, value: extra }), payload: asked };
          const { sent, message, security } = converse(ends, plain);
          expect(toHex(message.payload)).toBe(toHex(asked));
          expect(toHex(option(message, 2048)!)).toBe(toHex(extra));
          const answer = sent.open(answerMessage(security.protect({ code: "2.04", options: [], payload: told })));
          expect(answer.kind === "response" && toHex(answer.payload)).toBe(toHex(told));
        }),
        { numRuns: 40 },
      );
    },
  );

  test("class U options of the outside reach the handler; class E options and Max-Age of the outside do not", () => {
    const { send, gateway } = acquainted();
    const sent = asMessage(send(request("GET", "x", { number: OPTION.uriHost, value: bytes(3) })));
    expect(option(sent, OPTION.uriHost)).toEqual(bytes(3));
    const forged = [
      { number: OPTION.uriPath, value: bytes(2) },
      { number: OPTION.accept, value: bytes(1) },
    ];
    const { message } = opened(
      gateway.openRequest({ ...sent, options: sortOptions([...sent.options, ...forged]) }, "p"),
    );
    expect(message.options.map(({ number }) => number)).toEqual([OPTION.uriHost, OPTION.uriPath]);
    expect(Buffer.from(option(message, OPTION.uriPath)!).toString()).toBe("x");
  });
});

/** What the gateway says to a request that was changed on its way. */
interface Refused {
  readonly code: string;
  readonly change: (sent: Message) => Message;
}

const withOscore =
  (value: string) =>
  (sent: Message): Message => ({
    ...sent,
    options: sent.options.map((each) => (each.number === OPTION.oscore ? { ...each, value: hex(value) } : each)),
  });

const REFUSED: ReadonlyArray<readonly [name: string, row: Refused]> = [
  ["§6.1: reserved flag bits", { code: "4.02", change: withOscore("8914") }],
  ["§6.1: a Partial IV of 6 bytes", { code: "4.02", change: withOscore("0e010203040506") }],
  ["§6.1: an option that ends in its Partial IV", { code: "4.02", change: withOscore("0a14") }],
  ["§6.1: an option that ends in its kid context", { code: "4.02", change: withOscore("19140501") }],
  ["§6.1: a request without Partial IV", { code: "4.02", change: withOscore("08") }],
  ["§6.1: a request without kid", { code: "4.02", change: withOscore("0114") }],
  ["§6.1: an empty option in a request", { code: "4.02", change: withOscore("") }],
  [
    "RFC 7252 §5.4.5: two OSCORE options",
    { code: "4.02", change: (m) => ({ ...m, options: [...m.options, ...m.options] }) },
  ],
  ["§8.2 step 2: a kid that nobody has", { code: "4.01", change: withOscore("0914aabb") }],
  ["§8.2 step 2: a kid context that nobody has", { code: "4.01", change: withOscore("191402aabb") }],
  ["§8.2 step 6: another Partial IV", { code: "4.00", change: withOscore("096f") }],
  ["§8.2 step 6: a bit of the ciphertext", { code: "4.00", change: (m) => ({ ...m, payload: flip(m.payload, 0) }) }],
  [
    "§8.2 step 6: a bit of the tag",
    { code: "4.00", change: (m) => ({ ...m, payload: flip(m.payload, m.payload.length * 8 - 1) }) },
  ],
  ["§8.2 step 6: the tag cut short", { code: "4.00", change: (m) => ({ ...m, payload: m.payload.subarray(0, -1) }) }],
  ["§8.2 step 6: less than a tag", { code: "4.00", change: (m) => ({ ...m, payload: bytes(3) }) }],
  ["§2: no payload at all", { code: "4.00", change: (m) => ({ ...m, payload: EMPTY }) }],
];

function flip(of: Uint8Array, bit: number): Uint8Array {
  const changed = Uint8Array.from(of);
  changed[bit >> 3]! ^= 0x80 >> (bit & 7);
  return changed;
}

describe("refused, unprotected, not to be cached and without a word", () => {
  test.each(REFUSED)("%s", (_name, { code, change }) => {
    const { send, gateway, open } = acquainted();
    const sent = send(request("GET", "x"));
    expect(refusal(gateway.openRequest(change(asMessage(sent)), "p"))).toEqual({
      code,
      options: [{ number: OPTION.maxAge, value: EMPTY }],
      payload: EMPTY,
    });
    expect(open(sent).kind).toBe("request"); // what was refused has not moved the window
  });

  test("each is told, with the kid that it named and where it came from", () => {
    const told: unknown[] = [];
    const ends = pair(credential(), { onRefused: ({ why, kid, path }) => told.push([why, kid && toHex(kid), path]) });
    const { send, gateway, open } = ends;
    converse(ends, request("GET", "hello"));
    expect(told).toEqual([["challenged", "", expect.any(String)]]); // Appendix B.1.2, no fault of the peer
    told.length = 0;
    const sent = send(request("GET", "x"));
    opened(open(sent));
    open(sent);
    const next = asMessage(send(request("GET", "x")));
    for (const change of [withOscore("0914aabb"), withOscore("8914"), (m: Message) => ({ ...m, payload: bytes(9) })]) {
      gateway.openRequest(change(next), "q");
    }
    expect(told).toEqual([
      ["replay", "", expect.any(String)],
      ["unknown-context", "aabb", "q"],
      ["bad-option", undefined, "q"],
      ["not-authentic", "", "q"],
    ]);
  });

  test("§8.2 step 3: a request that was there before", () => {
    const { send, open } = acquainted();
    const sent = send(request("GET", "x"));
    opened(open(sent));
    expect(refusal(open(sent))).toEqual(reply("4.01", "", { number: OPTION.maxAge, value: EMPTY }));
  });

  test("§7.4: requests may overtake each other within the window of 32, each once", () => {
    const { send, open } = acquainted();
    const sent = Array.from({ length: 40 }, () => send(request("GET", "x")));
    opened(open(sent[39]!));
    const outcomes = sent.map((each) => open(each).kind);
    expect(outcomes.indexOf("request")).toBe(8); // 40 - 32
    expect(outcomes.filter((kind) => kind === "request")).toHaveLength(31);
  });

  test("every bit of a request counts", () => {
    const { send, gateway } = acquainted();
    const sent = asMessage(send(request("GET", "x")));
    for (let bit = 0; bit < sent.payload.length * 8; bit++) {
      const outcome = gateway.openRequest({ ...sent, payload: flip(sent.payload, bit) }, "p");
      expect(refusal(outcome).code).toBe("4.00");
    }
  });
});

test("what is inside is no request: the refusal is protected", () => {
  const ends = acquainted();
  const inside: ReadonlyArray<readonly [code: number, told: string]> = [
    [codeOf("2.05"), "4.00"],
    [0, "4.00"],
  ];
  for (const [code, told] of inside) {
    const sent = ends.send({ ...request("GET", "x"), code });
    const answer = refusal(ends.open(sent));
    expect(answer.options).toEqual([{ number: OPTION.oscore, value: EMPTY }]);
    expect(sent.open(answerMessage(answer))).toMatchObject({ kind: "response", code: codeOf(told as "4.00") });
  }
});

describe("Appendix B.1.2: nothing is taken over from before the start", () => {
  test("the first request is asked for Echo under a Partial IV of the gateway; its repeat opens the window", () => {
    const ends = pair();
    const first = ends.send(request("POST", "x"));
    const challenge = refusal(ends.open(first));
    expect(toHex(option(answerMessage(challenge), OPTION.oscore)!)).toBe("0100"); // number 0 of the gateway
    const again = first.open(answerMessage(challenge));
    if (again.kind !== "again") throw new Error("no Echo");
    const before = ends.send(request("GET", "overtaken"));
    opened(ends.open(ends.send(again.request)));
    expect(refusal(ends.open(before)).code).toBe("4.01"); // nothing below the repeat is accepted
    expect(refusal(ends.open(first)).code).toBe("4.01");
    opened(ends.open(ends.send(request("GET", "y"))));
    expect(ends.gateway.stats()).toMatchObject({ challenged: 1, opened: 2, replays: 2 });
  });

  const stale: ReadonlyArray<readonly [name: string, wait: number, change: (echo: Uint8Array) => Uint8Array]> = [
    ["an Echo value that is too old", 301_000, (echo) => echo],
    ["an Echo value that was changed", 1_000, (echo) => flip(echo, 60)],
    ["an Echo value of another length", 1_000, (echo) => echo.subarray(1)],
  ];
  test.each(stale)("%s opens nothing", (_name, wait, change) => {
    const clock = new TestClock();
    const ends = pair(credential(), { clock });
    const first = ends.send(request("GET", "x"));
    const again = first.open(answerMessage(refusal(ends.open(first))));
    if (again.kind !== "again") throw new Error("no Echo");
    clock.advance(wait);
    const options = again.request.options.map((each) =>
      each.number === OPTION.echo ? { ...each, value: change(each.value) } : each,
    );
    expect(refusal(ends.open(ends.send({ ...again.request, options }))).code).toBe("2.04"); // asked again, protected
  });

  test("an Echo value of before the restart opens nothing", () => {
    const ends = pair();
    const first = ends.send(request("GET", "x"));
    const again = first.open(answerMessage(refusal(ends.open(first))));
    if (again.kind !== "again") throw new Error("no Echo");
    const restarted = pair(ends.mine);
    expect(refusal(restarted.gateway.openRequest(asMessage(ends.send(again.request)), "p")).code).toBe("2.04");
  });

  test("without a number to answer under, the peer hears of it unprotected", () => {
    const ends = pair(credential(), { numbers: counter(0, 0) });
    expect(refusal(ends.open(ends.send(request("GET", "x")))).code).toBe("5.03");
    expect(ends.gateway.stats().numberless).toBe(1);
  });

  test("a request is challenged once, and a context once a second: the rest is silence", () => {
    const clock = new TestClock();
    const ends = pair(credential(), { clock });
    const [old, first, newer, newest] = [1, 2, 3, 4].map(() => ends.send(request("GET", "x")));
    const told = (sent: typeof first) => {
      const outcome = ends.open(sent!);
      return outcome.kind === "refused" ? outcome.reply?.code : outcome.kind;
    };
    expect([told(first), told(first), told(newer)]).toEqual(["2.04", undefined, undefined]);
    clock.advance(1_000);
    expect([told(old), told(first), told(newer), told(newest)]).toEqual([undefined, undefined, "2.04", undefined]);
    clock.advance(1_000);
    converse(ends, request("GET", "y")); // whatever was replayed, the node itself is heard
    expect(ends.gateway.stats()).toMatchObject({ challenged: 3, unchallenged: 5, opened: 1 });
  });

  test("a flood of replays of N contexts costs at most N sequence numbers a second", () => {
    const mine = [0, 1, 2, 3].map((i) => credential({ id: `c-${i}`, recipientId: `0${i + 2}`, masterSecret: `0${i}` }));
    const replays = fc.array(fc.tuple(fc.nat(3), fc.nat(7), fc.nat(300)), { minLength: 50, maxLength: 200 });
    fc.assert(
      fc.property(replays, fc.integer({ min: 1, max: 4 }), (flood, hot) => {
        const clock = new TestClock();
        const spent = new Map<number, number>();
        const numbers = counter();
        const next = () => {
          const second = Math.floor(clock.time / 1000);
          spent.set(second, (spent.get(second) ?? 0) + 1);
          return numbers.next();
        };
        const gateway = end(new Credentials(...mine), { clock, numbers: { next }, limits: { hot, rederived: 1 } });
        const stages = mine.map((each) => pair(each));
        const captured = stages.map(({ send }) => Array.from({ length: 8 }, () => send(request("GET", "x"))));
        for (const [node, sent, wait] of flood) {
          clock.advance(wait);
          gateway.openRequest(asMessage(captured[node]![sent]!), "p");
        }
        expect(Math.max(...spent.values())).toBeLessThanOrEqual(mine.length);
        expect(gateway.stats().challenged).toBeLessThanOrEqual(mine.length * 8);
        clock.advance(1_000);
        for (const stage of stages) {
          converse(
            { ...stage, gateway, open: (sent) => gateway.openRequest(asMessage(sent), "p") },
            request("GET", "y"),
          );
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("§8.3: answers", () => {
  test("only the first one has the request's nonce, later ones their own", () => {
    const { security } = converse(pair(), request("GET", "x"));
    const values = [1, 2, 3].map(() => toHex(option(answerMessage(security.protect(reply("2.05"))), OPTION.oscore)!));
    expect(values).toEqual(["", "0101", "0102"]); // 0100 went with the Echo
  });

  test("§4.1.3.5: a notification has an empty Observe inside, its number outside and FETCH's code", () => {
    const { sent, message, security } = converse(pair(), request("GET", "x", OBSERVE));
    expect(sent.code).toBe(codeOf("FETCH"));
    expect(option(message, OPTION.observe)).toEqual(EMPTY);
    const notification = security.protectFresh(reply("2.05", "n", { number: OPTION.observe, value: bytes(2) }))!;
    expect(notification).toMatchObject({ code: "2.05", options: [{ number: OPTION.observe, value: bytes(2) }, {}] });
    const told = sent.open(answerMessage(notification));
    expect(told).toMatchObject({ kind: "response", notificationNumber: 1 });
    if (told.kind === "response") expect(option(told, OPTION.observe)?.length).toBe(0);
  });

  const observes: ReadonlyArray<readonly [name: string, value: string, outer: boolean, seen: string | undefined]> = [
    ["a registration", "", true, ""],
    ["a registration whose outer Observe was taken away is a plain request", "", false, undefined],
    ["a cancellation", "01", true, "01"],
    ["a cancellation whose outer Observe was taken away still cancels", "01", false, "01"],
  ];
  test.each(observes)("§4.1.3.5.1: %s", (_name, value, outer, seen) => {
    const { send, gateway } = acquainted();
    const sent = asMessage(send(request("GET", "x", { number: OPTION.observe, value: hex(value) })));
    const options = outer ? sent.options : sent.options.filter(({ number }) => number !== OPTION.observe);
    const { message } = opened(gateway.openRequest({ ...sent, options }, "p"));
    const found = option(message, OPTION.observe);
    expect(found && toHex(found)).toBe(seen);
  });

  test("§4.1.3.5.1: an Observe that only somebody between has written does nothing", () => {
    const { send, gateway } = acquainted();
    const sent = asMessage(send(request("GET", "x")));
    const { message } = opened(gateway.openRequest({ ...sent, options: [OBSERVE, ...sent.options] }, "p"));
    expect(option(message, OPTION.observe)).toBeUndefined();
  });

  test("a credential that is taken away protects nothing from that moment on", () => {
    const ends = pair();
    const { security } = converse(ends, request("GET", "x", OBSERVE));
    ends.credentials.all.pop();
    ends.gateway.forget("c-1");
    expect(security.protectFresh(reply("2.05"))).toBeUndefined();
    expect(security.protect(reply("2.05")).code).toBe("4.01");
    expect(refusal(ends.open(ends.send(request("GET", "y")))).code).toBe("4.01");
  });

  test("an observation's context that was made anew meanwhile is another one", () => {
    const ends = pair();
    const { security } = converse(ends, request("GET", "x", OBSERVE));
    ends.gateway.forget("c-1");
    converse(ends, request("GET", "y"));
    expect(security.protectFresh(reply("2.05"))).toBeUndefined();
  });
});

describe("§4.1.3.4.2: outer block-wise transfer", () => {
  test("a request in outer blocks is put together, its answer cut as the outer Block2 asks", () => {
    const { send, gateway } = acquainted();
    const plain = { ...request("POST", "x"), payload: bytes(50) };
    const sent = send(plain);
    const whole = asMessage(sent);
    const part = (num: number, more: boolean): Message => ({
      ...whole,
      options: sortOptions([
        ...whole.options,
        { number: OPTION.block1, value: Uint8Array.of((num << 4) | (more ? 8 : 0) | 1) },
        { number: OPTION.block2, value: Uint8Array.of(1) },
      ]),
      payload: whole.payload.subarray(num * 32, (num + 1) * 32),
    });
    expect(refusal(gateway.openRequest(part(0, true), "p"))).toMatchObject({ code: "2.31" });
    const { message, security } = opened(gateway.openRequest(part(1, false), "p"));
    expect(message.payload).toEqual(Buffer.from(bytes(50)));
    const first = security.protect({ code: "2.05", options: [], payload: bytes(40) });
    expect(first.payload).toHaveLength(32);
    const next = { ...whole, options: [...whole.options, { number: OPTION.block2, value: Uint8Array.of(0x11) }] };
    const second = refusal(gateway.openRequest(next, "p"));
    const payload = Buffer.concat([first.payload, second.payload]);
    expect(sent.open(answerMessage({ ...first, payload }))).toMatchObject({ kind: "response", code: codeOf("2.05") });
  });

  test("§6.1: an OSCORE option of more than 255 bytes becomes no key", () => {
    const { gateway } = acquainted();
    const first = { number: OPTION.block1, value: hex("08") };
    const asked = (length: number): Message => ({
      ...asMessage({ code: codeOf("POST"), options: [], payload: bytes(16) }),
      options: [{ number: OPTION.oscore, value: bytes(length) }, first],
    });
    expect(refusal(gateway.openRequest(asked(255), "p")).code).toBe("2.31");
    expect(refusal(gateway.openRequest(asked(256), "p")).code).toBe("4.02");
  });

  test("kept answers stay within their bytes and their number; the oldest give way", () => {
    const { replies, bytes: most } = KEPT_REPLY_LIMITS;
    const now = millis(0);
    const kept = new KeptReplies();
    const size = Math.floor(most / 4);
    for (let i = 0; i < 9; i++) kept.keep(`k${i}`, { ...reply("2.05"), payload: bytes(size) }, now);
    expect(kept.bytes).toBeLessThanOrEqual(most);
    expect([kept.find("k5", now), kept.find("k6", now)?.payload.length]).toEqual([undefined, size]);
    kept.keep("large", { ...reply("2.05"), payload: bytes(most) }, now);
    expect(kept.find("large", now)).toBeUndefined();
    for (let i = 0; i <= replies; i++) kept.keep(`s${i}`, reply("2.05", "x"), now);
    expect([kept.find("s0", now), kept.find("s1", now)?.code]).toEqual([undefined, "2.05"]);
    kept.purge(KEPT_REPLY_LIMITS.idle);
    expect(kept.bytes).toBe(0);
  });

  const bad: ReadonlyArray<readonly [name: string, code: string, block: string, number: number, size: number]> = [
    ["a gap", "4.08", "19", OPTION.block1, 32],
    ["a block that is not full", "4.00", "09", OPTION.block1, 8],
    ["more than is put together", "4.13", "ffff1e", OPTION.block1, 1024],
    ["a reserved block size", "4.02", "0f", OPTION.block1, 16],
    ["a later block of an answer that is not kept", "4.08", "11", OPTION.block2, 16],
  ];
  test.each(bad)("%s is answered with %s", (_name, code, block, number, size) => {
    const { send, gateway } = acquainted();
    const sent = asMessage(send(request("POST", "x")));
    const options = [...sent.options, { number, value: hex(block) }];
    expect(refusal(gateway.openRequest({ ...sent, options, payload: bytes(size) }, "p")).code).toBe(code);
  });
});
