/** RFC 7252 §3, §12.1 and RFC 7959, 8132, 8516 — the Code byte: class (3 bits) and detail (5 bits). */

/** Request methods (RFC 7252 §12.1.1, RFC 8132 §5). */
export const METHODS = [
  { code: 0x01, name: "GET" },
  { code: 0x02, name: "POST" },
  { code: 0x03, name: "PUT" },
  { code: 0x04, name: "DELETE" },
  { code: 0x05, name: "FETCH" },
  { code: 0x06, name: "PATCH" },
  { code: 0x07, name: "iPATCH" },
] as const;
export type MethodName = (typeof METHODS)[number]["name"];

/** Response codes this gateway sends or understands. */
export const RESPONSE_CODES = [
  { dotted: "2.01", name: "Created" },
  { dotted: "2.02", name: "Deleted" },
  { dotted: "2.03", name: "Valid" },
  { dotted: "2.04", name: "Changed" },
  { dotted: "2.05", name: "Content" },
  { dotted: "2.31", name: "Continue" },
  { dotted: "4.00", name: "Bad Request" },
  { dotted: "4.01", name: "Unauthorized" },
  { dotted: "4.02", name: "Bad Option" },
  { dotted: "4.03", name: "Forbidden" },
  { dotted: "4.04", name: "Not Found" },
  { dotted: "4.05", name: "Method Not Allowed" },
  { dotted: "4.06", name: "Not Acceptable" },
  { dotted: "4.08", name: "Request Entity Incomplete" },
  { dotted: "4.09", name: "Conflict" },
  { dotted: "4.12", name: "Precondition Failed" },
  { dotted: "4.13", name: "Request Entity Too Large" },
  { dotted: "4.15", name: "Unsupported Content-Format" },
  { dotted: "4.22", name: "Unprocessable Entity" },
  { dotted: "4.29", name: "Too Many Requests" }, // RFC 8516
  { dotted: "5.00", name: "Internal Server Error" },
  { dotted: "5.01", name: "Not Implemented" },
  { dotted: "5.02", name: "Bad Gateway" },
  { dotted: "5.03", name: "Service Unavailable" },
  { dotted: "5.04", name: "Gateway Timeout" },
  { dotted: "5.05", name: "Proxying Not Supported" },
  { dotted: "5.08", name: "Hop Limit Reached" }, // RFC 8768
] as const;
export type DottedCode = (typeof RESPONSE_CODES)[number]["dotted"];

/** 0.00: an empty message. */
export const EMPTY_CODE = 0;

export const codeClass = (code: number): number => code >> 5;

/** "c.dd" as the documents write it. */
export const dottedCode = (code: number): string => `${code >> 5}.${String(code & 0x1f).padStart(2, "0")}`;

const METHOD_NAMES: ReadonlyMap<number, MethodName> = new Map(METHODS.map((row) => [row.code, row.name]));
const METHOD_CODES: ReadonlyMap<string, number> = new Map(METHODS.map((row) => [row.name, row.code]));
const RESPONSE_BYTES: ReadonlyMap<string, number> = new Map(
  RESPONSE_CODES.map(({ dotted }) => [dotted, (Number(dotted[0]) << 5) | Number(dotted.slice(2))]),
);

/** undefined = a method this table does not have (4.05). */
export const methodName = (code: number): MethodName | undefined => METHOD_NAMES.get(code);

/** The Code byte of a method or of a dotted response code. */
export const codeOf = (name: MethodName | DottedCode): number =>
  METHOD_CODES.get(name) ?? RESPONSE_BYTES.get(name) ?? 0xa0; // 5.00; the type leaves no other name
