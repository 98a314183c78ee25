/** A gateway in a plant room: no battery, no Internet at first. It says so, tells nodes no time, and loses nobody. */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readConfig } from "../../gateway/app/config/index.ts";
import { openGateway } from "../../gateway/app/gateway.ts";
import { days, type Logger, millis, SILENT, seededRandom, wallClock } from "../../gateway/base/index.ts";
import { CoapPeer } from "../support/coap-peer.ts";
import { GatewayProcess, sidgate } from "../support/gateway-process.ts";

const TIME_LEAF = /^a119ea61a[1-9]0b1a/;
/** {60001: {2: report, 5: {room: {temperature}}}} */
const report = (number: number): Uint8Array =>
  Buffer.from(`a119ea61a202${number.toString(16).padStart(2, "0")}05a118c3a101c48221190866`, "hex");

async function wake(coapPort: number, number: number): Promise<string> {
  const peer = await CoapPeer.connect(coapPort);
  const asked = { method: "POST", path: "c", query: ["ep=n17"], format: 142, payload: report(number) } as const;
  const { code, payload } = await peer.request(asked);
  peer.close();
  expect(code).toBe("2.04");
  return Buffer.from(payload).toString("hex");
}

/** The data folder of a gateway that ran with the right time once. */
let site: GatewayProcess;
let tools: string;
const path = process.env["PATH"];

/** A chronyc that has found its server once the file is there. */
beforeAll(async () => {
  tools = await mkdtemp(join(tmpdir(), "sidgate-chronyc-"));
  await mkdir(join(tools, "bin"));
  const columns = "C0A80001,192.168.0.1,3,1763726400.1,0,0,0,0,0,0,0,0,64.3";
  const script = `#!/bin/sh\n[ -e ${tools}/found ] && leap=Normal || leap="Not synchronised"\necho "${columns},$leap"\n`;
  await writeFile(join(tools, "bin", "chronyc"), script);
  await chmod(join(tools, "bin", "chronyc"), 0o755);
  process.env["PATH"] = `${join(tools, "bin")}${delimiter}${path}`;
  site = await GatewayProcess.start("nodes: { wake-interval: 15m }");
});
afterAll(async () => {
  process.env["PATH"] = path;
  await site.stop();
  await rm(tools, { recursive: true });
});

test("time: a real process believes the time service of its machine", async () => {
  expect(site.status.clock).toEqual({ synchronised: false, why: "not-synchronised" });
  expect(site.output).toContain("clock.not-synchronised");
  await site.client.command("node.add", { endpoint: "n17" });
  expect(await wake(site.coapPort, 1)).toBe("");
  await site.kill();
  const refused = await sidgate(["run", "--config", site.config, "--restored"]);
  expect(refused.stderr).toContain("clock.not-synchronised");
  await writeFile(join(tools, "found"), "");
  await site.up();
  expect(site.status.clock).toEqual({ synchronised: true, why: "told" });
  expect(await wake(site.coapPort, 2)).toMatch(TIME_LEAF);
  await site.kill();
});

describe("time: the same gateway in 1970", () => {
  /** How far its machine's clock is off; the gateway looks at it a hundred times as often as usual. */
  const machine = { off: 0 };
  async function start(synchronised: "auto" | "no" = "auto") {
    const heard = new Map<string, () => void>();
    const told = (event: string): void => heard.get(event)?.();
    const log: Logger = { ...SILENT, info: told, warn: told };
    const config = readConfig({
      path: undefined,
      env: {
        SIDGATE_DATA: site.data,
        SIDGATE_COAP__LISTEN: "127.0.0.1:0",
        SIDGATE_ADMIN__LISTEN: "127.0.0.1:0",
        SIDGATE_DISCOVERY__DNS_SD: "off",
        SIDGATE_CLOCK__SYNCHRONISED: synchronised,
      },
    });
    const begun = performance.now();
    const clock = {
      now: () => millis(Date.now() + machine.off),
      after: (delay: number, run: () => void) => wallClock.after(millis(delay / 100), run),
    };
    const time = { stopwatch: { elapsed: () => millis(performance.now() - begun) }, source: async () => undefined };
    const ports = { clock, time, random: seededRandom(1), log, version: "test" };
    const gateway = await openGateway(config, ports, { bridge: false });
    const coap = gateway.source.status().listening.find(({ what }) => what === "CoAP")?.address ?? "";
    return {
      ...gateway,
      port: Number(coap.split(":").at(-1)),
      on: (event: string) => new Promise<void>((resolve) => heard.set(event, resolve)),
    };
  }
  const ceiling = async (): Promise<number> =>
    JSON.parse(await readFile(join(site.data, "keys", "sequence.json"), "utf8")).ceiling;

  test("holds what depends on time, over a restart, until its clock is right; then nobody is lost", async () => {
    const used = await ceiling();
    for (const number of [5, 6]) {
      machine.off = -Date.now() + 8000; // eight seconds after power came
      const gateway = await start();
      const status = gateway.source.status();
      expect(status.clock).toEqual({ synchronised: false, why: "before-release" });
      expect(status.notices.join(" ")).toContain("The clock is not known to be right");
      expect(gateway.source.notReady()).toBeUndefined();
      expect(Math.abs(status.now - Date.now())).toBeLessThan(60_000); // counted on from the journal
      expect(await wake(gateway.port, number)).toBe("");
      if (number === 5) {
        await gateway.close();
        continue;
      }
      const synchronised = gateway.on("clock.synchronised");
      machine.off = days(400);
      await synchronised;
      expect(gateway.source.status().clock).toEqual({ synchronised: true, why: "plausible" });
      expect(gateway.source.status().notices.join(" ")).not.toContain("clock");
      const [after] = gateway.source.nodes();
      expect(after).toMatchObject({ reachability: "asleep", missedWakes: 0 });
      expect(Math.abs((after?.lastSeen ?? 0) - Date.now() - days(400))).toBeLessThan(60_000);
      expect(await wake(gateway.port, 7)).toMatch(TIME_LEAF);
      await gateway.close();
    }
    // OSCORE's numbers follow the time that passed, not the years that the clock was off.
    expect((await ceiling()) - used).toBeLessThan(2 ** 16);
  });

  test("does so with a right clock too, where clock.synchronised is no", async () => {
    const gateway = await start("no");
    expect(gateway.source.status().clock).toEqual({ synchronised: false, why: "switched-off" });
    expect(await wake(gateway.port, 8)).toBe("");
    await gateway.close();
  });

  test("follows a clock that somebody sets back by a day, and forward", async () => {
    const gateway = await start();
    for (const off of [days(399), days(401)]) {
      const noticed = gateway.on("clock.synchronised");
      machine.off = off;
      await noticed;
      expect(Math.abs(gateway.source.status().now - Date.now() - off)).toBeLessThan(10_000);
      expect(gateway.source.nodes()[0]).toMatchObject({ reachability: "asleep", missedWakes: 0 });
    }
    await gateway.close();
  });
});
