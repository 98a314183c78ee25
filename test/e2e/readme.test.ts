/** The README's conversations, run as they are printed; only ports and folders are those of the test. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { BIN, GatewayProcess } from "../support/gateway-process.ts";

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const HAS = existsSync("/usr/bin/coap-client-notls") && existsSync("/usr/bin/mosquitto_sub");

function scriptOf(title: string, gateway: GatewayProcess): string {
  const section = README.split(/^## /m).find((part) => part.startsWith(title)) ?? "";
  const script = /```bash\n([\s\S]*?)```/.exec(section)?.[1] ?? "";
  return script
    .replaceAll("npm run -s sidgate --", `SIDGATE_DATA=${gateway.data} ${process.execPath} ${BIN}`)
    .replaceAll("coap://127.0.0.1/", `coap://127.0.0.1:${gateway.coapPort}/`)
    .replaceAll("mosquitto_sub", `mosquitto_sub -p ${gateway.brokerPort}`);
}

/** Runs a script in bash; what it says, on both channels. */
async function bash(
  script: string,
  folder: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn("bash", ["-c", script], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (part) => {
      output += part;
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}

(HAS ? test : test.skip)(
  `the first conversation of the README${HAS ? "" : " (skipped: needs coap-client-notls and mosquitto_sub)"}`,
  async () => {
    const gateway = await GatewayProcess.start();
    const folder = await mkdtemp(join(tmpdir(), "sidgate-readme-"));
    try {
      const { output } = await bash(scriptOf("A first conversation", gateway), folder);
      expect(output).toMatch(/60001: \{ +# \/sidgate-node:check-in/);
      expect(output).toMatch(/1: 4\(\[-2, 2150\]\), +# .*temperature.* = 21\.5 degrees Celsius/);
      expect(output).toMatch(/13: 1, +# .*revision/);
      expect(output).toMatch(/14: h'a119eb2cc482211908ca'/);
      expect(output).toMatch(
        /n\/n-\w+\/data\/sidgate-building \{"sidgate-building:room":\{"temperature":"21\.5","humidity":45/,
      );
      expect(output).not.toMatch(/sidgate: /);
      // Pasted again it goes the same way, but for the node that is there already.
      const again = await bash(scriptOf("A first conversation", gateway), folder);
      expect(again.output.match(/\[[a-z]+\.[a-z-]+\]/g)).toEqual(["[node.exists]"]);
      expect(again.output).toMatch(/14: h'a119eb2cc482211908ca'/);
    } finally {
      await gateway.stop();
      await rm(folder, { recursive: true });
    }
  },
  60_000,
);

test("the same, protected, where nothing else is heard", async () => {
  const gateway = await GatewayProcess.start("", "off");
  const folder = await mkdtemp(join(tmpdir(), "sidgate-readme-"));
  try {
    const { code, output } = await bash(scriptOf("The same, protected", gateway), folder);
    expect(output).toMatch(/^2\.04 Changed/m);
    expect(output).toMatch(/1: 4\(\[-2, 2150\]\), +# .*temperature.* = 21\.5 degrees Celsius/);
    expect(output).not.toMatch(/sidgate: /);
    expect(code).toBe(0);
    for (const file of ["room-2.json", "bms.json", "room-3.conf"]) {
      expect(statSync(join(folder, "credentials", file)).mode & 0o777).toBe(0o600);
    }
    const own = readFileSync(join(folder, "credentials", "room-3.conf"), "utf8");
    expect(own).toMatch(/^master_secret,hex,"[0-9a-f]{32}"$/m);
  } finally {
    await gateway.stop();
    await rm(folder, { recursive: true });
  }
}, 60_000);
