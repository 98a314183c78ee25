/** `sidgate release`: every verb on its way from a key to a severed envelope, and what each refuses. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { toHex } from "../../gateway/base/index.ts";
import { createSign1, decodeMessage, generateKey, kidOf, readJwk, thumbprint } from "../../gateway/wire/cose/index.ts";
import {
  checkBelonging,
  decryptPayload,
  encodeReport,
  PARAMETER,
  parametersIn,
  readEnvelope,
  readManifest,
} from "../../gateway/wire/suit/index.ts";
import { mcubootImage } from "../support/mcuboot.ts";
import { codeOf, inOwnFolder, release } from "../support/release-cli.ts";

inOwnFolder();

/** RFC 8032 §7.1, test 1: a key whose signatures are the same every time. */
const FIXED_KEY = JSON.stringify({
  kty: "OKP",
  crv: "Ed25519",
  d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
  x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
});
const PLAN = `name: Acme valve 1.4.2
vendor: acme.example
model: valve-2
version: 1.4.2
sequence: 7
severable: [install, text]
components: [{id: app, file: app.bin, uri: "coap://updates.acme.example/valve-2"}]
`;
const MCUBOOT = PLAN.replace("app.bin", "app.bin, format: mcuboot");

const write = (name: string, content: string | Uint8Array): void => writeFileSync(name, content);
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(name));
const done = async (line: string): Promise<string> => {
  const { code, said } = await release(line);
  expect({ line, code, said }).toMatchObject({ code: 0 });
  return said;
};

beforeEach(() => {
  write("plan.yaml", PLAN);
  write("app.bin", "firmware of the valve");
  write("fixed.jwk", FIXED_KEY);
});

/** Made once, looked at with `inspect`, and held since. */
const GOLDEN = `
  d86ba4025873825824822f582021c805ed252931a7ddc91fe803378e82606f245d48a5ed1e9de881037df6dfb0584ad28443a10132a0f658
  405c786057ab06310a275a5414b2e217cf9a28c2f14155a84fb2ea340a7c6ec2e2d8390b66107e50df2faa074aa7b5294225b02d3aa69259
  ceb7b2f314c60ab60d0358c1a80101020703585fa2028181436170700458548614a401500637e301e05d505b8267486f5677de9b0250ec9f
  4d4f6050554593b1c11d06f48f74035824822f5820f8be5f4267f6d1ae6067c117a809c451192e07ca16fef477245d5ab35a1c13e40e1501
  0f020f064483010402074382030f094382170214822f5820c93b2df6b7c564fad67cc30b09dfef292965fe944f3a95cb87973e4c1a59536b
  17822f5820c55b5fcbcaad03c3b8e929572a006179b892f70d9a9a3b1d6798d70bad7af91314582d8614a1157823636f61703a2f2f757064
  617465732e61636d652e6578616d706c652f76616c76652d321502030f17583ba162656ea2017041636d652076616c766520312e342e3281
  43617070a3026776616c76652d32036c61636d652e6578616d706c650665312e342e32`.replace(/\s/g, "");

test("suit-manifest-37 §8: a fixed plan and a fixed key give a fixed envelope", async () => {
  await done("create plan.yaml --out app.suit");
  await done("sign app.suit --key fixed.jwk --out signed.suit");
  expect(toHex(bytesOf("signed.suit"))).toBe(GOLDEN);
});

describe("keygen", () => {
  test.each(["esp256", "ed25519", "ml-dsa-44"])("%s: the private half is its owner's alone", async (algorithm) => {
    const said = await done(`keygen --algorithm ${algorithm} --out keys/author`);
    expect(statSync("keys/author.pem").mode & 0o777).toBe(0o600);
    expect(readFileSync("keys/author.pub", "utf8")).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    expect(said).toMatch(/thumbprint [0-9a-f]{64}\.\n$/);
    await done("create plan.yaml --out app.suit");
    await done("sign app.suit --key keys/author.pem --out signed.suit");
    expect(await done("verify signed.suit --key keys/author.pub")).toMatch(/Verified\.\n$/);
    expect(readdirSync("keys").sort()).toEqual(["author.pem", "author.pub"]);
  });

  test.each(["author.pem", "author.pub"])("does not replace %s", async (name) => {
    write(name, "mine");
    const { code, said } = await release("keygen --out author");
    expect([code, codeOf(said), readFileSync(name, "utf8")]).toEqual([74, "cli.file-exists", "mine"]);
    await done("keygen --out author --force");
  });
});

