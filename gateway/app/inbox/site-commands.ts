/** The commands of a cloud to the whole site that no other face has (docs/mqtt.md, "Commands"), over the handlers that the others use. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { type Clock, type Logger, seconds, TrustError, UsageError } from "../../base/index.ts";
import { type Command, type CommandHandler, Waiting, type WaitingHandler } from "../../store/index.ts";
import { authorUri } from "../../upstream/fetch.ts";
import { SUIT_LIMITS } from "../../wire/suit/index.ts";
import type { Json } from "../../yang/index.ts";
import type { KeptBackup } from "../backup/desk.ts";
import { isAdjustable, LEVELS } from "../log-levels.ts";
import { plainText, understand } from "./arguments.ts";

/** Of `Fetcher`, what commands ask. */
export interface Authors {
  check(uri: string): Promise<void>;
  small(uri: string, most: number, signal: AbortSignal): Promise<Uint8Array>;
}

/** Of `BackupDesk`, what commands ask. */
export interface BackupKeeper {
  keep(label: string | undefined, actor: string, signal: AbortSignal): Promise<KeptBackup>;
}

export interface SiteCommandServices {
  readonly authors: Authors;
  readonly backups: BackupKeeper;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Ops that may wait for something else than a node. */
export const SITE_WAITS: ReadonlySet<string> = new Set(["image.add", "release.add", "backup"]);

const DIGEST = z
  .string()
  .regex(/^(sha256:)?[0-9a-fA-F]{64}$/, "must be SHA-256 as 64 hex digits")
  .transform((text) => text.replace(/^sha256:/, "").toLowerCase());
const IMAGE_ADD = z.looseObject({ url: z.string().min(1).max(1024), digest: DIGEST });
const RELEASE_ADD = z.strictObject({
  url: z.string().min(1).max(1024),
  digest: DIGEST.optional(),
  model: plainText(64).optional(),
  version: plainText(64).optional(),
});
const BACKUP = z.strictObject({ label: plainText(64).optional() });
const LOG_LEVEL = z.strictObject({
  namespace: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, "must be the first part of an event's name")
    .optional(),
  level: z.enum(LEVELS),
  forS: z.int().min(1).max(86_400).default(3600),
});

/** By op, over those of the other faces. Each throws UsageError `command.argument` or what its service throws. */
export function siteHandlers(
  handlers: ReadonlyMap<string, CommandHandler>,
  services: SiteCommandServices,
): ReadonlyMap<string, WaitingHandler> {
  const asBefore = (op: string): CommandHandler => handlerNamed(op, handlers);
  return new Map<string, WaitingHandler>([
    [
      "image.add",
      async (args, actor, body, command) => {
        if (!Object.hasOwn(args, "url")) return asBefore("image.add")(args, actor, body);
        return fetchImage(understand("image.add", IMAGE_ADD, args), command, asBefore("image.announce"), services);
      },
    ],
    [
      "release.add",
      async (args, actor, body) => {
        if (!Object.hasOwn(args, "url")) return asBefore("release.add")(args, actor, body);
        return fetchRelease(understand("release.add", RELEASE_ADD, args), actor, asBefore("release.add"), services);
      },
    ],
    ["backup", async (args, actor) => backUp(understand("backup", BACKUP, args).label, actor, services)],
    ["node.join", async (args, actor) => asBefore("node.add")(args, actor)],
    ["log-level", async (args) => setLevel(understand("log-level", LOG_LEVEL, args), services)],
  ]);
}

/** One that is not there refuses. */
export const handlerNamed = (op: string, handlers: ReadonlyMap<string, CommandHandler>): CommandHandler =>
  handlers.get(op) ?? (() => Promise.reject(new UsageError("command.unknown", { op })));

/** It may take minutes on a small machine, so it is answered twice. */
const backUp = (label: string | undefined, actor: string, { backups }: SiteCommandServices): Waiting =>
  new Waiting({ kind: "call", path: "backup" }, {}, async (signal): Promise<Json> => {
    const { file, size, digest, last } = await backups.keep(label, actor, signal);
    return { file, size, digest, last: String(last) };
  });

/** Judged and named now, fetched in the background: what its author gives must be the digest's bytes. */
async function fetchImage(
  { url, digest, ...claim }: z.output<typeof IMAGE_ADD>,
  command: Command,
  announce: CommandHandler,
  { authors }: SiteCommandServices,
): Promise<Waiting> {
  await authors.check(url);
  const args = { ...(claim as Command["args"]), uri: url, digest };
  await announce(args, command.actor, undefined, command);
  return new Waiting({ kind: "image", digest, uri: authorUri(url).text });
}

/** Signatures say what to believe; a digest says that it is the one that was meant. */
async function fetchRelease(
  { url, digest, ...names }: z.output<typeof RELEASE_ADD>,
  actor: string,
  add: CommandHandler,
  { authors }: SiteCommandServices,
): Promise<Waiting> {
  const { shown: uri } = authorUri(url);
  await authors.check(url);
  return new Waiting({ kind: "call", path: "release.add" }, {}, async (signal): Promise<Json> => {
    const bytes = await authors.small(url, SUIT_LIMITS.envelope, signal);
    const actual = createHash("sha256").update(bytes).digest("hex");
    if (digest !== undefined && digest !== actual)
      throw new TrustError("image.digest", { name: uri, actual, expected: digest });
    signal.throwIfAborted();
    const given = Object.entries(names).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return add({ ...Object.fromEntries(given), envelope: Buffer.from(bytes).toString("base64") }, actor);
  });
}

/** Throws UsageError `command.argument` where nothing is logged that could be told apart. */
function setLevel({ namespace, level, forS }: z.output<typeof LOG_LEVEL>, { log, clock }: SiteCommandServices): Json {
  if (!isAdjustable(log)) {
    throw new UsageError("command.argument", { op: "log-level", what: "the log of this process has no level" });
  }
  log.adjust({ namespace, level, lasts: seconds(forS) }, clock);
  return { ...(namespace === undefined ? {} : { namespace }), level, "for-s": forS };
}
