/** What a person watches during a trial: one line per node, redrawn in place; plain lines where there is no terminal. */
import type { CampaignDetail, NodeRow } from "../../admin/api/index.ts";
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

/** More nodes than this are summed up below the table. */
const ROWS = 25;
const BAR = 16;

export function drawPicture({ seconds, campaign, mqttMessages, rows, nodes, now }: Picture): string {
  const title = campaign === undefined ? "(not started)" : `${campaign.campaign} ${campaign.state}`;
  const done = `${campaign?.counts.done ?? 0}/${rows.length} done`;
  const byEndpoint = new Map(nodes.map((node) => [node.endpoint, node]));
  const lines = [
    `Sidgate trial · ${seconds.toFixed(0).padStart(3)} s · campaign ${title} · ${done} · ${mqttMessages} MQTT messages`,
    "",
    "NODE      STATE    PHASE         BLOCKS                        VERSION  NEXT WAKE",
  ];
  for (const row of rows.slice(0, ROWS)) lines.push(drawRow(row, byEndpoint.get(row.endpoint), now));
  if (rows.length > ROWS) lines.push(`… and ${rows.length - ROWS} more nodes`);
  return lines.join("\n");
}

function drawRow(row: NodeRow, node: NodeView | undefined, now: Millis): string {
  const { got, total } = node?.blocks ?? { got: 0, total: 0 };
  const filled = total === 0 ? 0 : Math.round((got / total) * BAR);
  const bar = total === 0 ? "·".repeat(BAR) : "█".repeat(filled) + "░".repeat(BAR - filled);
  const blocks = total === 0 ? "" : `${got}/${total}`;
  const wake = row.nextWake === undefined ? "unknown" : inWords(row.nextWake - now);
  return [
    row.endpoint.padEnd(9),
    row.reachability.padEnd(8),
    row.phase.padEnd(13),
    bar,
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
