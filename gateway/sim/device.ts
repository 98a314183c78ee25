/** Runs one node machine on a real socket, a clock and a flash. */
import { type Clock, type Closable, type Logger, type Millis, millis, type Random, type Timer } from "../base/index.ts";
import { blockSize, imageBytes, travelSize } from "./node/download.ts";
import { examineImage } from "./node/image.ts";
import { type Command, type NodeEvent, step } from "./node/node.ts";
import { type Activity, type Node, newNode, type Profile } from "./node/node-state.ts";
import { newRoom, nextRoom, type Room, roomLeaves } from "./node/room.ts";
import { targetTemperature } from "./node/settings.ts";
import { NodeFlash, type SuitParts } from "./node-flash.ts";
import type { CheckInCodec } from "./speech/check-in.ts";
import type { Phase, Reason } from "./speech/leaves.ts";
import type { SocketCounts } from "./speech/lossy-socket.ts";
import { refusalText } from "./speech/refusal.ts";
import type { Answer, Transport } from "./speech/transport.ts";

/** One line of a live table. */
export interface NodeView {
  readonly endpoint: string;
  readonly state: Activity["state"];
  readonly phase: Phase;
  readonly reason: Reason | undefined;
  readonly blocks: { readonly got: number; readonly total: number };
  /** SHA-256, hex, of the bytes that run. */
  readonly runningDigest: string;
  readonly runningVersion: string;
  /** Updates that this node completed. */
  readonly updatesDone: number;
  /** Sequence number of the manifest that it believed and installed. */
  readonly installed: bigint | undefined;
  /** Check-ins that were answered. */
  readonly reports: number;
  readonly nextWake: Millis | undefined;
  /** Datagrams sent again with the same message id. */
  readonly retransmissions: number;
}

export interface DevicePorts {
  /** undefined = it runs what it is offered. */
  readonly suit: SuitParts | undefined;
  readonly transport: Pick<Transport, "checkIn" | "block" | "proxiedBlock" | "counts" | "close">;
  readonly codec: CheckInCodec;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly onChange: (node: NodeView) => void;
}

const NO_TRAFFIC: SocketCounts = { sent: 0, received: 0, lost: 0, bytesSent: 0, bytesReceived: 0, retransmissions: 0 };
/** A node's oscillator: each sleep is up to this share shorter or longer than meant. */
const DRIFT = 0.02;

export class Device implements Closable {
  readonly #ports: DevicePorts;
  #node: Node;
  #room: Room;
  readonly #flash: NodeFlash;
  #timer: Timer | undefined;
  #awake: Promise<void> = Promise.resolve();
  #nextWake: Millis | undefined;
  #reports = 0;
  #blocks = 0;
  #closed = false;

  constructor(profile: Profile, image: Uint8Array, ports: DevicePorts) {
    this.#ports = ports;
    const { suit, clock, log } = ports;
    this.#flash = new NodeFlash(image, { endpoint: profile.endpoint, suit, clock, log });
    this.#node = newNode(profile, examineImage(image), ports.clock.now());
    this.#room = newRoom(ports.random);
  }

  /** Switches the node on at `firstWake`. */
  start(firstWake: Millis): void {
    this.#sleepUntil(firstWake);
  }

  /** Blocks fetched since the start, over all updates and repeats. */
  get blocksFetched(): number {
    return this.#blocks;
  }

  get traffic(): SocketCounts {
    return this.#ports.transport.counts ?? NO_TRAFFIC;
  }

