/** Avahi finds the gateway by name, sees it go, and is not robbed of a name that it has. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import { afterEach, expect, test } from "@jest/globals";
import { type Closable, SILENT, systemClock } from "../../gateway/base/index.ts";
import { Naming } from "../../gateway/southbound/naming/index.ts";

const RUNS =
  spawnSync("avahi-daemon", ["--check"]).status === 0 && spawnSync("avahi-browse", ["--version"]).status === 0;
const LINKS = Object.values(networkInterfaces()).some((infos) => infos?.some(({ internal }) => !internal));
const withAvahi = RUNS && LINKS ? test : test.skip;

const parts: Closable[] = [];
afterEach(async () => {
  for (const part of parts.splice(0).reverse()) await part.close();
});

/** A name that nobody else has, on whatever network this runs. */
const INSTANCE = `Sidgate test ${process.pid}. OG`;
const HOST = `sidgate-test-${process.pid}`;

async function announcedAs(): Promise<{ naming: Naming; named: string }> {
  let tell: (name: string) => void;
  const named = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const naming = new Naming({
    listening: [
      { host: "0.0.0.0", port: 5683 },
      { host: "::", port: 5683 },
    ],
    loopback: false,
    announcement: (port) => ({
      instance: INSTANCE,
      host: HOST,
      offers: [{ service: ["_coap", "_udp"], port, text: ["path=/c", "rt=core.c.ds"] }],
    }),
    clock: systemClock(),
    random: { next: () => 0 },
    log: { ...SILENT, info: (_event, facts) => tell(`${facts?.["instance"]} ${facts?.["host"]}`) },
  });
  parts.push(naming);
  await naming.open();
  return { naming, named: await named };
}

/** A program of avahi's that goes on until the test ends; what it says can be waited for. */
function start(command: string, ...args: readonly string[]): { readonly says: (words: RegExp) => Promise<void> } {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  parts.push({
    close: async () => {
      child.kill();
      await ended;
    },
  });
  let output = "";
  let heard: () => void = () => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (part) => {
      output += part;
      heard();
    });
  }
  const says = (words: RegExp): Promise<void> =>
    new Promise((resolve) => {
      heard = () => {
        if (words.test(output)) resolve();
      };
      heard();
    });
  return { says };
}

withAvahi("avahi-browse resolves the gateway, and sees it leave (needs avahi)", async () => {
  const { naming, named } = await announcedAs();
  expect(named).toBe(`${INSTANCE} ${HOST}.local`);
  const { stdout } = await promisify(execFile)("avahi-browse", ["-rpt", "_coap._udp"]);
  const found = stdout.split("\n").filter((line) => line.startsWith("=") && line.includes(`;${HOST}.local;`));
  expect(found.length).toBeGreaterThan(0);
  for (const line of found) {
    const [port, ...entries] = line.split(";").slice(8).join(";").split(/[; ]/);
    expect([port, ...entries.sort()]).toEqual(["5683", '"path=/c"', '"rt=core.c.ds"']);
  }
  const browser = start("avahi-browse", "-p", "_coap._udp");
  await browser.says(new RegExp(`^\\+.*${process.pid}`, "m"));
  await naming.close();
  await browser.says(new RegExp(`^-.*${process.pid}`, "m"));
});

withAvahi("a name that avahi has stays its own (needs avahi)", async () => {
  const publisher = start("avahi-publish", "-s", INSTANCE, "_coap._udp", "1234");
  await publisher.says(/Established/);
  expect((await announcedAs()).named).toBe(`${INSTANCE} (2) ${HOST}.local`);
});
