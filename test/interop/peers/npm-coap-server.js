// npm `coap` as a server with a resource for each check of the interop table. A process of its own: its timers send after
// the socket is closed, and that ends whoever they run in. Usage: node npm-coap-server.js PORT IMAGE-FILE
import { readFileSync } from "node:fs";
import { createServer, registerOption } from "coap";

const [port, imageFile] = process.argv.slice(2);
const TICK_MS = 100;
const TAG = Buffer.of(1, 2, 3, 4);
const image = readFileSync(imageFile);
const same = (value) => value;
registerOption("ETag", same, same); // its own converter mangles bytes

let patched = Buffer.alloc(0);
let ticks = 0;

const RESOURCES = {
  "GET small": (_request, response) => response.end("a few bytes"),
  "GET image": (_request, response) => response.end(image),
  "GET odd": (_request, response) => {
    response.setOption("65001", Buffer.of(1));
    response.end("a few bytes");
  },
  "GET tagged": (request, response) => {
    // The library never says 2.03 by itself (defect 11).
    response.setOption("ETag", TAG);
    const known = request._packet.options.some(({ name, value }) => name === "ETag" && TAG.equals(value));
    if (known) response.code = "2.03";
    response.end(known ? undefined : "a few bytes");
  },
  "GET clock": (_request, response) => {
    response.write(`tick ${ticks++}`);
    setInterval(() => response.write(`tick ${ticks++}`), TICK_MS);
  },
  "iPATCH patched": (request, response) => {
    patched = request.payload;
    response.code = "2.04";
    response.end();
  },
  "GET patched": (_request, response) => response.end(patched),
  "FETCH echo": (request, response) => response.end(request.payload),
};

const server = createServer((request, response) => {
  response.on("error", () => undefined);
  const resource = RESOURCES[`${request.method} ${request.url.slice(1)}`];
  if (resource !== undefined) {
    resource(request, response);
    return;
  }
  response.code = "4.04";
  response.end();
});
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));
