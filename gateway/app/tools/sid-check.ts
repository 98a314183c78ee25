/** `sidgate sid check` and `sidgate sid diff`: what is wrong with .sid files, and what changed between two. */
import { EXIT, printable, printableJson, type SidCheckOptions, type SidDiffOptions } from "../../admin/cli/index.ts";
import { UsageError } from "../../base/index.ts";
import {
  type CheckOptions,
  changeText,
  check,
  diff,
  isBroken,
  isError,
  readRegistry,
  SID_RULES,
  type SidFinding,
} from "../../yang/sid/index.ts";
import { anySidFile, moduleTree, type Print, readText } from "./sid-files.ts";

/** Exit code 1 when there is an error. Throws UsageError `cli.*`, `yang.*`. */
export async function sidCheck(options: SidCheckOptions, print: Print): Promise<number> {
  const { path, json } = options;
  const sids = options.files.filter((file) => !file.endsWith(".yang"));
  const [yang, another] = options.files.filter((file) => file.endsWith(".yang"));
  if (another !== undefined) throw new UsageError("cli.usage", { what: "one .yang file at a time can be checked" });
  if (sids.length === 0) throw new UsageError("cli.usage", { what: "a .sid file is missing" });
  const files = await Promise.all(sids.map(anySidFile));
  const found = check(files, {
    ...(yang === undefined ? {} : { tree: await moduleTree(yang, path) }),
    ...(await registryOf(options)),
  });
  const valid = !found.some(isError);
  if (json) print(printableJson({ valid, findings: found.map(rowOf) }));
  else print([...found.map(lineOf), summary(found, files.length)].map(printable).join("\n"));
  return valid ? EXIT.ok : EXIT.failed;
}

async function registryOf({ registry: file }: SidCheckOptions): Promise<CheckOptions> {
  return file === undefined ? {} : { registry: readRegistry(await readText(file), file) };
}

const rowOf = ({ file, rule, what }: SidFinding) => ({ file, level: SID_RULES[rule].level, rule, what });
const lineOf = ({ file, rule, what }: SidFinding): string =>
  `${file}: ${SID_RULES[rule].level}: ${what} (RFC 9595 ${SID_RULES[rule].section}) [${rule}]`;

function summary(found: readonly SidFinding[], files: number): string {
  const errors = found.filter(isError).length;
  const noun = (number: number, word: string): string => `${number} ${word}${number === 1 ? "" : "s"}`;
  return `${noun(files, "file")}: ${noun(errors, "error")}, ${noun(found.length - errors, "warning")}.`;
}

/** Exit code 1 when a number changed or vanished. Throws UsageError `cli.*`, `yang.*`. */
export async function sidDiff({ old, new: now, json }: SidDiffOptions, print: Print): Promise<number> {
  const changes = diff(await anySidFile(old), await anySidFile(now));
  const broken = changes.filter(isBroken);
  if (json) {
    print(
      printableJson({
        valid: broken.length === 0,
        changes: changes.map((each) => ({ ...each, error: isBroken(each) })),
      }),
    );
  } else {
    const lines = changes.map((each) => `${changeText(each)}${isBroken(each) ? "  <- must not be (RFC 9595 §3)" : ""}`);
    print((lines.length > 0 ? lines : ["Nothing changed."]).map(printable).join("\n"));
  }
  return broken.length === 0 ? EXIT.ok : EXIT.failed;
}
