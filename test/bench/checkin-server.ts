/** Child process of the check-in bench: the real gateway on a folder of its own, with the nodes of the load joined. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PeerCredential } from "../../gateway/admin/api/index.ts";
import { readConfig } from "../../gateway/app/config/index.ts";
import { openGateway } from "../../gateway/app/gateway.ts";
import { SILENT, seededRandom, systemClock } from "../../gateway/base/index.ts";
import { endpointOf } from "./endpoints.ts";

const [nodes = "64", bridge = "without", broker = "", redis = ""] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), "sidgate-bench-"));
const config = readConfig({
  path: undefined,
  env: {
    SIDGATE_DATA: folder,
    SIDGATE_COAP__LISTEN: "127.0.0.1:0",
    SIDGATE_ADMIN__LISTEN: "127.0.0.1:0",
    SIDGATE_MQTT__EMBEDDED__PORT: "0",
    ...(broker !== "" && { SIDGATE_MQTT__URL: broker }),
    ...(redis !== "" && { SIDGATE_STORE__REDIS: redis }),
  },
});
const gateway = await openGateway(
  config,
  { clock: systemClock(), random: seededRandom(1), log: SILENT, version: "bench" },
  { bridge: bridge === "with" },
);
const credentials: Array<PeerCredential | undefined> = [];
const ids: string[] = [];
for (let i = 0; i < Number(nodes); i++) {
  const endpoint = endpointOf(i);
  const outcome = await gateway.source.submit({ id: endpoint, op: "node.add", args: { endpoint }, actor: "bench" });
  if (outcome.status !== "completed") throw new Error(JSON.stringify(outcome));
  const { node } = outcome.result as { readonly node: string };
  ids.push(node);
  credentials.push(gateway.source.credential("node", node));
}
const coap = gateway.source.status().listening.find(({ what }) => what === "CoAP")?.address ?? "";
if (!process.connected) process.exit(1); // whoever asked has given up
process.send?.({ port: Number(coap.split(":").at(-1)), credentials, nodes: ids });
process.once("disconnect", async () => {
  await gateway.close();
  await rm(folder, { recursive: true, force: true });
  process.exit(0);
});
