/**
 * RFC 8613 §5.2, §7.2, Appendix B: no key ever meets a nonce twice. A gateway lives through requests, notifications,
 * requests of its own, Echo, new keys, replays; it is killed before and after every durable write, and old copies of its
 * data are put back. A cipher in between remembers each key with each nonce.
 */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { EMPTY, millis, toHex } from "../../../gateway/base/index.ts";
import { type AeadMaker, aeadMaker } from "../../../gateway/coap/oscore/crypto/aead.ts";
import { CcmBench } from "../../../gateway/coap/oscore/crypto/aes-ccm.ts";
import { Oscore, SenderSequence } from "../../../gateway/coap/oscore/index.ts";
import type { OpenedRequest, ResponseSecurity } from "../../../gateway/coap/requests/security.ts";
import type { SequenceRange, SequenceStore } from "../../../gateway/store/index.ts";
import { decodeMessage, encodeMessage, type Message, OPTION } from "../../../gateway/wire/coap/index.ts";
import { Credentials, credential, otherEnd } from "./contexts.ts";
import { answerMessage, asMessage, counter, end, reply, request, TestClock } from "./ends.ts";

/** A disk: a write is durable when `settle` says so, or is lost with `lose`. */
class Disk implements SequenceStore {
  /** All that was ever durable, oldest first. */
  readonly copies: SequenceRange[] = [];
  #range: SequenceRange;
  #waiting: { readonly ceiling: number; readonly done: () => void } | undefined;

  constructor(clock: TestClock) {
    this.#range = { ceiling: 0, origin: clock.now() };
  }

  load(): Promise<SequenceRange> {
    return Promise.resolve(this.#range);
  }

  reserve(ceiling: number): Promise<void> {
    return new Promise((done) => {
      this.#waiting = { ceiling, done };
    });
  }

  /** The write under way becomes durable; `heard`: the gateway lives to learn it. */
  settle(heard: boolean): void {
    const write = this.#waiting;
    this.#waiting = undefined;
    if (write === undefined) return;
    this.#range = { ...this.#range, ceiling: write.ceiling };
    this.copies.push(this.#range);
    if (heard) write.done();
  }

  lose(): void {
    this.#waiting = undefined;
  }

  putBack(copy: number): void {
    this.#range = this.copies[copy % this.copies.length]!;
  }
}

type Event =
  | { readonly do: "ask" | "ask-anew" | "observe" | "notify" | "send" | "rederive" | "write" | "forget" }
  | { readonly do: "replay"; readonly which: number }
  | { readonly do: "kill"; readonly written: boolean }
  | { readonly do: "restore"; readonly which: number; readonly written: boolean }
  | { readonly do: "wait"; readonly ms: number };

type PlainName = Extract<
  Event,
  { do: "ask" | "ask-anew" | "observe" | "notify" | "send" | "rederive" | "write" | "forget" }
>["do"];
const plain = (weight: number, name: PlainName) => ({ weight, arbitrary: fc.constant<Event>({ do: name }) });
const written = fc.boolean();
const which = fc.nat(1000);
const replay = { weight: 5, arbitrary: fc.record({ do: fc.constant("replay" as const), which }) };
const kill = { weight: 2, arbitrary: fc.record({ do: fc.constant("kill" as const), written }) };
const restore = { weight: 2, arbitrary: fc.record({ do: fc.constant("restore" as const), which, written }) };
const wait = (min: number, max: number) => ({
  weight: 4,
  arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min, max }) }),
});
const TALK = [
  plain(6, "ask"),
  plain(2, "ask-anew"),
  plain(2, "observe"),
  plain(4, "notify"),
  plain(4, "send"),
  plain(2, "rederive"),
  plain(4, "write"),
  plain(1, "forget"),
  replay,
];

const WORLDS: ReadonlyArray<readonly [name: string, events: fc.Arbitrary<Event>]> = [
  [
    "killed at any write, old copies of the data put back, while the clock goes on",
    fc.oneof(...TALK, kill, restore, wait(0, 3000)),
  ],
  ["killed at any write, while the clock goes where it likes", fc.oneof(...TALK, kill, wait(-20, 20))],
  ["agreeing on new keys all the time", fc.oneof(plain(4, "rederive"), plain(1, "ask"), { ...replay, weight: 8 })],
];

class World {
  readonly clock = new TestClock();
  readonly seals = new Set<string>();
  /** Answers and requests of the gateway that went out protected. */
  protected = 0;
  readonly #mine = [credential(), credential({ id: "c-2", recipientId: "05", idContext: "aabb" })];
  readonly #disk = new Disk(this.clock);
  readonly #peers = this.#mine.map((mine) => end(new Credentials(otherEnd(mine)), { numbers: counter() }));
  readonly #heard: Message[] = [];
  #observations: ResponseSecurity[] = [];
  #turn = 0;
  #gateway: Oscore | undefined;

