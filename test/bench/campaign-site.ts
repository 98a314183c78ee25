/**
 * A site in one process on a clock of its own: simulated nodes (gateway/sim) that drift and lose datagrams, over the real
 * check-in, block lane and campaigns. No sockets; an exchange takes no time, and is lost as one over the air would be.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Clock,
  type Millis,
  millis,
  minutes,
  type NodeId,
  type Peer,
  type Random,
  SILENT,
  seededRandom,
  toHex,
} from "../../gateway/base/index.ts";
import type { BlockLane, Response } from "../../gateway/coap/index.ts";
import { draft, type GroupWish } from "../../gateway/service/campaign/index.ts";
import { Forecaster, type Foreseen, Habits } from "../../gateway/service/forecast/index.ts";
import { Device } from "../../gateway/sim/device.ts";
import { makeImage } from "../../gateway/sim/index.ts";
import { blockSize, type Szx } from "../../gateway/sim/node/download.ts";
import { checkInCodec } from "../../gateway/sim/speech/check-in.ts";
import { readSids } from "../../gateway/sim/speech/sids.ts";
import type { Answer } from "../../gateway/sim/speech/transport.ts";
import { imageLane } from "../../gateway/southbound/firmware/index.ts";
import { openFileImages } from "../../gateway/store/index.ts";
import { openServices, request, type Services, type StandingClock } from "../support/services.ts";

export interface SiteOptions {
  readonly nodes: number;
  readonly seed: number;
  /** Share of the datagrams lost each way. */
  readonly loss: number;
}

export interface Course {
  readonly foreseen: Foreseen;
  readonly took: Millis;
}

const MODEL = "room-sensor";
const INTERVAL = minutes(15);
/** RFC 7252 §4.8: the first transmission and MAX_RETRANSMIT repeats. */
const TRANSMISSIONS = 5;
const CHECK_IN_FORMAT = 142;

/** Rings what is due in its order, and lets each node live its wake to the end before the next one. */
class Timetable {
  readonly #clock: StandingClock;
  readonly #alarms: Array<{ readonly due: number; readonly run: () => void }> = [];

  constructor(clock: StandingClock) {
    this.#clock = clock;
  }

