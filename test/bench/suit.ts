/** Group `suit`: believing a release, tailoring its envelope, taking in its image. */
import { generateKey } from "../../gateway/wire/cose/index.ts";
import { encodeEnvelope, readEnvelope, sever } from "../../gateway/wire/suit/index.ts";
import { type Figures, quartiles } from "./measure.ts";
import { signedRelease } from "./suit-envelopes.ts";
import { importBench } from "./suit-import.ts";
import { verifyBench } from "./suit-verify.ts";

export async function suitBench(): Promise<Figures> {
  return { ...(await verifyBench()), ...tailoring(), ...(await importBench()) };
}

/** All that is severable taken out, text first: what the signature covers stays. */
function tailoring(): Figures {
  const authored = signedRelease(2, { key: generateKey(-9) });
  const envelope = readEnvelope(authored);
  const tailored = encodeEnvelope(sever(envelope, [...envelope.severable.keys()]));
  return {
    envelope_ratio_tailored: quartiles([tailored.length / authored.length], "of the envelope as authored"),
    envelope_bytes_authored: quartiles([authored.length], "bytes"),
    envelope_bytes_tailored: quartiles([tailored.length], "bytes"),
  };
}
