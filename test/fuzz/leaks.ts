/** Words that no peer may read: traces, paths and names of our code and of this machine. */
import { homedir, hostname } from "node:os";

const SIGNS: readonly RegExp[] = [
  /\bat \S+ \(/, // a frame of a stack trace
  /\b\w*Error\b/,
  /\.(?:ts|js|mjs|cjs)\b/,
  /node:internal|node_modules|\bundefined\b|\bNaN\b|\[object /,
  /secret|password/i,
];
const NAMES: readonly string[] = [process.cwd(), homedir(), hostname()].filter((name) => name.length > 3);

/** The part of a reply that is ours; undefined: nothing. */
export function wordsOfOurs(reply: Uint8Array): string | undefined {
  const text = Buffer.from(reply.buffer, reply.byteOffset, reply.length).toString("latin1");
  const sign = SIGNS.find((each) => each.test(text))?.source ?? NAMES.find((name) => text.includes(name));
  return sign === undefined ? undefined : `${sign}: ${JSON.stringify(text.slice(0, 200))}`;
}
