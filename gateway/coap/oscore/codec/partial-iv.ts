/** RFC 8613 §5, §6.1 — sender sequence numbers as Partial IVs: network byte order, no zero in front, number 0 is 00. */
import { decodeUint, encodeUint } from "../../../wire/coap/index.ts";

/** §7.2.1: the largest number there is. */
export const MAX_SEQUENCE_NUMBER = 2 ** 40 - 1;

export const decodePartialIv = (bytes: Uint8Array): number => decodeUint(bytes); // 5 bytes fit a number exactly

export const encodePartialIv = (number: number): Uint8Array => (number === 0 ? Uint8Array.of(0) : encodeUint(number));
