/** One registration as a machine of facts (RFC 9176 §5): registered, renewed, removed; and its form on disk. */
import { createHash } from "node:crypto";
import { concatBytes, type Millis, millis, seconds } from "../../base/index.ts";
import { decodePlain, encodePlain, type Fact, isOff, type Shift } from "../../store/index.ts";
import type { Attributes } from "./parameters.ts";

export interface Registration {
  readonly id: string;
  readonly endpoint: string;
  readonly sector: string | undefined;
  readonly owner: string;
  readonly base: string;
  /** The base was a parameter, so an update from another address does not change it (§5.3.1). */
  readonly fixed: boolean;
  /** The link that a link-local base belongs to. */
  readonly link: string | undefined;
  /** Seconds. */
  readonly lifetime: number;
  readonly expires: Millis;
  /** Link-format text as `readLinks` makes it. */
  readonly links: string;
  readonly attributes: Attributes;
}

export type DirectoryFact = Extract<Fact, { type: `directory.${string}` }>;

/**
 * §5.3: after its lifetime no lookup shows a registration, but for so long it can still be renewed: an update that was
 * sent in time may need EXCHANGE_LIFETIME (RFC 7252 §4.8.2) to arrive.
 */
export const GRACE = seconds(247);

const LOCATION_CHARACTERS = 10;

/**
 * The last part of the location `/rd/{id}`: 60 bits made from what a registration is known by, so that the same
 * endpoint always has the same one (§5) and nothing needs to be kept to find it.
 */
export const idOf = (endpoint: string, sector: string | undefined): string =>
  createHash("sha256")
    .update(JSON.stringify(sector === undefined ? [endpoint] : [endpoint, sector]))
    .digest("base64url")
    .slice(0, LOCATION_CHARACTERS);

const ends = (at: Millis, lifetime: number): Millis => (at + seconds(lifetime)) as Millis;

/** undefined = there is none. */
export function step(registration: Registration | undefined, fact: DirectoryFact): Registration | undefined {
  switch (fact.type) {
    case "directory.registered":
      return {
        id: fact.registration,
        endpoint: fact.endpoint,
        sector: fact.sector,
        owner: fact.owner,
        base: fact.base,
        fixed: fact.fixed === true,
        link: fact.link,
        lifetime: fact.lifetime,
        expires: ends(fact.at, fact.lifetime),
        links: fact.links,
        attributes: fact.attributes ?? [],
      };
    case "directory.renewed": {
      if (registration === undefined) return undefined;
      const { base, link } = fact.base === undefined ? registration : fact;
      return {
        ...registration,
        base: base ?? registration.base,
        fixed: registration.fixed || fact.fixed === true,
        link,
        lifetime: fact.lifetime,
        expires: ends(fact.at, fact.lifetime),
        attributes: fact.attributes ?? registration.attributes,
      };
    }
    case "directory.removed":
      return undefined;
  }
}

/** Made or renewed by a clock that was wrong: it ends as long after it as the right one would say. */
export const shifted = (registration: Registration, shift: Shift): Registration =>
  isOff((registration.expires - seconds(registration.lifetime)) as Millis, shift)
    ? { ...registration, expires: (registration.expires + shift.step) as Millis }
    : registration;

export const isShown = (registration: Registration, now: Millis): boolean => now < registration.expires;
export const isGone = (registration: Registration, now: Millis): boolean => now >= registration.expires + GRACE;

/** Whether lookups tell the two apart. */
export const looksSame = (a: Registration, b: Registration): boolean =>
  a.base === b.base && a.link === b.link && a.links === b.links && sameAttributes(a.attributes, b.attributes);

export const sameAttributes = (a: Attributes, b: Attributes): boolean =>
  a.length === b.length && a.every(([name, value], i) => b[i]?.[0] === name && b[i]?.[1] === value);

/** Positions instead of names: one such record stands in memory for each sleepy node. The id is the record's key. */
type Stored = readonly [
  lifetime: number,
  endpoint: string,
  sector: string | null,
  owner: string,
  base: string,
  fixed: boolean,
  link: string | null,
  links: string,
  attributes: Attributes,
];

/** The end of the lifetime comes first, by itself: that alone is asked of most records. */
const EXPIRES_BYTES = 8;

export function encodeRegistration(registration: Registration): Uint8Array {
  const { expires, lifetime, endpoint, sector, owner, base, fixed, link, links, attributes } = registration;
  const stored: Stored = [lifetime, endpoint, sector ?? null, owner, base, fixed, link ?? null, links, attributes];
  const head = new Uint8Array(EXPIRES_BYTES);
  new DataView(head.buffer).setFloat64(0, expires);
  return concatBytes([head, encodePlain(stored)]);
}

export const expiresOf = (record: Uint8Array): Millis =>
  millis(new DataView(record.buffer, record.byteOffset).getFloat64(0));

/** Our own bytes, from memory or committed with a checksum by the store. */
export function decodeRegistration(id: string, record: Uint8Array): Registration {
  const stored = decodePlain(record.subarray(EXPIRES_BYTES)) as Stored;
  const [lifetime, endpoint, sector, owner, base, fixed, link, links, attributes] = stored;
  return {
    id,
    endpoint,
    sector: sector ?? undefined,
    owner,
    base,
    fixed,
    link: link ?? undefined,
    lifetime,
    expires: expiresOf(record),
    links,
    attributes,
  };
}
