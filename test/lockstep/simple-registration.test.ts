/** RFC 9176 §5.1 datagram by datagram: the node asks, is asked for its links, and then gets its answer. */
import { expect, test } from "@jest/globals";
import { seconds } from "../../gateway/base/index.ts";
import type { Engine } from "../../gateway/coap/index.ts";
import { linkFetcher } from "../../gateway/southbound/directory/index.ts";
import { dottedCode } from "../../gateway/wire/coap/index.ts";
import { type DirectorySite, NODE_IN_LAB, openDirectory, textOf } from "../support/directory.ts";
import { ack, con, GATEWAY, type ScriptedNode, type Stage, stage } from "../support/lockstep.ts";
import { MemoryNetwork } from "../support/lossy.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

interface Scene extends Stage {
  readonly site: DirectorySite;
  lookup(): Promise<string>;
}

async function scene(): Promise<Scene> {
  const clock = new VirtualClock();
  let engine: Engine | undefined;
  const site = await openDirectory({
    clock,
    fetchLinks: linkFetcher({
      requests: { request: (...asked) => engine?.request(...asked) ?? Promise.reject(new Error("no engine")) },
      clock,
      transportTo: () => 0,
      credentialOf: () => undefined,
    }),
  });
  const network = new MemoryNetwork(clock);
  const set = await stage(
    {
      clock,
      transports: [network.endpoint(GATEWAY)],
      handler: (peer, request) => site.handler(peer, request) ?? { code: "4.04" },
    },
    network,
  );
  engine = set.engine;
  return { ...set, site, clock, lookup: async () => textOf(await site.ask("GET", "rd-lookup/res")) };
}

const REGISTER = () => con("POST", ".well-known/rd").query("lt=6000").query("ep=node1");
const FETCH = () => con("GET", ".well-known/core").accept(40);

/** The node gets the question and its id and token. */
async function asked(node: ScriptedNode): Promise<{ readonly mid: number; readonly token: string }> {
  const message = await node.receives();
  node.checks(message, FETCH());
  return { mid: message.messageId, token: Buffer.from(message.token).toString("hex") };
}

test("the links are fetched before the registration is answered", async () => {
  const { node, lookup, site } = await scene();
  await node.sends(REGISTER().mid(0x7000).token("07"));
  const { mid, token } = await asked(node);
  expect(await lookup()).toBe("");
  await node.sends(ack("2.05").mid(mid).token(token).contentFormat(40).payload("</sen/temp>"));
  await node.expects(ack("2.04").mid(0x7000).token("07"));
  expect(await lookup()).toBe("<coap://192.0.2.7:40007/sen/temp>");
  expect(await site.journal.read(1, 9)).toMatchObject([
    { type: "directory.registered", node: NODE_IN_LAB, lifetime: 6000 },
  ]);
});

test("while the links are fresh they are not asked for again (§5.1), and then they are", async () => {
  const { node, lookup, clock, site } = await scene();
  await node.sends(REGISTER());
  const first = await asked(node);
  await node.sends(ack("2.05").mid(first.mid).token(first.token).contentFormat(40).uint(14, 100).payload("</a>"));
  await node.receives();
  await clock.advance(seconds(99));
  await node.sends(REGISTER());
  await node.expects(ack("2.04"));
  expect((await site.journal.read(1, 9)).map(({ type }) => type)).toEqual([
    "directory.registered",
    "directory.renewed",
  ]);
  await clock.advance(seconds(1));
  await node.sends(REGISTER());
  const second = await asked(node);
  await node.sends(ack("2.05").mid(second.mid).token(second.token).contentFormat(40).payload("</b>"));
  await node.receives();
  expect(await lookup()).toBe("<coap://192.0.2.7:40007/b>");
});

/** What lies there for the node, each kind once. */
async function codesOf(node: ScriptedNode): Promise<readonly string[]> {
  const kinds = new Set<string>();
  for (;;) {
    const message = await node.receives().catch(() => undefined);
    if (message === undefined) return [...kinds].sort();
    kinds.add(`${message.type} ${dottedCode(message.code)}`);
  }
}

const FAILURES: ReadonlyArray<
  readonly [name: string, code: "2.05" | "4.04", format: number, payload: string, said: string]
> = [
  ["has no such resource", "4.04", 0, "", "5.03"],
  ["answers in another format", "2.05", 0, "hello", "5.03"],
  ["answers with no links", "2.05", 40, "hello", "4.00"],
];
test.each(FAILURES)("a node that %s is not registered", async (_name, code, format, payload, said) => {
  const { node, lookup, site } = await scene();
  await node.sends(REGISTER().mid(0x7000).token("07"));
  const { mid, token } = await asked(node);
  const answer = ack(code).mid(mid).token(token);
  await node.sends(code === "2.05" ? answer.contentFormat(format).payload(payload) : answer);
  expect(await codesOf(node)).toEqual([`ACK ${said}`]);
  expect([await lookup(), site.journal.last]).toEqual(["", 0]);
});

test("a node that does not answer is told so, and what was registered before stays", async () => {
  const { node, lookup, clock, site } = await scene();
  await node.sends(REGISTER());
  const { mid, token } = await asked(node);
  await node.sends(ack("2.05").mid(mid).token(token).contentFormat(40).payload("</a>"));
  await node.receives();
  await clock.advance(seconds(200));
  await node.sends(REGISTER().mid(0x7100).token("08"));
  await asked(node);
  await clock.advance(seconds(120));
  expect(await codesOf(node)).toEqual(["ACK 0.00", "CON 0.01"]);
  // NSTART 1 (RFC 7252 §4.7): what is for a silent node waits until it is heard again.
  await node.sends(con("GET", "x").mid(0x7200));
  await clock.advance(seconds(1));
  expect(await codesOf(node)).toEqual(["ACK 4.04", "CON 5.03"]);
  expect(await lookup()).toBe("<coap://192.0.2.7:40007/a>");
  expect(site.journal.last).toBe(1);
});

test("a repeat of the request while the node is being asked asks nothing more", async () => {
  const { node, site } = await scene();
  await node.sends(REGISTER());
  const { mid, token } = await asked(node);
  await node.sends(REGISTER()); // a new message, not a retransmission
  await node.expectsSilence();
  await node.sends(ack("2.05").mid(mid).token(token).contentFormat(40).payload("</a>"));
  expect([(await node.receives()).code, (await node.receives()).code]).toEqual([0x44, 0x44]);
  expect(site.journal.last).toBe(1);
});

test("a base is not taken, and links are not sent along", async () => {
  const { node, site } = await scene();
  await node.sends(REGISTER().query("base=coap://x"));
  expect((await node.receives()).code).toBe(0x80);
  await node.sends(REGISTER().contentFormat(40).payload("</a>"));
  expect((await node.receives()).code).toBe(0x80);
  expect(site.journal.last).toBe(0);
});
