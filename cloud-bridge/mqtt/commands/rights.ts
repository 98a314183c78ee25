/** docs/mqtt.md, "Who may do what" — the lines of `mqtt.rights`: a client, or `*` for all others, and what it may. */
import { RIGHTS, type Right } from "./ops.ts";

export interface RightsLine {
  readonly client: string;
  readonly rights: readonly Right[];
}

const CLIENT = /^(\*|[a-z0-9-]{3,64})$/;
const ALL = Object.keys(RIGHTS) as readonly Right[];
const WORDS: ReadonlyMap<string, readonly Right[]> = new Map([
  ...ALL.map((right) => [right, [right]] as const),
  ["all", ALL] as const,
  ["none", []] as const,
]);

/** `bms-1: read, configure`; what is wrong with the line as text, for who wrote it. */
export function parseRights(line: string): RightsLine | { readonly problem: string } {
  const [, name = "", list] = /^([^:]*):(.*)$/s.exec(line) ?? [];
  const client = name.trim();
  if (list === undefined) return { problem: "must be CLIENT: RIGHT, RIGHT, e.g. `bms-1: read, configure`" };
  if (!CLIENT.test(client)) {
    return { problem: `'${client}' is no client: use 3 to 64 of a-z, 0-9 and '-', or * for all others` };
  }
  const words = list.split(",").map((word) => word.trim());
  const unknown = words.find((word) => !WORDS.has(word));
  if (unknown !== undefined) return { problem: `'${unknown}' is no right: use ${[...WORDS.keys()].join(", ")}` };
  if (words.includes("none") && words.length > 1) return { problem: "`none` stands alone" };
  return { client, rights: [...new Set(words.flatMap((word) => WORDS.get(word) ?? []))] };
}

/** As the configuration is shown. */
export const formatRights = ({ client, rights }: RightsLine): string =>
  `${client}: ${rights.length === ALL.length ? "all" : rights.join(", ") || "none"}`;

/** A client that two lines name: which of them counts would be a guess. */
export function namedTwice(lines: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (const line of lines) {
    const parsed = parseRights(line);
    if ("problem" in parsed) continue;
    if (seen.has(parsed.client)) return parsed.client;
    seen.add(parsed.client);
  }
  return undefined;
}

/** `lines` were checked with the configuration; one that is wrong gives nothing. Without a line of its own a client has those of `*`. */
export function rightsOf(lines: readonly string[]): (client: string, right: Right) => boolean {
  const given = new Map<string, readonly Right[]>();
  for (const line of lines) {
    const parsed = parseRights(line);
    if (!("problem" in parsed)) given.set(parsed.client, parsed.rights);
  }
  return (client, right) => (given.get(client) ?? given.get("*") ?? []).includes(right);
}
