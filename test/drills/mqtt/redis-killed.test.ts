/**
 * `sidgate gateway` and `sidgate bridge` over one Redis, each of the three killed with -9 under load: check-ins are put off with
 * 5.03 while Redis is away, nothing that was acknowledged is lost, and all goes on by itself (docs/redis.md).
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Status } from "../../../gateway/admin/api/index.ts";
import { SILENT, seededRandom, systemClock } from "../../../gateway/base/index.ts";
import { type Fact, openRedisHome } from "../../../gateway/store/index.ts";
import { DURABLE, hasRedis, type RedisServer, startRedis } from "../../store/redis-server.ts";
import { type Apart, siteApart } from "../../support/apart.ts";
import { hasMosquitto } from "../../support/bridge-mosquitto.ts";
import type { PeerRequest } from "../../support/coap-peer.ts";
import { inDrill } from "../../support/drill.ts";
import { eventually } from "../../support/gateway-process.ts";
import { SecuredPeer } from "../../support/secured-peer.ts";
import { MortalBroker } from "./broker.ts";
import { Consumer, faultsIn, isTold, report } from "./consumer.ts";

const SITE = "town-hall";
const NODES = 4;
const ROUNDS = inDrill(1, 8);
const AWAY_MS = inDrill(200, 2_500);
const pause = (ms: number): Promise<void> => new Promise((resume) => void setTimeout(resume, ms));

/** 60001 (ea61) {2: report, 5: data {195: room {2: humidity}}}; numbers from 256 on have two bytes. */
const checkIn = (number: number): PeerRequest => ({
  method: "POST",
  path: "/c",
  format: 142,
  payload: Buffer.from(`a119ea61a20219${number.toString(16).padStart(4, "0")}05a118c3a1021828`, "hex"),
});

/** A node that checks in again and again: the same bytes until they are taken. */
class Room {
  readonly node: string;
  /** Numbers of reports that the gateway acknowledged. */
  readonly acknowledged: number[] = [];
  readonly codes = new Map<string, number>();
  #ended = false;
  #number = 255;

  constructor(node: string) {
    this.node = node;
  }

  stop(): void {
    this.#ended = true;
  }

