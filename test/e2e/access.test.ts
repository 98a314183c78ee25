/** Two managers and the CLI at a real gateway, under OSCORE: what one may and the other may not. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { PeerAnswer, PeerRequest } from "../support/coap-peer.ts";
import { type Finished, GatewayProcess, sidgate } from "../support/gateway-process.ts";
import { SecuredPeer } from "../support/secured-peer.ts";

const run = promisify(execFile);
const COAP_CLIENT = join(
  process.env["INTEROP_PEERS"] ?? join(homedir(), ".cache", "sidgate-peers"),
  "libcoap",
  "coap-client",
);
const libcoap = existsSync(COAP_CLIENT) ? test : (test.skip as typeof test);

const INSTANCES = 142;
const IDENTIFIERS = 141;
/** Report 1: temperature 21.50, humidity 45. */
const REPORT = "a119ea61a2020105a118c3a201c4822119086602182d";
const [HUMIDITY, SET_POINT_22, MODE_OFF] = ["19eb2b", "a119eb2cc48221190898", "a119eb3101"];

let gateway: GatewayProcess;
let boss: SecuredPeer;
let wall: SecuredPeer;
let node: string;

beforeAll(async () => {
  gateway = await GatewayProcess.start("", "off");
  const { client, coapPort } = gateway;
  ({ node } = await client.command<{ node: string }>("node.add", { endpoint: "room-1" }));
  await client.command("manager.add", { manager: "boss", groups: ["admin"] });
  await client.command("manager.add", { manager: "wall" });
  const room = await SecuredPeer.connect(coapPort, await client.credentials("node", node));
  await room.request({ method: "POST", path: "/c", format: INSTANCES, payload: Buffer.from(REPORT, "hex") });
  room.close();
  boss = await SecuredPeer.connect(coapPort, await client.credentials("manager", "boss"));
  wall = await SecuredPeer.connect(coapPort, await client.credentials("manager", "wall"));
});
afterAll(async () => {
  boss?.close();
  wall?.close();
  await gateway.stop();
});

const asked = (...args: readonly string[]): Promise<Finished> => sidgate([...args, "--config", gateway.config]);
const send = (peer: SecuredPeer, method: PeerRequest["method"], format: number, hex: string): Promise<PeerAnswer> =>
  peer.request({ method, path: `/n/${node}/c`, format, payload: Buffer.from(hex, "hex") });
const reads = async (peer: SecuredPeer): Promise<string> =>
  Buffer.from((await send(peer, "FETCH", IDENTIFIERS, HUMIDITY)).payload).toString("hex");
const edits = async (peer: SecuredPeer): Promise<string> => (await send(peer, "iPATCH", INSTANCES, SET_POINT_22)).code;

test("a viewer reads and does not edit, an admin does both; a rule changes that at once, and survives kill -9", async () => {
  expect([await reads(wall), await reads(boss)]).toEqual(["a119eb2b182d", "a119eb2b182d"]);
  expect([await edits(wall), await edits(boss)]).toEqual(["4.01", "2.04"]);

  const allowed = await asked("access", "allow", "viewer", "edit", "/sidgate-building:room/set-point");
  expect(allowed).toMatchObject({ code: 0, stdout: expect.stringContaining("The first rule of viewer is") });
  expect(await edits(wall)).toBe("2.04");
  expect(await asked("access", "deny", "viewer", "read", "/sidgate-building:room/humidity")).toMatchObject({ code: 0 });
  expect([await reads(wall), await reads(boss)]).toEqual(["a119eb2bf6", "a119eb2b182d"]);

  const no = await asked("access", "test", "wall", "read", "/sidgate-building:room/humidity");
  expect(no).toMatchObject({ code: 1, stdout: expect.stringContaining("'deny read /sidgate-building:room/humidity'") });
  const shown = await asked("access");
  expect(shown.stdout).toMatch(/viewer +wall/);
  expect(shown.stdout).toContain("wall, read /sidgate-building:room/humidity");

  await gateway.kill();
  await gateway.up();
  const { client, coapPort } = gateway;
  for (const peer of [boss, wall]) peer.close();
  boss = await SecuredPeer.connect(coapPort, await client.credentials("manager", "boss"));
  wall = await SecuredPeer.connect(coapPort, await client.credentials("manager", "wall"));
  expect([await reads(wall), await reads(boss)]).toEqual(["a119eb2bf6", "a119eb2b182d"]);
});

libcoap(
  `libcoap as a manager is told no${existsSync(COAP_CLIENT) ? "" : ` (skipped: needs ${COAP_CLIENT})`}`,
  async () => {
    const file = join(gateway.folder, "guest.conf");
    expect(await asked("manager", "add", "guest", "--format", "libcoap", "--out", file)).toMatchObject({ code: 0 });
    const body = join(gateway.folder, "patch");
    await writeFile(body, Buffer.from(MODE_OFF, "hex"));
    const security = ["-E", `${file},${join(gateway.folder, "guest.sequence")}`];
    const uri = `coap://127.0.0.1:${gateway.coapPort}/n/${node}/c`;
    const { stdout, stderr } = await run(
      COAP_CLIENT,
      [...security, "-m", "ipatch", "-t", "142", "-f", body, "-B", "60", uri],
      {
        encoding: "latin1",
      },
    );
    expect(`${stdout}${stderr}`).toContain("4.01");
  },
);
