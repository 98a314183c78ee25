/**
 * The keys folder of a data folder: the site's key and the sequence numbers that were used under what it seals
 * (docs/security.md). Either all of it is there, or nothing is sealed yet, or it is given up in so many words.
 */
import { join } from "node:path";
import { StoreError } from "../../base/index.ts";
import type { Credentials, Voided } from "../../service/credentials/index.ts";
import { folderExists, makeFolder, type Recorder, type SequenceStore, type SequenceUse } from "../../store/index.ts";

export interface KeysOptions {
  readonly data: string;
  /** `security.key-file`: the site's key lies elsewhere. */
  readonly keyFile: string | undefined;
  readonly credentials: Credentials;
  readonly recorder: Recorder;
  /** Voids all credentials and makes a new key for those to come. */
  readonly newSiteKey: boolean;
  readonly sequence: (use: SequenceUse) => SequenceStore;
}

export interface Keys {
  /** Sender sequence numbers of OSCORE. */
  readonly numbers: SequenceStore;
  /** What became void with this start. */
  readonly voided: Voided | undefined;
}

/**
 * Unlocks the credentials, once all facts are folded. Whatever can refuse does so before a credential is void. Throws
 * StoreErrors `keys.missing`, `site-key.*`, `sequence.*`, `store.*`.
 */
export async function openKeys(options: KeysOptions): Promise<Keys> {
  const { data, credentials, recorder, newSiteKey } = options;
  const folder = join(data, "keys");
  const usual = join(folder, "site.key");
  const keyFile = options.keyFile ?? usual;
  const count = credentials.size;
  if (count > 0 && !newSiteKey && !(await folderExists(folder))) throw new StoreError("keys.missing", { folder });
  await makeFolder(folder);
  const numbers = options.sequence({ credentials: count, anew: newSiteKey });
  if (!newSiteKey) {
    await credentials.unlock(keyFile, usual);
    await numbers.load();
    return { numbers, voided: undefined };
  }
  await numbers.load();
  const voided = await credentials.startOver(keyFile, recorder, "cli:new-site-key");
  return { numbers, voided };
}
