/** The README's conversations, run as they are printed; only ports and folders are those of the test. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { drill, inDrill } from "../support/drill.ts";
import { BIN, GatewayProcess } from "../support/gateway-process.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const HAS = existsSync("/usr/bin/coap-client-notls") && existsSync("/usr/bin/mosquitto_sub");

const blocksOf = (page: string): readonly string[] =>
  [...page.matchAll(/```bash\n([\s\S]*?)```/g)].map(([, script = ""]) => script);

function scriptOf(title: string, gateway: GatewayProcess, index = 0): string {
  const section = README.split(/^## /m).find((part) => part.startsWith(title)) ?? "";
  return at(blocksOf(section)[index] ?? "", gateway);
}

/** On the ports and the folder of the test. */
const at = (script: string, gateway: GatewayProcess): string =>
  script
    .replaceAll("npm run -s sidgate --", `SIDGATE_DATA=${gateway.data} ${process.execPath} ${BIN}`)
    .replaceAll("coap://127.0.0.1/", `coap://127.0.0.1:${gateway.coapPort}/`)
    .replaceAll(/mosquitto_[sp]ub/g, (program) => `${program} -p ${gateway.brokerPort}`)
    .replace("SIDGATE=$PWD", `SIDGATE=${ROOT}`)
    .replaceAll("$SIDGATE/data", gateway.data)
    .replaceAll('sidgate.js" sim ', `sidgate.js" sim --gateway coap://127.0.0.1:${gateway.coapPort} `);

/** "What the cloud sees", its second terminal beside its third. */
function cloudMinute(gateway: GatewayProcess): string {
  const [nodes, cloud] = [0, 1].map((index) => scriptOf("What the cloud sees", gateway, index));
  const own = `${process.execPath} ${BIN} sim --data ${gateway.data} --gateway coap://127.0.0.1:${gateway.coapPort}`;
  const beside = `${nodes?.trimEnd().replace("npm run sidgate -- sim", own).replace("10s", "1s")} > nodes.log & NODES=$!`;
  const wait = `for _ in {1..600}; do grep -q ' wake ' nodes.log && break; sleep 0.1; done`;
  return [beside, wait, cloud, "kill $NODES"].join("\n");
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
      const cloud = await bash(cloudMinute(gateway), folder);
      expect(cloud.output).toMatch(/\/birth \{"name":"sim-0001"/);
      expect(cloud.output).toMatch(/"status":"accepted","will-run-at":"[-:TZ\d]+","position":1\}\n/);
      expect(cloud.output).toMatch(/"status":"completed","node":"n-\w+","version":"1"\}\n/);
      // Pasted again it goes the same way, but for the node that is there already.
      if (!inDrill(false, true)) return;
      const again = await bash(scriptOf("A first conversation", gateway), folder);
      expect(again.output.match(/\[[a-z]+\.[a-z-]+\]/g)).toEqual(["[node.exists]"]);
      expect(again.output).toMatch(/14: h'a119eb2cc482211908ca'/);
    } finally {
      await gateway.stop();
      await rm(folder, { recursive: true });
    }
  },
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
});

// In the usual run test/e2e/suit.test.ts has a signed release on its way to nodes that verify it.
drill("docs/sign-your-first-release.md: from a key to nodes that verified", async () => {
  const page = readFileSync(new URL("../../docs/sign-your-first-release.md", import.meta.url), "utf8");
  const gateway = await GatewayProcess.start("trust:\n  mode: require\n");
  const folder = await mkdtemp(join(tmpdir(), "sidgate-first-release-"));
  const [alias = "", author, centre, nodes = "", start, end = ""] = blocksOf(page);
  const awake = `for _ in {1..600}; do grep -q ' 2 reports' nodes.log && break; sleep 0.1; done`; // all, once
  // The nodes run beside all else, until the shell that started them ends; what a person waits for, the test looks for.
  const beside = `${nodes.replace("sidgate", 'SIDGATE_DATA="$SIDGATE/data" node "$SIDGATE/bin/sidgate.js"').trimEnd()} > nodes.log 2>&1 & NODES=$!; ${awake}`;
  const look = end.replace(
    /sleep 15;/,
    "for _ in {1..40}; do sidgate campaign show | grep -q '3 of 3' && break; sleep 1; done;",
  );
  const script = [alias, author, centre, beside, start, look, "kill $NODES"].join("\n");
  try {
    const { output } = await bash(at(script, gateway), folder);
    expect(output).toMatch(/^Verified\.$/m);
    expect(output).toMatch(/^Signatures of acme \([0-9a-f]{64}\) are believed now\.$/m);
    expect(output).toMatch(/^Added valve-2 1\.1\.0 as \w{6}: /m);
    expect(output.match(/ applies: fetches coap:\/\/updates\.acme\.example\/valve-2 \(20000 bytes\)/g)).toHaveLength(3);
    expect(output).toMatch(/ done +valve-2 1\.1\.0 +1 of 1 +3 of 3 done, 0 failed, 0 silent/);
    expect(output).toMatch(/^release: +[0-9a-f]{8} success: it was carried out/m);
  } finally {
    await gateway.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
