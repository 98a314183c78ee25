/** Memory that a campaign holds at rest. */
import { readFileSync } from "node:fs";

const MIB = 1 << 20;
/** Noise of the collector and of code compiled late. */
const SLACK = 16 * MIB;

/** Anonymous memory after a collection; undefined where there is no /proc or no `--expose-gc`. */
function anonymousBytes(): number | undefined {
  if (globalThis.gc === undefined) return undefined;
  for (let i = 0; i < 4; i++) globalThis.gc();
  try {
    return Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
  } catch {
    return undefined;
  }
}

/** Looks twice: when everything has run once, and at the end. */
export class MemoryWatch {
  readonly #bytes = new Map<"warm" | "end", number | undefined>();

  readonly atRest = (when: "warm" | "end"): void => void this.#bytes.set(when, anonymousBytes());

  /** In words for people. */
  get words(): string {
    const [warm, end] = [this.#bytes.get("warm"), this.#bytes.get("end")];
    if (warm === undefined || end === undefined) return "anonymous memory: not measured";
    return `anonymous memory: ${Math.round(warm / MIB)} MiB when warm, ${Math.round(end / MIB)} MiB at the end`;
  }

  get problems(): readonly string[] {
    const [warm, end] = [this.#bytes.get("warm"), this.#bytes.get("end")];
    const grown = warm === undefined || end === undefined ? 0 : end - warm;
    return grown > SLACK ? [`anonymous memory grew by ${Math.round(grown / MIB)} MiB`] : [];
  }
}
