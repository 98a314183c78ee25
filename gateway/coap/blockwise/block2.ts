/** RFC 7959 §2.4 — responses larger than one block (Block2): the slice, and the snapshot that keeps a transfer whole. */
import { createHash } from "node:crypto";
import type { Millis } from "../../base/index.ts";
import { type BlockOption, blockOffset, blockSize, MAX_SZX, type Szx } from "../../wire/coap/index.ts";
import type { Response } from "../request-port.ts";

export interface Slice {
  readonly payload: Uint8Array;
  readonly block2: BlockOption | undefined;
  /** Size of the whole body, in block 0 only: it costs 4 to 5 bytes per block. */
  readonly size2: number | undefined;
}

/** The part of a body that a request asks for; undefined = the block starts past the end. */
export function sliceBody(body: Uint8Array, asked: BlockOption | undefined): Slice | undefined {
  if (asked === undefined && body.length <= blockSize(MAX_SZX))
    return { payload: body, block2: undefined, size2: undefined };
  const szx: Szx = asked?.szx ?? MAX_SZX;
  const num = asked?.num ?? 0;
  const offset = blockOffset({ num, szx });
  if (num > 0 && offset >= body.length) return undefined;
  const end = offset + blockSize(szx);
  const more = end < body.length;
  return {
    payload: body.subarray(offset, end),
    block2: { num, more, szx },
    size2: num === 0 && more ? body.length : undefined,
  };
}

/** 4 bytes of the SHA-256 of a body: enough to tell two states of one resource apart, and it fits the radio frame. */
export const bodyEtag = (body: Uint8Array): Uint8Array =>
  new Uint8Array(createHash("sha256").update(body).digest().subarray(0, 4));

export interface SnapshotLimits {
  readonly snapshotsPerPeer: number;
  readonly snapshotsTotal: number;
  readonly snapshotBytes: number;
  readonly snapshotIdle: Millis;
}

interface Snapshot {
  readonly path: string;
  readonly response: Response;
  readonly bytes: number;
  touched: Millis;
}

/**
 * Whole responses whose later blocks are still to be fetched, keyed by path, code, cache-key options and request payload:
 * all blocks of a transfer come from one state, whatever changes meanwhile and whatever token asks.
 */
export class SnapshotTable {
  /** Longest untouched first. */
  readonly #snapshots = new Map<string, Snapshot>();
  #bytes = 0;
  readonly #limits: SnapshotLimits;

  constructor(limits: SnapshotLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#snapshots.size;
  }

  keep(path: string, cacheKey: string, requestPayload: Uint8Array, response: Response, now: Millis): void {
    const key = snapshotKey(path, cacheKey, requestPayload);
    this.#drop(key);
    const bytes = response.payload?.length ?? 0;
    if (bytes > this.#limits.snapshotBytes) return;
    this.#makeRoom(path, bytes);
    this.#snapshots.set(key, { path, response, bytes, touched: now });
    this.#bytes += bytes;
  }

  /**
   * RFC 7959 §3.3 lets a client ask for the later blocks without the request's payload; then the newest transfer of
   * this method and these options is meant.
   */
  find(path: string, cacheKey: string, requestPayload: Uint8Array, now: Millis): Response | undefined {
    let key: string | undefined = snapshotKey(path, cacheKey, requestPayload);
    if (requestPayload.length === 0 && !this.#snapshots.has(key)) {
      key = [...this.#snapshots.keys()].findLast((candidate) => candidate.startsWith(key as string));
    }
    const snapshot = key === undefined ? undefined : this.#snapshots.get(key);
    if (key === undefined || snapshot === undefined) return undefined;
    this.#snapshots.delete(key);
    if (snapshot.touched + this.#limits.snapshotIdle <= now) {
      this.#bytes -= snapshot.bytes;
      return undefined;
    }
    snapshot.touched = now;
    this.#snapshots.set(key, snapshot);
    return snapshot.response;
  }

  purge(now: Millis): void {
    for (const [key, snapshot] of this.#snapshots) {
      if (snapshot.touched + this.#limits.snapshotIdle > now) return; // those behind it were touched later
      this.#drop(key);
    }
  }

  #drop(key: string): void {
    const snapshot = this.#snapshots.get(key);
    if (snapshot === undefined) return;
    this.#snapshots.delete(key);
    this.#bytes -= snapshot.bytes;
  }

  #makeRoom(path: string, bytes: number): void {
    let ofPeer = 0;
    for (const snapshot of this.#snapshots.values()) if (snapshot.path === path) ofPeer += 1;
    for (const [key, snapshot] of this.#snapshots) {
      if (ofPeer < this.#limits.snapshotsPerPeer) break;
      if (snapshot.path !== path) continue;
      this.#drop(key);
      ofPeer -= 1;
    }
    for (const key of this.#snapshots.keys()) {
      if (this.#snapshots.size < this.#limits.snapshotsTotal && this.#bytes + bytes <= this.#limits.snapshotBytes)
        return;
      this.#drop(key);
    }
  }
}

const snapshotKey = (path: string, cacheKey: string, payload: Uint8Array): string =>
  `${path} ${cacheKey}|${payload.length === 0 ? "" : createHash("sha256").update(payload).digest("base64")}`;
