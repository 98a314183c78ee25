/** Binding a TCP port, with the system's refusals turned into coded errors. */
import type { FastifyInstance } from "fastify";
import { UsageError } from "../../base/index.ts";

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Resolves with the base URL as bound. `key` is the setting that moves it elsewhere. */
export async function listenTcp(
  app: FastifyInstance,
  place: Place,
  names: { what: string; key: string },
): Promise<string> {
  try {
    return await app.listen({ host: place.host, port: place.port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException; // what node:net rejects with
    const facts = {
      ...names,
      address: place.host.includes(":") ? `[${place.host}]:${place.port}` : `${place.host}:${place.port}`,
    };
    if (code === "EADDRINUSE") throw new UsageError("port.taken", facts, { cause: error });
    throw new UsageError("port.refused", { ...facts, reason: code ?? message }, { cause: error });
  }
}