describe("create", () => {
  test("tells images, sizes, digest and what an author had better look at", async () => {
    write("plan.yaml", `${PLAN}invoke: false\n`);
    const { said, code } = await release("create plan.yaml --out app.suit");
    const { digest } = readEnvelope(bytesOf("app.suit")).authentication;
    expect(code).toBe(0);
    expect(said).toContain("Image app.bin: 21 bytes.\n");
    expect(said).toContain(`SHA-256 ${toHex(digest.bytes)}`);
    expect(said).toContain("sequence number 7");
    expect(said).toMatch(/^warning: .*invoke.*\[lint.no-sequence\]$/m);
  });

  test("an image of MCUboot is what its plan says, or the author hears of it", async () => {
    write("app.bin", mcubootImage());
    write("plan.yaml", MCUBOOT);
    const said = await done("create plan.yaml --out app.suit");
    expect(said).toMatch(/^Image app.bin: MCUboot 1.4.2\+7, 154 bytes\.\nWrote/);
    write("plan.yaml", MCUBOOT.replace("version: 1.4.2", "version: 1.4.3-rc.1"));
    expect(await done("create plan.yaml --out app.suit --force")).toMatch(/^warning: .* \[release.version\]$/m);
  });

  test("as JSON", async () => {
    const { out } = await release("create plan.yaml --out app.suit --json");
    const { digest } = readEnvelope(bytesOf("app.suit")).authentication;
    const { length } = bytesOf("app.suit");
    expect(JSON.parse(out)).toMatchObject({
      out: "app.suit",
      digest: toHex(digest.bytes),
      sequenceNumber: "7",
      sizes: { asItIs: length },
      findings: [],
    });
  });

  test("§8.4.2: without a sequence number takes the time", async () => {
    write("plan.yaml", PLAN.replace("sequence: 7\n", ""));
    const before = Math.floor(Date.now() / 1000);
    const { out } = await release("create plan.yaml --out app.suit --json");
    const { sequenceNumber } = JSON.parse(out) as { sequenceNumber: string };
    expect(Number(sequenceNumber)).toBeGreaterThanOrEqual(before);
    expect(Number(sequenceNumber)).toBeLessThanOrEqual(Math.floor(Date.now() / 1000));
  });

  test("into a pipe: the envelope alone is on standard output", async () => {
    const { bytes, out, said } = await release("create plan.yaml --out -");
    expect(() => readEnvelope(bytes)).not.toThrow();
    expect([out, said]).toEqual(["", expect.stringContaining("Manifest digest")]);
  });

  test("finds images beside the plan, wherever it is called", async () => {
    await done("keygen --out folder/key");
    write("folder/plan.yaml", PLAN.replace("app.bin", "../app.bin"));
    await done("create folder/plan.yaml --out app.suit");
  });
});

test("SU-E6: sign: two keys, two blocks, and each is asked for", async () => {
  await done("keygen --out one");
  await done("keygen --algorithm ed25519 --out two");
  await done("keygen --out other");
  await done("create plan.yaml --out app.suit");
  await done("sign app.suit --key one.pem --key two.pem --out signed.suit");
  expect(readEnvelope(bytesOf("signed.suit")).authentication.blocks).toHaveLength(2);
  expect(await done("verify signed.suit --key one.pub --key two.pub")).toContain("each of the 2 keys given vouches");
  const { code, said } = await release("verify signed.suit --key one.pub --key other.pub");
  expect([code, said]).toEqual([1, expect.stringMatching(/^NO {2}keys .*\[release.unsigned\]\nNOT verified\.\n$/m)]);
});

test("SU-C7: RFC 9864: ESP256 and Ed25519, and on request what they replace", async () => {
  await done("keygen --out one");
  await done("keygen --algorithm ed25519 --out two");
  await done("create plan.yaml --out app.suit");
  await done("sign app.suit --key one.pem --key two.pem --out new.suit");
  await done("sign app.suit --key one.pem --key two.pem --legacy --out old.suit");
  expect(await done("verify new.suit --key one.pub --key two.pub")).toMatch(/ESP256 by one[\s\S]*Ed25519 by two/);
  expect(await done("verify old.suit --key one.pub --key two.pub")).toMatch(/ES256 by one[\s\S]*EdDSA by two/);
});

test("sign: in place, where it is asked for", async () => {
  await done("create plan.yaml --out app.suit");
  await done("sign app.suit --key fixed.jwk --out app.suit --force");
  expect(await done("verify app.suit --key fixed.jwk")).toContain("Verified.");
});

