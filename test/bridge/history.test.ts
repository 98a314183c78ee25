/** docs/mqtt/history.ts: whatever MQTT does to a stream of events, a complete and ordered history comes out. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { connect } from "mqtt";
import { openEmbeddedBroker } from "../../cloud-bridge/mqtt/link/embedded-broker.ts";
import { History, historiesAfter, type Numbers, type Range, type Step } from "../../docs/mqtt/history.ts";
import type { SidgateEvent } from "../../docs/mqtt/sidgate-mqtt.d.ts";
import { follow } from "../../docs/mqtt/subscriber.ts";
import { inDrill } from "../support/drill.ts";

const SEED = { seed: 20261122, numRuns: inDrill(100, 20_000) };

const event = (seq: number, prev: number, epoch = 3): Numbers => ({ seq: `${seq}`, "prev-seq": `${prev}`, epoch });
const overflow = (seq: number, prev: number, epoch = 3): Numbers => ({
  ...event(seq, prev, epoch),
  type: "journal.overflow",
});
/** A chain of events with these numbers. */
const chain = (seqs: readonly number[], epoch = 3): Numbers[] =>
  seqs.map((seq, at) => event(seq, seqs[at - 1] ?? 0, epoch));

const shown = (step: Step<Numbers>): string =>
  "message" in step
    ? `${step.message.epoch}/${step.message.seq}${step.message.type === undefined ? "" : " overflow"}`
    : `lost ${step.lost.epoch}/${step.lost.from}-${step.lost.to}`;
const fed = (history: History<Numbers>, messages: readonly Numbers[]): string[] =>
  messages.flatMap((message) => history.take(message, message)).map(shown);

describe("a history", () => {
  const ROWS: ReadonlyArray<readonly [title: string, given: readonly Numbers[], told: readonly string[], gap?: Range]> =
    [
      ["starts with the first that comes", [event(41, 40), event(44, 41)], ["3/41", "3/44"]],
      ["takes holes in seq as no gaps", chain([1, 5, 9]), ["3/1", "3/5", "3/9"]],
      ["leaves out what was here before", [...chain([1, 5]), event(1, 0), event(5, 1)], ["3/1", "3/5"]],
      ["leaves out what lies before its start", [event(41, 40), event(40, 38), event(42, 41)], ["3/41", "3/42"]],
      [
        "holds what comes too early, and says what is missing",
        [...chain([1, 2]), event(9, 7), event(12, 9)],
        ["3/1", "3/2"],
        { epoch: 3, from: "3", to: "12" },
      ],
      [
        "goes on when the gap is closed, whatever came first",
        [...chain([1, 2]), event(9, 7), event(7, 4), event(4, 2)],
        ["3/1", "3/2", "3/4", "3/7", "3/9"],
      ],
      ["goes over to a new epoch", [...chain([7, 8]), ...chain([3, 4], 9)].slice(1), ["3/8", "9/3", "9/4"]],
      [
        "finds a gap at the start of an epoch",
        [...chain([7]), event(5, 3, 9)],
        ["3/7"],
        { epoch: 9, from: "1", to: "5" },
      ],
      [
        "leaves out what comes late of an epoch that is over",
        [...chain([7]), ...chain([1], 9), event(8, 7)],
        ["3/7", "9/1"],
      ],
      [
        "tells what an overflow stands for",
        [...chain([1, 2]), overflow(9, 2), event(10, 9)],
        ["3/1", "3/2", "lost 3/3-8", "3/9 overflow", "3/10"],
      ],
      [
        "keeps what it has of an overflow's range",
        [...chain([1]), event(5, 3), overflow(9, 1)],
        ["3/1", "lost 3/2-3", "3/5", "lost 3/6-8", "3/9 overflow"],
      ],
      [
        "knows an overflow of what it had seen, since the broker did not say so",
        [...chain([1, 2, 3]), overflow(3, 1), event(4, 3)],
        ["3/1", "3/2", "3/3", "3/4"],
      ],
      [
        "prefers the event to the overflow that has its number",
        [...chain([1]), event(5, 3), overflow(5, 1)],
        ["3/1", "lost 3/2-3", "3/5"],
      ],
      [
        "reads numbers of 64 bits",
        [
          { seq: "18446744073709551614", "prev-seq": "9007199254740993", epoch: 3 },
          { seq: "18446744073709551615", "prev-seq": "18446744073709551614", epoch: 3 },
        ],
        ["3/18446744073709551614", "3/18446744073709551615"],
      ],
    ];
  test.each(ROWS.map(([title, given, told, gap]) => [title, given, told, gap] as const))(
    "%s",
    (_title, given, told, gap) => {
      const history = new History<Numbers>();
      expect(fed(history, given)).toEqual(told);
      expect(history.gap()).toEqual(gap);
    },
  );

  test("goes on where it was at its end", () => {
    const first = new History<Numbers>();
    fed(first, chain([1, 2]));
    const second = new History<Numbers>(first.position);
    expect(fed(second, [event(2, 1), event(9, 4)])).toEqual([]);
    expect(second.gap()).toEqual({ epoch: 3, from: "3", to: "9" });
  });

  test("asks for the end of the history when the site is further than it knows", () => {
    const history = new History<Numbers>();
    expect(history.behind(3, "9")).toBeUndefined(); // it has no beginning yet
    fed(history, chain([1, 2]));
    expect(history.behind(3, "3")).toBeUndefined();
    expect(history.behind(3, "9")).toEqual({ epoch: 3, from: "3", to: "8" });
    expect(history.behind(9, "4")).toEqual({ epoch: 9, from: "1", to: "3" });
  });

  test("goes on without what the site no longer keeps, and asks for the rest", () => {
    const history = new History<Numbers>();
    fed(history, [...chain([1]), event(20, 18)]);
    expect(history.notKept(3, "10").map(shown)).toEqual([]);
    expect(history.gap()).toEqual({ epoch: 3, from: "10", to: "20" });
    expect(fed(history, [event(18, 12), event(12, 7)])).toEqual(["lost 3/2-7", "3/12", "3/18", "3/20"]);
  });

  test("gives up an epoch that the site has left", () => {
    const history = new History<Numbers>();
    fed(history, [...chain([1]), event(20, 18), ...chain([2, 3], 9)]);
    expect(history.gap()).toEqual({ epoch: 3, from: "2", to: "20" });
    expect(history.notKept(9, "1").map(shown)).toEqual(["lost 3/2-18", "3/20", "9/2", "9/3"]);
  });
});

