/** COSE with two independent implementations in both directions: python-cwt and pycose read what we write, and we them. */
import { expect, test } from "@jest/globals";
import { fromHex, toHex } from "../../gateway/base/index.ts";
import {
  authenticate,
  type CoseKey,
  createMac,
  createMac0,
  createSign,
  createSign1,
  decodeMessage,
  decrypt,
  decrypt0,
  encodeKey,
  encrypt,
  encrypt0,
  generateKey,
  type MessageKind,
  SUIT_KDF,
  type Verdict,
} from "../../gateway/wire/cose/index.ts";
import { decryptPayload, encryptPayload, PAYLOAD_CIPHERS } from "../../gateway/wire/suit/index.ts";
import { answers, pythonOf } from "./peers/python.ts";

const PAYLOAD = Buffer.from("This is the content.");
const AAD = Buffer.from("aabb", "hex");
const KDF = { kdf: SUIT_KDF };

interface Case {
  readonly kind: MessageKind;
  readonly alg: number;
  readonly recipient?: number;
  /** The payload travels beside our message. */
  readonly detached?: boolean;
}
const EVERYWHERE: readonly Case[] = [
  { kind: "sign1", alg: -7 },
  { kind: "sign1", alg: -35 },
  { kind: "sign1", alg: -36 },
  { kind: "sign1", alg: -8 },
  { kind: "sign1", alg: -7, detached: true },
  { kind: "sign", alg: -7 },
  { kind: "mac0", alg: 4 },
  { kind: "mac0", alg: 5 },
  { kind: "encrypt0", alg: 1 },
  { kind: "encrypt0", alg: 3 },
  { kind: "encrypt", alg: 1, recipient: -3 },
  { kind: "encrypt", alg: 3, recipient: -5 },
];
const PEERS: ReadonlyArray<readonly [peer: string, script: string, cases: readonly Case[]]> = [
  ["pycose", "cose-pycose.py", EVERYWHERE],
  [
    "cwt",
    "cose-cwt.py",
    [
      ...EVERYWHERE,
      // pycose takes no shared secret longer than 32 bytes.
      { kind: "mac0", alg: 6 },
      { kind: "mac0", alg: 7 },
      // It unwraps the key of a COSE_Mac for nobody but itself.
      { kind: "mac", alg: 5, recipient: -3 },
      { kind: "sign1", alg: -9 },
      { kind: "sign1", alg: -51 },
      { kind: "sign1", alg: -52 },
      { kind: "sign1", alg: -19 },
      { kind: "encrypt0", alg: 24 },
      { kind: "encrypt0", alg: -65534 },
      { kind: "encrypt", alg: -65532, recipient: -3 },
      { kind: "encrypt", alg: 1, recipient: -29 },
      { kind: "encrypt", alg: -65534, recipient: -29 },
      { kind: "encrypt", alg: 3, recipient: -31 },
    ],
  ],
];

const aadOf = ({ alg }: Case): Buffer => (alg < -65000 ? Buffer.alloc(0) : AAD);
/** Whoever agrees on a key with us knows our public half alone. */
const agrees = ({ recipient = 0 }: Case): boolean => recipient <= -29;
const nameOf = ({ kind, alg, recipient, detached }: Case): string =>
  `${kind} ${alg}${recipient === undefined ? "" : ` for ${recipient}`}${detached ? " detached" : ""}`;

function make(one: Case, key: CoseKey): Uint8Array {
  const { kind, alg: algorithm, detached = false } = one;
  const options = { algorithm, detached, aad: aadOf(one) };
  const recipients = [{ key, ...(one.recipient === undefined ? {} : { algorithm: one.recipient }) }];
  switch (kind) {
    case "sign1":
      return createSign1(PAYLOAD, key, options);
    case "sign":
      return createSign(PAYLOAD, [{ key, algorithm }], { aad: options.aad });
    case "mac0":
      return createMac0(PAYLOAD, key, options);
    case "mac":
      return createMac(PAYLOAD, recipients, { ...options, ...KDF });
    case "encrypt0":
      return encrypt0(PAYLOAD, key, options).message;
    case "encrypt":
      return encrypt(PAYLOAD, recipients, { ...options, ...KDF }).message;
  }
}

