/** What was denied: counted by kind, the last ones kept, and no more lines than a log can bear. */
import { expect, test } from "@jest/globals";
import type { Logger } from "../../../gateway/base/index.ts";
import { Denials } from "../../../gateway/service/access/denials.ts";
import { StandingClock } from "../../support/services.ts";

function watched() {
  const lines: Array<readonly [event: string, facts: object]> = [];
  const log: Logger = {
    debug: () => undefined,
    info: (event, facts) => void lines.push([event, facts ?? {}]),
    warn: () => undefined,
    error: () => undefined,
  };
  const clock = new StandingClock();
  return { lines, clock, denials: new Denials(clock, log) };
}

test("each kind has its counter", () => {
  const { denials } = watched();
  for (const operation of ["create", "update", "delete", "exec", "read", "read"] as const) {
    denials.take({ user: "u", operation, path: "/m:x" });
  }
  denials.unheard();
  expect(denials.counts).toEqual({ operations: 1, writes: 3, notifications: 1, reads: 2 });
});

test("the last twenty are kept, newest first", () => {
  const { denials } = watched();
  for (let at = 0; at < 50; at++) denials.take({ user: "u", operation: "read", path: `/m:x${at}` });
  expect(denials.last().map(({ path }) => path)).toEqual(Array.from({ length: 20 }, (_, at) => `/m:x${49 - at}`));
});

test("a minute has one line for each denial and sixty in all; the rest is counted when the next begins", () => {
  const { denials, lines, clock } = watched();
  for (let at = 0; at < 100; at++) denials.take({ user: "u", operation: "read", path: `/m:x${at}` });
  for (let at = 0; at < 5; at++) denials.take({ user: "u", operation: "read", path: "/m:x0" });
  expect(lines).toHaveLength(60);
  expect(lines[0]).toEqual(["access.denied", { user: "u", operation: "read", path: "/m:x0" }]);
  clock.advance(60_000);
  denials.take({ user: "u", operation: "read", path: "/m:x0" });
  expect(lines.slice(60)).toEqual([
    ["access.denied-more", { count: 45, seconds: 60 }],
    ["access.denied", { user: "u", operation: "read", path: "/m:x0" }],
  ]);
});
