/** What is open while a gateway is in lab mode, in sentences that every status repeats. */
import type { Config } from "./config/index.ts";

/** `lab` while anything is open that a secured site would close; one word for every status. */
export const modeOf = (config: Config): "lab" | "secured" =>
  config.coap.lab !== "off" || config.trust.mode === "lab" ? "lab" : "secured";

/** Is CoAP without a security context answered at all? */
export const answersUnprotected = (config: Config): boolean => config.coap.lab !== "off";

/** Empty when nothing is open. */
export function labWarnings(config: Config): readonly string[] {
  const warnings: string[] = [];
  if (config.coap.lab === "loopback") {
    warnings.push("Unprotected CoAP is answered on loopback addresses: whoever can reach them can be any node.");
  }
  if (config.coap.lab === "on") {
    warnings.push("Unprotected CoAP is answered on every address: whoever can reach them can be any node.");
  }
  if (config.trust.mode === "lab") warnings.push("Unsigned images are accepted and offered to nodes.");
  if (config.clock.rate !== 1) warnings.push(`The clock runs ${config.clock.rate} times as fast as real time.`);
  return warnings;
}
