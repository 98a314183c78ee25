/** What is said of a key on the command line, as the gateway wants it. Loaded when it is needed: most commands need no keys. */
import { fromHex, toHex, UsageError } from "../../base/index.ts";
import { classId, vendorId } from "../../service/trust/author/index.ts";
import { anchorKey } from "../../service/trust/index.ts";
import { loadMlDsa, readKeyFile } from "../../wire/cose/index.ts";

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const DOMAIN = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/;
const plainUuid = (text: string): string => text.replaceAll("-", "").toLowerCase();

/** A UUID, or the domain name that it is made of (suit-manifest-37 §8.4.8.2). Throws UsageError `cli.usage`. */
export function vendorOf(text: string): string {
  if (UUID.test(text)) return plainUuid(text);
  if (DOMAIN.test(text)) return toHex(vendorId(text));
  throw new UsageError("cli.usage", { what: `a vendor is a UUID or a domain name, not '${text}'` });
}

/** A UUID, or `DOMAIN/NAME`. Throws UsageError `cli.usage`. */
export function classOf(text: string): string {
  if (UUID.test(text)) return plainUuid(text);
  const slash = text.indexOf("/");
  const [domain, name] = [text.slice(0, Math.max(0, slash)), text.slice(slash + 1)];
  if (DOMAIN.test(domain) && name !== "") return toHex(classId(vendorId(domain), name));
  throw new UsageError("cli.usage", { what: `a class is a UUID or DOMAIN/NAME, not '${text}'` });
}

/** As plans of releases name components: `app/main`, `0x00`. Throws UsageError `cli.usage`. */
export const componentOf = (text: string): readonly string[] =>
  text.split("/").map((part) => {
    const bytes = part.startsWith("0x") ? fromHex(part.slice(2)) : new Uint8Array(Buffer.from(part, "utf8"));
    if (bytes !== undefined && bytes.length > 0) return toHex(bytes);
    throw new UsageError("cli.usage", { what: `a component is named like app/main or 0x00, not '${text}'` });
  });

/** A private key is refused here: it does not leave this process. Throws UsageErrors `cose.key-file`, `anchor.unfit`. */
export async function anchorOf(bytes: Uint8Array, name: string): Promise<string> {
  const { key } = anchorKey(readKeyFile(bytes, name, await loadMlDsa()));
  return Buffer.from(key).toString("base64");
}
