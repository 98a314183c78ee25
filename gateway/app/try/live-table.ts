/** What a person watches during a trial: waves, causes and nodes, redrawn in place; plain lines where there is no terminal. */
import type { CampaignDetail, CauseRow, GroupRow, NodeRow } from "../../admin/api/index.ts";
import type { Millis } from "../../base/index.ts";
import type { NodeView } from "../../sim/index.ts";

export interface Picture {
  readonly seconds: number;
  /** undefined = not started. */
  readonly campaign: CampaignDetail | undefined;
  readonly mqttMessages: number;
  readonly rows: readonly NodeRow[];
  readonly nodes: readonly NodeView[];
  readonly now: Millis;
}

/** Of a larger fleet fewer nodes are shown, those at work first: a picture has to fit on a screen. */
const ROWS = 25;
const ROWS_OF_MANY = 12;
const CAUSES = 5;
const BAR = 16;

export function drawPicture({ seconds, campaign, mqttMessages, rows, nodes, now }: Picture): string {
  const title = campaign === undefined ? "(not started)" : `${campaign.campaign} ${campaign.state}`;
  const done = `${campaign?.counts.done ?? 0}/${rows.length} done`;
  const byEndpoint = new Map(nodes.map((node) => [node.endpoint, node]));
  const shown = rows.length <= ROWS ? rows : rows.toSorted(busyFirst).slice(0, ROWS_OF_MANY);
  const lines = [
    `Sidgate trial · ${seconds.toFixed(0).padStart(3)} s · campaign ${title} · ${done} · ${mqttMessages} MQTT messages`,
    "",
    ...(campaign === undefined ? [] : ladder(campaign)),
    "NODE      STATE    PHASE         BLOCKS                        VERSION  NEXT WAKE",
    ...shown.map((row) => drawRow(row, byEndpoint.get(row.endpoint), now)),
  ];
  if (rows.length > shown.length) lines.push(`… and ${rows.length - shown.length} more nodes`);
  return lines.join("\n");
}

/** In the order of a person's interest; those of one kind keep their places. */
const INTEREST: readonly NodeRow["phase"][] = [
  "downloading",
  "applying",
  "rebooting",
  "offered",
  "failed",
  "rolled-back",
];
const place = ({ phase }: NodeRow): number => (INTEREST.includes(phase) ? INTEREST.indexOf(phase) : INTEREST.length);
const busyFirst = (a: NodeRow, b: NodeRow): number => place(a) - place(b);

/** The waves, and what holds nodes up. A campaign of one wave in which nothing goes wrong needs neither. */
function ladder({ groups, clusters }: CampaignDetail): readonly string[] {
  const waves = groups.length > 1 ? groups.map(drawGroup) : [];
  const causes = clusters.filter(isTelling).slice(0, CAUSES).map(drawCause);
  const lines = [...waves, ...causes];
  return lines.length === 0 ? [] : [...lines, ""];
}

function drawGroup({ name, state, counts }: GroupRow): string {
  const { total, done, active, failed, silent } = counts;
  const told = `${done} done, ${active} at work, ${failed} failed, ${silent} silent`;
  return `${name.padEnd(9)} ${state.padEnd(8)} ${barOf(done, total)} ${String(total).padStart(4)} nodes: ${told}`;
}

/** That a node sleeps, or that its wave has not begun, is how it should be. */
const isTelling = ({ cause }: CauseRow): boolean => /^(failed|rolled-back|blocked|silent|stopped)\b/.test(cause);
const drawCause = ({ example, nodes }: CauseRow): string => `${String(nodes.length).padStart(4)} × ${example}`;

function barOf(part: number, total: number): string {
  if (total === 0) return "·".repeat(BAR);
  const filled = Math.min(BAR, Math.round((part / total) * BAR));
  return "█".repeat(filled) + "░".repeat(BAR - filled);
}

function drawRow(row: NodeRow, node: NodeView | undefined, now: Millis): string {
  const { got, total } = node?.blocks ?? { got: 0, total: 0 };
  const blocks = total === 0 ? "" : `${got}/${total}`;
  const wake = row.nextWake === undefined ? "unknown" : inWords(row.nextWake - now);
  return [
    row.endpoint.padEnd(9),
    row.reachability.padEnd(8),
    row.phase.padEnd(13),
    barOf(got, total),
    blocks.padEnd(12),
    (row.version ?? "").padEnd(8),
    wake,
  ].join(" ");
}

function inWords(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  const text = minutes === 0 ? "now" : `${minutes} min`;
  if (minutes === 0) return text;
  return ms < 0 ? `${text} late` : `in ${text}`;
}

/** Redraws over what it drew before. */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  #height = 0;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  draw(text: string): void {
    const up = this.#height === 0 ? "" : `\u001b[${this.#height}A\u001b[J`;
    this.#out.write(`${up}${text}\n`);
    this.#height = text.split("\n").length;
  }
}
