/** Aligned columns for a terminal. */

export interface Column<T> {
  readonly title: string;
  cell(row: T): string;
  readonly align?: "right";
}

/** Two blanks between columns, no lines, no trailing blanks; `empty` stands for no rows at all. */
export function formatTable<T>(columns: ReadonlyArray<Column<T>>, rows: readonly T[], empty: string): string {
  if (rows.length === 0) return empty;
  const lines = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map((column) => printable(column.cell(row)))),
  ];
  const widths = columns.map((_column, index) => Math.max(...lines.map((cells) => cells[index]!.length)));
  const formatLine = (cells: readonly string[]): string =>
    cells
      .map((cell, index) =>
        columns[index]!.align === "right" ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!),
      )
      .join("  ")
      .trimEnd();
  return lines.map(formatLine).join("\n");
}

/** What would steer a terminal: controls, and the marks that turn the direction of writing. */
const STEERING = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** Names come from nodes: what would steer the terminal is shown as a question mark. */
export const printable = (text: string): string => text.replace(STEERING, "?");

/** The same for text whose line breaks are ours. */
export const printableLines = (text: string): string => text.split("\n").map(printable).join("\n");

/** JSON says them as escapes, so that a program still reads the name as it is. */
export const printableJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, undefined, indent).replace(STEERING, (steering) =>
    steering === "\n" ? steering : `\\u${steering.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
