/**
 * compose.yaml and Dockerfile: what they say, and the very command lines of compose.yaml on this machine's own Mosquitto and
 * Redis, with the names of its services and folders put into terms of this machine.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import mqtt from "mqtt";
import { parse } from "yaml";
import { hasRedis } from "../store/redis-server.ts";
import { freePort, hasMosquitto, MOSQUITTO } from "../support/bridge-mosquitto.ts";
import { BIN } from "../support/gateway-process.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const SITE = "plant-room";

interface Service {
  readonly image?: string;
  readonly user?: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
}

const compose = parse(readFileSync(join(ROOT, "compose.yaml"), "utf8"), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const { services, configs } = compose;

describe("compose.yaml", () => {
  test("what stays running may write only into its volumes, and has no rights beyond", () => {
    for (const name of ["gateway", "bridge", "mosquitto", "redis"]) {
      expect([name, services[name]?.read_only, services[name]?.cap_drop]).toEqual([name, true, ["ALL"]]);
    }
  });

  test("every volume and every config that is named is there", () => {
    const used = Object.values(services).flatMap(({ volumes = [] }) => volumes.map((each) => each.split(":")[0]));
    expect(new Set(used)).toEqual(new Set(Object.keys(compose.volumes)));
    expect(Object.keys(configs)).toEqual(["mosquitto", "acl"]);
  });

  test("nothing is published beyond this machine, and nobody is let in without a password", () => {
    for (const { ports = [] } of Object.values(services)) {
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
    expect(configs["mosquitto"]?.content).toMatch(/^allow_anonymous false$/m);
    expect(services["redis"]?.command.join(" ")).toContain("--requirepass");
    expect(services["gateway"]?.environment?.["SIDGATE_COAP__LAB"]).toBe("off");
  });

  test("the broker saves each change, and Redis before it answers", () => {
    expect(configs["mosquitto"]?.content).toMatch(/^autosave_on_changes true\nautosave_interval 1$/m);
    expect(services["redis"]?.command.join(" ")).toMatch(/--appendonly yes --appendfsync always/);
  });
});

describe("Dockerfile", () => {
  const lines = readFileSync(join(ROOT, "Dockerfile"), "utf8").split("\n");
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));

  test("what it starts is neither root nor a build", () => {
    expect(lines.filter((line) => line.startsWith("FROM "))).toHaveLength(2);
    expect(last).toContain("USER node");
    expect(last.join("\n")).not.toMatch(/npm|COPY \. /);
    expect(last.some((line) => line.startsWith("HEALTHCHECK "))).toBe(true);
  });

  test("what it copies is let through by .dockerignore", () => {
    const ignore = readFileSync(join(ROOT, ".dockerignore"), "utf8").split("\n");
    const build = lines.slice(0, lines.length - last.length).join("\n");
    for (const [, name] of build.matchAll(/COPY ([\w.-]+\.json) ([\w.-]+\.json)/g))
      expect(ignore).toContain(`!${name}`);
    for (const [, name] of last.join("\n").matchAll(/--from=build \/app\/([\w.-]+)/g)) {
      if (!["dist", "node_modules"].includes(name ?? "")) expect(ignore).toContain(`!${name}`);
    }
  });
});

const canRun = hasMosquitto && hasRedis;
(canRun ? describe : describe.skip)("its command lines on this machine (needs mosquitto, redis-server)", () => {
  const folder = mkdtempSync(join(tmpdir(), "sidgate-compose-"));
  const children: ChildProcess[] = [];
  let ports: { readonly redis: number; readonly mqtt: number };

  /** Names of services and folders in terms of this machine; Compose turns $$ into $. */
  const local = (text: string): string =>
    text
      .replaceAll("$$", "$")
      .replaceAll(/\$\{SIDGATE_SITE:-([\w-]+)\}/g, "$1")
      .replaceAll("/secrets", join(folder, "secrets"))
      .replaceAll("/mosquitto/config", join(folder, "config"))
      .replaceAll("/mosquitto/data", join(folder, "mosquitto"))
      .replaceAll("@redis:6379", `@127.0.0.1:${ports.redis}`)
      .replaceAll("mosquitto:1883", `127.0.0.1:${ports.mqtt}`);
  const start = (command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess => {
    const child = spawn(command, args, { env: { ...process.env, NODE_OPTIONS: "", ...env }, stdio: "ignore" });
    children.push(child);
    return child;
  };
  const program = (name: "gateway" | "bridge", more: NodeJS.ProcessEnv = {}): ChildProcess => {
    const { command, environment = {} } = services[name]!;
    const env = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, local(value)]));
    return start(process.execPath, [BIN, ...command], { ...env, SIDGATE_DATA: join(folder, name), ...more });
  };

  beforeAll(async () => {
    ports = { redis: await freePort(), mqtt: await freePort() };
    for (const name of ["secrets", "config", "mosquitto", "redis"]) mkdirSync(join(folder, name));
    const [shell = "", ...script] = services["secrets"]!.command.map(local);
    // As root Mosquitto would give its rights up, and then not read what only root may.
    execFileSync(shell, script, { env: { ...process.env, SITE }, stdio: "ignore" });
    const config = local(configs["mosquitto"]!.content)
      .replace("listener 1883", `listener ${ports.mqtt} 127.0.0.1`)
      .concat("user root\n");
    writeFileSync(join(folder, "config", "mosquitto.conf"), config);
    writeFileSync(join(folder, "config", "acl"), local(configs["acl"]!.content), { mode: 0o600 });
    start(MOSQUITTO, services["mosquitto"]!.command.slice(1).map(local));
    const [sh = "", ...redis] = services["redis"]!.command.map((each) =>
      local(each).replace("--dir /data", `--port ${ports.redis} --bind 127.0.0.1 --dir ${join(folder, "redis")}`),
    );
    start(sh, redis);
    program("gateway", { SIDGATE_COAP__LISTEN: "127.0.0.1:0", SIDGATE_ADMIN__LISTEN: "127.0.0.1:0" });
    program("bridge");
  });
  afterAll(async () => {
    for (const child of children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    rmSync(folder, { recursive: true, force: true });
  });

  test("the cloud application sees gateway and bridge, and whoever has no password nothing", async () => {
    const url = `mqtt://127.0.0.1:${ports.mqtt}`;
    const password = readFileSync(join(folder, "secrets", "app"), "utf8").trim();
    const app = await retried(() => mqtt.connectAsync(url, { username: "app", password, reconnectPeriod: 200 }));
    const roles = new Set<string>();
    const both = new Promise<void>((resolve) => {
      app.on("message", (_topic, payload) => {
        const { state, roles: told = [] } = JSON.parse(payload.toString());
        if (state === "online") for (const role of told) roles.add(role);
        if (roles.size === 2) resolve();
      });
    });
    await app.subscribeAsync(`sidgate/1/${SITE}/g/+/status`, { qos: 1 });
    await both;
    expect(roles).toEqual(new Set(["gateway", "bridge"]));
    await app.endAsync();
    await expect(mqtt.connectAsync(url, { username: "app", password: "guess" }, false)).rejects.toThrow();
  });
});

/** The broker may not listen yet. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 300) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