test("SU-I1: suit-mti: a shared secret makes a MAC", async () => {
  write("mac.jwk", JSON.stringify({ kty: "oct", k: Buffer.alloc(32, 1).toString("base64url") }));
  await done("create plan.yaml --out app.suit");
  await done("sign app.suit --key mac.jwk --out signed.suit");
  expect(await done("verify signed.suit --key mac.jwk")).toContain("HMAC 256/256 by mac.jwk");
});

test("SU-E13: §5.4: what is severed leaves manifest, digest and signatures as they are", async () => {
  await done("create plan.yaml --out app.suit");
  await done("sign app.suit --key fixed.jwk --out signed.suit");
  expect(await done("sever signed.suit --out small.suit")).toContain("Severed install, text.");
  await done("sever signed.suit --keep install --out node.suit");
  const [whole, small, node] = ["signed", "small", "node"].map((name) => readEnvelope(bytesOf(`${name}.suit`)));
  expect([whole, small, node].map((one) => [...one!.severable.keys()])).toEqual([[20, 23], [], [20]]);
  expect(small!.authentication).toEqual(whole!.authentication);
  expect(toHex(small!.manifest.item)).toBe(toHex(whole!.manifest.item));
  expect(await done("verify small.suit --key fixed.jwk")).toContain("severed: install, text");
  expect(await done("sever small.suit --out again.suit")).toContain("Nothing was there to sever.");
  expect(toHex(bytesOf("again.suit"))).toBe(toHex(bytesOf("small.suit")));
});

describe("inspect", () => {
  test("shows every element with its place, and every command", async () => {
    await done("create plan.yaml --out app.suit");
    await done("sign app.suit --key fixed.jwk --out signed.suit");
    const said = await done("inspect signed.suit");
    const { manifest, severable } = readEnvelope(bytesOf("signed.suit"));
    expect(said).toMatch(new RegExp(`^manifest +3 +envelope +${manifest.offset} +${manifest.content.length} `, "m"));
    expect(said).toMatch(new RegExp(`^text +23 +envelope +${severable.get(23)?.offset} `, "m"));
    expect(said).toMatch(/directive-fetch/);
    expect(said).toMatch(/modelName: valve-2/);
  });

  test("as JSON, also severed", async () => {
    await done("create plan.yaml --out app.suit");
    await done("sever app.suit --out small.suit");
    const { out } = await release("inspect small.suit --json");
    const { elements, sizes } = JSON.parse(out) as { elements: Array<{ name: string; place: string }>; sizes: object };
    expect(elements.map(({ name, place }) => `${name}: ${place}`)).toEqual([
      "manifest: envelope",
      "shared sequence: manifest",
      "validate: manifest",
      "invoke: manifest",
      "install: severed",
      "text: severed",
    ]);
    const { length } = bytesOf("small.suit");
    expect(sizes).toEqual({ asItIs: length, withoutText: length, severed: length, bare: length });
  });

  test("tells payloads and their weight, and what does not belong", async () => {
    write("plan.yaml", PLAN.replace('uri: "', 'integrated: true, uri: "'));
    await done("create plan.yaml --out app.suit");
    expect(await done("inspect app.suit")).toMatch(/payload coap:\/\/updates.acme.example\/valve-2 .*21\b/);
    const bytes = Buffer.from(bytesOf("app.suit"));
    bytes[bytes.indexOf("valve-2", bytes.length - 40)] = 0x57;
    write("other.suit", bytes);
    expect(await done("inspect other.suit")).toContain("[suit.integrated]");
  });
});

