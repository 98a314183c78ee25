/** The thread that compiles models: what it says comes through, and it never takes more than it may. */
import { afterEach, expect, test } from "@jest/globals";
import { Compiler, type CompilerOptions } from "../../gateway/app/models/compiler.ts";
import { isCoded, type LogFacts, millis, SILENT } from "../../gateway/base/index.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

let compiler: Compiler | undefined;
afterEach(() => compiler?.close());

const NOTHING = { files: [] };
/** A thread that runs this instead of the compiler. */
function running(script: string, options: Partial<CompilerOptions> = {}): Compiler {
  const thread = new URL(
    `data:text/javascript,${encodeURIComponent(`import { parentPort } from "node:worker_threads"; ${script}`)}`,
  );
  compiler = new Compiler({ clock: new VirtualClock(), thread, ...options });
  return compiler;
}
const codeOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => "nothing was refused",
    (error: unknown) => (isCoded(error) ? error.code : error),
  );

test("log lines and the image come through", async () => {
  const image = { version: 3, modules: [], identities: [], types: [], nodes: [] };
  const logged: Array<readonly [string, LogFacts | undefined]> = [];
  const script = `
    parentPort.postMessage({ log: "warn", event: "yang.sid-unused", facts: { file: "x.sid" } });
    parentPort.postMessage({ image: ${JSON.stringify(image)} });`;
  const log = { ...SILENT, warn: (event: string, facts?: LogFacts) => void logged.push([event, facts]) };
  expect(await running(script).compile(NOTHING, log)).toEqual(image);
  expect(logged).toEqual([["yang.sid-unused", { file: "x.sid" }]]);
});

const REFUSAL = { code: "yang.compile", facts: { file: "x.yang", line: 1, column: 2, statement: "leaf x", what: "?" } };

test.each<readonly [what: string, script: string, code: string]>([
  ["a refusal", `parentPort.postMessage({ refused: ${JSON.stringify(REFUSAL)} })`, "yang.compile"],
  [
    "a fault of ours",
    'parentPort.postMessage({ refused: { code: "yang.bug", facts: { what: "?" } } })',
    "models.compiler",
  ],
  ["an error that nobody thought of", 'throw new Error("?")', "models.compiler"],
  ["an end without a word", "process.exit(3)", "models.compiler"],
])("%s is told by its code", async (_what, script, code) => {
  expect(await codeOf(running(script).compile(NOTHING, SILENT))).toBe(code);
});

test("a compilation that never ends is ended", async () => {
  const clock = new VirtualClock();
  const refused = codeOf(running("for (;;);", { clock, longest: millis(50) }).compile(NOTHING, SILENT));
  await clock.advance(millis(50));
  expect(await refused).toBe("models.too-costly");
});

test("one that takes too much memory is ended", async () => {
  const script = "const all = []; for (;;) all.push(new Array(10_000).fill({}));";
  expect(await codeOf(running(script, { memoryMib: 16 }).compile(NOTHING, SILENT))).toBe("models.too-costly");
});

test("closing ends what is under way", async () => {
  const closing = running("for (;;);");
  const refused = codeOf(closing.compile(NOTHING, SILENT));
  await closing.close();
  expect(await refused).toBe("models.compiler");
});
