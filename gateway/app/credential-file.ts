/** Files of credentials as `sidgate node add --print --format json` prints them: one object, several lines, or a list. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { fromHex, type NodeId, UsageError } from "../base/index.ts";

const bytes = z.string().transform((hex, context): Uint8Array => {
  const value = fromHex(hex);
  if (value !== undefined) return value;
  context.addIssue("must be hex digits");
  return z.NEVER;
});

const CREDENTIAL = z.object({
  node: z
    .string()
    .transform((id) => id as NodeId)
    .optional(),
  name: z.string().min(1),
  algorithm: z.literal(10, "must be 10, AES-CCM-16-64-128"),
  masterSecret: bytes,
  masterSalt: bytes,
  senderId: bytes,
  recipientId: bytes,
  idContext: bytes.optional(),
});

/** The peer's side of a security context. */
export type OwnCredential = z.output<typeof CREDENTIAL>;

export const parseCredential = (value: unknown): OwnCredential => CREDENTIAL.parse(value);

/** Sequence numbers belong to the secret: whatever file and program it is used from, its ranges have one name. */
export const sequenceName = ({ masterSecret, senderId }: OwnCredential): string =>
  createHash("sha256").update(masterSecret).update(senderId).digest("hex").slice(0, 16);

/** Throws UsageError `cli.file`. */
export function readCredentialFile(path: string): readonly OwnCredential[] {
  try {
    const read = parseJson(readFileSync(path, "utf8")).map(parseCredential);
    if (read.length === 0) throw new TypeError("it holds no credentials");
    return read;
  } catch (error) {
    throw new UsageError("cli.file", { path, reason: reasonOf(error) }, { cause: error });
  }
}

function parseJson(text: string): readonly unknown[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  // A line that is a whole object by itself is one of several; anything else is one value, however it is broken up.
  const oneEach = lines.every((line) => line.startsWith("{") && line.trimEnd().endsWith("}"));
  return (oneEach ? lines : [text]).flatMap((part): readonly unknown[] => [JSON.parse(part)].flat());
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    return error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  }
  if (error instanceof SyntaxError) return "it is not JSON, as 'sidgate node credentials --format json' prints it";
  return error instanceof Error ? error.message : String(error);
}
