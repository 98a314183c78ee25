/** The admin API on a real Unix socket and a real TCP port, closed at the end of the suite. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Admin, type AdminOptions, openAdmin } from "../../gateway/admin/api/index.ts";
import { STATUS_PAGE } from "../../gateway/admin/console/index.ts";
import type { Closable } from "../../gateway/base/index.ts";
import { openSite, type Site } from "./site.ts";

export interface Doors extends Closable {
  readonly site: Site;
  readonly admin: Admin;
  readonly folder: string;
  readonly socketPath: string;
}

export async function openDoors(options: Pick<AdminOptions, "lingerTime" | "messages"> = {}): Promise<Doors> {
  const folder = mkdtempSync(join(tmpdir(), "sidgate-admin-"));
  const socketPath = join(folder, "control.sock");
  const socketServer = createServer();
  await new Promise<void>((listening) => socketServer.listen(socketPath, listening));
  const site = openSite();
  const tcp = { host: "127.0.0.1", port: 0 };
  const admin = await openAdmin({ source: site, page: STATUS_PAGE, socketServer, tcp, ...options });
  return {
    site,
    admin,
    folder,
    socketPath,
    close: async () => {
      await admin.close();
      await new Promise((closed) => socketServer.close(closed));
      rmSync(folder, { recursive: true });
    },
  };
}
