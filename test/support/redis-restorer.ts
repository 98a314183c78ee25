/**
 * Restores a backup into Redis and ends itself by SIGKILL before a step that it is told, by its number: a step is whatever changes the disk,
 * and each command to Redis. Prints how many steps there were when it comes to the end.
 */
import { createRequire, syncBuiltinESMExports } from "node:module";
import { Redis } from "ioredis";

const [file = "", folder = "", url = "", killAt = ""] = process.argv.slice(2);
let steps = 0;

function step(): void {
  if (++steps === Number(killAt)) process.kill(process.pid, "SIGKILL");
}

/** The functions of an object by these names, a step each. */
function counted(object: object, names: readonly string[]): void {
  for (const name of names) {
    const before: unknown = Reflect.get(object, name);
    if (typeof before !== "function") throw new Error(name);
    Reflect.set(object, name, function (this: unknown, ...args: unknown[]) {
      step();
      return Reflect.apply(before, this, args);
    });
  }
}

counted(createRequire(import.meta.url)("node:fs/promises"), ["mkdir", "open", "rename", "rm", "rmdir", "writeFile"]);
syncBuiltinESMExports();
counted(Redis.prototype, ["sendCommand"]);

const { SILENT, systemClock } = await import("../../gateway/base/index.ts");
const { restoreBackup } = await import("../../gateway/store/index.ts");
await restoreBackup({ file, folder, redis: { url, site: undefined, log: SILENT, clock: systemClock() } });
process.stdout.write(`${steps}\n`);
