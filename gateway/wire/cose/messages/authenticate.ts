/** RFC 9052 §4, §6 — whoever asks only "who vouches for this content?" need not care how it was said. */
import type { CoseKey } from "../keys/key.ts";
import { malformed } from "../label-map.ts";
import { verifyMac, verifyMac0 } from "./mac.ts";
import type { AnyMessage } from "./message.ts";
import { verifySign, verifySign1 } from "./sign.ts";
import type { Verdict, VerifyOptions } from "./verdict.ts";

/** One verdict for each signature or tag of a signed or MACed message, as `verifySign` tells them. */
export function authenticate(
  message: AnyMessage,
  keys: readonly CoseKey[],
  options: VerifyOptions = {},
): readonly Verdict[] {
  switch (message.kind) {
    case "sign1":
      return [verifySign1(message, keys, options)];
    case "sign":
      return verifySign(message, keys, options);
    case "mac0":
      return [verifyMac0(message, keys, options)];
    case "mac":
      return [verifyMac(message, keys, options)];
    case "encrypt0":
    case "encrypt":
      return [{ ok: false, error: malformed("an encrypted message vouches for nothing") }];
  }
}
