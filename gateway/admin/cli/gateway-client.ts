/** What the commands ask of a running gateway, typed: rows in, outcomes back, refusals as errors. */
import { randomUUID } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { concatBytes, UsageError } from "../../base/index.ts";
import type { Command, Outcome } from "../../store/inbox.ts";
import { BACKUP_HEADER } from "../api/backup-row.ts";
import type { BackupTold, PeerCredential } from "../api/index.ts";
import { type Answer, controlRequest, controlStream } from "./control.ts";

type Refused = Extract<Outcome, { status: "failed" }>["error"];

/** The gateway's own words, passed on: its code need not be one that this version of the CLI knows. */
export class GatewayRefusal extends Error {
  readonly code: string;
  readonly hint: string;

  constructor({ code, text, hint }: Refused) {
    super(text);
    this.name = "GatewayRefusal";
    this.code = code;
    this.hint = hint;
  }
}

export interface ImageFile {
  readonly path: string;
  readonly model: string;
  readonly version: string;
  readonly digest?: string;
  readonly format?: string;
}

export class GatewayClient {
  readonly #socketPath: string | (() => Promise<string>);

  /** The path of the control socket, or who finds it out when it is asked for. */
  constructor(socketPath: string | (() => Promise<string>)) {
    this.#socketPath = socketPath;
  }

  async #socket(): Promise<string> {
    return typeof this.#socketPath === "string" ? this.#socketPath : this.#socketPath();
  }

  /** The rows behind a path of the API; both ends are of one version, so the shape is taken as declared. */
  async get<T>(path: string): Promise<T> {
    const { body } = refuseErrors(await controlRequest(await this.#socket(), "GET", path));
    return body as T;
  }

  async command<T>(op: string, args: Command["args"]): Promise<T> {
    const command = { id: randomUUID(), op, args, actor: actor() };
    return completed<T>(await controlRequest(await this.#socket(), "POST", "/api/commands", command));
  }

  /** Secrets in clear; that they were shown, and to whom, stands in the gateway's log. */
  async credentials(of: "node" | "manager", id: string): Promise<PeerCredential> {
    const query = new URLSearchParams({ actor: actor() });
    return this.get(`/api/${of}s/${encodeURIComponent(id)}/credentials?${query}`);
  }

  async addImage<T>({ path, ...meta }: ImageFile): Promise<T> {
    const file = await openFile(path);
    const query = new URLSearchParams({ ...meta, name: basename(path), id: randomUUID(), actor: actor() });
    return completed<T>(await controlRequest(await this.#socket(), "POST", `/api/images?${query}`, file));
  }

  /** The site as one archive. */
  async backup(wanted: { readonly label?: string; readonly keys: boolean }): Promise<BackupOffer> {
    const { keys, ...words } = wanted;
    const query = new URLSearchParams({ ...words, keys: keys ? "yes" : "no", actor: actor() });
    const answer = await controlStream(await this.#socket(), `/api/backup?${query}`);
    if ("status" in answer) throw new GatewayRefusal((answer.body as { error: Refused }).error);
    const told = JSON.parse(decodeURIComponent(answer.header(BACKUP_HEADER) ?? "null")) as BackupTold;
    return { told, bytes: answer.bytes };
  }
}

export interface BackupOffer {
  readonly told: BackupTold;
  readonly bytes: AsyncIterable<Uint8Array>;
}

const actor = (): string => `cli:${userInfo().username}`;

function refuseErrors(answer: Answer): Answer {
  if (answer.status < 400) return answer;
  throw new GatewayRefusal((answer.body as { error: Refused }).error);
}

function completed<T>(answer: Answer): T {
  const outcome = refuseErrors(answer).body as Outcome;
  if (outcome.status === "failed") throw new GatewayRefusal(outcome.error);
  return (outcome.status === "completed" ? outcome.result : outcome) as T;
}

/** Asks for the file before the gateway is bothered, and what it is before it is opened: a pipe waits for a writer. */
async function openFile(path: string): Promise<Readable> {
  let reason = "it is not a regular file";
  try {
    if ((await stat(path)).isFile()) return (await open(path)).createReadStream();
  } catch (cause) {
    reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
  }
  throw new UsageError("cli.file", { path, reason });
}

/** A small file as a whole: a key, an envelope. Throws UsageError `cli.file`. */
export async function readWholeFile(path: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of await openFile(path)) parts.push(part as Uint8Array);
  return concatBytes(parts);
}
