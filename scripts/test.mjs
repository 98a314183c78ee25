// Runs the suite: Jest with ES modules, then the names of what was skipped, then one line of counts.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { isGroup, writeGroups } from "./test-groups.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const JEST = join(ROOT, "node_modules", "jest", "bin", "jest.js");

const scratch = mkdtempSync(join(tmpdir(), "sidgate-test-"));
const report = join(scratch, "report.json");
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

// What a developer's shell puts into NODE_OPTIONS (inspectors, loaders) is not part of the suite; nor are settings of a
// gateway that happens to run in this shell.
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name !== "NODE_OPTIONS" && !name.startsWith("SIDGATE_")),
);
env.TEST_MODELS = join(scratch, "models"); // test/support/gateway-process.ts
const flags = ["--disable-warning=ExperimentalWarning", "--experimental-vm-modules"];
const TIME_LIMIT_MS = 20 * 60_000;

// Whoever asks for something, by a path or by a name, asks it of the files themselves.
const wanted = process.argv.slice(2);
const selection = wanted.length > 0 ? wanted : writeGroups(ROOT);

/** In a process group of its own with a pipe of its own: whatever a test left behind neither outlives nor blocks us. */
function runJest() {
  const child = spawn(
    process.execPath,
    [...flags, JEST, "--forceExit", ...selection, "--json", `--outputFile=${report}`],
    { cwd: ROOT, env, detached: true, stdio: ["ignore", "ignore", "pipe"] }, // stdout would repeat the report
  );
  const endGroup = () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // nobody is left in it
    }
  };
  const limit = setTimeout(() => {
    console.error(`The suite did not end within ${TIME_LIMIT_MS / 60_000} minutes.`);
    endGroup();
  }, TIME_LIMIT_MS);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => endGroup());
  child.stderr.pipe(process.stderr, { end: false });
  return new Promise((resolve) => {
    child.once("exit", (code) => {
      clearTimeout(limit);
      endGroup();
      setTimeout(() => resolve(code), 100); // the last words are still in the pipe
    });
  });
}

const status = await runJest();
if (!existsSync(report)) {
  console.error("Jest ended without a report; its message stands above.");
  process.exit(status || 1);
}

// In a group the first title is the file.
const fileOf = (name, { ancestorTitles }) => (isGroup(ROOT, name) ? ancestorTitles[0] : relative(ROOT, name));
const titleOf = (name, { ancestorTitles, title }) =>
  [...ancestorTitles.slice(isGroup(ROOT, name) ? 1 : 0), title].join(" ");

const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests, testResults } = JSON.parse(
  readFileSync(report, "utf8"),
);
// A name pattern given as an argument leaves the other tests "pending" too: only those marked in their name were
// skipped because this machine lacks something.
const skipped = testResults.flatMap(({ name, assertionResults }) =>
  assertionResults
    .filter(({ status }) => status === "pending")
    .map((test) => `${fileOf(name, test)}: ${titleOf(name, test)}`),
);
const narrowed = wanted.some((argument) => /^(-t|--testNamePattern)/.test(argument));
if (skipped.length > 0 && !narrowed) {
  console.log("Skipped:");
  for (const line of skipped) console.log(`  ${line}`);
}
// A suite that could not even be loaded counts as one failure.
const failed = numFailedTests + numRuntimeErrorTestSuites;
const executed = numPassedTests + failed;
if (executed === 0) console.log("No test was executed: that is a failure, too.");
console.log(`${numPassedTests} passed, ${failed} failed, ${numPendingTests} skipped`);
process.exit(failed > 0 || executed === 0 ? 1 : (status ?? 1));
