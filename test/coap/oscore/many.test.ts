/** RFC 8613 §3.1, §5.1: many contexts, few of them in use; several behind one kid. */
import { expect, test } from "@jest/globals";
import { toHex } from "../../../gateway/base/index.ts";
import { OPTION } from "../../../gateway/wire/coap/index.ts";
import { Credentials, credential } from "./contexts.ts";
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
} from "./ends.ts";

const nodes = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    credential({ id: `c-${i}`, recipientId: (i + 256).toString(16).padStart(4, "0"), masterSecret: `${i + 10}` }),
  );

/** A gateway for all of them, and each one's stage with it. */
function fleet(count: number, hot: number) {
  const mine = nodes(count);
  const gateway = end(new Credentials(...mine), { limits: { hot, rederived: 10 } });
  const stages = mine.map((each) => ({
    ...pair(each),
    gateway,
    open: (sent: Parameters<typeof asMessage>[0]) => gateway.openRequest(asMessage(sent), "p"),
  }));
  return { gateway, stages };
}

test("a context that had to give way keeps its replay window", () => {
  const { gateway, stages } = fleet(8, 2);
  const heard = stages.map((stage) => converse(stage, request("GET", "x")).sent);
  for (const [i, stage] of stages.entries()) {
    expect(refusal(stage.open(heard[i]!)).code).toBe("4.01");
    opened(stage.open(stage.send(request("GET", "y"))));
  }
  expect(gateway.stats()).toMatchObject({ challenged: 8, replays: 8, opened: 16, contexts: 8 });
});

test("an observation outlives its context's place among those in use", () => {
  const { stages } = fleet(4, 1);
  const observed = stages.map((stage) =>
    converse(stage, request("GET", "x", { number: OPTION.observe, value: new Uint8Array(0) })),
  );
  for (const { sent, security } of observed) {
    const notification = security.protectFresh(reply("2.05", "n", { number: OPTION.observe, value: Uint8Array.of(1) }));
    expect(sent.open(answerMessage(notification!))).toMatchObject({ kind: "response" });
  }
});

test("several credentials behind one kid: the one that opens the request is the peer", () => {
  const mine = [1, 2, 3].map((i) => credential({ id: `c-${i}`, recipientId: "0a", masterSecret: `0${i}` }));
  const gateway = end(new Credentials(...mine));
  for (const each of mine) {
    const stage = {
      ...pair(each),
      gateway,
      open: (s: Parameters<typeof asMessage>[0]) => gateway.openRequest(asMessage(s), "p"),
    };
    const { peer } = converse(stage, request("GET", "x"));
    expect(peer.identity?.name).toBe(each.name);
  }
  const strangers = pair(credential({ recipientId: "0a", masterSecret: "ff" }), {}, { numbers: counter(50) });
  const stranger = strangers.send(request("GET", "x"));
  expect(refusal(gateway.openRequest(asMessage(stranger), "p")).code).toBe("4.00");
});

test("one kid with several ID Contexts: the kid context chooses, and without it all are tried", () => {
  const mine = ["aa01", "aa02"].map((idContext, i) => credential({ id: `c-${i}`, recipientId: "0a", idContext }));
  const gateway = end(new Credentials(...mine));
  for (const each of mine) {
    const stage = {
      ...pair(each),
      gateway,
      open: (s: Parameters<typeof asMessage>[0]) => gateway.openRequest(asMessage(s), "p"),
    };
    expect(converse(stage, request("GET", "x")).peer.identity?.name).toBe(each.name);
    const sent = asMessage(stage.send(request("GET", "y")));
    const value = option(sent, OPTION.oscore)!;
    const short = Uint8Array.of(value[0]! & ~0x10, value[1]!, 0x0a);
    expect(toHex(value)).toBe(`19${toHex(value.subarray(1, 2))}02${toHex(each.idContext!)}0a`);
    const options = sent.options.map((o) => (o.number === OPTION.oscore ? { ...o, value: short } : o));
    const outcome = gateway.openRequest({ ...sent, options }, "p");
    expect(outcome.kind === "request" && outcome.peer.identity?.name).toBe(each.name);
  }
});

test("contexts that push each other out of use forget no number: a replay is one under each", () => {
  const mine = ["aa01", "aa02"].map((idContext, i) => credential({ id: `c-${i}`, recipientId: "0a", idContext }));
  const gateway = end(new Credentials(...mine), { limits: { hot: 1, rederived: 1 } });
  for (const each of mine) {
    const stage = {
      ...pair(each),
      gateway,
      open: (s: Parameters<typeof asMessage>[0]) => gateway.openRequest(asMessage(s), "p"),
    };
    converse(stage, request("GET", "x"));
    const sent = asMessage(stage.send(request("GET", "y")));
    const value = option(sent, OPTION.oscore)!;
    const short = Uint8Array.of(value[0]! & ~0x10, value[1]!, 0x0a); // without the kid context both are tried
    const options = sent.options.map((o) => (o.number === OPTION.oscore ? { ...o, value: short } : o));
    expect(gateway.openRequest({ ...sent, options }, "p").kind).toBe("request");
    expect(gateway.openRequest({ ...sent, options }, "p").kind).toBe("refused");
  }
});

test("a credential that is replaced is another one from that moment on", () => {
  const stage = pair();
  const old = converse(stage, request("GET", "x"));
  stage.credentials.all[0] = { ...stage.mine, masterSecret: Uint8Array.of(1, 2, 3) };
  stage.gateway.forget("c-1");
  expect(refusal(stage.open(stage.send(request("GET", "y")))).code).toBe("4.00");
  expect(old.security.protectFresh(reply("2.05"))).toBeUndefined();
});

test("no secret shows in what is printed of a context's parts", () => {
  const { gateway, mine } = pair();
  const shown = JSON.stringify(gateway.stats());
  expect(shown).not.toContain(toHex(mine.masterSecret));
});
