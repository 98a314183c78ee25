/** The node machine, step by step: what it commands after each event. No network, no time but the one given. */
import { describe, expect, test } from "@jest/globals";
import { type Millis, millis, seconds } from "../../gateway/base/index.ts";
import type { Block } from "../../gateway/sim/node/download.ts";
import type { ImageFacts } from "../../gateway/sim/node/image.ts";
import { type Command, type NodeEvent, step } from "../../gateway/sim/node/node.ts";
import { type Node, newNode, type Profile } from "../../gateway/sim/node/node-state.ts";
import { targetTemperature } from "../../gateway/sim/node/settings.ts";
import { EMPTY_REPLY, type Offer, type Reply, type Report } from "../../gateway/sim/speech/check-in.ts";

const OLD: ImageFacts = { digest: "01".repeat(32), model: "rs", version: "1.0.0" };
const NEW: ImageFacts = { digest: "02".repeat(32), model: "rs", version: "2.0.0" };
const OFFER: Offer = { digest: NEW.digest, size: 160, uri: "f/ABC" };
const PROFILE: Profile = {
  endpoint: "sim-0001",
  model: "rs",
  hardware: "A1",
  wakeInterval: seconds(60),
  szx: 2,
  blocksPerWake: 2,
  rebootWakes: 2,
  capacity: 1000,
  fault: "none",
  recipient: undefined,
  extra: [],
  encodings: 0,
};
const ROOM = { temperature: 2000, humidity: 40 };

/** Events by hand, with a clock that each test moves itself. */
class Bench {
  node: Node;
  at: Millis = millis(0);
  commands: readonly Command[] = [];

  constructor(profile: Partial<Profile> = {}) {
    this.node = newNode({ ...PROFILE, ...profile }, OLD, millis(0));
    this.wake();
    this.boot();
  }

  #happens(event: NodeEvent): this {
    const next = step(this.node, event);
    this.node = next.node;
    this.commands = next.commands;
    return this;
  }
  wake(room = ROOM): this {
    if (this.node.activity.state === "asleep" || this.node.activity.state === "rebooting") {
      this.at = millis(Math.max(this.at, this.node.activity.until));
    }
    return this.#happens({ type: "woke", at: this.at, room });
  }
  boot(image: ImageFacts = OLD): this {
    return this.#happens({ type: "booted", at: this.at, room: ROOM, image });
  }
  hears(reply: Partial<Reply> = {}): this {
    return this.#happens({ type: "answered", at: this.at, reply: { ...EMPTY_REPLY, ...reply } });
  }
  hearsNothing(): this {
    return this.#happens({ type: this.node.activity.state === "fetching" ? "block-lost" : "unanswered", at: this.at });
  }
  isRefused(code: string): this {
    return this.#happens({
      type: this.node.activity.state === "fetching" ? "block-refused" : "refused",
      at: this.at,
      code,
    });
  }
  gets(block: Partial<Block>): this {
    const whole: Block = { num: 0, szx: 2, more: true, etag: "aa", bytes: new Uint8Array(64), ...block };
    return this.#happens({ type: "block", at: this.at, block: whole });
  }
  examines(image: ImageFacts): this {
    return this.#happens({ type: "examined", at: this.at, image });
  }
  /** All three blocks over two wakes, up to the digest. */
  fetchesAll(): this {
    this.gets({ num: 0 }).gets({ num: 1 }).wake().hears({ offer: OFFER });
    return this.gets({ num: 2, more: false, bytes: new Uint8Array(32) });
  }
  get report(): Report | undefined {
    for (const command of this.commands) if (command.do === "report") return command.report;
    return undefined;
  }
  get does(): readonly string[] {
    return this.commands.map((command) => (command.do === "fetch" ? `fetch ${command.num}` : command.do));
  }
}

