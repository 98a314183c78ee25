/**
 * Bad input from outside, against a real `sidgate run`: each row gets its own coded refusal, and nothing changes. The
 * journal's number and the node's tree are the same before and after; a refused command leaves its receipt and no more.
 */
import { mkdir, readdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ImageRow, Status } from "../../gateway/admin/api/index.ts";
import { CoapPeer, type PeerAnswer, type PeerRequest } from "../support/coap-peer.ts";
import { inDrill } from "../support/drill.ts";
import { GatewayProcess, sidgate } from "../support/gateway-process.ts";
import { SecuredPeer } from "../support/secured-peer.ts";

const INSTANCES = 142;
const IDENTIFIERS = 141;

let gateway: GatewayProcess;
/** Under the node's credentials, and under a manager's. */
let room: SecuredPeer;
let manager: SecuredPeer;
let node: string;

beforeAll(async () => {
  gateway = await GatewayProcess.start("trust: { mode: lab }", "off");
  const { client, coapPort } = gateway;
  ({ node } = await client.command<{ node: string }>("node.add", { endpoint: "room-1" }));
  await client.command("manager.add", { manager: "bms", groups: ["admin"] });
  room = await SecuredPeer.connect(coapPort, await client.credentials("node", node));
  manager = await SecuredPeer.connect(coapPort, await client.credentials("manager", "bms"));
  // Report 1: temperature 21.50, humidity 45; then a set-point by a manager, so that there is something to spoil.
  const stored = [
    await room.request(checkIn("a119ea61a2020105a118c3a201c4822119086602182d")),
    await manager.request(iPatch("a119eb2cc4822119089c")),
  ];
  expect(stored.map(({ code }) => code)).toEqual(["2.04", "2.04"]);
});

afterAll(async () => {
  room?.close();
  manager?.close();
  await gateway.stop();
});

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(" ", ""), "hex");

const checkIn = (hex: string): PeerRequest => ({
  method: "POST",
  path: "/c",
  format: INSTANCES,
  payload: bytes(hex),
});
const iPatch = (hex: string): PeerRequest => ({
  method: "iPATCH",
  path: `/n/${node}/c`,
  format: INSTANCES,
  payload: bytes(hex),
});
const fetch = (hex: string): PeerRequest => ({
  method: "FETCH",
  path: `/n/${node}/c`,
  format: IDENTIFIERS,
  payload: bytes(hex),
});

/** Our code stands at the end of the error body's message. */
const ourCode = (answer: PeerAnswer): string | undefined =>
  /\[([a-z-]+\.[a-z0-9-]+)\]/.exec(Buffer.from(answer.payload).toString("latin1"))?.[1];

interface World {
  readonly journal: number;
  readonly tree: string;
  readonly images: readonly ImageRow[];
  readonly incoming: readonly string[];
}

async function world(): Promise<World> {
  const { journal } = await gateway.client.get<Status>("/api/status");
  const { code, payload } = await manager.request({ method: "GET", path: `/n/${node}/c` });
  expect(code).toBe("2.05");
  return {
    journal: journal.last,
    tree: Buffer.from(payload).toString("hex"),
    images: await gateway.client.get<ImageRow[]>("/api/images"),
    incoming: await readdir(join(gateway.data, "images", ".incoming")),
  };
}

