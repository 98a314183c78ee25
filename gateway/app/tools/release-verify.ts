/** `sidgate release verify`: is this what the owners of these keys signed? */
import { EXIT, printable, printableJson, type ReleaseVerifyOptions } from "../../admin/cli/index.ts";
import { explain } from "../../base/index.ts";
import { type VerifyStep, verifySteps } from "../../service/trust/author/index.ts";
import { readEnvelopeFile, readKeys } from "./release-files.ts";
import type { ToolIo } from "./tool-io.ts";

/** Exit code 1 when a step failed. Throws UsageError `cli.*`, `cose.key-file`. */
export async function releaseVerify({ envelope, key, json }: ReleaseVerifyOptions, io: ToolIo): Promise<number> {
  const { keys, mlDsa } = await readKeys(key);
  const steps = verifySteps(await readEnvelopeFile(envelope, io), keys, mlDsa);
  const failed = steps.find(({ result }) => result === "failed");
  if (json) io.print(printableJson({ verified: failed === undefined, steps: steps.map(rowOf) }));
  else io.print([...steps.map(lineOf), failed === undefined ? "Verified." : "NOT verified."].map(printable).join("\n"));
  return failed === undefined ? EXIT.ok : EXIT.failed;
}

const rowOf = ({ name, result, told, error }: VerifyStep) => ({
  name,
  result,
  text: told,
  ...(error === undefined ? {} : { code: error.code, hint: error.hint }),
});

const MARKS: Readonly<Record<VerifyStep["result"], string>> = { ok: "ok", other: "-", failed: "NO" };

const lineOf = ({ name, result, told, error }: VerifyStep): string =>
  `${MARKS[result].padEnd(3)} ${name.padEnd(9)} ${error === undefined ? told : explain(error)}`;
