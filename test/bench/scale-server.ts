/** Child process of the scale bench: a gateway without its MQTT half and its status page, that takes in nodes by the thousand. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openCentre } from "../../gateway/app/centre.ts";
import { siteClock } from "../../gateway/app/clock/index.ts";
import { readConfig } from "../../gateway/app/config/index.ts";
import { commandHandlers } from "../../gateway/app/inbox/inventory-commands.ts";
import { openSouth } from "../../gateway/app/south.ts";
import { Trace } from "../../gateway/app/status/trace.ts";
import { Lifecycle, SILENT, seededRandom, systemClock } from "../../gateway/base/index.ts";
import { endpointOf } from "./endpoints.ts";

/** Nodes `from` to `from + count` are added by command; or all is written down and collected, and memory is told. */
export type ScaleCommand =
  | { readonly join: { readonly from: number; readonly count: number } }
  | { readonly settle: true };

/** Bytes: memory of our own, and mapped pages of files, which the kernel takes back when it needs them. */
export interface ScaleMemory {
  readonly anon: number;
  readonly file: number;
}

/** Commands under way at a time. */
const AT_ONCE = 64;

const folder = await mkdtemp(join(tmpdir(), "sidgate-bench-"));
const config = readConfig({
  path: undefined,
  env: { SIDGATE_DATA: folder, SIDGATE_COAP__LISTEN: "127.0.0.1:0" },
});
const clock = siteClock(config, { clock: systemClock(), log: SILENT });
const ports = { clock, random: seededRandom(1), log: SILENT, version: "bench" };
const lifecycle = new Lifecycle();
const centre = await openCentre(config, ports, lifecycle, { bridge: false });
const trace = new Trace((node) => centre.models.of(centre.registry.setOf(node)));
centre.ledger.onFact((fact) => trace.take(fact));
const { addresses } = await openSouth(config, ports, centre, lifecycle, undefined);
const defaults = { stopAtPct: config.campaign.stopAtPercent, silentAfter: config.nodes.silentAfter };
const services = {
  ...centre,
  recorder: centre.ledger,
  clock: ports.clock,
  defaults,
  fetching: () => ({ state: "awaited" }) as const,
};
centre.inbox.serve(commandHandlers(services), centre.ledger);

async function addNodes({ from, count }: { readonly from: number; readonly count: number }): Promise<void> {
  for (let begun = from; begun < from + count; begun += AT_ONCE) {
    const size = Math.min(AT_ONCE, from + count - begun);
    const outcomes = await Promise.all(
      Array.from({ length: size }, (_, index) => {
        const endpoint = endpointOf(begun + index);
        return centre.inbox.submit({ id: endpoint, op: "node.add", args: { endpoint }, actor: "bench" });
      }),
    );
    const failed = outcomes.find(({ status }) => status === "failed");
    if (failed !== undefined) throw new Error(`a node was not added: ${JSON.stringify(failed)}`);
    // Years of commissioning in some seconds: what it throws away must not lie between what stays.
    if ((begun - from) % (16 * AT_ONCE) === 0) globalThis.gc?.();
  }
}

async function settle(): Promise<ScaleMemory> {
  await centre.ledger.checkpoint();
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await pause(100); // what was freed outside the heap is given back in turns of its own
  }
  const status = readFileSync("/proc/self/status", "utf8");
  const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1024;
  return { anon: bytes("RssAnon"), file: bytes("RssFile") };
}

process.on("message", (command: ScaleCommand) => {
  const done = "join" in command ? addNodes(command.join).then(() => ({ joined: command.join.count })) : settle();
  void done.then((answer) => process.send?.(answer));
});
process.once("disconnect", async () => {
  await lifecycle.close();
  await rm(folder, { recursive: true, force: true });
  process.exit(0);
});
process.send?.({ port: Number(addresses[0]?.split(":").at(-1)) });
