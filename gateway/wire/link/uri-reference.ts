/** RFC 3986 — URI references: their parts (Appendix B) and their resolution (§5.2). Nothing else is normalized. */

export interface UriParts {
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string | undefined;
  readonly fragment: string | undefined;
}

/** Appendix B; matches any text. */
const PARTS = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;
/** §2: unreserved, gen-delims, sub-delims and percent-encodings. */
const CHARACTERS = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+\-.]*$/;

export function splitUri(text: string): UriParts {
  const [, scheme, authority, path = "", query, fragment] = PARTS.exec(text) ?? [];
  return { scheme, authority, path, query, fragment };
}

/** §4.1, by its characters and its scheme. */
export function isUriReference(text: string): boolean {
  const { scheme } = splitUri(text);
  return CHARACTERS.test(text) && (scheme === undefined || SCHEME.test(scheme));
}

const joinUri = ({ scheme, authority, path, query, fragment }: UriParts): string =>
  (scheme === undefined ? "" : `${scheme}:`) +
  (authority === undefined ? "" : `//${authority}`) +
  path +
  (query === undefined ? "" : `?${query}`) +
  (fragment === undefined ? "" : `#${fragment}`);

/** §5.2.2, strict. What is a URI already comes back as it is. */
export function resolveUri(reference: string, base: string): string {
  const from = splitUri(reference);
  if (from.scheme !== undefined) return reference;
  const { scheme, authority, path, query } = splitUri(base);
  if (from.authority !== undefined) return joinUri({ ...from, scheme, path: withoutDots(from.path) });
  if (from.path === "") return joinUri({ ...from, scheme, authority, path, query: from.query ?? query });
  const whole = from.path.startsWith("/") ? from.path : merge(path, authority, from.path);
  return joinUri({ ...from, scheme, authority, path: withoutDots(whole) });
}

/** §5.2.3. */
const merge = (base: string, authority: string | undefined, path: string): string =>
  authority !== undefined && base === "" ? `/${path}` : base.slice(0, base.lastIndexOf("/") + 1) + path;

/** §5.2.4, by segments. */
export function withoutDots(path: string): string {
  const segments = path.split("/");
  const last = segments.at(-1);
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === "..") {
      if (kept.length > 1 || (kept.length === 1 && kept[0] !== "")) kept.pop();
    } else if (segment !== ".") {
      kept.push(segment);
    }
  }
  if (last === "." || last === "..") kept.push("");
  return kept.join("/");
}
