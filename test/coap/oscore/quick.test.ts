/** RFC 8613 §8.2, §8.3: the quick way opens and answers the same as the general way, or nothing has happened. */
import { describe, expect, test } from "@jest/globals";
import { EMPTY, toHex } from "../../../gateway/base/index.ts";
import type { ProtectedRequest } from "../../../gateway/coap/oscore/index.ts";
import { decodeMessage, encodeMessage, OPTION } from "../../../gateway/wire/coap/index.ts";
import { credential, hex } from "./contexts.ts";
import { answerMessage, asMessage, converse, opened, option, pair, refusal, reply, request } from "./ends.ts";

/** The datagram and where its OSCORE option, the only one, begins and ends. */
function datagramOf(sent: Pick<ProtectedRequest, "code" | "options" | "payload">) {
  const datagram = encodeMessage(asMessage(sent));
  const optionStart = 4 + 2 + 1;
  return { datagram, optionStart, marker: optionStart + option(sent, OPTION.oscore)!.length };
}

/** A gateway that has opened a request of its peer. */
function steady(mine = credential({ recipientId: "0a0b" })) {
  const stage = pair(mine);
  converse(stage, request("GET", "hello"));
  const { quick } = stage.gateway;
  const open = (sent: ProtectedRequest): boolean => {
    const { datagram, optionStart, marker } = datagramOf(sent);
    return quick.open(datagram, optionStart, marker);
  };
  const seal = (text = "2045ff2a"): Uint8Array => {
    const frame = new Uint8Array(64);
    frame.set(hex(text));
    return frame.slice(1, quick.seal(frame, 1, 4));
  };
  const read = (sent: ProtectedRequest, payload: Uint8Array) =>
    sent.open(answerMessage({ code: "2.04", options: [{ number: OPTION.oscore, value: EMPTY }], payload }));
  return { ...stage, quick, openQuickly: open, seal, read };
}

test("a request of a peer in steady use is opened in one place and answered once", () => {
  const { quick, send, openQuickly, seal, read, gateway, open } = steady();
  const sent = send(request("GET", "tv1"));
  expect(openQuickly(sent)).toBe(true);
  expect(toHex(quick.plaintext.subarray(quick.start, quick.end))).toBe(`01b3${toHex(Buffer.from("tv1"))}`);
  expect(quick.peer?.identity.name).toBe("name-c-1");
  expect(read(sent, seal())).toMatchObject({ kind: "response", code: 0x45, payload: Buffer.from("*") });
  expect(openQuickly(sent)).toBe(false); // it was there before
  expect(refusal(open(sent)).code).toBe("4.01");
  expect(gateway.stats()).toMatchObject({ opened: 2, replays: 1 });
});

test("what it opened and did not answer is left to the general way, once", () => {
  const { send, quick, gateway, open } = steady();
  const sent = send(request("PUT", "x"));
  const { datagram, optionStart, marker } = datagramOf(sent);
  expect(quick.open(datagram, optionStart, marker)).toBe(true);
  const { message, security } = opened(gateway.openRequest(decodeMessage(datagram), "p"));
  expect(Buffer.from(message.payload).toString()).toBe("what is asked");
  expect(sent.open(answerMessage(security.protect(reply("2.04"))))).toMatchObject({ kind: "response" });
  expect(refusal(open(sent)).code).toBe("4.01");
});

test("what it opened does not stand in for another datagram", () => {
  const { send, openQuickly, open } = steady();
  const [one, two] = [send(request("PUT", "one")), send(request("PUT", "two"))];
  expect(openQuickly(one)).toBe(true);
  const { message } = opened(open(two));
  expect(Buffer.from(option(message, OPTION.uriPath)!).toString()).toBe("two");
  const late = opened(open(one));
  expect(Buffer.from(option(late.message, OPTION.uriPath)!).toString()).toBe("one");
});

describe("left to the general way", () => {
  type Row = (stage: ReturnType<typeof steady>, sent: ProtectedRequest) => ProtectedRequest;
  const withOption =
    (value: string): Row =>
    (_stage, sent) => ({ ...sent, open: sent.open, options: [{ number: OPTION.oscore, value: hex(value) }] });
  const ROWS: ReadonlyArray<readonly [name: string, change: Row]> = [
    ["a kid context", withOption("190a01aa0a0b")],
    ["reserved bits", withOption("890a0a0b")],
    ["no Partial IV", withOption("080a0b")],
    ["a Partial IV that is too long", withOption("0e0102030405060a0b")],
    ["a zero in front of the Partial IV", withOption("0a00090a0b")],
    ["another kid", withOption("090a0a0c")],
    ["a longer kid", withOption("090a0a0b0c0d")],
    ["an end within the Partial IV", withOption("0d0a0b")],
    ["another number", withOption("09640a0b")],
    [
      "a bit of the ciphertext",
      (_stage, sent) => ({ ...sent, open: sent.open, payload: sent.payload.map((b) => b ^ 1) }),
    ],
    ["no ciphertext", (_stage, sent) => ({ ...sent, open: sent.open, payload: EMPTY })],
    ["a long body", ({ send }) => send({ ...request("POST", "x"), payload: new Uint8Array(600) })],
    [
      "a credential that is gone",
      ({ gateway }, sent) => {
        gateway.forget("c-1");
        return sent;
      },
    ],
  ];
  test.each(ROWS)("%s", (_name, change) => {
    const stage = steady();
    const good = stage.send(request("GET", "x"));
    expect(stage.openQuickly(change(stage, stage.send(request("GET", "y"))))).toBe(false);
    expect(stage.openQuickly(good)).toBe(_name !== "a credential that is gone"); // the window has not moved
  });

  test("a peer that was not heard since the start", () => {
    const { quick } = pair(credential({ recipientId: "0a0b" })).gateway;
    const { datagram, optionStart, marker } = datagramOf(
      pair(credential({ recipientId: "0a0b" })).send(request("GET", "x")),
    );
    expect(quick.open(datagram, optionStart, marker)).toBe(false);
  });
});
