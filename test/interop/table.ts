/** The interop table: collected while the suite runs, printed at its end, and written as docs/interop.md. */
import { CHECKS } from "./checks.ts";
import { CLIENTS, type Protection, SERVERS } from "./peers.ts";

export interface RowName {
  readonly peer: string;
  readonly protection: Protection;
}

export type Outcome = "ok" | "FAILS" | "-" | "skipped";

const rowsOf = (peers: readonly { readonly peer: string; readonly protections: readonly Protection[] }[]): RowName[] =>
  peers.flatMap(({ peer, protections }) => protections.map((protection) => ({ peer, protection })));

export const ROWS: readonly RowName[] = [...rowsOf(CLIENTS), ...rowsOf(SERVERS)];

const keyOf = ({ peer, protection }: RowName): string => `${peer}, ${protection}`;

export class InteropTable {
  readonly #outcomes = new Map<string, Outcome>();
  readonly #versions = new Map<string, string>();

  record(row: RowName, check: string, outcome: Outcome): void {
    this.#outcomes.set(`${keyOf(row)}: ${check}`, outcome);
  }

  version(peer: string, version: string): void {
    this.#versions.set(peer, version);
  }

  /** GitHub's form of a table, columns lined up so that it reads on a terminal too. */
  render(): string {
    const head = ["Peer", "Version", "Protection", ...CHECKS.map(({ name }) => name)];
    const lines = ROWS.map((row) => [
      row.peer,
      this.#versions.get(row.peer) ?? "not here",
      row.protection,
      ...CHECKS.map(({ name }) => this.#outcomes.get(`${keyOf(row)}: ${name}`) ?? "skipped"),
    ]);
    const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0)));
    const join = (line: readonly string[]): string =>
      `| ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
    return [join(head), join(widths.map((width) => "-".repeat(width))), ...lines.map(join)].join("\n");
  }
}
