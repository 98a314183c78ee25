/** Where CoAP is heard, and a group that answers from an address of our own. */
import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { expect, test } from "@jest/globals";
import { readConfig } from "../../gateway/app/config/index.ts";
import { openListeners } from "../../gateway/app/south/listeners.ts";
import { millis, SILENT, systemClock, UsageError } from "../../gateway/base/index.ts";
import { Engine } from "../../gateway/coap/index.ts";
import { codeOf, decodeMessage, encodeMessage, OPTION } from "../../gateway/wire/coap/index.ts";

const configOf = (listen: string, multicast: string) =>
  readConfig({ path: undefined, env: { SIDGATE_COAP__LISTEN: listen, SIDGATE_COAP__MULTICAST: multicast } });

test("a group needs an address of its family to answer from", () => {
  expect(() => openListeners(configOf("127.0.0.1:0", "[ff02::fd]:5683"))).toThrow(UsageError);
});

test.each([
  ["0.0.0.0:5683", "224.0.1.187:5683"],
  ["[::]:5683", "[ff02::fd%eth0]:5683"],
])("a group cannot share its port with all addresses: %s and %s", (listen, multicast) => {
  expect(() => openListeners(configOf(listen, multicast))).toThrow(expect.objectContaining({ code: "port.refused" }));
});

/** A port that is free now; the group's socket shares it anyway. */
async function freePort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}

test("discovery sent to a group is answered from the gateway's own address", async () => {
  const group = `239.255.77.1:${await freePort()}`;
  const listeners = openListeners(configOf("127.0.0.1:0", group));
  const engine = new Engine({
    transports: listeners.map(({ transport }) => transport),
    // The leisure is up to 5 s, drawn at random.
    random: { next: () => 0 },
    clock: systemClock(),
    log: SILENT,
    handler: () => ({ code: "2.05", contentFormat: 40, payload: new TextEncoder().encode("</c>") }),
  });
  await engine.start();
  const client = createSocket("udp4").bind(0, "127.0.0.1");
  try {
    await once(client, "listening");
    client.setMulticastInterface("127.0.0.1");
    const path = [".well-known", "core"].map((segment) => ({
      number: OPTION.uriPath,
      value: new TextEncoder().encode(segment),
    }));
    const token = Uint8Array.of(7);
    const payload = new Uint8Array(0);
    const request = { type: "NON", code: codeOf("GET"), messageId: 1, token, options: path, payload } as const;
    const [address = "", port = ""] = group.split(":");
    client.send(encodeMessage(request), Number(port), address);
    const signal = AbortSignal.timeout(millis(60_000));
    const [bytes, from]: [Buffer, RemoteInfo] = (await once(client, "message", { signal })) as [Buffer, RemoteInfo];
    expect(`127.0.0.1:${from.port}`).toBe(listeners[0]?.transport.local);
    expect(decodeMessage(bytes)).toMatchObject({ type: "NON", code: codeOf("2.05"), token: Buffer.of(7) });
  } finally {
    client.close();
    await engine.close();
  }
});