  readonly timers: Clock = {
    now: () => this.#clock.now(),
    after: (delay, run) => {
      const alarm = { due: this.#clock.now() + delay, run };
      let [low, high] = [0, this.#alarms.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.#alarms[middle]!.due > alarm.due) low = middle + 1;
        else high = middle;
      }
      this.#alarms.splice(low, 0, alarm);
      return { cancel: () => void this.#alarms.splice(this.#alarms.indexOf(alarm), 1) };
    },
  };

  /** The latest alarm is the next one: the list is in descending order. */
  async ring(): Promise<void> {
    const waiting = this.#alarms.length;
    const alarm = this.#alarms.pop();
    if (alarm === undefined) throw new Error("nobody wakes any more");
    this.#clock.advance(alarm.due - this.#clock.now());
    alarm.run();
    for (let turns = 0; this.#alarms.length < waiting && turns < 1000; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

export class CampaignSite {
  readonly #services: Services;
  readonly #timetable: Timetable;
  readonly #forecaster: Forecaster;
  readonly #nodes: readonly NodeId[];
  readonly #folder: string;

  private constructor(
    parts: { readonly services: Services; readonly timetable: Timetable; readonly folder: string },
    forecaster: Forecaster,
    nodes: readonly NodeId[],
  ) {
    this.#services = parts.services;
    this.#timetable = parts.timetable;
    this.#folder = parts.folder;
    this.#forecaster = forecaster;
    this.#nodes = nodes;
  }

  static async open({ nodes: count, seed, loss }: SiteOptions): Promise<CampaignSite> {
    const folder = await mkdtemp(join(tmpdir(), "sidgate-bench-"));
    const habits = new Habits();
    const images = await openFileImages({ folder, cacheBytes: 1 << 22 });
    const services = await openServices({ images, more: [habits] });
    const { registry, clock } = services;
    const lane = imageLane(services.images, registry, clock, { books: habits });
    const timetable = new Timetable(clock);
    const codec = checkInCodec(readSids());
    const nodes: NodeId[] = [];
    for (let index = 0; index < count; index++) {
      const endpoint = `sim-${index}`;
      const node = await services.join(endpoint);
      nodes.push(node);
      const random = seededRandom(seed * 65_537 + index);
      const identity = { kind: "oscore", id: "01", name: endpoint } as const;
      const peer: Peer = { identity, nodeId: node, path: `[fd00::${index.toString(16)}]:5683`, validated: true };
      const profile = {
        endpoint,
        model: MODEL,
        hardware: "A1",
        wakeInterval: INTERVAL,
        szx: 5,
        // Each node has its own time awake.
        blocksPerWake: 4 + Math.floor(random.next() * 9),
        rebootWakes: 1,
        capacity: 1 << 20,
        fault: "none",
        recipient: undefined,
        extra: [],
        encodings: 0,
      } as const;
      const device = new Device(profile, makeImage(MODEL, "1.0.0", 1024), {
        suit: undefined,
        transport: lossyAir({ services, lane, peer, random, loss }),
        codec,
        clock: timetable.timers,
        random,
        log: SILENT,
        onChange: () => undefined,
      });
      device.start(millis(clock.now() + random.next() * INTERVAL));
    }
    const forecaster = new Forecaster({
      registry,
      habits,
      clock,
      zone: "UTC",
      meshOf: () => "fd00::/64",
      sizeOf: (image) => services.images.of(image).size,
    });
    return new CampaignSite({ services, timetable, folder }, forecaster, nodes);
  }

  /** Nodes wake and report, so that their periods are learnt. */
  async live(duration: Millis): Promise<void> {
    const { clock } = this.#services;
    for (const end = clock.now() + duration; clock.now() < end; ) await this.#timetable.ring();
  }

  /** A campaign from its draft to its end. */
  async campaign(version: string, size: number, groups: readonly GroupWish[]): Promise<Course> {
    const { ledger, campaigns, images, clock } = this.#services;
    const bytes = makeImage(MODEL, version, size, Number.parseInt(version, 10));
    const image = await images.add(chunks(bytes), { name: version, model: MODEL, version }, "bench", ledger);
    const body = draft(
      {
        id: campaigns.nextId(clock.now()),
        name: version,
        rules: { image, priority: 0, attempts: 1, downgrade: false, again: false },
        groups,
        silentAfter: 3,
        plan: { attempts: 1 },
      },
      this.#nodes.map((id) => ({ id, model: MODEL, running: undefined, busy: [], failures: 0 })),
    );
    const foreseen = await this.#forecaster.of(body);
    await ledger.record("campaign.created", { ...body, actor: "bench" });
    await this.#forecaster.record(body, foreseen, ledger);
    while (campaigns.get(body.campaign).state === "running") await this.#timetable.ring();
    const { state, reason, measured } = campaigns.get(body.campaign);
    if (measured === undefined) throw new Error(`the campaign is ${state}: ${reason}`);
    return { foreseen, took: measured.took };
  }

  close(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

interface Air {
  readonly services: Services;
  readonly lane: BlockLane;
  readonly peer: Peer;
  readonly random: Random;
  readonly loss: number;
}

const LOST: Answer = { kind: "lost" };

/** What a node's transport does, with the gateway at its other end. */
function lossyAir({ services, lane, peer, random, loss }: Air): ConstructorParameters<typeof Device>[2]["transport"] {
  const exchange = async (answer: () => Promise<Answer>): Promise<Answer> => {
    for (let sent = 0; sent < TRANSMISSIONS; sent++) {
      if (random.next() < loss) continue;
      const answered = await answer();
      if (random.next() >= loss) return answered;
    }
    return LOST;
  };
  const block = async (path: string, num: number, szx: Szx): Promise<Answer> => {
    const id = path.split("/")[1] ?? "";
    const source = lane.find(id);
    if (source === undefined) return { kind: "answer", code: "4.04", payload: new Uint8Array(), block: undefined };
    const offset = num * blockSize(szx);
    const bytes = source.slice(offset, Math.min(blockSize(szx), source.size - offset));
    lane.served?.(peer, id, offset, bytes.length);
    const more = offset + bytes.length < source.size;
    return { kind: "answer", code: "2.05", payload: bytes, block: { num, szx, more, etag: toHex(source.etag), bytes } };
  };
  return {
    counts: undefined,
    close: async () => undefined,
    checkIn: (_endpoint, payload) =>
      exchange(async () => {
        const asked = request("POST", "c", { contentFormat: CHECK_IN_FORMAT, payload });
        const response: Response | undefined = await services.checkIn.answer(peer, asked);
        return {
          kind: "answer",
          code: response?.code ?? "5.00",
          payload: response?.payload ?? new Uint8Array(),
          block: undefined,
        };
      }),
    block: (path, num, szx) => exchange(() => block(path, num, szx)),
    proxiedBlock: () => Promise.resolve(LOST),
  };
}
