/** The image format of simulated nodes: a first line `sidgate-sim-image MODEL VERSION`, then anything. */
import { createHash } from "node:crypto";
import { seededRandom } from "../../base/index.ts";

export interface ImageFacts {
  /** SHA-256 of the bytes, hex. */
  readonly digest: string;
  /** From the first line; undefined when the image has none (any file may be rolled out to simulated nodes). */
  readonly model: string | undefined;
  readonly version: string;
}

const FIRST_LINE = /^sidgate-sim-image (\S{1,64}) (\S{1,64})\n/;

export function examineImage(bytes: Uint8Array): ImageFacts {
  const digest = createHash("sha256").update(bytes).digest("hex");
  const line = FIRST_LINE.exec(Buffer.from(bytes.subarray(0, 160)).toString("latin1"));
  return { digest, model: line?.[1], version: line?.[2] ?? digest.slice(0, 8) };
}

/** An image of `size` bytes for trials, the same bytes for the same arguments. */
export function makeImage(model: string, version: string, size: number, seed = 1): Uint8Array {
  const head = Buffer.from(`sidgate-sim-image ${model} ${version}\n`);
  const image = Buffer.alloc(Math.max(size, head.length));
  head.copy(image);
  const random = seededRandom(seed);
  for (let at = head.length; at < image.length; at++) image[at] = random.next() * 256;
  return image;
}
