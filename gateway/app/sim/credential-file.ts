/** Files of credentials as `sidgate node add --out` writes them: one object, several of them a line each, or a list. */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { z } from "zod";
import { fromHex, type NodeId, UsageError } from "../../base/index.ts";

const text = z.string("is missing");
const bytes = text.transform((hex, context): Uint8Array => {
  const value = fromHex(hex);
  if (value !== undefined) return value;
  context.addIssue("must be hex digits");
  return z.NEVER;
});

const FIELDS = {
  node: text.transform((id) => id as NodeId).optional(),
  name: text.min(1, "is empty"),
  algorithm: z.literal(10, "must be 10, AES-CCM-16-64-128"),
  masterSecret: bytes,
  masterSalt: bytes,
  senderId: bytes,
  recipientId: bytes,
  idContext: bytes.optional(),
};
const CREDENTIAL = z.object(FIELDS, "it is not the object that is written there");

/** The peer's side of a security context. */
export type OwnCredential = z.output<typeof CREDENTIAL>;

export const parseCredential = (value: unknown): OwnCredential => CREDENTIAL.parse(value);

/** Sequence numbers belong to the secret: whatever file and program it is used from, its ranges have one name. */
export const sequenceName = ({ masterSecret, senderId }: OwnCredential): string =>
  createHash("sha256").update(masterSecret).update(senderId).digest("hex").slice(0, 16);

/** What to say of a file that others may read; undefined when it is as private as `--out` makes it. */
export function exposure(path: string): string | undefined {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  if (process.platform === "win32" || (mode & 0o077) === 0) return undefined;
  return `${path} is open to other users of this machine, and whoever has it is this peer: chmod 600 ${path}`;
}

/** Throws UsageError `cli.file`, `cli.credentials`. */
export function readCredentialFile(path: string): readonly OwnCredential[] {
  const content = contentOf(path);
  try {
    const read = parseJson(content).map(parseCredential);
    if (read.length === 0) throw new TypeError("it is empty");
    return read;
  } catch (error) {
    throw new UsageError("cli.credentials", { path, reason: reasonOf(error) }, { cause: error });
  }
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error); // node:fs throws nothing else
    throw new UsageError("cli.file", { path, reason }, { cause: error });
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
    return error.issues.map(({ path, message }) => `${path.join(".")} ${message}`.trim()).join("; ");
  }
  if (error instanceof SyntaxError) return "it is not JSON";
  return error instanceof Error ? error.message : String(error);
}
