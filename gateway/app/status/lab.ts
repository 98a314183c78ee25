/** What is open while a gateway is in lab mode, in sentences that every status repeats. */
import { type Config, hearsUnprotected } from "../config/index.ts";

/** `lab` while anything is open that a secured site would close; one word for every status. */
export const modeOf = (config: Config): "lab" | "secured" =>
  answersUnprotected(config) || config.trust.mode === "lab" ? "lab" : "secured";

/** Is CoAP without a security context answered anywhere? */
export const answersUnprotected = (config: Config): boolean =>
  config.coap.listen.some(({ host }) => hearsUnprotected(config, host));

/** Empty when nothing is open. */
export function labWarnings(config: Config): readonly string[] {
  const warnings: string[] = [];
  if (config.coap.lab === "loopback" && answersUnprotected(config)) {
    warnings.push("Unprotected CoAP is answered on loopback addresses: whoever can reach them can be any node.");
  }
  if (config.coap.lab === "on") {
    warnings.push("Unprotected CoAP is answered on every address: whoever can reach them can be any node.");
  }
  if (config.trust.mode === "lab") warnings.push("Unsigned images are accepted and offered to nodes.");
  if (config.clock.rate !== 1) warnings.push(`The clock runs ${config.clock.rate} times as fast as real time.`);
  return warnings;
}
