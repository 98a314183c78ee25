/** The thread that makes forms of images: what comes of it, and that it takes no more than it may. */
import { afterEach, expect, test } from "@jest/globals";
import { isCoded, millis } from "../../../gateway/base/index.ts";
import { Workshop, type WorkshopOptions } from "../../../gateway/service/delta/index.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

let workshop: Workshop | undefined;
afterEach(() => workshop?.close());

const JOB = { kind: "compressed", from: new Uint8Array(0), to: new Uint8Array(8) } as const;
/** A thread that does this for each job. */
function running(does: string, options: Partial<WorkshopOptions> = {}): Workshop {
  const text = `import { parentPort } from "node:worker_threads";
    parentPort.on("message", () => { ${does} });`;
  const script = new URL(`data:text/javascript,${encodeURIComponent(text)}`);
  workshop = new Workshop({ clock: new VirtualClock(), script, ...options });
  return workshop;
}
const codeOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => "made",
    (error: unknown) => (isCoded(error) ? error.code : error),
  );

test.each<readonly [what: string, script: string, code: string]>([
  ["a form", "parentPort.postMessage({ made: { bytes: new Uint8Array(1) } })", "made"],
  ["a job that failed", 'parentPort.postMessage({ fault: "delta.malformed" })', "delta.failed"],
  ["an error that nobody thought of", 'throw new Error("?")', "delta.failed"],
  ["an end without a word", "process.exit(3)", "delta.failed"],
  ["more memory than it may", "const all = []; for (;;) all.push(new Array(1000).fill(all.length))", "delta.failed"],
])("%s", async (_what, script, code) => {
  expect(await codeOf(running(script, { memoryMib: 16 }).make(() => JOB))).toBe(code);
});

test("a job that never ends is ended, and those behind it are asked for only then", async () => {
  const clock = new VirtualClock();
  const busy = running("setInterval(() => undefined, 1000)", { clock, longest: millis(50) });
  let asked = 0;
  const job = (): typeof JOB => {
    asked++;
    return JOB;
  };
  const [first, second] = [codeOf(busy.make(job)), codeOf(busy.make(job))];
  await clock.advance(millis(10));
  expect(asked).toBe(1);
  await clock.advance(millis(50));
  expect(await first).toBe("delta.too-costly");
  await busy.close();
  expect(await second).toBe("delta.failed");
});

test("so many may wait, and no more", async () => {
  const busy = running("setInterval(() => undefined, 1000)");
  const waiting = Array.from({ length: 256 }, () => codeOf(busy.make(() => JOB)));
  expect(await codeOf(busy.make(() => JOB))).toBe("delta.too-many");
  await busy.close();
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(["delta.failed"]));
});