function read(one: Case, bytes: Uint8Array, keys: readonly CoseKey[]): Verdict {
  const message = decodeMessage(bytes);
  expect(message.kind).toBe(one.kind);
  const options = { aad: aadOf(one), ...KDF };
  if (message.kind === "encrypt0") return decrypt0(message, keys, options);
  if (message.kind === "encrypt") return decrypt(message, keys, options);
  return authenticate(message, keys, options)[0]!;
}

for (const [peer, script, cases] of PEERS) {
  const python = pythonOf(peer);
  (python === undefined ? test.skip : test)(
    `SU-C13: RFC 9052: ${peer} reads our COSE, and we read its (needs ${peer})`,
    () => {
      const keys = cases.map(({ alg, recipient }) => generateKey(recipient ?? alg));
      const lines = cases.flatMap((one, at) => {
        const key = toHex(encodeKey(keys[at]!, "private"));
        const aad = toHex(aadOf(one));
        const recipient = one.recipient ?? null;
        const ours = toHex(make(one, keys[at]!));
        const detached = one.detached ? toHex(PAYLOAD) : null;
        return [
          { read: ours, key, aad, recipient, detached },
          {
            write: one.kind,
            key: agrees(one) ? toHex(encodeKey(keys[at]!, "public")) : key,
            aad,
            recipient,
            alg: one.alg,
            payload: toHex(PAYLOAD),
          },
        ];
      });
      const told = answers(
        python ?? "",
        script,
        [],
        lines.map((line) => JSON.stringify(line)),
      );
      for (const [at, one] of cases.entries()) {
        expect([nameOf(one), told[2 * at]]).toEqual([nameOf(one), toHex(PAYLOAD)]);
        const theirs = fromHex(String(told[2 * at + 1]));
        if (theirs === undefined) throw new Error(`${nameOf(one)}: ${told[2 * at + 1]}`);
        const verdict = read(one, theirs, [keys[at]!]);
        expect([nameOf(one), verdict.ok ? toHex(verdict.payload) : verdict.error]).toEqual([
          nameOf(one),
          toHex(PAYLOAD),
        ]);
      }
    },
  );
}

/** How the content key travels, and with which ciphers each peer can. */
const SEALED: ReadonlyArray<
  readonly [peer: string, script: string, recipients: readonly number[], algorithms: readonly number[]]
> = [
  ["pycose", "cose-pycose.py", [-3, -5], [1, 3]],
  ["cwt", "cose-cwt.py", [-3, -5, -29, -31], [1, 3, 24, -65534, -65532]],
];
for (const [peer, script, recipients, algorithms] of SEALED) {
  const python = pythonOf(peer);
  const title = `suit-firmware-encryption: ${peer} opens our payloads, and we its (needs ${peer})`;
  (python === undefined ? test.skip : test)(title, () => {
    const cases = PAYLOAD_CIPHERS.filter(({ algorithm }) => algorithms.includes(algorithm)).flatMap(
      ({ name, algorithm }) =>
        recipients.map((recipient) => ({ name, algorithm, recipient, key: generateKey(recipient) })),
    );
    const lines = cases.flatMap(({ name, algorithm, recipient, key }) => {
      const { info, ciphertext } = encryptPayload(PAYLOAD, [key], name);
      const secret = toHex(encodeKey(key, "private"));
      const given = recipient <= -29 ? toHex(encodeKey(key, "public")) : secret;
      return [
        { read: toHex(info), key: secret, aad: "", recipient, detached: toHex(ciphertext) },
        { write: "encrypt", key: given, aad: "", recipient, alg: algorithm, payload: toHex(PAYLOAD) },
      ];
    });
    const told = answers(
      python ?? "",
      script,
      [],
      lines.map((line) => JSON.stringify(line)),
    );
    for (const [at, { name, recipient, key }] of cases.entries()) {
      expect([name, recipient, told[2 * at]]).toEqual([name, recipient, toHex(PAYLOAD)]);
      const theirs = String(told[2 * at + 1]);
      const { content } = decodeMessage(fromHex(theirs) ?? new Uint8Array(0));
      if (content === undefined) throw new Error(`${name} for ${recipient}: ${theirs}`);
      // It writes the ciphertext inside; in SUIT it travels beside the message.
      const inside = content.length < 24 ? (0x40 + content.length).toString(16) : `58${content.length.toString(16)}`;
      const info = theirs.replace(`${inside}${toHex(content)}`, "f6");
      expect([name, toHex(decryptPayload(fromHex(info)!, content, [key]))]).toEqual([name, toHex(PAYLOAD)]);
    }
  });
}