  view(): NodeView {
    const { profile, activity, update, running, updatesDone } = this.#node;
    const size = blockSize(update.download?.szx ?? profile.szx);
    return {
      endpoint: profile.endpoint,
      state: activity.state,
      phase: update.phase,
      reason: "reason" in update ? update.reason : undefined,
      blocks: {
        got: Math.ceil((update.download === undefined ? 0 : imageBytes(update.download)) / size),
        total: Math.ceil((update.download === undefined ? 0 : travelSize(update.download.offer)) / size),
      },
      runningDigest: running.digest,
      runningVersion: running.version,
      updatesDone,
      installed: this.#flash.installed,
      reports: this.#reports,
      nextWake: this.#nextWake,
      retransmissions: this.traffic.retransmissions,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#ports.transport.close();
    await this.#awake;
  }

  #sleepUntil(until: Millis): void {
    const { clock, random } = this.#ports;
    const delay = Math.max(0, until - clock.now()) * (1 + (random.next() * 2 - 1) * DRIFT);
    this.#nextWake = millis(clock.now() + delay);
    this.#timer = clock.after(millis(delay), () => {
      this.#awake = this.#live().catch((error: unknown) => {
        this.#ports.log.error("sim.stopped", { endpoint: this.#node.profile.endpoint, error: String(error) });
      });
    });
  }

  /** One wake: from the timer to the next sleep. */
  async #live(): Promise<void> {
    const { random, clock } = this.#ports;
    this.#nextWake = undefined;
    this.#room = nextRoom(this.#room, targetTemperature(this.#node.settings), random);
    let event: NodeEvent | undefined = { type: "woke", at: clock.now(), room: roomLeaves(this.#room) };
    while (event !== undefined && !this.#closed) {
      const { node, commands } = step(this.#node, event);
      this.#tellOf(node);
      event = undefined;
      for (const command of commands) event = (await this.#run(command)) ?? event;
    }
    if (!this.#closed) this.#ports.onChange(this.view());
  }

  /** Takes the new state; a change of phase or activity is worth a line. */
  #tellOf(node: Node): void {
    const before = this.#node;
    this.#node = node;
    const { endpoint } = node.profile;
    if (before.update.phase !== node.update.phase) {
      this.#ports.log.debug("sim.phase", { endpoint, from: before.update.phase, to: node.update.phase });
    }
    const { state } = node.activity;
    const quiet = before.update.phase === node.update.phase && before.activity.state === state;
    // The end of a wake is told by #live, when the time of the next one is known.
    if (quiet || state === "asleep" || state === "rebooting" || state === "silent") return;
    this.#ports.onChange(this.view());
  }

  async #run(command: Command): Promise<NodeEvent | undefined> {
    const { transport, codec, clock } = this.#ports;
    switch (command.do) {
      case "report": {
        const answer = await transport.checkIn(this.#node.profile.endpoint, codec.encode(command.report));
        return { at: clock.now(), ...this.#heard(answer) };
      }
      case "fetch": {
        const { uri, num, szx } = command;
        const answer = await (command.proxied ? transport.proxiedBlock(uri, num, szx) : transport.block(uri, num, szx));
        return { at: clock.now(), ...this.#fetched(answer) };
      }
      case "erase":
        this.#flash.erase(command.size, command.encoding);
        return undefined;
      case "store":
        this.#flash.store(command.offset, command.bytes);
        return undefined;
      case "examine":
        return { type: "examined", at: clock.now(), image: this.#flash.examine() };
      case "process": {
        const verdict = this.#flash.process(command.fetched, this.#room.battery);
        return { type: "processed", at: clock.now(), verdict };
      }
      case "boot":
        return {
          type: "booted",
          at: clock.now(),
          room: roomLeaves(this.#room),
          ...this.#flash.boot(command.bank, this.#room.battery),
        };
      case "sleep":
        this.#sleepUntil(command.until);
        return undefined;
    }
  }

  #heard(answer: Answer) {
    const { endpoint } = this.#node.profile;
    if (answer.kind === "unbelieved") this.#ports.log.warn("sim.not-believed", { endpoint, code: answer.code });
    else if (answer.kind !== "answer" && !this.#closed) this.#ports.log.warn("sim.unanswered", { endpoint });
    if (answer.kind !== "answer") return { type: "unanswered" } as const;
    if (!answer.code.startsWith("2.")) {
      this.#ports.log.warn("sim.refused", { endpoint, code: answer.code, text: refusalText(answer.payload) });
      return { type: "refused", code: answer.code } as const;
    }
    try {
      const reply = this.#ports.codec.decode(answer.payload);
      this.#reports++;
      return { type: "answered", reply } as const;
    } catch (error) {
      this.#ports.log.warn("sim.reply-unreadable", { endpoint, error: String(error) });
      return { type: "unanswered" } as const;
    }
  }

  #fetched(answer: Answer) {
    if (answer.kind !== "answer") return { type: "block-lost" } as const;
    if (answer.code !== "2.05") return { type: "block-refused", code: answer.code } as const;
    if (answer.block === undefined) return { type: "block-lost" } as const;
    this.#blocks++;
    return { type: "block", block: answer.block } as const;
  }
}
