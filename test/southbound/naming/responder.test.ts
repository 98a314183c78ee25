/** RFC 6762 as a conversation: what a gateway asks, announces, answers and gives back, datagram by datagram. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Millis, millis, seconds, seededRandom } from "../../../gateway/base/index.ts";
import type { Announcement } from "../../../gateway/southbound/naming/index.ts";
import { MDNS_PORT, type Remote, Responder } from "../../../gateway/southbound/naming/responder.ts";
import {
  address,
  decodeMessage,
  encodeMessage,
  type Message,
  type Name,
  nameText,
  pointer,
  type ResourceRecord,
  service,
  TYPE,
  text,
} from "../../../gateway/wire/dns/index.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const OFFICE: Announcement = {
  instance: "Office",
  host: "sidgate-a",
  offers: [
    { service: ["_core-rd", "_udp"], port: 5683, text: ["site=a"] },
    { service: ["_coap", "_udp"], port: 5683, text: ["path=/c", "site=a"] },
  ],
};
const OURS = Uint8Array.of(192, 0, 2, 2);
const HOST: Name = ["sidgate-a", "local"];
const COAP: Name = ["_coap", "_udp", "local"];
const OFFICE_COAP: Name = ["Office", ...COAP];
const SERVICES: Name = ["_services", "_dns-sd", "_udp", "local"];
const NEIGHBOUR: Remote = { address: "192.0.2.9", port: MDNS_PORT };
const RESOLVER: Remote = { address: "192.0.2.9", port: 40_000 };
const EMPTY: Message = {
  id: 0,
  response: false,
  truncated: false,
  questions: [],
  answers: [],
  authorities: [],
  additionals: [],
};

interface Sent {
  readonly at: Millis;
  readonly link: string;
  readonly message: Message;
  readonly to: Remote | undefined;
}

/** One or more links held by hand. */
class Scene {
  readonly clock = new VirtualClock(millis(0));
  readonly sent: Sent[] = [];
  readonly named: string[] = [];
  readonly responder: Responder;

  constructor(links: Readonly<Record<string, readonly Uint8Array[]>> = { "eth0/4": [OURS] }) {
    this.responder = new Responder({
      announcement: OFFICE,
      links: Object.entries(links).map(([name, addresses]) => ({
        name,
        addresses,
        isNeighbour: (from) => from.startsWith("192.0.2."),
        send: (bytes, to) =>
          void this.sent.push({ at: this.clock.now(), link: name, message: decodeMessage(bytes), to }),
      })),
      clock: this.clock,
      random: seededRandom(1),
      onNamed: ({ instance, host }) => void this.named.push(`${instance} ${nameText(host)}`),
    });
  }

  /** Past its announcements, with what it said until then forgotten. */
  static async settled(links?: Readonly<Record<string, readonly Uint8Array[]>>): Promise<Scene> {
    const scene = new Scene(links);
    scene.responder.start();
    await scene.clock.advance(seconds(10));
    scene.sent.length = 0;
    return scene;
  }

  hears(message: Partial<Message>, from: Remote = NEIGHBOUR, link = "eth0/4"): void {
    this.responder.take(link, encodeMessage({ ...EMPTY, ...message }), from);
  }

  asks(
    name: Name,
    type: number,
    more: Partial<Message> & { readonly unicast?: boolean; readonly from?: Remote } = {},
  ): void {
    const { unicast = false, from = NEIGHBOUR, ...rest } = more;
    this.hears({ questions: [{ name, type, unicast }], ...rest }, from);
  }

  async said(within: Millis = seconds(1)): Promise<readonly Message[]> {
    await this.clock.advance(within);
    return this.sent.splice(0).map(({ message }) => message);
  }
}

const TYPES = Object.fromEntries(Object.entries(TYPE).map(([name, number]) => [number, name.toUpperCase()]));
const short = ({ name, type, ttl, flush }: ResourceRecord): string =>
  `${nameText(name)} ${TYPES[type] ?? type} ${ttl}${flush ? " flush" : ""}`;
