/** RFC 8613 Appendix B.2: new keys from random ID Contexts, begun by either end, after either has lost its state. */
import { describe, expect, test } from "@jest/globals";
import { toHex } from "../../../gateway/base/index.ts";
import { unwrapContext, wrapContext } from "../../../gateway/coap/oscore/context/rederivation.ts";
import { OPTION } from "../../../gateway/wire/coap/index.ts";
import { credential, hex } from "./contexts.ts";
import {
  answerMessage,
  asMessage,
  converse,
  end,
  opened,
  option,
  pair,
  refusal,
  reply,
  request,
  TestClock,
} from "./ends.ts";

const oscoreValue = (message: Parameters<typeof option>[0]): string => toHex(option(message, OPTION.oscore)!);

/** Both ends up to request #2, which is not delivered. */
function begin(stage = pair()) {
  const first = stage.send(request("GET", "x"), { rederive: true });
  const offer = refusal(stage.open(first));
  const again = first.open(answerMessage(offer));
  if (again.kind !== "again") throw new Error(again.kind);
  return { ...stage, first, offer, second: stage.send(again.request) };
}

test("four messages: ID1, R2, R2 || R3, and an answer under the new keys", () => {
  const { first, offer, second, open, send, gateway } = begin();
  expect(oscoreValue(first)).toMatch(/^19000948.{16}$/);
  expect(oscoreValue(answerMessage(offer))).toMatch(/^11000948.{16}$/); // a Partial IV of its own, R2
  const r2 = oscoreValue(answerMessage(offer)).slice(8);
  expect(oscoreValue(second)).toMatch(new RegExp(`^19011150${r2}.{16}$`)); // R2 || R3
  const { security } = opened(open(second));
  expect(second.open(answerMessage(security.protect(reply("2.05"))))).toMatchObject({ kind: "response" });
  const third = send(request("GET", "y"));
  expect(oscoreValue(third)).toMatch(new RegExp(`^190210${r2}.{16}$`)); // known now, so no wrapping
  opened(open(third));
  expect(gateway.stats()).toMatchObject({ rederivations: 1, challenged: 0, opened: 2 });
});

test("the new keys have a window of their own, from number 0 on", () => {
  const { second, open, send } = begin();
  const before = send(request("GET", "overtaken by the answer"));
  opened(open(second));
  opened(open(before)); // still names the ID Context
  expect(refusal(open(second)).code).toBe("4.01");
});

test.each([
  ["wrapped", "194611", "50"],
  ["not wrapped", "194610", ""],
  ["left out", "0946", undefined],
])("peers name the ID Context as they like once it is agreed on: %s", (_name, head, wrapping) => {
  const { second, open, gateway } = begin();
  opened(open(second));
  const idContext = wrapping === undefined ? "" : wrapping + oscoreValue(second).slice(8);
  const value = hex(head + idContext);
  const options = asMessage(second).options.map((each) => (each.number === OPTION.oscore ? { ...each, value } : each));
  // Found, and with this number not authentic: 4.00.
  expect(refusal(gateway.openRequest({ ...asMessage(second), options }, "p")).code).toBe("4.00");
  expect(gateway.stats()).toMatchObject({ notAuthentic: 1, unknownContext: 0 });
});

test("a first request that comes again gets the same R2 and disturbs nobody", () => {
  const { first, offer, second, open } = begin();
  const repeated = refusal(open(first));
  expect(oscoreValue(answerMessage(repeated)).slice(8)).toBe(oscoreValue(answerMessage(offer)).slice(8));
  expect(repeated.payload).not.toEqual(offer.payload); // under another number
  opened(open(second));
});

test("a second request that comes again, once its context is gone, begins nothing", () => {
  const stage = begin();
  opened(stage.open(stage.second));
  stage.gateway.forget("c-1");
  const outcome = refusal(stage.open(stage.second));
  expect(oscoreValue(answerMessage(outcome))).toMatch(/^11..0948/); // a new R2 is offered, nothing was executed
});

test("a gateway that lost its memory offers R2 to a peer that still names the ID Context", () => {
  const { second, mine, theirs, peer } = begin();
  const restarted = pair(mine);
  const offer = refusal(restarted.open(second));
  const again = second.open(answerMessage(offer));
  if (again.kind !== "again") throw new Error(again.kind);
  opened(restarted.open(peer.client.protectRequest(theirs, again.request)!));
});

