/** Turns on the air of one border router: fair among pullers, open for what is small, closed to who hammers. */
import { expect, test } from "@jest/globals";
import { millis, minutes, seconds } from "../../../gateway/base/index.ts";
import { type Admission, Airtime } from "../../../gateway/coap/limits/airtime.ts";
import { airtimeOf, micros } from "../../../gateway/coap/limits/airtime-model.ts";
import { inDrill } from "../../support/drill.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const OPTIONS = { share: 0.5, burst: seconds(10) };
const LIMITS = { airtimeRouters: 4, airtimePeers: 256 };
const R = "fd00::/64";
const NOW = millis(1_000_000);
/** Request and block of 1024 bytes. */
const BLOCK = micros(airtimeOf(20, "up") + airtimeOf(1040, "down"));

const fresh = (limits = LIMITS): Airtime => new Airtime(OPTIONS, limits);

/** Asks for a block; one that may go goes. */
function pull(airtime: Airtime, peer: string, now = NOW, router = R): Admission {
  const admission = airtime.pull(router, peer, now);
  if (admission.kind === "go") airtime.charge(router, peer, BLOCK, now);
  return admission;
}

/** Asks until it must wait; gives how often it went. */
function pullAll(airtime: Airtime, peer: string, now = NOW): { went: number; wait: number } {
  for (let went = 0; ; went++) {
    const admission = pull(airtime, peer, now);
    if (admission.kind !== "go") return { went, wait: admission.wait };
  }
}

test("a peer alone gets the burst, then its share by turns, and is told when", () => {
  const airtime = fresh();
  const { went, wait } = pullAll(airtime, "a");
  // burst of 10 s at half the channel, and the turn that crosses its end
  expect((went * BLOCK) / 1e6).toBeGreaterThan(5);
  expect((went * BLOCK) / 1e6).toBeLessThan(7);
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(2000);
  expect(pull(airtime, "a", millis(NOW + wait)).kind).toBe("go");
});

test("two routers do not share their air", () => {
  const airtime = fresh();
  pullAll(airtime, "a");
  expect(pull(airtime, "a", NOW, "fd01::/64").kind).toBe("go");
});

test("who comes before its turn more often than a retransmission would is told too many (RFC 8516)", () => {
  const airtime = fresh();
  pullAll(airtime, "a");
  const kinds = Array.from({ length: 4 }, () => pull(airtime, "a").kind);
  expect(kinds).toEqual(["later", "later", "too-many", "too-many"]);
});

test("asking early does not move the turn", () => {
  const airtime = fresh();
  const { wait } = pullAll(airtime, "a");
  for (let i = 0; i < 20; i++) expect(pull(airtime, "a")).toMatchObject({ wait });
});

test("who sleeps through its turn goes first when it wakes, and others wait for what it takes", () => {
  const airtime = fresh();
  pullAll(airtime, "a");
  const later = millis(NOW + minutes(15));
  expect(pull(airtime, "a", later).kind).toBe("go");
  const { went } = pullAll(airtime, "b", later);
  const { went: alone } = pullAll(fresh(), "b", later);
  expect(went).toBeLessThan(alone);
});

test("an answer that is small goes whatever is spoken for, and pullers wait for it", () => {
  const airtime = fresh();
  const small = airtimeOf(90, "down");
  const { wait } = pullAll(airtime, "a");
  for (let i = 0; i < 200; i++) airtime.charge(R, `n${i}`, small, NOW);
  const admission = pull(airtime, "b");
  expect(admission.kind).toBe("later");
  expect(admission.kind === "go" ? 0 : admission.wait).toBeGreaterThan(wait + (200 * small) / 1000);
});

test("small answers borrow to a floor: a flood of them cannot push the pullers out for good", () => {
  const airtime = fresh();
  for (let i = 0; i < 100_000; i++) airtime.charge(R, `n${i % 200}`, airtimeOf(90, "down"), NOW);
  const admission = pull(airtime, "b");
  expect(admission.kind === "go" ? 0 : admission.wait).toBeLessThan(seconds(21));
});

test("one peer whose small answers alone exceed the share is refused for a while; its neighbours are not", () => {
  const airtime = fresh();
  const hammered = (): boolean => airtime.overdrawn(R, "a", NOW).kind !== "go";
  let asked = 0;
  while (!hammered() && asked < 100_000) {
    airtime.charge(R, "a", airtimeOf(90, "down"), NOW);
    asked += 1;
  }
  expect(asked).toBeGreaterThan(1000);
  expect(asked).toBeLessThan(5000);
  expect(airtime.overdrawn(R, "b", NOW).kind).toBe("go");
  expect(airtime.overdrawn(R, "a", millis(NOW + seconds(81))).kind).toBe("go");
});

test("routers and peers are bounded, and forgotten when they have nothing to wait for", () => {
  const airtime = fresh();
  for (let r = 0; r < 20; r++) for (let p = 0; p < 1000; p++) pull(airtime, `p${p}`, NOW, `r${r}`);
  expect(airtime.size).toBe(4 * 256);
  airtime.purge(millis(NOW + minutes(180)));
  expect(airtime.size).toBe(0);
});

interface Puller {
  blocks: number;
  readonly patient: boolean;
}

/** Pullers that fetch block after block over a link of their own, and wait as told or not at all. */
async function contest(count: number, greedy: number, duration: ReturnType<typeof minutes>) {
  const clock = new VirtualClock(NOW);
  const airtime = new Airtime(OPTIONS, LIMITS);
  const pullers = Array.from({ length: count }, (_, index): Puller => ({ blocks: 0, patient: index >= greedy }));
  const ask = (index: number): void => {
    const puller = pullers[index]!;
    const admission = pull(airtime, `n${index}`, clock.now());
    if (admission.kind === "go") puller.blocks += 1;
    // Max-Age is in whole seconds
    const told = admission.kind === "go" ? 80 : Math.ceil(admission.wait / 1000) * 1000;
    clock.after(millis(puller.patient ? told : Math.min(told, 5000)), () => ask(index));
  };
  for (let index = 0; index < count; index++) clock.after(millis(index * 10), () => ask(index));
  await clock.advance(duration);
  return pullers;
}

test("200 pullers: none starves, each has within a factor of two of its fair share, greedy ones too", async () => {
  const long = minutes(inDrill(20, 60));
  const pullers = await contest(200, 20, long);
  const blocks = pullers.map((puller) => puller.blocks);
  const fair = (long * OPTIONS.share * 1000) / BLOCK / pullers.length;
  expect(Math.min(...blocks)).toBeGreaterThan(fair / 2);
  expect(Math.max(...blocks)).toBeLessThan(fair * 2);
  const total = blocks.reduce((sum, n) => sum + n, 0);
  expect(total / pullers.length / fair).toBeGreaterThan(0.85);
  expect(total / pullers.length / fair).toBeLessThan(1.1);
});