const answersOf = (message: Message | undefined): readonly string[] => (message?.answers ?? []).map(short);
const additionalsOf = (message: Message | undefined): readonly string[] => (message?.additionals ?? []).map(short);

describe("RFC 6762 §8: taking the names", () => {
  test("§8.1: asks three times at 250 ms for each name that will be its own, with what it wants to announce", async () => {
    const scene = new Scene();
    scene.responder.start();
    await scene.clock.advance(seconds(0.9));
    const probes = scene.sent.filter(({ message }) => !message.response);
    expect(probes.map(({ at }) => at - probes[0]!.at)).toEqual([0, 250, 500]);
    expect(probes[0]!.at).toBeLessThan(250);
    const { questions, authorities } = probes[0]!.message;
    expect(questions.map(({ name, type, unicast }) => [nameText(name), type, unicast])).toEqual([
      ["Office._core-rd._udp.local.", TYPE.any, false],
      ["Office._coap._udp.local.", TYPE.any, false],
      ["sidgate-a.local.", TYPE.any, false],
    ]);
    expect(authorities.map(short)).toEqual([
      "Office._core-rd._udp.local. SRV 120",
      "Office._core-rd._udp.local. TXT 4500",
      "Office._coap._udp.local. SRV 120",
      "Office._coap._udp.local. TXT 4500",
      "sidgate-a.local. A 120",
    ]);
    expect(scene.named).toEqual([]);
  });

  test("§8.3: announces all records twice, a second apart, and is silent after that", async () => {
    const scene = new Scene();
    scene.responder.start();
    await scene.clock.advance(seconds(60));
    const announcements = scene.sent.filter(({ message }) => message.response);
    expect(announcements.map(({ at }) => at - announcements[0]!.at)).toEqual([0, 1000]);
    expect(answersOf(announcements[0]!.message)).toEqual([
      "_services._dns-sd._udp.local. PTR 4500",
      "_core-rd._udp.local. PTR 4500",
      "Office._core-rd._udp.local. SRV 120 flush",
      "Office._core-rd._udp.local. TXT 4500 flush",
      "Office._core-rd._udp.local. NSEC 4500 flush",
      "_services._dns-sd._udp.local. PTR 4500",
      "_coap._udp.local. PTR 4500",
      "Office._coap._udp.local. SRV 120 flush",
      "Office._coap._udp.local. TXT 4500 flush",
      "Office._coap._udp.local. NSEC 4500 flush",
      "sidgate-a.local. A 120 flush",
      "sidgate-a.local. NSEC 120 flush",
    ]);
    expect(scene.named).toEqual(["Office sidgate-a.local."]);
  });

  test.each<readonly [what: string, record: ResourceRecord, named: string]>([
    ["its instance", service(OFFICE_COAP, ["other", "local"], 1), "Office (2) sidgate-a.local."],
    ["its host name", address(HOST, Uint8Array.of(192, 0, 2, 7)), "Office sidgate-a-2.local."],
    ["its host name, by a record of another type", text(HOST, ["x"]), "Office sidgate-a-2.local."],
  ])("§9: is renamed when somebody answers for %s", async (_what, record, named) => {
    const scene = new Scene();
    scene.responder.start();
    await scene.clock.advance(millis(300));
    scene.hears({ response: true, answers: [record] });
    await scene.clock.advance(seconds(5));
    expect(scene.named).toEqual([named]);
  });

  test.each<readonly [what: string, record: ResourceRecord]>([
    ["the very same record", service(OFFICE_COAP, HOST, 5683)],
    ["a goodbye", { ...service(OFFICE_COAP, ["other", "local"], 1), ttl: 0 }],
    ["a record of a shared name", pointer(COAP, ["Other", ...COAP])],
  ])("§9: is not renamed by %s", async (_what, record) => {
    const scene = new Scene();
    scene.responder.start();
    await scene.clock.advance(millis(300));
    scene.hears({ response: true, answers: [record] });
    await scene.clock.advance(seconds(5));
    expect(scene.named).toEqual(["Office sidgate-a.local."]);
  });

  test.each<readonly [who: string, record: ResourceRecord, waits: boolean]>([
    ["yields for a second to another asker with later data", address(HOST, Uint8Array.of(192, 0, 2, 3)), true],
    ["goes on before another asker with earlier data", address(HOST, Uint8Array.of(192, 0, 2, 1)), false],
    ["goes on when it hears itself", address(HOST, OURS), false],
  ])("§8.2: %s", async (_who, record, waits) => {
    const scene = new Scene();
    scene.responder.start();
    await scene.clock.advance(millis(300));
    const before = scene.sent.length;
    scene.asks(HOST, TYPE.any, { authorities: [record] });
    await scene.clock.advance(millis(700));
    expect(scene.sent.length > before).toBe(!waits);
    await scene.clock.advance(seconds(5));
    expect(scene.named).toEqual(["Office sidgate-a.local."]);
  });

  test("on two interfaces of one network it is no conflict with itself", async () => {
    const scene = new Scene({ "eth0/4": [OURS], "wlan0/4": [Uint8Array.of(192, 0, 2, 4)] });
    scene.responder.start();
    for (let turn = 0; turn < 40; turn++) {
      await scene.clock.advance(millis(100));
      for (const { link, message } of scene.sent.splice(0)) {
        scene.hears(message, NEIGHBOUR, link === "eth0/4" ? "wlan0/4" : "eth0/4");
      }
    }
    expect(scene.named).toEqual(["Office sidgate-a.local."]);
  });
});

