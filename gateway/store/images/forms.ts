/**
 * Other forms of images (patches, compressed ones, chains of digests) as files that can be made again: when there is no room the
 * one that was not asked for longest goes. All that a look-up needs stands in the names, so that no file is read at the start.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { equalBytes, StoreError } from "../../base/index.ts";
import type { Digest } from "../facts.ts";
import { makeFolder } from "../folder/durable-file.ts";
import { reasonOf } from "../system-error.ts";
import { BufferCache } from "./buffer-cache.ts";

/** What a form is of. `from`: what the node runs, for a patch. */
export interface FormName {
  readonly kind: string;
  readonly to: Digest;
  readonly from?: Digest | undefined;
}

export interface KeptForm extends FormName {
  /** Of its bytes, which may be none: the image itself is somewhere else. */
  readonly length: number;
  /** SHA-256 of the first group of chained blocks, and so of all of them. */
  readonly chain: Digest;
}

export interface FormBytes {
  readonly bytes: Uint8Array;
  readonly digests: Uint8Array;
}

export interface FormStore {
  find(name: FormName): KeptForm | undefined;
  list(): readonly KeptForm[];
  /** undefined = it is gone, or damaged: then it is gone, too. Synchronous: the block lane answers within its event. */
  read(form: KeptForm): FormBytes | undefined;
  /** Throws StoreError `store.write-failed`. A form that is larger than all the room is not kept. */
  keep(form: KeptForm, content: FormBytes): Promise<void>;
}

export interface FileFormsOptions {
  readonly folder: string;
  /** Most bytes on the disk. */
  readonly maxBytes: number;
}

const NAME = /^([a-z]+)\.([0-9a-f]{64})\.([0-9a-f]{64}|none)\.([0-9a-f]{64})\.(\d{1,10})$/;
const DIGEST_BYTES = 32;
/** Forms in memory, for those who fetch them block by block. */
const MEMORY = 16 * 1024 * 1024;

/** Throws StoreError `store.read-failed`. */
export async function openFileForms({ folder, maxBytes }: FileFormsOptions): Promise<FormStore> {
  try {
    await makeFolder(folder);
    const found: Array<readonly [name: string, size: number, used: number]> = [];
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const { size, mtimeMs } = await stat(path);
      if (NAME.test(name)) found.push([name, size, mtimeMs]);
      else await rm(path, { force: true, recursive: true }); // cut off while it was written
    }
    const forms = new FileForms(folder, maxBytes);
    for (const [name, size] of found.sort((a, b) => a[2] - b[2])) forms.know(name, size);
    await forms.makeRoom(0);
    return forms;
  } catch (error) {
    throw new StoreError("store.read-failed", { what: folder, reason: reasonOf(error) }, { cause: error });
  }
}

interface Entry {
  readonly form: KeptForm;
  readonly size: number;
}

class FileForms implements FormStore {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #memory = new BufferCache(MEMORY);
  /** By what they are of; what was used last comes last. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  know(name: string, size: number): void {
    const [, kind = "", to = "", from, chain = "", length] = NAME.exec(name) ?? [];
    const form = { kind, to, ...(from === "none" ? {} : { from }), chain, length: Number(length) };
    const key = keyOf(form);
    this.#bytes += size - (this.#entries.get(key)?.size ?? 0);
    this.#entries.set(key, { form, size });
  }

  find(name: FormName): KeptForm | undefined {
    return this.#entries.get(keyOf(name))?.form;
  }

  list(): readonly KeptForm[] {
    return [...this.#entries.values()].map(({ form }) => form);
  }

  read(form: KeptForm): FormBytes | undefined {
    const key = keyOf(form);
    const entry = this.#entries.get(key);
    if (entry?.form.chain !== form.chain) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const content = this.#memory.get(key) ?? this.#load(key, entry);
    return content && { bytes: content.subarray(0, form.length), digests: content.subarray(form.length) };
  }

  #load(key: string, { form, size }: Entry): Uint8Array | undefined {
    const content = contentOf(join(this.#folder, fileName(form)));
    if (content !== undefined) {
      if (content.length <= MEMORY) this.#memory.set(key, content);
      return content;
    }
    this.#entries.delete(key);
    this.#bytes -= size;
    return undefined;
  }

  async keep(form: KeptForm, { bytes, digests }: FormBytes): Promise<void> {
    const size = DIGEST_BYTES + bytes.length + digests.length;
    if (size > this.#maxBytes) return;
    await this.makeRoom(size);
    const name = fileName(form);
    const path = join(this.#folder, name);
    const check = createHash("sha256").update(bytes).update(digests).digest();
    try {
      // Not made durable: what a loss of power tears is known by its check, and made again.
      await writeFile(`${path}.new`, Buffer.concat([check, bytes, digests]), { mode: 0o600 });
      await rename(`${path}.new`, path);
    } catch (error) {
      await rm(`${path}.new`, { force: true }).catch(() => undefined);
      throw new StoreError("store.write-failed", { what: path, reason: reasonOf(error) }, { cause: error });
    }
    this.know(name, size);
  }

  async makeRoom(size: number): Promise<void> {
    for (const [key, entry] of this.#entries) {
      if (this.#bytes + size <= this.#maxBytes) return;
      this.#entries.delete(key);
      this.#memory.delete(key);
      this.#bytes -= entry.size;
      await rm(join(this.#folder, fileName(entry.form)), { force: true });
    }
  }
}

const keyOf = ({ kind, to, from = "none" }: FormName): string => `${kind}.${to}.${from}`;
const fileName = (form: KeptForm): string => `${keyOf(form)}.${form.chain}.${form.length}`;

/** undefined = it cannot be read, or is not what was written. */
function contentOf(path: string): Uint8Array | undefined {
  try {
    const file = readFileSync(path);
    const content = file.subarray(DIGEST_BYTES);
    const check = createHash("sha256").update(content).digest();
    return equalBytes(check, file.subarray(0, DIGEST_BYTES)) ? content : undefined;
  } catch {
    return undefined;
  }
}
