/** Whether a gateway is announced, and what it says of itself. */
import { describe, expect, test } from "@jest/globals";
import { readConfig } from "../../gateway/app/config/index.ts";
import { announced, announcementOf, openNaming } from "../../gateway/app/south/naming.ts";
import { Lifecycle, SILENT, seededRandom } from "../../gateway/base/index.ts";

const NAMED = { site: "s-5kq2", addresses: ["coap://203.0.113.9:5683"], statusPage: "http://0.0.0.0:8080/" };
const configOf = (env: Readonly<Record<string, string>>) => readConfig({ path: undefined, env });

describe("what is announced", () => {
  const kinds = (env: Readonly<Record<string, string>>): readonly string[] =>
    announcementOf(configOf(env), NAMED, 5683).offers.map(
      ({ service, port, text }) => `${service.join(".")} ${port} ${text.join(" ")}`,
    );
  const COAP = ["_core-rd._udp 5683 site=s-5kq2", "_coap._udp 5683 path=/c rt=core.c.ds site=s-5kq2"];

  test("the resource directory and the datastore, and not a status page for this machine alone", () => {
    expect(kinds({})).toEqual(COAP);
  });

  test("the status page, when others may open it", () => {
    const env = { SIDGATE_ADMIN__LISTEN: "0.0.0.0:8080" };
    expect(kinds(env)).toEqual([...COAP, "_http._tcp 8080 path=/ site=s-5kq2"]);
  });

  test.each([
    ["its name", { SIDGATE_SITE__NAME: "Haus 3. OG" }, "Haus 3. OG"],
    ["its id while it has no name", {}, "Sidgate s-5kq2"],
  ])("the site by %s", (_what, env, instance) => {
    expect(announcementOf(configOf(env), NAMED, 5683)).toMatchObject({ instance, host: "sidgate-s-5kq2" });
  });
});

describe("discovery.dns-sd", () => {
  test.each<readonly [setting: string, listen: string, opens: boolean]>([
    ["auto", "127.0.0.1:5683", false],
    ["auto", "203.0.113.9:5683", true],
    ["on", "203.0.113.9:5683", true],
    ["off", "203.0.113.9:5683", false],
  ])("%s with CoAP on %s: %s", async (setting, listen, opens) => {
    const config = configOf({ SIDGATE_DISCOVERY__DNS_SD: setting, SIDGATE_COAP__LISTEN: listen });
    const lifecycle = new Lifecycle();
    // The address is nowhere on this machine, so no name is taken on the network of whoever runs this.
    const naming = await openNaming(config, NAMED, { random: seededRandom(1), log: SILENT }, lifecycle);
    expect(naming !== undefined).toBe(opens);
    expect(announced(naming)).toEqual([]);
    await lifecycle.close();
  });
});

test.each([
  [true, undefined],
  [false, "asking whether the name is free"],
])("every status says under which name, settled: %s", (settled, note) => {
  const line = { what: "announced", address: "Office (sidgate-s-5kq2.local)" };
  const naming = { names: { instance: "Office", host: "sidgate-s-5kq2.local", settled } };
  expect(announced(naming)).toEqual([note === undefined ? line : { ...line, note }]);
});
