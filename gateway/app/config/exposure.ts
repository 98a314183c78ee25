/** Where unprotected CoAP is heard: on this machine alone, unless the configuration says more or less. */
import { isIP, isIPv4 } from "node:net";
import type { Config } from "./settings.ts";

export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIP(host) !== 0 && isIPv4(host) && host.startsWith("127."));

/** Does the listener on `host` hear requests without a security context? */
export function hearsUnprotected({ coap }: Config, host: string): boolean {
  switch (coap.lab) {
    case "on":
      return true;
    case "off":
      return false;
    case "loopback":
      return isLoopback(host);
  }
}
