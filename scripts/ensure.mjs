// Makes a fresh clone runnable: installs what is missing, builds what is older than its source. Does nothing, quickly,
// when there is nothing to do. Plain JavaScript on Node's own modules, because it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (...parts) => join(ROOT, ...parts);
const COMPILER = at("node_modules", "typescript", "bin", "tsc");
const DIST = at("dist");
/** The folders that tsconfig.build.json names. */
const SOURCES = ["gateway", "cloud-bridge", join("test", "bench"), join("test", "fuzz"), join("test", "support")];
const BUILD_INPUTS = ["tsconfig.json", "tsconfig.build.json", "package-lock.json"];

function stop(sentence, code = 1) {
  console.error(`sidgate: ${sentence}`);
  process.exit(code);
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    stop(`Node.js 20.19 or newer is needed, this is ${process.versions.node}. See https://nodejs.org.`);
  }
}

const sha256 = (data) => createHash("sha256").update(data).digest("hex");
const readIfThere = (path) => (existsSync(path) ? readFileSync(path, "utf8") : undefined);

/** Installs once per package-lock.json. */
function install() {
  const lock = readIfThere(at("package-lock.json"));
  if (lock === undefined) return; // an installed package, not a clone: npm has brought what it needs
  const stamp = at("node_modules", ".sidgate-stamp");
  const wanted = sha256(lock);
  if (readIfThere(stamp) === wanted) return;
  if (!installedByHand(at("node_modules", ".package-lock.json"))) {
    console.log("sidgate: installing the packages of package-lock.json (once, then after each change of it) …");
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund"];
    // Without a build there is no production: the compiler is a development package.
    if (!existsSync(DIST)) flags.push("--include=dev");
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    const { status } = spawnSync(npm, ["ci", ...flags], {
      cwd: ROOT,
      stdio: "inherit",
      shell: process.platform === "win32",
    });
    if (status !== 0) stop("npm could not install the packages; its message stands above.");
  }
  writeFileSync(stamp, wanted);
}

/** npm writes this file at the end of an install; newer than our lock means that somebody ran `npm ci` already. */
const installedByHand = (hidden) =>
  existsSync(hidden) && statSync(hidden).mtimeMs >= statSync(at("package-lock.json")).mtimeMs;

function* files(folder, extension) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path, extension);
    else if (entry.name.endsWith(extension)) yield path;
  }
}

/** Names, sizes and times of everything that the build reads: also a deleted file and a checked-out older one count. */
function fingerprint(sources) {
  const lines = sources.map((path) => {
    const { size, mtimeMs } = statSync(path);
    return `${relative(ROOT, path)} ${size} ${mtimeMs}`;
  });
  return sha256(lines.join("\n"));
}

function build() {
  if (!existsSync(at("gateway"))) return; // an installed package has no sources
  if (!existsSync(COMPILER)) {
    if (existsSync(DIST)) return; // production: what was built is what runs
    stop("the compiler is missing and nothing is built. Run 'npm ci --include=dev --ignore-scripts' first.");
  }
  if (process.env.NODE_ENV === "production" && existsSync(DIST)) return;

  const sources = SOURCES.flatMap((folder) => [...files(at(folder), ".ts")]);
  const now = fingerprint([...BUILD_INPUTS.map((name) => at(name)).filter(existsSync), ...sources]);
  const stamp = join(DIST, ".sidgate-stamp");
  if (readIfThere(stamp) === now) return;

  // Types are checked by `npm run check` and `npm run build`; who only wants to run it does not wait for that.
  console.log("sidgate: building …");
  rmSync(stamp, { force: true }); // a build that breaks off is done again
  const { status } = spawnSync(process.execPath, [COMPILER, "-p", at("tsconfig.build.json"), "--noCheck"], {
    cwd: ROOT,
    stdio: "inherit",
  });
  if (status !== 0) stop("the build failed; the compiler's message stands above.");
  removeOrphans();
  mkdirSync(DIST, { recursive: true });
  writeFileSync(stamp, now);
}

/** Output whose source is gone would still be found by an import. */
function removeOrphans() {
  for (const path of files(DIST, ".js")) {
    const source = at(relative(DIST, path).replace(/\.js$/, ".ts"));
    if (existsSync(source)) continue;
    rmSync(path);
    rmSync(`${path}.map`, { force: true });
  }
}

checkNode();
install();
build();
