/** The clock of a gateway through its starts: a machine whose clock a test sets, and a journal that remembers. */
import { describe, expect, test } from "@jest/globals";
import { days, hours, type Millis, millis, minutes, SILENT, seconds } from "../../../gateway/base/index.ts";
import { ClockMemory, EARLIEST, Timekeeper, type Told } from "../../../gateway/service/timekeeping/index.ts";
import { type Fact, Ledger, memoryJournal, memoryState } from "../../../gateway/store/index.ts";
import { settled, VirtualClock } from "../../support/virtual-clock.ts";

const TRUE_NOW = millis(Date.parse("2026-11-21T12:00:00Z"));

/** A machine that goes on while its clock is set, and the journal of its gateway. */
class Machine {
  readonly journal = memoryJournal();
  readonly state = memoryState();
  readonly stopwatch = new VirtualClock(millis(0));
  #offset = 0;
  told: Told | undefined;

  set(reads: Millis): void {
    this.#offset = reads - this.stopwatch.now();
  }

  async start(setting: "auto" | "yes" | "no" = "auto", isTrial = false) {
    const wall = {
      now: () => millis(this.stopwatch.now() + this.#offset),
      after: (delay: Millis, run: () => void) => this.stopwatch.after(delay, run),
    };
    const clock = new Timekeeper({
      wall,
      stopwatch: { elapsed: () => this.stopwatch.now() },
      source: () => Promise.resolve(this.told),
      setting,
      isTrial,
      log: SILENT,
    });
    const memory = new ClockMemory();
    const newest = this.journal.last === 0 ? undefined : (await this.journal.read(this.journal.last, 1))[0]?.at;
    const { journal, state } = this;
    const ledger = await Ledger.open({ journal, state, projections: [memory], clock, log: SILENT });
    clock.begin({ told: await clock.ask(), newest, remembered: memory.remembered, recorder: ledger });
    const mark = (): Promise<void> => ledger.record("gateway.started", { version: "0", boot: "b", mode: "lab" });
    await mark();
    const stop = (): Promise<void> => {
      clock.close();
      return ledger.close();
    };
    return { clock, memory, mark, stop };
  }

  async facts(): Promise<readonly Fact[]> {
    await this.journal.flush();
    return this.journal.read(1, 1000);
  }

  async states() {
    return (await this.facts()).flatMap((fact) =>
      fact.type === "clock.state" ? [{ synchronised: fact.synchronised, why: fact.why, step: fact.step }] : [],
    );
  }
}

describe("time: a gateway and its clock", () => {
  test("a right clock is no news", async () => {
    const machine = new Machine();
    machine.set(TRUE_NOW);
    const { clock } = await machine.start();
    await machine.stopwatch.advance(hours(2));
    expect(await machine.states()).toEqual([]);
    expect(clock.now()).toBe(TRUE_NOW + hours(2));
    expect(clock.held.now()).toBe(clock.now());
  });

  test("a first start in 1970 counts from the least possible time, until the time service has been heard", async () => {
    const machine = new Machine();
    machine.told = { by: "chrony", synchronised: false };
    const { clock } = await machine.start();
    await machine.stopwatch.advance(hours(3));
    expect([clock.synchronised, clock.now(), clock.held.now()]).toEqual([false, EARLIEST + hours(3), EARLIEST]);
    machine.set(TRUE_NOW);
    machine.told = { by: "chrony", synchronised: true };
    await machine.stopwatch.advance(seconds(4));
    expect([clock.synchronised, clock.now()]).toEqual([true, TRUE_NOW + seconds(4)]);
    expect(await machine.states()).toEqual([
      { synchronised: false, why: "before-release", step: undefined },
      { synchronised: true, why: "told", step: TRUE_NOW - EARLIEST - hours(3) },
    ]);
  });

  test("a power cut: time goes on from the journal, through several starts in 1970, and never back", async () => {
    const machine = new Machine();
    machine.set(TRUE_NOW);
    await (await machine.start()).stop();
    for (let boot = 0; boot < 3; boot++) {
      machine.set(seconds(8));
      const { clock, mark, stop } = await machine.start();
      expect(clock.synchronised).toBe(false);
      await machine.stopwatch.advance(minutes(10));
      await mark();
      await stop();
    }
    const times = (await machine.facts()).map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    // Off for a day: the process that starts with the right time puts right what the former ones recorded.
    machine.set(millis(TRUE_NOW + days(1)));
    const { memory } = await machine.start();
    const facts = await machine.facts();
    const became = facts.findLast(({ type }) => type === "clock.state");
    const begun = facts.find(({ type }) => type === "clock.state");
    expect(became).toMatchObject({ synchronised: true, at: TRUE_NOW + days(1), since: begun?.at });
    expect(facts.filter(({ type }) => type === "clock.state")).toHaveLength(2);
    expect(memory.remembered).toMatchObject({ synchronised: true, jump: { seq: became?.seq } });
  });

  test("nothing tells, and the clock stands where the machine was shut down: it is trusted once it has passed the journal", async () => {
    const machine = new Machine();
    machine.set(TRUE_NOW);
    const first = await machine.start();
    await machine.stopwatch.advance(hours(1));
    await first.mark();
    await first.stop();
    machine.set(TRUE_NOW);
    const { clock } = await machine.start();
    expect([clock.synchronised, clock.why]).toEqual([false, "before-journal"]);
    expect(clock.now()).toBeGreaterThan(TRUE_NOW + hours(1));
    await machine.stopwatch.advance(hours(1));
    expect(clock.synchronised).toBe(true);
  });

  test("a clock that is set in full run is noticed, in either direction", async () => {
    const machine = new Machine();
    machine.set(TRUE_NOW);
    const { clock } = await machine.start();
    machine.set(millis(TRUE_NOW + days(2)));
    expect(clock.now()).toBe(TRUE_NOW); // nobody sees the jump before it is recorded
    await machine.stopwatch.advance(minutes(1));
    machine.set(millis(TRUE_NOW - days(1)));
    await machine.stopwatch.advance(minutes(1));
    const steps = (await machine.states()).map(({ step }) => Math.round((step ?? 0) / hours(1)));
    expect(steps).toEqual([48, -72]);
    expect(clock.synchronised).toBe(true);
  });

  test("yes: a clock that is set by hand is believed at once, also where it goes back behind the journal", async () => {
    const machine = new Machine();
    machine.set(millis(Date.UTC(2040, 0)));
    await (await machine.start("yes")).stop();
    machine.set(TRUE_NOW);
    const { clock } = await machine.start("yes");
    expect([clock.synchronised, clock.now()]).toEqual([true, TRUE_NOW]);
    expect(await machine.states()).toMatchObject([{ synchronised: true, why: "set-by-hand" }]);
    // From then on the journal's newest time is a right one, for `auto` too.
    await settled();
    expect((await machine.start("auto")).clock.synchronised).toBe(true);
  });

  test("a trial begins anew with each start, and that is no news", async () => {
    const machine = new Machine();
    machine.set(millis(TRUE_NOW + days(1)));
    await (await machine.start("yes", true)).stop();
    machine.set(TRUE_NOW);
    const { clock } = await machine.start("yes", true);
    expect([clock.synchronised, clock.why, clock.now()]).toEqual([true, "set-by-hand", TRUE_NOW]);
    expect(await machine.states()).toEqual([]);
  });

  test("no: it is never believed", async () => {
    const machine = new Machine();
    machine.set(TRUE_NOW);
    machine.told = { by: "chrony", synchronised: true };
    const { clock } = await machine.start("no");
    await machine.stopwatch.advance(hours(1));
    expect([clock.synchronised, clock.why, clock.doubtfulSince]).toEqual([false, "switched-off", TRUE_NOW]);
  });
});
