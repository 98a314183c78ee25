/** libcoap's client at the resource directory: discovery, registration, update, lookups, removal. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { SILENT, seededRandom, systemClock } from "../../gateway/base/index.ts";
import { Engine, UdpTransport } from "../../gateway/coap/index.ts";
import { idOf } from "../../gateway/service/directory/index.ts";
import { DIRECTORY_LINKS } from "../../gateway/southbound/directory/index.ts";
import { encodeLinks, filterLinks } from "../../gateway/wire/link/index.ts";
import { type DirectorySite, openDirectory } from "../support/directory.ts";

const CLIENT = "/usr/bin/coap-client-notls";
const HAS = existsSync(CLIENT);
const NOTE = HAS ? "" : " (skipped: needs coap-client-notls)";

(HAS ? describe : describe.skip)(`libcoap's client at the resource directory${NOTE}`, () => {
  let site: DirectorySite;
  let engine: Engine;
  let folder: string;
  let uri: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sidgate-directory-"));
    site = await openDirectory();
    const transport = new UdpTransport({ address: "127.0.0.1", port: 0 });
    engine = new Engine({
      transports: [transport],
      clock: systemClock(),
      random: seededRandom(1),
      log: SILENT,
      handler: (peer, request) =>
        site.handler(peer, request) ?? {
          code: "2.05",
          contentFormat: 40,
          payload: new TextEncoder().encode(encodeLinks(filterLinks(DIRECTORY_LINKS, request.query))),
        },
    });
    await engine.start();
    uri = `coap://${transport.local}`;
  });
  afterAll(async () => {
    await engine.close();
    site.kill();
    await rm(folder, { recursive: true });
  });

  /** What the client prints: the payload of a success, or the code of an error. */
  const coap = async (method: string, path: string, links?: string, ...more: readonly string[]): Promise<string> => {
    const args = ["-B", "60", "-m", method, ...more];
    if (links !== undefined) {
      const file = join(folder, "links");
      await writeFile(file, links);
      args.push("-t", "40", "-f", file);
    }
    const { stdout, stderr } = await promisify(execFile)(CLIENT, [...args, `${uri}${path}`]);
    return `${stdout}${stderr}`.trim();
  };

  test(`finds, registers, updates, looks up and removes${NOTE}`, async () => {
    expect(await coap("get", "/.well-known/core?rt=core.rd")).toBe('</rd>;rt="core.rd";ct=40');
    const links = '</sensors/temp>;rt="temperature-c";if="sensor",</sensors/light>;rt="light-lux";if="sensor"';
    await coap("post", "/rd?ep=node1&lt=60&base=coap://[2001:db8::1]", links);
    const location = `/rd/${idOf("node1", undefined)}`;
    expect(await coap("get", "/rd-lookup/ep")).toBe(
      `<${location}>;base="coap://[2001:db8::1]";ep="node1";rt="core.rd-ep"`,
    );
    await coap("post", `${location}?base=coap://moved.example`);
    expect(await coap("get", "/rd-lookup/res?rt=light*")).toBe(
      '<coap://moved.example/sensors/light>;rt="light-lux";if="sensor"',
    );
    expect(await coap("get", "/rd-lookup/res?if=sensor&count=1&page=1")).toContain("/sensors/light");
    await coap("delete", location);
    expect(await coap("get", "/rd-lookup/ep")).toBe("");
    expect(await coap("delete", location)).toContain("4.04");
    expect(await coap("post", "/rd?lt=0&ep=x", links)).toContain("4.00");
  });

  test(`registers and looks up in blocks of 64 bytes${NOTE}`, async () => {
    const paths = Array.from({ length: 40 }, (_, i) => `</long/path/to/sensor/${i}>`).join(",");
    await coap("post", "/rd?ep=node2&base=coap://n", paths, "-b", "64");
    expect(await coap("get", "/rd-lookup/res?ep=node2", undefined, "-b", "64")).toBe(
      paths.replaceAll("</long", "<coap://n/long"),
    );
  });
});
