/** The connection as a machine: what each event makes of each state (docs/mqtt.md, "The broker"). */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  backoff,
  type LinkEffect,
  type LinkEvent,
  type LinkState,
  openWindow,
  resizeWindow,
  step,
} from "../../cloud-bridge/mqtt/link/link-machine.ts";

const idle: LinkState = { state: "idle" };
const dialing = (protocol: 4 | 5, failures = 0): LinkState => ({ state: "dialing", protocol, failures });
const waiting = (protocol: 4 | 5, failures: number): LinkState => ({ state: "waiting", protocol, failures });
const online = (stage: "greeting" | "retained" | "stream", size = 20, failures = 0): LinkState => ({
  state: "online",
  protocol: 5,
  failures,
  stage,
  window: { size, max: 500 },
});
const closed: LinkState = { state: "closed" };
const nothing: LinkEffect = { do: "nothing" };
const wait = (delay: number): LinkEffect => ({ do: "wait", delay: delay as never });
const dial = (protocol: 4 | 5): LinkEffect => ({ do: "dial", protocol });
const connected: LinkEvent = { type: "connected", receiveMaximum: 65_535 };
const acked = (backlog: boolean): LinkEvent => ({ type: "acked", backlog });
const lost = (lasted: boolean): LinkEvent => ({ type: "lost", lasted });
const failed = (wrongProtocol: boolean): LinkEvent => ({ type: "failed", wrongProtocol });

const ROWS: ReadonlyArray<readonly [string, LinkState, LinkEvent, LinkState, LinkEffect]> = [
  ["a start dials what is known of the broker", idle, { type: "start", protocol: 5 }, dialing(5), dial(5)],
  ["a second start does nothing", dialing(4), { type: "start", protocol: 5 }, dialing(4), nothing],
  ["a refusal of MQTT 5 dials 3.1.1 at once", dialing(5), failed(true), dialing(4), dial(4)],
  ["a refusal of 3.1.1 waits, then tries 5", dialing(4), failed(true), waiting(5, 1), wait(500)],
  ["no answer keeps the protocol", dialing(4, 2), failed(false), waiting(4, 3), wait(2000)],
  ["the wait grows to a minute", dialing(5, 30), failed(false), waiting(5, 31), wait(30_000)],
  ["after the wait it dials", waiting(4, 3), { type: "waited" }, dialing(4, 3), dial(4)],
  ["a connection greets first", dialing(5, 3), connected, online("greeting", 20, 3), nothing],
  ["then the retained topics", online("greeting"), { type: "drawn" }, online("retained"), nothing],
  ["then the stream", online("retained"), { type: "drawn" }, online("stream"), nothing],
  ["the stream has no end", online("stream"), { type: "drawn" }, online("stream"), nothing],
  ["a backlog opens the window", online("stream"), acked(true), online("stream", 21), nothing],
  ["rest closes it", online("stream", 300), acked(false), online("stream"), nothing],
  [
    "a broker that acknowledges need not be well",
    online("stream", 20, 9),
    acked(false),
    online("stream", 20, 9),
    nothing,
  ],
  ["a loss waits", online("stream"), lost(false), waiting(5, 1), wait(500)],
  [
    "one that comes soon waits longer: we must not spin",
    online("stream", 20, 3),
    lost(false),
    waiting(5, 4),
    wait(4000),
  ],
  ["one that comes late waits a moment", online("stream", 20, 3), lost(true), waiting(5, 1), wait(500)],
  ["a late loss of nothing does nothing", waiting(5, 2), lost(false), waiting(5, 2), nothing],
  ["closing ends it", online("stream"), { type: "close" }, closed, nothing],
  ["closed stays closed", closed, connected, closed, nothing],
];

describe("the link machine", () => {
  test.each(ROWS)("%s", (_name, before, event, link, effect) => {
    expect(step(before, event, 0.5)).toEqual({ link, effect });
  });

  test("the jitter is full: any delay from nothing to the limit", () => {
    fc.assert(
      fc.property(fc.nat(100), fc.double({ min: 0, max: 0.999, noNaN: true }), (failures, random) => {
        const delay = backoff(failures, random);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(60_000);
      }),
    );
    expect(backoff(10, 0)).toBe(0);
  });

  test.each([
    [65_535, 20, 500],
    [100, 20, 100],
    [20, 20, 20],
    [5, 5, 5],
  ])("a Receive Maximum of %i opens the window to %i and at most %i", (receiveMaximum, size, max) => {
    let window = openWindow(receiveMaximum);
    expect(window).toEqual({ size, max });
    for (let i = 0; i < 1000; i++) window = resizeWindow(window, true);
    expect(window.size).toBe(max);
    expect(resizeWindow(window, false).size).toBe(size);
  });
});
