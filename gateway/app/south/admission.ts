/** Who is a neighbour and whose air is rationed, from the settings under coap.southbound and coap.airtime. */
import type { AdmissionOptions } from "../../coap/index.ts";
import type { Config } from "../config/index.ts";

export function admissionOf({ coap: { southbound, airtime } }: Pick<Config, "coap">): AdmissionOptions {
  const { networks, routers, share, burst } = airtime;
  if (networks === "off") return { southbound };
  return { southbound, airtime: { shared: networks, routers, share: share / 100, burst } };
}
