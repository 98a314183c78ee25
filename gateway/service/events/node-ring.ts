/** The last things that one node told, as bytes: in memory, where only nodes that told something have them, and on disk. */
import { type Millis, millis } from "../../base/index.ts";
import { decodePlain, encodePlain } from "../../store/index.ts";

/** At most so many per node, and so many bytes: the newest stays in any case. */
export const NODE_NOTIFICATIONS = 8;
export const NODE_BYTES = 1024;

/** A notification of the node's own (an instance as CBOR), or the checksum of the module set that it works with since then. */
export type NodeNews = { readonly seq: number; readonly at: Millis } & (
  | { readonly instance: Uint8Array }
  | { readonly checksum: Uint8Array }
);

export interface NodeRing {
  /** Number of the fact since which the node works with its module set. */
  readonly since: number;
  readonly newestFirst: readonly NodeNews[];
}

export const EMPTY_RING: NodeRing = { since: 0, newestFirst: [] };

type StoredNews = readonly [seq: number, at: number, bytes: Uint8Array, isChecksum: boolean];

export function encodeRing({ since, newestFirst }: NodeRing): Uint8Array {
  const rows = newestFirst.map((news): StoredNews => [news.seq, news.at, bytesOf(news), "checksum" in news]);
  return encodePlain([since, rows]);
}

/** Our own bytes: committed with a checksum by the store. */
export function decodeRing(bytes: Uint8Array): NodeRing {
  const [since, rows] = decodePlain(bytes) as readonly [number, readonly StoredNews[]];
  const newestFirst = rows.map(([seq, at, bytes, isChecksum]): NodeNews => {
    const when = { seq, at: millis(at) };
    return isChecksum ? { ...when, checksum: bytes } : { ...when, instance: bytes };
  });
  return { since, newestFirst };
}

/** With `news`, newest first, before what is kept of the rest. */
export function pushed(ring: NodeRing, news: readonly NodeNews[]): NodeRing {
  const kept: NodeNews[] = [];
  let bytes = 0;
  for (const each of [...news, ...ring.newestFirst]) {
    bytes += bytesOf(each).length;
    if (kept.length > 0 && (kept.length >= NODE_NOTIFICATIONS || bytes > NODE_BYTES)) break;
    kept.push(each);
  }
  return { ...ring, newestFirst: kept };
}

const bytesOf = (news: NodeNews): Uint8Array => ("instance" in news ? news.instance : news.checksum);
