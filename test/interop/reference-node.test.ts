/**
 * The reference node in C as an independent peer: its build and size, its ciphers against the figures of the RFCs, and whole
 * lives beside a real gateway, with bad weather and loss of power. docs/node-authors.md is held to the bytes it sends.
 */
import { execFile, spawn } from "node:child_process";
import { createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { CampaignDetail, NodeDetail } from "../../gateway/admin/api/index.ts";
import { CREDENTIAL_FORMATS } from "../../gateway/admin/cli/credential-formats.ts";
import { toHex } from "../../gateway/base/index.ts";
import { framesOf } from "../../gateway/coap/limits/airtime-model.ts";
import { classId, createRelease, readPlan, signEnvelope, vendorId } from "../../gateway/service/trust/author/index.ts";
import { encodeKey } from "../../gateway/wire/cose/index.ts";
import { encodeEnvelope, readReport } from "../../gateway/wire/suit/index.ts";
import { leavesBySid, TestGateway, testImage } from "../sim/test-gateway.ts";
import { inDrill } from "../support/drill.ts";
import { BIN, eventually, GatewayProcess } from "../support/gateway-process.ts";
import { startLossyRelay } from "../support/lossy-relay.ts";
import {
  buildObjects,
  buildProgram,
  checkInTable,
  checkSources,
  HOST,
  hasProgram,
  makeHeaders,
  memoryOf,
  NodeProcess,
  SANITIZED,
  sizesIn,
  stackDepths,
  TARGETS,
  type Target,
  WITH_DELTA,
  WITH_SUIT,
  wantedSymbols,
} from "../support/reference-node.ts";
import { SecuredPeer } from "../support/secured-peer.ts";
import { newSigner } from "../support/signed-release.ts";

const run = promisify(execFile);
const missing = ["gcc", "size", "nm"].filter((name) => !hasProgram(name));
const having = missing.length === 0 ? describe : describe.skip;
const note = missing.length === 0 ? "" : ` (skipped: needs ${missing.join(", ")})`;

/** An image of this node begins with its version, in 16 bytes. */
function imageOf(version: string, size: number): Buffer {
  return Buffer.concat([Buffer.from(version.padEnd(16, "\0")), randomBytes(size - 16)]);
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

const PAGE = readFileSync(new URL("../../docs/node-authors.md", import.meta.url), "utf8");
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What the page has pasted, with the gateway and the folder of this test. The headers that it makes serve all that follows. */
const scriptOf = (gateway: GatewayProcess, folder: string): string =>
  (/```bash\n([\s\S]*?)```/.exec(PAGE)?.[1] ?? "")
    .replaceAll("npm run -s sidgate --", `SIDGATE_DATA=${gateway.data} ${process.execPath} ${BIN}`)
    .replaceAll("127.0.0.1:5683", `127.0.0.1:${gateway.coapPort}`)
    .replaceAll("credentials/room-c", folder);

interface Pasted {
  readonly code: number | null;
  readonly said: string;
}

async function bash(script: string): Promise<Pasted> {
  const child = spawn("bash", ["-ec", script], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (part) => {
      said += part;
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  return { code, said };
}

/** Datagrams of a conversation on the page: `up` or `down` and hex digits, `x` where they differ from run to run. */
function conversation(title: string): readonly string[] {
  const section = PAGE.split(/^### /m).find((part) => part.startsWith(title)) ?? "";
  const lines = (/```text\n([\s\S]*?)```/.exec(section)?.[1] ?? "").trimEnd().split("\n");
  const datagrams: string[] = [];
  for (const line of lines) {
    const head = /^(up|down|oscore) +/.exec(line);
    const [bytes = ""] = /^[0-9a-fx]+( [0-9a-fx]+)*/.exec(line.slice(head?.[0].length ?? 0).trimStart()) ?? [];
    if (head !== null) datagrams.push(`${head[1]} ${bytes.replaceAll(" ", "")}`);
    else datagrams.push(`${datagrams.pop()}${bytes.replaceAll(" ", "")}`);
  }
  return datagrams;
}

/** What came instead, with `x` where the page has it. */
const masked = (said: readonly string[], page: readonly string[]): readonly string[] =>
  said.map((line, at) => [...line].map((digit, place) => (page[at]?.[place] === "x" ? "x" : digit)).join(""));
const datagramsOf = (lines: readonly string[]): readonly string[] => lines.filter((line) => /^(up|down) /.test(line));

/** Answers reports as it is told, without a clock and without a memory. */
class ScriptedGateway {
  /** Payloads of the reports, hex; copies too. */
  readonly heard: string[] = [];
  answer: "2.04" | "4.00" | undefined = "2.04";
  /** What a 2.04 carries. */
  time = "a119ea61a10b1a6b0187c0";
  readonly #socket = createSocket("udp4");

  static async start(): Promise<ScriptedGateway> {
    const scripted = new ScriptedGateway();
    scripted.#socket.on("message", (datagram, { port }) => {
      const message = datagram.toString("hex");
      scripted.heard.push(message.slice(message.indexOf("ffa119ea61") + 2));
      if (scripted.answer === undefined) return;
      const code = scripted.answer === "2.04" ? "44" : "80";
      const body = scripted.answer === "2.04" && scripted.time !== "" ? `c18eff${scripted.time}` : "";
      scripted.#socket.send(Buffer.from(`62${code}${message.slice(4, 12)}${body}`, "hex"), port, "127.0.0.1");
    });
    scripted.#socket.bind(0, "127.0.0.1");
    await once(scripted.#socket, "listening");
    return scripted;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  close(): void {
    this.#socket.close();
  }
}

having(`the reference node in C${note}`, () => {
  let folder: string;
  let gateway: GatewayProcess;
  let manager: SecuredPeer;
  let pasted: Pasted;
  let plain: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "sidgate-c-"));
    // Nodes that wake each second here are not silent because the machine is busy.
    const patient = "nodes: { silent-after: 1000 }";
    gateway = await GatewayProcess.start(`trust: { mode: lab, node-mac: when-needed }\n${patient}`);
    pasted = await bash(scriptOf(gateway, folder));
    await buildObjects(folder);
    plain = await buildProgram(folder, "plain");
    await gateway.client.command("manager.add", { manager: "bms", groups: ["admin"] });
    manager = await SecuredPeer.connect(gateway.coapPort, await gateway.client.credentials("manager", "bms"));
  });
  afterAll(async () => {
    manager.close();
    await gateway.stop();
    rmSync(folder, { recursive: true });
  });

  // -- what it is made of ----------------------------------------------------------------------------------------------

  const MAX_PROTOCOL = 10_000;
  /** All of it, on the machine that it is for. */
  const MAX_ON_CORTEX = 9_000;

  /** Sizes, memory and stack of one target, as the page has them. */
  async function weigh(target: Target, objects: string): Promise<void> {
    const sizes = await sizesIn(objects, target);
    const depths = stackDepths(objects);
    const stack = Math.max(...["node_start", "node_wake", "node_rest"].map((name) => depths.get(name) ?? Number.NaN));
    const rows: ReadonlyArray<readonly [string, number]> = [
      ...[...sizes.objects].map(([name, bytes]) => [`\`${name}\``, bytes] as const),
      ["protocol", sizes.protocol],
      ["the whole node", sizes.whole],
      ["of which instructions", sizes.instructions],
      ["memory", await memoryOf(folder, target)],
      ["stack", stack],
    ];
    console.log(`${target.title}: ${rows.map(([row, bytes]) => `${row} ${bytes}`).join(", ")}`);
    for (const [row, bytes] of rows) checkInTable(PAGE, row, target, bytes);
    expect(sizes.protocol).toBeLessThan(MAX_PROTOCOL);
    if (target !== HOST) expect(sizes.whole).toBeLessThan(MAX_ON_CORTEX);
    expect(stack).toBeLessThan(2_000);
  }

  test("it is less than 10 kB of code at -Os, of C99 that gcc has nothing to say about; no function calls itself", () =>
    weigh(HOST, folder));

  for (const target of TARGETS.filter(({ title }) =>
    inDrill(["Cortex-M0"], ["Cortex-M0", "Cortex-M4"]).includes(title),
  )) {
    const there = hasProgram(target.compiler) && hasProgram(target.size);
    const title = `on a ${target.title} too${there ? "" : ` (skipped: needs ${target.compiler})`}`;
    (there ? test : test.skip)(title, async () => {
      const objects = join(folder, target.title);
      await buildObjects(folder, target, objects);
      await weigh(target, objects);
    });
  }

  const clang = hasProgram("clang");
  (clang ? test : test.skip)(`clang has nothing to say about it${clang ? "" : " (skipped: needs clang)"}`, () =>
    checkSources("clang", folder),
  );

  test("gcc has nothing to say about it with all of its options either", async () => {
    await makeHeaders(folder);
    await checkSources("gcc", folder, [...WITH_SUIT, ...WITH_DELTA]);
  });

  test("it takes no memory from a heap: what it wants from elsewhere is its port and the strings of C", async () => {
    const foreign = (await wantedSymbols(folder)).filter((name) => !name.startsWith("port_"));
    const known = ["memcmp", "memcpy", "memmove", "memset", "strchr", "strlen"];
    expect(foreign.filter((name) => !known.includes(name))).toEqual([]);
  });

  test("the commands of the page build it, and it reports", async () => {
    expect(pasted.said).toMatch(
      /^wake report=1 applied=0 set-point=2000 mode=2 periods=0 phase=0 received=0 missed=0 sleep=900$/m,
    );
    expect(pasted.said.match(/^wake/gm)?.length).toBe(3);
    expect(pasted.code).toBe(0);
  });

  // -- its ciphers -----------------------------------------------------------------------------------------------------

  const KEY = "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf";
  const C1 = "0102030405060708090a0b0c0d0e0f10 9e7ca92223786340 - 01";
  const VECTORS: ReadonlyArray<readonly [name: string, line: string, expected: string]> = [
    [
      "RFC 3610 packet vector 1",
      `seal ${KEY} 00000003020100a0a1a2a3a4a5 0001020304050607 08090a0b0c0d0e0f101112131415161718191a1b1c1d1e`,
      "588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0",
    ],
    [
      "RFC 3610 packet vector 2, a text of whole blocks",
      `seal ${KEY} 00000004030201a0a1a2a3a4a5 0001020304050607 08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f`,
      "72c91a36e135f8cf291ca894085c87e3cc15c439c9e43a3ba091d56e10400916",
    ],
    [
      "RFC 3610 packet vector 4, additional data of 12 bytes",
      `seal ${KEY} 00000006050403a0a1a2a3a4a5 000102030405060708090a0b 0c0d0e0f101112131415161718191a1b1c1d1e`,
      "a28c6865939a9a79faaa5c4c2a9d4a91cdac8c96c861b9c9e61ef1",
    ],
    [
      "one bit of the tag",
      `open ${KEY} 00000003020100a0a1a2a3a4a5 0001020304050607 588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e1`,
      "refused",
    ],
    [
      "RFC 5869 A.1: extract",
      `hmac 000102030405060708090a0b0c ${"0b".repeat(22)}`,
      "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
    ],
    [
      "RFC 5869 A.1: expand, the first 32 bytes",
      "hmac 077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5 f0f1f2f3f4f5f6f7f8f901",
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf",
    ],
    [
      "RFC 5869 A.3: no salt, no info",
      `hmac - ${"0b".repeat(22)}`,
      "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
    ],
    [
      "RFC 8613 C.1.1: keys and common IV",
      `keys ${C1}`,
      "f0910ed7295e6ad4b54fc793154302ffffb14e093c94c9cac9471648b4f987104622d4dd6d944168eefb54987c",
    ],
    ["RFC 8613 C.4: a request", `request ${C1} 14 747631`, "920914ff612f1092f1776f1c1668b3825e"],
    [
      "RFC 8613 C.5: a request, without salt",
      "request 0102030405060708090a0b0c0d0e0f10 - 00 01 14 747631",
      "93091400ff4ed339a5a379b0b8bc731fffb0",
    ],
    [
      "RFC 8613 C.7: an answer",
      `answer ${C1} 14 90ffdbaad1e9a7e7b2a813d3c31524378303cdafae119106`,
      `45${Buffer.from("Hello World!").toString("hex")}`,
    ],
    [
      "RFC 8613 C.8: an answer with a Partial IV of its own",
      `answer ${C1} 14 920100ff4d4c13669384b67354b2b6175ff4b8658c666a6cf88e`,
      `45${Buffer.from("Hello World!").toString("hex")}`,
    ],
    ["the answer to another request", `answer ${C1} 15 90ffdbaad1e9a7e7b2a813d3c31524378303cdafae119106`, "refused"],
    ["an answer that is not protected", `answer ${C1} 14 ff48656c6c6f`, "refused"],
    ["an answer cut behind the option", `answer ${C1} 14 9201`, "refused"],
  ];

  test("its AES-CCM, HMAC, HKDF and OSCORE are those of the RFCs", async () => {
    const vectors = spawn(await buildProgram(folder, "vectors"), { stdio: ["pipe", "pipe", "inherit"] });
    // Beyond the vectors: texts of every length up to three blocks, against node:crypto's HMAC.
    const texts = Array.from({ length: 130 }, (_, length) => randomBytes(length));
    const hex = (bytes: Buffer): string => (bytes.length === 0 ? "-" : bytes.toString("hex"));
    vectors.stdin.end(
      [...VECTORS.map(([, line]) => line), ...texts.map((text) => `hmac ${KEY} ${hex(text)}`), ""].join("\n"),
    );
    let output = "";
    for await (const part of vectors.stdout) output += part;
    const lines = output.trim().split("\n");
    expect(VECTORS.map(([name], at) => [name, lines[at]])).toEqual(
      VECTORS.map(([name, , expected]) => [name, expected]),
    );
    const macs = texts.map((text) => createHmac("sha256", Buffer.from(KEY, "hex")).update(text).digest("hex"));
    expect(lines.slice(VECTORS.length)).toEqual(macs);
  });

  // -- bad input -------------------------------------------------------------------------------------------------------

  test("answers that somebody spoilt break nothing: no read or write outside, no undefined arithmetic", async () => {
    const seeds = [
      "a119ea61a10b1a6b0187c0",
      "a119ea61a30b1a6b0187c00d010e4aa119eb2cc482211908ca",
      `a119ea61a20b1a6b0187c00fa3015820aaaa${"5a".repeat(30)}021904b00368662f616263646566`,
      `a119ea61a20b1a6b0187c00fa7015820aaaa${"5a".repeat(30)}0218b0036a662f616263646566676816186418201902d01821011822185a`,
      "a119eb2cc482211908ca",
      "a18219eb326530383a3030a2016530383a303002c482211908ca",
      "a119eb29a203c4822119070809",
      "a119eb3281a2016530383a303002c482211908ca",
      "c119eb2982a2",
      "a119eb2cc4821a7fffffff1a7fffffff",
      "a119eb2cc482203a7fffffff",
      "a119eb2cc482001b7fffffffffffffff",
      "920100ff4d4c13669384b67354b2b6175ff4b8658c666a6cf88e",
      "44aaaaaaaac1021102d1060aff5a5a",
    ];
    let program: string;
    try {
      program = await buildProgram(folder, "hostile", { flags: [...SANITIZED, ...WITH_DELTA] });
    } catch (error) {
      console.log(`not run: this gcc has no sanitizers (${String(error).split("\n")[0]})`);
      return;
    }
    const { stdout } = await run(program, ["10000", ...seeds]);
    expect(stdout).toMatch(/^read=10000 wakes=100 /);
  });

  // -- fewer blocks ----------------------------------------------------------------------------------------------------

  /** The example of the page: the image before, the patch, the image after; and the patch as it is before heatshrink. */
  const example = (): readonly string[] => {
    const section = PAGE.split(/^## /m).find((part) => part.startsWith("An update in fewer blocks")) ?? "";
    const lines = (/```text\n(old [\s\S]*?)```/.exec(section)?.[1] ?? "").split("\n");
    const parts: string[] = [];
    for (const line of lines) {
      const head = /^(old|patch|new) +/.exec(line);
      const [bytes = ""] = /^[0-9a-f]+( [0-9a-f]+)*/.exec(line.slice(head?.[0].length ?? 0).trimStart()) ?? [];
      if (head !== null) parts.push(bytes.replaceAll(" ", ""));
      else parts.push(`${parts.pop()}${bytes.replaceAll(" ", "")}`);
    }
    return parts;
  };
  test("it applies the patch of the page, and no spoilt one takes it beside its flash", async () => {
    const [old = "", patch = "", wanted = ""] = example();
    expect(patch).toHaveLength(52);
    let program: string;
    try {
      program = await buildProgram(folder, "patches", { flags: [...WITH_DELTA, ...SANITIZED] });
    } catch (error) {
      console.log(`not run: this gcc has no sanitizers (${String(error).split("\n")[0]})`);
      return;
    }
    const child = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
    const asked = ["apply", "mutate", "cut"].map((what) => `${what} ${old} ${patch} ${wanted}`);
    const refused = [
      `apply ${old.slice(0, 60)} ${patch} ${wanted}`,
      `apply ${old} ${patch} ${wanted}00`,
      `apply - ${patch} ${wanted}`,
      `apply ${old} 04${patch.slice(2, 6)}54${patch.slice(8)} ${wanted}`,
      `apply ${old} 14${patch.slice(2)} ${wanted}`,
      `apply ${old} - ${wanted}`,
    ];
    child.stdin.end([...asked, ...refused, ""].join("\n"));
    let said = "";
    for await (const part of child.stdout) said += part;
    const lines = said.trim().split("\n");
    expect(lines[0]).toBe(`new ${wanted}`);
    // Some bits mean nothing: those behind the last number, and how far to move at the end.
    expect(lines[1]).toMatch(/^tried=6630 right=\d{1,3}$/);
    expect(lines[2]).toMatch(/^tried=26 right=[0-2]$/);
    expect(lines.slice(3).map((line) => line.split(" ")[0])).toEqual(refused.map(() => "wrong"));
  });

  const withDelta = (target: Target): Target => ({ ...target, flags: [...target.flags, ...WITH_DELTA] });
  const cortex = TARGETS.find(({ title }) => title === "Cortex-M0") ?? HOST;
  const weighable = hasProgram(cortex.compiler) && hasProgram(cortex.size);
  (weighable ? test : test.skip)(
    `WITH_DELTA on a Cortex-M0: code, memory and stack are those of the page${weighable ? "" : " (skipped)"}`,
    async () => {
      const full = withDelta(cortex);
      const objects = join(folder, "with-delta");
      await buildObjects(folder, full, objects);
      const { objects: sizes, whole } = await sizesIn(objects, full);
      const depths = stackDepths(objects);
      const rows: ReadonlyArray<readonly [string, number]> = [
        ["`delta`", sizes.get("delta") ?? Number.NaN],
        ["WITH_DELTA: the whole node", whole],
        ["WITH_DELTA: memory", await memoryOf(folder, full)],
        ["WITH_DELTA: stack", Math.max(...["node_start", "node_wake"].map((name) => depths.get(name) ?? Number.NaN))],
      ];
      console.log(rows.map(([row, bytes]) => `${row} ${bytes}`).join(", "));
      for (const [row, bytes] of rows) checkInTable(PAGE, row, full, bytes);
    },
  );

  // -- beside a gateway ------------------------------------------------------------------------------------------------

  const join_ = async (endpoint: string): Promise<string> =>
    (await gateway.client.command<{ readonly node: string }>("node.add", { endpoint })).node;
  const detail = (node: string): Promise<NodeDetail> => gateway.client.get<NodeDetail>(`/api/nodes/${node}`);
  async function edit(node: string, hex: string): Promise<string> {
    const payload = Buffer.from(hex, "hex");
    return (await manager.request({ method: "iPATCH", path: `/n/${node}/c`, format: 142, payload })).code;
  }
  async function offer(node: string, image: Buffer, version: string): Promise<string> {
    const path = join(folder, `${version}.bin`);
    writeFileSync(path, image);
    const { id } = (await gateway.client.addImage({ path, model: "reference", version })) as { id: string };
    const { campaign } = (await gateway.client.command("campaign.create", { image: id, nodes: [node] })) as {
      campaign: string;
    };
    return campaign;
  }
  const SET_POINT_22_5 = "a119eb2cc482211908ca";
  const PERIOD_8_21 = "a18219eb326530383a3030a2016530383a303002c48221190834"; // "08:00" is 30383a3030
  const text = (ascii: string): string => Buffer.from(ascii).toString("hex");
  const flash = (name: string): string => join(folder, `${name}.flash`);

  test("in lab mode, unprotected: it reports, takes edits in one wake and confirms them in the next", async () => {
    const node = await join_("plain-1");
    expect([await edit(node, SET_POINT_22_5), await edit(node, PERIOD_8_21)]).toEqual(["2.04", "2.04"]);
    const args = ["--gateway", `127.0.0.1:${gateway.coapPort}`, "--ep", "plain-1", "--flash", flash("plain")];
    const life = new NodeProcess(plain, [...args, "--wakes", "2", "--speed", "1000000"]);
    expect(await life.end()).toBe(0);
    expect(life.lines[0]).toMatch(/^wake report=1 applied=2 set-point=2250 mode=2 periods=1 phase=0/);
    expect(await detail(node)).toMatchObject({
      pending: 0,
      data: {
        "sidgate-node:node": { model: "reference", "boot-count": 1 },
        "sidgate-building:room": {
          temperature: "21.5",
          humidity: 45,
          "set-point": "22.5",
          period: [{ start: "08:00", "set-point": "21.0" }],
        },
      },
    });
  });

  test("what it has no room for it rejects, and the gateway shows what it has", async () => {
    const node = await join_("plain-2");
    const periods = ["06", "08", "10", "12", "14"];
    for (const hour of periods) expect(await edit(node, PERIOD_8_21.replaceAll("3038", text(hour)))).toBe("2.04");
    expect(await edit(node, SET_POINT_22_5)).toBe("2.04");
    const args = ["--gateway", `127.0.0.1:${gateway.coapPort}`, "--ep", "plain-2", "--flash", flash("plain-2")];
    const life = new NodeProcess(plain, [...args, "--wakes", "2", "--speed", "1000000"]);
    expect(await life.end()).toBe(0);
    expect(life.lines[0]).toMatch(/ applied=6 set-point=2250 mode=2 periods=4 /);
    const start = periods.slice(0, 4).map((hour) => ({ start: `${hour}:00`, "set-point": "21.0" }));
    expect(await detail(node)).toMatchObject({
      pending: 0,
      data: { "sidgate-building:room": { "set-point": "22.5", period: start } },
    });
  });

  test("user-experience.md §2.3: it holds an image for its window, and goes back to the former one when nobody hears the new one", async () => {
    const [WAITING, CONFIRMING, ROLLED_BACK] = [9, 12, 14];
    const small = new TestGateway();
    const [APPLY_IN, CONFIRM_WITHIN] = [22, 32];
    const port = (await small.start()).split(":").at(-1);
    small.image = testImage(imageOf("2.0.0", 200));
    small.terms = new Map([[APPLY_IN, 3600], [CONFIRM_WITHIN, 600]]); // biome-ignore format: one offer
    /** The phases that it told, as they changed. */
    const phases = (): readonly unknown[] => {
      const told = small.checkIns
        .map(({ body }) => leavesBySid(body).get(60104))
        .filter((phase) => phase !== undefined);
      return told.filter((phase, at) => phase !== told[at - 1]);
    };
    const last = (): unknown => phases().at(-1);
    small.ignore = () => last() === CONFIRMING;
    const args = ["--gateway", `127.0.0.1:${port}`, "--ep", "held", "--flash", flash("held"), "--ack-timeout", "5"];
    const life = new NodeProcess(plain, [...args, "--speed", "10000", "--trace"]);
    try {
      await small.until(() => last() === WAITING);
      const waited = small.checkIns.length + 5;
      await small.until(() => small.checkIns.length > waited);
      expect(last()).toBe(WAITING);
      small.terms = new Map([[CONFIRM_WITHIN, 600]]);
      await small.until(() => last() === ROLLED_BACK);
      await life.kill();
      expect(life.lines.filter((line) => line.startsWith("boot"))).toEqual(["boot bank=1", "boot bank=0"]);
      expect(phases().slice(0, 5)).toEqual([0, WAITING, 11, CONFIRMING, ROLLED_BACK]);
      const { body } = small.checkIns.at(-1)!;
      expect(leavesBySid(body).get(60107)).toBe(5); // boot-failed
      const sleeps = life.lines
        .filter((line) => line.includes(`phase=${CONFIRMING} `))
        .map((line) => line.split("sleep=")[1]);
      expect(sleeps).toEqual(Array(5).fill("151"));
    } finally {
      small.close();
    }
  });

  test("WITH_DELTA: a compressed image, then a patch over a loss of power, in a handful of blocks", async () => {
    const node = await join_("short-1");
    await makeHeaders(folder);
    const program = await buildProgram(folder, "short-1", { flags: [...WITH_DELTA, "-Os"] });
    const args = ["--gateway", `127.0.0.1:${gateway.coapPort}`, "--ep", "short-1", "--flash", flash("short-1")];
    const start = (...more: readonly string[]): NodeProcess =>
      new NodeProcess(program, [...args, "--speed", "1000000", "--trace", ...more]);
    expect(await start("--wakes", "1").end()).toBe(0);
    const firmware = async (): Promise<unknown> =>
      ((await detail(node)).data as Record<string, unknown>)["sidgate-firmware:firmware"];
    expect(await firmware()).toMatchObject({ encodings: "patch compressed" });

    const words = Array.from({ length: 600 }, (_, at) => `room ${at % 16} `).join("");
    const imageWith = (version: string, change: string): Buffer =>
      Buffer.concat([Buffer.from(version.padEnd(16, "\0")), Buffer.from(change + words), noise]);
    const noise = randomBytes(600);
    /** Blocks that were asked for until the image ran. */
    const update = async (version: string, image: Buffer, bank: number): Promise<number> => {
      const campaign = await offer(node, image, version);
      // The power goes as soon as the first block is there; of a patch it may be the last but one.
      const first = start("--blocks", "1");
      await eventually("a block came", () => first.lines.some((line) => / phase=5 received=64 /.test(line)));
      await first.kill();
      const second = start();
      const state = async (): Promise<string> =>
        (await gateway.client.get<CampaignDetail>(`/api/campaigns/${campaign}`)).state;
      await eventually("the campaign is done", async () => (await state()) === "done");
      await second.kill();
      const lines = [...first.lines, ...second.lines];
      expect(lines).toContain(`boot bank=${bank}`);
      const digest = createHash("sha256").update(image).digest("base64");
      expect(await firmware()).toMatchObject({ "running-digest": digest, "running-version": version, phase: "idle" });
      return lines.filter((line) => /^up +4[0-9a-f]01/.test(line)).length;
    };
    const whole = imageWith("5.0.0", "");
    const compressed = await update("5.0.0", whole, 1);
    expect(compressed).toBeLessThan(Math.ceil(whole.length / 64) / 3);
    expect(await update("5.0.1", imageWith("5.0.1", "Warmer: "), 0)).toBeLessThan(6);
  });

  test("under OSCORE, in bad weather, with the power lost twice: an edit and an image arrive", async () => {
    const node = await join_("room-1");
    const credentials = CREDENTIAL_FORMATS.c(await gateway.client.credentials("node", node));
    const program = await buildProgram(folder, "room-1", { credentials });
    const weather = { loss: 0.1, duplication: 0.05, seed: 5 };
    const relay = await startLossyRelay(gateway.coapPort, weather);
    const args = ["--gateway", `127.0.0.1:${relay.port}`, "--flash", flash("room-1"), "--ack-timeout", "30"];
    const start = (...more: readonly string[]): NodeProcess =>
      new NodeProcess(program, [...args, "--speed", "1000000", ...more]);
    try {
      // Introduces itself, so that a campaign knows its model.
      const first = start("--once");
      expect(await first.end()).toBe(0);
      const image = imageOf("2.0.0", 9_000);
      const campaign = await offer(node, image, "2.0.0");
      expect(await edit(node, SET_POINT_22_5)).toBe("2.04");
      const state = async (): Promise<string> =>
        (await gateway.client.get<CampaignDetail>(`/api/campaigns/${campaign}`)).state;

      for (const asked of [25, 55]) {
        const life = start();
        await eventually(`${asked} requests went out`, () => relay.asked() >= asked);
        await life.kill();
        expect(await state()).toBe("running");
      }
      const last = start();
      await eventually("the campaign is done", async () => (await state()) === "done");
      await eventually("another wake", () => last.lines.filter((line) => line.startsWith("wake")).length > 2);
      await last.kill();
      expect(last.lines).toContain("boot bank=1");
      const digest = createHash("sha256").update(image).digest("base64");
      expect(await detail(node)).toMatchObject({
        security: "oscore",
        pending: 0,
        data: {
          "sidgate-firmware:firmware": { "running-digest": digest, "running-version": "2.0.0", phase: "idle" },
          "sidgate-building:room": { "set-point": "22.5" },
        },
      });
      // 141 blocks, once each but for those under way when the power went; the rest are check-ins and Echo.
      const wakes = last.lines.filter((line) => line.startsWith("wake")).length;
      expect(relay.asked() - wakes).toBeLessThan(141 + 2 + 20);
      expect(relay.lost()).toBeGreaterThan(5);
    } finally {
      await relay.close();
    }
  });

  test("under OSCORE, in bad weather: edits replaced, rejected and expired, an image over kill -9 of the gateway, a successor", async () => {
    const node = await join_("room-4");
    const build = async (name: string): Promise<string> =>
      buildProgram(folder, name, { credentials: CREDENTIAL_FORMATS.c(await gateway.client.credentials("node", node)) });
    const program = await build("room-4");
    const relay = await startLossyRelay(gateway.coapPort, { loss: 0.1, duplication: 0.05, seed: 11 });
    const start = (of: string, name: string, ...more: readonly string[]): NodeProcess => {
      const args = ["--gateway", `127.0.0.1:${relay.port}`, "--flash", flash(name), "--ack-timeout", "30"];
      return new NodeProcess(of, [...args, "--speed", "1000000", ...more]);
    };
    const wake = (of: string, name: string): Promise<number | null> => start(of, name, "--wakes", "3").end();
    const room = async (): Promise<unknown> => (await detail(node)).data;
    const states = async (): Promise<string> =>
      (await detail(node)).edits.map(({ path, state }) => `${path.split("/").at(-1)} ${state}`).join();
    try {
      await wake(program, "room-4");
      // The last value of a leaf counts, and four of five entries have room.
      for (const hex of [SET_POINT_22_5, "a119eb2cc482211908fc", "a119eb3101"])
        expect(await edit(node, hex)).toBe("2.04");
      for (const hour of ["06", "08", "10", "12", "14"]) {
        expect(await edit(node, PERIOD_8_21.replaceAll("3038", text(hour)))).toBe("2.04");
      }
      await wake(program, "room-4");
      const kept = {
        "set-point": "23.0",
        mode: "economy",
        period: ["06", "08", "10", "12"].map((hour) => ({ start: `${hour}:00`, "set-point": "21.0" })),
      };
      expect(await room()).toMatchObject({ "sidgate-building:room": kept });
      expect(await states()).toContain("period[start='14:00'] rejected");

      // The gateway is killed in the middle of an image, and comes back: no block is asked for from the beginning.
      const image = imageOf("3.0.0", 4_000);
      const campaign = await offer(node, image, "3.0.0");
      const before = relay.asked();
      const life = start(program, "room-4");
      await eventually("half of the blocks went out", () => relay.asked() - before > 30);
      await gateway.kill();
      await gateway.up();
      const done = async (): Promise<boolean> =>
        (await gateway.client.get<CampaignDetail>(`/api/campaigns/${campaign}`)).state === "done";
      await eventually("the campaign is done", done);
      const wakes = (): number => life.lines.filter((line) => line.startsWith("wake")).length;
      // As many different requests as blocks, and what the outage cost: some at either end of it, and Echo.
      const asked = relay.asked() - before;
      await life.kill();
      expect(asked - wakes()).toBeLessThan(63 + 50);
      const digest = createHash("sha256").update(image).digest("base64");
      expect(await room()).toMatchObject({
        "sidgate-building:room": kept,
        "sidgate-firmware:firmware": { "running-digest": digest, "running-version": "3.0.0", phase: "idle" },
      });

      // One that nobody fetched in time: the gateway was off meanwhile, and the node never hears of it.
      const late = { node, edits: [{ path: "/sidgate-building:room/set-point", value: 30 }], expireAfter: 1000 };
      await gateway.client.command("node.edit", late);
      expect(await room()).toMatchObject({ "sidgate-building:room": { "set-point": "30.0" } });
      const edited = Date.now();
      await gateway.kill();
      await eventually("a second", () => Date.now() - edited > 1000);
      await gateway.up();
      await wake(program, "room-4");
      expect(await room()).toMatchObject({ "sidgate-building:room": kept });
      expect(await states()).toContain("set-point expired");

      // It breaks. Its successor comes with nothing, and gets all of its settings.
      await gateway.client.command("node.replace", { node, endpoint: "room-4b" });
      const successor = await build("room-4b");
      await wake(successor, "room-4b");
      expect(await detail(node)).toMatchObject({
        endpoint: "room-4b",
        pending: 0,
        data: { "sidgate-building:room": kept, "sidgate-node:node": { "boot-count": 1 } },
      });
    } finally {
      await relay.close();
    }
  }, 120_000);

  test("under OSCORE, WITH_SUIT: it takes the image that its author vouches for, by the gateway's MAC, and no other", async () => {
    const node = await join_("vouched");
    const credentials = CREDENTIAL_FORMATS.c(await gateway.client.credentials("node", node));
    await makeHeaders(folder);
    const program = await buildProgram(folder, "vouched", { credentials, flags: [...WITH_SUIT, "-Os"] });
    const [vendor, author] = [vendorId("acme.example"), newSigner()];
    const identity = ["--vendor", toHex(vendor), "--class", toHex(classId(vendor, "reference"))];
    const args = ["--gateway", `127.0.0.1:${gateway.coapPort}`, "--flash", flash("vouched"), "--speed", "1000000"];
    const wakes = async (count: number): Promise<readonly string[]> => {
      const life = new NodeProcess(program, [...args, ...identity, "--wakes", String(count), "--trace"]);
      expect(await life.end()).toBe(0);
      return life.lines;
    };
    const told = async (): Promise<Readonly<Record<string, unknown>>> =>
      ((await detail(node)).data as Record<string, Record<string, unknown>>)["sidgate-suit:suit"] ?? {};
    const firmware = async (): Promise<unknown> => (await detail(node)).data;

    await wakes(1);
    expect(await told()).toMatchObject({ "gateway-mac": [null], "vendor-identifier": base64(vendor) });

    const image = imageOf("4.0.0", 400);
    const plan = `{vendor: acme.example, model: reference, version: 4.0.0, sequence: 42,
      components: [{file: fw.bin, uri: "coap://acme.example/4.0.0"}], text: {en: {update: Nothing is lost.}}}`;
    const release = createRelease(readPlan(plan, "plan.yaml"), new Map([["fw.bin", new Uint8Array(image)]]), 42n);
    const envelope = encodeEnvelope(signEnvelope(release.envelope, { name: "author", key: author }));
    await gateway.client.command("trust.add", { name: "acme", key: base64(encodeKey(author, "public")) });
    await gateway.client.command("release.add", { envelope: base64(envelope) });
    const campaign = await offer(node, image, "4.0.0");
    const lines = await wakes(2);
    expect(lines).toContain("boot bank=1");
    const digest = createHash("sha256").update(image).digest("base64");
    expect(await firmware()).toMatchObject({
      "sidgate-firmware:firmware": { "running-digest": digest, "running-version": "4.0.0", phase: "idle" },
    });
    expect((await gateway.client.get<CampaignDetail>(`/api/campaigns/${campaign}`)).state).toBe("done");
    const { report, "sequence-number": sequence } = await told();
    expect(sequence).toBe("42");
    const { reference, result } = readReport(new Uint8Array(Buffer.from(String(report), "base64")));
    expect([toHex(reference.digest.bytes), result]).toEqual([
      toHex(release.envelope.authentication.digest.bytes),
      true,
    ]);

    // A gateway in lab mode offers what nobody signed; the node asks for nothing of it.
    await offer(node, imageOf("4.1.0", 400), "4.1.0");
    expect((await wakes(2)).join("\n")).toMatch(/ phase=15 received=0 /);
    expect(await firmware()).toMatchObject({ "sidgate-firmware:firmware": { phase: "failed", reason: "refused" } });
  });

  // -- beside a gateway that says and hears what the test wants ---------------------------------------------------------

  const life = (name: string, port: number, ...more: readonly string[]): NodeProcess =>
    new NodeProcess(plain, [
      "--gateway",
      `127.0.0.1:${port}`,
      "--ep",
      "n",
      "--flash",
      flash(name),
      "--ack-timeout",
      "1",
      ...more,
    ]);
  const WINDOW_OPEN = ["--alarms", "2"];
  /** {60213: {2 (raised): bit 1}}, as key 23 of the check-in. */
  const OPENED = "1748a119eb35a1024102";
  const CLOSED = "1748a119eb35a1014102";

  test("an event is told once: the answer lost, the power lost, refused and told anew", async () => {
    const scripted = await ScriptedGateway.start();
    const { heard } = scripted;
    const told = (hex: string): number => new Set(heard.filter((report) => report.includes(hex))).size;
    await life("event", scripted.port, "--once").end();
    expect(heard.join()).not.toContain("1748a119eb35");

    scripted.answer = undefined; // it hears, and its answers are lost
    await life("event", scripted.port, "--wakes", "1", ...WINDOW_OPEN).end();
    expect(heard.at(-1)).toContain(OPENED);
    const bytes = heard.at(-1);
    scripted.answer = "2.04";
    // Without the sleep in order the power was lost. The window is closed again meanwhile, which is the next event.
    await life("event", scripted.port, "--once").end();
    expect([told(OPENED), told(CLOSED)]).toEqual([1, 1]);
    expect(heard.at(-1)).toContain(text("reference")); // and all that it has to say after a start
    expect(heard.filter((report) => report === bytes).length).toBeGreaterThan(5);
    expect(heard.at(-1)).toContain(CLOSED);
    await life("event", scripted.port, "--once").end();
    expect(heard.at(-1)).not.toContain("a119eb35");

    // A report that is refused told nothing: its event comes with the new series.
    scripted.answer = "4.00";
    await life("event", scripted.port, "--wakes", "1", ...WINDOW_OPEN).end();
    const refused = heard.length;
    scripted.answer = "2.04";
    await life("event", scripted.port, "--once", ...WINDOW_OPEN).end();
    await life("event", scripted.port, "--once", ...WINDOW_OPEN).end();
    const taken = heard.slice(refused);
    expect(new Set(taken.filter((report) => report.includes(OPENED))).size).toBe(1);
    expect(taken.at(-1)).not.toContain("a119eb35");
    scripted.close();
  });

  test("a gateway that leaves out the time is asked for it again, and takes away none", async () => {
    const scripted = await ScriptedGateway.start();
    const { heard } = scripted;
    const BRIEF = "09f6";
    scripted.time = "";
    const node = life("time", scripted.port, "--speed", "100000", "--wakes", "40");
    await eventually("two wakes without the time", () => heard.length > 2);
    expect(heard.join()).not.toContain(BRIEF);
    scripted.time = "a119ea61a10b1a6b0187c0";
    await eventually("it knows the time", () => heard.at(-1)?.endsWith(BRIEF) === true);
    scripted.time = "";
    const before = heard.length;
    await eventually("two more", () => heard.length > before + 2);
    expect(heard.at(-1)).toMatch(new RegExp(`${BRIEF}$`));
    expect(await node.end()).toBe(0);
    scripted.close();
  });

  test("the gateway takes the event, and a manager hears it", async () => {
    const node = await join_("window");
    const args = ["--gateway", `127.0.0.1:${gateway.coapPort}`, "--ep", "window", "--flash", flash("window"), "--once"];
    await new NodeProcess(plain, args).end();
    await new NodeProcess(plain, [...args, ...WINDOW_OPEN]).end();
    const stream = await manager.request({ method: "GET", path: `/n/${node}/s` });
    expect([stream.code, Buffer.from(stream.payload).toString("hex")]).toEqual(["2.05", OPENED.slice(4)]);
    expect(await detail(node)).toMatchObject({ data: { "sidgate-building:room": { alarm: "window-open" } } });
  });

  // -- the page --------------------------------------------------------------------------------------------------------

  test("the conversations of the page are its own, byte by byte", async () => {
    const node = await join_("n17");
    await edit(node, SET_POINT_22_5);
    const args = ["--gateway", `127.0.0.1:${gateway.coapPort}`, "--ep", "n17", "--flash", flash("n17"), "--trace"];
    const first = new NodeProcess(plain, [...args, "--seed", "7", "--wakes", "2", "--speed", "1000000"]);
    await first.end();
    const wakes = [...conversation("A first report"), ...conversation("The next wake")];
    expect(masked(datagramsOf(first.lines), wakes)).toEqual(wakes);

    const image = Buffer.concat([Buffer.from("2.0.0".padEnd(16, "\0")), Buffer.alloc(64, 0x5a)]);
    await offer(node, image, "2.0.0-small");
    const second = new NodeProcess(plain, [...args, "--seed", "8", "--wakes", "1"]);
    await second.end();
    const update = conversation("An image");
    expect(masked(datagramsOf(second.lines), update)).toEqual(update);

    // In order asleep, then the window is opened.
    await new NodeProcess(plain, [...args, "--once"]).end();
    const third = new NodeProcess(plain, [...args, "--seed", "9", "--once", ...WINDOW_OPEN]);
    await third.end();
    const event = conversation("An event");
    expect(masked(datagramsOf(third.lines), event)).toEqual(event);
  });

  const SECRET = Buffer.from("0102030405060708090a0b0c0d0e0f10", "hex");
  const SALT = Buffer.from("9e7ca92223786340", "hex");

  test("the protected report of the page is its own, and node:crypto opens it", async () => {
    const mute = createSocket("udp4").bind(0, "127.0.0.1");
    await once(mute, "listening");
    const credential = { name: "page", algorithm: 10, senderId: "01", recipientId: "00" };
    const secrets = { masterSecret: SECRET.toString("hex"), masterSalt: SALT.toString("hex") };
    const program = await buildProgram(folder, "page", {
      credentials: CREDENTIAL_FORMATS.c({ ...credential, ...secrets }),
    });
    const gatewayArgs = ["--gateway", `127.0.0.1:${mute.address().port}`, "--flash", flash("page"), "--seed", "7"];
    const life = new NodeProcess(program, [...gatewayArgs, "--wakes", "1", "--ack-timeout", "1", "--trace"]);
    expect(await life.end()).toBe(1);
    mute.close();
    const [sent = ""] = datagramsOf(life.lines);
    const copies = new Set(datagramsOf(life.lines));
    expect([copies.size, datagramsOf(life.lines).length]).toEqual([1, 5]);
    expect(conversation("The same report under OSCORE")).toEqual([sent.replace("up", "oscore")]);

    // RFC 8613 section 5, once more in other words.
    const info = (type: string, length: number, id: string): Buffer =>
      Buffer.concat([Buffer.from(`85${id}f60a6${type.length}`, "hex"), Buffer.from(type), Buffer.of(length)]);
    const key = Buffer.from(hkdfSync("sha256", SECRET, SALT, info("Key", 16, "4101"), 16));
    const nonce = Buffer.from(hkdfSync("sha256", SECRET, SALT, info("IV", 13, "40"), 13));
    nonce[0] = (nonce[0] ?? 0) ^ 1;
    nonce[7] = (nonce[7] ?? 0) ^ 1;
    const aad = Buffer.from(`8368${Buffer.from("Encrypt0").toString("hex")}40498501810a4101410040`, "hex");
    const cipher = Buffer.from(sent.slice("up ".length), "hex").subarray(11);
    const decipher = createDecipheriv("aes-128-ccm", key, nonce, { authTagLength: 8 });
    decipher.setAuthTag(cipher.subarray(-8));
    decipher.setAAD(aad, { plaintextLength: cipher.length - 8 });
    const [report = ""] = conversation("A first report");
    const inner = report.slice(report.indexOf("b163118e")).replace("3665703d6e3137", "");
    expect(decipher.update(cipher.subarray(0, -8)).toString("hex")).toBe(`02${inner}`);
  });

  test("the sizes on air of the page are those of its datagrams", async () => {
    const node = await join_("n18");
    const other = await join_("room-2");
    const credentials = CREDENTIAL_FORMATS.c(await gateway.client.credentials("node", other));
    const secured = await buildProgram(folder, "room-2", { credentials });
    const image = Buffer.concat([Buffer.from("2.0.1".padEnd(16, "\0")), Buffer.alloc(112, 0x5a)]);
    const lives = [
      { node, program: plain, args: ["--ep", "n18"], version: "2.0.1" },
      { node: other, program: secured, args: [], version: "2.0.2" },
    ];
    const lengths: (readonly number[])[] = [];
    for (const { node, program, args, version } of lives) {
      const weather = [
        "--gateway",
        `127.0.0.1:${gateway.coapPort}`,
        "--flash",
        flash(version),
        "--speed",
        "1000000",
        "--trace",
      ];
      const first = new NodeProcess(program, [...weather, ...args, "--wakes", "2"]);
      await first.end();
      await edit(node, SET_POINT_22_5);
      await offer(node, Buffer.concat([image, Buffer.from(version)]), version);
      const second = new NodeProcess(program, [...weather, ...args, "--wakes", "1"]);
      await second.end();
      const bytes = (life: NodeProcess): readonly number[] =>
        datagramsOf(life.lines).map((line) => (line.length - line.indexOf(" ") - 1) / 2);
      // Behind the challenge, if there was one: report and answer, report and answer; report, offer, blocks.
      lengths.push([...bytes(first).slice(-4), ...bytes(second).slice(1, 6)]);
    }
    const names = [
      "report 0, with everything",
      "its answer, with the time",
      "two readings",
      "the answer: nothing waits",
    ];
    const later = [
      "an edit and an offer",
      "a block is asked for",
      "block 0, of 64 bytes",
      "the next is asked for",
      "the next block",
    ];
    const rows = [...names, ...later].map((name, at) => {
      const [plain = 0, protectedBytes = 0] = lengths.map((each) => each[at]);
      return `| ${name} | ${plain} | ${protectedBytes} | ${framesOf(protectedBytes)} |`;
    });
    const [, table = ""] = PAGE.split("| message | plain | OSCORE | frames under OSCORE |\n|---|---|---|---|\n");
    expect(table.split("\n\n")[0]?.trim().split("\n")).toEqual(rows);
  });

  test("it asks a group ever more rarely, while its gateway stays silent", async () => {
    const mute = createSocket("udp4").bind(0, "127.0.0.1");
    await once(mute, "listening");
    const address = `127.0.0.1:${mute.address().port}`;
    const silent = async (...args: readonly string[]): Promise<readonly number[]> => {
      const wakes = ["--wakes", "9", "--ack-timeout", "1", "--speed", "1000000", "--ep", "n", "--trace"];
      const node = new NodeProcess(plain, [...args, "--group", address, ...wakes]);
      expect(await node.end()).toBe(1);
      const lives = node.lines.join("\n").split(/^wake .*$/m);
      return lives.flatMap((life, wake) => (/^up 5201/m.test(life) ? [wake + 1] : []));
    };
    // After 3 misses, then after twice as many and one.
    expect(await silent("--gateway", address, "--flash", flash("n20"))).toEqual([4, 8]);
    expect(await silent("--flash", flash("n21"))).toEqual([1, 2, 4, 8]);
    mute.close();
  });

  test("it finds its gateway by asking a group, and keeps the address that answered", async () => {
    await join_("n19");
    const own = ["--ep", "n19", "--flash", flash("n19"), "--wakes", "1", "--ack-timeout", "100"];
    const found = new NodeProcess(plain, ["--group", `127.0.0.1:${gateway.coapPort}`, ...own, "--trace"]);
    expect(await found.end()).toBe(0);
    // NON GET /.well-known/core?rt=core.c.ds, and then a report.
    const [asked = "", answer = "", report = ""] = datagramsOf(found.lines);
    expect(asked).toMatch(/^up 5201/);
    expect(Buffer.from(asked.slice(3), "hex").toString("latin1")).toContain("rt=core.c.ds");
    expect([answer, report]).toEqual([expect.stringMatching(/^down 5245/), expect.stringMatching(/^up 4202/)]);
    const again = new NodeProcess(plain, ["--group", "127.0.0.1:9", ...own]);
    expect(await again.end()).toBe(0);
    expect(again.lines[0]).toMatch(/^wake report=1 .* missed=0/);
    // A wake whose memory is lost in the sleep after it: two records, and nothing else of the flash.
    for (const report of [2, 3]) {
      const once = new NodeProcess(plain, ["--group", "127.0.0.1:9", ...own.slice(0, -4), "--once"]);
      expect(await once.end()).toBe(0);
      expect(once.lines[0]).toMatch(report === 2 ? /^wake report=1 / : /^wake report=2 /);
      if (report === 3) expect(once.lines[1]).toMatch(/^end sent=1 programs=2 /);
    }
  });
});
