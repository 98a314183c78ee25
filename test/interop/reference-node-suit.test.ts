/**
 * The reference node in C verifies releases (suit.c): envelopes of our author, tailored as the gateway tailors them, read by code
 * that shares nothing with either. docs/node-authors.md is held to the bytes.
 */
import { spawn } from "node:child_process";
import { createHash, hkdfSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { classId, createRelease, readPlan, vendorId } from "../../gateway/service/trust/author/index.ts";
import { programOf, replay } from "../../gateway/service/trust/processor/index.ts";
import { nodeMac, recipientOf, tailor } from "../../gateway/service/trust/tailor/index.ts";
import {
  addBlock,
  COMMAND,
  createEnvelope,
  type Envelope,
  encodeEnvelope,
  type NewCommand,
  type NewManifest,
  PARAMETER,
  type Report,
  readCapabilities,
  readEnvelope,
  readReport,
  SEVERABLE,
  sever,
  wrap,
} from "../../gateway/wire/suit/index.ts";
import { drill, inDrill } from "../support/drill.ts";
import {
  buildObjects,
  buildProgram,
  checkInTable,
  hasProgram,
  makeHeaders,
  memoryOf,
  SANITIZED,
  sizesIn,
  stackDepths,
  TARGETS,
  WITH_SUIT,
  withSuit,
} from "../support/reference-node.ts";
import {
  digestOfImage,
  newSigner,
  override,
  plain,
  plannedManifest,
  signed,
  uint,
  words,
} from "../support/signed-release.ts";

const missing = ["gcc"].filter((name) => !hasProgram(name));
const having = missing.length === 0 ? describe : describe.skip;
const note = missing.length === 0 ? "" : ` (skipped: needs ${missing.join(", ")})`;

const PAGE = readFileSync(new URL("../../docs/node-authors.md", import.meta.url), "utf8");
/** A listing of the page by its title: the hex digits at the beginning of each line, up to two spaces. */
function listing(title: string): string {
  const [, text = ""] = new RegExp(`\`\`\`text\\n${title}\\n([\\s\\S]*?)\`\`\``).exec(PAGE) ?? [];
  const digits = (line: string): string => /^[0-9a-f]+( [0-9a-f]+)*(?= {2}|$)/.exec(line.trim())?.[0] ?? "";
  return text.split("\n").map(digits).join("").replaceAll(" ", "");
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Those of the page: its credentials, and its image of 80 bytes. */
const SECRET = bytesOf("0102030405060708090a0b0c0d0e0f10");
const IMAGE = new Uint8Array(Buffer.concat([Buffer.from("2.0.0".padEnd(16, "\0")), Buffer.alloc(64, 0x5a)]));
const VENDOR = vendorId("acme.example");
const CLASS = classId(VENDOR, "reference");
const AUTHOR = newSigner();
const MAC_KEY = new Uint8Array(hkdfSync("sha256", SECRET, new Uint8Array(0), "Sidgate SUIT MAC", 32));

interface Setting {
  readonly secret?: string;
  /** Sequence number as it is encoded, and digest. */
  readonly installed?: string;
  readonly digest?: string;
  readonly size?: number;
  readonly slot?: number;
  readonly battery?: number;
}

const lineOf = (what: string, envelope: Uint8Array, setting: Setting = {}): string => {
  const hex32 = (value: number): string => value.toString(16).padStart(8, "0");
  const { secret, installed, digest, size, slot, battery } = setting;
  const places = [secret ?? hexOf(SECRET), hexOf(VENDOR), hexOf(CLASS), installed ?? "-", digest ?? sha256(IMAGE)];
  const numbers = [size ?? IMAGE.length, slot ?? 1, battery ?? 900].map(hex32);
  return [what, ...places, ...numbers, hexOf(envelope)].join(" ");
};

/** In the container suit that follows a verdict: key 12, a byte string of less than 256 bytes. */
function reportIn(line: string): Report | undefined {
  const [, length, hex = ""] = / a[12]0c58(..)(.*)$/.exec(line) ?? [];
  return length === undefined ? undefined : readReport(bytesOf(hex.slice(0, 2 * Number.parseInt(length, 16))));
}

/** suit-report, SUIT_Report_Reasons. */
const REASON = {
  ok: 0,
  cbor: 1,
  algorithm: 3,
  unauthorised: 4,
  command: 5,
  component: 6,
  parameter: 8,
  severing: 9,
  condition: 10,
  operation: 11,
};

having(`the reference node verifies releases${note}`, () => {
  let folder: string;
  let program: string;
  let capabilities: Uint8Array;

  const ask = (...lines: readonly string[]): Promise<readonly string[]> => answersOf(program, ...lines);
  async function answersOf(of: string, ...lines: readonly string[]): Promise<readonly string[]> {
    const child = spawn(of, { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin.end(`${lines.join("\n")}\n`);
    let output = "";
    for await (const part of child.stdout) output += part;
    return output.trim().split("\n");
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "sidgate-suit-c-"));
    await makeHeaders(folder);
    program = await buildProgram(folder, "manifests", { flags: [...SANITIZED, ...WITH_SUIT, "-O1"] }).catch(() =>
      buildProgram(folder, "manifests", { flags: [...WITH_SUIT, "-O1"] }),
    );
    const [introduced = ""] = await ask(lineOf("introduce", new Uint8Array(0)));
    const [, hex = ""] = /^a401582f((?:..){47})02/.exec(introduced.trim()) ?? [];
    capabilities = bytesOf(hex);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** As it goes to this node. */
  const tailored = (envelope: Envelope, macKey = MAC_KEY): Uint8Array =>
    tailor(encodeEnvelope(signed(envelope, AUTHOR)), recipientOf({ capabilities, gatewayMac: true }).recipient, {
      macKey: () => macKey,
    }).bytes;

  /** docs/releases.md */
  const PLAN = `
vendor: acme.example
model: reference
version: 2.0.0
sequence: 42
components:
  - {file: fw.bin, uri: "coap://acme.example/2.0.0"}
text:
  en: {update: Closes slower when it is cold.}`;
  const authored = (more = ""): Envelope =>
    createRelease(readPlan(`${PLAN}\n${more}`, "plan.yaml"), new Map([["fw.bin", IMAGE]]), 42n).envelope;

  /** Its vendor, class, image and URI, and commands of one's own. */
  const manifest = (more: Parameters<typeof plannedManifest>[0] = {}): NewManifest =>
    plannedManifest({ vendor: VENDOR, class: CLASS, image: IMAGE, sequence: 42, ...more });
  const made = (more: Parameters<typeof plannedManifest>[0] = {}): Uint8Array =>
    tailored(createEnvelope(manifest(more)));

  test("suit-report, Capability Reporting: what it says that it can is what its code knows", () => {
    expect(readCapabilities(capabilities)).toMatchObject({
      components: [{ id: [Uint8Array.of(0)], wildcard: false }],
      commands: [1, 2, 3, 5, 15, 20, 21, 23, 26],
      parameters: [1, 2, 3, 5, 14, 21, 26],
      cryptoAlgorithms: [-16, 5],
      envelope: [2, 3, 20],
      text: [],
    });
  });

  // -- envelopes that no gateway of ours would send --------------------------------------------------------------------

  const withoutText = (envelope: Envelope): Envelope => sever(envelope, [SEVERABLE.text]);
  const withMac = (envelope: Envelope): Envelope =>
    addBlock(envelope, nodeMac(envelope.authentication.signed, MAC_KEY));
  const bare = (envelope: Envelope): Uint8Array => encodeEnvelope(withMac(envelope));
  const unread = (more: Partial<NewManifest>): Uint8Array => bare(createEnvelope({ ...manifest(), ...more }));
  const beside = (bytes: Uint8Array, install: Uint8Array): Uint8Array =>
    encodeEnvelope({ ...readEnvelope(bytes), severable: new Map([[SEVERABLE.install, wrap(install)]]) });
  const common = (...more: readonly NewCommand[]): Partial<NewManifest> => {
    const { components, dependencies, shared } = manifest().common;
    return { common: { components, dependencies, shared: { commands: [...shared.commands, ...more] } } };
  };
  const FETCH_AND_MATCH = [plain(COMMAND.fetch), plain(COMMAND.imageMatch)];
  const GET = override([PARAMETER.uri, words("coap://a/b")]);
  const custom = (code: number): NewCommand => ({ code, argument: { kind: "custom", bytes: bytesOf("f6") } });
  type Arms = ReadonlyArray<readonly NewCommand[] | undefined>;
  const tryEach = (...arms: Arms): NewCommand => ({
    code: COMMAND.tryEach,
    argument: { kind: "try-each", arms: arms.map((commands) => commands && { commands }) },
  });
  const slot = (number: number, ...commands: readonly NewCommand[]): readonly NewCommand[] => [
    override([PARAMETER.componentSlot, uint(number)]),
    plain(COMMAND.componentSlot),
    ...commands,
  ];
  const arms = (...those: Arms): Uint8Array => made({ install: [tryEach(...those), ...FETCH_AND_MATCH] });
  const OTHER = new Uint8Array(80);
  const OTHER_IMAGE = override([PARAMETER.imageDigest, digestOfImage(OTHER)]);
  const SOFT = override([PARAMETER.softFailure, { form: "bool", value: true }]);
  const LONG_DIGEST = override([
    PARAMETER.imageDigest,
    { form: "digest", digest: { algorithm: -43, bytes: new Uint8Array(48) } },
  ]);
  const at = (number: string): Setting => ({ installed: `${number.padEnd(18, "0")}${"aa".repeat(32)}` });
  const SEVERED = "severable: [install, text]";

  type Row = readonly [name: string, envelope: () => Uint8Array, reason: keyof typeof REASON, setting?: Setting];
  const ROWS: readonly Row[] = [
    ["what our author makes, with its text severed", () => tailored(authored()), "ok"],
    ["with its install beside the manifest", () => tailored(authored(SEVERED)), "ok"],
    ["with enough battery", () => tailored(authored("minimum-battery: 900")), "ok"],
    ["with too little battery", () => tailored(authored("minimum-battery: 901")), "condition"],
    ["with an expiry, which it cannot check", () => tailored(authored("use-before: 2030-01-01")), "parameter"],
    ["§8.2: without the tag", () => tailored(authored()).subarray(2), "cbor"],
    ["§8.2: with something behind it", () => Uint8Array.of(...tailored(authored()), 0), "cbor"],
    ["§8.2: with its text, which it does not read", () => bare(authored()), "cbor"],
    ["§6.2: without a block", () => encodeEnvelope(withoutText(authored())), "unauthorised"],
    ["§6.2: the author's alone", () => encodeEnvelope(signed(withoutText(authored()), AUTHOR)), "unauthorised"],
    ["Appendix C.1: the author's before ours", () => bare(signed(withoutText(authored()), AUTHOR)), "ok"],
    ["§6.2: another node's MAC", () => tailored(authored(), new Uint8Array(32)), "unauthorised"],
    ["§6.2: other credentials", () => tailored(authored()), "unauthorised", { secret: "00".repeat(16) }],
    [
      "§8.3: another manifest",
      () => encodeEnvelope({ ...readEnvelope(made()), manifest: readEnvelope(made({ sequence: 43 })).manifest }),
      "unauthorised",
    ],
    ["§8.4.2: a lower number than what is installed", () => made({ sequence: 41 }), "unauthorised", at("182a")],
    ["§8.4.2: the same number for something else", () => made(), "unauthorised", at("182a")],
    ["§8.4.2: a number of one byte below", () => made({ sequence: 23 }), "unauthorised", at("1818")],
    ["§8.4.2: a higher number", () => made(), "ok", at("1829")],
    ["§8.4.2: a number of 64 bits", () => made({ sequence: 2n ** 40n }), "ok", at("1affffffff")],
    ["§8.4.2: one below 64 bits", () => made({ sequence: 2n ** 32n - 1n }), "unauthorised", at("1b0000000100000000")],
    ["§8.4.2: number 0, with nothing installed", () => made({ sequence: 0 }), "ok"],
    ["§8.4.5.1: for another component", () => made({ component: [Uint8Array.of(1)] }), "component"],
    ["§8.4.9.1: for another vendor", () => made({ vendor: CLASS }), "condition"],
    ["§8.4.9.1: for another class", () => made({ class: VENDOR }), "condition"],
    ["§8.4.9.2: another image than the one offered", () => made({ image: OTHER }), "condition"],
    ["§8.4.8.7: another size than the one offered", () => made({ size: 81 }), "condition"],
    ["the image offered is another one", () => made(), "condition", { digest: "00".repeat(32) }],
    ["the size offered is another one", () => made(), "condition", { size: 79 }],
    ["§8.4.10.4: a fetch without a URI", () => made({ install: FETCH_AND_MATCH }), "operation"],
    ["§8.4.6: an installation that fetches nothing", () => made({ install: [GET] }), "operation"],
    ["§8.4.6: one that does not look at it", () => made({ install: [GET, plain(COMMAND.fetch)] }), "operation"],
    ["§6.3: a command that it does not know", () => made({ install: [plain(COMMAND.copy)] }), "command"],
    ["§8.4.11: a private command", () => made({ install: [custom(-300)] }), "command"],
    ["§8.4.5: a directive in the shared sequence", () => unread(common(plain(COMMAND.fetch))), "command"],
    ["§8.4.10.7: invoke outside of its sequence", () => made({ install: [plain(COMMAND.invoke)] }), "command"],
    ["§6.3: a parameter that it does not know", () => made({ shared: [SOFT] }), "parameter"],
    ["§8.4.8.6: a digest that is not SHA-256", () => made({ shared: [LONG_DIGEST] }), "algorithm"],
    ["§8.4.9.4: the arm of our slot", () => arms(slot(0, GET), slot(1, GET)), "ok"],
    ["§8.4.9.4: no arm for our slot", () => arms(slot(0, GET), slot(2, GET)), "condition"],
    ["§8.4.10.2: nil as the last arm", () => made({ shared: [tryEach(slot(0), slot(2), undefined)] }), "ok"],
    ["§8.4.10.2: our slot has another image", () => arms(slot(0, GET), slot(1, GET, OTHER_IMAGE)), "condition"],
    ["one alternative in another", () => arms([tryEach(slot(1, GET), slot(1))], slot(1)), "command"],
    [
      "§8.4.6: a load sequence, which it cannot run",
      () => unread({ sequences: new Map([...manifest().sequences, ["load", { here: { commands: [GET] } }]]) }),
      "command",
    ],
    [
      "§8.6: its install is severed and nowhere",
      () => encodeEnvelope(sever(readEnvelope(tailored(authored(SEVERED))), [SEVERABLE.install])),
      "severing",
    ],
    [
      "§8.6: another install than its own",
      () => beside(tailored(authored(SEVERED)), bytesOf("820305")),
      "unauthorised",
    ],
    ["§8.6: an install that it has already", () => beside(tailored(authored()), bytesOf("820305")), "unauthorised"],
  ];

  test("it takes what its author and its gateway made, and nothing else", async () => {
    const said = await ask(...ROWS.map(([, envelope, , setting]) => lineOf("verify", envelope(), setting)));
    const reasons = said.map((line) => Number(/^reason=(\d+)/.exec(line)?.[1]));
    const named = (number: number): string => Object.entries(REASON).find(([, each]) => each === number)?.[0] ?? "?";
    expect(ROWS.map(([name], row) => [name, named(reasons[row] ?? -1)])).toEqual(
      ROWS.map(([name, , reason]) => [name, reason]),
    );
  });

  test("suit-report: what it tells of a verdict is a report that the gateway can replay, and finds true", async () => {
    const told = ROWS.map(([, envelope, , setting]) => ({ envelope: envelope(), setting }));
    const said = await ask(...told.map(({ envelope, setting }) => lineOf("verify", envelope, setting)));
    const reports = said.map(reportIn);
    for (const [row, report] of reports.entries()) {
      if (report !== undefined) expect(report.result === true).toBe(ROWS[row]?.[2] === "ok");
    }
    // Without a digest there is nothing to report about.
    expect(reports.filter((report) => report === undefined).length).toBeLessThan(5);
    const failed = reports[ROWS.findIndex(([name]) => name === "with too little battery")];
    if (failed === undefined) throw new Error("no report");
    const program = programOf(readEnvelope(tailored(authored("minimum-battery: 901"))));
    expect(replay(failed, program)).toMatchObject({
      result: "failed",
      sentence: "install, step 2, condition-minimum-battery failed: condition-failed",
      doubts: [],
    });
  });

  // -- the page --------------------------------------------------------------------------------------------------------

  test("the listings of the page are its own, byte for byte, and it says how long they are", async () => {
    const envelope = tailored(authored());
    const before = encodeEnvelope(signed(authored(), AUTHOR));
    expect(listing("envelope")).toBe(hexOf(envelope));
    expect(PAGE).toContain(`\n${envelope.length} bytes here, ${Math.ceil(envelope.length / 64)} blocks of 64.`);
    expect(PAGE).toContain(`As its author made it, it has ${before.length}`);
    expect(PAGE).toContain(`\`${hexOf(MAC_KEY)}\``);

    const installed = `182a${"00".repeat(7)}${hexOf(authored().authentication.digest.bytes)}`;
    const poor = tailored(authored("minimum-battery: 901"));
    const said = await ask(
      lineOf("introduce", new Uint8Array(0)),
      lineOf("verify", envelope, { installed }),
      lineOf("verify", poor),
    );
    const [introduction = "", success = "", failure = ""] = said.map((line) => /[0-9a-f]*$/.exec(line)?.[0] ?? "");
    expect([listing("introduce"), listing("success")]).toEqual([introduction, success]);
    // With their key, of three bytes.
    const lengths = [introduction, success, failure].map((hex) => hex.length / 2 + 3);
    const [atStart, ofSuccess, ofFailure] = lengths;
    expect(PAGE).toContain(`of \`data\`, ${atStart} bytes with it`);
    expect(PAGE).toContain(`${ofSuccess} bytes of success, ${ofFailure} of failure`);
  });

  // One target says whether it grew; the drill asks all.
  for (const target of TARGETS.filter((each) => inDrill(each.title === "Cortex-M0", true))) {
    const there = hasProgram(target.compiler) && hasProgram(target.size);
    const title = `${target.title}: code, memory and stack are those of the page${there ? "" : " (skipped)"}`;
    (there ? test : test.skip)(title, async () => {
      const full = withSuit(target);
      const objects = join(folder, target.title);
      await buildObjects(folder, full, objects);
      const { objects: sizes, whole } = await sizesIn(objects, full);
      const depths = stackDepths(objects);
      const stack = Math.max(...["node_start", "node_wake", "node_rest"].map((name) => depths.get(name) ?? Number.NaN));
      const rows: ReadonlyArray<readonly [string, number]> = [
        ["`suit`", sizes.get("suit") ?? Number.NaN],
        ["WITH_SUIT: the whole node", whole],
        ["WITH_SUIT: memory", await memoryOf(folder, full)],
        ["WITH_SUIT: stack", stack],
      ];
      console.log(`${target.title}: ${rows.map(([row, bytes]) => `${row} ${bytes}`).join(", ")}`);
      for (const [row, bytes] of rows) checkInTable(PAGE, row, target, bytes);
    });
  }

  // -- bad input -------------------------------------------------------------------------------------------------------

  const shortened = (): readonly Uint8Array[] => [
    tailored(authored()),
    tailored(authored(SEVERED)),
    arms(slot(0, GET), slot(1, GET)),
  ];

  test("no tailored envelope is taken with a bit turned over, nor one that is cut", async () => {
    const envelopes = shortened();
    const lines = envelopes.flatMap((envelope) => [lineOf("flip", envelope), lineOf("cut", envelope)]);
    expect(await ask(...lines)).toEqual(
      envelopes.flatMap(({ length }) => [`tried=${length * 8} taken=0`, `tried=${length} taken=0`]),
    );
  }, 200_000);

  // Too long where each access is watched, and for every day.
  drill(
    "nor with any byte set to any other value",
    async () => {
      const all = shortened();
      const unwatched = await buildProgram(folder, "manifests", { flags: [...WITH_SUIT, "-O2"] });
      expect(await answersOf(unwatched, ...all.map((envelope) => lineOf("mutate", envelope)))).toEqual(
        all.map(({ length }) => `tried=${length * 255} taken=0`),
      );
    },
    200_000,
  );
});