  /** Seals pass through here: the world ends when a nonce comes again under its key. */
  readonly #watch: AeadMaker = (row, key) => {
    const inner = aeadMaker(new CcmBench())(row, key);
    return {
      tagBytes: inner.tagBytes,
      open: (...rest) => inner.open(...rest),
      seal: (nonce, ...rest) => {
        const use = `${toHex(key)} ${toHex(nonce)}`;
        if (this.seals.has(use)) throw new Error("a nonce was used twice");
        this.seals.add(use);
        return inner.seal(nonce, ...rest);
      },
    };
  };

  async start(): Promise<void> {
    const opening = SenderSequence.open({ store: this.#disk, clock: this.clock });
    await this.#write();
    const numbers = await opening;
    const credentials = new Credentials(...this.#mine);
    this.#gateway = new Oscore({ credentials, clock: this.clock, numbers, aead: this.#watch });
    this.#observations = [];
  }

  async live(event: Event): Promise<void> {
    this.#turn += 1;
    switch (event.do) {
      case "ask":
      case "ask-anew":
      case "observe":
      case "rederive":
        this.#ask(event.do);
        break;
      case "notify":
        for (const security of this.#observations) this.#count(security.protectFresh(reply("2.05", `${this.#turn}`)));
        break;
      case "send":
        this.#count(this.#gateway!.client.protectRequest(this.#credential(), request("GET", `${this.#turn}`)));
        break;
      case "replay": {
        const message = this.#heard[event.which % this.#heard.length];
        if (message !== undefined) this.#deliver(message);
        break;
      }
      case "write":
        await this.#write();
        break;
      case "forget":
        this.#gateway!.forget(this.#credential().id);
        break;
      case "wait":
        this.clock.advance(event.ms);
        break;
      case "kill":
      case "restore":
        if (event.written) this.#disk.settle(false);
        else this.#disk.lose();
        if (event.do === "restore") this.#disk.putBack(event.which);
        await this.start();
    }
  }

  /** The peer asks until it is heard, or gives up; the answer to each is different. */
  #ask(how: "ask" | "ask-anew" | "observe" | "rederive"): void {
    const peer = this.#peers[this.#turn % 2]!;
    const theirs = otherEnd(this.#credential());
    const observe = how === "observe" ? [{ number: OPTION.observe, value: EMPTY }] : [];
    let asked = request("POST", `${this.#turn}`, ...observe);
    for (let round = 0; round < 4; round++) {
      const sent = peer.client.protectRequest(theirs, asked, { rederive: how === "rederive" && round === 0 });
      if (sent === undefined) return;
      const message = asMessage(sent);
      this.#heard.push(message);
      const answer = this.#deliver(message);
      const verdict = answer && sent.open(answerMessage(answer));
      // A peer whose keys the gateway has forgotten begins anew.
      if (verdict?.kind === "unverified" && how === "ask-anew") how = "rederive";
      else if (verdict?.kind !== "again") return;
      else asked = verdict.request;
    }
  }

  /** The quick way, if it is one for it; every other time what that has opened is left to the general way. */
  #deliver(message: Message) {
    const [first] = message.options;
    const datagram = encodeMessage(message);
    const { quick } = this.#gateway!;
    const optionStart = 4 + message.token.length + 1;
    const plain = first?.number === OPTION.oscore && first.value.length <= 12;
    if (plain && quick.open(datagram, optionStart, optionStart + first.value.length) && this.#turn % 4 < 2) {
      quick.seal(new Uint8Array(64), 0, 10);
      this.protected += 1;
      return undefined;
    }
    return this.#answer(this.#gateway!.openRequest(decodeMessage(datagram), "p"));
  }

  #answer(outcome: OpenedRequest) {
    if (outcome.kind === "refused") {
      this.#count(outcome.reply);
      return outcome.reply;
    }
    this.#observations.push(outcome.security);
    this.#count(outcome.security.protect(reply("2.05", `first ${this.#turn}`)));
    return outcome.security.protect(reply("2.05", `second ${this.#turn}`));
  }

  #count(out: { readonly options: Message["options"] } | undefined): void {
    if (out?.options.some(({ number }) => number === OPTION.oscore)) this.protected += 1;
  }

  async #write(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) {
      this.#disk.settle(true);
      await Promise.resolve();
    }
  }

  #credential() {
    return this.#mine[this.#turn % 2]!;
  }
}

test.each(WORLDS)("no key ever meets a nonce twice: %s", async (_name, event) => {
  let said = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 20, maxLength: 120 }), async (events) => {
      const world = new World();
      await world.start();
      for (const each of events) await world.live(each);
      said += world.protected;
    }),
    { numRuns: 40 },
  );
  expect(said).toBeGreaterThan(300); // it was not silent all the time
});

test("every earlier copy of the data, put back at once, begins above all that was used", async () => {
  const clock = new TestClock();
  const disk = new Disk(clock);
  const used: number[] = [];
  const run = async (numbers: number): Promise<void> => {
    const opening = SenderSequence.open({ store: disk, clock });
    for (let turn = 0; turn < 5; turn++) {
      disk.settle(true);
      await Promise.resolve();
    }
    const sequence = await opening;
    for (let i = 0; i < numbers; i++) {
      clock.advance(5);
      const number = sequence.next();
      if (number !== undefined) used.push(number);
      disk.settle(true);
      await sequence.settled();
    }
  };
  await run(500);
  for (let copy = 0; copy < disk.copies.length && copy < 40; copy++) {
    disk.putBack(copy);
    await run(50);
  }
  expect(new Set(used).size).toBe(used.length);
  expect(used.length).toBeGreaterThan(1000);
  expect(millis(Math.max(...used))).toBeLessThan(2 ** 21); // at the clock's pace
});