describe("dry-run", () => {
  beforeEach(async () => {
    write("plan.yaml", `${PLAN}minimum-battery: 500\n`);
    await done("create plan.yaml --out app.suit");
    write("old.bin", "the firmware before");
  });
  const node = (rest: string, model = "valve-2"): void =>
    write("node.yaml", `vendor: acme.example\nmodel: ${model}\n${rest}`);
  const components = "components: [{id: app, version: 1.4.1, file: old.bin, capacity: 4096}]\n";

  test("applies, and says what it will fetch", async () => {
    node(`battery: 900\n${components}`);
    expect(await done("dry-run app.suit --node node.yaml")).toMatch(
      /^applies: fetches coap:\/\/updates.acme.example\/valve-2 \(21 bytes\); app ends as SHA-256 f8be5f42/,
    );
  });

  test.each<readonly [name: string, rest: string, model: string, sentence: RegExp]>([
    ["another model", `battery: 900\n${components}`, "valve-3", /^will fail at the shared sequence, step 3: /],
    ["a weak battery", `battery: 100\n${components}`, "valve-2", /^will fail at install, step 2: .*500/],
  ])("fails on %s", async (_name, rest, model, sentence) => {
    node(rest, model);
    const { code, said } = await release("dry-run app.suit --node node.yaml");
    expect([code, said]).toEqual([1, expect.stringMatching(sentence)]);
  });

  test("depends on what nobody said", async () => {
    expect(await done("dry-run app.suit")).toMatch(/^depends on what only the node knows: /);
    const { out } = await release("dry-run app.suit --json");
    expect(JSON.parse(out)).toMatchObject({ verdict: "depends", bytes: { least: "21", most: "21" } });
  });

  test("a file about the node that cannot be used", async () => {
    node("components: [{id: app, empty: true, file: old.bin}]\nbattery: full\n");
    const { code, said } = await release("dry-run app.suit --node node.yaml");
    expect([code, codeOf(said)]).toEqual([1, "release.plan"]);
    expect(said).toMatch(/^node.yaml:3:31 components\[0\].empty: .*\nnode.yaml:4:10 battery: /);
  });
});

describe("replay", () => {
  /** The image-match of install failed: the node got other bytes. */
  const report = (offset: number, digest = readEnvelope(bytesOf("app.suit")).authentication.digest): Uint8Array => {
    const found = { form: "digest", digest: { algorithm: -16, bytes: new Uint8Array(32).fill(0xab) } } as const;
    const parameters = new Map([[3, found]]);
    const record = { kind: "record", manifestId: [], section: 20, offset, componentIndex: 0, parameters } as const;
    const reference = { uri: undefined, digest };
    const result = { code: 10n, record, reason: 10 };
    return encodeReport({ reference, nonce: undefined, records: [], result, capabilities: undefined });
  };
  const FAILED = /^install, step 3, condition-image-match failed: expected f8be5f42[0-9a-f]{56}, node has (ab){32}\n$/;
  beforeEach(() => done("create plan.yaml --out app.suit"));

  test("names the command that failed, and what was found", async () => {
    write("report.cbor", report(41 + 2));
    expect(await done("replay app.suit report.cbor")).toMatch(FAILED);
    expect(await done(`replay app.suit ${toHex(report(41 + 2))}`)).toMatch(FAILED);
  });

  test("SU-R8: takes the COSE message off", async () => {
    write("report.cbor", createSign1(report(41 + 2), generateKey(-9)));
    expect(await done("replay app.suit report.cbor")).toMatch(FAILED);
  });

  test("says what cannot be true", async () => {
    write("report.cbor", report(1000, { algorithm: -16, bytes: new Uint8Array(32) }));
    const { code, said } = await release("replay app.suit report.cbor");
    expect([code, said.match(/^doubt: /gm)]).toEqual([1, ["doubt: ", "doubt: "]]);
  });

  test("refuses what is no report", async () => {
    const { code, said } = await release("replay app.suit a0");
    expect([code, codeOf(said)]).toEqual([1, "suit.report"]);
  });
});

/** Text of the PEM of a key that cannot sign. */
const PUBLIC =
  "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";