describe("reports", () => {
  test("the first one says everything and starts a series", () => {
    const { report } = new Bench();
    expect(report).toMatchObject({ number: 0, applied: 0, brief: false, samples: [] });
    expect(report?.leaves).toEqual({
      model: "rs",
      hardware: "A1",
      bootCount: 1,
      wakeInterval: 60,
      runningDigest: OLD.digest,
      runningVersion: "1.0.0",
      phase: "idle",
      ...ROOM,
    });
  });

  test("later ones say what changed", () => {
    const bench = new Bench().hears().wake({ temperature: 2010, humidity: 40 });
    expect(bench.report).toEqual({
      number: 1,
      applied: undefined,
      leaves: { temperature: 2010 },
      samples: [],
      brief: true,
    });
  });

  test("a lost answer: the same report again until there is one, the readings meanwhile as samples", () => {
    const bench = new Bench().hears().wake({ temperature: 2010, humidity: 40 });
    const lost = bench.report;
    bench.hearsNothing().wake({ temperature: 2020, humidity: 41 });
    expect(bench.report).toBe(lost);
    bench.hearsNothing().wake({ temperature: 2030, humidity: 42 });
    expect(bench.report).toBe(lost);
    bench.hears().wake({ temperature: 2040, humidity: 42 });
    expect(bench.report).toEqual({
      number: 2,
      applied: undefined,
      leaves: { temperature: 2040, humidity: 42 },
      samples: [
        { age: seconds(120), leaves: { temperature: 2020, humidity: 41 } },
        { age: seconds(60), leaves: { temperature: 2030, humidity: 42 } },
      ],
      brief: true,
    });
  });

  test("5.03 is repeated, 4.04 starts a new series that says everything", () => {
    const bench = new Bench().hears().wake();
    const { report } = bench;
    expect(bench.isRefused("5.03").wake().report).toBe(report);
    bench.isRefused("4.04").wake();
    expect(bench.report).toMatchObject({ number: 0, applied: 0, leaves: { model: "rs", phase: "idle" } });
  });

  test("'more' is answered by another report in the same wake, at most four", () => {
    const bench = new Bench();
    const rounds = [1, 2, 3, 4].map(() => bench.hears({ more: true }).does[0]);
    expect(rounds).toEqual(["report", "report", "report", "sleep"]);
  });
});

describe("edits", () => {
  const setPoint = (value: unknown) => [{ path: "/sidgate-building:room/set-point", value }];

  test("are applied once, and their revision is told once", () => {
    const bench = new Bench().hears({ revision: 3, edits: setPoint(22.5) });
    expect(targetTemperature(bench.node.settings)).toBe(2250);
    expect(bench.wake().report?.applied).toBe(3);
    bench.hears({ revision: 3, edits: setPoint(30) });
    expect(targetTemperature(bench.node.settings)).toBe(2250);
    expect(bench.wake().report?.applied).toBeUndefined();
  });

  test("null brings the default back", () => {
    const bench = new Bench().hears({ revision: 1, edits: setPoint(25) });
    bench.wake().hears({ revision: 2, edits: setPoint(null) });
    expect(targetTemperature(bench.node.settings)).toBe(2000);
  });

  test("null on a container or a list entry removes what is below", () => {
    const at = (path: string, value: unknown) => ({ path: `/sidgate-building:room${path}`, value });
    const bench = new Bench().hears({
      revision: 1,
      edits: [at("/mode", 0), at("/period[06:00]/set-point", 20), at("/period[08:00]/set-point", 21)],
    });
    bench.wake().hears({ revision: 2, edits: [at("/period[06:00]", null)] });
    expect([...bench.node.settings.values()]).toEqual([0, 21]);
    bench.wake().hears({ revision: 3, edits: [at("", null)] });
    expect(bench.node.settings.size).toBe(0);
  });

  const WAKES: ReadonlyArray<readonly [name: string, reply: Partial<Reply>, seconds: number]> = [
    ["the regular interval", {}, 60],
    ["a hint", { nextWake: seconds(100) }, 100],
    ["a hint that is too near", { nextWake: seconds(1) }, 15],
    ["a hint that is too far", { nextWake: seconds(86_400) }, 240],
    ["a new interval", { revision: 1, edits: [{ path: "/sidgate-node:node/wake-interval", value: 300 }] }, 300],
  ];
  test.each(WAKES)("the next wake: %s", (_name, reply, after) => {
    expect(new Bench().hears(reply).commands).toEqual([{ do: "sleep", until: seconds(after) }]);
  });
});

