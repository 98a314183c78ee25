/** Child process of the coreconf bench: the real gateway, without its MQTT half, with a fleet and some managers. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PeerCredential } from "../../../gateway/admin/api/index.ts";
import { readConfig } from "../../../gateway/app/config/index.ts";
import { openGateway } from "../../../gateway/app/gateway.ts";
import { SILENT, seededRandom, systemClock } from "../../../gateway/base/index.ts";
import type { JsonObject } from "../../../gateway/yang/index.ts";
import { endpointOf } from "../endpoints.ts";

/** What the parent is told once all have joined. */
export interface Fleet {
  readonly port: number;
  /** Ids, in the order of `endpointOf`. */
  readonly nodes: readonly string[];
  readonly managers: readonly PeerCredential[];
}

/** Commands under way at a time. */
const AT_ONCE = 64;

const [nodes = "1000", managers = "0"] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), "sidgate-bench-"));
const config = readConfig({
  path: undefined,
  env: { SIDGATE_DATA: folder, SIDGATE_COAP__LISTEN: "127.0.0.1:0", SIDGATE_ADMIN__LISTEN: "127.0.0.1:0" },
});
const ports = { clock: systemClock(), random: seededRandom(1), log: SILENT, version: "bench" };
const gateway = await openGateway(config, ports, { bridge: false });

async function submit(op: string, args: JsonObject): Promise<unknown> {
  const id = JSON.stringify([op, args]);
  const outcome = await gateway.source.submit({ id, op, args, actor: "bench" });
  if (outcome.status !== "completed") throw new Error(JSON.stringify(outcome));
  return outcome.result;
}

const ids: string[] = [];
while (ids.length < Number(nodes)) {
  const length = Math.min(AT_ONCE, Number(nodes) - ids.length);
  const added = await Promise.all(
    Array.from({ length }, (_, index) => submit("node.add", { endpoint: endpointOf(ids.length + index) })),
  );
  for (const result of added) ids.push((result as { readonly node: string }).node);
}
const credentials: PeerCredential[] = [];
for (let index = 0; index < Number(managers); index++) {
  const manager = `m${index}`;
  // The later half is under rules.
  await submit("manager.add", { manager, groups: [index < Number(managers) / 2 ? "admin" : "viewer"] });
  const credential = gateway.source.credential("manager", manager);
  if (credential !== undefined) credentials.push(credential);
}
const coap = gateway.source.status().listening.find(({ what }) => what === "CoAP")?.address ?? "";
const fleet: Fleet = { port: Number(coap.split(":").at(-1)), nodes: ids, managers: credentials };
process.send?.(fleet);
process.once("disconnect", async () => {
  await gateway.close();
  await rm(folder, { recursive: true, force: true });
  process.exit(0);
});
