/** `POST /api/backup`: the site as one archive, streamed. By the control socket alone, for it is all that there is. */
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { UsageError } from "../../base/index.ts";
import { BACKUP_HEADER, type BackupTold } from "./backup-row.ts";

export interface BackupStream {
  readonly told: BackupTold;
  readonly bytes: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export interface Backups {
  make(request: { label?: string | undefined; keys: boolean; actor: string }): Promise<BackupStream>;
}

const QUERY = z.strictObject({
  label: z.string().min(1).max(64).optional(),
  keys: z.enum(["yes", "no"]).default("no"),
  actor: z.string().min(1).max(128).default("cli"),
});

export function addBackups(
  app: FastifyInstance,
  backups: Backups,
  isLocal: (request: FastifyRequest) => boolean,
): void {
  app.post("/api/backup", async (request, reply) => {
    if (!isLocal(request)) throw new UsageError("admin.unknown-route", { path: request.url });
    const read = QUERY.safeParse(request.query);
    if (!read.success)
      throw new UsageError("admin.request", { what: read.error.issues.map(({ message }) => message).join("; ") });
    const { keys, ...words } = read.data;
    return sendBackup(reply, await backups.make({ ...words, keys: keys === "yes" }));
  });
}

/** An archive that cannot be finished breaks off, which its reader sees; one that nobody reads to its end is forgotten. */
function sendBackup(reply: FastifyReply, { told, bytes, close }: BackupStream): FastifyReply {
  const body = Readable.from(bytes, { objectMode: false });
  body.once("close", () => void close());
  return reply
    .header(BACKUP_HEADER, encodeURIComponent(JSON.stringify(told)))
    .type("application/gzip")
    .send(body);
}