describe("what peers send", () => {
  // In check-ins: 60001 (ea61) {2: report, 5: data {195: room {1: temperature, 2: humidity, 9: [period]}}}.
  const rows: ReadonlyArray<readonly [what: string, request: () => PeerRequest, code: string, ours: string]> = [
    ["a check-in that ends inside", () => checkIn("a119ea61a2020205a118c3"), "4.00", "cbor.truncated"],
    ["a map that claims 2^32-1 entries", () => checkIn("a119ea61baffffffff"), "4.00", "cbor.too-long"],
    ["a reserved additional information", () => checkIn("a119ea61a1021c"), "4.00", "cbor.malformed"],
    ["items nested 900 deep", () => fetch("81".repeat(900)), "4.00", "cbor.too-deep"],
    ["the same key twice", () => checkIn("a119ea61a202020203"), "4.00", "cbor.duplicate-key"],
    ["a text that is not UTF-8", () => checkIn("a119ea61a2020205 a11818 a1 01 62c328"), "4.00", "cbor.utf8"],
    ["bytes after the rpc", () => checkIn("a119ea61a1020200"), "4.00", "cbor.trailing"],
    ["an edit that ends inside", () => iPatch("a119eb2cc4822119"), "4.00", "cbor.truncated"],
    ["an unknown SID in a report", () => checkIn("a119ea61a2020205a1192710 01"), "4.00", "yang.unknown-element"],
    ["an unknown SID in an edit", () => iPatch("a11a0001117001"), "4.00", "yang.unknown-element"],
    ["the rpc inside its own data", () => checkIn("a119ea61a2020205a124a10201"), "4.00", "yang.unknown-element"],
    ["a text for a number", () => checkIn("a119ea61a2020205a118c3a1026134"), "4.00", "yang.invalid-datatype"],
    ["a boolean for a set-point", () => iPatch("a119eb2cf5"), "4.00", "yang.invalid-datatype"],
    ["a humidity of 101", () => checkIn("a119ea61a2020205a118c3a1021865"), "4.00", "yang.not-in-range"],
    ["a set-point of 36.00", () => iPatch("a119eb2cc48221190e10"), "4.00", "yang.not-in-range"],
    [
      "a reported list entry without key",
      () => checkIn("a119ea61a2020205a118c3a10981a102c482211907d0"),
      "4.00",
      "yang.missing-key",
    ],
    ["an edited list entry without key", () => iPatch("a119eb32a102c482211907d0"), "4.00", "yang.missing-key"],
    ["a leaf of a list without the list's key", () => iPatch("a119eb34c482211907d0"), "4.00", "yang.missing-key"],
    ["an edit of a temperature", () => iPatch("a119eb2ac482211907d0"), "4.05", "yang.read-only"],
    ["an edit with a temperature inside", () => iPatch("a119eb29a101c482211907d0"), "4.05", "yang.read-only"],
    [
      "a good edit followed by one of a temperature",
      () => iPatch("a119eb2cc482211907d0 a119eb2ac482211907d0"),
      "4.05",
      "yang.read-only",
    ],
    ["an edit of an rpc", () => iPatch("a119ea61a10201"), "4.05", "yang.read-only"],
    ["a report without its number", () => checkIn("a119ea61a10301"), "4.00", "yang.missing-input-parameter"],
    ["an edit of an unknown node", () => ({ ...iPatch("a0"), path: "/n/n-000000/c" }), "4.04", "node.unknown"],
    [
      "a format that is not the method's",
      () => ({ ...fetch("19eb29"), format: 140 }),
      "4.15",
      "resource.content-format",
    ],
  ];

  test.each(rows)("%s", async (_what, request, code, ours) => {
    const before = await world();
    const asked = request();
    const answer = await (asked.path === "/c" ? room : manager).request(asked);
    expect([answer.code, ourCode(answer)]).toEqual([code, ours]);
    expect(await world()).toEqual(before);
  });

  test("a check-in under a manager's credentials", async () => {
    const before = await world();
    const answer = await manager.request(checkIn("a119ea61a10201"));
    expect([answer.code, ourCode(answer)]).toEqual(["4.01", "node.unidentified"]);
    expect(await world()).toEqual(before);
  });

  test.each([
    ["a check-in", () => checkIn("a119ea61a10201")],
    ["a check-in with the name of a node", () => ({ ...checkIn("a119ea61a10201"), query: ["ep=room-1"] })],
    ["an edit", () => iPatch("a119eb2cc4822119089c")],
    ["a read", (): PeerRequest => ({ method: "GET", path: `/n/${node}/c` })],
  ])("%s without protection: 4.01 and not a word", async (_what, request) => {
    const before = await world();
    const stranger = await CoapPeer.connect(gateway.coapPort);
    const { code, payload } = await stranger.request(request());
    stranger.close();
    expect([code, payload.length]).toEqual(["4.01", 0]);
    expect(await world()).toEqual(before);
  });
});

describe("images", () => {
  const MIB = 1024 * 1024;
  const rows: ReadonlyArray<
    readonly [what: string, size: number, options: readonly string[], exit: number, ours: string]
  > = [
    ["an announced digest that differs", 3000, ["--digest", "11".repeat(32)], 1, "image.digest"],
    ["an empty file", 0, [], 1, "image.empty"],
    ["a file of 300 MB", 300 * MIB, [], 1, "image.too-large"],
  ];

  test.each(rows)("%s", async (_what, size, options, exit, ours) => {
    const path = join(gateway.folder, "image.bin");
    await writeFile(path, "");
    await truncate(path, size); // sparse: 300 MB cost nothing to make
    const before = await world();
    const refused = await sidgate([
      ...["image", "add", path, "--model", "room-sensor", "--version", "1.0.0"],
      ...["--config", gateway.config, ...options],
    ]);
    expect([refused.code, refused.stderr]).toEqual([exit, expect.stringContaining(`[${ours}]`)]);
    // A refused command is remembered, so that its repeat gets the same answer.
    expect(await world()).toEqual({ ...before, journal: before.journal + 1 });
  });
});

describe("models", () => {
  const MODULE = `module acme-air {
  yang-version 1.1;
  namespace "urn:acme:air";
  prefix aa;
  revision 2026-01-01;
  container air {
    leaf co2 {
      type uint16;
    }
  }
}
`;
  const FILE = "acme-air@2026-01-01.yang";
  const rows: ReadonlyArray<readonly [what: string, source: string, where: string, ours: string]> = [
    ["a misspelt statement", MODULE.replace("type uint16", "typ uint16"), `${FILE}:8:7: `, "yang.parse"],
    ["an unknown type", MODULE.replace("uint16", "uint17"), `${FILE}:8:7: `, "yang.compile"],
    ["a block that is not closed", MODULE.slice(0, MODULE.lastIndexOf("}")), `${FILE}:1:1: `, "yang.parse"],
  ];

  test("refuse the start with their place, and leave the data folder as it was", async () => {
    const before = await world();
    await gateway.kill();
    const models = join(gateway.folder, "models");
    const config = join(gateway.folder, "with-models.yaml");
    await mkdir(models);
    await writeFile(config, `data: ${gateway.data}\nmodels: { folders: ["${models}"] }\n`);
    for (const [what, source, where, ours] of inDrill(rows.slice(0, 1), rows)) {
      await writeFile(join(models, FILE), source);
      const { code, stderr } = await sidgate(["run", "--config", config]);
      expect({ what, code, stderr }).toEqual({ what, code: 1, stderr: expect.stringContaining(where) });
      expect(stderr).toContain(`[${ours}]`);
    }
    await gateway.up();
    expect(await world()).toEqual({ ...before, journal: before.journal + 1 }); // the fact of its start
  });
});
