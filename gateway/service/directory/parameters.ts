/** RFC 9176 §5 — registration parameters as a request carries them: `ep`, `d`, `lt`, `base` and attributes. */
import { WireError } from "../../base/index.ts";
import { isUriReference, splitUri } from "../../wire/link/index.ts";

export type Attributes = ReadonlyArray<readonly [name: string, value: string]>;

export interface RegistrationParameters {
  readonly endpoint: string | undefined;
  readonly sector: string | undefined;
  /** Seconds. */
  readonly lifetime: number | undefined;
  readonly base: string | undefined;
  /** Whatever else was said, in order; a name may recur. */
  readonly attributes: Attributes;
}

export const DEFAULT_LIFETIME = 90_000;
const LONGEST_LIFETIME = 4_294_967_295;
const LONGEST_NAME = 63;
const LONGEST_BASE = 255;
const MOST_ATTRIBUTES = 16;
const LONGEST_ATTRIBUTE = 255;

/** RFC 6690 §2: what names an attribute of a link, which is what an unknown parameter becomes. */
const ATTRIBUTE_NAME = /^[A-Za-z0-9!#$&+\-.^_`|~]+\*?$/;
/** Each means something else in a lookup. */
const TAKEN: ReadonlySet<string> = new Set(["page", "count", "href", "anchor", "rt"]);
// biome-ignore lint/suspicious/noControlCharactersInRegex: §5 names just these ranges
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/;

const wrong = (name: string, what: string): WireError => new WireError("directory.parameter", { name, what });
const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** From the items of a query. Throws WireError `directory.parameter`. */
export function readParameters(query: readonly string[]): RegistrationParameters {
  const known = new Map<string, string>();
  const attributes: Array<readonly [string, string]> = [];
  for (const item of query) {
    if (item === "") continue; // `/rd?` says nothing
    const equals = item.indexOf("=");
    const name = equals < 0 ? item : item.slice(0, equals);
    const value = equals < 0 ? "" : item.slice(equals + 1);
    if (KNOWN.has(name)) {
      if (known.has(name)) throw wrong(name, "it is said twice");
      known.set(name, value);
    } else attributes.push(attribute(name, value));
  }
  const read = <T>(name: string, check: (value: string) => T): T | undefined => {
    const value = known.get(name);
    return value === undefined ? undefined : check(value);
  };
  return {
    endpoint: read("ep", (value) => nameOf("ep", value)),
    sector: read("d", (value) => nameOf("d", value)),
    lifetime: read("lt", lifetimeOf),
    base: read("base", baseOf),
    attributes: limitedAttributes(attributes),
  };
}

/** As many as a registration may have, by all that was ever said of it. Throws WireError `directory.parameter`. */
export function limitedAttributes(attributes: Attributes): Attributes {
  if (attributes.length <= MOST_ATTRIBUTES) return attributes;
  throw wrong(attributes.at(-1)?.[0] ?? "", `there are more than ${MOST_ATTRIBUTES} attributes`);
}

const KNOWN: ReadonlySet<string> = new Set(["ep", "d", "lt", "base"]);

/** §5: at most 63 bytes of UTF-8, and no control character. */
function nameOf(parameter: "ep" | "d", value: string): string {
  if (value === "") throw wrong(parameter, "it is empty");
  if (bytesOf(value) > LONGEST_NAME) throw wrong(parameter, "it is longer than 63 bytes");
  if (CONTROLS.test(value)) throw wrong(parameter, "it has a control character");
  return value;
}

/** §5: 1 to 4294967295 seconds. */
function lifetimeOf(value: string): number {
  const lifetime = /^[0-9]{1,10}$/.test(value) ? Number(value) : 0;
  if (lifetime < 1 || lifetime > LONGEST_LIFETIME) throw wrong("lt", "it is not a number from 1 to 4294967295");
  return lifetime;
}

/** §5: a URI that relative references can be resolved against; without query and fragment, which would be lost. */
function baseOf(value: string): string {
  const { scheme, authority, query, fragment } = splitUri(value);
  if (bytesOf(value) > LONGEST_BASE) throw wrong("base", "it is longer than 255 bytes");
  if (!isUriReference(value) || scheme === undefined || authority === undefined || authority === "") {
    throw wrong("base", "it is not a URI with scheme and host");
  }
  if (query !== undefined || fragment !== undefined) throw wrong("base", "it has a query or a fragment");
  // §5 forbids it with a link-local address, and there is no other use for it (RFC 6874 writes it as %25).
  if (authority.includes("%25") && authority.includes("[")) throw wrong("base", "it has a zone identifier");
  return value;
}

function attribute(name: string, value: string): readonly [string, string] {
  if (!ATTRIBUTE_NAME.test(name)) throw wrong(name, "it cannot name an attribute");
  if (TAKEN.has(name)) throw wrong(name, "it has another meaning in lookups");
  if (bytesOf(name) + bytesOf(value) > LONGEST_ATTRIBUTE) throw wrong(name, "it is longer than 255 bytes");
  if (CONTROLS.test(value)) throw wrong(name, "it has a control character");
  return [name, value];
}
