/** How the gateway is found by name (RFC 6763): what it announces of itself, and whether. */

import type { Status } from "../../admin/api/index.ts";
import { type Lifecycle, type Logger, type Random, systemClock } from "../../base/index.ts";
import type { Announcement, Naming, Offer } from "../../southbound/naming/index.ts";
import type { SiteInfo } from "../../store/index.ts";
import { type Config, isLoopback } from "../config/index.ts";
import { parseHostPort } from "../config/kinds.ts";

export interface Named {
  readonly site: SiteInfo["site"];
  /** `coap://HOST:PORT`, as they are bound. */
  readonly addresses: readonly string[];
  /** URL of the status page. */
  readonly statusPage: string;
}

/** Undefined = nothing is announced. Never throws: without DNS-SD the gateway works as well. */
export async function openNaming(
  config: Config,
  named: Named,
  { random, log }: { readonly random: Random; readonly log: Logger },
  lifecycle: Lifecycle,
): Promise<Naming | undefined> {
  const wanted = config.discovery.dnsSd;
  const reachable = config.coap.listen.some(({ host }) => !isLoopback(host));
  if (wanted === "off" || (wanted === "auto" && !reachable)) return undefined;
  const { Naming } = await import("../../southbound/naming/index.ts");
  const naming = lifecycle.add(
    new Naming({
      listening: named.addresses.flatMap((address) => parseHostPort(address.replace("coap://", "")) ?? []),
      loopback: !reachable, // asked for, and only this machine can use it
      announcement: (port) => announcementOf(config, named, port),
      clock: systemClock(),
      random,
      log,
    }),
  );
  await naming.open();
  return naming;
}

/** What is told to everybody on the link: little, and nothing that a scan of the ports would not show. */
export function announcementOf(config: Config, { site, statusPage }: Named, port: number): Announcement {
  const mark = `site=${site}`;
  const page: Offer = {
    service: ["_http", "_tcp"],
    port: Number(new URL(statusPage).port) || 80,
    text: ["path=/", mark],
  };
  return {
    instance: (config.site.name ?? `Sidgate ${site}`).replace(/\p{Cc}+/gu, " "), // RFC 6763 §4.1.1
    host: `sidgate-${site}`,
    offers: [
      { service: ["_core-rd", "_udp"], port, text: [mark] }, // RFC 9176 §4.1.2
      { service: ["_coap", "_udp"], port, text: ["path=/c", "rt=core.c.ds", mark] },
      ...(isLoopback(config.admin.listen.host) ? [] : [page]),
    ],
  };
}

/** A line of the console and of every status. */
export function announced(naming: Pick<Naming, "names"> | undefined): Status["listening"] {
  const names = naming?.names;
  if (names === undefined) return [];
  const line = { what: "announced", address: `${names.instance} (${names.host})` };
  return [names.settled ? line : { ...line, note: "asking whether the name is free" }];
}