describe("RFC 6762 §6, RFC 6763 §12: answering", () => {
  test("a browser gets the pointer, and unasked the service, its text and the addresses", async () => {
    const scene = await Scene.settled();
    scene.asks(COAP, TYPE.ptr);
    const [reply] = await scene.said();
    expect(answersOf(reply)).toEqual(["_coap._udp.local. PTR 4500"]);
    expect(additionalsOf(reply)).toEqual([
      "Office._coap._udp.local. SRV 120 flush",
      "Office._coap._udp.local. TXT 4500 flush",
      "Office._coap._udp.local. NSEC 4500 flush",
      "sidgate-a.local. A 120 flush",
      "sidgate-a.local. NSEC 120 flush",
    ]);
  });

  test.each<readonly [what: string, name: Name, type: number, answers: readonly string[]]>([
    [
      "the kinds of services",
      SERVICES,
      TYPE.ptr,
      ["_services._dns-sd._udp.local. PTR 4500", "_services._dns-sd._udp.local. PTR 4500"],
    ],
    [
      "a service, whatever the case of its name",
      ["OFFICE", ...COAP],
      TYPE.srv,
      ["Office._coap._udp.local. SRV 120 flush"],
    ],
    ["all of a name", HOST, TYPE.any, ["sidgate-a.local. A 120 flush"]],
    ["§6.1: that there is no IPv6 address", HOST, TYPE.aaaa, ["sidgate-a.local. NSEC 120 flush"]],
  ])("tells %s", async (_what, name, type, answers) => {
    const scene = await Scene.settled();
    scene.asks(name, type);
    expect((await scene.said()).map(answersOf)).toEqual([answers]);
  });

  test.each<readonly [what: string, name: Name, type: number, more: Partial<Message>]>([
    ["names of others", ["other", "local"], TYPE.a, {}],
    ["§7.1: what the asker knows", COAP, TYPE.ptr, { answers: [pointer(COAP, OFFICE_COAP)] }],
  ])("is silent about %s", async (_what, name, type, more) => {
    const scene = await Scene.settled();
    scene.asks(name, type, more);
    expect(await scene.said()).toEqual([]);
  });

  test("§7.1: what the asker knows for less than half its time is told again", async () => {
    const scene = await Scene.settled();
    scene.asks(COAP, TYPE.ptr, { answers: [{ ...pointer(COAP, OFFICE_COAP), ttl: 2000 }] });
    expect(await scene.said()).toHaveLength(1);
  });

  test("§6: waits 20 to 120 ms where others may answer too, and not where it alone can", async () => {
    const scene = await Scene.settled();
    scene.asks(COAP, TYPE.ptr);
    expect(await scene.said(millis(19))).toEqual([]);
    expect(await scene.said(millis(102))).toHaveLength(1);
    await scene.clock.advance(seconds(2));
    scene.asks(HOST, TYPE.a);
    expect(await scene.said(millis(0))).toHaveLength(1);
  });

  test("§7.2: an asker that knows more than fits in one message is answered what it does not know", async () => {
    const scene = await Scene.settled();
    scene.asks(SERVICES, TYPE.ptr, { truncated: true });
    scene.hears({ answers: [pointer(SERVICES, COAP)] });
    const replies = await scene.said();
    expect(replies.map(({ answers }) => answers.length)).toEqual([1]);
  });

  test("§7.4: what another host has just said is not said again", async () => {
    const scene = await Scene.settled();
    scene.asks(SERVICES, TYPE.ptr);
    scene.hears({ response: true, answers: [pointer(SERVICES, COAP)] });
    expect((await scene.said()).map(({ answers }) => answers.length)).toEqual([1]);
  });

  test("§6: a record goes to all once a second at most, and at once when somebody else asks for the name", async () => {
    const scene = await Scene.settled();
    for (let turn = 0; turn < 20; turn++) {
      scene.asks(HOST, TYPE.a);
      await scene.clock.advance(millis(100));
    }
    expect((await scene.said(millis(0))).length).toBe(2);
    scene.asks(HOST, TYPE.any, { authorities: [address(HOST, Uint8Array.of(192, 0, 2, 7))] });
    const [defence] = await scene.said();
    expect(answersOf(defence)).toEqual(["sidgate-a.local. A 120 flush"]);
  });

  test("§5.4: answers the asker alone while all others know it", async () => {
    const scene = await Scene.settled();
    scene.asks(HOST, TYPE.a, { unicast: true });
    await scene.clock.advance(seconds(60));
    scene.asks(HOST, TYPE.a, { unicast: true });
    await scene.clock.advance(seconds(1));
    expect(scene.sent.map(({ to }) => to)).toEqual([NEIGHBOUR, undefined]);
  });

  test("§6.7: a plain resolver gets its question back, short times and no flush bit", async () => {
    const scene = await Scene.settled();
    scene.asks(OFFICE_COAP, TYPE.srv, { id: 0x1234, from: RESOLVER });
    const [{ message, to }] = scene.sent as [Sent];
    expect([to, message.id, message.questions.length]).toEqual([RESOLVER, 0x1234, 1]);
    expect([...answersOf(message), ...additionalsOf(message)]).toEqual([
      "Office._coap._udp.local. SRV 10",
      "sidgate-a.local. A 10",
      "sidgate-a.local. NSEC 10",
    ]);
  });

  test("§11: who is not of the link is not answered alone", async () => {
    const scene = await Scene.settled();
    scene.asks(HOST, TYPE.a, { from: { address: "203.0.113.5", port: 53 } });
    expect(await scene.said()).toEqual([]);
  });
});

