/** RFC 3610: AES-CCM from two cipher objects that stay, against node:crypto's own. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { toHex } from "../../../gateway/base/index.ts";
import { type AeadKey, aeadMaker, OneShot } from "../../../gateway/coap/oscore/crypto/aead.ts";
import { CcmBench } from "../../../gateway/coap/oscore/crypto/aes-ccm.ts";
import { ALGORITHMS } from "../../../gateway/coap/oscore/crypto/algorithms.ts";
import { inDrill } from "../../support/drill.ts";

const sealed = (key: AeadKey, nonce: Uint8Array, aad: Uint8Array, plain: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(3 + plain.length + key.tagBytes + 2);
  bytes.set(plain, 3);
  const end = key.seal(nonce, aad, bytes, 3, 3 + plain.length);
  expect(end).toBe(bytes.length - 2);
  expect([...bytes.subarray(0, 3), ...bytes.subarray(end)]).toEqual([0, 0, 0, 0, 0]); // nothing beside it was touched
  return bytes.subarray(3, end);
};

const opened = (key: AeadKey, nonce: Uint8Array, aad: Uint8Array, bytes: Uint8Array): string | undefined => {
  const out = new Uint8Array(Math.max(0, bytes.length - key.tagBytes) + 2);
  const length = key.open(nonce, aad, bytes, out, 2);
  return length < 0 ? undefined : toHex(out.subarray(2, 2 + length));
};

const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe.each(ALGORITHMS)("$name", (row) => {
  const secret = new Uint8Array(row.keyBytes).fill(9);
  const make = aeadMaker(new CcmBench());
  const steady = make(row, secret); // one key for all messages: its chains go on
  const reference = new OneShot(row, secret);

  test("seals like node:crypto and opens what it sealed, message after message", () => {
    const message = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(
        exactly(row.nonceBytes),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        message,
        (nonce, aad, plain) => {
          const bytes = sealed(steady, nonce, aad, plain);
          expect(toHex(bytes)).toBe(toHex(sealed(reference, nonce, aad, plain)));
          expect(opened(steady, nonce, aad, bytes)).toBe(toHex(plain));
          expect(opened(reference, nonce, aad, bytes)).toBe(toHex(plain));
        },
      ),
      { numRuns: inDrill(66, 200) },
    );
  });

  test("seals like node:crypto under nonces that follow each other, forth and back, long and short", () => {
    const steps = fc.array(fc.record({ to: fc.nat(40), length: fc.constantFrom(0, 5, 16, 64, 80, 1040, 1300) }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(exactly(row.nonceBytes), steps, (first, taken) => {
        const aad = new Uint8Array(20);
        for (const { to, length } of taken) {
          const nonce = Uint8Array.from(first);
          nonce[row.nonceBytes - 1]! ^= to;
          const plain = new Uint8Array(length).fill(to);
          const bytes = sealed(steady, nonce, aad, plain);
          expect(Buffer.compare(bytes, sealed(reference, nonce, aad, plain))).toBe(0);
          expect(opened(steady, nonce, aad, bytes)).toBe(toHex(plain));
        }
      }),
      { numRuns: 60 },
    );
  });

  test.each([0, 1, 15, 16, 17, 1023, 1024, 1025, 65_535])("%i bytes", (length) => {
    const nonce = new Uint8Array(row.nonceBytes).fill(length);
    const aad = new Uint8Array(22).fill(3);
    const plain = Uint8Array.from({ length }, (_, i) => i * 7);
    const bytes = sealed(steady, nonce, aad, plain);
    expect(Buffer.compare(bytes, sealed(reference, nonce, aad, plain))).toBe(0);
    expect(opened(steady, nonce, aad, bytes)).toBe(toHex(plain));
  });

  test("opens nothing of which a bit was changed, and goes on", () => {
    const nonce = new Uint8Array(row.nonceBytes);
    const aad = new Uint8Array(20);
    const plain = new Uint8Array(21).fill(5);
    const bytes = sealed(steady, nonce, aad, plain);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Uint8Array.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(opened(steady, nonce, aad, changed)).toBeUndefined();
    }
    expect(
      opened(
        steady,
        nonce.map((byte) => byte ^ 1),
        aad,
        bytes,
      ),
    ).toBeUndefined();
    expect(
      opened(
        steady,
        nonce,
        aad.map((byte) => byte ^ 1),
        bytes,
      ),
    ).toBeUndefined();
    for (let length = 0; length < bytes.length; length++) {
      expect(opened(steady, nonce, aad, bytes.subarray(0, length))).toBeUndefined();
    }
    expect(opened(steady, nonce, aad, bytes)).toBe(toHex(plain));
  });
});
