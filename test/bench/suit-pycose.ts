/** pycose verifies signatures: how long each takes, without starting and reading; where scripts/interop-peers.sh put it. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const PROGRAM = `
import json, sys, time
from pycose.keys import CoseKey
from pycose.messages import Sign1Message
for text in sys.stdin:
    line = {name: bytes.fromhex(value) for name, value in json.loads(text).items()}
    key = CoseKey.decode(line["key"])
    begin = time.perf_counter()
    message = Sign1Message.decode(line["message"])
    message.payload, message.key = line["detached"], key
    assert message.verify_signature()
    print(1000 * (time.perf_counter() - begin))
`;

/** In hex. */
export interface Detached {
  readonly message: string;
  readonly key: string;
  readonly detached: string;
}

/** Milliseconds for each; undefined where pycose is not installed. */
export function pycoseTimes(messages: readonly Detached[]): readonly number[] | undefined {
  const peers = process.env["INTEROP_PEERS"] ?? join(homedir(), ".cache", "sidgate-peers");
  const python = join(peers, "pycose", "bin", "python");
  if (!existsSync(python)) return undefined;
  const input = `${messages.map((message) => JSON.stringify(message)).join("\n")}\n`;
  const { stdout, status, stderr } = spawnSync(python, ["-c", PROGRAM], { input, encoding: "utf8", timeout: 30_000 });
  if (status !== 0) throw new Error(stderr.slice(-2_000));
  return stdout.trim().split("\n").map(Number);
}
