/** ML-DSA has two implementations here: ours is of @noble/post-quantum, the other is OpenSSL's, which cwt brings along. */
import { spawnSync } from "node:child_process";
import { expect, test } from "@jest/globals";
import { fromHex, toHex } from "../../gateway/base/index.ts";
import {
  authenticate,
  createSign1,
  decodeMessage,
  generateKey,
  loadMlDsa,
  readPem,
  thumbprint,
  writePem,
} from "../../gateway/wire/cose/index.ts";
import { answers, pythonOf } from "./peers/python.ts";

const ALGORITHMS = [-48, -49, -50] as const;
const PAYLOAD = Buffer.from("This is the content.");
const MODULE = "from cryptography.hazmat.primitives.asymmetric import mldsa";

const found = pythonOf("cwt");
const python = found !== undefined && spawnSync(found, ["-c", MODULE]).status === 0 ? found : undefined;

interface Written {
  readonly message: string;
  readonly public: string;
  readonly private: string;
}

(python === undefined ? test.skip : test)(
  "RFC 9964, RFC 9881: OpenSSL reads our ML-DSA and our PEM, and we read its (needs cwt with cryptography 50)",
  async () => {
    const mlDsa = await loadMlDsa();
    const lines = ALGORITHMS.flatMap((id) => {
      const key = generateKey(id, mlDsa);
      const message = createSign1(PAYLOAD, key, { mlDsa });
      return [
        { read: toHex(message), key: writePem(key, "public") },
        { write: id, payload: toHex(PAYLOAD) },
      ];
    });
    const told = answers(
      python ?? "",
      "cose-mldsa.py",
      [],
      lines.map((line) => JSON.stringify(line)),
    );
    for (const at of ALGORITHMS.keys()) {
      expect(told[2 * at]).toBe(toHex(PAYLOAD));
      const written = told[2 * at + 1] as Written;
      const key = readPem(written.public);
      const [verdict] = authenticate(decodeMessage(fromHex(written.message)!), [key], { mlDsa });
      expect(verdict?.ok ? verdict.algorithm.id : verdict?.error).toBe(ALGORITHMS[at]);
      expect(thumbprint(readPem(written.private, mlDsa))).toEqual(thumbprint(key));
    }
  },
);
