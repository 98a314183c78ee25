/**
 * What an image is, found out on its way in: a plain binary, which has nothing to check, or an MCUboot image, which must be one
 * that its bootloader will take. The SHA-256 of the covered part falls out of the hash over the whole image; only for an image
 * that was hashed with SHA-384 or SHA-512 the bytes are read again, from the disk.
 */
import { createHash } from "node:crypto";
import { type CodedError, TrustError, UsageError } from "../../base/index.ts";
import type { Received } from "../../store/index.ts";
import {
  checkMcubootHash,
  endOfBody,
  hashedBytes,
  isMcuboot,
  MCUBOOT_TLV_BYTES,
  type McubootHash,
  type McubootHeader,
  readMcubootHeader,
  readMcubootTlvs,
} from "./formats/mcuboot.ts";

/** `plain`: whatever the bytes look like, they are not looked into. */
export const IMAGE_FORMATS = ["plain", "mcuboot"] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** Absent: a plain binary. */
export interface FoundFormat {
  readonly format?: "mcuboot";
  /** The version in its header. */
  readonly built?: string;
  /** By its author's tool, for the bootloader: its hash could not be checked. */
  readonly encrypted?: true;
}

const READ_BYTES = 1 << 20;

/** One image on its way in. */
export class FormatCheck {
  readonly #name: string;
  readonly #wanted: ImageFormat | undefined;
  #header: McubootHeader | undefined;
  /** It looks like an MCUboot image, and somebody said that it is none. */
  isOverruled = false;

  constructor(name: string, wanted: ImageFormat | undefined) {
    this.#name = name;
    this.#wanted = wanted;
  }

  /**
   * Of which bytes the hash is needed; asked with the first bytes, so that a wrong header ends an import before it costs
   * anything. Throws WireError `image.mcuboot`.
   */
  readonly beginning = (head: Uint8Array): number | undefined => {
    this.isOverruled = this.#wanted === "plain" && isMcuboot(head);
    if (this.#wanted === "plain" || (this.#wanted === undefined && !isMcuboot(head))) return undefined;
    this.#header = readMcubootHeader(head, this.#name);
    return hashedBytes(this.#header);
  };

  /** Throws WireError `image.mcuboot`, TrustError `image.mcuboot-hash`. */
  async check(received: Received): Promise<FoundFormat> {
    const header = this.#header;
    if (header === undefined) return {};
    const { hashes } = readMcubootTlvs(await received.read(endOfBody(header), MCUBOOT_TLV_BYTES), header, this.#name);
    const found = { format: "mcuboot", built: header.version } as const;
    if (header.isEncrypted) return { ...found, encrypted: true };
    for (const expected of hashes) {
      checkMcubootHash(expected, await hashOf(received, expected, hashedBytes(header)), this.#name);
    }
    return found;
  }
}

async function hashOf(received: Received, { hash }: McubootHash, length: number): Promise<Uint8Array> {
  if (hash === "sha256" && received.beginning !== undefined) return Buffer.from(received.beginning, "hex");
  const hashing = createHash(hash);
  for (let at = 0; at < length; at += READ_BYTES) {
    hashing.update(await received.read(at, Math.min(READ_BYTES, length - at)));
  }
  return new Uint8Array(hashing.digest());
}

/** What whoever brought an image had better look at; the image is taken. */
export function remarksOn(
  image: FoundFormat & { readonly name: string; readonly version: string },
): readonly CodedError[] {
  const { name, version, built, encrypted } = image;
  const other =
    built === undefined || isSameVersion(version, built)
      ? []
      : [new UsageError("image.built", { name, version, built })];
  return [...other, ...(encrypted === true ? [new TrustError("image.encrypted", { name })] : [])];
}

/** MCUboot has three numbers and a build number, which counts only for who says one. */
export function isSameVersion(said: string, built: string): boolean {
  const [, text = "", build] = /^v?(\d+(?:\.\d+){0,2})(?:-[^+]*)?(?:\+(.*))?$/.exec(said) ?? [];
  const numbers = [...text.split("."), "0", "0"].slice(0, 3).map(Number);
  const [builtNumbers, builtBuild] = built.split("+");
  return numbers.join(".") === builtNumbers && (build === undefined || build === builtBuild);
}
