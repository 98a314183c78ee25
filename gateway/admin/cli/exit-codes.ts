/** Exit codes, after sysexits.h: scripts can tell a typing error from a taken port. */
import { type ErrorCode, isCoded } from "../../base/index.ts";

export const EXIT = { ok: 0, failed: 1, stopped: 3, usage: 64, unavailable: 69, io: 74, config: 78 } as const;
export type ExitName = keyof typeof EXIT;

export const EXIT_MEANINGS: Readonly<Record<ExitName, string>> = {
  ok: "done",
  failed:
    "the gateway refused the command, data or models break a rule, `doctor` found something that is not right, or something else went wrong; the text says what",
  stopped: "`try` and `campaign show`: the campaign's own rule stopped it",
  usage: "the command line is wrong",
  unavailable: "a port, the data folder or the site is taken, no gateway runs on it, or Redis refuses us",
  io: "a file or the data folder cannot be read or written",
  config: "the configuration is wrong",
};

const BY_CODE: { readonly [C in ErrorCode]?: ExitName } = {
  "cli.usage": "usage",
  "cli.no-gateway": "unavailable",
  "cli.gateway-lost": "unavailable",
  "cli.file": "io",
  "cli.file-exists": "io",
  "cli.file-write": "io",
  "cli.credentials": "io",
  "store.owned": "unavailable",
  "store.redis": "unavailable",
  "gateway.waits": "unavailable",
  "store.claimed": "unavailable",
  "store.fenced": "unavailable",
  "store.redis-needed": "config",
  "backup.occupied": "io",
  "port.taken": "unavailable",
  "port.refused": "unavailable",
  "config.invalid": "config",
  "config.unreadable": "config",
};

export function exitCodeOf(error: unknown): number {
  // An error of the operating system, e.g. a file that breaks off while it is read.
  if (!isCoded(error)) return error instanceof Error && "syscall" in error ? EXIT.io : EXIT.failed;
  return EXIT[BY_CODE[error.code] ?? (error.blame === "store" ? "io" : "failed")];
}
