/** The machine under the gateway, in sentences: data folder, disk, clock, ports. */
import { formatSize } from "../../admin/api/quantities.ts";
import { type Millis, rfc3339, StoreError, UsageError } from "../../base/index.ts";
import { CLOCK_REASONS, type ClockSetting, judge, type Told } from "../../service/timekeeping/index.ts";
import { type Finding, note, right, wrong } from "./finding.ts";

export interface FolderFacts {
  readonly folder: string;
  readonly exists: boolean;
  /** Why this user cannot write there. */
  readonly refused?: string;
  /** Bytes that the disk still takes, and that the settings may yet ask of it; undefined where nobody counts. */
  readonly free?: number;
  readonly needed: number;
}

export function folderFindings({ folder, exists, refused, free, needed }: FolderFacts): readonly Finding[] {
  if (refused !== undefined) return [wrong(new StoreError("store.folder", { folder, reason: refused }))];
  const place = exists
    ? right(`The data folder ${folder} can be written.`)
    : right(`The data folder ${folder} is not there yet, and can be made.`);
  if (free === undefined) return [place];
  if (free < needed) return [place, wrong(new StoreError("store.no-space", { folder, free, needed }))];
  return [place, right(`Its disk has ${formatSize(free)} left; the settings may yet ask for ${formatSize(needed)}.`)];
}

/** By the rule of the gateway itself, without its journal. */
export function clockFindings(setting: ClockSetting, reads: Millis, told: Told | undefined): readonly Finding[] {
  const { synchronised, why } = judge(setting, { reads, newest: undefined, told });
  const reason = CLOCK_REASONS[why];
  if (!synchronised) return [wrong(new StoreError("doctor.clock", { why: reason }))];
  if (why === "plausible") {
    return [
      note(`Nothing on this machine tells whether its clock is right; it reads ${rfc3339(reads)} (docs/clock.md).`),
    ];
  }
  const by = told === undefined ? "" : ` (${told.by})`;
  return [right(`The clock is taken to be right: ${reason}${by}.`)];
}

export interface PortFacts {
  readonly what: string;
  readonly address: string;
  /** The setting that moves it elsewhere. */
  readonly key: string;
  /** The system's code; undefined = free. */
  readonly refused?: string;
}

export const portFindings = (ports: readonly PortFacts[]): readonly Finding[] =>
  ports.map(({ what, address, key, refused }) => {
    if (refused === undefined) return right(`${what} can listen on ${address}.`);
    if (refused === "EADDRINUSE") return wrong(new UsageError("port.taken", { what, address, key }));
    return wrong(new UsageError("port.refused", { what, address, key, reason: refused }));
  });
