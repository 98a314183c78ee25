/** `sidgate release replay`: a node's report read against the release that it is about. Whether the node made it, nobody checks here. */
import { EXIT, printable, printableJson, type ReleaseReplayOptions } from "../../admin/cli/index.ts";
import { isCoded } from "../../base/index.ts";
import { programOf, replay } from "../../service/trust/processor/index.ts";
import { decodeMessage } from "../../wire/cose/index.ts";
import { readEnvelope, readReport } from "../../wire/suit/index.ts";
import { readCbor } from "./input.ts";
import { readEnvelopeFile } from "./release-files.ts";
import type { ToolIo } from "./tool-io.ts";

/** Exit code 1 when the report cannot be about this release. Throws UsageError `cli.*`, WireError `suit.report`. */
export async function releaseReplay({ envelope, report, json }: ReleaseReplayOptions, io: ToolIo): Promise<number> {
  const program = programOf(readEnvelope(await readEnvelopeFile(envelope, io)));
  const { result, sentence, reason, records, doubts } = replay(
    readReport(unwrapped(await readCbor(report, io))),
    program,
  );
  if (json) io.print(printableJson({ result, sentence, reason, records, doubts }));
  else {
    const lines = [sentence, ...records.map((one) => `record: ${one}`), ...doubts.map((one) => `doubt: ${one}`)];
    io.print(lines.map(printable).join("\n"));
  }
  return doubts.length === 0 ? EXIT.ok : EXIT.failed;
}

/** suit-report: on its way a report is the payload of a COSE message. */
function unwrapped(bytes: Uint8Array): Uint8Array {
  try {
    return decodeMessage(bytes).content ?? bytes;
  } catch (error) {
    if (isCoded(error)) return bytes;
    throw error;
  }
}
