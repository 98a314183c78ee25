/** A disk that is soon full: a tmpfs of its own, where this user may mount one. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";

/** Its folder, until the test file ends; undefined when mount fails. */
export function smallDisk(size: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "sidgate-disk-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "sidgate-test", folder]).status === 0;
  afterAll(() => {
    if (mounted) spawnSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return mounted ? folder : undefined;
}
