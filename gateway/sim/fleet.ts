/** A fleet of simulated sleepy nodes: sim-0001, sim-0002, …, each with its own socket, wakes spread over the interval. */
import {
  type Clock,
  type Closable,
  type Logger,
  type Millis,
  millis,
  type Random,
  SILENT,
  seededRandom,
  toHex,
} from "../base/index.ts";
import { Device, type NodeView } from "./device.ts";
import type { Szx } from "./node/download.ts";
import { makeImage } from "./node/image.ts";
import type { Fault, Profile } from "./node/node-state.ts";
import { type SuitParts, versionNumbers } from "./node-flash.ts";
import { checkInCodec } from "./speech/check-in.ts";
import { type ExtraLeaf, placeExtra } from "./speech/extra.ts";
import { ENCODINGS, type Encoding, type Leaves } from "./speech/leaves.ts";
import { type NodeCredential, OscoreClient, type Sequence } from "./speech/oscore.ts";
import { countingSequence } from "./speech/sequence.ts";
import { readSids } from "./speech/sids.ts";
import { parseGateway, setAckTimeout, Transport } from "./speech/transport.ts";
import {
  ABILITIES,
  type CoseKey,
  encodeCapabilities,
  gatewayMacKey,
  identityOf,
  type MlDsa,
  type Recipient,
  type Size,
} from "./suit/index.ts";

export interface FleetOptions {
  /** `coap://host:port`. */
  readonly gateway: string;
  /** One node each, e.g. those of `fleetEndpoints`. */
  readonly endpoints: readonly string[];
  readonly seed: number;
  /** Share of the datagrams lost each way, 0 to 1. */
  readonly loss?: number;
  /** Share of the nodes whose update fails, each in its own way. */
  readonly failShare?: number;
  /** Share of the nodes that are never heard again once an image is offered. */
  readonly silentShare?: number;
  /** On `clock`, as are all other times of the nodes' life. */
  readonly wakeInterval: Millis;
  readonly clock: Clock;
  /** Real time, for all nodes of this process: the network does not run faster than it does. */
  readonly ackTimeout?: Millis;
  readonly rebootWakes?: number;
  readonly szx?: Szx;
  readonly blocksPerWake?: number;
  readonly model?: string;
  /** What the nodes run at first; without it an image of version 1.0.0 for `model`. */
  readonly image?: Uint8Array;
  /** By endpoint. A node without any is believed in lab mode only. */
  readonly credentials?: ReadonlyMap<string, NodeSecurity>;
  /** Further folders of .sid files. */
  readonly models?: readonly string[];
  /** What all nodes report besides their own leaves. Throws UsageError `sim.no-sid` for what no .sid file names. */
  readonly extra?: readonly ExtraLeaf[];
  /** The nodes verify what they install, and install nothing else. */
  readonly suit?: SuitOptions;
  readonly log?: Logger;
  readonly onChange?: (node: NodeView) => void;
}

export interface SuitOptions {
  /** Public keys of authors, or secrets that are shared with them. */
  readonly anchors: readonly CoseKey[];
  /** When an anchor is a key of ML-DSA. */
  readonly mlDsa?: MlDsa;
  /** Domain of whoever made the nodes; with it and the class their identifiers are made (suit-manifest-37 §8.4.8.2). */
  readonly vendor: string;
  /** Without it the model. */
  readonly class?: string;
  /** Share of the nodes that know no signature, only the MAC of their gateway. */
  readonly smallShare?: number;
  /** To decrypt payloads with. */
  readonly keys?: readonly CoseKey[];
}

export interface NodeSecurity {
  readonly credential: NodeCredential;
  /** Without it numbers count from 0: for secrets that were made for this run. */
  readonly sequence?: Sequence;
}