describe("refused, with nothing written", () => {
  beforeEach(async () => {
    await done("create plan.yaml --out app.suit");
    await done("sign app.suit --key fixed.jwk --out signed.suit");
    const changed = Buffer.from(bytesOf("app.suit"));
    const at = changed.indexOf("valve-2");
    changed[at] = 0x57;
    write("changed.suit", changed);
    write("half.suit", bytesOf("app.suit").subarray(0, 100));
    write("public.pem", PUBLIC);
    write("broken.jwk", "{");
    write("other.jwk", '{"kty":"RSA"}');
    write("empty.bin", "");
    write("bad.yaml", "vendor: Acme\n");
    write("empty.yaml", PLAN.replace("app.bin", "empty.bin"));
    write("gone.yaml", PLAN.replace("app.bin", "gone.bin"));
    write("mcuboot.yaml", MCUBOOT);
    write("latin.yaml", Buffer.from("name: caf\xe9\n", "latin1"));
    const update = `{update: "${"a".repeat(16_000)}"}`;
    write(
      "long.yaml",
      `${PLAN}text: {en: ${update}, de: ${update}, fr: ${update}, it: ${update}, es: ${update}}
`,
    );
  });

  test.each<readonly [name: string, line: string, exit: number, code: string]>([
    ["a plan that is not there", "create gone --out new.suit", 74, "cli.file"],
    ["a plan with findings", "create bad.yaml --out new.suit", 1, "release.plan"],
    ["a plan that is no UTF-8", "create latin.yaml --out new.suit", 1, "cli.not-text"],
    ["an image that is not there", "create gone.yaml --out new.suit", 74, "cli.file"],
    ["an empty image", "create empty.yaml --out new.suit", 1, "image.empty"],
    ["a plain image as MCUboot", "create mcuboot.yaml --out new.suit", 1, "image.mcuboot"],
    ["texts that no envelope takes", "create long.yaml --out new.suit", 1, "suit.limit"],
    ["a plan without --out", "create plan.yaml", 64, "cli.usage"],
    ["a file that is there", "create plan.yaml --out app.suit", 74, "cli.file-exists"],
    ["a folder that is not there", "create plan.yaml --out no/new.suit", 74, "cli.file-write"],
    ["an envelope that is none", "sign plan.yaml --key fixed.jwk --out new.suit", 1, "suit.tag"],
    ["half an envelope", "sign half.suit --key fixed.jwk --out new.suit", 1, "cbor.truncated"],
    ["an envelope that was changed", "sign changed.suit --key fixed.jwk --out new.suit", 1, "suit.severed-digest"],
    ["a second signature of one key", "sign signed.suit --key fixed.jwk --out new.suit", 1, "release.signed"],
    ["one key given twice", "sign app.suit --key fixed.jwk --key fixed.jwk --out new.suit", 1, "release.signed"],
    ["a key that cannot sign", "sign app.suit --key public.pem --out new.suit", 1, "cose.key-file"],
    ["a key that is not there", "sign app.suit --key none.pem --out new.suit", 74, "cli.file"],
    ["a key that is no JSON", "sign app.suit --key broken.jwk --out new.suit", 1, "cose.key-file"],
    ["a key of another kind", "sign app.suit --key other.jwk --out new.suit", 1, "cose.key-file"],
    ["a key that is none", "sign app.suit --key app.bin --out new.suit", 1, "cose.key-file"],
    ["nobody's signature", "sign app.suit --out new.suit", 64, "cli.usage"],
    ["severing what was changed", "sever changed.suit --out new.suit", 1, "suit.severed-digest"],
    ["keeping what there is not", "sever app.suit --keep invoke --out new.suit", 64, "cli.usage"],
    ["HSS-LMS keys", "keygen --algorithm hss-lms --out new.suit", 64, "cli.usage"],
    ["looking at what is no envelope", "inspect app.bin", 1, "suit.tag"],
  ])("%s", async (_name, line, exit, code) => {
    const app = toHex(bytesOf("app.suit"));
    const { code: exited, said } = await release(line);
    expect({ said, exited, code: codeOf(said) }).toMatchObject({ exited: exit, code });
    expect([existsSync("new.suit"), toHex(bytesOf("app.suit"))]).toEqual([false, app]);
    expect(readdirSync(".").filter((name) => name.endsWith(".new"))).toEqual([]);
  });

  test.each<readonly [name: string, file: string, step: string, code: string]>([
    ["no block", "app.suit", "keys", "suit.no-authentication"],
    ["a changed element", "changed.suit", "keys", "suit.no-authentication"],
    ["half an envelope", "half.suit", "form", "cbor.truncated"],
    ["no envelope at all", "app.bin", "form", "suit.tag"],
  ])("verify: %s", async (_name, file, step, code) => {
    const { code: exited, out } = await release(`verify ${file} --key fixed.jwk --json`);
    const { verified, steps } = JSON.parse(out) as { verified: boolean; steps: ReadonlyArray<object> };
    expect([exited, verified, steps.at(-1)]).toEqual([
      1,
      false,
      expect.objectContaining({ name: step, result: "failed", code }),
    ]);
  });

  test("verify: an element that was changed after signing", async () => {
    const bytes = Buffer.from(bytesOf("signed.suit"));
    bytes[bytes.lastIndexOf("valve-2")] = 0x57;
    write("signed.suit", bytes);
    const { code, said } = await release("verify signed.suit --key fixed.jwk");
    expect([code, said]).toEqual([1, expect.stringMatching(/^NO {2}elements .*\[suit.severed-digest\]$/m)]);
  });
});

