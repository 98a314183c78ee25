/** The systemd unit: what it starts, what it takes away, and what systemd itself says of it. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { serviceInstall } from "../../gateway/app/service-unit/install.ts";
import { systemdUnit, unitName } from "../../gateway/app/service-unit/unit.ts";

const folder = mkdtempSync(join(tmpdir(), "sidgate-unit-"));
afterAll(() => rmSync(folder, { recursive: true }));

const OPTIONS = {
  program: "run",
  node: "/usr/bin/node",
  script: "/opt/sidgate/bin/sidgate.js",
  config: "/etc/s.yaml",
} as const;
const lineOf = (unit: string, key: string): string | undefined => new RegExp(`^${key}=(.*)$`, "m").exec(unit)?.[1];

describe("service install", () => {
  test.each([
    ["run", "sidgate", "/var/lib/sidgate"],
    ["gateway", "sidgate-gateway", "/var/lib/sidgate-gateway"],
    ["bridge", "sidgate-bridge", "/var/lib/sidgate-bridge"],
  ] as const)("%s is the unit %s with its data in %s", (program, name, data) => {
    const unit = systemdUnit({ ...OPTIONS, program });
    expect(unitName(program)).toBe(name);
    expect(lineOf(unit, "ExecStart")).toBe(
      `/usr/bin/node --max-semi-space-size=64 /opt/sidgate/bin/sidgate.js ${program} --config /etc/s.yaml`,
    );
    expect(lineOf(unit, "Environment=SIDGATE_DATA")).toBe(data);
    expect(`/var/lib/${lineOf(unit, "StateDirectory")}`).toBe(data);
  });

  test.each([
    ["/etc/plant room.yaml", '"/etc/plant room.yaml"'],
    ['/etc/a"b.yaml', '"/etc/a\\"b.yaml"'],
    ["/etc/100%.yaml", "/etc/100%%.yaml"],
    ["/etc/$HOME.yaml", "/etc/$$HOME.yaml"],
  ])("the path %s is written %s", (config, written) => {
    expect(lineOf(systemdUnit({ ...OPTIONS, config }), "ExecStart")?.endsWith(`--config ${written}`)).toBe(true);
  });

  test("an installation below /home stays readable to itself", () => {
    expect(lineOf(systemdUnit(OPTIONS), "ProtectHome")).toBe("yes");
    expect(lineOf(systemdUnit({ ...OPTIONS, script: "/home/eva/s/bin/sidgate.js" }), "ProtectHome")).toBe("read-only");
  });

  test("writes unit and account, and says what comes next", async () => {
    const said: string[] = [];
    const options = { program: "bridge", config: "/etc/none.yaml", root: folder, print: false } as const;
    expect(await serviceInstall(options, (text) => said.push(text))).toBe(0);
    const unit = readFileSync(join(folder, "etc/systemd/system/sidgate-bridge.service"), "utf8");
    expect(lineOf(unit, "ExecStart")).toContain(" bridge --config /etc/none.yaml");
    expect(readFileSync(join(folder, "usr/lib/sysusers.d/sidgate.conf"), "utf8")).toMatch(/^u sidgate - /);
    expect(said.join("\n")).toContain("sudo systemctl enable --now sidgate-bridge");
  });

  const systemd = spawnSync("systemd-analyze", ["--version"]).status === 0;
  (systemd ? test : test.skip)(
    "systemd-analyze finds nothing wrong, and little exposed (needs systemd-analyze)",
    () => {
      const file = join(folder, "sidgate.service");
      // What it starts must exist for systemd, so it is this very Node.js.
      writeFileSync(file, systemdUnit({ ...OPTIONS, node: process.execPath }));
      const { status, stderr } = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
      expect([status, stderr]).toEqual([0, ""]);
      execFileSync("systemd-analyze", ["security", "--offline=true", "--threshold=20", file], { stdio: "ignore" });
    },
  );
});
