/** Values of the files that authors write: each comes in as text, and says what would be right when it is wrong. */
import { z } from "zod";
import { fromHex } from "../../../base/index.ts";
import { type ComponentId, SUIT_LIMITS } from "../../../wire/suit/index.ts";
import { versionNumbers } from "./version.ts";

/** Of a map that is something else, or has a key too many. */
export const KEYS = "must hold keys and values";

const UINT64 = 2n ** 64n;
export const INT64 = 2n ** 63n;

export const words = (max: number) =>
  z.string("must be text").min(1, "is empty").max(max, `is longer than ${max} characters`);

export const whole = (least: bigint, above: bigint) =>
  z
    .string("must be a whole number")
    .regex(/^-?\d{1,20}$/, "must be a whole number")
    .transform(BigInt)
    .refine((value) => value >= least && value < above, `must be from ${least} to ${above - 1n}`);
export const uint64 = whole(0n, UINT64);
export const yesNo = z.enum(["true", "false"], "must be true or false").transform((text) => text === "true");

/** §8.4.5.1: `app/main`, or with parts in hex, `0x00`. */
export const componentId = z
  .string("must be a component's name, e.g. app or 0x00")
  .transform((text, context): ComponentId => {
    const parts = text.split("/").map((part) => (part.startsWith("0x") ? fromHex(part.slice(2)) : utf8(part)));
    if (parts.length <= SUIT_LIMITS.identifier && parts.every((part) => part !== undefined && part.length > 0)) {
      return parts.filter((part) => part !== undefined);
    }
    context.addIssue("must be names or 0x and hex digits, with / between them, e.g. app/main or 0x00");
    return z.NEVER;
  });
const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "utf8"));

const DOMAIN = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
export const uuid = z
  .string("must be a UUID")
  .regex(UUID, "must be a UUID")
  .transform((text) => new Uint8Array(Buffer.from(text.replaceAll("-", ""), "hex")));
export const version = words(64).transform((text, context) => {
  const numbers = versionNumbers(text);
  if (numbers !== undefined) return { text, numbers };
  context.addIssue("must be numbers with dots between them, e.g. 1.4.2 or 1.4.2-rc.1");
  return z.NEVER;
});
const ISO_TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/;
export const seconds = z.string("must be a time, e.g. 2027-01-31T00:00:00Z").transform((text, context) => {
  const time = ISO_TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (time >= 0) return BigInt(Math.floor(time / 1000));
  context.addIssue("must be a time in UTC, e.g. 2027-01-31 or 2027-01-31T12:00:00Z");
  return z.NEVER;
});

export const vendor = z.string("must be a domain").regex(DOMAIN, "must be a domain in lower case, e.g. acme.example");