test("every finding in a plan is told, each on its line", async () => {
  write("bad.yaml", "vendor: Acme\nmodel: m\ncomponents: [{file: f, url: x}]\n");
  const { said } = await release("create bad.yaml --out new.suit");
  expect(said.split("\n").map((line) => line.split(":").slice(0, 3).join(":"))).toEqual([
    "bad.yaml:1:9 vendor",
    "bad.yaml:3:24 components[0].url",
    expect.stringContaining("sidgate"),
    "",
  ]);
});

describe("create, encrypted", () => {
  const NODE = { kty: "OKP", crv: "X25519", x: "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo" };
  const SECRET = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo";
  const sealed = (more = ""): string =>
    PLAN.replace("app.bin,", `app.bin, staged-in: flash, encrypt-for: [node.jwk]${more},`).replace(
      "severable: [install, text]\n",
      "",
    );

  test("the ciphertext stands beside the envelope, and nobody else's file is replaced by it", async () => {
    write("plan.yaml", sealed());
    write("node.jwk", JSON.stringify(NODE));
    expect(await done("create plan.yaml --out app.suit")).toContain("app.bin.enc: 37 bytes, app.bin encrypted.");
    const info = readManifest(readEnvelope(bytesOf("app.suit")).manifest.content);
    expect(info.common.components).toHaveLength(2);
    expect(decryptPayload(infoIn("app.suit"), bytesOf("app.bin.enc"), [readJwk({ ...NODE, d: SECRET })])).toEqual(
      bytesOf("app.bin"),
    );
    const again = await release("create plan.yaml --out other.suit");
    expect([again.code, codeOf(again.said), existsSync("other.suit")]).toEqual([74, "cli.file-exists", false]);
    expect((await release("create plan.yaml --out other.suit --force")).code).toBe(0);
  });

  test("an integrated ciphertext has no file", async () => {
    write("plan.yaml", sealed(", integrated: true"));
    write("node.jwk", JSON.stringify(NODE));
    await done("create plan.yaml --out app.suit");
    expect(existsSync("app.bin.enc")).toBe(false);
    expect([...readEnvelope(bytesOf("app.suit")).integrated.values()].map(({ length }) => length)).toEqual([37]);
  });

  test("a node's private half does not belong here, and a key must be able to do it", async () => {
    write("plan.yaml", sealed());
    write("node.jwk", JSON.stringify({ ...NODE, d: SECRET }));
    expect(codeOf((await release("create plan.yaml --out app.suit")).said)).toBe("cose.key-file");
    await done("keygen --algorithm ed25519 --out signer");
    write("plan.yaml", sealed().replace("node.jwk", "signer.pub"));
    expect((await release("create plan.yaml --out app.suit")).code).toBe(1);
    expect(existsSync("app.bin.enc")).toBe(false);
  });
});

/** Parameter 19 of the one component that has it. */
function infoIn(name: string): Uint8Array {
  const envelope = readEnvelope(bytesOf(name));
  const { sequences } = checkBelonging(envelope, readManifest(envelope.manifest.content));
  for (const parameters of parametersIn(sequences.values())) {
    const info = parameters.get(PARAMETER.encryptionInfo);
    if (info?.form === "bytes") return info.bytes;
  }
  throw new Error("nothing is encrypted");
}

test("SU-T6: suit-trust-domains: a dependency says where it is kept, or the plan does", async () => {
  await done("create plan.yaml --out app.suit");
  const above = "vendor: acme.example\nmodel: valve-2\ndependencies: [{file: app.suit}]\n";
  write("above.yaml", above);
  expect(codeOf((await release("create above.yaml --out above.suit")).said)).toBe("release.dependency");
  write("above.yaml", above.replace("app.suit}", "app.suit, id: app.suit}"));
  await done("create above.yaml --out above.suit");
  expect(await done("inspect above.suit")).toContain("below, as #app.suit");
  expect(JSON.parse(await done("inspect above.suit --json"))).toMatchObject({
    below: [{ uri: "#app.suit", below: [] }],
  });
});

test("SU-C2: RFC 9052 §3.1: --kid says whose signature it is", async () => {
  await done("create plan.yaml --out app.suit");
  await done("sign app.suit --key fixed.jwk --out one.suit --kid");
  await done("sign app.suit --key fixed.jwk --out two.suit --kid build-1");
  const key = readJwk(JSON.parse(FIXED_KEY));
  for (const [name, kid] of [
    ["one.suit", thumbprint(key)],
    ["two.suit", Buffer.from("build-1")],
  ] as const) {
    const [block] = readEnvelope(bytesOf(name)).authentication.blocks;
    expect(toHex(kidOf(decodeMessage(block!).headers)!)).toBe(toHex(kid));
  }
});
