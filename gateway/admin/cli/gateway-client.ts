/** What the commands ask of a running gateway, typed: rows in, outcomes back, refusals as errors. */
import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { userInfo } from "node:os";
import { basename } from "node:path";
import { UsageError } from "../../base/index.ts";
import type { Command, Outcome } from "../../store/inbox.ts";
import type { Json } from "../../yang/api.ts";
import { type Answer, controlRequest } from "./control.ts";

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
}

export class GatewayClient {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** The rows behind a path of the API; both ends are of one version, so the shape is taken as declared. */
  async get<T>(path: string): Promise<T> {
    const { body } = refuseErrors(await controlRequest(this.#socketPath, "GET", path));
    return body as T;
  }

  async command(op: string, args: Command["args"]): Promise<Json> {
    const command = { id: randomUUID(), op, args, actor: actor() };
    return completed(await controlRequest(this.#socketPath, "POST", "/api/commands", command));
  }

  async addImage({ path, ...meta }: ImageFile): Promise<Json> {
    const file = createReadStream(path);
    await opened(file, path);
    const query = new URLSearchParams({ ...meta, name: basename(path), id: randomUUID(), actor: actor() });
    return completed(await controlRequest(this.#socketPath, "POST", `/api/images?${query}`, file));
  }
}

const actor = (): string => `cli:${userInfo().username}`;

function refuseErrors(answer: Answer): Answer {
  if (answer.status < 400) return answer;
  throw new GatewayRefusal((answer.body as { error: Refused }).error);
}

function completed(answer: Answer): Json {
  const outcome = refuseErrors(answer).body as Outcome;
  if (outcome.status === "failed") throw new GatewayRefusal(outcome.error);
  return outcome.result;
}

/** Asks for the file before the gateway is bothered. */
function opened(file: ReturnType<typeof createReadStream>, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException): void =>
      reject(new UsageError("cli.file", { path, reason: cause.code ?? cause.message }, { cause }));
    file.once("error", failed);
    file.once("open", () => {
      file.off("error", failed);
      resolve();
    });
  });
}