describe("what a history asks for", () => {
  const END = `${2n ** 53n - 1n}`;
  const status = (next: string, epoch = 3) => ({ epoch, "next-seq": next });
  const begun = (): History<Numbers> => {
    const history = new History<Numbers>();
    fed(history, chain([1, 2]));
    return history;
  };

  test("is a gap, again and again, with ever more patience while nobody answers", () => {
    const history = begun();
    fed(history, [event(9, 7)]);
    const asked = Array.from({ length: 400 }, (_none, second) => second).filter((second) => history.ask(second * 1000));
    expect(asked).toEqual([0, 5, 15, 35, 75, 155, 235, 315, 395]);
    history.learn(status("10"));
    expect(history.ask(475_000)).toEqual({ epoch: 3, from: "3", to: "9" });
    expect([history.ask(479_999), history.ask(480_000)]).toEqual([undefined, { epoch: 3, from: "3", to: "9" }]);
  });

  test("is the end that a status shows, until that was sent or is refused", () => {
    for (const answer of [{ status: "completed" }, { status: "failed", code: 400 }]) {
      const history = begun();
      history.learn(status("9"));
      const range = { epoch: 3, from: "3", to: "8" };
      expect([history.ask(0), history.ask(4_999), history.ask(5_000)]).toEqual([range, undefined, range]);
      history.learn({ status: "accepted" });
      history.learn({ status: "failed", code: 409 }); // there are too many replays
      expect(history.ask(60_000)).toEqual(range);
      history.learn(answer);
      expect(history.ask(600_000)).toBeUndefined();
    }
  });

  test("is a gap first, then the end beyond it", () => {
    const history = begun();
    history.learn(status("20"));
    fed(history, [event(9, 7)]);
    expect(history.ask(0)).toEqual({ epoch: 3, from: "3", to: "9" });
    fed(history, [event(7, 2)]);
    history.learn({ status: "completed" });
    expect(history.ask(60_000)).toEqual({ epoch: 3, from: "10", to: "19" });
  });

  test("is all that there is when the broker has forgotten us, and after a start", () => {
    const forgotten = begun();
    forgotten.forgotten();
    const lines = ["a", "b"].map((site) => JSON.stringify({ site, message: event(2, 1) })).join("\n");
    const sites = historiesAfter(
      `${lines}\n${JSON.stringify({ site: "b", lost: { epoch: 3, from: "3", to: "7" } })}\n`,
    );
    expect([...sites.keys()]).toEqual(["a", "b"]);
    expect(forgotten.ask(0)).toEqual({ epoch: 3, from: "3", to: END });
    expect(sites.get("a")?.ask(0)).toEqual({ epoch: 3, from: "3", to: END });
    expect(sites.get("b")?.ask(0)).toEqual({ epoch: 3, from: "8", to: END });
    expect(historiesAfter("").size).toBe(0);
  });

  test("is what is kept, at once, when the beginning is not", () => {
    const history = new History<Numbers>({ epoch: 0, seq: 0n });
    expect(history.ask(0)).toEqual({ epoch: 0, from: "1", to: END });
    const refusal = { status: "failed", code: 409, epoch: 3, "oldest-seq": "27" };
    expect(history.learn(refusal)).toEqual([]);
    expect(history.ask(1)).toEqual({ epoch: 3, from: "27", to: END });
    expect(fed(history, [event(28, 25)])).toEqual(["lost 3/1-25", "3/28"]);
  });
});

