/** Uploads the large image over a Unix socket, as the CLI does, once per message. */
import { request } from "node:http";
import { Readable } from "node:stream";
import { largeImage } from "./suit-import.ts";

const [socketPath = ""] = process.argv.slice(2);
const image = largeImage();
const PART = 64 << 10;

function* parts(): Generator<Buffer> {
  for (let at = 0; at < image.length; at += PART) yield image.subarray(at, at + PART);
}

process.on("message", () => {
  const upload = request({ socketPath, method: "POST", path: "/" }, (response) => {
    response.resume().once("end", () => process.send?.("done"));
  });
  Readable.from(parts()).pipe(upload);
});
process.send?.("ready");