  /** `start` counts the starts of the gateway, each on another port. */
  async live(connect: () => Promise<SecuredPeer>, start: () => number): Promise<void> {
    let known = start();
    let peer: SecuredPeer | undefined = await connect();
    for (this.#number += 1; !this.#ended; await pause(20)) {
      if (known !== start()) {
        peer?.close();
        known = start();
        peer = undefined;
      }
      peer ??= await connect().catch(() => undefined);
      const answer = await peer?.request(checkIn(this.#number)).catch((error: unknown) => ({ code: String(error) }));
      const code = answer?.code ?? "no answer";
      this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
      if (code === "2.04") this.acknowledged.push(this.#number++);
    }
    peer?.close();
  }
}

(hasRedis && hasMosquitto ? describe : describe.skip)(
  "gateway, bridge and Redis killed (needs redis-server, mosquitto)",
  () => {
    let folder: string;
    let redis: RedisServer;
    let broker: MortalBroker;
    let consumer: Consumer;
    let site: Apart;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "sidgate-drill-"));
      redis = await startRedis(folder, ...DURABLE);
      broker = await MortalBroker.start();
      consumer = new Consumer(broker.url, "drill");
      await consumer.subscribed();
      site = await siteApart(folder, { redis: redis.url, broker: broker.url });
      site.gateway.start();
      site.bridge.start();
      await eventually("the gateway answers", isUp);
    });
    afterAll(async () => {
      await site?.bridge.end("SIGKILL");
      await site?.gateway.end("SIGKILL");
      await consumer?.close();
      await broker?.close();
      await redis?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    const status = (): Promise<Status> => site.client.get<Status>("/api/status");
    const isUp = (): Promise<boolean> =>
      status().then(
        () => true,
        () => false,
      );
    const connect = async (node: string): Promise<SecuredPeer> => {
      const { listening } = await status();
      const address = listening.find(({ what }) => what === "CoAP")?.address ?? "";
      return SecuredPeer.connect(Number(address.split(":").at(-1)), await site.client.credentials("node", node));
    };
    /** With gateway and bridge gone, as an outsider. */
    const factsInRedis = async (): Promise<readonly Fact[]> => {
      const home = await openRedisHome({
        url: redis.url,
        site: SITE,
        process: "looker",
        make: false,
        log: SILENT,
        clock: systemClock(),
        random: seededRandom(1),
      });
      const reader = await home.reader();
      try {
        return await reader.read(reader.first, reader.lastDurable);
      } finally {
        await reader.close();
        await home.close();
      }
    };

    test("nothing that was acknowledged is lost, and all goes on by itself", async () => {
      const rooms: Room[] = [];
      for (let n = 0; n < NODES; n++) {
        const { node } = await site.client.command<{ node: string }>("node.add", { endpoint: `room-${n}` });
        rooms.push(new Room(node));
      }
      let starts = 1;
      const lives = rooms.map((room) =>
        room.live(
          () => connect(room.node),
          () => starts,
        ),
      );
      const added: string[] = [];
      let refused = 0;
      let ends = false;
      const adding = (async () => {
        for (let n = 0; !ends; n++) {
          const given = site.client.command("node.add", { endpoint: `late-${n}` });
          await given.then(
            () => added.push(`late-${n}`),
            () => (refused += 1),
          );
          await pause(40);
        }
      })();
      const taken = (): number => rooms.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
      const putOff = (): number => rooms.reduce((sum, { codes }) => sum + (codes.get("5.03") ?? 0), 0);
      /** Somebody checks in, is heard and told. */
      const goesOn = async (): Promise<void> => {
        const before = taken();
        await eventually("check-ins are taken", () => taken() > before + NODES).catch((error: unknown) => {
          throw new Error(rooms.map(({ codes }) => [...codes].join(" ")).join("; "), { cause: error });
        });
      };
      for (let round = 0; round < ROUNDS; round++) {
        await goesOn();
        const off = putOff();
        await redis.kill();
        await eventually("check-ins are put off", () => putOff() > off);
        await pause(AWAY_MS);
        await redis.start();
        await goesOn();
        await site.bridge.end("SIGKILL");
        site.bridge.start();
        await goesOn();
        await site.gateway.end("SIGKILL");
        site.gateway.start();
        await eventually("the gateway answers", isUp);
        starts += 1;
      }
      await goesOn();
      ends = true;
      for (const room of rooms) room.stop();
      await Promise.all([...lives, adding]);
      expect([site.gateway.state, site.bridge.state]).toEqual(["running", "running"]);
      const { journal } = await status();
      await site.gateway.end("SIGKILL");
      const facts = await factsInRedis();
      const produced = facts.filter(isTold).length;
      await eventually("all is told", () => consumer.history.length >= produced).catch(() => undefined);
      report(
        `Redis, bridge and gateway apart, each killed ${ROUNDS} times`,
        `${consumer.counts(produced)}; ${taken()} check-ins taken, ${putOff()} put off with 5.03, ${added.length} commands kept, ${refused} put off`,
      );
      expect(faultsIn(consumer.history, facts)).toEqual([]);
      expect(consumer.lost).toEqual([]);
      expect(facts.length).toBeGreaterThanOrEqual(journal.lastDurable);
      const joined = facts.flatMap((fact) => (fact.type === "node.joined" ? [fact.endpoint] : []));
      expect(joined).toHaveLength(new Set(joined).size);
      expect(joined).toEqual(expect.arrayContaining(added));
      for (const { node, acknowledged } of rooms) {
        const reports = facts.flatMap((fact) =>
          fact.type === "node.reported" && fact.node === node ? [fact.report] : [],
        );
        expect(reports).toHaveLength(new Set(reports).size);
        expect(reports).toEqual(expect.arrayContaining(acknowledged));
      }
    }, 400_000);
  },
);
