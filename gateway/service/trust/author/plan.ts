/** A release as its author thinks of it: which images, for whom, how they get onto the node. Every value comes in as text. */
import { z } from "zod";
import { fromHex } from "../../../base/index.ts";
import { type ComponentId, SUIT_LIMITS } from "../../../wire/suit/index.ts";
import { versionNumbers } from "./version.ts";

const UINT64 = 2n ** 64n;
const INT64 = 2n ** 63n;

const words = (max: number) => z.string("must be text").min(1, "is empty").max(max, `is longer than ${max} characters`);

const whole = (least: bigint, above: bigint) =>
  z
    .string("must be a whole number")
    .regex(/^-?\d{1,20}$/, "must be a whole number")
    .transform(BigInt)
    .refine((value) => value >= least && value < above, `must be from ${least} to ${above - 1n}`);
const uint64 = whole(0n, UINT64);
const yesNo = z.enum(["true", "false"], "must be true or false").transform((text) => text === "true");

/** §8.4.5.1: `app/main`, or with parts in hex, `0x00`. */
const componentId = z.string("must be a component's name, e.g. app or 0x00").transform((text, context): ComponentId => {
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
const uuid = z
  .string("must be a UUID")
  .regex(UUID, "must be a UUID")
  .transform((text) => new Uint8Array(Buffer.from(text.replaceAll("-", ""), "hex")));
const version = words(64).transform((text, context) => {
  const numbers = versionNumbers(text);
  if (numbers !== undefined) return { text, numbers };
  context.addIssue("must be numbers with dots between them, e.g. 1.4.2 or 1.4.2-rc.1");
  return z.NEVER;
});
const ISO_TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/;
const seconds = z.string("must be a time, e.g. 2027-01-31T00:00:00Z").transform((text, context) => {
  const time = ISO_TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (time >= 0) return BigInt(Math.floor(time / 1000));
  context.addIssue("must be a time in UTC, e.g. 2027-01-31 or 2027-01-31T12:00:00Z");
  return z.NEVER;
});

/** RFC 3986 §4.1, as far as a mistake of the hand would break it. */
const reference = words(2048).regex(
  /^[\x21-\x7e]+$/,
  "must be a URI: blanks and letters beyond ASCII are percent-encoded",
);

const image = {
  file: words(1024),
  uri: reference.optional(),
  integrated: yesNo.default(false),
  format: z.enum(["plain", "mcuboot"], "must be plain or mcuboot").default("plain"),
};
const KEYS = "must hold keys and values";
const slot = z.strictObject({ slot: uint64, ...image }, KEYS);
const component = z
  .strictObject(
    {
      id: componentId.default([new Uint8Array(1)]),
      ...image,
      file: image.file.optional(),
      slots: z
        .array(slot, "must be a list of slots")
        .min(2, "must be two slots or more")
        .max(SUIT_LIMITS.arms, `must be at most ${SUIT_LIMITS.arms} slots`)
        .optional(),
      "staged-in": componentId.optional(),
      "load-into": componentId.optional(),
    },
    KEYS,
  )
  .check(({ value, issues }) => {
    const wrong = (path: string, message: string): void =>
      void issues.push({ code: "custom", input: value, path: [path], message });
    const { slots, file, uri } = value;
    if ((file === undefined) === (slots === undefined)) wrong("file", "must be given, or slots with a file each");
    if (slots === undefined) {
      if (value["staged-in"] !== undefined && uri === undefined)
        wrong("staged-in", "has nothing to fetch: there is no uri");
      return;
    }
    for (const key of ["uri", "staged-in", "load-into"] as const) {
      if (value[key] !== undefined) wrong(key, "does not go with slots");
    }
    if (new Set(slots.map((one) => one.slot)).size < slots.length) wrong("slots", "name one slot twice");
    if (new Set(slots.map((one) => one.uri === undefined)).size > 1) wrong("slots", "must all have a uri, or none");
  });

const text = words(SUIT_LIMITS.text);
const language = z.strictObject(
  {
    description: text.optional(),
    update: text.optional(),
    "vendor-name": text.optional(),
    "model-name": text.optional(),
    "model-info": text.optional(),
    component: text.optional(),
    "version-required": text.optional(),
    "current-version": text.optional(),
  },
  KEYS,
);

/** RFC 5646, as far as the shape goes. */
const LANGUAGE = /^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$/;
export const SEVERABLE_PARTS = ["text", "install", "payload-fetch"] as const;
export type SeverablePart = (typeof SEVERABLE_PARTS)[number];

export const PLAN = z
  .strictObject(
    {
      name: words(128).optional(),
      vendor: z.string("must be a domain").regex(DOMAIN, "must be a domain in lower case, e.g. acme.example"),
      model: words(128).optional(),
      class: words(128).optional(),
      "vendor-id": uuid.optional(),
      "class-id": uuid.optional(),
      version: version.optional(),
      sequence: uint64.optional(),
      "reference-uri": reference.optional(),
      components: z
        .array(component, "must be a list of components")
        .min(1, "must be one component or more")
        .max(SUIT_LIMITS.components, `must be at most ${SUIT_LIMITS.components} components`),
      invoke: yesNo.default(true),
      "update-priority": whole(-INT64, INT64).optional(),
      "use-before": seconds.optional(),
      "minimum-battery": uint64.optional(),
      severable: z
        .array(z.enum(SEVERABLE_PARTS, `must be of ${SEVERABLE_PARTS.join(", ")}`), "must be a list")
        .optional(),
      text: z
        .record(z.string().regex(LANGUAGE, "is no language tag, e.g. en or en-GB"), language, "must have languages")
        .optional(),
    },
    KEYS,
  )
  .check(({ value, issues }) => {
    const wrong = (path: string, message: string): void =>
      void issues.push({ code: "custom", input: value, path: [path], message });
    if (value.model === undefined && value.class === undefined && value["class-id"] === undefined) {
      wrong("model", "must be given, or class, or class-id");
    }
    if (new Set(value.components.map(({ id }) => String(id))).size < value.components.length) {
      wrong("components", "name one component twice");
    }
    if (fetches(value)) return;
    for (const key of ["update-priority", "use-before", "minimum-battery"] as const) {
      if (value[key] !== undefined) wrong(key, "has nothing to hold back: no component has a uri");
    }
  });

/** Checked, with every default in place. */
export type ReleasePlan = z.output<typeof PLAN>;
export type PlannedComponent = ReleasePlan["components"][number];
export interface PlannedImage {
  readonly slot?: bigint;
  readonly file: string;
  readonly uri?: string | undefined;
  readonly integrated: boolean;
  readonly format: "plain" | "mcuboot";
}

/** The image of a component, or one for each of its slots. */
export const imagesOf = ({ slots, file, uri, integrated, format }: PlannedComponent): readonly PlannedImage[] =>
  slots ?? (file === undefined ? [] : [{ file, uri, integrated, format }]);

export const fetches = ({ components }: Pick<ReleasePlan, "components">): boolean =>
  components.some((one) => imagesOf(one).some(({ uri }) => uri !== undefined));
