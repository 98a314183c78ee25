/** Arguments of the inbox's commands: each command says of what kind they are. */
import { z } from "zod";
import { UsageError } from "../../base/index.ts";
import type { Command } from "../../store/index.ts";

/** What people, terminals and YANG strings can bear: no control characters, nothing that turns the writing round. */
export const plainText = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\u202a-\u202e\u2066-\u2069]*$/u, "has control characters");

/** Throws UsageError `command.argument` with everything that is wrong. */
export function understand<T extends z.ZodType>(op: string, kind: T, args: Command["args"]): z.output<T> {
  const result = kind.safeParse(args);
  if (result.success) return result.data;
  const what = result.error.issues
    .map(({ path, message }) => `${path.join(".") || "arguments"}: ${message}`)
    .join("; ");
  throw new UsageError("command.argument", { op, what });
}
