/** How rows look on a terminal. */
import type { Millis } from "../../base/index.ts";
import type { CommandRow, EditRow, ImageRow, ManagerRow, NodeDetail, NodeRow } from "../api/index.ts";
import { formatMoment, formatSize } from "../api/quantities.ts";
import { type Column, formatTable, printable, printableJson } from "./table.ts";

export const firmware = ({ model, version }: { model?: string; version?: string }): string =>
  version === undefined ? "-" : `${model ?? "?"} ${version}`;

/** Lines of `name: value` with the values in one column. */
export const facts = (rows: ReadonlyArray<readonly [name: string, value: string]>): string => {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${`${name}:`.padEnd(width + 2)}${printable(value)}`).join("\n");
};

export function nodeTable(rows: readonly NodeRow[], now: Millis): string {
  const columns: Column<NodeRow>[] = [
    { title: "NODE", cell: (row) => row.node },
    { title: "NAME", cell: (row) => row.name },
    { title: "STATE", cell: (row) => row.reachability },
    ...(rows.some(({ models }) => models !== undefined)
      ? [{ title: "MODELS", cell: (row: NodeRow) => row.models ?? "-" }]
      : []),
    { title: "FIRMWARE", cell: firmware },
    { title: "UPDATE", cell: (row) => row.phase },
    { title: "LAST SEEN", cell: (row) => formatMoment(row.lastSeen, now) },
    { title: "NEXT WAKE", cell: (row) => (row.nextWake === undefined ? "-" : formatMoment(row.nextWake, now)) },
    { title: "SECURITY", cell: (row) => row.security },
    { title: "WAITING", cell: (row) => String(row.pending), align: "right" },
  ];
  return formatTable(columns, rows, "No node is known yet. Its first check-in, or 'sidgate node add', makes one.");
}

const refusedRow = ({ refused }: NodeDetail, now: Millis): ReadonlyArray<readonly [name: string, value: string]> =>
  refused === undefined
    ? []
    : [["refused", `${refused.why}, from ${refused.path}, ${formatMoment(refused.at, now)} (docs/security.md)`]];

function editState({ state, reason, trial }: EditRow): string {
  if (trial !== undefined) return `${state}, on trial for ${trial} ${trial === 1 ? "wake" : "wakes"}`;
  return reason === undefined ? state : `${state} (${reason})`;
}

const reportFact = ({ report }: NodeDetail, now: Millis): ReadonlyArray<readonly [name: string, value: string]> => {
  if (report === undefined) return [];
  const { result, release, text, at } = report;
  const which = release === undefined ? "" : `${release.slice(0, 8)} `;
  return [["release", `${which}${result}: ${text} (${formatMoment(at, now)})`]];
};

export function nodeView(node: NodeDetail, now: Millis): string {
  const head = facts([
    ["node", node.node],
    ["name", node.name],
    ["endpoint", node.endpoint],
    ["state", node.missedWakes > 0 ? `${node.reachability} (${node.missedWakes} wakes missed)` : node.reachability],
    ["firmware", firmware(node)],
    ["digest", node.digest ?? "-"],
    ["update", node.phase],
    ...reportFact(node, now),
    ["last seen", formatMoment(node.lastSeen, now)],
    ["next wake", node.nextWake === undefined ? "-" : formatMoment(node.nextWake, now)],
    ["security", node.security],
    ["models", node.models ?? "the default set"],
    ...(node.serves === undefined ? [] : [["serves", node.serves] as const]),
    ...refusedRow(node, now),
    ["waiting", `${node.pending} for its next wake`],
  ]);
  const columns: Column<EditRow>[] = [
    { title: "EDIT", cell: ({ revision }) => String(revision), align: "right" },
    { title: "PATH", cell: ({ path }) => path },
    { title: "STATE", cell: editState },
    { title: "SINCE", cell: ({ since }) => formatMoment(since, now) },
    { title: "BY", cell: ({ by = "-" }) => by },
    { title: "EXPIRES", cell: ({ expires }) => (expires === undefined ? "-" : formatMoment(expires, now)) },
  ];
  const edits = node.edits.length === 0 ? [] : [formatTable(columns, node.edits, "")];
  const trace = node.trace.map(({ at, text }) => `  ${formatMoment(at, now)}: ${printable(text)}`);
  return [head, ...edits, "data:", printableJson(node.data, 2), "trace:", ...(trace.length > 0 ? trace : ["  -"])].join(
    "\n",
  );
}

const WAITS: Readonly<Record<CommandRow["waitsFor"], string>> = {
  edit: "to be applied",
  report: "the next report",
  call: "the call's answer",
  update: "the update's end",
  image: "the image's bytes",
};

export function commandTable(rows: readonly CommandRow[], now: Millis): string {
  const moment = (at: Millis | undefined): string => (at === undefined ? "-" : formatMoment(at, now));
  const columns: Column<CommandRow>[] = [
    { title: "COMMAND", cell: ({ op }) => op },
    { title: "NODE", cell: ({ node, name }) => name ?? node ?? "-" },
    { title: "WAITS FOR", cell: ({ waitsFor }) => WAITS[waitsFor] },
    { title: "SINCE", cell: ({ since }) => formatMoment(since, now) },
    { title: "EXPECTED", cell: ({ willRunAt }) => moment(willRunAt) },
    { title: "DEADLINE", cell: ({ deadline }) => moment(deadline) },
    { title: "BY", cell: ({ actor }) => actor },
    { title: "ID", cell: ({ id }) => id },
  ];
  return formatTable(columns, rows, "No command waits. docs/mqtt.md tells how a cloud gives some.");
}

export function managerTable(rows: readonly ManagerRow[], now: Millis): string {
  const columns: Column<ManagerRow>[] = [
    { title: "MANAGER", cell: (row) => row.manager },
    { title: "GROUPS", cell: (row) => row.groups.join(", ") || "-" },
    { title: "KID", cell: (row) => row.kid },
    { title: "ADDED", cell: (row) => formatMoment(row.addedAt, now) },
  ];
  return formatTable(columns, rows, "No manager has credentials yet. 'sidgate manager add NAME' gives some.");
}

const fetchWords = ({ fetch, size }: ImageRow, now: Millis): string => {
  if (fetch === undefined) return "here";
  const { state, received = 0, code = "", failures = 1, again } = fetch;
  if (state === "fetching")
    return `fetching, ${size === undefined ? formatSize(received) : `${Math.floor((100 * received) / size)}%`}`;
  return state === "awaited"
    ? "awaited"
    : `failed ${failures === 1 ? "once" : `${failures} times`} [${code}], again ${formatMoment(again, now)}`;
};

const trustWords = ({ verified, withdrawn }: ImageRow): string => {
  if (withdrawn === true) return "withdrawn";
  return verified === "lab" ? "unsigned (lab)" : "signed";
};

const formatWords = ({ format, built = "", encrypted }: ImageRow): string =>
  format === undefined ? "plain" : `MCUboot ${built}${encrypted === true ? ", encrypted" : ""}`;

export function imageTable(rows: readonly ImageRow[], now: Millis): string {
  const columns: Column<ImageRow>[] = [
    { title: "ID", cell: (row) => row.id },
    { title: "MODEL", cell: (row) => row.model },
    { title: "VERSION", cell: (row) => row.version },
    { title: "SIZE", cell: ({ size }) => (size === undefined ? "?" : formatSize(size)), align: "right" },
    { title: "TRUST", cell: trustWords },
    { title: "FORMAT", cell: formatWords },
    { title: "ADDED", cell: (row) => formatMoment(row.addedAt, now) },
    { title: "BYTES", cell: (row) => fetchWords(row, now) },
    { title: "SHA-256", cell: (row) => row.digest },
  ];
  return formatTable(
    columns,
    rows,
    "No image is stored yet. 'sidgate image add FILE --model M --version V' brings one in.",
  );
}
