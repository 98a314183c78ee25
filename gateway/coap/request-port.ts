/** The request port: what the engine hands to everything above it, and what it takes back. */
import type { Peer } from "../base/index.ts";

export type Method = "GET" | "POST" | "PUT" | "DELETE" | "FETCH" | "PATCH" | "iPATCH";

/** A whole request: Block1 is assembled, OSCORE opened, critical options known. */
export interface Request {
  readonly method: Method;
  readonly path: readonly string[];
  readonly query: readonly string[];
  readonly contentFormat: number | undefined;
  readonly accept: number | undefined;
  readonly etags: readonly Uint8Array[];
  readonly ifMatch: readonly Uint8Array[];
  readonly ifNoneMatch: boolean;
  readonly payload: Uint8Array;
  /** 0 = register, 1 = deregister (RFC 7641); the engine keeps the table. */
  readonly observe: number | undefined;
  /** Turned to a whole group, which everybody may ask where gateways are, in lab mode or not: nobody is believed here. */
  readonly group?: true;
}

export interface Response {
  /** Dotted code, e.g. "2.05". */
  readonly code: ResponseCode;
  readonly payload?: Uint8Array;
  readonly contentFormat?: number;
  /** 1 to 8 bytes; without it the engine makes one for block-wise bodies. */
  readonly etag?: Uint8Array;
  /** Seconds. */
  readonly maxAge?: number;
  readonly locationPath?: readonly string[];
  /** What waits for the node that asked, as the bits of option 65020; 0 = nothing, sleep now. */
  readonly hint?: number;
  /** Set by a handler that accepts an observation: the engine calls the handler again whenever `Engine.changed(topic)`
   * names this topic, and sends what it returns as a notification. */
  readonly observable?: string;
  /** Which state of what this observer sees: while it stays the same, a change of the topic is no news to it. */
  readonly version?: number;
  /** A handler that knows repeats itself gives the answer of before once more; for the statistics. */
  readonly repeated?: true;
}

export type ResponseCode =
  | "2.01"
  | "2.02"
  | "2.03"
  | "2.04"
  | "2.05"
  | "4.00"
  | "4.01"
  | "4.02"
  | "4.03"
  | "4.04"
  | "4.05"
  | "4.06"
  | "4.08"
  | "4.09"
  | "4.12"
  | "4.13"
  | "4.15"
  | "4.22"
  | "4.29"
  | "5.00"
  | "5.01"
  | "5.03"
  | "5.05";

/** One answer per request. A rejected promise or a throw becomes 5.00 without text, and a log line. */
export type RequestPort = (peer: Peer, request: Request) => Response | Promise<Response>;

/** The block lane: a pure slice, answered within the event that brought the request. */
export interface BlockLane {
  /** First Uri-Path segment that the lane serves, e.g. "f". */
  readonly prefix: string;
  /** The image behind the second segment; undefined = 4.04. */
  find(id: string): BlockSource | undefined;
  /** Called per block served, after the datagram left. Must be cheap. */
  served?(peer: Peer, id: string, offset: number, length: number): void;
}

/** The forward proxy's images, by the normal form of the URIs that were named for them (wire/coap/uri.ts). */
export interface AuthorLane {
  /** The image's id in the block lane; undefined = no URI that this gateway is a proxy for (5.05). */
  find(uri: string): { readonly id: string } | "fetching" | undefined;
}

export interface BlockSource {
  readonly size: number;
  /** 4 bytes, in every block. */
  readonly etag: Uint8Array;
  slice(offset: number, length: number): Uint8Array;
}

/** The check-in lane: may wait for the disk, has no entry in the dedup table once it is answered (the node's reply slot answers). */
export interface CheckInLane {
  /** undefined = not a check-in: the request goes on to the request port. */
  answer(peer: Peer, request: Request): Promise<Response> | Response | undefined;
}
