/**
 * The gateway under its names on every link where its CoAP is reached, as interfaces and addresses come and go. What
 * the network does not allow is a warning: nodes that know the address need none of this.
 */
import { networkInterfaces } from "node:os";
import {
  addressBytes,
  type Clock,
  type Closable,
  every,
  type Logger,
  type Random,
  seconds,
  type Timer,
} from "../../base/index.ts";
import { nameText } from "../../wire/dns/index.ts";
import type { Announcement } from "./announcement.ts";
import { isNeighbour, type LinkPlan, type Machine, type Plan, planOf, type Reachable } from "./interfaces.ts";
import { type LinkSocket, openLinkSocket } from "./link-socket.ts";
import { type Link, MDNS_PORT, Responder } from "./responder.ts";

export interface NamingOptions {
  /** Addresses and ports of CoAP as they are bound. */
  readonly listening: readonly Reachable[];
  /** Announce on loopback interfaces too. */
  readonly loopback: boolean;
  /** `port` is that of CoAP. */
  readonly announcement: (port: number) => Announcement;
  /** Real time, whatever the clock of a trial says. */
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly machine?: () => Machine;
  /** Another port for trials beside the machine's own names. */
  readonly port?: number;
}

/** How soon a new address is announced. */
const LOOK_EVERY = seconds(15);

interface Standing {
  readonly responder: Responder;
  readonly sockets: readonly LinkSocket[];
}

export class Naming implements Closable {
  readonly #options: NamingOptions;
  #plan: Plan | undefined;
  #standing: Standing | undefined;
  /** The names in the log. */
  #told: string | undefined;
  #timer: Timer | undefined;
  /** One look at a time: each waits for the one before. */
  #looks: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: NamingOptions) {
    this.#options = options;
  }

  /** Undefined while there is no link to be found on. */
  get names(): { readonly instance: string; readonly host: string; readonly settled: boolean } | undefined {
    const { responder } = this.#standing ?? {};
    if (responder === undefined) return undefined;
    const { instance, host } = responder.names;
    return { instance, host: withoutRoot(nameText(host)), settled: responder.isSettled };
  }

  async open(): Promise<void> {
    this.#timer = every(this.#options.clock, LOOK_EVERY, () => this.#look());
    this.#look();
    await this.#looks;
  }

  /** The names are given back before the sockets close. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#looks;
    this.#standing?.responder.leave();
    await this.#stop();
  }

  #look(): void {
    this.#looks = this.#looks
      .then(() => this.#followInterfaces())
      .catch((error: unknown) => {
        this.#options.log.warn("naming.failed", { reason: String(error) });
      });
  }

  async #followInterfaces(): Promise<void> {
    if (this.#closed) return;
    const { listening, loopback, machine = networkInterfaces, log } = this.#options;
    const plan = planOf(listening, machine(), loopback);
    if (JSON.stringify(plan) === JSON.stringify(this.#plan)) return;
    await this.#stop(); // without a goodbye: the new announcement takes the place of the old
    this.#plan = plan;
    if (plan === undefined) return;
    await this.#join(plan);
    if (this.#standing === undefined) log.warn("naming.not-announced", { hint: "no interface takes multicast DNS" });
  }

  async #join(plan: Plan): Promise<void> {
    const { announcement, clock, random, log } = this.#options;
    const opened: Array<readonly [plan: LinkPlan, socket: LinkSocket]> = [];
    // Filled before the first datagram is handed on: sockets speak up in a later turn.
    let responder: Responder | undefined;
    for (const link of plan.links) {
      try {
        const port = this.#options.port ?? MDNS_PORT;
        const socket = await openLinkSocket(link, port, (bytes, source) => {
          if (hears(link, plan, source.address)) responder?.take(link.name, bytes, source);
        });
        opened.push([link, socket]);
      } catch (error) {
        log.warn("naming.link-failed", { link: link.name, reason: String(error) });
      }
    }
    if (opened.length === 0) return;
    responder = new Responder({
      announcement: announcement(plan.port),
      links: opened.map(([link, socket]) => portOf(link, socket)),
      clock,
      random,
      port: this.#options.port,
      onNamed: (names) => {
        const facts = { instance: names.instance, host: withoutRoot(nameText(names.host)) };
        // Whoever disputes a name in vain makes us announce it again, and no lines in the log.
        if (JSON.stringify(facts) !== this.#told) log.info("naming.announced", facts);
        this.#told = JSON.stringify(facts);
      },
    });
    this.#standing = { responder, sockets: opened.map(([, socket]) => socket) };
    responder.start();
  }

  async #stop(): Promise<void> {
    const standing = this.#standing;
    this.#standing = undefined;
    standing?.responder.stop();
    await Promise.all(standing?.sockets.map((socket) => socket.close()) ?? []);
  }
}

const portOf = (plan: LinkPlan, socket: LinkSocket): Link => ({
  name: plan.name,
  addresses: plan.addresses.flatMap((text) => addressBytes(text) ?? []),
  isNeighbour: (address) => isNeighbour(address, plan),
  send: (message, to) => socket.send(message, to),
});

const withoutRoot = (text: string): string => text.replace(/\.$/, "");

/** Linux hands what came by one interface to the IPv4 sockets of all: each takes what no other has better claim to. */
const hears = (link: LinkPlan, { links }: Plan, source: string): boolean =>
  isNeighbour(source, link) || !links.some((other) => other.family === link.family && isNeighbour(source, other));
