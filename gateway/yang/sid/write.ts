/**
 * RFC 9595 §4, RFC 7951 — a .sid file as text, in the order and form in which pyang 2.7.1 writes it: items by number,
 * uint64 as strings, two blanks of indent, ASCII only, and no line feed at the end.
 */
import type { SidFile } from "./sid-file.ts";

export const sidFileText = (file: SidFile): string => asciiJson({ "ietf-sid-file:sid-file": contentOf(file) });

/** JSON leaves out what is undefined. */
const contentOf = (file: SidFile): object => ({
  "module-name": file.module,
  "module-revision": file.revision || undefined,
  "sid-file-version": file.version,
  "sid-file-status": file.status,
  description: file.description,
  "dependency-revision": some(
    file.dependencies.map(({ module, revision }) => ({ "module-name": module, "module-revision": revision })),
  ),
  "assignment-range": some(
    file.ranges.map(({ entryPoint, size }) => ({ "entry-point": String(entryPoint), size: String(size) })),
  ),
  item: some(
    [...file.items]
      .sort((a, b) => a.sid - b.sid)
      .map(({ namespace, identifier, status, sid }) => ({ namespace, identifier, status, sid: String(sid) })),
  ),
});

const some = <T>(list: readonly T[]): readonly T[] | undefined => (list.length > 0 ? list : undefined);

/** Only a description can hold other characters; the escapes are those of RFC 8259 §7. */
const asciiJson = (value: unknown): string =>
  JSON.stringify(value, undefined, 2).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** `module@revision.sid`, as RFC 9595 §4 wants it named. */
export const sidFileName = ({ module, revision }: Pick<SidFile, "module" | "revision">): string =>
  `${module}${revision === "" ? "" : `@${revision}`}.sid`;