/** A site's events, by epoch, with holes in seq. */
const site = fc
  .array(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 3 })
  .map((epochs) =>
    epochs.map((steps, index) => {
      let seq = 0;
      return chain(
        steps.map((step) => {
          seq += step;
          return seq;
        }),
        index + 1,
      );
    }),
  );

/** What a broker may make of one epoch: each message any number of times, in any order. */
const delivered = (messages: readonly Numbers[]): fc.Arbitrary<readonly Numbers[]> =>
  fc
    .array(fc.record({ at: fc.nat({ max: messages.length - 1 }), copies: fc.nat({ max: 2 }) }), {
      maxLength: messages.length * 2,
    })
    .map((rows) => rows.flatMap(({ at, copies }) => Array.from({ length: copies }, () => messages[at] as Numbers)));

const seqsOf = (messages: readonly Numbers[]): string[] => messages.map(({ epoch, seq }) => `${epoch}/${seq}`);

/** What the site would send again. */
const replay = (kept: readonly Numbers[], { epoch, from, to }: Range): readonly Numbers[] =>
  kept.filter((each) => each.epoch === epoch && Number(each.seq) >= Number(from) && Number(each.seq) <= Number(to));

describe("whatever MQTT does", () => {
  test("in any order, with losses and duplicates: replays make the history whole", () => {
    const story = site.chain((epochs) =>
      fc.record({
        epochs: fc.constant(epochs),
        streams: fc.tuple(...epochs.map(delivered)),
        order: fc.infiniteStream(fc.nat()),
      }),
    );
    fc.assert(
      fc.property(story, ({ epochs, streams, order }) => {
        const [start] = epochs[0] ?? [];
        if (start === undefined) return;
        const history = new History<Numbers>({ epoch: 1, seq: 0n });
        const told: string[] = [];
        /** Replays come in any order, too, and some of it is lost again; in the end something comes through. */
        const heal = (range: Range | undefined): void => {
          const again = range === undefined ? [] : [...replay(epochs.flat(), range)];
          while (again.length > 0) {
            const [message] = again.splice((order.next().value ?? 0) % again.length, 1);
            if (message !== undefined && (order.next().value ?? 0) % 5 !== 0) told.push(...fed(history, [message]));
          }
        };
        for (const [index, stream] of streams.entries()) {
          told.push(...fed(history, stream));
          const next = Number(epochs[index]?.at(-1)?.seq) + 1;
          for (let round = 0; round < 200; round++) {
            const range = history.gap() ?? history.behind(index + 1, `${next}`);
            if (range === undefined) break;
            heal(range);
          }
        }
        expect(told).toEqual(seqsOf(epochs.flat()));
        expect(history.gap()).toBeUndefined();
      }),
      SEED,
    );
  });

  test("from the middle of a stream: whole and in order from the first on", () => {
    const story = site.chain(([messages = []]) =>
      fc.record({ messages: fc.constant(messages), stream: delivered(messages) }),
    );
    fc.assert(
      fc.property(story, ({ messages, stream }) => {
        const [first] = stream;
        if (first === undefined) return;
        const history = new History<Numbers>();
        const told = fed(history, stream);
        for (let range = history.gap(); range !== undefined; range = history.gap()) {
          told.push(...fed(history, replay(messages, range)));
        }
        const last = Math.max(...stream.map(({ seq }) => Number(seq)));
        const expected = messages.filter(({ seq }) => Number(seq) >= Number(first.seq) && Number(seq) <= last);
        expect(told).toEqual(seqsOf(expected));
      }),
      SEED,
    );
  });

  test("with a range that was dropped: in order, and nothing is missing that is not said to be lost", () => {
    const story = site.chain(([messages = []]) =>
      fc.record({
        messages: fc.constant(messages),
        range: fc.tuple(fc.nat({ max: messages.length - 1 }), fc.nat({ max: messages.length - 1 })),
        stream: delivered(messages),
        order: fc.infiniteStream(fc.nat()),
      }),
    );
    fc.assert(
      fc.property(story, ({ messages, range, stream, order }) => {
        const [from, to] = [Math.min(...range), Math.max(...range)];
        const [first, last] = [messages[from], messages[to]];
        if (first === undefined || last === undefined) return;
        const marker = { ...overflow(Number(last.seq), Number(first["prev-seq"])), epoch: 1 };
        const kept = [...messages.slice(0, from), marker, ...messages.slice(to + 1)];
        const all = [...stream, ...kept];
        const history = new History<Numbers>({ epoch: 1, seq: 0n });
        const steps: Step<Numbers>[] = [];
        while (all.length > 0) {
          const [message] = all.splice((order.next().value ?? 0) % all.length, 1);
          if (message !== undefined) steps.push(...history.take(message, message));
        }
        let done = 0;
        for (const step of steps) {
          if ("lost" in step) {
            expect(Number(step.lost.from)).toBe(done + 1);
            expect(Number(step.lost.to)).toBeGreaterThan(done);
            // Nothing outside of what was dropped is given up.
            const given = messages.filter(
              ({ seq }) => Number(seq) >= Number(step.lost.from) && Number(seq) <= Number(step.lost.to),
            );
            expect(given.every((each) => messages.indexOf(each) >= from && messages.indexOf(each) <= to)).toBe(true);
            done = Number(step.lost.to);
            continue;
          }
          expect(Number(step.message.seq)).toBeGreaterThan(done);
          if (step.message.type === undefined) {
            expect(messages.filter(({ seq }) => Number(seq) > done && Number(seq) < Number(step.message.seq))).toEqual(
              [],
            );
          }
          done = Number(step.message.seq);
        }
        expect(done).toBe(Number(messages.at(-1)?.seq));
        expect(history.gap()).toBeUndefined();
      }),
      SEED,
    );
  });
});

