/** Child process of the coap bench: the servers to compare with that are written in JavaScript, `echo` or `node-coap`. */
import { createSocket } from "node:dgram";
import { createServer } from "coap";
import { benchImage } from "./coap-image.ts";

const image = Buffer.from(benchImage());

/** The floor: no CoAP at all, each datagram in is one of a kilobyte out that begins with the same bytes. */
function echo(): void {
  const socket = createSocket({ type: "udp4", lookup: (host, _options, done) => done(null, host, 4) });
  const answer = Buffer.concat([Buffer.alloc(14), image.subarray(0, 1024)]);
  socket.on("message", (bytes, { port, address }) => {
    answer[2] = bytes[2] ?? 0;
    answer[3] = bytes[3] ?? 0;
    socket.send(answer, port, address);
  });
  socket.bind(0, "127.0.0.1", () => process.send?.({ port: socket.address().port }));
}

/** node-coap as its own documentation uses it: the handler ends with the body, the library makes the blocks. */
function nodeCoap(): void {
  const port = Number(process.argv[3]);
  const server = createServer((_request, response) => {
    response.on("error", () => undefined);
    response.end(image);
  });
  server.listen(port, "127.0.0.1", () => process.send?.({ port }));
}

if (process.argv[2] === "echo") echo();
else nodeCoap();
process.once("disconnect", () => process.exit(0));
