/** The names on a real network: multicast on the loopback interface, asked in bytes written by hand. */
import type { Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { afterEach, expect, test } from "@jest/globals";
import { type Closable, type LogFacts, SILENT, seededRandom, systemClock } from "../../../gateway/base/index.ts";
import { Naming, type NamingOptions } from "../../../gateway/southbound/naming/index.ts";
import { askerSocket, carriesMulticast, freePort, GROUP, groupSocket } from "../../support/multicast.ts";

/** Waiting for names is a matter of seconds; here of a twentieth. */
const RATE = 20;
const opened: Closable[] = [];
afterEach(async () => {
  for (const part of opened.splice(0).reverse()) await part.close();
});

async function kept(opening: Promise<Socket>): Promise<Socket> {
  const socket = await opening;
  opened.push({ close: () => new Promise<void>((resolve) => socket.close(() => resolve())) });
  return socket;
}
const listener = (port: number): Promise<Socket> => kept(groupSocket(port));

const onMulticast = (await carriesMulticast()) ? test : test.skip;

interface Logged {
  readonly event: string;
  readonly facts: LogFacts | undefined;
}

async function open(port: number, options: Partial<NamingOptions> = {}): Promise<{ naming: Naming; logged: Logged[] }> {
  const logged: Logged[] = [];
  const note = (event: string, facts?: LogFacts): void => void logged.push({ event, facts });
  const naming = new Naming({
    listening: [{ host: "127.0.0.1", port: 5683 }],
    loopback: true,
    announcement: (coap) => ({
      instance: "Office",
      host: "sidgate-a",
      offers: [{ service: ["_coap", "_udp"], port: coap, text: ["path=/c"] }],
    }),
    clock: systemClock(RATE),
    random: seededRandom(7),
    log: { ...SILENT, info: note, warn: note },
    machine: () => ({
      lo: networkInterfaces()["lo"] ?? Object.values(networkInterfaces()).find((i) => i?.[0]?.internal),
    }),
    port,
    ...options,
  });
  opened.push(naming);
  await naming.open();
  return { naming, logged };
}

/** The next datagram that satisfies `wanted`, in hex. */
const next = (socket: Socket, wanted: (digits: string) => boolean): Promise<string> =>
  new Promise((resolve) => {
    const look = (bytes: Buffer): void => {
      const digits = bytes.toString("hex");
      if (!wanted(digits)) return;
      socket.off("message", look);
      resolve(digits);
    };
    socket.on("message", look);
  });

const hexOf = (text: string): string => Buffer.from(text).toString("hex");
const COAP = `05${hexOf("_coap")}04${hexOf("_udp")}05${hexOf("local")}00`;
const isAnswer = (digits: string): boolean => digits.startsWith("00008400");

onMulticast("a gateway asks, announces, answers a plain resolver and says goodbye", async () => {
  const port = await freePort();
  const group = await listener(port);
  const asked = next(group, (digits) => digits.startsWith("00000000"));
  const announced = next(group, isAnswer);
  const { naming, logged } = await open(port);
  expect(naming.names).toEqual({ instance: "Office", host: "sidgate-a.local", settled: false });
  expect(await asked).toContain(`06${hexOf("Office")}${COAP}00ff0001`);
  expect(await announced).toContain(`09${hexOf("sidgate-a")}`);
  expect(naming.names?.settled).toBe(true);
  expect(logged).toEqual([{ event: "naming.announced", facts: { instance: "Office", host: "sidgate-a.local" } }]);

  const resolver = await kept(askerSocket());
  const answer = next(resolver, () => true);
  resolver.send(Buffer.from(`abcd01000001000000000000${COAP}000c0001`, "hex"), port, GROUP);
  // One question and one answer: Office._coap._udp.local, for ten seconds; then SRV, TXT, A and two NSEC.
  expect((await answer).startsWith(`abcd84000001000100000005${COAP}000c0001c00c000c00010000000a`)).toBe(true);

  const goodbye = next(group, (digits) => isAnswer(digits) && digits.includes("000c000100000000"));
  await naming.close();
  await goodbye;
  expect(naming.names).toBeUndefined();
});

onMulticast("the second of a name is renamed, instance and host", async () => {
  const port = await freePort();
  const other = { listening: [{ host: "127.0.0.1", port: 5684 }] };
  const group = await listener(port);
  const first = await open(port);
  await next(group, isAnswer);
  const second = await open(port, { ...other, random: seededRandom(8) });
  const renamed = next(group, (digits) => isAnswer(digits) && digits.includes(hexOf("Office (2)")));
  await renamed;
  expect(second.naming.names).toEqual({ instance: "Office (2)", host: "sidgate-a.local", settled: true });
  expect(first.naming.names).toEqual({ instance: "Office", host: "sidgate-a.local", settled: true });
});

onMulticast("what fails is told and stops nothing; an address that comes is announced", async () => {
  const port = await freePort();
  const group = await listener(port);
  let machine: ReturnType<NonNullable<NamingOptions["machine"]>> = {
    gone0: [{ address: "203.0.113.9", cidr: "203.0.113.9/24", netmask: "", mac: "", internal: false, family: "IPv4" }],
  };
  const listening = [{ host: "0.0.0.0", port: 5683 }];
  const { naming, logged } = await open(port, { listening, machine: () => machine, clock: systemClock(500) });
  expect(naming.names).toBeUndefined();
  expect(logged.map(({ event }) => event)).toEqual(["naming.link-failed", "naming.not-announced"]);
  const announced = next(group, isAnswer);
  machine = { lo: networkInterfaces()["lo"] };
  await announced;
  expect(naming.names?.settled).toBe(true);
});