describe("an update", () => {
  test("goes from the offer to the new digest, over sleeps", () => {
    const bench = new Bench().hears({ offer: OFFER });
    expect(bench.does).toEqual(["erase", "fetch 0"]);
    expect(bench.gets({ num: 0 }).does).toEqual(["store", "fetch 1"]);
    expect(bench.gets({ num: 1 }).does).toEqual(["store", "sleep"]); // two blocks per wake
    expect(bench.wake().report?.leaves).toEqual({ phase: "downloading", wantedDigest: NEW.digest, received: 128 });
    expect(bench.hears({ offer: OFFER }).does).toEqual(["fetch 2"]); // resumes, erases nothing
    expect(bench.gets({ num: 2, more: false, bytes: new Uint8Array(32) }).does).toEqual(["store", "examine"]);
    expect(bench.examines(NEW).report?.leaves).toEqual({ phase: "verifying", received: 160 });
    bench.hears({ offer: OFFER }).wake();
    expect(bench.report?.leaves).toEqual({ phase: "applying" });
    bench.hears({ offer: OFFER }).wake();
    expect(bench.report?.leaves).toEqual({ phase: "rebooting" });
    const asleepFrom = bench.at;
    expect(bench.hears({ offer: OFFER }).commands).toEqual([{ do: "sleep", until: asleepFrom + 120_000 }]); // rebootWakes 2
    expect(bench.wake().commands).toEqual([{ do: "boot", bank: "new" }]);
    expect(bench.boot(NEW).report).toMatchObject({
      number: 0,
      leaves: { bootCount: 2, phase: "idle", runningDigest: NEW.digest, runningVersion: "2.0.0" },
    });
    expect(bench.hears({ offer: OFFER }).does).toEqual(["sleep"]); // it runs that already
    expect(bench.node.updatesDone).toBe(1);
  });

  test("a phase waits until the gateway has heard of it", () => {
    const bench = new Bench().hears({ offer: OFFER }).fetchesAll().examines(NEW).hearsNothing().wake();
    expect(bench.report?.leaves.phase).toBe("verifying");
    expect(bench.hears().wake().report?.leaves.phase).toBe("applying");
  });

  test("a lost block ends the wake; the next one asks for the same", () => {
    const bench = new Bench().hears({ offer: OFFER }).gets({ num: 0 }).hearsNothing();
    expect(bench.does).toEqual(["sleep"]);
    expect(bench.wake().hears({ offer: OFFER }).does).toEqual(["fetch 1"]);
    expect(bench.gets({ num: 0 }).does).toEqual(["fetch 1"]); // a late copy is not stored
  });

  test("another ETag starts from block 0", () => {
    const bench = new Bench().hears({ offer: OFFER }).gets({ num: 0, etag: "aa" });
    expect(bench.gets({ num: 1, etag: "bb" }).does).toEqual(["sleep"]);
    expect(bench.wake().hears().does).toEqual(["fetch 0"]);
  });

  test("a wrong digest fails it at once; the same offer counts again from the next answer on", () => {
    const bench = new Bench()
      .hears({ offer: OFFER })
      .fetchesAll()
      .examines({ ...NEW, digest: "03" });
    expect(bench.report?.leaves).toEqual({ phase: "failed", reason: "digest-mismatch", received: 160 });
    expect(bench.hears({ offer: OFFER }).does).toEqual(["sleep"]); // written before the gateway knew
    expect(bench.wake().hears({ offer: OFFER }).does).toEqual(["erase", "fetch 0"]);
    expect(bench.fetchesAll().examines({ ...NEW, digest: "03" }).report?.leaves.phase).toBe("failed"); // told again
  });

  test("an image for another model is not applied", () => {
    const bench = new Bench()
      .hears({ offer: OFFER })
      .fetchesAll()
      .examines({ ...NEW, model: "valve" });
    expect(bench.report?.leaves).toMatchObject({ phase: "failed", reason: "wrong-model" });
  });

  test("another offer in the middle of one starts from scratch", () => {
    const bench = new Bench().hears({ offer: OFFER }).gets({ num: 0 }).hearsNothing().wake();
    expect(bench.hears({ offer: { ...OFFER, digest: "04".repeat(32) } }).does).toEqual(["erase", "fetch 0"]);
  });

  test("4.04 for a block: the image was taken back", () => {
    const bench = new Bench().hears({ offer: OFFER }).isRefused("4.04");
    expect(bench.node.update.phase).toBe("idle");
  });

  test("an image larger than the flash: no-space, told in the same wake", () => {
    const bench = new Bench().hears({ offer: { ...OFFER, size: 1001 } });
    expect(bench.report?.leaves).toMatchObject({ phase: "failed", reason: "no-space" });
  });
});

