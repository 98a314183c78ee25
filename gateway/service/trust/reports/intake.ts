/** Where SUIT reports of nodes become facts: each once, whichever way it came, before the fact that brought it. */
import type { Logger, NodeId } from "../../../base/index.ts";
import type { Recorder } from "../../../store/index.ts";
import type { ReleasePrograms } from "../programs.ts";
import type { Releases } from "../releases.ts";
import { type FindProgram, judgeReport } from "./judge.ts";
import type { NodeReports } from "./node-reports.ts";

export interface IntakeOptions {
  readonly releases: Pick<Releases, "find">;
  readonly programs: ReleasePrograms;
  readonly reports: NodeReports;
  readonly log: Logger;
}

/** What the protocol faces need of it. */
export interface TakesReports {
  /** Resolves when it is durable; undefined when there is nothing new. */
  take(node: NodeId, report: Uint8Array | undefined, recorder: Recorder): Promise<void> | undefined;
}

export class ReportIntake implements TakesReports {
  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  take(node: NodeId, report: Uint8Array | undefined, recorder: Recorder): Promise<void> | undefined {
    const { reports, log } = this.#options;
    if (report === undefined || reports.isKnown(node, report)) return undefined;
    const judgement = judgeReport(report, this.#find);
    const { release, result, text } = judgement;
    if (result === "failed" || result === "doubtful") log.warn("release.reported", { node, release, result, text });
    return recorder.record("release.reported", { node, ...judgement, report });
  }

  readonly #find: FindProgram = (release) => {
    const { releases, programs } = this.#options;
    const known = releases.find(release);
    return known && (programs.of(known) ?? "unreadable");
  };
}
