/** Images that tell their number: what the writer takes in and its test expects. */
import { mcubootImage } from "./mcuboot.ts";

export const imageNumber = (number: number): Buffer =>
  mcubootImage({ body: Buffer.alloc(200_000 + number, `image ${number}`) });
