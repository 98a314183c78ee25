/** RFC 9679 — the thumbprint of a key: its name for people and stores, the same in whatever file the key lies. */
import { createHash } from "node:crypto";
import { encodeValue } from "../label-map.ts";
import { keyMap } from "./cose-key.ts";
import type { CoseKey } from "./key.ts";

/** SHA-256 over the required members of the COSE_Key, in deterministic encoding (§3). */
export const thumbprint = (key: CoseKey): Uint8Array =>
  new Uint8Array(
    createHash("sha256")
      .update(encodeValue(keyMap(key, "public")))
      .digest(),
  );
