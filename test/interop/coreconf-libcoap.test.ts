/** libcoap's client against a real gateway: an image byte for byte, FETCH and iPATCH on /c, the event stream, discovery. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { makeImage } from "../../gateway/sim/index.ts";
import { GatewayProcess } from "../support/gateway-process.ts";

const CLIENT = "/usr/bin/coap-client-notls";
const HAS = existsSync(CLIENT);
const NOTE = HAS ? "" : " (skipped: needs coap-client-notls)";

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
};

(HAS ? describe : describe.skip)(`libcoap's client${NOTE}`, () => {
  let gateway: GatewayProcess;
  let folder: string;
  let added = 0;
  const coap = async (...args: readonly string[]): Promise<Buffer> => {
    const out = join(folder, "out");
    await rm(out, { force: true });
    const uri = args.at(-1) ?? "";
    const url = `coap://127.0.0.1:${gateway.coapPort}${uri}`;
    await promisify(execFile)(CLIENT, [...args.slice(0, -1), "-B", "60", "-o", out, url]);
    return existsSync(out) ? readFile(out) : Buffer.alloc(0);
  };
  const file = async (name: string, bytes: Uint8Array): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return path;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sidgate-libcoap-"));
    gateway = await GatewayProcess.start("trust: { mode: lab }");
  });
  afterAll(async () => {
    await gateway.stop();
    await rm(folder, { recursive: true });
  });

  test.each(["16", "64", "1024"])(`GET of an image with -b %s is byte-exact${NOTE}`, async (size) => {
    const image = makeImage("trv", `1.0.${size}`, 20_001, Number(size));
    const path = await file(`image-${size}`, image);
    const { id } = (await gateway.client.addImage({ path, model: "trv", version: `1.0.${size}` })) as { id: string };
    expect((await coap("-m", "get", "-b", size, `/f/${id}`)).equals(Buffer.from(image))).toBe(true);
  });

  test(`FETCH and iPATCH on /c${NOTE}`, async () => {
    const patch = await file("patch", Buffer.from("a119eb8e66426f696c6572", "hex")); // name = "Boiler"
    await coap("-m", "ipatch", "-t", "142", "-f", patch, "/c");
    const ids = await file("ids", Buffer.from("19eb8e", "hex"));
    expect((await coap("-m", "fetch", "-t", "141", "-f", ids, "/c")).toString("hex")).toBe("a119eb8e66426f696c6572");
  });

  test.each<readonly [title: string, method: readonly string[], filter: string | undefined]>([
    ["CC-E1 CC-E2 CC-E8: GET with Observe on /s: what is new comes first", ["-m", "get"], undefined],
    ["CC-E6 CC-E7: FETCH with Observe on /s: the kind asked for", ["-m", "fetch", "-t", "141"], "19ebc8"],
  ])(`%s${NOTE}`, async (_title, method, filter) => {
    const add = async (): Promise<string> => {
      added += 1;
      const { node } = await gateway.client.command<{ node: string }>("node.add", { endpoint: `watched-${added}` });
      return node;
    };
    const first = await add();
    const out = join(folder, `stream-${filter ?? "all"}`);
    const payload = filter === undefined ? [] : ["-f", await file("filter", Buffer.from(filter, "hex"))];
    const url = `coap://127.0.0.1:${gateway.coapPort}/s`;
    const watching = promisify(execFile)(CLIENT, [...method, ...payload, "-s", "2", "-o", out, url]);
    // It writes each answer behind those before.
    await until(() => existsSync(out));
    const second = await add();
    await watching;
    const told = (await readFile(out)).toString("latin1");
    const whole = told.slice(told.indexOf(first) + 1);
    expect(whole.indexOf(second)).toBeGreaterThan(0);
    expect(whole.indexOf(second)).toBeLessThan(whole.indexOf(first));
  });

  test(`GET /.well-known/core names the datastore${NOTE}`, async () => {
    expect((await coap("-m", "get", "/.well-known/core?rt=core.c.ds&href=/c")).toString()).toBe(
      '</c>;rt="core.c.ds core.c.yl";ds=1029;ct=140',
    );
  });
});
