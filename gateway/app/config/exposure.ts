/** Unprotected CoAP stays on this machine unless the configuration allows more. */
import { isIP, isIPv4 } from "node:net";
import { UsageError } from "../../base/index.ts";
import { formatHostPort } from "./kinds.ts";
import type { Config } from "./settings.ts";

export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIP(host) !== 0 && isIPv4(host) && host.startsWith("127."));

/** Throws `config.exposed` for the first address of coap.listen that lab mode may not serve. */
export function refuseExposedLab(config: Config): void {
  if (config.coap.lab !== "loopback") return;
  const exposed = config.coap.listen.find(({ host }) => !isLoopback(host));
  if (exposed !== undefined) throw new UsageError("config.exposed", { address: formatHostPort(exposed) });
}
