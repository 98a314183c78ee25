/** The author of a trial: a key for the run, believed by gateway and nodes, and the release that it signs. */

import type { GatewayClient } from "../../admin/cli/index.ts";
import { createRelease, PLAN, signEnvelope } from "../../service/trust/author/index.ts";
import { type CoseKey, decodeKey, encodeKey, generateKey } from "../../wire/cose/index.ts";
import { encodeEnvelope } from "../../wire/suit/index.ts";

export interface TrialAuthor {
  readonly vendor: string;
  /** What the nodes are given when they are made. */
  readonly publicKey: CoseKey;
  /** Signs a release of this image and hands it to the gateway, which verifies it. */
  release(image: TrialImage): Promise<{ readonly release: string }>;
}

export interface TrialImage {
  readonly bytes: Uint8Array;
  readonly model: string;
  readonly version: string;
  /** Later releases have later numbers (suit-manifest-37 §8.4.2). Without it the seconds of today: a folder may be tried twice. */
  readonly sequence?: bigint;
}

const NAME = "Trial author";
const VENDOR = "author.example";
/** RFC 9864: ESP256. */
const ESP256 = -9;

/** Makes a key, and tells the gateway to believe it. */
export async function trialAuthor(client: GatewayClient): Promise<TrialAuthor> {
  const key = generateKey(ESP256);
  const publicBytes = encodeKey(key, "public");
  await client.command("trust.add", { name: NAME, key: Buffer.from(publicBytes).toString("base64") });
  return {
    vendor: VENDOR,
    publicKey: decodeKey(publicBytes),
    release: async (image) => {
      const { envelope } = releaseOf(image);
      const signed = encodeEnvelope(signEnvelope(envelope, { name: NAME, key }));
      return client.command<{ release: string }>("release.add", {
        envelope: Buffer.from(signed).toString("base64"),
        model: image.model,
        version: image.version,
      });
    },
  };
}

function releaseOf({ bytes, model, version, sequence = secondsOfToday() }: TrialImage) {
  const file = `${model}-${version}.bin`;
  const plan = PLAN.parse({
    vendor: VENDOR,
    model,
    version,
    components: [{ file, uri: file }],
    text: { en: { update: "Steadier readings, and a battery that lasts longer." } },
  });
  return createRelease(plan, new Map([[file, bytes]]), sequence);
}

export const secondsOfToday = (): bigint => BigInt(Math.floor(Date.now() / 1000));
