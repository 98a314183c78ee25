/** The end of `sidgate run` and its like: what fails while it closes is told, part by part. */
import { describe, expect, test } from "@jest/globals";
import { exitCodeOf } from "../../gateway/admin/cli/index.ts";
import { Secret } from "../../gateway/app/config/secret.ts";
import { type TryNextFacts, tryNext } from "../../gateway/app/status/try-next.ts";
import { closeOrTell, untilTold } from "../../gateway/app/until-told.ts";
import { BugError, explain, Lifecycle, type LogFacts, SILENT, StoreError } from "../../gateway/base/index.ts";

const STORE = new StoreError("store.write-failed", { what: "the state", reason: "ENOSPC" });
const BUG = new BugError("service.bug", { what: "w" });
const PLAIN = new Error("a socket");

async function close(failures: readonly Error[]): Promise<{ thrown: unknown; logged: readonly unknown[] }> {
  const logged: unknown[] = [];
  const log = { ...SILENT, error: (event: string, facts?: LogFacts) => void logged.push([event, facts?.["reason"]]) };
  const lifecycle = new Lifecycle();
  for (const failure of failures) {
    lifecycle.add({
      close: () => {
        throw failure;
      },
    });
  }
  const thrown = await closeOrTell(lifecycle, log).catch((error: unknown) => error);
  return { thrown, logged };
}

test.each<readonly [name: string, failures: readonly Error[], thrown: Error, code: number]>([
  ["the store's failure, wherever it stands", [BUG, STORE, PLAIN], STORE, 74],
  ["the failure, if there is but one", [STORE], STORE, 74],
  ["the first to happen, if all was kept", [PLAIN, BUG], BUG, 1], // closed in reverse
])("the last line is %s", async (_name, failures, thrown, code) => {
  const ended = await close(failures);
  expect(ended.thrown).toBe(thrown);
  expect(exitCodeOf(ended.thrown)).toBe(code);
  expect(ended.logged).toEqual([...failures].reverse().map((failure) => ["run.close-failed", explain(failure)]));
});

test("what closes well says nothing", async () => {
  expect(await close([])).toEqual({ thrown: undefined, logged: [] });
});

test("a process that cannot go on closes, and ends with why it could not", async () => {
  const fenced = new StoreError("store.fenced", { url: "redis://r" });
  let closed = 0;
  const running = {
    onFailure: (listener: (error: StoreError) => void) => void setImmediate(() => listener(fenced)),
    close: () => {
      closed += 1;
      throw PLAIN; // follows from the failure, and is no news
    },
  };
  await expect(untilTold(running, SILENT)).rejects.toBe(fenced);
  expect([closed, exitCodeOf(fenced)]).toEqual([1, 69]);
});

describe("what the start says to try next reaches this gateway", () => {
  const FACTS: TryNextFacts = {
    data: "./data",
    addresses: ["coap://127.0.0.1:5683"],
    nodes: 0,
    broker: { kind: "embedded-for-trying", url: "mqtt://127.0.0.1:1883" },
    mqtt: { password: undefined, username: undefined, tls: { ca: undefined, cert: undefined, key: undefined } },
    byNpm: true,
  };
  const { tls } = FACTS.mqtt;
  const lines = (changed: Partial<TryNextFacts>) => tryNext({ ...FACTS, ...changed }).map(({ command }) => command);

  test("as it comes: nothing need be said", () => {
    expect(lines({})).toEqual([
      "npm run sidgate -- sim --nodes 5",
      "npm run sidgate -- node add room-1",
      "mosquitto_sub -t 'sidgate/1/#' -v",
      "npm run demo",
    ]);
  });

  test("a folder and ports of its own, and the broker of the site", () => {
    const own = { byNpm: false, data: "/var/lib/sid gate", addresses: ["coaps://h", "coap://[::]:15683"] };
    const mqtt = { password: new Secret("s"), username: undefined, tls: { ...tls, ca: "/etc/ca.pem" } };
    const broker = { kind: "configured", url: "mqtts://b.example" } as const;
    expect(lines({ ...own, mqtt, broker })).toEqual([
      "sidgate sim --nodes 5 --gateway 'coap://[::1]:15683' --data '/var/lib/sid gate'",
      "sidgate node add room-1 --data '/var/lib/sid gate'",
      "mosquitto_sub -h b.example -p 8883 --cafile /etc/ca.pem -u YOUR-USER -P YOUR-PASSWORD -t 'sidgate/1/#' -v",
      "sidgate try",
    ]);
    expect(lines({ nodes: 2, broker: { kind: "none", url: "" } })).toEqual([
      "npm run sidgate -- node list",
      "npm run demo",
    ]);
  });
});