test("our own requests use the keys that the node agreed on with us", () => {
  const { second, open, gateway, peer, mine } = begin();
  opened(open(second));
  const ours = gateway.client.protectRequest(mine, request("GET", "from the gateway"))!;
  const { message } = opened(peer.openRequest(asMessage(ours), "g"));
  expect(Buffer.from(option(message, OPTION.uriPath)!).toString()).toBe("from the gateway");
});

test("the keys before are good for what is under way, those before them are not", () => {
  const stage = pair();
  converse(stage, request("GET", "x"));
  const seconds = [0, 1, 2].map(() => {
    const begun = begin(stage);
    opened(stage.open(begun.second));
    return stage.send(request("GET", "late"));
  });
  expect(seconds.map((sent) => stage.open(sent).kind)).toEqual(["refused", "request", "request"]);
});

test("answers with a kid context that proves nothing change nothing", () => {
  const { first, offer } = begin();
  const forged = { ...answerMessage(offer), payload: offer.payload.map((byte) => byte ^ 1) };
  const other = pair().send(request("GET", "x"), { rederive: true });
  expect(other.open(answerMessage(offer))).toEqual({ kind: "refused", why: "decryption" });
  expect(first.open(forged)).toEqual({ kind: "refused", why: "replay" });
});

test("unknown ID Contexts cost at most so many derivations a second", () => {
  const clock = new TestClock();
  const { gateway, send, open } = pair(credential(), { clock });
  const strangers = pair(credential({ masterSecret: "ff" }));
  for (let i = 0; i < 100; i++) {
    const forged = strangers.send(request("GET", "x"), { rederive: true });
    expect(refusal(gateway.openRequest(asMessage(forged), "p")).code).toBe("4.01");
  }
  const sent = send(request("GET", "x"), { rederive: true });
  expect(refusal(open(sent)).code).toBe("4.01");
  clock.advance(10);
  expect(refusal(open(sent)).code).toBe("2.04");
});

test("strangers who use up those derivations do not keep us from agreeing on keys as a client", () => {
  const theirs = pair();
  const strangers = pair(credential({ masterSecret: "ff" }));
  for (let i = 0; i < 100; i++) {
    theirs.peer.openRequest(
      asMessage(strangers.gateway.client.protectRequest(strangers.mine, request("GET", "x"), { rederive: true })!),
      "p",
    );
  }
  opened(theirs.open(begin(theirs).second));
});

describe("the ID Context on the wire", () => {
  const WRAPPED: ReadonlyArray<readonly [inside: string, wire: string]> = [
    ["", "40"],
    ["0102030405060708", "480102030405060708"],
    ["00".repeat(24), `5818${"00".repeat(24)}`],
  ];
  test.each(WRAPPED)("%s is wrapped as %s", (inside, wire) => {
    expect(toHex(wrapContext(hex(inside)))).toBe(wire);
    expect(toHex(unwrapContext(hex(wire))!)).toBe(inside);
  });

  test.each(["", "48010203", "4801020304050607080a", "58", "5803aabb", "6161", "01"])(
    "%p is no byte string",
    (wire) => {
      expect(unwrapContext(hex(wire))).toBeUndefined();
    },
  );
});

test("more credentials than there is room for: the one that agreed first agrees anew", () => {
  const many = [0, 1, 2].map((i) => credential({ id: `c-${i}`, recipientId: `0${i + 2}` }));
  const stages = many.map((mine) => pair(mine));
  const credentials = stages[0]!.credentials;
  credentials.all.splice(0, 1, ...many);
  const gateway = end(credentials, { limits: { hot: 2, rederived: 2 } });
  const later = stages.map((stage) => {
    opened(
      gateway.openRequest(
        asMessage(begin({ ...stage, gateway, open: (s) => gateway.openRequest(asMessage(s), "p") }).second),
        "p",
      ),
    );
    return stage.send(request("GET", "x"));
  });
  expect(later.map((sent) => gateway.openRequest(asMessage(sent), "p").kind)).toEqual([
    "refused",
    "request",
    "request",
  ]);
});
