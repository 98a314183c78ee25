/** HSS/LMS of pyhsslms (Vigil Security): what it signs, we verify. */
import { expect, test } from "@jest/globals";
import { fromHex } from "../../gateway/base/index.ts";
import { verifyHss } from "../../gateway/wire/cose/crypto/hss-lms.ts";
import { LMOTS_TYPES, LMS_TYPES } from "../../gateway/wire/cose/crypto/lms-parameters.ts";
import { answers, pythonOf } from "./peers/python.ts";

const python = pythonOf("pyhsslms");
const DATA = Buffer.from("This is the content.");

/** Every hash function, with the digit widths that cost Python little. */
const CASES = [...LMS_TYPES]
  .filter(([, { h }]) => h === 5)
  .flatMap(([lms, tree]) =>
    [...LMOTS_TYPES]
      .filter(([, { name, bytes, w }]) => name === tree.name && bytes === tree.bytes && w < 4)
      .map(([ots, { w }]) => ({ lms, ots, levels: w === 2 ? 2 : 1 })),
  );

(python === undefined ? test.skip : test)(
  "RFC 8554, RFC 9858: we verify what pyhsslms signs, with every hash function (needs pyhsslms)",
  () => {
    const lines = CASES.map((one) => JSON.stringify({ ...one, data: DATA.toString("hex") }));
    const told = answers(python ?? "", "hss-pyhsslms.py", [], lines) as Array<{ key: string; signature: string }>;
    for (const [at, one] of CASES.entries()) {
      const key = fromHex(told[at]!.key)!;
      const signature = fromHex(told[at]!.signature)!;
      expect([one, verifyHss(key, DATA, signature)]).toEqual([one, true]);
      expect([one, verifyHss(key, DATA.subarray(1), signature)]).toEqual([one, false]);
    }
  },
);