describe("user-experience.md §2.3: an update that is not to be applied yet", () => {
  const later = (applyIn: number) => ({ offer: { ...OFFER, applyIn } });
  const fetched = (applyIn: number): Bench => {
    const bench = new Bench().hears(later(applyIn)).gets({ num: 0 }).gets({ num: 1 }).wake().hears(later(applyIn));
    return bench.gets({ num: 2, more: false, bytes: new Uint8Array(32) }).examines(NEW);
  };

  test("is fetched and verified, then it waits and says so", () => {
    const bench = fetched(100_000);
    expect(bench.report?.leaves).toEqual({ phase: "waiting-window", received: 160 });
    expect(bench.hears(later(99_000)).does).toEqual(["sleep"]);
    expect(bench.wake().report?.leaves).toEqual({});
    expect(bench.hears(later(98_000)).does).toEqual(["sleep"]);
    expect(bench.wake().hears({ offer: OFFER }).wake().report?.leaves).toEqual({ phase: "applying" });
  });

  test("counts its seconds itself when nobody tells it anew", () => {
    const bench = fetched(170);
    const until = bench.at + 170_000;
    bench.hears();
    while (bench.wake().at < until) expect(bench.hears().node.update.phase).toBe("waiting-window");
    expect(bench.hears().node.update.phase).toBe("applying");
  });

  test("waits for ever where nobody can say when", () => {
    const bench = fetched(0xffff_ffff).hears();
    for (let wakes = 0; wakes < 100; wakes++) bench.wake().hears();
    expect(bench.node.update.phase).toBe("waiting-window");
  });

  test("the window closes between the last block and the application", () => {
    const bench = new Bench().hears({ offer: OFFER }).fetchesAll().examines(NEW);
    expect(bench.hears(later(500)).wake().report?.leaves).toEqual({ phase: "waiting-window" });
    expect(bench.hears({ offer: OFFER }).wake().report?.leaves).toEqual({ phase: "applying" });
  });
});

describe("user-experience.md §2.3: a new image that has to hear an answer", () => {
  const CONFIRM = { offer: { ...OFFER, confirmWithin: 600 } };
  const booted = (): Bench => {
    const bench = new Bench().hears(CONFIRM).gets({ num: 0 }).gets({ num: 1 }).wake().hears(CONFIRM);
    bench.gets({ num: 2, more: false, bytes: new Uint8Array(32) }).examines(NEW);
    bench.hears(CONFIRM).wake().hears(CONFIRM).wake().hears(CONFIRM).wake();
    expect(bench.commands).toEqual([{ do: "boot", bank: "new" }]);
    return bench.boot(NEW);
  };

  test("is confirming until it hears one, then done", () => {
    const bench = booted();
    expect(bench.report).toMatchObject({ number: 0, leaves: { phase: "confirming", runningDigest: NEW.digest } });
    expect([bench.hears().node.update.phase, bench.node.updatesDone]).toEqual(["done", 1]);
    expect(bench.wake().report?.leaves).toEqual({ phase: "done" });
    expect(bench.hears(CONFIRM).does).toEqual(["sleep"]);
  });

  test("tries again before its time is over, then the former one comes back and says so", () => {
    const bench = booted();
    const until = bench.at + 600_000;
    let tries = 0;
    for (bench.hearsNothing().wake(); bench.at < until; bench.hearsNothing().wake()) tries++;
    expect([bench.at, tries]).toEqual([until, 9]);
    expect(bench.commands).toEqual([{ do: "boot", bank: "former" }]);
    expect(bench.boot(OLD).report?.leaves).toMatchObject({
      phase: "rolled-back",
      reason: "boot-failed",
      runningDigest: OLD.digest,
      wantedDigest: NEW.digest,
      bootCount: 3,
    });
    expect(bench.node.updatesDone).toBe(0);
  });
});

describe("nodes with a fault", () => {
  test("boot-failed: the old image comes up and says rolled-back", () => {
    const bench = new Bench({ fault: "boot-failed" }).hears({ offer: OFFER }).fetchesAll().examines(NEW);
    bench.hears().wake().hears().wake().hears().wake();
    expect(bench.commands).toEqual([{ do: "boot", bank: "old" }]);
    expect(bench.boot(OLD).report?.leaves).toMatchObject({
      phase: "rolled-back",
      reason: "boot-failed",
      runningDigest: OLD.digest,
      bootCount: 2,
    });
  });

  test("no-space: refuses the offer", () => {
    const bench = new Bench({ fault: "no-space" }).hears({ offer: OFFER });
    expect(bench.report?.leaves).toMatchObject({ phase: "failed", reason: "no-space" });
  });

  test("flash-error: gives up half-way", () => {
    const bench = new Bench({ fault: "flash-error" }).hears({ offer: OFFER }).gets({ num: 0 }).gets({ num: 1 });
    expect(bench.report?.leaves).toMatchObject({ phase: "failed", reason: "flash-error", received: 128 });
  });

  test("silent: nothing more after the offer", () => {
    const bench = new Bench({ fault: "silent" }).hears().wake().hears({ offer: OFFER });
    expect([bench.node.activity.state, bench.commands]).toEqual(["silent", []]);
    expect(bench.wake().commands).toEqual([]);
  });
});
