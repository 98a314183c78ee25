/** The programs by what a person or a script sees of them: exit codes, last lines, one clear line per error. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { drill } from "../support/drill.ts";
import { sidgate } from "../support/gateway-process.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidgate-programs-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

drill("a trial on a lossy network ends with every node on the new image", async () => {
  const { code, stdout } = await sidgate(["try", "--nodes", "6", "--loss", "5%", "--seed", "3", "--json"]);
  const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
  expect(Object.keys(last)).toEqual([
    "nodes",
    "done",
    "failed",
    "silent",
    "verified",
    "state",
    "blocks",
    "retransmissions",
    "mqttMessages",
    "seconds",
  ]);
  expect(last).toMatchObject({ nodes: 6, done: 6, failed: 0, silent: 0, verified: 6, state: "done" });
  expect(last["blocks"]).toBeGreaterThanOrEqual(6 * 128);
  expect(last["mqttMessages"]).toBeGreaterThan(100);
  expect(code).toBe(0);
});

// In the usual run test/e2e/campaign.test.ts has a trial that stops.
drill("a trial with broken nodes is stopped by the campaign's own rule", async () => {
  const { code, stdout } = await sidgate(["try", "--nodes", "8", "--loss", "0%", "--fail", "25%", "--json"]);
  expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({ state: "stopped" });
  expect(code).toBe(3);
});

test("a CoAP port that is taken is one line and exit code 69", async () => {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  const { code, stderr } = await sidgate(["run", "--data", folder], {
    SIDGATE_COAP__LISTEN: `127.0.0.1:${port}`,
    SIDGATE_LOG__LEVEL: "silent",
  });
  socket.close();
  expect(stderr.trim().split("\n")).toEqual([
    `sidgate: CoAP cannot listen on 127.0.0.1:${port}: the port is taken. Stop the other program, or set coap.listen in the configuration. [port.taken]`,
  ]);
  expect(code).toBe(69);
});

for (const [what, variable, key] of [
  ["the embedded MQTT broker", "SIDGATE_MQTT__EMBEDDED__PORT", "mqtt.embedded.port"],
  ["the status page", "SIDGATE_ADMIN__LISTEN", "admin.listen"],
] as const) {
  drill(`the port of ${what}, too`, async () => {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const free = {
      SIDGATE_COAP__LISTEN: "127.0.0.1:0",
      SIDGATE_ADMIN__LISTEN: "127.0.0.1:0",
      SIDGATE_MQTT__EMBEDDED__PORT: "0",
    };
    const { code, stderr } = await sidgate(["run", "--data", folder], {
      ...free,
      SIDGATE_LOG__LEVEL: "silent",
      [variable]: variable.includes("ADMIN") ? `127.0.0.1:${port}` : String(port),
    });
    server.close();
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain(key);
    expect(code).toBe(69);
  });
}

test("a wrong configuration names every mistake and exits with 78", async () => {
  const { code, stderr } = await sidgate(["config", "check"], {
    SIDGATE_COAP__PORT: "5683",
    SIDGATE_NODES__SILENT_AFTER: "0",
  });
  expect(stderr).toContain("coap.port");
  expect(stderr).toContain("nodes.silent-after");
  expect(code).toBe(78);
});

test("decode explains a check-in and says what is wrong with a cut one", async () => {
  const whole = await sidgate(["decode", "--format", "142", "a119ea61a2020105a118c3a201c4822119086602182d"]);
  expect(whole.stdout).toContain("/sidgate-building:room/temperature");
  expect(whole.code).toBe(0);
  const cut = await sidgate(["decode", "--format", "142", "a119ea61a20201"]);
  expect(cut.stdout).toContain("cbor.truncated");
  expect(cut.code).toBe(1);
});
