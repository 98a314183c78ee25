/** Child process of the coap bench: the real engine with an image in the block lane, on a free port of loopback. */
import { parseSubnet, SILENT, seconds, seededRandom, systemClock } from "../../gateway/base/index.ts";
import { type AdmissionOptions, Engine, UdpTransport } from "../../gateway/coap/index.ts";
import { benchImage, SMALL_RESOURCE } from "./coap-image.ts";
import { gatewaysEnd } from "./oscore-ends.ts";

const image = benchImage();
const source = {
  size: image.length,
  etag: Uint8Array.of(0xde, 0xad, 0xbe, 0xef),
  slice: (offset: number, length: number): Uint8Array => image.subarray(offset, offset + length),
};
let blocks = 0; // a gateway keeps books per node; the cheapest of them belongs into the figure
/** Every rule is on, as in a gateway; loopback is near, and its air is nobody's. */
const admission: AdmissionOptions = {
  southbound: ["10.0.0.0/8", "fd00::/8", "127.0.0.0/8"].flatMap((text) => parseSubnet(text) ?? []),
  airtime: { share: 0.75, burst: seconds(30), routers: [], shared: "all" },
};
const transport = new UdpTransport({ address: "127.0.0.1", port: 0 });
const engine = new Engine({
  transports: [transport],
  clock: systemClock(),
  random: seededRandom(1),
  log: SILENT,
  security: gatewaysEnd(),
  admission,
  handler: (_peer, { path }) =>
    path[0] === "small" ? { code: "2.05", contentFormat: 0, payload: SMALL_RESOURCE } : { code: "4.04" },
  lanes: {
    block: {
      prefix: "f",
      find: (id) => (id === "img" ? source : undefined),
      served: () => {
        blocks += 1;
      },
    },
  },
});
await engine.start();
process.send?.({ port: Number(transport.local?.split(":").at(-1)) });
process.once("disconnect", () => process.exit(blocks > 0 ? 0 : 1));
