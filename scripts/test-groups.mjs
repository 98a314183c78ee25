// Files of the suite that share one Jest environment. Jest links every module anew for each test file, about a second of
// CPU each; a group pays that once. Every file is a `describe` of its own in it, so its hooks hold for its tests only.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";

/** Below the root, because Jest takes test files from nowhere else; git does not see it. */
const FOLDER = ".test-groups";

/** These start programs and wait for them, beside each other on the workers; or count what real time has them send again. */
const ALONE = ["e2e", "interop", "sim", "drills"];
const FILES_OF_A_GROUP = 24;

/** Whether a path of Jest's report is a group. */
export const isGroup = (root, path) => path.startsWith(join(root, FOLDER) + sep);

function testFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => path.split(sep).join("/"))
    .sort();
}

const topFolder = (path) => path.slice(0, Math.max(path.indexOf("/"), 0));

/** Neighbours of one folder under test/, in equal parts of at most FILES_OF_A_GROUP. */
function partition(files) {
  return [...new Set(files.map(topFolder))].flatMap((folder) => {
    const members = files.filter((path) => topFolder(path) === folder);
    const parts = ALONE.includes(folder) ? members.length : Math.ceil(members.length / FILES_OF_A_GROUP);
    return Array.from({ length: parts }, (_, part) => ({
      name: `${folder || "test"}-${part + 1}`,
      files: members.filter((_, index) => Math.floor((index * parts) / members.length) === part),
    }));
  });
}

/** `inDescribe` is of scripts/test-environment.mjs. */
const source = (files) =>
  files.map((path) => `await inDescribe("test/${path}", () => import("../test/${path}"));\n`).join("");

/** Writes the groups and returns the arguments that have Jest run them instead of the files in them. */
export function writeGroups(root) {
  const folder = join(root, FOLDER);
  mkdirSync(folder, { recursive: true });
  const stale = new Set(readdirSync(folder));
  const paths = partition(testFiles(join(root, "test"))).map(({ name, files }) => {
    if (files.length === 1) return `test/${files[0]}`;
    const file = `${name}.test.mjs`;
    writeFileSync(join(folder, file), source(files));
    stale.delete(file);
    return `${FOLDER}/${file}`;
  });
  for (const file of stale) rmSync(join(folder, file), { force: true });
  return ["--testMatch", `<rootDir>/${FOLDER}/*`, "<rootDir>/test/**/*.test.ts", "--runTestsByPath", ...paths];
}
