/** Binding a TCP port, with the system's refusals turned into coded errors. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { UsageError } from "../../base/index.ts";

export interface Place {
  readonly host: string;
  readonly port: number;
}

const format = ({ host, port }: Place): string => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);

/** Resolves with `host:port` as bound. `key` is the setting that moves it elsewhere. */
export function listenTcp(server: Server, place: Place, names: { what: string; key: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const refused = (cause: NodeJS.ErrnoException): void => {
      const facts = { ...names, address: format(place) };
      reject(
        cause.code === "EADDRINUSE"
          ? new UsageError("port.taken", facts, { cause })
          : new UsageError("port.refused", { ...facts, reason: cause.code ?? cause.message }, { cause }),
      );
    };
    server.once("error", refused);
    server.listen(place.port, place.host, () => {
      server.off("error", refused);
      resolve(format({ host: place.host, port: (server.address() as AddressInfo).port }));
    });
  });
}
