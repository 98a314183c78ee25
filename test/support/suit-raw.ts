/** CBOR exactly as it is asked for, right or wrong, and SUIT structures made of it: for what no writer of ours would write. */
import { toHex } from "../../gateway/base/index.ts";
import { CborWriter } from "../../gateway/wire/cbor/index.ts";

export type Raw =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | readonly Raw[]
  | ReadonlyMap<Raw, Raw>
  | { readonly tag: number; readonly item: Raw }
  /** Bytes as they stand. */
  | { readonly hex: string };

/** Maps keep their order, and may have a key twice when it is a list. */
export function raw(value: Raw): Uint8Array {
  const writer = new CborWriter();
  write(writer, value);
  return writer.finish();
}

/** A byte string around it. */
export const inside = (value: Raw): Uint8Array => raw(value);

export const mapOf = (...entries: ReadonlyArray<readonly [Raw, Raw]>): ReadonlyMap<Raw, Raw> => new Map(entries);

function write(writer: CborWriter, value: Raw): void {
  if (typeof value === "number" || typeof value === "bigint") writer.integer(value);
  else if (typeof value === "string") writer.text(value);
  else if (typeof value === "boolean") writer.boolean(value);
  else if (value === null) writer.null();
  else if (value instanceof Uint8Array) writer.byteString(value);
  else if (value instanceof Map) {
    writer.map(value.size);
    for (const [key, inner] of value) {
      write(writer, key);
      write(writer, inner);
    }
  } else if ("tag" in value) {
    writer.tag(value.tag);
    write(writer, value.item);
  } else if ("hex" in value) writer.raw(Buffer.from(value.hex, "hex"));
  else {
    const items = value as readonly Raw[];
    writer.array(items.length);
    for (const inner of items) write(writer, inner);
  }
}

export const VENDOR = Buffer.from("fa6b4a53d5ad5fdfbe9de663e4d41ffe", "hex");
export const CLASS = Buffer.from("1492af1425695e48bf429b2d51f2ab45", "hex");
export const ZEROS = new Uint8Array(32);

/** The content of a manifest of one component: a common section, and these fields in this order. */
export function rawManifest(
  fields: ReadonlyArray<readonly [Raw, Raw]> = [],
  { version = 1, components = [[ZEROS]], shared = [1, 15, 2, 15] }: RawCommon = {},
): Uint8Array {
  const common = mapOf([2, components], [4, inside(shared)]);
  return raw(mapOf([1, version], [2, 7], [3, inside(common)], ...fields));
}
interface RawCommon {
  readonly version?: Raw;
  readonly components?: Raw;
  readonly shared?: Raw;
}

/** A manifest whose install sequence is this. */
export const rawInstall = (...commands: readonly Raw[]): Uint8Array => rawManifest([[20, inside(commands)]]);

/** An envelope that is well-formed, with one block of nonsense, or what the entries say instead. */
export function rawEnvelope(
  extra: ReadonlyArray<readonly [Raw, Raw]> = [],
  { tag = 107, auth = [inside([-16, ZEROS]), Buffer.from("d28443a10126a0f640", "hex")] as Raw } = {},
): Uint8Array {
  return raw({ tag, item: mapOf([2, inside(auth)], [3, rawManifest()], ...extra) });
}

export const hexOf = toHex;