describe("RFC 6762 §9, §10.1: losing and giving back", () => {
  test("§9: who claims a name that was announced is asked again, and answers only if it keeps it", async () => {
    const scene = await Scene.settled();
    scene.hears({ response: true, answers: [service(OFFICE_COAP, ["other", "local"], 1)] });
    const probes = await scene.said(millis(600));
    expect(probes.every(({ response }) => !response)).toBe(true);
    await scene.clock.advance(seconds(5));
    expect(scene.named).toEqual(["Office sidgate-a.local.", "Office sidgate-a.local."]);
  });

  test("§6: an answer from another port than 5353 means nothing", async () => {
    const scene = await Scene.settled();
    scene.hears({ response: true, answers: [service(OFFICE_COAP, ["other", "local"], 1)] }, RESOLVER);
    expect(await scene.said(seconds(3))).toEqual([]);
  });

  test("§10.1: says goodbye to each record, and nothing after it", async () => {
    const scene = await Scene.settled();
    scene.responder.leave();
    scene.asks(COAP, TYPE.ptr);
    const replies = await scene.said();
    expect(replies).toHaveLength(1);
    expect(new Set(replies[0]!.answers.map(({ ttl }) => ttl))).toEqual(new Set([0]));
    expect(replies[0]!.answers.map(({ name, type }) => `${nameText(name)} ${TYPES[type]}`)).toContain(
      "_core-rd._udp.local. PTR",
    );
  });

  test("what was never announced needs no goodbye", async () => {
    const scene = new Scene();
    scene.responder.start();
    await scene.clock.advance(millis(300));
    scene.sent.length = 0;
    scene.responder.leave();
    expect(await scene.said(seconds(9))).toEqual([]);
  });
});

