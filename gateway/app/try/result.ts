/** What came of a trial: for programs as JSON, for people in words, for scripts as an exit code. Pure. */
import type { CampaignState } from "../../store/index.ts";
import type { GroupResult } from "./check.ts";

export interface TrialResult {
  readonly nodes: number;
  readonly done: number;
  readonly failed: number;
  readonly silent: number;
  /** Nodes that verified the author's signature themselves; with --plain there is none. */
  readonly verified: number;
  readonly state: CampaignState | "timed-out";
  /** Why it is in this state. */
  readonly reason: string;
  readonly groups: readonly GroupResult[];
  /** How many nodes ended with which failure. */
  readonly failures: Readonly<Record<string, number>>;
  /** How many nodes the gateway left out, and why: it foresaw that they would fail. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** Blocks that nodes fetched, repeats included. */
  readonly blocks: number;
  /** With --delta: blocks that the whole image takes each node that is done. */
  readonly wholeBlocks?: number;
  /** Datagrams that nodes sent again. */
  readonly retransmissions: number;
  /** Messages that the cloud app received. */
  readonly mqttMessages: number;
  /** Times that the gateway was killed. */
  readonly kills: number;
  /** From the journal: facts of the campaign, offers, and what should not have been. */
  readonly checked: { readonly facts: number; readonly offers: number; readonly violations: readonly string[] };
  readonly seconds: number;
}

export function summary(result: TrialResult): string {
  const { state, done, nodes, seconds, groups } = result;
  const lines = [
    "",
    `The campaign is ${state} after ${seconds} s: ${done} of ${nodes} nodes run the new image and said so themselves.`,
    ...(groups.length > 1 ? groups.map(groupLine) : []),
    `${result.blocks} blocks, ${result.retransmissions} datagrams sent again, ${result.mqttMessages} MQTT messages.`,
  ];
  if (result.verified > 0) {
    lines.push(`${result.verified} nodes verified the author's signature themselves before they installed anything.`);
  }
  if (result.wholeBlocks !== undefined) lines.push(deltaLine(result.blocks, result.wholeBlocks));
  if (result.kills > 0) lines.push(`The gateway was killed ${result.kills} times meanwhile, and started again.`);
  if (listed(result.leftOut) !== "") lines.push(`Left out from the start: ${listed(result.leftOut)}.`);
  if (listed(result.failures) !== "") lines.push(`Failures: ${listed(result.failures)}.`);
  if (state === "stopped") lines.push(stopLine(result));
  lines.push(checkLine(result.checked));
  return lines.join("\n");
}

const listed = (found: Readonly<Record<string, number>>): string =>
  Object.entries(found)
    .map(([cause, count]) => `${count} × ${cause}`)
    .join(", ");

function groupLine({ name, state, nodes, offered, done, failed, silent }: GroupResult): string {
  const told = state === "closed" ? "never began, nobody was offered anything" : `${offered} offered, ${done} done`;
  const errors = [failed > 0 ? `${failed} failed` : "", silent > 0 ? `${silent} silent` : ""].filter(
    (text) => text !== "",
  );
  return `  ${name.padEnd(8)} ${String(nodes).padStart(4)} nodes: ${[told, ...errors].join(", ")}`;
}

function stopLine({ groups, reason }: TrialResult): string {
  const spared = groups.filter(({ state }) => state === "closed").reduce((sum, { nodes }) => sum + nodes, 0);
  const then = spared === 0 ? "" : `, before ${spared} nodes of later waves were offered anything`;
  return `It stopped by its own rule${then}: ${reason}.`;
}

function deltaLine(blocks: number, whole: number): string {
  const saved = whole === 0 ? 0 : Math.round((1 - blocks / whole) * 100);
  return `Whole images would have been ${whole} blocks: ${saved} % were saved.`;
}

function checkLine({ facts, offers, violations }: TrialResult["checked"]): string {
  if (violations.length > 0) return ["checked: the journal does not agree:", ...violations].join("\n  ");
  return `checked: ${facts} facts in the journal, ${offers} offers, none outside its wave or after a stop; all counts add up.`;
}

/**
 * 0 = every node reported the new digest itself, or failed because it was asked to; 3 = the campaign's own rule stopped it;
 * 1 = anything else, above all a journal that shows what must not be.
 */
export function exitCode({ checked, state, done, nodes }: TrialResult, failuresAskedFor: boolean): number {
  if (checked.violations.length > 0) return 1;
  if (done === nodes || (state === "done" && failuresAskedFor)) return 0;
  return state === "stopped" ? 3 : 1;
}
