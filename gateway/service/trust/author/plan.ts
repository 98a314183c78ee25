/** A release as its author thinks of it: which images, for whom, how they get onto the node. Every value comes in as text. */
import { z } from "zod";
import { PAYLOAD_CIPHERS, SUIT_LIMITS } from "../../../wire/suit/index.ts";
import { componentId, INT64, KEYS, seconds, uint64, uuid, vendor, version, whole, words, yesNo } from "./kinds.ts";

/** RFC 3986 §4.1, as far as a mistake of the hand would break it. */
const reference = words(2048).regex(
  /^[\x21-\x7e]+$/,
  "must be a URI: blanks and letters beyond ASCII are percent-encoded",
);

const image = {
  file: words(1024),
  uri: reference.optional(),
  integrated: yesNo.default(false),
  format: z.enum(["plain", "mcuboot"], "must be plain or mcuboot").optional(),
};
/** RFC 9052 §5.1: as many recipients as one message has here. */
const MAX_RECIPIENTS = 16;
const CIPHER_NAMES = PAYLOAD_CIPHERS.map(({ name }) => name);
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
      "encrypt-for": z
        .array(words(1024), "must be a list of files with keys")
        .min(1, "must be one key or more")
        .max(MAX_RECIPIENTS, `must be at most ${MAX_RECIPIENTS} keys`)
        .optional(),
      cipher: z.enum(CIPHER_NAMES, `must be of ${CIPHER_NAMES.join(", ")}`).optional(),
    },
    KEYS,
  )
  .check(({ value, issues }) => {
    const wrong = (path: string, message: string): void =>
      void issues.push({ code: "custom", input: value, path: [path], message });
    const { slots, file, uri } = value;
    if ((file === undefined) === (slots === undefined)) wrong("file", "must be given, or slots with a file each");
    const { cipher, "encrypt-for": recipients } = value;
    if (cipher !== undefined && recipients === undefined) wrong("cipher", "has nobody to encrypt for");
    if (slots === undefined) {
      // RFC 9459 §8, fe: the digest of the ciphertext is checked where it is staged, before any of it is decrypted.
      if (recipients !== undefined && value["staged-in"] === undefined) {
        wrong("encrypt-for", "needs staged-in: the ciphertext is checked there before it is decrypted");
      }
      if (value["staged-in"] !== undefined && uri === undefined)
        wrong("staged-in", "has nothing to fetch: there is no uri");
      return;
    }
    for (const key of ["uri", "staged-in", "load-into", "encrypt-for"] as const) {
      if (value[key] !== undefined) wrong(key, "does not go with slots");
    }
    if (new Set(slots.map((one) => one.slot)).size < slots.length) wrong("slots", "name one slot twice");
    if (new Set(slots.map((one) => one.uri === undefined)).size > 1) wrong("slots", "must all have a uri, or none");
  });

/** td: a release that this one brings along or names, and processes. */
const dependency = z.strictObject(
  {
    file: words(1024),
    id: componentId.optional(),
    prefix: componentId.optional(),
    uri: reference.optional(),
  },
  KEYS,
);

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

/** What the envelope is written in: draft -37, or -09 as RIOT reads it. */
export const DIALECT_NAMES = ["suit", "riot-09"] as const;

export const PLAN = z
  .strictObject(
    {
      dialect: z.enum(DIALECT_NAMES, `must be of ${DIALECT_NAMES.join(", ")}`).default("suit"),
      name: words(128).optional(),
      vendor,
      model: words(128).optional(),
      class: words(128).optional(),
      "vendor-id": uuid.optional(),
      "class-id": uuid.optional(),
      version: version.optional(),
      sequence: uint64.optional(),
      "reference-uri": reference.optional(),
      "manifest-id": componentId.optional(),
      components: z
        .array(component, "must be a list of components")
        .max(SUIT_LIMITS.components, `must be at most ${SUIT_LIMITS.components} components`)
        .default([]),
      dependencies: z
        .array(dependency, "must be a list of dependencies")
        .max(SUIT_LIMITS.components, `must be at most ${SUIT_LIMITS.components} dependencies`)
        .default([]),
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
    if (value.components.length + value.dependencies.length === 0) {
      wrong("components", "must be one component or more, or dependencies");
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
export type PlannedDependency = ReleasePlan["dependencies"][number];
export interface PlannedImage {
  readonly slot?: bigint;
  readonly file: string;
  readonly uri?: string | undefined;
  readonly integrated: boolean;
  /** Without it, as the first bytes say. */
  readonly format?: "plain" | "mcuboot" | undefined;
}

/** The image of a component, or one for each of its slots. */
export const imagesOf = ({ slots, file, uri, integrated, format }: PlannedComponent): readonly PlannedImage[] =>
  slots ?? (file === undefined ? [] : [{ file, uri, integrated, format }]);

const fetches = ({ components, dependencies }: Pick<ReleasePlan, "components" | "dependencies">): boolean =>
  dependencies.length > 0 || components.some((one) => imagesOf(one).some(({ uri }) => uri !== undefined));