describe("hostile neighbours", () => {
  test("who answers for every name that is tried costs a few datagrams, and the gateway rests between its tries", async () => {
    const scene = new Scene();
    scene.responder.start();
    for (let turn = 0; turn < 600; turn++) {
      await scene.clock.advance(millis(100));
      scene.hears({ response: true, answers: [address(scene.responder.names.host, Uint8Array.of(192, 0, 2, 7))] });
    }
    expect(scene.named).toEqual([]);
    expect(scene.sent.length).toBeLessThan(100);
    await scene.clock.advance(seconds(40));
    expect(scene.named).toHaveLength(1);
  });

  test("a flood of questions is answered 20 times a second alone and once a second to all", async () => {
    const scene = await Scene.settled();
    for (let turn = 0; turn < 1000; turn++) {
      scene.asks(HOST, TYPE.any, { from: { address: "192.0.2.9", port: 1024 + turn } });
      scene.asks(COAP, TYPE.ptr);
    }
    await scene.clock.advance(seconds(1));
    expect(scene.sent.filter(({ to }) => to !== undefined)).toHaveLength(20);
    expect(scene.sent.filter(({ to }) => to === undefined)).toHaveLength(1);
  });

  test("whatever comes, in whatever order, it goes on and keeps to its limits", async () => {
    const names = [HOST, OFFICE_COAP, COAP, SERVICES, ["other", "local"]];
    const record = fc
      .tuple(fc.constantFrom(...names), fc.constantFrom(1, 12, 16, 28, 33, 47, 255), fc.nat(3))
      .map(([name, type, ttl]) => ({ ...text(name, ["x"]), ttl, ...(type === 12 || type === 33 ? {} : { type }) }));
    const question = fc.record({
      name: fc.constantFrom(...names),
      type: fc.constantFrom(1, 12, 33, 255),
      unicast: fc.boolean(),
    });
    const records = fc.array(record, { maxLength: 3 });
    const message = fc.record({
      response: fc.boolean(),
      truncated: fc.boolean(),
      questions: fc.array(question, { maxLength: 3 }),
      answers: records,
      authorities: records,
      additionals: records,
    });
    const moment = fc.record({ message, from: fc.constantFrom(NEIGHBOUR, RESOLVER), wait: fc.nat(700) });
    await fc.assert(
      fc.asyncProperty(fc.array(moment, { maxLength: 40 }), async (moments) => {
        const scene = new Scene();
        scene.responder.start();
        for (const { message: heard, from, wait } of moments) {
          scene.hears(heard, from);
          await scene.clock.advance(millis(wait));
        }
        const time = scene.clock.now() / 1000;
        expect(scene.sent.length).toBeLessThanOrEqual(moments.length * 2 + 4 * (time + 1));
        await scene.clock.advance(seconds(60));
        expect(scene.responder.isSettled).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test("what cannot be read changes nothing", async () => {
    const scene = await Scene.settled();
    for (const bytes of [new Uint8Array(0), new Uint8Array(12).fill(0xff), new Uint8Array(9000)]) {
      scene.responder.take("eth0/4", bytes, NEIGHBOUR);
    }
    scene.responder.take("no such link", new Uint8Array(12), NEIGHBOUR);
    expect(await scene.said()).toEqual([]);
  });
});