export interface FleetStats {
  readonly nodes: number;
  /** Nodes that completed an update. */
  readonly updated: number;
  /** Nodes that believed a manifest and run what it installed. */
  readonly verified: number;
  /** Nodes that say failed or rolled-back. */
  readonly failed: number;
  readonly silent: number;
  /** Blocks fetched, repeats included. */
  readonly blocks: number;
  readonly reports: number;
  readonly retransmissions: number;
  readonly datagrams: number;
  readonly lost: number;
  readonly bytes: number;
}

export interface Fleet extends Closable {
  nodes(): readonly NodeView[];
  stats(): FleetStats;
  close(): Promise<void>;
}

const DEFAULTS = {
  ackTimeout: millis(250),
  rebootWakes: 1,
  szx: 5,
  blocksPerWake: 64,
} as const;
export const DEFAULT_MODEL = "room-sensor";
const FAILURES = ["boot-failed", "no-space", "flash-error"] as const satisfies readonly Fault[];
/** Of nodes that look again at what they stored. */
const VERIFIED_FAILURES = [...FAILURES, "bad-block"] as const satisfies readonly Fault[];
const CHAINED_EACH = 4;
/** Bytes of a node's update bank. */
const CAPACITY = 16 * 1024 * 1024;

/** The endpoint names that a fleet of `nodes` uses, for whoever must add them to an inventory. */
export const fleetEndpoints = (nodes: number): readonly string[] =>
  Array.from({ length: nodes }, (_, index) => `sim-${String(index + 1).padStart(4, "0")}`);

export function startFleet(options: FleetOptions): Fleet {
  const { clock, wakeInterval, seed } = options;
  const remote = parseGateway(options.gateway);
  setAckTimeout(options.ackTimeout ?? DEFAULTS.ackTimeout);
  const model = options.model ?? DEFAULT_MODEL;
  const image = options.image ?? makeImage(model, "1.0.0", 1024);
  const sids = readSids(options.models);
  const extra = options.extra ?? [];
  for (const leaf of extra) placeExtra(leaf, sids); // refused now, not at the first wake
  const codec = checkInCodec(sids);
  const random = seededRandom(seed);
  const faults = drawFaults(options, random);
  const devices = options.endpoints.map((endpoint, index) => {
    const own = seededRandom(seed * 65_537 + index);
    const security = options.credentials?.get(endpoint);
    const fault = faults[index] ?? "none";
    const suit = options.suit && suitParts(options.suit, { index, endpoint, model, fault, security });
    const profile: Profile = {
      endpoint,
      model,
      hardware: "A1",
      wakeInterval,
      szx: options.szx ?? DEFAULTS.szx,
      blocksPerWake: options.blocksPerWake ?? DEFAULTS.blocksPerWake,
      rebootWakes: options.rebootWakes ?? DEFAULTS.rebootWakes,
      capacity: CAPACITY,
      fault,
      recipient: suit && introduced(suit.recipient, security !== undefined),
      extra,
      encodings: bitsOf(encodingsOf(options, index)),
    };
    const device = new Device(profile, image, {
      transport: new Transport(remote, { share: options.loss ?? 0, random: own }, security && clientOf(security)),
      suit,
      codec,
      clock,
      random: own,
      log: options.log ?? SILENT,
      onChange: options.onChange ?? (() => undefined),
    });
    device.start(millis(clock.now() + own.next() * wakeInterval));
    return device;
  });
  // Without this the process would end before the first wake: the clock's timers keep nothing alive.
  const alive = setInterval(() => undefined, 60_000);

  return {
    nodes: () => devices.map((device) => device.view()),
    stats: () => summarize(devices),
    close: async () => {
      clearInterval(alive);
      await Promise.all(devices.map((device) => device.close()));
    },
  };
}

/** Forms of an image that a node takes besides the plain one. Small nodes have no memory for a decoder. */
function encodingsOf({ suit }: FleetOptions, index: number): readonly Encoding[] {
  if (suit !== undefined && sizeOf(suit, index) === "small") return [];
  return index % CHAINED_EACH === CHAINED_EACH - 1 ? ["patch", "compressed", "chained"] : ["patch", "compressed"];
}

