/** RFC 1035 §3.1, §4.1.4: domain names as lists of labels, and their compression. RFC 6763 §4.1: a label is any UTF-8. */
import { isUtf8 } from "node:buffer";
import { UsageError, WireError } from "../../base/index.ts";

/** Labels without the root: `["Office 3", "_coap", "_udp", "local"]`. A label may hold dots. */
export type Name = readonly string[];

const MAX_LABEL = 63;
const MAX_NAME = 255;
/** The two high bits of a length: a pointer to an earlier name. */
const POINTER = 0xc0;

/** As zone files write it (RFC 1035 §5.1): dots and backslashes in a label are escaped, the root ends it. */
export const nameText = (name: Name): string => `${name.map((label) => label.replace(/[\\.]/g, "\\$&")).join(".")}.`;

/** Two names are one when their keys are: ASCII letters are compared without case (RFC 6762 §16). */
export const nameKey = (name: Name): string => nameText(name).replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** How many octets of names one message may make us read: pointers let a small message hold very long ones. */
export interface NameBudget {
  octets: number;
}

/** Pointers only lead backwards, so that no name can lead to itself. */
export function readName(bytes: Uint8Array, offset: number, budget: NameBudget): { name: Name; next: number } {
  const labels: string[] = [];
  let at = offset;
  let next: number | undefined;
  let earliest = offset;
  let octets = 1;
  for (;;) {
    const length = bytes[at];
    if (length === undefined) throw new WireError("dns.truncated", { offset: at });
    if (length === 0) return { name: labels, next: next ?? at + 1 };
    if ((length & POINTER) === POINTER) {
      const low = bytes[at + 1];
      if (low === undefined) throw new WireError("dns.truncated", { offset: at });
      const target = ((length & ~POINTER) << 8) | low;
      if (target >= earliest) throw new WireError("dns.malformed", { offset: at, what: "a pointer that leads ahead" });
      next ??= at + 2;
      earliest = target;
      at = target;
      continue;
    }
    if ((length & POINTER) !== 0) throw new WireError("dns.malformed", { offset: at, what: "a reserved label type" });
    octets += length + 1;
    budget.octets -= length + 1;
    if (octets > MAX_NAME || budget.octets < 0) {
      throw new WireError("dns.malformed", { offset: at, what: "too many octets of names" });
    }
    if (at + 1 + length > bytes.length) throw new WireError("dns.truncated", { offset: at });
    const label = Buffer.from(bytes.buffer, bytes.byteOffset + at + 1, length);
    if (!isUtf8(label)) throw new WireError("dns.malformed", { offset: at, what: "a label that is not UTF-8" });
    labels.push(label.toString("utf8"));
    at += length + 1;
  }
}

/** Cut to what a label can hold, never inside a character. */
export function labelOf(text: string, room = MAX_LABEL): string {
  let label = "";
  for (const character of text) {
    if (Buffer.byteLength(label + character) > room) break;
    label += character;
  }
  return label;
}

/** The name in full, as comparisons of record data want it (RFC 6762 §8.2). Throws UsageError `dns.label`. */
export function nameBytes(name: Name): Uint8Array {
  const parts = name.map((label) => {
    const text = Buffer.from(label, "utf8");
    if (text.length === 0 || text.length > MAX_LABEL) throw new UsageError("dns.label", { label });
    return Buffer.concat([Uint8Array.of(text.length), text]);
  });
  return Buffer.concat([...parts, Uint8Array.of(0)]);
}
