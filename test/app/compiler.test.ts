/** The thread that compiles models: what it says comes through, and it never takes more than it may. */
import { afterEach, expect, test } from "@jest/globals";
import { Compiler, type CompilerOptions } from "../../gateway/app/models/compiler.ts";
import { isCoded, type LogFacts, millis, SILENT, seconds } from "../../gateway/base/index.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

let compiler: Compiler | undefined;
afterEach(() => compiler?.close());

const NOTHING = { files: [] };
/** A thread that does this for each job instead of compiling. */
function running(does: string, options: Partial<CompilerOptions> = {}): Compiler {
  const text = `import { parentPort } from "node:worker_threads";
    let jobs = 0;
    const say = (result, lines = []) => parentPort.postMessage({ result, lines });
    parentPort.on("message", () => { jobs += 1; ${does} });`;
  const script = new URL(`data:text/javascript,${encodeURIComponent(text)}`);
  compiler = new Compiler({ clock: new VirtualClock(), script, ...options });
  return compiler;
}
const codeOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => "nothing was refused",
    (error: unknown) => (isCoded(error) ? error.code : error),
  );

const IMAGE = { version: 3, modules: [], identities: [], types: [], nodes: [] };

test("log lines and the image come through", async () => {
  const logged: Array<readonly [string, LogFacts | undefined]> = [];
  const lines = [{ level: "warn", event: "yang.sid-unused", facts: { file: "x.sid" } }];
  const log = { ...SILENT, warn: (event: string, facts?: LogFacts) => void logged.push([event, facts]) };
  expect(await running(`say(${JSON.stringify(IMAGE)}, ${JSON.stringify(lines)})`).compile(NOTHING, log)).toEqual(IMAGE);
  expect(logged).toEqual([["yang.sid-unused", { file: "x.sid" }]]);
});

test("the thread stays for the next job, and ends when none comes; one that died is replaced", async () => {
  const clock = new VirtualClock();
  const busy = running(`jobs === 3 ? process.exit(0) : say({ ...${JSON.stringify(IMAGE)}, version: jobs })`, { clock });
  const version = async (): Promise<unknown> => (await busy.compile(NOTHING, SILENT)).version;
  expect(await Promise.all([version(), version()])).toEqual([1, 2]);
  expect(await codeOf(version())).toBe("models.compiler");
  expect(await version()).toBe(1);
  await clock.advance(seconds(5));
  expect(await version()).toBe(1);
});

const REFUSAL = { code: "yang.compile", facts: { file: "x.yang", line: 1, column: 2, statement: "leaf x", what: "?" } };

test.each<readonly [what: string, script: string, code: string]>([
  ["a refusal", `say(${JSON.stringify(REFUSAL)})`, "yang.compile"],
  ["a fault of ours", 'say({ code: "yang.bug", facts: { what: "?" } })', "models.compiler"],
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
  await new Promise((turn) => setImmediate(turn)); // it has begun
  await closing.close();
  expect(await refused).toBe("models.compiler");
  expect(await codeOf(closing.compile(NOTHING, SILENT))).toBe("models.compiler");
});