const bitsOf = (encodings: readonly Encoding[]): number =>
  encodings.reduce((bits, encoding) => bits | ENCODINGS[encoding], 0);

const clientOf = ({ credential, sequence = countingSequence() }: NodeSecurity): OscoreClient =>
  new OscoreClient(credential, sequence);

interface OneOfMany {
  readonly index: number;
  readonly endpoint: string;
  readonly model: string;
  readonly fault: Fault;
  readonly security: NodeSecurity | undefined;
}

/** Small nodes are spread over the fleet evenly. */
function sizeOf({ smallShare = 0 }: SuitOptions, index: number): Size {
  return Math.floor((index + 1) * smallShare) > Math.floor(index * smallShare) ? "small" : "full";
}

function suitParts(suit: SuitOptions, { index, endpoint, model, fault, security }: OneOfMany): SuitParts {
  const { vendor, anchors, keys = [], mlDsa } = suit;
  const mac = security === undefined ? [] : [gatewayMacKey(security.credential.masterSecret)];
  const recipient: Recipient = {
    identity: identityOf(vendor, suit.class ?? model, endpoint),
    abilities: ABILITIES[sizeOf(suit, index)],
    anchors: [...anchors, ...mac],
    mlDsa,
    keys,
    capacity: fault === "no-space" ? 0 : CAPACITY,
    versionOf: versionNumbers,
  };
  const defects = {
    bootFails: fault === "boot-failed",
    wornFlash: fault === "flash-error",
    badBlock: fault === "bad-block",
  };
  return { recipient, defects };
}

/** What a node says of its manifest processor, once in each series of reports. */
function introduced({ identity, abilities }: Recipient, hasMac: boolean): Leaves {
  return {
    vendorIdentifier: toHex(identity.vendor),
    classIdentifier: toHex(identity.class),
    capabilities: toHex(encodeCapabilities(abilities.capabilities)),
    gatewayMac: hasMac ? true : undefined,
  };
}

/** Which nodes misbehave: the seed chooses them, the shares say how many. Silent nodes are never failing ones too. */
function drawFaults({ endpoints, ...options }: FleetOptions, random: Random): readonly Fault[] {
  const faults: Fault[] = endpoints.map(() => "none");
  const order = faults.map((_, index) => ({ index, draw: random.next() })).sort((a, b) => a.draw - b.draw);
  const silent = Math.round((options.silentShare ?? 0) * endpoints.length);
  const failing = Math.round((options.failShare ?? 0) * endpoints.length);
  const failures = options.suit === undefined ? FAILURES : VERIFIED_FAILURES;
  for (const [rank, { index }] of order.slice(0, silent + failing).entries()) {
    faults[index] = rank < silent ? "silent" : (failures[(rank - silent) % failures.length] ?? "boot-failed");
  }
  return faults;
}

function summarize(devices: readonly Device[]): FleetStats {
  const views = devices.map((device) => device.view());
  const traffic = devices.map((device) => device.traffic);
  const count = (holds: (view: NodeView) => boolean): number => views.filter(holds).length;
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  return {
    nodes: views.length,
    updated: count((view) => view.updatesDone > 0),
    verified: count((view) => view.installed !== undefined),
    failed: count((view) => view.phase === "failed" || view.phase === "rolled-back"),
    silent: count((view) => view.state === "silent"),
    blocks: sum(devices.map((device) => device.blocksFetched)),
    reports: sum(views.map((view) => view.reports)),
    retransmissions: sum(views.map((view) => view.retransmissions)),
    datagrams: sum(traffic.map(({ sent, received }) => sent + received)),
    lost: sum(traffic.map(({ lost }) => lost)),
    bytes: sum(traffic.map(({ bytesSent, bytesReceived }) => bytesSent + bytesReceived)),
  };
}
