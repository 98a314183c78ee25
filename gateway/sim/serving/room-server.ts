/**
 * A simulated room that serves its own datastore: always on, it registers with the gateway's resource directory (RFC 9176 §5)
 * and is asked from then on. `/c` is its datastore, `/s` its stream with the alarms.
 */
import {
  type Clock,
  type Closable,
  concatBytes,
  EMPTY,
  every,
  type Logger,
  type Millis,
  minutes,
  type Random,
  seconds,
  type Timer,
} from "../../base/index.ts";
import { newRoom, nextRoom, type Room, roomLeaves } from "../node/room.ts";
import { encodeCbor } from "../speech/cbor.ts";
import type { InnerMessage, Option } from "../speech/inner-message.ts";
import { encodeLeaf, type Leaves } from "../speech/leaves.ts";
import { LossySocket, type Remote } from "../speech/lossy-socket.ts";
import type { OscoreClient } from "../speech/oscore.ts";
import type { Sids } from "../speech/sids.ts";
import { type Config, NO_CONFIG, Refusal, type RoomDatastore, roomDatastore } from "./datastore.ts";
import { Endpoint, type Handler } from "./endpoint.ts";
import { OPTION, uint } from "./message.ts";

export interface RoomServerParts {
  readonly endpoint: string;
  readonly remote: Remote;
  readonly security: OscoreClient | undefined;
  readonly sids: Sids;
  /** How often the room changes. */
  readonly interval: Millis;
  readonly ackTimeout: Millis;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly onChange: (view: ServingView) => void;
}

/** One line of a live table. */
export interface ServingView {
  readonly endpoint: string;
  readonly registered: boolean;
  readonly asked: number;
  readonly edits: number;
  /** Degrees. */
  readonly setPoint: number;
}

const FORMAT = { linkFormat: 40, tree: 140, identifiers: 141, instances: 142 } as const;
const LINKS = '</c>;rt="core.c.ds";ds=1029,</s>;rt="core.c.es core.c.ev";obs';
const LIFETIME = minutes(30);
const AGAIN = seconds(20);
/** Of the stream. */
const KEPT = 8;
const DEFAULT_TARGET = 20;
const METHOD = { "0.01": "GET", "0.05": "FETCH", "0.07": "iPATCH" } as const;

export class RoomServer implements Closable {
  readonly #parts: RoomServerParts;
  readonly #datastore: RoomDatastore;
  #coap: Endpoint | undefined;
  #room: Room;
  #config: Config = NO_CONFIG;
  /** Newest first. */
  #told: readonly Uint8Array[] = [];
  #clockwork: Timer | undefined;
  #renewal: Timer | undefined;
  #registered = false;
  /** The registration under way. */
  #registering: Promise<void> = Promise.resolve();
  #closed = false;
  #asked = 0;
  #edits = 0;

  constructor(parts: RoomServerParts) {
    this.#parts = parts;
    this.#datastore = roomDatastore(parts.sids);
    this.#room = newRoom(parts.random);
  }

  view(): ServingView {
    const { endpoint } = this.#parts;
    const setPoint = this.#datastore.target(this.#config) ?? DEFAULT_TARGET;
    return { endpoint, registered: this.#registered, asked: this.#asked, edits: this.#edits, setPoint };
  }

  async start(): Promise<void> {
    const { remote, random, security, clock, ackTimeout, interval } = this.#parts;
    const socket = await LossySocket.open(remote, { share: 0, random });
    this.#coap = new Endpoint({ socket, security, clock, ackTimeout, handler: this.#handle });
    this.#clockwork = every(clock, interval, () => this.#live());
    await this.#register();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#clockwork?.cancel();
    this.#renewal?.cancel();
    this.#coap?.close();
    await this.#registering;
  }

  /** RFC 9176 §5: again well before the lifetime ends, and soon when nobody answered. */
  async #register(): Promise<void> {
    const { endpoint, clock, log, onChange } = this.#parts;
    const options: readonly Option[] = [
      path("rd"),
      { number: OPTION.contentFormat, value: uint(FORMAT.linkFormat) },
      query(`ep=${endpoint}`),
      query(`lt=${LIFETIME / 1000}`),
    ];
    const answer = await this.#coap?.request({ code: "0.02", options, payload: text(LINKS) });
    if (this.#closed) return;
    this.#registered = answer?.code === "2.01";
    if (!this.#registered) log.warn("sim.not-registered", { endpoint, code: answer?.code });
    onChange(this.view());
    const delay = this.#registered ? LIFETIME / 2 : AGAIN;
    this.#renewal = clock.after(delay as Millis, () => {
      this.#registering = this.#register().catch((error: unknown) => {
        log.error("sim.stopped", { endpoint, error: String(error) });
      });
    });
  }

  #live(): void {
    const { random } = this.#parts;
    const target = (this.#datastore.target(this.#config) ?? DEFAULT_TARGET) * 100;
    const before = this.#measured().alarm ?? 0;
    this.#room = nextRoom(this.#room, target, random);
    const now = this.#measured().alarm ?? 0;
    if (before === now) return;
    this.#told = [this.#alarm(now & ~before, before & ~now), ...this.#told].slice(0, KEPT);
    this.#coap?.changed("s");
  }

  #measured(): Leaves {
    return { model: "room-server", hardware: "A1", ...roomLeaves(this.#room) };
  }

  /** The notification of sidgate-building; deltas count from its own SID. */
  #alarm(raised: number, cleared: number): Uint8Array {
    const { sids } = this.#parts;
    const alarm = sids.of("/sidgate-building:alarm");
    const said = [
      ["cleared", cleared],
      ["raised", raised],
    ] as const;
    const content = said
      .filter(([, mask]) => mask > 0)
      .map(([name, mask]) => [sids.of(`/sidgate-building:alarm/${name}`) - alarm, encodeLeaf("alarm", mask)] as const);
    return encodeCbor(new Map([[alarm, new Map(content)]]));
  }

  readonly #handle: Handler = (request, where) => {
    this.#asked += 1;
    const method = METHOD[request.code as keyof typeof METHOD];
    try {
      if (where === "s") {
        if (method !== "GET" && method !== "FETCH") return bare("4.05");
        return { ...content(FORMAT.instances, concatBytes(this.#told)), watched: "s" };
      }
      if (where !== "c") return bare("4.04");
      return this.#answer(method, request.payload);
    } catch (error) {
      if (error instanceof Refusal) return { ...content(FORMAT.tree, error.body), code: error.code };
      throw error;
    }
  };

  #answer(method: (typeof METHOD)[keyof typeof METHOD] | undefined, payload: Uint8Array): InnerMessage {
    switch (method) {
      case "GET":
        return content(FORMAT.tree, this.#datastore.get(this.#measured(), this.#config));
      case "FETCH":
        return content(FORMAT.instances, this.#datastore.fetch(payload, this.#measured(), this.#config));
      case "iPATCH":
        this.#config = this.#datastore.patch(payload, this.#config);
        this.#edits += 1;
        this.#parts.onChange(this.view());
        return bare("2.04");
      default:
        return bare("4.05");
    }
  }
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const path = (segment: string): Option => ({ number: OPTION.uriPath, value: text(segment) });
const query = (item: string): Option => ({ number: OPTION.uriQuery, value: text(item) });
const bare = (code: string): InnerMessage => ({ code, options: [], payload: EMPTY });
const content = (format: number, payload: Uint8Array): InnerMessage => ({
  code: "2.05",
  options: [{ number: OPTION.contentFormat, value: uint(format) }],
  payload,
});
