/** The bridge's contract and figures for the admin API. Loaded when somebody asks: a gateway without a bridge has them, too. */
import type { Bridge } from "../../../cloud-bridge/app/index.ts";
import type { CloudDocuments } from "../../admin/api/index.ts";

const contract = () => import("../../../cloud-bridge/app/contract.ts");

export const cloudDocuments = (site: string, bridge: Pick<Bridge, "stats"> | undefined): CloudDocuments => ({
  asyncApi: async () => (await contract()).asyncApi(site),
  schema: async (name) => (await contract()).schemas().get(name),
  metrics: async () => bridge && (await contract()).metricsText(bridge.stats()),
});
