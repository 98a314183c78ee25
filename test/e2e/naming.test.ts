/** A real gateway with `discovery.dns-sd: on`: its status says the name that the network hears, and it says goodbye. */
import { on } from "node:events";
import { expect, test } from "@jest/globals";
import type { Status } from "../../gateway/admin/api/index.ts";
import { GatewayProcess } from "../support/gateway-process.ts";
import { carriesMulticast, groupSocket } from "../support/multicast.ts";

const onMulticast = (await carriesMulticast()) ? test : test.skip;
const MDNS = 5353;
/** A start and an announcement take two seconds; on a machine that does much else, many. */
const PATIENCE_MS = 100_000;
/** Behind the header, the 30 bytes of `_services._dns-sd._udp.local`, type and class. */
const FIRST_TTL_AT = 12 + 30 + 4;

onMulticast(
  "is announced, and gives its name back when it is told to stop",
  async () => {
    const group = await groupSocket(MDNS);
    const datagrams = on(group, "message", { signal: AbortSignal.timeout(PATIENCE_MS) });
    /** An answer of the host with this name: with its time to live, or a goodbye. */
    const heard = async (host: string, goodbye: boolean): Promise<void> => {
      for (;;) {
        const { value } = await datagrams.next(); // not for await: leaving that would end the datagrams
        const [bytes] = value as [Buffer];
        const isAnswer = bytes.readUInt16BE(2) === 0x8400 && bytes.includes(host);
        if (isAnswer && (bytes.readUInt32BE(FIRST_TTL_AT) === 0) === goodbye) return;
      }
    };
    const gateway = await GatewayProcess.start('site: { name: Office }\ndiscovery: { dns-sd: "on" }');
    try {
      const host = `sidgate-${gateway.status.site}`;
      await heard(host, false);
      const { listening } = await gateway.client.get<Status>("/api/status");
      expect(listening).toContainEqual({ what: "announced", address: `Office (${host}.local)` });
      await gateway.stop();
      await heard(host, true);
    } finally {
      await gateway.stop();
      group.close();
    }
  },
  2 * PATIENCE_MS,
);