test("the example subscriber has a site send again what the broker lost at the end, where no event shows it", async () => {
  const broker = await openEmbeddedBroker(0);
  const bridge = connect(broker.url);
  const stream = chain([1, 2, 5, 6, 9]);
  const publish = (topic: string, payload: object): unknown =>
    bridge.publish(`sidgate/1/s-5kq2/${topic}`, JSON.stringify(payload), { qos: 1 });
  const told: string[] = [];
  let ended: (() => void) | undefined;
  const end = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const asked: unknown[] = [];
  bridge.on("message", (_topic, payload) => {
    const range: Range = JSON.parse(payload.toString());
    asked.push([range.epoch, range.from, range.to]);
    for (const message of replay(stream, range)) publish("event", message);
  });
  await new Promise<void>((resolve) =>
    bridge.subscribe("sidgate/1/s-5kq2/by/+/cmd/replay", { qos: 1 }, () => resolve()),
  );
  const consumer = follow(broker.url, "my-app", (site, step: Step<SidgateEvent>) => {
    told.push(`${site} ${"message" in step ? step.message.seq : "lost"}`);
    if (told.length === stream.length) ended?.();
  });
  // Its subscriptions are made in one packet, so this one is there once they all are.
  await new Promise<void>((resolve) => consumer.on("packetreceive", ({ cmd }) => cmd === "suback" && resolve()));
  for (const message of [stream[0], stream[1]]) publish("event", message ?? {});
  publish("g/gw-1/status", { state: "online", epoch: 3, "next-seq": "12" }); // the broker had forgotten the others
  await end;
  expect(told).toEqual(["1", "2", "5", "6", "9"].map((seq) => `s-5kq2 ${seq}`));
  expect(asked).toEqual([[3, "3", "11"]]);
  await Promise.all([consumer.endAsync(), bridge.endAsync()]);
  await broker.close();
});
